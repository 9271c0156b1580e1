// rivulet_peak: how many float32 multiply-adds one core does in a second, with sums that stay in registers. The least
// of several short runs, as one JSON line. What `share of peak` in docs/performance.md is a share of.
#include <algorithm>
#include <chrono>
#include <cstdio>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/peak.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Does `steps` times ten multiply-adds; returns the floating-point operations.
double MultiplyAdds(int64_t steps, float factor, float* out) {
  using D = hn::ScalableTag<float>;
  const D d;
  using V = hn::Vec<D>;
  const V f = hn::Set(d, factor);
  const V a = hn::Set(d, 0.25f);
  // As many as two units with a latency of five keep busy.
  V s0 = a, s1 = f, s2 = a, s3 = f, s4 = a, s5 = f, s6 = a, s7 = f, s8 = a, s9 = f;
  for (int64_t i = 0; i < steps; ++i) {
    s0 = hn::MulAdd(s0, f, a);
    s1 = hn::MulAdd(s1, f, a);
    s2 = hn::MulAdd(s2, f, a);
    s3 = hn::MulAdd(s3, f, a);
    s4 = hn::MulAdd(s4, f, a);
    s5 = hn::MulAdd(s5, f, a);
    s6 = hn::MulAdd(s6, f, a);
    s7 = hn::MulAdd(s7, f, a);
    s8 = hn::MulAdd(s8, f, a);
    s9 = hn::MulAdd(s9, f, a);
  }
  const V sum = hn::Add(hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)), hn::Add(hn::Add(s4, s5), hn::Add(s6, s7)));
  *out = hn::GetLane(hn::Add(sum, hn::Add(s8, s9)));
  return 20.0 * static_cast<double>(steps) * static_cast<double>(hn::Lanes(d));
}

const char* Name() { return hwy::TargetName(HWY_TARGET); }

}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {
HWY_EXPORT(MultiplyAdds);
HWY_EXPORT(Name);
}  // namespace rivulet

int main(int argc, char**) {
  using Clock = std::chrono::steady_clock;
  using namespace rivulet;
  const float factor = argc > 0 ? 0.5f : 0.25f;  // not known when this is compiled
  double best = 0;
  float sum = 0;
  for (int run = 0; run < 30; ++run) {
    float result = 0;
    const auto start = Clock::now();
    const double done = HWY_DYNAMIC_DISPATCH(MultiplyAdds)(2000000, factor, &result);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    best = std::max(best, done / seconds * 1e-9);
    sum += result;
  }
  std::printf("{\"gflops_per_s\":%.1f,\"target\":\"%s\",\"sum\":%g}\n", best, HWY_DYNAMIC_DISPATCH(Name)(),
              static_cast<double>(sum));
  return 0;
}
#endif  // HWY_ONCE
