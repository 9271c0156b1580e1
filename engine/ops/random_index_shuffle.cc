// RandomIndexShuffle: where an index of [0, max_index] goes when these are shuffled as a seed says; no table is made.
//
//   index, max_index: scalars or [n]; seed [3] or [n, 3], the low 32 bits of each; rounds: even, [4, 128] -> output:
//   a scalar where all are of one, else [n], where what is one alone stands for all
//
// The permutation is Simon's block cipher (R. Beaulieu and others, 2013) on words of any number of bits, repeated until
// the result is at most max_index. TensorFlow reads outside of its memory for odd or fewer rounds, and takes more:
// both are errors here.
#include <algorithm>
#include <array>
#include <cmath>

#include "engine/ops/number.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

// The cipher itself has 72 at most, and small ranges may need 2^16 tries of all of them.
constexpr int64_t kMaxRounds = 128;

// ---- The cipher ----

class Shuffle {
 public:
  Shuffle(const std::array<uint32_t, 3>& seed, uint64_t last, int64_t rounds)
      : last_(last), bits_(WordBits(last)), mask_((uint64_t{1} << bits_) - 1), rounds_(rounds) {
    for (size_t i = 0; i < 3; ++i) seed_[i] = seed[i] & mask_;
  }

  // Stops early when told to.
  uint64_t At(uint64_t index, const StopToken& stop) const {
    if (last_ == 0) return 0;
    for (int64_t tries = 1;; ++tries) {
      index = Encrypt(index);
      if (index <= last_ || (tries % 64 == 0 && stop.stopped())) return index;
    }
  }

 private:
  // Half of what the last index needs by its logarithm, which leaves an exact power of two one bit short.
  static int WordBits(uint64_t last) {
    if (last == 0) return 8;
    const int bits = static_cast<int>(std::ceil(std::log2(static_cast<double>(last))));
    return std::clamp((bits + 1) / 2, 8, 32);
  }
  uint64_t Left(uint64_t x, int by) const { return ((x << by) | (x >> (bits_ - by))) & mask_; }
  uint64_t Right(uint64_t x, int by) const { return ((x >> by) | (x << (bits_ - by))) & mask_; }
  uint64_t Mix(uint64_t x) const { return (Left(x, 1) & Left(x, 8)) ^ Left(x, 2); }

  uint64_t Encrypt(uint64_t value) const {
    uint64_t left = (value >> bits_) & mask_, right = value & mask_;
    std::array<uint64_t, 3> keys = seed_;  // of the round at hand and the two after it
    uint64_t sequence = 0x7369f885192c0ef5 & mask_;
    for (int64_t round = 0; round < rounds_; ++round) {
      (round % 2 == 0 ? left : right) ^= Mix(round % 2 == 0 ? right : left) ^ keys[0];
      const uint64_t next =
          (uint64_t{0xfffffffc} & mask_) ^ (sequence & 1) ^ keys[0] ^ Right(keys[2], 3) ^ Right(keys[2], 4);
      keys = {keys[1], keys[2], next};
      sequence >>= 1;
    }
    return (left << bits_) | right;
  }

  uint64_t last_;
  int bits_;
  uint64_t mask_;
  int64_t rounds_;
  std::array<uint64_t, 3> seed_{};
};

// ---- Shapes ----

// Takes the dim of a vector for `count` where that is not known yet.
Status TakeCount(int64_t dim, int64_t* count, const char* name) {
  if (dim < 0) return Status();
  if (*count >= 0 && *count != dim) return InvalidArgument(name, ": want ", *count, " as the others, got ", dim);
  *count = dim;
  return Status();
}

Status Infer(InferContext& c) {
  const int64_t rounds = c.attrs().Int("rounds");
  if (rounds < 4 || rounds > kMaxRounds || rounds % 2 != 0) {
    return InvalidArgument("attr 'rounds': want an even number in [4, ", kMaxRounds, "], got ", rounds);
  }
  const Shape &index = c.shape(0), &seed = c.shape(1), &last = c.shape(2);
  const struct {
    const Shape& shape;
    int alone;
    const char* name;
  } inputs[] = {{index, 0, "index"}, {seed, 1, "seed"}, {last, 0, "max_index"}};
  int64_t count = Shape::kUnknownDim;
  bool is_known = true, is_one = true;
  for (const auto& [shape, alone, name] : inputs) {
    if (!shape.has_rank()) {
      is_known = false;
      continue;
    }
    if (shape.rank() != alone && shape.rank() != alone + 1) {
      return InvalidArgument(name, ": want rank ", alone, " or ", alone + 1, ", got shape ", shape);
    }
    if (shape.rank() == alone) continue;
    is_one = false;
    RIVULET_RETURN_IF_ERROR(TakeCount(shape[0], &count, name));
  }
  if (seed.has_rank() && seed[seed.rank() - 1] >= 0 && seed[seed.rank() - 1] != 3) {
    return InvalidArgument("seed: want 3 numbers, got ", seed[seed.rank() - 1]);
  }
  if (is_known && count == 0) return InvalidArgument("want at least one index, seed or max_index, got none");
  if (!is_known && is_one) {
    c.set_output(0, Shape::UnknownRank());
  } else {
    c.set_output(0, is_one ? Shape() : Shape({count}));
  }
  return Status();
}

struct State : OpState {
  int64_t rounds = 4;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->rounds = c.attrs().Int("rounds");
  return std::unique_ptr<OpState>(std::move(state));
}

// ---- Running ----

// Element i of integers, signed ones extended.
uint64_t IntegerAt(const Tensor& tensor, int64_t i) {
  uint64_t value = 0;
  VisitType<int32_t, uint32_t, int64_t, uint64_t>(
      tensor.dtype(), [&](auto tag) { value = static_cast<uint64_t>(tensor.data<typename decltype(tag)::Type>()[i]); });
  return value;
}

Status Run(RunContext& c) {
  const Tensor &index = c.input(0), &seed = c.input(1), &last = c.input(2);
  Tensor& output = c.output(0);
  for (int64_t i = 0; i < output.num_elements(); ++i) {
    if (c.stop().stopped()) return c.stop().Why();
    const uint64_t from = IntegerAt(index, index.rank() == 0 ? 0 : i);
    const uint64_t to = IntegerAt(last, last.rank() == 0 ? 0 : i);
    const bool is_signed = index.dtype() == DType::kInt32 || index.dtype() == DType::kInt64;
    if (is_signed && static_cast<int64_t>(from) < 0) {
      return InvalidArgument("index: want >= 0, got ", static_cast<int64_t>(from));
    }
    if (is_signed ? static_cast<int64_t>(from) > static_cast<int64_t>(to) : from > to) {
      return InvalidArgument("max_index: want at least index ", from, ", got ", static_cast<int64_t>(to));
    }
    const int64_t row = seed.rank() == 1 ? 0 : 3 * i;
    std::array<uint32_t, 3> words;
    for (size_t k = 0; k < 3; ++k) words[k] = static_cast<uint32_t>(IntegerAt(seed, row + static_cast<int64_t>(k)));
    const uint64_t result = Shuffle(words, to, c.state<State>().rounds).At(from, c.stop());
    VisitType<int32_t, uint32_t, int64_t, uint64_t>(output.dtype(), [&](auto tag) {
      using T = typename decltype(tag)::Type;
      output.data<T>()[i] = static_cast<T>(result);
    });
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "RandomIndexShuffle",
     .inputs = "index:dtype, seed:Tseed, max_index:dtype",
     .outputs = "output:dtype",
     .attrs = "rounds:int=4; dtype:type in {i32,u32,i64,u64}; Tseed:type in {i32,u32,i64,u64}",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(RandomIndexShuffle, kDefs);

}  // namespace rivulet
