// rivulet freeze: a model and the checkpoint of its variables become one graph.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/flags.h"
#include "cli/command.h"
#include "cli/graph_output.h"
#include "cli/model_flags.h"
#include "cli/notes.h"
#include "engine/base/errors.h"
#include "prepare/freeze_model.h"

namespace rivulet::cli {
namespace {

struct FreezeCommand {
  std::string model;
  std::string out;
  std::string format;
  std::string signature;
  std::vector<std::string> outputs;
  bool json = false;
  ModelFlags flags;
};

nlohmann::json ToJson(const std::vector<prepare::FrozenTensor>& tensors) {
  nlohmann::json list = nlohmann::json::array();
  for (const prepare::FrozenTensor& tensor : tensors) {
    list.push_back({{"key", tensor.key},
                    {"name", tensor.name},
                    {"dtype", Name(tensor.dtype)},
                    {"shape", tensor.shape.ToString()}});
  }
  return list;
}

void Print(const char* what, const std::vector<prepare::FrozenTensor>& tensors) {
  for (const prepare::FrozenTensor& tensor : tensors) {
    const std::string meant = tensor.key == tensor.name ? std::string() : Cat("   (", tensor.key, ")");
    std::printf("%-7s %s  %s%s%s\n", what, tensor.name.c_str(), std::string(Name(tensor.dtype)).c_str(),
                tensor.shape.ToString().c_str(), meant.c_str());
  }
}

int Freeze(const FreezeCommand& command) {
  const Result<GraphFormat> format = FormatFor(command.out, command.format);
  if (!format.ok()) return Fail(format.status(), kBadCall);
  if (const Status can = CheckCanSaveAll({command.out}); !can.ok()) return Fail(can, kBadData);
  int code = kFine;
  const std::shared_ptr<const Model> model = LoadModel(command.model, command.flags, &code);
  if (model == nullptr) return code;
  const prepare::FreezeModelOptions options = {
      .tags = command.flags.Options().tags, .signature = command.signature, .outputs = command.outputs};
  const Result<prepare::FrozenModel> frozen = prepare::FreezeModel(model, command.model, options);
  if (!frozen.ok()) return Fail(frozen.status());
  const Result<std::string> bytes = ToFileBytes(frozen->graph, *format);
  if (!bytes.ok()) return Fail(bytes.status());
  if (const Status saved = SaveBytes(*bytes, command.out); !saved.ok()) return Fail(saved, kBadData);
  if (command.json) {
    PrintJson({{"out", command.out},
               {"bytes", bytes->size()},
               {"nodes", frozen->graph.nodes.size()},
               {"variables", frozen->variables},
               {"calls", frozen->calls},
               {"tables", frozen->tables},
               {"files", frozen->files},
               {"inputs", ToJson(frozen->inputs)},
               {"outputs", ToJson(frozen->outputs)},
               {"notes", frozen->notes}});
    return kFine;
  }
  const auto count = [](size_t number, const char* one, const char* many) {
    return Cat(static_cast<uint64_t>(number), number == 1 ? one : many);
  };
  std::string said = Cat(command.out, ": ", count(frozen->graph.nodes.size(), " node", " nodes"), ", ",
                         count(frozen->variables, " variable is a constant", " variables are constants"), ", ",
                         count(frozen->calls, " call is its body", " calls are their bodies"));
  if (frozen->tables > 0) {
    said += Cat(", ", count(frozen->tables, " table has its content in it", " tables have their content in it"));
  }
  if (frozen->files > 0) said += Cat(", ", count(frozen->files, " file is a constant", " files are constants"));
  std::printf("%s", said.c_str());
  std::printf("\n");
  Print("input", frozen->inputs);
  Print("output", frozen->outputs);
  for (const std::string& note : frozen->notes) PrintNote(command.model, note);
  return kFine;
}

}  // namespace

void AddFreeze(CLI::App& app, int* code) {
  auto command = std::make_shared<FreezeCommand>();
  Subcommand sub(app, "freeze", "Make one graph of a model and the checkpoint of its variables");
  sub.option("model", command->model, "SavedModel folder, MetaGraph or graph").required();
  sub.option("-o,--out", command->out, "Where the frozen graph goes").required().type_name("FILE");
  sub.option("--format", command->format, kFormatHelp).type_name("FORMAT");
  sub.option("--signature", command->signature, "What is kept; default: serving_default, or the only one")
      .type_name("KEY");
  sub.option("--output", command->outputs,
             "Tensors, or keys of the signature, that are kept instead; default without signature: what no other "
             "node uses")
      .type_name("NAME")
      .splits_at(',');
  sub.flag("--json", command->json, "As one JSON object");
  command->flags.AddTo(sub);
  sub.footer(
      "Examples:\n"
      "  rivulet freeze saved_model/ -o frozen.pb\n"
      "  rivulet freeze saved_model/ --tags serve --signature classify -o frozen.pb\n"
      "  rivulet freeze model.ckpt-1000.meta --output final_result -o frozen.pb\n"
      "  rivulet freeze graph.pbtxt --checkpoint train/model.ckpt-1000 --output final_result -o frozen.pb");
  sub.callback([command, code] { *code = Freeze(*command); });
}

}  // namespace rivulet::cli
