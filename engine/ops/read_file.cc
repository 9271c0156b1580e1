// ReadFile and MatchingFiles: what is in a file of the model's own folder, and which files are there.
//
// A pattern has to name the folder itself as it is; * ? [set] and \ are for what is within it. No pattern leads out.
#include "engine/base/sort.h"
#include "engine/ops/model_files.h"
#include "engine/ops/text_bytes.h"

namespace rivulet {
namespace {

Status InferRead(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
  c.set_output(0, {});
  return Status();
}

Status RunRead(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(ModelFiles* const files, WantFiles(c.files()));
  RIVULET_ASSIGN_OR_RETURN(const FileBytes file, files->ReadFile(c.input(0).data<std::string>()[0]));
  TextBytes charged(c.allocator());
  RIVULET_RETURN_IF_ERROR(charged.Charge(static_cast<int64_t>(file.bytes.size())));
  c.output(0).data<std::string>()[0] = std::string(AsText(file));
  return Status();
}

Status InferMatch(InferContext& c) {
  if (c.shape(0).has_rank() && c.shape(0).rank() > 1) {
    return InvalidArgument("want a pattern or a vector of them, got ", c.shape(0));
  }
  c.set_output(0, {Shape::kUnknownDim});
  return Status();
}

Status RunMatch(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(ModelFiles* const files, WantFiles(c.files()));
  TextBytes charged(c.allocator());
  std::vector<std::string> all;
  for (int64_t i = 0; i < c.input(0).num_elements(); ++i) {
    RIVULET_RETURN_IF_ERROR(c.stop().Why());
    RIVULET_ASSIGN_OR_RETURN(std::vector<std::string> found, files->Match(c.input(0).data<std::string>()[i]));
    for (std::string& path : found) {
      RIVULET_RETURN_IF_ERROR(charged.Charge(static_cast<int64_t>(path.size() + sizeof(path))));
      all.push_back(std::move(path));
    }
  }
  Sort(all.begin(), all.end());
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, {static_cast<int64_t>(all.size())}));
  for (size_t i = 0; i < all.size(); ++i) c.output(0).data<std::string>()[i] = std::move(all[i]);
  return Status();
}

constexpr uint32_t kFlags = kStateful | kReadsFiles;

constexpr OpDef kDefs[] = {
    {.name = "ReadFile",
     .inputs = "filename:str",
     .outputs = "contents:str",
     .attrs = "",
     .infer = InferRead,
     .run = RunRead,
     .flags = kFlags},
    {.name = "MatchingFiles",
     .inputs = "pattern:str",
     .outputs = "filenames:str",
     .attrs = "",
     .infer = InferMatch,
     .run = RunMatch,
     .flags = kFlags | kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(ReadFile, kDefs);

}  // namespace rivulet
