// InvertPermutation: y[x[i]] = i for a vector x that has every number of [0, n) once.
#include "engine/ops/dims.h"
#include "engine/ops/indices.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 1));
  c.set_output(0, c.shape(0));
  return Status();
}

template <typename T>
Status Invert(const Tensor& x, Tensor& y) {
  const int64_t n = x.num_elements();
  T* out = y.data<T>();
  for (int64_t i = 0; i < n; ++i) out[i] = -1;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t at = x.data<T>()[i];
    if (!InRange(at, n)) return InvalidArgument("x[", i, "]: want [0, ", n, "), got ", at);
    if (out[at] != -1) return InvalidArgument("x[", i, "]: ", at, " is there twice");
    out[at] = static_cast<T>(i);
  }
  return Status();
}

Status Run(RunContext& c) {
  const Tensor& x = c.input(0);
  if (x.rank() != 1) return InvalidArgument("x: want a vector, got shape ", x.shape());
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, x.shape()));
  if (x.dtype() == DType::kInt64) return Invert<int64_t>(x, c.output(0));
  if (x.num_elements() > INT32_MAX) return InvalidArgument("x: too long for int32");
  return Invert<int32_t>(x, c.output(0));
}

constexpr OpDef kDefs[] = {
    {.name = "InvertPermutation",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = "T:type=i32 in {i32,i64}",
     .infer = Infer,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(InvertPermutation, kDefs);

}  // namespace rivulet
