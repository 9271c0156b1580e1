// Slices of a variable changed at the places that indices of several coordinates name, for both kinds of handles: as
// TensorScatterUpdate and its like do it with a tensor.
#include "engine/ops/nd_index.h"
#include "engine/ops/op.h"
#include "engine/ops/scatter_nd_into.h"
#include "engine/ops/variable.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

// A reference is handed on; a resource has no output.
Status Infer(InferContext& c) {
  if (c.num_outputs() > 0) c.set_output(0, {});
  RIVULET_RETURN_IF_ERROR(ParseBadIndicesPolicy(c.attrs().Str("bad_indices_policy")).status());
  return CheckScatterNd(c.shape(1), c.shape(2), Shape::UnknownRank());
}

// Subtraction of bools: true where they differ.
void DifferRows(void* to, const void* from, int64_t n) {
  auto* a = static_cast<uint8_t*>(to);
  const auto* b = static_cast<const uint8_t*>(from);
  for (int64_t i = 0; i < n; ++i) a[i] = static_cast<uint8_t>((a[i] != 0) != (b[i] != 0));
}

Status Run(RunContext& c, Combine how) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Variable> variable, ObjectIn<Variable>(c.input(0)));
  const Tensor& indices = c.input(1);
  const Tensor& updates = c.input(2);
  if (c.num_outputs() > 0) c.SetOutput(0, c.input(0));
  return variable->Modify(c.allocator(), [&](Tensor& value) -> Status {
    if (updates.dtype() != value.dtype()) {
      return InvalidArgument("the variable is ", value.dtype(), ", the updates ", updates.dtype());
    }
    RIVULET_RETURN_IF_ERROR(CheckScatterNd(indices.shape(), updates.shape(), value.shape()));
    const bool differs = how == Combine::kSubtract && value.dtype() == DType::kBool;
    const CombineRows combine = differs ? DifferRows : FindCombine(how, value.dtype());
    return ScatterNdInto(c, combine, c.state<BadIndicesState>().ignore, indices, updates, value);
  });
}

#define RIVULET_REAL "f32,f64,f16,bf16,i8,i16,i32,i64,u8,u16,u32,u64"
#define RIVULET_NUMBERS RIVULET_REAL ",c64,c128"
#define RIVULET_REST "}; Tindices:type in {i32,i64}; bad_indices_policy:string=\"\"; use_locking:bool="
#define RIVULET_BOTH(op, how, types, resource_types, locking)                                                \
  {.name = op,                                                                                               \
   .inputs = "ref:ref T, indices:Tindices, updates:T",                                                       \
   .outputs = "output_ref:ref T",                                                                            \
   .attrs = "T:type in {" types RIVULET_REST locking,                                                        \
   .infer = Infer,                                                                                           \
   .prepare = PrepareBadIndices,                                                                             \
   .run = With<Run, how>,                                                                                    \
   .flags = kEffect | kMakesOutputs},                                                                        \
  {                                                                                                          \
    .name = "Resource" op, .inputs = "ref:resource, indices:Tindices, updates:T", .outputs = "",             \
    .attrs = "T:type in {" resource_types RIVULET_REST "true", .infer = Infer, .prepare = PrepareBadIndices, \
    .run = With<Run, how>, .flags = kEffect                                                                  \
  }

constexpr OpDef kDefs[] = {
    RIVULET_BOTH("ScatterNdUpdate", Combine::kAssign, RIVULET_NUMBERS ",bool,str", RIVULET_NUMBERS ",bool,str", "true"),
    RIVULET_BOTH("ScatterNdAdd", Combine::kAdd, RIVULET_NUMBERS, RIVULET_NUMBERS ",bool", "false"),
    RIVULET_BOTH("ScatterNdSub", Combine::kSubtract, RIVULET_NUMBERS, RIVULET_NUMBERS ",bool", "false"),
    RIVULET_BOTH("ScatterNdMin", Combine::kLeast, RIVULET_REAL, RIVULET_REAL, "false"),
    RIVULET_BOTH("ScatterNdMax", Combine::kGreatest, RIVULET_REAL, RIVULET_REAL, "false"),
};

}  // namespace

RIVULET_OP_LIST(VariableScatterNd, kDefs);

}  // namespace rivulet
