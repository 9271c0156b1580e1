// TFLite_Detection_PostProcess: what follows a single-shot detector's two heads, as one operator. TensorFlow's
// exporters put it into the graph; its kernel is TensorFlow Lite's.
//
//   box_encodings [1, n, 4 or more] (y, x, h, w, relative to the anchor), class_predictions [1, n, classes, with or
//   without the background in front], anchors [n, 4] (y, x, h, w)
//   -> boxes [1, size, 4] (top, left, bottom, right), classes [1, size], scores [1, size], num_detections [1], all
//   float32
//
//   centre = encoded / scale * anchor's size + anchor's centre;  half a side = exp(encoded / scale) * anchor's side / 2
//
// size is max_detections * max_classes_per_detection. The fast way thins out the boxes by the score of their best class
// and gives each box that is left with its best classes; the regular one thins out each class by itself, keeps the best
// detections_per_class of it, and then the best of all. Of equal scores the box that comes first wins, then the class
// that comes first. What is not used is zero.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/base/checked.h"
#include "engine/base/sort.h"
#include "engine/ops/box_overlap.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

struct State : OpState {
  int64_t max_detections = 0;
  int64_t classes_per_detection = 0;
  int64_t detections_per_class = 0;
  int64_t classes = 0;
  bool regular = false;
  float lowest_score = 0;
  float most_overlap = 0;
  double y_scale = 0, x_scale = 0, h_scale = 0, w_scale = 0;

  int64_t size() const { return max_detections * classes_per_detection; }
};

Status WantAtLeast(const char* name, int64_t value, int64_t least) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  if (value >= least && value <= kMost) return Status();
  return InvalidArgument("attr '", name, "': want ", least, " to ", kMost, ", got ", value);
}

Status Read(const AttrReader& attrs, State* state) {
  state->max_detections = attrs.Int("max_detections");
  state->classes_per_detection = attrs.Int("max_classes_per_detection");
  state->detections_per_class = attrs.Int("detections_per_class");
  state->classes = attrs.Int("num_classes");
  state->regular = attrs.Bool("use_regular_nms");
  state->lowest_score = attrs.Float("nms_score_threshold");
  state->most_overlap = attrs.Float("nms_iou_threshold");
  state->y_scale = attrs.Float("y_scale");
  state->x_scale = attrs.Float("x_scale");
  state->h_scale = attrs.Float("h_scale");
  state->w_scale = attrs.Float("w_scale");
  RIVULET_RETURN_IF_ERROR(WantAtLeast("max_detections", state->max_detections, 1));
  RIVULET_RETURN_IF_ERROR(WantAtLeast("max_classes_per_detection", state->classes_per_detection, 1));
  RIVULET_RETURN_IF_ERROR(WantAtLeast("detections_per_class", state->detections_per_class, 1));
  RIVULET_RETURN_IF_ERROR(WantAtLeast("num_classes", state->classes, 1));
  if (!(state->most_overlap > 0 && state->most_overlap <= 1)) {
    return InvalidArgument("attr 'nms_iou_threshold': want more than 0, at most 1, got ", state->most_overlap);
  }
  return Status();
}

Status Infer(InferContext& c) {
  State state;
  RIVULET_RETURN_IF_ERROR(Read(c.attrs(), &state));
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 3));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 3));
  RIVULET_RETURN_IF_ERROR(c.WantRank(2, 2));
  const Shape boxes = c.shape(0).has_rank() ? c.shape(0) : Shape::OfUnknownDims(3);
  const Shape scores = c.shape(1).has_rank() ? c.shape(1) : Shape::OfUnknownDims(3);
  const Shape anchors = c.shape(2).has_rank() ? c.shape(2) : Shape::OfUnknownDims(2);
  const auto differ = [](int64_t a, int64_t b) { return a >= 0 && b >= 0 && a != b; };
  if (differ(boxes[0], 1) || (boxes[2] >= 0 && boxes[2] < 4)) {
    return InvalidArgument("box_encodings: want [1,n,4 or more], got ", boxes);
  }
  if (differ(scores[0], 1) || differ(scores[1], boxes[1])) {
    return InvalidArgument("class_predictions: want [1,n,classes] for box_encodings ", boxes, ", got ", scores);
  }
  if (scores[2] >= 0 && scores[2] < state.classes) {
    return InvalidArgument("class_predictions: want ", state.classes, " classes or more, got ", scores[2]);
  }
  if (differ(anchors[1], 4) || differ(anchors[0], boxes[1]) || differ(anchors[0], scores[1])) {
    return InvalidArgument("anchors: want [n,4] for box_encodings ", boxes, ", got ", anchors);
  }
  c.set_output(0, {1, state.size(), 4});
  c.set_output(1, {1, state.size()});
  c.set_output(2, {1, state.size()});
  c.set_output(3, {1});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  RIVULET_RETURN_IF_ERROR(Read(c.attrs(), state.get()));
  return std::unique_ptr<OpState>(std::move(state));
}

struct Found {
  float score;
  int32_t box;
  int32_t label;
};

// Not a number counts as the least of all.
bool IsBetter(float a, float b) { return a > b || (std::isnan(b) && !std::isnan(a)); }

bool ComesBefore(const Found& a, const Found& b) {
  if (a.score != b.score) return a.score > b.score;
  return a.label != b.label ? a.label < b.label : a.box < b.box;
}

class Detector {
 public:
  Detector(RunContext& c, const State& state)
      : c_(c),
        state_(state),
        n_(c.input(1).dim(1)),
        stride_(c.input(1).dim(2)),
        scores_(c.input(1).data<float>() + stride_ - state.classes) {}

  Status Run() {
    const CheckedSize all = CheckedSize(n_) * state_.classes;
    most_ = all.valid() ? std::min(all.value(), state_.max_detections) : state_.max_detections;
    const CheckedSize bytes = (CheckedSize(n_) * 3 + CheckedSize(most_)) * static_cast<int64_t>(sizeof(Found)) +
                              CheckedSize(n_) * static_cast<int64_t>(4 * sizeof(float)) +
                              CheckedSize(state_.classes) * static_cast<int64_t>(sizeof(int32_t));
    if (!bytes.valid()) return ResourceExhausted("too many boxes: ", n_);
    RIVULET_ASSIGN_OR_RETURN(void* scratch, c_.Scratch(static_cast<size_t>(bytes.value())));
    waiting_ = static_cast<Found*>(scratch);
    taken_ = waiting_ + n_;
    merged_ = taken_ + n_;
    boxes_ = reinterpret_cast<float*>(merged_ + n_ + most_);
    labels_ = reinterpret_cast<int32_t*>(boxes_ + 4 * n_);
    RIVULET_RETURN_IF_ERROR(Decode());
    for (int i = 0; i < 3; ++i) {
      Tensor& out = c_.output(i);
      std::fill_n(out.data<float>(), out.num_elements(), 0.0f);
    }
    return state_.regular ? Regular() : Fast();
  }

 private:
  Status Decode() {
    const Tensor& encodings = c_.input(0);
    const float* anchor = c_.input(2).data<float>();
    for (int64_t i = 0; i < n_; ++i, anchor += 4) {
      const float* e = encodings.data<float>() + i * encodings.dim(2);
      const auto y = static_cast<float>(e[0] / state_.y_scale * anchor[2] + anchor[0]);
      const auto x = static_cast<float>(e[1] / state_.x_scale * anchor[3] + anchor[1]);
      const auto half_h = static_cast<float>(0.5 * std::exp(e[2] / state_.h_scale) * anchor[2]);
      const auto half_w = static_cast<float>(0.5 * std::exp(e[3] / state_.w_scale) * anchor[3]);
      float* box = boxes_ + 4 * i;
      box[0] = y - half_h;
      box[1] = x - half_w;
      box[2] = y + half_h;
      box[3] = x + half_w;
      if (box[0] > box[2] || box[1] > box[3]) {
        return InvalidArgument("anchors: box ", i, " has sides below 0: ", anchor[2], " x ", anchor[3]);
      }
    }
    return Status();
  }

  const float* ScoresOf(int64_t box) const { return scores_ + box * stride_; }

  // The best of the first `count` of waiting_ that do not overlap, at most `most`, into taken_.
  Status ThinOut(int64_t count, int64_t most, int64_t* num_taken) {
    Sort(waiting_, waiting_ + count, ComesBefore);
    int64_t n = 0;
    for (int64_t i = 0; i < count && n < most; ++i) {
      if (c_.stop().stopped()) return c_.stop().Why();
      const float* box = boxes_ + 4 * int64_t{waiting_[i].box};
      bool drop = false;
      for (int64_t j = 0; j < n && !drop; ++j) {
        drop = BoxOverlap(boxes_ + 4 * int64_t{taken_[j].box}, box) > state_.most_overlap;
      }
      if (!drop) taken_[n++] = waiting_[i];
    }
    *num_taken = n;
    return Status();
  }

  void Put(int64_t at, const Found& found) {
    std::copy_n(boxes_ + 4 * int64_t{found.box}, 4, c_.output(0).data<float>() + 4 * at);
    c_.output(1).data<float>()[at] = static_cast<float>(found.label);
    c_.output(2).data<float>()[at] = found.score;
  }

  Status Fast() {
    int64_t count = 0;
    for (int32_t i = 0; i < n_; ++i) {
      const float* s = ScoresOf(i);
      float best = s[0];
      for (int64_t k = 1; k < state_.classes; ++k) best = IsBetter(s[k], best) ? s[k] : best;
      if (best >= state_.lowest_score) waiting_[count++] = {best, i, 0};
    }
    int64_t n = 0;
    RIVULET_RETURN_IF_ERROR(ThinOut(count, most_, &n));
    const int64_t per_box = std::min(state_.classes_per_detection, state_.classes);
    for (int64_t i = 0; i < n; ++i) {
      const float* s = ScoresOf(taken_[i].box);
      std::iota(labels_, labels_ + state_.classes, 0);
      std::partial_sort(labels_, labels_ + per_box, labels_ + state_.classes,
                        [s](int32_t a, int32_t b) { return IsBetter(s[a], s[b]) || (!IsBetter(s[b], s[a]) && a < b); });
      for (int64_t k = 0; k < per_box; ++k) {
        Put(i * state_.classes_per_detection + k, {s[labels_[k]], taken_[i].box, labels_[k]});
      }
    }
    c_.output(3).data<float>()[0] = static_cast<float>(n);
    return Status();
  }

  Status Regular() {
    const int64_t per_class = std::min(state_.detections_per_class, most_);
    int64_t n = 0;
    for (int32_t label = 0; label < state_.classes; ++label) {
      int64_t count = 0;
      for (int32_t i = 0; i < n_; ++i) {
        const float score = ScoresOf(i)[label];
        if (score >= state_.lowest_score) waiting_[count++] = {score, i, label};
      }
      int64_t num_taken = 0;
      RIVULET_RETURN_IF_ERROR(ThinOut(count, per_class, &num_taken));
      std::copy_n(taken_, num_taken, merged_ + n);
      Sort(merged_, merged_ + n + num_taken, ComesBefore);
      n = std::min(n + num_taken, most_);
    }
    for (int64_t i = 0; i < n; ++i) Put(i, merged_[i]);
    c_.output(3).data<float>()[0] = static_cast<float>(n);
    return Status();
  }

  RunContext& c_;
  const State& state_;
  int64_t n_;
  int64_t stride_;
  const float* scores_;
  int64_t most_ = 0;  // detections
  Found* waiting_ = nullptr;
  Found* taken_ = nullptr;
  Found* merged_ = nullptr;
  float* boxes_ = nullptr;
  int32_t* labels_ = nullptr;
};

Status Run(RunContext& c) { return Detector(c, c.state<State>()).Run(); }

constexpr OpDef kDefs[] = {
    {.name = "TFLite_Detection_PostProcess",
     .inputs = "box_encodings:f32, class_predictions:f32, anchors:f32",
     .outputs = "detection_boxes:f32, detection_classes:f32, detection_scores:f32, num_detections:f32",
     .attrs =
         "max_detections:int; max_classes_per_detection:int; detections_per_class:int=100; use_regular_nms:bool=false; "
         "nms_score_threshold:float; nms_iou_threshold:float; num_classes:int; y_scale:float; x_scale:float; "
         "h_scale:float; w_scale:float",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(DetectionPostprocess, kDefs);

}  // namespace rivulet
