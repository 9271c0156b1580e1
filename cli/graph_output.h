// Where a verb of the workbench leaves a graph: as which kind of file, and whole or not at all.
#ifndef RIVULET_CLI_GRAPH_OUTPUT_H_
#define RIVULET_CLI_GRAPH_OUTPUT_H_

#include <string>

#include "prepare/graph_def.h"

namespace rivulet::cli {

enum class GraphFormat { kBinary, kText, kMemmapped };

// `format` is "pb", "pbtxt", "memmapped" or empty: then the path's extension says it, .pb, .pbtxt or .mmap.
Result<GraphFormat> FormatFor(const std::string& path, const std::string& format);

inline constexpr const char* kFormatHelp = "pb, pbtxt or memmapped; default: by the extension, .pb, .pbtxt, .mmap";

// The graph as the bytes of such a file.
Result<std::string> ToFileBytes(const prepare::GraphDef& graph, GraphFormat format);

// The file is the old one or the new one, never half.
Status SaveBytes(const std::string& bytes, const std::string& path);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_GRAPH_OUTPUT_H_
