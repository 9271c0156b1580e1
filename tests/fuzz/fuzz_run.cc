// Covers: engine/run/*.cc engine/passes/*.cc engine/ops/infer.cc engine/ops/signature.cc engine/ops/op.cc
// The whole way of a model from a stranger: loaded, planned with and without passes, and its likely outputs run with
// zeros as feeds. Whatever the bytes are, the answer is a result or a Status, and memory stays within the budget.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

#include "rivulet/session.h"

namespace rivulet {
namespace {

constexpr size_t kBudget = size_t{64} << 20;
constexpr double kDeadlineMs = 500;

// Zeros of the declared shape, unknown dims as 1; no tensor where that would be large.
Tensor ZeroFeed(const Model::Input& input, Allocator& allocator) {
  Shape shape = input.shape.has_rank() ? input.shape : Shape{1};
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] < 0) shape.set_dim(i, 1);
  }
  if (shape.num_elements() < 0 || shape.num_elements() > (1 << 16) || StoredBytes(input.dtype) == 0) return Tensor();
  auto tensor = Tensor::Allocate(input.dtype, shape, allocator);
  if (!tensor.ok()) return Tensor();
  if (input.dtype != DType::kString) {
    auto* bytes = static_cast<uint8_t*>(tensor->raw());
    std::fill(bytes, bytes + tensor->bytes(), uint8_t{0});
  }
  return *tensor;
}

void RunModel(std::span<const uint8_t> bytes) {
  LoadOptions load;
  load.limits = Limits::Strict();
  load.allocator = Allocator::Create(kBudget);
  auto model = Model::LoadBytes(bytes, nullptr, "fuzzed", load);
  if (!model.ok()) return;
  Feeds feeds;
  for (const Model::Input& input : (*model)->Inputs()) {
    Tensor feed = ZeroFeed(input, *load.allocator);
    if (feed.valid() && feeds.size() < 16) feeds.emplace_back(input.name, std::move(feed));
  }
  std::vector<std::string> outputs = (*model)->LikelyOutputs();
  if (outputs.size() > 8) outputs.resize(8);
  RunOptions run;
  run.deadline_ms = kDeadlineMs;
  for (const bool passes : {false, true}) {
    SessionOptions options;
    options.passes = passes;
    options.memory_budget_bytes = kBudget;
    auto session = Session::Create(*model, options);
    if (!session.ok()) continue;
    for (const std::string& output : outputs) {
      auto results = (*session)->Run(feeds, {output}, {}, run);
      if (!results.ok() && results.status().message().empty()) std::abort();
    }
    if ((*session)->allocator()->peak_bytes() > kBudget) std::abort();
  }
}

}  // namespace
}  // namespace rivulet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rivulet::RunModel({data, size});
  return 0;
}
