#include "engine/ops/node_splits.h"

#include <algorithm>

namespace rivulet {

Status InferNodeRange(const InferContext& c, int input) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(input, 1));
  if (!c.shape(input).complete() || c.shape(input)[0] == 2) return Status();
  return InvalidArgument("node_id_range: want 2 numbers, first and end, got ", c.shape(input)[0]);
}

Result<NodeRange> NodeRangeOf(const RunContext& c, int input, int64_t nodes) {
  const int32_t* range = c.input(input).data<int32_t>();
  if (range[0] >= range[1]) return NodeRange();
  if (range[0] >= 0 && range[1] <= nodes) return NodeRange{range[0], range[1]};
  return InvalidArgument("node_id_range: want nodes in [0, ", nodes, "), got [", range[0], ", ", range[1], ")");
}

Status NodeSplits::Add(int32_t node, const BestSplit& split, float gain) {
  // Twice, as growing vectors take; types become strings, too long for the string objects alone.
  const CheckedSize each = CheckedSize(logits_) * CheckedSize(2 * sizeof(float)) + CheckedSize(sizeof(Split) + 32);
  RIVULET_RETURN_IF_ERROR(bytes_.Charge(each * CheckedSize(2)));
  splits_.push_back({node, gain, split.where()});
  left_.insert(left_.end(), split.left_weight().begin(), split.left_weight().end());
  right_.insert(right_.end(), split.right_weight().begin(), split.right_weight().end());
  return Status();
}

Status NodeSplits::Write(RunContext& c, const Outputs& to) const {
  const auto count = static_cast<int64_t>(splits_.size());
  for (const int output : {to.nodes, to.gains, to.dimensions, to.thresholds, to.types}) {
    if (output >= 0) RIVULET_RETURN_IF_ERROR(c.AllocateOutput(output, {count}));
  }
  for (const int output : {to.left, to.right}) RIVULET_RETURN_IF_ERROR(c.AllocateOutput(output, {count, logits_}));
  if (count == 0) return Status();
  for (int64_t i = 0; i < count; ++i) {
    const Split& split = splits_[static_cast<size_t>(i)];
    c.output(to.nodes).data<int32_t>()[i] = split.node;
    c.output(to.gains).data<float>()[i] = split.gain;
    c.output(to.thresholds).data<int32_t>()[i] = split.where.bucket;
    if (to.dimensions >= 0) c.output(to.dimensions).data<int32_t>()[i] = split.where.dimension;
    if (to.types >= 0) c.output(to.types).data<std::string>()[i] = split.where.type;
  }
  std::copy(left_.begin(), left_.end(), c.output(to.left).data<float>());
  std::copy(right_.begin(), right_.end(), c.output(to.right).data<float>());
  return Status();
}

}  // namespace rivulet
