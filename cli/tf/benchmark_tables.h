// The tables of benchmark_model: where the time and memory of runs went.
#ifndef RIVULET_CLI_TF_BENCHMARK_TABLES_H_
#define RIVULET_CLI_TF_BENCHMARK_TABLES_H_

#include <cstdint>
#include <string>
#include <vector>

namespace rivulet::tf {

// Of one number over runs, in microseconds or bytes.
struct RunStats {
  std::vector<double> values;

  double sum() const;
  double average() const;
  // "count=50 first=9 curr=8 min=7 max=9 avg=8.1 std=0"; "count=50 curr=8 (all same)".
  std::string ToString() const;
};

// One step of the plan, in its order.
struct BenchmarkStep {
  std::string type;
  std::string name;
  double start_ms = 0;    // from the start of a run, on average
  double first_ms = 0;    // of the first run that was measured
  double average_ms = 0;  // of a run
  double memory_kb = 0;   // of its result
  int64_t times_called = 0;
};

struct TableFlags {
  bool show_run_order = true, show_time = true, show_memory = true, show_type = true, show_summary = true;
  int64_t run_order_limit = 0, time_limit = 10, memory_limit = 10;  // 0: all
};

void PrintTables(const std::vector<BenchmarkStep>& steps, const RunStats& run_us, const RunStats& memory_bytes,
                 const TableFlags& flags);

}  // namespace rivulet::tf

#endif  // RIVULET_CLI_TF_BENCHMARK_TABLES_H_
