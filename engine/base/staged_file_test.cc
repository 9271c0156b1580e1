#include "engine/base/staged_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "engine/base/file.h"

namespace rivulet {
namespace {

class StagedFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "/staged-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(const char* name) const { return folder_ + "/" + name; }
  static std::string Read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  size_t Count() const { return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder_), {})); }
  static Result<std::unique_ptr<StagedFile>> Stage(const std::string& path, std::string_view text) {
    return StagedFile::Write(path, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }

  std::string folder_;
};

TEST_F(StagedFileTest, HasItsBytesAtOnceAndItsNameLater) {
  std::ofstream(Path("f")) << "old";
  {
    const auto file = Stage(Path("f"), "new");
    ASSERT_TRUE(file.ok()) << file.status().ToString();
    EXPECT_EQ(Read((*file)->where()), "new");
    EXPECT_EQ(Read(Path("f")), "old");
    ASSERT_TRUE((*file)->Publish().ok());
    EXPECT_EQ(Read(Path("f")), "new");
  }
  EXPECT_EQ(Count(), 1u);
}

TEST_F(StagedFileTest, WhatIsNotPublishedIsGone) {
  ASSERT_TRUE(Stage(Path("f"), "new").ok());
  EXPECT_EQ(Count(), 0u);
}

TEST_F(StagedFileTest, PipesGetTheirBytesWhenPublished) {
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  const int reader = open(Path("pipe").c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  char got[8] = {};
  {
    const auto dropped = Stage(Path("pipe"), "lost");
    ASSERT_TRUE(dropped.ok());
    EXPECT_TRUE((*dropped)->where().empty());
  }
  EXPECT_EQ(read(reader, got, sizeof(got)), 0);
  const auto file = Stage(Path("pipe"), "text");
  ASSERT_TRUE(file.ok() && (*file)->Publish().ok());
  EXPECT_EQ(read(reader, got, sizeof(got)), 4);
  close(reader);
}

TEST_F(StagedFileTest, TellsBeforehandWhatCannotBeSaved) {
  ASSERT_TRUE(std::filesystem::create_directory(Path("folder")));
  std::ofstream(Path("f")) << "old";
  EXPECT_TRUE(CheckCanSave(Path("f")).ok());
  EXPECT_TRUE(CheckCanSave(Path("new")).ok());
  EXPECT_TRUE(CheckCanSave("/dev/null").ok());
  EXPECT_EQ(Read(Path("f")), "old");
  EXPECT_EQ(CheckCanSave(Path("folder")).code(), Code::kInvalidArgument);
  EXPECT_EQ(Stage(Path("folder"), "new").status().code(), Code::kInvalidArgument);
  EXPECT_EQ(CheckCanSave(Path("none/f")).code(), Code::kNotFound);
  EXPECT_EQ(CheckCanSave(Path("f/f")).code(), Code::kNotFound);
  EXPECT_EQ(Count(), 2u);
}

// A link is replaced by the file, whatever it leads to.
TEST_F(StagedFileTest, ALinkToAFolderIsReplaced) {
  ASSERT_TRUE(std::filesystem::create_directory(Path("folder")));
  std::filesystem::create_directory_symlink(Path("folder"), Path("link"));
  EXPECT_TRUE(CheckCanSave(Path("link")).ok());
  const auto file = Stage(Path("link"), "new");
  ASSERT_TRUE(file.ok() && (*file)->Publish().ok());
  EXPECT_EQ(Read(Path("link")), "new");
  EXPECT_TRUE(std::filesystem::is_directory(Path("folder")));
}

}  // namespace
}  // namespace rivulet
