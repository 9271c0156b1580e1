// Functions defined by integrals: Dawson's, the exponential integral, Fresnel's, the dilogarithm. AS: Abramowitz and
// Stegun, "Handbook of Mathematical Functions".
#include <cmath>
#include <complex>
#include <limits>

#include "engine/kernels/special.h"

namespace rivulet::special {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kPi = 3.14159265358979323846;
constexpr double kEuler = 0.57721566490153286061;

// C(x) + i S(x) for x >= 0.
std::complex<double> Fresnel(double x) {
  if (x > 1e8) return {0.5, 0.5};
  const double turn = kPi / 2 * x * x;
  if (x < 1.6) {
    // The series of exp(i pi t^2 / 2), integrated term by term (AS 7.3.11, 7.3.13).
    std::complex<double> term(x, 0), sum(x, 0);
    for (int k = 1; k < 60; ++k) {
      term = std::complex<double>(-term.imag(), term.real()) * (turn / k);
      sum += term / static_cast<double>(2 * k + 1);
      if (std::abs(term) < 1e-18) break;
    }
    return sum;
  }
  // erfc(z) by its continued fraction for z = sqrt(pi) (1 - i) x / 2 (AS 7.3.22, 7.1.14), from the front by Lentz's
  // method.
  std::complex<double> b(1, -kPi * x * x), c(1e300, 0), d = 1.0 / b, h = d;
  for (int k = 1; k < 200; ++k) {
    const double a = -(2.0 * k - 1) * (2.0 * k);
    b += 4.0;
    d = 1.0 / (a * d + b);
    c = b + a / c;
    const std::complex<double> step = c * d;
    h *= step;
    if (std::abs(step - 1.0) < 1e-16) break;
  }
  h *= std::complex<double>(x, -x);
  // Reduced by whole turns first, since x^2 is large.
  const double quarter_turns = std::fmod(x * x, 4);
  const std::complex<double> phase(std::cos(kPi / 2 * quarter_turns), std::sin(kPi / 2 * quarter_turns));
  return std::complex<double>(0.5, 0.5) * (1.0 - phase * h);
}

// The dilogarithm for x in [-1/2, 1/2].
double DilogSeries(double x) {
  double power = x, sum = x;
  for (int k = 2; k < 80; ++k) {
    power *= x;
    const double term = power / (static_cast<double>(k) * k);
    sum += term;
    if (std::abs(term) < 1e-18) break;
  }
  return sum;
}

}  // namespace

double Dawson(double x) {
  if (std::isnan(x)) return x;
  const double size = std::abs(x);
  if (size > 30) {
    // AS 7.1.23: 1/2x + 1/4x^3 + 3/8x^5 + 15/16x^7 + ..
    const double square = 1 / (2 * size * size);
    return std::copysign((1 + square * (1 + square * (3 + square * (15 + square * 105)))) / (2 * size), x);
  }
  if (size < 0.2) {
    // AS 7.1.5 times exp(-x^2): x - 2/3 x^3 + 4/15 x^5 - ..
    double term = x, sum = x;
    for (int k = 1; k < 20; ++k) {
      term *= -2 * x * x / (2 * k + 1);
      sum += term;
    }
    return sum;
  }
  // Rybicki's sum of exp(-(x - n h)^2) / n over odd n (Computers in Physics 3, 1989), exact to exp(-(pi / 2h)^2).
  constexpr double kStep = 0.2;
  const double even = 2 * std::nearbyint(size / (2 * kStep));
  double sum = 0;
  for (int k = 0; k < 24; ++k) {
    for (const double n : {even + 2 * k + 1, even - 2 * k - 1}) {
      const double distance = size - n * kStep;
      sum += std::exp(-distance * distance) / n;
    }
  }
  return std::copysign(sum / std::sqrt(kPi), x);
}

double ExpIntegral(double x) {
  if (std::isnan(x) || x < 0 || x == kInf) return kNan;
  if (x == 0) return -kInf;
  if (x < 40) {
    // AS 5.1.10.
    double term = 1, sum = 0;
    for (int k = 1; k < 200; ++k) {
      term *= x / k;
      sum += term / k;
      if (term < 1e-17 * sum) break;
    }
    return kEuler + std::log(x) + sum;
  }
  // AS 5.1.51: the terms fall until k is about x.
  double term = 1, sum = 1;
  for (int k = 1; k < 40; ++k) {
    term *= k / x;
    sum += term;
    if (term < 1e-17) break;
  }
  return std::exp(x) / x * sum;
}

double FresnelCos(double x) { return std::isnan(x) ? x : std::copysign(Fresnel(std::abs(x)).real(), x); }

double FresnelSin(double x) { return std::isnan(x) ? x : std::copysign(Fresnel(std::abs(x)).imag(), x); }

double Spence(double x) {
  constexpr double kSixth = kPi * kPi / 6;
  if (std::isnan(x) || x < 0 || x == kInf) return kNan;
  if (x == 0) return kSixth;
  if (x == 1) return 0;
  // AS 27.7.3 to 27.7.6 bring the argument 1 - x of the dilogarithm into [-1/2, 1/2].
  if (x < 0.5) return kSixth - std::log(x) * std::log1p(-x) - DilogSeries(x);
  if (x <= 1.5) return DilogSeries(1 - x);
  const double log = std::log(x);
  return -Spence(1 / x) - log * log / 2;
}

}  // namespace rivulet::special
