#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(SummaryAudio, Errors) {
  const auto run = [](const Tensor& sound, float rate) {
    return OpTester("AudioSummaryV2").Input(Strings({}, {"a"})).Input(sound).Input(F32({}, {rate})).Run();
  };
  EXPECT_TRUE(Fails(run(F32({1}, {0}), 8000), "got shape [1]"));
  EXPECT_TRUE(Fails(run(F32({1, 1}, {0}), 0), "sample_rate: want > 0 and below 2^32, got 0"));
  EXPECT_TRUE(Fails(run(F32({1, 1}, {0}), 1e20f), "sample_rate"));
}

}  // namespace
}  // namespace rivulet
