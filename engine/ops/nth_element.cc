// NthElement: the element that stands at place n of every row when it is sorted, ascending or with `reverse`
// descending.
//
//   input [rows.., m] of T, n: a scalar with 0 <= n < m -> values [rows..]. NaN counts as greater than any number.
#include <algorithm>

#include "engine/ops/indices.h"
#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 1));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  const Shape& shape = c.shape(0);
  const int64_t columns = shape.has_rank() ? shape[shape.rank() - 1] : Shape::kUnknownDim;
  if (c.known(1)) {
    const int64_t n = c.ints(1)[0];
    if (n < 0 || (columns >= 0 && n >= columns)) {
      return InvalidArgument("n: want [0, ", columns, ") for an input of shape ", shape, ", got ", n);
    }
  }
  if (!shape.has_rank()) {
    c.set_output(0, Shape::UnknownRank());
  } else {
    c.set_output(0, Shape(shape.dims().first(static_cast<size_t>(shape.rank() - 1))));
  }
  return Status();
}

struct State : OpState {
  bool reverse = false;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->reverse = c.attrs().Bool("reverse");
  return std::unique_ptr<OpState>(std::move(state));
}

// Element n of the sorted row goes to `out`; `memory` has room for a row.
using FindInRow = void (*)(const void* row, int64_t columns, int64_t n, void* memory, void* out);

template <typename T>
void Find(const void* row, int64_t columns, int64_t n, void* memory, void* out) {
  const auto less = [](T a, T b) {
    const auto left = Widen(a), right = Widen(b);
    return left < right || (right != right && left == left);
  };
  T* copy = static_cast<T*>(memory);
  std::copy_n(static_cast<const T*>(row), columns, copy);
  std::nth_element(copy, copy + n, copy + columns, less);
  *static_cast<T*>(out) = copy[n];
}

// What is only compared is the same number in every type that holds it.
constexpr uint32_t kWiden = kWidenFloats | kWidenInts;

Status Run(RunContext& c) {
  const Tensor& input = c.input(0);
  const DType dtype = input.dtype();
  const int64_t columns = input.dim(input.rank() - 1);
  int64_t n = Indices(c.input(1))[0];
  if (n < 0 || n >= columns) return InvalidArgument("n: want [0, ", columns, "), got ", n);
  if (c.state<State>().reverse) n = columns - 1 - n;
  const int64_t rows = c.output(0).num_elements();
  if (rows == 0) return Status();
  FindInRow find = nullptr;
  VisitLoops<kWiden, float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t,
             uint64_t>(dtype, [&](auto tag) { find = Find<typename decltype(tag)::Type>; });
  if (find == nullptr) return Status();
  const int64_t grain = std::max<int64_t>((1 << 14) / columns, 1);
  const int64_t num_pieces = (rows + grain - 1) / grain;
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(num_pieces * columns) * ElementBytes(dtype)));
  c.ParallelFor(rows, grain, [&](int64_t begin, int64_t end) {
    void* memory = ElementAt(scratch, dtype, begin / grain * columns);
    for (int64_t i = begin; i < end; ++i) {
      find(ElementAt(input.raw(), dtype, i * columns), columns, n, memory, ElementAt(c.output(0).raw(), dtype, i));
    }
  });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "NthElement",
     .inputs = "input:T, n:i32",
     .outputs = "values:T",
     .attrs = "reverse:bool=false; T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64}",
     .infer = Infer,
     .prepare = Prepare,
     .run = kWidened<Run, kWiden, State>},
};

}  // namespace

RIVULET_OP_LIST(NthElement, kDefs);

}  // namespace rivulet
