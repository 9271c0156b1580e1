// SparseReorder, SparseConcat: the elements of one or of several sparse tensors, sorted by their indices.
//
//   Reorder: input_indices [n, rank], input_values [n], input_shape [rank] -> output_indices, output_values
//   Concat: indices, values and shapes of N sparse tensors, joined along concat_dim -> those of the whole
//
// Indices are not checked against the shape, nor is it itself by Reorder. Repeated ones keep their order (TensorFlow's
// is undefined among many).
#include "engine/ops/rows.h"
#include "engine/ops/sparse_parts.h"

namespace rivulet {
namespace {

Status InferReorder(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const SparseFacts facts, InferSparse(c, 0, 1, 2));
  c.set_output(0, {facts.count, facts.rank});
  c.set_output(1, {facts.count});
  return Status();
}

Status RunReorder(RunContext& c) {
  const SparseView in(c, 0);
  const std::vector<int64_t> order = SortedPlaces(in, AllAxes(in.rank));
  const auto position = [&](int64_t i) { return order[static_cast<size_t>(i)]; };
  GatherRows(DType::kInt64, c.output(0).raw(), in.indices, in.rank, 0, in.count, position);
  GatherRows(in.values->dtype(), c.output(1).raw(), in.values->raw(), 1, 0, in.count, position);
  return Status();
}

Status InferConcat(InferContext& c) {
  const int n = c.num_inputs() / 3;
  CheckedSize count = 0;
  bool is_known = true;
  int64_t rank = Shape::kUnknownDim;
  for (int i = 0; i < n; ++i) {
    RIVULET_ASSIGN_OR_RETURN(const SparseFacts facts, InferSparse(c, i, n + i, 2 * n + i));
    if (!AgreeOnDim(facts.rank, &rank)) {
      return InvalidArgument("want shapes of one rank, got ", rank, " and ", facts.rank);
    }
    is_known = is_known && facts.count >= 0;
    if (facts.count >= 0) count += facts.count;
  }
  const int64_t axis = c.attrs().Int("concat_dim");
  if (rank >= 0 && (axis < -rank || axis >= rank)) {
    return InvalidArgument("concat_dim: want [", -rank, ", ", rank, "), got ", axis);
  }
  if (!count.valid()) return InvalidArgument("there are too many elements");
  const int64_t total = is_known ? count.value() : Shape::kUnknownDim;
  c.set_output(0, {total, rank});
  c.set_output(1, {total});
  c.set_output(2, {rank});
  return Status();
}

struct State : OpState {
  int64_t axis = 0;
};

Result<std::unique_ptr<OpState>> PrepareConcat(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->axis = c.attrs().Int("concat_dim");
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunConcat(RunContext& c) {
  const int n = c.num_inputs() / 3;
  const Tensor& first = c.input(2 * n);
  const int64_t rank = first.num_elements();
  const int64_t axis = c.state<State>().axis + (c.state<State>().axis < 0 ? rank : 0);
  int64_t* shape = c.output(2).data<int64_t>();
  std::copy_n(first.data<int64_t>(), rank, shape);
  RIVULET_ASSIGN_OR_RETURN(Tensor joined, Tensor::Allocate(DType::kInt64, c.output(0).shape(), c.allocator()));
  RIVULET_ASSIGN_OR_RETURN(Tensor values, Tensor::Allocate(c.output(1).dtype(), c.output(1).shape(), c.allocator()));
  int64_t* to = joined.data<int64_t>();
  int64_t done = 0;
  CheckedSize offset = 0;
  for (int i = 0; i < n; ++i) {
    const SparseView in(c.input(i), c.input(n + i), c.input(2 * n + i).values<int64_t>());
    RIVULET_RETURN_IF_ERROR(DenseCount(in.shape, "shapes").status());
    for (int64_t d = 0; d < rank; ++d) {
      if (d != axis && in.shape[static_cast<size_t>(d)] != shape[d]) {
        return InvalidArgument("shapes[", i, "]: want ", shape[d], " for dim ", d, ", got ",
                               in.shape[static_cast<size_t>(d)]);
      }
    }
    for (int64_t k = 0; k < in.count; ++k, to += rank) {
      std::copy_n(in.index(k), rank, to);
      to[axis] = static_cast<int64_t>(static_cast<uint64_t>(to[axis]) + static_cast<uint64_t>(offset.value()));
    }
    CopyElements(values.dtype(), ElementAt(values.raw(), values.dtype(), done), in.values->raw(), in.count);
    done += in.count;
    offset += in.shape[static_cast<size_t>(axis)];
    if (!offset.valid()) return InvalidArgument("shapes: the sum along dim ", axis, " does not fit into 64 bits");
  }
  shape[axis] = offset.value();
  const SparseView whole(joined, values, {shape, static_cast<size_t>(rank)});
  const std::vector<int64_t> order = SortedPlaces(whole, AllAxes(rank));
  const auto position = [&](int64_t i) { return order[static_cast<size_t>(i)]; };
  GatherRows(DType::kInt64, c.output(0).raw(), joined.raw(), rank, 0, done, position);
  GatherRows(values.dtype(), c.output(1).raw(), values.raw(), 1, 0, done, position);
  return Status();
}

#define RIVULET_ALL "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,resource,variant}"

constexpr OpDef kDefs[] = {
    {.name = "SparseReorder",
     .inputs = "input_indices:i64, input_values:T, input_shape:i64",
     .outputs = "output_indices:i64, output_values:T",
     .attrs = RIVULET_ALL,
     .infer = InferReorder,
     .run = RunReorder},
    {.name = "SparseConcat",
     .inputs = "indices:N*i64, values:N*T, shapes:N*i64",
     .outputs = "output_indices:i64, output_values:T, output_shape:i64",
     .attrs = "concat_dim:int; N:int >=2; " RIVULET_ALL,
     .infer = InferConcat,
     .prepare = PrepareConcat,
     .run = RunConcat},
};

}  // namespace

RIVULET_OP_LIST(SparseReorder, kDefs);

}  // namespace rivulet
