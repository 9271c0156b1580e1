// UnravelIndex: the coordinates, in an array of shape `dims`, of elements given by their row-major numbers; one row of
// the output for each dim. A number below 0 gets the coordinates of its magnitude with their signs turned, as in
// TensorFlow.
#include "engine/base/checked.h"
#include "engine/ops/dims.h"
#include "engine/ops/indices.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const int64_t rank, VectorLength(c, 1, "dims"));
  const Shape& indices = c.shape(0);
  if (!indices.has_rank()) return Status();
  if (indices.rank() > 1) return InvalidArgument("indices: want a scalar or a vector, got shape ", indices);
  if (indices.num_elements() == 0) return InvalidArgument("indices: want at least one, got none");
  Shape out{rank};
  if (indices.rank() == 1) out.push_back(indices[0]);
  c.set_output(0, std::move(out));
  return Status();
}

template <typename T>
Status Write(RunContext& c) {
  const Tensor& indices = c.input(0);
  const auto dims = c.input(1).values<T>();
  CheckedSize size = 1;
  for (size_t d = 0; d < dims.size(); ++d) {
    if (dims[d] <= 0) return InvalidArgument("dims[", static_cast<int64_t>(d), "]: want > 0, got ", dims[d]);
    size *= dims[d];
  }
  if (!size.valid()) return InvalidArgument("dims: an array with more elements than fit into int64");
  const int64_t count = indices.num_elements();
  T* out = c.output(0).data<T>();
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = indices.data<T>()[i];
    if (rest >= size.value()) return InvalidArgument("indices[", i, "]: want [0, ", size.value(), "), got ", rest);
    for (size_t d = dims.size(); d-- > 0;) {
      out[static_cast<int64_t>(d) * count + i] = static_cast<T>(rest % dims[d]);
      rest /= dims[d];
    }
  }
  return Status();
}

Status Run(RunContext& c) {
  const Tensor& indices = c.input(0);
  if (c.input(1).rank() != 1 || indices.rank() > 1) {
    return InvalidArgument("want indices as a scalar or a vector and dims as a vector, got shapes ", indices.shape(),
                           " and ", c.input(1).shape());
  }
  if (indices.num_elements() == 0) return InvalidArgument("indices: want at least one, got none");
  Shape want{c.input(1).dim(0)};
  if (indices.rank() == 1) want.push_back(indices.dim(0));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, want));
  return indices.dtype() == DType::kInt32 ? Write<int32_t>(c) : Write<int64_t>(c);
}

constexpr OpDef kDefs[] = {
    {.name = "UnravelIndex",
     .inputs = "indices:Tidx, dims:Tidx",
     .outputs = "output:Tidx",
     .attrs = "Tidx:type=i32 in {i32,i64}",
     .infer = Infer,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(UnravelIndex, kDefs);

}  // namespace rivulet
