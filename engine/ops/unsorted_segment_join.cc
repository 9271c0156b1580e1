// UnsortedSegmentJoin: strings with the same id joined in their order, with a separator between.
//   inputs [ids.., ..], segment_ids [ids..], num_segments: a scalar -> output [num_segments, ..]
// A segment without strings is empty, and the separator comes only after text: empty strings at the start leave no
// trace. Every id must be in [0, num_segments): unlike in the arithmetic reductions, negative ones are errors.
#include <string>

#include "engine/ops/dims.h"
#include "engine/ops/indices.h"
#include "engine/ops/text_bytes.h"

namespace rivulet {
namespace {

struct State : OpState {
  std::string separator;
};

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(1, 1));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(2));
  int64_t segments = Shape::kUnknownDim;
  if (c.known(2)) {
    segments = c.ints(2)[0];
    if (segments < 0) return InvalidArgument("num_segments: want >= 0, got ", segments);
  }
  const Shape& inputs = c.shape(0);
  const Shape& ids = c.shape(1);
  if (!inputs.has_rank() || !ids.has_rank()) {
    c.set_output(0, Shape::UnknownRank());
    return Status();
  }
  bool fits = ids.rank() <= inputs.rank();
  for (int i = 0; fits && i < ids.rank(); ++i) fits = ids[i] < 0 || inputs[i] < 0 || ids[i] == inputs[i];
  if (!fits) {
    return InvalidArgument("inputs ", inputs, " must start with the dims of segment_ids ", ids);
  }
  Shape out({segments});
  for (int i = ids.rank(); i < inputs.rank(); ++i) out.push_back(inputs[i]);
  c.set_output(0, std::move(out));
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->separator = c.attrs().Str("separator").c_str();  // up to a NUL, as TensorFlow takes it
  return std::unique_ptr<OpState>(std::move(state));
}

Status Run(RunContext& c) {
  const std::string& separator = c.state<State>().separator;
  const Tensor& inputs = c.input(0);
  const Indices ids(c.input(1));
  const int64_t rows = c.input(1).num_elements();
  const int64_t segments = c.output(0).dim(0);
  for (int64_t i = 0; i < rows; ++i) {
    if (InRange(ids[i], segments)) continue;
    return InvalidArgument("segment_ids", Place(c.input(1).shape(), c.input(1).rank(), i), " = ", ids[i],
                           " is not in [0, ", segments, ")");
  }
  std::string* out = c.output(0).data<std::string>();
  for (int64_t i = 0; i < c.output(0).num_elements(); ++i) out[i].clear();
  if (inputs.num_elements() == 0) return Status();
  TextBytes bytes(c.allocator());
  CheckedSize text = CheckedSize(static_cast<int64_t>(separator.size()) + 1) * inputs.num_elements();
  for (const std::string& one : inputs.values<std::string>()) text += static_cast<int64_t>(one.size());
  RIVULET_RETURN_IF_ERROR(bytes.Charge(text));
  const int64_t row = inputs.num_elements() / rows;
  for (int64_t i = 0; i < rows && !c.stop().stopped(); ++i) {
    const int64_t id = ids[i];
    for (int64_t k = 0; k < row; ++k) {
      std::string& joined = out[id * row + k];
      if (!joined.empty()) joined += separator;
      joined += inputs.data<std::string>()[i * row + k];
    }
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "UnsortedSegmentJoin",
     .inputs = "inputs:str, segment_ids:Tindices, num_segments:Tnumsegments",
     .outputs = "output:str",
     .attrs = "separator:string=\"\"; Tindices:type in {i32,i64}; Tnumsegments:type=i32 in {i32,i64}",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(UnsortedSegmentJoin, kDefs);

}  // namespace rivulet
