#include "engine/ops/code_table.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "engine/kernels/code_stages.h"
#include "engine/kernels/int8_codes.h"
#include "engine/kernels/map.h"
#include "engine/kernels/quantized_codes.h"
#include "engine/ops/quantized_ranges.h"

namespace rivulet {
namespace {

enum class Type : uint8_t { kBytes, kCodes, kFloats };
enum class Kind : uint8_t {
  kQuantizedAdd,
  kQuantizedMul,
  kRequantize,
  kRequantizeFound,
  kRequantizeFoundAbove,
  kQuantizedRelu,
  kQuantizedRelu6,
  kQuantizedReluX,
  kDequantize,
  kQuantize,
  kQuantizeFound,
  kSigmoid,
  kTanh,
  kRelu,
  kRelu6,
  kAdd,
  kSub,
  kMul,
  kRealDiv,
};

struct StepName {
  std::string_view name;
  Type takes;
  Type gives;
  int operands;
  int arguments;  // that an operand xJ stands for
  bool second_is_argument = false;
};
// In the order of Kind.
constexpr StepName kNames[] = {
    {"QuantizedAdd", Type::kBytes, Type::kCodes, 2, 3},
    {"QuantizedMul", Type::kBytes, Type::kCodes, 2, 3},
    {"Requantize", Type::kCodes, Type::kBytes, 2, 2, true},
    {"RequantizeFound", Type::kCodes, Type::kBytes, 1, 0},
    {"RequantizeFoundAbove", Type::kCodes, Type::kBytes, 2, 1, true},
    {"QuantizedRelu", Type::kBytes, Type::kBytes, 1, 0},
    {"QuantizedRelu6", Type::kBytes, Type::kBytes, 1, 0},
    {"QuantizedReluX", Type::kBytes, Type::kBytes, 2, 1, true},
    {"Dequantize", Type::kBytes, Type::kFloats, 1, 0},
    {"Quantize", Type::kFloats, Type::kBytes, 2, 2, true},
    {"QuantizeFound", Type::kFloats, Type::kBytes, 1, 0},
    {"Sigmoid", Type::kFloats, Type::kFloats, 1, 0},
    {"Tanh", Type::kFloats, Type::kFloats, 1, 0},
    {"Relu", Type::kFloats, Type::kFloats, 1, 0},
    {"Relu6", Type::kFloats, Type::kFloats, 1, 0},
    {"Add", Type::kFloats, Type::kFloats, 2, 1},
    {"Sub", Type::kFloats, Type::kFloats, 2, 1},
    {"Mul", Type::kFloats, Type::kFloats, 2, 1},
    {"RealDiv", Type::kFloats, Type::kFloats, 2, 1},
};

constexpr int kInputs = 3;       // before the arguments
constexpr int64_t kCodes = 256;  // that a byte has

struct Operand {
  int index = -1;  // of a value, or of an input
  bool is_argument = false;
};
struct Step {
  Kind kind = Kind::kRequantize;
  Operand operands[2];
};
struct State : OpState {
  std::vector<Step> steps;
};

std::optional<Operand> ReadOperand(std::string_view text) {
  Operand operand;
  if (text.size() < 2 || (text[0] != 'v' && text[0] != 'x')) return std::nullopt;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + 1, end, operand.index);
  if (read.ec != std::errc() || read.ptr != end || operand.index < 0 || operand.index > INT16_MAX) return std::nullopt;
  operand.is_argument = text[0] == 'x';
  if (operand.is_argument) operand.index += kInputs;
  return operand;
}

std::optional<Step> ReadStep(std::string_view text) {
  Step step;
  const std::string_view name = text.substr(0, text.find(' '));
  const auto* known =
      std::find_if(std::begin(kNames), std::end(kNames), [&](const StepName& n) { return n.name == name; });
  if (known == std::end(kNames)) return std::nullopt;
  step.kind = static_cast<Kind>(known - std::begin(kNames));
  text.remove_prefix(name.size());
  for (int i = 0; i < known->operands; ++i) {
    if (text.empty()) return std::nullopt;
    text.remove_prefix(1);
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    const std::optional<Operand> operand = ReadOperand(word);
    if (!operand) return std::nullopt;
    step.operands[i] = *operand;
  }
  if (!text.empty()) return std::nullopt;
  return step;
}

// The types of the arguments that an operand of a step stands for.
DType ArgumentType(const StepName& name, int argument) {
  return name.takes == Type::kBytes && name.arguments == 3 && argument == 0 ? DType::kQuint8 : DType::kFloat;
}

Status CheckStep(const InferContext& c, const Step& step, const std::vector<Type>& types) {
  const StepName& name = kNames[static_cast<size_t>(step.kind)];
  bool has_value = false;
  for (int i = 0; i < name.operands; ++i) {
    const Operand& operand = step.operands[i];
    if (operand.is_argument != (i == 1 && name.second_is_argument) &&
        (!operand.is_argument || name.second_is_argument)) {
      return InvalidArgument("operand ", i, " is of the wrong kind");
    }
    if (!operand.is_argument) {
      has_value = true;
      if (operand.index >= static_cast<int>(types.size())) return InvalidArgument("there is no value ", operand.index);
      if (types[static_cast<size_t>(operand.index)] != name.takes)
        return InvalidArgument("operand ", i, " has another type");
      continue;
    }
    if (operand.index + name.arguments > c.num_inputs()) return InvalidArgument("there is no argument ", operand.index);
    for (int j = 0; j < name.arguments; ++j) {
      if (c.dtype(operand.index + j) != ArgumentType(name, j)) {
        return InvalidArgument("input ", operand.index + j, ": got ", c.dtype(operand.index + j));
      }
    }
  }
  return has_value ? Status() : InvalidArgument("it has no value");
}

Status Infer(InferContext& c) {
  std::vector<Type> types = {Type::kBytes};
  for (const std::string& text : c.attrs().Strs("steps")) {
    const std::optional<Step> step = ReadStep(text);
    if (!step) return InvalidArgument("attr 'steps': no step is ", Quoted(text));
    if (const Status ok = CheckStep(c, *step, types); !ok.ok()) {
      return InvalidArgument("attr 'steps': ", Quoted(text), ": ", ok.message());
    }
    types.push_back(kNames[static_cast<size_t>(step->kind)].gives);
  }
  if (types.size() < 2 || types.back() != Type::kBytes) return InvalidArgument("attr 'steps': they do not give codes");
  c.set_output(0, c.shape(0));
  c.set_output(1, {});
  c.set_output(2, {});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  for (const std::string& text : c.attrs().Strs("steps")) {
    if (const std::optional<Step> step = ReadStep(text)) state->steps.push_back(*step);
  }
  return std::unique_ptr<OpState>(std::move(state));
}

// Which codes an array has. What nobody asks for is not looked for.
class Seen {
 public:
  Seen(const uint8_t* codes, int64_t count, ThreadPool& pool, const StopToken& stop) : codes_(codes), count_(count) {
    constexpr int64_t kLeast = 1 << 13, kMost = 1 << 18;
    const int threads = pool.num_threads();
    const int64_t grain = std::clamp((count + threads - 1) / threads, kLeast, kMost);
    std::atomic<uint8_t> low{255}, high{0};
    pool.ParallelFor(count, grain, stop, [&](int64_t begin, int64_t end) {
      uint8_t least = low, most = high;
      ExtremesOfBytes(codes + begin, end - begin, &least, &most);
      for (uint8_t seen = low; least < seen && !low.compare_exchange_weak(seen, least);) {
      }
      for (uint8_t seen = high; most > seen && !high.compare_exchange_weak(seen, most);) {
      }
    });
    const uint8_t least = low, most = high;
    for (int code = 0; code < kCodes; ++code) {
      states_[code] = code < least || code > most ? kAbsent : kUnknown;
    }
    if (count > 0) states_[least] = states_[most] = kThere;
    first_ = least;
    last_ = most;
  }

  // No code beyond these is there; where `all_may` none in between is known to be absent.
  int64_t first() const { return first_; }
  int64_t last() const { return last_; }
  bool all_may() const { return in_vain_ == 0; }

  bool MayHave(int64_t code) const { return states_[code] != kAbsent; }

  bool Has(int64_t code) {
    if (states_[code] == kUnknown) Look(code);
    return states_[code] == kThere;
  }

 private:
  enum State : uint8_t { kUnknown, kThere, kAbsent };
  // A look stops at the first one that it finds, mostly soon. After so many in vain, all codes are looked at.
  static constexpr int kMostInVain = 12;

  void Look(int64_t code) {
    if (in_vain_ < kMostInVain) {
      const bool is_there = std::memchr(codes_, static_cast<int>(code), static_cast<size_t>(count_)) != nullptr;
      states_[code] = is_there ? kThere : kAbsent;
      in_vain_ += is_there ? 0 : 1;
      return;
    }
    std::fill_n(states_, kCodes, kAbsent);
    for (int64_t i = 0; i < count_; ++i) states_[codes_[i]] = kThere;
  }

  const uint8_t* codes_;
  int64_t count_;
  int64_t first_ = 0;
  int64_t last_ = 0;
  int in_vain_ = 0;
  State states_[kCodes];
};

// A value for each code of x.
struct Value {
  Range range;
  union {
    uint8_t bytes[kCodes];
    int32_t codes[kCodes];
    float floats[kCodes];
  };
};

class TableRun {
 public:
  TableRun(RunContext& c, Value* values)
      : c_(c),
        values_(values),
        seen_(static_cast<const uint8_t*>(c.input(0).raw()), c.input(0).num_elements(), c.pool(), c.stop()) {}

  Status Run(const std::vector<Step>& steps) {
    RIVULET_RETURN_IF_ERROR(ReadRange(c_, 1, 2, false, &values_[0].range));
    for (int64_t i = 0; i < kCodes; ++i) values_[0].bytes[i] = static_cast<uint8_t>(i);
    Value* next = values_;
    for (const Step& step : steps) {
      ++next;
      RIVULET_RETURN_IF_ERROR(Take(step, next));
    }
    WriteRange(c_, 1, next->range);
    const auto* codes = static_cast<const uint8_t*>(c_.input(0).raw());
    auto* to = static_cast<uint8_t*>(c_.output(0).raw());
    if (std::memcmp(values_[0].bytes, next->bytes, kCodes) == 0) {  // as they are
      c_.ParallelFor(c_.input(0).num_elements(), 1 << 16,
                     [&](int64_t begin, int64_t end) { std::copy(codes + begin, codes + end, to + begin); });
      return Status();
    }
    LookUpCodes(codes, c_.input(0).num_elements(), next->bytes, to, c_.pool(), c_.stop());
    return Status();
  }

 private:
  const Value& At(const Operand& operand) const { return values_[operand.index]; }
  float Number(const Operand& operand) const { return c_.input(operand.index).data<float>()[0]; }

  static Status Backwards(Range range) {
    return InvalidArgument("range: want a minimum not above the maximum, got ", range.low, " and ", range.high);
  }

  Status Take(const Step& step, Value* to) {
    switch (step.kind) {
      case Kind::kQuantizedAdd:
      case Kind::kQuantizedMul: return Pair(step, to);
      case Kind::kRequantize: return Requantize(step, to);
      case Kind::kRequantizeFound:
      case Kind::kRequantizeFoundAbove: return RequantizeFound(step, to);
      case Kind::kQuantizedRelu: return Clamp(step, std::numeric_limits<float>::infinity(), to);
      case Kind::kQuantizedRelu6: return Clamp(step, 6, to);
      case Kind::kQuantizedReluX: {
        const float most = Number(step.operands[1]);
        if (!(most >= 0)) return InvalidArgument("max_value: want >= 0, got ", most);
        return Clamp(step, most, to);
      }
      case Kind::kDequantize: {
        const Decoder<uint8_t> decode(At(step.operands[0]).range);
        DecodeBytes(At(step.operands[0]).bytes, kCodes, decode.step, decode.low, to->floats);
        return Status();
      }
      case Kind::kQuantize: return Quantize(step, to);
      case Kind::kQuantizeFound: {
        const Value& from = At(step.operands[0]);
        float ends[2];
        Extremes(from.floats, ends);
        const Range range{ends[0], ends[1]};
        if (!(range.low <= range.high)) return Backwards(range);
        Encode(from, range, to);
        return Status();
      }
      case Kind::kSigmoid: return Map(step, UnaryKind::kSigmoid, to);
      case Kind::kTanh: return Map(step, UnaryKind::kTanh, to);
      case Kind::kRelu: return Map(step, UnaryKind::kRelu, to);
      case Kind::kRelu6: return Map(step, UnaryKind::kRelu6, to);
      case Kind::kAdd:
        return Combine(
            step, [](float a, float b) { return a + b; }, to);
      case Kind::kSub:
        return Combine(
            step, [](float a, float b) { return a - b; }, to);
      case Kind::kMul:
        return Combine(
            step, [](float a, float b) { return a * b; }, to);
      case Kind::kRealDiv:
        return Combine(
            step, [](float a, float b) { return a / b; }, to);
    }
    return Status();
  }

  // The least and the largest value of all codes that may be there, while none of them is known to be absent; NaN where
  // one is.
  static void Ends(const int32_t* values, int64_t count, int32_t* ends) {
    ends[0] = ends[1] = values[0];
    ExtremesOfCodes(values, count, &ends[0], &ends[1]);
  }
  static void Ends(const float* values, int64_t count, float* ends) {
    ends[0] = std::numeric_limits<float>::infinity();
    ends[1] = -ends[0];
    WidenByFloats(values, count, ends);
  }

  // The first of the codes with a value, at an end of them if it is no zero, of which there are two.
  template <typename T>
  int64_t CodeWith(const T* values, T value) const {
    if (value != 0 && values[seen_.first()] == value) return seen_.first();
    if (value != 0 && values[seen_.last()] == value) return seen_.last();
    return std::find(values + seen_.first(), values + seen_.last(), value) - values;
  }

  // The least and the largest value of codes that are there; NaN where one of these is.
  template <typename T>
  void Extremes(const T* values, T* ends) {
    for (int side = 0; side < 2; ++side) {
      T likely[2];
      if (seen_.all_may() && seen_.first() <= seen_.last()) {
        Ends(values + seen_.first(), seen_.last() - seen_.first() + 1, likely);
        const T value = likely[side];
        if (value == value) {
          const int64_t code = CodeWith(values, value);
          if (seen_.Has(code)) {
            ends[side] = values[code];
            continue;
          }
        }
      }
      ends[side] = Extreme(values, side == 1);
    }
  }

  // One of them, code by code.
  template <typename T>
  T Extreme(const T* values, bool most) {
    while (true) {
      int64_t best = -1;
      for (int64_t i = 0; i < kCodes; ++i) {
        if (!seen_.MayHave(i) || (best >= 0 && values[best] != values[best])) continue;
        const bool wins =
            best < 0 || values[i] != values[i] || (most ? values[i] > values[best] : values[i] < values[best]);
        if (wins) best = i;
      }
      if (best < 0) return T{};  // no codes at all
      if (seen_.Has(best)) return values[best];
    }
  }

  // Both operands of a sum or product: codes of x's codes, or one code for all.
  struct Side {
    Range range;
    const uint8_t* bytes = nullptr;
    uint8_t code = 0;
  };
  Status ReadSide(const Operand& operand, Side* side) {
    if (!operand.is_argument) {
      side->range = At(operand).range;
      side->bytes = At(operand).bytes;
      if (!(side->range.low < side->range.high)) {
        return InvalidArgument("range: want a minimum below the maximum, got ", side->range.low, " and ",
                               side->range.high);
      }
      return Status();
    }
    side->code = static_cast<const uint8_t*>(c_.input(operand.index).raw())[0];
    return ReadRange(c_, operand.index + 1, operand.index + 2, true, &side->range);
  }

  Status Pair(const Step& step, Value* to) {
    Side a, b;
    RIVULET_RETURN_IF_ERROR(ReadSide(step.operands[0], &a));
    RIVULET_RETURN_IF_ERROR(ReadSide(step.operands[1], &b));
    if (step.kind == Kind::kQuantizedMul) {
      const int32_t a_zero = Wrap(CodeUnclamped<uint8_t>(0, a.range)),
                    b_zero = Wrap(CodeUnclamped<uint8_t>(0, b.range));
      const auto less = [](const Side& side, int64_t i, int32_t zero) {
        return static_cast<uint32_t>(side.bytes == nullptr ? side.code : side.bytes[i]) - static_cast<uint32_t>(zero);
      };
      if (a.bytes != nullptr && b.bytes != nullptr) {
        for (int64_t i = 0; i < kCodes; ++i) {
          to->codes[i] = static_cast<int32_t>(less(a, i, a_zero) * less(b, i, b_zero));
        }
      } else {  // a line
        const Side &codes = a.bytes != nullptr ? a : b, &one = a.bytes != nullptr ? b : a;
        const uint32_t zero = static_cast<uint32_t>(a.bytes != nullptr ? a_zero : b_zero);
        const uint32_t step = less(one, 0, a.bytes != nullptr ? b_zero : a_zero);
        AddCodeLines(codes.bytes, nullptr, kCodes, static_cast<int32_t>(0u - zero * step), static_cast<int32_t>(step),
                     0, to->codes);
      }
      to->range = ProductRange<uint8_t, uint8_t>(a.range, b.range);
      return Status();
    }
    const Range sum = SumRange(a.range, b.range, 14);
    const CodeLine a_line(a.range, sum), b_line(b.range, sum);
    // A single code is rounded where others go by whole steps.
    const int64_t a_one = a.bytes == nullptr ? Recode<uint8_t, int32_t>(a.code, a.range, sum) : 0;
    const int64_t b_one = b.bytes == nullptr ? Recode<uint8_t, int32_t>(b.code, b.range, sum) : 0;
    const int64_t start = (a.bytes == nullptr ? a_one : a_line.start) + (b.bytes == nullptr ? b_one : b_line.start);
    AddCodeLines(a.bytes, b.bytes, kCodes, Wrap(start), a_line.step, b_line.step, to->codes);
    to->range = sum;
    return Status();
  }

  Status Narrow(const Value& from, Range range, Value* to) {
    const RequantizeScale how(from.range, range);
    RequantizeCodes(from.codes, kCodes, how.scale, how.offset, to->bytes);
    to->range = range;
    return Status();
  }

  Status Requantize(const Step& step, Value* to) {
    const Value& from = At(step.operands[0]);
    if (!(from.range.low <= from.range.high)) return Backwards(from.range);
    Range range;
    const int input = step.operands[1].index;
    RIVULET_RETURN_IF_ERROR(ReadRange(c_, input, input + 1, false, &range));
    if (range.low > 0) return InvalidArgument("requested_output_min: want <= 0, got ", range.low);
    return Narrow(from, range, to);
  }

  Status RequantizeFound(const Step& step, Value* to) {
    const Value& from = At(step.operands[0]);
    if (!(from.range.low <= from.range.high)) return Backwards(from.range);
    int32_t ends[2];
    Extremes(from.codes, ends);
    Range range = UsedRange(ends[0], ends[1], from.range);
    if (step.kind == Kind::kRequantizeFoundAbove) {
      const float least = Number(step.operands[1]);
      range.high = range.high != range.high || range.high > least ? range.high : least;
    }
    if (!(range.low <= range.high)) return Backwards(range);
    return Narrow(from, range, to);
  }

  Status Clamp(const Step& step, float most, Value* to) {
    const Value& from = At(step.operands[0]);
    if (!(from.range.low <= from.range.high)) return Backwards(from.range);
    const uint8_t high = most < std::numeric_limits<float>::infinity() ? CodeOf<uint8_t>(most, from.range) : 255;
    ClampBytes(from.bytes, kCodes, CodeOf<uint8_t>(0, from.range), high, to->bytes);
    to->range = from.range;
    return Status();
  }

  static void Encode(const Value& from, Range range, Value* to) {
    constexpr float kLeastPart = 0.01f;  // what QuantizeV2 takes by default, which is all that the pass lets through
    to->range = RangeInUse(range.low, range.high, kLeastPart);
    const Encoder<uint8_t> encode(to->range);
    ByteEncoding how;
    how.scale = encode.scale;
    how.offset = encode.low;
    EncodeBytes(from.floats, kCodes, how, to->bytes);
  }

  Status Quantize(const Step& step, Value* to) {
    Range range;
    const int input = step.operands[1].index;
    RIVULET_RETURN_IF_ERROR(ReadRange(c_, input, input + 1, false, &range));
    Encode(At(step.operands[0]), range, to);
    return Status();
  }

  Status Map(const Step& step, UnaryKind kind, Value* to) {
    MapUnary(kind, At(step.operands[0]).floats, kCodes, to->floats, c_.pool(), c_.stop());
    return Status();
  }

  template <typename Function>
  Status Combine(const Step& step, const Function& function, Value* to) {
    const Operand &first = step.operands[0], &second = step.operands[1];
    if (first.is_argument) {
      const float a = Number(first), *b = At(second).floats;
      for (int64_t i = 0; i < kCodes; ++i) to->floats[i] = function(a, b[i]);
    } else if (second.is_argument) {
      const float *a = At(first).floats, b = Number(second);
      for (int64_t i = 0; i < kCodes; ++i) to->floats[i] = function(a[i], b);
    } else {
      const float *a = At(first).floats, *b = At(second).floats;
      for (int64_t i = 0; i < kCodes; ++i) to->floats[i] = function(a[i], b[i]);
    }
    return Status();
  }

  RunContext& c_;
  Value* values_;
  Seen seen_;
};

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  for (int i = 1; i < c.num_inputs(); ++i) {
    if (c.input(i).num_elements() != 1)
      return InvalidArgument("input ", i, ": want one element, got ", c.input(i).shape());
  }
  if (c.output(0).num_elements() == 0) return InvalidArgument("input 0: want some codes, got none");
  RIVULET_ASSIGN_OR_RETURN(void* memory, c.Scratch((state.steps.size() + 1) * sizeof(Value)));
  return TableRun(c, static_cast<Value*>(memory)).Run(state.steps);
}

}  // namespace

const OpDef kCodeTable = {.name = "_CodeTable",
                          .inputs = "x:Tx, min:f32, max:f32, arguments:list(Targ)",
                          .outputs = "y:T, min:f32, max:f32",
                          .attrs = "Tx:type in {qu8,u8}; Targ:list(type); T:type in {qu8}; steps:list(string)",
                          .infer = Infer,
                          .prepare = Prepare,
                          .run = Run};

}  // namespace rivulet
