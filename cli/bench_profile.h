// Where the time of a model's runs went, for rivulet bench --profile.
#ifndef RIVULET_CLI_BENCH_PROFILE_H_
#define RIVULET_CLI_BENCH_PROFILE_H_

#include <nlohmann/json_fwd.hpp>

#include "rivulet/session.h"

namespace rivulet::cli {

// A table of operators and one of the slowest steps, on stdout, with rates as parts of what the processor can.
void PrintProfile(const RunProfile& profile, double peak_gflops);

// Every step in the plan's order: node, op, shape, ms of a run, flops.
nlohmann::json ProfileJson(const RunProfile& profile);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_BENCH_PROFILE_H_
