// A graph whose large constants lie squeezed in a package: engine/import/squeezed_region.h.
#ifndef RIVULET_PREPARE_SQUEEZE_SQUEEZED_FILE_H_
#define RIVULET_PREPARE_SQUEEZE_SQUEEZED_FILE_H_

#include <map>
#include <string>

#include "prepare/graph_def.h"

namespace rivulet::prepare {

// The package: constants whose name is a key lie in the region of that content, the others in the graph.
std::string WriteSqueezedFile(GraphDef graph, const std::map<std::string, std::string>& regions);

// Every constant of at least `min_bytes` bytes as WriteBytes squeezes it, where that makes it smaller.
Result<std::string> SqueezeLossless(const GraphDef& graph, int64_t min_bytes);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_SQUEEZED_FILE_H_
