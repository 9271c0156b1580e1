// How operators that compute channels-last, in float, double or int32, take inputs and give outputs of other layouts
// and of narrower floats: through copies in the step's scratch memory.
#ifndef RIVULET_ENGINE_OPS_STAGING_H_
#define RIVULET_ENGINE_OPS_STAGING_H_

#include <cstddef>
#include <cstdint>

#include "engine/base/checked.h"
#include "engine/ops/op.h"

namespace rivulet {

// The one block of scratch that a step may ask for, cut into pieces: all pieces are added, then Allocate, then At.
class ScratchPieces {
 public:
  // Returns the piece's offset, to be given to At. Sizes are checked by Allocate.
  int64_t Add(CheckedSize bytes);
  // The same; of this piece, the last one, the middle is the middle of all scratch memory, so that the same part of it
  // is the same thread's in step after step.
  int64_t AddCentered(CheckedSize bytes);
  Status Allocate(RunContext& c);
  template <typename T>
  T* At(int64_t offset) const {
    return reinterpret_cast<T*>(base_ + offset);
  }

 private:
  CheckedSize total_ = 0;
  char* base_ = nullptr;
};

// The dtype that an operator computes in: float for half and bfloat16, else the dtype itself.
DType ComputeType(DType dtype);

// An input of rank >= 2 as a dense channels-last array of ComputeType.
class StagedInput {
 public:
  StagedInput(const Tensor& tensor, bool channels_last, ScratchPieces& pieces);
  // After pieces.Allocate: makes the copy where one is needed.
  const void* Fill(RunContext& c, const ScratchPieces& pieces) const;

 private:
  const Tensor& tensor_;
  bool turn_;
  bool widen_;
  int64_t turned_ = 0;
  int64_t widened_ = 0;
};

// An output of rank >= 2 that is computed as a dense channels-last array of ComputeType.
class StagedOutput {
 public:
  StagedOutput(Tensor& tensor, bool channels_last, ScratchPieces& pieces);
  // Where to compute, after pieces.Allocate.
  void* data(const ScratchPieces& pieces) const;
  // Brings what was computed into the tensor.
  void Finish(RunContext& c, const ScratchPieces& pieces) const;

 private:
  Tensor& tensor_;
  bool turn_;
  bool narrow_;
  int64_t wide_ = 0;
  int64_t narrowed_ = 0;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_STAGING_H_
