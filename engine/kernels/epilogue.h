// What a matrix or convolution kernel still does to a finished output while it is in registers.
#ifndef RIVULET_ENGINE_KERNELS_EPILOGUE_H_
#define RIVULET_ENGINE_KERNELS_EPILOGUE_H_

#include <cstdint>

namespace rivulet {

enum class ActivationKind : uint8_t {
  kNone,
  kRelu,       // max(x, 0)
  kRelu6,      // min(max(x, 0), 6)
  kClamp,      // min(max(x, lo), hi)
  kLeakyRelu,  // x < 0 ? alpha * x : x
};

// NaN passes through every kind.
struct Activation {
  ActivationKind kind = ActivationKind::kNone;
  float lo = 0.0f;
  float hi = 0.0f;
  float alpha = 0.0f;
};

// What values of the output go through at last, a stretch at a time while they are in a near cache.
struct Finish {
  void (*run)(const void* context, float* values, int64_t count) = nullptr;  // null: nothing
  const void* context = nullptr;

  explicit operator bool() const { return run != nullptr; }
  void operator()(float* values, int64_t count) const { run(context, values, count); }
};

// out = finish(activation(result + bias[column or channel] + addend[same place]))
struct Epilogue {
  const float* bias = nullptr;    // as long as a row of the output (its columns, its channels); null: none
  const float* addend = nullptr;  // laid out as the output, same row stride; may be the output itself; null: none
  Activation activation;
  Finish finish;  // each value once, in any order, by any thread
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_EPILOGUE_H_
