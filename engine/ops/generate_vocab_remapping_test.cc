#include "engine/ops/model_files_test_kit.h"
#include "engine/ops/op.h"
#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

class GenerateVocabRemapping : public testing::Test {
 protected:
  void SetUp() override {
    if (FindOp("GenerateVocabRemapping") == nullptr) GTEST_SKIP() << "this build has no GenerateVocabRemapping";
  }
  Result<std::vector<Tensor>> Remap(const char* now, const char* old, int64_t offset, int64_t count,
                                    int64_t old_size = -1) {
    OpTester op("GenerateVocabRemapping");
    op.Attr("new_vocab_offset", offset).Attr("num_new_vocab", count).Attr("old_vocab_size", old_size);
    return op.Input(Strings({}, {now})).Input(Strings({}, {old})).Files(&files_).Run();
  }
  FilesInMemory files_{
      {{"old", "a\nb\nc\nd\n"}, {"new", "d\r\nx\na\nb"}, {"gap", "a\n\nb\n"}, {"twice", "a\nb\na\n"}, {"empty", ""}}};
};

// TensorFlow's results, but for the texts of errors.
TEST_F(GenerateVocabRemapping, LinesOfTheOldList) {
  EXPECT_TRUE(Same(Remap("new", "old", 0, 4), I64({4}, {3, -1, 0, 1})));
  EXPECT_TRUE(Same(Remap("new", "old", 0, 4), I32({}, {3}), 1));
  EXPECT_TRUE(Same(Remap("new", "old", 1, 2), I64({2}, {-1, 0})));
  EXPECT_TRUE(Same(Remap("new", "old", 1, 0), I64({0}, {})));
  EXPECT_TRUE(Same(Remap("new", "old", 0, 4, 2), I64({4}, {-1, -1, 0, 1})));
  EXPECT_TRUE(Same(Remap("new", "old", 0, 4, 2), I32({}, {2}), 1));
  EXPECT_TRUE(Same(Remap("twice", "old", 0, 3), I64({3}, {0, 1, 0})));
}

TEST_F(GenerateVocabRemapping, SaysWhatIsWrong) {
  EXPECT_TRUE(Fails(Remap("new", "old", 3, 2), "'new', which has 4, got 2 from line 3"));
  EXPECT_TRUE(Fails(Remap("new", "old", 5, 0), "got 0 from line 5"));
  EXPECT_TRUE(Fails(Remap("new", "old", 0, 4, 9), "want at most the 4 lines of 'old', got 9"));
  EXPECT_TRUE(Fails(Remap("gap", "old", 0, 1), "'gap': line 1 is empty"));
  EXPECT_TRUE(Fails(Remap("new", "twice", 0, 4), "'twice': lines 0 and 2 are both 'a'"));
  EXPECT_TRUE(Fails(Remap("empty", "old", 0, 0), "'empty' has no lines"));
  EXPECT_TRUE(Fails(Remap("new", "empty", 0, 1), "'empty' has no lines"));
  EXPECT_TRUE(Fails(Remap("new", "old", -1, 2), "new_vocab_offset"));
  EXPECT_EQ(Remap("/etc/passwd", "old", 0, 2).status().code(), Code::kPermissionDenied);
}

}  // namespace
}  // namespace rivulet
