// The recordings in data/*.gold: graphs, inputs, and what TensorFlow answered. Written by record.py.
//
// A file is "RVGOLD1\n", the payload's length as uint64, and the payload deflated by zlib. All numbers are
// little-endian; bytes<> is a uint32 length and so many bytes; shape<> is a uint8 rank and int64 dims.
//
//   payload  bytes<TensorFlow's version>  uint32 count  record*
//   record   bytes<name>  bytes<operators, joined by commas>  uint8 expectation  float rtol  float atol bytes<GraphDef>
//            uint32 count  feed*  uint32 count  fetch*  uint32 count  bytes<target>*
//   feed     bytes<edge>  0  uint8 dtype  shape<>  uint8 kind  uint64 seed  int64 lo  int64 hi  int32 shift
//            bytes<edge>  1  tensor
//   fetch    bytes<edge>  tensor, unless an error is expected
//   tensor   uint8 dtype  shape<>  the elements' bytes (strings: bytes<> each)
#ifndef RIVULET_TESTS_GOLDEN_GOLDEN_H_
#define RIVULET_TESTS_GOLDEN_GOLDEN_H_

#include <string>
#include <utility>
#include <vector>

#include "engine/base/equality.h"
#include "rivulet/session.h"

namespace rivulet::golden {

enum class Expectation : uint8_t { kValues = 0, kError = 1, kShapeOnly = 2 };

struct GoldenCase {
  std::string name;
  std::string ops;
  Expectation expectation = Expectation::kValues;
  TensorTolerance tolerance;
  std::vector<uint8_t> graph;
  Feeds feeds;
  std::vector<std::string> fetches;
  std::vector<Tensor> results;  // one per fetch, unless an error is expected
  std::vector<std::string> targets;
};

struct GoldenFile {
  std::string tensorflow_version;
  std::vector<GoldenCase> cases;
};

Result<GoldenFile> ReadGoldenFile(const std::string& path);

// The folder of the recordings: RIVULET_GOLDEN_DATA of the environment, or where the sources lie.
std::string DataDir();
// The families in it, sorted: "math" for "math.gold".
std::vector<std::string> Families();
std::string FamilyPath(const std::string& family);

}  // namespace rivulet::golden

#endif  // RIVULET_TESTS_GOLDEN_GOLDEN_H_
