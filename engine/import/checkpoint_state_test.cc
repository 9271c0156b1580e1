#include "engine/import/checkpoint_state.h"

#include "engine/import/import_testing.h"

namespace rivulet {
namespace {

Result<std::string> Latest(const std::string& text) {
  MemoryFiles files;
  files.files["checkpoint"] = text;
  return LatestCheckpoint(files, Limits());
}

TEST(CheckpointState, NamesTheLatest) {
  const auto latest = Latest(
      "model_checkpoint_path: \"model-2\"\nall_model_checkpoint_paths: \"model-1\"\n"
      "all_model_checkpoint_paths: \"model-2\"\nall_model_checkpoint_timestamps: 1.5e9\n"
      "last_preserved_timestamp: 1.4e9\n");
  ASSERT_TRUE(latest.ok()) << latest.status().ToString();
  EXPECT_EQ(*latest, "model-2");
  EXPECT_EQ(*Latest("model_checkpoint_path: 'deep/er/model'"), "deep/er/model");
}

// G11: the file says where to read from, so it says it within its folder.
TEST(CheckpointStateHostile, G11_PathsThatLeaveTheFolder) {
  for (const char* path : {"/etc/passwd", "../model", "a/../../model", "a/.."}) {
    ExpectErrorWith(Latest(Cat("model_checkpoint_path: '", path, "'")).status(), Code::kInvalidArgument,
                    {"'checkpoint'", "model_checkpoint_path", "leaves the model folder"});
  }
  ExpectErrorWith(Latest("model_checkpoint_path: 'a\\000b'").status(), Code::kInvalidArgument, {"zero byte"});
}

TEST(CheckpointStateHostile, TextThatIsNone) {
  ExpectErrorWith(Latest("").status(), Code::kInvalidArgument, {"'checkpoint'", "model_checkpoint_path is missing"});
  ExpectErrorWith(Latest("model_checkpoint_path: 7").status(), Code::kInvalidArgument, {"line 1, column 24"});
  ExpectErrorWith(Latest("\x7f"
                         "ELF")
                      .status(),
                  Code::kInvalidArgument, {"'checkpoint'", "line 1"});
  MemoryFiles none;
  ExpectErrorWith(LatestCheckpoint(none, Limits()).status(), Code::kNotFound, {"checkpoint"});
}

}  // namespace
}  // namespace rivulet
