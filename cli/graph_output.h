// Where a verb of the workbench leaves a graph: as which kind of file, and whole or not at all.
#ifndef RIVULET_CLI_GRAPH_OUTPUT_H_
#define RIVULET_CLI_GRAPH_OUTPUT_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prepare/graph_def.h"

namespace rivulet::cli {

enum class GraphFormat { kBinary, kText, kMemmapped, kRivulet };

// `format` is "pb", "pbtxt", "memmapped" or empty: then the path's extension says it, .pb, .pbtxt or .mmap.
Result<GraphFormat> FormatFor(const std::string& path, const std::string& format);

// The same, of a verb that writes squeezed files too: "rivulet", or .rivulet.
Result<GraphFormat> FormatOrRivuletFor(const std::string& path, const std::string& format);

// Of a verb that writes .rivulet files alone.
Status WantRivulet(const std::string& path, const std::string& format);

inline constexpr const char* kFormatHelp = "pb, pbtxt or memmapped; default: by the extension, .pb, .pbtxt, .mmap";

inline constexpr const char* kRivuletFormatHelp =
    "pb, pbtxt, memmapped or rivulet; default: by the extension, .pb, .pbtxt, .mmap, .rivulet";

// The graph as the bytes of such a file; .rivulet: with its weights coded, as they are.
Result<std::string> ToFileBytes(const prepare::GraphDef& graph, GraphFormat format);

// As files take them; the text must stay.
std::span<const uint8_t> AsBytes(std::string_view text);

// The file is the old one or the new one, never half.
Status SaveBytes(const std::string& bytes, const std::string& path);

// Files that are to appear together: an error where one cannot be saved, or where two of the names are the same file.
// Empty names are none. Asked before the work.
Status CheckCanSaveAll(const std::vector<std::string>& paths);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_GRAPH_OUTPUT_H_
