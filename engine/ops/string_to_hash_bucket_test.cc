#include "engine/ops/fingerprint64.h"
#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(StringToHashBucket, Shapes) {
  EXPECT_EQ(OpTester("StringToHashBucketFast").Attr("num_buckets", 3).Unknown(DType::kString, {-1, 3}).InferShape(),
            "[?,3]");
  EXPECT_TRUE(Fails(OpTester("StringToHashBucketFast").Attr("num_buckets", 0).Input(Strings({}, {"a"})).Run(), "1"));
  EXPECT_TRUE(Fails(OpTester("StringToHashBucketStrong")
                        .Attr("num_buckets", 3)
                        .Attr("key", {int64_t{1}})
                        .Input(Strings({}, {"a"}))
                        .Run(),
                    "want 2 numbers, got 1"));
}

// The number itself, not only what is left of it in a bucket: its top bit, which no number of buckets shows.
TEST(Fingerprint64, OfNothing) { EXPECT_EQ(Fingerprint64(""), 0x9ae16a3b2f90404f); }

}  // namespace
}  // namespace rivulet
