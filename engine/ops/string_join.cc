// StringJoin: the strings at one place of all inputs, with a separator between; scalars serve every place.
#include <string>

#include "engine/base/checked.h"
#include "engine/graph/shape_math.h"
#include "engine/ops/dims.h"

namespace rivulet {
namespace {

// The shape of the inputs that are no scalars.
template <typename ShapeOfInput>
Result<Shape> JoinedShape(int count, const ShapeOfInput& shape) {
  Shape out;
  bool scalars_only = true, all_known = true;
  for (int i = 0; i < count; ++i) {
    if (!shape(i).has_rank()) all_known = false;
    if (!shape(i).has_rank() || shape(i).rank() == 0) continue;
    auto merged = scalars_only ? Result<Shape>(shape(i)) : MergeShapes(out, shape(i));
    if (!merged.ok()) return std::move(merged).status().Framed(Cat("input ", i));
    out = *std::move(merged);
    scalars_only = false;
  }
  if (scalars_only && !all_known) return Shape::UnknownRank();
  return out;
}

Status Infer(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(Shape out, JoinedShape(c.num_inputs(), [&](int i) -> const Shape& { return c.shape(i); }));
  c.set_output(0, std::move(out));
  return Status();
}

struct State : OpState {
  std::string separator;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->separator = c.attrs().Str("separator");
  return std::unique_ptr<OpState>(std::move(state));
}

Status Run(RunContext& c) {
  const std::string& separator = c.state<State>().separator;
  RIVULET_ASSIGN_OR_RETURN(const Shape want,
                           JoinedShape(c.num_inputs(), [&](int i) -> const Shape& { return c.input(i).shape(); }));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, want));
  const int64_t count = c.output(0).num_elements();
  if (count == 0) return Status();
  const auto at = [&](int input, int64_t i) -> const std::string& {
    return c.input(input).data<std::string>()[c.input(input).rank() == 0 ? 0 : i];
  };
  // A join of joins grows fast: the text is counted before it is made.
  CheckedSize text = CheckedSize(static_cast<int64_t>(separator.size())) * std::max(c.num_inputs() - 1, 0) * count;
  for (int input = 0; input < c.num_inputs(); ++input) {
    for (int64_t i = 0; i < count; ++i) text += static_cast<int64_t>(at(input, i).size());
  }
  if (!text.valid()) return ResourceExhausted("the joined strings are larger than any memory");
  const auto bytes = static_cast<size_t>(text.value());
  RIVULET_RETURN_IF_ERROR(c.allocator().Charge(bytes));
  std::string* out = c.output(0).data<std::string>();
  for (int64_t i = 0; i < count; ++i) {
    out[i].clear();
    for (int input = 0; input < c.num_inputs(); ++input) {
      if (input > 0) out[i] += separator;
      out[i] += at(input, i);
    }
  }
  c.allocator().Release(bytes);
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "StringJoin",
     .inputs = "inputs:N*str",
     .outputs = "output:str",
     .attrs = "N:int >=0; separator:string=\"\"",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(StringJoin, kDefs);

}  // namespace rivulet
