// The value of a variant that TensorMap operators make: tensors under keys that are tensors.
#ifndef RIVULET_ENGINE_OPS_TENSOR_MAP_VALUE_H_
#define RIVULET_ENGINE_OPS_TENSOR_MAP_VALUE_H_

#include <map>
#include <memory>
#include <string>

#include "engine/base/object.h"
#include "engine/ops/op.h"

namespace rivulet {

class TensorMap : public Object {
 public:
  static constexpr std::string_view kKind = "tensor map";
  std::string_view kind() const override { return kKind; }

  struct Entry {
    Tensor key, value;
  };
  using Entries = std::map<std::string, Entry>;

  TensorMap() = default;
  ~TensorMap() override {
    if (allocator_ != nullptr) allocator_->Release(charged_);
  }

  static Result<std::shared_ptr<TensorMap>> Copy(const TensorMap& from, Allocator& allocator) {
    auto copy = std::make_shared<TensorMap>();
    RIVULET_RETURN_IF_ERROR(copy->Charge(from.charged_, allocator));
    copy->entries_ = from.entries_;
    return copy;
  }

  const Entries& entries() const { return entries_; }

  Status Insert(std::string bytes, Entry entry, Allocator& allocator) {
    if (entries_.find(bytes) == entries_.end()) RIVULET_RETURN_IF_ERROR(Charge(Cost(bytes), allocator));
    entries_[std::move(bytes)] = std::move(entry);
    return Status();
  }
  // A key that is there.
  void Erase(const std::string& bytes) {
    const size_t cost = Cost(bytes);
    entries_.erase(bytes);
    allocator_->Release(cost);
    charged_ -= cost;
  }

 private:
  // Of an entry beside its tensors' bytes: its node, with what a tree and the system keep there.
  static size_t Cost(const std::string& bytes) { return sizeof(Entries::value_type) + bytes.size() + 64; }

  Status Charge(size_t bytes, Allocator& allocator) {
    RIVULET_RETURN_IF_ERROR(allocator.Charge(bytes));
    if (allocator_ == nullptr) allocator_ = allocator.shared_from_this();
    charged_ += bytes;
    return Status();
  }

  Entries entries_;
  std::shared_ptr<Allocator> allocator_;
  size_t charged_ = 0;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_TENSOR_MAP_VALUE_H_
