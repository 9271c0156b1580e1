// Large results' memory, lent to the caller and lent again once it was given back.
#ifndef RIVULET_ENGINE_RUN_RESULT_MEMORY_H_
#define RIVULET_ENGINE_RUN_RESULT_MEMORY_H_

#include <memory>

#include "rivulet/allocator.h"
#include "rivulet/tensor.h"

namespace rivulet {

// Of one result of a frame. The system takes pages of a large block back when it is freed, and gives each again with a
// fault and zeros in it, which for a picture costs as much as a layer of a network. So the block stays with the frame:
// between runs a session holds no more than a run does.
class ResultMemory {
 public:
  static constexpr size_t kLeastKept = size_t{1} << 20;  // smaller blocks are the allocator's

  // Memory for the caller; what holds it keeps it from being lent again.
  Result<std::shared_ptr<void>> Lend(size_t bytes, Allocator& allocator);
  // A copy of the tensor for the caller.
  Result<Tensor> Copy(const Tensor& tensor, Allocator& allocator);

 private:
  struct Block;
  std::shared_ptr<Block> block_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_RESULT_MEMORY_H_
