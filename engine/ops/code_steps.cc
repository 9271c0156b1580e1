#include "engine/ops/code_steps.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "engine/ops/quantized_ranges.h"

namespace rivulet {
namespace {

struct StepName {
  std::string_view name;
  int arguments;
  StageType takes;
  StageType gives;
};
constexpr StageType kBytes = StageType::kBytes, kCodes = StageType::kCodes, kFloats = StageType::kFloats;
// In the order of CodeStepKind.
constexpr StepName kNames[] = {
    {"Requantize", 2, kCodes, kBytes},
    {"RequantizeFound", 0, kCodes, kBytes},
    {"RequantizeFoundAbove", 1, kCodes, kBytes},
    {"QuantizedAdd", 3, kBytes, kCodes},
    {"QuantizedMul", 3, kBytes, kCodes},
    {"QuantizedBiasAdd", 3, kBytes, kCodes},
    {"QuantizedRelu", 0, kBytes, kBytes},
    {"QuantizedRelu6", 0, kBytes, kBytes},
    {"QuantizedReluX", 1, kBytes, kBytes},
    {"Dequantize", 0, kBytes, kFloats},
    {"Quantize", 2, kFloats, kBytes},
    {"QuantizeFound", 0, kFloats, kBytes},
    {"Add", 1, kFloats, kFloats},
    {"Mul", 1, kFloats, kFloats},
};

// What QuantizeV2 takes by default, which is all that the pass lets through.
constexpr float kLeastPart = 0.01f;

int IndexOf(std::string_view step) {
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (kNames[i].name == step) return static_cast<int>(i);
  }
  return -1;
}

bool Finds(CodeStepKind kind) {
  return kind == CodeStepKind::kRequantizeFound || kind == CodeStepKind::kRequantizeFoundAbove ||
         kind == CodeStepKind::kQuantizeFound;
}

bool IsOfChannels(CodeStepKind kind) {
  return kind == CodeStepKind::kQuantizedAdd || kind == CodeStepKind::kQuantizedMul ||
         kind == CodeStepKind::kQuantizedBiasAdd || kind == CodeStepKind::kAdd || kind == CodeStepKind::kMul;
}

constexpr int64_t kRowsOfStage = 5;
constexpr int kBytesThereAre = 256;
constexpr double kFarthest = 0x1p31;

// Channels repeated up to a line's length, where so many elements make up for that: a few whole groups of vectors if
// that is not long, so that lines follow one another as one.
int64_t LineOf(const CodeSteps& steps, int64_t channels, int64_t count) {
  constexpr int64_t kShort = 128, kLong = 512;
  const int64_t group = StageGroup();
  const int64_t one = steps.channels_input < 0 ? kStageUnit : std::max<int64_t>(channels, 1);
  const int64_t whole = group / std::gcd(one, group);  // so many are whole groups
  int64_t wanted = (kLong + one - 1) / one;
  if (whole <= wanted) wanted = (kShort + one * whole - 1) / (one * whole) * whole;
  return one * std::max<int64_t>(std::min(wanted, count / (one * 8)), 1);
}

class StepsRun {
 public:
  StepsRun(RunContext& c, const CodeSteps& steps, const CodeStepsSource& source, void* memory)
      : c_(c),
        steps_(steps),
        source_(source),
        channels_(steps.channels_input < 0 ? 1 : source.channels),
        columns_(LineOf(steps, source.channels, source.count)),
        memory_(static_cast<int32_t*>(memory)),
        range_(source.range),
        most_(source.most) {
    type_ = source.values.type;
    if (source.values.pair.other != nullptr) type_ = kCodes;
  }

  Status Run() {
    if (steps_.finds) FindExtremes();
    std::vector<CodeStage> stages;
    stages.reserve(steps_.steps.size() + 1);
    stages_ = &stages;
    for (const CodeStep& step : steps_.steps) RIVULET_RETURN_IF_ERROR(Take(step));
    bool finished = false;
    if (source_.make && !steps_.finds) {
      const Output output{Stages(), source_.channels, type_, static_cast<char*>(c_.output(0).raw())};
      RIVULET_RETURN_IF_ERROR(source_.make({FinishRows, &output}, &finished));
    }
    if (!finished) RunStages(Stages(), source_.values, source_.count, type_, c_.output(0).raw(), c_.pool(), c_.stop());
    WriteRange(c_, 1, type_ == kFloats ? Range{} : range_);
    return Status();
  }

 private:
  struct Output {
    CodeStages stages;
    int64_t channels;
    StageType type;
    char* values;
  };
  static void FinishRows(const void* context, const int32_t* sums, int64_t first_row, int64_t rows) {
    const auto& output = *static_cast<const Output*>(context);
    const int64_t first = first_row * output.channels * (output.type == kBytes ? 1 : 4);
    RunStagesHere(output.stages, {kCodes, sums, {}}, rows * output.channels, output.type, output.values + first);
  }

  CodeStages Stages() const { return {stages_->data(), static_cast<int>(stages_->size()), columns_}; }

  int32_t* NewRow() {
    int32_t* row = memory_;
    memory_ += StagedElements(columns_);
    return row;
  }
  float* NewFloats() { return reinterpret_cast<float*>(NewRow()); }

  // Repeats the channels of a row up to a line, and fills what lies behind.
  template <typename T>
  T* Repeat(T* row) const {
    for (int64_t done = channels_; done < columns_; done *= 2) {
      std::copy_n(row, std::min(done, columns_ - done), row + done);
    }
    std::fill_n(row + columns_, kStageUnit, T{0});
    return row;
  }

  void FindExtremes() {
    width_ = source_.extremes != nullptr ? source_.channels : columns_;
    if (source_.extremes != nullptr) {
      extremes_ = static_cast<int32_t*>(source_.extremes);
    } else {
      extremes_ = memory_;
      memory_ += ExtremesElements(columns_, c_.pool().num_threads());
      ColumnExtremes(source_.values, source_.count, columns_, extremes_, c_.pool(), c_.stop());
    }
    // Columns that lie behind the last channel of a short source have none.
    width_ = std::min(width_, source_.count);
    found_ = memory_;
    memory_ += 2 * StagedElements(std::max(width_, columns_));
  }

  // Widens `ends` by what the stages so far make of the extremes, or, where order may be lost, of all. widen(values,
  // count, ends) takes the first columns of a line.
  template <typename T, typename Widen>
  void Extremes(T* ends, const Widen& widen) {
    T* values = reinterpret_cast<T*>(found_);
    const StageType to = type_ == kFloats ? kFloats : kCodes;
    if (keeps_order_) {
      StagedSource sides[2];
      for (size_t side = 0; side < 2; ++side) {
        sides[side].type = source_.values.type == kFloats ? kFloats : kCodes;
        sides[side].values = extremes_ + static_cast<int64_t>(side) * StagedElements(ExtremesWidth());
        if (stages_->empty()) {
          widen(static_cast<const T*>(sides[side].values), width_, ends);
          continue;
        }
        RunStages(Stages(), sides[side], width_, to, values, c_.pool(), c_.stop());
        widen(values, width_, ends);
      }
      return;
    }
    for (int64_t line = 0; line < source_.count && !c_.stop().stopped(); line += columns_) {
      const int64_t count = std::min(columns_, source_.count - line);
      RunStages(Stages(), From(line), count, to, values, c_.pool(), c_.stop());
      widen(values, count, ends);
    }
  }

  int64_t ExtremesWidth() const { return source_.extremes != nullptr ? source_.channels : columns_; }

  // The source from an element on.
  StagedSource From(int64_t element) const {
    StagedSource from = source_.values;
    const int64_t bytes = from.type == kBytes ? 1 : 4;
    from.values = static_cast<const char*>(from.values) + element * bytes;
    if (from.pair.other != nullptr) from.pair.other += element;
    return from;
  }

  struct CodeEnds {
    int32_t low, high;
  };
  CodeEnds CodeExtremes() {
    int32_t ends[] = {std::numeric_limits<int32_t>::max(), std::numeric_limits<int32_t>::lowest()};
    Extremes(ends, [&](const int32_t* values, int64_t count, int32_t* to) {
      WidenByCodes(values, start_, step_, count, to);
    });
    return {ends[0], ends[1]};
  }

  Status ReadRangeAt(int input, bool strict, Range* range) { return ReadRange(c_, input, input + 1, strict, range); }

  Status Take(const CodeStep& step) {
    switch (step.kind) {
      case CodeStepKind::kRequantize: return Requantize(step);
      case CodeStepKind::kRequantizeFound:
      case CodeStepKind::kRequantizeFoundAbove: return RequantizeFound(step);
      case CodeStepKind::kQuantizedAdd: return Add(step);
      case CodeStepKind::kQuantizedMul: return Multiply(step);
      case CodeStepKind::kQuantizedBiasAdd: return AddBias(step);
      case CodeStepKind::kQuantizedRelu: return Clamp(std::numeric_limits<float>::infinity());
      case CodeStepKind::kQuantizedRelu6: return Clamp(6);
      case CodeStepKind::kQuantizedReluX: return ClampX(step);
      case CodeStepKind::kDequantize: return Decode();
      case CodeStepKind::kQuantize: return Quantize(step);
      case CodeStepKind::kQuantizeFound: return QuantizeFound();
      case CodeStepKind::kAdd:
      case CodeStepKind::kMul: return WithFloats(step);
    }
    return Status();
  }

  void Narrow(Range to, bool reaches, CodeEnds ends = {1, 0}) {
    const RequantizeScale how(range_, to);
    CodeStage stage{
        .kind = StageKind::kNarrow, .start = start_, .step = step_, .scale = how.scale, .offset = how.offset};
    float* rows = NewFloats();
    NewRow();
    NewRow();
    NarrowFacts facts{.reaches = reaches, .least = ends.low, .largest = ends.high, .most = most_};
    if (!stages_->empty() && stages_->back().kind == StageKind::kBias) facts.bias = &stages_->back();
    FindMultipliers(columns_, channels_, facts, rows, &stage);
    stages_->push_back(stage);
    start_ = step_ = nullptr;
    most_ = kFarthest;
    range_ = to;
    type_ = kBytes;
  }

  // Whether 64 bits hold the products of such codes.
  static bool IsBelow(double most, int64_t scale) { return most * static_cast<double>(scale) < 0x1p62; }

  Status Requantize(const CodeStep& step) {
    Range to;
    if (!(range_.low <= range_.high)) return Backwards(range_);
    RIVULET_RETURN_IF_ERROR(ReadRangeAt(step.input, false, &to));
    if (to.low > 0) return InvalidArgument("requested_output_min: want <= 0, got ", to.low);
    if (steps_.finds && !IsBelow(most_, RequantizeScale(range_, to).scale)) {
      // Codes so far from the range that 64 bits wrap around come back anywhere.
      const CodeEnds ends = CodeExtremes();
      const double most = std::max(std::fabs(static_cast<double>(ends.low)), std::fabs(static_cast<double>(ends.high)));
      keeps_order_ = keeps_order_ && IsBelow(most, RequantizeScale(range_, to).scale);
    }
    Narrow(to, false);
    return Status();
  }

  static Status Backwards(Range range) {
    return InvalidArgument("range: want a minimum not above the maximum, got ", range.low, " and ", range.high);
  }

  Status RequantizeFound(const CodeStep& step) {
    if (!(range_.low <= range_.high)) return Backwards(range_);
    const CodeEnds ends = CodeExtremes();
    Range to = UsedRange(ends.low, ends.high, range_);
    if (step.kind == CodeStepKind::kRequantizeFoundAbove) {
      const float least = c_.input(step.input).data<float>()[0];
      to.high = to.high != to.high || to.high > least ? to.high : least;
    }
    if (!(to.low <= to.high)) return Backwards(to);
    Narrow(to, keeps_order_, ends);
    return Status();
  }

  // A row of the argument's codes, each turned into a number of 32 bits.
  template <typename Turn>
  int32_t* RowOf(int input, const Turn& turn) {
    const auto* codes = static_cast<const uint8_t*>(c_.input(input).raw());
    int32_t* row = NewRow();
    for (int64_t j = 0; j < channels_; ++j) row[j] = turn(codes[j]);
    return Repeat(row);
  }

  // Order is lost where 32 bits wrap around.
  void CheckOrder() {
    for (int64_t j = 0; j < channels_ && keeps_order_; ++j) CheckOrder(start_[j], step_[j]);
  }
  void CheckOrder(int32_t start, int32_t step) {
    const int64_t last = start + int64_t{255} * step;
    keeps_order_ = keeps_order_ && last == static_cast<int32_t>(last);
  }

  Status Add(const CodeStep& step) {
    Range other;
    if (!(range_.low < range_.high)) return Backwards(range_);
    RIVULET_RETURN_IF_ERROR(ReadRangeAt(step.input + 1, true, &other));
    const Range sum = SumRange(range_, other, 14);
    const CodeLine line(range_, sum), of_other(other, sum);
    int32_t* start = NewRow();
    AddCodeLines(static_cast<const uint8_t*>(c_.input(step.input).raw()), nullptr, channels_,
                 Wrap(line.start + of_other.start), of_other.step, 0, start);
    int32_t least = start[0], most = least;
    ExtremesOfCodes(start, channels_, &least, &most);
    CheckOrder(least, line.step);
    CheckOrder(most, line.step);
    start_ = Repeat(start);
    int32_t* steps = NewRow();
    std::fill_n(steps, StagedElements(columns_), line.step);
    step_ = steps;
    range_ = sum;
    type_ = kCodes;
    return Status();
  }

  Status Multiply(const CodeStep& step) {
    Range other;
    if (!(range_.low < range_.high)) return Backwards(range_);
    RIVULET_RETURN_IF_ERROR(ReadRangeAt(step.input + 1, true, &other));
    const int64_t zero = Wrap(CodeUnclamped<uint8_t>(0, range_)),
                  zero_of_other = Wrap(CodeUnclamped<uint8_t>(0, other));
    const bool is_small = std::abs(zero) < (1 << 20) && std::abs(zero_of_other) < (1 << 10);
    keeps_order_ = keeps_order_ && is_small;
    step_ = RowOf(step.input, [&](uint8_t code) { return Wrap(code - zero_of_other); });
    start_ = RowOf(step.input, [&](uint8_t code) {
      return static_cast<int32_t>(0u - static_cast<uint32_t>(zero) * static_cast<uint32_t>(code - zero_of_other));
    });
    CheckOrder();
    range_ = ProductRange<uint8_t, uint8_t>(range_, other);
    type_ = kCodes;
    return Status();
  }

  Status AddBias(const CodeStep& step) {
    Range other;
    if (!(range_.low <= range_.high)) return Backwards(range_);
    RIVULET_RETURN_IF_ERROR(ReadRangeAt(step.input + 1, false, &other));
    const Range sum = SumRange(range_, other, 17);
    const Decoder<uint8_t> decode(range_), of_other(other);
    const Encoder<int32_t> encode(sum);
    const int32_t zero = CodeOf<int32_t>(0.0f, sum);
    CodeStage stage{
        .kind = StageKind::kBias,
        .wide = {.step = decode.step, .add = decode.low, .scale = encode.scale, .offset = encode.low + 2147483648.0f}};
    const auto is_small = [](float v) { return std::abs(v) < 1e30f; };
    if (!is_small(decode(0)) || !is_small(decode(255)) || !is_small(encode.scale) || !is_small(encode.low) ||
        !is_small(decode(0) * encode.scale) || !is_small(decode(255) * encode.scale)) {
      for (int i = 0; i < kBytesThereAre; ++i) memory_[i] = encode(decode(static_cast<uint8_t>(i)));
      stage.code_of_byte = memory_;
      memory_ += kBytesThereAre;
      keeps_order_ = false;
    }
    stage.bias = RowOf(step.input, [&](uint8_t code) { return Wrap(int64_t{encode(of_other(code))} + zero); });
    if (stage.code_of_byte == nullptr) most_ = FindLine(channels_, &stage);
    stages_->push_back(stage);
    range_ = sum;
    type_ = kCodes;
    return Status();
  }

  Status Clamp(float most) {
    if (!(range_.low <= range_.high)) return Backwards(range_);
    const int32_t low = CodeOf<uint8_t>(0, range_);
    const int32_t high = most < std::numeric_limits<float>::infinity() ? CodeOf<uint8_t>(most, range_) : 255;
    if (!stages_->empty() && stages_->back().kind == StageKind::kNarrow && low <= high) {  // which ends there, then
      CodeStage& last = stages_->back();
      last.low = std::clamp(last.low, low, high);
      last.high = std::clamp(last.high, low, high);
    } else {
      stages_->push_back({.kind = StageKind::kClamp, .low = low, .high = high});
    }
    return Status();
  }

  Status ClampX(const CodeStep& step) {
    const float most = c_.input(step.input).data<float>()[0];
    if (!(most >= 0)) return InvalidArgument("max_value: want >= 0, got ", most);
    return Clamp(most);
  }

  Status Decode() {
    const Decoder<uint8_t> decode(range_);
    stages_->push_back({.kind = StageKind::kDecode, .factor = decode.step, .term = decode.low});
    type_ = kFloats;
    return Status();
  }

  // `floats`: the least and the largest, or NaN where they are not known.
  void EncodeIn(Range range, Range floats) {
    const Encoder<uint8_t> encode(range);
    const auto is_within = [&](float x) {
      const float code = std::round(x * encode.scale) - encode.low;
      return code >= 0 && code <= 255;
    };
    CodeStage stage{.kind = StageKind::kEncode, .is_within = is_within(floats.low) && is_within(floats.high)};
    stage.encoding = {.scale = encode.scale, .offset = encode.low};
    // Of the product, of the addend and of their sum: roundings to 24 bits of what is no larger than this, or 512.
    const float farthest = std::abs(encode.low) + 512;
    if (stage.is_within && farthest < 8192) {
      stage.lead = 0x1p-15f + farthest * 0x1p-22f;
      stage.term = 0.5f - encode.low + stage.lead;
    }
    stages_->push_back(stage);
    range_ = range;
    type_ = kBytes;
  }

  Range FloatExtremes() {
    float ends[] = {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()};
    Extremes(ends, [](const float* values, int64_t count, float* to) { WidenByFloats(values, count, to); });
    return {ends[0], ends[1]};
  }

  Status Quantize(const CodeStep& step) {
    Range range;
    RIVULET_RETURN_IF_ERROR(ReadRangeAt(step.input, false, &range));
    constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
    Range floats{kUnknown, kUnknown};
    if (steps_.finds) {  // NaN has no place in the order
      floats = FloatExtremes();
      keeps_order_ = keeps_order_ && floats.low == floats.low && floats.high == floats.high;
    }
    EncodeIn(RangeInUse(range.low, range.high, kLeastPart), floats);
    return Status();
  }

  Status QuantizeFound() {
    const Range range = FloatExtremes();
    if (!(range.low <= range.high)) return Backwards(range);
    EncodeIn(RangeInUse(range.low, range.high, kLeastPart), range);
    return Status();
  }

  Status WithFloats(const CodeStep& step) {
    float* row = NewFloats();
    std::memcpy(row, c_.input(step.input).raw(), static_cast<size_t>(channels_) * sizeof(float));
    for (int64_t j = 0; j < channels_ && keeps_order_; ++j) keeps_order_ = std::isfinite(row[j]);
    stages_->push_back(
        {.kind = step.kind == CodeStepKind::kAdd ? StageKind::kAdd : StageKind::kMultiply, .row = Repeat(row)});
    return Status();
  }

  RunContext& c_;
  const CodeSteps& steps_;
  const CodeStepsSource& source_;
  const int64_t channels_;
  const int64_t columns_;
  int32_t* memory_;
  Range range_;
  StageType type_;
  std::vector<CodeStage>* stages_ = nullptr;
  // Behind the stages so far, codes are start + step * byte, channel by channel.
  const int32_t* start_ = nullptr;
  const int32_t* step_ = nullptr;
  bool keeps_order_ = true;  // the steps so far, in each column
  double most_;              // no 32-bit code behind them is further from 0, where start_ and step_ do not say more
  int64_t width_ = 0;        // of the extremes
  int32_t* extremes_ = nullptr;
  int32_t* found_ = nullptr;
};

}  // namespace

int CodeStepArguments(std::string_view step) {
  const int index = IndexOf(step);
  return index < 0 ? -1 : kNames[index].arguments;
}

Status CheckCodeSteps(const std::vector<std::string>& steps, StageType type, int arguments, DType result) {
  int wanted = 0;
  for (const std::string& step : steps) {
    const int index = IndexOf(step);
    if (index < 0) return InvalidArgument("attr 'steps': no step is called ", Quoted(step));
    if (kNames[index].takes != type) return InvalidArgument("attr 'steps': '", step, "' takes another type");
    type = kNames[index].gives;
    wanted += kNames[index].arguments;
  }
  if (wanted != arguments) return InvalidArgument("attr 'steps': want ", wanted, " arguments, got ", arguments);
  if (type == kCodes || (type == kBytes) != (result == DType::kQuint8)) {
    return InvalidArgument("attr 'steps': they do not give ", result);
  }
  return Status();
}

CodeSteps ReadCodeSteps(const std::vector<std::string>& steps, int first) {
  CodeSteps out;
  for (const std::string& name : steps) {
    const int index = IndexOf(name);
    if (index < 0) continue;  // checked
    const auto kind = static_cast<CodeStepKind>(index);
    out.steps.push_back({kind, first});
    out.finds = out.finds || Finds(kind);
    if (IsOfChannels(kind)) out.channels_input = first;
    first += kNames[index].arguments;
  }
  return out;
}

CheckedSize CodeStepsBytes(const CodeSteps& steps, int64_t channels, int threads) {
  if (channels < 0 || channels > INT32_MAX) return CheckedSize(-1);
  const int64_t columns = std::max(LineOf(steps, channels, INT32_MAX), channels);
  const CheckedSize rows = CheckedSize(StagedElements(columns)) *
                           (kRowsOfStage * static_cast<int64_t>(steps.steps.size()) + 2 + 2 * int64_t{threads});
  const CheckedSize tables = CheckedSize(kBytesThereAre) * static_cast<int64_t>(steps.steps.size());
  return (rows + tables) * static_cast<int64_t>(sizeof(int32_t));
}

namespace {

// Ranges and bounds are one number each; a row has one element a channel.
Status CheckArguments(const RunContext& c, const CodeStep& step, int64_t channels) {
  const StepName& name = kNames[static_cast<size_t>(step.kind)];
  const bool is_row = IsOfChannels(step.kind);
  for (int i = 0; i < name.arguments; ++i) {
    const Tensor& argument = c.input(step.input + i);
    const DType dtype = is_row && i == 0 && name.takes == kBytes ? DType::kQuint8 : DType::kFloat;
    const int64_t elements = is_row && i == 0 ? channels : 1;
    if (argument.dtype() == dtype && argument.num_elements() == elements) continue;
    return InvalidArgument("input ", step.input + i, " (argument ", i, " of '", name.name, "'): want ", elements, " ",
                           dtype, ", got ", argument.dtype(), " ", argument.shape());
  }
  return Status();
}

}  // namespace

Status RunCodeSteps(RunContext& c, const CodeSteps& steps, const CodeStepsSource& source, void* memory) {
  for (const CodeStep& step : steps.steps) RIVULET_RETURN_IF_ERROR(CheckArguments(c, step, source.channels));
  return StepsRun(c, steps, source, memory).Run();
}

}  // namespace rivulet
