// BroadcastArgs: the shape that two shapes broadcast to. BroadcastGradientArgs: the axes along which each of two
// broadcast inputs was repeated, over which its gradient is summed.
#include <algorithm>

#include "engine/graph/shape_math.h"
#include "engine/ops/dims.h"

namespace rivulet {
namespace {

Status InferShape(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const int64_t a, VectorLength(c, 0, "s0"));
  RIVULET_ASSIGN_OR_RETURN(const int64_t b, VectorLength(c, 1, "s1"));
  c.set_output(0, {a < 0 || b < 0 ? Shape::kUnknownDim : std::max(a, b)});
  return Status();
}

// Dims of a and b from the last on; a shape that has no more dims has 1.
struct DimPair {
  int64_t a;
  int64_t b;
};
Result<std::vector<DimPair>> PairsFromLast(RunContext& c) {
  const std::vector<int64_t> a = ReadIntegers(c.input(0)), b = ReadIntegers(c.input(1));
  std::vector<DimPair> pairs(std::max(a.size(), b.size()));
  for (size_t i = 0; i < pairs.size(); ++i) {
    DimPair& pair = pairs[i];
    pair = {i < a.size() ? a[a.size() - 1 - i] : 1, i < b.size() ? b[b.size() - 1 - i] : 1};
    if (pair.a != pair.b && pair.a != 1 && pair.b != 1) {
      return InvalidArgument("the shapes do not broadcast: ", pair.a, " against ", pair.b);
    }
  }
  return pairs;
}

Status RunShape(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::vector<DimPair> pairs, PairsFromLast(c));
  std::vector<int64_t> out(pairs.size());
  for (size_t i = 0; i < pairs.size(); ++i) out[pairs.size() - 1 - i] = pairs[i].a == 1 ? pairs[i].b : pairs[i].a;
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, {static_cast<int64_t>(out.size())}));
  return WriteIntegers(out, c.output(0));
}

Status InferAxes(InferContext& c) {
  for (int i = 0; i < 2; ++i) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(i, 1));
    c.set_output(i, Shape::OfUnknownDims(1));
  }
  return Status();
}

Status RunAxes(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::vector<DimPair> pairs, PairsFromLast(c));
  const size_t rank = pairs.size();
  std::vector<int64_t> axes[2];
  // As TensorFlow has it: equal shapes need no sums, others are also summed, to no effect, over axes of 1 of both.
  const bool same = ReadIntegers(c.input(0)) == ReadIntegers(c.input(1));
  for (size_t i = same ? 0 : rank; i-- > 0;) {
    const auto axis = static_cast<int64_t>(rank - 1 - i);
    if (pairs[i].a == 1) axes[0].push_back(axis);
    if (pairs[i].b == 1) axes[1].push_back(axis);
  }
  for (int i = 0; i < 2; ++i) {
    RIVULET_RETURN_IF_ERROR(c.AllocateOutput(i, {static_cast<int64_t>(axes[i].size())}));
    RIVULET_RETURN_IF_ERROR(WriteIntegers(axes[i], c.output(i)));
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "BroadcastArgs",
     .inputs = "s0:T, s1:T",
     .outputs = "r0:T",
     .attrs = "T:type=i32 in {i32,i64}",
     .infer = InferShape,
     .run = RunShape},
    {.name = "BroadcastGradientArgs",
     .inputs = "s0:T, s1:T",
     .outputs = "r0:T, r1:T",
     .attrs = "T:type=i32 in {i32,i64}",
     .infer = InferAxes,
     .run = RunAxes,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(BroadcastArgs, kDefs);

}  // namespace rivulet
