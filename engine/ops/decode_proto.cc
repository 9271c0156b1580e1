// DecodeProtoV2: fields of serialised messages as tensors.
//   bytes: [..] strings, at least one     sizes: [.., F], how often each of the F fields is there
//   values: one [.., n] for each field, n the most of any message and 1 at least, filled up with the field's default;
//   messages are strings of bytes, groups with their two tags
// A field that is not repeated counts once, and its last value is taken. message_format is "binary" or "text"; with
// sanitize the message is read as a whole and written again first, which refuses what is no such message.
// As in TensorFlow: int32 fields read as int64 are zero-extended from packed lists, sign-extended elsewhere; a packed
// list in place of a single value counts as one and gives the default; of a field asked for twice the first has it all.
// Deviations: TensorFlow mixes up the fields of messages whose fields return to one after another, and refuses an empty
// packed list behind a full one; here both are read.
#include <algorithm>
#include <cstring>

#include "engine/base/bit_cast.h"
#include "engine/ops/message_tree.h"
#include "engine/ops/text_bytes.h"

namespace rivulet {
namespace {

struct State : OpState {
  struct Field {
    const FieldType* type = nullptr;
    DType dtype = DType::kInvalid;
  };
  std::shared_ptr<const MessageTypes> types;
  const MessageType* message = nullptr;
  std::vector<Field> fields;
  // By number, those that were asked for; the first of equal ones.
  std::unordered_map<uint32_t, size_t> columns;
  bool is_text = false;
  bool is_sanitized = false;
};

Status Infer(InferContext& c) {
  const AttrReader attrs = c.attrs();
  const size_t names = attrs.Strs("field_names").size(), types = attrs.Types("output_types").size();
  if (names != types) {
    return InvalidArgument("output_types: want one for each of ", static_cast<uint64_t>(names), " field_names, got ",
                           static_cast<uint64_t>(types));
  }
  const std::string format = attrs.Str("message_format");
  if (format != "binary" && format != "text") {
    return InvalidArgument("message_format: want 'binary' or 'text', got ", Quoted(format));
  }
  RIVULET_RETURN_IF_ERROR(CheckDescriptorSource(attrs.Str("descriptor_source")));
  const Shape& bytes = c.shape(0);
  if (!bytes.has_rank()) return Status();
  if (bytes.rank() == Shape::kMaxRank) return InvalidArgument("bytes: the rank is too large, ", bytes);
  if (bytes.complete() && bytes.num_elements() == 0) {
    return InvalidArgument("bytes: want one message at least, got shape ", bytes);
  }
  Shape sizes = bytes, values = bytes;
  sizes.push_back(static_cast<int64_t>(names));
  values.push_back(Shape::kUnknownDim);
  c.set_output(0, sizes);
  for (size_t i = 0; i < names; ++i) c.set_output(static_cast<int>(i) + 1, values);
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  const AttrReader attrs = c.attrs();
  RIVULET_ASSIGN_OR_RETURN(state->types, TypesOf(attrs.Str("descriptor_source")));
  const std::string name = attrs.Str("message_type");
  state->message = state->types->Find(name);
  if (state->message == nullptr) {
    return InvalidArgument("message_type: no message is called ", Quoted(name), "; known: ", state->types->Names());
  }
  const std::vector<std::string> names = attrs.Strs("field_names");
  const std::vector<DType> dtypes = attrs.Types("output_types");
  for (size_t i = 0; i < names.size(); ++i) {
    State::Field field{state->message->FindField(names[i]), dtypes[i]};
    if (field.type == nullptr) field.type = state->message->FindExtension(names[i]);
    if (field.type == nullptr) {
      return InvalidArgument("field_names: ", Quoted(name), " has no field ", Quoted(names[i]));
    }
    if (!Fits(field.type->kind, field.dtype)) {
      return InvalidArgument("output_types: field ", Quoted(names[i]), " is of type ", Name(field.type->kind),
                             ", which is not given as ", field.dtype);
    }
    state->columns.emplace(field.type->number, i);
    state->fields.push_back(field);
  }
  state->is_text = attrs.Str("message_format") == "text";
  state->is_sanitized = attrs.Bool("sanitize");
  return std::unique_ptr<OpState>(std::move(state));
}

// The value of a number in the output's type. `raw` is as in the message.
template <typename T>
T As(FieldKind kind, uint64_t raw, bool is_packed) {
  const auto low = static_cast<uint32_t>(raw);
  const auto zigzag = [](auto value) { return value >> 1 ^ (0 - (value & 1)); };
  switch (kind) {
    case FieldKind::kDouble: return static_cast<T>(BitCast<double>(raw));
    case FieldKind::kFloat: return static_cast<T>(BitCast<float>(low));
    case FieldKind::kBool: return static_cast<T>(raw != 0);
    case FieldKind::kSint32: return static_cast<T>(static_cast<int32_t>(zigzag(low)));
    case FieldKind::kSint64: return static_cast<T>(zigzag(raw));
    case FieldKind::kUint32:
    case FieldKind::kFixed32: return static_cast<T>(low);
    case FieldKind::kInt32:
      if (is_packed) return static_cast<T>(low);
      return static_cast<T>(static_cast<int32_t>(low));
    case FieldKind::kEnum:
    case FieldKind::kSfixed32: return static_cast<T>(static_cast<int32_t>(low));
    default: return static_cast<T>(raw);
  }
}

// Where one field of one message goes; without `data` it is only counted.
struct Column {
  const FieldType* field = nullptr;
  DType dtype = DType::kInvalid;
  void* data = nullptr;
  int64_t room = 0;
  int64_t count = 0;    // values there
  int64_t written = 0;  // of them kept

  void Number(uint64_t raw, bool is_packed) {
    if (data == nullptr || written >= room) return;
    switch (dtype) {
      case DType::kFloat: Put<float>(raw, is_packed); break;
      case DType::kDouble: Put<double>(raw, is_packed); break;
      case DType::kInt32: Put<int32_t>(raw, is_packed); break;
      case DType::kInt64: Put<int64_t>(raw, is_packed); break;
      case DType::kUint32: Put<uint32_t>(raw, is_packed); break;
      case DType::kUint64: Put<uint64_t>(raw, is_packed); break;
      case DType::kBool: Put<bool>(raw, is_packed); break;
      default: break;
    }
  }
  template <typename T>
  void Put(uint64_t raw, bool is_packed) {
    static_cast<T*>(data)[written] = As<T>(field->kind, raw, is_packed);
  }
  void Text(std::string_view text) {
    if (data != nullptr && written < room) static_cast<std::string*>(data)[written] = text;
  }
  // After a value was put.
  void Advance() {
    ++written;
    count = field->is_repeated ? count + 1 : 1;
  }
};

// Calls number(raw) for each value of a packed list.
template <typename Body>
Status ForEachPacked(const FieldType& field, std::span<const uint8_t> bytes, const Body& number) {
  const WireType type = WireTypeOf(field.kind);
  while (!bytes.empty()) {
    uint64_t raw = 0;
    size_t used = 0;
    if (type == WireType::kVarint) {
      do {
        if (used == bytes.size() || used == 10) {
          return InvalidArgument("field ", Quoted(field.name), ": a packed list has a broken number");
        }
        raw |= static_cast<uint64_t>(bytes[used] & 0x7F) << (7 * used);
      } while (bytes[used++] >= 0x80);
    } else {
      used = type == WireType::kFixed32 ? 4 : 8;
      if (bytes.size() < used) {
        return InvalidArgument("field ", Quoted(field.name), ": a packed list ends inside of a number");
      }
      for (size_t i = 0; i < used; ++i) raw |= uint64_t{bytes[i]} << (8 * i);
    }
    number(raw);
    bytes = bytes.subspan(used);
  }
  return Status();
}

Status Walk(const State& state, std::string_view message, std::vector<Column>* columns) {
  WireCursor wire({reinterpret_cast<const uint8_t*>(message.data()), message.size()}, 0);
  for (uint64_t start = 0; wire.Next(); start = wire.offset()) {
    const auto place = state.columns.find(wire.field());
    if (place == state.columns.end()) {
      wire.Skip();
      continue;
    }
    Column& column = (*columns)[place->second];
    const FieldType& field = *column.field;
    const WireType want = WireTypeOf(field.kind);
    const bool is_list = wire.type() == WireType::kBytes && want != WireType::kBytes;
    if (wire.type() != want && !is_list) {
      wire.Skip();
      continue;
    }
    // What a single field has from before is lost.
    if (!field.is_repeated) column.written = 0;
    if (is_list) {
      const std::span<const uint8_t> packed = wire.Bytes();
      if (field.kind == FieldKind::kGroup && !packed.empty()) {
        return InvalidArgument("field ", Quoted(field.name), ": want a group, got a packed list");
      }
      RIVULET_RETURN_IF_ERROR(ForEachPacked(field, packed, [&](uint64_t raw) {
        // In place of a single value it counts, and is not read.
        if (!field.is_repeated) {
          column.count = 1;
          return;
        }
        column.Number(raw, true);
        column.Advance();
      }));
    } else if (want == WireType::kBytes || want == WireType::kStartGroup) {
      std::string_view text;
      if (want == WireType::kBytes) {
        text = wire.Text();
      } else {
        wire.Skip();
        text = message.substr(start, wire.offset() - start);
      }
      RIVULET_RETURN_IF_ERROR(wire.status());
      column.Text(text);
      column.Advance();
    } else {
      const uint64_t raw = want == WireType::kVarint    ? wire.Varint()
                           : want == WireType::kFixed32 ? wire.Fixed32()
                                                        : wire.Fixed64();
      column.Number(raw, false);
      column.Advance();
    }
  }
  return wire.status();
}

void FillDefaults(const Column& column) {
  const FieldType& field = *column.field;
  const auto fill = [&](auto value) {
    std::fill(static_cast<decltype(value)*>(column.data) + column.written,
              static_cast<decltype(value)*>(column.data) + column.room, value);
  };
  const bool is_real = field.kind == FieldKind::kFloat || field.kind == FieldKind::kDouble;
  const double real = is_real ? BitCast<double>(field.default_bits) : 0;
  switch (column.dtype) {
    case DType::kFloat: fill(static_cast<float>(real)); break;
    case DType::kDouble: fill(field.kind == FieldKind::kFloat ? double{static_cast<float>(real)} : real); break;
    case DType::kInt32: fill(static_cast<int32_t>(field.default_bits)); break;
    case DType::kInt64: fill(static_cast<int64_t>(field.default_bits)); break;
    case DType::kUint32: fill(static_cast<uint32_t>(field.default_bits)); break;
    case DType::kUint64: fill(field.default_bits); break;
    case DType::kBool: fill(field.default_bits != 0); break;
    default: fill(field.default_text); break;
  }
}

// The message as binary, read as a whole and written again.
Status Rewrite(RunContext& c, const State& state, std::string_view message, std::string* out) {
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(bytes.Charge(CheckedSize(static_cast<int64_t>(message.size())) * MessageTree::kBytesPerByte));
  MessageTree tree(state.message);
  RIVULET_RETURN_IF_ERROR(state.is_text ? ReadMessageText(message, &tree) : ReadMessage(message, &tree));
  WriteMessage(tree, out);
  return Status();
}

Status Run(RunContext& c) {
  const State& state = c.state<State>();
  const Tensor& input = c.input(0);
  const int64_t messages = input.num_elements();
  if (messages == 0) {
    return InvalidArgument("bytes: want one message at least, got shape ", input.shape());
  }
  const std::string* raw = input.data<std::string>();
  std::vector<std::string> rewritten;
  TextBytes bytes(c.allocator());
  if (state.is_text || state.is_sanitized) {
    rewritten.resize(static_cast<size_t>(messages));
    for (int64_t i = 0; i < messages; ++i) {
      RIVULET_RETURN_IF_ERROR(c.stop().Why());
      std::string& to = rewritten[static_cast<size_t>(i)];
      Status status = Rewrite(c, state, raw[i], &to);
      if (!status.ok()) return std::move(status).Framed(Cat("message ", i));
      RIVULET_RETURN_IF_ERROR(bytes.Charge(static_cast<int64_t>(to.size())));
    }
    raw = rewritten.data();
  }
  const size_t fields = state.fields.size();
  Shape sizes_shape = input.shape();
  sizes_shape.push_back(static_cast<int64_t>(fields));
  if (!c.output(0).valid()) RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, sizes_shape));
  int32_t* sizes = fields == 0 ? nullptr : c.output(0).data<int32_t>();
  std::vector<int64_t> most(fields, 1);
  std::vector<Column> columns(fields);
  const auto reset = [&] {
    for (size_t i = 0; i < fields; ++i) columns[i] = {state.fields[i].type, state.fields[i].dtype};
  };
  for (int64_t message = 0; message < messages; ++message) {
    RIVULET_RETURN_IF_ERROR(c.stop().Why());
    reset();
    Status status = Walk(state, raw[message], &columns);
    if (!status.ok()) {
      return InvalidArgument("message ", message, ": this is no ", state.message->name, ": ", status.message());
    }
    for (size_t i = 0; i < fields; ++i) {
      if (columns[i].count > INT32_MAX) return ResourceExhausted("message ", message, ": more than 2^31 values");
      *sizes++ = static_cast<int32_t>(columns[i].count);
      most[i] = std::max(most[i], columns[i].count);
    }
  }
  for (size_t i = 0; i < fields; ++i) {
    Shape shape = input.shape();
    shape.push_back(most[i]);
    RIVULET_RETURN_IF_ERROR(c.AllocateOutput(static_cast<int>(i) + 1, shape));
    const auto text = static_cast<int64_t>(state.fields[i].type->default_text.size());
    RIVULET_RETURN_IF_ERROR(bytes.Charge(CheckedSize(text) * shape.num_elements()));
  }
  for (int64_t message = 0; message < messages; ++message) {
    RIVULET_RETURN_IF_ERROR(c.stop().Why());
    reset();
    for (size_t i = 0; i < fields; ++i) {
      Tensor& out = c.output(static_cast<int>(i) + 1);
      columns[i].room = most[i];
      columns[i].data =
          out.dtype() == DType::kString
              ? static_cast<void*>(out.data<std::string>() + message * most[i])
              : static_cast<uint8_t*>(out.raw()) + static_cast<size_t>(message * most[i]) * ElementBytes(out.dtype());
    }
    RIVULET_RETURN_IF_ERROR(Walk(state, raw[message], &columns));
    for (const Column& column : columns) FillDefaults(column);
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "DecodeProtoV2",
     .inputs = "bytes:str",
     .outputs = "sizes:i32, values:list(output_types)",
     .attrs = "message_type:string; field_names:list(string); "
              "output_types:list(type) in {f32,f64,i32,i64,u32,u64,bool,str} >=0; "
              "descriptor_source:string=\"local://\"; message_format:string=\"binary\"; sanitize:bool=false",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(DecodeProto, kDefs);

}  // namespace rivulet
