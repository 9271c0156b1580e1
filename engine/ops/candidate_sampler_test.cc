// Samples lie in their range, unique ones are different, and what is expected of them adds up.
#include <set>

#include "engine/base/errors.h"
#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Sampler(const char* op, bool unique, int64_t num_sampled, int64_t range) {
  OpTester tester(op);
  tester.Attr("num_true", int64_t{2}).Attr("num_sampled", num_sampled).Attr("unique", unique).Attr("seed", int64_t{5});
  if (std::string(op) != "AllCandidateSampler") tester.Attr("range_max", range);
  return tester.Input(I64({2, 2}, {0, 1, 2, 3}));
}

constexpr const char* kOps[] = {"UniformCandidateSampler", "LogUniformCandidateSampler",
                                "LearnedUnigramCandidateSampler", "ThreadUnsafeUnigramCandidateSampler"};

TEST(CandidateSampler, SamplesLieInTheRange) {
  for (const char* op : kOps) {
    for (const bool unique : {false, true}) {
      SCOPED_TRACE(Cat(op, " ", unique));
      const auto run = Sampler(op, unique, 9, 11).Run();
      ASSERT_TRUE(run.ok()) << run.status().ToString();
      std::set<int64_t> seen;
      for (const int64_t sample : (*run)[0].values<int64_t>()) {
        EXPECT_GE(sample, 0);
        EXPECT_LT(sample, 11);
        seen.insert(sample);
      }
      if (unique) EXPECT_EQ(seen.size(), 9u);
      EXPECT_EQ((*run)[1].shape(), Shape({2, 2}));
      EXPECT_EQ((*run)[2].shape(), Shape({9}));
      for (const float expected : (*run)[2].values<float>()) {
        EXPECT_GT(expected, 0);
        // A class of a unique sample comes once at most.
        if (unique) EXPECT_LE(expected, 1);
      }
    }
  }
}

TEST(CandidateSampler, UniformSamplesWithReplacementAreExpectedInEqualParts) {
  const auto run = Sampler("UniformCandidateSampler", false, 6, 12).Run();
  ASSERT_TRUE(run.ok());
  for (const float expected : (*run)[1].values<float>()) EXPECT_FLOAT_EQ(expected, 0.5f);
  for (const float expected : (*run)[2].values<float>()) EXPECT_FLOAT_EQ(expected, 0.5f);
}

TEST(CandidateSampler, AllOfTheClassesAreSampledInTheirOrder) {
  const auto run = Sampler("AllCandidateSampler", true, 4, 4).Run();
  EXPECT_TRUE(Same(run, I64({4}, {0, 1, 2, 3})));
  EXPECT_TRUE(Same(run, F32({2, 2}, {1, 1, 1, 1}), 1));
}

TEST(CandidateSampler, ThereMustBeEnoughDifferentClasses) {
  EXPECT_TRUE(Fails(Sampler("UniformCandidateSampler", true, 12, 11).Run(), "12 different classes of 11"));
  EXPECT_TRUE(Sampler("UniformCandidateSampler", true, 11, 11).Run().ok());
  EXPECT_TRUE(
      Fails(Sampler("UniformCandidateSampler", false, 3, 11).Attr("num_true", int64_t{3}).Run(), "want 3 columns"));
}

TEST(ComputeAccidentalHits, FindsEveryPlace) {
  const auto run = OpTester("ComputeAccidentalHits")
                       .Attr("num_true", int64_t{2})
                       .Input(I64({2, 2}, {7, 3, 5, 7}))
                       .Input(I64({4}, {7, 1, 5, 3}))
                       .Run();
  EXPECT_TRUE(Same(run, I32({4}, {0, 0, 1, 1})));
  EXPECT_TRUE(Same(run, I64({4}, {0, 3, 2, 0}), 1));
}

}  // namespace
}  // namespace rivulet
