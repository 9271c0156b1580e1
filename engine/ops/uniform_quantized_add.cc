// UniformQuantizedAdd: lhs, rhs of qint32, broadcast, and their scales and zero points, then the output's
//   -> each in the output's scale, their sum, plus the output's zero point, within the output's limits
//
// Scales along an axis of an operand and of the output are along the same axis of the output; see uniform_quantized.h.
// Deviation: an lhs of one scale may be added in an output of several, as an rhs may; TensorFlow's process ends there.
#include <algorithm>

#include "engine/graph/shape_math.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/uniform_quantized.h"

namespace rivulet {
namespace {

struct State : OpState {
  CodeLimits limits;
  int64_t axis[3] = {-1, -1, -1};  // of lhs, rhs and output
};

constexpr const char* kAxes[3] = {"lhs_quantization_axis", "rhs_quantization_axis", "output_quantization_axis"};

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckScales(c, c.shape(0), kAxes[0], 2));
  RIVULET_RETURN_IF_ERROR(CheckScales(c, c.shape(1), kAxes[1], 4));
  RIVULET_ASSIGN_OR_RETURN(const Shape output, BroadcastShapes(c.shape(0), c.shape(1)));
  RIVULET_RETURN_IF_ERROR(CheckScales(c, output, kAxes[2], 6));
  const int64_t own = c.attrs().Int(kAxes[2]);
  for (int i = 0; i < 2 && output.has_rank() && own >= 0; ++i) {
    const int64_t axis = c.attrs().Int(kAxes[i]);
    if (axis >= 0 && c.shape(i).has_rank() && c.shape(i).rank() - axis != output.rank() - own) {
      return InvalidArgument("attr '", kAxes[i], "': want the output's axis ", own, " where both have one, got ", axis);
    }
  }
  c.set_output(0, output);
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  for (int i = 0; i < 3; ++i) state->axis[i] = c.attrs().Int(kAxes[i]);
  RIVULET_ASSIGN_OR_RETURN(state->limits, ReadCodeLimits(c.attrs(), "output_"));
  return std::unique_ptr<OpState>(std::move(state));
}

// Of the output's shape, but 1 everywhere except along an axis of an operand, as the output counts its axes.
Shape Along(const Shape& output, const Shape& operand, int64_t axis, int64_t length) {
  Shape shape;
  for (int i = 0; i < output.rank(); ++i) {
    shape.push_back(axis >= 0 && i == output.rank() - operand.rank() + axis ? length : 1);
  }
  return shape;
}

constexpr int64_t kTile = 512;

// How a channel's codes become codes of the output.
struct Step {
  int64_t zero_point = 0;
  FixedPoint factor;
};

// An operand in the output's scale, a tile at a time.
class Operand {
 public:
  // Operand `index` with its steps, which FillSteps made.
  Operand(RunContext& c, int index, const State& state, const Step* steps)
      : codes_(static_cast<const int32_t*>(c.input(index).raw())),
        steps_(steps),
        count_(StepCount(c, index)),
        codes_at_(c.input(index).shape(), c.output(0).shape(), sizeof(int32_t)),
        step_at_(StepShape(c, index, state), c.output(0).shape(), sizeof(int32_t)) {}

  // StepCount of them.
  static Status FillSteps(const RunContext& c, int index, Step* steps) {
    const Tensor &scales = c.input(2 + 2 * index), &output = c.input(6);
    for (int64_t j = 0; j < StepCount(c, index); ++j) {
      const int64_t own = scales.num_elements() == 1 ? 0 : j;
      const double to = static_cast<double>(output.data<float>()[output.num_elements() == 1 ? 0 : j]);
      steps[j].zero_point = c.input(3 + 2 * index).data<int32_t>()[own];
      RIVULET_ASSIGN_OR_RETURN(steps[j].factor, ToFixedPoint(static_cast<double>(scales.data<float>()[own]) / to));
    }
    return Status();
  }

  // The larger of the numbers of scales: of the operand, of the output.
  static int64_t StepCount(const RunContext& c, int index) {
    return std::max(c.input(2 + 2 * index).num_elements(), c.input(6).num_elements());
  }

  // Outputs [begin, begin + count), at most kTile of them.
  void Requantize(int64_t begin, int64_t count, int32_t* to) const {
    int32_t buffer[kTile];
    const auto* codes = static_cast<const int32_t*>(codes_at_.Tile(codes_, begin, count, buffer));
    if (count_ == 1) {
      for (int64_t i = 0; i < count; ++i) to[i] = Requantized(codes[i], steps_[0]);
      return;
    }
    int64_t at[kTile];
    step_at_.Positions(begin, count, at);
    for (int64_t i = 0; i < count; ++i) to[i] = Requantized(codes[i], steps_[at[i]]);
  }

 private:
  static Shape StepShape(RunContext& c, int index, const State& state) {
    const Shape& output = c.output(0).shape();
    if (c.input(6).num_elements() > 1) return Along(output, output, state.axis[2], StepCount(c, index));
    return Along(output, c.input(index).shape(), state.axis[index], StepCount(c, index));
  }

  // Written as a code of qint32, and read again.
  static int32_t Requantized(int32_t code, const Step& step) {
    return ReadCode(Multiply(Wrapped(ReadCode(code) - step.zero_point), step.factor));
  }

  const int32_t* codes_;
  const Step* steps_;
  int64_t count_;
  BroadcastReader codes_at_;
  BroadcastReader step_at_;
};

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  for (const int scales : {2, 4, 6}) RIVULET_RETURN_IF_ERROR(WantPositive(c, scales));
  const Shape& shape = c.output(0).shape();
  if (c.output(0).num_elements() == 0) return Status();
  const int64_t lefts = Operand::StepCount(c, 0), rights = Operand::StepCount(c, 1);
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(lefts + rights) * sizeof(Step)));
  auto* steps = static_cast<Step*>(scratch);
  RIVULET_RETURN_IF_ERROR(Operand::FillSteps(c, 0, steps));
  RIVULET_RETURN_IF_ERROR(Operand::FillSteps(c, 1, steps + lefts));
  const Operand left(c, 0, state, steps);
  const Operand right(c, 1, state, steps + lefts);
  const int32_t* zero_points = c.input(7).data<int32_t>();
  const int64_t zeros = c.input(7).num_elements();
  const BroadcastReader zero_at(Along(shape, shape, state.axis[2], zeros), shape, sizeof(int32_t));
  auto* y = static_cast<int32_t*>(c.output(0).raw());
  c.ParallelFor(c.output(0).num_elements(), 1 << 13, [&](int64_t begin, int64_t end) {
    int32_t a[kTile], b[kTile], buffer[kTile];
    for (; begin < end; begin += kTile) {
      const int64_t count = std::min(kTile, end - begin);
      left.Requantize(begin, count, a);
      right.Requantize(begin, count, b);
      const auto* zero = static_cast<const int32_t*>(zero_at.Tile(zero_points, begin, count, buffer));
      for (int64_t i = 0; i < count; ++i) {
        y[begin + i] = state.limits.Clamp(Wrapped(int64_t{a[i]} + b[i] + zero[i]));
      }
    }
  });
  return Status();
}

#define RIVULET_AXIS(prefix) \
  prefix "quantization_axis:int=-1; " prefix "quantization_min_val:int; " prefix "quantization_max_val:int; "
constexpr OpDef kDefs[] = {
    {.name = "UniformQuantizedAdd",
     .inputs = "lhs:T, rhs:T, lhs_scales:f32, lhs_zero_points:i32, rhs_scales:f32, rhs_zero_points:i32, "
               "output_scales:f32, output_zero_points:i32",
     .outputs = "output:T",
     .attrs = RIVULET_AXIS("lhs_") RIVULET_AXIS("rhs_") RIVULET_AXIS("output_") "T:type in {qi32}",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};
#undef RIVULET_AXIS

}  // namespace

RIVULET_OP_LIST(UniformQuantizedAdd, kDefs);

}  // namespace rivulet
