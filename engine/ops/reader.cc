// Readers of a session, of both kinds of handles: WholeFileReader, IdentityReader, TextLineReader,
// FixedLengthRecordReader, TFRecordReader, and what reads, counts, resets, saves and restores.
//
// Files are those of the model's own folder. What a shared name stands for is decided by the first node that runs, as
// in TensorFlow. Compressions that TensorFlow does not know, which it takes for none, are refused, as are records of no
// bytes, of which every file has without end.
#include "engine/ops/plain_infer.h"
#include "engine/ops/reader_object.h"

#include "engine/ops/session_object.h"

namespace rivulet {
namespace {

using Kind = ReaderForm::Kind;

// ---- Handles ----

struct HandleState : OpState {
  ObjectName object;
  ReaderForm form;
};

Status SetCompression(const char* attr, const AttrReader& attrs, ReaderForm* form) {
  const std::string name = attrs.Str(attr);
  if (!name.empty() && name != "ZLIB" && name != "GZIP") {
    return InvalidArgument("attr ", Quoted(attr), ": want ZLIB, GZIP or none, got ", Quoted(name));
  }
  form->is_compressed = !name.empty();
  form->is_gzip = name == "GZIP";
  return Status();
}

template <Kind kKind>
Result<std::unique_ptr<OpState>> PrepareHandle(PrepareContext& c) {
  const AttrReader attrs = c.attrs();
  auto state = std::make_unique<HandleState>();
  state->object = ObjectName(c.node(), Reader::kKind);
  state->form.kind = kKind;
  if (kKind == Kind::kTextLines) state->form.skip_header_lines = attrs.Int("skip_header_lines");
  if (kKind == Kind::kFixedLength) {
    state->form.header_bytes = attrs.Int("header_bytes");
    state->form.record_bytes = attrs.Int("record_bytes");
    state->form.footer_bytes = attrs.Int("footer_bytes");
    state->form.hop_bytes = attrs.Int("hop_bytes");
    if (attrs.Has("encoding")) RIVULET_RETURN_IF_ERROR(SetCompression("encoding", attrs, &state->form));
  }
  if (kKind == Kind::kTFRecords) {
    RIVULET_RETURN_IF_ERROR(SetCompression("compression_type", attrs, &state->form));
  }
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunHandle(RunContext& c) {
  const auto& state = c.state<HandleState>();
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<Reader> reader,
                           FindOrMake<Reader>(c, state.object, [&]() -> Result<ObjectRef> {
                             return ObjectRef(std::make_shared<Reader>(state.form));
                           }));
  c.SetOutput(0, ScalarOf(DType::kResource, std::move(reader)));
  return Status();
}

// ---- Reading ----

Result<std::shared_ptr<Reader>> ReaderOf(const RunContext& c) { return ObjectIn<Reader>(c.input(0)); }

Status ReadInto(RunContext& c, int64_t count, TextBytes* charged, std::vector<Reader::Text>* records) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Reader> reader, ReaderOf(c));
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Queue> queue, ObjectIn<Queue>(c.input(1)));
  return reader->Read(count, {*queue, c.files(), c.allocator(), c.stop(), charged}, records);
}

Status InferRead(InferContext& c) {
  c.set_output(0, {});
  c.set_output(1, {});
  return Status();
}

Status RunRead(RunContext& c) {
  TextBytes charged(c.allocator());
  std::vector<Reader::Text> records;
  RIVULET_RETURN_IF_ERROR(ReadInto(c, 1, &charged, &records));
  c.output(0).data<std::string>()[0] = std::move(records[0].key);
  c.output(1).data<std::string>()[0] = std::move(records[0].value);
  return Status();
}

Status InferReadUpTo(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(2));
  c.set_output(0, {Shape::kUnknownDim});
  c.set_output(1, {Shape::kUnknownDim});
  return Status();
}

Status RunReadUpTo(RunContext& c) {
  const int64_t most = c.input(2).data<int64_t>()[0];
  if (most < 0) return InvalidArgument("num_records: want 0 or more, got ", most);
  TextBytes charged(c.allocator());
  std::vector<Reader::Text> records;
  RIVULET_RETURN_IF_ERROR(ReadInto(c, most, &charged, &records));
  const auto count = static_cast<int64_t>(records.size());
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, {count}));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(1, {count}));
  for (int64_t i = 0; i < count; ++i) {
    c.output(0).data<std::string>()[i] = std::move(records[static_cast<size_t>(i)].key);
    c.output(1).data<std::string>()[i] = std::move(records[static_cast<size_t>(i)].value);
  }
  return Status();
}

// ---- Asking and setting ----

Status RunRecordsProduced(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Reader> reader, ReaderOf(c));
  c.output(0).data<int64_t>()[0] = reader->records_produced();
  return Status();
}

Status RunFilesCompleted(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Reader> reader, ReaderOf(c));
  c.output(0).data<int64_t>()[0] = reader->files_completed();
  return Status();
}

Status RunState(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Reader> reader, ReaderOf(c));
  RIVULET_ASSIGN_OR_RETURN(c.output(0).data<std::string>()[0], reader->State());
  return Status();
}

Status RunReset(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Reader> reader, ReaderOf(c));
  return reader->Reset(c.stop());
}

Status InferRestore(InferContext& c) { return c.WantScalar(1); }

Status RunRestore(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Reader> reader, ReaderOf(c));
  return reader->Restore(c.input(1).data<std::string>()[0], c.stop());
}

#define RIVULET_NAMED "container:string=\"\"; shared_name:string=\"\""
#define RIVULET_READER(op, handle, kind, attributes)                                                 \
  {                                                                                                  \
    .name = op, .inputs = "", .outputs = "reader_handle:" handle, .attrs = attributes RIVULET_NAMED, \
    .infer = InferScalar, .prepare = PrepareHandle<kind>, .run = RunHandle,                          \
    .flags = kNamedResource | kMakesOutputs | kTakesObjects | kReadsFiles                            \
  }
#define RIVULET_READER_BOTH(op, kind, attributes) \
  RIVULET_READER(op, "ref str", kind, attributes), RIVULET_READER(op "V2", "resource", kind, attributes)
// Reading has both effects, of the queue and of the reader.
#define RIVULET_READ(op, in, out, shape_rule, rule, more)                                    \
  {                                                                                          \
    .name = op, .inputs = in, .outputs = out, .attrs = "", .infer = shape_rule, .run = rule, \
    .flags = kEffect | kTakes | kTakesObjects | kReadsFiles | more                           \
  }
#define RIVULET_ASK(op, handle, out, rule)                                                                         \
  {                                                                                                                \
    .name = op, .inputs = "reader_handle:" handle, .outputs = out, .attrs = "", .infer = InferScalar, .run = rule, \
    .flags = kStateful | kReadsFiles                                                                               \
  }
#define RIVULET_SET(op, in, shape_rule, rule)                                               \
  {                                                                                         \
    .name = op, .inputs = in, .outputs = "", .attrs = "", .infer = shape_rule, .run = rule, \
    .flags = kEffect | kReadsFiles                                                          \
  }
#define RIVULET_FIXED "header_bytes:int=0 >=0; record_bytes:int >=1; footer_bytes:int=0 >=0; hop_bytes:int=0 >=0; "

constexpr OpDef kDefs[] = {
    RIVULET_READER_BOTH("WholeFileReader", Kind::kWholeFile, ""),
    RIVULET_READER_BOTH("IdentityReader", Kind::kIdentity, ""),
    RIVULET_READER_BOTH("TextLineReader", Kind::kTextLines, "skip_header_lines:int=0 >=0; "),
    RIVULET_READER("FixedLengthRecordReader", "ref str", Kind::kFixedLength, RIVULET_FIXED),
    RIVULET_READER("FixedLengthRecordReaderV2", "resource", Kind::kFixedLength, RIVULET_FIXED "encoding:string=\"\"; "),
    RIVULET_READER_BOTH("TFRecordReader", Kind::kTFRecords, "compression_type:string=\"\"; "),
    RIVULET_READ("ReaderRead", "reader_handle:ref str, queue_handle:ref str", "key:str, value:str", InferRead, RunRead,
                 kNoFlags),
    RIVULET_READ("ReaderReadV2", "reader_handle:resource, queue_handle:resource", "key:str, value:str", InferRead,
                 RunRead, kNoFlags),
    RIVULET_READ("ReaderReadUpTo", "reader_handle:ref str, queue_handle:ref str, num_records:i64",
                 "keys:str, values:str", InferReadUpTo, RunReadUpTo, kDataDependent),
    RIVULET_READ("ReaderReadUpToV2", "reader_handle:resource, queue_handle:resource, num_records:i64",
                 "keys:str, values:str", InferReadUpTo, RunReadUpTo, kDataDependent),
    RIVULET_ASK("ReaderNumRecordsProduced", "ref str", "records_produced:i64", RunRecordsProduced),
    RIVULET_ASK("ReaderNumRecordsProducedV2", "resource", "records_produced:i64", RunRecordsProduced),
    RIVULET_ASK("ReaderNumWorkUnitsCompleted", "ref str", "units_completed:i64", RunFilesCompleted),
    RIVULET_ASK("ReaderNumWorkUnitsCompletedV2", "resource", "units_completed:i64", RunFilesCompleted),
    RIVULET_ASK("ReaderSerializeState", "ref str", "state:str", RunState),
    RIVULET_ASK("ReaderSerializeStateV2", "resource", "state:str", RunState),
    RIVULET_SET("ReaderReset", "reader_handle:ref str", InferNothing, RunReset),
    RIVULET_SET("ReaderResetV2", "reader_handle:resource", InferNothing, RunReset),
    RIVULET_SET("ReaderRestoreState", "reader_handle:ref str, state:str", InferRestore, RunRestore),
    RIVULET_SET("ReaderRestoreStateV2", "reader_handle:resource, state:str", InferRestore, RunRestore),
};

}  // namespace

RIVULET_OP_LIST(Reader, kDefs);

}  // namespace rivulet
