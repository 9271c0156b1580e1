#include "cli/graph_output.h"

#include <filesystem>
#include <set>

#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "engine/base/staged_file.h"
#include "prepare/graph_text.h"
#include "prepare/memmapped.h"
#include "prepare/squeeze/squeezed_file.h"

namespace rivulet::cli {

Result<GraphFormat> FormatFor(const std::string& path, const std::string& format) {
  const auto ends = [&](std::string_view end) { return format.empty() ? path.ends_with(end) : false; };
  if (format == "pb" || ends(".pb")) return GraphFormat::kBinary;
  if (format == "pbtxt" || ends(".pbtxt")) return GraphFormat::kText;
  if (format == "memmapped" || ends(".mmap")) return GraphFormat::kMemmapped;
  if (!format.empty()) return InvalidArgument("--format: want pb, pbtxt or memmapped, got ", Quoted(format));
  return InvalidArgument("--out ", Quoted(path),
                         ": want .pb, .pbtxt or .mmap at its end, or --format (rivulet pack writes .rivulet)");
}

Result<GraphFormat> FormatOrRivuletFor(const std::string& path, const std::string& format) {
  if (WantRivulet(path, format).ok()) return GraphFormat::kRivulet;
  const Result<GraphFormat> found = FormatFor(path, format);
  if (found.ok()) return found;
  if (!format.empty()) return InvalidArgument("--format: want pb, pbtxt, memmapped or rivulet, got ", Quoted(format));
  return InvalidArgument("--out ", Quoted(path), ": want .pb, .pbtxt, .mmap or .rivulet at its end, or --format");
}

Status WantRivulet(const std::string& path, const std::string& format) {
  if (format == "rivulet" || (format.empty() && path.ends_with(".rivulet"))) return Status();
  if (!format.empty()) return InvalidArgument("--format: want rivulet, got ", Quoted(format));
  return InvalidArgument("--out ", Quoted(path), ": want .rivulet at its end");
}

Result<std::string> ToFileBytes(const prepare::GraphDef& graph, GraphFormat format) {
  if (format == GraphFormat::kText) return prepare::ToGraphText(graph);
  if (format == GraphFormat::kBinary) return prepare::Serialize(graph);
  constexpr int64_t kLeastCoded = 256;  // bytes of a weight
  if (format == GraphFormat::kRivulet) return prepare::SqueezeLossless(graph, kLeastCoded);
  constexpr int64_t kSmallestRegion = 1024;
  RIVULET_ASSIGN_OR_RETURN(prepare::MemmappedFile file, prepare::ToMemmapped(graph, kSmallestRegion));
  return std::move(file.bytes);
}

std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

Status SaveBytes(const std::string& bytes, const std::string& path) { return SaveFile(path, AsBytes(bytes)); }

Status CheckCanSaveAll(const std::vector<std::string>& paths) {
  std::set<std::filesystem::path> seen;
  for (const std::string& path : paths) {
    if (path.empty()) continue;
    RIVULET_RETURN_IF_ERROR(CheckCanSave(path));
    std::error_code error;
    const bool is_device = std::filesystem::is_other(path, error) || std::filesystem::is_character_file(path, error);
    if (!is_device && !seen.insert(std::filesystem::weakly_canonical(path, error)).second) {
      return InvalidArgument(Quoted(path), ": two files are to be written there");
    }
  }
  return Status();
}

}  // namespace rivulet::cli
