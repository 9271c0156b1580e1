// Covers: engine/import/graphdef.cc engine/import/attr_value.cc engine/graph/tensor_proto.cc engine/graph/*.cc
// A GraphDef from a stranger: imported, printed and parsed, ordered, and its facts inferred, under small limits.
// Running it is fuzz_run's.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "engine/graph/text_form.h"
#include "engine/import/graphdef.h"
#include "engine/ops/infer.h"
#include "rivulet/model.h"

namespace rivulet {
namespace {

constexpr size_t kBudget = size_t{64} << 20;

void Import(std::span<const uint8_t> bytes) {
  auto graph = ImportGraphDef(bytes, nullptr, Limits::Strict());
  if (!graph.ok()) {
    if (graph.status().message().empty()) std::abort();
    return;
  }
  (void)PrintGraph(*graph);
  const auto order = TopologicalOrder(*graph);
  if (order.ok() && order->size() != graph->nodes().size()) std::abort();
  std::vector<int32_t> all(static_cast<size_t>(graph->size()));
  std::iota(all.begin(), all.end(), 0);
  (void)Reachable(*graph, all);
  auto allocator = Allocator::Create(kBudget);
  (void)InferGraph(*graph, *allocator).ToString();
  if (allocator->peak_bytes() > kBudget) std::abort();
}

void Describe(std::span<const uint8_t> bytes) {
  LoadOptions options;
  options.limits = Limits::Strict();
  options.allocator = Allocator::Create(kBudget);
  const auto model = Model::LoadBytes(bytes, nullptr, "fuzzed", options);
  if (!model.ok()) return;
  size_t num_described = 0;
  for (const std::string& output : (*model)->LikelyOutputs()) {
    if (num_described++ < 4) (void)(*model)->Describe(output + ":0");
  }
  for (const Model::Input& input : (*model)->Inputs()) (void)input.shape.ToString();
}

}  // namespace
}  // namespace rivulet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rivulet::Import({data, size});
  rivulet::Describe({data, size});
  return 0;
}
