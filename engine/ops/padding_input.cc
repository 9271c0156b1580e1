#include "engine/ops/padding_input.h"

#include "engine/base/checked.h"
#include "engine/ops/indices.h"

namespace rivulet {

Result<std::vector<AxisPadding>> ReadPaddings(const Tensor& paddings, int rank) {
  if (paddings.rank() != 2 || paddings.dim(0) != rank || paddings.dim(1) != 2) {
    return InvalidArgument("paddings: want shape [", rank, ",2], got ", paddings.shape());
  }
  std::vector<AxisPadding> pads(static_cast<size_t>(rank));
  const Indices values(paddings);
  for (int i = 0; i < rank; ++i) {
    pads[static_cast<size_t>(i)] = {values[2 * i], values[2 * i + 1]};
    if (values[2 * i] < 0 || values[2 * i + 1] < 0) {
      return InvalidArgument("paddings[", i, "]: want >= 0, got [", values[2 * i], ",", values[2 * i + 1], "]");
    }
  }
  return pads;
}

Result<Shape> PaddedShape(const Shape& shape, const std::vector<AxisPadding>& pads) {
  Shape out = shape;
  for (int i = 0; i < shape.rank(); ++i) {
    const AxisPadding& pad = pads[static_cast<size_t>(i)];
    const CheckedSize size = CheckedSize(shape[i] < 0 ? 0 : shape[i]) + pad.before + pad.after;
    if (!size.valid()) return InvalidArgument("paddings[", i, "]: the padded dim is too large");
    if (shape[i] >= 0) out.set_dim(i, size.value());
  }
  return out;
}

Result<int> PaddedRank(const InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 2));
  const Shape& paddings = c.shape(1);
  int64_t rank = c.shape(0).rank();
  if (paddings.has_rank()) {
    const bool rows_differ = rank >= 0 && paddings[0] >= 0 && paddings[0] != rank;
    if (rows_differ || (paddings[1] >= 0 && paddings[1] != 2) || paddings[0] > Shape::kMaxRank) {
      return InvalidArgument("paddings: want shape [", rank >= 0 ? Cat(rank) : "rank", ",2], got ", paddings);
    }
    if (rank < 0) rank = paddings[0];
  }
  return static_cast<int>(rank);
}

Result<Shape> PaddedFromInputs(const InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const int rank, PaddedRank(c));
  if (rank < 0) return Shape::UnknownRank();
  if (!c.known(1) || !c.shape(0).has_rank()) return Shape::OfUnknownDims(rank);
  RIVULET_ASSIGN_OR_RETURN(const std::vector<AxisPadding> pads, ReadPaddings(*c.value(1), rank));
  return PaddedShape(c.shape(0), pads);
}

}  // namespace rivulet
