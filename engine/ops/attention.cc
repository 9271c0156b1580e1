#include "engine/ops/attention.h"

#include <algorithm>

#include "engine/kernels/attention.h"
#include "engine/ops/staging.h"

namespace rivulet {
namespace {

constexpr int kOperands = 3;  // then come masks
static_assert(kMostAttentionMasks == kAttentionMasks);

struct State : OpState {
  std::string q, k, v, scores, out;
  std::string batch;  // the letters of the scores but t and s
  float scale = 1.0f;
  bool keeps = true;
  float otherwise = 0.0f;
};

bool IsOfBatch(char letter) { return std::string_view("tsde").find(letter) == std::string_view::npos; }

// What each letter stands for.
class Extents {
 public:
  Extents() { std::fill(std::begin(extents_), std::end(extents_), 1); }

  // Errors where a letter's extents differ, unless they broadcast.
  Status Meet(std::string_view letters, const Shape& shape, const char* what) {
    if (shape.rank() != static_cast<int>(letters.size())) {
      return InvalidArgument(what, ": want rank ", letters.size(), ", got ", shape.rank());
    }
    for (int axis = 0; axis < shape.rank(); ++axis) {
      const auto at = static_cast<size_t>(letters[static_cast<size_t>(axis)]) % kLetters;
      const bool broadcasts = IsOfBatch(letters[static_cast<size_t>(axis)]);
      if (met_[at] && extents_[at] != shape[axis] && !(broadcasts && (extents_[at] == 1 || shape[axis] == 1))) {
        return InvalidArgument(what, ": want ", extents_[at], " along axis ", axis, ", got ", shape[axis]);
      }
      if (!met_[at] || extents_[at] == 1) extents_[at] = shape[axis];
      met_[at] = true;
    }
    return Status();
  }

  int64_t operator[](char letter) const { return extents_[static_cast<size_t>(letter) % kLetters]; }

 private:
  static constexpr size_t kLetters = 128;
  int64_t extents_[kLetters];
  bool met_[kLetters] = {};
};

Result<Extents> ExtentsOf(const State& state, const Shape& q, const Shape& k, const Shape& v) {
  Extents extents;
  RIVULET_RETURN_IF_ERROR(extents.Meet(state.q, q, "q"));
  RIVULET_RETURN_IF_ERROR(extents.Meet(state.k, k, "k"));
  RIVULET_RETURN_IF_ERROR(extents.Meet(state.v, v, "v"));
  return extents;
}

Result<State> Parse(const AttrReader& attrs) {
  State state;
  state.q = attrs.Str("q_axes");
  state.k = attrs.Str("k_axes");
  state.v = attrs.Str("v_axes");
  state.scores = attrs.Str("scores_axes");
  state.out = attrs.Str("out_axes");
  std::copy_if(state.scores.begin(), state.scores.end(), std::back_inserter(state.batch), IsOfBatch);
  if (state.batch.size() > kAttentionBatch) {
    return Unimplemented("attention with more than ", kAttentionBatch, " axes of a batch");
  }
  state.scale = attrs.Float("scale");
  state.keeps = attrs.Bool("keeps");
  state.otherwise = attrs.Float("otherwise");
  return state;
}

Status Infer(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const State state, Parse(c.attrs()));
  if (c.num_inputs() > kOperands + kAttentionMasks) {
    return InvalidArgument("want at most ", kAttentionMasks, " masks, got ", c.num_inputs() - kOperands);
  }
  if (!c.shape(0).complete() || !c.shape(1).complete() || !c.shape(2).complete()) {
    c.set_output(0, Shape::OfUnknownDims(static_cast<int>(state.out.size())));
    return Status();
  }
  RIVULET_ASSIGN_OR_RETURN(const Extents extents, ExtentsOf(state, c.shape(0), c.shape(1), c.shape(2)));
  for (int i = kOperands; i < c.num_inputs(); ++i) {
    const Shape& mask = c.shape(i);
    if (!mask.complete()) continue;
    const int missing = static_cast<int>(state.scores.size()) - mask.rank();
    if (missing < 0) return InvalidArgument("mask: want rank <= ", state.scores.size(), ", got ", mask.rank());
    for (int axis = 0; axis < mask.rank(); ++axis) {
      const int64_t want = extents[state.scores[static_cast<size_t>(axis + missing)]];
      if (mask[axis] == 1 || mask[axis] == want) continue;
      return InvalidArgument("mask: want 1 or ", want, " along axis ", axis, ", got ", mask[axis]);
    }
  }
  Shape out;
  for (const char letter : state.out) out.push_back(extents[letter]);
  c.set_output(0, out);
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  RIVULET_ASSIGN_OR_RETURN(State state, Parse(c.attrs()));
  return std::unique_ptr<OpState>(std::make_unique<State>(std::move(state)));
}

// How an array of `shape`, the last of `letters`, is walked by `row` and `column`. Along axes of one element it does
// not move, whatever the others' extent.
AttentionLayout LayoutOf(const State& state, std::string_view letters, const Shape& shape, char row, char column) {
  AttentionLayout layout;
  int64_t stride = 1;
  layout.column = 0;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    const char letter = letters[letters.size() - static_cast<size_t>(shape.rank() - axis)];
    const int64_t step = shape[axis] == 1 ? 0 : stride;
    if (letter == row) {
      layout.row = step;
    } else if (letter == column) {
      layout.column = step;
    } else {
      layout.batch[state.batch.find(letter)] = step;
    }
    stride *= shape[axis];
  }
  return layout;
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  Tensor& out = c.output(0);
  if (out.num_elements() == 0) return Status();
  RIVULET_ASSIGN_OR_RETURN(const Extents extents,
                           ExtentsOf(state, c.input(0).shape(), c.input(1).shape(), c.input(2).shape()));
  AttentionTask task;
  task.rows = extents['t'];
  task.keys = extents['s'];
  task.depth = extents['d'];
  task.width = extents['e'];
  if (task.keys == 0) {
    std::fill_n(out.data<float>(), out.num_elements(), 0.0f);
    return Status();
  }
  for (size_t i = 0; i < state.batch.size(); ++i) task.batch[i] = extents[state.batch[i]];
  task.scale = state.scale;
  task.q = c.input(0).data<float>();
  task.q_layout = LayoutOf(state, state.q, c.input(0).shape(), 't', 'd');
  task.k = c.input(1).data<float>();
  task.k_layout = LayoutOf(state, state.k, c.input(1).shape(), 's', 'd');
  task.v = c.input(2).data<float>();
  task.v_layout = LayoutOf(state, state.v, c.input(2).shape(), 's', 'e');
  task.out = out.data<float>();
  task.out_layout = LayoutOf(state, state.out, out.shape(), 't', 'e');
  for (int i = kOperands; i < c.num_inputs(); ++i) {
    const Tensor& from = c.input(i);
    AttentionMask& mask = task.masks[i - kOperands];
    mask.layout = LayoutOf(state, state.scores, from.shape(), 't', 's');
    mask.keeps = state.keeps;
    mask.otherwise = state.otherwise;
    if (from.dtype() == DType::kBool) {
      mask.chosen = static_cast<const uint8_t*>(from.raw());
    } else {
      mask.added = from.data<float>();
    }
  }
  ScratchPieces pieces;
  pieces.Add(AttentionScratchBytes(task, c.pool().num_threads()));
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  Attention(task, pieces.At<void>(0), c.pool(), c.stop());
  return c.stop().Why();
}

}  // namespace

const OpDef kAttention = {.name = "_Attention",
                          .inputs = "q:f32, k:f32, v:f32, masks:list(Tm)",
                          .outputs = "out:f32",
                          .attrs =
                              "Tm:list(type) in {f32,bool} >=0; q_axes:string; k_axes:string; v_axes:string; "
                              "scores_axes:string; out_axes:string; scale:float; keeps:bool=true; "
                              "otherwise:float=0",
                          .infer = Infer,
                          .prepare = Prepare,
                          .run = Run};

}  // namespace rivulet
