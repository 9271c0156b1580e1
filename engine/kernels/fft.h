// The discrete Fourier transform of real signals whose length is a power of two, in double precision.
//
//   X[k] = sum over n < N of x[n] * exp(-2 pi i k n / N),   k = 0 .. N/2
#ifndef RIVULET_ENGINE_KERNELS_FFT_H_
#define RIVULET_ENGINE_KERNELS_FFT_H_

#include <cstdint>

namespace rivulet {

// The tables a transform of `size` reads; `size` is a power of two of at least 2. The caller gives memory for
// RealFftTableValues(size) doubles and keeps it while it is used; any number of threads may read it.
inline int64_t RealFftTableValues(int64_t size) { return size; }
void FillRealFftTable(int64_t size, double* table);

// In place: `values` holds the `size` samples and, after the call, re X[0], re X[N/2], re X[1], im X[1], re X[2], ...
void RealFft(int64_t size, const double* table, double* values);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_FFT_H_
