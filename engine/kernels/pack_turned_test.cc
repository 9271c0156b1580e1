#include "engine/kernels/pack_turned.h"

#include "engine/kernels/kernel_testing.h"

namespace rivulet {
namespace {

using kernel_testing::Guarded;
using kernel_testing::OnEveryTarget;
using kernel_testing::Wholes;

TEST(PackTurned, EveryWidthAndDepth) {
  constexpr int64_t kPanel = 16;
  OnEveryTarget([&] {
    for (const int64_t k : {1, 3, 4, 5, 8, 11, 64}) {
      for (int64_t width = 1; width <= kPanel; ++width) {
        SCOPED_TRACE(testing::Message() << k << " x " << width);
        const int64_t step = k + 2;
        const std::vector<float> b = Wholes(step * kPanel, 1);
        const std::vector<float> factors = Wholes(width, 2);
        std::vector<char> bytes(b.size() * sizeof(float) + 1);  // at an odd address
        std::memcpy(bytes.data() + 1, b.data(), b.size() * sizeof(float));
        for (const float* by : {static_cast<const float*>(nullptr), factors.data()}) {
          Guarded<float> packed(k * kPanel);
          PackTurnedPanel(bytes.data() + 1, step * 4, k, width, by, packed.data());
          EXPECT_TRUE(packed.Intact());
          for (int64_t p = 0; p < k; ++p) {
            for (int64_t j = 0; j < kPanel; ++j) {
              const float factor = by == nullptr ? 1.0f : by[std::min(j, width - 1)];
              const float want = j < width ? b[static_cast<size_t>(j * step + p)] * factor : 0.0f;
              ASSERT_EQ(packed[static_cast<size_t>(p * kPanel + j)], want) << p << ", " << j;
            }
          }
        }
      }
    }
  });
}

}  // namespace
}  // namespace rivulet
