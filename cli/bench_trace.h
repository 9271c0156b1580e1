// The measurement as a file for chrome://tracing and Perfetto.
#ifndef RIVULET_CLI_BENCH_TRACE_H_
#define RIVULET_CLI_BENCH_TRACE_H_

#include <string>
#include <vector>

#include "cli/bench_measure.h"

namespace rivulet::cli {

// Complete events for the spans and their steps, counters for memory. A step begins where the one before ends: times of
// steps are measured, the little between them is not, and is left at the end of the run.
std::string TraceJson(const std::string& model, const std::vector<BenchTimes>& all, const std::vector<BenchSpan>& spans,
                      const MemoryTimeline& memory);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_BENCH_TRACE_H_
