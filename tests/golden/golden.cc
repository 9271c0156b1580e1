#include "tests/golden/golden.h"

#if RIVULET_GOLDEN_ZLIB
#include <zlib.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/base/errors.h"
#include "tests/golden/inputs.h"

namespace rivulet::golden {
namespace {

constexpr std::string_view kMagic = "RVGOLD1\n";
constexpr uint64_t kLargestPayload = uint64_t{1} << 30;

class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  template <typename T>
  T Number() {
    T value{};
    const auto bytes = Take(sizeof(T));
    if (ok_) std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }
  std::span<const uint8_t> Bytes() { return Take(Number<uint32_t>()); }
  std::string Text() {
    const auto bytes = Bytes();
    return std::string(bytes.begin(), bytes.end());
  }
  uint32_t Count() {
    const auto count = Number<uint32_t>();
    return ok_ && count <= bytes_.size() ? count : 0;
  }
  Shape ReadShape() {
    Shape shape;
    for (int rank = Number<uint8_t>(); rank > 0 && ok_; --rank) shape.push_back(Number<int64_t>());
    return shape;
  }
  Result<Tensor> ReadTensor() {
    const auto dtype = static_cast<DType>(Number<uint8_t>());
    const Shape shape = ReadShape();
    RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape, *Allocator::Create(kLargestPayload)));
    if (dtype == DType::kString) {
      for (int64_t i = 0; i < tensor.num_elements() && ok_; ++i) tensor.data<std::string>()[i] = Text();
    } else {
      const auto bytes = Take(tensor.bytes());
      if (!bytes.empty()) std::memcpy(tensor.raw(), bytes.data(), bytes.size());
    }
    return tensor;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return at_ == bytes_.size(); }

 private:
  std::span<const uint8_t> Take(size_t count) {
    ok_ = ok_ && count <= bytes_.size() - at_;
    if (!ok_) return {};
    at_ += count;
    return bytes_.subspan(at_ - count, count);
  }

  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
  bool ok_ = true;
};

Result<Tensor> ReadFeed(Reader& reader) {
  if (reader.Number<uint8_t>() == 1) return reader.ReadTensor();
  Recipe recipe;
  recipe.dtype = static_cast<DType>(reader.Number<uint8_t>());
  recipe.shape = reader.ReadShape();
  recipe.kind = static_cast<Kind>(reader.Number<uint8_t>());
  recipe.seed = reader.Number<uint64_t>();
  recipe.lo = reader.Number<int64_t>();
  recipe.hi = reader.Number<int64_t>();
  recipe.shift = reader.Number<int32_t>();
  return MakeTensor(recipe);
}

Result<GoldenCase> ReadCase(Reader& reader) {
  GoldenCase record;
  record.name = reader.Text();
  record.ops = reader.Text();
  record.expectation = static_cast<Expectation>(reader.Number<uint8_t>());
  record.tolerance.rtol = reader.Number<float>();
  record.tolerance.atol = reader.Number<float>();
  const auto graph = reader.Bytes();
  record.graph.assign(graph.begin(), graph.end());
  for (uint32_t left = reader.Count(); left > 0 && reader.ok(); --left) {
    std::string edge = reader.Text();
    RIVULET_ASSIGN_OR_RETURN(Tensor tensor, ReadFeed(reader));
    record.feeds.emplace_back(std::move(edge), std::move(tensor));
  }
  for (uint32_t left = reader.Count(); left > 0 && reader.ok(); --left) {
    record.fetches.push_back(reader.Text());
    if (record.expectation == Expectation::kError) continue;
    RIVULET_ASSIGN_OR_RETURN(Tensor tensor, reader.ReadTensor());
    record.results.push_back(std::move(tensor));
  }
  for (uint32_t left = reader.Count(); left > 0 && reader.ok(); --left) record.targets.push_back(reader.Text());
  return record;
}

}  // namespace

Result<GoldenFile> ReadGoldenFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return NotFound("cannot open ", path);
  const std::vector<char> file((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  uint64_t length = 0;
  const size_t head = kMagic.size() + sizeof(length);
  if (file.size() < head || std::memcmp(file.data(), kMagic.data(), kMagic.size()) != 0) {
    return DataLoss(path, " is no golden recording");
  }
  std::memcpy(&length, file.data() + kMagic.size(), sizeof(length));
  if (length > kLargestPayload) return DataLoss(path, ": a payload of ", length, " bytes");
  std::vector<uint8_t> payload(length);
  if (file.size() - head == length) {  // unpacked beforehand, for targets without zlib
    std::memcpy(payload.data(), file.data() + head, length);
  } else {
#if RIVULET_GOLDEN_ZLIB
    uLongf size = static_cast<uLongf>(length);
    const auto* deflated = reinterpret_cast<const Bytef*>(file.data()) + head;
    if (uncompress(payload.data(), &size, deflated, static_cast<uLong>(file.size() - head)) != Z_OK || size != length) {
      return DataLoss(path, ": zlib cannot unpack it");
    }
#else
    return Unimplemented(path, ": packed, and this build has no zlib");
#endif
  }
  Reader reader(payload);
  GoldenFile golden;
  golden.tensorflow_version = reader.Text();
  for (uint32_t left = reader.Count(); left > 0 && reader.ok(); --left) {
    auto record = ReadCase(reader);
    if (!record.ok()) return std::move(record).status().Framed(path);
    golden.cases.push_back(std::move(*record));
  }
  if (!reader.ok() || !reader.at_end()) return DataLoss(path, ": the records do not fill the payload");
  return golden;
}

std::string DataDir() {
  const char* folder = std::getenv("RIVULET_GOLDEN_DATA");
  return folder != nullptr ? folder : RIVULET_GOLDEN_DATA;
}

std::vector<std::string> Families() {
  std::vector<std::string> families;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(DataDir(), ignored)) {
    if (entry.path().extension() == ".gold") families.push_back(entry.path().stem().string());
  }
  std::sort(families.begin(), families.end());
  return families;
}

std::string FamilyPath(const std::string& family) { return DataDir() + "/" + family + ".gold"; }

}  // namespace rivulet::golden
