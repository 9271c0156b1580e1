// StringNGrams: runs of strings of each ragged row, joined with a separator. For each row all ngrams of the first
// width, then of the next. A width w sees the row between p pads, p = min(pad_width, w - 1), or w - 1 where pad_width
// is negative.
//   data [n], data_splits [rows + 1] -> ngrams [m], ngrams_splits [rows + 1]
// A row without any ngram gives with preserve_short_sequences all of itself between pad_width pads; an empty row
// nothing.
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "engine/ops/dims.h"
#include "engine/ops/indices.h"
#include "engine/ops/text_bytes.h"

namespace rivulet {
namespace {

struct State : OpState {
  std::string separator, left_pad, right_pad;
  std::vector<int64_t> widths;
  int64_t pad_width = 0;
  bool preserve_short = false;

  int64_t PadsOf(int64_t width) const { return pad_width < 0 ? width - 1 : std::min(pad_width, width - 1); }
  // How many ngrams a row of `length` has; both are below 2^32.
  int64_t CountOf(int64_t length, int64_t width) const {
    return std::max<int64_t>(0, length + 2 * PadsOf(width) - width + 1);
  }
};

Result<std::unique_ptr<State>> ReadAttrs(const AttrReader& attrs) {
  auto state = std::make_unique<State>();
  state->separator = attrs.Str("separator");
  state->left_pad = attrs.Str("left_pad");
  state->right_pad = attrs.Str("right_pad");
  state->widths = attrs.Ints("ngram_widths");
  state->pad_width = attrs.Int("pad_width");
  state->preserve_short = attrs.Bool("preserve_short_sequences");
  constexpr int64_t kLongest = std::numeric_limits<int32_t>::max();
  for (const int64_t width : state->widths) {
    if (width < 1 || width > kLongest) {
      return InvalidArgument("attr 'ngram_widths': want widths in [1, ", kLongest, "], got ", width);
    }
  }
  if (state->preserve_short && state->widths.empty() && state->pad_width < 0) {
    return InvalidArgument("attr 'pad_width': want >= 0 to preserve short sequences without widths, got ",
                           state->pad_width);
  }
  if (state->pad_width > kLongest) return InvalidArgument("attr 'pad_width': want <= ", kLongest);
  return state;
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(ReadAttrs(c.attrs()).status());
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  c.set_output(0, Shape{Shape::kUnknownDim});
  c.set_output(1, c.shape(1));
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  RIVULET_ASSIGN_OR_RETURN(std::unique_ptr<State> state, ReadAttrs(c.attrs()));
  return std::unique_ptr<OpState>(std::move(state));
}

Status CheckSplits(const std::vector<int64_t>& splits, int64_t size) {
  if (splits.empty()) return Status();
  if (splits[0] != 0) return InvalidArgument("data_splits: want a first split of 0, got ", splits[0]);
  for (size_t i = 1; i < splits.size(); ++i) {
    if (splits[i] < splits[i - 1] || splits[i] > size) {
      return InvalidArgument("data_splits[", static_cast<uint64_t>(i), "]: want [", splits[i - 1], ", ", size,
                             "], got ", splits[i]);
    }
  }
  if (splits.back() != size)
    return InvalidArgument("data_splits: want a last split of ", size, ", got ", splits.back());
  return Status();
}

// Ngram `index` of `count`, of `width` strings of the row between `pads` pads.
void MakeNgram(const State& state, const std::string* row, int64_t index, int64_t count, int64_t width, int64_t pads,
               std::string* out) {
  const int64_t left = std::max<int64_t>(0, pads - index);
  const int64_t right = std::max<int64_t>(0, pads - (count - (index + 1)));
  const int64_t begin = left > 0 ? 0 : index - pads;
  for (int64_t i = 0; i < width; ++i) {
    if (i > 0) *out += state.separator;
    *out += i < left ? state.left_pad : i < width - right ? row[begin + i - left] : state.right_pad;
  }
}

// Calls each(index, count, width, pads) for the ngrams of a row of `length`.
template <typename Each>
void ForEachNgram(const State& state, int64_t length, const Each& each) {
  bool any = false;
  for (const int64_t width : state.widths) {
    const int64_t count = state.CountOf(length, width);
    for (int64_t i = 0; i < count; ++i) each(i, count, width, state.PadsOf(width));
    any = any || count > 0;
  }
  if (!any && state.preserve_short && length > 0) {
    const int64_t pads = std::max<int64_t>(state.pad_width, 0);
    each(0, 1, length + 2 * pads, pads);
  }
}

Status Run(RunContext& c) {
  const State& state = c.state<State>();
  const Tensor& data = c.input(0);
  const std::vector<int64_t> splits = ToInt64s(c.input(1));
  RIVULET_RETURN_IF_ERROR(CheckSplits(splits, data.num_elements()));
  std::vector<int64_t> out_splits(splits.size());
  // Strings without splits are as many empty ngrams, for TensorFlow.
  if (data.num_elements() == 0 || splits.empty()) {
    RIVULET_RETURN_IF_ERROR(WriteIntegers(out_splits, c.output(1)));
    return c.AllocateOutput(0, data.shape());
  }
  CheckedSize total = 0;
  for (size_t row = 0; row + 1 < splits.size(); ++row) {
    const int64_t length = splits[row + 1] - splits[row];
    CheckedSize count = 0;
    for (const int64_t width : state.widths) count += state.CountOf(length, width);
    if (count.value() == 0 && state.preserve_short && length > 0) count = 1;
    total += count;
    out_splits[row + 1] = total.value();
  }
  RIVULET_RETURN_IF_ERROR(WriteIntegers(out_splits, c.output(1)));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, Shape{total.value()}));
  std::string* out = c.output(0).data<std::string>();
  TextBytes bytes(c.allocator());
  for (size_t row = 0; row + 1 < splits.size(); ++row) {
    const std::string* strings = data.data<std::string>() + splits[row];
    const int64_t length = splits[row + 1] - splits[row];
    // No ngram of the row is longer than its width times this.
    size_t longest_piece = std::max(state.left_pad.size(), state.right_pad.size());
    for (int64_t i = 0; i < length; ++i) longest_piece = std::max(longest_piece, strings[i].size());
    const CheckedSize longest = static_cast<int64_t>(longest_piece + state.separator.size());
    Status status;
    ForEachNgram(state, length, [&](int64_t index, int64_t count, int64_t width, int64_t pads) {
      if (!status.ok() || c.stop().stopped()) return;
      status = bytes.Charge(longest * width);
      if (!status.ok()) return;
      out->clear();
      MakeNgram(state, strings, index, count, width, pads, out);
      ++out;
    });
    RIVULET_RETURN_IF_ERROR(status);
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "StringNGrams",
     .inputs = "data:str, data_splits:Tsplits",
     .outputs = "ngrams:str, ngrams_splits:Tsplits",
     .attrs = "separator:string; ngram_widths:list(int) >=0; left_pad:string; right_pad:string; pad_width:int; "
              "preserve_short_sequences:bool; Tsplits:type=i64 in {i32,i64}",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(StringNGrams, kDefs);

}  // namespace rivulet
