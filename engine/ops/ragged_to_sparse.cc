// RaggedTensorToSparse: the values of a ragged tensor with their indices.
//
//   rt_nested_splits: R row splits, outermost first; rt_dense_values [n, ..] of rank v -> sparse_indices [m, R + v],
//   sparse_values [m], sparse_dense_shape [R + v]: rows, the longest row of each ragged dim, the dims of the values
#include "engine/base/checked.h"
#include "engine/ops/ragged_splits.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  const int ragged = c.num_inputs() - 1;
  for (int i = 0; i < ragged; ++i) RIVULET_RETURN_IF_ERROR(c.WantRank(i, 1));
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(ragged, 1));
  const Shape& values = c.shape(ragged);
  int64_t count = Shape::kUnknownDim, rank = Shape::kUnknownDim;
  if (values.has_rank()) {
    rank = ragged + values.rank();
    CheckedSize size = 1;
    bool is_known = true;
    for (int d = 0; d < values.rank(); ++d) {
      is_known = is_known && values[d] >= 0;
      if (values[d] >= 0) size *= values[d];
    }
    if (is_known && size.valid()) count = size.value();
  }
  c.set_output(0, {count, rank});
  c.set_output(1, {count});
  c.set_output(2, {rank});
  return Status();
}

// The splits, checked: each from 0, not decreasing, and the last one pointing at the end of what lies below.
Result<std::vector<std::vector<int64_t>>> ReadSplits(const RunContext& c, int ragged, int64_t values) {
  std::vector<std::vector<int64_t>> all;
  for (int i = 0; i < ragged; ++i) {
    all.push_back(ReadIndices(c.input(i)));
    const std::vector<int64_t>& splits = all.back();
    if (splits.empty()) return InvalidArgument("rt_nested_splits[", i, "]: want at least one split, got none");
    if (splits.front() != 0) return InvalidArgument("rt_nested_splits[", i, "]: want 0 first, got ", splits.front());
    const auto drop = std::is_sorted_until(splits.begin(), splits.end());
    if (drop != splits.end()) {
      return InvalidArgument("rt_nested_splits[", i, "]: want splits that do not decrease, got ", *drop, " after ",
                             *(drop - 1));
    }
  }
  for (int i = 0; i < ragged; ++i) {
    const int64_t below = i + 1 == ragged ? values : static_cast<int64_t>(all[static_cast<size_t>(i) + 1].size()) - 1;
    if (all[static_cast<size_t>(i)].back() != below) {
      return InvalidArgument("rt_nested_splits[", i, "]: want ", below, " last, the number of rows below, got ",
                             all[static_cast<size_t>(i)].back());
    }
  }
  return all;
}

Status Run(RunContext& c) {
  const int ragged = c.num_inputs() - 1;
  const Tensor& values = c.input(ragged);
  RIVULET_ASSIGN_OR_RETURN(const std::vector<std::vector<int64_t>> splits, ReadSplits(c, ragged, values.dim(0)));
  const int64_t count = values.num_elements(), rank = ragged + values.rank();
  int64_t* out = c.output(0).data<int64_t>();
  // By ragged dim, the row that holds the position one dim below.
  std::vector<size_t> row(static_cast<size_t>(ragged), 0);
  const int64_t inner = values.dim(0) == 0 ? 0 : count / values.dim(0);
  for (int64_t i = 0; i < values.dim(0) && inner > 0; ++i) {
    std::vector<int64_t> prefix(static_cast<size_t>(ragged) + 1);
    int64_t position = i;
    for (int d = ragged - 1; d >= 0; --d) {
      const std::vector<int64_t>& s = splits[static_cast<size_t>(d)];
      size_t& at = row[static_cast<size_t>(d)];
      while (s[at + 1] <= position) ++at;
      prefix[static_cast<size_t>(d) + 1] = position - s[at];
      position = static_cast<int64_t>(at);
    }
    prefix[0] = position;
    for (int64_t k = 0; k < inner; ++k, out += rank) {
      std::copy(prefix.begin(), prefix.end(), out);
      int64_t left = k;
      for (int d = values.rank() - 1; d > 0; --d) {
        out[ragged + d] = left % values.dim(d);
        left /= values.dim(d);
      }
    }
  }
  CopyElements(values.dtype(), c.output(1).raw(), values.raw(), count);
  int64_t* shape = c.output(2).data<int64_t>();
  shape[0] = static_cast<int64_t>(splits[0].size()) - 1;
  for (int d = 0; d < ragged; ++d) {
    int64_t longest = 0;
    const std::vector<int64_t>& s = splits[static_cast<size_t>(d)];
    for (size_t i = 1; i < s.size(); ++i) longest = std::max(longest, s[i] - s[i - 1]);
    shape[d + 1] = longest;
  }
  for (int d = 1; d < values.rank(); ++d) shape[ragged + d] = values.dim(d);
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "RaggedTensorToSparse",
     .inputs = "rt_nested_splits:RAGGED_RANK*Tsplits, rt_dense_values:T",
     .outputs = "sparse_indices:i64, sparse_values:T, sparse_dense_shape:i64",
     .attrs = "RAGGED_RANK:int >=1; T:type in "
              "{bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,qi8,qu8,qi16,qu16,qi32}; "
              "Tsplits:type=i64 in {i32,i64}",
     .infer = Infer,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(RaggedToSparse, kDefs);

}  // namespace rivulet
