// SparseToDense: a tensor of a default value with some elements set.
//
//   sparse_indices [n, rank] ([n] or [] for rank 1), output_shape [rank], sparse_values [n] or [], default_value: a
//   scalar -> dense of output_shape
//
// Indices outside are an error. With validate_indices they must also be strictly increasing; without, the last value
// set at a place stays.
#include <algorithm>

#include "engine/ops/indices.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(3));
  const Shape& indices = c.shape(0);
  const Shape& values = c.shape(2);
  if (indices.rank() > 2) return InvalidArgument("sparse_indices: want at most rank 2, got ", indices);
  const int64_t count = !indices.has_rank() ? Shape::kUnknownDim : indices.rank() == 0 ? 1 : indices[0];
  if (values.has_rank() && values.rank() != 0 &&
      (values.rank() != 1 || (count >= 0 && values[0] >= 0 && values[0] != count))) {
    return InvalidArgument("sparse_values: want a scalar or one value for each of ", count, " indices, got ", values);
  }
  const int64_t rank = c.shape(1).has_rank() ? c.shape(1)[0] : Shape::kUnknownDim;
  const int64_t coordinates = !indices.has_rank() ? Shape::kUnknownDim : indices.rank() == 2 ? indices[1] : 1;
  if (rank >= 0 && coordinates >= 0 && rank != coordinates) {
    return InvalidArgument("output_shape: want ", coordinates, " dims, as indices have coordinates, got ", rank);
  }
  if (rank > Shape::kMaxRank) return InvalidArgument("output_shape: want at most 254 dims, got ", rank);
  if (!c.known(1)) {
    c.set_output(0, rank >= 0 ? Shape::OfUnknownDims(static_cast<int>(rank)) : Shape::UnknownRank());
    return Status();
  }
  Shape out;
  for (const int64_t dim : c.ints(1)) {
    if (dim < 0) return InvalidArgument("output_shape: want dims >= 0, got ", dim);
    out.push_back(dim);
  }
  c.set_output(0, std::move(out));
  return Status();
}

struct State : OpState {
  bool validate = true;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->validate = c.attrs().Bool("validate_indices");
  return std::unique_ptr<OpState>(std::move(state));
}

Status Run(RunContext& c) {
  const Tensor& places = c.input(0);
  const Indices indices(places);
  const Tensor& values = c.input(2);
  Tensor& output = c.output(0);
  const DType dtype = output.dtype();
  FillElements(dtype, output.raw(), c.input(3).raw(), output.num_elements());
  const int rank = output.rank();
  int64_t count = places.rank() == 0 ? 1 : places.dim(0);
  // Indices without coordinates take no memory, however many there are; two of them tell the same as more.
  if (rank == 0 && values.rank() == 0) count = std::min<int64_t>(count, 2);
  const int64_t step = values.rank() == 0 ? 0 : 1;
  const bool validate = c.state<State>().validate;
  int64_t previous = -1;
  for (int64_t i = 0; i < count; ++i) {
    if ((i & 0xfff) == 0xfff && c.stop().stopped()) return Status();
    int64_t at = 0;
    for (int d = 0; d < rank; ++d) {
      const int64_t coordinate = indices[i * rank + d];
      if (!InRange(coordinate, output.dim(d))) {
        return InvalidArgument("sparse_indices[", i, "]: coordinate ", d, " = ", coordinate, " is not in [0, ",
                               output.dim(d), ")");
      }
      at = at * output.dim(d) + coordinate;
    }
    if (validate && at <= previous) {
      return InvalidArgument("sparse_indices[", i, "] is ", at == previous ? "repeated" : "out of order",
                             "; sort them, or set validate_indices to false");
    }
    previous = at;
    // A coordinate in range for every dim means that there are elements, unless there is no dim, and then there is one.
    CopyElements(dtype, ElementAt(output.raw(), dtype, at), ElementAt(values.raw(), dtype, i * step), 1);
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "SparseToDense",
     .inputs = "sparse_indices:Tindices, output_shape:Tindices, sparse_values:T, default_value:T",
     .outputs = "dense:T",
     .attrs = "validate_indices:bool=true; T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,"
              "qi8,qu8,qi16,qu16}; Tindices:type in {i32,i64}",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(SparseToDense, kDefs);

}  // namespace rivulet
