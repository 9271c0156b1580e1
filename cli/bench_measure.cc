#include "cli/bench_measure.h"

#include <algorithm>
#include <optional>
#include <cmath>
#include <numeric>

#include "engine/run/flops.h"
#include "engine/run/loop_count.h"

namespace rivulet::cli {
namespace {

// Of which a trace shows the steps.
constexpr size_t kMostSpans = 12;

void AddTo(const RunProfile& run, RunProfile* total) {
  if (total->steps.empty()) {
    *total = run;
    return;
  }
  for (size_t i = 0; i < std::min(run.steps.size(), total->steps.size()); ++i) {
    total->steps[i].ms += run.steps[i].ms;
    total->steps[i].runs += run.steps[i].runs;
  }
}

}  // namespace

double BenchTimes::at(double part) const {
  return runs_ms[static_cast<size_t>(part * static_cast<double>(runs_ms.size() - 1) + 0.5)];
}

double BenchTimes::mean() const {
  return std::accumulate(runs_ms.begin(), runs_ms.end(), 0.0) / static_cast<double>(runs_ms.size());
}

double BenchTimes::deviation() const {
  const double middle = mean();
  double squares = 0;
  for (const double ms : runs_ms) squares += (ms - middle) * (ms - middle);
  return std::sqrt(squares / static_cast<double>(runs_ms.size()));
}

Result<BenchTimes> MeasureRuns(const BenchPlan& plan, const SessionOptions& options, BenchClock::time_point origin,
                               MemoryTimeline* memory) {
  BenchTimes times;
  const auto plan_start = BenchClock::now();
  RIVULET_ASSIGN_OR_RETURN(auto session, Session::Create(plan.model, options));
  memory->Watch(session->allocator());
  RIVULET_ASSIGN_OR_RETURN(times.plan, session->Prepare(plan.feeds, plan.outputs));
  times.plan_ms = MsSince(plan_start);
  times.threads = session->num_threads();
  times.spans.push_back(
      {"plan", std::chrono::duration<double, std::milli>(plan_start - origin).count(), times.plan_ms, {}});
  memory->Note("planned");

  const auto bench_start = BenchClock::now();
  for (int i = 0; i <= plan.warmup + plan.runs || MsSince(bench_start) < plan.min_time_s * 1000; ++i) {
    const bool counts = i > plan.warmup;
    RunProfile profile;
    RunOptions run_options = plan.options;
    if (i == 0 || (counts && plan.by_step)) run_options.profile = &profile;
    std::optional<LoopCount> turns;
    if (i == 0) turns.emplace();
    const auto start = BenchClock::now();
    const auto results = session->Run(plan.feeds, plan.outputs, {}, run_options);
    const double ms = MsSince(start);
    if (!results.ok()) return results.status();
    if (i == 0) {
      times.first_ms = ms;
      if (!turns->loops().empty()) times.flops = CountFlops(profile);
      profile.steps.clear();
      memory->Note("first run");
      memory->Pause();
    }
    if (counts) times.runs_ms.push_back(ms);
    if (counts && plan.by_step) AddTo(profile, &times.profile);
    if ((i == 0 || counts) && times.spans.size() < kMostSpans)
      times.spans.push_back({i == 0 ? "first run" : "run",
                             std::chrono::duration<double, std::milli>(start - origin).count(), ms,
                             std::move(profile)});
  }
  memory->Note("runs");
  memory->Resume();
  std::sort(times.runs_ms.begin(), times.runs_ms.end());
  return times;
}

}  // namespace rivulet::cli
