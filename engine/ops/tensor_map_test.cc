#include "engine/base/object.h"
#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

Tensor Only(const Result<std::vector<Tensor>>& results) {
  EXPECT_TRUE(results.ok()) << results.status().ToString();
  return results.ok() ? (*results)[0] : Tensor();
}

Tensor Empty() { return Only(OpTester("EmptyTensorMap").Run()); }

Tensor Insert(const Tensor& map, const Tensor& key, const Tensor& value) {
  return Only(OpTester("TensorMapInsert").Input(map).Input(key).Input(value).Run());
}

Result<std::vector<Tensor>> Lookup(const Tensor& map, const Tensor& key, DType dtype) {
  return OpTester("TensorMapLookup").Input(map).Input(key).Attr("value_dtype", dtype).Run();
}

Result<std::vector<Tensor>> Erase(const Tensor& map, const Tensor& key) {
  return OpTester("TensorMapErase").Input(map).Input(key).Attr("value_dtype", DType::kFloat).Run();
}

Result<std::vector<Tensor>> HasKey(const Tensor& map, const Tensor& key) {
  return OpTester("TensorMapHasKey").Input(map).Input(key).Run();
}

Result<std::vector<Tensor>> Keys(const Tensor& map, DType dtype) {
  return OpTester("TensorMapStackKeys").Input(map).Attr("key_dtype", dtype).Run();
}

Tensor SizeOf(const Tensor& map) { return Only(OpTester("TensorMapSize").Input(map).Run()); }

TEST(TensorMap, WhoHoldsAMapDoesNotSeeItChange) {
  const Tensor one = Insert(Empty(), I32({}, {1}), F32({2}, {1, 2}));
  const Tensor two = Insert(one, I32({}, {2}), F32({}, {5}));
  const Tensor replaced = Insert(one, I32({}, {1}), F32({1}, {9}));
  EXPECT_TRUE(Same(SizeOf(one), I32({}, {1})));
  EXPECT_TRUE(Same(SizeOf(two), I32({}, {2})));
  EXPECT_TRUE(Same(SizeOf(replaced), I32({}, {1})));
  EXPECT_TRUE(Same(Lookup(one, I32({}, {1}), DType::kFloat), F32({2}, {1, 2})));
  EXPECT_TRUE(Same(Lookup(replaced, I32({}, {1}), DType::kFloat), F32({1}, {9})));
  const Tensor erased = Only(Erase(two, I32({}, {1})));
  EXPECT_TRUE(Same(SizeOf(erased), I32({}, {1})));
  EXPECT_TRUE(Same(HasKey(two, I32({}, {1})), Bools({}, {true})));
  EXPECT_TRUE(Same(HasKey(erased, I32({}, {1})), Bools({}, {false})));
}

TEST(TensorMap, KeysAreEqualByDtypeShapeAndBits) {
  const Tensor map = Insert(Insert(Empty(), F32({}, {0}), F32({}, {1})), Strings({2}, {"ab", "c"}), F32({}, {2}));
  EXPECT_TRUE(Same(HasKey(map, F32({}, {0})), Bools({}, {true})));
  EXPECT_TRUE(Same(HasKey(map, F32({}, {-0.0f})), Bools({}, {false})));
  EXPECT_TRUE(Same(HasKey(map, I32({}, {0})), Bools({}, {false})));
  EXPECT_TRUE(Same(HasKey(map, F32({1}, {0})), Bools({}, {false})));
  EXPECT_TRUE(Same(HasKey(map, Strings({2}, {"ab", "c"})), Bools({}, {true})));
  EXPECT_TRUE(Same(HasKey(map, Strings({2}, {"a", "bc"})), Bools({}, {false})));
  EXPECT_TRUE(Same(HasKey(map, Strings({1, 2}, {"ab", "c"})), Bools({}, {false})));
}

TEST(TensorMap, IsAddedKeyByKey) {
  const Tensor a = Insert(Insert(Empty(), I32({}, {1}), F32({}, {1})), I32({}, {2}), F32({}, {2}));
  const Tensor b = Insert(Insert(Empty(), I32({}, {2}), F32({}, {10})), I32({}, {3}), F32({}, {20}));
  const Tensor sum = Only(OpTester("AddN").Attr("N", 2).Input(a).Input(b).Run());
  EXPECT_TRUE(Same(Lookup(sum, I32({}, {1}), DType::kFloat), F32({}, {1})));
  EXPECT_TRUE(Same(Lookup(sum, I32({}, {2}), DType::kFloat), F32({}, {12})));
  EXPECT_TRUE(Same(Lookup(sum, I32({}, {3}), DType::kFloat), F32({}, {20})));
  EXPECT_TRUE(Same(Lookup(a, I32({}, {2}), DType::kFloat), F32({}, {2})));
  EXPECT_TRUE(Same(SizeOf(Only(OpTester("ZerosLike").Input(a).Run())), I32({}, {0})));
  EXPECT_TRUE(
      Fails(OpTester("AddN").Attr("N", 2).Input(a).Input(Insert(b, I32({}, {1}), I32({}, {1}))).Run(), "cannot add"));
}

TEST(TensorMap, KeysAreStacked) {
  const Tensor map = Insert(Insert(Empty(), I64({2}, {3, 4}), F32({}, {1})), I64({2}, {1, 2}), F32({}, {2}));
  EXPECT_TRUE(Same(Keys(map, DType::kInt64), I64({2, 2}, {1, 2, 3, 4})));
  EXPECT_TRUE(Fails(Keys(map, DType::kInt32), "want keys of int32"));
  EXPECT_TRUE(Fails(Keys(Insert(map, I64({1}, {1}), F32({}, {1})), DType::kInt64), "got one of int64"));
  EXPECT_TRUE(Fails(Keys(Empty(), DType::kInt64), "the map is empty"));
}

TEST(TensorMap, SaysWhatIsWrong) {
  const Tensor map = Insert(Empty(), I32({}, {1}), F32({}, {1}));
  EXPECT_TRUE(Fails(Lookup(map, I32({}, {2}), DType::kFloat), "no such key"));
  EXPECT_TRUE(Fails(Lookup(map, I32({}, {1}), DType::kDouble), "the value is float32, want float64"));
  EXPECT_TRUE(Fails(Erase(map, I32({}, {2})), "no such key"));
  EXPECT_TRUE(Fails(OpTester("TensorMapSize").Input(Zeros(DType::kVariant, {})).Run(), "never set"));
  EXPECT_TRUE(Fails(OpTester("TensorMapSize").Input(Zeros(DType::kVariant, {2})).Run(), "want one map"));
  const Tensor none = Only(OpTester("OptionalNone").Run());
  EXPECT_TRUE(Fails(OpTester("TensorMapSize").Input(none).Run(), "want a tensor map, got a optional"));
}

}  // namespace
}  // namespace rivulet
