#include "engine/import/memmapped_package.h"

#include <algorithm>
#include <vector>

#include "engine/base/checked.h"
#include "engine/base/errors.h"
#include "engine/base/wire.h"
#include "engine/import/package_checksums.h"
#include "engine/import/squeezed_region.h"

namespace rivulet {
namespace {

constexpr size_t kTrailerBytes = 8;
// Where a directory's names are looked for in a file that may be damaged.
constexpr size_t kTailBytes = 4096;

struct Element {
  std::string_view name;
  uint64_t offset = 0;
  uint64_t length = 0;  // 0: up to the next element
};

Status ReadElement(WireCursor message, Element* element) {
  while (message.Next()) {
    switch (message.field()) {
      case 1: element->offset = message.Varint(); break;
      case 2: element->name = message.Text(); break;
      case 3: element->length = message.Varint(); break;
      default: message.Skip();
    }
  }
  return message.status();
}

// Slashes are in the names of a pack's own regions only.
bool IsRegionName(std::string_view name) {
  if (!name.starts_with(MemmappedPackage::kPrefix)) return false;
  const bool own = name.starts_with(MemmappedPackage::kOwnPrefix);
  name.remove_prefix((own ? MemmappedPackage::kOwnPrefix : MemmappedPackage::kPrefix).size());
  return !name.empty() && std::all_of(name.begin(), name.end(), [own](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           (own && c == '/');
  });
}

bool HasSignature(std::span<const uint8_t> bytes) {
  constexpr std::string_view kSignature = MemmappedPackage::kSignature;
  return bytes.size() >= kSignature.size() &&
         std::equal(kSignature.begin(), kSignature.end(), reinterpret_cast<const char*>(bytes.data()));
}

Status CutPack(const Status& why) {
  return DataLoss("a pack (.rivulet) that was cut, or whose end was changed: ", why.message());
}

// The literal of region `name`, or an error in it.
TensorLiteral LiteralOf(const MemmappedPackage& package, const Node& node) {
  TensorLiteral literal;
  if (const auto* dtype = node.attrs.Get<DType>("dtype")) literal.dtype = *dtype;
  if (const auto* shape = node.attrs.Get<Shape>("shape")) literal.shape = *shape;
  const auto* name = node.attrs.Get<std::string>("memory_region_name");
  const std::string quoted = Quoted(name == nullptr ? std::string_view() : *name);
  const MemmappedPackage::Region* region = name == nullptr ? nullptr : package.Find(*name);
  if (region == nullptr) {
    literal.error = name != nullptr && IsRegionName(*name)
                        ? NotFound("memory region ", quoted, " is not in the package")
                        : InvalidArgument("memory region ", quoted, ": want a name that starts with ",
                                          MemmappedPackage::kPrefix, "; no file is opened for it");
    return literal;
  }
  if (name->starts_with(MemmappedPackage::kSqueezedPrefix)) {
    Result<Tensor> decoded = package.FindSqueezed(*name, *region, literal.dtype, literal.shape);
    if (decoded.ok()) {
      literal.prefix = *std::move(decoded);
    } else {
      literal.error = std::move(decoded).status().Framed(Cat("memory region ", quoted));
    }
    return literal;
  }
  const auto element = static_cast<int64_t>(ElementBytes(literal.dtype));
  if (element == 0) {
    literal.error = Unimplemented("a memory region of type ",
                                  IsKnown(literal.dtype) ? Name(literal.dtype) : std::string_view("unknown"),
                                  "; its bytes cannot lie in a file");
    return literal;
  }
  const CheckedSize bytes = CheckedSize(literal.shape.num_elements()) * element;
  if (!bytes.valid() || static_cast<uint64_t>(bytes.value()) > region->bytes.size()) {
    literal.error = DataLoss("memory region ", quoted, " has ", static_cast<uint64_t>(region->bytes.size()),
                             " bytes, a ", literal.dtype, " constant of shape ", literal.shape, " needs ",
                             bytes.valid() ? Cat(bytes.value()) : std::string("more than 2^63"));
    return literal;
  }
  literal.prefix = Tensor::View(literal.dtype, {literal.shape.num_elements()},
                                const_cast<uint8_t*>(region->bytes.data()), package.owner());
  return literal;
}

// Where element i has to end: where the next one starts, or the directory.
uint64_t EndOf(const std::vector<Element>& elements, size_t i, uint64_t directory) {
  return i + 1 < elements.size() ? elements[i + 1].offset : directory;
}

Status WrongElement(const Element& element, const auto&... why) {
  return DataLoss("region ", Quoted(element.name), " at offset ", element.offset, ": ", Cat(why...));
}

}  // namespace

bool LooksLikePackage(std::span<const uint8_t> bytes) {
  if (HasSignature(bytes)) return true;
  const auto tail = bytes.last(std::min(bytes.size(), kTailBytes));
  return std::search(tail.begin(), tail.end(), MemmappedPackage::kPrefix.begin(), MemmappedPackage::kPrefix.end()) !=
         tail.end();
}

Result<MemmappedPackage> MemmappedPackage::Read(std::span<const uint8_t> bytes, std::shared_ptr<void> owner) {
  Result<MemmappedPackage> package = ReadDirectory(bytes);
  // A pack has checksums, whatever its directory became.
  if (package.ok() && HasSignature(bytes) && package->Find(kChecksumsRegion) == nullptr) {
    return CutPack(NotFound("the directory has no region ", kChecksumsRegion));
  }
  if (package.ok()) {
    RIVULET_RETURN_IF_ERROR(CheckPackageAtLoad(*package));
    package->owner_ = std::move(owner);
  } else if (HasSignature(bytes)) {
    return CutPack(package.status());
  }
  return package;
}

Result<MemmappedPackage> MemmappedPackage::ReadDirectory(std::span<const uint8_t> bytes) {
  if (bytes.size() <= kTrailerBytes) {
    return DataLoss("package too small: ", static_cast<uint64_t>(bytes.size()), " bytes, want more than ",
                    static_cast<uint64_t>(kTrailerBytes));
  }
  const uint64_t end = bytes.size() - kTrailerBytes;
  uint64_t directory = 0;
  for (size_t i = 0; i < kTrailerBytes; ++i) directory |= uint64_t{bytes[end + i]} << (8 * i);
  if (directory >= end) {
    return DataLoss("the package's directory starts at offset ", directory, ": want less than ", end,
                    ", where the directory ends");
  }
  MemmappedPackage package;
  package.file_ = bytes;
  package.directory_ = {directory, bytes.subspan(directory, end - directory)};
  std::vector<Element> elements;
  WireCursor cursor(bytes.subspan(directory, end - directory), directory);
  while (cursor.Next()) {
    if (cursor.field() == 1) {
      RIVULET_RETURN_IF_ERROR(ReadElement(cursor.Message(), &elements.emplace_back()));
    } else {
      cursor.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(cursor.status());
  // All offsets rise up to the directory before any is used: a region without a length ends where the next starts.
  for (size_t i = 0; i < elements.size(); ++i) {
    const uint64_t next = EndOf(elements, i, directory);
    if (elements[i].offset >= next) return WrongElement(elements[i], "want offsets to rise, the next is ", next);
  }
  for (size_t i = 0; i < elements.size(); ++i) {
    const Element& element = elements[i];
    const uint64_t next = EndOf(elements, i, directory);
    if (!IsRegionName(element.name)) {
      return WrongElement(element, "want a name of letters, digits, '_' and '.' after ", kPrefix,
                          ", or that and '/' after ", kOwnPrefix);
    }
    if (element.length > next - element.offset) {
      return WrongElement(element, element.length, " bytes reach beyond ", next, ", where the next starts");
    }
    Region region;
    region.offset = element.offset;
    region.bytes = bytes.subspan(element.offset, element.length > 0 ? element.length : next - element.offset);
    if (!package.regions_.emplace(std::string(element.name), region).second) {
      return WrongElement(element, "the name is there twice");
    }
  }
  if (package.Find(kGraphRegion) == nullptr) return NotFound("the package has no region ", kGraphRegion);
  return package;
}

const MemmappedPackage::Region* MemmappedPackage::Find(std::string_view name) const {
  const auto at = regions_.find(name);
  return at == regions_.end() ? nullptr : &at->second;
}

Result<Tensor> MemmappedPackage::DecodeSqueezed(const Region& region, DType dtype, const Shape& shape) const {
  RIVULET_ASSIGN_OR_RETURN(const SqueezedRegion squeezed, SqueezedRegion::Read(region.bytes));
  if (squeezed.dtype != dtype || squeezed.elements != shape.num_elements()) {
    return DataLoss("has ", squeezed.elements, " elements of type ", squeezed.dtype, ", the constant is of type ",
                    IsKnown(dtype) ? Name(dtype) : std::string_view("unknown"), " and shape ", shape);
  }
  return squeezed.Decode(allocator_ == nullptr ? *Allocator::Create() : *allocator_, threads_);
}

Result<Tensor> MemmappedPackage::FindSqueezed(std::string_view name, const Region& region, DType dtype,
                                              const Shape& shape) const {
  const auto decoded = decoded_.find(name);
  const bool fits = decoded != decoded_.end() && decoded->second.dtype() == dtype &&
                    decoded->second.num_elements() == shape.num_elements();
  // Else to be told what is wrong.
  return fits ? Result<Tensor>(decoded->second) : DecodeSqueezed(region, dtype, shape);
}

void PlaceRegion(const MemmappedPackage& package, Node* node) {
  TensorLiteral literal = LiteralOf(package, *node);
  const DType dtype = literal.dtype;
  node->op = "Const";
  node->attrs = AttrMap();
  node->attrs.Set("dtype", dtype);
  node->attrs.Set("value", std::shared_ptr<const TensorLiteral>(std::make_shared<TensorLiteral>(std::move(literal))));
}

}  // namespace rivulet
