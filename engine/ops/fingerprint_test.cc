#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(Fingerprint, Errors) {
  const auto run = [](const Tensor& data, const char* method) {
    return OpTester("Fingerprint").Input(data).ConstInput(Strings({}, {method})).Run();
  };
  EXPECT_TRUE(Fails(run(I32({1}, {1}), "md5"), "want \"farmhash64\", got 'md5'"));
  EXPECT_TRUE(Fails(run(I32({}, {1}), "farmhash64"), "rank"));
}

}  // namespace
}  // namespace rivulet
