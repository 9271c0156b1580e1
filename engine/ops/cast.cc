// Cast: y = x in another dtype; every pair of numbers, bools, quantised types (as their integers), and string to
// string.
//
//   float to integer   rounds to zero. Out of range: int8 .. uint16 take the low bits of the int32, uint32 those of the
//                      int64, where int32, int64 and uint64 are the lowest value (uint64: 2^63) for what they cannot
//                      hold and for NaN. That is what an x86 processor gives, and TensorFlow for short tensors.
//   integer            takes the low bits
//   bool               is x != 0, so NaN is true; of a complex number the real part counts
//   complex            to real drops the imaginary part, from real sets it to 0
//   float16, bfloat16  from and to anything by way of float
//   Truncate           clears the mantissa bits that do not fit, instead of rounding; only where TensorFlow has it:
//                      float to float16 and bfloat16, double to float and float16
#include <algorithm>
#include <cstring>
#include <limits>

#include "engine/base/bit_cast.h"
#include "engine/kernels/half.h"
#include "engine/ops/elementwise.h"

namespace rivulet {
namespace {

using Convert = void (*)(const void* from, void* to, int64_t n);

template <typename F>
int32_t ToInt32(F x) {
  return x >= F(-2147483648.0) && x < F(2147483648.0) ? static_cast<int32_t>(x) : std::numeric_limits<int32_t>::min();
}
template <typename F>
int64_t ToInt64(F x) {
  return x >= F(-0x1p63) && x < F(0x1p63) ? static_cast<int64_t>(x) : std::numeric_limits<int64_t>::min();
}
template <typename F>
uint64_t ToUint64(F x) {
  if (x >= F(0x1p63) && x < F(0x1p64)) return static_cast<uint64_t>(x);
  return static_cast<uint64_t>(ToInt64(x));  // negative numbers wrap around
}

struct Truth {
  uint8_t byte;
};

template <typename To, typename From>
To ConvertOne(From x) {
  if constexpr (std::is_same_v<From, Truth>) {
    return static_cast<To>(x.byte != 0);
  } else if constexpr (std::is_same_v<To, bool>) {
    return x != From(0);
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if constexpr (sizeof(To) <= 2 || std::is_same_v<To, int32_t>)
      return static_cast<To>(ToInt32(x));
    else if constexpr (std::is_same_v<To, uint64_t>)
      return ToUint64(x);
    else
      return static_cast<To>(ToInt64(x));
  } else {
    return static_cast<To>(x);
  }
}

template <typename From, typename To>
void ConvertAll(const void* from, void* to, int64_t n) {
  const From* x = static_cast<const From*>(from);
  To* y = static_cast<To*>(to);
  for (int64_t i = 0; i < n; ++i) y[i] = ConvertOne<To>(x[i]);
}

template <typename T>
void Copy(const void* from, void* to, int64_t n) {
  if (from != to) std::memcpy(to, from, static_cast<size_t>(n) * sizeof(T));
}

// Real numbers but the halves. An integer's low bits do not depend on the target's sign.
template <typename From>
Convert FindTarget(DType to) {
  switch (to) {
    case DType::kBool: return ConvertAll<From, bool>;
    case DType::kInt8: return ConvertAll<From, int8_t>;
    case DType::kUint8: return ConvertAll<From, int8_t>;
    case DType::kInt16: return ConvertAll<From, int16_t>;
    case DType::kUint16: return ConvertAll<From, int16_t>;
    case DType::kInt32: return ConvertAll<From, int32_t>;
    case DType::kUint32: return ConvertAll<From, uint32_t>;
    case DType::kInt64: return ConvertAll<From, int64_t>;
    case DType::kUint64: return ConvertAll<From, uint64_t>;
    case DType::kFloat: return ConvertAll<From, float>;
    case DType::kDouble: return ConvertAll<From, double>;
    default: return nullptr;
  }
}

Convert FindReal(DType from, DType to) {
  switch (from) {
    case DType::kBool: return FindTarget<Truth>(to);
    case DType::kInt8: return FindTarget<int8_t>(to);
    case DType::kUint8: return FindTarget<uint8_t>(to);
    case DType::kInt16: return FindTarget<int16_t>(to);
    case DType::kUint16: return FindTarget<uint16_t>(to);
    case DType::kInt32: return FindTarget<int32_t>(to);
    case DType::kUint32: return FindTarget<uint32_t>(to);
    case DType::kInt64: return FindTarget<int64_t>(to);
    case DType::kUint64: return FindTarget<uint64_t>(to);
    case DType::kFloat: return FindTarget<float>(to);
    case DType::kDouble: return FindTarget<double>(to);
    default: return nullptr;
  }
}

template <typename T>
void TakeReal(const void* from, void* to, int64_t n) {
  const std::complex<T>* x = static_cast<const std::complex<T>*>(from);
  T* y = static_cast<T*>(to);
  for (int64_t i = 0; i < n; ++i) y[i] = x[i].real();
}
template <typename T>
void AddImaginary(const void* from, void* to, int64_t n) {
  const T* x = static_cast<const T*>(from);
  std::complex<T>* y = static_cast<std::complex<T>*>(to);
  for (int64_t i = 0; i < n; ++i) y[i] = {x[i], T(0)};
}
template <typename From, typename To>
void ConvertComplex(const void* from, void* to, int64_t n) {
  const std::complex<From>* x = static_cast<const std::complex<From>*>(from);
  std::complex<To>* y = static_cast<std::complex<To>*>(to);
  for (int64_t i = 0; i < n; ++i) y[i] = {static_cast<To>(x[i].real()), static_cast<To>(x[i].imag())};
}
template <DType kDType>
void Widen(const void* from, void* to, int64_t n) {
  WidenHalf(kDType, from, n, static_cast<float*>(to));
}
template <DType kDType>
void Narrow(const void* from, void* to, int64_t n) {
  NarrowToHalf(kDType, static_cast<const float*>(from), n, to);
}

// Clears kBits mantissa bits of all numbers but NaN.
template <typename T, typename Bits, int kBits>
void ClearBits(const void* from, void* to, int64_t n) {
  const T* x = static_cast<const T*>(from);
  T* y = static_cast<T*>(to);
  for (int64_t i = 0; i < n; ++i) {
    const T cleared = BitCast<T>(BitCast<Bits>(x[i]) & ~((Bits{1} << kBits) - 1));
    y[i] = x[i] == x[i] ? cleared : x[i];
  }
}

// Up to five steps, each from one buffer to the next.
struct State : OpState {
  std::vector<Convert> steps;
};

void AddHalf(DType dtype, std::vector<Convert>* steps, bool widen) {
  if (dtype == DType::kHalf)
    steps->push_back(widen ? Widen<DType::kHalf> : Narrow<DType::kHalf>);
  else
    steps->push_back(widen ? Widen<DType::kBfloat16> : Narrow<DType::kBfloat16>);
}

bool IsComplex(DType dtype) { return dtype == DType::kComplex64 || dtype == DType::kComplex128; }
DType PartOf(DType dtype) {
  return dtype == DType::kComplex64 ? DType::kFloat : dtype == DType::kComplex128 ? DType::kDouble : dtype;
}

std::vector<Convert> PlanSteps(DType from, DType to, bool truncate) {
  if (from == to) {
    switch (ElementBytes(from)) {
      case 1: return {Copy<uint8_t>};
      case 2: return {Copy<uint16_t>};
      case 4: return {Copy<uint32_t>};
      case 8: return {Copy<uint64_t>};
      default: return {Copy<Complex128>};
    }
  }
  if (IsComplex(from) && IsComplex(to)) {
    return {from == DType::kComplex64 ? ConvertComplex<float, double> : ConvertComplex<double, float>};
  }

  std::vector<Convert> steps;
  if (truncate && from == DType::kFloat && to == DType::kHalf) steps.push_back(ClearBits<float, uint32_t, 13>);
  if (truncate && from == DType::kFloat && to == DType::kBfloat16) steps.push_back(ClearBits<float, uint32_t, 16>);
  if (truncate && from == DType::kDouble && to == DType::kFloat) steps.push_back(ClearBits<double, uint64_t, 29>);
  if (truncate && from == DType::kDouble && to == DType::kHalf) steps.push_back(ClearBits<double, uint64_t, 42>);
  if (IsHalf(from)) AddHalf(from, &steps, true);
  if (from == DType::kComplex64) steps.push_back(TakeReal<float>);
  if (from == DType::kComplex128) steps.push_back(TakeReal<double>);
  const DType middle_from = IsHalf(from) ? DType::kFloat : PartOf(from);
  const DType middle_to = IsHalf(to) ? DType::kFloat : PartOf(to);
  if (middle_from != middle_to) steps.push_back(FindReal(middle_from, middle_to));
  if (IsHalf(to)) AddHalf(to, &steps, false);
  if (to == DType::kComplex64) steps.push_back(AddImaginary<float>);
  if (to == DType::kComplex128) steps.push_back(AddImaginary<double>);
  return steps;
}

Status Infer(InferContext& c) {
  const DType from = c.dtype(0), to = c.output_dtype(0);
  if ((from == DType::kString) != (to == DType::kString)) {
    return Unimplemented("cannot cast ", Name(from), " to ", Name(to));
  }
  return InferLikeFirst(c);
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  const DType to = c.output(0).dtype;
  if (to != DType::kString) {
    state->steps = PlanSteps(PlainType(c.dtype(0)), PlainType(to), c.attrs().Bool("Truncate"));
  }
  return std::unique_ptr<OpState>(std::move(state));
}

Status Run(RunContext& c) {
  const Tensor& input = c.input(0);
  Tensor& output = c.output(0);
  const int64_t total = output.num_elements();
  if (total == 0) return Status();
  if (output.dtype() == DType::kString) {
    std::copy_n(input.data<std::string>(), total, output.data<std::string>());
    return Status();
  }
  constexpr int64_t kTile = 256;
  const std::vector<Convert>& steps = c.state<State>().steps;
  const char* from = static_cast<const char*>(input.raw());
  char* to = static_cast<char*>(output.raw());
  const size_t from_bytes = ElementBytes(input.dtype()), to_bytes = ElementBytes(output.dtype());
  c.ParallelFor(total, 1 << 14, [&](int64_t begin, int64_t end) {
    alignas(64) char buffers[2][kTile * 16];
    for (int64_t at = begin; at < end; at += kTile) {
      const int64_t count = std::min(kTile, end - at);
      const void* x = from + static_cast<size_t>(at) * from_bytes;
      for (size_t i = 0; i < steps.size(); ++i) {
        void* y = i + 1 == steps.size() ? to + static_cast<size_t>(at) * to_bytes : buffers[i & 1];
        steps[i](x, y, count);
        x = y;
      }
    }
  });
  return Status();
}

#define RIVULET_CASTABLE "f32,f64,f16,bf16,i8,i16,i32,i64,u8,u16,u32,u64,bool,c64,c128,qi8,qu8,qi16,qu16,qi32,str"

constexpr OpDef kDefs[] = {
    {.name = "Cast",
     .inputs = "x:SrcT",
     .outputs = "y:DstT",
     .attrs = "SrcT:type in {" RIVULET_CASTABLE "}; DstT:type in {" RIVULET_CASTABLE "}; Truncate:bool=false",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kElementwise},
};

}  // namespace

RIVULET_OP_LIST(Cast, kDefs);

}  // namespace rivulet
