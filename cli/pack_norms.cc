#include "cli/pack_norms.h"

#include <algorithm>

#include "cli/made_up.h"
#include "engine/base/errors.h"
#include "prepare/constant_aliases.h"
#include "prepare/strip_unused.h"
#include "prepare/verify.h"

namespace rivulet::cli {
namespace {

using prepare::GraphDef;
using prepare::NodeDef;

bool IsNorm(const NodeDef& node) {
  return node.op.starts_with("FusedBatchNorm") || node.op == "BatchNormWithGlobalNormalization";
}

bool IsScale(const NodeDef& node) { return node.op == "Mul" || node.op == "RealDiv"; }

size_t Count(const GraphDef& graph, bool (*is_it)(const NodeDef& node)) {
  return static_cast<size_t>(std::count_if(graph.nodes.begin(), graph.nodes.end(), is_it));
}

Status Apply(const char* text, const prepare::TransformOptions& options, GraphDef* graph) {
  RIVULET_ASSIGN_OR_RETURN(const auto calls, prepare::ParseTransforms(text));
  return prepare::ApplyTransforms(calls, options, *graph);
}

// Weights that are computed from codes, halves or a few numbers stay so.
bool IsLarger(const GraphDef& graph, size_t before) {
  constexpr size_t kNames = 4096;
  return prepare::SerializedBytes(graph) > before + before / 8 + kNames;
}

// Norms that are written out: their factors are computed, then each is the scale of a product. How many scales went; 0
// leaves the graph as it was.
size_t FoldScales(const prepare::TransformOptions& options, GraphDef* graph) {
  prepare::TransformOptions kept = {.inputs = options.inputs};
  kept.inputs.insert(kept.inputs.end(), options.outputs.begin(), options.outputs.end());
  GraphDef folded = *graph;
  if (!prepare::KeepNeeded(kept.inputs, folded).ok()) return 0;
  const size_t bytes = prepare::SerializedBytes(folded);
  if (!Apply("fold_constants(clear_output_shapes=false)", kept, &folded).ok()) return 0;
  if (!prepare::KeepNeeded(kept.inputs, folded).ok() || IsLarger(folded, bytes)) return 0;
  const size_t before = Count(folded, IsScale);
  if (!Apply("fold_batch_norms", options, &folded).ok()) return 0;
  const size_t left = Count(folded, IsScale);
  if (left == before) return 0;
  *graph = std::move(folded);
  return before - left;
}

// Both on the same input; the old graph's word on what is near enough is that of the transform that rounds most.
Status Verify(const prepare::PackOptions& options, const prepare::TransformOptions& names,
              const prepare::ReportLine& report, const GraphDef& before, const GraphDef& after) {
  prepare::VerifyOptions check;
  check.make_up = MakeUpFeed;
  check.report = report;
  check.inputs = names.inputs;
  check.outputs = names.outputs;
  if (!options.samples.empty() && !options.samples[0].only_shapes) check.given = options.samples[0].feeds;
  RIVULET_ASSIGN_OR_RETURN(const auto calls, prepare::ParseTransforms("fold_old_batch_norms"));
  return prepare::VerifyTransform(calls[0], before, after, check);
}

std::string Counted(size_t count, const char* what) { return Cat(count, " ", what, count == 1 ? "" : "s"); }

}  // namespace

std::string FoldedNorms::ToString() const {
  std::string text = norms > 0 ? Counted(norms, "batch norm") : "";
  if (scales > 0) text += Cat(norms > 0 ? " and " : "", Counted(scales, "scale"));
  return text.empty() ? text : text + " folded into the weights";
}

FoldedNorms FoldNorms(const prepare::PackOptions& options, const prepare::ReportLine& report, GraphDef* graph) {
  prepare::TransformOptions names;
  for (const prepare::PackInput& input : options.metadata.inputs) names.inputs.push_back(input.name);
  for (const prepare::PackOutput& output : options.metadata.outputs) names.outputs.push_back(output.name);
  GraphDef folded = *graph;
  FoldedNorms count{.scales = FoldScales(names, &folded)};
  const size_t norms = Count(folded, IsNorm);
  if (norms == 0 && count.scales == 0) return {};
  prepare::ReadConstantsThemselves(&folded);
  Status status = Apply("fold_old_batch_norms", names, &folded);
  if (status.ok()) status = Verify(options, names, report, *graph, folded);
  if (!status.ok()) {
    report("batch norms stay as they are: " + status.ToString());
    return {};
  }
  count.norms = norms - Count(folded, IsNorm);
  *graph = std::move(folded);
  return count;
}

}  // namespace rivulet::cli
