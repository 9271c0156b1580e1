// CombinedNonMaxSuppression: per image and class the best boxes that do not overlap, then the best of all classes.
//
//   boxes [batch, n, q, 4] with q = 1 (shared by all classes) or q = classes, scores [batch, n, classes], scalars
//   max_output_size_per_class, max_total_size, iou_threshold, score_threshold
//   -> boxes [batch, size, 4], scores [batch, size], classes [batch, size] as float32, valid_detections [batch]
//
// size is max_total_size, with pad_per_class at most max_output_size_per_class * classes; what is not used is zero.
// clip_boxes limits the results to [0, 1].
#include <algorithm>

#include "engine/base/checked.h"
#include "engine/base/sort.h"
#include "engine/ops/box_overlap.h"
#include "engine/ops/indices.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 4));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 3));
  for (int i = 2; i < 6; ++i) RIVULET_RETURN_IF_ERROR(c.WantScalar(i));
  const Shape boxes = c.shape(0).has_rank() ? c.shape(0) : Shape::OfUnknownDims(4);
  const Shape scores = c.shape(1).has_rank() ? c.shape(1) : Shape::OfUnknownDims(3);
  const auto differ = [](int64_t a, int64_t b) { return a >= 0 && b >= 0 && a != b; };
  if (differ(boxes[3], 4)) return InvalidArgument("boxes: want shape [batch,n,q,4], got ", boxes);
  if (differ(boxes[0], scores[0]) || differ(boxes[1], scores[1])) {
    return InvalidArgument("scores: want [batch,n,classes] for boxes ", boxes, ", got ", scores);
  }
  if (boxes[2] != 1 && differ(boxes[2], scores[2])) {
    return InvalidArgument("boxes: want 1 or ", scores[2], " per place, got ", boxes[2]);
  }
  int64_t size = Shape::kUnknownDim;
  if (c.known(2) && c.ints(2)[0] <= 0) {
    return InvalidArgument("max_output_size_per_class: want > 0, got ", c.ints(2)[0]);
  }
  if (c.known(3)) {
    size = c.ints(3)[0];
    if (size <= 0) return InvalidArgument("max_total_size: want > 0, got ", size);
    if (c.attrs().Bool("pad_per_class")) {
      if (c.known(2) && scores[2] >= 0) {
        const CheckedSize all = CheckedSize(c.ints(2)[0]) * scores[2];
        if (all.valid()) size = std::min(size, all.value());
      } else {
        size = Shape::kUnknownDim;
      }
    }
  }
  const int64_t batch = boxes[0] >= 0 ? boxes[0] : scores[0];
  c.set_output(0, {batch, size, 4});
  c.set_output(1, {batch, size});
  c.set_output(2, {batch, size});
  c.set_output(3, {batch});
  return Status();
}

struct State : OpState {
  bool clip = true;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->clip = c.attrs().Bool("clip_boxes");
  return std::unique_ptr<OpState>(std::move(state));
}

struct Candidate {
  float score;
  int64_t box;
  int64_t label;
};

Status Run(RunContext& c) {
  const Tensor& boxes = c.input(0);
  const Tensor& scores = c.input(1);
  const int64_t batch = scores.dim(0), n = scores.dim(1), classes = scores.dim(2), shared = boxes.dim(2);
  const int64_t per_class = std::min<int64_t>(c.input(2).data<int32_t>()[0], n);
  const float iou = c.input(4).data<float>()[0];
  const float lowest = c.input(5).data<float>()[0];
  if (!(iou >= 0 && iou <= 1)) return InvalidArgument("iou_threshold: want [0, 1], got ", iou);
  if (batch == 0) return Status();
  const int64_t size = c.output(1).dim(1);

  // The waiting candidates of a class, then the taken ones of all classes.
  const CheckedSize count = CheckedSize(n) + CheckedSize(per_class) * classes;
  const CheckedSize bytes = count * static_cast<int64_t>(sizeof(Candidate));
  if (!bytes.valid()) return ResourceExhausted("too many boxes: ", n, " of ", classes, " classes");
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(bytes.value())));
  auto* heap = static_cast<Candidate*>(scratch);
  Candidate* taken = heap + n;
  const auto worse = [](const Candidate& a, const Candidate& b) { return a.score < b.score; };
  const auto better = [](const Candidate& a, const Candidate& b) { return a.score > b.score; };

  for (int64_t image = 0; image < batch; ++image) {
    const float* score = scores.data<float>() + image * n * classes;
    const float* box = boxes.data<float>() + image * n * shared * 4;
    int64_t found = 0;
    for (int64_t label = 0; label < (n > 0 ? classes : 0); ++label) {
      const auto box_at = [&](int64_t i) { return box + (i * shared + (shared > 1 ? label : 0)) * 4; };
      int64_t waiting = 0;
      for (int64_t i = 0; i < n; ++i) {
        const float s = score[i * classes + label];
        if (!(s > lowest)) continue;
        heap[waiting++] = {s, i, label};
        std::push_heap(heap, heap + waiting, worse);
      }
      const int64_t first = found;
      while (waiting > 0 && found - first < per_class) {
        if (c.stop().stopped()) return c.stop().Why();
        std::pop_heap(heap, heap + waiting, worse);
        const Candidate next = heap[--waiting];
        bool drop = false;
        for (int64_t j = found - 1; j >= first && !drop; --j)
          drop = BoxOverlap(box_at(next.box), box_at(taken[j].box)) > iou;
        if (!drop) taken[found++] = next;
      }
    }
    Sort(taken, taken + found, better);

    float* out_boxes = c.output(0).data<float>() + image * size * 4;
    float* out_scores = c.output(1).data<float>() + image * size;
    float* out_classes = c.output(2).data<float>() + image * size;
    const int64_t valid = std::min(found, size);
    for (int64_t i = 0; i < valid; ++i) {
      const float* from = box + (taken[i].box * shared + (shared > 1 ? taken[i].label : 0)) * 4;
      for (int64_t k = 0; k < 4; ++k) {
        out_boxes[i * 4 + k] = c.state<State>().clip ? std::max(std::min(from[k], 1.0f), 0.0f) : from[k];
      }
      out_scores[i] = taken[i].score;
      out_classes[i] = static_cast<float>(taken[i].label);
    }
    std::fill(out_boxes + valid * 4, out_boxes + size * 4, 0.0f);
    std::fill(out_scores + valid, out_scores + size, 0.0f);
    std::fill(out_classes + valid, out_classes + size, 0.0f);
    c.output(3).data<int32_t>()[image] = static_cast<int32_t>(valid);
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "CombinedNonMaxSuppression",
     .inputs = "boxes:f32, scores:f32, max_output_size_per_class:i32, max_total_size:i32, iou_threshold:f32, "
               "score_threshold:f32",
     .outputs = "nmsed_boxes:f32, nmsed_scores:f32, nmsed_classes:f32, valid_detections:i32",
     .attrs = "pad_per_class:bool=false; clip_boxes:bool=true",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(CombinedNonMaxSuppression, kDefs);

}  // namespace rivulet
