// What a pack says of itself: what an app must feed, what comes out, labels, samples with their answers, a model card.
// In the file it is JSON (docs/formats.md has the fields); fields that this does not know are stepped over.
#ifndef RIVULET_PREPARE_PACK_METADATA_H_
#define RIVULET_PREPARE_PACK_METADATA_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prepare/answer_digest.h"
#include "rivulet/tensor.h"

namespace rivulet::prepare {

// How a picture becomes an input: scaled to width x height, then (p - mean) / scale for its bytes p, where it is known.
struct PictureFormat {
  int64_t width = 0;
  int64_t height = 0;
  int64_t channels = 3;
  std::optional<float> mean;
  std::optional<float> scale;
};

struct PackInput {
  std::string name;
  DType dtype = DType::kInvalid;
  Shape shape = Shape::UnknownRank();
  std::optional<PictureFormat> picture;
};

struct PackOutput {
  std::string name;
  DType dtype = DType::kInvalid;
  Shape shape = Shape::UnknownRank();
};

// A value that lies in a region of the pack (its elements, or the bytes of one string), or that anybody can make up.
struct StoredValue {
  std::string name;  // of the tensor
  DType dtype = DType::kInvalid;
  Shape shape;
  std::string region;    // whole name
  bool made_up = false;  // no region: docs/formats.md has the formula
  // Of an answer: the region has a digest of it. `shape` is the whole answer's.
  std::optional<AnswerDigest> digest;
};

struct PackSample {
  std::string name;
  std::vector<StoredValue> feeds;
  std::vector<StoredValue> answers;
};

struct PackMetadata {
  std::string producer;  // the program that wrote it
  std::vector<PackInput> inputs;
  std::vector<PackOutput> outputs;
  std::vector<std::string> labels;
  std::vector<PackSample> samples;
  double tolerance = 1e-3;                                // of the answers, relative to the largest
  std::vector<std::pair<std::string, std::string>> card;  // title, description, licence: any texts
};

inline constexpr int kPackVersion = 1;

// INVALID_ARGUMENT for a text that is not UTF-8.
Result<std::string> ToJson(const PackMetadata& metadata);
// DATA_LOSS for what is no JSON, too deep, too large, or has a field of another kind than it must be: the message names
// it. UNIMPLEMENTED for a later version.
Result<PackMetadata> ParsePackMetadata(std::string_view json);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_PACK_METADATA_H_
