#include <gtest/gtest.h>

#include <string>

#include "engine/run/model_of.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

// The numbers from 0 to `limit` and what they add up to, by a loop of tokens with two results.
constexpr char kTwoResults[] = R"(
limit = Placeholder() {dtype=float32, shape=shape[]}
zero = Const() {dtype=float32, value=float32[]{0}}
one = Const() {dtype=float32, value=float32[]{1}}
enter_i = Enter(zero) {T=float32, frame_name="f"}
enter_s = Enter(zero) {T=float32, frame_name="f"}
enter_limit = Enter(limit) {T=float32, frame_name="f", is_constant=true}
enter_one = Enter(one) {T=float32, frame_name="f", is_constant=true}
merge_i = Merge(enter_i, next_i) {T=float32, N=2}
merge_s = Merge(enter_s, next_s) {T=float32, N=2}
less = Less(merge_i, enter_limit) {T=float32}
cond = LoopCond(less)
switch_i = Switch(merge_i, cond) {T=float32}
switch_s = Switch(merge_s, cond) {T=float32}
more_i = AddV2(switch_i:1, enter_one) {T=float32}
more_s = AddV2(switch_s:1, more_i) {T=float32}
next_i = NextIteration(more_i) {T=float32}
next_s = NextIteration(more_s) {T=float32}
exit_i = Exit(switch_i) {T=float32}
exit_s = Exit(switch_s) {T=float32}
both = Pack(exit_s, exit_i) {T=float32, N=2, axis=0}
)";

TEST(LowerLoops, EveryResultInItsPlace) {
  for (const bool passes : {true, false}) {
    SessionOptions options;
    options.passes = passes;
    auto session = Session::Create(ModelOf(kTwoResults), options);
    ASSERT_TRUE(session.ok());
    for (const float limit : {0.0f, 1.0f, 5.0f}) {
      const auto result = (*session)->Run({{"limit", Tensor::Scalar<float>(limit)}}, {"exit_i", "exit_s", "both"});
      ASSERT_TRUE(result.ok()) << result.status().ToString();
      EXPECT_EQ((*result)[0].data<float>()[0], limit);
      EXPECT_EQ((*result)[1].data<float>()[0], limit * (limit + 1) / 2);
      EXPECT_EQ((*result)[2].data<float>()[0], limit * (limit + 1) / 2);
      EXPECT_EQ((*result)[2].data<float>()[1], limit);
    }
  }
}

TEST(LowerLoops, NextValuesAreOfTheLoopTheyGoBackInto) {
  std::string text = kTwoResults;
  text.replace(text.find("NextIteration(more_s)"), 21, "NextIteration(zero)");
  for (const bool passes : {true, false}) {
    SessionOptions options;
    options.passes = passes;
    auto session = Session::Create(ModelOf(text), options);
    ASSERT_TRUE(session.ok());
    const Status status = (*session)->Run({{"limit", Tensor::Scalar<float>(2)}}, {"exit_s"}).status();
    EXPECT_NE(status.ToString().find("node 'merge_s' (Merge): its next value is of loop none, want 'f'"),
              std::string::npos)
        << status.ToString();
  }
}

}  // namespace
}  // namespace rivulet
