#include "cli/pack_norms.h"

#include <algorithm>
#include <cstdio>

#include "cli/made_up.h"
#include "prepare/constant_aliases.h"
#include "prepare/verify.h"

namespace rivulet::cli {
namespace {

size_t CountNorms(const prepare::GraphDef& graph) {
  return static_cast<size_t>(std::count_if(graph.nodes.begin(), graph.nodes.end(), [](const prepare::NodeDef& node) {
    return node.op.starts_with("FusedBatchNorm") || node.op == "BatchNormWithGlobalNormalization";
  }));
}

void Note(std::string_view line) { std::fprintf(stderr, "note: %.*s\n", static_cast<int>(line.size()), line.data()); }

}  // namespace

size_t FoldNorms(const prepare::PackOptions& options, prepare::GraphDef* graph) {
  const size_t before = CountNorms(*graph);
  if (before == 0) return 0;
  prepare::VerifyOptions check;
  check.make_up = MakeUpFeed;
  check.report = Note;
  for (const prepare::PackInput& input : options.metadata.inputs) check.inputs.push_back(input.name);
  for (const prepare::PackOutput& output : options.metadata.outputs) check.outputs.push_back(output.name);
  if (!options.samples.empty() && !options.samples[0].only_shapes) check.given = options.samples[0].feeds;
  prepare::TransformOptions transform = {.inputs = check.inputs, .outputs = check.outputs};
  transform.verify = [&check](const prepare::TransformCall& call, const prepare::GraphDef& old,
                              const prepare::GraphDef& now) { return prepare::VerifyTransform(call, old, now, check); };
  prepare::GraphDef folded = *graph;
  prepare::ReadConstantsThemselves(&folded);
  const auto calls = prepare::ParseTransforms("fold_old_batch_norms");
  const Status status = calls.ok() ? prepare::ApplyTransforms(*calls, transform, folded) : calls.status();
  if (!status.ok()) {
    Note("batch norms stay as they are: " + status.ToString());
    return 0;
  }
  *graph = std::move(folded);
  return before - CountNorms(*graph);
}

}  // namespace rivulet::cli
