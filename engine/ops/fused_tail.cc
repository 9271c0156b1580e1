#include "engine/ops/fused_tail.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "engine/base/built_uses.h"
#include "engine/graph/shape_math.h"
#include "engine/kernels/half.h"
#include "engine/kernels/map.h"
#include "engine/kernels/map_stretch.h"

namespace rivulet {
namespace {

constexpr struct {
  std::string_view name;
  TailActivation activation;
} kActivations[] = {
    {"Relu", TailActivation::kRelu},           {"Relu6", TailActivation::kRelu6},
    {"LeakyRelu", TailActivation::kLeakyRelu}, {"Elu", TailActivation::kElu},
    {"Tanh", TailActivation::kTanh},           {"Sigmoid", TailActivation::kSigmoid},
    {"Swish", TailActivation::kSwish},         {"HardSwish", TailActivation::kHardSwish},
    {"GeluExact", TailActivation::kGeluExact}, {"GeluApproximate", TailActivation::kGeluApproximate},
};

// The activation as kernels take it; kNone for those they cannot do.
Activation KernelActivation(const FusedTail& tail) {
  switch (tail.activation) {
    case TailActivation::kRelu: return {ActivationKind::kRelu};
    case TailActivation::kRelu6: return {ActivationKind::kRelu6};
    case TailActivation::kLeakyRelu: return {ActivationKind::kLeakyRelu, 0, 0, tail.leaky_alpha};
    default: return {};
  }
}

double Activate(const FusedTail& tail, double x) {
  switch (tail.activation) {
    case TailActivation::kNone: return x;
    case TailActivation::kRelu: return x < 0 ? 0 : x;
    case TailActivation::kRelu6: return x < 0 ? 0 : x > 6 ? 6 : x;
    case TailActivation::kLeakyRelu: return x < 0 ? x * static_cast<double>(tail.leaky_alpha) : x;
    case TailActivation::kElu: return x < 0 ? std::expm1(x) : x;
    case TailActivation::kTanh: return std::tanh(x);
    case TailActivation::kSigmoid: return 1 / (1 + std::exp(-x));
    case TailActivation::kSwish: return x / (1 + std::exp(-x));
    case TailActivation::kHardSwish: return x * std::clamp(x + 3, 0.0, 6.0) / 6;
    case TailActivation::kGeluExact: return x * 0.5 * std::erfc(-x * 0.7071067811865476);
    case TailActivation::kGeluApproximate:
      return x / (1 + std::exp(-2 * 0.7978845608028654 * (x + 0.044715 * x * x * x)));
  }
  return x;
}

template <UnaryKind kKind>
void FinishUnary(const void*, float* values, int64_t count) {
  UnaryStretch(kKind, values, count, values);
}

// Of the activations that kernels do not have.
Finish FinishOf(TailActivation activation) {
  if constexpr (!kUses.fused_activations) return {};
  switch (activation) {
    case TailActivation::kElu: return {FinishUnary<UnaryKind::kElu>};
    case TailActivation::kTanh: return {FinishUnary<UnaryKind::kTanh>};
    case TailActivation::kSigmoid: return {FinishUnary<UnaryKind::kSigmoid>};
    case TailActivation::kSwish: return {FinishUnary<UnaryKind::kSwish>};
    case TailActivation::kHardSwish: return {FinishUnary<UnaryKind::kHardSwish>};
    case TailActivation::kGeluExact: return {FinishUnary<UnaryKind::kGelu>};
    case TailActivation::kGeluApproximate: return {FinishUnary<UnaryKind::kGeluApproximate>};
    default: return {};
  }
}

int64_t RowGrain(int64_t channels) { return std::max<int64_t>((1 << 14) / std::max<int64_t>(channels, 1), 1); }

}  // namespace

Result<FusedTail> ParseFusedTail(const AttrReader& attrs) { return ParseFusedTail(attrs.Strs("fused_ops"), attrs); }

Result<FusedTail> ParseFusedTail(std::span<const std::string> ops, const AttrReader& attrs) {
  FusedTail tail;
  size_t i = 0;
  if (i < ops.size() && ops[i] == "BiasAdd") {
    tail.bias = true;
    ++i;
  } else if (i < ops.size() && ops[i] == "FusedBatchNorm") {
    tail.batch_norm = true;
    ++i;
  }
  if (i < ops.size() && ops[i] == "Add") {
    tail.add = true;
    ++i;
  }
  for (const auto& entry : kActivations) {
    if (i < ops.size() && ops[i] == entry.name) {
      if (!kUses.fused_activations && entry.activation >= TailActivation::kElu)
        return NotBuilt(Cat("fused ", entry.name));
      tail.activation = entry.activation;
      ++i;
      break;
    }
  }
  if (i < ops.size()) {
    return Unimplemented("attr 'fused_ops': want [BiasAdd or FusedBatchNorm] [Add] [an activation], got ",
                         Quoted(ops[i]), " at ", static_cast<int64_t>(i));
  }
  tail.epsilon = attrs.Float("epsilon");
  tail.leaky_alpha = attrs.Float("leakyrelu_alpha");
  return tail;
}

std::vector<float> TakeBatchNorm(PrepareContext& c, FusedTail* tail) {
  if (!tail->batch_norm) return {};
  std::vector<float> args[4];
  for (int i = 0; i < 4; ++i) {
    const Tensor* arg = c.constant(2 + i);
    if (arg == nullptr || arg->dtype() != DType::kFloat || arg->num_elements() == 0) return {};
    args[i].resize(static_cast<size_t>(arg->num_elements()));
    std::memcpy(args[i].data(), arg->raw(), arg->bytes());
  }
  const auto& [gamma, beta, mean, variance] = args;
  std::vector<float> factors(gamma.size());
  tail->shift.resize(gamma.size());
  for (size_t i = 0; i < gamma.size(); ++i) {
    // Of a norm that a pass has put together, the roots are of ones.
    const double square = static_cast<double>(variance[i]) + static_cast<double>(tail->epsilon);
    const auto factor = square == 1 ? static_cast<double>(gamma[i]) : static_cast<double>(gamma[i]) / std::sqrt(square);
    factors[i] = static_cast<float>(factor);
    tail->shift[i] = static_cast<float>(static_cast<double>(beta[i]) - static_cast<double>(mean[i]) * factor);
  }
  for (int i = 0; i < 4; ++i) c.Consume(2 + i);
  return factors;
}

Status CheckTailArgs(const InferContext& c, const FusedTail& tail, const Shape& output, int channel_axis) {
  const int args = tail.num_args();
  if (c.num_inputs() < 2 + args) {
    return InvalidArgument("attr 'fused_ops' asks for ", args, " args, got ", c.num_inputs() - 2);
  }
  for (int i = 2; i < 2 + args; ++i) {
    const Shape& shape = c.shape(i);
    if (c.dtype(i) != c.dtype(0) && c.dtype(i) != DType::kInvalid && c.dtype(0) != DType::kInvalid) {
      return InvalidArgument("arg ", i - 2, ": want ", c.dtype(0), ", got ", c.dtype(i));
    }
    if (!shape.has_rank() || !output.has_rank()) continue;
    if (tail.add && i == tail.addend_input()) {
      const auto merged = MergeShapes(shape, output);
      if (!merged.ok()) {
        return InvalidArgument("the addend: want the output's shape ", output, ", got ", shape);
      }
      continue;
    }
    // TensorFlow's pattern matcher leaves a bias as [1, .., channels] too.
    for (int axis = 0; axis + 1 < shape.rank(); ++axis) {
      if (shape[axis] >= 0 && shape[axis] != 1) {
        return InvalidArgument("arg ", i - 2, ": want one value for each channel, got shape ", shape);
      }
    }
    const int64_t channels = output[channel_axis];
    const int64_t count = shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
    if (shape.rank() == 0 || (count >= 0 && channels >= 0 && count != channels)) {
      return InvalidArgument("arg ", i - 2, ": want ", channels, " values, one for each channel, got shape ", shape);
    }
  }
  return Status();
}

FloatTail::FloatTail(RunContext& c, const FusedTail& tail, bool channels_last, ScratchPieces& pieces) : tail_(tail) {
  if (tail.add) addend_.emplace(c.input(tail.addend_input()), channels_last, pieces);
  if (!tail.shift.empty()) return;
  const bool wide = tail.num_args() == 0 || !IsHalf(c.input(2).dtype());
  if (tail.batch_norm || (tail.bias && !wide)) {
    rows_ = pieces.Add(CheckedSize(c.input(2).num_elements()) * 4 * static_cast<int64_t>(sizeof(float)));
  }
}

Epilogue FloatTail::MakeEpilogue(RunContext& c, const ScratchPieces& pieces) {
  if (addend_) addend_data_ = static_cast<const float*>(addend_->Fill(c, pieces));
  const bool folded = !tail_.shift.empty();
  const int64_t channels = !folded && (tail_.bias || tail_.batch_norm) ? c.input(2).num_elements() : 0;
  const bool half = tail_.num_args() > 0 && IsHalf(c.input(2).dtype());
  Epilogue epilogue;
  if (tail_.batch_norm && !folded) {
    // y = x * scale + shift with scale = gamma / sqrt(variance + epsilon), shift = beta - mean * scale.
    float* rows = pieces.At<float>(rows_);
    const float* arg[4];
    for (int i = 0; i < 4; ++i) {
      float* wide = rows + i * channels;
      if (half) {
        WidenHalf(c.input(2).dtype(), c.input(2 + i).raw(), channels, wide);
      } else {
        std::copy_n(c.input(2 + i).data<float>(), channels, wide);
      }
      arg[i] = wide;
    }
    for (int64_t i = 0; i < channels; ++i) {
      const float scale = arg[0][i] / std::sqrt(arg[3][i] + tail_.epsilon);
      const float shift = arg[1][i] - arg[2][i] * scale;
      rows[i] = scale;
      rows[channels + i] = shift;
    }
    scale_ = rows;
    shift_ = rows + channels;
    return epilogue;
  }
  if (folded) {
    epilogue.bias = tail_.shift.data();
  } else if (tail_.bias) {
    if (half) {
      float* wide = pieces.At<float>(rows_);
      WidenHalf(c.input(2).dtype(), c.input(2).raw(), channels, wide);
      epilogue.bias = wide;
    } else {
      epilogue.bias = c.input(2).data<float>();
    }
  }
  epilogue.addend = addend_data_;
  epilogue.activation = KernelActivation(tail_);
  epilogue.finish = FinishOf(tail_.activation);
  return epilogue;
}

void FloatTail::Finish(RunContext& c, int64_t rows, int64_t channels, float* out) const {
  if (!tail_.batch_norm || !tail_.shift.empty()) return;
  MapScaleShift(out, scale_, shift_, rows, channels, tail_.add ? Activation() : KernelActivation(tail_), out, c.pool(),
                c.stop());
  Epilogue rest;
  if (tail_.add) {
    rest.addend = addend_data_;
    rest.activation = KernelActivation(tail_);
  }
  rest.finish = FinishOf(tail_.activation);
  ApplyEpilogue(c, rest, rows, channels, out);
}

void ApplyEpilogue(RunContext& c, const Epilogue& epilogue, int64_t rows, int64_t channels, float* out) {
  if (epilogue.bias != nullptr) {
    MapBinary(BinaryKind::kAdd, out, Spread::kFull, epilogue.bias, Spread::kRow, rows, channels, out, c.pool(),
              c.stop());
  }
  if (epilogue.addend != nullptr) {
    MapBinary(BinaryKind::kAdd, out, Spread::kFull, epilogue.addend, Spread::kFull, rows, channels, out, c.pool(),
              c.stop());
  }
  if (epilogue.activation.kind != ActivationKind::kNone) {
    MapActivation(epilogue.activation, out, rows * channels, out, c.pool(), c.stop());
  }
  if (epilogue.finish) {
    c.ParallelFor(rows * channels, 1 << 14,
                  [&](int64_t begin, int64_t end) { epilogue.finish(out + begin, end - begin); });
  }
}

void ApplyTail(RunContext& c, const FusedTail& tail, const double* addend, int64_t rows, int64_t channels,
               double* out) {
  if (tail.empty()) return;
  const double* arg[4] = {};
  for (int i = 0; i < (tail.batch_norm ? 4 : tail.bias ? 1 : 0); ++i) arg[i] = c.input(2 + i).data<double>();
  c.ParallelFor(rows, RowGrain(channels), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      for (int64_t i = 0; i < channels; ++i) {
        double x = out[row * channels + i];
        if (tail.bias) x += arg[0][i];
        if (tail.batch_norm) {
          x = (x - arg[2][i]) * arg[0][i] / std::sqrt(arg[3][i] + static_cast<double>(tail.epsilon)) + arg[1][i];
        }
        if (tail.add) x += addend[row * channels + i];
        out[row * channels + i] = Activate(tail, x);
      }
    }
  });
}

}  // namespace rivulet
