// rivulet compare: do two models give the same results?
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/flags.h"
#include "cli/command.h"
#include "cli/feeds.h"
#include "cli/made_up.h"
#include "cli/model_flags.h"
#include "cli/notes.h"
#include "engine/base/equality.h"
#include "engine/base/errors.h"

namespace rivulet::cli {
namespace {

struct CompareCommand {
  std::string first;
  std::string second;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  double rtol = 0;
  double atol = 0;
  bool no_passes_second = false;
  bool json = false;
  std::string signature;
  RunFlags flags;
  ModelFlags model_flags;
};

struct OutputResult {
  std::string name;
  double max_absolute = 0;
  double max_relative = 0;  // of the largest reference value
  int64_t rows = 0;
  int64_t top1_equal = 0;
  Status status;
};

// Rows of the last axis whose largest element is at the same place.
template <typename T>
void CountTop1(const Tensor& a, const Tensor& b, OutputResult* result) {
  const int64_t width = a.dim(a.rank() - 1);
  const auto less = [](const T& x, const T& y) {
    using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;
    return static_cast<Wide>(x) < static_cast<Wide>(y);
  };
  const auto best = [&](const Tensor& tensor, int64_t row) {
    const T* start = tensor.data<T>() + row * width;
    return std::max_element(start, start + width, less) - start;
  };
  for (int64_t row = 0; row < a.num_elements() / width; ++row) {
    ++result->rows;
    result->top1_equal += best(a, row) == best(b, row);
  }
}

OutputResult Compare(const std::string& name, const Tensor& a, const Tensor& b, const CompareCommand& command) {
  OutputResult result;
  result.name = name;
  TensorTolerance tolerance{static_cast<float>(command.rtol), static_cast<float>(command.atol)};
  TensorDifference difference;
  result.status = CompareTensors(b, a, tolerance, &difference);
  result.max_absolute = difference.max_absolute;
  result.max_relative = difference.max_wanted > 0 ? difference.max_absolute / difference.max_wanted : 0;
  if (a.dtype() == b.dtype() && a.shape() == b.shape() && a.rank() > 0 && a.dim(a.rank() - 1) > 1) {
    if (a.dtype() == DType::kFloat) CountTop1<float>(a, b, &result);
    if (a.dtype() == DType::kDouble) CountTop1<double>(a, b, &result);
    if (a.dtype() == DType::kHalf) CountTop1<Half>(a, b, &result);
    if (a.dtype() == DType::kBfloat16) CountTop1<BFloat16>(a, b, &result);
  }
  return result;
}

Result<std::vector<Tensor>> RunModel(std::shared_ptr<const Model> model, const Feeds& feeds,
                                     const std::vector<std::string>& outputs, const SessionOptions& options,
                                     const RunOptions& run) {
  RIVULET_ASSIGN_OR_RETURN(auto session, Session::Create(std::move(model), options));
  return session->Run(feeds, outputs, {}, run);
}

// The feeds of one model, named for the other: two models of one signature need not name their tensors alike.
Feeds Renamed(const Feeds& feeds, const NameChoice& from, const NameChoice& to) {
  Feeds out = feeds;
  if (from.signature() == nullptr || to.signature() == nullptr) return out;
  for (auto& [name, tensor] : out) {
    for (const SignatureTensor& input : from.signature()->inputs) {
      const SignatureTensor* same = to.signature()->FindInput(input.key);
      if (!IsSameTensor(input.name, name) || same == nullptr) continue;
      name = same->name;
      break;
    }
  }
  return out;
}

// Without what a graph has no node for: what was left out of it is not needed, a switch of training that has its value.
Feeds Known(const Model& model, const Feeds& feeds, const std::string& path) {
  Feeds known;
  for (const auto& feed : feeds) {
    if (model.Describe(feed.first).ok()) {
      known.push_back(feed);
    } else {
      PrintNote(path, Cat("it has no input ", Quoted(feed.first), ", and is not fed it"));
    }
  }
  return known;
}

std::vector<std::string> TensorsOf(const NameChoice& names, std::vector<std::string> outputs) {
  for (std::string& name : outputs) name = names.Output(name);
  return outputs;
}

int Compare(const CompareCommand& command) {
  Result<SessionOptions> options = command.flags.Options();
  if (!options.ok()) return FailCall(options.status().ToString());
  int code = kFine;
  const std::shared_ptr<const Model> first = LoadModel(command.first, command.model_flags, &code);
  if (first == nullptr) return code;
  const std::shared_ptr<const Model> second = LoadModel(command.second, command.model_flags, &code);
  if (second == nullptr) return code;
  const Result<NameChoice> names = NameChoice::Of(*first, command.signature);
  if (!names.ok()) return Fail(names.status(), kBadCall);
  // A graph without signatures is compared by the tensors' own names.
  const Result<NameChoice> found = NameChoice::Of(*second, command.signature);
  const NameChoice second_names = found.ok() ? *found : NameChoice();
  auto feeds = ParseFeeds(*first, *names, command.inputs, &code);
  if (!feeds.ok()) return Fail(feeds.status(), code);
  const Status made_up = MakeUpMissing(*first, *names, "", &*feeds);
  if (!made_up.ok()) return FailCall(made_up.ToString());
  std::vector<std::string> outputs = command.outputs;
  if (outputs.empty()) outputs = names->DefaultOutputs(*first);
  SessionOptions exact = *options;
  exact.precision = Precision::kExact;
  auto a = RunModel(first, *feeds, TensorsOf(*names, outputs), exact, command.flags.Run());
  if (!a.ok()) return Fail(a.status());
  SessionOptions second_options = *options;
  if (command.no_passes_second) second_options.passes = false;
  auto b = RunModel(second, Known(*second, Renamed(*feeds, *names, second_names), command.second),
                    TensorsOf(second_names, outputs), second_options, command.flags.Run());
  if (!b.ok()) return Fail(b.status());

  bool equal = true;
  nlohmann::json json = {{"outputs", nlohmann::json::array()}};
  for (size_t i = 0; i < outputs.size(); ++i) {
    const OutputResult result = Compare(outputs[i], (*a)[i], (*b)[i], command);
    equal &= result.status.ok();
    json["outputs"].push_back({{"name", result.name},
                               {"equal", result.status.ok()},
                               {"max_abs", result.max_absolute},
                               {"max_rel", result.max_relative},
                               {"rows", result.rows},
                               {"top1_equal", result.top1_equal},
                               {"why", std::string(result.status.message())}});
    if (command.json) continue;
    std::printf("%-32s max |d| %-9.3g %.3g of the largest", result.name.c_str(), result.max_absolute,
                result.max_relative);
    if (result.rows > 0)
      std::printf(" top-1 %lld/%lld", static_cast<long long>(result.top1_equal), static_cast<long long>(result.rows));
    std::printf("  %s\n", result.status.ok() ? "equal" : std::string(result.status.message()).c_str());
  }
  json["equal"] = equal;
  if (command.json) PrintJson(json);
  return equal ? kFine : kBadData;
}

}  // namespace

void AddCompare(CLI::App& app, int* code) {
  auto command = std::make_shared<CompareCommand>();
  Subcommand sub(app, "compare", "Whether two models give the same results on the same inputs");
  sub.option("a", command->first, "Reference model").required();
  sub.option("b", command->second, "Model to check against it").required();
  sub.option("--input", command->inputs, std::string(kInputHelp) + ". What is not given gets made-up values")
      .type_name("NAME=…")
      .takes_all();
  sub.option("--output", command->outputs, "Tensor to compare; default: what no other node uses in A")
      .type_name("NAME")
      .splits_at(',');
  sub.option("--rtol", command->rtol, "Allowed relative difference; default: the rule of each type");
  sub.option("--atol", command->atol, "Allowed difference relative to the largest value");
  sub.flag("--b-no-passes", command->no_passes_second, "Run B as written; with A = B this checks the passes");
  sub.flag("--json", command->json, "As one JSON object");
  sub.option("--signature", command->signature, "Whose keys NAMEs are; default: serving_default, or the only one")
      .type_name("KEY");
  command->flags.AddTo(sub);
  command->model_flags.AddTo(sub);
  sub.footer(
      "--precision is B's; A is exact. Exit status 0 when equal by the rule, 1 when not.\nExamples:\n"
      "  rivulet compare model.pb optimized.pb\n"
      "  rivulet compare model.pb model.pb --b-no-passes --input x=x.npy\n"
      "  rivulet compare model.pb model.pb --precision fast --atol 0.02");
  sub.callback([command, code] { *code = Compare(*command); });
}

}  // namespace rivulet::cli
