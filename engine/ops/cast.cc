// Cast: y = x in another dtype; every pair of numbers, bools, quantised types (as their integers), and string to
// string.
//
//   float to integer   rounds to zero. What int32, int64 and uint64 cannot hold, and NaN, becomes the lowest value
//   (2^63
//                      for uint64). Smaller types and uint32 depend on the place, as in TensorFlow, whose vector code
//                      takes whole blocks of elements and whose scalar code takes the rest: in blocks 8 and 16 bits
//                      are clamped and uint32 becomes 2^31; in the rest they take the low bits of the int32 or int64.
//                      A long tensor is clamped but for its end; a short one is not clamped at all
//   integer            takes the low bits
//   bool               is x != 0, so NaN is true; of a complex number the real part counts
//   complex            to real drops the imaginary part, from real sets it to 0
//   float16, bfloat16  from and to anything by way of float
//   Truncate           clears the mantissa bits that do not fit, instead of rounding; only where TensorFlow has it:
//                      float to float16 and bfloat16, double to float and float16, and the complex types like their
//                      parts but not to bfloat16. From double to complex64 TensorFlow takes the target to have no
//                      mantissa at all, and clears the exponent's lowest bit too
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

// As in a block of TensorFlow's vector code; for targets of up to 32 bits.
template <typename To, typename From>
To ClampOne(From x) {
  if constexpr (sizeof(To) == 4) {
    return x >= From(-2147483648.0) && x < From(4294967296.0) ? static_cast<To>(ToInt64(x)) : To{1} << 31;
  } else {
    const int32_t wide = ToInt32(x);
    constexpr int32_t kLowest = std::numeric_limits<To>::min(), kHighest = std::numeric_limits<To>::max();
    return static_cast<To>(wide < kLowest ? kLowest : wide > kHighest ? kHighest : wide);
  }
}

template <typename From, typename To>
void ClampAll(const void* from, void* to, int64_t n) {
  const From* x = static_cast<const From*>(from);
  To* y = static_cast<To*>(to);
  for (int64_t i = 0; i < n; ++i) y[i] = ClampOne<To>(x[i]);
}

template <typename From>
Convert FindClamp(DType to) {
  switch (to) {
    case DType::kInt8: return ClampAll<From, int8_t>;
    case DType::kUint8: return ClampAll<From, uint8_t>;
    case DType::kInt16: return ClampAll<From, int16_t>;
    case DType::kUint16: return ClampAll<From, uint16_t>;
    case DType::kUint32: return ClampAll<From, uint32_t>;
    default: return nullptr;
  }
}

// Elements that TensorFlow's vector code converts at a time; 0 where it has none.
int64_t BlockOf(DType from, DType to) {
  if (to == DType::kUint32) return from == DType::kComplex128 ? 0 : 8;
  switch (from) {
    case DType::kFloat: return 32;
    case DType::kDouble:
    case DType::kComplex128:
    case DType::kHalf: return 16;
    case DType::kBfloat16: return 8;
    default: return 0;
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

// The same for the two parts of complex numbers of doubles.
template <int kBits>
void ClearParts(const void* from, void* to, int64_t n) {
  ClearBits<double, uint64_t, kBits>(from, to, 2 * n);
}

// Up to five steps, each from one buffer to the next. Where `clamp` is set it takes the place of step `clamped` for
// whole blocks of elements.
struct State : OpState {
  std::vector<Convert> steps;
  Convert clamp = nullptr;
  size_t clamped = 0;
  int64_t block = 0;
  size_t clamped_from = 0, clamped_to = 0;  // bytes of an element there
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
    if (from == DType::kComplex64) return {ConvertComplex<float, double>};
    if (truncate) return {ClearParts<29>, ConvertComplex<double, float>};
    return {ConvertComplex<double, float>};
  }

  std::vector<Convert> steps;
  if (IsHalf(from)) AddHalf(from, &steps, true);
  if (from == DType::kComplex64) steps.push_back(TakeReal<float>);
  if (from == DType::kComplex128) steps.push_back(TakeReal<double>);
  if (truncate && PartOf(from) == DType::kFloat && to == DType::kHalf) steps.push_back(ClearBits<float, uint32_t, 13>);
  if (truncate && from == DType::kFloat && to == DType::kBfloat16) steps.push_back(ClearBits<float, uint32_t, 16>);
  if (truncate && PartOf(from) == DType::kDouble) {
    if (to == DType::kFloat) steps.push_back(ClearBits<double, uint64_t, 29>);
    if (to == DType::kHalf) steps.push_back(ClearBits<double, uint64_t, 42>);
    if (to == DType::kComplex64) steps.push_back(ClearBits<double, uint64_t, 53>);
  }
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
    return Unimplemented("cannot cast ", from, " to ", to);
  }
  return InferLikeFirst(c);
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  const DType to = c.output(0).dtype;
  if (to != DType::kString) {
    const DType from = PlainType(c.dtype(0)), plain_to = PlainType(to);
    state->steps = PlanSteps(from, plain_to, c.attrs().Bool("Truncate"));
    // An integer is what the last step makes, out of float or double.
    const bool from_double = PartOf(from) == DType::kDouble;
    const bool from_float = IsHalf(from) || PartOf(from) == DType::kFloat;
    state->block = BlockOf(from, plain_to);
    if ((from_double || from_float) && state->block > 0) {
      state->clamp = from_double ? FindClamp<double>(plain_to) : FindClamp<float>(plain_to);
      state->clamped = state->steps.size() - 1;
      state->clamped_from = from_double ? sizeof(double) : sizeof(float);
      state->clamped_to = ElementBytes(plain_to);
    }
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
  const State& state = c.state<State>();
  const std::vector<Convert>& steps = state.steps;
  const int64_t whole = state.clamp ? total / state.block * state.block : 0;  // elements in blocks
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
        const int64_t clamped = state.clamp && i == state.clamped ? std::clamp<int64_t>(whole - at, 0, count) : 0;
        if (clamped > 0) state.clamp(x, y, clamped);
        if (clamped < count) {
          steps[i](static_cast<const char*>(x) + static_cast<size_t>(clamped) * state.clamped_from,
                   static_cast<char*>(y) + static_cast<size_t>(clamped) * state.clamped_to, count - clamped);
        }
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
