#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/kernels/kernel_testing.h"
#include "engine/kernels/map.h"

namespace rivulet {
namespace {

using kernel_testing::OnEveryTarget;
using kernel_testing::Reals;
using kernel_testing::SameForAnyThreads;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Function {
  const char* name;
  UnaryKind kind;
  double (*exact)(double);
  double ulps;                                      // largest error in units of the result's last place
  float least = std::numeric_limits<float>::min();  // results below it are held to the units of this one
};

double Sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

const Function kFunctions[] = {
    {"abs", UnaryKind::kAbs, [](double x) { return std::fabs(x); }, 0.0},
    {"neg", UnaryKind::kNeg, [](double x) { return -x; }, 0.0},
    {"sign", UnaryKind::kSign, [](double x) { return x > 0   ? 1.0
                                                     : x < 0 ? -1.0
                                                             : x; }, 0.0},
    {"square", UnaryKind::kSquare, [](double x) { return x * x; }, 0.5},
    {"sqrt", UnaryKind::kSqrt, [](double x) { return std::sqrt(x); }, 0.5},
    {"rsqrt", UnaryKind::kRsqrt, [](double x) { return 1.0 / std::sqrt(x); }, 1.5},
    {"reciprocal", UnaryKind::kReciprocal, [](double x) { return 1.0 / x; }, 0.5},
    {"floor", UnaryKind::kFloor, [](double x) { return std::floor(x); }, 0.0},
    {"ceil", UnaryKind::kCeil, [](double x) { return std::ceil(x); }, 0.0},
    {"round", UnaryKind::kRound, [](double x) { return std::nearbyint(x); }, 0.0},
    {"exp", UnaryKind::kExp, [](double x) { return std::exp(x); }, 1.0},
    {"expm1", UnaryKind::kExpm1, [](double x) { return std::expm1(x); }, 1.5},
    {"log", UnaryKind::kLog, [](double x) { return std::log(x); }, 1.0},
    {"log1p", UnaryKind::kLog1p, [](double x) { return std::log1p(x); }, 1.0},
    {"sin", UnaryKind::kSin, [](double x) { return std::sin(x); }, 2.5},
    {"cos", UnaryKind::kCos, [](double x) { return std::cos(x); }, 2.5},
    {"tanh", UnaryKind::kTanh, [](double x) { return std::tanh(x); }, 3.0},
    {"sigmoid", UnaryKind::kSigmoid, &Sigmoid, 3.0},
    {"erf", UnaryKind::kErf, [](double x) { return std::erf(x); }, 1.5},
    {"relu", UnaryKind::kRelu, [](double x) { return x < 0 ? 0.0 : x; }, 0.0},
    {"relu6", UnaryKind::kRelu6, [](double x) { return x < 0   ? 0.0
                                                       : x > 6 ? 6.0
                                                               : x; }, 0.0},
    {"elu", UnaryKind::kElu, [](double x) { return x < 0 ? std::expm1(x) : x; }, 1.5},
    {"selu", UnaryKind::kSelu,
     [](double x) { return x < 0 ? 1.7580993408473768 * std::expm1(x) : 1.0507009873554805 * x; }, 2.5},
    {"softplus", UnaryKind::kSoftplus,
     [](double x) { return std::isnan(x) ? x : std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }, 2.0},
    {"softsign", UnaryKind::kSoftsign, [](double x) { return x / (1 + std::fabs(x)); }, 1.5},
    {"swish", UnaryKind::kSwish, [](double x) { return x == -INFINITY ? 0.0 : x * Sigmoid(x); }, 3.5,
     128 * std::numeric_limits<float>::min()},  // a subnormal sigmoid is multiplied by up to 104
};

// Error of `got` in units of the last place of `want`.
double ErrorInUlps(float got, double want, float least) {
  const auto rounded = static_cast<float>(want);
  if (std::isnan(want) || std::isnan(got)) return std::isnan(want) && std::isnan(got) ? 0.0 : 1e9;
  if (std::isinf(rounded) || std::isinf(got)) return rounded == got ? 0.0 : 1e9;
  int exponent;
  std::frexp(std::max(std::fabs(rounded), least), &exponent);
  return std::fabs(static_cast<double>(got) - want) / std::ldexp(1.0, exponent - 24);
}

void ExpectAccurate(const Function& function, const std::vector<float>& x) {
  SCOPED_TRACE(function.name);
  const auto n = static_cast<int64_t>(x.size());
  const auto got = SameForAnyThreads<float>(
      n, [&](float* out, ThreadPool& pool) { MapUnary(function.kind, x.data(), n, out, pool, StopToken()); });
  for (size_t i = 0; i < x.size(); ++i) {
    const double want = function.exact(static_cast<double>(x[i]));
    ASSERT_LE(ErrorInUlps(got[i], want, function.least), function.ulps)
        << "of " << x[i] << ": got " << got[i] << ", want " << want;
  }
}

// Floats of all sizes and signs, evenly over their bits, and the ends of ranges.
std::vector<float> AllSizes() {
  std::vector<float> out = {0.0f,     -0.0f, kInfinity, -kInfinity, kNan,    1e-45f,  -1e-45f,
                            1.0f,     -1.0f, 0.5f,      -0.5f,      1.5f,    2.5f,    88.7228f,
                            88.7229f, 89.0f, -87.4f,    -103.9f,    -104.1f, 3.4e38f, -3.4e38f};
  for (uint64_t bits = 0; bits < (uint64_t{1} << 32); bits += 1048573) {
    const auto word = static_cast<uint32_t>(bits);
    float value;
    std::memcpy(&value, &word, sizeof(value));
    out.push_back(value);
  }
  return out;
}

TEST(MapUnary, AccurateOverAllFloats) {
  std::vector<float> x = AllSizes();
  const std::vector<float> usual = Reals(3000, 4, -12.0f, 12.0f);
  x.insert(x.end(), usual.begin(), usual.end());
  OnEveryTarget([&] {
    for (const Function& function : kFunctions) ExpectAccurate(function, x);
  });
}

// Their factors cancel for negative numbers: exact beside the argument.
TEST(MapUnary, HardSwishAndGelu) {
  const struct {
    UnaryKind kind;
    double (*exact)(double);
  } gates[] = {
      {UnaryKind::kHardSwish, [](double x) { return x * std::clamp(x + 3, 0.0, 6.0) / 6; }},
      {UnaryKind::kGelu, [](double x) { return x * std::erfc(-x * M_SQRT1_2) / 2; }},
      {UnaryKind::kGeluApproximate,
       [](double x) { return x * (1 + std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))) / 2; }},
  };
  std::vector<float> x = Reals(1000, 4, -8.0f, 8.0f);
  for (const float edge : {-0.0f, 0.0f, -3.0f, 3.0f, -20.0f, 1e30f}) x.push_back(edge);
  const auto n = static_cast<int64_t>(x.size());
  OnEveryTarget([&] {
    for (const auto& gate : gates) {
      const auto got = SameForAnyThreads<float>(
          n, [&](float* out, ThreadPool& pool) { MapUnary(gate.kind, x.data(), n, out, pool, StopToken()); });
      for (size_t i = 0; i < x.size(); ++i) {
        const double v = x[i];
        ASSERT_NEAR(static_cast<double>(got[i]), gate.exact(v), 3e-7 * std::max(1.0, std::fabs(v))) << "of " << v;
      }
      const float ends[] = {kNan, kInfinity};
      float of_ends[2] = {};
      ThreadPool pool(1);
      MapUnary(gate.kind, ends, 2, of_ends, pool, StopToken());
      EXPECT_TRUE(std::isnan(of_ends[0]));
      EXPECT_EQ(of_ends[1], kInfinity);
    }
  });
}

TEST(MapUnary, OddLengthsInPlaceAndNothingWrittenBeyond) {
  OnEveryTarget([] {
    for (int64_t n = 0; n < 40; ++n) {
      const std::vector<float> x = Reals(n, 9);
      const auto got = SameForAnyThreads<float>(n, [&](float* out, ThreadPool& pool) {
        std::copy(x.begin(), x.end(), out);
        MapUnary(UnaryKind::kNeg, out, n, out, pool, StopToken());
      });
      for (size_t i = 0; i < x.size(); ++i) ASSERT_EQ(got[i], -x[i]);
    }
  });
}

TEST(MapActivation, EveryKind) {
  std::vector<float> x = Reals(37, 1, -10.0f, 10.0f);
  x[5] = kNan;
  OnEveryTarget([&] {
    for (const auto kind : {ActivationKind::kNone, ActivationKind::kRelu, ActivationKind::kRelu6,
                            ActivationKind::kClamp, ActivationKind::kLeakyRelu}) {
      const Activation activation{kind, -2.0f, 3.0f, 0.25f};
      const auto got = SameForAnyThreads<float>(
          37, [&](float* out, ThreadPool& pool) { MapActivation(activation, x.data(), 37, out, pool, StopToken()); });
      for (size_t i = 0; i < x.size(); ++i) {
        const float v = x[i];
        float want = v;
        if (kind == ActivationKind::kRelu) want = std::max(v, 0.0f);
        if (kind == ActivationKind::kRelu6) want = std::clamp(v, 0.0f, 6.0f);
        if (kind == ActivationKind::kClamp) want = std::clamp(v, -2.0f, 3.0f);
        if (kind == ActivationKind::kLeakyRelu) want = v < 0 ? 0.25f * v : v;
        if (i == 5) {
          ASSERT_TRUE(std::isnan(got[i]));
        } else {
          ASSERT_EQ(got[i], want) << "of " << v;
        }
      }
    }
  });
}

}  // namespace
}  // namespace rivulet
