// The discrete Fourier transform of any length, in double precision.
//
//   X[k] = sum over n < N of x[n] * exp(-2 pi i k n / N)
//
// A plan says how; its table and the work memory come from the caller. Any number of threads may read a plan and its
// table.
#ifndef RIVULET_ENGINE_KERNELS_FFT_H_
#define RIVULET_ENGINE_KERNELS_FFT_H_

#include <cstdint>

#include "engine/base/stop.h"

namespace rivulet {

// Of complex values, each a pair of doubles.
struct FftPlan {
  int64_t size = 0;
  // 0, or the length of the circular convolution by which a size with large prime factors is transformed.
  int64_t padded = 0;
  int num_factors = 0;  // of padded, or of size
  int64_t factors[64];
  int64_t table_values = 0;  // doubles
  int64_t work_values = 0;
};
// `size` is from 1 to kMaxFftSize.
inline constexpr int64_t kMaxFftSize = int64_t{1} << 40;
FftPlan PlanFft(int64_t size);
void FillFftTable(const FftPlan& plan, double* table, double* work);
// In place. A stopped transform leaves something else.
void Fft(const FftPlan& plan, const double* table, const StopToken& stop, double* values, double* work);

// Of real values: an even size is transformed as half as many complex values.
struct RealFftPlan {
  int64_t size = 0;
  FftPlan inner;
  int64_t table_values = 0;
  int64_t work_values = 0;
};
RealFftPlan PlanRealFft(int64_t size);
void FillRealFftTable(const RealFftPlan& plan, double* table, double* work);
// Real values in, the complex X[0] to X[size / 2] out, over the same memory: room for RealFftValues(size) doubles.
inline int64_t RealFftValues(int64_t size) { return size % 2 == 0 ? size + 2 : 2 * size; }
void RealFft(const RealFftPlan& plan, const double* table, const StopToken& stop, double* values, double* work);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_FFT_H_
