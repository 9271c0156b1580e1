// Packed constants, kept once: the steps of a session's plans, and of the plans within them, that read one constant in
// one packed form share it. A recurrent network's weights are read by a product of every time step, a detector's by one
// of every scale.
#ifndef RIVULET_ENGINE_OPS_PACKED_OPERANDS_H_
#define RIVULET_ENGINE_OPS_PACKED_OPERANDS_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/errors.h"
#include "engine/kernels/matmul.h"
#include "rivulet/tensor.h"

namespace rivulet {

// Thread-safe. What is packed belongs to the states that hold it; a form that nobody holds any more is made anew.
class PackedOperands {
 public:
  PackedOperands() = default;
  PackedOperands(const PackedOperands&) = delete;
  PackedOperands& operator=(const PackedOperands&) = delete;

  // While one lives, what its thread packs is shared with all else that is packed under `operands`. Prepare is called
  // so; outside, everything is packed for its caller alone.
  class Scope {
   public:
    explicit Scope(PackedOperands& operands);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    PackedOperands* const outer_;
  };

  // Lets constants go that no one else holds, so that no plan can come to read them. To be called when a plan is made.
  void Trim();

 private:
  template <typename T, typename Packer>
  friend Result<std::shared_ptr<const T>> PackOnce(const Tensor&, std::string_view, const Packer&);

  // By the constant's bytes and its form. The constant is held, so that its bytes stay where they are and as they are:
  // a variable whose value is held changes a copy.
  using Key = std::pair<const void*, std::string>;
  struct Entry {
    Tensor constant;
    std::weak_ptr<const void> packed;
  };

  static PackedOperands* Current();

  std::mutex mutex_;
  std::map<Key, Entry> entries_;
};

// The form of `constant` that `form` names, from pack(), a Result<T>, unless it was made before and is still held.
// `form` says all that pack() depends on besides the constant's bytes: which packer it is and every size and factor.
template <typename T, typename Packer>
Result<std::shared_ptr<const T>> PackOnce(const Tensor& constant, std::string_view form, const Packer& pack) {
  PackedOperands* const shared = PackedOperands::Current();
  if (shared == nullptr || constant.owner() == nullptr) {
    RIVULET_ASSIGN_OR_RETURN(T made, pack());
    return std::shared_ptr<const T>(std::make_shared<T>(std::move(made)));
  }
  // Held while packing: of two threads that make plans, one packs and the other finds it.
  std::lock_guard<std::mutex> lock(shared->mutex_);
  PackedOperands::Key key(constant.raw(), Cat(Name(constant.dtype()), " ", form));
  const auto found = shared->entries_.find(key);
  if (found != shared->entries_.end()) {
    std::shared_ptr<const void> packed = found->second.packed.lock();
    if (packed != nullptr) return std::static_pointer_cast<const T>(std::move(packed));
  }
  RIVULET_ASSIGN_OR_RETURN(T made, pack());
  std::shared_ptr<const T> packed = std::make_shared<T>(std::move(made));
  shared->entries_.insert_or_assign(std::move(key), PackedOperands::Entry{constant, packed});
  return packed;
}

// `form` with the factors that the packer multiplies by.
std::string WithFactors(std::string form, const std::vector<float>& factors);

// A constant of float, half or bfloat16 as floats: itself, perhaps unaligned, or a copy.
Result<Tensor> ConstantAsFloats(const Tensor& constant, Allocator& allocator);

// PackOnce of such a constant as the right operand [k, n] of products; column j times factors[j], if there are any.
Result<std::shared_ptr<const PackedMatrix>> PackMatrixOnce(const Tensor& constant, int64_t k, int64_t n,
                                                           bool transposed, Allocator& allocator,
                                                           const std::vector<float>& factors = {});

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_PACKED_OPERANDS_H_
