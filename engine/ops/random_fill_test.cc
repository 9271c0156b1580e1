#include "engine/ops/op_test_kit.h"

#include <utility>

namespace rivulet {
namespace {

Result<std::vector<Tensor>> Numbers(const std::string& op, int32_t count, uint64_t counter) {
  return OpTester(op)
      .ConstInput(I32({1}, {count}))
      .Input(U64({1}, {42}))
      .Input(U64({2}, {counter, 7}))
      .Input(I32({}, {1}))
      .Threads(2)
      .Run();
}

// A tensor is made in pieces of 4096 numbers; each must go on where the one before ended.
TEST(RandomFill, PiecesAreOneStream) {
  const std::pair<const char*, uint64_t> kinds[] = {
      {"StatelessRandomUniformV2", 1}, {"StatelessRandomNormalV2", 1}, {"StatelessTruncatedNormalV2", 256}};
  for (const auto& [op, blocks_of_four] : kinds) {
    const auto all = Numbers(op, 5000, 0);
    const auto rest = Numbers(op, 904, 1024 * blocks_of_four);
    ASSERT_TRUE(all.ok() && rest.ok()) << all.status().ToString();
    for (int64_t i = 0; i < 904; ++i) {
      ASSERT_EQ((*all)[0].data<float>()[4096 + i], (*rest)[0].data<float>()[i]) << op << " " << i;
    }
  }
}

}  // namespace
}  // namespace rivulet
