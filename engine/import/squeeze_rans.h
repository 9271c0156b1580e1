// The reading half of a range coder with asymmetric numerals: 64 bits of state, refilled 32 at a time.
//
// The writer starts with kLow and codes the symbols last to first; a reader that took all of them holds kLow again and
// has no bytes left, so that a stream of other symbols than were written is found out, whatever its checksum says.
#ifndef RIVULET_ENGINE_IMPORT_SQUEEZE_RANS_H_
#define RIVULET_ENGINE_IMPORT_SQUEEZE_RANS_H_

#include <cstdint>
#include <span>

#include "engine/import/squeeze_model.h"

namespace rivulet {

class RansReader {
 public:
  static constexpr uint64_t kLow = uint64_t{1} << 31;

  explicit RansReader(std::span<const uint8_t> bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {
    if (bytes.size() < 8 || bytes.size() % 4 != 0) {
      is_short_ = true;
      at_ = end_;
      return;
    }
    state_ = uint64_t{Word()} << 32;
    state_ |= Word();
  }

  // Which of the kSqueezeOne numbers comes: the symbol is the one whose part it lies in.
  int32_t Peek() const { return static_cast<int32_t>(state_ & (kSqueezeOne - 1)); }
  void Take(uint32_t start, uint32_t size) {
    state_ = uint64_t{size} * (state_ >> kSqueezeBits) + (state_ & (kSqueezeOne - 1)) - start;
    if (state_ < kLow) state_ = (state_ << 32) | Word();
  }
  // `count` bits, at most 15, as they are.
  uint32_t Bits(int count) {
    const int shift = kSqueezeBits - count;
    const auto value = static_cast<uint32_t>(Peek()) >> shift;
    Take(value << shift, 1u << shift);
    return value;
  }

  bool IsDone() const { return !is_short_ && at_ == end_ && state_ == kLow; }

 private:
  // Zeros after the end, where IsDone is false.
  uint32_t Word() {
    if (end_ - at_ < 4) {
      is_short_ = true;
      return 0;
    }
    const uint32_t word = uint32_t{at_[0]} | uint32_t{at_[1]} << 8 | uint32_t{at_[2]} << 16 | uint32_t{at_[3]} << 24;
    at_ += 4;
    return word;
  }

  const uint8_t* at_;
  const uint8_t* end_;
  uint64_t state_ = kLow;
  bool is_short_ = false;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_SQUEEZE_RANS_H_
