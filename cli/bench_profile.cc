#include "cli/bench_profile.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>
#include <nlohmann/json.hpp>

namespace rivulet::cli {
namespace {

constexpr size_t kSlowest = 20;

double MsOfRun(const RunProfile::Step& step) { return step.runs > 0 ? step.ms / static_cast<double>(step.runs) : 0; }

// "95.2" GFLOP/s and "67" % of the peak, or spaces where there are no products.
std::string Rate(double flops, double ms, double peak_gflops) {
  char text[48];
  const double rate = ms > 0 ? flops / ms / 1e6 : 0;
  if (flops <= 0 || ms <= 0) {
    std::snprintf(text, sizeof(text), "%7s  %6s", "", "");
  } else {
    std::snprintf(text, sizeof(text), "%7.1f  %6.0f", rate, 100 * rate / peak_gflops);
  }
  return text;
}

struct OpTime {
  std::string op;
  int steps = 0;
  double ms = 0;
  double flops = 0;
};

}  // namespace

void PrintProfile(const RunProfile& profile, double peak_gflops) {
  double total = 0;
  std::map<std::string, OpTime> by_op;
  std::vector<const RunProfile::Step*> steps;
  for (const RunProfile::Step& step : profile.steps) {
    OpTime& op = by_op[step.op];
    op.op = step.op;
    ++op.steps;
    op.ms += MsOfRun(step);
    op.flops += static_cast<double>(step.flops);
    total += MsOfRun(step);
    steps.push_back(&step);
  }
  std::vector<OpTime> ops;
  for (const auto& entry : by_op) ops.push_back(entry.second);
  std::stable_sort(ops.begin(), ops.end(), [](const OpTime& a, const OpTime& b) { return a.ms > b.ms; });
  std::stable_sort(steps.begin(), steps.end(), [](const auto* a, const auto* b) { return MsOfRun(*a) > MsOfRun(*b); });
  const double part = total > 0 ? 100 / total : 0;

  std::printf("\n      ms      %%  GFLOP/s  peak %%  steps  operator\n");
  for (const OpTime& op : ops) {
    std::printf("%8.3f  %5.1f  %s  %5d  %s\n", op.ms, op.ms * part, Rate(op.flops, op.ms, peak_gflops).c_str(),
                op.steps, op.op.c_str());
  }
  std::printf("\n      ms      %%  GFLOP/s  peak %%  slowest steps\n");
  for (size_t i = 0; i < std::min(kSlowest, steps.size()); ++i) {
    const RunProfile::Step& step = *steps[i];
    std::printf("%8.3f  %5.1f  %s  %s %s %s\n", MsOfRun(step), MsOfRun(step) * part,
                Rate(static_cast<double>(step.flops), MsOfRun(step), peak_gflops).c_str(), step.op.c_str(),
                step.shape.ToString().c_str(), step.node.c_str());
  }
}

nlohmann::json ProfileJson(const RunProfile& profile) {
  nlohmann::json steps = nlohmann::json::array();
  for (const RunProfile::Step& step : profile.steps) {
    steps.push_back({{"node", step.node},
                     {"op", step.op},
                     {"shape", step.shape.ToString()},
                     {"ms", MsOfRun(step)},
                     {"flops", step.flops}});
  }
  return steps;
}

}  // namespace rivulet::cli
