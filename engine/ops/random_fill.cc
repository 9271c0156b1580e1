#include "engine/ops/random_fill.h"

#include <algorithm>

#include "engine/kernels/half.h"

namespace rivulet {
namespace {

constexpr int64_t kGroupsAPiece = 1 << 10;

// Element i belongs to group i / size; make(generator at the group's first block, at, n) makes its elements, n from
// `at` on: the last group may have fewer than `size`.
template <typename Make>
void FillGroups(RunContext& c, const Philox& generator, uint64_t blocks_a_group, int64_t size, int64_t count,
                const Make& make) {
  c.ParallelFor((count + size - 1) / size, kGroupsAPiece, [&](int64_t begin, int64_t end) {
    Philox stream = generator;
    stream.Skip(static_cast<uint64_t>(begin) * blocks_a_group);
    for (int64_t at = begin * size; at < std::min(end * size, count); at += size) {
      Philox own = stream;
      make(own, at, std::min(size, count - at));
      stream.Skip(blocks_a_group);
    }
  });
}

// TensorFlow keeps 256 words for each truncated number, so that rejection cannot run into the next group.
constexpr uint64_t kTruncatedBlocks = 256;

using MakeFloats = void (*)(Philox& generator, float* four);
using MakeDoubles = void (*)(Philox& generator, double* two);

void NormalGroup(Philox& generator, float* four) {
  const Philox::Block block = generator.Next();
  const auto first = NormalFloats(block[0], block[1]);
  const auto second = NormalFloats(block[2], block[3]);
  four[0] = first[0];
  four[1] = first[1];
  four[2] = second[0];
  four[3] = second[1];
}

void TruncatedGroup(Philox& generator, float* four) {
  PhiloxWords words(generator);
  for (int n = 0; n < 4;) {
    const uint32_t a = words.Next();
    const uint32_t b = words.Next();
    for (const float v : NormalFloats(a, b)) {
      if (std::abs(v) < 2.0f && n < 4) four[n++] = v;
    }
  }
}

void UniformPair(Philox& generator, double* two) {
  const Philox::Block block = generator.Next();
  two[0] = UniformDouble(block[0], block[1]);
  two[1] = UniformDouble(block[2], block[3]);
}

void NormalPair(Philox& generator, double* two) {
  const Philox::Block block = generator.Next();
  const auto pair = NormalDoubles(block[0], block[1], block[2], block[3]);
  two[0] = pair[0];
  two[1] = pair[1];
}

void TruncatedPair(Philox& generator, double* two) {
  PhiloxWords words(generator);
  for (int n = 0; n < 2;) {
    const uint32_t a = words.Next();
    const uint32_t b = words.Next();
    const uint32_t x = words.Next();
    const uint32_t y = words.Next();
    for (const double v : NormalDoubles(a, b, x, y)) {
      if (std::abs(v) < 2.0 && n < 2) two[n++] = v;
    }
  }
}

template <typename T, typename Uniform>
void FillUniform(RunContext& c, const Philox& generator, Tensor& out, const Uniform& uniform) {
  T* data = out.data<T>();
  FillGroups(c, generator, 1, 4, out.num_elements(), [&](Philox& g, int64_t at, int64_t n) {
    const Philox::Block block = g.Next();
    for (int64_t i = 0; i < n; ++i) data[at + i] = uniform(block[static_cast<size_t>(i)]);
  });
}

// Of float, half or bfloat16: what is made as floats.
template <MakeFloats kMake>
void FillFromFloats(RunContext& c, const Philox& generator, uint64_t blocks_a_group, Tensor& out) {
  const DType dtype = out.dtype();
  void* const data = out.raw();
  FillGroups(c, generator, blocks_a_group, 4, out.num_elements(), [=](Philox& g, int64_t at, int64_t n) {
    float values[4];
    kMake(g, values);
    switch (dtype) {
      case DType::kFloat: std::copy_n(values, n, static_cast<float*>(data) + at); break;
      case DType::kHalf:
        std::transform(values, values + n, static_cast<Half*>(data) + at, [](float v) { return Half(v); });
        break;
      default:
        std::transform(values, values + n, static_cast<BFloat16*>(data) + at, [](float v) { return BFloat16(v); });
        break;
    }
  });
}

void FillDoubles(RunContext& c, const Philox& generator, uint64_t blocks_a_group, MakeDoubles make, Tensor& out) {
  FillGroups(c, generator, blocks_a_group, 2, out.num_elements(), [&](Philox& g, int64_t at, int64_t n) {
    double values[2];
    make(g, values);
    std::copy_n(values, n, out.data<double>() + at);
  });
}

// T unsigned; the words of a block as elements of 4 or 8 bytes.
template <typename T, typename Map>
void FillWords(RunContext& c, const Philox& generator, Tensor& out, const Map& map) {
  T* data = static_cast<T*>(out.raw());
  constexpr int64_t kSize = 16 / sizeof(T);
  FillGroups(c, generator, 1, kSize, out.num_elements(), [&](Philox& g, int64_t at, int64_t n) {
    const Philox::Block block = g.Next();
    T words[kSize];
    if constexpr (kSize == 4) {
      std::copy_n(block.begin(), 4, words);
    } else {
      words[0] = Philox::Join(block[0], block[1]);
      words[1] = Philox::Join(block[2], block[3]);
    }
    for (int64_t i = 0; i < n; ++i) data[at + i] = map(words[i]);
  });
}

template <typename T>
void FillBelow(RunContext& c, const Philox& generator, T low, T range, Tensor& out) {
  FillWords<T>(c, generator, out, [=](T word) { return static_cast<T>(low + word % range); });
}

template <typename T>
Status FillRange(RunContext& c, const Philox& generator, const Tensor& low, const Tensor& high, Tensor& out) {
  using U = std::make_unsigned_t<T>;
  const T lo = low.data<T>()[0];
  const T hi = high.data<T>()[0];
  if (out.num_elements() == 0) return Status();
  if (lo >= hi) return InvalidArgument("minval: want less than maxval, got ", lo, " and ", hi);
  const auto start = static_cast<U>(lo);
  FillBelow<U>(c, generator, start, static_cast<U>(static_cast<U>(hi) - start), out);
  return Status();
}

}  // namespace

Status FillRandom(RunContext& c, Distribution distribution, const Philox& generator, Tensor& out) {
  const DType dtype = out.dtype();
  const bool truncated = distribution == Distribution::kTruncatedNormal;
  if (dtype == DType::kDouble) {
    const MakeDoubles make = distribution == Distribution::kUniform ? UniformPair
                             : truncated                            ? TruncatedPair
                                                                    : NormalPair;
    FillDoubles(c, generator, truncated ? kTruncatedBlocks / 2 : 1, make, out);
    return Status();
  }
  if (dtype != DType::kFloat && !IsHalf(dtype)) return Internal("random numbers of type ", dtype);
  if (truncated) {
    FillFromFloats<TruncatedGroup>(c, generator, kTruncatedBlocks, out);
  } else if (distribution == Distribution::kNormal) {
    FillFromFloats<NormalGroup>(c, generator, 1, out);
  } else if (dtype == DType::kFloat) {
    FillUniform<float>(c, generator, out, UniformFloat);
  } else if (dtype == DType::kHalf) {
    FillUniform<Half>(c, generator, out, UniformHalf);
  } else {
    FillUniform<BFloat16>(c, generator, out, UniformBFloat16);
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
    FillWords<uint32_t>(c, generator, out, same);
  } else {
    FillWords<uint64_t>(c, generator, out, same);
  }
  return Status();
}

}  // namespace rivulet
