#include <cstdint>
#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

Result<std::vector<Tensor>> Cast(const Tensor& x, DType to) { return OpTester("Cast").Attr("DstT", to).Input(x).Run(); }

TEST(CastTest, OutOfRange) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor x = F64({6}, {nan, inf, -inf, 300, -1, 1e30});
  EXPECT_TRUE(Same(Cast(x, DType::kInt8), I8({6}, {0, 0, 0, 44, -1, 0})));
  EXPECT_TRUE(Same(Cast(x, DType::kUint8), U8({6}, {0, 0, 0, 44, 255, 0})));
  EXPECT_TRUE(Same(Cast(x, DType::kInt32), I32({6}, {INT32_MIN, INT32_MIN, INT32_MIN, 300, -1, INT32_MIN})));
  EXPECT_TRUE(Same(Cast(x, DType::kUint32), U32({6}, {0, 0, 0, 300, UINT32_MAX, 0})));
  EXPECT_TRUE(Same(Cast(x, DType::kInt64), I64({6}, {INT64_MIN, INT64_MIN, INT64_MIN, 300, -1, INT64_MIN})));
  constexpr uint64_t kTop = uint64_t{1} << 63;
  EXPECT_TRUE(Same(Cast(x, DType::kUint64), U64({6}, {kTop, kTop, kTop, 300, UINT64_MAX, kTop})));
  EXPECT_TRUE(Same(Cast(x, DType::kBool), Bools({6}, {true, true, true, true, true, true})));
}

TEST(CastTest, BlocksAreClamped) {
  std::vector<float> x(40, -300.0f);
  x[1] = 300;
  x[2] = std::numeric_limits<float>::quiet_NaN();
  x[33] = 300;
  const auto got = Cast(Tensor::Of<float>({40}, x), DType::kUint8);
  ASSERT_TRUE(got.ok());
  const uint8_t* y = (*got)[0].data<uint8_t>();
  EXPECT_EQ(y[0], 0);
  EXPECT_EQ(y[1], 255);
  EXPECT_EQ(y[2], 0);
  EXPECT_EQ(y[31], 0);
  EXPECT_EQ(y[32], 212);
  EXPECT_EQ(y[33], 44);
  const auto wide = Cast(Tensor::Of<float>({5, 8}, x), DType::kUint32);
  ASSERT_TRUE(wide.ok());
  EXPECT_EQ((*wide)[0].data<uint32_t>()[0], static_cast<uint32_t>(-300));
  EXPECT_EQ((*wide)[0].data<uint32_t>()[2], uint32_t{1} << 31);
}

TEST(CastTest, EdgesOfTheRanges) {
  EXPECT_TRUE(Same(Cast(F64({2}, {-0x1p63, 0x1p63}), DType::kInt64), I64({2}, {INT64_MIN, INT64_MIN})));
  EXPECT_TRUE(Same(Cast(F32({2}, {0x1p64f, 0x1.fffffep63f}), DType::kUint64),
                   U64({2}, {uint64_t{1} << 63, 0xFFFFFF0000000000u})));
  EXPECT_TRUE(Same(Cast(F64({2}, {2147483647.9, -2147483648.9}), DType::kInt32), I32({2}, {INT32_MAX, INT32_MIN})));
}

TEST(CastTest, EveryPairRuns) {
  const DType all[] = {DType::kFloat,  DType::kDouble, DType::kHalf,   DType::kBfloat16,  DType::kInt8,
                       DType::kInt16,  DType::kInt32,  DType::kInt64,  DType::kUint8,     DType::kUint16,
                       DType::kUint32, DType::kUint64, DType::kBool,   DType::kComplex64, DType::kComplex128,
                       DType::kQint8,  DType::kQuint8, DType::kQint16, DType::kQuint16,   DType::kQint32};
  const Tensor ones = U8({3}, {1, 0, 1});
  for (const DType from : all) {
    for (const DType to : all) {
      const auto x = Cast(ones, from);
      ASSERT_TRUE(x.ok());
      const auto y = Cast((*x)[0], to);
      ASSERT_TRUE(y.ok());
      EXPECT_EQ((*y)[0].dtype(), to);
      EXPECT_TRUE(Same(Cast((*y)[0], DType::kUint8), ones)) << Name(from) << " to " << Name(to);
    }
  }
}

TEST(CastTest, Truncate) {
  const Tensor x = F32({2}, {-1.99999f, std::numeric_limits<float>::quiet_NaN()});
  EXPECT_TRUE(Same(OpTester("Cast").Attr("DstT", DType::kHalf).Attr("Truncate", true).Input(x).Run(),
                   F16({2}, {-1.9990234f, std::numeric_limits<float>::quiet_NaN()})));
  EXPECT_TRUE(Same(Cast(x, DType::kHalf), F16({2}, {-2, std::numeric_limits<float>::quiet_NaN()})));
}

TEST(CastTest, Strings) {
  EXPECT_TRUE(Same(Cast(Strings({1}, {"a"}), DType::kString), Strings({1}, {"a"})));
  EXPECT_TRUE(Fails(Cast(Strings({1}, {"1"}), DType::kInt32), "cannot cast string to int32"));
  EXPECT_TRUE(Fails(Cast(I32({1}, {1}), DType::kString), "cannot cast int32 to string"));
  EXPECT_TRUE(Fails(Cast(I32({1}, {1}), DType::kVariant), "variant"));
}

TEST(CastTest, OddBytesOfBools) {
  EXPECT_TRUE(Same(Cast(U8({2}, {7, 0}).Retyped(DType::kBool), DType::kFloat), F32({2}, {1, 0})));
}

}  // namespace
}  // namespace rivulet
