#include "engine/import/granted_files.h"

#include <algorithm>

#include "engine/base/errors.h"

namespace rivulet {
namespace {

// A graph names one checkpoint; one that makes up names would otherwise open a file for each.
constexpr size_t kMostCheckpoints = 16;

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

void GrantedFiles::DropPages() {
  std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [prefix, reader] : checkpoints_) reader->DropPages();
}

}  // namespace rivulet
