// Operators without inputs that stand for given tensors: Const, Placeholder and its variants.
//
// A Const's value is the node's literal: a view of the model file where the file gives every element.
#include <algorithm>

#include "engine/graph/shape_math.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

// Shape rules read small constants through typed pointers; larger ones, and floats that are no mere parameters, are
// weights, which stay views of the file.
constexpr size_t kCopiedBytes = size_t{1} << 16;
constexpr size_t kCopiedFloatBytes = size_t{1} << 8;

bool IsCopied(const Tensor& value) {
  const bool is_float = value.dtype() == DType::kFloat || value.dtype() == DType::kHalf ||
                        value.dtype() == DType::kBfloat16 || value.dtype() == DType::kDouble;
  return !value.is_aligned() && value.bytes() <= (is_float ? kCopiedFloatBytes : kCopiedBytes);
}

Status InferConst(InferContext& c) {
  const auto literal = c.attrs().Literal("value");
  if (literal == nullptr) return InvalidArgument("attr 'value' is missing");
  if (literal->dtype != c.output_dtype(0)) {
    return InvalidArgument("attr 'value' is ", literal->dtype, ", attr 'dtype' says ", c.output_dtype(0));
  }
  RIVULET_ASSIGN_OR_RETURN(Tensor value, Expand(*literal, c.allocator()));
  if (IsCopied(value)) {
    RIVULET_ASSIGN_OR_RETURN(value, Clone(value, c.allocator()));
  }
  c.set_output(0, value.shape());
  c.set_value(0, std::move(value));
  return Status();
}

Status InferPlaceholder(InferContext& c) {
  Shape shape = c.attrs().ShapeAttr("shape");
  // Graphs from before versions existed write `shape {}` for "any shape".
  if (!c.graph_has_versions() && shape.rank() == 0) shape = Shape::UnknownRank();
  c.set_output(0, std::move(shape));
  return Status();
}

Status InferPlaceholderWithDefault(InferContext& c) {
  // Not fed, it is its default; fed, it is replaced before inference.
  const Shape declared = c.attrs().ShapeAttr("shape");
  if (!MergeShapes(c.shape(0), declared).ok()) {
    return InvalidArgument("input: want shape ", declared, " as attr 'shape' says, got ", c.shape(0));
  }
  c.set_output(0, c.shape(0));
  return Status();
}

// Stands for a result that nobody looks at. Unknown dims are 0.
Status InferFakeParam(InferContext& c) {
  Shape shape = c.attrs().ShapeAttr("shape");
  if (!shape.has_rank()) shape = {};
  for (int i = 0; i < shape.rank(); ++i) shape.set_dim(i, std::max<int64_t>(shape[i], 0));
  c.set_output(0, std::move(shape));
  return Status();
}
Status RunFakeParam(RunContext& c) {
  ClearElements(c.output(0).dtype(), c.output(0).raw(), c.output(0).num_elements());
  return Status();
}

Status RunPlaceholder(RunContext&) { return InvalidArgument("this input was not fed; feed it by its name"); }

constexpr OpDef kDefs[] = {
    {.name = "Const",
     .inputs = "",
     .outputs = "output:dtype",
     .attrs = "value:tensor; dtype:type",
     .infer = InferConst,
     .flags = kTakesObjects},
    {.name = "Placeholder",
     .inputs = "",
     .outputs = "output:dtype",
     .attrs = "dtype:type; shape:shape=?",
     .infer = InferPlaceholder,
     .run = RunPlaceholder,
     .flags = kStateful | kDataDependent | kTakesObjects},
    {.name = "FakeParam",
     .inputs = "",
     .outputs = "output:dtype",
     .attrs = "dtype:type in "
              "{bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,qi8,qu8,qi16,qu16,qi32,resource,"
              "variant}; shape:shape",
     .infer = InferFakeParam,
     .run = RunFakeParam},
    {.name = "PlaceholderV2",
     .inputs = "",
     .outputs = "output:dtype",
     .attrs = "dtype:type; shape:shape",
     .infer = InferPlaceholder,
     .run = RunPlaceholder,
     .flags = kStateful | kDataDependent | kTakesObjects},
    {.name = "PlaceholderWithDefault",
     .inputs = "input:dtype",
     .outputs = "output:dtype",
     .attrs = "dtype:type; shape:shape",
     .infer = InferPlaceholderWithDefault,
     .flags = kAlias},
};

}  // namespace

RIVULET_OP_LIST(Source, kDefs);

}  // namespace rivulet
