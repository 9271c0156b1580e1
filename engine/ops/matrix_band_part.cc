// MatrixBandPart: matrices with zeros where an element lies more than num_lower diagonals below or num_upper above the
// main one; a negative number keeps all on that side.
#include <algorithm>
#include <cstring>

#include "engine/ops/dims.h"
#include "engine/ops/indices.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

// How many diagonals are kept on one side of a matrix, which has `size` on it.
Result<int64_t> Kept(const Tensor& number, int64_t size, std::string_view what) {
  RIVULET_RETURN_IF_ERROR(WantOneElement(number.shape(), what));
  const int64_t value = Indices(number)[0];
  if (size >= 0 && value > size) return InvalidArgument(what, ": want at most ", size, ", got ", value);
  return value;
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(2));
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 2));
  const Shape& in = c.shape(0);
  if (in.has_rank()) {
    if (c.known(1)) RIVULET_RETURN_IF_ERROR(Kept(*c.value(1), in[in.rank() - 2], "num_lower").status());
    if (c.known(2)) RIVULET_RETURN_IF_ERROR(Kept(*c.value(2), in[in.rank() - 1], "num_upper").status());
  }
  c.set_output(0, in);
  return Status();
}

Status Run(RunContext& c) {
  const Tensor& input = c.input(0);
  Tensor& output = c.output(0);
  if (input.rank() < 2) return InvalidArgument("input: want rank >= 2, got shape ", input.shape());
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, input.shape()));
  const int64_t rows = input.dim(input.rank() - 2), columns = input.dim(input.rank() - 1);
  RIVULET_ASSIGN_OR_RETURN(const int64_t lower, Kept(c.input(1), rows, "num_lower"));
  RIVULET_ASSIGN_OR_RETURN(const int64_t upper, Kept(c.input(2), columns, "num_upper"));
  if (input.num_elements() == 0) return Status();
  const DType dtype = input.dtype();
  const int64_t count = input.num_elements() / columns;
  c.ParallelFor(count, RowGrain(dtype, columns, count), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = i % rows;
      const int64_t first = lower < 0 ? 0 : std::clamp<int64_t>(row - lower, 0, columns);
      const int64_t after = upper < 0 ? columns : std::clamp<int64_t>(row + upper + 1, first, columns);
      const int64_t at = i * columns;
      ClearElements(dtype, ElementAt(output.raw(), dtype, at), first);
      CopyElements(dtype, ElementAt(output.raw(), dtype, at + first), ElementAt(input.raw(), dtype, at + first),
                   after - first);
      ClearElements(dtype, ElementAt(output.raw(), dtype, at + after), columns - after);
    }
  });
  return Status();
}

#define RIVULET_NUMBERS "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,c64,c128"

constexpr OpDef kDefs[] = {
    {.name = "MatrixBandPart",
     .inputs = "input:T, num_lower:Tindex, num_upper:Tindex",
     .outputs = "band:T",
     .attrs = RIVULET_NUMBERS ",bool}; Tindex:type=i64 in {i32,i64}",
     .infer = Infer,
     .run = Run},
    {.name = "BatchMatrixBandPart",
     .inputs = "input:T, num_lower:i64, num_upper:i64",
     .outputs = "band:T",
     .attrs = RIVULET_NUMBERS "}",
     .infer = Infer,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(MatrixBandPart, kDefs);

}  // namespace rivulet
