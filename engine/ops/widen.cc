#include "engine/ops/widen.h"

#include "engine/kernels/half.h"

namespace rivulet {
namespace {

constexpr int64_t kGrain = 1 << 15;

// Nothing where a narrowed engine has no such elements.
template <typename From, typename To>
void Cast(const void* from, void* to, int64_t n) {
  if constexpr (MayMeet<From>() && MayMeet<To>()) {
    const From* x = static_cast<const From*>(from);
    To* y = static_cast<To*>(to);
    for (int64_t i = 0; i < n; ++i) y[i] = static_cast<To>(Widen(x[i]));
  }
}

template <typename To>
void CastToHalf(const void* from, void* to, int64_t n) {
  if constexpr (MayMeet<To>() && MayMeet<double>()) {
    const double* x = static_cast<const double*>(from);
    To* y = static_cast<To*>(to);
    for (int64_t i = 0; i < n; ++i) y[i] = To(static_cast<float>(x[i]));
  }
}

template <typename From>
void CastInt(DType wide, const void* from, void* to, int64_t n) {
  return wide == DType::kInt32 ? Cast<From, int32_t>(from, to, n) : Cast<From, int64_t>(from, to, n);
}

template <typename To>
void CutInt(DType wide, const void* from, void* to, int64_t n) {
  return wide == DType::kInt32 ? Cast<int32_t, To>(from, to, n) : Cast<int64_t, To>(from, to, n);
}

}  // namespace

void CastToWide(DType dtype, DType wide, const void* from, void* to, int64_t n) {
  switch (dtype) {
    case DType::kHalf:
    case DType::kBfloat16:
      if (wide == DType::kFloat) return WidenHalf(dtype, from, n, static_cast<float*>(to));
      return dtype == DType::kHalf ? Cast<Half, double>(from, to, n) : Cast<BFloat16, double>(from, to, n);
    case DType::kFloat: return Cast<float, double>(from, to, n);
    case DType::kComplex64: return Cast<float, double>(from, to, 2 * n);
    case DType::kInt8: return CastInt<int8_t>(wide, from, to, n);
    case DType::kUint8: return CastInt<uint8_t>(wide, from, to, n);
    case DType::kInt16: return CastInt<int16_t>(wide, from, to, n);
    case DType::kUint16: return CastInt<uint16_t>(wide, from, to, n);
    case DType::kInt32: return Cast<int32_t, int64_t>(from, to, n);
    default: return Cast<uint32_t, int64_t>(from, to, n);
  }
}

// An integer's low bits do not depend on its sign.
void CastFromWide(DType dtype, DType wide, const void* from, void* to, int64_t n) {
  switch (dtype) {
    case DType::kHalf:
    case DType::kBfloat16:
      if (wide == DType::kFloat) return NarrowToHalf(dtype, static_cast<const float*>(from), n, to);
      return dtype == DType::kHalf ? CastToHalf<Half>(from, to, n) : CastToHalf<BFloat16>(from, to, n);
    case DType::kFloat: return Cast<double, float>(from, to, n);
    case DType::kComplex64: return Cast<double, float>(from, to, 2 * n);
    case DType::kInt8:
    case DType::kUint8: return CutInt<uint8_t>(wide, from, to, n);
    case DType::kInt16:
    case DType::kUint16: return CutInt<uint16_t>(wide, from, to, n);
    default: return Cast<int64_t, uint32_t>(from, to, n);
  }
}

namespace {

using Caster = void (*)(DType dtype, DType wide, const void* from, void* to, int64_t n);

// Tensors of `dtype` and `wide` elements, one of which becomes the other.
void CastAll(RunContext& c, Caster cast, DType dtype, DType wide, const Tensor& from, Tensor& to) {
  const auto* source = static_cast<const char*>(from.raw());
  auto* target = static_cast<char*>(to.raw());
  const size_t from_bytes = ElementBytes(from.dtype()), to_bytes = ElementBytes(to.dtype());
  c.ParallelFor(from.num_elements(), kGrain, [&](int64_t begin, int64_t end) {
    const auto at = static_cast<size_t>(begin);
    cast(dtype, wide, source + at * from_bytes, target + at * to_bytes, end - begin);
  });
}

bool IsWidened(const Tensor& tensor, uint32_t widening) { return WideType(tensor.dtype(), widening) != tensor.dtype(); }

}  // namespace

Status RunWidened(RunContext& c, uint32_t widening, Status (*run)(RunContext&), const OpState* state) {
  const auto num_inputs = static_cast<size_t>(c.num_inputs()), num_outputs = static_cast<size_t>(c.num_outputs());
  std::vector<Tensor> wide(num_inputs + num_outputs);
  std::vector<const Tensor*> inputs(num_inputs);
  std::vector<Tensor*> outputs(num_outputs);
  std::vector<const void*> given(num_outputs);  // where the wide outputs are that infer knew the shapes of
  bool any = false;
  for (size_t i = 0; i < num_inputs; ++i) {
    const Tensor& input = c.input(static_cast<int>(i));
    inputs[i] = &input;
    if (!IsWidened(input, widening)) continue;
    const DType type = WideType(input.dtype(), widening);
    if (input.raw() == nullptr) {  // prepare has consumed it
      wide[i] = Tensor::View(type, input.shape(), nullptr);
    } else {
      RIVULET_ASSIGN_OR_RETURN(wide[i], Tensor::Allocate(type, input.shape(), c.allocator()));
      CastAll(c, CastToWide, input.dtype(), type, input, wide[i]);
    }
    inputs[i] = &wide[i];
    any = true;
  }
  for (size_t i = 0; i < num_outputs; ++i) {
    Tensor& output = c.output(static_cast<int>(i));
    outputs[i] = &output;
    if (!IsWidened(output, widening)) continue;
    Tensor& own = wide[num_inputs + i];
    own = Tensor::View(WideType(output.dtype(), widening), output.shape(), nullptr);
    if (output.raw() != nullptr) {
      RIVULET_ASSIGN_OR_RETURN(own, Tensor::Allocate(own.dtype(), own.shape(), c.allocator()));
    }
    given[i] = own.raw();
    outputs[i] = &own;
    any = true;
  }
  if (!any) return run(c);
  std::shared_ptr<void> scratch;
  size_t scratch_bytes = 0;
  const RunServices services{c.allocator(),  c.pool(), c.stop(),       c.resources(),
                             c.persistent(), &scratch, &scratch_bytes, c.files()};
  RunContext context(state, inputs, outputs, services);
  RIVULET_RETURN_IF_ERROR(run(context));
  for (size_t i = 0; i < num_outputs; ++i) {
    Tensor& output = c.output(static_cast<int>(i));
    if (outputs[i] == &output) continue;
    // The operator made another one.
    if (outputs[i]->raw() != given[i]) {
      RIVULET_RETURN_IF_ERROR(c.AllocateOutput(static_cast<int>(i), outputs[i]->shape()));
    }
    CastAll(c, CastFromWide, output.dtype(), outputs[i]->dtype(), *outputs[i], output);
  }
  return Status();
}

}  // namespace rivulet
