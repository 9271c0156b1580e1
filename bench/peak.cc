// rivulet_peak [TARGET]: how many float32 multiply-adds one core does in a second, with sums that stay in registers,
// and how fast it reads and copies what lies in each cache and in memory. One JSON line. What `share of peak` in
// docs/performance.md is a share of.
#include <cstdio>
#include <string>

#include "bench/machine.h"
#include "engine/kernels/target.h"

int main(int argc, char** argv) {
  using namespace rivulet;
  using namespace rivulet::bench;
  const Status chosen = UseTarget(argc > 1 ? argv[1] : "best");
  if (!chosen.ok()) {
    std::fprintf(stderr, "rivulet_peak: %s\n", chosen.ToString().c_str());
    return 2;
  }
  std::printf("{\"gflops_per_s\":%.1f,\"byte_gops_per_s\":%.1f,\"target\":\"%s\"", PeakGflops(), PeakByteGops(),
              std::string(TargetName()).c_str());
  for (const int64_t kib : {16, 256, 4096, 262144}) {
    const int64_t bytes = kib * 1024;
    std::printf(",\"read_%lldk_gb_per_s\":%.1f,\"copy_%lldk_gb_per_s\":%.1f", static_cast<long long>(kib),
                static_cast<double>(bytes) / TrafficSeconds(bytes, 0) * 1e-9, static_cast<long long>(kib),
                static_cast<double>(bytes) / TrafficSeconds(bytes / 2, bytes / 2) * 1e-9);
  }
  std::printf("}\n");
  return 0;
}
