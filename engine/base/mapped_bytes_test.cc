#include "engine/base/mapped_bytes.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <numeric>
#include <vector>

#include "engine/base/file.h"
#include "rivulet/tensor.h"

namespace rivulet {
namespace {

class MappedFile : public testing::Test {
 protected:
  void SetUp() override {
    bytes_.resize(300000);
    std::iota(bytes_.begin(), bytes_.end(), static_cast<uint8_t>(3));
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes_.data()), static_cast<std::streamsize>(bytes_.size()));
  }
  void TearDown() override { std::remove(path_.c_str()); }
  FileBytes Open(FileAccess access) { return *OpenFile(path_, access, int64_t{1} << 30); }

  const std::string path_ = testing::TempDir() + "mapped_bytes_" + std::to_string(getpid());
  std::vector<uint8_t> bytes_;
};

TEST_F(MappedFile, IsReadFromAnyPlace) {
  const FileBytes file = Open(FileAccess::kMap);
  ASSERT_TRUE(file.is_mapped);
  for (const size_t from : {size_t{0}, size_t{1}, size_t{4099}, bytes_.size() - 7}) {
    const MappedBytes source(file.bytes.data() + from, bytes_.size() - from);
    EXPECT_TRUE(source.in_file());
    for (const size_t offset : {size_t{0}, size_t{5}}) {
      std::vector<uint8_t> got(bytes_.size() - from - offset);
      ASSERT_TRUE(source.Copy(offset, got.size(), got.data()).ok());
      EXPECT_TRUE(std::equal(got.begin(), got.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(from + offset)));
    }
  }
}

TEST_F(MappedFile, OtherMemoryIsCopied) {
  const FileBytes mapped = Open(FileAccess::kMap);
  const FileBytes read = Open(FileAccess::kRead);
  EXPECT_FALSE(MappedBytes(read.bytes.data(), read.bytes.size()).in_file());
  // Beyond the end of one.
  EXPECT_FALSE(MappedBytes(mapped.bytes.data() + 1, mapped.bytes.size()).in_file());
  const MappedBytes source(bytes_.data() + 2, 100);
  EXPECT_FALSE(source.in_file());
  uint8_t got[10];
  ASSERT_TRUE(source.Copy(7, sizeof got, got).ok());
  EXPECT_EQ(std::memcmp(got, bytes_.data() + 9, sizeof got), 0);
}

TEST_F(MappedFile, IsForgottenWhenItGoes) {
  const uint8_t* at = nullptr;
  {
    const FileBytes file = Open(FileAccess::kMap);
    at = file.bytes.data();
  }
  EXPECT_FALSE(MappedBytes(at, 10).in_file());
}

TEST_F(MappedFile, OneThatWasCutIsDataLoss) {
  const FileBytes file = Open(FileAccess::kMap);
  ASSERT_EQ(truncate(path_.c_str(), 100000), 0);
  const MappedBytes source(file.bytes.data(), file.bytes.size());
  std::vector<uint8_t> got(bytes_.size());
  EXPECT_TRUE(source.Copy(0, 100000, got.data()).ok());
  const Status status = source.Copy(50000, 60000, got.data());
  EXPECT_EQ(status.code(), Code::kDataLoss) << status.ToString();
}

TEST_F(MappedFile, OneThatCannotBeReadSaysSo) {
  const FileBytes file = Open(FileAccess::kMap);
  const MappedBytes source(file.bytes.data(), file.bytes.size());
  uint8_t got[8];
  FailNthFileCall(1, false);
  EXPECT_EQ(source.Copy(0, sizeof got, got).code(), Code::kUnavailable);
  FailNthFileCall(0, false);
  EXPECT_TRUE(source.Copy(0, sizeof got, got).ok());
}

TEST_F(MappedFile, ALargeTensorOfItIsCloned) {
  const FileBytes file = Open(FileAccess::kMap);
  const Tensor view = Tensor::View(DType::kUint8, {200001}, const_cast<uint8_t*>(file.bytes.data()) + 3, file.owner);
  const auto allocator = Allocator::Create();
  const auto copy = Clone(view, *allocator);
  ASSERT_TRUE(copy.ok());
  EXPECT_EQ(std::memcmp(copy->raw(), bytes_.data() + 3, 200001), 0);
}

}  // namespace
}  // namespace rivulet
