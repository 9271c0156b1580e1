#include "engine/ops/tensor_message.h"

#include <cstring>
#include <vector>

#include "engine/base/bit_cast.h"
#include "engine/base/checked.h"
#include "engine/base/wire.h"
#include "engine/ops/number.h"
#include "engine/ops/wire_writer.h"

namespace rivulet {
namespace {

std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string ShapeMessage(const Shape& shape) {
  std::string out;
  for (const int64_t dim : shape.dims()) {
    std::string one;
    if (dim != 0) WireWriter(&one).Int(1, dim);
    WireWriter(&out).Bytes(2, one);
  }
  return out;
}

Result<Shape> ReadShape(WireCursor message) {
  std::vector<int64_t> dims;
  while (message.Next()) {
    if (message.field() != 2) {
      message.Skip();
      continue;
    }
    int64_t size = 0;
    WireCursor dim = message.Message();
    while (dim.Next()) {
      if (dim.field() == 1) {
        size = dim.Int();
      } else {
        dim.Skip();
      }
    }
    RIVULET_RETURN_IF_ERROR(Status(dim.status()));
    if (size < 0) return InvalidArgument("tensor_shape: want dims >= 0, got ", size);
    if (dims.size() == static_cast<size_t>(Shape::kMaxRank)) return InvalidArgument("tensor_shape: too many dims");
    dims.push_back(size);
  }
  RIVULET_RETURN_IF_ERROR(Status(message.status()));
  CheckedSize elements = 1;
  for (const int64_t dim : dims) elements *= dim;
  if (!elements.valid()) return InvalidArgument("tensor_shape: more elements than any memory has");
  return Shape(std::span<const int64_t>(dims));
}

// The list that holds elements of a type: its field number, and how it is written.
enum class Kind { kNone, kFixed32, kFixed64, kVarint, kText };
struct List {
  uint32_t field = 0;
  Kind kind = Kind::kNone;
};
List ListOf(DType dtype) {
  switch (dtype) {
    case DType::kFloat: return {5, Kind::kFixed32};
    case DType::kDouble: return {6, Kind::kFixed64};
    case DType::kInt32:
    case DType::kInt16:
    case DType::kUint16:
    case DType::kInt8:
    case DType::kUint8:
    case DType::kQint8:
    case DType::kQuint8:
    case DType::kQint16:
    case DType::kQuint16:
    case DType::kQint32: return {7, Kind::kVarint};
    case DType::kString: return {8, Kind::kText};
    case DType::kComplex64: return {9, Kind::kFixed32};
    case DType::kInt64: return {10, Kind::kVarint};
    case DType::kBool: return {11, Kind::kVarint};
    case DType::kComplex128: return {12, Kind::kFixed64};
    case DType::kHalf:
    case DType::kBfloat16: return {13, Kind::kVarint};
    case DType::kUint32: return {16, Kind::kVarint};
    case DType::kUint64: return {17, Kind::kVarint};
    default: return {};
  }
}

// Calls number(bits) for each number of a list's field, one or many; false where packed bytes are not whole.
template <typename Number>
bool ForEachNumber(WireCursor& cursor, Kind kind, const Number& number) {
  if (cursor.type() != WireType::kBytes) {
    number(kind == Kind::kFixed32 ? cursor.Fixed32() : kind == Kind::kFixed64 ? cursor.Fixed64() : cursor.Varint());
    return true;
  }
  const std::span<const uint8_t> packed = cursor.Bytes();
  if (kind == Kind::kVarint) {
    uint64_t value = 0;
    int shift = 0;
    for (const uint8_t byte : packed) {
      if (shift > 63) return false;
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      shift += 7;
      if (byte >= 0x80) continue;
      number(value);
      value = 0;
      shift = 0;
    }
    return shift == 0;
  }
  const size_t size = kind == Kind::kFixed32 ? 4 : 8;
  if (packed.size() % size != 0) return false;
  for (size_t i = 0; i < packed.size(); i += size) {
    uint64_t value = 0;
    for (size_t k = 0; k < size; ++k) value |= uint64_t{packed[i + k]} << (8 * k);
    number(value);
  }
  return true;
}

struct Parts {
  int32_t dtype = 0;
  Shape shape;
  std::string_view content;
  std::vector<uint64_t> numbers;
  std::vector<std::string_view> texts;
};

Status ReadParts(std::string_view message, DType dtype, Parts* parts) {
  const List list = ListOf(dtype);
  WireCursor cursor(AsBytes(message), 0);
  while (cursor.Next()) {
    const uint32_t field = cursor.field();
    if (field == 1) {
      parts->dtype = cursor.Int32();
    } else if (field == 2) {
      RIVULET_ASSIGN_OR_RETURN(parts->shape, ReadShape(cursor.Message()));
    } else if (field == 4) {
      parts->content = cursor.Text();
    } else if (field == list.field && list.kind == Kind::kText) {
      parts->texts.push_back(cursor.Text());
    } else if (field == list.field && list.kind != Kind::kNone) {
      if (!ForEachNumber(cursor, list.kind, [&](uint64_t bits) { parts->numbers.push_back(bits); })) {
        return InvalidArgument("a packed list ends inside of a number");
      }
    } else {
      cursor.Skip();
    }
  }
  return cursor.status();
}

// Element i of a list that is short: its last one; 0 of an empty one.
template <typename T>
T At(const std::vector<T>& list, int64_t i) {
  return list.empty() ? T() : list[std::min(static_cast<size_t>(i), list.size() - 1)];
}

}  // namespace

Result<int64_t> TensorMessageBytes(const Tensor& tensor) {
  constexpr int64_t kVarint = 12;  // a number with its tag takes less
  CheckedSize bytes = CheckedSize(kVarint) * 4 + CheckedSize(2 * kVarint) * tensor.rank();
  if (tensor.dtype() == DType::kString) {
    for (const std::string& text : tensor.values<std::string>()) bytes += static_cast<int64_t>(text.size()) + kVarint;
  } else {
    bytes += static_cast<int64_t>(tensor.bytes());
  }
  if (!bytes.valid()) return ResourceExhausted("the message is larger than any memory");
  return bytes.value();
}

std::string WriteTensorMessage(const Tensor& tensor) {
  std::string out;
  WireWriter writer(&out);
  writer.Int(1, static_cast<int64_t>(tensor.dtype()));
  writer.Bytes(2, ShapeMessage(tensor.shape()));
  if (tensor.dtype() == DType::kString) {
    for (const std::string& text : tensor.values<std::string>()) writer.Bytes(8, text);
  } else if (tensor.num_elements() > 0) {
    writer.Bytes(4, {static_cast<const char*>(tensor.raw()), tensor.bytes()});
  }
  return out;
}

Result<Tensor> ReadTensorMessage(std::string_view message, DType dtype, Allocator& allocator) {
  Parts parts;
  Status status = ReadParts(message, dtype, &parts);
  if (!status.ok()) return InvalidArgument("this is no TensorProto: ", status.message());
  if (parts.dtype != static_cast<int32_t>(dtype)) {
    const auto found = static_cast<DType>(parts.dtype);
    return InvalidArgument("want a TensorProto of ", Name(dtype), ", got one of ",
                           IsKnown(found) ? std::string(Name(found)) : Cat("type number ", parts.dtype));
  }
  RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, parts.shape, allocator));
  const int64_t count = tensor.num_elements();
  if (dtype == DType::kString) {
    if (!parts.content.empty()) return Unimplemented("a TensorProto with strings in tensor_content");
    for (int64_t i = 0; i < count; ++i) tensor.data<std::string>()[i].assign(At(parts.texts, i));
    return tensor;
  }
  if (!parts.content.empty()) {
    if (parts.content.size() != tensor.bytes()) {
      return InvalidArgument("tensor_content: want ", static_cast<uint64_t>(tensor.bytes()), " bytes for shape ",
                             parts.shape.ToString(), ", got ", static_cast<uint64_t>(parts.content.size()));
    }
    std::memcpy(tensor.raw(), parts.content.data(), tensor.bytes());
    if (dtype == DType::kBool) {
      for (int64_t i = 0; i < count; ++i)
        tensor.data<bool>()[i] = tensor.Retyped(DType::kUint8).data<uint8_t>()[i] != 0;
    }
    return tensor;
  }
  if (dtype == DType::kBool) {
    for (uint64_t& bits : parts.numbers) bits = bits != 0;
  }
  const int64_t per_element = dtype == DType::kComplex64 || dtype == DType::kComplex128 ? 2 : 1;
  const size_t size = ElementBytes(dtype) / static_cast<size_t>(per_element);
  auto* out = static_cast<uint8_t*>(tensor.raw());
  const auto given = static_cast<int64_t>(parts.numbers.size()) / per_element;
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t k = 0; k < per_element; ++k, out += size) {
      const uint64_t bits =
          given == 0 ? 0 : parts.numbers[static_cast<size_t>(std::min(i, given - 1) * per_element + k)];
      for (size_t byte = 0; byte < size; ++byte) out[byte] = static_cast<uint8_t>(bits >> (8 * byte));
    }
  }
  return tensor;
}

}  // namespace rivulet
