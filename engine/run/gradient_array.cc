// dx of operators that move elements. Inputs that say where to (axes, shapes, indices) get zeros. Where TensorFlow has
// the gradient for int32 indices only, so has this.
#include "engine/run/gradient_formula.h"

namespace rivulet {
namespace {

using Edges = std::vector<Edge>;

// Error unless the index type is int32.
Status WantInt32(GradientBuilder& g, std::string_view attr) {
  const DType type = g.Type(attr);
  if (type == DType::kInt32 || type == DType::kInvalid) return Status();
  return Unimplemented("the gradient is defined for int32 indices only, ", Quoted(attr), " is ", type);
}

// dx first, zeros for the rest.
Edges WithZeros(GradientBuilder& g, Edge dx) {
  Edges out = {dx};
  for (size_t i = 1; i < g.all_x().size(); ++i) out.push_back(g.ZerosLike(g.x(i)));
  return out;
}

Result<Edges> Identity(GradientBuilder& g) { return Edges{g.dy()}; }

Result<Edges> Reshape(GradientBuilder& g) { return WithZeros(g, g.Op("Reshape", {g.dy(), g.ShapeOf(g.x())})); }

Result<Edges> Pack(GradientBuilder& g) {
  AttrMap attrs = g.Attrs({"axis"});
  const auto count = static_cast<int64_t>(g.all_x().size());
  attrs.Set("num", count);
  const Edge parts = g.Op("Unpack", {g.dy()}, std::move(attrs));
  Edges out;
  for (int32_t i = 0; i < count; ++i) out.push_back({parts.node, i});
  return out;
}

Result<Edges> Unpack(GradientBuilder& g) { return Edges{g.Op("Pack", g.all_dy(), g.Attrs({"axis"}))}; }

// Each input's part of the result, cut out again.
Edges Joined(GradientBuilder& g, Edge axis, const Edges& parts) {
  AttrMap attrs;
  attrs.Set("N", static_cast<int64_t>(parts.size()));
  const Edge shapes = g.Op("ShapeN", parts, attrs);
  Edges inputs = {axis};
  for (size_t i = 0; i < parts.size(); ++i) inputs.push_back({shapes.node, static_cast<int32_t>(i)});
  const Edge offsets = g.Op("ConcatOffset", std::move(inputs), attrs);
  Edges out;
  for (int32_t i = 0; i < static_cast<int32_t>(parts.size()); ++i) {
    out.push_back(g.Op("Slice", {g.dy(), {offsets.node, i}, {shapes.node, i}}));
  }
  return out;
}

Result<Edges> Concat(GradientBuilder& g) {
  Edges out = Joined(g, g.x(0), Edges(g.all_x().begin() + 1, g.all_x().end()));
  out.insert(out.begin(), g.ZerosLike(g.x(0)));
  return out;
}

Result<Edges> ConcatV2(GradientBuilder& g) {
  RIVULET_RETURN_IF_ERROR(WantInt32(g, "Tidx"));
  const Edge axis = g.all_x().back();
  Edges out = Joined(g, axis, Edges(g.all_x().begin(), g.all_x().end() - 1));
  out.push_back(g.ZerosLike(axis));
  return out;
}

Edge Join(GradientBuilder& g, Edge axis) {
  Edges inputs = {axis};
  inputs.insert(inputs.end(), g.all_dy().begin(), g.all_dy().end());
  return g.Op("Concat", std::move(inputs));
}

Result<Edges> Split(GradientBuilder& g) { return Edges{g.ZerosLike(g.x(0)), Join(g, g.x(0))}; }
Result<Edges> SplitV(GradientBuilder& g) { return WithZeros(g, Join(g, g.x(2))); }

Result<Edges> Fill(GradientBuilder& g) {
  RIVULET_RETURN_IF_ERROR(WantInt32(g, "index_type"));
  const Edge all_axes = g.Op("Range", {g.Int(0), g.Op("Rank", {g.dy()}), g.Int(1)});
  return Edges{g.ZerosLike(g.x(0)), g.Op("Sum", {g.dy(), all_axes})};
}

Edges Back(GradientBuilder& g, const char* op) {
  return WithZeros(g, g.Op(op, {g.dy(), g.Op("InvertPermutation", {g.x(1)})}));
}

Result<Edges> Transpose(GradientBuilder& g) { return Back(g, "Transpose"); }
Result<Edges> ConjugateTranspose(GradientBuilder& g) { return Back(g, "ConjugateTranspose"); }

Result<Edges> Reverse(GradientBuilder& g) { return WithZeros(g, g.Op("Reverse", {g.dy(), g.x(1)})); }

Result<Edges> ReverseV2(GradientBuilder& g) {
  RIVULET_RETURN_IF_ERROR(WantInt32(g, "Tidx"));
  return WithZeros(g, g.Op("ReverseV2", {g.dy(), g.x(1)}));
}

// What was cut off at both ends is 0: shape(x) - begin - size of them at the end, where size -1 counts as it stands.
Result<Edges> Slice(GradientBuilder& g) {
  RIVULET_RETURN_IF_ERROR(WantInt32(g, "Index"));
  const Edge after = g.Op("Sub", {g.Op("Sub", {g.ShapeOf(g.x(0)), g.x(1)}), g.x(2)});
  const auto column = [&](Edge a) { return g.Op("ExpandDims", {a, g.Int(1)}); };
  const Edge paddings = g.Op("Concat", {g.Int(1), column(g.x(1)), column(after)});
  return WithZeros(g, g.Op("Pad", {g.dy(), paddings}));
}

AttrMap Masks(GradientBuilder& g) {
  return g.Attrs({"begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"});
}

Result<Edges> StridedSlice(GradientBuilder& g) {
  RIVULET_RETURN_IF_ERROR(WantInt32(g, "Index"));
  return WithZeros(g, g.Op("StridedSliceGrad", {g.ShapeOf(g.x(0)), g.x(1), g.x(2), g.x(3), g.dy()}, Masks(g)));
}

Result<Edges> StridedSliceGrad(GradientBuilder& g) {
  RIVULET_RETURN_IF_ERROR(WantInt32(g, "Index"));
  Edges out;
  for (size_t i = 0; i < 4; ++i) out.push_back(g.ZerosLike(g.x(i)));
  out.push_back(g.Op("StridedSlice", {g.dy(), g.x(1), g.x(2), g.x(3)}, Masks(g)));
  return out;
}

Result<Edges> GatherNd(GradientBuilder& g) {
  RIVULET_RETURN_IF_ERROR(WantInt32(g, "Tindices"));
  return WithZeros(g, g.Op("ScatterNd", {g.x(1), g.dy(), g.ShapeOf(g.x(0))}));
}

Result<Edges> BroadcastTo(GradientBuilder& g) {
  RIVULET_RETURN_IF_ERROR(WantInt32(g, "Tidx"));
  const Edge shape = g.ShapeOf(g.x(0));
  const Edge axes = g.Op("BroadcastGradientArgs", {shape, g.x(1)});
  return WithZeros(g, g.Op("Reshape", {g.Op("Sum", {g.dy(), axes}), shape}));
}

constexpr GradientFormula kFormulas[] = {
    {"Identity", Identity},
    {"ReadVariableOp", Identity},
    {"Reshape", Reshape},
    {"ExpandDims", Reshape},
    {"Squeeze", Reshape},
    {"Pack", Pack},
    {"Unpack", Unpack},
    {"Concat", Concat},
    {"ConcatV2", ConcatV2},
    {"Split", Split},
    {"SplitV", SplitV},
    {"Fill", Fill},
    {"Transpose", Transpose},
    {"ConjugateTranspose", ConjugateTranspose},
    {"Reverse", Reverse},
    {"ReverseV2", ReverseV2},
    {"Slice", Slice},
    {"StridedSlice", StridedSlice},
    {"StridedSliceGrad", StridedSliceGrad},
    {"GatherNd", GatherNd},
    {"BroadcastTo", BroadcastTo},
};

}  // namespace

std::span<const GradientFormula> ArrayGradients() { return kFormulas; }

}  // namespace rivulet
