// rivulet_micro [--target NAME] [Google Benchmark's own flags]: kernels by themselves, on one thread.
//
// Counters: GFLOP/s, GB/s, and `share`, the least time that the core needs for the call's operations or for its bytes,
// whichever is longer, by the time it took. The label says which: compute or memory.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "bench/machine.h"
#include "bench/micro/micro.h"
#include "engine/kernels/target.h"

namespace rivulet::bench {
namespace {

struct Peaks {
  double gflops;
  double byte_gops;
};

const Peaks& MeasuredPeaks() {
  static const Peaks peaks{PeakGflops(), PeakByteGops()};
  return peaks;
}

// Takes --target out of the arguments.
Status TakeTarget(int* argc, char** argv) {
  int kept = 1;
  Status status;
  for (int i = 1; i < *argc; ++i) {
    if (std::string_view(argv[i]) == "--target" && i + 1 < *argc) {
      status = UseTarget(argv[++i]);
    } else {
      argv[kept++] = argv[i];
    }
  }
  *argc = kept;
  return status;
}

}  // namespace

ThreadPool& Pool() {
  static ThreadPool pool(1);
  return pool;
}

void AddBenchmark(const std::string& name, const Work& work, std::function<std::function<void()>()> prepare) {
  const auto run = [work, prepare = std::move(prepare), needs = -1.0,
                    by_memory = false](benchmark::State& state) mutable {
    if (needs < 0) {
      const double compute = work.flops * 1e-9 / (work.of_bytes ? MeasuredPeaks().byte_gops : MeasuredPeaks().gflops);
      const double memory = TrafficSeconds(work.read_bytes, work.written_bytes);
      needs = std::max(compute, memory);
      by_memory = memory > compute;
    }
    const std::function<void()> call = prepare();
    for (auto _ : state) call();
    using benchmark::Counter;
    if (work.flops > 0) state.counters["GFLOP/s"] = Counter(work.flops * 1e-9, Counter::kIsIterationInvariantRate);
    state.counters["GB/s"] =
        Counter(static_cast<double>(work.read_bytes + work.written_bytes) * 1e-9, Counter::kIsIterationInvariantRate);
    state.counters["share"] = Counter(needs, Counter::kIsIterationInvariantRate);
    state.counters["least_us"] = needs * 1e6;
    state.SetLabel(by_memory ? "memory" : "compute");
  };
  benchmark::RegisterBenchmark(name.c_str(), run)->Unit(benchmark::kMicrosecond)->MinTime(0.1);
}

}  // namespace rivulet::bench

int main(int argc, char** argv) {
  using namespace rivulet::bench;
  const rivulet::Status chosen = TakeTarget(&argc, argv);
  if (!chosen.ok()) {
    std::fprintf(stderr, "rivulet_micro: %s\n", chosen.ToString().c_str());
    return 2;
  }
  AddMatrixProducts();
  AddConvolutions();
  AddDepthwise();
  AddPools();
  AddRows();
  AddLayouts();
  AddElementwise();
  AddBytes();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::AddCustomContext("target", std::string(rivulet::TargetName()));
  benchmark::AddCustomContext("gflops_per_s", std::to_string(MeasuredPeaks().gflops));
  benchmark::AddCustomContext("byte_gops_per_s", std::to_string(MeasuredPeaks().byte_gops));
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
