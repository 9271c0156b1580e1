#include "engine/import/checkpoint.h"

#include <algorithm>
#include <cstdio>

#include "engine/base/checked.h"
#include "engine/base/errors.h"
#include "engine/base/sort.h"
#include "engine/import/sorted_table.h"

namespace rivulet {
namespace {

// Parts of one tensor are compared pairwise.
constexpr size_t kMostSlices = 4096;

// The parts' boxes, when they fill the shape without overlap.
Result<std::vector<TensorSlice>> ResolveParts(const CheckpointReader::Entry& entry) {
  if (entry.slices.size() > kMostSlices) {
    return ResourceExhausted(static_cast<uint64_t>(entry.slices.size()), " slices; at most ",
                             static_cast<uint64_t>(kMostSlices), " are read");
  }
  std::vector<TensorSlice> boxes;
  CheckedSize covered = 0;
  for (const TensorSlice& slice : entry.slices) {
    Result<TensorSlice> box = Resolve(slice, entry.shape);
    if (!box.ok()) return DataLoss(box.status().message());
    covered += ShapeOf(*box).num_elements();
    TensorSlice common;
    for (const TensorSlice& other : boxes) {
      if (Intersect(*box, other, &common)) {
        return DataLoss("slices ", Quoted(other.ToString()), " and ", Quoted(box->ToString()), " overlap");
      }
    }
    boxes.push_back(*std::move(box));
  }
  if (!covered.valid() || covered.value() != entry.shape.num_elements()) {
    return DataLoss("the slices cover ", covered.valid() ? covered.value() : 0, " of ", entry.shape.num_elements(),
                    " elements");
  }
  return boxes;
}

}  // namespace

Result<std::shared_ptr<const CheckpointReader>> CheckpointReader::Open(std::shared_ptr<const FileSource> files,
                                                                       const std::string& prefix,
                                                                       const Options& options) {
  auto v2 = OpenCheckpointV2(files, prefix, options);
  if (v2.ok() || v2.status().code() != Code::kNotFound) return v2;
  auto v1 = OpenCheckpointV1(files, prefix, options);
  if (!v1.ok() && v1.status().code() == Code::kNotFound) return v2;  // its message names the file that is wanted
  return v1;
}

Status CheckpointReader::Finish(std::vector<Entry> entries) {
  entries_ = std::move(entries);
  StableSort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  for (size_t i = 1; i < entries_.size(); ++i) {
    if (entries_[i].name == entries_[i - 1].name) {
      return DataLoss("tensor ", Quoted(entries_[i].name), " is there twice");
    }
  }
  return Status();
}

std::vector<std::string> CheckpointReader::Names() const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) names.push_back(entry.name);
  return names;
}

const CheckpointReader::Entry* CheckpointReader::Find(std::string_view name) const {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), name,
                                   [](const Entry& entry, std::string_view n) { return entry.name < n; });
  return at != entries_.end() && at->name == name ? &*at : nullptr;
}

Result<Tensor> CheckpointReader::Read(std::string_view name, Allocator& allocator) const {
  return ReadSlice(name, "", allocator);
}

Result<Tensor> CheckpointReader::ReadSlice(std::string_view name, std::string_view spec, Allocator& allocator) const {
  const Entry* entry = Find(name);
  if (entry == nullptr) {
    std::vector<std::string_view> names;
    for (const Entry& candidate : entries_) names.push_back(candidate.name);
    const std::string near = NearestNames(name, names);
    return NotFound(Quoted(prefix_), ": no tensor is called ", Quoted(name), near.empty() ? "" : "; did you mean ",
                    near, near.empty() ? "" : "?");
  }
  TensorSlice box;
  Shape full = entry->shape;
  for (int axis = 0; axis < full.rank(); ++axis) box.extents.push_back({0, full[axis]});
  Result<Tensor> tensor = [&]() -> Result<Tensor> {
    if (!spec.empty()) {
      RIVULET_ASSIGN_OR_RETURN(ShapeAndSlice wanted, ParseShapeAndSlice(spec));
      if (!(wanted.full == full)) {
        return InvalidArgument("slice ", Quoted(spec), " is of a tensor of shape ", wanted.full,
                               ", the checkpoint has ", full);
      }
      box = std::move(wanted.slice);
    }
    return ReadBox(*entry, box, allocator);
  }();
  if (tensor.ok()) return tensor;
  return std::move(tensor).status().Framed(Cat(Quoted(prefix_), ": tensor ", Quoted(name)));
}

Result<Tensor> CheckpointReader::ReadBox(const Entry& entry, const TensorSlice& box, Allocator& allocator) const {
  std::vector<TensorSlice> boxes;
  TensorSlice whole;
  for (int axis = 0; axis < entry.shape.rank(); ++axis) whole.extents.push_back({0, entry.shape[axis]});
  const bool is_stored_whole = entry.slices.empty();
  if (is_stored_whole) {
    boxes.push_back(whole);
  } else {
    RIVULET_ASSIGN_OR_RETURN(boxes, ResolveParts(entry));
  }
  for (size_t i = 0; i < boxes.size(); ++i) {
    if (boxes[i] == box) return ReadPart(entry, is_stored_whole ? whole : entry.slices[i], box, allocator);
  }
  if (StoredBytes(entry.dtype) == 0) {
    return Unimplemented("type ", IsKnown(entry.dtype) ? Name(entry.dtype) : "unknown", " is not read");
  }
  RIVULET_ASSIGN_OR_RETURN(Tensor out, Tensor::Allocate(entry.dtype, ShapeOf(box), allocator));
  if (out.num_elements() == 0) return out;
  const size_t element = entry.dtype == DType::kString ? 0 : ElementBytes(entry.dtype);
  for (size_t i = 0; i < boxes.size(); ++i) {
    TensorSlice common;
    if (!Intersect(boxes[i], box, &common)) continue;
    RIVULET_ASSIGN_OR_RETURN(const Tensor part,
                             ReadPart(entry, is_stored_whole ? whole : entry.slices[i], boxes[i], allocator));
    CopyBox(common, boxes[i], part.raw(), box, out.raw(), element);
  }
  return out;
}

std::string CheckpointPrefix(const std::string& path) {
  if (path.ends_with(".index")) return path.substr(0, path.size() - 6);
  const size_t data = path.rfind(".data-");
  if (data != std::string::npos && path.size() == data + 20 && path.substr(data + 11, 4) == "-of-") {
    return path.substr(0, data);
  }
  return path;
}

std::string ShardFile(const std::string& stem, int64_t shard, int64_t shards) {
  char digits[64];
  std::snprintf(digits, sizeof(digits), "-%05lld-of-%05lld", static_cast<long long>(shard),
                static_cast<long long>(shards));
  return stem + digits;
}

}  // namespace rivulet
