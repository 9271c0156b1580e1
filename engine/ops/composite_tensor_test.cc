#include "engine/base/object.h"
#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

// A CompositeTensorVariantMetadata whose type_spec_class is `kind`.
std::string Metadata(char kind) { return {'\n', 2, 8, kind}; }

Result<std::vector<Tensor>> Encoded(const std::string& metadata) {
  return OpTester("CompositeTensorVariantFromComponents")
      .Input(F32({2}, {1, 2}))
      .Input(I64({}, {7}))
      .Attr("metadata", metadata)
      .Attr("Tcomponents", {DType::kFloat, DType::kInt64})
      .Run();
}

Result<std::vector<Tensor>> Parts(const Tensor& encoded, const std::string& metadata, const std::vector<DType>& types) {
  return OpTester("CompositeTensorVariantToComponents")
      .Input(encoded)
      .Attr("metadata", metadata)
      .Attr("Tcomponents", types)
      .Run();
}

TEST(CompositeTensor, GivesBackWhatItConsistsOf) {
  const auto encoded = Encoded(Metadata(2));
  ASSERT_TRUE(encoded.ok()) << encoded.status().ToString();
  const Tensor& whole = (*encoded)[0];
  const auto parts = Parts(whole, Metadata(2) + "\x12\1x", {DType::kFloat, DType::kInt64});
  EXPECT_TRUE(Same(parts, F32({2}, {1, 2}), 0));
  EXPECT_TRUE(Same(parts, I64({}, {7}), 1));
  EXPECT_TRUE(Fails(Parts(whole, Metadata(3), {DType::kFloat, DType::kInt64}), "want type_spec_class 3"));
  EXPECT_TRUE(Fails(Parts(whole, Metadata(2), {DType::kFloat, DType::kInt32}), "int32"));
  EXPECT_TRUE(Fails(Parts(whole, Metadata(2), {DType::kFloat}), "want components of (float32), got (float32, int64)"));
  EXPECT_TRUE(Fails(Parts(whole, "\xff\xff", {DType::kFloat, DType::kInt64}), "attr 'metadata'"));
  EXPECT_TRUE(Fails(Encoded("\n\x7f"), "attr 'metadata'"));
}

TEST(CompositeTensor, IsNoOtherVariant) {
  EXPECT_TRUE(Fails(Parts(ScalarOf(DType::kVariant, nullptr), "", {DType::kFloat}), "a variant that was never set"));
  const auto map = OpTester("EmptyTensorMap").Run();
  ASSERT_TRUE(map.ok());
  EXPECT_TRUE(Fails(Parts((*map)[0], "", {DType::kFloat}), "want a composite tensor, got a tensor map"));
}

}  // namespace
}  // namespace rivulet
