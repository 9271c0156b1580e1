#include "cli/inspect_checkpoint.h"

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/base/errors.h"
#include "engine/import/checkpoint.h"
#include "engine/import/checkpoint_state.h"
#include "engine/import/object_graph.h"
#include "engine/import/sorted_table.h"

namespace rivulet::cli {
namespace {

constexpr std::string_view kValueSuffix = "/.ATTRIBUTES/VARIABLE_VALUE";

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

FolderOptions OptionsOf(bool follow_links) {
  FolderOptions options;
  options.follow_links = follow_links;
  return options;
}

}  // namespace

std::string CheckpointOf(const std::string& path, bool follow_links, Status* status) {
  const int64_t most = Limits().file_bytes;
  if (IsFolder(path)) {
    auto folder = Folder::OpenFolder(path, OptionsOf(follow_links));
    if (!folder.ok() || (*folder)->Has("saved_model.pb") || (*folder)->Has("saved_model.pbtxt") ||
        !(*folder)->Has("checkpoint")) {
      return "";
    }
    auto prefix = LatestCheckpoint(**folder, Limits());
    if (prefix.ok()) return (*folder)->Describe(*prefix);
    *status = std::move(prefix).status();
    return "";
  }
  const std::string prefix = CheckpointPrefix(path);
  if (OpenFile(prefix + ".index", FileAccess::kMap, most).ok()) return prefix;
  const auto file = OpenFile(path, FileAccess::kMap, most);
  return file.ok() && LooksLikeSortedTable(file->bytes) ? path : "";
}

Result<CheckpointInfo> ReadCheckpointInfo(const std::string& prefix, bool follow_links) {
  RIVULET_ASSIGN_OR_RETURN(const auto folder, Folder::OpenFolder(FolderOf(prefix), OptionsOf(follow_links)));
  RIVULET_ASSIGN_OR_RETURN(const auto reader, CheckpointReader::Open(folder, prefix.substr(prefix.rfind('/') + 1), {}));
  CheckpointInfo info;
  info.prefix = prefix;
  info.version = reader->version();
  std::map<std::string, std::string> full_names;
  if (reader->Find(kObjectGraphKey) != nullptr) {
    auto allocator = Allocator::Create();
    RIVULET_ASSIGN_OR_RETURN(const Tensor graph, reader->Read(kObjectGraphKey, *allocator));
    if (graph.dtype() == DType::kString && graph.num_elements() == 1) {
      const std::string& bytes = graph.data<std::string>()[0];
      auto values = ReadTrackedValues({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, Limits());
      if (!values.ok()) return std::move(values).status().Framed(Cat(Quoted(prefix), ": object graph"));
      for (const TrackedValue& value : *values) full_names[value.key] = value.full_name;
    }
  }
  for (const CheckpointReader::Entry& entry : reader->entries()) {
    if (entry.name == kObjectGraphKey) continue;
    VariableInfo variable;
    variable.key = entry.name;
    variable.name =
        entry.name.ends_with(kValueSuffix) ? entry.name.substr(0, entry.name.size() - kValueSuffix.size()) : entry.name;
    variable.full_name = full_names[entry.name];
    variable.dtype = entry.dtype;
    variable.shape = entry.shape;
    variable.bytes = entry.bytes;
    variable.slices = entry.slices.size();
    info.bytes += entry.bytes;
    info.variables.push_back(std::move(variable));
  }
  return info;
}

nlohmann::json ToJson(const CheckpointInfo& info) {
  nlohmann::json json = {{"format", Cat("checkpoint V", info.version)},
                         {"prefix", info.prefix},
                         {"bytes", info.bytes},
                         {"variables", nlohmann::json::array()}};
  for (const VariableInfo& variable : info.variables) {
    json["variables"].push_back(
        {{"name", variable.name},
         {"key", variable.key},
         {"full_name", variable.full_name},
         {"dtype", Name(variable.dtype)},
         {"shape", std::vector<int64_t>(variable.shape.dims().begin(), variable.shape.dims().end())},
         {"bytes", variable.bytes},
         {"slices", variable.slices}});
  }
  return json;
}

void PrintVariables(const CheckpointInfo& info, size_t most) {
  for (size_t i = 0; i < info.variables.size() && i < most; ++i) {
    const VariableInfo& variable = info.variables[i];
    std::printf("variable    %-40s %s%s  %lld bytes%s\n", variable.name.c_str(),
                std::string(Name(variable.dtype)).c_str(), variable.shape.ToString().c_str(),
                static_cast<long long>(variable.bytes),
                variable.slices == 0 ? "" : Cat(" in ", static_cast<uint64_t>(variable.slices), " slices").c_str());
  }
  if (info.variables.size() > most) std::printf("            … %zu more (--variables)\n", info.variables.size() - most);
}

}  // namespace rivulet::cli
