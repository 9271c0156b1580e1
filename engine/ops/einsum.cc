// Einsum: sums of products of one or two tensors, by an equation (einsum_equation.h).
//
// An operand is brought into the order [batch, free, summed] (or [batch, summed, free]) of its labels, where batch
// labels are in both operands and the output, free ones in one operand and the output, summed ones in both operands
// only. A label of one operand alone that the output lacks is summed before. A label twice in an operand takes the
// diagonal, twice in the output makes one. Then the product [batch, free of a, free of b] is a batch of matrix
// products, brought into the order of the output. Copies are left out where the memory is already right.
//
// half and bfloat16 are computed in float.
#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <type_traits>

#include "engine/graph/shape_math.h"
#include "engine/ops/einsum_equation.h"
#include "engine/ops/product.h"
#include "engine/ops/strided_copy.h"

namespace rivulet {
namespace {

struct State : OpState {
  EinsumEquation equation;
};

Status Infer(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const EinsumEquation equation, ParseEinsum(c.attrs().Str("equation"), c.num_inputs()));
  std::vector<Shape> shapes;
  for (int i = 0; i < c.num_inputs(); ++i) {
    shapes.push_back(c.shape(i));
    if (!c.shape(i).has_rank()) {
      c.set_output(0, Shape::UnknownRank());
      return Status();
    }
  }
  RIVULET_ASSIGN_OR_RETURN(const BoundEinsum bound, BindEinsum(equation, shapes));
  c.set_output(0, bound.OutputShape());
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  RIVULET_ASSIGN_OR_RETURN(state->equation, ParseEinsum(c.attrs().Str("equation"), c.num_inputs()));
  return std::unique_ptr<OpState>(std::move(state));
}

// Distinct labels of a dense or strided array, outermost first.
struct View {
  std::vector<int> labels;
  std::vector<int64_t> dims;
  std::vector<int64_t> strides;

  int Find(int label) const {
    const auto it = std::find(labels.begin(), labels.end(), label);
    return it == labels.end() ? -1 : static_cast<int>(it - labels.begin());
  }
  bool Has(int label) const { return Find(label) >= 0; }
};

// a * b where neither matters if it does not fit: strides of a tensor without elements.
int64_t WrappingProduct(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

// A tensor's labels, each once: a label twice walks the diagonal. An ellipsis axis of 1 beside a longer one is left
// out.
View ViewOf(const BoundEinsum& bound, size_t input, const Shape& shape) {
  View view;
  int64_t stride = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    const int label = bound.inputs[input][static_cast<size_t>(axis)];
    const int at = view.Find(label);
    if (at >= 0) {
      view.strides[static_cast<size_t>(at)] += stride;
    } else if (shape[axis] != 1 || bound.extents[static_cast<size_t>(label)] == 1) {
      view.labels.insert(view.labels.begin(), label);
      view.dims.insert(view.dims.begin(), shape[axis]);
      view.strides.insert(view.strides.begin(), stride);
    }
    stride = WrappingProduct(stride, shape[axis]);
  }
  return view;
}

// The elements of an array with these labels; the largest number when they cannot be counted, which no scratch memory
// has.
int64_t Product(const BoundEinsum& bound, const std::vector<int>& labels) {
  CheckedSize product = 1;
  bool empty = false;
  for (const int label : labels) {
    const int64_t extent = bound.extents[static_cast<size_t>(label)];
    empty |= extent == 0;
    product *= extent;
  }
  if (empty) return 0;
  return product.valid() ? product.value() : std::numeric_limits<int64_t>::max();
}

// The view's axes in the order of `labels`, to a dense array.
StridedLoop LoopTo(const View& view, const std::vector<int>& labels) {
  StridedLoop loop;
  for (const int label : labels) {
    const auto at = static_cast<size_t>(view.Find(label));
    loop.dims.push_back(view.dims[at]);
    loop.from.push_back(view.strides[at]);
  }
  loop.to.assign(labels.size(), 1);
  for (size_t i = labels.size(); i-- > 1;) loop.to[i - 1] = WrappingProduct(loop.to[i], loop.dims[i]);
  return loop;
}

bool IsPlainCopy(const StridedLoop& loop) {
  if (std::find(loop.dims.begin(), loop.dims.end(), 0) != loop.dims.end()) return true;
  const StridedLoop simple = Simplify(loop);
  return simple.dims.empty() || (simple.dims.size() == 1 && simple.from[0] == 1);
}

std::vector<int> Concat(std::initializer_list<std::vector<int>> lists) {
  std::vector<int> out;
  for (const auto& list : lists) out.insert(out.end(), list.begin(), list.end());
  return out;
}

template <typename T>
struct SumType {
  using type = T;
};
template <>
struct SumType<float> {
  using type = double;
};
template <>
struct SumType<Complex64> {
  using type = Complex128;
};

template <typename T>
void SumRows(RunContext& c, const void* from, int64_t rows, int64_t length, void* to) {
  using Sum = typename SumType<T>::type;
  const T* x = static_cast<const T*>(from);
  T* y = static_cast<T*>(to);
  c.ParallelFor(rows, std::max<int64_t>((1 << 14) / std::max<int64_t>(length, 1), 1), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      Sum sum = Sum(0);
      for (int64_t i = 0; i < length; ++i) sum += Sum(x[row * length + i]);
      y[row] = T(sum);
    }
  });
}

// y [batch, m, n] = a [batch, m] * b [batch, n], where a matrix product would have an inner size of 1.
template <typename T>
void Outer(RunContext& c, const ProductShape& s, const void* a, const void* b, void* out) {
  const int64_t grain = std::max<int64_t>((1 << 14) / std::max<int64_t>(s.n, 1), 1);
  c.ParallelFor(s.batch * s.m, grain, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T left = static_cast<const T*>(a)[row];
      const T* right = static_cast<const T*>(b) + row / s.m * s.n;
      T* to = static_cast<T*>(out) + row * s.n;
      for (int64_t j = 0; j < s.n; ++j) {
        if constexpr (std::is_same_v<T, Complex64> || std::is_same_v<T, Complex128>) {
          to[j] = T(left.real() * right[j].real() - left.imag() * right[j].imag(),
                    left.real() * right[j].imag() + left.imag() * right[j].real());
        } else {
          to[j] = left * right[j];
        }
      }
    }
  });
}

// Calls body(T()) with the element type that sums and products of `dtype` are made in.
template <typename Body>
void WithType(DType dtype, const Body& body) {
  switch (dtype) {
    case DType::kFloat: body(float()); break;
    case DType::kDouble: body(double()); break;
    case DType::kInt32: body(uint32_t()); break;
    case DType::kInt64: body(uint64_t()); break;
    case DType::kComplex64: body(Complex64()); break;
    case DType::kComplex128: body(Complex128()); break;
    default: break;
  }
}

// An operand on its way into a given order of labels.
class Operand {
 public:
  // `order` are the labels wanted, `summed` those to be summed before; together all of the view's.
  Operand(const Tensor& tensor, DType compute, const View& view, const std::vector<int>& order,
          const std::vector<int>& summed, const BoundEinsum& bound, ScratchPieces& pieces)
      : source_(tensor, compute, pieces),
        compute_(compute),
        loop_(LoopTo(view, Concat({order, summed}))),
        copy_(!IsPlainCopy(loop_)),
        sum_(!summed.empty()),
        rows_(Product(bound, order)),
        length_(Product(bound, summed)) {
    const CheckedSize bytes = static_cast<int64_t>(ElementBytes(compute));
    if (copy_) copied_ = pieces.Add(bytes * rows_ * length_);
    if (sum_) summed_ = pieces.Add(bytes * rows_);
  }

  const void* Fill(RunContext& c, const ScratchPieces& pieces) const {
    const void* at = source_.Fill(c, pieces);
    if (copy_) {
      StridedCopy(c, loop_, ElementBytes(compute_), at, pieces.At<void>(copied_));
      at = pieces.At<void>(copied_);
    }
    if (!sum_) return at;
    WithType(compute_, [&]<typename T>(T) { SumRows<T>(c, at, rows_, length_, pieces.At<void>(summed_)); });
    return pieces.At<void>(summed_);
  }

 private:
  ProductOperand source_;
  DType compute_;
  StridedLoop loop_;
  bool copy_;
  bool sum_;
  int64_t rows_;
  int64_t length_;
  int64_t copied_ = 0;
  int64_t summed_ = 0;
};

// The result on its way from a dense array in the order of `labels` into the output.
class Outcome {
 public:
  Outcome(const StagedOutput& output, Tensor& tensor, DType compute, const BoundEinsum& bound,
          const std::vector<int>& labels, ScratchPieces& pieces)
      : output_(output), count_(tensor.num_elements()), bytes_(ElementBytes(compute)) {
    const std::vector<int64_t> strides = RowMajorStrides(tensor.shape());
    loop_.from.assign(labels.size(), 1);
    for (const int label : labels) loop_.dims.push_back(bound.extents[static_cast<size_t>(label)]);
    for (size_t i = labels.size(); i-- > 1;) loop_.from[i - 1] = loop_.from[i] * loop_.dims[i];
    for (const int label : labels) {
      int64_t stride = 0;
      for (size_t axis = 0; axis < bound.output.size(); ++axis) {
        if (bound.output[axis] == label) stride += strides[axis];
      }
      loop_.to.push_back(stride);
    }
    const int64_t computed = Product(bound, labels);
    diagonal_ = computed != count_;
    StridedLoop back = loop_;
    std::swap(back.from, back.to);
    copy_ = diagonal_ || !IsPlainCopy(back);
    if (copy_) computed_ = pieces.Add(CheckedSize(computed) * static_cast<int64_t>(bytes_));
  }

  void* data(const ScratchPieces& pieces) const { return copy_ ? pieces.At<void>(computed_) : output_.data(pieces); }

  void Finish(RunContext& c, const ScratchPieces& pieces) const {
    if (copy_) {
      if (diagonal_) std::memset(output_.data(pieces), 0, static_cast<size_t>(count_) * bytes_);
      StridedCopy(c, loop_, bytes_, pieces.At<void>(computed_), output_.data(pieces));
    }
    output_.Finish(c, pieces);
  }

 private:
  const StagedOutput& output_;
  int64_t count_;
  size_t bytes_;
  StridedLoop loop_;
  bool diagonal_ = false;
  bool copy_ = false;
  int64_t computed_ = 0;
};

// The output's labels, each once.
std::vector<int> Distinct(const std::vector<int>& labels) {
  std::vector<int> out;
  for (const int label : labels) {
    if (std::find(out.begin(), out.end(), label) == out.end()) out.push_back(label);
  }
  return out;
}

Status RunOne(RunContext& c, const BoundEinsum& bound) {
  const DType compute = ComputeType(c.output(0).dtype());
  const View view = ViewOf(bound, 0, c.input(0).shape());
  const std::vector<int> order = Distinct(bound.output);
  std::vector<int> summed;
  for (const int label : view.labels) {
    if (std::find(order.begin(), order.end(), label) == order.end()) summed.push_back(label);
  }
  ScratchPieces pieces;
  const Operand operand(c.input(0), compute, view, order, summed, bound, pieces);
  const StagedOutput output(c.output(0), true, pieces);
  const Outcome outcome(output, c.output(0), compute, bound, order, pieces);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  const auto bytes = static_cast<size_t>(Product(bound, order)) * ElementBytes(compute);
  const void* computed = operand.Fill(c, pieces);
  std::memcpy(outcome.data(pieces), computed, bytes);
  outcome.Finish(c, pieces);
  return Status();
}

Status RunTwo(RunContext& c, const BoundEinsum& bound) {
  const DType compute = ComputeType(c.output(0).dtype());
  const std::vector<int> order = Distinct(bound.output);
  const auto in_output = [&](int label) { return std::find(order.begin(), order.end(), label) != order.end(); };
  View view[2] = {ViewOf(bound, 0, c.input(0).shape()), ViewOf(bound, 1, c.input(1).shape())};
  int first = 0;  // the input that is the left operand
  // The one whose free label comes first in the output is the left one.
  for (const int label : order) {
    if (view[0].Has(label) != view[1].Has(label)) {
      first = view[0].Has(label) ? 0 : 1;
      break;
    }
  }
  const View& a = view[first];
  const View& b = view[1 - first];
  std::vector<int> batch, free_a, free_b, inner, only_a, only_b;
  for (const int label : order) {
    if (a.Has(label) && b.Has(label)) {
      batch.push_back(label);
    } else {
      (a.Has(label) ? free_a : free_b).push_back(label);
    }
  }
  for (const int label : a.labels) {
    if (!in_output(label)) (b.Has(label) ? inner : only_a).push_back(label);
  }
  for (const int label : b.labels) {
    if (!in_output(label) && !a.Has(label)) only_b.push_back(label);
  }

  ProductShape shape;
  shape.batch = Product(bound, batch);
  shape.m = Product(bound, free_a);
  shape.n = Product(bound, free_b);
  shape.k = Product(bound, inner);
  const auto right_as_it_lies = [](const View& view, const std::vector<int>& labels, bool summed) {
    return !summed && IsPlainCopy(LoopTo(view, labels));
  };
  // Either order of the last two groups will do, if one of them needs no copy.
  shape.transpose_a = !right_as_it_lies(a, Concat({batch, free_a, inner}), !only_a.empty()) &&
                      right_as_it_lies(a, Concat({batch, inner, free_a}), !only_a.empty());
  shape.transpose_b = !right_as_it_lies(b, Concat({batch, inner, free_b}), !only_b.empty()) &&
                      right_as_it_lies(b, Concat({batch, free_b, inner}), !only_b.empty());

  ScratchPieces pieces;
  const Operand left(c.input(first), compute, a,
                     shape.transpose_a ? Concat({batch, inner, free_a}) : Concat({batch, free_a, inner}), only_a, bound,
                     pieces);
  const Operand right(c.input(1 - first), compute, b,
                      shape.transpose_b ? Concat({batch, free_b, inner}) : Concat({batch, inner, free_b}), only_b,
                      bound, pieces);
  const StagedOutput output(c.output(0), true, pieces);
  const Outcome outcome(output, c.output(0), compute, bound, Concat({batch, free_a, free_b}), pieces);
  std::optional<ProductRun> run;
  if (shape.k != 1) run.emplace(compute, shape, pieces);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  const void* x = left.Fill(c, pieces);
  const void* y = right.Fill(c, pieces);
  if (run) {
    run->Run(c, pieces, x, nullptr, y, nullptr, outcome.data(pieces));
  } else {
    WithType(compute, [&]<typename T>(T) { Outer<T>(c, shape, x, y, outcome.data(pieces)); });
  }
  outcome.Finish(c, pieces);
  return Status();
}

Status Run(RunContext& c) {
  if (c.output(0).num_elements() == 0) return Status();
  std::vector<Shape> shapes;
  for (int i = 0; i < c.num_inputs(); ++i) shapes.push_back(c.input(i).shape());
  RIVULET_ASSIGN_OR_RETURN(const BoundEinsum bound, BindEinsum(c.state<State>().equation, shapes));
  return c.num_inputs() == 1 ? RunOne(c, bound) : RunTwo(c, bound);
}

constexpr OpDef kDefs[] = {
    {.name = "Einsum",
     .inputs = "inputs:N*T",
     .outputs = "output:T",
     .attrs = "equation:string; N:int >=1; T:type in {bf16,f16,f32,f64,i32,i64,c64,c128}",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(Einsum, kDefs);

}  // namespace rivulet
