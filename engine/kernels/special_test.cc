#include "engine/kernels/special.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

namespace rivulet::special {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kPi = 3.14159265358979323846;
constexpr double kEuler = 0.57721566490153286061;

void ExpectNear(double got, double want, double tolerance = 1e-12) {
  EXPECT_LE(std::abs(got - want), tolerance * std::max(std::abs(want), 1e-300)) << got << " for " << want;
}

// Simpson's rule; the definitions that the functions are checked against.
double Integral(const std::function<double(double)>& f, double from, double to, int steps = 20000) {
  const double h = (to - from) / steps;
  double sum = f(from) + f(to);
  for (int i = 1; i < steps; ++i) sum += f(from + i * h) * (i % 2 ? 4 : 2);
  return sum * h / 3;
}

TEST(SpecialTest, KnownValues) {
  ExpectNear(Digamma(1), -kEuler);
  ExpectNear(Digamma(0.5), -kEuler - 2 * std::log(2));
  ExpectNear(Digamma(-0.5), 2 - kEuler - 2 * std::log(2), 1e-11);
  ExpectNear(Digamma(-1e-17), 1e17);
  ExpectNear(Zeta(2, 1), kPi * kPi / 6);
  constexpr double kInf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Zeta(kInf, 1.5), 0);
  EXPECT_EQ(Zeta(2e4, 1.5), 0);
  EXPECT_EQ(Zeta(kInf, 1), 1);
  EXPECT_EQ(Zeta(kInf, 0.5), kInf);
  EXPECT_EQ(Zeta(kInf, -0.5), kInf);
  ExpectNear(Zeta(4, 1), std::pow(kPi, 4) / 90);
  ExpectNear(Zeta(2, 0.5), kPi * kPi / 2);
  ExpectNear(Polygamma(1, 1), kPi * kPi / 6);
  ExpectNear(Polygamma(2, 1), -2 * 1.2020569031595942854);
  ExpectNear(Igamma(1, 2), 1 - std::exp(-2));
  ExpectNear(Igammac(0.5, 2.25), std::erfc(1.5));
  ExpectNear(Betainc(2, 3, 0.4), 0.5248);
  ExpectNear(ErfInv(0.5), 0.47693627620446987338);
  ExpectNear(Ndtri(0.975), 1.9599639845400542355);
  ExpectNear(std::erfc(-Ndtri(1e-300) / std::sqrt(2)) / 2, 1e-300, 1e-10);
  ExpectNear(BesselI0(1), 1.2660658777520083356);
  ExpectNear(BesselI1(1), 0.56515910399248502721);
  ExpectNear(BesselK0(1), 0.42102443824070833334);
  ExpectNear(BesselK1(1), 0.60190723019723457474);
  ExpectNear(BesselK0(0.1), 2.4270690247020166125);
  ExpectNear(BesselK1(0.1), 9.8538447808706203);
  ExpectNear(Dawson(1), 0.53807950691276841914);
  ExpectNear(ExpIntegral(1), 1.8951178163559367555);
  ExpectNear(FresnelCos(1), 0.77989340037682282947);
  ExpectNear(FresnelSin(1), 0.43825914739035476608);
  ExpectNear(Spence(2), -kPi * kPi / 12);
  ExpectNear(Spence(0.5), kPi * kPi / 12 - std::log(2) * std::log(2) / 2);
}

TEST(SpecialTest, NegativeArgumentsOfZeta) {
  for (const double x : {2.0, 3.0, 7.0}) {
    // The recurrence that defines the terms below zero.
    for (const double q : {-0.25, -1.5, -20.75}) ExpectNear(Zeta(x, q), Zeta(x, q + 1) + std::pow(q, -x), 1e-11);
  }
}

TEST(SpecialTest, PolesOfZeta) {
  for (const double q : {0.0, -1.0, -20.0}) {
    for (const double x : {2.0, 4.0, 1e10}) EXPECT_EQ(Zeta(x, q), HUGE_VAL) << x << ", " << q;
    for (const double x : {1.5, 3.0, 5.0}) EXPECT_TRUE(std::isnan(Zeta(x, q))) << x << ", " << q;
  }
  EXPECT_EQ(Zeta(3, HUGE_VAL), 0);
}

TEST(SpecialTest, AgreeWithTheirIntegrals) {
  for (const double x : {0.3, 1.4, 1.7, 3.2}) {
    ExpectNear(FresnelCos(x), Integral([](double t) { return std::cos(kPi / 2 * t * t); }, 0, x), 1e-10);
    ExpectNear(FresnelSin(x), Integral([](double t) { return std::sin(kPi / 2 * t * t); }, 0, x), 1e-10);
    ExpectNear(Dawson(x), Integral([x](double t) { return std::exp(t * t - x * x); }, 0, x), 1e-10);
    ExpectNear(BesselI0e(x), Integral([x](double t) { return std::exp(x * std::cos(t) - x); }, 0, kPi) / kPi, 1e-11);
    ExpectNear(BesselI1e(x),
               Integral([x](double t) { return std::exp(x * std::cos(t) - x) * std::cos(t); }, 0, kPi) / kPi, 1e-11);
  }
  for (const double x : {1.1, 1.6, 2.5, 9.0}) {
    ExpectNear(Spence(x), Integral([](double t) { return t == 1 ? -1 : std::log(t) / (1 - t); }, 1, x), 1e-9);
  }
}

// Where a function changes from one formula to another nothing may jump.
TEST(SpecialTest, FormulasMeet) {
  const auto meet = [](double (*f)(double), double at, double tolerance) {
    const double step = at * 1e-9;
    const double before = f(at - step), after = f(at + step);
    EXPECT_LE(std::abs(after - before), tolerance * std::abs(before)) << at;
  };
  meet(BesselI0e, 20, 1e-8);
  meet(BesselI1e, 20, 1e-8);
  meet(BesselK0e, 1, 1e-8);
  meet(BesselK1e, 1, 1e-8);
  meet(Dawson, 30, 1e-8);
  meet(Dawson, 0.2, 1e-8);
  meet(ExpIntegral, 40, 1e-6);
  meet(FresnelCos, 1.6, 1e-8);
  meet(FresnelSin, 1.6, 1e-8);
  meet(Spence, 0.5, 1e-8);
  meet(Spence, 1.5, 1e-8);
  meet(Digamma, 10, 1e-8);
  meet(ErfInv, 0.5, 1e-8);
  meet(Ndtri, 0.25, 1e-8);
  meet(Ndtri, 0.75, 1e-8);
  for (const double x : {9.9e4, 1e5, 1.001e5}) {
    ExpectNear(Igamma(1e5, x), Igamma(1e5 * (1 + 1e-13), x), 1e-7);
    ExpectNear(Igammac(1e5, x), Igammac(1e5 * (1 + 1e-13), x), 1e-7);
    ExpectNear(IgammaGradA(1e5, x), IgammaGradA(1e5 * (1 + 1e-13), x), 1e-5);
  }
}

TEST(SpecialTest, Derivatives) {
  for (const double a : {0.5, 3.0, 40.0}) {
    for (const double x : {0.2, 2.5, 38.0, 60.0}) {
      const double h = a * 1e-5;
      const double slope = (Igamma(a + h, x) - Igamma(a - h, x)) / (2 * h);
      EXPECT_NEAR(IgammaGradA(a, x), slope, 1e-8) << a << " " << x;
    }
  }
}

TEST(SpecialTest, InverseOfErf) {
  for (double x = -0.999; x < 1; x += 0.037) ExpectNear(std::erf(ErfInv(x)), x, 1e-13);
  EXPECT_EQ(ErfInv(1), kInf);
  EXPECT_TRUE(std::isnan(ErfInv(1.0000001)));
  EXPECT_EQ(Ndtri(0), -kInf);
}

TEST(SpecialTest, Complements) {
  for (const double a : {0.01, 1.0, 30.0, 5000.0, 3e6}) {
    for (const double ratio : {0.1, 0.9, 1.0, 1.1, 5.0}) {
      ExpectNear(Igamma(a, a * ratio) + Igammac(a, a * ratio), 1, 1e-10);
      ExpectNear(Betainc(a, 2, ratio / 6) + Betainc(2, a, 1 - ratio / 6), 1, 1e-10);
    }
  }
}

}  // namespace
}  // namespace rivulet::special
