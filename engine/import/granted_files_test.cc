#include "engine/import/granted_files.h"

#include <unistd.h>

#include "engine/import/import_testing.h"

namespace rivulet {
namespace {

std::shared_ptr<const Folder> FolderAt(const std::string& path) {
  auto folder = Folder::OpenFolder(path, {});
  EXPECT_TRUE(folder.ok()) << folder.status().ToString();
  return folder.ok() ? *folder : nullptr;
}

// The model's folder with the words, and others' beside it.
class GrantedFilesTest : public testing::Test {
 protected:
  GrantedFilesTest() : files_(Limits()) {
    model_ = outer_.path() + "/model";
    outer_.Write("model/assets/words.txt", "inside");
    outer_.Write("secret.txt", "outside");
    outer_.Write("model-of-others/words.txt", "outside");
    files_.Grant(FolderAt(model_));
  }
  std::string Text(const std::string& path) {
    const auto file = files_.ReadFile(path);
    if (!file.ok()) return std::string(CodeName(file.status().code()));
    return {reinterpret_cast<const char*>(file->bytes.data()), file->bytes.size()};
  }

  TempFolder outer_;
  std::string model_;
  GrantedFiles files_;
};

TEST_F(GrantedFilesTest, FilesOfTheModelsFolder) {
  EXPECT_EQ(Text(model_ + "/assets/words.txt"), "inside");
  EXPECT_EQ(Text(model_ + "//assets/./words.txt"), "inside");
  EXPECT_EQ(Text(model_ + "/assets/none.txt"), "NOT_FOUND");
}

// A18: no spelling of a path leads out.
TEST_F(GrantedFilesTest, A18_NothingElse) {
  for (const std::string& path :
       {outer_.path() + "/secret.txt", outer_.path() + "/model-of-others/words.txt", model_ + "/../secret.txt",
        model_ + "/assets/../../secret.txt", std::string("/etc/passwd"), std::string("secret.txt"), model_,
        model_ + "/", std::string(), model_ + "/" + std::string("assets\0/words.txt", 17), model_ + "/assets/.."}) {
    const Status status = files_.ReadFile(path).status();
    ExpectErrorWith(status, Code::kPermissionDenied, {"may read files of its own folder only"});
    EXPECT_FALSE(files_.HasCheckpoint(path));
  }
  ASSERT_EQ(symlink("../../secret.txt", (model_ + "/assets/link").c_str()), 0);
  ExpectErrorWith(files_.ReadFile(model_ + "/assets/link").status(), Code::kInvalidArgument,
                  {"leaves the model folder", "is a link"});
  ASSERT_EQ(symlink("../..", (model_ + "/assets/up").c_str()), 0);
  ExpectErrorWith(files_.ReadFile(model_ + "/assets/up/secret.txt").status(), Code::kInvalidArgument, {"is a link"});
  ASSERT_EQ(link((outer_.path() + "/secret.txt").c_str(), (model_ + "/assets/second").c_str()), 0);
  ExpectErrorWith(files_.ReadFile(model_ + "/assets/second").status(), Code::kInvalidArgument,
                  {"2 names (hard links)"});
}

TEST_F(GrantedFilesTest, VariablesOfACheckpoint) {
  for (const char* name : {"model.index", "model.data-00000-of-00001"}) {
    outer_.Copy(Cat(RIVULET_FORMATS_DATA, "/partitioned/", name), Cat("model/variables/", name));
  }
  const std::string prefix = model_ + "/variables/model";
  EXPECT_TRUE(files_.HasCheckpoint(prefix));
  EXPECT_FALSE(files_.HasCheckpoint(model_ + "/variables/other"));
  auto allocator = Allocator::Create();
  const auto rows = files_.ReadVariable(prefix, "rows", "", DType::kFloat, *allocator);
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ(rows->shape().ToString(), "[6,5]");
  const auto part = files_.ReadVariable(prefix, "rows", "6 5 1,2:-", DType::kFloat, *allocator);
  ASSERT_TRUE(part.ok()) << part.status().ToString();
  EXPECT_EQ(part->data<float>()[0], rows->data<float>()[5]);
  // G9: the variable and the entry must agree.
  ExpectErrorWith(files_.ReadVariable(prefix, "rows", "", DType::kInt32, *allocator).status(), Code::kInvalidArgument,
                  {"tensor 'rows'", "want int32", "has float32"});
  ExpectErrorWith(files_.ReadVariable(prefix, "rowz", "", DType::kFloat, *allocator).status(), Code::kNotFound,
                  {"'rowz'", "'rows'"});
  // One reader serves all of them.
  EXPECT_EQ(files_.Checkpoint(prefix)->get(), files_.Checkpoint(prefix)->get());
  files_.DropPages();
  EXPECT_EQ(files_.ReadVariable(prefix, "rows", "", DType::kFloat, *allocator)->data<float>()[7],
            rows->data<float>()[7]);
}

TEST_F(GrantedFilesTest, Patterns) {
  for (const char* name : {"a1", "a2", ".h", "b[1]", "x/a1"}) outer_.Write(Cat("model/d/", name), ".");
  const auto match = [this](const std::string& pattern) {
    const auto paths = files_.Match(model_ + "/" + pattern);
    if (!paths.ok()) return std::string(CodeName(paths.status().code()));
    std::string text;
    for (const std::string& path : *paths) text += path.substr(model_.size() + 1) + " ";
    return text;
  };
  EXPECT_EQ(match("d/*"), "d/.h d/a1 d/a2 d/b[1] d/x ");
  EXPECT_EQ(match("d/a?"), "d/a1 d/a2 ");
  EXPECT_EQ(match("*/*/a1"), "d/x/a1 ");
  EXPECT_EQ(match("d/a[^1]"), "d/a2 ");
  EXPECT_EQ(match("d/b\\[1\\]"), "d/b[1] ");
  EXPECT_EQ(match("*/a1"), "d/a1 ");
  EXPECT_EQ(match("d/x"), "d/x ");
  EXPECT_EQ(match("d//a1"), "d//a1 ");
  EXPECT_EQ(match("d/none"), "");
  EXPECT_EQ(match("*/none"), "");
  EXPECT_EQ(match("*/../*"), "PERMISSION_DENIED");
  EXPECT_EQ(match(std::string(5000, '*')), "INVALID_ARGUMENT");
  ExpectErrorWith(files_.Match(outer_.path() + "/*").status(), Code::kPermissionDenied,
                  {"may read files of its own folder only"});
  // A link is neither listed through nor found.
  ASSERT_EQ(symlink("../..", (model_ + "/d/up").c_str()), 0);
  EXPECT_EQ(match("d/up/*"), "");
  EXPECT_EQ(match("d/u*/*"), "");
}

// Nobody waits for a folder of many files.
TEST_F(GrantedFilesTest, PatternsOverMany) {
  for (int i = 0; i < 1001; ++i) outer_.Write(Cat("model/many/", i), "");
  ExpectErrorWith(files_.Match(model_ + "/many/*").status(), Code::kResourceExhausted, {"too many files"});
}

// A graph that makes up prefixes does not open files without end.
TEST_F(GrantedFilesTest, AFewCheckpointsOnly) {
  for (int i = 0; i < 20; ++i) {
    for (const char* end : {".index", ".data-00000-of-00001"}) {
      outer_.Copy(Cat(RIVULET_FORMATS_DATA, "/partitioned/model", end), Cat("model/c", i, end));
    }
  }
  int opened = 0;
  for (int i = 0; i < 20; ++i) opened += files_.Checkpoint(Cat(model_, "/c", i)).ok() ? 1 : 0;
  EXPECT_EQ(opened, 16);
  ExpectErrorWith(files_.Checkpoint(model_ + "/c19").status(), Code::kResourceExhausted, {"more than 16 checkpoints"});
  EXPECT_TRUE(files_.Checkpoint(model_ + "/c3").ok()) << "those that are open stay so";
}

}  // namespace
}  // namespace rivulet
