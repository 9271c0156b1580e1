#include "cli/shrink_int8.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/road.h"
#include "cli/shrink_report.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "prepare/inline_functions.h"
#include "prepare/int8/calibrate_within.h"
#include "prepare/int8/tidy.h"
#include "prepare/squeeze/squeezed_file.h"
#include "prepare/squeeze/trial.h"
#include "prepare/transform.h"

namespace rivulet::cli {
namespace {

// Smaller constants are not worth a region of their own.

Status Simplify(const Int8Call& call, const std::vector<std::string>& outputs, prepare::GraphDef& graph) {
  RIVULET_ASSIGN_OR_RETURN(const prepare::InlinedCalls calls, prepare::InlineFunctions(graph));
  for (const std::string& output : outputs) {
    if (prepare::AfterInlining(calls, output) != output) {
      return Unimplemented("output '", output, "' is what a call of a function gives; run rivulet freeze first");
    }
  }
  // Else what batch norms were folded into would stay, too.
  prepare::DropIdleOrder(graph);
  if (call.keep_graph) return Status();
  // Norms of variables that were frozen have their numbers behind an Identity, and sums and roots to be computed. Codes
  // of weights stay what they are.
  const bool has_codes = std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const prepare::NodeDef& node) {
    return node.op == "Dequantize" || node.op.rfind("FakeQuant", 0) == 0;
  });
  RIVULET_ASSIGN_OR_RETURN(const auto folding,
                           prepare::ParseTransforms(Cat(
                               has_codes ? "" : "remove_nodes(op=Identity) fold_constants(clear_output_shapes=false) ",
                               "fold_batch_norms fold_old_batch_norms")));
  return prepare::ApplyTransforms(folding, {.outputs = outputs}, graph);
}

Result<double> RunMs(const std::string& bytes, const Samples& samples, int threads) {
  RoadSamples one{.feeds = {samples.feeds[0]}, .are_given = true};
  RIVULET_ASSIGN_OR_RETURN(const RoadRun run, RunRoad(bytes, samples.outputs, one, {.num_threads = threads}));
  return run.run_ms;
}

void PrintReport(const Int8Call& call, const Samples& samples, const std::string& measured_on,
                 const std::vector<Row>& rows, const prepare::Int8Model& model) {
  if (!call.json) {
    PrintRows(rows, measured_on);
    std::printf("%zu products in 8 bits, %zu activations rounded\n", model.products.size(), model.ranges.size());
    if (const std::string worst = prepare::WorstEdges(model); !worst.empty()) std::printf("%s\n", worst.c_str());
    for (const std::string& note : model.notes) std::printf("%s\n", note.c_str());
    return;
  }
  nlohmann::json json = {{"model", call.model},
                         {"out", call.out},
                         {"method", "int8"},
                         {"measured_on", measured_on},
                         {"products", model.products.size()},
                         {"notes", model.notes},
                         {"samples", samples.what}};
  for (const Row& row : rows) json["files"].push_back(JsonOf(row));
  for (const prepare::Int8Range& range : model.ranges) {
    json["ranges"].push_back({{"edge", range.edge},
                              {"min", range.min},
                              {"max", range.max},
                              {"least", range.least},
                              {"largest", range.largest},
                              {"noise", range.noise}});
  }
  PrintJson(json);
}

}  // namespace

Status ShrinkToInt8(const Int8Call& call, int* code) {
  *code = kBadData;
  RIVULET_ASSIGN_OR_RETURN(
      const PackSource model,
      ReadGraphSource({call.model, call.samples.signature, call.samples.outputs}, call.threads, code));
  RIVULET_ASSIGN_OR_RETURN(const Samples samples, MakeSamples(model, call.samples, code));
  *code = kBadData;
  if (samples.feeds.empty()) {
    return InvalidArgument("the network would be tried on ", samples.what,
                           ". Give pictures or sounds with --images, or arrays with --sample");
  }
  const prepare::CalibrationSplit split = prepare::SplitSamples(samples.feeds);
  prepare::GraphDef graph = model.graph;
  RIVULET_RETURN_IF_ERROR(Simplify(call, samples.outputs, graph));
  prepare::Int8Options options{.samples = split.calibration, .outputs = samples.outputs};
  options.threads = call.threads;
  options.progress = ShowProgress;
  RIVULET_ASSIGN_OR_RETURN(prepare::Int8Model made, prepare::CalibrateWithin(graph, options, call.max_drop));
  EndProgress();
  if (call.samples.images.empty() && call.samples.samples.empty()) {
    std::fprintf(stderr,
                 "warning: activations' ranges are those of made-up inputs, which tells little of real ones; "
                 "give pictures or sounds with --images, or arrays with --sample\n");
  }
  RIVULET_ASSIGN_OR_RETURN(const std::string bytes, ToFileBytes(made.graph, call.format));
  const std::string before = prepare::Serialize(model.graph);
  std::vector<Row> rows = {RowOf("as given", before), RowOf("int8", bytes)};
  // What was written is what is compared.
  RIVULET_ASSIGN_OR_RETURN(const auto trial,
                           prepare::Trial::Create(model.graph, split.others, samples.outputs, call.threads));
  RIVULET_ASSIGN_OR_RETURN(rows[1].agreement, trial.CompareFile(bytes));
  RIVULET_ASSIGN_OR_RETURN(rows[0].ms, RunMs(before, samples, call.threads));
  RIVULET_ASSIGN_OR_RETURN(rows[1].ms, RunMs(bytes, samples, call.threads));
  RIVULET_RETURN_IF_ERROR(SaveBytes(bytes, call.out));
  if (rows[1].ms > rows[0].ms) made.notes.push_back("8 bits are no faster than floats here");
  const std::string measured_on = split.is_held_out
                                      ? Cat(split.others.size(), " others than calibrated on, of ", samples.what)
                                      : Cat("the sample that was calibrated on: ", samples.what);
  PrintReport(call, samples, measured_on, rows, made);
  return Status();
}

}  // namespace rivulet::cli
