// The half of inspect that tells what a model has besides its graph: signatures, variables, assets, exported functions.
#ifndef RIVULET_CLI_INSPECT_SETUP_H_
#define RIVULET_CLI_INSPECT_SETUP_H_

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/inspect_checkpoint.h"
#include "rivulet/model.h"

namespace rivulet::cli {

// "SavedModel, TF 2.11, tags serve"
std::string FormatLine(const Model& model);

void PrintSetup(const Model& model, const std::optional<CheckpointInfo>& checkpoint, bool all_variables);
void AddSetup(const Model& model, const std::optional<CheckpointInfo>& checkpoint, nlohmann::json* json);

// Pieces after a title, broken into lines.
void PrintPieces(const char* title, const std::vector<std::string>& pieces);

// Null for an unknown rank.
// Whether the input need not be fed: the signature has a value for it, or the graph has.
bool HasDefault(const Model& model, const SignatureTensor& input);

nlohmann::json ShapeJson(const Shape& shape);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_INSPECT_SETUP_H_
