// The right operand of products of codes where it is of qint8: packed with 128 more, which is the code of its 0 then.
#ifndef RIVULET_ENGINE_OPS_SIGNED_OPERAND_H_
#define RIVULET_ENGINE_OPS_SIGNED_OPERAND_H_

#include <memory>

#include "engine/kernels/gemm_u8.h"
#include "engine/ops/op.h"
#include "engine/ops/packed_operands.h"

namespace rivulet {

inline constexpr int32_t kSignedZero = 128;

// A packed matrix of bytes as it lies in a file.
struct StoredBytesMatrix {
  int64_t k;
  int64_t n;
  CheckedSize Bytes() const { return PackedMatrixU8::Bytes(k, n); }
  PackedMatrixU8 View(const uint8_t* bytes, const std::shared_ptr<void>& owner) const {
    return PackedMatrixU8::View(bytes, k, n, owner);
  }
  std::span<const uint8_t> BytesOf(const PackedMatrixU8& packed) const {
    return {reinterpret_cast<const uint8_t*>(packed.data()), static_cast<size_t>(Bytes().value())};
  }
};

// Input `index` as the matrix [k, n], or its transpose, where it is a constant that has elements, which run need not
// see then; else null.
inline Result<std::shared_ptr<const PackedMatrixU8>> PackSignedOnce(PrepareContext& c, int index, int64_t k, int64_t n,
                                                                    bool transposed = false) {
  const Tensor* b = c.constant(index);
  if (b == nullptr || b->num_elements() == 0) return std::shared_ptr<const PackedMatrixU8>();
  RIVULET_ASSIGN_OR_RETURN(
      auto packed, PackOnce<PackedMatrixU8>(*b, Cat("signed bytes ", k, " ", n, transposed ? " transposed" : ""),
                                            StoredBytesMatrix{k, n}, [&] {
                                              return PackedMatrixU8::Pack(static_cast<const uint8_t*>(b->raw()), k, n,
                                                                          transposed, c.allocator(),
                                                                          PackedMatrixU8::kSignedByte);
                                            }));
  c.Consume(index);
  return packed;
}

// The same of a tensor that is fed, into memory of the caller's, PackedMatrixU8::Bytes(k, n) long.
inline PackedMatrixU8 PackSignedInto(const RunContext& c, int index, int64_t k, int64_t n, void* memory,
                                     bool transposed = false) {
  return PackedMatrixU8::PackInto(static_cast<const uint8_t*>(c.input(index).raw()), k, n, transposed, memory,
                                  PackedMatrixU8::kSignedByte, &c.stop());
}

// Of column j: the sum of its codes.
inline int32_t SignedColumnSum(const PackedMatrixU8& b, int64_t j) {
  return static_cast<int32_t>(static_cast<uint32_t>(b.column_sums()[j]) - 128u * static_cast<uint32_t>(b.k()));
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_SIGNED_OPERAND_H_
