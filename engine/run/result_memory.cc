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

Result<std::shared_ptr<void>> ResultMemory::Lend(size_t bytes, Allocator& allocator) {
  if (block_ == nullptr || block_->bytes != bytes || block_->lent.exchange(true, std::memory_order_acquire)) {
    auto block = std::make_shared<Block>();
    block_ = nullptr;
    RIVULET_ASSIGN_OR_RETURN(block->memory, allocator.Allocate(bytes));
    block->bytes = bytes;
    block_ = std::move(block);
  }
  return std::shared_ptr<void>(block_->memory.get(),
                               [block = block_](void*) { block->lent.store(false, std::memory_order_release); });
}

Result<Tensor> ResultMemory::Copy(const Tensor& tensor, Allocator& allocator) {
  const size_t bytes = tensor.bytes();
  if (bytes < kLeastKept || !IsPlain(tensor.dtype())) return Clone(tensor, allocator);
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<void> loan, Lend(bytes, allocator));
  void* data = loan.get();
  std::memcpy(data, tensor.raw(), bytes);
  return Tensor::View(tensor.dtype(), tensor.shape(), data, std::move(loan));
}

}  // namespace rivulet
