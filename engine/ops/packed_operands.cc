#include "engine/ops/packed_operands.h"

#include "engine/kernels/half.h"
#include "engine/ops/staging.h"

namespace rivulet {
namespace {

thread_local PackedOperands* current = nullptr;
thread_local const PackedOperands::Listener* listening = nullptr;

}  // namespace

PackedOperands::Scope::Scope(PackedOperands& operands, ThreadPool* pool) : outer_(current), threads_(pool) {
  current = &operands;
}
PackedOperands::Scope::~Scope() { current = outer_; }

PackedOperands* PackedOperands::Current() { return current; }

PackedOperands::Recording::Recording(Listener listener) : listener_(std::move(listener)), outer_(listening) {
  listening = &listener_;
}
PackedOperands::Recording::~Recording() { listening = outer_; }

const PackedOperands::Listener* PackedOperands::CurrentListener() { return listening; }

Result<std::span<const uint8_t>> PackedOperands::FindLying(const Tensor& constant, const std::string& form,
                                                           CheckedSize bytes) const {
  if (lying_ == nullptr) return std::span<const uint8_t>();
  const std::span<const uint8_t> found = lying_->Find(constant.raw(), Cat(kPackedLayout, form));
  if (found.empty() || (bytes.valid() && static_cast<uint64_t>(bytes.value()) == found.size())) return found;
  return DataLoss("the packed form of this constant has ", static_cast<uint64_t>(found.size()),
                  " bytes in the file, want ", bytes.value());
}

bool PackedOperands::WantsFast() {
  return current != nullptr && current->precision_ == Precision::kFast && HalfProductsHere() != HalfProducts::kNone;
}

bool PackedOperands::WantsPlain() { return current != nullptr && current->precision_ == Precision::kPlain; }

bool PackedOperands::HasFile() { return listening != nullptr || (current != nullptr && current->lying_ != nullptr); }

PackMemory PackedOperands::Memory(Allocator& allocator) {
  return [&allocator, shared = current](size_t bytes) {
    return shared == nullptr ? allocator.Allocate(bytes) : shared->room_.Allocate(bytes, allocator);
  };
}

void PackedOperands::Trim() {
  std::lock_guard<std::mutex> lock(mutex_);
  std::erase_if(entries_, [](const auto& entry) {
    const auto& [constant, packed] = entry.second;
    return packed.expired() || constant.owner().use_count() <= 1;
  });
}

std::string WithFactors(std::string form, const std::vector<float>& factors) {
  form += " times ";
  return form.append(reinterpret_cast<const char*>(factors.data()), factors.size() * sizeof(float));
}

Result<Tensor> ConstantAsFloats(const Tensor& constant, Allocator& allocator) {
  if (!IsHalf(constant.dtype())) return constant;
  Tensor aligned = constant;
  if (!aligned.is_aligned()) {
    RIVULET_ASSIGN_OR_RETURN(aligned, Clone(aligned, allocator));
  }
  RIVULET_ASSIGN_OR_RETURN(Tensor floats, Tensor::Allocate(DType::kFloat, constant.shape(), allocator));
  WidenHalf(constant.dtype(), aligned.raw(), aligned.num_elements(), floats.data<float>());
  return floats;
}

Result<std::shared_ptr<const PackedMatrix>> PackMatrixOnce(const Tensor& constant, int64_t k, int64_t n,
                                                           bool transposed, Allocator& allocator,
                                                           const std::vector<float>& factors) {
  const std::string form = Cat("matrix ", k, " ", n, transposed ? " transposed" : "");
  return PackOnce<PackedMatrix>(
      constant, WithFactors(form, factors), StoredMatrix{k, n}, [&]() -> Result<PackedMatrix> {
        RIVULET_ASSIGN_OR_RETURN(const Tensor floats, ConstantAsFloats(constant, allocator));
        return PackedMatrix::Pack(floats.raw(), k, n, transposed, PackedOperands::Memory(allocator),
                                  factors.empty() ? nullptr : factors.data());
      });
}

Result<std::shared_ptr<const NarrowMatrix>> PackNarrowOnce(const Tensor& constant, int64_t k, int64_t n,
                                                           bool transposed, Allocator& allocator) {
  if (PackedOperands::HasFile()) return std::shared_ptr<const NarrowMatrix>();
  const std::string form = Cat("narrow ", k, " ", n, transposed ? " transposed" : "");
  bool none = false;
  auto packed = PackOnce<NarrowMatrix>(constant, form, [&]() -> Result<NarrowMatrix> {
    RIVULET_ASSIGN_OR_RETURN(const Tensor floats, ConstantAsFloats(constant, allocator));
    RIVULET_ASSIGN_OR_RETURN(auto narrow, NarrowMatrix::Pack(floats.raw(), k, n, transposed, allocator));
    none = !narrow.has_value();
    // An error, so that nothing is kept.
    if (none) return NotFound("no form");
    return std::move(*narrow);
  });
  if (none) return std::shared_ptr<const NarrowMatrix>();
  return packed;
}

Result<std::shared_ptr<const PackedHalf>> PackHalfOnce(const Tensor& constant, int64_t k, int64_t n,
                                                       Allocator& allocator, const std::vector<float>& factors) {
  const auto pack = [&]() -> Result<PackedHalf> {
    RIVULET_ASSIGN_OR_RETURN(const Tensor floats, ConstantAsFloats(constant, allocator));
    return PackedHalf::Pack(HalfProductsHere(), floats.raw(), k, n, PackedOperands::Memory(allocator),
                            factors.empty() ? nullptr : factors.data());
  };
  return PackOnce<PackedHalf>(constant, WithFactors(Cat("halves ", k, " ", n), factors), pack);
}

}  // namespace rivulet
