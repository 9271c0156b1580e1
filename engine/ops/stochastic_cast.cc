// StochasticCastToInt: numbers rounded up or down at random, up as often as they are near to it.
//
//   input [..] of Tin, key [1], counter [1 or more], alg (1 Philox, 3 whichever: Philox) -> output [..] of Tout
//
// x < 0: floor(x + u), else floor(x + 1 - u), with u of [0, 1); whole numbers stay, NaN is 0, and what is outside of
// Tout becomes its lowest or highest number, as Tin has it (2^31 for float, which an int32 cannot hold, is its lowest).
// Each number that is rounded takes a block of the stream, whose seeds are the counter's first word and the key. From
// float and double to int32 TensorFlow on AVX works in registers instead, each with one block, whose two or four
// numbers are used again and again; whole groups of 8 elements go that way.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/kernels/philox.h"
#include "engine/ops/number.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  for (int i = 1; i < 3; ++i) RIVULET_RETURN_IF_ERROR(c.WantRank(i, 1));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(3));
  const Shape &key = c.shape(1), &counter = c.shape(2);
  if (key.complete() && key[0] != 1) return InvalidArgument("key: want 1 element, got ", key[0]);
  if (counter.complete() && counter[0] < 1) return InvalidArgument("counter: want at least 1 element, got none");
  c.set_output(0, c.shape(0));
  return Status();
}

// The uniform numbers that a block makes.
template <typename T>
struct Uniform {
  T u[sizeof(T) == 8 ? 2 : 4];

  explicit Uniform(Philox& generator) {
    const Philox::Block block = generator.Next();
    if constexpr (std::is_same_v<T, double>) {
      u[0] = UniformDouble(block[0], block[1]);
      u[1] = UniformDouble(block[2], block[3]);
    } else {
      for (size_t i = 0; i < 4; ++i) {
        if constexpr (std::is_same_v<T, Half>) u[i] = UniformHalf(block[i]);
        if constexpr (std::is_same_v<T, BFloat16>) u[i] = UniformBFloat16(block[i]);
        if constexpr (std::is_same_v<T, float>) u[i] = UniformFloat(block[i]);
      }
    }
  }
};

// The integers that are made.
struct Bounds {
  int32_t lowest, highest;
  size_t bytes;
};

// Whether x needs no random number: it is whole, or its result the same for all.
template <typename T>
bool IsSettled(T x, const Bounds& bounds, int32_t* result) {
  const auto low = Widen(T(static_cast<Wide<T>>(bounds.lowest)));
  const auto high = Widen(T(static_cast<Wide<T>>(bounds.highest)));
  const auto wide = Widen(x);
  if (wide != wide) {
    *result = 0;
  } else if (wide >= high) {
    // Where Tin rounds the highest number up, converting it back goes round to the lowest.
    const bool fits = static_cast<double>(high) <= static_cast<double>(bounds.highest);
    *result = fits ? bounds.highest : bounds.lowest;
  } else if (wide <= low) {
    *result = bounds.lowest;
  } else if (std::floor(wide) == wide) {
    *result = static_cast<int32_t>(wide);
  } else {
    return false;
  }
  return true;
}

template <typename T>
int32_t Round(T x, T u, const Bounds& bounds) {
  int32_t result = 0;
  if (IsSettled(x, bounds, &result)) return result;
  const T moved = Widen(x) < 0 ? Plus(x, u) : Minus(Plus(x, T(Wide<T>{1})), u);
  return static_cast<int32_t>(std::floor(Widen(moved)));
}

template <typename T>
Status RoundAll(RunContext& c, const Bounds& bounds, Philox generator) {
  const bool in_registers = bounds.bytes == 4 && sizeof(T) >= 4;
  constexpr int64_t kRegister = 32 / sizeof(T);
  const int64_t count = c.input(0).num_elements();
  const T* x = c.input(0).data<T>();
  auto* y = static_cast<char*>(c.output(0).raw());
  const auto store = [&](int64_t i, int32_t value) {  // its low bits
    std::memcpy(y + static_cast<size_t>(i) * bounds.bytes, &value, bounds.bytes);
  };
  int64_t i = 0;
  for (; in_registers && i < count / 8 * 8; i += kRegister) {
    if (i % 4096 == 0 && c.stop().stopped()) return c.stop().Why();
    const Uniform<T> uniform(generator);
    for (int64_t k = 0; k < kRegister; ++k) {
      store(i + k, Round(x[i + k], uniform.u[static_cast<size_t>(k) % std::size(uniform.u)], bounds));
    }
  }
  for (; i < count; ++i) {
    if (i % 4096 == 4095 && c.stop().stopped()) return c.stop().Why();
    int32_t result = 0;
    if (!IsSettled(x[i], bounds, &result)) result = Round(x[i], Uniform<T>(generator).u[0], bounds);
    store(i, result);
  }
  return Status();
}

template <typename Int>
constexpr Bounds BoundsOf() {
  return {std::numeric_limits<Int>::min(), std::numeric_limits<Int>::max(), sizeof(Int)};
}

Status Run(RunContext& c) {
  const int32_t alg = c.input(3).data<int32_t>()[0];
  if (alg != 1 && alg != 3) return Unimplemented("alg: want 1 (Philox) or 3 (auto), got ", alg);
  const Philox generator = Philox::FromSeeds(c.input(2).data<uint64_t>()[0], c.input(1).data<uint64_t>()[0]);
  Status status = Internal("rounding of ", c.input(0).dtype());
  Bounds bounds = BoundsOf<int32_t>();
  VisitType<int8_t, int16_t>(c.output(0).dtype(), [&](auto to) { bounds = BoundsOf<typename decltype(to)::Type>(); });
  VisitType<float, double, Half, BFloat16>(
      c.input(0).dtype(), [&](auto from) { status = RoundAll<typename decltype(from)::Type>(c, bounds, generator); });
  return status;
}

constexpr OpDef kDefs[] = {
    {.name = "StochasticCastToInt",
     .inputs = "input:Tin, key:u64, counter:u64, alg:i32",
     .outputs = "output:Tout",
     .attrs = "Tin:type in {f16,bf16,f32,f64}; Tout:type in {i8,i16,i32}",
     .infer = Infer,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(StochasticCast, kDefs);

}  // namespace rivulet
