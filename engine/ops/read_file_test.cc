#include "engine/ops/model_files_test_kit.h"
#include "engine/ops/op.h"
#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

class ReadFile : public testing::Test {
 protected:
  void SetUp() override {
    if (FindOp("ReadFile") == nullptr) GTEST_SKIP() << "this build has no ReadFile";
  }
  FilesInMemory files_{{{"m/b.txt", "two\n"}, {"m/a.txt", std::string("\0x", 2)}, {"n/a.txt", "one"}}};
};

TEST_F(ReadFile, AllOfIt) {
  EXPECT_TRUE(Same(OpTester("ReadFile").Input(Strings({}, {"m/b.txt"})).Files(&files_).Run(), Strings({}, {"two\n"})));
  EXPECT_EQ((*OpTester("ReadFile").Input(Strings({}, {"m/a.txt"})).Files(&files_).Run())[0].data<std::string>()[0],
            std::string("\0x", 2));
}

TEST_F(ReadFile, SaysWhatIsWrong) {
  EXPECT_EQ(OpTester("ReadFile").Input(Strings({}, {"/etc/passwd"})).Files(&files_).Run().status().code(),
            Code::kPermissionDenied);
  EXPECT_TRUE(Fails(OpTester("ReadFile").Input(Strings({}, {"m/b.txt"})).Run(), "no files came with the model"));
  EXPECT_TRUE(Fails(OpTester("ReadFile").Input(Strings({1}, {"m/b.txt"})).Files(&files_).Run(), "rank"));
  FilesInMemory large({{"x", std::string(1 << 16, 'x')}});
  EXPECT_EQ(OpTester("ReadFile").Input(Strings({}, {"x"})).Files(&large).Budget(1 << 12).Run().status().code(),
            Code::kResourceExhausted);
}

TEST_F(ReadFile, MatchingFilesAreSortedOverAllPatterns) {
  const auto match = [this](const Tensor& patterns) {
    return OpTester("MatchingFiles").Input(patterns).Files(&files_).Run();
  };
  EXPECT_TRUE(Same(match(Strings({}, {"m/*"})), Strings({2}, {"m/a.txt", "m/b.txt"})));
  EXPECT_TRUE(Same(match(Strings({2}, {"n/a*", "m/*"})), Strings({3}, {"m/a.txt", "m/b.txt", "n/a.txt"})));
  EXPECT_TRUE(Same(match(Strings({2}, {"n/a*", "n/*"})), Strings({2}, {"n/a.txt", "n/a.txt"})));
  EXPECT_TRUE(Same(match(Strings({}, {"none"})), Strings({0}, {})));
  EXPECT_TRUE(Fails(match(Strings({1, 1}, {"m/*"})), "want a pattern or a vector of them"));
  EXPECT_TRUE(Fails(OpTester("MatchingFiles").Input(Strings({}, {"m/*"})).Run(), "no files came with the model"));
}

}  // namespace
}  // namespace rivulet
