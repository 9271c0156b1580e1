// Text GraphDef (.pbtxt): protobuf's text format, turned into wire bytes that the binary importer then reads.
#ifndef RIVULET_ENGINE_IMPORT_TEXT_GRAPHDEF_H_
#define RIVULET_ENGINE_IMPORT_TEXT_GRAPHDEF_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "rivulet/limits.h"
#include "rivulet/status.h"

namespace rivulet {

// Messages name line and column. Nesting is bounded by limits.nesting_depth.
Result<std::vector<uint8_t>> TextGraphDefToWire(std::string_view text, const Limits& limits);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_TEXT_GRAPHDEF_H_
