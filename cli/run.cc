// rivulet run: feeds arrays, saves arrays.
#include <sys/stat.h>

#include <chrono>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <set>
#include <nlohmann/json.hpp>

#include "cli/flags.h"
#include "cli/command.h"
#include "cli/examples.h"
#include "cli/feeds.h"
#include "cli/model_flags.h"
#include "cli/npy.h"
#include "engine/base/errors.h"
#include "engine/run/cut.h"
#include "engine/run/loop_count.h"

namespace rivulet::cli {
namespace {

struct RunCommand {
  std::string model;
  std::vector<std::string> inputs;
  std::vector<std::string> examples;
  std::vector<std::string> outputs;
  std::string signature;
  std::string save;
  bool json = false;
  RunFlags flags;
  ModelFlags model_flags;
};

std::string FileName(std::string name) {
  for (char& c : name) {
    if (c == '/' || c == ':') c = '_';
  }
  return name + ".npy";
}

// The first elements for a person to see.
std::string Preview(const Tensor& tensor) {
  constexpr int64_t kShown = 6;
  std::string out;
  const int64_t shown = std::min(tensor.num_elements(), kShown);
  for (int64_t i = 0; i < shown; ++i) {
    if (i > 0) out += ' ';
    switch (tensor.dtype()) {
      case DType::kFloat: AppendAny(out, tensor.data<float>()[i]); break;
      case DType::kDouble: AppendAny(out, tensor.data<double>()[i]); break;
      case DType::kHalf: AppendAny(out, static_cast<float>(tensor.data<Half>()[i])); break;
      case DType::kBfloat16: AppendAny(out, static_cast<float>(tensor.data<BFloat16>()[i])); break;
      case DType::kInt32:
      case DType::kQint32: AppendAny(out, tensor.data<int32_t>()[i]); break;
      case DType::kInt64: AppendAny(out, tensor.data<int64_t>()[i]); break;
      case DType::kInt16:
      case DType::kQint16: AppendAny(out, tensor.data<int16_t>()[i]); break;
      case DType::kUint16:
      case DType::kQuint16: AppendAny(out, tensor.data<uint16_t>()[i]); break;
      case DType::kInt8:
      case DType::kQint8: AppendAny(out, static_cast<int>(tensor.data<int8_t>()[i])); break;
      case DType::kUint8:
      case DType::kQuint8: AppendAny(out, static_cast<int>(tensor.data<uint8_t>()[i])); break;
      case DType::kUint32: AppendAny(out, tensor.data<uint32_t>()[i]); break;
      case DType::kUint64: AppendAny(out, tensor.data<uint64_t>()[i]); break;
      case DType::kBool: AppendAny(out, tensor.data<bool>()[i]); break;
      case DType::kString: out += Quoted(tensor.data<std::string>()[i].substr(0, 40)); break;
      default: return "…";
    }
  }
  return out + (shown < tensor.num_elements() ? " …" : "");
}

// "42 ms", and what its loops did: "42 ms · 12 pyramid steps" where there is one.
std::string Summary(double ms, const std::map<std::string, int64_t>& loops) {
  char time[32];
  std::snprintf(time, sizeof(time), ms < 10 ? "%.1f ms" : "%.0f ms", ms);
  if (loops.empty()) return time;
  int64_t steps = 0;
  for (const auto& [name, count] : loops) steps += count;
  // Loops are called as their frame or node, with what the engine put behind it.
  std::string name = loops.size() == 1 ? loops.begin()->first + " " : std::string();
  const size_t inner = name.rfind("/tokens/");
  if (inner != std::string::npos) name = name.substr(inner + 8);
  for (const std::string_view ending : {"/loop ", "/while_context ", "/while "}) {
    if (name.ends_with(ending)) name = name.substr(0, name.size() - ending.size()) + " ";
  }
  if (name.find("PartitionedCall") != std::string::npos) name.clear();  // whose call it is says nothing of the loop
  return Cat(time, " · ", steps, " ", name, steps == 1 ? "step" : "steps");
}

Status MakeFolder(const std::string& path) {
  for (size_t at = 1; at <= path.size(); ++at) {
    if (at != path.size() && path[at] != '/') continue;
    const std::string part = path.substr(0, at);
    struct stat info;
    if (stat(part.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) continue;
    if (mkdir(part.c_str(), 0777) != 0) {
      return FailedPrecondition("cannot make the folder ", Quoted(part), ": ", std::strerror(errno));
    }
  }
  return Status();
}

// That every output exists and everything it needs is fed: mistakes of the call, told before anything is computed.
Status CheckCall(const Model& model, const NameChoice& names, const Feeds& feeds,
                 const std::vector<std::string>& tensors) {
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].find(':') != std::string::npos) RIVULET_RETURN_IF_ERROR(model.Describe(tensors[i]).status());
  }
  std::vector<FeedSpec> specs;
  for (const auto& [name, tensor] : feeds) specs.push_back({name, tensor.dtype(), tensor.shape()});
  RIVULET_ASSIGN_OR_RETURN(const Cut cut, CutGraph(model.graph(), specs, tensors, {}));
  for (const Node& node : cut.graph.nodes()) {
    if (node.op != "Placeholder" && node.op != "PlaceholderV2") continue;
    RIVULET_ASSIGN_OR_RETURN(const Model::EdgeInfo info, model.Describe(node.name));
    const std::string name = names.KeyOf(node.name);
    return InvalidArgument("input ", Quoted(name), ", ", Name(info.dtype), info.shape.ToString(),
                           ", is not fed; give it: --input ", name,
                           info.dtype == DType::kString ? "=@FILE" : "=FILE.npy");
  }
  return Status();
}

int Run(const RunCommand& command) {
  Result<SessionOptions> options = command.flags.Options();
  if (!options.ok()) return FailCall(options.status().ToString());
  int code = kFine;
  const std::shared_ptr<const Model> model =
      LoadModel(command.model, command.model_flags, &code, command.flags.threads);
  if (model == nullptr) return code;
  const Result<NameChoice> names = NameChoice::Of(*model, command.signature);
  if (!names.ok()) return Fail(names.status(), kBadCall);
  Result<Feeds> feeds = ParseFeeds(*model, *names, command.inputs, &code);
  if (!feeds.ok()) return Fail(feeds.status(), code);
  const Status examples = AddExamples(*model, *names, command.examples, &*feeds, &code);
  if (!examples.ok()) return Fail(examples, code);
  AddDefaults(*names, &*feeds);
  std::vector<std::string> outputs = command.outputs;
  if (outputs.empty() && names->signature() == nullptr && !model->Signatures().empty()) {
    return Fail(model->FindSignature("").status(), kBadCall);
  }
  if (outputs.empty()) outputs = names->DefaultOutputs(*model);
  if (outputs.empty()) return FailCall("the model has no node to fetch; name one with --output");
  std::vector<std::string> tensors;
  for (const std::string& name : outputs) tensors.push_back(names->Output(name));
  std::set<std::string> files;
  for (const std::string& name : outputs) {
    if (!command.save.empty() && !files.insert(FileName(name)).second) {
      return FailCall(Cat("two outputs would be saved as ", FileName(name), "; save them in two runs"));
    }
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Status is_array = CheckIsArray(*model, outputs[i], tensors[i]);
    // A name that the model does not have is a mistake of the call; what one of its nodes is, is the model's.
    if (FindEdge(model->graph(), tensors[i]).ok()) {
      if (!is_array.ok()) return Fail(is_array, kBadData);
    } else {
      return Fail(names->Unknown(is_array, outputs[i], /*is_input=*/false), kBadCall);
    }
  }
  const Status checked = CheckCall(*model, *names, *feeds, tensors);
  if (!checked.ok()) return Fail(checked, kBadCall);
  auto session = Session::Create(model, *options);
  if (!session.ok()) return Fail(session.status());

  const LoopCount count;
  const auto start = std::chrono::steady_clock::now();
  auto results = (*session)->Run(*feeds, tensors, {}, command.flags.Run());
  if (!results.ok()) return Fail(results.status(), kBadData);  // the call was checked: what is not found now is a file
  const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();

  nlohmann::json json = {{"model", command.model}, {"ms", ms}, {"outputs", nlohmann::json::array()}};
  if (!count.loops().empty()) json["loop_steps"] = count.loops();
  if (!command.save.empty()) {
    const Status made = MakeFolder(command.save);
    if (!made.ok()) return Fail(made);
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Tensor& tensor = (*results)[i];
    nlohmann::json entry = {{"name", outputs[i]}, {"dtype", Name(tensor.dtype())}, {"shape", nlohmann::json::array()}};
    for (const int64_t dim : tensor.shape().dims()) entry["shape"].push_back(dim);
    if (!command.save.empty()) {
      const std::string path = command.save + "/" + FileName(outputs[i]);
      const Status saved = WriteNpy(path, tensor);
      if (!saved.ok()) return Fail(saved);
      entry["file"] = path;
    }
    json["outputs"].push_back(entry);
    if (!command.json) {
      std::printf("%-32s %-16s %-10s %s\n", outputs[i].c_str(), tensor.shape().ToString().c_str(),
                  std::string(Name(tensor.dtype())).c_str(), Preview(tensor).c_str());
    }
  }
  if (command.json) {
    PrintJson(json);
  } else {
    std::fflush(stdout);
    std::fprintf(stderr, "%s\n", Summary(ms, count.loops()).c_str());
  }
  return kFine;
}

}  // namespace

void AddRun(CLI::App& app, int* code) {
  auto command = std::make_shared<RunCommand>();
  Subcommand sub(app, "run", "Feed arrays to a model and save what comes out");
  sub.option("model", command->model, "Model file or SavedModel folder").required();
  sub.option("--input", command->inputs, kInputHelp).type_name("NAME=…").takes_all();
  sub.option("--example", command->examples, kExampleHelp).type_name("NAME=JSON").takes_all();
  sub.option("--signature", command->signature, "Whose keys NAMEs are; default: serving_default, or the only one")
      .type_name("KEY");
  sub.option("--output", command->outputs,
             "Key of the signature or tensor to fetch, once per output; default: the signature's outputs, or what no "
             "other node uses")
      .type_name("NAME")
      .splits_at(',');
  sub.option("--save", command->save, "Save outputs as DIR/NAME.npy, '/' and ':' in names as '_'").type_name("DIR");
  sub.flag("--json", command->json, "Describe the outputs as one JSON object");
  command->flags.AddTo(sub);
  command->model_flags.AddTo(sub);
  sub.footer(
      "Examples:\n"
      "  rivulet run model.pb --input x=x.npy --output y --save out\n"
      "  rivulet run speech.pb --input wav_data=@yes.wav --output labels_softmax\n"
      "  rivulet run model.pb --input x=x.npy --input keep_prob==1.0 --output y:0 --threads 2\n"
      "  rivulet run saved_model_folder --signature serving_default --input x=x.npy --save out\n"
      "  rivulet run saved_model_folder --signature classify --example inputs='{\"x\": [1.0]}'");
  sub.callback([command, code] { *code = Run(*command); });
}

}  // namespace rivulet::cli
