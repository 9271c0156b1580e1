// Levels of quantised weights, coded: the writing side of engine/import/squeezed_levels.h.
#ifndef RIVULET_PREPARE_SQUEEZE_LEVEL_CODER_H_
#define RIVULET_PREPARE_SQUEEZE_LEVEL_CODER_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/import/squeeze_model.h"
#include "engine/import/squeezed_levels.h"
#include "prepare/squeeze/region_writer.h"

namespace rivulet::prepare {

// The statistics as they are after the levels so far, which tell what the next one would cost: for choosing levels by
// what they cost, and for coding them.
class LevelStatistics {
 public:
  // `row_quarters` outlives it.
  LevelStatistics(const LevelCoding& coding, int64_t first, std::span<const int32_t> row_quarters = {});

  // Bits that the level would take here.
  float Cost(int32_t level) const;
  // The level comes next; what it is coded as is appended to `parts` unless that is null.
  struct Part {
    uint16_t start;
    uint16_t size;
  };
  void Push(int32_t level, std::vector<Part>* parts);

 private:
  const SymbolModel& model() const;
  void BeginRow();

  LevelCoding coding_;
  std::span<const int32_t> row_quarters_;
  std::vector<SymbolModel> models_;
  SymbolModel lengths_;
  std::vector<uint16_t> columns_;
  LevelAverages averages_;
  int64_t column_;
  int64_t row_;
};

// Where the statistics start for levels such as these, and how many low bits it pays to leave out of them. A row that
// is too long is dropped. `follows_rows` only where rows have steps.
LevelCoding CodingFor(const QuantizedWeights& weights, bool follows_rows);

// The slice's bytes. Magnitudes must be at most kLargestLevel << low_bits.
std::string EncodeLevelSlice(std::span<const int32_t> levels, const LevelCoding& coding, int64_t first,
                             std::span<const int32_t> row_quarters = {});

// Parts of kSqueezeOne, coded so that a RansReader finds them in this order.
std::string EncodeParts(std::span<const LevelStatistics::Part> parts);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_LEVEL_CODER_H_
