// The loop under every operator whose output element i is a function of element i of its broadcast inputs.
//
// An operator brings one loop per dtype over contiguous elements; RunTiles chooses it, feeds it tiles of all inputs and
// spreads the work over threads. float16 and bfloat16 have no loops of their own unless a table lists one: their
// tiles are widened to float, computed, and rounded once. In a small engine (widen.h) so are tiles of complex64 and of
// integers, with int32, int64 and uint64 for the others.
#ifndef RIVULET_ENGINE_OPS_ELEMENTWISE_H_
#define RIVULET_ENGINE_OPS_ELEMENTWISE_H_

#include <array>
#include <span>
#include <type_traits>

#include "engine/kernels/map.h"
#include "engine/ops/plain_infer.h"
#include "engine/ops/widen.h"

namespace rivulet {

// out[0..n) from n elements of each input. `out` may be an input's memory. False: the data is wrong (a division by
// zero).
using TileLoop = bool (*)(const void* const* in, void* out, int64_t n, const void* params);

struct DTypeLoop {
  DType dtype;
  TileLoop loop;
};

// Shapes to see the tensors under, instead of their own; element counts must agree.
struct TileShapes {
  const Shape* output;
  const Shape* inputs[3];
};

struct TileOptions {
  const void* params = nullptr;  // handed to the loop
  const char* fault = "";        // the message when a loop returns false
  int64_t grain = 1 << 14;       // elements per piece of work
  int key_input = 0;             // the input whose dtype chooses the loop
  const TileShapes* shapes = nullptr;
};

// For up to 3 inputs of plain dtypes. Quantised types use the loops of their integers.
Status RunTiles(RunContext& c, std::span<const DTypeLoop> loops, const TileOptions& options = {});

// f32 through the vector kernels.
Status RunMapUnary(RunContext& c, UnaryKind kind);
// False when the shapes need more than rows and columns; nothing is done then.
bool RunMapBinary(RunContext& c, BinaryKind kind, const TileShapes* shapes = nullptr);

// int8 for qint8 and so on; others stay.
DType PlainType(DType dtype);

// Output 0 has the shape that all inputs broadcast to.
Status InferBroadcast(InferContext& c);
// All inputs and output 0 have one shape.
Status InferSameShape(InferContext& c);

// A functor F is made per tile, from the loop's params where it takes them. `F::ok` becomes false on wrong data.
template <typename F>
F MakeFunctor(const void* params) {
  // An aggregate could be made from the pointer too, member by member.
  if constexpr (!std::is_aggregate_v<F> && std::is_constructible_v<F, const void*>) {
    return F(params);
  } else {
    return F();
  }
}
template <typename F>
bool IsOk(const F& f) {
  if constexpr (requires { f.ok; }) return f.ok;
  return true;
}

template <typename F, typename T>
bool UnaryTile(const void* const* in, void* out, int64_t n, const void* params) {
  F f = MakeFunctor<F>(params);
  const T* x = static_cast<const T*>(in[0]);
  auto* y = static_cast<std::decay_t<decltype(f(x[0]))>*>(out);
  for (int64_t i = 0; i < n; ++i) y[i] = f(x[i]);
  return IsOk(f);
}

template <typename F, typename T>
bool BinaryTile(const void* const* in, void* out, int64_t n, const void* params) {
  F f = MakeFunctor<F>(params);
  const T* a = static_cast<const T*>(in[0]);
  const T* b = static_cast<const T*>(in[1]);
  auto* y = static_cast<std::decay_t<decltype(f(a[0], b[0]))>*>(out);
  for (int64_t i = 0; i < n; ++i) y[i] = f(a[i], b[i]);
  return IsOk(f);
}

template <typename F, typename T>
bool TernaryTile(const void* const* in, void* out, int64_t n, const void* params) {
  F f = MakeFunctor<F>(params);
  const T* a = static_cast<const T*>(in[0]);
  const T* b = static_cast<const T*>(in[1]);
  const T* c = static_cast<const T*>(in[2]);
  auto* y = static_cast<std::decay_t<decltype(f(a[0], b[0], c[0]))>*>(out);
  for (int64_t i = 0; i < n; ++i) y[i] = f(a[i], b[i], c[i]);
  return IsOk(f);
}

// What tiles are widened by in a small engine.
inline constexpr uint32_t kWidenTiles = kWidenShorts | kWidenComplex;

// F::kOwnWidth says that a wider type would give something else.
template <typename F>
inline constexpr bool kHasOwnWidth = requires {
  F::kOwnWidth;
};

// A loop that the build has, or none.
template <typename F>
constexpr DTypeLoop BuiltLoop(DType dtype, TileLoop loop) {
  const bool is_kept = !kIsSmall || kHasOwnWidth<F> || WideType(dtype, kWidenTiles) == dtype;
  return is_kept && IsBuilt(dtype) ? DTypeLoop{dtype, loop} : DTypeLoop{DType::kInvalid, nullptr};
}

template <typename F, typename... Ts>
inline constexpr std::array<DTypeLoop, sizeof...(Ts)> kUnaryTiles = {BuiltLoop<F>(DTypeOf<Ts>, UnaryTile<F, Ts>)...};
template <typename F, typename... Ts>
inline constexpr std::array<DTypeLoop, sizeof...(Ts)> kBinaryTiles = {BuiltLoop<F>(DTypeOf<Ts>, BinaryTile<F, Ts>)...};
// The same and all integers, where the sign does not matter: F sees them unsigned.
template <typename F, typename... Ts>
inline constexpr std::array<DTypeLoop, sizeof...(Ts) + 8> kBinaryTilesAndInts = {
    BuiltLoop<F>(DTypeOf<Ts>, BinaryTile<F, Ts>)...,      BuiltLoop<F>(DType::kUint8, BinaryTile<F, uint8_t>),
    BuiltLoop<F>(DType::kInt8, BinaryTile<F, uint8_t>),   BuiltLoop<F>(DType::kUint16, BinaryTile<F, uint16_t>),
    BuiltLoop<F>(DType::kInt16, BinaryTile<F, uint16_t>), BuiltLoop<F>(DType::kUint32, BinaryTile<F, uint32_t>),
    BuiltLoop<F>(DType::kInt32, BinaryTile<F, uint32_t>), BuiltLoop<F>(DType::kUint64, BinaryTile<F, uint64_t>),
    BuiltLoop<F>(DType::kInt64, BinaryTile<F, uint64_t>)};
template <typename F, typename... Ts>
inline constexpr std::array<DTypeLoop, sizeof...(Ts)> kTernaryTiles = {
    BuiltLoop<F>(DTypeOf<Ts>, TernaryTile<F, Ts>)...};

template <typename F>
constexpr TileOptions OptionsOf() {
  TileOptions options;
  if constexpr (requires { F::kFault; }) options.fault = F::kFault;
  if constexpr (requires { F::kGrain; }) options.grain = F::kGrain;
  return options;
}

// Run functions: a functor and the dtypes it has loops for (float also serves float16 and bfloat16). F::kMap names the
// kernel that does float32 instead, F::kFault the message on wrong data, F::kGrain another piece of work.
template <typename F, typename... Ts>
Status RunUnary(RunContext& c) {
  if constexpr (requires { F::kMap; }) {
    if (c.input(0).dtype() == DType::kFloat) return RunMapUnary(c, F::kMap);
  }
  return RunTiles(c, kUnaryTiles<F, Ts...>, OptionsOf<F>());
}

template <typename F, typename... Ts>
Status RunBinary(RunContext& c) {
  if constexpr (requires { F::kMap; }) {
    if (c.input(0).dtype() == DType::kFloat && RunMapBinary(c, F::kMap)) return Status();
  }
  return RunTiles(c, kBinaryTiles<F, Ts...>, OptionsOf<F>());
}

template <typename F, typename... Ts>
Status RunBinaryAndInts(RunContext& c) {
  if constexpr (requires { F::kMap; }) {
    if (c.input(0).dtype() == DType::kFloat && RunMapBinary(c, F::kMap)) return Status();
  }
  return RunTiles(c, kBinaryTilesAndInts<F, Ts...>, OptionsOf<F>());
}

// All integers, signed ones apart, and whatever Ts adds.
template <typename F, typename... Ts>
Status RunUnaryInts(RunContext& c) {
  return RunUnary<F, Ts..., int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>(c);
}
template <typename F, typename... Ts>
Status RunBinaryInts(RunContext& c) {
  return RunBinary<F, Ts..., int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>(c);
}

template <typename F, typename... Ts>
Status RunTernary(RunContext& c) {
  return RunTiles(c, kTernaryTiles<F, Ts...>, OptionsOf<F>());
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_ELEMENTWISE_H_
