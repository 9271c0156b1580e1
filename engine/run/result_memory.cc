#include "engine/run/result_memory.h"

#include <atomic>
#include <cstring>
#include <utility>

namespace rivulet {
namespace {

bool IsPlain(DType dtype) { return dtype != DType::kString && dtype != DType::kResource && dtype != DType::kVariant; }

}  // namespace

struct ResultMemory::Block {
  std::shared_ptr<void> memory;
  size_t bytes = 0;
  std::atomic<bool> lent{true};
};

Result<Tensor> ResultMemory::Copy(const Tensor& tensor, Allocator& allocator) {
  const size_t bytes = tensor.bytes();
  if (bytes < kLeastKept || !IsPlain(tensor.dtype())) return Clone(tensor, allocator);
  if (block_ == nullptr || block_->bytes != bytes || block_->lent.exchange(true, std::memory_order_acquire)) {
    auto block = std::make_shared<Block>();
    block_ = nullptr;
    RIVULET_ASSIGN_OR_RETURN(block->memory, allocator.Allocate(bytes));
    block->bytes = bytes;
    block_ = std::move(block);
  }
  void* data = block_->memory.get();
  std::memcpy(data, tensor.raw(), bytes);
  std::shared_ptr<void> loan(data, [block = block_](void*) { block->lent.store(false, std::memory_order_release); });
  return Tensor::View(tensor.dtype(), tensor.shape(), data, std::move(loan));
}

}  // namespace rivulet
