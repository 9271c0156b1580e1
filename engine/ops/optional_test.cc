#include "engine/base/object.h"
#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

Tensor Only(const Result<std::vector<Tensor>>& results) {
  EXPECT_TRUE(results.ok()) << results.status().ToString();
  return results.ok() ? (*results)[0] : Tensor();
}

Tensor Pair() {
  return Only(OpTester("OptionalFromValue")
                  .Input(F32({2}, {1, 2}))
                  .Input(Strings({}, {"a"}))
                  .Attr("Toutput_types", {DType::kFloat, DType::kString})
                  .Run());
}

Result<std::vector<Tensor>> ValueOf(const Tensor& optional, const std::vector<DType>& types,
                                    const std::vector<Shape>& shapes) {
  return OpTester("OptionalGetValue").Input(optional).Attr("output_types", types).Attr("output_shapes", shapes).Run();
}

TEST(Optional, GivesWhatItHolds) {
  const auto value = ValueOf(Pair(), {DType::kFloat, DType::kString}, {Shape({-1}), Shape::UnknownRank()});
  EXPECT_TRUE(Same(value, F32({2}, {1, 2}), 0));
  EXPECT_TRUE(Same(value, Strings({}, {"a"}), 1));
  EXPECT_TRUE(Same(OpTester("OptionalHasValue").Input(Pair()).Run(), Bools({}, {true})));
}

TEST(Optional, MayHoldNothing) {
  const Tensor none = Only(OpTester("OptionalNone").Run());
  EXPECT_TRUE(Same(OpTester("OptionalHasValue").Input(none).Run(), Bools({}, {false})));
  EXPECT_TRUE(Fails(ValueOf(none, {DType::kFloat}, {Shape()}), "the optional has no value"));
}

TEST(Optional, HoldsATuple) {
  EXPECT_TRUE(Fails(ValueOf(Pair(), {DType::kFloat}, {Shape({2})}), "2"));
  EXPECT_TRUE(Fails(ValueOf(Pair(), {DType::kInt32, DType::kString}, {Shape({2}), Shape()}), "int32"));
  EXPECT_TRUE(Fails(ValueOf(Pair(), {DType::kFloat, DType::kString}, {Shape({3}), Shape()}), "[3]"));
  EXPECT_TRUE(Fails(ValueOf(Pair(), {DType::kFloat, DType::kString}, {Shape({2})}), "output_shapes"));
}

Result<std::vector<Tensor>> Sum(const Tensor& a, const Tensor& b) {
  return OpTester("AddN").Input(a).Input(b).Attr("N", 2).Run();
}

TEST(Optional, SumsWantTheSameTuples) {
  const auto of = [](const Tensor& part) {
    return Only(OpTester("OptionalFromValue").Input(part).Attr("Toutput_types", {part.dtype()}).Run());
  };
  const Tensor one = of(F32({2}, {1, 2})), none = Only(OpTester("OptionalNone").Run());
  EXPECT_TRUE(Same(ValueOf(Only(Sum(one, one)), {DType::kFloat}, {Shape({2})}), F32({2}, {2, 4})));
  EXPECT_TRUE(Fails(Sum(one, none), "one that has none"));
  EXPECT_TRUE(Fails(Sum(one, Pair()), "of 1 and of 2 tensors"));
  EXPECT_TRUE(Fails(Sum(one, of(F32({1}, {1}))), "cannot add float32[2] and float32[1]"));
}

TEST(Optional, IsNoOtherVariant) {
  const Tensor map = Only(OpTester("EmptyTensorMap").Run());
  EXPECT_TRUE(Fails(OpTester("OptionalHasValue").Input(map).Run(), "tensor map"));
  EXPECT_TRUE(Fails(OpTester("OptionalHasValue").Input(Zeros(DType::kVariant, {})).Run()));
}

}  // namespace
}  // namespace rivulet
