// Transpose: y's axis i is x's axis perm[i]. ConjugateTranspose also conjugates complex elements.
#include <complex>

#include "engine/graph/shape_math.h"
#include "engine/kernels/transpose.h"
#include "engine/ops/dims.h"
#include "engine/ops/axis_copy.h"

namespace rivulet {
namespace {

Result<std::vector<int>> Permutation(const Tensor& perm, int rank) {
  const std::vector<int64_t> values = ReadIntegers(perm);
  if (perm.rank() != 1 || static_cast<int64_t>(values.size()) != rank) {
    return InvalidArgument("perm: want a vector of ", rank, " axes, got shape ", perm.shape());
  }
  std::vector<int> axes(values.size());
  std::vector<bool> seen(values.size(), false);
  for (size_t i = 0; i < values.size(); ++i) {
    auto axis = NormalizeAxis(values[i], rank);
    if (!axis.ok()) return std::move(axis).status().Framed(Cat("perm[", static_cast<int64_t>(i), "]"));
    if (seen[static_cast<size_t>(*axis)]) return InvalidArgument("perm: axis ", *axis, " is named twice");
    seen[static_cast<size_t>(*axis)] = true;
    axes[i] = *axis;
  }
  return axes;
}

Shape Permuted(const Shape& shape, const std::vector<int>& axes) {
  Shape out = shape;
  for (int i = 0; i < shape.rank(); ++i) out.set_dim(i, shape[axes[static_cast<size_t>(i)]]);
  return out;
}

Status Infer(InferContext& c) {
  const Shape& in = c.shape(0);
  RIVULET_ASSIGN_OR_RETURN(const int64_t length, VectorLength(c, 1, "perm"));
  if (length >= 0 && in.has_rank() && length != in.rank()) {
    return InvalidArgument("perm: want ", in.rank(), " axes, got ", length);
  }
  if (length > Shape::kMaxRank) return InvalidArgument("perm: want at most ", Shape::kMaxRank, " axes, got ", length);
  const auto rank = static_cast<int>(in.has_rank() ? in.rank() : length);
  if (rank < 0) return Status();
  Shape out = Shape::OfUnknownDims(rank);
  if (c.known(1)) {
    RIVULET_ASSIGN_OR_RETURN(const std::vector<int> axes, Permutation(*c.value(1), rank));
    if (in.has_rank()) out = Permuted(in, axes);
  }
  c.set_output(0, std::move(out));
  return Status();
}

Status Run(RunContext& c) {
  const Tensor& x = c.input(0);
  Tensor& y = c.output(0);
  RIVULET_ASSIGN_OR_RETURN(const std::vector<int> axes, Permutation(c.input(1), x.rank()));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, Permuted(x.shape(), axes)));
  if (x.num_elements() == 0) return Status();
  if (ElementBytes(x.dtype()) > 0 && x.rank() <= kMaxTransposeRank) {
    Transpose(x.raw(), x.rank(), x.shape().dims().data(), axes.data(), ElementBytes(x.dtype()), y.raw(), c.pool(),
              c.stop());
    return Status();
  }
  const std::vector<int64_t> from = RowMajorStrides(x.shape()), to = RowMajorStrides(y.shape());
  AxisCopy copy(x.dtype());
  for (int i = 0; i < x.rank(); ++i) {
    copy.Axis(y.dim(i), from[static_cast<size_t>(axes[static_cast<size_t>(i)])], to[static_cast<size_t>(i)]);
  }
  return copy.Run(c, x.raw(), 0, y.raw(), 0);
}

template <typename T>
void Conjugate(RunContext& c) {
  T* y = c.output(0).data<T>();
  c.ParallelFor(c.output(0).num_elements(), 1 << 14, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) y[i] = {y[i].real(), -y[i].imag()};
  });
}

Status RunConjugate(RunContext& c) {
  RIVULET_RETURN_IF_ERROR(Run(c));
  if (c.output(0).dtype() == DType::kComplex64) Conjugate<Complex64>(c);
  if (c.output(0).dtype() == DType::kComplex128) Conjugate<Complex128>(c);
  return Status();
}

constexpr char kAttrs[] =
    "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128}; Tperm:type=i32 in "
    "{i32,i64}";

constexpr OpDef kDefs[] = {
    {.name = "Transpose", .inputs = "x:T, perm:Tperm", .outputs = "y:T", .attrs = kAttrs, .infer = Infer, .run = Run},
    {.name = "ConjugateTranspose",
     .inputs = "x:T, perm:Tperm",
     .outputs = "y:T",
     .attrs = kAttrs,
     .infer = Infer,
     .run = RunConjugate},
};

}  // namespace

RIVULET_OP_LIST(Transpose, kDefs);

}  // namespace rivulet
