#include "prepare/package_writer.h"

#include "engine/base/errors.h"
#include "engine/import/memmapped_package.h"
#include "prepare/constants.h"
#include "prepare/wire_writer.h"

namespace rivulet::prepare {
namespace {

// Of MemmappedFileSystemDirectory and its elements.
enum : uint32_t { kElement = 1, kOffset = 1, kName = 2, kLength = 3 };
constexpr size_t kAlignment = 64;

bool IsQuantized(DType dtype) {
  switch (dtype) {
    case DType::kQint8:
    case DType::kQuint8:
    case DType::kQint16:
    case DType::kQuint16:
    case DType::kQint32: return true;
    default: return false;
  }
}

// TensorFlow copies elements as bytes, but not those of quantised types.
bool CanLie(DType dtype, RegionTypes types) {
  return ElementBytes(dtype) > 0 && (types == RegionTypes::kAll || !IsQuantized(dtype));
}

std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

std::string PackageWriter::NameFor(std::string_view node) {
  std::string name(node);
  for (char& c : name) {
    const bool fits =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    if (!fits) c = '_';
  }
  // "." alone is the graph's.
  while (name.empty() || name == "." || !names_.insert(name).second) name += '_';
  return std::string(MemmappedPackage::kPrefix) + name;
}

void PackageWriter::Add(std::string_view name, std::string_view content) {
  bytes_.append((kAlignment - bytes_.size() % kAlignment) % kAlignment, '\0');
  Append(name, content);
}

void PackageWriter::Append(std::string_view name, std::string_view content) {
  elements_.push_back({std::string(name), bytes_.size(), ChecksumOf(AsBytes(content))});
  bytes_.append(content);
}

std::string PackageWriter::Directory() const {
  std::string directory;
  for (const Element& element : elements_) {
    std::string message;
    if (element.offset > 0) AppendInt(kOffset, static_cast<int64_t>(element.offset), &message);
    AppendBytes(kName, element.name, &message);
    AppendInt(kLength, static_cast<int64_t>(element.checksum.length), &message);
    AppendBytes(kElement, message, &directory);
  }
  return directory;
}

std::string PackageWriter::Finish(std::string_view graph, bool with_checksums) {
  PackageChecksums sums;
  size_t own = 0;
  if (with_checksums) {
    for (const Element& element : elements_) sums.regions.push_back(element.checksum);
    sums.regions.push_back(ChecksumOf(AsBytes(graph)));
    const std::string room(PackageChecksums::SerializedBytes(sums.regions.size()), '\0');
    Add(MemmappedPackage::kChecksumsRegion, room);
    own = elements_.back().offset;
  }
  Append(MemmappedPackage::kGraphRegion, graph);
  const std::string directory = Directory();
  if (with_checksums) {
    sums.directory = ChecksumOf(AsBytes(directory));
    const std::string written = sums.Serialize();
    bytes_.replace(own, written.size(), written);
  }
  const uint64_t offset = bytes_.size();
  bytes_.append(directory);
  for (int i = 0; i < 8; ++i) bytes_.push_back(static_cast<char>(offset >> (8 * i)));
  return std::move(bytes_);
}

Result<size_t> MoveConstantsToRegions(const RegionChoice& choice, GraphDef* graph, PackageWriter* writer) {
  size_t converted = 0;
  for (NodeDef& node : graph->nodes) {
    const Attr* value = node.Find("value");
    if (node.op != "Const" || value == nullptr) continue;
    const Attr* dtype = node.Find("dtype");
    if (dtype != nullptr && dtype->AsType() && !CanLie(*dtype->AsType(), choice.types)) continue;
    RIVULET_ASSIGN_OR_RETURN(const Tensor tensor, ValueOf(node));
    if (!CanLie(tensor.dtype(), choice.types) || tensor.bytes() == 0) continue;
    const auto bytes = static_cast<int64_t>(tensor.bytes());
    if (bytes < choice.min_bytes || bytes > choice.max_bytes) continue;
    const std::string name = writer->NameFor(node.name);
    writer->Add(name, {static_cast<const char*>(tensor.raw()), tensor.bytes()});
    node.op = "ImmutableConst";
    node.attrs.clear();
    node.attrs["dtype"] = Attr::OfType(tensor.dtype());
    node.attrs["shape"] = Attr::OfShape(tensor.shape());
    node.attrs["memory_region_name"] = Attr::OfString(name);
    ++converted;
  }
  return converted;
}

}  // namespace rivulet::prepare
