#include <gtest/gtest.h>

#include <string>

#include "engine/base/errors.h"
#include "engine/run/model_of.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

float First(const Result<std::vector<Tensor>>& result) {
  EXPECT_TRUE(result.ok()) << result.status().ToString();
  return result.ok() ? (*result)[0].data<float>()[0] : 0;
}

// Who takes the value of an old graph's variable takes it when it runs, after what it waits for.
TEST(References, AreReadAfterWhatTheReaderWaitsFor) {
  constexpr char kGraph[] = R"(
x = Placeholder() {dtype=float32, shape=shape[]}
v = VariableV2() {dtype=float32, shape=shape[]}
zero = Const() {dtype=float32, value=float32[]{0}}
first = Assign(v, zero) {T=float32}
set = Assign(v, x, ^first) {T=float32}
more = AssignAdd(v, x, ^set) {T=float32}
before = Neg(v, ^set) {T=float32}
after = Neg(v, ^more) {T=float32}
)";
  for (const bool passes : {true, false}) {
    SessionOptions options;
    options.passes = passes;
    auto session = Session::Create(ModelOf(kGraph), options);
    ASSERT_TRUE(session.ok());
    const Feeds feeds = {{"x", Tensor::Scalar<float>(3)}};
    EXPECT_EQ(First((*session)->Run(feeds, {"before"})), -3.0f);
    EXPECT_EQ(First((*session)->Run(feeds, {"after"})), -6.0f);
    EXPECT_EQ(First((*session)->Run({}, {"v"})), 6.0f);
  }
}

// tf.control_dependencies leaves the control input of an operator out where one of its inputs has it.
TEST(References, AreReadAfterTheOtherInputsAreThere) {
  constexpr char kGraph[] = R"(
x = Placeholder() {dtype=float32, shape=shape[]}
v = VariableV2() {dtype=float32, shape=shape[]}
set = Assign(v, x) {T=float32}
zero = Const(^set) {dtype=float32, value=float32[]{0}}
sum = AddV2(v, zero) {T=float32}
doubled = Mul(sum, sum) {T=float32}
more = AssignAdd(v, doubled) {T=float32}
one = Const(^more) {dtype=float32, value=float32[]{1}}
product = Mul(one, v) {T=float32}
)";
  for (const bool passes : {true, false}) {
    SessionOptions options;
    options.passes = passes;
    auto session = Session::Create(ModelOf(kGraph), options);
    ASSERT_TRUE(session.ok());
    const Feeds feeds = {{"x", Tensor::Scalar<float>(3)}};
    EXPECT_EQ(First((*session)->Run(feeds, {"sum"})), 3.0f) << passes;
    EXPECT_EQ(First((*session)->Run(feeds, {"product"})), 12.0f) << passes;
  }
}

// TensorFlow's Identity of a variable is no copy: who reads it late sees what was written since. The values are those
// that TensorFlow 2.21 gives.
TEST(References, AreSeenThroughIdentity) {
  constexpr char kGraph[] = R"(
v = VariableV2() {dtype=float32, shape=shape[]}
one = Const() {dtype=float32, value=float32[]{1}}
five = Const() {dtype=float32, value=float32[]{5}}
init = Assign(v, one) {T=float32}
y = Identity(v, ^init) {T=float32}
again = Identity(y) {T=float32}
set = Assign(v, five, ^again) {T=float32}
add = AssignAdd(v, five, ^again) {T=float32}
after_set = Neg(y, ^set) {T=float32}
after_add = Neg(again, ^add) {T=float32}
alone = Neg(again) {T=float32}
)";
  for (const bool passes : {true, false}) {
    SessionOptions options;
    options.passes = passes;
    auto session = Session::Create(ModelOf(kGraph), options);
    ASSERT_TRUE(session.ok());
    EXPECT_EQ(First((*session)->Run({}, {"after_set"})), -5.0f);
    EXPECT_EQ(First((*session)->Run({}, {"after_add"})), -6.0f);
    EXPECT_EQ(First((*session)->Run({}, {"alone"})), -1.0f);
  }
}

// As in TensorFlow, a reference to numbers of another type is refused where it is taken, not where the value is.
TEST(References, AreOfTheTypeThatTheVariableHas) {
  for (const char* taken : {"wrong = RefIdentity(v) {T=int32}", "wrong = Assign(v, n) {T=int32}",
                            "wrong = IsVariableInitialized(v) {dtype=int32}"}) {
    const std::string graph = Cat("v = VariableV2() {dtype=float32, shape=shape[]}\n",
                                  "n = Const() {dtype=int32, value=int32[]{1}}\n", taken, "\n");
    auto session = Session::Create(ModelOf(graph), {});
    ASSERT_TRUE(session.ok());
    const auto result = (*session)->Run({}, {"wrong"});
    ASSERT_FALSE(result.ok()) << taken;
    EXPECT_NE(result.status().message().find("want a reference to int32, got one to float32"), std::string::npos)
        << result.status().ToString();
  }
}

}  // namespace
}  // namespace rivulet
