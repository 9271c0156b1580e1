// DecodeCSV: the fields of one-line records as columns. records [..] -> one output [..] for each field, of its
// default's type.
//   record_defaults: [0] (the field must be there), [1] or a scalar, for fields that are empty or na_value
// RFC 4180 with these limits: quotes stand around a whole field, and a line break is only inside quotes or before a
// field. select_cols, ascending, names the fields that are wanted; what is after the last of them is not looked at.
#include <string>
#include <vector>

#include "engine/ops/number.h"
#include "engine/ops/number_text.h"
#include "engine/ops/text_bytes.h"

namespace rivulet {
namespace {

struct State : OpState {
  char delimiter = ',';
  bool use_quotes = true;
  std::string missing;
  std::vector<int64_t> columns;  // none: all
};

Result<std::unique_ptr<State>> ReadAttrs(const AttrReader& attrs, int outputs) {
  auto state = std::make_unique<State>();
  const std::string delimiter = attrs.Str("field_delim");
  if (delimiter.size() != 1) return InvalidArgument("attr 'field_delim': want one character, got ", Quoted(delimiter));
  state->delimiter = delimiter[0];
  state->use_quotes = attrs.Bool("use_quote_delim");
  state->missing = attrs.Str("na_value");
  state->columns = attrs.Ints("select_cols");
  if (!state->columns.empty() && static_cast<int64_t>(state->columns.size()) != outputs) {
    return InvalidArgument("attr 'select_cols': want one for each of ", outputs, " outputs, got ",
                           static_cast<uint64_t>(state->columns.size()));
  }
  for (size_t i = 0; i < state->columns.size(); ++i) {
    if (state->columns[i] >= 0 && (i == 0 || state->columns[i] > state->columns[i - 1])) continue;
    return InvalidArgument("attr 'select_cols': want ascending columns >= 0, got ", state->columns[i]);
  }
  return state;
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(ReadAttrs(c.attrs(), c.num_outputs()).status());
  for (int i = 1; i < c.num_inputs(); ++i) {
    const Shape& shape = c.shape(i);
    if (!shape.has_rank()) continue;
    if (shape.rank() > 1 || (shape.rank() == 1 && shape[0] > 1)) {
      return InvalidArgument("record_defaults[", i - 1, "]: want at most one element, got shape ", shape);
    }
  }
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, c.shape(0));
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  RIVULET_ASSIGN_OR_RETURN(std::unique_ptr<State> state, ReadAttrs(c.attrs(), c.num_outputs()));
  return std::unique_ptr<OpState>(std::move(state));
}

// The field that begins at `at` without its quotes; moves `at` behind the delimiter after it.
Status TakeField(const State& state, std::string_view record, size_t* at, std::string* field) {
  field->clear();
  if (!state.use_quotes || record[*at] != '"') {
    for (; *at < record.size() && record[*at] != state.delimiter; ++*at) {
      const char c = record[*at];
      if (c == '\n' || c == '\r' || (state.use_quotes && c == '"')) {
        return InvalidArgument("a field without quotes around it has a quote or a line break inside");
      }
      field->push_back(c);
    }
    ++*at;
    return Status();
  }
  ++*at;
  while (*at + 1 < record.size() && (record[*at] != '"' || record[*at + 1] != state.delimiter)) {
    if (record[*at] == '"') {
      if (record[*at + 1] != '"') return InvalidArgument("a quote inside of a field wants a second one beside it");
      ++*at;
    }
    field->push_back(record[*at]);
    ++*at;
  }
  const bool closed =
      *at < record.size() && record[*at] == '"' && (*at + 1 == record.size() || record[*at + 1] == state.delimiter);
  if (!closed) return InvalidArgument("a quoted field wants a quote and then the end or the delimiter");
  *at += 2;
  return Status();
}

// The wanted fields of a record.
Status TakeFields(const State& state, std::string_view record, std::vector<std::string>* fields) {
  fields->clear();
  if (record.empty()) return Status();
  int64_t column = 0;
  const auto is_wanted = [&] { return state.columns.empty() || state.columns[fields->size()] == column; };
  std::string field;
  for (size_t at = 0; at < record.size();) {
    if (record[at] == '\n' || record[at] == '\r') {
      ++at;
      continue;
    }
    RIVULET_RETURN_IF_ERROR(TakeField(state, record, &at, &field));
    if (is_wanted()) {
      fields->push_back(field);
      if (fields->size() == state.columns.size()) return Status();
    }
    ++column;
  }
  if (record.back() == state.delimiter && is_wanted()) fields->emplace_back();
  return Status();
}

template <typename T>
Status SetField(RunContext& c, const State& state, int output, int64_t row, const std::string& field) {
  T& to = c.output(output).data<T>()[row];
  if (field.empty() || field == state.missing) {
    const Tensor& given = c.input(output + 1);
    if (given.num_elements() == 0) return InvalidArgument("field ", output, " is missing and has no default");
    to = *given.data<T>();
    return Status();
  }
  if constexpr (std::is_same_v<T, std::string>) {
    to = field;
  } else {
    if (!ReadNumber(field, &to)) {
      return InvalidArgument("field ", output, ": want a ", c.output(output).dtype(), ", got ", Quoted(field));
    }
  }
  return Status();
}

Status DecodeRecord(RunContext& c, const State& state, int64_t row, std::vector<std::string>* fields) {
  RIVULET_RETURN_IF_ERROR(TakeFields(state, c.input(0).data<std::string>()[row], fields));
  if (static_cast<int64_t>(fields->size()) != c.num_outputs()) {
    return InvalidArgument("want ", c.num_outputs(), " fields, got ", static_cast<uint64_t>(fields->size()));
  }
  for (int i = 0; i < c.num_outputs(); ++i) {
    Status status;
    VisitType<float, double, int32_t, int64_t, std::string>(c.output(i).dtype(), [&](auto tag) {
      status = SetField<typename decltype(tag)::Type>(c, state, i, row, (*fields)[static_cast<size_t>(i)]);
    });
    RIVULET_RETURN_IF_ERROR(std::move(status));
  }
  return Status();
}

Status Run(RunContext& c) {
  TextBytes bytes(c.allocator());
  std::vector<std::string> fields;
  for (int64_t row = 0; row < c.input(0).num_elements() && !c.stop().stopped(); ++row) {
    // An empty field takes a byte of the record and the memory of a string object while it is read.
    const CheckedSize size = static_cast<int64_t>(c.input(0).data<std::string>()[row].size());
    TextBytes parts(c.allocator());
    RIVULET_RETURN_IF_ERROR(bytes.Charge(size));
    RIVULET_RETURN_IF_ERROR(parts.Charge(size * static_cast<int64_t>(sizeof(std::string))));
    Status status = DecodeRecord(c, c.state<State>(), row, &fields);
    if (!status.ok()) return std::move(status).Framed(Cat("record ", row));
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "DecodeCSV",
     .inputs = "records:str, record_defaults:list(OUT_TYPE)",
     .outputs = "output:list(OUT_TYPE)",
     .attrs = "OUT_TYPE:list(type) in {f32,f64,i32,i64,str} >=1; field_delim:string=\",\"; use_quote_delim:bool=true; "
              "na_value:string=\"\"; select_cols:list(int)=[]",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(DecodeCsv, kDefs);

}  // namespace rivulet
