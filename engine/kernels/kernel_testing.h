// For the kernels' tests: every target in turn, any number of threads, outputs between guards, made-up data.
//
// Most tests use small whole numbers: their sums are exact in any order, so that results are compared with == and no
// tolerance can hide a fault. Accuracy is tested apart, with reals.
#ifndef RIVULET_ENGINE_KERNELS_KERNEL_TESTING_H_
#define RIVULET_ENGINE_KERNELS_KERNEL_TESTING_H_

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/target.h"
#include "rivulet/allocator.h"

namespace rivulet::kernel_testing {

// For what is packed, and for scratch.
inline const std::shared_ptr<Allocator>& TestAllocator() {
  static const std::shared_ptr<Allocator> allocator = Allocator::Create();
  return allocator;
}

// Half a unit in the last place of 1: the relative error of one rounding.
inline constexpr double kRounding = 1.0 / (1 << 24);

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 2654435761u + 88172645463325252u) {}
  uint32_t Next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<uint32_t>(state_ >> 32);
  }
  int64_t Below(int64_t bound) { return static_cast<int64_t>(Next() % static_cast<uint64_t>(bound)); }

 private:
  uint64_t state_;
};

// Whole numbers from -limit to limit.
inline std::vector<float> Wholes(int64_t n, uint64_t seed, int64_t limit = 8) {
  Random random(seed);
  std::vector<float> out(static_cast<size_t>(n));
  for (float& v : out) v = static_cast<float>(random.Below(2 * limit + 1) - limit);
  return out;
}

// From lo to hi.
inline std::vector<float> Reals(int64_t n, uint64_t seed, float lo = -1.0f, float hi = 1.0f) {
  Random random(seed);
  std::vector<float> out(static_cast<size_t>(n));
  for (float& v : out) v = lo + (hi - lo) * (static_cast<float>(random.Next() >> 8) / 16777216.0f);
  return out;
}

// Memory that starts one element past an aligned address, between guards.
template <typename T>
class Guarded {
 public:
  explicit Guarded(int64_t n) : n_(static_cast<size_t>(n)), memory_(n_ + 2 * kGuard + kAlign) {
    std::memset(memory_.data(), kByte, memory_.size() * sizeof(T));
    const auto address = reinterpret_cast<uintptr_t>(memory_.data() + kGuard);
    const uintptr_t unit = kAlign * sizeof(T);
    start_ = kGuard + ((unit - address % unit) % unit) / sizeof(T) + 1;
    start_ = start_ >= kGuard + kAlign ? kGuard : start_;
  }
  T* data() { return memory_.data() + start_; }
  size_t size() const { return n_; }
  T operator[](size_t i) const { return memory_[start_ + i]; }
  bool Intact() const {
    const auto* bytes = reinterpret_cast<const unsigned char*>(memory_.data());
    for (size_t i = 0; i < memory_.size() * sizeof(T); ++i) {
      const bool inside = i >= start_ * sizeof(T) && i < (start_ + n_) * sizeof(T);
      if (!inside && bytes[i] != kByte) return false;
    }
    return true;
  }
  bool SameBits(const Guarded& other) const {
    return n_ == other.n_ &&
           (n_ == 0 || std::memcmp(&memory_[start_], &other.memory_[other.start_], n_ * sizeof(T)) == 0);
  }

 private:
  static constexpr size_t kGuard = 64;
  static constexpr size_t kAlign = 16;
  static constexpr unsigned char kByte = 0xA5;
  size_t n_;
  std::vector<T> memory_;
  size_t start_;
};

// Calls body() on every target this machine can run.
template <class Body>
void OnEveryTarget(const Body& body) {
  for (const std::string_view name : SupportedTargets()) {
    SCOPED_TRACE("on " + std::string(name));
    ASSERT_TRUE(UseTarget(name).ok());
    body();
  }
  ASSERT_TRUE(UseTarget("best").ok());
}

// Calls run(output, pool) with 1, 2 and 3 threads, wants the same bits and untouched guards, and returns the output.
template <typename T, class Run>
Guarded<T> SameForAnyThreads(int64_t size, const Run& run) {
  static ThreadPool pools[] = {ThreadPool(1), ThreadPool(2), ThreadPool(3)};
  Guarded<T> first(size);
  run(first.data(), pools[0]);
  EXPECT_TRUE(first.Intact()) << "wrote outside its output";
  for (int i = 1; i < 3; ++i) {
    Guarded<T> again(size);
    run(again.data(), pools[i]);
    EXPECT_TRUE(again.Intact()) << "wrote outside its output with " << i + 1 << " threads";
    EXPECT_TRUE(first.SameBits(again)) << "other bits with " << i + 1 << " threads";
  }
  return first;
}

// Distance in representable floats; 0 for two NaN, large for one.
inline int64_t UlpDistance(float a, float b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b) ? 0 : INT64_MAX;
  const auto ordered = [](float v) {
    int32_t bits;
    std::memcpy(&bits, &v, sizeof(bits));
    return bits < 0 ? static_cast<int64_t>(INT32_MIN) - bits : static_cast<int64_t>(bits);
  };
  return std::abs(ordered(a) - ordered(b));
}

}  // namespace rivulet::kernel_testing

#endif  // RIVULET_ENGINE_KERNELS_KERNEL_TESTING_H_
