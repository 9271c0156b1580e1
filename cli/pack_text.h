// What a pack says of itself, for people and as JSON: of pack, check and inspect.
#ifndef RIVULET_CLI_PACK_TEXT_H_
#define RIVULET_CLI_PACK_TEXT_H_

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "prepare/pack_metadata.h"
#include "rivulet/model.h"

namespace rivulet::cli {

// The metadata of a pack; nothing for other models. Messages start with the model's name.
Result<std::optional<prepare::PackMetadata>> MetadataOf(const Model& model);

// Lines: what to feed, what comes out, labels, samples, card.
std::string PackText(const prepare::PackMetadata& metadata);
nlohmann::json PackJson(const prepare::PackMetadata& metadata);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_PACK_TEXT_H_
