// StringSplit, StringSplitV2: the parts of the strings of a vector [N], as a sparse matrix: indices [n, 2], values [n],
// shape [2] = (N, most parts of a string).
//   StringSplit    at each byte that is in `delimiter`; an empty one gives the single bytes. An empty string has no
//   parts. StringSplitV2  at each `sep`; an empty one means runs of ASCII space. After `maxsplit` splits (if >= 0)
//   comes the rest.
#include <algorithm>
#include <string_view>
#include <vector>

#include "engine/ops/dims.h"
#include "engine/ops/number_text.h"
#include "engine/ops/text_bytes.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

using Parts = std::vector<std::string_view>;

struct State : OpState {
  bool skip_empty = true;
  int64_t maxsplit = -1;
};

void SplitAtBytes(std::string_view text, std::string_view delimiters, bool skip_empty, Parts* parts) {
  if (text.empty()) return;
  if (delimiters.empty()) {
    for (size_t i = 0; i < text.size(); ++i) parts->push_back(text.substr(i, 1));
    return;
  }
  for (size_t begin = 0;;) {
    const size_t end = std::min(text.find_first_of(delimiters, begin), text.size());
    if (!skip_empty || end > begin) parts->push_back(text.substr(begin, end - begin));
    if (end == text.size()) return;
    begin = end + 1;
  }
}

std::string_view WithoutSpaceBefore(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  return text;
}

void SplitAtSpace(std::string_view text, int64_t maxsplit, Parts* parts) {
  text = WithoutSpaceBefore(text);
  for (int64_t splits = 0; !text.empty();) {
    const auto end = static_cast<size_t>(std::find_if(text.begin(), text.end(), IsSpace) - text.begin());
    parts->push_back(text.substr(0, end));
    text = WithoutSpaceBefore(text.substr(end));
    if (++splits == maxsplit) {
      parts->push_back(text);
      return;
    }
  }
}

void SplitAtText(std::string_view text, std::string_view separator, int64_t maxsplit, Parts* parts) {
  int64_t splits = 0;
  for (size_t at = text.find(separator); at != std::string_view::npos; at = text.find(separator)) {
    parts->push_back(text.substr(0, at));
    text.remove_prefix(at + separator.size());
    if (++splits == maxsplit) break;
  }
  parts->push_back(text);
}

void SplitV1(const State& state, std::string_view text, std::string_view delimiters, Parts* parts) {
  SplitAtBytes(text, delimiters, state.skip_empty, parts);
}

void SplitV2(const State& state, std::string_view text, std::string_view separator, Parts* parts) {
  if (state.maxsplit == 0) {
    parts->push_back(text);
  } else if (separator.empty()) {
    SplitAtSpace(text, state.maxsplit, parts);
  } else {
    SplitAtText(text, separator, state.maxsplit, parts);
  }
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 1));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  c.set_output(0, Shape{Shape::kUnknownDim, 2});
  c.set_output(1, Shape{Shape::kUnknownDim});
  c.set_output(2, Shape{2});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, bool is_v2) {
  auto state = std::make_unique<State>();
  if (is_v2) {
    state->maxsplit = c.attrs().Int("maxsplit");
  } else {
    state->skip_empty = c.attrs().Bool("skip_empty");
  }
  return std::unique_ptr<OpState>(std::move(state));
}

template <auto kSplit>
Status Run(RunContext& c) {
  const State& state = c.state<State>();
  const Tensor& input = c.input(0);
  const std::string& separator = *c.input(1).data<std::string>();
  const int64_t rows = input.num_elements();
  int64_t most = 0;
  CheckedSize text = 0;
  for (int64_t row = 0; row < rows; ++row) text += static_cast<int64_t>(input.data<std::string>()[row].size());
  // The parts of one row are listed at a time; all of them together are counted first.
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(bytes.Charge(text));
  Parts parts;
  std::vector<int64_t> counts(static_cast<size_t>(rows));
  CheckedSize total = 0;
  for (int64_t row = 0; row < rows; ++row) {
    if (c.stop().stopped()) return Status();
    parts.clear();
    kSplit(state, input.data<std::string>()[row], separator, &parts);
    const auto count = static_cast<int64_t>(parts.size());
    counts[static_cast<size_t>(row)] = count;
    most = std::max(most, count);
    total += count;
  }
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, Shape{total.value(), 2}));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(1, Shape{total.value()}));
  int64_t* index = c.output(0).data<int64_t>();
  std::string* value = c.output(1).data<std::string>();
  for (int64_t row = 0; row < rows; ++row) {
    if (c.stop().stopped()) return Status();
    parts.clear();
    kSplit(state, input.data<std::string>()[row], separator, &parts);
    for (size_t i = 0; i < parts.size(); ++i) {
      *index++ = row;
      *index++ = static_cast<int64_t>(i);
      (value++)->assign(parts[i]);
    }
  }
  c.output(2).data<int64_t>()[0] = rows;
  c.output(2).data<int64_t>()[1] = most;
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "StringSplit",
     .inputs = "input:str, delimiter:str",
     .outputs = "indices:i64, values:str, shape:i64",
     .attrs = "skip_empty:bool=true",
     .infer = Infer,
     .prepare = With<Prepare, false>,
     .run = Run<SplitV1>,
     .flags = kDataDependent},
    {.name = "StringSplitV2",
     .inputs = "input:str, sep:str",
     .outputs = "indices:i64, values:str, shape:i64",
     .attrs = "maxsplit:int=-1",
     .infer = Infer,
     .prepare = With<Prepare, true>,
     .run = Run<SplitV2>,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(StringSplit, kDefs);

}  // namespace rivulet
