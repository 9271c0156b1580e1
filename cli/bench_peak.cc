// Compiled with -O3 and contraction of a * b + c: cli/CMakeLists.txt.
#include "cli/bench_peak.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

namespace rivulet::cli {
namespace {

// One register of the widest kind; narrower processors take several.
typedef float Lanes __attribute__((vector_size(64)));

constexpr int kSteps = 2000;
constexpr int kCalls = 20;
constexpr int kTries = 12;

// Inlined into a function for each kind of processor. `kChains`: enough to hide the latency of two units, and no more
// than there are registers for.
template <int kChains>
[[gnu::always_inline]] inline float Work(float start) {
  Lanes chains[kChains];
  for (int c = 0; c < kChains; ++c) chains[c] = Lanes{} + start + static_cast<float>(c);
  const Lanes factor = Lanes{} + 0.9999f, term = Lanes{} + 1e-4f;
  for (int step = 0; step < kSteps; ++step) {
#pragma GCC unroll 12
    for (int c = 0; c < kChains; ++c) chains[c] = chains[c] * factor + term;
  }
  Lanes sum = chains[0];
  for (int c = 1; c < kChains; ++c) sum += chains[c];
  return sum[0];
}

struct Worker {
  float (*work)(float);
  int chains;
};

[[gnu::noinline]] float WorkAny(float start) { return Work<3>(start); }

#if defined(__x86_64__)
[[gnu::noinline, gnu::target("avx512f,fma")]] float WorkAvx512(float start) { return Work<12>(start); }
[[gnu::noinline, gnu::target("avx2,fma")]] float WorkAvx2(float start) { return Work<6>(start); }

Worker ChooseWorker() {
  if (__builtin_cpu_supports("avx512f")) return {WorkAvx512, 12};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {WorkAvx2, 6};
  return {WorkAny, 3};
}
#else
Worker ChooseWorker() { return {WorkAny, 3}; }
#endif

}  // namespace

double MeasurePeakGflops(int threads) {
  std::vector<double> rates(static_cast<size_t>(std::max(threads, 1)), 0);
  const Worker worker = ChooseWorker();
  const double flops = 2.0 * 16 * worker.chains * kSteps * kCalls;
  const auto measure = [&](size_t thread) {
    volatile float keep = 1;
    for (int i = 0; i < kCalls; ++i) keep = worker.work(keep);  // up to its clock
    for (int i = 0; i < kTries; ++i) {
      const auto start = std::chrono::steady_clock::now();
      for (int call = 0; call < kCalls; ++call) keep = worker.work(keep);
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
      rates[thread] = std::max(rates[thread], flops / std::max(took.count(), 1e-9) / 1e9);
    }
  };
  std::vector<std::thread> others;
  for (size_t thread = 1; thread < rates.size(); ++thread) others.emplace_back(measure, thread);
  measure(0);
  for (std::thread& other : others) other.join();
  double sum = 0;
  for (const double rate : rates) sum += rate;
  return sum;
}

}  // namespace rivulet::cli
