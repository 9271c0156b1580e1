// SparseConditionalAccumulator, SparseAccumulatorApplyGradient, SparseAccumulatorTakeGradient.
//
//   gradient: indices [n], values [n, dims..], shape [1 + rank of dims]
//
// A row's mean is over the gradients that have it. Indices are merged as if ascending, as in TensorFlow: for others the
// order of the result, and which rows are added up, is what merging gives. Resource forms do not exist.
#include <algorithm>
#include <string>

#include "engine/ops/conditional_accumulator.h"
#include "engine/ops/element_tuple.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

struct SparseGradient {
  Tensor indices;  // int64 [n]
  Tensor values;   // [n, dims..]
};

class SparseAccumulator : public ConditionalAccumulator {
 public:
  static constexpr bool kIsSparse = true;
  using ConditionalAccumulator::ConditionalAccumulator;
  bool is_sparse() const override { return true; }

  // `shape` is empty when it is not known.
  Status Add(int64_t local_step, const Tensor& indices, const Tensor& values, std::span<const int64_t> shape,
             bool has_shape, Allocator& allocator, const StopToken& stop) {
    return Apply(local_step, [&](bool is_first) -> Status {
      RIVULET_RETURN_IF_ERROR(Check(indices, values, shape, has_shape));
      if (is_first) {
        RIVULET_ASSIGN_OR_RETURN(Tensor counts, Tensor::Allocate(DType::kInt32, indices.shape(), allocator));
        std::fill_n(counts.data<int32_t>(), counts.num_elements(), 1);
        RIVULET_ASSIGN_OR_RETURN(Tensor new_indices, Clone(indices, allocator));
        RIVULET_ASSIGN_OR_RETURN(sum_.values, Clone(values, allocator));
        sum_.indices = std::move(new_indices);
        counts_ = std::move(counts);
        return Status();
      }
      const std::span<const int64_t> row = values.shape().dims().subspan(1),
                                     want = sum_.values.shape().dims().subspan(1);
      if (!std::equal(row.begin(), row.end(), want.begin(), want.end())) {
        return InvalidArgument("gradient_values: want rows as of the first gradient's ", sum_.values.shape(), ", got ",
                               values.shape());
      }
      return Merge(indices, values, allocator, stop);
    });
  }

  Result<SparseGradient> Give(int32_t required, const StopToken& stop) {
    SparseGradient taken;
    RIVULET_RETURN_IF_ERROR(Take(required, stop, [&](int32_t) {
      const int64_t rows = sum_.indices.num_elements();
      const int64_t row = rows == 0 ? 0 : sum_.values.num_elements() / rows;
      for (int64_t i = 0; form().takes_mean && i < rows; ++i) {
        DivideGradient(form().dtype, ElementAt(sum_.values.raw(), form().dtype, i * row), row,
                       counts_.data<int32_t>()[i]);
      }
      taken = std::exchange(sum_, SparseGradient());
      counts_ = Tensor();
      return Status();
    }));
    return taken;
  }

 private:
  Status Check(const Tensor& indices, const Tensor& values, std::span<const int64_t> shape, bool has_shape) const {
    if (indices.rank() != 1) return InvalidArgument("gradient_indices: want a vector, got rank ", indices.rank());
    if (values.rank() < 1) return InvalidArgument("gradient_values: want rank 1 or more, got a scalar");
    if (values.dim(0) != indices.dim(0)) {
      return InvalidArgument("gradient_values: want a row for each of ", indices.dim(0), " indices, got ",
                             values.dim(0));
    }
    const Shape& want = form().shape;
    if (!StartsWith(values.shape().dims(), want, 1)) {
      return InvalidArgument("gradient_values: want rows of ", want, ", got shape ", values.shape());
    }
    for (const int64_t index : indices.values<int64_t>()) {
      if (want.has_rank() && want.rank() > 0 && want[0] >= 0 && index >= want[0]) {
        return InvalidArgument("gradient_indices: want them below ", want[0], ", got ", index);
      }
    }
    if (!has_shape || StartsWith(shape, want, 0)) return Status();
    std::string got;
    for (const int64_t dim : shape.first(std::min<size_t>(shape.size(), Shape::kMaxRank))) {
      got += Cat(got.empty() ? "" : ",", dim);
    }
    return InvalidArgument("gradient_shape: want ", want, ", got [", got, "]");
  }

  // Whether `dims`, from the first that counts, begin with what the accumulator wants. As in TensorFlow there may be
  // more, and the shape that comes with a gradient says nothing of its values.
  static bool StartsWith(std::span<const int64_t> dims, const Shape& want, int first) {
    if (!want.has_rank()) return true;
    if (dims.size() < static_cast<size_t>(want.rank())) return false;
    for (int i = first; i < want.rank(); ++i) {
      if (want[i] >= 0 && want[i] != dims[static_cast<size_t>(i)]) return false;
    }
    return true;
  }

  Status Merge(const Tensor& indices, const Tensor& values, Allocator& allocator, const StopToken& stop) {
    const auto old_indices = sum_.indices.values<int64_t>();
    const auto new_indices = indices.values<int64_t>();
    // A row of the result is old, new, or both; -1 where it is not.
    struct Origin {
      int64_t old_row, new_row;
    };
    const auto most = static_cast<int64_t>(old_indices.size() + new_indices.size());
    RIVULET_ASSIGN_OR_RETURN(Tensor origin_memory, Tensor::Allocate(DType::kInt64, {most, 2}, allocator));
    auto* origins = static_cast<Origin*>(origin_memory.raw());
    int64_t rows = 0;
    for (size_t i = 0, j = 0; i < old_indices.size() || j < new_indices.size(); ++rows) {
      if (rows % 1024 == 1023 && stop.stopped()) return stop.Why();
      const bool has_both = i < old_indices.size() && j < new_indices.size();
      const bool takes_old = has_both ? old_indices[i] <= new_indices[j] : i < old_indices.size();
      const bool takes_new = has_both ? new_indices[j] <= old_indices[i] : j < new_indices.size();
      origins[rows] = {takes_old ? static_cast<int64_t>(i++) : -1, takes_new ? static_cast<int64_t>(j++) : -1};
    }
    Shape shape = values.shape();
    shape.set_dim(0, rows);
    if (shape.num_elements() < 0) return ResourceExhausted("the sum of gradients is too large");
    RIVULET_ASSIGN_OR_RETURN(Tensor all_indices, Tensor::Allocate(DType::kInt64, {rows}, allocator));
    RIVULET_ASSIGN_OR_RETURN(Tensor all_counts, Tensor::Allocate(DType::kInt32, {rows}, allocator));
    RIVULET_ASSIGN_OR_RETURN(Tensor all_values, Tensor::Allocate(form().dtype, shape, allocator));
    const int64_t row = rows == 0 ? 0 : all_values.num_elements() / rows;
    const DType dtype = form().dtype;
    for (int64_t k = 0; k < rows; ++k) {
      const Origin origin = origins[k];
      const bool has_old = origin.old_row >= 0;
      const bool has_new = origin.new_row >= 0;
      all_indices.data<int64_t>()[k] =
          has_old ? old_indices[static_cast<size_t>(origin.old_row)] : new_indices[static_cast<size_t>(origin.new_row)];
      all_counts.data<int32_t>()[k] = (has_old ? counts_.data<int32_t>()[origin.old_row] : 0) + (has_new ? 1 : 0);
      if (row == 0) continue;
      char* to = ElementAt(all_values.raw(), dtype, k * row);
      const Tensor& first = has_old ? sum_.values : values;
      CopyElements(dtype, to, ElementAt(first.raw(), dtype, (has_old ? origin.old_row : origin.new_row) * row), row);
      if (has_old && has_new) AddGradient(dtype, to, ElementAt(values.raw(), dtype, origin.new_row * row), row);
    }
    sum_ = {std::move(all_indices), std::move(all_values)};
    counts_ = std::move(all_counts);
    return Status();
  }

  SparseGradient sum_;
  Tensor counts_;  // int32 [n]: how many gradients have the row
};

struct ApplyState : OpState {
  bool has_shape = false;
};

Result<std::unique_ptr<OpState>> PrepareApply(PrepareContext& c) {
  auto state = std::make_unique<ApplyState>();
  state->has_shape = c.attrs().Bool("has_known_shape");
  return std::unique_ptr<OpState>(std::move(state));
}

Status InferApply(InferContext& c) { return c.WantScalar(1); }

Status InferTake(InferContext& c) {
  c.set_output(0, Shape::OfUnknownDims(1));
  c.set_output(1, Shape::UnknownRank());
  c.set_output(2, Shape::OfUnknownDims(1));
  return c.WantScalar(1);
}

Status RunApply(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const auto accumulator, AccumulatorOf<SparseAccumulator>(c, c.input(3).dtype()));
  const bool has_shape = c.state<ApplyState>().has_shape;
  if (has_shape && c.input(4).rank() != 1) {
    return InvalidArgument("gradient_shape: want a vector, got rank ", c.input(4).rank());
  }
  return accumulator->Add(c.input(1).data<int64_t>()[0], c.input(2), c.input(3), c.input(4).values<int64_t>(),
                          has_shape, c.allocator(), c.stop());
}

Status RunTake(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const auto accumulator, AccumulatorOf<SparseAccumulator>(c, c.output(1).dtype()));
  RIVULET_ASSIGN_OR_RETURN(const SparseGradient taken, accumulator->Give(c.input(1).data<int32_t>()[0], c.stop()));
  c.SetOutput(0, taken.indices);
  c.SetOutput(1, taken.values);
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(2, {taken.values.rank()}));
  auto* shape = c.output(2).data<int64_t>();
  const Shape& known = accumulator->form().shape;
  // How many rows there are in all, only the accumulator's shape can tell.
  shape[0] = known.has_rank() && known.rank() > 0 ? known[0] : -1;
  for (int i = 1; i < taken.values.rank(); ++i) shape[i] = taken.values.dim(i);
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "SparseConditionalAccumulator",
     .inputs = "",
     .outputs = "handle:ref str",
     .attrs = "dtype:type in {f32,f64,f16}; shape:shape; container:string=\"\"; shared_name:string=\"\"; "
              "reduction_type:string=\"MEAN\" in {MEAN,SUM}",
     .infer = InferAccumulator,
     .prepare = PrepareAccumulator,
     .run = RunMakeAccumulator<SparseAccumulator>,
     .flags = kNamedResource | kMakesOutputs},
    {.name = "SparseAccumulatorApplyGradient",
     .inputs = "handle:ref str, local_step:i64, gradient_indices:i64, gradient_values:dtype, gradient_shape:i64",
     .outputs = "",
     .attrs = "dtype:type in {f32,f64,f16}; has_known_shape:bool",
     .infer = InferApply,
     .prepare = PrepareApply,
     .run = RunApply,
     .flags = kEffect},
    {.name = "SparseAccumulatorTakeGradient",
     .inputs = "handle:ref str, num_required:i32",
     .outputs = "indices:i64, values:dtype, shape:i64",
     .attrs = "dtype:type in {f32,f64,f16}",
     .infer = InferTake,
     .run = RunTake,
     .flags = kEffect | kTakes | kDataDependent | kMakesOutputs},
};

}  // namespace

RIVULET_OP_LIST(SparseConditionalAccumulator, kDefs);

}  // namespace rivulet
