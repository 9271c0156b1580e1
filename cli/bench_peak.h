// What the processor could do at most.
#ifndef RIVULET_CLI_BENCH_PEAK_H_
#define RIVULET_CLI_BENCH_PEAK_H_

namespace rivulet::cli {

// Float32 multiply-adds in registers, two operations each, in 10^9 a second: the best of a few short tries, all
// threads at once. What counts by nominal arithmetic can be above it: products of 8 bits, and convolutions that save
// products. In a program for any processor of its kind, what the best that this one has can do.
double MeasurePeakGflops(int threads);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_BENCH_PEAK_H_
