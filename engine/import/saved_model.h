// SavedModel: several MetaGraphDefs of one model, told apart by their tags.
#ifndef RIVULET_ENGINE_IMPORT_SAVED_MODEL_H_
#define RIVULET_ENGINE_IMPORT_SAVED_MODEL_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/import/meta_graph.h"

namespace rivulet {

// The MetaGraphDef whose tags are exactly `tags`. Empty: the one with "serve", else the only one. NOT_FOUND lists those
// there are.
Result<MetaGraph> ReadSavedModel(std::span<const uint8_t> bytes, const std::shared_ptr<void>& owner,
                                 const std::vector<std::string>& tags, const Limits& limits, Allocator& allocator);

// Whether wire bytes are a SavedModel: the schema's version, then graphs.
bool LooksLikeSavedModel(std::span<const uint8_t> bytes);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_SAVED_MODEL_H_
