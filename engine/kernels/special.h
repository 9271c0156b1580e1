// Special functions of mathematical statistics and physics, in double precision. Outside a function's domain the result
// is NaN unless a comment says otherwise. Every call ends after a bounded number of steps, whatever its arguments.
#ifndef RIVULET_ENGINE_KERNELS_SPECIAL_H_
#define RIVULET_ENGINE_KERNELS_SPECIAL_H_

namespace rivulet::special {

// ln |Gamma(x)|; infinite at 0, -1, -2, ..
double LogGamma(double x);
// Its derivative.
double Digamma(double x);
// The Hurwitz zeta function, sum of (q + k)^-x over k = 0, 1, ..; infinite for x = 1 and where a term is.
double Zeta(double x, double q);
// The n-th derivative of Digamma, n = 0, 1, ..
double Polygamma(double n, double x);
// The lower and upper incomplete gamma functions over Gamma(a); a > 0, x >= 0.
double Igamma(double a, double x);
double Igammac(double a, double x);
// The derivative of Igamma by a.
double IgammaGradA(double a, double x);
// How much a sample x of the gamma distribution of shape a moves with a, at the same probability of lower ones.
double GammaSampleGrad(double a, double x);
// The incomplete beta function over B(a, b); a, b > 0, x in [0, 1].
double Betainc(double a, double b, double x);

// y with erf(y) = x; infinite at -1 and 1.
double ErfInv(double x);
// y such that a standard normal variable is below y with probability p.
double Ndtri(double p);

// Modified Bessel functions of orders 0 and 1; with e scaled by exp(-|x|) (I) or exp(x) (K). K is infinite for x <= 0.
double BesselI0(double x);
double BesselI0e(double x);
double BesselI1(double x);
double BesselI1e(double x);
double BesselK0(double x);
double BesselK0e(double x);
double BesselK1(double x);
double BesselK1e(double x);
// Bessel functions of orders 0 and 1; NaN at infinities. Y is -infinity below 0.
double BesselJ0(double x);
double BesselJ1(double x);
double BesselY0(double x);
double BesselY1(double x);

// exp(-x^2) times the integral of exp(t^2) from 0 to x.
double Dawson(double x);
// The exponential integral Ei.
double ExpIntegral(double x);
// The integrals of cos and sin of pi t^2 / 2 from 0 to x.
double FresnelCos(double x);
double FresnelSin(double x);
// The integral of ln t / (1 - t) from 1 to x: the dilogarithm of 1 - x.
double Spence(double x);

}  // namespace rivulet::special

#endif  // RIVULET_ENGINE_KERNELS_SPECIAL_H_
