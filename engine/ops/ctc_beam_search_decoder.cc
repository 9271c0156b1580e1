// CTCBeamSearchDecoder: the most likely label sequences of the steps of a network, found with a beam of prefixes.
//
//   inputs [time, batch, classes] before softmax, the last class being the blank; sequence_length [batch] (less than 0
//   counts as 0) -> for each of top_paths paths, the best first: decoded_indices [n, 2] (sequence, place),
//   decoded_values [n], decoded_shape [batch, longest]; and log_probability [batch, top_paths]
//
// A prefix is a node of a tree, with the probabilities that the steps so far spell it and end in a blank, or in its
// last label (Graves 2012, section 7.5). A step gives every prefix in the beam its new probabilities and then tries to
// grow each by each label, as long as that is likelier than the least likely prefix in a full beam. With merge_repeated
// equal labels in a row count once in what is given out, although blanks separated them.
//
// Which of equally likely prefixes stay, and which come first, depends on the heap, as in TensorFlow. Of more than 16
// such prefixes its standard library's sort may choose others; here the order does not depend on the library.
#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/base/sort.h"
#include "engine/ops/log_sum.h"
#include "engine/ops/op.h"
#include "engine/ops/text_bytes.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 3));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  const int64_t paths = c.attrs().Int("top_paths"), width = c.attrs().Int("beam_width");
  if (width >= int64_t{1} << 31) return InvalidArgument("attr 'beam_width': want [1, 2^31), got ", width);
  if (paths > width) return InvalidArgument("attr 'top_paths': want at most beam_width, ", width, ", got ", paths);
  int64_t batch = c.shape(0).has_rank() ? c.shape(0)[1] : Shape::kUnknownDim;
  if (c.shape(1).has_rank() && c.shape(1)[0] >= 0) {
    if (batch >= 0 && batch != c.shape(1)[0]) {
      return InvalidArgument("sequence_length: want one for each of ", batch, " sequences, got ", c.shape(1)[0]);
    }
    batch = c.shape(1)[0];
  }
  const auto count = static_cast<int>(paths);
  for (int p = 0; p < count; ++p) {
    c.set_output(p, {Shape::kUnknownDim, 2});
    c.set_output(count + p, {Shape::kUnknownDim});
    c.set_output(2 * count + p, {2});
  }
  c.set_output(3 * count, {batch, paths});
  return Status();
}

struct State : OpState {
  int64_t beam_width = 1;
  int64_t top_paths = 1;
  bool merge = true;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->beam_width = c.attrs().Int("beam_width");
  state->top_paths = c.attrs().Int("top_paths");
  state->merge = c.attrs().Bool("merge_repeated");
  return std::unique_ptr<OpState>(std::move(state));
}

// Logarithms; `total` is that of both together.
template <typename T>
struct Probability {
  T total = kLogZero<T>;
  T blank = kLogZero<T>;
  T label = kLogZero<T>;
};

constexpr int32_t kNone = -1;

// A prefix; prefixes refer to one another by their place.
template <typename T>
struct Prefix {
  Probability<T> before, now;  // `now` is zero outside of the beam
  int32_t parent = kNone;
  int32_t label = kNone;
  int32_t first_child = kNone;
  int32_t next_sibling = kNone;
  int64_t in_beam_at = -1;  // the last step after which it was in the beam

  bool is_active() const { return now.total != kLogZero<T>; }
};

// The `limit` best of the prefixes that are pushed. Up to the limit they lie in the order of their coming, but that the
// worst is first once it was asked for; from then on in a heap, whose room for the element that falls out is the last.
template <typename T>
class Beam {
 public:
  Beam(const std::vector<Prefix<T>>& prefixes, int64_t limit)
      : prefixes_(prefixes), limit_(static_cast<size_t>(limit)) {}

  size_t size() const { return std::min(elements_.size(), limit_); }
  int32_t operator[](size_t i) const { return elements_[i]; }

  void Push(int32_t prefix) {
    const auto better = Better();
    if (is_heap_) {
      if (!better(prefix, elements_.front())) return;
      elements_.back() = prefix;
      std::push_heap(elements_.begin(), elements_.end(), better);
      std::pop_heap(elements_.begin(), elements_.end(), better);
      return;
    }
    elements_.push_back(prefix);
    if (worst_is_first_ && !better(elements_.back(), elements_.front())) {
      std::swap(elements_.front(), elements_.back());
    }
    if (elements_.size() <= limit_) return;
    std::make_heap(elements_.begin(), elements_.end(), better);
    std::pop_heap(elements_.begin(), elements_.end(), better);
    is_heap_ = true;
  }

  int32_t Worst() {
    if (!is_heap_ && !worst_is_first_) {
      const auto better = Better();
      size_t worst = 0;
      for (size_t i = 1; i < elements_.size(); ++i) {
        if (better(elements_[worst], elements_[i])) worst = i;
      }
      std::swap(elements_[0], elements_[worst]);
      worst_is_first_ = true;
    }
    return elements_.front();
  }

  // All, the best first; none are left.
  std::vector<int32_t> Take() {
    if (is_heap_) {
      elements_.pop_back();
      std::sort_heap(elements_.begin(), elements_.end(), Better());
    } else {
      StableSort(elements_.begin(), elements_.end(), Better());
    }
    is_heap_ = worst_is_first_ = false;
    return std::exchange(elements_, {});
  }

 private:
  // NaN is neither better nor worse than anything, which the algorithms on heaps stand; for sorting it is the worst.
  auto Better() const {
    return [this](int32_t a, int32_t b) { return Key(a) > Key(b); };
  }
  T Key(int32_t i) const {
    const T total = prefixes_[static_cast<size_t>(i)].now.total;
    return std::isnan(total) ? kLogZero<T> : total;
  }

  const std::vector<Prefix<T>>& prefixes_;
  const size_t limit_;
  std::vector<int32_t> elements_;
  bool is_heap_ = false;
  bool worst_is_first_ = false;
};

// The search over one sequence.
template <typename T>
class Search {
 public:
  Search(const State& state, int64_t classes, Allocator& allocator, const StopToken& stop)
      : beam_width_(state.beam_width),
        classes_(classes),
        stop_(stop),
        bytes_(allocator),
        beam_(prefixes_, state.beam_width) {}

  Status Start() {
    RIVULET_RETURN_IF_ERROR(bytes_.Charge(CheckedSize(classes_) * int64_t{sizeof(int32_t)}));
    child_.assign(static_cast<size_t>(classes_), kNone);
    RIVULET_ASSIGN_OR_RETURN(const int32_t root, Make(kNone, kNone));
    At(root).now.total = At(root).now.blank = 0;
    beam_.Push(root);
    return Status();
  }

  Status Step(const T* x) {
    ++step_;
    const T highest = *std::max_element(x, x + classes_);
    T sum = 0;
    for (int64_t k = 0; k < classes_; ++k) sum += std::exp(x[k] - highest);
    const T norm = highest + std::log(sum);
    made_.clear();
    const std::vector<int32_t> branches = beam_.Take();
    for (const int32_t b : branches) At(b).before = At(b).now;
    for (const int32_t b : branches) {
      Prefix<T>& prefix = At(b);
      if (prefix.parent != kNone) {
        const Prefix<T>& parent = At(prefix.parent);
        if (parent.is_active()) {
          const T from = prefix.label == parent.label ? parent.before.blank : parent.before.total;
          prefix.now.label = LogSum(prefix.now.label, from);
        }
        prefix.now.label += x[prefix.label] - norm;
      }
      prefix.now.blank = prefix.before.total + x[classes_ - 1] - norm;
      prefix.now.total = LogSum(prefix.now.blank, prefix.now.label);
      beam_.Push(b);
    }
    for (const int32_t b : branches) {
      if (stop_.stopped()) return stop_.Why();
      if (IsCandidate(At(b).before.total)) RIVULET_RETURN_IF_ERROR(Grow(b, x, norm));
    }
    DropOthers(branches);
    return Status();
  }

  // The labels and log probabilities of the best `count` prefixes.
  Status Best(int64_t count, bool merge, std::vector<std::vector<int32_t>>* paths, T* log_probability) {
    if (static_cast<size_t>(count) > beam_.size()) {
      return InvalidArgument("attr 'top_paths': want at most the ", beam_.size(), " paths that were found, got ",
                             count);
    }
    Beam<T> best(prefixes_, count);
    for (size_t i = 0; i < beam_.size(); ++i) best.Push(beam_[i]);
    const std::vector<int32_t> order = best.Take();
    for (int64_t p = 0; p < count; ++p) {
      int32_t at = order[static_cast<size_t>(p)];
      log_probability[p] = At(at).now.total;
      std::vector<int32_t>& path = paths[p].emplace_back();
      int32_t after = kNone;
      for (; At(at).parent != kNone; at = At(at).parent) {
        const int32_t label = At(at).label;
        if (!merge || label != after) path.push_back(label);
        after = label;
      }
      std::reverse(path.begin(), path.end());
    }
    return Status();
  }

 private:
  Prefix<T>& At(int32_t i) { return prefixes_[static_cast<size_t>(i)]; }

  bool IsCandidate(T total) {
    if (!(total > kLogZero<T>)) return false;
    return static_cast<int64_t>(beam_.size()) < beam_width_ || total > At(beam_.Worst()).now.total;
  }

  Status Grow(int32_t b, const T* x, T norm) {
    for (int32_t i = At(b).first_child; i != kNone; i = At(i).next_sibling)
      child_[static_cast<size_t>(At(i).label)] = i;
    Status status;
    for (int64_t k = 0; k + 1 < classes_ && status.ok(); ++k) {
      int32_t child = child_[static_cast<size_t>(k)];
      if (child != kNone && At(child).is_active()) continue;
      const Prefix<T>& prefix = At(b);
      const T from = k == prefix.label ? prefix.before.blank : prefix.before.total;
      Probability<T> grown;
      grown.label = grown.total = x[k] - norm + from;
      if (!IsCandidate(grown.total)) {
        if (child != kNone) At(child).now = At(child).before = Probability<T>();
        continue;
      }
      if (child == kNone) {
        auto made = Make(b, static_cast<int32_t>(k));
        status = made.status();
        if (!status.ok()) break;
        child = *made;
      }
      made_.push_back(child);
      At(child).now = grown;
      if (static_cast<int64_t>(beam_.size()) == beam_width_) At(beam_.Worst()).now = Probability<T>();
      beam_.Push(child);
    }
    for (int32_t i = At(b).first_child; i != kNone; i = At(i).next_sibling) {
      child_[static_cast<size_t>(At(i).label)] = kNone;
    }
    return status;
  }

  Result<int32_t> Make(int32_t parent, int32_t label) {
    int32_t made = free_;
    if (made != kNone) {
      free_ = At(made).next_sibling;
    } else {
      if (prefixes_.size() == prefixes_.capacity()) {
        // What is copied from is held until it is copied.
        const auto count = static_cast<int64_t>(std::max<size_t>(64, prefixes_.size() * 2));
        if (count > INT32_MAX) return ResourceExhausted("the beam has more than 2^31 prefixes");
        RIVULET_RETURN_IF_ERROR(bytes_.Charge(CheckedSize(count) * int64_t{sizeof(Prefix<T>) + 4 * sizeof(int32_t)}));
        prefixes_.reserve(static_cast<size_t>(count));
      }
      made = static_cast<int32_t>(prefixes_.size());
      prefixes_.emplace_back();
    }
    At(made) = Prefix<T>();
    At(made).parent = parent;
    At(made).label = label;
    if (parent != kNone) At(made).next_sibling = std::exchange(At(parent).first_child, made);
    return made;
  }

  // Frees what is neither in the beam nor the beginning of a prefix in it.
  void DropOthers(const std::vector<int32_t>& branches) {
    for (size_t i = 0; i < beam_.size(); ++i) At(beam_[i]).in_beam_at = step_;
    for (const int32_t b : made_) Drop(b);
    for (const int32_t b : branches) Drop(b);
  }

  void Drop(int32_t i) {
    while (At(i).parent != kNone && At(i).in_beam_at != step_ && At(i).first_child == kNone) {
      const int32_t parent = At(i).parent;
      int32_t* link = &At(parent).first_child;
      while (*link != i) link = &At(*link).next_sibling;
      *link = At(i).next_sibling;
      // Without a parent it is not dropped again.
      At(i).parent = kNone;
      At(i).next_sibling = std::exchange(free_, i);
      i = parent;
    }
  }

  const int64_t beam_width_;
  const int64_t classes_;
  const StopToken& stop_;
  TextBytes bytes_;
  std::vector<Prefix<T>> prefixes_;
  std::vector<int32_t> child_;  // by label, of the prefix that grows
  std::vector<int32_t> made_;   // in this step
  int32_t free_ = kNone;        // the first of those to be used again
  int64_t step_ = 0;
  Beam<T> beam_;
};

Status Store(RunContext& c, int path, int count, const std::vector<std::vector<int32_t>>& sequences) {
  int64_t total = 0;
  size_t longest = 0;
  for (const auto& sequence : sequences) {
    total += static_cast<int64_t>(sequence.size());
    longest = std::max(longest, sequence.size());
  }
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(path, {total, 2}));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(count + path, {total}));
  int64_t* index = c.output(path).data<int64_t>();
  int64_t* value = c.output(count + path).data<int64_t>();
  for (size_t b = 0; b < sequences.size(); ++b) {
    for (size_t t = 0; t < sequences[b].size(); ++t) {
      *index++ = static_cast<int64_t>(b);
      *index++ = static_cast<int64_t>(t);
      *value++ = sequences[b][t];
    }
  }
  int64_t* shape = c.output(2 * count + path).data<int64_t>();
  shape[0] = static_cast<int64_t>(sequences.size());
  shape[1] = static_cast<int64_t>(longest);
  return Status();
}

template <typename T>
Status Decode(RunContext& c) {
  const Tensor& inputs = c.input(0);
  const int64_t time = inputs.dim(0), batch = inputs.dim(1), classes = inputs.dim(2);
  if (inputs.num_elements() == 0) return InvalidArgument("inputs: want elements, got ", inputs.shape());
  if (classes > INT32_MAX) return InvalidArgument("inputs: want fewer than 2^31 classes, got ", classes);
  const State& state = c.state<State>();
  const auto count = static_cast<int>(state.top_paths);
  const int32_t* lengths = c.input(1).data<int32_t>();
  T* log_probability = c.output(3 * count).data<T>();
  // What the paths take until they are in the outputs.
  TextBytes bytes(c.allocator());
  std::vector<std::vector<std::vector<int32_t>>> paths(static_cast<size_t>(count));
  for (int64_t b = 0; b < batch; ++b) {
    if (lengths[b] > time) {
      return InvalidArgument("sequence_length[", b, "]: want at most ", time, ", got ", lengths[b]);
    }
    const int64_t steps = std::max(lengths[b], 0);
    constexpr auto kRow = int64_t{sizeof(std::vector<int32_t>)};
    RIVULET_RETURN_IF_ERROR(bytes.Charge((CheckedSize(steps) * 2 * int64_t{sizeof(int32_t)} + 2 * kRow) * count));
    Search<T> search(state, classes, c.allocator(), c.stop());
    RIVULET_RETURN_IF_ERROR(search.Start());
    for (int64_t t = 0; t < steps; ++t) {
      RIVULET_RETURN_IF_ERROR(search.Step(inputs.data<T>() + (t * batch + b) * classes));
    }
    RIVULET_RETURN_IF_ERROR(search.Best(count, state.merge, paths.data(), log_probability + b * count));
  }
  for (int p = 0; p < count; ++p) RIVULET_RETURN_IF_ERROR(Store(c, p, count, paths[static_cast<size_t>(p)]));
  return Status();
}

Status Run(RunContext& c) {
  if constexpr (kHasLoops<kWidenFloats, float>) {
    if (c.input(0).dtype() == DType::kFloat) return Decode<float>(c);
  }
  return Decode<double>(c);
}

constexpr OpDef kDefs[] = {
    {.name = "CTCBeamSearchDecoder",
     .inputs = "inputs:T, sequence_length:i32",
     .outputs = "decoded_indices:top_paths*i64, decoded_values:top_paths*i64, decoded_shape:top_paths*i64, "
                "log_probability:T",
     .attrs = "beam_width:int >=1; top_paths:int >=1; merge_repeated:bool=true; T:type=f32 in {f32,f64}",
     .infer = Infer,
     .prepare = Prepare,
     .run = kWidened<Run, kWidenFloats, State>,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(CtcBeamSearchDecoder, kDefs);

}  // namespace rivulet
