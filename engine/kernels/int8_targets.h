// For the files of 8-bit kernels, before Highway is included: not for AVX-512 without its dot products of bytes. Such
// processors take the AVX2 form, which is hardly slower, and the engine is smaller by it. And not for SVE, whose
// vectors cannot be kept in structures; the NEON form runs there. A build for one processor has that one's.
#ifndef RIVULET_ENGINE_KERNELS_INT8_TARGETS_H_
#define RIVULET_ENGINE_KERNELS_INT8_TARGETS_H_

#ifndef HWY_COMPILE_ONLY_STATIC
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSE2 | HWY_SSSE3 | HWY_AVX3 | HWY_AVX3_SPR | HWY_AVX3_ZEN4 | HWY_ALL_SVE)
#endif

#endif  // RIVULET_ENGINE_KERNELS_INT8_TARGETS_H_
