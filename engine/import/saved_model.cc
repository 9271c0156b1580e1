#include "engine/import/saved_model.h"

#include <algorithm>
#include <set>

#include "engine/base/errors.h"

namespace rivulet {
namespace {

constexpr int64_t kSchemaVersion = 1;
// How many sets of tags a message lists.
constexpr size_t kMostListed = 10;

std::string TagList(const std::set<std::string>& tags) {
  std::string out;
  for (const std::string& tag : tags) out += Cat(out.empty() ? "" : ", ", Quoted(tag));
  return "[" + out + "]";
}

}  // namespace

Result<MetaGraph> ReadSavedModel(std::span<const uint8_t> bytes, const std::shared_ptr<void>& owner,
                                 const std::vector<std::string>& tags, const Limits& limits, Allocator& allocator) {
  std::vector<WireCursor> graphs;
  std::vector<std::set<std::string>> sets;
  int64_t version = 0;
  WireCursor file(bytes, 0);
  while (file.Next()) {
    if (file.field() == 1) {
      version = file.Int();
    } else if (file.field() == 2) {
      const WireCursor graph = file.Message();
      RIVULET_ASSIGN_OR_RETURN(const std::vector<std::string> own, ReadTags(graph));
      sets.emplace_back(own.begin(), own.end());
      graphs.push_back(graph);
    } else {
      file.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(file.status());
  if (version != kSchemaVersion) {
    return FailedPrecondition("saved_model_schema_version: want ", kSchemaVersion, ", got ", version);
  }
  if (graphs.empty()) return InvalidArgument("the SavedModel has no graph");

  std::set<std::string> wanted(tags.begin(), tags.end());
  if (tags.empty()) wanted = {"serve"};
  std::vector<size_t> found;
  for (size_t i = 0; i < sets.size(); ++i) {
    if (sets[i] == wanted) found.push_back(i);
  }
  if (found.empty() && tags.empty()) {
    for (size_t i = 0; i < sets.size(); ++i) {
      if (sets[i].contains("serve") || graphs.size() == 1) found.push_back(i);
    }
    // A module of TensorFlow Hub has two: one for training, and one without tags, which is for use.
    for (size_t i = 0, none = found.size(); i < sets.size() && none == 0; ++i) {
      if (sets[i].empty()) found.push_back(i);
    }
    if (found.size() > 1) found.clear();
  }
  if (found.size() == 1) {
    Result<MetaGraph> meta = ReadMetaGraph(graphs[found[0]], owner, limits, allocator);
    if (!meta.ok() && graphs.size() > 1) {
      return std::move(meta).status().Framed(Cat("graph with tags ", TagList(sets[found[0]])));
    }
    return meta;
  }
  if (found.size() > 1) {
    return InvalidArgument(static_cast<uint64_t>(found.size()), " graphs have the tags ", TagList(wanted),
                           "; tags must tell them apart");
  }
  std::string there;
  for (size_t i = 0; i < sets.size() && i < kMostListed; ++i) there += Cat(i == 0 ? "" : ", ", TagList(sets[i]));
  if (sets.size() > kMostListed) there += ", …";
  return NotFound("no graph has the tags ", TagList(wanted), "; there are: ", there);
}

bool LooksLikeSavedModel(std::span<const uint8_t> bytes) {
  WireCursor file(bytes, 0);
  if (!file.Next() || file.field() != 1 || file.type() != WireType::kVarint) return false;
  file.Skip();
  if (!file.Next() || file.field() != 2 || file.type() != WireType::kBytes) return false;
  // An ONNX model has its producer's name there; the first field of a graph's message is its description.
  WireCursor graph = file.Message();
  return graph.Next() && graph.field() <= 7 && graph.type() == WireType::kBytes;
}

}  // namespace rivulet
