// What one core can do at most, measured: what a kernel's rate is a share of.
#ifndef RIVULET_BENCH_MACHINE_H_
#define RIVULET_BENCH_MACHINE_H_

#include <cstdint>

namespace rivulet::bench {

// Float32 multiply-adds in registers, two operations each, in 10^9 a second, on the engine's target in use.
double PeakGflops();

// Multiply-adds of bytes into 32-bit sums, likewise: by fours where the target can, else by pairs of 16 bits.
double PeakByteGops();

// The least seconds that it takes to read so many bytes and write so many others, again and again, a stretch of each in
// turn: from the cache where both fit.
double TrafficSeconds(int64_t read_bytes, int64_t written_bytes);

}  // namespace rivulet::bench

#endif  // RIVULET_BENCH_MACHINE_H_
