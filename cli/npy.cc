#include "cli/npy.h"

#include <cstring>
#include <vector>

#include "engine/base/checked.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "engine/ops/unicode_codec.h"

namespace rivulet::cli {
namespace {

struct NumpyType {
  char kind;
  int bytes;
  DType dtype;
};
constexpr NumpyType kTypes[] = {
    {'f', 4, DType::kFloat},     {'f', 8, DType::kDouble},      {'f', 2, DType::kHalf},   {'i', 1, DType::kInt8},
    {'i', 2, DType::kInt16},     {'i', 4, DType::kInt32},       {'i', 8, DType::kInt64},  {'u', 1, DType::kUint8},
    {'u', 2, DType::kUint16},    {'u', 4, DType::kUint32},      {'u', 8, DType::kUint64}, {'b', 1, DType::kBool},
    {'c', 8, DType::kComplex64}, {'c', 16, DType::kComplex128},
};

// The plain type under which a tensor travels.
DType PlainType(DType dtype) {
  switch (dtype) {
    case DType::kQint8: return DType::kInt8;
    case DType::kQuint8: return DType::kUint8;
    case DType::kQint16: return DType::kInt16;
    case DType::kQuint16: return DType::kUint16;
    case DType::kQint32: return DType::kInt32;
    case DType::kBfloat16: return DType::kFloat;
    default: return dtype;
  }
}

struct Header {
  std::string descr;
  bool fortran_order = false;
  Shape shape;
};

// The text between the quotes or brackets that follow 'key':
std::string_view ValueOf(std::string_view header, std::string_view key) {
  const size_t at = header.find(Cat("'", key, "'"));
  if (at == std::string_view::npos) return {};
  const size_t colon = header.find(':', at);
  return colon == std::string_view::npos ? std::string_view() : header.substr(colon + 1);
}

Status ParseHeader(std::string_view text, Header* header) {
  std::string_view descr = ValueOf(text, "descr");
  const size_t open = descr.find_first_of("'[");
  if (open == std::string_view::npos) return InvalidArgument("the .npy header has no 'descr'");
  if (descr[open] == '[') return Unimplemented("the array has named fields; save each as a plain array");
  const size_t close = descr.find('\'', open + 1);
  if (close == std::string_view::npos) return InvalidArgument("the .npy header's 'descr' is not closed");
  header->descr = std::string(descr.substr(open + 1, close - open - 1));
  header->fortran_order = ValueOf(text, "fortran_order").substr(0, 6).find("True") != std::string_view::npos;
  std::string_view shape = ValueOf(text, "shape");
  const size_t paren = shape.find('(');
  const size_t end = shape.find(')');
  if (paren == std::string_view::npos || end == std::string_view::npos || end < paren) {
    return InvalidArgument("the .npy header has no 'shape'");
  }
  int64_t dim = -1;
  for (const char c : shape.substr(paren + 1, end - paren)) {
    if (c >= '0' && c <= '9') {
      if (__builtin_mul_overflow(dim < 0 ? 0 : dim, int64_t{10}, &dim) || __builtin_add_overflow(dim, c - '0', &dim)) {
        return InvalidArgument("the .npy header's 'shape' is too large");
      }
    } else if (c == ',' || c == ')') {
      if (dim >= 0) {
        if (header->shape.rank() == Shape::kMaxRank)
          return InvalidArgument("the array has more than ", Shape::kMaxRank, " dims");
        header->shape.push_back(dim);
      }
      dim = -1;
    } else if (c != ' ' && c != 'L') {
      return InvalidArgument("the .npy header's 'shape' is not a tuple of numbers");
    }
  }
  return Status();
}

Result<Tensor> ReadStrings(std::span<const uint8_t> data, int64_t width, const Shape& shape, Allocator& allocator) {
  RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(DType::kString, shape, allocator));
  auto* strings = tensor.data<std::string>();
  const bool all_counts = tensor.num_elements() == 1 && width > 1;  // NumPy knows no width 0: one zero byte is ""
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    const auto* start = reinterpret_cast<const char*>(data.data()) + i * width;
    int64_t length = width;
    while (!all_counts && length > 0 && start[length - 1] == '\0') --length;
    strings[i].assign(start, static_cast<size_t>(length));
  }
  return tensor;
}

// Code points of four bytes each, filled up with zeros, as UTF-8.
Result<Tensor> ReadText(std::span<const uint8_t> data, int64_t width, const Shape& shape, Allocator& allocator) {
  RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(DType::kString, shape, allocator));
  auto* strings = tensor.data<std::string>();
  const uint8_t* next = data.data();
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    size_t end = 0;  // behind the last character that is not zero
    for (int64_t k = 0; k < width; k += 4, next += 4) {
      uint32_t c = 0;
      std::memcpy(&c, next, 4);
      if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) {
        return InvalidArgument("element ", i, " of the text array has the character ", c, ", which does not exist");
      }
      WriteUtf8(static_cast<char32_t>(c), &strings[i]);
      if (c != 0) end = strings[i].size();
    }
    strings[i].resize(end);
  }
  return tensor;
}

// The same elements with the last dim running fastest.
std::vector<uint8_t> FromFortranOrder(std::span<const uint8_t> data, int64_t width, const Shape& shape) {
  std::vector<uint8_t> out(data.size());
  std::vector<int64_t> stride(static_cast<size_t>(shape.rank()), width);  // in the file
  for (int i = 1; i < shape.rank(); ++i) {
    stride[static_cast<size_t>(i)] = stride[static_cast<size_t>(i - 1)] * shape[i - 1];
  }
  std::vector<int64_t> index(stride.size(), 0);
  int64_t from = 0;
  for (size_t to = 0; to < out.size(); to += static_cast<size_t>(width)) {
    std::memcpy(out.data() + to, data.data() + from, static_cast<size_t>(width));
    for (int i = shape.rank() - 1; i >= 0; --i) {
      const auto dim = static_cast<size_t>(i);
      from += stride[dim];
      if (++index[dim] < shape[i]) break;
      from -= stride[dim] * shape[i];
      index[dim] = 0;
    }
  }
  return out;
}

std::string HeaderText(const std::string& descr, const Shape& shape) {
  std::string text = Cat("{'descr': '", descr, "', 'fortran_order': False, 'shape': (");
  for (int i = 0; i < shape.rank(); ++i) text += Cat(shape[i], shape.rank() == 1 || i + 1 < shape.rank() ? "," : "");
  text += "), }";
  while ((10 + text.size() + 1) % 64 != 0) text += ' ';
  return text + '\n';
}

}  // namespace

Result<Tensor> ParseNpy(std::span<const uint8_t> bytes) {
  if (bytes.size() < 10 || std::memcmp(bytes.data(), "\x93NUMPY", 6) != 0) return InvalidArgument("not a .npy file");
  const int version = bytes[6];
  if (version < 1 || version > 3) return Unimplemented(".npy version ", version, "; want 1, 2 or 3");
  size_t start = version == 1 ? 10 : 12;
  uint64_t length = bytes[8] | (static_cast<uint64_t>(bytes[9]) << 8);
  if (version > 1) {
    if (bytes.size() < 12) return DataLoss("the .npy header is cut");
    length |= (static_cast<uint64_t>(bytes[10]) << 16) | (static_cast<uint64_t>(bytes[11]) << 24);
  }
  if (length > bytes.size() - start) return DataLoss("the .npy header is cut");
  Header header;
  RIVULET_RETURN_IF_ERROR(ParseHeader({reinterpret_cast<const char*>(bytes.data()) + start, length}, &header));
  std::span<const uint8_t> data = bytes.subspan(start + length);
  std::string_view descr = header.descr;
  if (!descr.empty() && descr[0] == '>') return Unimplemented("the array is big-endian; save it little-endian");
  if (!descr.empty() && (descr[0] == '<' || descr[0] == '|' || descr[0] == '=')) descr.remove_prefix(1);
  if (descr.empty()) return InvalidArgument("the .npy header's 'descr' is empty");
  if (descr[0] == 'O') return Unimplemented("object arrays are not read; save strings as an 'S' array");
  int64_t width = 0;
  for (const char c : descr.substr(1)) {
    if (c < '0' || c > '9' || width > (int64_t{1} << 40)) return Unimplemented("arrays of type ", Quoted(header.descr));
    width = width * 10 + (c - '0');
  }
  if (descr[0] == 'U') {
    if (width > int64_t{1} << 40) return Unimplemented("arrays of type ", Quoted(header.descr));
    width *= 4;
  }
  const CheckedSize wanted = CheckedSize(header.shape.num_elements()) * width;
  if (!wanted.valid() || static_cast<uint64_t>(wanted.value()) != data.size()) {
    return DataLoss("the .npy header promises ", wanted.valid() ? Cat(wanted.value()) : std::string("too many"),
                    " bytes of data, the file has ", static_cast<uint64_t>(data.size()));
  }
  std::vector<uint8_t> ordered;
  if (header.fortran_order && header.shape.rank() > 1 && !data.empty()) {
    ordered = FromFortranOrder(data, width, header.shape);
    data = ordered;
  }
  auto allocator = Allocator::Create();
  if (descr[0] == 'U') return ReadText(data, width, header.shape, *allocator);
  if (descr[0] == 'S') return ReadStrings(data, width, header.shape, *allocator);
  for (const NumpyType& type : kTypes) {
    if (type.kind != descr[0] || type.bytes != width) continue;
    RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(type.dtype, header.shape, *allocator));
    if (!data.empty()) std::memcpy(tensor.raw(), data.data(), data.size());
    if (type.dtype == DType::kBool) {
      auto* values = static_cast<uint8_t*>(tensor.raw());
      for (int64_t i = 0; i < tensor.num_elements(); ++i) values[i] = values[i] != 0;
    }
    return tensor;
  }
  return Unimplemented("arrays of type ", Quoted(header.descr));
}

Result<Tensor> ReadNpy(const std::string& path) {
  RIVULET_ASSIGN_OR_RETURN(const FileBytes file, OpenFile(path, FileAccess::kMap, int64_t{1} << 40));
  Result<Tensor> tensor = ParseNpy(file.bytes);
  if (!tensor.ok()) return std::move(tensor).status().Framed(Quoted(path));
  return tensor;
}

Status WriteNpy(const std::string& path, const Tensor& tensor) {
  std::string descr;
  std::vector<uint8_t> data;
  if (tensor.dtype() == DType::kString) {
    // Alone, all bytes belong to the string, so an empty one has the width 0; in company NumPy wants at least 1.
    size_t width = tensor.num_elements() == 1 ? 0 : 1;
    for (const std::string& s : tensor.values<std::string>()) width = std::max(width, s.size());
    descr = Cat("|S", static_cast<uint64_t>(width));
    data.assign(width * static_cast<size_t>(tensor.num_elements()), 0);
    for (int64_t i = 0; i < tensor.num_elements(); ++i) {
      const std::string& s = tensor.data<std::string>()[i];
      std::copy(s.begin(), s.end(), data.begin() + static_cast<ptrdiff_t>(width) * i);
    }
  } else {
    const DType plain = PlainType(tensor.dtype());
    for (const NumpyType& type : kTypes) {
      if (type.dtype == plain) descr = Cat(type.bytes == 1 ? "|" : "<", type.kind, type.bytes);
    }
    if (descr.empty())
      return Unimplemented(Quoted(path), ": a ", Name(tensor.dtype()), " tensor cannot be saved as .npy");
    if (tensor.dtype() == DType::kBfloat16) {
      data.resize(static_cast<size_t>(tensor.num_elements()) * 4);
      for (int64_t i = 0; i < tensor.num_elements(); ++i) {
        const auto value = static_cast<float>(tensor.data<BFloat16>()[i]);
        std::memcpy(data.data() + 4 * i, &value, 4);
      }
    } else if (tensor.bytes() > 0) {
      const auto* raw = static_cast<const uint8_t*>(tensor.raw());
      data.assign(raw, raw + tensor.bytes());
    }
  }
  const std::string header = HeaderText(descr, tensor.shape());
  std::vector<uint8_t> bytes = {0x93,
                                'N',
                                'U',
                                'M',
                                'P',
                                'Y',
                                1,
                                0,
                                static_cast<uint8_t>(header.size()),
                                static_cast<uint8_t>(header.size() >> 8)};
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.insert(bytes.end(), data.begin(), data.end());
  return SaveFile(path, bytes);
}

Result<Tensor> ConvertForFeed(const Tensor& tensor, DType want) {
  if (tensor.dtype() == want || want == DType::kInvalid) return tensor;
  if (want == DType::kBfloat16 && tensor.dtype() == DType::kFloat) {
    auto allocator = Allocator::Create();
    RIVULET_ASSIGN_OR_RETURN(Tensor out, Tensor::Allocate(want, tensor.shape(), *allocator));
    for (int64_t i = 0; i < tensor.num_elements(); ++i) out.data<BFloat16>()[i] = BFloat16(tensor.data<float>()[i]);
    return out;
  }
  if (PlainType(want) == tensor.dtype()) return tensor.Retyped(want);
  return InvalidArgument("want ", Name(want), ", got ", Name(tensor.dtype()));
}

}  // namespace rivulet::cli
