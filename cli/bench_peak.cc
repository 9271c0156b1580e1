// Compiled with -O3 and contraction of a * b + c: cli/CMakeLists.txt.
#include "cli/bench_peak.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

namespace rivulet::cli {
namespace {

// A register of each kind of processor.
typedef float Lanes4 __attribute__((vector_size(16)));
typedef float Lanes8 __attribute__((vector_size(32)));
typedef float Lanes16 __attribute__((vector_size(64)));

constexpr int kChains = 12;  // enough to hide the latency of two units, and no more than there are registers for
constexpr int kSteps = 2000;
constexpr int kCalls = 20;
constexpr int kTries = 12;

// Inlined into a function for each kind of processor.
template <typename Lanes>
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
  int lanes;
};

[[gnu::noinline]] float WorkAny(float start) { return Work<Lanes4>(start); }

#if defined(__x86_64__)
[[gnu::noinline, gnu::target("avx512f,fma")]] float WorkAvx512(float start) { return Work<Lanes16>(start); }
[[gnu::noinline, gnu::target("avx2,fma")]] float WorkAvx2(float start) { return Work<Lanes8>(start); }

Worker ChooseWorker() {
  if (__builtin_cpu_supports("avx512f")) return {WorkAvx512, 16};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {WorkAvx2, 8};
  return {WorkAny, 4};
}
#else
Worker ChooseWorker() { return {WorkAny, 4}; }
#endif

}  // namespace

double MeasurePeakGflops(int threads) {
  std::vector<double> rates(static_cast<size_t>(std::max(threads, 1)), 0);
  const Worker worker = ChooseWorker();
  const double flops = 2.0 * worker.lanes * kChains * kSteps * kCalls;
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
