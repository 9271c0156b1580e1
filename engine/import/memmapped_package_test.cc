// Reading packages, and section F of the hostile inputs.
#include "engine/import/memmapped_package.h"

#include <gtest/gtest.h>

#include <functional>

#include "engine/import/graphdef.h"
#include "engine/import/import_testing.h"

namespace rivulet {
namespace {

struct Element {
  std::string name;
  uint64_t offset = 0;
  uint64_t length = 0;  // 0: not written, as TensorFlow did up to 1.12
};

std::string WithDirectory(std::string regions, const std::vector<Element>& elements) {
  const uint64_t directory = regions.size();
  for (const Element& element : elements) {
    regions += WireNested(1, WireField(1, element.offset) + WireNested(2, element.name) +
                                 (element.length > 0 ? WireField(3, element.length) : ""));
  }
  return regions + Little(directory, 8);
}

std::string Attr(std::string_view name, const std::string& value) {
  return WireNested(5, WireNested(1, name) + WireNested(2, value));
}
std::string ShapeAttr(const std::vector<int64_t>& dims) {
  std::string shape;
  for (const int64_t dim : dims) shape += WireNested(2, WireField(1, static_cast<uint64_t>(dim)));
  return Attr("shape", WireNested(7, shape));
}
// A graph of one ImmutableConst.
std::string GraphOf(std::string_view region, int dtype, const std::vector<int64_t>& dims) {
  return WireNested(1, WireNested(1, "w") + WireNested(2, "ImmutableConst") +
                           Attr("dtype", WireField(6, static_cast<uint64_t>(dtype))) + ShapeAttr(dims) +
                           Attr("memory_region_name", WireNested(2, region)));
}

const std::string kFloats = Little(0x3F800000, 4) + Little(0x40000000, 4);
const std::string kName = "memmapped_package://w";
const std::string kGraph = "memmapped_package://.";

// Region w of two floats, padded, and the graph behind it.
std::string Package(bool lengths, const std::string& graph = GraphOf(kName, 1, {2})) {
  std::string regions = kFloats;
  regions.resize(64, '\0');
  regions += graph;
  return WithDirectory(regions, {{kName, 0, lengths ? 8u : 0u}, {kGraph, 64, lengths ? graph.size() : 0}});
}

Result<MemmappedPackage> Read(const std::string& bytes) { return MemmappedPackage::Read(AsBytes(bytes), nullptr); }

// The literal of node w, as the graph in the package has it.
TensorLiteral LiteralIn(const std::string& bytes) {
  auto package = Read(bytes);
  EXPECT_TRUE(package.ok()) << package.status().ToString();
  if (!package.ok()) return TensorLiteral();
  auto graph = ImportGraphDef(WireCursor(package->graph().bytes, 0), nullptr, Limits(), &*package);
  EXPECT_TRUE(graph.ok()) << graph.status().ToString();
  if (!graph.ok() || graph->size() == 0) return TensorLiteral();
  EXPECT_EQ(graph->node(0).op, "Const");
  return **graph->node(0).attrs.Get<std::shared_ptr<const TensorLiteral>>("value");
}

void ExpectError(const Status& status, Code code, std::initializer_list<std::string_view> parts) {
  EXPECT_EQ(CodeName(status.code()), CodeName(code)) << status.ToString();
  for (const std::string_view part : parts) {
    EXPECT_NE(status.message().find(part), std::string_view::npos) << "want '" << part << "' in: " << status.ToString();
  }
}

TEST(MemmappedPackage, ConstantsAreViewsOfTheFile) {
  for (const bool lengths : {false, true}) {
    const std::string bytes = Package(lengths);
    EXPECT_TRUE(LooksLikePackage(AsBytes(bytes)));
    const TensorLiteral literal = LiteralIn(bytes);
    ASSERT_TRUE(literal.error.ok()) << literal.error.ToString();
    EXPECT_EQ(literal.dtype, DType::kFloat);
    ASSERT_EQ(literal.prefix.num_elements(), 2);
    EXPECT_EQ(static_cast<const void*>(literal.prefix.raw()), bytes.data());
    auto package = Read(bytes);
    ASSERT_TRUE(package.ok());
    EXPECT_EQ(package->Find(kName)->bytes.size(), lengths ? 8u : 64u);
  }
}

TEST(MemmappedPackageHostile, F1_TooSmall) {
  for (size_t size = 0; size <= 8; ++size) {
    ExpectError(Read(std::string(size, '\0')).status(), Code::kDataLoss,
                {"package too small", Cat(static_cast<uint64_t>(size), " bytes")});
  }
}

TEST(MemmappedPackageHostile, F2_DirectoryOffset) {
  std::string bytes = Package(true);
  const uint64_t end = bytes.size() - 8;
  for (const uint64_t offset : {end, end + 1, end + 7, end + 8, uint64_t{1} << 40, ~uint64_t{0}}) {
    const std::string moved = bytes.substr(0, bytes.size() - 8) + Little(offset, 8);
    ExpectError(Read(moved).status(), Code::kDataLoss, {"directory starts at offset", Cat(offset)});
    EXPECT_TRUE(LooksLikePackage(AsBytes(moved))) << "so that a broken package is told as one";
  }
}

TEST(MemmappedPackageHostile, F3_DirectoryThatIsNone) {
  std::string bytes = kFloats + "\xff\xff\xff\xff" + Little(8, 8);
  ExpectError(Read(bytes).status(), Code::kDataLoss, {"offset 12"});
  ExpectError(Read(kFloats + WireNested(1, "\x12\x7f") + Little(8, 8)).status(), Code::kDataLoss, {"bytes"});
  ExpectError(Read(kFloats + WireField(7, 1) + Little(8, 8)).status(), Code::kNotFound, {kGraph});
}

TEST(MemmappedPackageHostile, F4_OffsetsThatDoNotRise) {
  const std::string regions(100, 'r');
  const auto error = [&](const std::vector<Element>& elements) {
    return Read(WithDirectory(regions, elements)).status();
  };
  ExpectError(error({{kName, 64}, {kGraph, 0}}), Code::kDataLoss, {kName, "at offset 64", "rise", "next is 0"});
  ExpectError(error({{kName, 64}, {kGraph, 64}}), Code::kDataLoss, {kName, "rise"});
  ExpectError(error({{kName, 0}, {kGraph, 100}}), Code::kDataLoss, {kGraph, "at offset 100", "next is 100"});
  ExpectError(error({{kName, 0}, {kGraph, ~uint64_t{0}}}), Code::kDataLoss, {kGraph, "rise"});
  // A region without a length would reach up to an offset that is beyond the file.
  ExpectError(error({{kName, 0}, {"memmapped_package://v", 200}, {kGraph, 64}}), Code::kDataLoss,
              {"memmapped_package://v", "at offset 200", "next is 64"});
}

TEST(MemmappedPackageHostile, F5_LengthsThatDoNotFit) {
  const std::string regions(100, 'r');
  const auto error = [&](const std::vector<Element>& elements) {
    return Read(WithDirectory(regions, elements)).status();
  };
  ExpectError(error({{kName, 0, 65}, {kGraph, 64}}), Code::kDataLoss, {kName, "65 bytes reach beyond 64"});
  ExpectError(error({{kName, 0, 8}, {kGraph, 64, 37}}), Code::kDataLoss, {kGraph, "37 bytes reach beyond 100"});
  ExpectError(error({{kName, 0, ~uint64_t{0}}, {kGraph, 64}}), Code::kDataLoss, {kName, "reach beyond"});
}

TEST(MemmappedPackageHostile, F6_Names) {
  const std::string regions(100, 'r');
  const auto error = [&](const std::string& name) {
    return Read(WithDirectory(regions, {{name, 0}, {kGraph, 64}})).status();
  };
  const std::string prefix = "memmapped_package://";
  for (const std::string& name : {std::string("w"), prefix, prefix + "a/b", prefix + "../x",
                                  prefix + std::string("a\0", 2), std::string("/etc/passwd"), std::string()}) {
    ExpectError(error(name), Code::kDataLoss, {"want a name of letters"});
  }
  ExpectError(Read(WithDirectory(regions, {{kName, 0}, {kName, 8}, {kGraph, 64}})).status(), Code::kDataLoss,
              {kName, "twice"});
  const std::string longest = prefix + std::string(1 << 20, 'n');
  EXPECT_TRUE(error(longest).ok());
}

TEST(MemmappedPackageHostile, F7_RegionAtAnOddAddress) {
  const std::string graph = GraphOf(kName, 1, {2});
  const std::string bytes = WithDirectory("x" + kFloats + graph, {{kName, 1}, {kGraph, 9}});
  const TensorLiteral literal = LiteralIn(bytes);
  ASSERT_TRUE(literal.error.ok());
  float values[2];
  std::memcpy(values, literal.prefix.raw(), 8);  // the engine reads such a view through memcpy or copies it
  EXPECT_EQ(values[1], 2.0f);
}

TEST(MemmappedPackageHostile, F8_ShapesThatNeedMore) {
  const auto error = [](int dtype, const std::vector<int64_t>& dims) {
    return LiteralIn(Package(true, GraphOf(kName, dtype, dims))).error;
  };
  ExpectError(error(1, {3}), Code::kDataLoss, {kName, "has 8 bytes", "needs 12"});
  ExpectError(error(1, {(int64_t{1} << 31) - 1, (int64_t{1} << 31) - 1}), Code::kDataLoss, {"has 8 bytes"});
  ExpectError(error(1, {int64_t{1} << 32, int64_t{1} << 32}), Code::kDataLoss, {"2^63"});
  ExpectError(error(1, {(int64_t{1} << 62) + 1}), Code::kDataLoss, {"2^63"});
  ExpectError(error(1, {-1}), Code::kDataLoss, {"[?]"});
  EXPECT_TRUE(error(1, {0}).ok());
  EXPECT_TRUE(error(1, {}).ok());
}

TEST(MemmappedPackageHostile, F9_TypesThatAreNoBytes) {
  for (const int dtype : {7, 20, 21, 0, 9999}) {
    ExpectError(LiteralIn(Package(true, GraphOf(kName, dtype, {1}))).error, Code::kUnimplemented,
                {"cannot lie in a file"});
  }
}

TEST(MemmappedPackageHostile, F10_RegionThatIsNotThere) {
  ExpectError(LiteralIn(Package(true, GraphOf("memmapped_package://v", 1, {2}))).error, Code::kNotFound,
              {"memmapped_package://v", "not in the package"});
}

TEST(MemmappedPackageHostile, F11_PathsAreNotOpened) {
  for (const char* path : {"/etc/passwd", "../x", ""}) {
    ExpectError(LiteralIn(Package(true, GraphOf(path, 1, {2}))).error, Code::kInvalidArgument, {"no file is opened"});
  }
}

TEST(MemmappedPackageHostile, F12_TheGraphItself) {
  ExpectError(Read(WithDirectory(kFloats, {{kName, 0}})).status(), Code::kNotFound, {kGraph});
  auto package = Read(Package(true, "\xff\xff\xff\xff"));
  ASSERT_TRUE(package.ok());
  const auto graph =
      ImportGraphDef(WireCursor(package->graph().bytes, package->graph().offset), nullptr, Limits(), &*package);
  ExpectError(graph.status(), Code::kDataLoss, {"offset 6"});
}

TEST(MemmappedPackageHostile, EveryCutAndFlippedBit) {
  const std::string whole = Package(true);
  for (size_t cut = 0; cut < whole.size(); ++cut) EXPECT_FALSE(Read(whole.substr(0, cut)).ok()) << cut;
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    auto package = Read(flipped);
    if (!package.ok()) continue;
    (void)ImportGraphDef(WireCursor(package->graph().bytes, 0), nullptr, Limits(), &*package).ok();
  }
}

}  // namespace
}  // namespace rivulet
