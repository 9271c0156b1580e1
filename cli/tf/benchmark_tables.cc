#include "cli/tf/benchmark_tables.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

namespace rivulet::tf {
namespace {

void PrintHeader(const char* title) {
  std::printf("============================== %s ==============================\n", title);
}

void PrintSteps(const char* title, const std::vector<const BenchmarkStep*>& steps, double total_ms, int64_t limit) {
  PrintHeader(title);
  std::printf("\t%24s\t%17s\t%9s\t%9s\t%8s\t%8s\t%10s\t%9s\t%s\n", "[node type]", "[start]", "[first]", "[avg ms]",
              "[%]", "[cdf%]", "[mem KB]", "[times called]", "[Name]");
  double sum = 0;
  const size_t count = limit > 0 ? std::min(steps.size(), static_cast<size_t>(limit)) : steps.size();
  const double whole = total_ms > 0 ? total_ms : 1;
  for (size_t i = 0; i < count; ++i) {
    const BenchmarkStep& step = *steps[i];
    sum += step.average_ms;
    std::printf("\t%24s\t%17.3f\t%9.3f\t%9.3f\t%7.3f%%\t%7.3f%%\t%10.3f\t%9lld\t%s\n", step.type.c_str(), step.start_ms,
                step.first_ms, step.average_ms, 100 * step.average_ms / whole, 100 * sum / whole, step.memory_kb,
                static_cast<long long>(step.times_called), step.name.c_str());
  }
  std::printf("\n");
}

void PrintTypes(const std::vector<BenchmarkStep>& steps) {
  struct Type {
    std::string name;
    int64_t count = 0, times_called = 0;
    double ms = 0, memory_kb = 0;
  };
  std::map<std::string, Type> by_name;
  double total = 0;
  for (const BenchmarkStep& step : steps) {
    Type& type = by_name[step.type];
    type.name = step.type;
    ++type.count;
    type.ms += step.average_ms;
    type.memory_kb += step.memory_kb;
    type.times_called += step.times_called;
    total += step.average_ms;
  }
  std::vector<Type> types;
  for (const auto& [name, type] : by_name) types.push_back(type);
  std::stable_sort(types.begin(), types.end(), [](const Type& a, const Type& b) { return a.ms > b.ms; });
  std::printf("Number of nodes executed: %zu\n", steps.size());
  PrintHeader("Summary by node type");
  std::printf("\t%24s\t%9s\t%10s\t%11s\t%11s\t%10s\t%10s\n", "[Node type]", "[count]", "[avg ms]", "[avg %]", "[cdf %]",
              "[mem KB]", "[times called]");
  double sum = 0;
  for (const Type& type : types) {
    sum += type.ms;
    const double whole = total > 0 ? total : 1;
    std::printf("\t%24s\t%9lld\t%10.3f\t%10.3f%%\t%10.3f%%\t%10.3f\t%9lld\n", type.name.c_str(),
                static_cast<long long>(type.count), type.ms, 100 * type.ms / whole, 100 * sum / whole, type.memory_kb,
                static_cast<long long>(type.times_called));
  }
  std::printf("\n");
}

}  // namespace

double RunStats::sum() const {
  double total = 0;
  for (const double value : values) total += value;
  return total;
}

double RunStats::average() const { return values.empty() ? 0 : sum() / static_cast<double>(values.size()); }

std::string RunStats::ToString() const {
  char text[256];
  if (values.empty()) return "count=0";
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  if (*least == *most) {
    std::snprintf(text, sizeof(text), "count=%zu curr=%.0f (all same)", values.size(), values.back());
    return text;
  }
  double squares = 0;
  for (const double value : values) squares += (value - average()) * (value - average());
  std::snprintf(text, sizeof(text), "count=%zu first=%.0f curr=%.0f min=%.0f max=%.0f avg=%g std=%.0f", values.size(),
                values.front(), values.back(), *least, *most, average(),
                std::sqrt(squares / static_cast<double>(values.size())));
  return text;
}

void PrintTables(const std::vector<BenchmarkStep>& steps, const RunStats& run_us, const RunStats& memory_bytes,
                 const TableFlags& flags) {
  std::vector<const BenchmarkStep*> order;
  for (const BenchmarkStep& step : steps) order.push_back(&step);
  const double total_ms = run_us.average() / 1000;
  if (flags.show_run_order) PrintSteps("Run Order", order, total_ms, flags.run_order_limit);
  if (flags.show_time) {
    std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->average_ms > b->average_ms; });
    PrintSteps("Top by Computation Time", order, total_ms, flags.time_limit);
  }
  if (flags.show_memory) {
    std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->memory_kb > b->memory_kb; });
    PrintSteps("Top by Memory Use", order, total_ms, flags.memory_limit);
  }
  if (flags.show_type) PrintTypes(steps);
  if (flags.show_summary) {
    std::printf("Timings (microseconds): %s\nMemory (bytes): %s\n%zu nodes observed\n\n", run_us.ToString().c_str(),
                memory_bytes.ToString().c_str(), steps.size());
  }
}

}  // namespace rivulet::tf
