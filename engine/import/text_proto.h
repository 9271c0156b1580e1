// Models in protobuf's text format (.pbtxt), turned into wire bytes that the binary importers then read.
#ifndef RIVULET_ENGINE_IMPORT_TEXT_PROTO_H_
#define RIVULET_ENGINE_IMPORT_TEXT_PROTO_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "rivulet/limits.h"
#include "rivulet/status.h"

namespace rivulet {

enum class TextRoot { kGraphDef, kMetaGraphDef, kSavedModel, kCheckpointState };

// Which of the first three the text is, by its first field; a GraphDef when that says nothing.
TextRoot TextRootOf(std::string_view text);

// Messages name line and column. Nesting is bounded by limits.nesting_depth.
Result<std::vector<uint8_t>> TextToWire(std::string_view text, TextRoot root, const Limits& limits);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_TEXT_PROTO_H_
