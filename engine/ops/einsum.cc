// Einsum, XlaEinsum: sums of products of one or two tensors, by an equation (einsum_equation.h), as einsum_plan.h says.
//
// half and bfloat16 are computed in float.
#include <algorithm>
#include <cstring>
#include <optional>
#include <type_traits>

#include "engine/ops/einsum_plan.h"

namespace rivulet {
namespace {

struct State : OpState {
  EinsumEquation equation;
  std::optional<EinsumPlan> plan;  // where shapes are known before the run
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
  std::vector<Shape> shapes;
  for (int i = 0; i < c.num_inputs(); ++i) shapes.push_back(c.shape(i));
  const auto is_complete = [](const Shape& shape) { return shape.complete(); };
  if (std::all_of(shapes.begin(), shapes.end(), is_complete) && c.output(0).shape.complete() &&
      c.output(0).shape.num_elements() > 0) {
    RIVULET_ASSIGN_OR_RETURN(const BoundEinsum bound, BindEinsum(state->equation, shapes));
    state->plan = PlanEinsum(bound, shapes, c.output(0).shape);
  }
  return std::unique_ptr<OpState>(std::move(state));
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

// An operand on its way into its order.
class Operand {
 public:
  Operand(const EinsumOperand& plan, const Tensor& tensor, DType compute, ScratchPieces& pieces)
      : plan_(plan), source_(tensor, compute, pieces), compute_(compute) {
    const CheckedSize bytes = static_cast<int64_t>(ElementBytes(compute));
    if (plan.copies) copied_ = pieces.Add(bytes * plan.rows * plan.length);
    if (plan.sums) summed_ = pieces.Add(bytes * plan.rows);
  }

  const void* Fill(RunContext& c, const ScratchPieces& pieces) const {
    const void* at = source_.Fill(c, pieces);
    if (plan_.copies) {
      RunCopy(c, plan_.copy, ElementBytes(compute_), at, pieces.At<void>(copied_));
      at = pieces.At<void>(copied_);
    }
    if (!plan_.sums) return at;
    WithType(compute_, [&]<typename T>(T) { SumRows<T>(c, at, plan_.rows, plan_.length, pieces.At<void>(summed_)); });
    return pieces.At<void>(summed_);
  }

 private:
  const EinsumOperand& plan_;
  ProductOperand source_;
  DType compute_;
  int64_t copied_ = 0;
  int64_t summed_ = 0;
};

// The result on its way into the output.
class Outcome {
 public:
  Outcome(const EinsumPlan& plan, Tensor& tensor, DType compute, ScratchPieces& pieces)
      : plan_(plan), output_(tensor, true, pieces), count_(tensor.num_elements()), bytes_(ElementBytes(compute)) {
    if (plan.copies_back) computed_ = pieces.Add(CheckedSize(plan.computed) * static_cast<int64_t>(bytes_));
  }

  void* data(const ScratchPieces& pieces) const {
    return plan_.copies_back ? pieces.At<void>(computed_) : output_.data(pieces);
  }

  void Finish(RunContext& c, const ScratchPieces& pieces) const {
    if (plan_.diagonal) std::memset(output_.data(pieces), 0, static_cast<size_t>(count_) * bytes_);
    if (plan_.copies_back) RunCopy(c, plan_.back, bytes_, pieces.At<void>(computed_), output_.data(pieces));
    output_.Finish(c, pieces);
  }

 private:
  const EinsumPlan& plan_;
  const StagedOutput output_;
  int64_t count_;
  size_t bytes_;
  int64_t computed_ = 0;
};

Status RunOne(RunContext& c, const EinsumPlan& plan) {
  const DType compute = ComputeType(c.output(0).dtype());
  ScratchPieces pieces;
  const Operand operand(plan.left, c.input(0), compute, pieces);
  const Outcome outcome(plan, c.output(0), compute, pieces);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  const void* computed = operand.Fill(c, pieces);
  std::memcpy(outcome.data(pieces), computed, static_cast<size_t>(plan.left.rows) * ElementBytes(compute));
  outcome.Finish(c, pieces);
  return Status();
}

Status RunTwo(RunContext& c, const EinsumPlan& plan) {
  const DType compute = ComputeType(c.output(0).dtype());
  ScratchPieces pieces;
  const Operand left(plan.left, c.input(plan.left.input), compute, pieces);
  const Operand right(plan.right, c.input(plan.right.input), compute, pieces);
  const Outcome outcome(plan, c.output(0), compute, pieces);
  std::optional<ProductRun> run;
  if (plan.shape.k != 1) run.emplace(compute, plan.shape, pieces);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  const void* x = left.Fill(c, pieces);
  const void* y = right.Fill(c, pieces);
  if (run) {
    run->Run(c, pieces, x, nullptr, y, nullptr, outcome.data(pieces));
  } else {
    WithType(compute, [&]<typename T>(T) { Outer<T>(c, plan.shape, x, y, outcome.data(pieces)); });
  }
  outcome.Finish(c, pieces);
  return Status();
}

Status RunPlan(RunContext& c, const EinsumPlan& plan) {
  return c.num_inputs() == 1 ? RunOne(c, plan) : RunTwo(c, plan);
}

Status Run(RunContext& c) {
  if (c.output(0).num_elements() == 0) return Status();
  const auto& state = c.state<State>();
  if (state.plan) return RunPlan(c, *state.plan);
  std::vector<Shape> shapes;
  for (int i = 0; i < c.num_inputs(); ++i) shapes.push_back(c.input(i).shape());
  RIVULET_ASSIGN_OR_RETURN(const BoundEinsum bound, BindEinsum(state.equation, shapes));
  return RunPlan(c, PlanEinsum(bound, shapes, c.output(0).shape()));
}

constexpr OpDef kDefs[] = {
    {.name = "Einsum",
     .inputs = "inputs:N*T",
     .outputs = "output:T",
     .attrs = "equation:string; N:int >=1; T:type in {bf16,f16,f32,f64,i32,i64,c64,c128}",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
    {.name = "XlaEinsum",
     .inputs = "a:T, b:T",
     .outputs = "product:T",
     .attrs = "equation:string; T:type in {bf16,f32,c64}",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(Einsum, kDefs);

}  // namespace rivulet
