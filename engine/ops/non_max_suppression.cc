// NonMaxSuppression, V2 to V5, and NonMaxSuppressionWithOverlaps: the boxes with the highest scores that do not
// overlap.
//
//   boxes [n, 4]: two opposite corners (or overlaps [n, n]), scores [n], max_output_size, thresholds (scalars)
//   -> selected_indices [selected], and from V4 on the number of them; V5: selected_scores [selected] too
//
// Boxes with a score above score_threshold are taken in descending order of score, the lower index first among equal
// ones, unless their overlap with a box taken before (intersection over union) exceeds the threshold. With a
// soft_nms_sigma above 0 an overlap s lowers the score by exp(-s^2 / (2 sigma)) instead. With pad_to_max_output_size
// zeros follow up to max_output_size.
#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/checked.h"
#include "engine/ops/box_overlap.h"
#include "engine/ops/indices.h"
#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

// Inputs by version; -1 where it is missing.
struct Layout {
  int iou = -1;
  int score = -1;
  int sigma = -1;
  bool overlaps = false;
};
constexpr Layout kV1{}, kV2{.iou = 3}, kV3{.iou = 3, .score = 4}, kV5{.iou = 3, .score = 4, .sigma = 5},
    kOverlaps{.iou = 3, .score = 4, .overlaps = true};

Status CheckShapes(InferContext& c, bool overlaps) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  for (int i = 2; i < c.num_inputs(); ++i) RIVULET_RETURN_IF_ERROR(c.WantScalar(i));
  const Shape& boxes = c.shape(0);
  const Shape& scores = c.shape(1);
  if (!boxes.has_rank()) return Status();
  if (overlaps && boxes[0] >= 0 && boxes[1] >= 0 && boxes[0] != boxes[1]) {
    return InvalidArgument("overlaps: want a square, got ", boxes);
  }
  if (!overlaps && boxes[1] >= 0 && boxes[1] != 4) return InvalidArgument("boxes: want shape [n,4], got ", boxes);
  if (scores.has_rank() && scores[0] >= 0 && boxes[0] >= 0 && scores[0] != boxes[0]) {
    return InvalidArgument("scores: want one for each of ", boxes[0], " boxes, got ", scores[0]);
  }
  return Status();
}

bool Pads(const AttrReader& attrs, int num_outputs) { return num_outputs > 1 && attrs.Bool("pad_to_max_output_size"); }

Status InferShapes(InferContext& c, bool overlaps) {
  RIVULET_RETURN_IF_ERROR(CheckShapes(c, overlaps));
  int64_t count = Shape::kUnknownDim;
  if (c.known(2)) {
    const int64_t most = c.ints(2)[0];
    if (most < 0) return InvalidArgument("max_output_size: want >= 0, got ", most);
    if (Pads(c.attrs(), c.num_outputs())) count = most;
  }
  c.set_output(0, {count});
  if (c.num_outputs() == 3) c.set_output(1, {count});
  if (c.num_outputs() > 1) c.set_output(c.num_outputs() - 1, {});
  return Status();
}
Status Infer(InferContext& c) { return InferShapes(c, false); }
Status InferOverlaps(InferContext& c) { return InferShapes(c, true); }

struct State : OpState {
  float iou = 0;
  bool pad = false;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->pad = Pads(c.attrs(), c.num_outputs());
  return std::unique_ptr<OpState>(std::move(state));
}
Result<std::unique_ptr<OpState>> PrepareV1(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->iou = c.attrs().Float("iou_threshold");
  return std::unique_ptr<OpState>(std::move(state));
}

float Scalar(const Tensor& tensor) {
  return tensor.dtype() == DType::kHalf ? static_cast<float>(tensor.data<Half>()[0]) : tensor.data<float>()[0];
}

struct Candidate {
  float score;
  int32_t index;
  int32_t seen;  // the boxes taken before this number were looked at
};
bool Worse(const Candidate& a, const Candidate& b) {
  return a.score < b.score || (a.score == b.score && a.index > b.index);
}

// What a score is multiplied by for an overlap; rounded as T's arithmetic is.
template <typename T>
float Weight(float overlap, float scale) {
  const auto round = [](float x) { return static_cast<float>(T(x)); };
  const float s = round(overlap);
  return round(std::exp(round(round(scale * s) * s)));
}

template <typename T>
Status Select(RunContext& c, const Layout& layout) {
  const auto& state = c.state<State>();
  const Tensor& scores = c.input(1);
  const int64_t n = scores.num_elements();
  const int64_t most = Indices(c.input(2))[0];
  const auto round = [](float x) { return static_cast<float>(T(x)); };
  const float iou = layout.iou >= 0 ? Scalar(c.input(layout.iou)) : state.iou;
  const float lowest = layout.score >= 0 ? Scalar(c.input(layout.score)) : static_cast<float>(Lowest<T>());
  const float sigma = layout.sigma >= 0 ? Scalar(c.input(layout.sigma)) : 0;
  if (!layout.overlaps && !(iou >= 0 && iou <= 1)) return InvalidArgument("iou_threshold: want [0, 1], got ", iou);
  if (!(sigma >= 0)) return InvalidArgument("soft_nms_sigma: want >= 0, got ", sigma);
  if (n > std::numeric_limits<int32_t>::max()) return InvalidArgument("boxes: want fewer than 2^31, got ", n);
  const bool soft = sigma > 0;
  const float scale = soft ? round(-0.5f / sigma) : 0;

  // The heap of candidates, then the taken ones; each box is in one of them at most.
  const CheckedSize bytes = CheckedSize(n) * static_cast<int64_t>(sizeof(Candidate)) * 2;
  if (!bytes.valid()) return ResourceExhausted("too many boxes: ", n);
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(bytes.value())));
  auto* heap = static_cast<Candidate*>(scratch);
  Candidate* taken = heap + n;
  int64_t waiting = 0, count = 0;
  for (int64_t i = 0; i < n; ++i) {
    const auto score = static_cast<float>(static_cast<const T*>(scores.raw())[i]);
    if (score > lowest) heap[waiting++] = {score, static_cast<int32_t>(i), 0};
  }
  std::make_heap(heap, heap + waiting, Worse);
  const T* boxes = static_cast<const T*>(c.input(0).raw());
  const auto overlap = [&](int64_t a, int64_t b) {
    return layout.overlaps ? static_cast<float>(boxes[a * n + b]) : BoxOverlap(boxes + a * 4, boxes + b * 4);
  };
  while (count < most && waiting > 0) {
    if (c.stop().stopped()) return c.stop().Why();
    std::pop_heap(heap, heap + waiting, Worse);
    Candidate next = heap[--waiting];
    const float score = next.score;
    bool drop = false;
    for (int64_t j = count - 1; j >= next.seen && !drop; --j) {
      const float s = overlap(next.index, taken[j].index);
      if (soft) {
        next.score = round(next.score * Weight<T>(s, scale));
        drop = next.score <= lowest;
      } else {
        drop = s > iou;
      }
    }
    if (drop) continue;
    next.seen = static_cast<int32_t>(count);
    if (next.score == score) {
      taken[count++] = next;
    } else if (next.score > lowest) {
      heap[waiting++] = next;
      std::push_heap(heap, heap + waiting, Worse);
    }
  }

  const int64_t out = state.pad ? most : count;
  if (!state.pad) RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, {out}));
  for (int64_t i = 0; i < out; ++i) c.output(0).data<int32_t>()[i] = i < count ? taken[i].index : 0;
  if (c.num_outputs() == 3) {
    if (!state.pad) RIVULET_RETURN_IF_ERROR(c.AllocateOutput(1, {out}));
    for (int64_t i = 0; i < out; ++i) c.output(1).data<T>()[i] = T(i < count ? taken[i].score : 0.0f);
  }
  if (c.num_outputs() > 1) c.output(c.num_outputs() - 1).data<int32_t>()[0] = static_cast<int32_t>(count);
  return Status();
}

template <const Layout& kLayout>
Status Run(RunContext& c) {
  if constexpr (kHasLoops<kWidenHalves, Half>) {
    if (c.input(1).dtype() == DType::kHalf) return Select<Half>(c, kLayout);
  }
  return Select<float>(c, kLayout);
}

#define RIVULET_TYPES "T:type=f32 in {f16,f32}"
#define RIVULET_THRESHOLD "; T_threshold:type=f32 in {f16,f32}"

constexpr OpDef kDefs[] = {
    {.name = "NonMaxSuppression",
     .inputs = "boxes:f32, scores:f32, max_output_size:i32",
     .outputs = "selected_indices:i32",
     .attrs = "iou_threshold:float=0.5",
     .infer = Infer,
     .prepare = PrepareV1,
     .run = kWidened<Run<kV1>, kWidenHalves, State>,
     .flags = kDataDependent},
    {.name = "NonMaxSuppressionV2",
     .inputs = "boxes:T, scores:T, max_output_size:i32, iou_threshold:T_threshold",
     .outputs = "selected_indices:i32",
     .attrs = RIVULET_TYPES RIVULET_THRESHOLD,
     .infer = Infer,
     .prepare = Prepare,
     .run = kWidened<Run<kV2>, kWidenHalves, State>,
     .flags = kDataDependent},
    {.name = "NonMaxSuppressionV3",
     .inputs = "boxes:T, scores:T, max_output_size:i32, iou_threshold:T_threshold, score_threshold:T_threshold",
     .outputs = "selected_indices:i32",
     .attrs = RIVULET_TYPES RIVULET_THRESHOLD,
     .infer = Infer,
     .prepare = Prepare,
     .run = kWidened<Run<kV3>, kWidenHalves, State>,
     .flags = kDataDependent},
    {.name = "NonMaxSuppressionV4",
     .inputs = "boxes:T, scores:T, max_output_size:i32, iou_threshold:T_threshold, score_threshold:T_threshold",
     .outputs = "selected_indices:i32, valid_outputs:i32",
     .attrs = RIVULET_TYPES RIVULET_THRESHOLD "; pad_to_max_output_size:bool=false",
     .infer = Infer,
     .prepare = Prepare,
     .run = kWidened<Run<kV3>, kWidenHalves, State>,
     .flags = kDataDependent},
    {.name = "NonMaxSuppressionV5",
     .inputs = "boxes:T, scores:T, max_output_size:i32, iou_threshold:T, score_threshold:T, soft_nms_sigma:T",
     .outputs = "selected_indices:i32, selected_scores:T, valid_outputs:i32",
     .attrs = RIVULET_TYPES "; pad_to_max_output_size:bool=false",
     .infer = Infer,
     .prepare = Prepare,
     .run = kWidened<Run<kV5>, kWidenHalves, State>,
     .flags = kDataDependent},
    {.name = "NonMaxSuppressionWithOverlaps",
     .inputs = "overlaps:f32, scores:f32, max_output_size:i32, overlap_threshold:f32, score_threshold:f32",
     .outputs = "selected_indices:i32",
     .attrs = "",
     .infer = InferOverlaps,
     .prepare = Prepare,
     .run = kWidened<Run<kOverlaps>, kWidenHalves, State>,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(NonMaxSuppression, kDefs);

}  // namespace rivulet
