// QuantizedRelu, QuantizedRelu6, QuantizedReluX: activations of codes, which keep the range.
//
//   features [..] of T, (max_value), min_features, max_features -> activations [..] of T, min, max
#include <type_traits>

#include "engine/kernels/quantized_codes.h"
#include "engine/ops/quantized.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  // The kernel of ReluX, which only older TensorFlows have, takes any one element.
  RIVULET_RETURN_IF_ERROR(c.num_inputs() == 4 ? WantOneElement(c, 1, 3) : WantScalars(c, 1, 2));
  if (c.dtype(0) != c.output_dtype(0)) {
    return Unimplemented("attr 'out_type': want ", c.dtype(0), " as Tinput is, got ", c.output_dtype(0));
  }
  SetQuantizedOutputs(c, c.shape(0));
  return Status();
}

template <typename T>
void Clamp(RunContext& c, Range range, float most) {
  const T low = CodeOf<T>(0, range);
  const T high = most < std::numeric_limits<float>::infinity() ? CodeOf<T>(most, range) : std::numeric_limits<T>::max();
  const T* x = static_cast<const T*>(c.input(0).raw());
  T* y = static_cast<T*>(c.output(0).raw());
  c.ParallelFor(c.output(0).num_elements(), 1 << 15, [&](int64_t begin, int64_t end) {
    if constexpr (std::is_same_v<T, uint8_t>) {
      ClampBytes(x + begin, end - begin, low, high, y + begin);
    } else {
      for (int64_t i = begin; i < end; ++i) y[i] = std::min(std::max(x[i], low), high);
    }
  });
}

Status Activate(RunContext& c, float most) {
  Range range;
  const int first = c.num_inputs() - 2;
  RIVULET_RETURN_IF_ERROR(ReadRange(c, first, first + 1, false, &range));
  c.output(0).dtype() == DType::kQuint8 ? Clamp<uint8_t>(c, range, most) : Clamp<int32_t>(c, range, most);
  WriteRange(c, 1, range);
  return Status();
}

Status Relu(RunContext& c) { return Activate(c, std::numeric_limits<float>::infinity()); }
Status Relu6(RunContext& c) { return Activate(c, 6); }
Status ReluX(RunContext& c) {
  const float most = c.input(1).data<float>()[0];
  if (!(most >= 0)) return InvalidArgument("max_value: want >= 0, got ", most);
  return Activate(c, most);
}

#define RIVULET_OUTPUTS "activations:out_type, min_activations:f32, max_activations:f32"
#define RIVULET_TYPES "Tinput:type in {qu8,qi32}; out_type:type=qu8 in {qu8,qi32}"

constexpr OpDef kDefs[] = {
    {.name = "QuantizedRelu",
     .inputs = "features:Tinput, min_features:f32, max_features:f32",
     .outputs = RIVULET_OUTPUTS,
     .attrs = RIVULET_TYPES,
     .infer = Infer,
     .run = Relu},
    {.name = "QuantizedRelu6",
     .inputs = "features:Tinput, min_features:f32, max_features:f32",
     .outputs = RIVULET_OUTPUTS,
     .attrs = RIVULET_TYPES,
     .infer = Infer,
     .run = Relu6},
    {.name = "QuantizedReluX",
     .inputs = "features:Tinput, max_value:f32, min_features:f32, max_features:f32",
     .outputs = RIVULET_OUTPUTS,
     .attrs = RIVULET_TYPES,
     .infer = Infer,
     .run = ReluX},
};

}  // namespace

RIVULET_OP_LIST(QuantizedActivation, kDefs);

}  // namespace rivulet
