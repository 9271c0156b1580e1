#include "engine/kernels/half.h"

#include <gtest/gtest.h>

#include <vector>

#include "engine/base/bit_cast.h"
#include "engine/base/float_state.h"

namespace rivulet {
namespace {

template <typename T>
uint16_t BitsOf(float value) {
  return T(value).bits;
}

TEST(HalfTest, WidensAllBitPatterns) {
  for (const DType dtype : {DType::kHalf, DType::kBfloat16}) {
    std::vector<uint16_t> from(65536);
    for (size_t i = 0; i < from.size(); ++i) from[i] = static_cast<uint16_t>(i);
    std::vector<float> to(from.size());
    {
      const FlushSubnormals flush;  // as in a run
      WidenHalf(dtype, from.data(), static_cast<int64_t>(from.size()), to.data());
    }
    for (size_t i = 0; i < from.size(); ++i) {
      Half half;
      BFloat16 bfloat;
      half.bits = bfloat.bits = static_cast<uint16_t>(i);
      const float want = dtype == DType::kHalf ? static_cast<float>(half) : static_cast<float>(bfloat);
      ASSERT_EQ(BitCast<uint32_t>(to[i]), BitCast<uint32_t>(want)) << i;
    }
  }
}

TEST(HalfTest, NarrowsLikeTheScalarConversions) {
  std::vector<float> from;
  for (uint64_t bits = 0; bits < (uint64_t{1} << 32); bits += 65521) {
    from.push_back(BitCast<float>(static_cast<uint32_t>(bits)));
  }
  // Around every rounding boundary of both formats.
  for (uint32_t upper = 0; upper < 65536; ++upper) {
    for (const uint32_t lower : {0x0000u, 0x0001u, 0x0FFFu, 0x1000u, 0x1001u, 0x7FFFu, 0x8000u, 0x8001u, 0xFFFFu}) {
      from.push_back(BitCast<float>((upper << 16) | lower));
    }
  }
  for (const DType dtype : {DType::kHalf, DType::kBfloat16}) {
    std::vector<uint16_t> to(from.size());
    NarrowToHalf(dtype, from.data(), static_cast<int64_t>(from.size()), to.data());
    for (size_t i = 0; i < from.size(); ++i) {
      const uint16_t want = dtype == DType::kHalf ? BitsOf<Half>(from[i]) : BitsOf<BFloat16>(from[i]);
      ASSERT_EQ(to[i], want) << BitCast<uint32_t>(from[i]);
    }
  }
}

}  // namespace
}  // namespace rivulet
