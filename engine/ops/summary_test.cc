#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(Summary, ScalarsAndMerges) {
  const auto one = OpTester("ScalarSummary").Input(Strings({1}, {"loss"})).Input(F32({1}, {2})).Run();
  ASSERT_TRUE(one.ok());
  EXPECT_TRUE(Fails(OpTester("ScalarSummary").Input(Strings({1}, {"a"})).Input(F32({}, {2})).Run(),
                    "want tags and values of one shape, got [1] and []"));
  EXPECT_TRUE(Same(OpTester("MergeSummary").Attr("N", 1).Input((*one)[0].Reshaped({1})).Run(), (*one)[0]));
  EXPECT_TRUE(Fails(OpTester("MergeSummary").Attr("N", 2).Input((*one)[0]).Input((*one)[0]).Run(),
                    "input 1: tag 'loss' is there twice"));
  EXPECT_TRUE(Fails(OpTester("MergeSummary").Attr("N", 1).Input(Strings({}, {"\x0A\x05"})).Run(), "no tf.Summary"));
}

}  // namespace
}  // namespace rivulet
