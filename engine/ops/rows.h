// Rows of consecutive elements of any dtype: copied, filled, and combined element by element. What gathers, scatters
// and segment reductions are made of.
#ifndef RIVULET_ENGINE_OPS_ROWS_H_
#define RIVULET_ENGINE_OPS_ROWS_H_

#include <algorithm>
#include <cstring>
#include <string>

#include "engine/base/object.h"
#include "rivulet/tensor.h"

namespace rivulet {

inline char* ElementAt(void* data, DType dtype, int64_t i) {
  return static_cast<char*>(data) + static_cast<size_t>(i) * StoredBytes(dtype);
}
inline const char* ElementAt(const void* data, DType dtype, int64_t i) {
  return static_cast<const char*>(data) + static_cast<size_t>(i) * StoredBytes(dtype);
}

inline void CopyElements(DType dtype, void* to, const void* from, int64_t n) {
  if (n <= 0) return;
  if (dtype == DType::kString) {
    std::copy_n(static_cast<const std::string*>(from), n, static_cast<std::string*>(to));
  } else if (ElementBytes(dtype) == 0) {
    std::copy_n(static_cast<const ObjectRef*>(from), n, static_cast<ObjectRef*>(to));
  } else {
    std::memcpy(to, from, static_cast<size_t>(n) * ElementBytes(dtype));
  }
}

// n times the element at `value`.
void FillElements(DType dtype, void* to, const void* value, int64_t n);
// n zeros, falses, empty strings or null references.
void ClearElements(DType dtype, void* to, int64_t n);

namespace rows_internal {

template <size_t kBytes, typename Position>
void GatherFixed(char* to, const char* from, int64_t begin, int64_t end, const Position& position) {
  for (int64_t i = begin; i < end; ++i) {
    std::memcpy(to + static_cast<size_t>(i) * kBytes, from + static_cast<size_t>(position(i)) * kBytes, kBytes);
  }
}

}  // namespace rows_internal

// Row i of `to` becomes row position(i) of `from`, for i in [begin, end); a row has `row` elements.
template <typename Position>
void GatherRows(DType dtype, void* to, const void* from, int64_t row, int64_t begin, int64_t end,
                const Position& position) {
  if (row <= 0) return;
  if (dtype == DType::kString) {
    auto* out = static_cast<std::string*>(to);
    const auto* in = static_cast<const std::string*>(from);
    for (int64_t i = begin; i < end; ++i) std::copy_n(in + position(i) * row, row, out + i * row);
    return;
  }
  if (ElementBytes(dtype) == 0) {
    auto* out = static_cast<ObjectRef*>(to);
    const auto* in = static_cast<const ObjectRef*>(from);
    for (int64_t i = begin; i < end; ++i) std::copy_n(in + position(i) * row, row, out + i * row);
    return;
  }
  auto* out = static_cast<char*>(to);
  const auto* in = static_cast<const char*>(from);
  const size_t bytes = static_cast<size_t>(row) * ElementBytes(dtype);
  switch (bytes) {
    case 1: return rows_internal::GatherFixed<1>(out, in, begin, end, position);
    case 2: return rows_internal::GatherFixed<2>(out, in, begin, end, position);
    case 4: return rows_internal::GatherFixed<4>(out, in, begin, end, position);
    case 8: return rows_internal::GatherFixed<8>(out, in, begin, end, position);
    case 16: return rows_internal::GatherFixed<16>(out, in, begin, end, position);
    default: break;
  }
  for (int64_t i = begin; i < end; ++i) {
    std::memcpy(out + static_cast<size_t>(i) * bytes, in + static_cast<size_t>(position(i)) * bytes, bytes);
  }
}

// Rows per piece of work for ParallelFor; strings and references are copied by one thread, as workers allocate nothing.
inline int64_t RowGrain(DType dtype, int64_t row, int64_t num_rows) {
  if (ElementBytes(dtype) == 0) return std::max<int64_t>(num_rows, 1);
  const auto bytes = static_cast<int64_t>(ElementBytes(dtype));
  return std::max<int64_t>((int64_t{1} << 16) / std::max<int64_t>(bytes * std::min(row, int64_t{1} << 20), 1), 1);
}

// How a row is combined into another. Integers wrap around, half types round, bools are or-ed by kAdd, strings joined.
enum class Combine {
  kAssign,
  kAdd,
  kSubtract,
  kMultiply,
  kMax,  // the new element unless the old one is greater: what follows a NaN replaces it
  kMin,
  kGreatest,  // the old element unless the new one is greater: NaN stays, and is not taken up
  kLeast,
};
using CombineRows = void (*)(void* to, const void* from, int64_t n);
// Null where the dtype has no such combination.
CombineRows FindCombine(Combine combine, DType dtype);

// Fills with what `combine` starts from: 0, 1, the lowest or highest finite number.
void FillStart(Combine combine, DType dtype, void* to, int64_t n);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_ROWS_H_
