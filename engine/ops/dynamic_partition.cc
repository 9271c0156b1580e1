// DynamicPartition: the slices of data sorted into num_partitions outputs.
//
//   data [p.., ..] of any T, partitions [p..] of ids in [0, num_partitions) -> per id k: [number of ids k, ..],
//   slices in the order of data.
#include <algorithm>

#include "engine/ops/indices.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

Status CheckPartitions(const Tensor& partitions, int64_t num_outputs) {
  const Indices ids(partitions);
  for (int64_t i = 0; i < partitions.num_elements(); ++i) {
    if (!InRange(ids[i], num_outputs)) {
      return InvalidArgument("partitions", Place(partitions.shape(), partitions.rank(), i), " = ", ids[i],
                             " is not in [0, ", num_outputs, ")");
    }
  }
  return Status();
}

Status Infer(InferContext& c) {
  const Shape& data = c.shape(0);
  const Shape& partitions = c.shape(1);
  if (!data.has_rank() || !partitions.has_rank()) return Status();  // outputs stay of unknown rank
  bool fits = partitions.rank() <= data.rank();
  for (int i = 0; fits && i < partitions.rank(); ++i) {
    fits = partitions[i] < 0 || data[i] < 0 || partitions[i] == data[i];
  }
  if (!fits) {
    return InvalidArgument("data ", data, " must start with the dims of partitions ", partitions);
  }
  if (data.rank() - partitions.rank() + 1 > Shape::kMaxRank) return InvalidArgument("data has too many dims");
  std::vector<int64_t> counts(static_cast<size_t>(c.num_outputs()), Shape::kUnknownDim);
  if (c.known(1)) {
    const Tensor& value = *c.value(1);
    RIVULET_RETURN_IF_ERROR(CheckPartitions(value, c.num_outputs()));
    std::fill(counts.begin(), counts.end(), 0);
    const Indices ids(value);
    for (int64_t i = 0; i < value.num_elements(); ++i) ++counts[static_cast<size_t>(ids[i])];
  }
  for (int k = 0; k < c.num_outputs(); ++k) {
    Shape out({counts[static_cast<size_t>(k)]});
    for (int i = partitions.rank(); i < data.rank(); ++i) out.push_back(data[i]);
    c.set_output(k, std::move(out));
  }
  return Status();
}

Status Run(RunContext& c) {
  const Tensor& data = c.input(0);
  const Tensor& partitions = c.input(1);
  RIVULET_RETURN_IF_ERROR(CheckPartitions(partitions, c.num_outputs()));
  if (data.num_elements() == 0) return Status();
  const Indices ids(partitions);
  const DType dtype = data.dtype();
  const int64_t rows = partitions.num_elements();
  const int64_t row = data.num_elements() / rows;
  std::vector<int64_t> next(static_cast<size_t>(c.num_outputs()), 0);
  for (int64_t i = 0; i < rows; ++i) {
    if ((i & 0xfff) == 0xfff && c.stop().stopped()) return Status();
    const auto k = static_cast<int>(ids[i]);
    const int64_t at = next[static_cast<size_t>(k)]++;
    CopyElements(dtype, ElementAt(c.output(k).raw(), dtype, at * row), ElementAt(data.raw(), dtype, i * row), row);
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "DynamicPartition",
     .inputs = "data:T, partitions:i32",
     .outputs = "outputs:num_partitions*T",
     .attrs = "num_partitions:int >=1; T:type in "
              "{bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,resource,variant}",
     .infer = Infer,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(DynamicPartition, kDefs);

}  // namespace rivulet
