// N real samples are taken as N/2 complex ones, z[n] = x[2n] + i x[2n+1], and transformed by radix 2 in place. With
// Z their spectrum and w = exp(-2 pi i / N), the spectrum of the real samples is
//
//   X[k] = E[k] + w^k O[k],   E[k] = (Z[k] + conj Z[M-k]) / 2,   O[k] = (Z[k] - conj Z[M-k]) / 2i,   M = N/2
//
// where E and O are the spectra of the even and the odd samples.
#include "engine/kernels/fft.h"

#include <cmath>
#include <numbers>
#include <utility>

namespace rivulet {
namespace {

// The complex values in the order of their indices' reversed bits.
void ReverseBits(int64_t count, double* values) {
  for (int64_t i = 1, j = 0; i < count; ++i) {
    int64_t bit = count >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      std::swap(values[2 * i], values[2 * j]);
      std::swap(values[2 * i + 1], values[2 * j + 1]);
    }
  }
}

// Joins neighbouring spectra of `half` values to spectra of twice as many. The roots of order 2 * half are every
// `step`-th of the table's.
void JoinSpectra(int64_t count, int64_t half, int64_t step, const double* table, double* values) {
  for (int64_t start = 0; start < count; start += 2 * half) {
    double* low = values + 2 * start;
    double* high = low + 2 * half;
    for (int64_t k = 0; k < half; ++k) {
      const double root_re = table[2 * k * step];
      const double root_im = table[2 * k * step + 1];
      const double re = high[2 * k] * root_re - high[2 * k + 1] * root_im;
      const double im = high[2 * k] * root_im + high[2 * k + 1] * root_re;
      high[2 * k] = low[2 * k] - re;
      high[2 * k + 1] = low[2 * k + 1] - im;
      low[2 * k] += re;
      low[2 * k + 1] += im;
    }
  }
}

}  // namespace

// exp(-2 pi i k / size) for k < size / 2.
void FillRealFftTable(int64_t size, double* table) {
  for (int64_t k = 0; k < size / 2; ++k) {
    const double angle = -2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(size);
    table[2 * k] = std::cos(angle);
    table[2 * k + 1] = std::sin(angle);
  }
}

void RealFft(int64_t size, const double* table, double* values) {
  const int64_t count = size / 2;
  ReverseBits(count, values);
  for (int64_t half = 1; half < count; half *= 2) JoinSpectra(count, half, count / half, table, values);
  const double first = values[0];
  values[0] = first + values[1];
  values[1] = first - values[1];
  for (int64_t k = 1; 2 * k <= count; ++k) {
    double* a = values + 2 * k;
    double* b = values + 2 * (count - k);
    const double even_re = (a[0] + b[0]) / 2;
    const double even_im = (a[1] - b[1]) / 2;
    const double odd_re = (a[1] + b[1]) / 2;
    const double odd_im = (b[0] - a[0]) / 2;
    const double re = odd_re * table[2 * k] - odd_im * table[2 * k + 1];
    const double im = odd_re * table[2 * k + 1] + odd_im * table[2 * k];
    // Conjugate symmetry gives the value M - k from the same pieces; for k = M/2 both writes agree.
    b[0] = even_re - re;
    b[1] = im - even_im;
    a[0] = even_re + re;
    a[1] = even_im + im;
  }
}

}  // namespace rivulet
