// TensorProto: the shape, and the elements either as raw bytes (tensor_content) or in a field per type, where the last
// given element stands for all that follow.
#include "engine/graph/tensor_proto.h"

#include <cstring>

#include "engine/base/checked.h"

namespace rivulet {
namespace {

// Elements gathered from the typed fields, as the bytes a Tensor holds.
struct TypedValues {
  std::vector<uint8_t> bytes;
  std::vector<std::string> strings;
  // One packed run of fixed-size numbers needs no copy.
  std::span<const uint8_t> in_place;
  int64_t count = 0;

  template <typename T>
  void Add(T value) {
    Settle();
    const auto* p = reinterpret_cast<const uint8_t*>(&value);
    bytes.insert(bytes.end(), p, p + sizeof(T));
  }
  void AddRun(std::span<const uint8_t> run) {
    if (bytes.empty() && in_place.empty()) {
      in_place = run;
    } else {
      Settle();
      bytes.insert(bytes.end(), run.begin(), run.end());
    }
  }
  void Settle() {
    bytes.insert(bytes.end(), in_place.begin(), in_place.end());
    in_place = {};
  }
};

// Integers of one field, packed or not, each stored by `store`.
template <typename Store>
void ReadVarints(WireCursor& cursor, const Store& store) {
  if (cursor.type() != WireType::kBytes) {
    store(cursor.Varint());
    return;
  }
  const std::span<const uint8_t> packed = cursor.Bytes();
  uint64_t value = 0;
  int shift = 0;
  for (const uint8_t byte : packed) {
    if (shift > 63 || (shift == 63 && (byte & 0x7F) > 1)) {
      return cursor.Fail(DataLoss("offset ", cursor.OffsetOf(packed.data()), ": a number of more than 64 bits"));
    }
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    shift += 7;
    if ((byte & 0x80) == 0) {
      store(value);
      value = 0;
      shift = 0;
    }
  }
  if (shift != 0)
    cursor.Fail(DataLoss("offset ", cursor.OffsetOf(packed.data()), ": packed numbers end inside a number"));
}

// Fixed-size numbers of one field, packed or not.
void ReadFixed(WireCursor& cursor, size_t size, TypedValues* values) {
  if (cursor.type() == WireType::kBytes) {
    const std::span<const uint8_t> packed = cursor.Bytes();
    if (packed.size() % size != 0) {
      return cursor.Fail(DataLoss("offset ", cursor.OffsetOf(packed.data()), ": ", static_cast<uint64_t>(packed.size()),
                                  " packed bytes are not a multiple of ", static_cast<uint64_t>(size)));
    }
    values->AddRun(packed);
  } else if (size == 4) {
    values->Add(cursor.Fixed32());
  } else {
    values->Add(cursor.Fixed64());
  }
}

// int_val carries every integer type of up to 32 bits.
void StoreInt(DType dtype, uint64_t value, TypedValues* values) {
  switch (ElementBytes(dtype)) {
    case 1: values->Add(static_cast<uint8_t>(value)); break;
    case 2: values->Add(static_cast<uint16_t>(value)); break;
    default: values->Add(static_cast<uint32_t>(value)); break;
  }
}

enum Field : uint32_t {
  kDtype = 1,
  kShape = 2,
  kContent = 4,
  kFloatVal = 5,
  kDoubleVal = 6,
  kIntVal = 7,
  kStringVal = 8,
  kComplexVal = 9,
  kInt64Val = 10,
  kBoolVal = 11,
  kDoubleComplexVal = 12,
  kHalfVal = 13,
  kUint32Val = 16,
  kUint64Val = 17,
};

Field FieldOf(DType dtype) {
  switch (dtype) {
    case DType::kFloat: return kFloatVal;
    case DType::kDouble: return kDoubleVal;
    case DType::kString: return kStringVal;
    case DType::kComplex64: return kComplexVal;
    case DType::kComplex128: return kDoubleComplexVal;
    case DType::kInt64: return kInt64Val;
    case DType::kBool: return kBoolVal;
    case DType::kHalf:
    case DType::kBfloat16: return kHalfVal;
    case DType::kUint32: return kUint32Val;
    case DType::kUint64: return kUint64Val;
    default: return kIntVal;
  }
}

void ReadValues(WireCursor& cursor, DType dtype, TypedValues* values) {
  switch (cursor.field()) {
    case kFloatVal:
    case kComplexVal: return ReadFixed(cursor, 4, values);
    case kDoubleVal:
    case kDoubleComplexVal: return ReadFixed(cursor, 8, values);
    case kStringVal: values->strings.emplace_back(cursor.Text()); return;
    case kBoolVal: return ReadVarints(cursor, [&](uint64_t v) { values->Add(static_cast<uint8_t>(v != 0)); });
    case kInt64Val:
    case kUint64Val: return ReadVarints(cursor, [&](uint64_t v) { values->Add(v); });
    case kUint32Val: return ReadVarints(cursor, [&](uint64_t v) { values->Add(static_cast<uint32_t>(v)); });
    case kHalfVal: return ReadVarints(cursor, [&](uint64_t v) { values->Add(static_cast<uint16_t>(v)); });
    default: return ReadVarints(cursor, [&](uint64_t v) { StoreInt(dtype, v, values); });
  }
}

// A tensor over bytes: in place where they lie in the file, else owning them.
Tensor PrefixOf(DType dtype, int64_t count, std::span<const uint8_t> bytes, const std::shared_ptr<void>& owner) {
  return Tensor::View(dtype, {count}, const_cast<uint8_t*>(bytes.data()), owner);
}

void FinishTyped(TypedValues values, const std::shared_ptr<void>& owner, TensorLiteral* literal) {
  const int64_t wanted = literal->shape.num_elements();
  if (literal->dtype == DType::kString) {
    values.count = static_cast<int64_t>(values.strings.size());
    literal->prefix = Tensor::Of<std::string>({values.count}, values.strings);
  } else {
    const auto element = static_cast<int64_t>(ElementBytes(literal->dtype));
    const auto bytes = static_cast<int64_t>(values.bytes.size() + values.in_place.size());
    if (bytes % element != 0) {
      literal->error = InvalidArgument("the values of a ", literal->dtype, " constant end inside an element");
      return;
    }
    values.count = bytes / element;
    if (!values.in_place.empty()) {
      literal->prefix = PrefixOf(literal->dtype, values.count, values.in_place, owner);
    } else {
      auto held = std::make_shared<std::vector<uint8_t>>(std::move(values.bytes));
      literal->prefix = PrefixOf(literal->dtype, values.count, *held, std::shared_ptr<void>(held, held->data()));
    }
  }
  // As in TensorFlow, values beyond the shape's elements are ignored.
  if (values.count > wanted) {
    literal->prefix = Tensor::View(literal->dtype, {wanted}, literal->prefix.raw(), literal->prefix.owner());
  }
}

void FinishContent(std::span<const uint8_t> content, const std::shared_ptr<void>& owner, TensorLiteral* literal) {
  const int64_t wanted = literal->shape.num_elements();
  if (literal->dtype != DType::kString) {
    const CheckedSize bytes = CheckedSize(wanted) * static_cast<int64_t>(ElementBytes(literal->dtype));
    if (!bytes.valid() || static_cast<uint64_t>(bytes.value()) != content.size()) {
      literal->error = InvalidArgument("a ", literal->dtype, " constant of shape ", literal->shape, " has ",
                                       static_cast<uint64_t>(content.size()), " bytes of content, want ",
                                       bytes.valid() ? Cat(bytes.value()) : std::string("more than 2^63"));
      return;
    }
    literal->prefix = PrefixOf(literal->dtype, wanted, content, owner);
    return;
  }
  // Strings: all lengths as varints, then all texts.
  std::vector<std::string> strings;
  std::vector<uint64_t> lengths;
  size_t at = 0;
  const auto broken = [&] { literal->error = InvalidArgument("a string constant's content does not match its shape"); };
  if (static_cast<uint64_t>(wanted) > content.size()) return broken();
  for (int64_t i = 0; i < wanted; ++i) {
    uint64_t length = 0;
    for (int shift = 0;; shift += 7) {
      if (at == content.size() || shift > 56) return broken();
      const uint8_t byte = content[at++];
      length |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) break;
    }
    lengths.push_back(length);
  }
  for (const uint64_t length : lengths) {
    if (length > content.size() - at) return broken();
    strings.emplace_back(reinterpret_cast<const char*>(content.data()) + at, static_cast<size_t>(length));
    at += length;
  }
  if (at != content.size()) return broken();
  literal->prefix = Tensor::Of<std::string>({wanted}, strings);
}

}  // namespace

DType DTypeFromFile(int32_t number) { return static_cast<DType>(number > 100 && number < 200 ? number - 100 : number); }

namespace {

Shape ReadDims(WireCursor message, const Limits& limits, bool* unknown_rank, Status* status) {
  Shape shape;
  int64_t dims = 0;
  while (message.Next()) {
    if (message.field() == 2) {
      int64_t size = 0;
      WireCursor dim = message.Message();
      while (dim.Next()) {
        if (dim.field() == 1) {
          size = dim.Int();
        } else {
          dim.Skip();
        }
      }
      if (!dim.status().ok()) message.Fail(dim.status());
      if (size < -1) message.Fail(InvalidArgument("a shape with dim ", size, ": want -1 (unknown) or >= 0"));
      if (++dims > limits.tensor_dims) {
        message.Fail(ResourceExhausted("a shape with more than ", limits.tensor_dims, " dims"));
      } else {
        shape.push_back(size);
      }
    } else if (message.field() == 3) {
      *unknown_rank = message.Bool();
    } else {
      message.Skip();
    }
  }
  if (!message.status().ok() && status->ok()) *status = message.status();
  return shape;
}

// Fills in the literal whose type and shape are known, from the rest of its message.
void ReadBody(WireCursor message, bool shape_from_file, const std::shared_ptr<void>& owner, const Limits* limits,
              TensorLiteral* literal, Status* status) {
  std::span<const uint8_t> content;
  bool has_content = false;
  const Field values_field = FieldOf(literal->dtype);
  TypedValues values;
  while (message.Next()) {
    if (message.field() == kShape && shape_from_file) {
      // TensorFlow does not look at unknown_rank here: without dims it is a scalar.
      bool unknown_rank = false;
      literal->shape = ReadDims(message.Message(), *limits, &unknown_rank, &literal->error);
    } else if (message.field() == kContent) {
      content = message.Bytes();
      has_content = !content.empty();
    } else if (message.field() == values_field) {
      ReadValues(message, literal->dtype, &values);
    } else {
      message.Skip();
    }
  }
  if (!message.status().ok()) {
    if (status->ok()) *status = message.status();
    return;
  }
  if (!literal->error.ok()) return;
  if (ElementBytes(literal->dtype) == 0 && literal->dtype != DType::kString) {
    literal->error = Unimplemented("a constant of type ", IsKnown(literal->dtype) ? Name(literal->dtype) : "unknown",
                                   " (", static_cast<int>(literal->dtype), ") has no value to read");
  } else if (literal->shape.num_elements() < 0) {
    literal->error =
        InvalidArgument("a constant needs a complete shape of fewer than 2^63 elements, got ", literal->shape);
  } else if (has_content) {
    FinishContent(content, owner, literal);
  } else {
    FinishTyped(std::move(values), owner, literal);
  }
}

}  // namespace

Shape ReadShape(WireCursor message, const Limits& limits, Status* status) {
  bool unknown_rank = false;
  const Shape dims = ReadDims(message, limits, &unknown_rank, status);
  return unknown_rank ? Shape::UnknownRank() : dims;
}

TensorLiteral ReadTensor(WireCursor message, const std::shared_ptr<void>& owner, const Limits& limits, Status* status) {
  TensorLiteral literal;
  // The type decides how values are read, and may come after them: look for it first.
  for (WireCursor scan = message; scan.Next();) {
    if (scan.field() == kDtype) {
      literal.dtype = DTypeFromFile(scan.Int32());
    } else {
      scan.Skip();
    }
  }
  ReadBody(message, /*shape_from_file=*/true, owner, &limits, &literal, status);
  return literal;
}

TensorLiteral ReadTensorValues(WireCursor message, DType dtype, const Shape& shape, const std::shared_ptr<void>& owner,
                               Status* status) {
  TensorLiteral literal;
  literal.dtype = dtype;
  literal.shape = shape;
  ReadBody(message, /*shape_from_file=*/false, owner, nullptr, &literal, status);
  return literal;
}

}  // namespace rivulet
