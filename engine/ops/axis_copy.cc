#include "engine/ops/axis_copy.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "engine/base/checked.h"
#include "engine/ops/number.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

// Small enough that threads share what a layer of a small network is, each has written its own part of which.
constexpr int64_t kPieceBytes = 1 << 14;

// n blocks of kBytes each, at byte distances.
template <size_t kBytes>
void CopyBlocks(const char* from, int64_t from_step, char* to, int64_t to_step, int64_t n, size_t) {
  struct Block {
    char bytes[kBytes];
  };
  if (from_step == 0 && to_step == static_cast<int64_t>(kBytes)) {
    Block block;
    std::memcpy(&block, from, kBytes);
    for (int64_t i = 0; i < n; ++i) std::memcpy(to + i * static_cast<int64_t>(kBytes), &block, kBytes);
    return;
  }
  for (int64_t i = 0; i < n; ++i) std::memcpy(to + i * to_step, from + i * from_step, kBytes);
}

void CopyLongBlocks(const char* from, int64_t from_step, char* to, int64_t to_step, int64_t n, size_t bytes) {
  for (int64_t i = 0; i < n; ++i) std::memcpy(to + i * to_step, from + i * from_step, bytes);
}

using CopyLoop = void (*)(const char*, int64_t, char*, int64_t, int64_t, size_t);

CopyLoop LoopFor(int64_t bytes) {
  switch (bytes) {
    case 1: return CopyBlocks<1>;
    case 2: return CopyBlocks<2>;
    case 4: return CopyBlocks<4>;
    case 8: return CopyBlocks<8>;
    case 12: return CopyBlocks<12>;
    case 16: return CopyBlocks<16>;
    default: return CopyLongBlocks;
  }
}

template <typename T>
void AddElements(const void* from, int64_t from_step, void* to, int64_t to_step, int64_t n) {
  const T* in = static_cast<const T*>(from);
  T* out = static_cast<T*>(to);
  for (int64_t i = 0; i < n; ++i) out[i * to_step] = Plus(out[i * to_step], in[i * from_step]);
}

using AddLoop = void (*)(const void*, int64_t, void*, int64_t, int64_t);

AddLoop AddLoopFor(DType dtype) {
  switch (dtype) {
    case DType::kFloat: return AddElements<float>;
    case DType::kDouble: return AddElements<double>;
    case DType::kHalf: return AddElements<Half>;
    case DType::kBfloat16: return AddElements<BFloat16>;
    case DType::kComplex64: return AddElements<Complex64>;
    case DType::kComplex128: return AddElements<Complex128>;
    case DType::kInt8:
    case DType::kUint8: return AddElements<uint8_t>;
    case DType::kInt16:
    case DType::kUint16: return AddElements<uint16_t>;
    case DType::kInt32:
    case DType::kUint32: return AddElements<uint32_t>;
    case DType::kInt64:
    case DType::kUint64: return AddElements<uint64_t>;
    default: return nullptr;
  }
}

}  // namespace

void AxisCopy::Axis(int64_t count, int64_t from_step, int64_t to_step) {
  if (count <= 0) empty_ = true;
  if (empty_ || count == 1 || num_steps_ == kMaxAxes) return;
  if (num_steps_ > 0) {
    Step& outer = steps_[num_steps_ - 1];
    // Distances are those of elements that exist, twice over at most: the products do not overflow.
    if (outer.from == from_step * count && outer.to == to_step * count) {
      outer = {outer.count * count, from_step, to_step};
      return;
    }
  }
  steps_[num_steps_++] = {count, from_step, to_step};
}

int64_t AxisCopy::Count() const {
  int64_t count = 1;
  for (int i = 0; i < num_steps_; ++i) count *= steps_[i].count;
  return count;
}

template <typename Row>
void AxisCopy::Walk(const Step* steps, int num_steps, int64_t begin, int64_t end, const Row& row) {
  if (begin >= end) return;
  if (num_steps == 0) {
    row(0, 0, 1, 0, 0);
    return;
  }
  const Step& inner = steps[num_steps - 1];
  int64_t at[kMaxAxes];
  int64_t rest = begin / inner.count;
  int64_t first = begin % inner.count;
  int64_t from = 0, to = 0;
  for (int i = num_steps - 2; i >= 0; --i) {
    at[i] = rest % steps[i].count;
    rest /= steps[i].count;
    from += at[i] * steps[i].from;
    to += at[i] * steps[i].to;
  }
  while (true) {
    const int64_t n = std::min(inner.count - first, end - begin);
    if (!row(from + first * inner.from, to + first * inner.to, n, inner.from, inner.to)) return;
    begin += n;
    if (begin >= end) return;
    first = 0;
    for (int i = num_steps - 2; i >= 0; --i) {
      from += steps[i].from;
      to += steps[i].to;
      if (++at[i] < steps[i].count) break;
      at[i] = 0;
      from -= steps[i].from * steps[i].count;
      to -= steps[i].to * steps[i].count;
    }
  }
}

Status AxisCopy::RunStrings(RunContext& c, const std::string* from, std::string* to) const {
  const int64_t count = Count();
  CheckedSize text = 0;
  Walk(steps_, num_steps_, 0, count, [&](int64_t f, int64_t, int64_t n, int64_t from_step, int64_t) {
    for (int64_t i = 0; i < n; ++i) text += static_cast<int64_t>(from[f + i * from_step].size());
    return true;
  });
  if (!text.valid()) return ResourceExhausted("the strings are larger than any memory");
  const auto bytes = static_cast<size_t>(text.value());
  RIVULET_RETURN_IF_ERROR(c.allocator().Charge(bytes));
  Walk(steps_, num_steps_, 0, count, [&](int64_t f, int64_t t, int64_t n, int64_t from_step, int64_t to_step) {
    for (int64_t i = 0; i < n; ++i) to[t + i * to_step] = from[f + i * from_step];
    return !c.stop().stopped();
  });
  c.allocator().Release(bytes);
  return Status();
}

// References; copied by one thread, as they count.
void AxisCopy::RunObjects(const ObjectRef* from, ObjectRef* to) const {
  Walk(steps_, num_steps_, 0, Count(), [&](int64_t f, int64_t t, int64_t n, int64_t from_step, int64_t to_step) {
    for (int64_t i = 0; i < n; ++i) to[t + i * to_step] = from[f + i * from_step];
    return true;
  });
}

Status AxisCopy::Run(RunContext& c, const void* from, int64_t from_at, void* to, int64_t to_at) const {
  if (empty_) return Status();
  if (dtype_ == DType::kString) {
    return RunStrings(c, static_cast<const std::string*>(from) + from_at, static_cast<std::string*>(to) + to_at);
  }
  if (ElementBytes(dtype_) == 0) {
    RunObjects(static_cast<const ObjectRef*>(from) + from_at, static_cast<ObjectRef*>(to) + to_at);
    return Status();
  }
  const auto element = static_cast<int64_t>(ElementBytes(dtype_));
  const char* in = static_cast<const char*>(from) + from_at * element;
  char* out = static_cast<char*>(to) + to_at * element;
  // What lies together on both sides is one block.
  int num_steps = num_steps_;
  int64_t block = element;
  if (num_steps > 0 && steps_[num_steps - 1].from == 1 && steps_[num_steps - 1].to == 1) {
    block = steps_[--num_steps].count * element;
  }
  int64_t count = 1;
  for (int i = 0; i < num_steps; ++i) count *= steps_[i].count;
  if (count * block <= kPieceBytes && num_steps == 0) {
    std::memcpy(out, in, static_cast<size_t>(block));
    return Status();
  }
  if (block > 4 * kPieceBytes) {
    const int64_t parts = (block + kPieceBytes - 1) / kPieceBytes;
    c.ParallelFor(count * parts, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        Walk(steps_, num_steps, i / parts, i / parts + 1, [&](int64_t f, int64_t t, int64_t, int64_t, int64_t) {
          const int64_t part = i % parts * kPieceBytes;
          std::memcpy(out + t * element + part, in + f * element + part,
                      static_cast<size_t>(std::min(kPieceBytes, block - part)));
          return true;
        });
      }
    });
    return Status();
  }
  const CopyLoop loop = LoopFor(block);
  c.ParallelFor(count, std::max<int64_t>(kPieceBytes / block, 1), [&](int64_t begin, int64_t end) {
    Walk(steps_, num_steps, begin, end, [&](int64_t f, int64_t t, int64_t n, int64_t from_step, int64_t to_step) {
      loop(in + f * element, from_step * element, out + t * element, to_step * element, n, static_cast<size_t>(block));
      return true;
    });
  });
  return Status();
}

Status AxisCopy::RunAdd(RunContext& c, const void* from, int64_t from_at, void* to, int64_t to_at) const {
  if (empty_) return Status();
  const AddLoop loop = AddLoopFor(dtype_);
  if (loop == nullptr) return Unimplemented("no sums of ", dtype_);
  const auto element = static_cast<int64_t>(ElementBytes(dtype_));
  const char* in = static_cast<const char*>(from) + from_at * element;
  char* out = static_cast<char*>(to) + to_at * element;
  Walk(steps_, num_steps_, 0, Count(), [&](int64_t f, int64_t t, int64_t n, int64_t from_step, int64_t to_step) {
    loop(in + f * element, from_step, out + t * element, to_step, n);
    return !c.stop().stopped();
  });
  return Status();
}

Status FillTensor(RunContext& c, Tensor& tensor, const void* value) {
  AxisCopy copy(tensor.dtype());
  copy.Axis(tensor.num_elements(), 0, 1);
  return copy.Run(c, value, 0, tensor.raw(), 0);
}

Status ClearTensor(RunContext& c, Tensor& tensor) {
  if (ElementBytes(tensor.dtype()) == 0) {
    ClearElements(tensor.dtype(), tensor.raw(), tensor.num_elements());
    return Status();
  }
  const auto bytes = static_cast<int64_t>(tensor.bytes());
  c.ParallelFor(bytes, 4 * kPieceBytes, [&](int64_t begin, int64_t end) {
    std::memset(static_cast<char*>(tensor.raw()) + begin, 0, static_cast<size_t>(end - begin));
  });
  return Status();
}

Status CopyTensor(RunContext& c, const Tensor& from, Tensor& to) {
  AxisCopy copy(from.dtype());
  copy.Axis(from.num_elements(), 1, 1);
  return copy.Run(c, from.raw(), 0, to.raw(), 0);
}

}  // namespace rivulet
