#include "engine/base/folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace rivulet {
namespace {

class FolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/rivulet-folder-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    root_ = name;
    ASSERT_EQ(mkdir((root_ + "/model").c_str(), 0777), 0);
    ASSERT_EQ(mkdir((root_ + "/model/sub").c_str(), 0777), 0);
    Write("secret", "secret");
    Write("model/a", "one");
    Write("model/sub/b", "two");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void Write(const std::string& name, std::string_view text) const {
    ASSERT_TRUE(SaveFile(root_ + "/" + name, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}).ok());
  }
  // The file's text, or the error.
  std::string Read(const std::string& path, bool follow_links = false) const {
    FolderOptions options;
    options.follow_links = follow_links;
    auto folder = Folder::OpenFolder(root_ + "/model", options);
    EXPECT_TRUE(folder.ok()) << folder.status().ToString();
    if (!folder.ok()) return "";
    auto file = (*folder)->Open(path);
    return file.ok() ? std::string(file->bytes.begin(), file->bytes.end()) : file.status().ToString();
  }
  bool Refused(const std::string& path) const {
    return Read(path).find("leaves the model folder") != std::string::npos;
  }

  std::string root_;
};

TEST_F(FolderTest, ReadsInsideOnly) {
  EXPECT_EQ(Read("a"), "one");
  EXPECT_EQ(Read("./sub//b"), "two");
  EXPECT_TRUE(Refused("../secret"));
  EXPECT_TRUE(Refused("sub/../../secret"));
  EXPECT_TRUE(Refused("sub/.."));
  EXPECT_TRUE(Refused(root_ + "/secret"));
  EXPECT_TRUE(Read("").starts_with("INVALID_ARGUMENT"));
  EXPECT_TRUE(Read(std::string("a\0", 2)).starts_with("INVALID_ARGUMENT"));
  EXPECT_TRUE(Read("none").starts_with("NOT_FOUND")) << Read("none");
  EXPECT_TRUE(Read("sub").starts_with("INVALID_ARGUMENT")) << Read("sub");
  EXPECT_TRUE(Read("a/b").starts_with("NOT_FOUND")) << Read("a/b");
}

TEST_F(FolderTest, LinksOnlyWhenAllowed) {
  ASSERT_EQ(symlink((root_ + "/secret").c_str(), (root_ + "/model/out").c_str()), 0);
  ASSERT_EQ(symlink("a", (root_ + "/model/in").c_str()), 0);
  ASSERT_EQ(symlink(root_.c_str(), (root_ + "/model/up").c_str()), 0);
  ASSERT_EQ(link((root_ + "/secret").c_str(), (root_ + "/model/hard").c_str()), 0);
  for (const char* path : {"out", "in", "up/secret", "hard"}) {
    EXPECT_TRUE(Refused(path)) << path << ": " << Read(path);
    EXPECT_FALSE(Read(path, true).starts_with("INVALID_ARGUMENT")) << path;
  }
  EXPECT_EQ(Read("up/secret", true), "secret");
  EXPECT_EQ(Read("hard", true), "secret");
}

TEST_F(FolderTest, TheFolderItselfMayBeALink) {
  ASSERT_EQ(symlink("model", (root_ + "/alias").c_str()), 0);
  auto folder = Folder::OpenFolder(root_ + "/alias/", {});
  ASSERT_TRUE(folder.ok());
  EXPECT_TRUE((*folder)->Open("a").ok());
  EXPECT_EQ((*folder)->Describe("a"), root_ + "/alias/a");
}

TEST_F(FolderTest, ListsAndHas) {
  auto folder = Folder::OpenFolder(root_ + "/model", {});
  ASSERT_TRUE(folder.ok());
  EXPECT_EQ((*folder)->List(), (std::vector<std::string>{"a", "sub"}));
  EXPECT_EQ((*folder)->List("sub"), std::vector<std::string>{"b"});
  EXPECT_TRUE((*folder)->List("none").empty());
  EXPECT_TRUE((*folder)->Has("sub/b"));
  EXPECT_FALSE((*folder)->Has("sub/c"));
  EXPECT_FALSE((*folder)->Has("../secret"));
  EXPECT_TRUE(IsFolder(root_));
  EXPECT_FALSE(IsFolder(root_ + "/secret"));
  EXPECT_FALSE(Folder::OpenFolder(root_ + "/secret", {}).ok());
}

// Whichever system call fails, there is an error, and no descriptor stays open.
TEST_F(FolderTest, EveryCallCanFail) {
  const auto descriptors = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}); };
  const auto before = descriptors();
  int failures = 0;
  for (int64_t n = 1; n < 20; ++n) {
    FailNthFileCall(n, true);
    auto folder = Folder::OpenFolder(root_ + "/model", {FileAccess::kRead, 1 << 20, false});
    auto file = folder.ok() ? (*folder)->Open("sub/b") : Result<FileBytes>(folder.status());
    FailNthFileCall(0, false);
    if (file.ok()) break;
    ++failures;
    EXPECT_EQ(file.status().code(), Code::kUnavailable) << file.status().ToString();
  }
  EXPECT_GE(failures, 4);
  EXPECT_LT(failures, 19);
  EXPECT_EQ(descriptors(), before);
}

}  // namespace
}  // namespace rivulet
