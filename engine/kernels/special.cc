// The gamma family, the beta function and the inverse error function. Sources of the formulas: Abramowitz and Stegun,
// "Handbook of Mathematical Functions" (AS), and the NIST Digital Library of Mathematical Functions (DLMF).
#include "engine/kernels/special.h"

#include <cmath>
#include <limits>

namespace rivulet::special {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kPi = 3.14159265358979323846;
constexpr double kEpsilon = 1e-16;
// More than any convergent argument needs once large ones have gone to an asymptotic form.
constexpr int kMostSteps = 20000;

// Bernoulli numbers B2, B4, .. B24.
constexpr double kBernoulli[] = {1.0 / 6,       -1.0 / 30,       1.0 / 42,       -1.0 / 30,
                                 5.0 / 66,      -691.0 / 2730,   7.0 / 6,        -3617.0 / 510,
                                 43867.0 / 798, -174611.0 / 330, 854513.0 / 138, -236364091.0 / 2730};

// Sum of (q + k)^-x for q > 0, x > 1: the first terms as they are, the rest by the Euler-Maclaurin formula (DLMF
// 25.11.5).
double ZetaForPositive(double x, double q) {
  constexpr int kTerms = 12;
  double sum = 0;
  double at = q;
  for (int k = 0; k < kTerms; ++k, at += 1) {
    const double term = std::pow(at, -x);
    sum += term;
    if (term < kEpsilon * sum) return sum;
  }
  const double power = std::pow(at, -x);
  if (power == 0) return sum;
  sum += power * at / (x - 1) + power / 2;
  // B2j / (2j)! * x (x+1) .. (x+2j-2) * at^(-x-2j+1)
  double factor = x * power / at;
  double factorial = 2;
  for (int j = 1; j <= 12; ++j) {
    const double term = kBernoulli[j - 1] / factorial * factor;
    sum += term;
    if (std::abs(term) < kEpsilon * std::abs(sum) || !std::isfinite(term)) break;
    factor *= (x + 2 * j - 1) * (x + 2 * j) / (at * at);
    factorial *= (2 * j + 1) * (2 * j + 2);
  }
  return sum;
}

// A number and its derivative by the parameter of interest: what Igamma's loops are run on to differentiate them.
struct Dual {
  double value = 0;
  double slope = 0;
};
Dual operator+(Dual a, Dual b) { return {a.value + b.value, a.slope + b.slope}; }
Dual operator-(Dual a, Dual b) { return {a.value - b.value, a.slope - b.slope}; }
Dual operator*(Dual a, Dual b) { return {a.value * b.value, a.slope * b.value + a.value * b.slope}; }
Dual operator/(Dual a, Dual b) {
  const double value = a.value / b.value;
  return {value, (a.slope - value * b.slope) / b.value};
}

// Sum of x^k / ((a+1) .. (a+k)) over k = 0, 1, ..: Igamma but for the factor x^a exp(-x) / Gamma(a+1) (DLMF 8.11.4).
Dual LowerSeries(Dual a, double x) {
  Dual term{1, 0}, sum{1, 0};
  for (int k = 1; k < kMostSteps; ++k) {
    term = term * Dual{x, 0} / (a + Dual{static_cast<double>(k), 0});
    sum = sum + term;
    if (term.value < kEpsilon * sum.value && std::abs(term.slope) < kEpsilon * std::abs(sum.slope) + 1e-300) break;
  }
  return sum;
}

// The continued fraction 1/(x+1-a- 1(1-a)/(x+3-a- 2(2-a)/(x+5-a- ..))): Igammac but for the factor x^a exp(-x) /
// Gamma(a) (DLMF 8.9.2), evaluated from the front by Lentz's method.
Dual UpperFraction(Dual a, double x) {
  constexpr double kTiny = 1e-300;
  Dual b = Dual{x + 1, 0} - a;
  Dual c{1 / kTiny, 0};
  Dual d = Dual{1, 0} / b;
  Dual h = d;
  for (int k = 1; k < kMostSteps; ++k) {
    const Dual numerator = Dual{static_cast<double>(k), 0} * (a - Dual{static_cast<double>(k), 0});
    b = b + Dual{2, 0};
    d = numerator * d + b;
    if (std::abs(d.value) < kTiny) d.value = kTiny;
    c = b + numerator / c;
    if (std::abs(c.value) < kTiny) c.value = kTiny;
    d = Dual{1, 0} / d;
    const Dual step = d * c;
    h = h * step;
    if (std::abs(step.value - 1) < kEpsilon && std::abs(step.slope) < kEpsilon * 10) break;
  }
  return h;
}

// From this a on Igammac follows the uniform expansion for large a (DLMF 8.12), whose first terms then suffice.
constexpr double kLargeA = 1e5;

// Igammac(a, x) for large a, or Igamma(a, x) with `lower`: erfc of the distance from the middle, and a correction.
double LargeGamma(double a, double x, bool lower) {
  const double mu = (x - a) / a;  // x / a - 1
  // eta^2 / 2 = mu - ln(1 + mu), with the sign of mu.
  double half_square = mu - std::log1p(mu);
  if (std::abs(mu) < 1e-3) {
    half_square = mu * mu * (0.5 - mu * (1.0 / 3 - mu * (0.25 - mu * (0.2 - mu / 6))));
  }
  const double eta = std::copysign(std::sqrt(2 * half_square), mu);
  double c0 = 1 / mu - 1 / eta;
  double c1 = 1 / (eta * eta * eta) - 1 / (mu * mu * mu) - 1 / (mu * mu) - 1 / (12 * mu);
  if (std::abs(eta) < 1e-2) {
    c0 = -1.0 / 3 + eta * (1.0 / 12 - eta * (2.0 / 135 - eta * (1.0 / 864 + eta / 2835)));
    c1 = -1.0 / 540 - eta / 288;
  }
  const double correction = std::exp(-a * half_square) / std::sqrt(2 * kPi * a) * (c0 + c1 / a);
  const double middle = std::erfc((lower ? -eta : eta) * std::sqrt(a / 2)) / 2;
  return lower ? middle - correction : middle + correction;
}

// x^a exp(-x) / Gamma(a + shift), shift 0 or 1.
double GammaFactor(double a, double x, double shift) { return std::exp(a * std::log(x) - x - LogGamma(a + shift)); }

// The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method.
double BetaFraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  const auto away = [](double v) { return std::abs(v) < kTiny ? kTiny : v; };
  double c = 1;
  double d = 1 / away(1 - (a + b) * x / (a + 1));
  double h = d;
  for (int m = 1; m < kMostSteps; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    h *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    h *= d * c;
    if (std::abs(d * c - 1) < kEpsilon) break;
  }
  return h;
}

// y > 0 with erfc(y) = q for 0 < q <= 1/2, from a rough start by Halley's method: f = erfc(y) - q, f'' = -2 y f'.
double ErfcInvTail(double q) {
  // erfc(y) ~ exp(-y^2) / (y sqrt pi).
  const double u = std::sqrt(-std::log(q * std::sqrt(kPi) * std::sqrt(-std::log(q))));
  double y = q < 0.4 ? u : 0.6;
  for (int i = 0; i < 8; ++i) {
    const double slope = -2 / std::sqrt(kPi) * std::exp(-y * y);
    const double newton = (std::erfc(y) - q) / slope;
    const double step = newton / (1 + y * newton);
    y -= step;
    if (!(std::abs(step) > kEpsilon * y)) break;
  }
  return y;
}

// y with erf(y) = x for |x| <= 1/2.
double ErfInvMiddle(double x) {
  double y = x * std::sqrt(kPi) / 2;
  for (int i = 0; i < 8; ++i) {
    const double slope = 2 / std::sqrt(kPi) * std::exp(-y * y);
    const double newton = (std::erf(y) - x) / slope;
    const double step = newton / (1 + y * newton);
    y -= step;
    if (!(std::abs(step) > kEpsilon * std::abs(y))) break;
  }
  return y;
}

}  // namespace

double LogGamma(double x) {
#if defined(__GLIBC__) || defined(__EMSCRIPTEN__) || defined(__ANDROID__) || defined(__APPLE__)
  int sign;  // std::lgamma keeps it in a global variable, which threads would share
  return lgamma_r(x, &sign);
#else
  return std::lgamma(x);
#endif
}

double Digamma(double x) {
  if (std::isnan(x) || x == -kInf) return kNan;
  if (x == kInf) return kInf;
  double below = 0;
  if (x <= 0) {
    const double distance = x - std::nearbyint(x);  // to the nearest pole
    if (distance == 0) return kNan;
    // The reflection formula (AS 6.3.7).
    below = -kPi / std::tan(kPi * distance);
    x = 1 - x;
  }
  while (x < 10) {
    below -= 1 / x;
    x += 1;
  }
  // AS 6.3.18.
  const double square = 1 / (x * x);
  double tail = 0;
  for (int j = 7; j >= 0; --j) tail = square * (kBernoulli[j] / (2 * j + 2) + tail);
  return below + std::log(x) - 0.5 / x - tail;
}

double Zeta(double x, double q) {
  if (std::isnan(x) || std::isnan(q)) return kNan;
  if (x == 1) return kInf;
  if (x < 1) return kNan;
  if (q == kInf) return 0;
  if (q > 0) return ZetaForPositive(x, q);
  // At a pole the two sides agree where x is even.
  if (q == std::floor(q)) return std::fmod(x, 2) == 0 || x == kInf ? kInf : kNan;
  if (x != std::floor(x)) return kNan;
  // The terms below 0 are, up to their sign, a piece of the same series that starts between 0 and 1.
  const double fraction = q - std::floor(q);
  const double sign = std::fmod(x, 2) == 0 || x == kInf ? 1 : -1;
  return ZetaForPositive(x, fraction) + sign * (ZetaForPositive(x, 1 - fraction) - ZetaForPositive(x, 1 - q));
}

double Polygamma(double n, double x) {
  if (std::isnan(x) || !(n >= 0) || n != std::floor(n)) return kNan;
  if (n == 0) return Digamma(x);
  const bool odd = std::fmod(n, 2) == 1;
  // At a pole of odd order the two sides have different signs.
  if (x <= 0 && x == std::floor(x)) return odd ? kInf : kNan;
  const double zeta = Zeta(n + 1, x);
  return (odd ? 1 : -1) * std::exp(LogGamma(n + 1)) * zeta;
}

double Igamma(double a, double x) {
  if (std::isnan(a) || std::isnan(x)) return kNan;
  if (x == 0) return 0;
  if (x < 0 || a <= 0) return kNan;
  if (a == kInf) return 0;
  if (x == kInf) return 1;
  if (a > kLargeA) return LargeGamma(a, x, true);
  if (x > 1 && x > a) return 1 - GammaFactor(a, x, 0) * UpperFraction({a, 0}, x).value;
  return GammaFactor(a, x, 1) * LowerSeries({a, 0}, x).value;
}

double Igammac(double a, double x) {
  if (std::isnan(a) || std::isnan(x) || x < 0 || a <= 0) return kNan;
  if (x == kInf) return 0;
  if (a == kInf || x == 0) return 1;
  if (a > kLargeA) return LargeGamma(a, x, false);
  if (x > 1 && x > a) return GammaFactor(a, x, 0) * UpperFraction({a, 0}, x).value;
  return 1 - GammaFactor(a, x, 1) * LowerSeries({a, 0}, x).value;
}

double IgammaGradA(double a, double x) {
  if (std::isnan(a) || std::isnan(x)) return kNan;
  if (x == 0) return 0;
  if (x < 0 || a <= 0) return kNan;
  if (a == kInf || x == kInf) return 0;
  // The derivative of x^a exp(-x) / Gamma(a + s) is itself times ln x - Digamma(a + s).
  if (a > kLargeA) {
    // Igamma changes over a scale of sqrt(a), of which h is a small part.
    const double h = 1e-3 * std::sqrt(a);
    return (LargeGamma(a + h, x, true) - LargeGamma(a - h, x, true)) / (2 * h);
  }
  if (x > 1 && x > a) {
    const Dual fraction = UpperFraction({a, 1}, x);
    return -GammaFactor(a, x, 0) * (fraction.slope + fraction.value * (std::log(x) - Digamma(a)));
  }
  const Dual series = LowerSeries({a, 1}, x);
  return GammaFactor(a, x, 1) * (series.slope + series.value * (std::log(x) - Digamma(a + 1)));
}

double GammaSampleGrad(double a, double x) {
  if (std::isnan(a) || std::isnan(x)) return kNan;
  if (x == 0) return 0;
  if (x < 0 || a <= 0) return kNan;
  // From P(a, x(a)) constant: dx/da = - dP/da over dP/dx, the density.
  const double log_density = (a - 1) * std::log(x) - x - LogGamma(a);
  return -IgammaGradA(a, x) / std::exp(log_density);
}

double Betainc(double a, double b, double x) {
  if (!(a > 0) || !(b > 0) || a == kInf || b == kInf || !(x >= 0) || !(x <= 1)) return kNan;
  if (x == 0 || x == 1) return x;
  const double front = std::exp(LogGamma(a + b) - LogGamma(a) - LogGamma(b) + a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * BetaFraction(a, b, x) / a;
  return 1 - front * BetaFraction(b, a, 1 - x) / b;
}

double ErfInv(double x) {
  if (!(std::abs(x) <= 1)) return kNan;
  if (std::abs(x) == 1) return std::copysign(kInf, x);
  if (std::abs(x) <= 0.5) return ErfInvMiddle(x);
  return std::copysign(ErfcInvTail(1 - std::abs(x)), x);
}

double Ndtri(double p) {
  if (!(p >= 0 && p <= 1)) return kNan;
  if (p == 0 || p == 1) return p == 0 ? -kInf : kInf;
  const double root2 = std::sqrt(2.0);
  if (p < 0.25) return -root2 * ErfcInvTail(2 * p);
  if (p > 0.75) return root2 * ErfcInvTail(2 * (1 - p));
  return root2 * ErfInvMiddle(2 * p - 1);
}

}  // namespace rivulet::special
