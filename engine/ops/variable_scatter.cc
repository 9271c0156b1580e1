// Rows of a variable changed at the places that indices name, for both kinds of handles.
//
//   variable [n, row..], indices [places..], updates [places.., row..] or a scalar for all
//
// Updates apply in order: of several assignments to one row the last stays. An index outside [0, n) is an error, found
// before anything is changed, as is an integer division by zero (TensorFlow ends the process). Min and Max keep a NaN.
#include <algorithm>

#include "engine/ops/indices.h"
#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"
#include "engine/ops/variable.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

// What a scatter does with a row; null where the dtype has no such thing.
using FindRule = CombineRows (*)(DType);

template <Combine kHow>
CombineRows Find(DType dtype) {
  return FindCombine(kHow, dtype);
}

CombineRows FindAssign(DType dtype) {
  if (dtype != DType::kResource && dtype != DType::kVariant) return FindCombine(Combine::kAssign, dtype);
  return [](void* to, const void* from, int64_t n) { CopyElements(DType::kVariant, to, from, n); };
}

CombineRows FindDivide(DType dtype) {
  CombineRows found = nullptr;
  VisitType<float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t,
            Complex64, Complex128>(dtype, [&](auto tag) {
    using T = typename decltype(tag)::Type;
    found = [](void* to, const void* from, int64_t n) {
      T* a = static_cast<T*>(to);
      const T* b = static_cast<const T*>(from);
      for (int64_t i = 0; i < n; ++i) {
        if constexpr (std::is_integral_v<T>) {
          a[i] = WholeQuotient(a[i], b[i]);
        } else {
          a[i] = T(Widen(a[i]) / Widen(b[i]));
        }
      }
    };
  });
  return found;
}

// As TensorFlow, a reference may be divided by a float that is 0, a resource by no 0.
Status CheckDivisors(const Tensor& updates, bool is_resource) {
  bool has_zero = false;
  VisitType<float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t,
            Complex64, Complex128>(updates.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    if (!std::is_integral_v<T> && !is_resource) return;
    for (const T& value : updates.values<T>()) has_zero |= Widen(value) == Widen(T());
  });
  return has_zero ? InvalidArgument("updates: want no 0 to divide by") : Status();
}

bool FitsAfter(const Shape& places, const Shape& row, const Shape& updates) {
  if (updates.rank() != places.rank() + row.rank() - 1) return false;
  for (int i = 0; i < updates.rank(); ++i) {
    const int64_t want = i < places.rank() ? places[i] : row[i - places.rank() + 1];
    if (updates[i] != want) return false;
  }
  return true;
}

Status ScatterInto(RunContext& c, Tensor& value, CombineRows combine, const Tensor& indices, const Tensor& updates) {
  if (updates.dtype() != value.dtype()) {
    return InvalidArgument("the variable is ", value.dtype(), ", the updates ", updates.dtype());
  }
  if (combine == nullptr) return Unimplemented("variables of ", value.dtype(), " cannot be changed so");
  if (value.rank() < 1) return InvalidArgument("want a variable of rank 1 or more, got a scalar");
  const bool one_for_all = updates.rank() == 0;
  if (!one_for_all && !FitsAfter(indices.shape(), value.shape(), updates.shape())) {
    return InvalidArgument("updates of shape ", updates.shape(), ": want a scalar, or the dims of indices ",
                           indices.shape(), " and those of the variable ", value.shape(), " after the first");
  }
  const int64_t n = value.dim(0);
  const int64_t count = indices.num_elements();
  const Indices index(indices);
  for (int64_t i = 0; i < count; ++i) {
    if (InRange(index[i], n)) continue;
    return InvalidArgument("indices", Place(indices.shape(), indices.rank(), i), " = ", index[i], " is not in [0, ", n,
                           ")");
  }
  if (count == 0 || value.num_elements() == 0) return Status();
  const int64_t row = value.num_elements() / n;
  const DType dtype = value.dtype();
  Tensor spread;  // a row of the one update
  if (one_for_all) {
    RIVULET_ASSIGN_OR_RETURN(spread, Tensor::Allocate(dtype, {row}, c.allocator()));
    for (int64_t i = 0; i < row; ++i) CopyElements(dtype, ElementAt(spread.raw(), dtype, i), updates.raw(), 1);
  }
  // Columns do not depend on each other; strings stay with this thread.
  const int64_t grain = ElementBytes(dtype) == 0 ? row : std::max<int64_t>((1 << 15) / count, 64);
  c.ParallelFor(row, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = 0; i < count; ++i) {
      if ((i & 0xfff) == 0xfff && c.stop().stopped()) return;
      const void* from =
          one_for_all ? ElementAt(spread.raw(), dtype, begin) : ElementAt(updates.raw(), dtype, i * row + begin);
      combine(ElementAt(value.raw(), dtype, index[i] * row + begin), from, end - begin);
    }
  });
  return Status();
}

// What can be told before the variable is known. A reference is handed on; a resource has no
// output.
Status Infer(InferContext& c) {
  if (c.num_outputs() > 0) c.set_output(0, {});
  const Shape& indices = c.shape(1);
  const Shape& updates = c.shape(2);
  if (!indices.has_rank() || !updates.has_rank() || updates.rank() == 0) return Status();
  bool fits = updates.rank() >= indices.rank();
  for (int i = 0; fits && i < indices.rank(); ++i) {
    fits = indices[i] < 0 || updates[i] < 0 || indices[i] == updates[i];
  }
  if (fits) return Status();
  return InvalidArgument("updates of shape ", updates, " do not begin with the dims of indices ", indices);
}

Status Run(RunContext& c, FindRule find) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Variable> variable, ObjectIn<Variable>(c.input(0)));
  if (c.num_outputs() > 0) c.SetOutput(0, c.input(0));
  return variable->Modify(
      c.allocator(), [&](Tensor& value) { return ScatterInto(c, value, find(value.dtype()), c.input(1), c.input(2)); });
}

Status RunDivide(RunContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckDivisors(c.input(2), c.num_outputs() == 0));
  return Run(c, FindDivide);
}

#define RIVULET_ORDERED "f32,f64,i32,i64,bf16,f16"
#define RIVULET_REAL RIVULET_ORDERED ",i16,i8,u8,u16,u32,u64"
#define RIVULET_NUMBERS RIVULET_REAL ",c64,c128"
#define RIVULET_ALL RIVULET_NUMBERS ",bool,str"
#define RIVULET_BOTH(op, run_function, types, resource_types, locking)                                              \
  {.name = op,                                                                                                      \
   .inputs = "ref:ref T, indices:Tindices, updates:T",                                                              \
   .outputs = "output_ref:ref T",                                                                                   \
   .attrs = "T:type in {" types "}; Tindices:type in {i32,i64}; use_locking:bool=" locking,                         \
   .infer = Infer,                                                                                                  \
   .run = run_function,                                                                                             \
   .flags = kEffect | kMakesOutputs},                                                                               \
  {                                                                                                                 \
    .name = "Resource" op, .inputs = "resource:resource, indices:Tindices, updates:dtype", .outputs = "",           \
    .attrs = "dtype:type in {" resource_types "}; Tindices:type in {i32,i64}", .infer = Infer, .run = run_function, \
    .flags = kEffect                                                                                                \
  }

constexpr OpDef kDefs[] = {
    RIVULET_BOTH("ScatterUpdate", (With<Run, FindAssign>), RIVULET_ALL ",resource,variant", RIVULET_ALL ",variant",
                 "true"),
    RIVULET_BOTH("ScatterAdd", (With<Run, Find<Combine::kAdd>>), RIVULET_NUMBERS, RIVULET_NUMBERS, "false"),
    RIVULET_BOTH("ScatterSub", (With<Run, Find<Combine::kSubtract>>), RIVULET_NUMBERS, RIVULET_NUMBERS, "false"),
    RIVULET_BOTH("ScatterMul", (With<Run, Find<Combine::kMultiply>>), RIVULET_NUMBERS, RIVULET_NUMBERS, "false"),
    RIVULET_BOTH("ScatterDiv", RunDivide, RIVULET_NUMBERS, RIVULET_NUMBERS, "false"),
    RIVULET_BOTH("ScatterMin", (With<Run, Find<Combine::kLeast>>), RIVULET_ORDERED, RIVULET_REAL, "false"),
    RIVULET_BOTH("ScatterMax", (With<Run, Find<Combine::kGreatest>>), RIVULET_ORDERED, RIVULET_REAL, "false"),
};

}  // namespace

RIVULET_OP_LIST(VariableScatter, kDefs);

}  // namespace rivulet
