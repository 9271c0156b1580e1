// Reshape, QuantizedReshape, Squeeze, ExpandDims, EnsureShape: the same elements under another shape, of any T.
//
// Reshape's target may have one -1, which stands for what the number of elements leaves. Beside a 0 that is what the
// dims other than 0 of the input leave, rounded down.
#include <algorithm>

#include "engine/base/checked.h"
#include "engine/graph/shape_math.h"
#include "engine/ops/dims.h"
#include "engine/ops/axis_copy.h"

namespace rivulet {
namespace {

// `target` with its -1 resolved as far as the input's shape is known.
Result<Shape> Resolve(const Shape& input, std::span<const int64_t> target) {
  if (target.size() > static_cast<size_t>(Shape::kMaxRank)) {
    return InvalidArgument("shape: want at most ", Shape::kMaxRank, " dims, got ", static_cast<int64_t>(target.size()));
  }
  int open = -1;
  bool has_zero = false;
  CheckedSize product = 1;  // of dims other than 0
  for (size_t i = 0; i < target.size(); ++i) {
    if (target[i] == -1) {
      if (open >= 0)
        return InvalidArgument("shape: only one dim can be -1, got -1 at ", open, " and at ", static_cast<int64_t>(i));
      open = static_cast<int>(i);
    } else if (target[i] < 0) {
      return InvalidArgument("shape[", static_cast<int64_t>(i), "]: want >= -1, got ", target[i]);
    } else if (target[i] == 0) {
      has_zero = true;
    } else {
      product *= target[i];
    }
  }
  Shape out(target);
  if (!product.valid()) return InvalidArgument("shape ", out, " has too many elements");
  if (!input.complete()) return out;
  const int64_t count = input.num_elements();
  if (open >= 0) {
    CheckedSize given = 1;
    for (const int64_t dim : input.dims()) {
      if (dim != 0 || !has_zero) given *= dim;
    }
    if (!given.valid()) return InvalidArgument("an input of shape ", input, " is too large");
    out.set_dim(open, given.value() / product.value());
    product *= out[open];
  }
  if ((has_zero ? 0 : product.value()) != count) {
    return InvalidArgument("an input of shape ", input, " has ", count, " elements, which do not fill shape ",
                           Shape(target));
  }
  return out;
}

Result<Shape> ReshapeShape(const InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const int64_t length, VectorLength(c, 1, "shape"));
  if (c.known(1)) return Resolve(c.shape(0), ReadIntegers(*c.value(1)));
  if (length < 0) return Shape::UnknownRank();
  if (length > Shape::kMaxRank) return InvalidArgument("shape: want at most ", Shape::kMaxRank, " dims, got ", length);
  if (length == 0) return Resolve(c.shape(0), {});
  return Shape::OfUnknownDims(static_cast<int>(length));
}

Status InferReshape(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(Shape out, ReshapeShape(c));
  c.set_output(0, std::move(out));
  return Status();
}

Status InferQuantizedReshape(InferContext& c) {
  for (int i = 2; i < 4; ++i) {
    RIVULET_RETURN_IF_ERROR(WantOneElement(c.shape(i), i == 2 ? "input_min" : "input_max"));
    if (c.shape(i).has_rank() && c.shape(i).rank() > 1) return c.WantRank(i, 1);
  }
  c.set_output(1, {});
  c.set_output(2, {});
  return InferReshape(c);
}

Status RunQuantizedReshape(RunContext& c) {
  RIVULET_RETURN_IF_ERROR(WantOneElement(c.input(2).shape(), "input_min"));
  RIVULET_RETURN_IF_ERROR(WantOneElement(c.input(3).shape(), "input_max"));
  RIVULET_ASSIGN_OR_RETURN(const Shape out, Resolve(c.input(0).shape(), ReadIntegers(c.input(1))));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, out));
  c.output(1).data<float>()[0] = c.input(2).data<float>()[0];
  c.output(2).data<float>()[0] = c.input(3).data<float>()[0];
  return CopyTensor(c, c.input(0), c.output(0));
}

Status InferSqueeze(InferContext& c) {
  const Shape& in = c.shape(0);
  if (!in.has_rank()) return Status();
  const std::vector<int64_t> named = c.attrs().Ints("squeeze_dims");
  std::vector<bool> drop(static_cast<size_t>(in.rank()), false);
  for (const int64_t axis : named) {
    auto normal = NormalizeAxis(axis, in.rank());
    if (!normal.ok()) return std::move(normal).status().Framed("attr 'squeeze_dims'");
    if (in[*normal] != 1 && in[*normal] != Shape::kUnknownDim) {
      return InvalidArgument("attr 'squeeze_dims': dim ", *normal, " of ", in, " is not 1");
    }
    drop[static_cast<size_t>(*normal)] = true;
  }
  Shape out;
  for (int i = 0; i < in.rank(); ++i) {
    if (named.empty() && in[i] == Shape::kUnknownDim) return Status();  // it may be 1
    if (named.empty() ? in[i] != 1 : !drop[static_cast<size_t>(i)]) out.push_back(in[i]);
  }
  c.set_output(0, std::move(out));
  return Status();
}

Status InferExpandDims(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantOneElement(c.shape(1), "dim"));
  const Shape& in = c.shape(0);
  if (!in.has_rank()) return Status();
  if (in.rank() == Shape::kMaxRank)
    return InvalidArgument("the output would have more than ", Shape::kMaxRank, " dims");
  if (!c.known(1)) {
    c.set_output(0, Shape::OfUnknownDims(in.rank() + 1));
    return Status();
  }
  auto axis = NormalizeInsertAxis(ReadIntegers(*c.value(1))[0], in.rank());
  if (!axis.ok()) return std::move(axis).status().Framed("dim");
  Shape out;
  for (int i = 0; i <= in.rank(); ++i) {
    if (i == *axis) out.push_back(1);
    if (i < in.rank()) out.push_back(in[i]);
  }
  c.set_output(0, std::move(out));
  return Status();
}

Status InferEnsureShape(InferContext& c) {
  const Shape wanted = c.attrs().ShapeAttr("shape");
  auto merged = MergeShapes(c.shape(0), wanted);
  if (!merged.ok()) return InvalidArgument("want shape ", wanted, ", got ", c.shape(0));
  c.set_output(0, *std::move(merged));
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "Reshape",
     .inputs = "tensor:T, shape:Tshape",
     .outputs = "output:T",
     .attrs = "T:type; Tshape:type=i32 in {i32,i64}",
     .infer = InferReshape,
     .flags = kAlias},
    {.name = "QuantizedReshape",
     .inputs = "tensor:T, shape:Tshape, input_min:f32, input_max:f32",
     .outputs = "output:T, output_min:f32, output_max:f32",
     .attrs = "T:type in {qu8,qi32}; Tshape:type=i32 in {i32,i64}",
     .infer = InferQuantizedReshape,
     .run = RunQuantizedReshape},
    {.name = "Squeeze",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "T:type; squeeze_dims:list(int)=[] >=0",
     .infer = InferSqueeze,
     .flags = kAlias},
    {.name = "ExpandDims",
     .inputs = "input:T, dim:Tdim",
     .outputs = "output:T",
     .attrs = "T:type; Tdim:type=i32 in {i32,i64}",
     .infer = InferExpandDims,
     .flags = kAlias},
    {.name = "EnsureShape",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "shape:shape; T:type",
     .infer = InferEnsureShape,
     .flags = kAlias},
};

}  // namespace

RIVULET_OP_LIST(Reshape, kDefs);

}  // namespace rivulet
