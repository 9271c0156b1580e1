#ifndef HWY_WANT_AVX3_DL
#define HWY_WANT_AVX3_DL 1  // for the products of bytes
#endif

#include "bench/machine.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/machine.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet::bench {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// As many sums as two units keep busy whose multiply-add takes five cycles, or whose product and sum take three each,
// and as fit sixteen registers.
#define RIVULET_SUMS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
constexpr int kSums = 12;

// All return the operations done.
double MultiplyAdds(int64_t steps, float factor, float* out) {
  using D = hn::ScalableTag<float>;
  const D d;
  using V = hn::Vec<D>;
  const V f = hn::Set(d, factor);
  const V a = hn::Set(d, 0.25f);
#define RIVULET_DECLARE(i) V s##i = hn::Set(d, factor + i);
  RIVULET_SUMS(RIVULET_DECLARE)
#undef RIVULET_DECLARE
  for (int64_t step = 0; step < steps; ++step) {
#define RIVULET_MULTIPLY(i) s##i = hn::MulAdd(s##i, f, a);
    RIVULET_SUMS(RIVULET_MULTIPLY)
#undef RIVULET_MULTIPLY
  }
  V sum = a;
#define RIVULET_ADD(i) sum = hn::Add(sum, s##i);
  RIVULET_SUMS(RIVULET_ADD)
#undef RIVULET_ADD
  *out = hn::GetLane(sum);
  return 2.0 * kSums * static_cast<double>(steps) * static_cast<double>(hn::Lanes(d));
}

#if HWY_TARGET == HWY_SCALAR
double BytesByFours(int64_t steps, float factor, float* out) { return MultiplyAdds(steps, factor, out); }
double BytesByPairs(int64_t steps, float factor, float* out) { return MultiplyAdds(steps, factor, out); }
#else
double BytesByFours(int64_t steps, float factor, float* out) {
  const hn::ScalableTag<int32_t> d;
  using V = hn::Vec<decltype(d)>;
  const auto u = hn::Set(hn::ScalableTag<uint8_t>(), static_cast<uint8_t>(3 + factor));
  const auto s = hn::Set(hn::ScalableTag<int8_t>(), static_cast<int8_t>(5 + factor));
#define RIVULET_DECLARE(i) V s##i = hn::Set(d, i);
  RIVULET_SUMS(RIVULET_DECLARE)
#undef RIVULET_DECLARE
  for (int64_t step = 0; step < steps; ++step) {
#define RIVULET_MULTIPLY(i) s##i = hn::SumOfMulQuadAccumulate(d, u, s, s##i);
    RIVULET_SUMS(RIVULET_MULTIPLY)
#undef RIVULET_MULTIPLY
  }
  V sum = hn::Zero(d);
#define RIVULET_ADD(i) sum = hn::Add(sum, s##i);
  RIVULET_SUMS(RIVULET_ADD)
#undef RIVULET_ADD
  *out = static_cast<float>(hn::GetLane(sum));
  return 8.0 * kSums * static_cast<double>(steps) * static_cast<double>(hn::Lanes(d));
}

double BytesByPairs(int64_t steps, float factor, float* out) {
  const hn::ScalableTag<int32_t> d;
  using V = hn::Vec<decltype(d)>;
  const hn::ScalableTag<int16_t> d16;
  const auto b = hn::Set(d16, static_cast<int16_t>(5 + factor));
#define RIVULET_DECLARE(i) V s##i = hn::Set(d, i);
  RIVULET_SUMS(RIVULET_DECLARE)
#undef RIVULET_DECLARE
  for (int64_t step = 0; step < steps; ++step) {
    // A factor that changes, or the compiler makes all products once.
    const auto a = hn::Set(d16, static_cast<int16_t>(step));
    const V product = hn::WidenMulPairwiseAdd(d, a, b);
#define RIVULET_MULTIPLY(i) s##i = hn::Add(s##i, hn::WidenMulPairwiseAdd(d, hn::BitCast(d16, s##i), b));
    RIVULET_SUMS(RIVULET_MULTIPLY)
#undef RIVULET_MULTIPLY
    s0 = hn::Xor(s0, product);
  }
  V sum = hn::Zero(d);
#define RIVULET_ADD(i) sum = hn::Add(sum, s##i);
  RIVULET_SUMS(RIVULET_ADD)
#undef RIVULET_ADD
  *out = static_cast<float>(hn::GetLane(sum));
  return 4.0 * kSums * static_cast<double>(steps) * static_cast<double>(hn::Lanes(d));
}
#endif  // HWY_SCALAR
#undef RIVULET_SUMS

float Traffic(const float* from, int64_t reads, float* to, int64_t writes) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  constexpr int64_t kStretch = 512;  // floats
  const int64_t stretches = std::max<int64_t>((reads + writes) / kStretch, 1);
  V s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  // Four streams, which the processor fetches ahead side by side.
  const int64_t quarter = reads / 4;
  for (int64_t i = 0; i < stretches; ++i) {
    int64_t k = quarter * i / stretches;
    const int64_t read_end = quarter * (i + 1) / stretches;
    for (; k + lanes <= read_end; k += lanes) {
      s0 = hn::Add(s0, hn::LoadU(d, from + k));
      s1 = hn::Add(s1, hn::LoadU(d, from + quarter + k));
      s2 = hn::Add(s2, hn::LoadU(d, from + 2 * quarter + k));
      s3 = hn::Add(s3, hn::LoadU(d, from + 3 * quarter + k));
    }
    for (; k < read_end; ++k)
      s0 = hn::Add(s0, hn::Set(d, from[k] + from[quarter + k] + from[2 * quarter + k] + from[3 * quarter + k]));
    int64_t w = writes * i / stretches;
    const int64_t write_end = writes * (i + 1) / stretches;
    for (; w + lanes <= write_end; w += lanes) hn::StoreU(s0, d, to + w);
    for (; w < write_end; ++w) to[w] = 0;
  }
  return hn::GetLane(hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)));
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet::bench
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet::bench {
namespace {

HWY_EXPORT(MultiplyAdds);
HWY_EXPORT(BytesByFours);
HWY_EXPORT(BytesByPairs);
HWY_EXPORT(Traffic);

using Clock = std::chrono::steady_clock;
volatile float g_kept;  // what is computed is used

double SecondsOf(const auto& work) {
  const auto start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The best of short runs, in 10^9 operations a second.
double BestRate(double (*work)(int64_t, float, float*)) {
  volatile float factor = 0.5f;  // not known when this is compiled
  double best = 0;
  for (int run = 0; run < 30; ++run) {
    float result = 0;
    double done = 0;
    const double seconds = SecondsOf([&] { done = work(200000, factor, &result); });
    best = std::max(best, done / seconds * 1e-9);
    g_kept = result;
  }
  return best;
}

}  // namespace

double PeakGflops() { return BestRate(HWY_DYNAMIC_POINTER(MultiplyAdds)); }

double PeakByteGops() {
  return std::max(BestRate(HWY_DYNAMIC_POINTER(BytesByFours)), BestRate(HWY_DYNAMIC_POINTER(BytesByPairs)));
}

double TrafficSeconds(int64_t read_bytes, int64_t written_bytes) {
  const auto zeros = [](int64_t bytes) {
    const auto size = static_cast<size_t>(std::max<int64_t>((bytes + 63) / 64 * 64, 64));
    std::unique_ptr<float, void (*)(void*)> memory(static_cast<float*>(std::aligned_alloc(64, size)), &std::free);
    std::fill_n(memory.get(), size / sizeof(float), 0.0f);
    return memory;
  };
  const auto from = zeros(read_bytes), to = zeros(written_bytes);
  const auto work = HWY_DYNAMIC_POINTER(Traffic);
  const auto bytes_of_float = static_cast<int64_t>(sizeof(float));
  const int64_t calls = std::max<int64_t>((int64_t{1} << 24) / std::max<int64_t>(read_bytes + written_bytes, 1), 1);
  double best = 1e9;
  for (int run = 0; run < 12; ++run) {
    const double seconds = SecondsOf([&] {
      for (int64_t call = 0; call < calls; ++call)
        g_kept = work(from.get(), read_bytes / bytes_of_float, to.get(), written_bytes / bytes_of_float);
    });
    best = std::min(best, seconds / static_cast<double>(calls));
  }
  return best;
}

}  // namespace rivulet::bench
#endif  // HWY_ONCE
