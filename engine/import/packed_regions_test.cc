// Weights that lie packed in a package: found by constant and form, and by nothing else.
#include "engine/import/packed_regions.h"

#include <gtest/gtest.h>

#include <cstring>

#include "engine/base/errors.h"
#include "engine/import/import_testing.h"
#include "engine/import/package_checksums.h"

namespace rivulet {
namespace {

// The factors, of which there are none, end it.
constexpr std::string_view kForm = "layout 1 float32 matrix 2 3 times ";

// The packed form of a [2, 3] matrix of 1 … 6.
std::string PackedBytes() {
  const float values[] = {1, 2, 3, 4, 5, 6};
  const auto packed = PackedMatrix::Pack(values, 2, 3, false, *Allocator::Create());
  EXPECT_TRUE(packed.ok());
  return {reinterpret_cast<const char*>(packed->data()), static_cast<size_t>(PackedMatrix::Bytes(2, 3).value())};
}

// w and its packed form, each at a multiple of 64, in memory that is aligned so.
class Regions : public ::testing::Test {
 protected:
  void Make(const std::string& packed_name, const std::string& packed) {
    const float values[] = {1, 2, 3, 4, 5, 6};
    std::memcpy(memory_, values, sizeof(values));
    std::string bytes(reinterpret_cast<const char*>(memory_), 24);
    bytes.resize(64, '\0');
    bytes += packed;
    const uint64_t graph = bytes.size();
    bytes += "g";
    PackageChecksums sums;
    const uint64_t own = bytes.size();
    const std::string room(PackageChecksums::SerializedBytes(3), '\0');
    const std::string directory =
        WireNested(1, WireNested(2, "memmapped_package://w") + WireField(3, 24)) +
        WireNested(1, WireField(1, 64) + WireNested(2, packed_name) + WireField(3, packed.size())) +
        WireNested(1, WireField(1, graph) + WireNested(2, MemmappedPackage::kGraphRegion) + WireField(3, 1)) +
        WireNested(1,
                   WireField(1, own) + WireNested(2, MemmappedPackage::kChecksumsRegion) + WireField(3, room.size()));
    sums.regions = {ChecksumOf(AsBytes(bytes.substr(0, 24))), ChecksumOf(AsBytes(packed)),
                    ChecksumOf(AsBytes(std::string("g")))};
    sums.directory = ChecksumOf(AsBytes(directory));
    bytes += sums.Serialize();
    const uint64_t at = bytes.size();
    bytes += directory + Little(at, 8);
    ASSERT_LE(bytes.size(), sizeof(memory_));
    std::memcpy(memory_, bytes.data(), bytes.size());
    auto package = MemmappedPackage::Read({memory_, bytes.size()}, owner_);
    ASSERT_TRUE(package.ok()) << package.status().ToString();
    regions_ = std::make_unique<PackedRegions>(*package);
  }

  // What the operators do with the constant at the beginning.
  Result<std::shared_ptr<const PackedMatrix>> PackW(int64_t k, int64_t n) {
    PackedOperands operands(regions_.get());
    const PackedOperands::Scope scope(operands);
    return PackMatrixOnce(Tensor::View(DType::kFloat, {k, n}, memory_, owner_), k, n, false, *allocator_);
  }

  alignas(64) uint8_t memory_[1024];
  const std::shared_ptr<void> owner_ = std::make_shared<int>(0);
  const std::shared_ptr<Allocator> allocator_ = Allocator::Create();
  std::unique_ptr<PackedRegions> regions_;
};

TEST(PackedRegionName, IsTheHashOfTheForm) {
  // Files in the world have these names: a change of them, or of a form's text, packs those weights at each load.
  EXPECT_EQ(PackedRegionName("memmapped_package://w", ""), "memmapped_package://rivulet/packed/w/cbf29ce484222325");
  EXPECT_EQ(PackedRegionName("memmapped_package://w", kForm).size(),
            std::string("memmapped_package://rivulet/packed/w/").size() + 16);
}

TEST_F(Regions, AFormIsUsedWhereItLies) {
  Make(PackedRegionName("memmapped_package://w", kForm), PackedBytes());
  const auto packed = PackW(2, 3);
  ASSERT_TRUE(packed.ok()) << packed.status().ToString();
  EXPECT_EQ(static_cast<const void*>((*packed)->data()), memory_ + 64);
  EXPECT_EQ(allocator_->used_bytes(), 0u);
}

TEST_F(Regions, AnotherFormIsPackedAnew) {
  Make(PackedRegionName("memmapped_package://w", kForm), PackedBytes());
  const auto packed = PackW(3, 2);
  ASSERT_TRUE(packed.ok()) << packed.status().ToString();
  EXPECT_NE(static_cast<const void*>((*packed)->data()), memory_ + 64);
  EXPECT_GT(allocator_->used_bytes(), 0u);
}

TEST_F(Regions, AnotherLayoutIsPackedAnew) {
  Make(PackedRegionName("memmapped_package://w", "layout 2 float32 matrix 2 3 times "), PackedBytes());
  const auto packed = PackW(2, 3);
  ASSERT_TRUE(packed.ok());
  EXPECT_NE(static_cast<const void*>((*packed)->data()), memory_ + 64);
}

TEST_F(Regions, AFormOfTheWrongSizeIsDataLoss) {
  Make(PackedRegionName("memmapped_package://w", kForm), PackedBytes() + std::string(64, '\0'));
  const auto packed = PackW(2, 3);
  EXPECT_EQ(packed.status().code(), Code::kDataLoss);
  EXPECT_NE(packed.status().message().find("192 bytes in the file, want 128"), std::string_view::npos)
      << packed.status().ToString();
}

TEST_F(Regions, ARecordingShowsWhatIsPacked) {
  Make(PackedRegionName("memmapped_package://v", kForm), PackedBytes());
  std::vector<std::string> shown;
  {
    const PackedOperands::Recording recording(
        [&](const Tensor& constant, std::string_view form, std::span<const uint8_t> bytes) {
          EXPECT_EQ(constant.raw(), memory_);
          EXPECT_EQ(form, kForm);
          shown.emplace_back(bytes.begin(), bytes.end());
        });
    ASSERT_TRUE(PackW(2, 3).ok());
  }
  ASSERT_TRUE(PackW(2, 3).ok());
  ASSERT_EQ(shown.size(), 1u);
  EXPECT_EQ(shown[0], PackedBytes());
}

}  // namespace
}  // namespace rivulet
