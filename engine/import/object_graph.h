// The graph of Python objects that TensorFlow 2 writes beside variables: in a checkpoint (which key holds which
// object's value) and in a SavedModel (what the objects are).
#ifndef RIVULET_ENGINE_IMPORT_OBJECT_GRAPH_H_
#define RIVULET_ENGINE_IMPORT_OBJECT_GRAPH_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/wire.h"
#include "engine/graph/model_setup.h"
#include "rivulet/limits.h"

namespace rivulet {

// The tensor of a checkpoint that holds the first kind.
inline constexpr std::string_view kObjectGraphKey = "_CHECKPOINTABLE_OBJECT_GRAPH";

// Where an object's value is kept.
struct TrackedValue {
  std::string path;       // from the root: "net/layer-1/kernel"
  std::string attribute;  // "VARIABLE_VALUE" for variables
  std::string full_name;  // the variable's name in the graph, "dense/kernel"; may be empty
  std::string key;        // of the checkpoint
};
// TrackableObjectGraph, in the order of the file. Objects that no path leads to have an empty path.
Result<std::vector<TrackedValue>> ReadTrackedValues(std::span<const uint8_t> bytes, const Limits& limits);

// SavedObjectGraph; objects in the order of the file.
Result<std::vector<SavedObject>> ReadSavedObjects(WireCursor message, const Limits& limits);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_OBJECT_GRAPH_H_
