// Loops whose conditions are comparisons of integers go round as often as they should.
#include <gtest/gtest.h>

#include "engine/run/model_of.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

// How often `i` goes on from 0 by `step` while `condition` holds, at most ten times. `limit` is fed or a constant.
std::string LoopWhile(const std::string& condition, int step, bool limit_is_fed) {
  const std::string limit = limit_is_fed ? "limit = Placeholder() {dtype=int32, shape=shape[]}\n"
                                         : "limit = Const() {dtype=int32, value=int32[]{3}}\n";
  return limit + R"(
zero = Const() {dtype=int32, value=int32[]{0}}
enter_i = Enter(zero) {T=int32, frame_name="f"}
enter_n = Enter(zero) {T=int32, frame_name="f"}
enter_limit = Enter(limit) {T=int32, frame_name="f", is_constant=true}
merge_i = Merge(enter_i, next_i) {T=int32, N=2}
merge_n = Merge(enter_n, next_n) {T=int32, N=2}
ten = Const(^merge_i) {dtype=int32, value=int32[]{10}}
few = Less(merge_n, ten) {T=int32}
)" + condition +
         R"(
both = LogicalAnd(few, holds)
cond = LoopCond(both)
switch_i = Switch(merge_i, cond) {T=int32}
switch_n = Switch(merge_n, cond) {T=int32}
step = Const(^switch_i) {dtype=int32, value=int32[]{)" +
         std::to_string(step) + R"(}}
one = Const(^switch_i) {dtype=int32, value=int32[]{1}}
more_i = AddV2(switch_i:1, step) {T=int32}
more_n = AddV2(switch_n:1, one) {T=int32}
next_i = NextIteration(more_i) {T=int32}
next_n = NextIteration(more_n) {T=int32}
exit_i = Exit(switch_i) {T=int32}
exit_n = Exit(switch_n) {T=int32}
)";
}

struct Case {
  const char* op;
  bool (*holds)(int, int);
};
constexpr Case kCases[] = {
    {"Less", [](int a, int b) { return a < b; }},    {"LessEqual", [](int a, int b) { return a <= b; }},
    {"Greater", [](int a, int b) { return a > b; }}, {"GreaterEqual", [](int a, int b) { return a >= b; }},
    {"Equal", [](int a, int b) { return a == b; }},  {"NotEqual", [](int a, int b) { return a != b; }},
};

TEST(ScalarCondition, GoesRoundAsOftenAsItHolds) {
  for (const Case& c : kCases) {
    for (const int step : {1, -1}) {
      for (const bool swapped : {false, true}) {
        const std::string operands = swapped ? "(enter_limit, merge_i)" : "(merge_i, enter_limit)";
        const std::string condition = "holds = " + std::string(c.op) + operands + " {T=int32}";
        for (const int limit : {-3, 0, 3, 20}) {
          for (const bool fed : {true, false}) {
            if (!fed && limit != 3) continue;
            auto session = Session::Create(ModelOf(LoopWhile(condition, step, fed)));
            ASSERT_TRUE(session.ok());
            Feeds feeds;
            if (fed) feeds.emplace_back("limit", Tensor::Scalar<int32_t>(limit));
            const auto result = (*session)->Run(feeds, {"exit_n", "exit_i"});
            ASSERT_TRUE(result.ok()) << result.status().ToString();
            int32_t rounds = 0;
            for (int i = 0; rounds < 10 && (swapped ? c.holds(limit, i) : c.holds(i, limit)); i += step) ++rounds;
            EXPECT_EQ((*result)[0].data<int32_t>()[0], rounds) << condition << " by " << step << " to " << limit;
            EXPECT_EQ((*result)[1].data<int32_t>()[0], rounds * step);
          }
        }
      }
    }
  }
}

// What is more than comparisons is asked by its plan.
TEST(ScalarCondition, OthersHoldAsWell) {
  const std::string twice =
      "two = Const(^merge_i) {dtype=int32, value=int32[]{2}}\ndouble = Mul(merge_i, two) {T=int32}\n"
      "holds = Less(double, enter_limit) {T=int32}";
  auto session = Session::Create(ModelOf(LoopWhile(twice, 1, true)));
  ASSERT_TRUE(session.ok());
  const auto result = (*session)->Run({{"limit", Tensor::Scalar<int32_t>(7)}}, {"exit_n"});
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ((*result)[0].data<int32_t>()[0], 4);
}

}  // namespace
}  // namespace rivulet
