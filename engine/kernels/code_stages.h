// What TensorFlow's quantised operators do to each code between two products, several of them in one sweep. A stage
// gives the code that its operator gives (ops/quantized.h), bit for bit.
//
// Columns are channels, repeated up to a line of some hundred where there are few; rows of constants have one value for
// each column.
#ifndef RIVULET_ENGINE_KERNELS_CODE_STAGES_H_
#define RIVULET_ENGINE_KERNELS_CODE_STAGES_H_

#include <algorithm>
#include <cstdint>

#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/quantized_codes.h"

namespace rivulet {

enum class StageKind : uint8_t { kNarrow, kBias, kClamp, kDecode, kAdd, kMultiply, kEncode };

struct CodeStage {
  StageKind kind = StageKind::kClamp;

  // kNarrow, codes to bytes: with z = start + code * step modulo 2^32, ((z * scale >> 32) + offset) >> 16 within
  // [low, high], which is the floor of code * multiply + add but for rounding. Where that comes nearer than `doubt` to
  // a whole number, or `checks_far` is set and the number is so large that 64 bits may wrap around, fixed point
  // decides.
  const float* multiply = nullptr;
  const float* add = nullptr;
  const int32_t* start = nullptr;  // null: 0
  const int32_t* step = nullptr;   // null: 1
  int64_t scale = 0;
  uint64_t offset = 0;
  float doubt = 1;
  bool checks_far = true;
  // Where it is not 0, add is this much more than said above, so that in doubt is what lies less than twice this above
  // a whole number, and no place is far.
  float lead = 0;
  // Behind a kBias with a line: add, with the bias's part of it; null: none. `lead` is for both.
  const float* add_behind = nullptr;

  // kBias, bytes to codes: that of AddBiasCodes, or where numbers are too large for it what each byte becomes.
  WideEncoding wide;
  const int32_t* code_of_byte = nullptr;
  const int32_t* bias = nullptr;
  // Whether each byte becomes round(byte * line_step + line_add), to even, before the bias is added, without wrapping.
  bool has_line = false;
  // Or round((byte * wide.step + wide.add) * wide.scale) - wide.offset, step by step, to even.
  bool is_even = false;
  float line_step = 0;
  float line_add = 0;

  // kClamp, codes to codes; and kNarrow.
  int32_t low = 0;
  int32_t high = 255;

  // kDecode, codes to floats: code * factor + term. kAdd and kMultiply: floats with a row of floats.
  float factor = 1;
  float term = 0;
  const float* row = nullptr;

  // kEncode, floats to bytes. Where `lead` is not 0, the code is the floor of number * encoding.scale + term, but in
  // doubt where that is less than twice the lead above a whole number.
  ByteEncoding encoding;
  // kEncode, and a kNarrow with a lead: none is NaN, or has a code beyond 0 and 255.
  bool is_within = false;
};

// What is known of the codes that a kNarrow gets.
struct NarrowFacts {
  bool reaches = false;             // their numbers lie within the range that bytes stand for
  int32_t least = 1, largest = 0;   // of all, where the first is not above the other
  double most = 0x1p31;             // none is further from 0; where there are steps, they say more
  const CodeStage* bias = nullptr;  // the stage before, where it is a kBias
};
// Sets what a kNarrow needs beside its scale, offset, start and step, the same for each `period` columns. `rows`: room
// for three rows of `columns` floats.
void FindMultipliers(int64_t columns, int64_t period, const NarrowFacts& facts, float* rows, CodeStage* stage);

// Looks for the line of a kBias with `wide`, whose bias has `columns` elements. Returns how far from 0 its codes come,
// 2^31 where they wrap around.
double FindLine(int64_t columns, CodeStage* stage);

// What the first stage reads, and where the last one's results go.
enum class StageType : uint8_t { kBytes, kCodes, kFloats };  // uint8_t, int32_t, float

// Codes of two arrays of bytes: start + a * step_a + b * step_b, or (a - zero_a) * (b - zero_b), modulo 2^32.
struct CodePair {
  const uint8_t* other = nullptr;  // null: no pair
  bool multiplies = false;
  int32_t start = 0;
  int32_t step_a = 0;  // or zero_a
  int32_t step_b = 0;
};

struct StagedSource {
  StageType type = StageType::kCodes;
  const void* values = nullptr;
  CodePair pair;  // of bytes, which makes codes of them
};

struct CodeStages {
  const CodeStage* stages = nullptr;
  int count = 0;
  int64_t columns = 0;  // of a line; rows of constants have StagedElements
};

// Elements of a row of constants: a vector may be read behind the last one.
inline constexpr int64_t kStageUnit = 16;
inline int64_t StagedElements(int64_t columns) { return columns + kStageUnit; }

// Elements that are computed together: lines of whole groups follow one another as one.
int64_t StageGroup();

// output[i] = stages(source[i]) for `count` elements.
void RunStages(const CodeStages& stages, const StagedSource& source, int64_t count, StageType to, void* output,
               ThreadPool& pool, const StopToken& stop);

// The same by the caller's thread alone. The first element is the first of a line.
void RunStagesHere(const CodeStages& stages, const StagedSource& source, int64_t count, StageType to, void* output);

// Lines of a piece: each thread has its part of all, most of which it or nobody else has in its cache, where so many
// are worth its while, a microsecond or two.
inline int64_t StagedGrain(int64_t columns, int64_t lines, int threads) {
  const int64_t least = threads == 1 ? 1 << 14 : 1 << 12;
  return std::max<int64_t>({least / columns, threads == 1 ? 1 : (lines + threads - 1) / threads, 1});
}

// Lowers ends[0] to the least and raises ends[1] to the largest start[i] + values[i] * step[i], modulo 2^32 (null: 0
// and 1), or float, where NaN stays NaN.
void WidenByCodes(const int32_t* values, const int32_t* start, const int32_t* step, int64_t count, int32_t* ends);
void WidenByFloats(const float* values, int64_t count, float* ends);

// The least and the largest value of each column of the source: int32_t, or float, where NaN stays NaN. Columns without
// elements have the extremes of nothing. `memory`: ExtremesElements of them; the result lies in its first two rows,
// StagedElements apart.
int64_t ExtremesElements(int64_t columns, int threads);
void ColumnExtremes(const StagedSource& source, int64_t count, int64_t columns, void* memory, ThreadPool& pool,
                    const StopToken& stop);

// The same of floats by the one who makes them: Start, then Widen by the thread that has some whole lines, then Join.
void StartFloatExtremes(int64_t columns, int threads, float* memory);
void WidenFloatExtremes(const float* values, int64_t count, int64_t columns, int thread, float* memory);
void JoinFloatExtremes(int64_t columns, int threads, float* memory);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_CODE_STAGES_H_
