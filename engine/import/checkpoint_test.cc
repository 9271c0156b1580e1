#include "engine/import/checkpoint.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "engine/import/object_graph.h"
#include "engine/import/table_builder.h"

namespace rivulet {
namespace {

// --- What TensorFlow wrote (tests/formats/make_fixtures.py) ---

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> pieces;
  size_t start = 0;
  for (size_t at = 0; at <= text.size(); ++at) {
    if (at != text.size() && text[at] != separator) continue;
    pieces.push_back(text.substr(start, at - start));
    start = at + 1;
  }
  return pieces;
}

// Elements as expected.tsv has them.
std::string Elements(const Tensor& tensor) {
  std::string out;
  char buffer[64];
  const auto add = [&](const std::string& text) { out += Cat(out.empty() ? "" : " ", text); };
  const auto real = [&](double value) {
    std::snprintf(buffer, sizeof(buffer), "%a", value);
    add(buffer);
  };
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    switch (tensor.dtype()) {
      case DType::kFloat: real(static_cast<double>(tensor.data<float>()[i])); break;
      case DType::kDouble: real(tensor.data<double>()[i]); break;
      case DType::kHalf: real(static_cast<double>(static_cast<float>(tensor.data<Half>()[i]))); break;
      case DType::kBfloat16: real(static_cast<double>(static_cast<float>(tensor.data<BFloat16>()[i]))); break;
      case DType::kComplex64:
        real(static_cast<double>(tensor.data<Complex64>()[i].real()));
        real(static_cast<double>(tensor.data<Complex64>()[i].imag()));
        break;
      case DType::kComplex128:
        real(tensor.data<Complex128>()[i].real());
        real(tensor.data<Complex128>()[i].imag());
        break;
      case DType::kInt8:
      case DType::kQint8: add(Cat(static_cast<int>(tensor.data<int8_t>()[i]))); break;
      case DType::kUint8:
      case DType::kQuint8: add(Cat(static_cast<int>(tensor.data<uint8_t>()[i]))); break;
      case DType::kBool: add(tensor.data<uint8_t>()[i] != 0 ? "1" : "0"); break;
      case DType::kInt16:
      case DType::kQint16: add(Cat(tensor.data<int16_t>()[i])); break;
      case DType::kUint16:
      case DType::kQuint16: add(Cat(tensor.data<uint16_t>()[i])); break;
      case DType::kInt32:
      case DType::kQint32: add(Cat(tensor.data<int32_t>()[i])); break;
      case DType::kUint32: add(Cat(tensor.data<uint32_t>()[i])); break;
      case DType::kInt64: add(Cat(tensor.data<int64_t>()[i])); break;
      case DType::kUint64: add(Cat(tensor.data<uint64_t>()[i])); break;
      case DType::kString: {
        std::string hex = "x";
        for (const char c : tensor.data<std::string>()[i]) {
          std::snprintf(buffer, sizeof(buffer), "%02x", static_cast<uint8_t>(c));
          hex += buffer;
        }
        add(hex);
        break;
      }
      default: add("?");
    }
  }
  return out;
}

// The numbers of one line as this program writes them: Python pads hexadecimal floats with zeros.
std::string Normal(const std::string& dtype, const std::string& elements) {
  if (dtype.find("float") == std::string::npos && dtype.find("complex") == std::string::npos && dtype != "half") {
    return elements;
  }
  std::string out;
  char buffer[64];
  for (const std::string& piece : elements.empty() ? std::vector<std::string>() : Split(elements, ' ')) {
    std::snprintf(buffer, sizeof(buffer), "%a", std::strtod(piece.c_str(), nullptr));
    out += Cat(out.empty() ? "" : " ", buffer);
  }
  return out;
}

std::shared_ptr<const CheckpointReader> OpenFixture(const std::string& folder, const std::string& prefix) {
  auto files = Folder::OpenFolder(Cat(RIVULET_FORMATS_DATA, "/", folder), {});
  EXPECT_TRUE(files.ok()) << files.status().ToString();
  if (!files.ok()) return nullptr;
  auto reader = CheckpointReader::Open(*files, prefix, {});
  EXPECT_TRUE(reader.ok()) << reader.status().ToString();
  return reader.ok() ? *reader : nullptr;
}

TEST(Checkpoint, ReadsWhatTensorFlowWrote) {
  std::ifstream file(Cat(RIVULET_FORMATS_DATA, "/expected.tsv"));
  ASSERT_TRUE(file.good());
  std::map<std::string, std::shared_ptr<const CheckpointReader>> readers;
  std::map<std::string, size_t> counts;
  auto allocator = Allocator::Create();
  int lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    const std::vector<std::string> fields = Split(line, '\t');
    ASSERT_EQ(fields.size(), 6u) << line;
    const std::string key = fields[0] + "/" + fields[1];
    if (!readers.contains(key)) readers[key] = OpenFixture(fields[0], fields[1]);
    const auto reader = readers[key];
    ASSERT_NE(reader, nullptr);
    ++counts[key];
    SCOPED_TRACE(Cat(key, " ", fields[2]));
    const CheckpointReader::Entry* entry = reader->Find(fields[2]);
    ASSERT_NE(entry, nullptr);
    auto tensor = reader->Read(fields[2], *allocator);
    ASSERT_TRUE(tensor.ok()) << tensor.status().ToString();
    EXPECT_EQ(Name(tensor->dtype()), fields[3]);
    EXPECT_EQ(tensor->shape().ToString(), "[" + fields[4] + "]");
    EXPECT_EQ(Elements(*tensor), Normal(fields[3], fields[5]));
    EXPECT_EQ(entry->shape, tensor->shape());
    EXPECT_TRUE(tensor->is_aligned());
  }
  EXPECT_GT(lines, 100);
  for (const auto& [key, count] : counts) {
    const size_t hidden = readers[key]->Find(kObjectGraphKey) != nullptr ? 1 : 0;
    EXPECT_EQ(readers[key]->entries().size(), count + hidden) << key;
    EXPECT_EQ(readers[key]->Names().size(), count + hidden);
    EXPECT_EQ(readers[key]->version(), key.starts_with("version1") ? 1 : 2);
  }
}

TEST(Checkpoint, AlignedTensorsAreViewsOfTheFile) {
  const auto reader = OpenFixture("partitioned", "model");
  const auto plain = OpenFixture("shards", "model");
  ASSERT_NE(reader, nullptr);
  ASSERT_NE(plain, nullptr);
  auto allocator = Allocator::Create();
  auto view = plain->Read("v0", *allocator);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(allocator->used_bytes(), 0u);
  auto joined = reader->Read("rows", *allocator);
  ASSERT_TRUE(joined.ok());
  const size_t used = allocator->used_bytes();
  EXPECT_GE(used, 6u * 5 * 4);
  // A slice that is stored as such is a view, too; any other is put together.
  auto stored = reader->ReadSlice("rows", "6 5 2,3:-", *allocator);
  ASSERT_TRUE(stored.ok()) << stored.status().ToString();
  EXPECT_EQ(allocator->used_bytes(), used);
  EXPECT_EQ(stored->shape().ToString(), "[3,5]");
  for (const char* name : {"rows", "columns", "both"}) {
    auto part = reader->ReadSlice(name, "6 5 1,4:1,3", *allocator);
    ASSERT_TRUE(part.ok()) << part.status().ToString();
    ASSERT_EQ(part->shape().ToString(), "[4,3]");
    for (int64_t r = 0; r < 4; ++r) {
      for (int64_t c = 0; c < 3; ++c) {
        EXPECT_EQ(part->data<float>()[r * 3 + c], joined->data<float>()[(r + 1) * 5 + c + 1]) << name;
      }
    }
  }
  EXPECT_EQ(reader->ReadSlice("rows", "5 6 0,1:-", *allocator).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(reader->Read("row", *allocator).status().code(), Code::kNotFound);
  EXPECT_NE(reader->Read("row", *allocator).status().message().find("'rows'"), std::string_view::npos);
}

TEST(Checkpoint, ObjectGraphNamesVariables) {
  const auto reader = OpenFixture("objects", "model-1");
  ASSERT_NE(reader, nullptr);
  auto allocator = Allocator::Create();
  auto graph = reader->Read(kObjectGraphKey, *allocator);
  ASSERT_TRUE(graph.ok());
  auto values = ReadTrackedValues(AsBytes(graph->data<std::string>()[0]), {});
  ASSERT_TRUE(values.ok()) << values.status().ToString();
  std::map<std::string, std::pair<std::string, std::string>> found;
  for (const TrackedValue& value : *values) {
    EXPECT_EQ(value.attribute, "VARIABLE_VALUE");
    EXPECT_NE(reader->Find(value.key), nullptr) << value.key;
    found[value.path] = {value.full_name, value.key};
  }
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found["net/first/kernel"],
            std::pair(std::string("first/kernel"), std::string("net/first/kernel/.ATTRIBUTES/VARIABLE_VALUE")));
  EXPECT_EQ(found["net/steps/0"].first, "steps");
  EXPECT_TRUE(found.contains("save_counter"));
}

TEST(Checkpoint, Prefixes) {
  EXPECT_EQ(CheckpointPrefix("a/m.index"), "a/m");
  EXPECT_EQ(CheckpointPrefix("m.data-00000-of-00002"), "m");
  EXPECT_EQ(CheckpointPrefix("m.ckpt-5"), "m.ckpt-5");
  EXPECT_EQ(ShardFile("m.data", 1, 4), "m.data-00001-of-00004");
}

// --- Checkpoints made by hand, to be broken ---

struct Entry {
  std::string name;
  int dtype = 1;
  std::vector<int64_t> dims;
  int64_t shard = 0;
  int64_t offset = 0;
  int64_t size = 0;
  uint32_t crc = 0;
  std::vector<TensorSlice> slices;
};

std::string Field(uint32_t number, uint64_t value) {
  std::string out;
  PutVarint(number << 3, &out);
  PutVarint(value, &out);
  return out;
}
std::string Nested(uint32_t number, const std::string& inner) {
  std::string out;
  PutVarint((number << 3) | 2, &out);
  PutVarint(inner.size(), &out);
  return out + inner;
}
std::string SliceProto(const TensorSlice& slice) {
  std::string out;
  for (const auto& extent : slice.extents) {
    std::string proto;
    if (extent.start != 0) proto += Field(1, static_cast<uint64_t>(extent.start));
    if (extent.length != TensorSlice::kFull) proto += Field(2, static_cast<uint64_t>(extent.length));
    out += Nested(1, proto);
  }
  return out;
}
std::string ShapeProto(const std::vector<int64_t>& dims) {
  std::string out;
  for (const int64_t dim : dims) out += Nested(2, Field(1, static_cast<uint64_t>(dim)));
  return out;
}
std::string Proto(const Entry& entry) {
  std::string out = Field(1, static_cast<uint64_t>(entry.dtype)) + Nested(2, ShapeProto(entry.dims)) +
                    Field(3, static_cast<uint64_t>(entry.shard)) + Field(4, static_cast<uint64_t>(entry.offset)) +
                    Field(5, static_cast<uint64_t>(entry.size));
  PutVarint((6 << 3) | 5, &out);
  out += Little(entry.crc, 4);
  for (const TensorSlice& slice : entry.slices) out += Nested(7, SliceProto(slice));
  return out;
}
const std::string kHeader = Field(1, 1) + Nested(3, Field(1, 1));

// A checkpoint "m" of one shard; entries sorted by name here.
std::shared_ptr<MemoryFiles> Bundle(const std::vector<Entry>& entries, const std::string& data,
                                    const std::string& header = kHeader) {
  std::map<std::string, std::string> sorted = {{"", header}};
  for (const Entry& entry : entries) sorted[entry.name] = Proto(entry);
  auto files = std::make_shared<MemoryFiles>();
  files->files["m.index"] = TableOf(Pairs(sorted.begin(), sorted.end()));
  files->files["m.data-00000-of-00001"] = data;
  return files;
}

Result<Tensor> ReadFrom(const std::shared_ptr<MemoryFiles>& files, const std::string& name,
                        std::shared_ptr<Allocator> allocator = Allocator::Create()) {
  RIVULET_ASSIGN_OR_RETURN(const auto reader, CheckpointReader::Open(files, "m", {}));
  return reader->Read(name, *allocator);
}

uint32_t Masked(const std::string& bytes) { return MaskCrc32c(Crc32c(AsBytes(bytes))); }

void ExpectError(const Status& status, Code code, std::initializer_list<std::string_view> parts) {
  EXPECT_EQ(CodeName(status.code()), CodeName(code)) << status.ToString();
  for (const std::string_view part : parts) {
    EXPECT_NE(status.message().find(part), std::string_view::npos) << "want '" << part << "' in: " << status.ToString();
  }
}

const std::string kFloats = Little(0x3F800000, 4) + Little(0x40000000, 4);
const Entry kGood = {"v", 1, {2}, 0, 0, 8, Masked(kFloats), {}};

Entry With(void (*change)(Entry&)) {
  Entry entry = kGood;
  change(entry);
  return entry;
}

TEST(CheckpointHostile, G0_TheUnbrokenOneReads) {
  auto tensor = ReadFrom(Bundle({kGood}, kFloats), "v");
  ASSERT_TRUE(tensor.ok()) << tensor.status().ToString();
  EXPECT_EQ(tensor->data<float>()[1], 2.0f);
}

TEST(CheckpointHostile, G1_MissingFiles) {
  auto files = Bundle({kGood}, kFloats);
  ExpectError(CheckpointReader::Open(files, "n", {}).status(), Code::kNotFound, {"n.index"});
  ExpectError(CheckpointReader::Open(files, "m.index", {}).status(), Code::kDataLoss, {"m.index"});
  files->files.erase("m.data-00000-of-00001");
  ExpectError(ReadFrom(files, "v").status(), Code::kNotFound, {"tensor 'v'", "m.data-00000-of-00001"});
}

TEST(CheckpointHostile, G2_BrokenIndex) {
  auto files = Bundle({kGood}, kFloats);
  std::string& index = files->files["m.index"];
  const std::string whole = index;
  index = whole.substr(0, whole.size() - 1);
  ExpectError(ReadFrom(files, "v").status(), Code::kDataLoss, {"m.index"});
  index = whole;
  index[5] ^= 1;
  ExpectError(ReadFrom(files, "v").status(), Code::kDataLoss, {"m.index", "block at offset 0", "checksum"});
  // A snappy block that says 4 GiB of itself.
  index = TableOf(std::vector<RawBlock>{{"v",
                                         std::string("\xff\xff\xff\xff\x0f\x00"
                                                     "a",
                                                     7),
                                         1}});
  ExpectError(ReadFrom(files, "v").status(), Code::kResourceExhausted, {"m.index", "snappy", "4294967295"});
}

TEST(CheckpointHostile, G3_BrokenHeader) {
  const auto error = [](const std::string& header) { return ReadFrom(Bundle({kGood}, kFloats, header), "v").status(); };
  ExpectError(error(Field(1, uint64_t{1} << 31)), Code::kDataLoss, {"num_shards", "-2147483648"});
  ExpectError(error(Field(1, 100'000)), Code::kDataLoss, {"num_shards", "100000"});
  ExpectError(error(Field(1, static_cast<uint64_t>(-1))), Code::kDataLoss, {"num_shards", "-1"});
  ExpectError(error(Field(1, 1) + Field(2, 2)), Code::kDataLoss, {"endianness", "2"});
  ExpectError(error(Field(1, 1) + Nested(3, Field(2, 7))), Code::kFailedPrecondition, {"bundle version 7", "has 1"});
  ExpectError(error("\x0f"), Code::kDataLoss, {"header"});
  auto files = std::make_shared<MemoryFiles>();
  files->files["m.index"] = TableOf(Pairs{{"v", Proto(kGood)}});
  ExpectError(ReadFrom(files, "v").status(), Code::kDataLoss, {"m.index", "header entry is missing"});
}

TEST(CheckpointHostile, G3_OtherEndianness) {
  std::string swapped = kFloats;
  std::reverse(swapped.begin(), swapped.begin() + 4);
  std::reverse(swapped.begin() + 4, swapped.end());
  Entry entry = kGood;
  entry.crc = Masked(swapped);
  auto tensor = ReadFrom(Bundle({entry}, swapped, kHeader + Field(2, 1)), "v");
  ASSERT_TRUE(tensor.ok()) << tensor.status().ToString();
  EXPECT_EQ(tensor->data<float>()[0], 1.0f);
  EXPECT_EQ(tensor->data<float>()[1], 2.0f);
}

TEST(CheckpointHostile, G4_PlacesOutsideTheFile) {
  const auto error = [](const Entry& entry) { return ReadFrom(Bundle({entry}, kFloats), "v").status(); };
  ExpectError(error(With([](Entry& e) { e.offset = 1; })), Code::kDataLoss,
              {"tensor 'v'", "8 bytes at offset 1", "has 8"});
  ExpectError(error(With([](Entry& e) { e.offset = INT64_MAX; })), Code::kDataLoss, {"tensor 'v'", "do not fit"});
  ExpectError(error(With([](Entry& e) { e.offset = -1; })), Code::kDataLoss, {"tensor 'v'", "offset -1"});
  ExpectError(error(With([](Entry& e) { e.size = -8; })), Code::kDataLoss, {"tensor 'v'", "size -8"});
  ExpectError(error(With([](Entry& e) { e.shard = 1; })), Code::kDataLoss, {"tensor 'v'", "shard_id", "got 1"});
  ExpectError(error(With([](Entry& e) { e.shard = -1; })), Code::kDataLoss, {"tensor 'v'", "shard_id", "got -1"});
}

TEST(CheckpointHostile, G5_SizeAndShapeDisagree) {
  const auto error = [](const Entry& entry) { return ReadFrom(Bundle({entry}, kFloats), "v").status(); };
  ExpectError(error(With([](Entry& e) { e.dims = {3}; })), Code::kDataLoss, {"tensor 'v'", "[3]", "8 bytes, want 12"});
  ExpectError(error(With([](Entry& e) { e.dims = {-1}; })), Code::kDataLoss, {"tensor 'v'", "[?]"});
  ExpectError(error(With([](Entry& e) { e.dims = {-5}; })), Code::kDataLoss, {"tensor 'v'", "-5"});
  ExpectError(error(With([](Entry& e) {
                e.dims = {int64_t{1} << 32, int64_t{1} << 32};
              })),
              Code::kDataLoss, {"tensor 'v'", "2^63"});
  ExpectError(error(With([](Entry& e) { e.dims = {(int64_t{1} << 62) + 1}; })), Code::kDataLoss,
              {"tensor 'v'", "2^63"});
  ExpectError(error(With([](Entry& e) { e.dims.assign(300, 1); })), Code::kDataLoss, {"tensor 'v'", "254 dims"});
  ExpectError(error(With([](Entry& e) { e.dtype = 9999; })), Code::kUnimplemented, {"tensor 'v'", "9999"});
}

TEST(CheckpointHostile, G6_ChecksumOfTheData) {
  std::string data = kFloats;
  data[3] ^= 1;
  ExpectError(ReadFrom(Bundle({kGood}, data), "v").status(), Code::kDataLoss,
              {"tensor 'v'", "m.data-00000-of-00001", "checksum"});
}

// Bytes of a string tensor, and its checksum.
std::pair<std::string, uint32_t> StringData(const std::vector<std::string>& texts) {
  std::string lengths, counted, all;
  for (const std::string& text : texts) {
    PutVarint(text.size(), &lengths);
    counted += Little(text.size(), 4);
    all += text;
  }
  const std::string check = Little(Masked(counted), 4);
  return {lengths + check + all, Masked(counted + check + all)};
}

TEST(CheckpointHostile, G7_Strings) {
  const auto [data, crc] = StringData({"one", "", "three"});
  Entry entry = {"s", 7, {3}, 0, 0, static_cast<int64_t>(data.size()), crc, {}};
  auto tensor = ReadFrom(Bundle({entry}, data), "s");
  ASSERT_TRUE(tensor.ok()) << tensor.status().ToString();
  EXPECT_EQ(tensor->data<std::string>()[2], "three");
  const auto error = [&](Entry e, const std::string& bytes) {
    e.size = static_cast<int64_t>(bytes.size());
    auto allocator = Allocator::Create(1 << 16);
    const Status status = ReadFrom(Bundle({e}, bytes), "s", allocator).status();
    EXPECT_EQ(allocator->peak_bytes(), 0u) << "nothing is allocated before the sizes are checked";
    return status;
  };
  std::string huge;
  PutVarint(uint64_t{1} << 60, &huge);
  ExpectError(error(entry, huge + data.substr(1)), Code::kDataLoss, {"tensor 's'", "bytes of text"});
  huge.clear();
  PutVarint(uint64_t{1} << 63, &huge);
  ExpectError(error(entry, huge + data.substr(1)), Code::kDataLoss, {"tensor 's'"});
  ExpectError(error(entry, std::string("\x05").append(data, 1)), Code::kDataLoss, {"tensor 's'", "bytes of text"});
  ExpectError(error(entry, data.substr(0, 2)), Code::kDataLoss, {"tensor 's'", "3 strings do not fit in 2 bytes"});
  ExpectError(error(entry, "\x80\x80\x80"), Code::kDataLoss, {"tensor 's'", "length is broken"});
  entry.dims = {int64_t{1} << 40};
  ExpectError(error(entry, data), Code::kDataLoss, {"tensor 's'", "1099511627776 strings"});
  entry.dims = {3};
  std::string flipped = data;
  flipped.back() ^= 1;
  ExpectError(error(entry, flipped), Code::kDataLoss, {"tensor 's'", "checksum"});
  flipped = data;
  flipped[4] ^= 1;  // in the lengths' checksum
  ExpectError(error(entry, flipped), Code::kDataLoss, {"tensor 's'", "checksum"});
}

// A variable of [4] in two pieces, the second changed by the test.
std::shared_ptr<MemoryFiles> TwoPieces(const TensorSlice& second, bool store_second = true) {
  const TensorSlice first{{{0, 2}}};
  const std::vector<int64_t> dims = {second.extents.empty() || second.extents[0].length < 0 ? 2
                                                                                            : second.extents[0].length};
  std::vector<Entry> entries = {{"v", 1, {4}, 0, 0, 0, 0, {first, second}},
                                {SliceKey("v", first), 1, {2}, 0, 0, 8, Masked(kFloats), {}}};
  const bool fits = dims[0] <= 2;
  if (store_second) {
    entries.push_back({SliceKey("v", second),
                       1,
                       dims,
                       0,
                       0,
                       fits ? dims[0] * 4 : 0,
                       Masked(kFloats.substr(0, fits ? static_cast<size_t>(dims[0]) * 4 : 0)),
                       {}});
  }
  return Bundle(entries, kFloats);
}

TEST(CheckpointHostile, G8_Slices) {
  auto whole = ReadFrom(TwoPieces({{{2, 2}}}), "v");
  ASSERT_TRUE(whole.ok()) << whole.status().ToString();
  EXPECT_EQ(Elements(*whole), "0x1p+0 0x1p+1 0x1p+0 0x1p+1");
  ExpectError(ReadFrom(TwoPieces({{{1, 2}}}), "v").status(), Code::kDataLoss,
              {"tensor 'v'", "'0,2'", "'1,2'", "overlap"});
  ExpectError(ReadFrom(TwoPieces({{{0, 2}}}), "v").status(), Code::kDataLoss, {"tensor 'v'", "overlap"});
  ExpectError(ReadFrom(TwoPieces({{{3, 1}}}), "v").status(), Code::kDataLoss, {"tensor 'v'", "cover 3 of 4"});
  ExpectError(ReadFrom(TwoPieces({{{3, 2}}}), "v").status(), Code::kDataLoss,
              {"tensor 'v'", "'3,2'", "leaves shape [4]"});
  ExpectError(ReadFrom(TwoPieces({{{2, 2}}}, false), "v").status(), Code::kDataLoss,
              {"tensor 'v'", "'2,2'", "missing"});
  ExpectError(ReadFrom(TwoPieces({{{-2, 2}}}), "v").status(), Code::kDataLoss, {"tensor 'v'", "starts at -2"});
  ExpectError(ReadFrom(TwoPieces({{{2, 2}, {0, 1}}}), "v").status(), Code::kDataLoss,
              {"tensor 'v'", "does not fit shape [4]"});
  Entry entry = With([](Entry& e) { e.slices = {{{{INT64_MAX, 2}}}}; });
  ExpectError(
      ReadFrom(Bundle({entry, {SliceKey("v", {{{INT64_MAX, 2}}}), 1, {2}, 0, 0, 8, Masked(kFloats), {}}}, kFloats), "v")
          .status(),
      Code::kDataLoss, {"tensor 'v'", "leaves shape"});
}

TEST(CheckpointHostile, G10_TypesThatAreNoBytes) {
  for (const int dtype : {20, 21, 0, 24}) {
    Entry entry = {"v", dtype, {}, 0, 0, 8, Masked(kFloats), {}};
    ExpectError(ReadFrom(Bundle({entry, {"w", 1, {2}, 0, 0, 8, Masked(kFloats), {}}}, kFloats), "v").status(),
                Code::kUnimplemented, {"tensor 'v'", "type"});
    EXPECT_TRUE(ReadFrom(Bundle({entry, {"w", 1, {2}, 0, 0, 8, Masked(kFloats), {}}}, kFloats), "w").ok());
  }
}

TEST(CheckpointHostile, G12_IndexAndDataOfDifferentSaves) {
  auto files = Bundle({kGood}, Little(0x40400000, 4) + Little(0x40800000, 4));
  ExpectError(ReadFrom(files, "v").status(), Code::kDataLoss,
              {"tensor 'v'", "index and data are from different saves"});
}

TEST(CheckpointHostile, G13_ManyKeys) {
  std::map<std::string, std::string> sorted = {{"", kHeader}};
  const std::string proto = Proto(kGood);
  for (int i = 0; i < 100'000; ++i) sorted[Cat("layer", i, "/kernel")] = proto;
  auto files = std::make_shared<MemoryFiles>();
  files->files["m.index"] = TableOf(Pairs(sorted.begin(), sorted.end()));
  files->files["m.data-00000-of-00001"] = kFloats;
  auto reader = CheckpointReader::Open(files, "m", {});
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  EXPECT_EQ((*reader)->entries().size(), 100'000u);
  EXPECT_NE((*reader)->Find("layer99999/kernel"), nullptr);
}

// --- Version 1 ---

std::string FloatsProto(const std::string& packed) { return Nested(5, packed); }

std::shared_ptr<MemoryFiles> Version1(const std::string& meta, const Pairs& slices) {
  std::map<std::string, std::string> sorted(slices.begin(), slices.end());
  sorted[""] = Nested(1, meta);
  auto files = std::make_shared<MemoryFiles>();
  files->files["m"] = TableOf(Pairs(sorted.begin(), sorted.end()));
  return files;
}
std::string SliceMeta(const std::string& name, const std::vector<int64_t>& dims, int dtype, const TensorSlice& slice) {
  return Nested(1, Nested(1, name) + Nested(2, ShapeProto(dims)) + Field(3, static_cast<uint64_t>(dtype)) +
                       Nested(4, SliceProto(slice)));
}
std::string SliceData(const std::string& name, const std::string& tensor) {
  return Nested(2, Nested(1, name) + Nested(3, tensor));
}

TEST(CheckpointHostile, Version1) {
  const TensorSlice all{{{0, TensorSlice::kFull}}};
  const std::string meta = SliceMeta("v", {2}, 1, all);
  auto good = ReadFrom(Version1(meta, {{SliceKey("v", all), SliceData("v", FloatsProto(kFloats))}}), "v");
  ASSERT_TRUE(good.ok()) << good.status().ToString();
  EXPECT_EQ(good->data<float>()[1], 2.0f);
  const auto error = [&](const std::string& m, const std::string& key, const std::string& data) {
    return ReadFrom(Version1(m, {{key, data}}), "v").status();
  };
  const std::string key = SliceKey("v", all), data = SliceData("v", FloatsProto(kFloats));
  ExpectError(error(meta, SliceKey("w", all), data), Code::kDataLoss, {"tensor 'v'", "slice '-'", "missing"});
  ExpectError(error(meta, key, SliceData("w", FloatsProto(kFloats))), Code::kDataLoss,
              {"tensor 'v'", "under the name 'w'"});
  ExpectError(error(meta, key, SliceData("v", FloatsProto(kFloats.substr(4)))), Code::kDataLoss,
              {"tensor 'v'", "1 values for 2 elements"});
  ExpectError(error(meta, key, SliceData("v", "")), Code::kDataLoss, {"tensor 'v'", "0 values for 2 elements"});
  ExpectError(error(SliceMeta("v", {int64_t{1} << 40}, 1, all), key, data), Code::kDataLoss,
              {"2 values for 1099511627776"});
  ExpectError(error(SliceMeta("v", {-2}, 1, all), key, data), Code::kDataLoss, {"tensor 'v'", "-2"});
  ExpectError(error(SliceMeta("v", {2}, 20, all), key, data), Code::kUnimplemented, {"tensor 'v'", "resource"});
  ExpectError(error(meta + Nested(2, Field(2, 9)), key, data), Code::kFailedPrecondition, {"version 9"});
  ExpectError(error(meta, key, data.substr(0, data.size() - 1)), Code::kDataLoss, {"tensor 'v'"});
}

}  // namespace
}  // namespace rivulet
