// SparseSlice, SparseSliceGrad, SparseSplit: the elements of a sparse tensor that lie in a box, or in each of several.
//
//   Slice: indices [n, rank], values [n], shape [rank], start [rank], size [rank] -> the elements in
//   [start, start + size), their indices counted from start, and the shape, cut where the box passes the tensor's end;
//   a start may be negative, and is no index from the end
//   SliceGrad: backprop_val_grad [k], input_indices [n, rank], input_start [rank], output_indices [k, rank] ->
//   val_grad [n]: the gradient of the element that the slice took, 0 of the others
//   Split: split_dim, indices, values, shape -> num_split pieces along a dim, the first ones longer by one where the
//   dim does not divide
//
// The elements' order stays.
#include "engine/ops/rows.h"
#include "engine/ops/sparse_parts.h"

namespace rivulet {
namespace {

Status InferSlice(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(SparseFacts facts, InferSparse(c, 0, 1, 2));
  for (int i = 3; i < 5; ++i) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(i, 1));
    if (c.shape(i).has_rank() && !AgreeOnDim(c.shape(i)[0], &facts.rank)) {
      return InvalidArgument(i == 3 ? "start" : "size", ": want ", facts.rank, " values, got ", c.shape(i)[0]);
    }
  }
  c.set_output(0, {Shape::kUnknownDim, facts.rank});
  c.set_output(1, {Shape::kUnknownDim});
  c.set_output(2, {facts.rank});
  return Status();
}

// a + b, or the highest number where that is beyond.
int64_t SumOrHighest(int64_t a, int64_t b) {
  int64_t sum;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a > 0 ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min();
}

Status RunSlice(RunContext& c) {
  const SparseView in(c, 0);
  const std::span<const int64_t> start = c.input(3).values<int64_t>(), size = c.input(4).values<int64_t>();
  const auto rank = static_cast<size_t>(in.rank);
  RIVULET_RETURN_IF_ERROR(DenseCount(in.shape).status());
  int64_t* shape = c.output(2).data<int64_t>();
  std::vector<int64_t> end(rank);
  for (size_t d = 0; d < rank; ++d) {
    if (size[d] < 0) return InvalidArgument("size[", d, "]: want at least 0, got ", size[d]);
    end[d] = SumOrHighest(start[d], size[d]);
    shape[d] = start[d] >= in.shape[d] ? 0 : end[d] < in.shape[d] ? size[d] : in.shape[d] - start[d];
  }
  RIVULET_RETURN_IF_ERROR(DenseCount({shape, rank}, "output_shape").status());
  std::vector<int64_t> places;
  for (int64_t i = 0; i < in.count; ++i) {
    const int64_t* index = in.index(i);
    bool is_inside = true;
    for (size_t d = 0; d < rank && is_inside; ++d) is_inside = start[d] <= index[d] && index[d] < end[d];
    if (is_inside) places.push_back(i);
  }
  const auto count = static_cast<int64_t>(places.size());
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, {count, in.rank}));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(1, {count}));
  int64_t* out = c.output(0).data<int64_t>();
  for (const int64_t place : places) {
    for (size_t d = 0; d < rank; ++d) *out++ = in.index(place)[d] - start[d];
  }
  GatherRows(in.values->dtype(), c.output(1).raw(), in.values->raw(), 1, 0, count,
             [&](int64_t i) { return places[static_cast<size_t>(i)]; });
  return Status();
}

Status InferGrad(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(3, 2));
  int64_t rank = Shape::kUnknownDim, taken = Shape::kUnknownDim, count = Shape::kUnknownDim;
  for (const int i : {1, 3}) {
    if (c.shape(i).has_rank() && !AgreeOnDim(c.shape(i)[1], &rank)) {
      return InvalidArgument("want indices of one rank, got ", rank, " and ", c.shape(i)[1]);
    }
  }
  if (c.shape(2).has_rank() && !AgreeOnDim(c.shape(2)[0], &rank)) {
    return InvalidArgument("input_start: want ", rank, " values, got ", c.shape(2)[0]);
  }
  for (const int i : {0, 3}) {
    if (c.shape(i).has_rank() && !AgreeOnDim(c.shape(i)[0], &taken)) {
      return InvalidArgument("want as many gradients as output_indices, got ", taken, " and ", c.shape(i)[0]);
    }
  }
  if (c.shape(1).has_rank()) count = c.shape(1)[0];
  if (count >= 0 && taken > count) {
    return InvalidArgument("want at most as many output_indices as input_indices, got ", taken, " and ", count);
  }
  c.set_output(0, {count});
  return Status();
}

Status RunGrad(RunContext& c) {
  const Tensor& grad = c.input(0);
  const DType dtype = grad.dtype();
  const int64_t count = c.input(1).dim(0), rank = c.input(1).dim(1), taken = grad.dim(0);
  const int64_t* in = c.input(1).data<int64_t>();
  const int64_t* start = c.input(2).data<int64_t>();
  const int64_t* out = c.input(3).data<int64_t>();
  ClearElements(dtype, c.output(0).raw(), count);
  int64_t next = 0;
  for (int64_t i = 0; i < count && next < taken; ++i) {
    bool is_same = true;
    for (int64_t d = 0; d < rank && is_same; ++d) {
      is_same = static_cast<uint64_t>(in[i * rank + d]) ==
                static_cast<uint64_t>(out[next * rank + d]) + static_cast<uint64_t>(start[d]);
    }
    if (!is_same) continue;
    CopyElements(dtype, ElementAt(c.output(0).raw(), dtype, i), ElementAt(grad.raw(), dtype, next), 1);
    ++next;
  }
  if (next < taken) {
    return InvalidArgument("output_indices[", next, "] = ", IndexText(out + next * rank, rank),
                           " is not among the input_indices that are left, in their order");
  }
  return Status();
}

Status InferSplit(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
  RIVULET_ASSIGN_OR_RETURN(const SparseFacts facts, InferSparse(c, 1, 2, 3));
  const int n = c.num_outputs() / 3;
  for (int i = 0; i < n; ++i) {
    c.set_output(i, {Shape::kUnknownDim, facts.rank});
    c.set_output(n + i, {Shape::kUnknownDim});
    c.set_output(2 * n + i, {facts.rank});
  }
  return Status();
}

Status RunSplit(RunContext& c) {
  const SparseView in(c, 1);
  const int n = c.num_outputs() / 3;
  int64_t axis = *c.input(0).data<int64_t>();
  if (axis < -in.rank || axis >= in.rank) {
    return InvalidArgument("split_dim: want [", -in.rank, ", ", in.rank, "), got ", axis);
  }
  if (axis < 0) axis += in.rank;
  RIVULET_RETURN_IF_ERROR(DenseCount(in.shape).status());
  const int64_t dim = in.shape[static_cast<size_t>(axis)];
  if (n > dim) return InvalidArgument("num_split: want at most ", dim, ", the size of dim ", axis, ", got ", n);
  const int64_t size = dim / n, longer = dim % n, bound = longer * (size + 1);
  const auto piece_of = [&](int64_t at) { return at < bound ? at / (size + 1) : longer + (at - bound) / size; };
  std::vector<std::vector<int64_t>> places(static_cast<size_t>(n));
  for (int64_t i = 0; i < in.count; ++i) {
    const int64_t* index = in.index(i);
    for (int64_t d = 0; d < in.rank; ++d) {
      const int64_t end = in.shape[static_cast<size_t>(d)];
      if (index[d] >= 0 && index[d] < end) continue;
      return InvalidArgument("indices[", i, "]: coordinate ", d, ": want [0, ", end, "), got ", index[d]);
    }
    places[static_cast<size_t>(piece_of(index[axis]))].push_back(i);
  }
  const DType dtype = in.values->dtype();
  for (int piece = 0; piece < n; ++piece) {
    const std::vector<int64_t>& from = places[static_cast<size_t>(piece)];
    const auto count = static_cast<int64_t>(from.size());
    RIVULET_RETURN_IF_ERROR(c.AllocateOutput(piece, {count, in.rank}));
    RIVULET_RETURN_IF_ERROR(c.AllocateOutput(n + piece, {count}));
    const int64_t begin = piece < longer ? piece * (size + 1) : bound + (piece - longer) * size;
    int64_t* out = c.output(piece).data<int64_t>();
    for (int64_t i = 0; i < count; ++i, out += in.rank) {
      std::copy_n(in.index(from[static_cast<size_t>(i)]), in.rank, out);
      out[axis] -= begin;
    }
    GatherRows(dtype, c.output(n + piece).raw(), in.values->raw(), 1, 0, count,
               [&](int64_t i) { return from[static_cast<size_t>(i)]; });
    int64_t* shape = c.output(2 * n + piece).data<int64_t>();
    std::copy(in.shape.begin(), in.shape.end(), shape);
    shape[axis] = piece < longer ? size + 1 : size;
  }
  return Status();
}

#define RIVULET_NUMBERS "bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,c64,c128"

constexpr OpDef kDefs[] = {
    {.name = "SparseSlice",
     .inputs = "indices:i64, values:T, shape:i64, start:i64, size:i64",
     .outputs = "output_indices:i64, output_values:T, output_shape:i64",
     .attrs = "T:type in {" RIVULET_NUMBERS ",bool,str,resource,variant}",
     .infer = InferSlice,
     .run = RunSlice,
     .flags = kDataDependent},
    {.name = "SparseSliceGrad",
     .inputs = "backprop_val_grad:T, input_indices:i64, input_start:i64, output_indices:i64",
     .outputs = "val_grad:T",
     .attrs = "T:type in {" RIVULET_NUMBERS "}",
     .infer = InferGrad,
     .run = RunGrad},
    {.name = "SparseSplit",
     .inputs = "split_dim:i64, indices:i64, values:T, shape:i64",
     .outputs = "output_indices:num_split*i64, output_values:num_split*T, output_shape:num_split*i64",
     .attrs = "num_split:int >=1; T:type in {" RIVULET_NUMBERS ",bool,str,resource,variant}",
     .infer = InferSplit,
     .run = RunSplit,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(SparseSlice, kDefs);

}  // namespace rivulet
