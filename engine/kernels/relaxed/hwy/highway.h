// Highway, with products that are added and rounded once: what WebAssembly relaxed SIMD makes of MulAdd and NegMulAdd.
// Kernels that are compiled for it find this file before the one of Highway itself (cmake/relaxed_simd.cmake).
//
// A machine without such an instruction may round twice: results agree to rounding, as between processors.
#include_next "hwy/highway.h"  // IWYU pragma: export

#ifndef RIVULET_ENGINE_KERNELS_RELAXED_HWY_HIGHWAY_H_
#define RIVULET_ENGINE_KERNELS_RELAXED_HWY_HIGHWAY_H_
#if !defined(__wasm_relaxed_simd__) || HWY_TARGET != HWY_WASM
#error "compile with -msimd128 -mrelaxed-simd"
#endif

// LLVM 14 knows the instructions under the names, and numbers, of a draft, in which the sum came first. In the order
// below, and with the final numbers that cmake/relaxed_opcodes.py gives them, they are the final ones.
#if __has_builtin(__builtin_wasm_relaxed_madd_f32x4)
#define RIVULET_MADD __builtin_wasm_relaxed_madd_f32x4
#define RIVULET_NMADD __builtin_wasm_relaxed_nmadd_f32x4
#else
#define RIVULET_MADD __builtin_wasm_fma_f32x4
#define RIVULET_NMADD __builtin_wasm_fms_f32x4
#endif

HWY_BEFORE_NAMESPACE();
namespace hwy {
namespace HWY_NAMESPACE {

// No templates: they are preferred to Highway's, which are.
HWY_API Vec128<float> MulAdd(Vec128<float> mul, Vec128<float> x, Vec128<float> add) {
  return Vec128<float>{RIVULET_MADD(mul.raw, x.raw, add.raw)};
}
HWY_API Vec128<float> NegMulAdd(Vec128<float> mul, Vec128<float> x, Vec128<float> add) {
  return Vec128<float>{RIVULET_NMADD(mul.raw, x.raw, add.raw)};
}

}  // namespace HWY_NAMESPACE
}  // namespace hwy
HWY_AFTER_NAMESPACE();

#undef RIVULET_MADD
#undef RIVULET_NMADD
#endif  // RIVULET_ENGINE_KERNELS_RELAXED_HWY_HIGHWAY_H_
