// Sizes that come from files or feeds, multiplied and added without silent wrap-around.
//
// A CheckedSize that overflowed, or met a negative number, stays invalid; it is asked once at the end.
#ifndef RIVULET_ENGINE_BASE_CHECKED_H_
#define RIVULET_ENGINE_BASE_CHECKED_H_

#include <cstdint>

namespace rivulet {

class CheckedSize {
 public:
  CheckedSize(int64_t value = 0) : value_(value), valid_(value >= 0) {}  // NOLINT: implicit by intent

  bool valid() const { return valid_; }
  // Only when valid(); never negative.
  int64_t value() const { return value_; }

  friend CheckedSize operator*(CheckedSize a, CheckedSize b) {
    CheckedSize out;
    out.valid_ = a.valid_ && b.valid_ && !__builtin_mul_overflow(a.value_, b.value_, &out.value_);
    return out;
  }
  friend CheckedSize operator+(CheckedSize a, CheckedSize b) {
    CheckedSize out;
    out.valid_ = a.valid_ && b.valid_ && !__builtin_add_overflow(a.value_, b.value_, &out.value_);
    return out;
  }
  CheckedSize& operator*=(CheckedSize b) { return *this = *this * b; }
  CheckedSize& operator+=(CheckedSize b) { return *this = *this + b; }

 private:
  int64_t value_;
  bool valid_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_CHECKED_H_
