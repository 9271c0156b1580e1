// A model from a stranger: imported, inferred, planned and run with nothing fed, under small limits. Whatever the bytes
// are, the answer is a result or a Status, and memory stays within the budget.
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
constexpr double kDeadlineMs = 2000;

void RunModel(std::span<const uint8_t> bytes) {
  LoadOptions load;
  load.limits = Limits::Strict();
  load.allocator = Allocator::Create(kBudget);
  auto model = Model::LoadBytes(bytes, nullptr, "fuzzed", load);
  if (!model.ok()) return;
  for (const bool passes : {false, true}) {
    SessionOptions options;
    options.passes = passes;
    options.memory_budget_bytes = kBudget;
    auto session = Session::Create(*model, options);
    if (!session.ok()) continue;
    RunOptions run;
    run.deadline_ms = kDeadlineMs;
    // Placeholders of small complete shapes are fed with zeros.
    Feeds feeds;
    for (const Model::Input& input : (*model)->Inputs()) {
      if (!input.shape.complete() || input.shape.num_elements() > (1 << 16) || ElementBytes(input.dtype) == 0) continue;
      auto zeros = Tensor::Allocate(input.dtype, input.shape, *load.allocator);
      if (!zeros.ok()) continue;
      std::fill_n(zeros->data<char>(), zeros->bytes(), 0);
      feeds.emplace_back(input.name, *zeros);
    }
    for (const std::string& output : (*model)->LikelyOutputs()) {
      auto results = (*session)->Run(feeds, {output}, {}, run);
      if (results.ok()) continue;
      (void)results.status().ToString();
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
