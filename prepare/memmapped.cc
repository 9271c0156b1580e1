#include "prepare/memmapped.h"

#include <set>

#include "engine/base/errors.h"
#include "engine/import/memmapped_package.h"
#include "prepare/constants.h"
#include "prepare/wire_writer.h"

namespace rivulet::prepare {
namespace {

// Of MemmappedFileSystemDirectory and its elements.
enum : uint32_t { kElement = 1, kOffset = 1, kName = 2, kLength = 3 };
constexpr size_t kAlignment = 64;

// The types whose elements TensorFlow copies as bytes; not the quantised ones.
bool IsPlain(DType dtype) {
  switch (dtype) {
    case DType::kQint8:
    case DType::kQuint8:
    case DType::kQint16:
    case DType::kQuint16:
    case DType::kQint32: return false;
    default: return ElementBytes(dtype) > 0;
  }
}

class Writer {
 public:
  void Align() { bytes_.append((kAlignment - bytes_.size() % kAlignment) % kAlignment, '\0'); }

  void Region(std::string_view name, std::string_view content) {
    std::string element;
    if (!bytes_.empty()) AppendInt(kOffset, static_cast<int64_t>(bytes_.size()), &element);
    AppendBytes(kName, name, &element);
    AppendInt(kLength, static_cast<int64_t>(content.size()), &element);
    AppendBytes(kElement, element, &directory_);
    bytes_.append(content);
  }

  std::string Finish() {
    const uint64_t offset = bytes_.size();
    bytes_.append(directory_);
    for (int i = 0; i < 8; ++i) bytes_.push_back(static_cast<char>(offset >> (8 * i)));
    return std::move(bytes_);
  }

  // The node's name in the alphabet of region names, unlike those before.
  std::string NameFor(std::string_view node) {
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

 private:
  std::string bytes_;
  std::string directory_;
  std::set<std::string> names_;
};

}  // namespace

Result<MemmappedFile> ToMemmapped(GraphDef graph, int64_t min_bytes) {
  MemmappedFile file;
  Writer writer;
  for (NodeDef& node : graph.nodes) {
    const Attr* value = node.Find("value");
    if (node.op != "Const" || value == nullptr) continue;
    const Attr* dtype = node.Find("dtype");
    if (dtype != nullptr && dtype->AsType() && !IsPlain(*dtype->AsType())) continue;
    RIVULET_ASSIGN_OR_RETURN(const Tensor tensor, ValueOf(node));
    if (!IsPlain(tensor.dtype()) || tensor.bytes() == 0 || static_cast<int64_t>(tensor.bytes()) < min_bytes) continue;
    const std::string name = writer.NameFor(node.name);
    writer.Align();
    writer.Region(name, {static_cast<const char*>(tensor.raw()), tensor.bytes()});
    node.op = "ImmutableConst";
    node.attrs.clear();
    node.attrs["dtype"] = Attr::OfType(tensor.dtype());
    node.attrs["shape"] = Attr::OfShape(tensor.shape());
    node.attrs["memory_region_name"] = Attr::OfString(name);
    ++file.converted;
  }
  writer.Region(MemmappedPackage::kGraphRegion, Serialize(graph));
  file.bytes = writer.Finish();
  return file;
}

}  // namespace rivulet::prepare
