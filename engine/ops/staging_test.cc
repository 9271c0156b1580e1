#include "engine/ops/staging.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

// A context to run code in, with one allocator and one thread.
struct Bench {
  std::shared_ptr<Allocator> allocator;
  ThreadPool pool{1};
  StopToken stop;
  std::shared_ptr<void> scratch;
  size_t scratch_bytes = 0;
  RunServices services;
  RunContext context;

  explicit Bench(size_t budget = Allocator::kUnlimited)
      : allocator(Allocator::Create(budget)),
        services{*allocator, pool, stop, nullptr, nullptr, &scratch, &scratch_bytes},
        context(nullptr, {}, {}, services) {}
};

TEST(Staging, PiecesDoNotOverlapAndAreAligned) {
  Bench bench;
  ScratchPieces pieces;
  const int64_t a = pieces.Add(1);
  const int64_t b = pieces.Add(1000);
  const int64_t c = pieces.Add(0);
  ASSERT_TRUE(pieces.Allocate(bench.context).ok());
  EXPECT_GE(b - a, 1 + static_cast<int64_t>(Allocator::kAlignment));
  EXPECT_GE(c - b, 1000 + static_cast<int64_t>(Allocator::kAlignment));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(pieces.At<char>(b)) % Allocator::kAlignment, 0u);
}

TEST(Staging, SizesThatCannotBeCountedAreAnError) {
  Bench bench;
  ScratchPieces pieces;
  pieces.Add(CheckedSize(int64_t{1} << 62) * 4);
  EXPECT_EQ(pieces.Allocate(bench.context).code(), Code::kResourceExhausted);
  ScratchPieces sum;
  sum.Add(int64_t{1} << 62);
  sum.Add(int64_t{1} << 62);
  EXPECT_EQ(sum.Allocate(bench.context).code(), Code::kResourceExhausted);
  Bench poor(100);
  ScratchPieces much;
  much.Add(1000);
  EXPECT_EQ(much.Allocate(poor.context).code(), Code::kResourceExhausted);
}

TEST(Staging, TurnsAndWidensAndBack) {
  Bench bench;
  const Tensor in = F16({1, 2, 1, 3}, {1, 2, 3, 4, 5, 6});
  Tensor out = Zeros(DType::kHalf, {1, 2, 1, 3});
  ScratchPieces pieces;
  const StagedInput input(in, false, pieces);
  const StagedOutput output(out, false, pieces);
  ASSERT_TRUE(pieces.Allocate(bench.context).ok());
  const float* x = static_cast<const float*>(input.Fill(bench.context, pieces));
  EXPECT_EQ(std::vector<float>(x, x + 6), (std::vector<float>{1, 4, 2, 5, 3, 6}));
  float* y = static_cast<float*>(output.data(pieces));
  for (int i = 0; i < 6; ++i) y[i] = x[i] + 0.5f;
  output.Finish(bench.context, pieces);
  EXPECT_TRUE(Same(out, F16({1, 2, 1, 3}, {1.5f, 2.5f, 3.5f, 4.5f, 5.5f, 6.5f})));
}

TEST(Staging, TheMiddleOfACenteredPieceIsTheSameForAllSteps) {
  Bench bench;
  std::vector<uintptr_t> middles;
  for (const int64_t bytes : {100000, 300, 5000, 100000}) {
    ScratchPieces pieces;
    const int64_t small = pieces.Add(1000);
    const int64_t sums = pieces.AddCentered(bytes);
    ASSERT_TRUE(pieces.Allocate(bench.context).ok());
    char* const at = pieces.At<char>(sums);
    EXPECT_GE(at - pieces.At<char>(small), 1000);
    EXPECT_GE(pieces.At<char>(small), static_cast<char*>(bench.scratch.get()));
    EXPECT_LE(at + bytes, static_cast<char*>(bench.scratch.get()) + bench.scratch_bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(at) % Allocator::kAlignment, 0u);
    middles.push_back(reinterpret_cast<uintptr_t>(at) + static_cast<uintptr_t>(bytes) / 2);
  }
  const auto [low, high] = std::minmax_element(middles.begin(), middles.end());
  EXPECT_LE(*high - *low, 3 * Allocator::kAlignment);
}

TEST(Staging, NothingIsCopiedWhereNothingChanges) {
  Bench bench;
  const Tensor in = F32({1, 1, 1, 3}, {1, 2, 3});
  Tensor out = Zeros(DType::kFloat, {1, 3, 1, 1});
  ScratchPieces pieces;
  const StagedInput input(in, false, pieces);
  const StagedOutput output(out, false, pieces);
  ASSERT_TRUE(pieces.Allocate(bench.context).ok());
  EXPECT_EQ(input.Fill(bench.context, pieces), in.raw());
  EXPECT_EQ(output.data(pieces), out.raw());
  EXPECT_EQ(bench.scratch_bytes, 0u);
}

}  // namespace
}  // namespace rivulet
