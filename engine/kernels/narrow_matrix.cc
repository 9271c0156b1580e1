#include "engine/kernels/narrow_matrix.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "engine/base/errors.h"
#include "engine/base/mapped_bytes.h"
#include "engine/kernels/gemm.h"

namespace rivulet {
namespace {

constexpr int64_t kPanel = PackedMatrix::kPanel;
// Smaller ones stay in near caches, which give floats faster than they are made of fewer bytes.
constexpr int64_t kLeastForHalves = 1 << 15;
constexpr int64_t kLeastForCodes = 1 << 18;

int64_t WholePanels(int64_t n) { return (n + kPanel - 1) / kPanel * kPanel; }

// The numbers of a matrix as they lie, at any address.
class Numbers {
 public:
  Numbers(const void* at, int64_t count) : at_(static_cast<const char*>(at)), count_(count) {}
  int64_t count() const { return count_; }
  uint32_t Bits(int64_t i) const {
    uint32_t bits;
    std::memcpy(&bits, at_ + i * 4, sizeof(bits));
    return bits;
  }
  float operator[](int64_t i) const {
    float value;
    std::memcpy(&value, at_ + i * 4, sizeof(value));
    return value;
  }

 private:
  const char* at_;
  int64_t count_;
};

// Whether test(bits) is 0 of all of them. Most matrices fail at the first block.
template <class Test>
bool NoneHas(const Numbers& numbers, const Test& test) {
  constexpr int64_t kBlock = 256;
  for (int64_t begin = 0; begin < numbers.count(); begin += kBlock) {
    uint32_t any = 0;
    const int64_t end = std::min(begin + kBlock, numbers.count());
    for (int64_t i = begin; i < end; ++i) any |= test(numbers.Bits(i));
    if (any != 0) return false;
  }
  return true;
}

bool AreBfloat16(const Numbers& numbers) {
  return NoneHas(numbers, [](uint32_t bits) { return bits & 0xffff; });
}

constexpr uint32_t kSize = 0x7fffffff;
// The size of the least normal number of float16, and of what is beyond the largest one.
constexpr uint32_t kLeastNormal = 113u << 23, kBeyond = 143u << 23;
// Smaller ones than normal are multiples of this: 2^-24.
constexpr float kOfLeastHalf = 1 << 24;

uint32_t LeastHalves(uint32_t size) {
  float value;
  std::memcpy(&value, &size, sizeof(value));
  return static_cast<uint32_t>(static_cast<int32_t>(value * kOfLeastHalf));
}

// A multiple of the least float16 below the normal ones, as a float.
uint32_t SizeOfLeastHalves(uint32_t count) {
  const float value = static_cast<float>(static_cast<int32_t>(count)) * (1 / kOfLeastHalf);
  uint32_t size;
  std::memcpy(&size, &value, sizeof(size));
  return size;
}

bool AreHalves(const Numbers& numbers) {
  return NoneHas(numbers, [](uint32_t bits) {
    const uint32_t size = bits & kSize;
    const uint32_t small = 0u - uint32_t{size < kLeastNormal};
    const uint32_t of_small = small & size;  // zero of others, which would be too many least ones to count
    return (bits & 0x1fff & ~small) | (SizeOfLeastHalves(LeastHalves(of_small)) ^ of_small) | uint32_t{size >= kBeyond};
  });
}

// Whether the first `count` numbers, each `step`-th, are at most 256 different ones. Full floats are more soon.
bool AreFew(const Numbers& numbers, int64_t step, int64_t count) {
  constexpr int64_t kLooked = 1024;
  constexpr uint32_t kMost = 256;
  uint32_t seen[2 * kLooked] = {};  // 0: nothing
  uint32_t different = 0;
  for (int64_t i = 0; i < std::min(kLooked, count); ++i) {
    const uint32_t bits = numbers.Bits(i * step) + 1;
    uint32_t at = bits * 0x9E3779B9u >> 21;
    while (seen[at] != 0 && seen[at] != bits) at = (at + 1) % (2 * kLooked);
    if (seen[at] == bits) continue;
    seen[at] = bits;
    if (++different > kMost) return false;
  }
  return true;
}

// The least distance of two different ones among the first numbers; 0 where they are more than 256, or all the same.
float LeastGap(const Numbers& numbers) {
  constexpr int64_t kLooked = 1 << 12;
  std::vector<float> seen;
  for (int64_t i = 0; i < std::min(kLooked, numbers.count()); ++i) {
    if (!std::isfinite(numbers[i])) return 0;
    seen.push_back(numbers[i]);
  }
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  if (seen.size() > 256 || seen.size() < 2) return 0;
  float gap = std::numeric_limits<float>::max();
  for (size_t i = 1; i < seen.size(); ++i) gap = std::min(gap, seen[i] - seen[i - 1]);
  return gap;
}

// For each column of a panel, code * scale + offset is the number; codes are [low, low + 255].
struct Levels {
  float scale[kPanel];
  float offset[kPanel];
  int low;
};

// The codes of rows of a panel, and of which columns not all numbers have one; -0 has none. For loops of vectors, so
// that there is nothing in them that ends early.
void CodesOf(const float* panel, int64_t rows, const Levels& levels, uint8_t* codes, uint32_t* without) {
  float by[kPanel];
  for (int64_t j = 0; j < kPanel; ++j) by[j] = 1 / levels.scale[j];
  const auto least = static_cast<float>(levels.low - 1), most = static_cast<float>(levels.low + 256);
  for (int64_t j = 0; j < kPanel; ++j) without[j] = 0;
  for (int64_t row = 0; row < rows; ++row, panel += kPanel, codes += kPanel) {
    for (int64_t j = 0; j < kPanel; ++j) {
      float place = (panel[j] - levels.offset[j]) * by[j];
      place = place > least ? place : least;
      place = place < most ? place : most;
      // Rounded down, of a number that is not negative.
      const int code = static_cast<int>(place + (0.5f - least)) + levels.low - 1;
      const float scaled = static_cast<float>(code) * levels.scale[j];
      uint32_t bits, want;
      const float is = scaled + levels.offset[j];
      std::memcpy(&bits, &is, sizeof(bits));
      std::memcpy(&want, &panel[j], sizeof(want));
      without[j] |= (bits ^ want) | uint32_t{code < levels.low} | uint32_t{code > levels.low + 255};
      codes[j] = static_cast<uint8_t>(code);
    }
  }
}

bool AllHave(const uint32_t* without, int64_t columns = kPanel) {
  return std::all_of(without, without + columns, [](uint32_t any) { return any == 0; });
}

// Levels from the least number on, in steps that are a 255th of the range or more: one scale for all that the first
// numbers fit.
std::optional<Levels> SharedLevels(const Numbers& numbers) {
  const float gap = AreFew(numbers, 1, numbers.count()) ? LeastGap(numbers) : 0;
  if (!(gap > 0)) return std::nullopt;
  float low[kPanel], high[kPanel];
  std::fill_n(low, kPanel, numbers[0]);
  std::fill_n(high, kPanel, numbers[0]);
  for (int64_t i = 0; i + kPanel <= numbers.count(); i += kPanel) {
    for (int64_t j = 0; j < kPanel; ++j) {
      const float v = numbers[i + j];
      low[j] = v < low[j] ? v : low[j];
      high[j] = v > high[j] ? v : high[j];
    }
  }
  for (int64_t i = numbers.count() / kPanel * kPanel; i < numbers.count(); ++i) {
    low[0] = std::min(low[0], numbers[i]);
    high[0] = std::max(high[0], numbers[i]);
  }
  const float least = *std::min_element(low, low + kPanel);
  const double range = static_cast<double>(*std::max_element(high, high + kPanel)) - static_cast<double>(least);
  const double steps = std::round(range / static_cast<double>(gap));
  if (!(steps >= 1 && steps <= 255)) return std::nullopt;
  float sample[256 * kPanel];
  const int64_t rows = std::min<int64_t>(256, numbers.count() / kPanel);
  for (int64_t i = 0; i < rows * kPanel; ++i) sample[i] = numbers[i];
  // The numbers have lost the scale's last bits: those near by are tried.
  constexpr int kNear = 8;
  auto scale = static_cast<float>(range / steps);
  for (int i = 0; i < kNear; ++i) scale = std::nextafter(scale, 0.0f);
  for (int i = 0; i <= 2 * kNear; ++i, scale = std::nextafter(scale, std::numeric_limits<float>::max())) {
    Levels levels{{}, {}, 0};
    std::fill_n(levels.scale, kPanel, scale);
    std::fill_n(levels.offset, kPanel, least);
    uint8_t codes[256 * kPanel];
    uint32_t without[kPanel];
    CodesOf(sample, rows, levels, codes, without);
    if (AllHave(without)) return levels;
  }
  return std::nullopt;
}

// What the numbers of each column are multiples of, up to 128 times: the least of them, or a half or a third of it, or
// `other`.
std::optional<Levels> CodesOfMultiples(const float* panel, int64_t rows, float* other, uint8_t* codes) {
  Levels levels{{}, {}, -128};
  std::fill_n(levels.scale, kPanel, std::numeric_limits<float>::max());
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t j = 0; j < kPanel; ++j) {
      const float v = panel[row * kPanel + j];
      const float size = v == 0 ? std::numeric_limits<float>::max() : std::abs(v);
      levels.scale[j] = size < levels.scale[j] ? size : levels.scale[j];
    }
  }
  const Levels least = levels;
  for (int attempt = 1; attempt <= 4; ++attempt) {
    uint32_t without[kPanel];
    CodesOf(panel, rows, levels, codes, without);
    if (AllHave(without)) {
      *other = levels.scale[0];
      return levels;
    }
    for (int64_t j = 0; j < kPanel; ++j) {
      const bool last = attempt == 3;
      if (without[j] != 0) levels.scale[j] = last ? *other : least.scale[j] / static_cast<float>(attempt + 1);
    }
  }
  return std::nullopt;
}

// Floats of a few panels at a time, in memory that there is for so many.
class Panels {
 public:
  Panels(const void* b, int64_t k, int64_t n, bool transposed, int64_t together, void* memory)
      : b_(static_cast<const char*>(b)),
        k_(k),
        n_(n),
        transposed_(transposed),
        together_(together),
        floats_(static_cast<float*>(memory)) {}
  int64_t count() const { return WholePanels(n_) / kPanel; }
  // Until the next is asked for.
  const float* operator[](int64_t panel) {
    if (panel < begin_ || panel >= end_) {
      begin_ = panel;
      end_ = std::min(panel + together_, count());
      const int64_t first = begin_ * kPanel;
      const char* from = b_ + first * (transposed_ ? k_ : 1) * static_cast<int64_t>(sizeof(float));
      PackPanels(from, transposed_ ? k_ : n_, k_, n_ - first, transposed_, 0, end_ - begin_, floats_);
    }
    return floats_ + (panel - begin_) * k_ * kPanel;
  }

 private:
  const char* const b_;
  const int64_t k_;
  const int64_t n_;
  const bool transposed_;
  const int64_t together_;
  float* const floats_;
  int64_t begin_ = 0;
  int64_t end_ = 0;
};

void PutHalves(const float* panel, int64_t count, bool bfloats, uint16_t* to) {
  for (int64_t i = 0; i < count; ++i) {
    uint32_t bits;
    std::memcpy(&bits, panel + i, sizeof(bits));
    const uint32_t size = bits & kSize;
    const uint32_t small = 0u - uint32_t{size < kLeastNormal};
    const uint32_t half = (bits >> 16 & 0x8000) | (small & LeastHalves(small & size)) |
                          (~small & (size - kLeastNormal + (1u << 23)) >> 13);
    to[i] = static_cast<uint16_t>(bfloats ? bits >> 16 : half);
  }
}

// Codes, scales and offsets: of the shared levels, or multiples. False where a number has no code.
bool PutCodes(Panels& panels, int64_t k, int64_t n, const Levels* shared, uint8_t* codes, float* scales) {
  float other = 0;
  for (int64_t i = 0; i < panels.count(); ++i, codes += k * kPanel) {
    Levels levels;
    if (shared != nullptr) {
      levels = *shared;
      uint32_t without[kPanel];
      CodesOf(panels[i], k, levels, codes, without);
      if (!AllHave(without, std::min(kPanel, n - i * kPanel))) return false;
    } else {
      const std::optional<Levels> multiples = CodesOfMultiples(panels[i], k, &other, codes);
      if (!multiples) return false;
      levels = *multiples;
    }
    std::copy_n(levels.scale, kPanel, scales + i * kPanel);
    std::copy_n(levels.offset, kPanel, scales + WholePanels(n) + i * kPanel);
  }
  return true;
}

// What is said of a matrix before all of it is looked at.
struct Outlook {
  bool halves = false;
  bool bfloats = false;
  bool codes = false;
  bool any() const { return halves || bfloats || codes; }
};

Outlook OutlookOf(const Numbers& numbers, bool large) {
  Outlook outlook;
  outlook.halves = AreHalves(numbers);
  outlook.bfloats = !outlook.halves && AreBfloat16(numbers);
  outlook.codes = !outlook.halves && !outlook.bfloats && large;
  return outlook;
}

}  // namespace

Result<std::optional<NarrowMatrix>> NarrowMatrix::Pack(const void* b, int64_t k, int64_t n, bool transposed,
                                                       Allocator& allocator) {
  const std::optional<NarrowMatrix> none;
  const CheckedSize size = PackedMatrix::Bytes(k, n);
  if (!size.valid() || k < 1 || n < 1 || k * n < kLeastForHalves || !NarrowWeightsPay()) return none;
  const bool large = k * n >= kLeastForCodes;
  // Where there is no memory for all that, floats may still fit.
  const auto memory_of = [&](size_t bytes) {
    Result<std::shared_ptr<void>> memory = allocator.Allocate(bytes);
    return memory.ok() ? std::move(*memory) : std::shared_ptr<void>();
  };
  // Of a file, a piece says of nearly all that they are full floats.
  const auto bytes = static_cast<size_t>(k * n) * sizeof(float);
  const MappedBytes source(b, bytes);
  std::shared_ptr<void> copy;
  if (source.in_file()) {
    float some[1024];
    RIVULET_RETURN_IF_ERROR(source.Copy(0, sizeof(some), some));
    const Numbers sample(some, 1024);
    if (!OutlookOf(sample, large && LeastGap(sample) > 0).any()) return none;
    if ((copy = memory_of(bytes)) == nullptr) return none;
    RIVULET_RETURN_IF_ERROR(source.Copy(0, bytes, copy.get()));
    b = copy.get();
  }
  const Numbers numbers(b, k * n);
  const Outlook outlook = OutlookOf(numbers, large);
  if (!outlook.any()) return none;

  std::optional<Levels> shared;
  if (outlook.codes) {
    shared = SharedLevels(numbers);
    if (!shared && !AreFew(numbers, transposed ? 1 : n, k)) return none;
  }
  const int64_t columns = WholePanels(n);
  const auto elements = static_cast<size_t>(k * columns);
  constexpr int64_t kFloatsTogether = 1 << 19;
  const int64_t together = std::clamp<int64_t>(kFloatsTogether / (k * kPanel), 1, columns / kPanel);
  const std::shared_ptr<void> floats = memory_of(static_cast<size_t>(together * k * kPanel) * sizeof(float));
  NarrowMatrix out;
  out.k_ = k;
  out.n_ = n;
  out.owner_ = memory_of(outlook.codes ? elements + 2 * static_cast<size_t>(columns) * sizeof(float)
                                       : elements * sizeof(uint16_t));
  out.data_ = out.owner_.get();
  if (floats == nullptr || out.data_ == nullptr) return none;
  Panels panels(b, k, n, transposed, together, floats.get());
  if (!outlook.codes) {
    out.narrowing_ = outlook.halves ? Narrowing::kHalf : Narrowing::kBfloat16;
    auto* to = static_cast<uint16_t*>(out.owner_.get());
    for (int64_t i = 0; i < panels.count(); ++i) PutHalves(panels[i], k * kPanel, outlook.bfloats, to + i * k * kPanel);
    return std::optional<NarrowMatrix>(std::move(out));
  }
  auto* codes = static_cast<uint8_t*>(out.owner_.get());
  auto* factors = reinterpret_cast<float*>(codes + elements);
  out.factors_ = factors;
  if (shared && PutCodes(panels, k, n, &*shared, codes, factors)) {
    out.narrowing_ = Narrowing::kUnsigned;
    return std::optional<NarrowMatrix>(std::move(out));
  }
  // Most that are no multiples are none in the first panel.
  float other = 0;
  Panels first(b, k, n, transposed, 1, floats.get());
  if (!CodesOfMultiples(first[0], k, &other, codes)) return none;
  Panels again(b, k, n, transposed, together, floats.get());
  if (!PutCodes(again, k, n, nullptr, codes, factors)) return none;
  out.narrowing_ = Narrowing::kSigned;
  return std::optional<NarrowMatrix>(std::move(out));
}

void MatMul(const float* a, int64_t lda, int64_t m, const NarrowMatrix& b, float* c, int64_t ldc,
            const Epilogue& epilogue, ThreadPool& pool, const StopToken& stop) {
  GemmTask task = TaskOfRows(a, lda, m, b.k(), b.n(), c, ldc, epilogue);
  task.narrow = &b;
  RunGemm(task, pool, stop);
}

}  // namespace rivulet
