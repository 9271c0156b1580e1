#include "engine/kernels/max_rows.h"

#include <limits>

#include "engine/kernels/kernel_testing.h"

namespace rivulet {
namespace {

using kernel_testing::OnEveryTarget;
using kernel_testing::Reals;

TEST(MaxRows, AnyLengthAlsoInPlace) {
  OnEveryTarget([] {
    for (int64_t count = 0; count < 40; ++count) {
      std::vector<float> a = Reals(count, 1), b = Reals(count, 2), c = Reals(count, 3);
      std::vector<float> want(static_cast<size_t>(count));
      for (size_t i = 0; i < want.size(); ++i) want[i] = std::max({a[i], b[i], c[i]});
      const float* rows[] = {a.data(), b.data(), c.data()};
      MaxRows(rows, 3, count, b.data());
      EXPECT_EQ(b, want);
    }
  });
}

TEST(MaxRows, NanGivesWay) {
  OnEveryTarget([] {
    constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
    constexpr float kLeast = -std::numeric_limits<float>::infinity();
    const std::vector<float> a(20, kNan), b(20, kLeast);
    std::vector<float> out(20);
    const float* first[] = {a.data(), b.data(), a.data()};
    MaxRows(first, 3, 20, out.data());
    EXPECT_EQ(out, b);
    MaxRows(first, 1, 20, out.data());
    for (const float v : out) EXPECT_NE(v, v);
  });
}

}  // namespace
}  // namespace rivulet
