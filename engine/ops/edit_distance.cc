// EditDistance: Levenshtein's distance between sequences, the last dim of two sparse tensors of one rank >= 2.
//   indices [n, rank], values [n] of T, shape [rank], for the hypothesis and for the truth
//   -> y [the larger of the two dims, for all but the last]: 0 where neither has a sequence
// With normalize divided by the truth's length: infinite where only the hypothesis has a sequence, 1 where only the
// truth has. A sequence is a run of rows with the same leading indices; runs should be in order, as TensorFlow wants
// them too.
#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/ops/dims.h"
#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/sparse_parts.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

struct State : OpState {
  bool normalize = true;
};

// Inputs at, at + 1, at + 2: indices, values, shape.
Result<int64_t> CheckSparse(const InferContext& c, int at, std::string_view what) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(at, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(at + 1, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(at + 2, 1));
  const auto dim = [&](int input, int axis) {
    return c.shape(input).has_rank() ? c.shape(input)[axis] : Shape::kUnknownDim;
  };
  if (dim(at, 0) >= 0 && dim(at + 1, 0) >= 0 && dim(at, 0) != dim(at + 1, 0)) {
    return InvalidArgument(what, "_values: want one for each of ", dim(at, 0), " indices, got ", dim(at + 1, 0));
  }
  const int64_t width = dim(at, 1), rank = dim(at + 2, 0);
  if (width >= 0 && rank >= 0 && width != rank) {
    return InvalidArgument(what, "_indices: want ", rank, " columns, one for each dim, got ", width);
  }
  const int64_t known = rank >= 0 ? rank : width;
  if (known == 0 || known == 1) return InvalidArgument(what, "_shape: want rank >= 2, got ", known);
  return known;
}

Status Infer(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const int64_t hypothesis, CheckSparse(c, 0, "hypothesis"));
  RIVULET_ASSIGN_OR_RETURN(const int64_t truth, CheckSparse(c, 3, "truth"));
  if (hypothesis >= 0 && truth >= 0 && hypothesis != truth) {
    return InvalidArgument("want hypothesis and truth of one rank, got ", hypothesis, " and ", truth);
  }
  if (!c.known(2) || !c.known(5)) {
    const int64_t rank = std::max(hypothesis, truth);
    c.set_output(0, rank < 0 || rank > Shape::kMaxRank ? Shape::UnknownRank()
                                                       : Shape::OfUnknownDims(static_cast<int>(rank) - 1));
    return Status();
  }
  const std::vector<int64_t> a = c.ints(2), b = c.ints(5);
  std::vector<int64_t> dims;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] < 0 || b[i] < 0) return InvalidArgument("want dims >= 0, got ", std::min(a[i], b[i]));
    if (i + 1 < a.size()) dims.push_back(std::max(a[i], b[i]));
  }
  RIVULET_ASSIGN_OR_RETURN(Shape out, ShapeOf(dims, "hypothesis_shape and truth_shape"));
  if (out.num_elements() == 0) return InvalidArgument("want an output with elements, got shape ", out);
  c.set_output(0, std::move(out));
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->normalize = c.attrs().Bool("normalize");
  return std::unique_ptr<OpState>(std::move(state));
}

// A run of rows with the same leading indices.
class Sequences {
 public:
  Sequences(const Tensor& indices, int64_t rank)
      : indices_(indices.data<int64_t>()), rank_(rank), rows_(indices.dim(0)) {
    Next();
  }
  bool done() const { return begin_ == rows_; }
  int64_t begin() const { return begin_; }
  int64_t size() const { return end_ - begin_; }
  std::span<const int64_t> group() const { return Group(begin_); }
  void Next() {
    begin_ = end_;
    if (begin_ == rows_) return;
    do {
      ++end_;
    } while (end_ < rows_ && CompareIndices(Group(end_).data(), Group(begin_).data(), rank_ - 1) == 0);
  }

 private:
  std::span<const int64_t> Group(int64_t row) const { return {indices_ + row * rank_, static_cast<size_t>(rank_ - 1)}; }
  const int64_t* indices_;
  int64_t rank_;
  int64_t rows_;
  int64_t begin_ = 0, end_ = 0;
};

// Whether element `i` of a is another one than the `count` elements of b from `begin` on: all that depends on the type.
template <typename T>
void Compare(const Tensor& a, int64_t i, const Tensor& b, int64_t begin, int64_t count, bool* differs) {
  const T& element = static_cast<const T*>(a.raw())[i];
  const T* others = static_cast<const T*>(b.raw()) + begin;
  for (int64_t k = 0; k < count; ++k) {
    if constexpr (std::is_same_v<T, std::string>) {
      differs[k] = !(element == others[k]);
    } else {
      differs[k] = !(Widen(element) == Widen(others[k]));
    }
  }
}

using CompareElements = decltype(&Compare<float>);

constexpr uint32_t kWiden = kWidenComplex | kWidenInts;

// Integers are equal where their bits are.
CompareElements FindCompare(DType dtype) {
  CompareElements found = nullptr;
  VisitLoops<kWiden, float, double, Half, BFloat16, Complex64, Complex128, std::string>(
      dtype, [&](auto tag) { found = Compare<typename decltype(tag)::Type>; });
  if (found != nullptr) return found;
  switch (ElementBytes(dtype)) {
    case 1: return Compare<uint8_t>;
    case 2: return Compare<std::conditional_t<kHasLoops<kWiden, uint16_t>, uint16_t, uint64_t>>;
    case 4: return Compare<std::conditional_t<kHasLoops<kWiden, uint32_t>, uint32_t, uint64_t>>;
    default: return Compare<uint64_t>;
  }
}

int64_t Distance(CompareElements compare, const Tensor& a, const Sequences& a_at, const Tensor& b,
                 const Sequences& b_at, const StopToken& stop) {
  const int64_t size = b_at.size();
  std::vector<int64_t> costs(static_cast<size_t>(size) + 1);
  for (size_t k = 0; k < costs.size(); ++k) costs[k] = static_cast<int64_t>(k);
  const auto differs = std::make_unique<bool[]>(static_cast<size_t>(size));
  for (int64_t i = 0; i < a_at.size() && !stop.stopped(); ++i) {
    compare(a, a_at.begin() + i, b, b_at.begin(), size, differs.get());
    int64_t diagonal = costs[0];
    costs[0] = i + 1;
    for (size_t k = 1; k < costs.size(); ++k) {
      const int64_t replaced = diagonal + differs[k - 1];
      diagonal = costs[k];
      costs[k] = std::min({replaced, costs[k - 1] + 1, costs[k] + 1});
    }
  }
  return costs.back();
}

Status Run(RunContext& c) {
  const CompareElements compare = FindCompare(c.input(1).dtype());
  const bool normalize = c.state<State>().normalize;
  Tensor& output = c.output(0);
  float* out = output.data<float>();
  std::fill(out, out + output.num_elements(), 0.0f);
  const int64_t rank = c.input(2).num_elements();
  Sequences hypothesis(c.input(0), rank), truth(c.input(3), rank);
  while ((!hypothesis.done() || !truth.done()) && !c.stop().stopped()) {
    // Where both have words, the group that comes first is next.
    int order = hypothesis.done() ? 1 : -1;
    if (!hypothesis.done() && !truth.done()) {
      order = CompareIndices(hypothesis.group().data(), truth.group().data(), rank - 1);
    }
    const bool has_truth = order >= 0, has_hypothesis = order <= 0;
    const std::span<const int64_t> group = has_truth ? truth.group() : hypothesis.group();
    uint64_t place = 0;  // wraps around as it likes: one that is wrong is refused
    for (int axis = 0; axis < output.rank(); ++axis) {
      const auto dim = static_cast<uint64_t>(output.dim(axis));
      place = place * dim + static_cast<uint64_t>(group[static_cast<size_t>(axis)]);
    }
    if (place >= static_cast<uint64_t>(output.num_elements())) {
      return InvalidArgument(has_truth ? "truth" : "hypothesis", "_indices: row ",
                             has_truth ? truth.begin() : hypothesis.begin(), " is outside of the output's shape ",
                             output.shape());
    }
    float distance = 0;
    if (has_truth && has_hypothesis) {
      distance = static_cast<float>(Distance(compare, c.input(4), truth, c.input(1), hypothesis, c.stop()));
      if (normalize) distance /= static_cast<float>(truth.size());
    } else if (has_truth) {
      distance = normalize ? 1.0f : static_cast<float>(truth.size());
    } else {
      distance = normalize ? std::numeric_limits<float>::infinity() : static_cast<float>(hypothesis.size());
    }
    out[place] = distance;
    if (has_truth) truth.Next();
    if (has_hypothesis) hypothesis.Next();
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "EditDistance",
     .inputs = "hypothesis_indices:i64, hypothesis_values:T, hypothesis_shape:i64, truth_indices:i64, truth_values:T, "
               "truth_shape:i64",
     .outputs = "output:f32",
     .attrs = "normalize:bool=true; T:type in {f32,f64,i32,u8,i16,i8,str,c64,i64,bool,bf16,u16,c128,f16,u32,u64}",
     .infer = Infer,
     .prepare = Prepare,
     .run = kWidened<Run, kWiden, State>},
};

}  // namespace

RIVULET_OP_LIST(EditDistance, kDefs);

}  // namespace rivulet
