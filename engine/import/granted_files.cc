#include "engine/import/granted_files.h"

#include <algorithm>

#include "engine/base/errors.h"
#include "engine/base/glob.h"
#include "engine/base/sort.h"

namespace rivulet {
namespace {

// A graph names one checkpoint; one that makes up names would otherwise open a file for each.
constexpr size_t kMostCheckpoints = 16;

// Folders and files that one pattern may look at.
constexpr size_t kMostLookedAt = 10'000;
// And its length, as for any path.
constexpr size_t kLongestPattern = 4096;

// Looks for what the parts of a pattern name, folder by folder.
class Search {
 public:
  Search(const Folder& folder, std::string_view pattern) : folder_(folder) {
    for (size_t begin = 0; begin < pattern.size();) {
      const size_t end = std::min(pattern.find('/', begin), pattern.size());
      if (end > begin) parts_.emplace_back(pattern.substr(begin, end - begin));
      begin = end + 1;
    }
  }

  Status From(const std::string& path, size_t part) {
    if (part == parts_.size()) {
      if (folder_.Has(path)) found_.push_back(folder_.Describe(path));
      return Status();
    }
    const std::string start = path.empty() ? "" : path + "/";
    if (!IsGlob(parts_[part])) return From(start + parts_[part], part + 1);
    const std::vector<std::string> names = folder_.List(path);
    looked_at_ += names.size();
    if (names.size() >= Folder::kMostListed || looked_at_ > kMostLookedAt) {
      return ResourceExhausted("there are too many files to look for ", Quoted(parts_[part]));
    }
    for (const std::string& name : names) {
      if (GlobMatches(parts_[part], name)) RIVULET_RETURN_IF_ERROR(From(start + name, part + 1));
    }
    return Status();
  }

  std::vector<std::string> Take() {
    Sort(found_.begin(), found_.end());
    return std::move(found_);
  }

 private:
  const Folder& folder_;
  std::vector<std::string> parts_;
  std::vector<std::string> found_;
  size_t looked_at_ = 0;
};

}  // namespace

Result<GrantedFiles::Place> GrantedFiles::Granted(const std::string& path) const {
  for (const auto& folder : folders_) {
    const std::string& start = folder->path();
    if (path.size() <= start.size() + 1 || !path.starts_with(start) || path[start.size()] != '/') continue;
    std::string inside = path.substr(start.size() + 1);
    // "FOLDER//x" would leave an absolute path.
    inside.erase(0, std::min(inside.find_first_not_of('/'), inside.size()));
    if (CheckInside(inside).ok()) return Place{folder, std::move(inside)};
  }
  return Status(Code::kPermissionDenied, Cat(Quoted(path), ": the model may read files of its own folder only"));
}

bool GrantedFiles::HasCheckpoint(const std::string& prefix) const {
  const Result<Place> place = Granted(prefix);
  return place.ok() && (place->folder->Has(place->inside + ".index") || place->folder->Has(place->inside));
}

Result<std::shared_ptr<const CheckpointReader>> GrantedFiles::Checkpoint(const std::string& prefix) {
  RIVULET_ASSIGN_OR_RETURN(const Place place, Granted(prefix));
  std::lock_guard<std::mutex> lock(mutex_);
  const auto known = checkpoints_.find(prefix);
  if (known != checkpoints_.end()) return known->second;
  if (checkpoints_.size() >= kMostCheckpoints) {
    return ResourceExhausted("the model opens more than ", static_cast<uint64_t>(kMostCheckpoints), " checkpoints");
  }
  RIVULET_ASSIGN_OR_RETURN(auto reader, CheckpointReader::Open(place.folder, place.inside, options_));
  checkpoints_.emplace(prefix, reader);
  return reader;
}

Result<Tensor> GrantedFiles::ReadVariable(const std::string& prefix, const std::string& name, const std::string& slice,
                                          DType dtype, Allocator& allocator) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<const CheckpointReader> reader, Checkpoint(prefix));
  const CheckpointReader::Entry* entry = reader->Find(name);
  if (entry != nullptr && entry->dtype != dtype) {
    return InvalidArgument("tensor ", Quoted(name), ": want ", dtype, ", the checkpoint has ", entry->dtype);
  }
  return reader->ReadSlice(name, slice, allocator);
}

Result<FileBytes> GrantedFiles::ReadFile(const std::string& path) {
  RIVULET_ASSIGN_OR_RETURN(const Place place, Granted(path));
  return place.folder->Open(place.inside);
}

Result<std::vector<std::string>> GrantedFiles::Match(const std::string& pattern) {
  if (pattern.size() > kLongestPattern) {
    return InvalidArgument("want a pattern of at most ", kLongestPattern, " bytes, got ", pattern.size());
  }
  RIVULET_ASSIGN_OR_RETURN(const Place place, Granted(pattern));
  if (!IsGlob(place.inside)) {
    return place.folder->Has(place.inside) ? std::vector<std::string>{pattern} : std::vector<std::string>();
  }
  Search search(*place.folder, place.inside);
  RIVULET_RETURN_IF_ERROR(search.From("", 0));
  return search.Take();
}

void GrantedFiles::DropPages() {
  std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [prefix, reader] : checkpoints_) reader->DropPages();
}

}  // namespace rivulet
