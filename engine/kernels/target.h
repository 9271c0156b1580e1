// Which instruction set the kernels run on. Chosen once from what the processor has; can be forced for tests and
// comparisons.
#ifndef RIVULET_ENGINE_KERNELS_TARGET_H_
#define RIVULET_ENGINE_KERNELS_TARGET_H_

#include <string_view>
#include <vector>

#include "rivulet/status.h"

namespace rivulet {

// The target in use: "AVX-512", "AVX-512 VNNI", "AVX2", "SSE4", "NEON", "wasm SIMD", "scalar", ...
std::string_view TargetName();

// Targets that are compiled in and that this processor can run, best first.
std::vector<std::string_view> SupportedTargets();

// Every target that is compiled in, best first.
std::vector<std::string_view> CompiledTargets();

// Runs all kernels of the process on the named target from now on; "best" undoes it. Not while kernels run on other
// threads. Packed weights do not depend on the target.
Status UseTarget(std::string_view name);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_TARGET_H_
