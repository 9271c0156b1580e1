// GatherTree, of TensorFlow's sequence-to-sequence library and its add-ons: beams read back from where they end.
//
//   step_ids [time, batch, beams], parent_ids [time, batch, beams], max_sequence_lengths [batch], end_token
//   -> beams [time, batch, beams]
//
//   out[last, b, k] = step_ids[last, b, k], and before it the id of the beam that it came from; last is the last step
//   of b's length. Behind a beam's first end_token, and behind its length, all is end_token.
#include <algorithm>

#include "engine/ops/op.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 3));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 3));
  RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(3));
  Shape out = c.shape(0).has_rank() ? c.shape(0) : Shape::OfUnknownDims(3);
  const Shape parents = c.shape(1).has_rank() ? c.shape(1) : Shape::OfUnknownDims(3);
  for (int i = 0; i < 3; ++i) {
    if (out[i] >= 0 && parents[i] >= 0 && out[i] != parents[i]) {
      return InvalidArgument("parent_ids: want step_ids' shape ", out, ", got ", parents);
    }
    if (out[i] < 0) out.set_dim(i, parents[i]);
  }
  const int64_t lengths = c.shape(2).has_rank() ? c.shape(2)[0] : Shape::kUnknownDim;
  if (lengths >= 0 && out[1] >= 0 && lengths != out[1]) {
    return InvalidArgument("max_sequence_lengths: want one for each of ", out[1], " batches, got ", lengths);
  }
  c.set_output(0, out);
  return Status();
}

Status Run(RunContext& c) {
  const int32_t* ids = c.input(0).data<int32_t>();
  const int32_t* parents = c.input(1).data<int32_t>();
  const int32_t* lengths = c.input(2).data<int32_t>();
  const int32_t end = c.input(3).data<int32_t>()[0];
  Tensor& out = c.output(0);
  const int64_t time = out.dim(0), batch = out.dim(1), beams = out.dim(2), step = batch * beams;
  int32_t* to = out.data<int32_t>();
  std::fill_n(to, out.num_elements(), end);
  for (int64_t b = 0; b < batch; ++b) {
    const int64_t length = std::min<int64_t>(time, lengths[b]);
    for (int64_t k = 0; k < beams && length > 0; ++k) {
      if (c.stop().stopped()) return c.stop().Why();
      int64_t beam = k;
      for (int64_t t = length - 1; t >= 0; --t) {
        const int64_t at = t * step + b * beams + beam;
        to[t * step + b * beams + k] = ids[at];
        beam = parents[at];
        if (t > 0 && (beam < 0 || beam >= beams)) {
          return InvalidArgument("parent_ids[", t, ",", b, "]: want [0, ", beams, "), got ", beam);
        }
      }
      bool ended = false;
      for (int64_t t = 0; t < length; ++t) {
        int32_t& id = to[t * step + b * beams + k];
        if (ended) id = end;
        ended |= id == end;
      }
    }
  }
  return Status();
}

constexpr OpDef Def(const char* name) {
  return {.name = name,
          .inputs = "step_ids:T, parent_ids:T, max_sequence_lengths:i32, end_token:T",
          .outputs = "beams:T",
          .attrs = "T:type in {i32}",
          .infer = Infer,
          .run = Run};
}

constexpr OpDef kDefs[] = {Def("GatherTree"), Def("Addons>GatherTree")};

}  // namespace

RIVULET_OP_LIST(GatherTree, kDefs);

}  // namespace rivulet
