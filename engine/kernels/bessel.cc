// Bessel functions of orders 0 and 1. AS: Abramowitz and Stegun, "Handbook of Mathematical Functions".
#include <cmath>
#include <limits>

#include "engine/kernels/special.h"

namespace rivulet::special {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kPi = 3.14159265358979323846;
constexpr double kEuler = 0.57721566490153286061;

// AS 9.7.1 with sign -1, for I, and 9.7.2 with sign 1, for K, without what stands before their sums: terms fall until k
// is about 2 x, where they are below 1e-17.
double Asymptotic(int order, double x, int sign) {
  const double mu = 4.0 * order * order;
  double term = 1, sum = 1;
  for (int k = 1; k < 40; ++k) {
    term *= sign * (mu - (2 * k - 1) * (2 * k - 1)) / (8 * k * x);
    sum += term;
    if (std::abs(term) < 1e-17) break;
  }
  return sum;
}

// exp(-x) I_order(x) for x >= 0.
double ScaledI(int order, double x) {
  if (x <= 20) {
    // AS 9.6.10: (x/2)^order times the sum of (x/2)^2k / (k! (k+order)!), all of one sign.
    const double square = x * x / 4;
    double term = 1, sum = 1;
    for (int k = 1; k < 200; ++k) {
      term *= square / (k * (k + order));
      sum += term;
      if (term < 1e-17 * sum) break;
    }
    return std::exp(-x) * sum * (order == 1 ? x / 2 : 1);
  }
  return Asymptotic(order, x, -1) / std::sqrt(2 * kPi * x);
}

// exp(x) K_order(x) for x > 0.
double ScaledK(int order, double x) {
  if (x == kInf) return 0;
  if (x < 1) {
    // AS 9.6.13 and 9.6.11: a logarithm times I, and a series.
    const double square = x * x / 4;
    const double log_half = std::log(x / 2);
    double term = 1;
    double harmonic = -kEuler;  // Digamma(k + 1)
    double sum = 0;
    for (int k = 0; k < 30; ++k) {
      sum += term * (order == 0 ? harmonic - log_half : 2 * (log_half - harmonic) - 1.0 / (k + 1));
      harmonic += 1.0 / (k + 1);
      term *= square / ((k + 1) * (k + 1 + order));
      if (term < 1e-18) break;
    }
    return std::exp(x) * (order == 0 ? sum : 1 / x + x / 4 * sum);
  }
  // The integral's bell below becomes narrower than the rule's step.
  if (x > 20) return Asymptotic(order, x, 1) * std::sqrt(kPi / (2 * x));
  // AS 9.6.24, the integral of exp(-x (cosh t - 1)) cosh(order t): the trapezoidal rule converges exponentially.
  constexpr double kStep = 1.0 / 16;
  double sum = 0.5;
  for (int k = 1; k < 400; ++k) {
    const double t = k * kStep;
    const double half = std::sinh(t / 2);
    const double value = std::exp(-2 * x * half * half) * (order == 0 ? 1 : std::cosh(t));
    sum += value;
    if (value < 1e-18 * sum) break;
  }
  return sum * kStep;
}

}  // namespace

double BesselI0e(double x) { return std::isnan(x) ? x : std::isinf(x) ? 0 : ScaledI(0, std::abs(x)); }
double BesselI1e(double x) { return std::isnan(x) ? x : std::copysign(std::isinf(x) ? 0 : ScaledI(1, std::abs(x)), x); }
// Infinity times 0 at infinite x: NaN, as in TensorFlow.
double BesselI0(double x) { return std::exp(std::abs(x)) * BesselI0e(x); }
double BesselI1(double x) { return std::exp(std::abs(x)) * BesselI1e(x); }

double BesselK0e(double x) { return std::isnan(x) ? x : x <= 0 ? kInf : ScaledK(0, x); }
double BesselK1e(double x) { return std::isnan(x) ? x : x <= 0 ? kInf : ScaledK(1, x); }
double BesselK0(double x) { return x <= 0 ? kInf : std::exp(-x) * BesselK0e(x); }
double BesselK1(double x) { return x <= 0 ? kInf : std::exp(-x) * BesselK1e(x); }

double BesselJ0(double x) { return std::isfinite(x) ? j0(x) : kNan; }
double BesselJ1(double x) { return std::isfinite(x) ? j1(x) : kNan; }
double BesselY0(double x) { return x <= 0 ? -kInf : std::isfinite(x) ? y0(x) : kNan; }
double BesselY1(double x) { return x <= 0 ? -kInf : std::isfinite(x) ? y1(x) : kNan; }

}  // namespace rivulet::special
