// The functions of a session: how long bodies of plans stay, and what gradients cost.
#include "engine/run/function_table.h"

#include <gtest/gtest.h>

#include "engine/graph/gradient_function.h"
#include "engine/ops/packed_operands.h"
#include "engine/run/model_of.h"
#include "engine/run/plan.h"
#include "engine/run/symbolic_gradient.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

// x doubled, until the first element is 100 or more.
constexpr char kLoop[] = R"(
x = Placeholder() {dtype=float32, shape=shape[?]}
axes = Const() {dtype=int32, value=int32[1]{0}}
hundred = Const() {dtype=float32, value=float32[]{100}}
enter = Enter(x) {T=float32, frame_name="f"}
enter_axes = Enter(axes) {T=int32, frame_name="f", is_constant=true}
enter_hundred = Enter(hundred) {T=float32, frame_name="f", is_constant=true}
merge = Merge(enter, next) {T=float32, N=2}
sum = Sum(merge, enter_axes) {T=float32, Tidx=int32}
less = Less(sum, enter_hundred) {T=float32}
cond = LoopCond(less)
switch = Switch(merge, cond) {T=float32}
more = AddV2(switch:1, switch:1) {T=float32}
next = NextIteration(more) {T=float32}
y = Exit(switch) {T=float32}
)";

TEST(FunctionTable, BodiesOfLoopsLiveAsLongAsTheirPlans) {
  const std::shared_ptr<const Model> model = ModelOf(kLoop);
  FunctionTable table(model->graph().functions, model->limits(), true);
  const std::shared_ptr<Allocator> allocator = Allocator::Create(Allocator::kUnlimited);
  ThreadPool pool(1);
  Resources resources;
  PackedOperands packed;
  const Environment environment{true, -1, true, *allocator, pool, resources, table, packed};
  std::vector<std::shared_ptr<const Plan>> plans;
  for (int64_t size = 1; size <= 3; ++size) {
    auto plan = MakePlan(model->graph(), {{"x", DType::kFloat, {size}}}, {"y"}, {}, environment, StopToken());
    ASSERT_TRUE(plan.ok()) << plan.status().ToString();
    plans.push_back(*plan);
    EXPECT_EQ(table.num_added(), 2 * plans.size());  // a condition and a body
  }
  plans.pop_back();
  EXPECT_EQ(table.num_added(), 4u);
  plans.clear();
  EXPECT_EQ(table.num_added(), 0u);
}

// A plan that was left of a session's few is made again, and its bodies with it.
TEST(FunctionTable, APlanThatWentIsMadeAgain) {
  SessionOptions options;
  options.max_plans = 1;
  auto session = Session::Create(ModelOf(kLoop), options);
  ASSERT_TRUE(session.ok());
  for (const int64_t size : {2, 3, 2, 4, 3}) {
    const std::vector<float> ones(static_cast<size_t>(size), 1.0f);
    const auto result = (*session)->Run({{"x", Tensor::Of<float>({size}, ones)}}, {"y"});
    ASSERT_TRUE(result.ok()) << result.status().ToString();
    EXPECT_GE((*result)[0].data<float>()[0] * static_cast<float>(size), 100.0f);
  }
}

// y = op(x), called `name`; x of floats.
std::shared_ptr<Function> Calls(const std::string& name, const std::vector<std::string>& ops) {
  auto function = std::make_shared<Function>();
  function->name = name;
  function->inputs.push_back({.name = "x", .type = DType::kFloat, .number_attr = "", .type_list_attr = ""});
  function->outputs.push_back({.name = "y", .type = DType::kFloat, .number_attr = "", .type_list_attr = ""});
  std::string last = "x";
  for (size_t i = 0; i < ops.size(); ++i) {
    Function::BodyNode node;
    node.name = Cat("n", static_cast<int64_t>(i));
    node.op = ops[i];
    node.inputs = {last};
    if (FindOp(ops[i]) != nullptr) node.attrs.Set("T", DType::kFloat);
    last = FindOp(ops[i]) != nullptr ? node.name + ":y:0" : node.name + ":y";
    function->body.push_back(std::move(node));
  }
  function->returns = {{"y", last}};
  return function;
}

FunctionCall GradientCall(const std::string& name) {
  auto types = std::make_shared<AttrList>();
  types->types = {DType::kFloat, DType::kFloat};
  AttrMap attrs;
  attrs.Set("f", FunctionCall{name, nullptr});
  attrs.Set("Tin", std::shared_ptr<const AttrList>(types));
  return {std::string(kSymbolicGradient), std::make_shared<const AttrMap>(std::move(attrs))};
}

TEST(FunctionTable, GradientsOfCallsOfCallsAreCountedFirst) {
  FunctionMap functions;
  functions["f0"] = Calls("f0", {"Exp"});
  for (int i = 1; i < 40; ++i) {
    const std::string name = Cat("f", i), inner = Cat("f", i - 1);
    functions[name] = Calls(name, {inner, inner});
  }
  Limits limits;
  limits.function_depth = 64;
  FunctionTable table(functions, limits, true);
  EXPECT_TRUE(table.Find(GradientCall("f2")).ok());
  EXPECT_EQ(table.Find(GradientCall("f39")).status().code(), Code::kResourceExhausted);
}

TEST(FunctionTable, AGradientThatIsItsOwnIsRefused) {
  FunctionMap functions;
  functions["f"] = Calls("f", {"Exp"});
  auto g = Calls("g", {"Exp"});
  g->inputs.push_back({.name = "dy", .type = DType::kFloat, .number_attr = "", .type_list_attr = ""});
  g->body[0].op = std::string(kSymbolicGradient);
  g->body[0].inputs = {"x", "dy"};
  g->body[0].attrs = *GradientCall("f").attrs;
  g->body[0].attrs.Set("Tout", *g->body[0].attrs.Find("Tin"));
  g->returns = {{"y", "n0:output:0"}};
  functions["g"] = g;
  auto f = std::make_shared<Function>(*functions["f"]);
  f->attrs.Set(kGradientFunction, std::string("g"));
  functions["f"] = f;
  FunctionTable table(functions, Limits(), true);
  const Status status = table.Find(GradientCall("f")).status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("without end"), std::string_view::npos) << status.ToString();
}

TEST(FunctionTable, GradientsOfOddNodesAreErrors) {
  FunctionMap functions;
  functions["many"] = Calls("many", {"Split"});  // one input of two
  functions["many"] = [&] {
    auto function = std::make_shared<Function>(*functions["many"]);
    function->body[0].attrs.Set("num_split", int64_t{1} << 40);
    function->body[0].inputs = {"x", "x"};
    function->returns = {{"y", "n0:output:0"}};
    return function;
  }();
  functions["short"] = Calls("short", {"Mul"});
  functions["short"] = [&] {
    auto function = std::make_shared<Function>(*functions["short"]);
    function->returns = {{"y", "n0:z:0"}};
    return function;
  }();
  FunctionTable table(functions, Limits(), true);
  for (const char* name : {"many", "short", "NoSuchOperator", "Mul"}) {
    const Status status = table.Find(GradientCall(name)).status();
    EXPECT_FALSE(status.ok()) << name;
    EXPECT_NE(status.message().find(name), std::string_view::npos) << status.ToString();
  }
}

}  // namespace
}  // namespace rivulet
