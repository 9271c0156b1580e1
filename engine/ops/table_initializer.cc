// What gives a fixed table its content: InitializeTable from tensors, InitializeTableFromTextFile from a file that came
// with the model.
//
// Of a file's lines, key and value are each: the whole line (index -2), the line's number, counted from `offset` (-1),
// or a column, the line being cut at the delimiter. An empty line is an error, as is one with too few columns.
// `vocab_size` lines are read, or all (-1).
#include <charconv>
#include <cstdlib>

#include "engine/base/checked.h"
#include "engine/graph/shape_math.h"
#include "engine/ops/lookup_table.h"
#include "engine/ops/model_files.h"
#include "engine/ops/op.h"
#include "engine/ops/text_lines.h"

namespace rivulet {
namespace {

Status InferInitialize(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  if (MergeShapes(c.shape(1), c.shape(2)).ok()) return Status();
  return InvalidArgument("want as many values as keys, got ", c.shape(1), " and ", c.shape(2));
}

Status RunInitialize(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<LookupTable> table, ObjectIn<LookupTable>(c.input(0)));
  return table->Initialize(c.input(1), c.input(2), c.allocator(), c.stop());
}

// ---- Files ----

constexpr int64_t kWholeLine = -2;
constexpr int64_t kLineNumber = -1;

struct FileState : OpState {
  int64_t key_index = 0;
  int64_t value_index = 0;
  int64_t num_lines = -1;
  int64_t offset = 0;
  char delimiter = '\t';
};

Status InferFile(InferContext& c) {
  const std::string delimiter = c.attrs().Str("delimiter");
  if (delimiter.size() != 1) return InvalidArgument("attr 'delimiter': want one character, got ", Quoted(delimiter));
  return c.WantScalar(1);
}

Result<std::unique_ptr<OpState>> PrepareFile(PrepareContext& c) {
  auto state = std::make_unique<FileState>();
  state->key_index = c.attrs().Int("key_index");
  state->value_index = c.attrs().Int("value_index");
  state->num_lines = c.attrs().Int("vocab_size");
  state->offset = c.attrs().Int("offset");
  const std::string delimiter = c.attrs().Str("delimiter");
  if (delimiter.size() == 1) state->delimiter = delimiter[0];
  return std::unique_ptr<OpState>(std::move(state));
}

Status CheckColumn(const char* what, int64_t index, DType dtype) {
  const bool is_number = dtype == DType::kInt32 || dtype == DType::kInt64;
  if (index == kLineNumber && dtype != DType::kInt64) {
    return InvalidArgument("the ", what, " is the line's number: want a table of int64, got ", dtype);
  }
  if (index == kWholeLine && !is_number && dtype != DType::kString) {
    return InvalidArgument("the ", what, " is the whole line: want a table of integers or strings, got ", dtype);
  }
  if (!is_number && dtype != DType::kFloat && dtype != DType::kDouble && dtype != DType::kString) {
    return InvalidArgument("the ", what, " cannot be read as ", dtype);
  }
  return Status();
}

std::string_view WithoutSpace(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

template <typename T>
bool ReadInteger(std::string_view text, T* value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size();
}

bool ReadReal(std::string_view text, double* value) {
  const std::string copy(text);
  char* end = nullptr;
  *value = std::strtod(copy.c_str(), &end);
  return !copy.empty() && end == copy.c_str() + copy.size();
}

// One column of one line as element `i` of `to`.
Status SetField(std::string_view field, Tensor* to, int64_t i) {
  const std::string_view number = WithoutSpace(field);
  double real = 0;
  bool ok = true;
  switch (to->dtype()) {
    case DType::kString: to->data<std::string>()[i] = std::string(field); break;
    case DType::kInt32: ok = ReadInteger(number, &to->data<int32_t>()[i]); break;
    case DType::kInt64: ok = ReadInteger(number, &to->data<int64_t>()[i]); break;
    case DType::kFloat:
      ok = ReadReal(number, &real);
      to->data<float>()[i] = static_cast<float>(real);
      break;
    default: ok = ReadReal(number, &real); to->data<double>()[i] = real;
  }
  if (ok) return Status();
  return InvalidArgument("line ", i, ": ", Quoted(field), " is no ", to->dtype());
}

Status SetFrom(std::string_view line, int64_t index, const FileState& state, Tensor* to, int64_t i) {
  if (index == kLineNumber) {
    to->data<int64_t>()[i] = static_cast<int64_t>(static_cast<uint64_t>(i) + static_cast<uint64_t>(state.offset));
    return Status();
  }
  if (index == kWholeLine) return SetField(line, to, i);
  size_t begin = 0;
  for (int64_t column = 0; column < index; ++column) {
    const size_t cut = line.find(state.delimiter, begin);
    if (cut == std::string_view::npos) {
      return InvalidArgument("line ", i, ": want more than ", index, " columns, got ", column + 1);
    }
    begin = cut + 1;
  }
  const size_t end = std::min(line.find(state.delimiter, begin), line.size());
  return SetField(line.substr(begin, end - begin), to, i);
}

Status RunFile(RunContext& c) {
  const auto& state = c.state<FileState>();
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<LookupTable> table, ObjectIn<LookupTable>(c.input(0)));
  RIVULET_RETURN_IF_ERROR(CheckColumn("key", state.key_index, table->form().key_dtype));
  RIVULET_RETURN_IF_ERROR(CheckColumn("value", state.value_index, table->form().value_dtype));
  RIVULET_ASSIGN_OR_RETURN(ModelFiles* const files, WantFiles(c.files()));
  if (c.input(1).num_elements() != 1) return InvalidArgument("want one file name, got ", c.input(1).num_elements());
  const std::string& path = c.input(1).data<std::string>()[0];
  RIVULET_ASSIGN_OR_RETURN(const FileBytes file, files->ReadFile(path));
  const std::string_view text = AsText(file);
  std::string_view line;
  int64_t count = state.num_lines;
  if (count < 0) {
    count = 0;
    for (TextLines lines(text); lines.Next(&line);) ++count;
  } else if (count > static_cast<int64_t>(text.size())) {
    return InvalidArgument(Quoted(path), " has fewer lines than attr 'vocab_size' says, ", count);
  }
  RIVULET_ASSIGN_OR_RETURN(Tensor keys, Tensor::Allocate(table->form().key_dtype, {count}, c.allocator()));
  RIVULET_ASSIGN_OR_RETURN(Tensor values, Tensor::Allocate(table->form().value_dtype, {count}, c.allocator()));
  TextLines lines(text);
  for (int64_t i = 0; i < count; ++i) {
    if (i % kTableStride == 0) RIVULET_RETURN_IF_ERROR(c.stop().Why());
    if (!lines.Next(&line)) {
      return InvalidArgument(Quoted(path), ": attr 'vocab_size' says ", count, " lines, the file has ", i);
    }
    Status status = line.empty() ? InvalidArgument("line ", i, " is empty") : Status();
    if (status.ok()) status = SetFrom(line, state.key_index, state, &keys, i);
    if (status.ok()) status = SetFrom(line, state.value_index, state, &values, i);
    if (!status.ok()) return std::move(status).Framed(Quoted(path));
  }
  Status status = table->Initialize(keys, values, c.allocator(), c.stop());
  return status.ok() ? status : std::move(status).Framed(Quoted(path));
}

#define RIVULET_INITIALIZE(op, handle)                                                                        \
  {                                                                                                           \
    .name = op, .inputs = "table_handle:" handle ", keys:Tkey, values:Tval", .outputs = "",                   \
    .attrs = "Tkey:type in {i32,i64,str}; Tval:type in {f32,f64,i32,i64,bool,str}", .infer = InferInitialize, \
    .run = RunInitialize, .flags = kEffect                                                                    \
  }
#define RIVULET_FROM_FILE(op, handle)                                                                 \
  {                                                                                                   \
    .name = op, .inputs = "table_handle:" handle ", filename:str", .outputs = "",                     \
    .attrs =                                                                                          \
        "key_index:int >=-2; value_index:int >=-2; vocab_size:int=-1 >=-1; delimiter:string=\"\t\"; " \
        "offset:int=0",                                                                               \
    .infer = InferFile, .prepare = PrepareFile, .run = RunFile, .flags = kEffect | kReadsFiles        \
  }

constexpr OpDef kDefs[] = {
    RIVULET_INITIALIZE("InitializeTable", "ref str"),
    RIVULET_INITIALIZE("InitializeTableV2", "resource"),
    RIVULET_FROM_FILE("InitializeTableFromTextFile", "ref str"),
    RIVULET_FROM_FILE("InitializeTableFromTextFileV2", "resource"),
};

}  // namespace

RIVULET_OP_LIST(TableInitializer, kDefs);

}  // namespace rivulet
