// saved_model_cli run: a signature is fed from files and texts, its outputs are printed and saved.
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>

#include "cli/cache_folder.h"
#include "cli/literal.h"
#include "cli/npy.h"
#include "cli/print_to_stderr.h"
#include "cli/npz.h"
#include "cli/tf/example_text.h"
#include "cli/tf/flags.h"
#include "cli/tf/numpy_expression.h"
#include "cli/tf/numpy_text.h"
#include "cli/tf/saved_model_show.h"
#include "engine/base/errors.h"
#include "rivulet/session.h"

namespace rivulet::tf {
namespace {

// "key=value;key=value"; semicolons within quotes or brackets belong to the value.
Result<std::vector<std::pair<std::string, std::string>>> SplitInputs(const std::string& text, const char* flag) {
  std::vector<std::pair<std::string, std::string>> inputs;
  std::string piece;
  char quote = 0;
  int depth = 0;
  const auto finish = [&]() -> Status {
    const size_t first = piece.find_first_not_of(" \t\n");
    if (first == std::string::npos) return Status();
    const size_t equals = piece.find('=');
    if (equals == std::string::npos || equals <= first) {
      return InvalidArgument(flag, ": want key=value, got ", Quoted(piece));
    }
    inputs.emplace_back(piece.substr(first, equals - first), piece.substr(equals + 1));
    return Status();
  };
  for (const char c : text + ";") {
    if (c == ';' && quote == 0 && depth <= 0) {
      RIVULET_RETURN_IF_ERROR(finish());
      piece.clear();
      continue;
    }
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '[' || c == '(' || c == '{') {
      ++depth;
    } else if (c == ']' || c == ')' || c == '}') {
      --depth;
    }
    piece += c;
  }
  if (piece.find_first_not_of(" \t\n;") != std::string::npos) {
    return InvalidArgument(flag, ": a quote or bracket of ", Quoted(piece), " is not closed");
  }
  return inputs;
}

Result<Tensor> FromFile(const std::string& text, DType dtype) {
  RIVULET_ASSIGN_OR_RETURN(const Tensor tensor, cli::ReadArrayFile(text));
  return cli::ConvertForFeed(tensor, dtype);
}

// The list of np.array(…), whose dtype does not matter: the input has one. Other functions are an error.
Result<std::string> Expanded(std::string text) {
  text.erase(0, text.find_first_not_of(" \t\n"));
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.pop_back();
  for (const std::string_view start : {"np.array(", "numpy.array("}) {
    if (!text.starts_with(start) || !text.ends_with(")")) continue;
    text = text.substr(start.size(), text.size() - start.size() - 1);
    if (const size_t dtype = text.rfind("dtype=");
        dtype != std::string::npos && text.find(']', dtype) == std::string::npos) {
      text.resize(dtype);
      while (!text.empty() && (text.back() == ' ' || text.back() == ',')) text.pop_back();
    }
    return text;
  }
  if (text.starts_with("np.") || text.starts_with("numpy.")) {
    return Unimplemented(
        "of NumPy array, zeros, ones, empty, full, arange, linspace, eye and random are understood, got ",
        Quoted(text));
  }
  return text;
}

// Python's quotes as the literals' parser has them.
Result<Tensor> FromExpression(const std::string& text, DType dtype) {
  if (auto array = ReadNumpyExpression(text, dtype)) return *std::move(array);
  RIVULET_ASSIGN_OR_RETURN(std::string value, Expanded(text));
  if (dtype == DType::kString) {
    std::replace(value.begin(), value.end(), '\'', '"');
    for (size_t at = value.find("b\""); at != std::string::npos; at = value.find("b\"", at + 1)) {
      if (at == 0 || value[at - 1] == '[' || value[at - 1] == ' ' || value[at - 1] == ',') value.erase(at, 1);
    }
    if (value.size() > 1 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  }
  std::replace(value.begin(), value.end(), '(', '[');
  std::replace(value.begin(), value.end(), ')', ']');
  return cli::ParseLiteral(value, dtype);
}

const SignatureTensor* Find(const std::vector<SignatureTensor>& tensors, const std::string& key) {
  const auto it = std::find_if(tensors.begin(), tensors.end(), [&](const auto& tensor) { return tensor.key == key; });
  return it == tensors.end() ? nullptr : &*it;
}

// Later flags go before earlier ones, as in the original.
Result<std::map<std::string, Tensor>> ReadInputs(const RunSavedModelFlags& flags, const ModelSignature& signature) {
  using Read = Result<Tensor> (*)(const std::string&, DType);
  const std::tuple<const char*, const std::string*, Read> kinds[] = {
      {"--inputs", &flags.inputs, FromFile},
      {"--input_exprs", &flags.input_exprs, FromExpression},
      {"--input_examples", &flags.input_examples, [](const std::string& text, DType) { return ParseExamples(text); }}};
  std::map<std::string, Tensor> feeds;
  for (const auto& [flag, text, read] : kinds) {
    RIVULET_ASSIGN_OR_RETURN(const auto inputs, SplitInputs(*text, flag));
    for (const auto& [key, value] : inputs) {
      const SignatureTensor* input = Find(signature.inputs, key);
      if (input == nullptr) {
        std::string keys;
        for (const SignatureTensor& tensor : signature.inputs) keys += (keys.empty() ? "" : ", ") + tensor.key;
        return NotFound(Quoted(key), " is not a valid input key. Please choose from ", keys);
      }
      Result<Tensor> tensor = read(value, input->dtype);
      if (!tensor.ok()) return Status(tensor.status()).Framed(Cat(flag, " ", Quoted(key)));
      feeds[key] = *std::move(tensor);
    }
  }
  return feeds;
}

Status SaveOutput(const RunSavedModelFlags& flags, const std::string& key, const Tensor& tensor) {
  std::error_code error;
  std::filesystem::create_directories(flags.outdir, error);
  if (error) return InvalidArgument(Quoted(flags.outdir), ": cannot make the folder: ", error.message());
  std::string name = key;  // of a file's text: it must not lead out of the folder
  std::replace(name.begin(), name.end(), '/', '_');
  const std::string path = Cat(flags.outdir, "/", name, ".npy");
  if (!flags.overwrite && std::filesystem::exists(path, error)) {
    return FailedPrecondition("Output file ", path,
                              " already exists. Add \"--overwrite\" to overwrite the existing output files.");
  }
  return cli::WriteNpy(path, tensor);
}

}  // namespace

Status RunSavedModel(const RunSavedModelFlags& flags) {
  LoadOptions options = cli::Cached();
  options.tags = SplitList(flags.tag_set);
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> model, Model::Load(flags.dir, options));
  RIVULET_ASSIGN_OR_RETURN(const ModelSignature* signature, model->FindSignature(flags.signature_def));
  RIVULET_ASSIGN_OR_RETURN(const auto inputs, ReadInputs(flags, *signature));
  Feeds feeds;
  for (const SignatureTensor& input : signature->inputs) {
    const auto given = inputs.find(input.key);
    if (given != inputs.end()) {
      feeds.emplace_back(input.name, given->second);
    } else if (input.default_value.valid()) {
      feeds.emplace_back(input.name, input.default_value);
    }
  }
  std::vector<std::string> fetches;
  for (const SignatureTensor& output : signature->outputs) fetches.push_back(output.name);
  RIVULET_ASSIGN_OR_RETURN(const auto session, Session::Create(model, {.printer = cli::PrintToStderr}));
  RIVULET_ASSIGN_OR_RETURN(const std::vector<Tensor> results, session->Run(feeds, fetches));
  for (size_t i = 0; i < results.size(); ++i) {
    const std::string& key = signature->outputs[i].key;
    std::printf("Result for output key %s:\n%s\n", key.c_str(), NumpyText(results[i]).c_str());
    if (!flags.outdir.empty()) RIVULET_RETURN_IF_ERROR(SaveOutput(flags, key, results[i]));
  }
  return Status();
}

}  // namespace rivulet::tf
