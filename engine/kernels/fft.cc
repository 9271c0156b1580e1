// Stockham's transform: a stage takes one factor p of what is left of the length, n = p m, and finds the p spectra that
// are interleaved in the result,
//
//   y[p q + r] = exp(-2 pi i q r / n) * sum over j < p of x[q + m j] * exp(-2 pi i j r / p),   q < m, r < p
//
// for each of the `stride` sequences that the stages before have left side by side. The order comes out right.
//
// A size with a large prime factor goes by Bluestein's identity kn = (k^2 + n^2 - (k - n)^2) / 2: with the chirp
// c[n] = exp(-pi i n^2 / N), X[k] = c[k] * sum over n of (x[n] c[n]) conj(c[k - n]), a convolution, which is done by
// transforms of a length that has small factors only.
//
// N real samples, N even, are taken as N/2 complex ones, z[n] = x[2n] + i x[2n+1]. With Z their spectrum and
// w = exp(-2 pi i / N), the spectrum of the real samples is
//
//   X[k] = E[k] + w^k O[k],   E[k] = (Z[k] + conj Z[M-k]) / 2,   O[k] = (Z[k] - conj Z[M-k]) / 2i,   M = N/2
//
// where E and O are the spectra of the even and the odd samples.
#include "engine/kernels/fft.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

namespace rivulet {
namespace {

// Up to here p^2 steps for a factor p cost less than a convolution.
constexpr int64_t kMaxFactor = 31;
constexpr int64_t kValuesBetweenLooks = 1 << 16;

struct Value {
  double re, im;
};
Value operator+(Value a, Value b) { return {a.re + b.re, a.im + b.im}; }
Value operator-(Value a, Value b) { return {a.re - b.re, a.im - b.im}; }
Value operator*(double s, Value a) { return {s * a.re, s * a.im}; }
Value operator*(Value a, Value b) { return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }
Value TimesI(Value a) { return {-a.im, a.re}; }

// exp(-2 pi i k / size)
Value Root(int64_t k, int64_t size) {
  const double angle = 2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(size);
  return {std::cos(angle), -std::sin(angle)};
}

// The small factors of `size` into the plan; returns what is left of it, 1 without primes above kMaxFactor.
int64_t TakeFactors(int64_t size, FftPlan* plan) {
  plan->num_factors = 0;
  for (int64_t factor : {4, 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31}) {
    for (; size % factor == 0; size /= factor) plan->factors[plan->num_factors++] = factor;
  }
  return size;
}

// Small transforms, in place.
void Transform2(Value* x) {
  const Value a = x[0];
  x[0] = a + x[1];
  x[1] = a - x[1];
}

void Transform3(Value* x) {
  const Value sum = x[1] + x[2];
  const Value turned = TimesI(std::numbers::sqrt3 / 2 * (x[2] - x[1]));
  const Value middle = x[0] - 0.5 * sum;
  x[0] = x[0] + sum;
  x[1] = middle + turned;
  x[2] = middle - turned;
}

void Transform4(Value* x) {
  const Value a = x[0] + x[2], b = x[0] - x[2];
  const Value c = x[1] + x[3], d = TimesI(x[3] - x[1]);
  x[0] = a + c;
  x[1] = b + d;
  x[2] = a - c;
  x[3] = b - d;
}

// `root` is exp(-2 pi i / p) to the powers 0 .. p - 1.
void TransformAny(int64_t p, const Value* root, Value* x) {
  Value out[kMaxFactor];
  for (int64_t r = 0; r < p; ++r) {
    Value sum = x[0];
    for (int64_t j = 1, at = r; j < p; ++j, at = at + r < p ? at + r : at + r - p) sum = sum + x[j] * root[at];
    out[r] = sum;
  }
  std::copy(out, out + p, x);
}

// One stage over all of its q and sequences. The roots of order `length` are in `table`.
void Stage(int64_t p, int64_t m, int64_t stride, int64_t length, const Value* table, const StopToken& stop,
           const Value* x, Value* y) {
  Value small[kMaxFactor], root[kMaxFactor];
  for (int64_t r = 0; r < p; ++r) root[r] = table[length / p * r];
  int64_t to_next_look = kValuesBetweenLooks;
  for (int64_t q = 0; q < m; ++q) {
    if ((to_next_look -= p * stride) < 0) {
      if (stop.stopped()) return;
      to_next_look = kValuesBetweenLooks;
    }
    const Value* from = x + stride * q;
    Value* to = y + stride * p * q;
    for (int64_t k = 0; k < stride; ++k) {
      for (int64_t j = 0; j < p; ++j) small[j] = from[k + stride * m * j];
      switch (p) {
        case 2: Transform2(small); break;
        case 3: Transform3(small); break;
        case 4: Transform4(small); break;
        default: TransformAny(p, root, small); break;
      }
      to[k] = small[0];
      for (int64_t r = 1; r < p; ++r) to[k + stride * r] = small[r] * table[stride * q * r];
    }
  }
}

void Transform(const FftPlan& plan, int64_t length, const Value* table, const StopToken& stop, Value* values,
               Value* work) {
  Value *from = values, *to = work;
  int64_t left = length;
  for (int i = 0; i < plan.num_factors; ++i) {
    const int64_t p = plan.factors[i];
    left /= p;
    Stage(p, left, length / (left * p), length, table, stop, from, to);
    std::swap(from, to);
  }
  if (from != values) std::copy(from, from + length, values);
}

void FillRoots(int64_t size, Value* table) {
  for (int64_t k = 0; k < size; ++k) table[k] = Root(k, size);
}

void SwapParts(int64_t size, Value* values) {
  for (int64_t i = 0; i < size; ++i) std::swap(values[i].re, values[i].im);
}

}  // namespace

FftPlan PlanFft(int64_t size) {
  FftPlan plan;
  plan.size = size;
  if (TakeFactors(size, &plan) == 1) {
    plan.table_values = 2 * size;
    plan.work_values = 2 * size;
    return plan;
  }
  plan.padded = 1;
  while (plan.padded < 2 * size - 1) plan.padded *= 2;
  TakeFactors(plan.padded, &plan);
  // Roots, spectrum of the chirp, chirp.
  plan.table_values = 2 * (2 * plan.padded + size);
  plan.work_values = 4 * plan.padded;
  return plan;
}

void FillFftTable(const FftPlan& plan, double* table, double* work) {
  Value* roots = reinterpret_cast<Value*>(table);
  if (plan.padded == 0) return FillRoots(plan.size, roots);
  FillRoots(plan.padded, roots);
  Value* spectrum = roots + plan.padded;
  Value* chirp = spectrum + plan.padded;
  for (int64_t n = 0, square = 0; n < plan.size; ++n) {  // square = n^2 mod 2 N
    chirp[n] = Root(square, 2 * plan.size);
    square = (square + 2 * n + 1) % (2 * plan.size);
  }
  // The product of spectra is a convolution times the length.
  const double scale = 1 / static_cast<double>(plan.padded);
  std::fill(spectrum, spectrum + plan.padded, Value{0, 0});
  spectrum[0] = {scale * chirp[0].re, -scale * chirp[0].im};
  for (int64_t n = 1; n < plan.size; ++n) {
    spectrum[n] = spectrum[plan.padded - n] = {scale * chirp[n].re, -scale * chirp[n].im};
  }
  Transform(plan, plan.padded, roots, StopToken(), spectrum, reinterpret_cast<Value*>(work));
}

void Fft(const FftPlan& plan, const double* table, const StopToken& stop, double* values, double* work) {
  const Value* roots = reinterpret_cast<const Value*>(table);
  Value* x = reinterpret_cast<Value*>(values);
  Value* memory = reinterpret_cast<Value*>(work);
  if (plan.padded == 0) return Transform(plan, plan.size, roots, stop, x, memory);
  const Value* spectrum = roots + plan.padded;
  const Value* chirp = spectrum + plan.padded;
  Value* product = memory + plan.padded;
  for (int64_t n = 0; n < plan.size; ++n) product[n] = x[n] * chirp[n];
  std::fill(product + plan.size, product + plan.padded, Value{0, 0});
  Transform(plan, plan.padded, roots, stop, product, memory);
  for (int64_t k = 0; k < plan.padded; ++k) product[k] = product[k] * spectrum[k];
  // The inverse transform is the transform with real and imaginary parts swapped, before and after.
  SwapParts(plan.padded, product);
  Transform(plan, plan.padded, roots, stop, product, memory);
  SwapParts(plan.padded, product);
  for (int64_t k = 0; k < plan.size; ++k) x[k] = product[k] * chirp[k];
}

RealFftPlan PlanRealFft(int64_t size) {
  RealFftPlan plan;
  plan.size = size;
  plan.inner = PlanFft(size % 2 == 0 ? size / 2 : size);
  plan.table_values = plan.inner.table_values + (size % 2 == 0 ? size : 0);
  plan.work_values = plan.inner.work_values;
  return plan;
}

void FillRealFftTable(const RealFftPlan& plan, double* table, double* work) {
  FillFftTable(plan.inner, table, work);
  if (plan.size % 2 != 0) return;
  Value* roots = reinterpret_cast<Value*>(table + plan.inner.table_values);
  for (int64_t k = 0; k < plan.size / 2; ++k) roots[k] = Root(k, plan.size);
}

void RealFft(const RealFftPlan& plan, const double* table, const StopToken& stop, double* values, double* work) {
  Value* x = reinterpret_cast<Value*>(values);
  if (plan.size % 2 != 0) {
    for (int64_t n = plan.size - 1; n >= 0; --n) x[n] = {values[n], 0};
    return Fft(plan.inner, table, stop, values, work);
  }
  Fft(plan.inner, table, stop, values, work);
  const Value* roots = reinterpret_cast<const Value*>(table + plan.inner.table_values);
  const int64_t count = plan.size / 2;
  const Value first = x[0];
  x[0] = {first.re + first.im, 0};
  x[count] = {first.re - first.im, 0};
  for (int64_t k = 1; 2 * k <= count; ++k) {
    const Value a = x[k], b = x[count - k];
    const Value even = {(a.re + b.re) / 2, (a.im - b.im) / 2};
    const Value odd = {(a.im + b.im) / 2, (b.re - a.re) / 2};
    const Value turned = odd * roots[k];
    // Conjugate symmetry gives the value M - k from the same pieces; for k = M/2 both writes agree.
    x[count - k] = {even.re - turned.re, turned.im - even.im};
    x[k] = even + turned;
  }
}

}  // namespace rivulet
