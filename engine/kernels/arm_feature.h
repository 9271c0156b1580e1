// What an Arm processor has beyond the base. Internal to engine/kernels.
#ifndef RIVULET_ENGINE_KERNELS_ARM_FEATURE_H_
#define RIVULET_ENGINE_KERNELS_ARM_FEATURE_H_

#if defined(__aarch64__) && (defined(__linux__) || defined(__APPLE__))

#include <cstddef>

#if defined(__APPLE__)
#include <sys/sysctl.h>
#define AT_HWCAP 0
#define AT_HWCAP2 0
#else
#include <sys/auxv.h>
#endif

namespace rivulet {

// Whether the processor has what Apple's systems call `name`, and others have a bit of one of their words for.
inline bool HasArmFeature([[maybe_unused]] const char* name, [[maybe_unused]] unsigned long word,
                          [[maybe_unused]] unsigned long bit) {
#if defined(__APPLE__)
  int value = 0;
  size_t size = sizeof value;
  return sysctlbyname(name, &value, &size, nullptr, 0) == 0 && value != 0;
#else
  return (getauxval(word) & bit) != 0;
#endif
}

}  // namespace rivulet

#endif
#endif  // RIVULET_ENGINE_KERNELS_ARM_FEATURE_H_
