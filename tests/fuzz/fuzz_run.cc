// Whole way: bytes are loaded as a GraphDef, a plan is made, and the likely outputs are run with zeros as feeds, within
// a small budget and a deadline.
#include <cstdint>
#include <algorithm>
#include <memory>

#include "rivulet/session.h"

namespace {

using namespace rivulet;

// Zeros of the declared shape, unknown dims as 1; no tensor where that would be large.
Tensor ZeroFeed(const Model::Input& input, Allocator& allocator) {
  Shape shape = input.shape.has_rank() ? input.shape : Shape{1};
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] < 0) shape.set_dim(i, 1);
  }
  if (shape.num_elements() < 0 || shape.num_elements() > 4096 || StoredBytes(input.dtype) == 0) return Tensor();
  auto tensor = Tensor::Allocate(input.dtype, shape, allocator);
  if (!tensor.ok()) return Tensor();
  if (input.dtype != DType::kString) {
    auto* bytes = static_cast<uint8_t*>(tensor->raw());
    std::fill(bytes, bytes + tensor->bytes(), uint8_t{0});
  }
  return *tensor;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto allocator = Allocator::Create(size_t{64} << 20);
  LoadOptions load;
  load.limits = Limits::Strict();
  load.allocator = allocator;
  auto model = Model::LoadBytes({data, size}, nullptr, "fuzz", load);
  if (!model.ok()) return 0;
  SessionOptions options;
  options.memory_budget_bytes = size_t{64} << 20;
  options.passes = size % 2 == 0;
  auto session = Session::Create(*model, options);
  Feeds feeds;
  for (const Model::Input& input : (*model)->Inputs()) {
    Tensor feed = ZeroFeed(input, *allocator);
    if (feed.valid() && feeds.size() < 16) feeds.emplace_back(input.name, std::move(feed));
  }
  std::vector<std::string> outputs = (*model)->LikelyOutputs();
  if (outputs.size() > 8) outputs.resize(8);
  RunOptions run;
  run.deadline_ms = 500;
  for (const std::string& output : outputs) (void)(*session)->Run(feeds, {output}, {}, run);
  return 0;
}
