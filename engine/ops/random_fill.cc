#include "engine/ops/random_fill.h"

#include <algorithm>

namespace rivulet {
namespace {

constexpr int64_t kGroupsAPiece = 1 << 10;

// Element i belongs to group i / size; make(generator at the group's first block) gives a group's elements.
template <typename T, int kSize, typename Make>
void FillGroups(RunContext& c, const Philox& generator, uint64_t blocks_a_group, T* out, int64_t count,
                const Make& make) {
  const int64_t groups = (count + kSize - 1) / kSize;
  c.ParallelFor(groups, kGroupsAPiece, [&](int64_t begin, int64_t end) {
    Philox stream = generator;
    stream.Skip(static_cast<uint64_t>(begin) * blocks_a_group);
    for (int64_t group = begin; group < end; ++group) {
      Philox own = stream;
      T values[kSize];
      make(own, values);
      std::copy_n(values, std::min<int64_t>(kSize, count - group * kSize), out + group * kSize);
      stream.Skip(blocks_a_group);
    }
  });
}

// TensorFlow keeps 256 words for each truncated number, so that rejection cannot run into the next group.
constexpr uint64_t kTruncatedBlocks = 256;

template <typename T>
void TruncatedFloats(Philox& generator, T* out) {
  PhiloxWords words(generator);
  for (int n = 0; n < 4;) {
    const uint32_t a = words.Next();
    const uint32_t b = words.Next();
    for (const float v : NormalFloats(a, b)) {
      if (std::abs(v) < 2.0f && n < 4) out[n++] = T(v);
    }
  }
}

void TruncatedDoubles(Philox& generator, double* out) {
  PhiloxWords words(generator);
  for (int n = 0; n < 2;) {
    const uint32_t a = words.Next();
    const uint32_t b = words.Next();
    const uint32_t x = words.Next();
    const uint32_t y = words.Next();
    for (const double v : NormalDoubles(a, b, x, y)) {
      if (std::abs(v) < 2.0 && n < 2) out[n++] = v;
    }
  }
}

template <typename T, typename Uniform>
void FillSmall(RunContext& c, Distribution distribution, const Philox& generator, Tensor& out, const Uniform& uniform) {
  T* data = out.data<T>();
  const int64_t count = out.num_elements();
  switch (distribution) {
    case Distribution::kUniform:
      return FillGroups<T, 4>(c, generator, 1, data, count, [&](Philox& g, T* v) {
        const Philox::Block block = g.Next();
        for (size_t i = 0; i < 4; ++i) v[i] = uniform(block[i]);
      });
    case Distribution::kNormal:
      return FillGroups<T, 4>(c, generator, 1, data, count, [](Philox& g, T* v) {
        const Philox::Block block = g.Next();
        const auto first = NormalFloats(block[0], block[1]);
        const auto second = NormalFloats(block[2], block[3]);
        v[0] = T(first[0]);
        v[1] = T(first[1]);
        v[2] = T(second[0]);
        v[3] = T(second[1]);
      });
    case Distribution::kTruncatedNormal:
      return FillGroups<T, 4>(c, generator, kTruncatedBlocks, data, count,
                              [](Philox& g, T* v) { TruncatedFloats(g, v); });
  }
}

void FillDoubles(RunContext& c, Distribution distribution, const Philox& generator, Tensor& out) {
  double* data = out.data<double>();
  const int64_t count = out.num_elements();
  switch (distribution) {
    case Distribution::kUniform:
      return FillGroups<double, 2>(c, generator, 1, data, count, [](Philox& g, double* v) {
        const Philox::Block block = g.Next();
        v[0] = UniformDouble(block[0], block[1]);
        v[1] = UniformDouble(block[2], block[3]);
      });
    case Distribution::kNormal:
      return FillGroups<double, 2>(c, generator, 1, data, count, [](Philox& g, double* v) {
        const Philox::Block block = g.Next();
        const auto pair = NormalDoubles(block[0], block[1], block[2], block[3]);
        v[0] = pair[0];
        v[1] = pair[1];
      });
    case Distribution::kTruncatedNormal:
      return FillGroups<double, 2>(c, generator, kTruncatedBlocks / 2, data, count,
                                   [](Philox& g, double* v) { TruncatedDoubles(g, v); });
  }
}

// T unsigned; the words of a block as elements of 4 or 8 bytes.
template <typename T, typename Map>
void FillWords(RunContext& c, const Philox& generator, T* out, int64_t count, const Map& map) {
  if constexpr (sizeof(T) == 4) {
    FillGroups<T, 4>(c, generator, 1, out, count, [&](Philox& g, T* v) {
      const Philox::Block block = g.Next();
      for (size_t i = 0; i < 4; ++i) v[i] = map(block[i]);
    });
  } else {
    FillGroups<T, 2>(c, generator, 1, out, count, [&](Philox& g, T* v) {
      const Philox::Block block = g.Next();
      v[0] = map(Philox::Join(block[0], block[1]));
      v[1] = map(Philox::Join(block[2], block[3]));
    });
  }
}

template <typename T>
Status FillRange(RunContext& c, const Philox& generator, const Tensor& low, const Tensor& high, Tensor& out) {
  using U = std::make_unsigned_t<T>;
  const T lo = low.data<T>()[0];
  const T hi = high.data<T>()[0];
  if (out.num_elements() == 0) return Status();
  if (lo >= hi) return InvalidArgument("minval: want less than maxval, got ", lo, " and ", hi);
  const U range = static_cast<U>(static_cast<U>(hi) - static_cast<U>(lo));
  FillWords(c, generator, out.data<U>(), out.num_elements(),
            [&](U word) { return static_cast<U>(static_cast<U>(lo) + word % range); });
  return Status();
}

}  // namespace

Status FillRandom(RunContext& c, Distribution distribution, const Philox& generator, Tensor& out) {
  switch (out.dtype()) {
    case DType::kFloat: FillSmall<float>(c, distribution, generator, out, UniformFloat); break;
    case DType::kHalf: FillSmall<Half>(c, distribution, generator, out, UniformHalf); break;
    case DType::kBfloat16: FillSmall<BFloat16>(c, distribution, generator, out, UniformBFloat16); break;
    case DType::kDouble: FillDoubles(c, distribution, generator, out); break;
    default: return Internal("random numbers of type ", out.dtype());
  }
  return Status();
}

Status FillRandomInt(RunContext& c, const Philox& generator, const Tensor& low, const Tensor& high, Tensor& out) {
  switch (out.dtype()) {
    case DType::kInt32: return FillRange<int32_t>(c, generator, low, high, out);
    case DType::kInt64: return FillRange<int64_t>(c, generator, low, high, out);
    case DType::kUint32: return FillRange<uint32_t>(c, generator, low, high, out);
    case DType::kUint64: return FillRange<uint64_t>(c, generator, low, high, out);
    default: return Internal("random integers of type ", out.dtype());
  }
}

Status FillRandomBits(RunContext& c, const Philox& generator, Tensor& out) {
  const auto same = [](auto word) { return word; };
  if (ElementBytes(out.dtype()) == 4) {
    FillWords(c, generator, out.data<uint32_t>(), out.num_elements(), same);
  } else {
    FillWords(c, generator, out.data<uint64_t>(), out.num_elements(), same);
  }
  return Status();
}

}  // namespace rivulet
