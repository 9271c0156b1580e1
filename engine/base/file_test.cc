#include "engine/base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

namespace rivulet {
namespace {

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/rivulet-file-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    for (const std::string& name : Names()) unlink((folder_ + "/" + name).c_str());
    rmdir(folder_.c_str());
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    DIR* dir = opendir(folder_.c_str());
    while (const dirent* entry = readdir(dir)) {
      if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    }
    closedir(dir);
    return names;
  }
  std::string Read(const std::string& path) const {
    auto file = OpenFile(path, FileAccess::kRead, 1 << 20);
    return file.ok() ? std::string(file->bytes.begin(), file->bytes.end()) : file.status().ToString();
  }
  static Status Save(const std::string& path, std::string_view text) {
    return SaveFile(path, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
  std::string folder_;
};

TEST_F(FileTest, SavesAndReads) {
  const std::string path = folder_ + "/f";
  ASSERT_TRUE(Save(path, "old").ok());
  ASSERT_TRUE(Save(path, "new text").ok());
  EXPECT_EQ(Read(path), "new text");
  auto mapped = OpenFile(path, FileAccess::kMap, 1 << 20);
  ASSERT_TRUE(mapped.ok());
  EXPECT_TRUE(mapped->is_mapped);
  EXPECT_EQ(std::string(mapped->bytes.begin(), mapped->bytes.end()), "new text");
  EXPECT_TRUE(OpenFile(path, FileAccess::kMap, 8).ok());
  EXPECT_EQ(OpenFile(path, FileAccess::kMap, 7).status().code(), Code::kResourceExhausted);
}

// Whichever system call fails, the file holds the old text or the new one, and no temporary stays.
TEST_F(FileTest, SavingIsWholeWhateverFails) {
  const std::string path = folder_ + "/f";
  for (const bool all_later : {false, true}) {
    bool finished = false;
    for (int64_t n = 1; n < 50 && !finished; ++n) {
      ASSERT_TRUE(Save(path, "old").ok());
      FailNthFileCall(n, all_later);
      const Status status = Save(path, "new");
      FailNthFileCall(0, false);
      finished = status.ok();
      EXPECT_EQ(Read(path), finished ? "new" : "old");
      if (!finished) EXPECT_NE(status.message().find(path), std::string_view::npos);
      EXPECT_EQ(Names().size(), 1u);
    }
    EXPECT_TRUE(finished);
  }
}

// What is no file takes the bytes and stays what it is.
TEST_F(FileTest, PipesAreWrittenInto) {
  const std::string path = folder_ + "/pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const int reader = open(path.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  const Status status = Save(path, "text");
  EXPECT_TRUE(status.ok()) << status.ToString();
  char got[16] = {};
  EXPECT_EQ(read(reader, got, sizeof(got)), 4);
  EXPECT_EQ(std::string(got), "text");
  close(reader);
  struct stat info;
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_TRUE(S_ISFIFO(info.st_mode));
  EXPECT_EQ(Names().size(), 1u);
}

// As stdout is named where it was turned into a file: what the caller has open gets the bytes, behind what is in it.
TEST_F(FileTest, AnOpenDescriptorIsWrittenInto) {
  const std::string path = folder_ + "/f";
  ASSERT_TRUE(Save(path, "old ").ok());
  const int open_file = open(path.c_str(), O_WRONLY);
  ASSERT_GE(open_file, 0);
  const Status status = Save("/proc/self/fd/" + std::to_string(open_file), "new");
  close(open_file);
  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(Read(path), "old new");
}

TEST_F(FileTest, OpeningFailsWithItsReason) {
  const std::string path = folder_ + "/f";
  ASSERT_TRUE(Save(path, "text").ok());
  for (const FileAccess access : {FileAccess::kMap, FileAccess::kRead}) {
    bool finished = false;
    for (int64_t n = 1; n < 20 && !finished; ++n) {
      FailNthFileCall(n, true);
      auto file = OpenFile(path, access, 1 << 20);
      FailNthFileCall(0, false);
      finished = file.ok();
      if (!finished) EXPECT_NE(file.status().message().find(path), std::string_view::npos);
    }
    EXPECT_TRUE(finished);
  }
}

TEST_F(FileTest, NoFolderToSaveIn) { EXPECT_EQ(Save(folder_ + "/none/f", "x").code(), Code::kNotFound); }

}  // namespace
}  // namespace rivulet
