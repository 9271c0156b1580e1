#include "engine/ops/op_test_kit.h"

#include <cstring>
#include <memory>

#include "engine/ops/axis_copy.h"

namespace rivulet {
namespace {

struct Axis {
  int64_t count, from, to;
};

// Runs a copy (or a sum) as a step would.
struct Runner {
  std::shared_ptr<Allocator> allocator = Allocator::Create();
  ThreadPool pool{3};
  StopToken stop;
  std::shared_ptr<void> scratch;
  size_t scratch_bytes = 0;

  Status Run(const std::vector<Axis>& axes, const Tensor& from, int64_t from_at, Tensor& to, int64_t to_at,
             bool add = false) {
    const RunServices services{*allocator, pool, stop, nullptr, nullptr, &scratch, &scratch_bytes};
    RunContext context(nullptr, {}, {}, services);
    AxisCopy copy(from.dtype());
    for (const Axis& axis : axes) copy.Axis(axis.count, axis.from, axis.to);
    return add ? copy.RunAdd(context, from.raw(), from_at, to.raw(), to_at)
               : copy.Run(context, from.raw(), from_at, to.raw(), to_at);
  }
};

// Every element size, against the plain loop.
TEST(AxisCopy, AsTheLoopsSay) {
  const std::vector<Axis> sets[] = {
      {{3, 20, 4}, {4, 1, 1}},   // rows
      {{3, 20, 4}, {4, -1, 1}},  // turned round
      {{3, 0, 5}, {5, 1, 1}},    // repeated
      {{2, 40, 6}, {3, 0, 2}, {2, 1, 1}},
      {{4, 1, 10}, {5, 4, 2}},  // transposed
      {{7, 0, 1}},              // filled
      {{1, 999, 999}, {6, 1, 1}},
      {},
      {{3, 20, 4}, {0, 1, 1}},
  };
  for (const DType dtype : {DType::kInt8, DType::kHalf, DType::kFloat, DType::kInt64, DType::kComplex128}) {
    for (const auto& axes : sets) {
      Tensor from = Zeros(dtype, {100}), to = Zeros(dtype, {60}), want = Zeros(dtype, {60});
      const size_t bytes = ElementBytes(dtype);
      for (size_t i = 0; i < from.bytes(); ++i)
        static_cast<uint8_t*>(from.raw())[i] = static_cast<uint8_t>(i * 37 + i / 7);
      int64_t total = 1;
      for (const Axis& axis : axes) total *= axis.count;
      for (int64_t n = 0; n < total; ++n) {
        int64_t rest = n, f = 6, t = 1;
        for (size_t a = axes.size(); a-- > 0;) {
          f += rest % axes[a].count * axes[a].from;
          t += rest % axes[a].count * axes[a].to;
          rest /= axes[a].count;
        }
        std::memcpy(static_cast<char*>(want.raw()) + static_cast<size_t>(t) * bytes,
                    static_cast<char*>(from.raw()) + static_cast<size_t>(f) * bytes, bytes);
      }
      ASSERT_TRUE(Runner().Run(axes, from, 6, to, 1).ok());
      EXPECT_EQ(std::memcmp(to.raw(), want.raw(), want.bytes()), 0) << Name(dtype) << " " << axes.size();
    }
  }
}

TEST(AxisCopy, ManyPieces) {
  constexpr int64_t kRows = 300, kColumns = 1000;
  std::vector<int32_t> values(kRows * kColumns);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int32_t>(i);
  const Tensor from = Tensor::Of<int32_t>({kRows, kColumns}, values);
  Tensor turned = Zeros(DType::kInt32, {kColumns, kRows}), block = Zeros(DType::kInt32, {kRows, kColumns}),
         one = Zeros(DType::kInt32, {kRows * kColumns});
  ASSERT_TRUE(Runner().Run({{kColumns, 1, kRows}, {kRows, kColumns, 1}}, from, 0, turned, 0).ok());
  ASSERT_TRUE(
      Runner().Run({{kRows, -kColumns, kColumns}, {kColumns, 1, 1}}, from, (kRows - 1) * kColumns, block, 0).ok());
  ASSERT_TRUE(Runner().Run({{kRows * kColumns, 1, 1}}, from, 0, one, 0).ok());
  for (int64_t r = 0; r < kRows; ++r) {
    for (int64_t c = 0; c < kColumns; ++c) {
      ASSERT_EQ(turned.data<int32_t>()[c * kRows + r], r * kColumns + c);
      ASSERT_EQ(block.data<int32_t>()[(kRows - 1 - r) * kColumns + c], r * kColumns + c);
    }
  }
  EXPECT_TRUE(Same(one, from.Reshaped({kRows * kColumns})));
}

TEST(AxisCopy, LongBlocks) {
  constexpr int64_t kLength = (1 << 19) + 3;
  Tensor from = Zeros(DType::kUint8, {2, kLength}), to = Zeros(DType::kUint8, {2, kLength + 5});
  for (int64_t i = 0; i < 2 * kLength; ++i) from.data<uint8_t>()[i] = static_cast<uint8_t>(i % 251);
  ASSERT_TRUE(Runner().Run({{2, kLength, kLength + 5}, {kLength, 1, 1}}, from, 0, to, 2).ok());
  for (int64_t row = 0; row < 2; ++row) {
    EXPECT_EQ(std::memcmp(to.data<uint8_t>() + row * (kLength + 5) + 2, from.data<uint8_t>() + row * kLength, kLength),
              0);
  }
  EXPECT_EQ(to.data<uint8_t>()[kLength + 2], 0);
}

TEST(AxisCopy, StringsWithinTheBudget) {
  const std::string text(1000, 'x');
  const Tensor from = Tensor::Of<std::string>({1}, std::span<const std::string>(&text, 1));
  Tensor to = Zeros(DType::kString, {50});
  Runner wide, narrow;
  narrow.allocator = Allocator::Create(20000);
  ASSERT_TRUE(wide.Run({{50, 0, 1}}, from, 0, to, 0).ok());
  EXPECT_EQ(to.data<std::string>()[49], text);
  const Status refused = narrow.Run({{50, 0, 1}}, from, 0, to, 0);
  EXPECT_EQ(refused.code(), Code::kResourceExhausted);
  EXPECT_EQ(narrow.allocator->used_bytes(), 0u);
}

TEST(AxisCopy, Adds) {
  Tensor to = I8({2}, {100, -1});
  ASSERT_TRUE(Runner().Run({{3, 1, 0}}, I8({3}, {20, 20, 20}), 0, to, 0, true).ok());
  EXPECT_TRUE(Same(to, I8({2}, {-96, -1})));
  Tensor half = F16({2}, {0.5f, 1});
  ASSERT_TRUE(Runner().Run({{2, 1, 1}}, F16({2}, {1, 2}), 0, half, 0, true).ok());
  EXPECT_TRUE(Same(half, F16({2}, {1.5f, 3})));
  Tensor text = Strings({1}, {""});
  EXPECT_FALSE(Runner().Run({{1, 1, 1}}, Strings({1}, {"a"}), 0, text, 0, true).ok());
}

}  // namespace
}  // namespace rivulet
