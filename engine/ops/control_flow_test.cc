// Shapes and errors of the signatures; what the executor does with them is tested in engine/run.
#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(ControlFlow, WantsScalarsToChooseBy) {
  const Tensor x = F32({2}, {1, 2});
  EXPECT_TRUE(Fails(OpTester("Switch").Input(x).Input(Bools({1}, {true})).Infer(), "input 1: want rank 0, got shape"));
  EXPECT_TRUE(Fails(OpTester("Switch").Input(x).Input(I32({}, {1})).Infer(), "'pred': want bool, got int32"));
  EXPECT_TRUE(Fails(OpTester("LoopCond").Input(Bools({2}, {true, false})).Infer(), "input 0: want rank 0, got shape"));
}

TEST(ControlFlow, AMergeKnowsWhatItsInputsShare) {
  const auto merge = [](const Shape& a, const Shape& b) {
    return OpTester("Merge").Attr("N", 2).Attr("T", DType::kFloat).Unknown(DType::kFloat, a).Unknown(DType::kFloat, b);
  };
  EXPECT_EQ(merge({2, 3}, {2, 4}).InferShape(), "[2,?]");
  EXPECT_EQ(merge({2}, {2, 4}).InferShape(), "?");
  EXPECT_EQ(merge({2}, {2}).InferShape(1), "[]");
  EXPECT_TRUE(Fails(OpTester("Merge").Attr("N", 2).Attr("T", DType::kFloat).Unknown(DType::kFloat).Infer(),
                    "want 2 inputs, got 1"));
  EXPECT_TRUE(Fails(OpTester("Merge").Attr("N", 0).Attr("T", DType::kFloat).Infer(), "attr 'N': want >= 1, got 0"));
}

TEST(ControlFlow, NamesWhatIsMissing) {
  EXPECT_TRUE(Fails(OpTester("Enter").Input(F32({}, {1})).Infer(), "attr 'frame_name' is missing: want string"));
  EXPECT_TRUE(Fails(OpTester("Enter").Input(F32({}, {1})).Attr("frame_name", 3).Infer(),
                    "attr 'frame_name': want string, got int"));
  EXPECT_TRUE(
      Fails(OpTester("PartitionedCall").Attr("Tin", std::vector<DType>()).Attr("Tout", std::vector<DType>()).Infer(),
            "attr 'f' is missing: want function"));
}

}  // namespace
}  // namespace rivulet
