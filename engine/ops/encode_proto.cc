// EncodeProto: tensors as the fields of serialised messages.
//   sizes: [.., F]    values: one [.., n] for each of the F fields, of which the first sizes[.., f] values are written
//   bytes: [..], one message each, its fields in the order of their numbers; single fields may be written repeatedly,
//   as TensorFlow does, and messages and groups are strings of bytes that are not looked into
// Deviation: a negative size is none, where TensorFlow writes the start of a packed list that has no end.
#include <algorithm>
#include <numeric>

#include "engine/base/sort.h"
#include "engine/ops/message_types.h"
#include "engine/ops/text_bytes.h"
#include "engine/ops/wire_writer.h"

namespace rivulet {
namespace {

struct State : OpState {
  std::shared_ptr<const MessageTypes> types;
  std::vector<const FieldType*> fields;
  std::vector<size_t> order;  // by number
};

Status Infer(InferContext& c) {
  const AttrReader attrs = c.attrs();
  const std::vector<std::string> names = attrs.Strs("field_names");
  const auto fields = static_cast<int64_t>(names.size());
  if (fields != c.num_inputs() - 1) {
    return InvalidArgument("values: want one for each of ", fields, " field_names, got ", c.num_inputs() - 1);
  }
  RIVULET_RETURN_IF_ERROR(CheckDescriptorSource(attrs.Str("descriptor_source")));
  Shape prefix = Shape::UnknownRank();
  for (int i = 0; i < c.num_inputs(); ++i) {
    const Shape& shape = c.shape(i);
    if (!shape.has_rank()) continue;
    if (shape.rank() < 2) {
      return InvalidArgument(i == 0 ? "sizes" : "values", ": want a matrix at least, got shape ", shape);
    }
    const int64_t last = shape[shape.rank() - 1];
    if (i == 0 && last != Shape::kUnknownDim && last != fields) {
      return InvalidArgument("sizes: want ", fields, " in the last dim, one for each field, got shape ", shape);
    }
    const Shape before(shape.dims().first(static_cast<size_t>(shape.rank()) - 1));
    if (!prefix.has_rank()) {
      prefix = before;
      continue;
    }
    bool agrees = prefix.rank() == before.rank();
    for (int dim = 0; agrees && dim < prefix.rank(); ++dim) {
      if (prefix[dim] == Shape::kUnknownDim) {
        Shape better;
        for (int k = 0; k < prefix.rank(); ++k) better.push_back(k == dim ? before[k] : prefix[k]);
        prefix = better;
      }
      agrees = before[dim] == Shape::kUnknownDim || before[dim] == prefix[dim];
    }
    if (agrees) continue;
    return InvalidArgument(i == 0 ? "sizes" : Cat("values of field ", Quoted(names[static_cast<size_t>(i) - 1])),
                           ": want all dims but the last as those of sizes, ", prefix, ", got shape ", shape);
  }
  c.set_output(0, prefix);
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  const AttrReader attrs = c.attrs();
  RIVULET_ASSIGN_OR_RETURN(state->types, TypesOf(attrs.Str("descriptor_source")));
  const std::string name = attrs.Str("message_type");
  const MessageType* message = state->types->Find(name);
  if (message == nullptr) {
    return InvalidArgument("message_type: no message is called ", Quoted(name), "; known: ", state->types->Names());
  }
  int input = 1;
  for (const std::string& field_name : attrs.Strs("field_names")) {
    const FieldType* field = message->FindField(field_name);
    if (field == nullptr) {
      return InvalidArgument("field_names: ", Quoted(name), " has no field ", Quoted(field_name));
    }
    if (!Fits(field->kind, c.dtype(input))) {
      return InvalidArgument("values: field ", Quoted(field_name), " is of type ", Name(field->kind),
                             ", which is not taken from ", c.dtype(input));
    }
    state->fields.push_back(field);
    ++input;
  }
  state->order.resize(state->fields.size());
  std::iota(state->order.begin(), state->order.end(), size_t{0});
  StableSort(state->order.begin(), state->order.end(),
             [&](size_t a, size_t b) { return state->fields[a]->number < state->fields[b]->number; });
  return std::unique_ptr<OpState>(std::move(state));
}

uint64_t ZigZag(int64_t value) { return static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63); }

// Floats as double, integers and bools by their 64 bits. Which of them a field takes, Fits has seen to.
struct Number {
  double real = 0;
  int64_t whole = 0;
};

Number NumberAt(const Tensor& values, int64_t i) {
  switch (values.dtype()) {
    case DType::kFloat: return {.real = static_cast<double>(values.data<float>()[i])};
    case DType::kDouble: return {.real = values.data<double>()[i]};
    case DType::kInt32: return {.whole = values.data<int32_t>()[i]};
    case DType::kUint32: return {.whole = values.data<uint32_t>()[i]};
    case DType::kBool: return {.whole = values.data<bool>()[i]};
    default: return {.whole = static_cast<const int64_t*>(values.raw())[i]};
  }
}

// A value as it is after its tag.
void WriteNumber(FieldKind kind, const Number& number, WireWriter* out) {
  const int64_t value = number.whole;
  switch (kind) {
    case FieldKind::kDouble: out->BareFixed64(BitCast<uint64_t>(number.real)); break;
    case FieldKind::kFloat: out->BareFixed32(BitCast<uint32_t>(static_cast<float>(number.real))); break;
    case FieldKind::kFixed64:
    case FieldKind::kSfixed64: out->BareFixed64(static_cast<uint64_t>(value)); break;
    case FieldKind::kFixed32:
    case FieldKind::kSfixed32: out->BareFixed32(static_cast<uint32_t>(value)); break;
    case FieldKind::kUint32: out->BareVarint(static_cast<uint32_t>(value)); break;
    case FieldKind::kInt32:
    case FieldKind::kEnum: out->BareVarint(static_cast<uint64_t>(int64_t{static_cast<int32_t>(value)})); break;
    case FieldKind::kSint32: out->BareVarint(static_cast<uint32_t>(ZigZag(static_cast<int32_t>(value)))); break;
    case FieldKind::kSint64: out->BareVarint(ZigZag(value)); break;
    default: out->BareVarint(static_cast<uint64_t>(value)); break;
  }
}

void WriteNumbers(const FieldType& field, const Tensor& values, int64_t first, int64_t count, std::string* out) {
  WireWriter writer(out);
  if (!field.is_packed) {
    for (int64_t i = 0; i < count; ++i) {
      writer.Tag(field.number, static_cast<uint32_t>(WireTypeOf(field.kind)));
      WriteNumber(field.kind, NumberAt(values, first + i), &writer);
    }
    return;
  }
  std::string packed;
  WireWriter inner(&packed);
  for (int64_t i = 0; i < count; ++i) WriteNumber(field.kind, NumberAt(values, first + i), &inner);
  writer.Bytes(field.number, packed);
}

void WriteTexts(const FieldType& field, const std::string* values, int64_t count, std::string* out) {
  WireWriter writer(out);
  for (int64_t i = 0; i < count; ++i) {
    if (field.kind == FieldKind::kGroup) {
      writer.Group(field.number, values[i]);
    } else {
      writer.Bytes(field.number, values[i]);
    }
  }
}

void WriteField(const FieldType& field, const Tensor& values, int64_t first, int64_t count, std::string* out) {
  if (values.dtype() == DType::kString) {
    WriteTexts(field, values.data<std::string>() + first, count, out);
  } else {
    WriteNumbers(field, values, first, count, out);
  }
}

Status Run(RunContext& c) {
  const State& state = c.state<State>();
  const size_t fields = state.fields.size();
  const int64_t messages = c.output(0).num_elements();
  if (messages == 0) return Status();
  const int32_t* sizes = c.input(0).data<int32_t>();
  CheckedSize total = 0;
  for (size_t i = 0; i < fields; ++i) {
    const Tensor& values = c.input(static_cast<int>(i) + 1);
    const int64_t room = values.dim(values.rank() - 1);
    total += CheckedSize(values.num_elements()) * 20;
    for (int64_t message = 0; message < messages; ++message) {
      const int32_t size = sizes[message * static_cast<int64_t>(fields) + static_cast<int64_t>(i)];
      if (size <= room) continue;
      return InvalidArgument("sizes: message ", message, ", field ", Quoted(state.fields[i]->name), ": want ", room,
                             " at most, as many as there are values, got ", size);
    }
    if (values.dtype() != DType::kString) continue;
    for (const std::string& text : values.values<std::string>()) total += static_cast<int64_t>(text.size());
  }
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(bytes.Charge(total));
  std::string* out = c.output(0).data<std::string>();
  for (int64_t message = 0; message < messages; ++message) {
    if ((message & 1023) == 0) RIVULET_RETURN_IF_ERROR(c.stop().Why());
    out[message].clear();
    for (const size_t i : state.order) {
      const Tensor& values = c.input(static_cast<int>(i) + 1);
      const int64_t room = values.dim(values.rank() - 1);
      const int32_t size = sizes[static_cast<size_t>(message) * fields + i];
      if (size > 0) WriteField(*state.fields[i], values, message * room, size, &out[message]);
    }
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "EncodeProto",
     .inputs = "sizes:i32, values:list(Tinput_types)",
     .outputs = "bytes:str",
     .attrs = "field_names:list(string); message_type:string; descriptor_source:string=\"local://\"; "
              "Tinput_types:list(type) in {f32,f64,i32,i64,u32,u64,bool,str} >=1",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(EncodeProto, kDefs);

}  // namespace rivulet
