// Indices of several coordinates into the leading dims of a tensor: what GatherNd, ScatterNd and their like share.
#ifndef RIVULET_ENGINE_OPS_ND_INDEX_H_
#define RIVULET_ENGINE_OPS_ND_INDEX_H_

#include <cstdint>
#include <string>

#include "engine/base/errors.h"
#include "engine/ops/indices.h"
#include "engine/ops/op.h"

namespace rivulet {

// An index tensor [places.., depth], whose last dim gives coordinates in the first `depth` dims of `shape`.
class NdIndex {
 public:
  NdIndex(const Tensor& indices, const Shape& shape)
      : tensor_(indices),
        indices_(indices),
        shape_(shape),
        depth_(indices.rank() == 0 ? 0 : static_cast<int>(indices.dim(indices.rank() - 1))) {
    for (int i = 0; i + 1 < indices.rank(); ++i) count_ *= indices.dim(i);
    for (int i = depth_; i < shape.rank(); ++i) row_ *= shape[i];
  }
  int depth() const { return depth_; }
  // Number of places.
  int64_t count() const { return count_; }
  // Elements that one index names.
  int64_t row() const { return row_; }

  // The row of the tensor that index i names, or -1 when it lies outside.
  int64_t Row(int64_t i) const {
    int64_t at = 0;
    for (int d = 0; d < depth_; ++d) {
      const int64_t coordinate = indices_[i * depth_ + d];
      if (!InRange(coordinate, shape_[d])) return -1;
      at = at * shape_[d] + coordinate;
    }
    return at;
  }

  Status Outside(int64_t i) const {
    std::string coordinates;
    for (int d = 0; d < depth_; ++d) coordinates += Cat(d == 0 ? "" : ",", indices_[i * depth_ + d]);
    return InvalidArgument("indices", Place(tensor_.shape(), tensor_.rank() - 1, i), " = [", coordinates,
                           "] does not index into shape ", shape_);
  }

  // The first index that lies outside as an error.
  Status Check() const {
    for (int64_t i = 0; i < count_; ++i) {
      if (Row(i) < 0) return Outside(i);
    }
    return Status();
  }

 private:
  const Tensor& tensor_;
  const Indices indices_;
  const Shape& shape_;
  const int depth_;
  int64_t count_ = 1;
  int64_t row_ = 1;
};

// The attribute bad_indices_policy: true where indices outside are skipped (IGNORE), false where they are an error.
inline Result<bool> ParseBadIndicesPolicy(const std::string& policy) {
  if (policy == "IGNORE") return true;
  if (policy.empty() || policy == "DEFAULT" || policy == "ERROR") return false;
  return InvalidArgument("attr 'bad_indices_policy': want DEFAULT, ERROR, IGNORE or nothing, got ", Quoted(policy));
}

struct BadIndicesState : OpState {
  bool ignore = false;
};

inline Result<std::unique_ptr<OpState>> PrepareBadIndices(PrepareContext& c) {
  auto state = std::make_unique<BadIndicesState>();
  RIVULET_ASSIGN_OR_RETURN(state->ignore, ParseBadIndicesPolicy(c.attrs().Str("bad_indices_policy")));
  return std::unique_ptr<OpState>(std::move(state));
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_ND_INDEX_H_
