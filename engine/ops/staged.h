// What Stage and MapStage have in common: the attributes of their objects, and how much those hold, counted as
// TensorFlow counts it: the bytes of the tensors.
#ifndef RIVULET_ENGINE_OPS_STAGED_H_
#define RIVULET_ENGINE_OPS_STAGED_H_

#include <span>

#include "engine/ops/element_tuple.h"
#include "engine/ops/session_object.h"

namespace rivulet {

inline int64_t BytesOf(const Tensor& tensor) { return tensor.valid() ? static_cast<int64_t>(tensor.bytes()) : 0; }

inline int64_t BytesOf(const Tuple& tuple) {
  int64_t bytes = 0;
  for (const Tensor& part : tuple) bytes += BytesOf(part);
  return bytes;
}

// Whether a staged tuple is what an operator says it takes.
inline Status CheckStaged(std::span<const DType> want, const Tuple& tuple) {
  std::vector<DType> got;
  for (const Tensor& part : tuple) got.push_back(part.dtype());
  return CheckDtypes(want, got);
}

// Of one area; the area's lock guards it.
class StagedBytes {
 public:
  explicit StagedBytes(int64_t limit) : limit_(limit) {}

  Status CheckEver(int64_t bytes) const {
    if (limit_ == 0 || bytes <= limit_) return Status();
    return ResourceExhausted("the tuple has ", bytes, " bytes, attr 'memory_limit' says ", limit_);
  }
  bool HasRoom(int64_t bytes) const { return limit_ == 0 || bytes <= limit_ - bytes_; }
  void Add(int64_t bytes) { bytes_ += bytes; }
  void Clear() { bytes_ = 0; }

 private:
  const int64_t limit_;
  int64_t bytes_ = 0;
};

struct StagedState : OpState {
  ObjectName object;
  int64_t capacity = 0;
  int64_t memory_limit = 0;
  std::vector<DType> dtypes;
};

#define RIVULET_STAGED_ATTRS \
  "capacity:int=0 >=0; memory_limit:int=0 >=0; container:string=\"\"; shared_name:string=\"\"; "

inline Result<std::unique_ptr<OpState>> PrepareStaged(PrepareContext& c, std::string_view kind) {
  auto state = std::make_unique<StagedState>();
  state->object = ObjectName(c.node(), kind);
  state->capacity = c.attrs().Int("capacity");
  state->memory_limit = c.attrs().Int("memory_limit");
  state->dtypes = c.attrs().Types("dtypes");
  return std::unique_ptr<OpState>(std::move(state));
}

// The tuple as the outputs from `first` on.
inline void GiveTuple(RunContext& c, const Tuple& tuple, int first = 0) {
  for (int i = first; i < c.num_outputs(); ++i) c.SetOutput(i, tuple[static_cast<size_t>(i - first)]);
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_STAGED_H_
