// tf.Example messages: finding features and reading their values.
//
//   Example { features = 1 }   Features { feature = 1: map<string, Feature> }
//   Feature { bytes_list = 1, float_list = 2, int64_list = 3 }, of which one is there; each { value = 1 }
#ifndef RIVULET_ENGINE_OPS_EXAMPLE_FEATURES_H_
#define RIVULET_ENGINE_OPS_EXAMPLE_FEATURES_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/keyed_hash.h"
#include "rivulet/dtype.h"
#include "rivulet/status.h"

namespace rivulet {

// The values of one feature as they are written.
struct FeatureValues {
  DType dtype = DType::kInvalid;  // kString, kFloat or kInt64; kInvalid where the feature is missing or has no list
  std::span<const uint8_t> list;
};

// Which column a key belongs to.
using FeatureColumns = std::unordered_map<std::string_view, size_t, KeyedHash>;

// Fills found[column] for the keys of `columns` that the message has. Of several features of one key the last counts.
// Broken bytes are INVALID_ARGUMENT.
Status FindFeatures(std::string_view message, const FeatureColumns& columns, std::span<FeatureValues> found);

// The same for the feature lists of a tf.SequenceExample, which has a list of Features for each key; its context is
// found by FindFeatures. A list without features is there, unlike one that is missing.
//
//   SequenceExample { context = 1: Features, feature_lists = 2 }
//   FeatureLists { feature_list = 1: map<string, FeatureList> }   FeatureList { feature = 1 }
struct FeatureSteps {
  bool is_there = false;
  std::vector<FeatureValues> steps;
};
Status FindFeatureLists(std::string_view message, const FeatureColumns& columns, std::span<FeatureSteps> found);

// How many values the list has. Broken bytes are INVALID_ARGUMENT.
Result<int64_t> CountValues(const FeatureValues& values);

// Writes them, after CountValues; the type must be the list's.
void CopyValues(const FeatureValues& values, float* out);
void CopyValues(const FeatureValues& values, int64_t* out);
void CopyValues(const FeatureValues& values, std::string* out);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_EXAMPLE_FEATURES_H_
