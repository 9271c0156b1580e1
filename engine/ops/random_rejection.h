// What the operators that draw by rejection share. Output i of TensorFlow's samplers has a stream of its own, 256
// blocks after that of output i - 1, so the numbers do not depend on how the work is split.
#ifndef RIVULET_ENGINE_OPS_RANDOM_REJECTION_H_
#define RIVULET_ENGINE_OPS_RANDOM_REJECTION_H_

#include "engine/ops/number.h"
#include "engine/ops/random_stream.h"
#include "engine/ops/shape_input.h"

namespace rivulet {

inline constexpr uint64_t kBlocksAnOutput = 256;

inline Philox StreamOfOutput(Philox generator, int64_t output) {
  generator.Skip(static_cast<uint64_t>(output) * kBlocksAnOutput);
  return generator;
}

// Uniform numbers of [0, 1) taken block by block, the last of a block first; blocks are drawn when needed, between
// those of other users of the stream. T is float or double.
template <typename T>
class UniformBackwards {
 public:
  explicit UniformBackwards(Philox& stream) : stream_(stream) {}
  T Next() {
    if (left_ == 0) {
      const Philox::Block block = stream_.Next();
      if constexpr (std::is_same_v<T, double>) {
        numbers_ = {UniformDouble(block[0], block[1]), UniformDouble(block[2], block[3])};
      } else {
        for (size_t i = 0; i < kCount; ++i) numbers_[i] = UniformFloat(block[i]);
      }
      left_ = kCount;
    }
    return numbers_[--left_];
  }

 private:
  static constexpr size_t kCount = 16 / sizeof(T);
  Philox& stream_;
  std::array<T, kCount> numbers_{};
  size_t left_ = 0;
};

// Normal numbers in the same way.
class NormalBackwards {
 public:
  explicit NormalBackwards(Philox& stream) : stream_(stream) {}
  double Next() {
    if (left_ == 0) {
      const Philox::Block block = stream_.Next();
      numbers_ = NormalDoubles(block[0], block[1], block[2], block[3]);
      left_ = 2;
    }
    return numbers_[--left_];
  }

 private:
  Philox& stream_;
  std::array<double, 2> numbers_{};
  size_t left_ = 0;
};

// Where in a tensor of `shape` element i of the shape it is broadcast to lies.
inline int64_t BroadcastIndex(const Shape& shape, const Shape& to, int64_t i) {
  int64_t index = 0, stride = 1;
  for (int k = 1; k <= shape.rank(); ++k) {
    const int64_t extent = shape[shape.rank() - k], whole = to[to.rank() - k];
    if (extent > 1) index += i % whole * stride;
    i /= whole;
    stride *= extent;
  }
  return index;
}

// Input `shape`'s dims before those of the parameter: for the stateful operators, whose samples come first.
Status InferSamplesOfEach(InferContext& c, int shape, int parameter);
// Input `shape` is the whole output's shape and must end with the parameters' (broadcast) one; where it has no
// elements, only if `empty_too`.
Status InferEndsWith(InferContext& c, int shape, const Shape& parameters, bool empty_too);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_RANDOM_REJECTION_H_
