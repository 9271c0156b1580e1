// Packed constants, kept once: the steps of a session's plans, and of the plans within them, that read one constant in
// one packed form share it. A recurrent network's weights are read by a product of every time step, a detector's by one
// of every scale.
#ifndef RIVULET_ENGINE_OPS_PACKED_OPERANDS_H_
#define RIVULET_ENGINE_OPS_PACKED_OPERANDS_H_

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/base/errors.h"
#include "engine/kernels/gemm_half.h"
#include "engine/kernels/matmul.h"
#include "engine/kernels/narrow_matrix.h"
#include "engine/ops/weight_room.h"
#include "rivulet/precision.h"
#include "rivulet/tensor.h"

namespace rivulet {

// Packed forms that lie in a file: engine/import/packed_regions.h. Thread-safe.
class PackedForms {
 public:
  virtual ~PackedForms() = default;
  // The form of the constant whose bytes are at `constant`, aligned for float; empty where it is not there.
  virtual std::span<const uint8_t> Find(const void* constant, std::string_view form) const = 0;
  // Keeps the bytes alive.
  virtual const std::shared_ptr<void>& owner() const = 0;
};

// Thread-safe. What is packed belongs to the states that hold it; a form that nobody holds any more is made anew.
class PackedOperands {
 public:
  // Forms that `lying` has are used where they lie.
  explicit PackedOperands(const PackedForms* lying = nullptr, Precision precision = Precision::kExact)
      : lying_(lying), precision_(precision) {}
  PackedOperands(const PackedOperands&) = delete;
  PackedOperands& operator=(const PackedOperands&) = delete;

  // While one lives, what its thread packs is shared with all else that is packed under `operands`, and packed by the
  // threads of `pool`. Prepare is called so; outside, everything is packed for its caller alone.
  class Scope {
   public:
    explicit Scope(PackedOperands& operands, ThreadPool* pool = nullptr);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    PackedOperands* const outer_;
    const PackWith threads_;
  };

  // While one lives, the forms that its thread packs and that can lie in a file are shown to it: how packs are made,
  // and caches filled.
  using Listener = std::function<void(const Tensor& constant, std::string_view form, std::span<const uint8_t> bytes)>;
  class Recording {
   public:
    explicit Recording(Listener listener);
    ~Recording();
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

   private:
    Listener listener_;
    const Listener* const outer_;
  };

  // Whether this thread packs for a session that prefers speed to accuracy, on a processor that can have it.
  static bool WantsFast();
  // Whether it prepares for a session whose sums are to be plain ones.
  static bool WantsPlain();
  // Whether forms lie in a file, or are to.
  static bool HasFile();
  // Where this thread's packed forms are put.
  static PackMemory Memory(Allocator& allocator);

  // So many bytes of constants are about to be packed.
  void Expect(size_t bytes) { room_.Expect(bytes); }

  // Lets constants go that no one else holds, so that no plan can come to read them. To be called when a plan is made.
  void Trim();

 private:
  template <typename T, typename Stored, typename Packer>
  friend Result<std::shared_ptr<const T>> PackOnce(const Tensor&, std::string_view, const Stored&, const Packer&);

  // By the constant's bytes and its form. The constant is held, so that its bytes stay where they are and as they are:
  // a variable whose value is held changes a copy.
  using Key = std::pair<const void*, std::string>;
  struct Entry {
    Tensor constant;
    std::weak_ptr<const void> packed;
  };

  static PackedOperands* Current();
  static const Listener* CurrentListener();
  // The form as a file knows it, or empty; DATA_LOSS when it has another size than `bytes`.
  Result<std::span<const uint8_t>> FindLying(const Tensor& constant, const std::string& form, CheckedSize bytes) const;

  const PackedForms* const lying_;
  const Precision precision_;
  WeightRoom room_;
  std::mutex mutex_;
  std::map<Key, Entry> entries_;
};

// How a form lies in a file, for PackOnce: its size, a view of it, and its bytes. The layouts are the same on every
// target; where one changes, kPackedLayout does too, and what older programs packed is packed anew.
inline constexpr std::string_view kPackedLayout = "layout 1 ";

struct StoredMatrix {
  int64_t k;
  int64_t n;
  CheckedSize Bytes() const { return PackedMatrix::Bytes(k, n); }
  PackedMatrix View(const uint8_t* bytes, const std::shared_ptr<void>& owner) const {
    return PackedMatrix::View(reinterpret_cast<const float*>(bytes), k, n, owner);
  }
  std::span<const uint8_t> BytesOf(const PackedMatrix& packed) const {
    return {reinterpret_cast<const uint8_t*>(packed.data()), static_cast<size_t>(Bytes().value())};
  }
};

// A constant's floats, each perhaps times its channel's factor.
struct StoredFloats {
  const Shape& shape;
  CheckedSize Bytes() const {
    return CheckedSize(shape.num_elements()) * CheckedSize(static_cast<int64_t>(sizeof(float)));
  }
  Tensor View(const uint8_t* bytes, const std::shared_ptr<void>& owner) const {
    return Tensor::View(DType::kFloat, shape, const_cast<uint8_t*>(bytes), owner);
  }
  std::span<const uint8_t> BytesOf(const Tensor& floats) const {
    return {static_cast<const uint8_t*>(floats.raw()), floats.bytes()};
  }
};

// A form that is never stored.
struct NotStored {};

// The form of `constant` that `form` names: where it lies in the session's pack, or from pack(), a Result<T>, unless it
// was made before and is still held. `form` says all that pack() depends on besides the constant's bytes: which packer
// it is and every size and factor.
template <typename T, typename Stored, typename Packer>
Result<std::shared_ptr<const T>> PackOnce(const Tensor& constant, std::string_view form, const Stored& stored,
                                          const Packer& pack) {
  PackedOperands* const shared = PackedOperands::Current();
  if (shared == nullptr || constant.owner() == nullptr) {
    RIVULET_ASSIGN_OR_RETURN(T made, pack());
    return std::shared_ptr<const T>(std::make_shared<T>(std::move(made)));
  }
  // Held while packing: of two threads that make plans, one packs and the other finds it.
  std::lock_guard<std::mutex> lock(shared->mutex_);
  PackedOperands::Key key(constant.raw(), Cat(constant.dtype(), " ", form));
  const auto found = shared->entries_.find(key);
  if (found != shared->entries_.end()) {
    std::shared_ptr<const void> packed = found->second.packed.lock();
    if (packed != nullptr) return std::static_pointer_cast<const T>(std::move(packed));
  }
  std::shared_ptr<const T> packed;
  if constexpr (!std::is_same_v<Stored, NotStored>) {
    RIVULET_ASSIGN_OR_RETURN(const auto lying, shared->FindLying(constant, key.second, stored.Bytes()));
    if (!lying.empty()) packed = std::make_shared<T>(stored.View(lying.data(), shared->lying_->owner()));
  }
  if (packed == nullptr) {
    RIVULET_ASSIGN_OR_RETURN(T made, pack());
    packed = std::make_shared<T>(std::move(made));
    if constexpr (!std::is_same_v<Stored, NotStored>) {
      if (const auto* listener = PackedOperands::CurrentListener(); listener != nullptr) {
        (*listener)(constant, Cat(kPackedLayout, key.second), stored.BytesOf(*packed));
      }
    }
  }
  shared->entries_.insert_or_assign(std::move(key), PackedOperands::Entry{constant, packed});
  return packed;
}

template <typename T, typename Packer>
Result<std::shared_ptr<const T>> PackOnce(const Tensor& constant, std::string_view form, const Packer& pack) {
  return PackOnce<T>(constant, form, NotStored(), pack);
}

// `form` with the factors that the packer multiplies by.
std::string WithFactors(std::string form, const std::vector<float>& factors);

// A constant of float, half or bfloat16 as floats: itself, perhaps unaligned, or a copy.
Result<Tensor> ConstantAsFloats(const Tensor& constant, Allocator& allocator);

// PackOnce of such a constant as the right operand [k, n] of products; column j times factors[j], if there are any.
Result<std::shared_ptr<const PackedMatrix>> PackMatrixOnce(const Tensor& constant, int64_t k, int64_t n,
                                                           bool transposed, Allocator& allocator,
                                                           const std::vector<float>& factors = {});
// The same in fewer bytes a number; null where the numbers do not allow it, or where the session's pack has the matrix,
// or one is made now: it lies there as floats.
Result<std::shared_ptr<const NarrowMatrix>> PackNarrowOnce(const Tensor& constant, int64_t k, int64_t n,
                                                           bool transposed, Allocator& allocator);
// The same, rounded to 16 bits.
Result<std::shared_ptr<const PackedHalf>> PackHalfOnce(const Tensor& constant, int64_t k, int64_t n,
                                                       Allocator& allocator, const std::vector<float>& factors);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_PACKED_OPERANDS_H_
