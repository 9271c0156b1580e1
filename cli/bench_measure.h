// Runs a model and keeps the times.
#ifndef RIVULET_CLI_BENCH_MEASURE_H_
#define RIVULET_CLI_BENCH_MEASURE_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/bench_memory.h"
#include "rivulet/session.h"

namespace rivulet::cli {

struct BenchPlan {
  std::shared_ptr<const Model> model;
  Feeds feeds;
  std::vector<std::string> outputs;
  int runs = 50;
  int warmup = 3;
  double min_time_s = 0;
  bool by_step = false;  // time each step
  RunOptions options;
};

// A stretch of time, counted from the start of the program's measuring.
struct BenchSpan {
  std::string name;
  double start_ms = 0;
  double ms = 0;
  RunProfile profile;  // of the run that it is; else empty
};

struct BenchTimes {
  int threads = 1;
  PlanStats plan;
  double plan_ms = 0;  // session and plan
  double first_ms = 0;
  std::optional<int64_t> flops;  // of the first run, where it had loops: a graph tells but one turn of them
  std::vector<double> runs_ms;   // sorted
  RunProfile profile;
  std::vector<BenchSpan> spans;  // the plan, the first run, and the first of the runs that count

  // The time that so many of the runs, as a part, stay below.
  double at(double part) const;
  double mean() const;
  double deviation() const;
};

using BenchClock = std::chrono::steady_clock;

inline double MsSince(BenchClock::time_point start) {
  return std::chrono::duration<double, std::milli>(BenchClock::now() - start).count();
}

// `origin`: what spans count from. Notes the memory's phases, and watches this session's.
Result<BenchTimes> MeasureRuns(const BenchPlan& plan, const SessionOptions& options, BenchClock::time_point origin,
                               MemoryTimeline* memory);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_BENCH_MEASURE_H_
