#include "prepare/attr.h"

#include "engine/base/errors.h"
#include "engine/base/wire.h"
#include "engine/graph/tensor_proto.h"
#include "engine/import/attr_value.h"
#include "prepare/wire_writer.h"

namespace rivulet::prepare {
namespace {

// AttrValue's fields.
enum : uint32_t { kList = 1, kString = 2, kInt = 3, kFloat = 4, kBool = 5, kType = 6, kShape = 7, kTensor = 8 };
// AttrValue.ListValue's.
enum : uint32_t { kListStrings = 2, kListInts = 3, kListTypes = 6, kListShapes = 7 };
// TensorProto's.
enum : uint32_t { kTensorType = 1, kTensorShape = 2, kTensorContent = 4, kTensorStrings = 8 };

constexpr size_t kMostConstantBytes = size_t{4} << 30;

WireCursor CursorOf(std::string_view bytes) {
  return WireCursor({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, 0);
}

// Calls read(cursor) at the last field of that number, as protobuf's readers do; false when there is none, or a defect.
template <typename Read>
bool ReadField(std::string_view bytes, uint32_t field, const Read& read) {
  bool found = false;
  WireCursor cursor = CursorOf(bytes);
  while (cursor.Next()) {
    if (cursor.field() == field) {
      read(cursor);
      found = true;
    } else {
      cursor.Skip();
    }
  }
  return found && cursor.status().ok();
}

std::string ShapeBytes(const Shape& shape) {
  std::string out;
  if (!shape.has_rank()) {
    AppendInt(3, 1, &out);
    return out;
  }
  for (int i = 0; i < shape.rank(); ++i) {
    std::string dim;
    if (shape[i] != 0) AppendInt(1, shape[i], &dim);  // -1: unknown
    AppendBytes(2, dim, &out);
  }
  return out;
}

}  // namespace

Attr Attr::OfBytes(std::string bytes) {
  auto owned = std::make_shared<std::string>(std::move(bytes));
  const std::string_view view = *owned;
  return Attr(view, std::move(owned));
}

Attr Attr::OfString(std::string_view value) {
  std::string out;
  AppendBytes(kString, value, &out);
  return OfBytes(std::move(out));
}

Attr Attr::OfInt(int64_t value) {
  std::string out;
  AppendInt(kInt, value, &out);
  return OfBytes(std::move(out));
}

Attr Attr::OfFloat(float value) {
  std::string out;
  AppendFloat(kFloat, value, &out);
  return OfBytes(std::move(out));
}

Attr Attr::OfBool(bool value) {
  std::string out;
  AppendInt(kBool, value ? 1 : 0, &out);
  return OfBytes(std::move(out));
}

Attr Attr::OfType(DType value) {
  std::string out;
  AppendInt(kType, static_cast<int32_t>(value), &out);
  return OfBytes(std::move(out));
}

Attr Attr::OfShape(const Shape& value) {
  std::string out;
  AppendBytes(kShape, ShapeBytes(value), &out);
  return OfBytes(std::move(out));
}

Attr Attr::OfTensor(const Tensor& value) {
  std::string tensor;
  AppendInt(kTensorType, static_cast<int32_t>(value.dtype()), &tensor);
  AppendBytes(kTensorShape, ShapeBytes(value.shape()), &tensor);
  if (value.dtype() == DType::kString) {
    for (const std::string& text : value.values<std::string>()) AppendBytes(kTensorStrings, text, &tensor);
  } else {
    AppendBytes(kTensorContent, {static_cast<const char*>(value.raw()), value.bytes()}, &tensor);
  }
  std::string out;
  out.reserve(tensor.size() + 12);
  AppendBytes(kTensor, tensor, &out);
  return OfBytes(std::move(out));
}

Attr Attr::OfInts(const std::vector<int64_t>& values) {
  std::string packed, list, out;
  for (const int64_t value : values) AppendVarint(static_cast<uint64_t>(value), &packed);
  if (!values.empty()) AppendBytes(kListInts, packed, &list);
  AppendBytes(kList, list, &out);
  return OfBytes(std::move(out));
}

Attr Attr::OfTypes(const std::vector<DType>& values) {
  std::string packed, list, out;
  for (const DType value : values) AppendVarint(static_cast<uint64_t>(value), &packed);
  if (!values.empty()) AppendBytes(kListTypes, packed, &list);
  AppendBytes(kList, list, &out);
  return OfBytes(std::move(out));
}

Attr Attr::OfStrings(const std::vector<std::string>& values) {
  std::string list, out;
  for (const std::string& value : values) AppendBytes(kListStrings, value, &list);
  AppendBytes(kList, list, &out);
  return OfBytes(std::move(out));
}

Attr Attr::OfFunction(std::string_view name) {
  constexpr uint32_t kFunction = 10, kFunctionName = 1;
  std::string call, out;
  AppendBytes(kFunctionName, name, &call);
  AppendBytes(kFunction, call, &out);
  return OfBytes(std::move(out));
}

Attr Attr::OfShapes(const std::vector<Shape>& values) {
  std::string list, out;
  for (const Shape& value : values) AppendBytes(kListShapes, ShapeBytes(value), &list);
  AppendBytes(kList, list, &out);
  return OfBytes(std::move(out));
}

std::optional<std::string> Attr::AsString() const {
  std::string value;
  if (!ReadField(bytes_, kString, [&](WireCursor& c) { value = c.Text(); })) return std::nullopt;
  return value;
}

std::optional<int64_t> Attr::AsInt() const {
  int64_t value = 0;
  if (!ReadField(bytes_, kInt, [&](WireCursor& c) { value = c.Int(); })) return std::nullopt;
  return value;
}

std::optional<float> Attr::AsFloat() const {
  uint32_t bits = 0;
  if (!ReadField(bytes_, kFloat, [&](WireCursor& c) { bits = c.Fixed32(); })) return std::nullopt;
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

std::optional<bool> Attr::AsBool() const {
  bool value = false;
  if (!ReadField(bytes_, kBool, [&](WireCursor& c) { value = c.Bool(); })) return std::nullopt;
  return value;
}

std::optional<DType> Attr::AsType() const {
  DType value = DType::kInvalid;
  if (!ReadField(bytes_, kType, [&](WireCursor& c) { value = DTypeFromFile(c.Int32()); })) return std::nullopt;
  return value;
}

std::optional<Shape> Attr::AsShape() const {
  Shape value;
  Status status;
  const auto read = [&](WireCursor& c) { value = ReadShape(c.Message(), Limits(), &status); };
  if (!ReadField(bytes_, kShape, read) || !status.ok()) return std::nullopt;
  return value;
}

namespace {

// Calls read(item) at each item of that number in the list of an AttrValue; false where there is no list, or a defect.
template <typename Read>
bool ReadList(std::string_view bytes, uint32_t field, const Read& read) {
  Status status;
  const auto read_list = [&](WireCursor& c) {
    WireCursor list = c.Message();
    while (list.Next()) {
      if (list.field() == field) {
        read(list);
      } else {
        list.Skip();
      }
    }
    status = list.status();
  };
  return ReadField(bytes, kList, read_list) && status.ok();
}

}  // namespace

std::optional<std::vector<int64_t>> Attr::AsInts() const {
  std::vector<int64_t> values;
  const auto add = [&](uint64_t v) { values.push_back(static_cast<int64_t>(v)); };
  if (!ReadList(bytes_, kListInts, [&](WireCursor& list) { ReadRepeatedVarints(list, add); })) return std::nullopt;
  return values;
}

std::optional<std::vector<std::string>> Attr::AsStrings() const {
  std::vector<std::string> values;
  const auto add = [&](WireCursor& list) { values.emplace_back(list.Text()); };
  if (!ReadList(bytes_, kListStrings, add)) return std::nullopt;
  return values;
}

std::optional<std::vector<DType>> Attr::AsTypes() const {
  std::vector<DType> values;
  const auto add = [&](uint64_t v) { values.push_back(DTypeFromFile(static_cast<int32_t>(v))); };
  if (!ReadList(bytes_, kListTypes, [&](WireCursor& list) { ReadRepeatedVarints(list, add); })) return std::nullopt;
  return values;
}

std::optional<std::vector<Shape>> Attr::AsShapes() const {
  std::vector<Shape> values;
  Status status;
  const auto add = [&](WireCursor& list) { values.push_back(ReadShape(list.Message(), Limits(), &status)); };
  if (!ReadList(bytes_, kListShapes, add) || !status.ok()) return std::nullopt;
  return values;
}

Result<TensorLiteral> Attr::AsLiteral() const {
  TensorLiteral literal;
  Status status;
  const auto read = [&](WireCursor& c) { literal = ReadTensor(c.Message(), owner_, Limits(), &status); };
  if (!ReadField(bytes_, kTensor, read)) return InvalidArgument("want a tensor");
  RIVULET_RETURN_IF_ERROR(status);
  return literal;
}

Result<Tensor> Attr::AsTensor() const {
  RIVULET_ASSIGN_OR_RETURN(const TensorLiteral literal, AsLiteral());
  // A file can describe a constant of any size in a few bytes.
  return Expand(literal, *Allocator::Create(kMostConstantBytes));
}

std::optional<Shape> Attr::AsTensorShape() const {
  Shape shape;
  Status status;
  const auto read = [&](WireCursor& c) { shape = ReadTensor(c.Message(), owner_, Limits(), &status).shape; };
  if (!ReadField(bytes_, kTensor, read) || !status.ok()) return std::nullopt;
  return shape;
}

}  // namespace rivulet::prepare
