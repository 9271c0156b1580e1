#include "engine/ops/reduction.h"

#include <cstring>

#include "engine/graph/shape_math.h"
#include "engine/ops/indices.h"
#include "engine/ops/staging.h"

namespace rivulet {
namespace {

Result<std::vector<bool>> ReducedAxes(const Tensor& axes, int rank) {
  // More axes than a tensor can have repeat one, so the list need not be read to its end.
  if (axes.num_elements() > Shape::kMaxRank) {
    return InvalidArgument("want at most ", rank, " axes, got ", axes.num_elements());
  }
  return NormalizeAxes(ReadIndices(axes), rank);
}

// Visits the offsets of all positions within the reduced groups (or the kept ones) before `limit`, in row-major order.
class GroupWalk {
 public:
  GroupWalk(const ReductionGroups& groups, bool reduced, int limit) {
    for (int i = 0; i < limit; ++i) {
      if (groups.reduced[i] != reduced) continue;
      size_[num_] = groups.size[i];
      stride_[num_] = groups.stride[i];
      at_[num_++] = 0;
    }
  }
  int64_t offset() const { return offset_; }
  // Starts at position `index`.
  void Seek(int64_t index) {
    offset_ = 0;
    for (int i = num_ - 1; i >= 0; --i) {
      at_[i] = index % size_[i];
      index /= size_[i];
      offset_ += at_[i] * stride_[i];
    }
  }
  // False after the last one; the walk is then at the first again.
  bool Next() {
    for (int i = num_ - 1; i >= 0; --i) {
      offset_ += stride_[i];
      if (++at_[i] < size_[i]) return true;
      offset_ -= size_[i] * stride_[i];
      at_[i] = 0;
    }
    return false;
  }

 private:
  int num_ = 0;
  int64_t offset_ = 0;
  int64_t size_[ReductionGroups::kMaxGroups];
  int64_t stride_[ReductionGroups::kMaxGroups];
  int64_t at_[ReductionGroups::kMaxGroups];
};

constexpr int64_t kTile = 64;      // outputs folded side by side where neighbours are kept
constexpr int64_t kRun = 1 << 16;  // steps between two looks at the stop token

}  // namespace

Status InferReduction(InferContext& c) {
  const Shape& shape = c.shape(0);
  const bool keep_dims = c.attrs().Bool("keep_dims");
  if (c.shape(1).has_rank() && c.shape(1).rank() > 1) {
    return InvalidArgument("axes: want a scalar or a vector, got shape ", c.shape(1));
  }
  if (!shape.has_rank()) {
    c.set_output(0, Shape::UnknownRank());
    return Status();
  }
  const Tensor* axes = c.value(1);
  if (axes == nullptr) {
    c.set_output(0, keep_dims ? Shape::OfUnknownDims(shape.rank()) : Shape::UnknownRank());
    return Status();
  }
  RIVULET_ASSIGN_OR_RETURN(const std::vector<bool> reduced, ReducedAxes(*axes, shape.rank()));
  Shape out;
  for (int i = 0; i < shape.rank(); ++i) {
    if (!reduced[static_cast<size_t>(i)]) {
      out.push_back(shape[i]);
    } else if (keep_dims) {
      out.push_back(1);
    }
  }
  c.set_output(0, std::move(out));
  return Status();
}

Result<ReductionGroups> GroupAxes(const Tensor& input, const Tensor& axes) {
  const Shape& shape = input.shape();
  RIVULET_ASSIGN_OR_RETURN(const std::vector<bool> is_reduced, ReducedAxes(axes, shape.rank()));
  ReductionGroups groups;
  for (int i = 0; i < shape.rank(); ++i) {
    const int64_t dim = shape[i];
    if (dim == 1) continue;
    const bool reduced = is_reduced[static_cast<size_t>(i)];
    (reduced ? groups.num_reduced : groups.num_outputs) *= dim;
    if (groups.num_groups > 0 && groups.reduced[groups.num_groups - 1] == reduced) {
      groups.size[groups.num_groups - 1] *= dim;
      continue;
    }
    if (groups.num_groups == ReductionGroups::kMaxGroups) return Internal("an empty tensor was reduced");
    groups.size[groups.num_groups] = dim;
    groups.reduced[groups.num_groups++] = reduced;
  }
  int64_t stride = 1;
  for (int i = groups.num_groups - 1; i >= 0; --i) {
    groups.stride[i] = stride;
    stride *= groups.size[i];
  }
  return groups;
}

Status RunFoldLoop(RunContext& c, const FoldLoop& loop, bool counts) {
  if (c.output(0).num_elements() == 0) return Status();
  RIVULET_ASSIGN_OR_RETURN(const ReductionGroups groups, GroupAxes(c.input(0), c.input(1)));
  // The last reduced group is folded step by step, with the outputs beside it in tiles.
  const int end_group = groups.num_groups - 1;
  const int last = groups.last_is_reduced() ? end_group : std::max(end_group - 1, 0);
  const bool has_last = last < groups.num_groups && groups.reduced[last];
  const int64_t size = has_last ? groups.size[last] : 1;
  const int64_t inner = groups.num_groups == 0 || groups.last_is_reduced() ? 1 : groups.size[end_group];
  const int64_t tiles = (inner + kTile - 1) / kTile;
  const int64_t count = groups.num_reduced;
  const int64_t work = count > (1 << 20) ? count : count * std::min(inner, kTile);
  const auto* in = static_cast<const char*>(c.input(0).raw());
  auto* out = static_cast<char*>(c.output(0).raw());
  const StopToken& stop = c.stop();
  const auto body = [&](int64_t begin, int64_t end) {
    alignas(16) char acc[kTile * 16];
    GroupWalk kept(groups, false, last), reduced(groups, true, last);
    kept.Seek(begin / tiles);
    int64_t column = begin % tiles * kTile;
    FoldStep step{};
    step.acc = acc;
    step.stride = has_last ? groups.stride[last] : inner;
    step.share = counts ? count : 1;
    for (int64_t item = begin; item < end; ++item) {
      step.width = std::min(kTile, inner - column);
      step.out = out + static_cast<size_t>(item / tiles * inner + column) * loop.out_bytes;
      step.is_first = true;
      int64_t until_look = kRun;
      for (bool more = true; more;) {
        const int64_t from = kept.offset() + column + reduced.offset();
        more = reduced.Next();
        for (int64_t first = 0; first < size; first += kRun) {
          step.steps = std::min(kRun, size - first);
          step.in = in + static_cast<size_t>(from + first * step.stride) * loop.in_bytes;
          step.is_last = !more && first + step.steps == size;
          loop.run(step);
          step.is_first = false;
          until_look -= step.steps;
          if (until_look > 0) continue;
          if (stop.stopped()) return;
          until_look = kRun;
        }
      }
      column += kTile;
      if (column < inner) continue;
      column = 0;
      kept.Next();
    }
  };
  c.ParallelFor(groups.num_outputs / inner * tiles, std::max<int64_t>((1 << 15) / work, 1), body);
  return Status();
}

namespace {

// A kernel call: the middle axis of [outer, reduced, inner] is reduced.
struct ReduceCall {
  int64_t outer = 1, reduced = 1, inner = 1;
};

// One call per reduced group, in order: the innermost first, whose rows follow one another. Not where those are short:
// a group norm's few channels of a pixel are summed up when its pixels have become one.
int CallsFor(const ReductionGroups& groups, ReduceCall* calls) {
  constexpr int64_t kShortRow = 64;
  const int last = groups.num_groups - 1;
  const bool outermost_first = groups.last_is_reduced() && groups.size[last] < kShortRow;
  int num_calls = 0;
  for (int k = 0; k <= last; ++k) {
    const int i = outermost_first ? k : last - k;
    if (!groups.reduced[i]) continue;
    ReduceCall call;
    call.reduced = groups.size[i];
    // What earlier calls have reduced is no longer there.
    for (int j = 0; j < i; ++j) call.outer *= outermost_first && groups.reduced[j] ? 1 : groups.size[j];
    for (int j = i + 1; j <= last; ++j) call.inner *= !outermost_first && groups.reduced[j] ? 1 : groups.size[j];
    calls[num_calls++] = call;
  }
  if (num_calls == 0) calls[num_calls++] = {1, 1, groups.num_outputs};
  return num_calls;
}

}  // namespace

Status RunFloatReduction(RunContext& c, ReduceKind kind, const ReductionGroups& groups) {
  // Means are sums until the last call, squares only the first.
  ReduceCall calls[ReductionGroups::kMaxGroups];
  const int num_calls = CallsFor(groups, calls);

  ScratchPieces pieces;
  CheckedSize work = 0;
  for (int i = 0; i < num_calls; ++i) {
    const CheckedSize bytes = ReduceScratchBytes(calls[i].outer, calls[i].reduced, calls[i].inner);
    if (!bytes.valid() || (work.valid() && bytes.value() > work.value())) work = bytes;
  }
  const int64_t scratch = pieces.Add(work);
  int64_t between[2] = {0, 0};
  for (int i = 0; i < 2 && i + 1 < num_calls; ++i) {
    between[i] = pieces.Add(CheckedSize(calls[i].outer) * calls[i].inner * static_cast<int64_t>(sizeof(float)));
  }
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));

  float* out = c.output(0).data<float>();
  const float* from = c.input(0).data<float>();
  for (int i = 0; i < num_calls; ++i) {
    float* to = i + 1 == num_calls ? out : pieces.At<float>(between[i % 2]);
    ReduceKind step = kind;
    if (kind == ReduceKind::kMean && num_calls > 1) step = ReduceKind::kSum;
    if (kind == ReduceKind::kSumOfSquares && i > 0) step = ReduceKind::kSum;
    Reduce(step, from, calls[i].outer, calls[i].reduced, calls[i].inner, to, pieces.At<char>(scratch), c.pool(),
           c.stop());
    from = to;
  }
  if (kind == ReduceKind::kMean && num_calls > 1) {
    const auto count = static_cast<float>(groups.num_reduced);
    for (int64_t i = 0; i < groups.num_outputs; ++i) out[i] /= count;
  }
  if (kind == ReduceKind::kSumOfSquares) {
    for (int64_t i = 0; i < groups.num_outputs; ++i) out[i] = std::sqrt(out[i]);
  }
  return Status();
}

}  // namespace rivulet
