#include "engine/import/squeezed_levels.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/base/small.h"
#include "engine/import/squeeze_model.h"
#include "engine/import/squeeze_rans.h"
#include "engine/import/squeeze_symbol-inl.h"

namespace rivulet {
namespace {

// The level behind an escape.
[[gnu::noinline]] int32_t TakeLongLevel(SymbolModel* lengths, RansReader* reader) {
  const int length = TakeSymbol(lengths, reader);
  const int32_t above = static_cast<int32_t>((uint32_t{1} << length) | reader->Bits(length));
  const int32_t magnitude = kPlainLevel + above;
  return reader->Bits(1) != 0 ? -magnitude : magnitude;
}

std::array<uint8_t, LevelContext::kEstimates> MakeClasses() {
  std::array<uint8_t, LevelContext::kEstimates> classes{};
  for (size_t i = 0; i < classes.size(); ++i)
    classes[i] = static_cast<uint8_t>(LevelContext::ClassOf(static_cast<int32_t>(i)));
  return classes;
}

// Calls begin_row(row) where one begins, and at the slice's start, and put(i, symbol, level) for each element of the
// slice; symbol is kEscape where the level is not of the plain ones. The levels are without their low bits.
template <typename BeginRow, typename Put>
bool Decode(std::span<const uint8_t> bytes, const LevelCoding& coding, std::span<const int32_t> row_quarters,
            int64_t first, int64_t count, std::span<uint16_t> columns, const BeginRow& begin_row, const Put& put) {
  static const auto kClasses = MakeClasses();
  RansReader reader(bytes);
  std::array<SymbolModel, LevelContext::kClasses> models;
  for (int c = 0; c < LevelContext::kClasses; ++c) LevelContext::BeginModel(c, &models[static_cast<size_t>(c)]);
  SymbolModel lengths;
  lengths.BeginUniform();
  const auto row = static_cast<int64_t>(columns.size());
  std::fill(columns.begin(), columns.end(), coding.mean);
  LevelAverages averages{coding.mean, coding.mean, {}};
  // Without steps there is nothing to follow.
  const bool follows_rows = coding.follows_rows && !row_quarters.empty();
  // What has no columns is one row.
  const int64_t step = coding.row > 0 ? 1 : 0;
  int64_t column = first % row, at_row = first / row;
  for (int64_t i = 0; i < count; ++at_row, column = 0) {
    const int64_t end = step > 0 ? std::min(count, i + row - column) : count;
    RowScale scale;
    scale.low_bits = coding.low_bits;
    if (follows_rows) scale = RowScale::Of(coding.low_bits, row_quarters[static_cast<size_t>(at_row)]);
    averages.BeginRow(scale);
    begin_row(at_row);
    for (; i < end; ++i, column += step) {
      uint16_t& of_column = columns[static_cast<size_t>(column)];
      const int32_t estimate = averages.Estimate(of_column);
      const int symbol = TakeSymbol(&models[kClasses[static_cast<size_t>(estimate)]], &reader);
      int32_t level = symbol - kPlainLevel;
      if (symbol == kEscape) [[unlikely]]
        level = TakeLongLevel(&lengths, &reader);
      averages.See(std::abs(level), &of_column);
      put(i, symbol, level, scale.low_bits, reader);
    }
  }
  return reader.IsDone();
}

float ValueOf(int32_t level, const LevelScale& scale) {
  const int32_t magnitude = std::abs(level);
  if (magnitude == 0) return 0;
  const float size = static_cast<float>(magnitude) - (magnitude == 1 ? scale.inner : scale.outer);
  return level < 0 ? -size : size;
}

// Where elements of T go; of any of the types in a small engine, which decodes to all of them by one loop.
template <typename T>
struct Sink {
  T* out;
  void operator()(int64_t i, float value) const { out[i] = static_cast<T>(value); }
};
struct AnySink {
  DType dtype;
  void* out;
  void operator()(int64_t i, float value) const {
    switch (dtype) {
      case DType::kFloat: static_cast<float*>(out)[i] = value; break;
      case DType::kHalf: static_cast<Half*>(out)[i] = Half(value); break;
      default: static_cast<BFloat16*>(out)[i] = BFloat16(value);
    }
  }
};

template <typename Out>
bool DecodeTo(std::span<const uint8_t> bytes, const LevelCoding& coding, const LevelScale& scale, int64_t first,
              int64_t count, std::span<uint16_t> columns, const Out& store) {
  const bool has_rows = !scale.row_quarters.empty();
  std::array<float, kSqueezeSymbols> units{};
  for (int s = 0; s < kEscape; ++s) units[static_cast<size_t>(s)] = ValueOf(s - kPlainLevel, scale);
  if (!kIsSmall && scale.steps.size() == 1 && coding.low_bits == 0 && !has_rows) {
    for (float& unit : units) unit *= scale.steps[0];
    return Decode(
        bytes, coding, {}, first, count, columns, [](int64_t) {},
        [&](int64_t i, int symbol, int32_t level, int, RansReader&) {
          float value = units[static_cast<size_t>(symbol)];
          if (symbol == kEscape) [[unlikely]]
            value = ValueOf(level, scale) * scale.steps[0];
          store(i, value);
        });
  }
  const auto channels = static_cast<int64_t>(scale.steps.size());
  int64_t channel = first / scale.run % channels, left = scale.run - first % scale.run;
  float of_row = 1;
  const auto begin_row = [&](int64_t row) {
    if (has_rows) of_row = QuarterOctaves(scale.row_quarters[static_cast<size_t>(row)]);
  };
  const auto put = [&](int64_t i, int symbol, int32_t level, int low_bits, RansReader& reader) {
    float value = units[static_cast<size_t>(symbol)];
    if (low_bits > 0) {
      value = ValueOf(level * (1 << low_bits) + static_cast<int32_t>(reader.Bits(low_bits)), scale);
    } else if (symbol == kEscape) [[unlikely]] {
      value = ValueOf(level, scale);
    }
    store(i, value * scale.steps[static_cast<size_t>(channel)] * of_row);
    if (--left == 0) {
      left = scale.run;
      if (++channel == channels) channel = 0;
    }
  };
  return Decode(bytes, coding, scale.row_quarters, first, count, columns, begin_row, put);
}

}  // namespace

float QuarterOctaves(int32_t quarters) {
  constexpr float kRoots[] = {1.0f, 1.1892071f, 1.4142135f, 1.6817928f};
  return std::ldexp(kRoots[quarters & 3], quarters >> 2);
}

bool DecodeLevelSlice(std::span<const uint8_t> bytes, const LevelCoding& coding, const LevelScale& scale, int64_t first,
                      int64_t count, std::span<uint16_t> columns, DType dtype, void* out) {
  const auto decode = [&](const auto& store) { return DecodeTo(bytes, coding, scale, first, count, columns, store); };
  if (dtype != DType::kFloat && dtype != DType::kHalf && dtype != DType::kBfloat16) return false;
  if constexpr (kIsSmall) {
    return decode(AnySink{dtype, out});
  } else {
    switch (dtype) {
      case DType::kFloat: return decode(Sink<float>{static_cast<float*>(out)});
      case DType::kHalf: return decode(Sink<Half>{static_cast<Half*>(out)});
      default: return decode(Sink<BFloat16>{static_cast<BFloat16*>(out)});
    }
  }
}

bool DecodeLevels(std::span<const uint8_t> bytes, const LevelCoding& coding, std::span<int32_t> out) {
  uint16_t column = 0;
  return Decode(
      bytes, coding, {}, 0, static_cast<int64_t>(out.size()), {&column, 1}, [](int64_t) {},
      [&](int64_t i, int, int32_t level, int low_bits, RansReader& reader) {
        if (low_bits > 0) level = level * (1 << low_bits) + static_cast<int32_t>(reader.Bits(low_bits));
        out[static_cast<size_t>(i)] = level;
      });
}

}  // namespace rivulet
