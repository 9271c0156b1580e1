#ifndef HWY_WANT_AVX3_DL
#define HWY_WANT_AVX3_DL 1  // some kernels are compiled for it
#endif

#include "engine/kernels/target.h"

#include "engine/base/errors.h"
#include "hwy/highway.h"
#include "hwy/targets.h"

namespace rivulet {
namespace {

std::string_view NameOf(int64_t target) {
  switch (target) {
    case HWY_AVX3_DL: return "AVX-512 VNNI";
    case HWY_AVX3: return "AVX-512";
    case HWY_WASM: return "wasm SIMD";
    case HWY_NEON_WITHOUT_AES: return "NEON without AES";
    case HWY_NEON_BF16: return "NEON bf16";
    case HWY_EMU128:
    case HWY_SCALAR: return "scalar";
    default: return hwy::TargetName(target);
  }
}

// Highway numbers better targets lower.
std::vector<int64_t> Bits(int64_t targets) {
  std::vector<int64_t> out;
  for (; targets != 0; targets &= targets - 1) out.push_back(targets & -targets);
  return out;
}

std::vector<std::string_view> Names(int64_t targets) {
  std::vector<std::string_view> out;
  for (const int64_t target : Bits(targets)) out.push_back(NameOf(target));
  return out;
}

// What the processor has, whatever UseTarget said: asked once, before the first restriction.
int64_t Supported() {
  static const int64_t supported = hwy::SupportedTargets() & HWY_TARGETS;
  return supported;
}

}  // namespace

std::string_view TargetName() {
  const std::vector<int64_t> targets = Bits(hwy::SupportedTargets() & HWY_TARGETS);
  return targets.empty() ? NameOf(HWY_STATIC_TARGET) : NameOf(targets[0]);
}

std::vector<std::string_view> SupportedTargets() { return Names(Supported()); }

std::vector<std::string_view> CompiledTargets() { return Names(HWY_TARGETS); }

Status UseTarget(std::string_view name) {
  const int64_t supported = Supported();
  if (name == "best") {
    hwy::SetSupportedTargetsForTest(0);
    return Status();
  }
  for (const int64_t target : Bits(supported)) {
    if (NameOf(target) != name) continue;
    // The lesser ones stay allowed: a kernel that is not compiled for this target takes the next one down.
    hwy::SetSupportedTargetsForTest(supported & ~(target - 1));
    return Status();
  }
  std::string known;
  for (const std::string_view each : SupportedTargets()) known += Cat(known.empty() ? "" : ", ", each);
  for (const std::string_view compiled : CompiledTargets()) {
    if (compiled == name) return FailedPrecondition("this processor has no ", name, "; it has ", known);
  }
  return InvalidArgument("no kernel target is called ", Quoted(name), "; there are best, ", known);
}

}  // namespace rivulet
