// Constants that lie in a mapped file are packed as those in memory are.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <vector>

#include "engine/base/file.h"
#include "engine/kernels/matmul.h"

namespace rivulet {
namespace {

std::vector<float> Numbers(int64_t count, float step) {
  std::vector<float> out(static_cast<size_t>(count));
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(i % 977) * step - 3;
  return out;
}

class PackedConstant : public testing::Test {
 protected:
  void TearDown() override { std::remove(path_.c_str()); }

  // The numbers at an odd address of a mapped file.
  FileBytes Mapped(const std::vector<float>& numbers) {
    std::ofstream file(path_, std::ios::binary | std::ios::trunc);
    file << "odd";
    file.write(reinterpret_cast<const char*>(numbers.data()),
               static_cast<std::streamsize>(numbers.size() * sizeof(float)));
    file.close();
    return *OpenFile(path_, FileAccess::kMap, int64_t{1} << 30);
  }

  const std::string path_ = testing::TempDir() + "packed_constant_" + std::to_string(getpid());
};

TEST_F(PackedConstant, IsTheSameFromAFile) {
  // Rows of many lengths: many a piece, eight a piece, and too long for one.
  const std::pair<int64_t, int64_t> sizes[] = {{700, 33}, {129, 1000}, {1000, 129}, {40, 2048}, {9, 30001}, {30001, 9}};
  for (const auto& [k, n] : sizes) {
    const std::vector<float> numbers = Numbers(k * n, 0.25f);
    const std::vector<float> factors = Numbers(n, 0.5f);
    const FileBytes file = Mapped(numbers);
    for (const bool transposed : {false, true}) {
      for (const float* by : {static_cast<const float*>(nullptr), factors.data()}) {
        const auto floats = static_cast<size_t>(PackedMatrix::Bytes(k, n).value()) / sizeof(float);
        std::vector<float> want(floats, -1.0f), got(floats, -2.0f);
        PackPanels(numbers.data(), transposed ? k : n, k, n, transposed, 0, (n + 15) / 16, want.data(), by);
        ASSERT_TRUE(PackConstant(file.bytes.data() + 3, k, n, transposed, got.data(), by).ok());
        EXPECT_EQ(std::memcmp(want.data(), got.data(), floats * sizeof(float)), 0) << k << " x " << n << transposed;
      }
    }
  }
}

TEST_F(PackedConstant, AFileThatWasCutIsDataLoss) {
  const std::vector<float> numbers = Numbers(1000 * 100, 1);
  const FileBytes file = Mapped(numbers);
  ASSERT_EQ(truncate(path_.c_str(), 300000), 0);
  std::vector<float> packed(static_cast<size_t>(PackedMatrix::Bytes(1000, 100).value()) / sizeof(float));
  EXPECT_EQ(PackConstant(file.bytes.data() + 3, 1000, 100, false, packed.data()).code(), Code::kDataLoss);
}

}  // namespace
}  // namespace rivulet
