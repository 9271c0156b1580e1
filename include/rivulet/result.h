// Result: a value, or the Status that says why there is none.
#ifndef RIVULET_RESULT_H_
#define RIVULET_RESULT_H_

#include <new>
#include <utility>

#include "rivulet/status.h"

namespace rivulet {

// Either a value or the Status that says why there is none. All in line and one pointer beside the value: an engine has
// thousands of them, most of which come to nothing once they are.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(const T& value) : error_(), value_(value) {}        // NOLINT: implicit by intent
  Result(T&& value) : error_(), value_(std::move(value)) {}  // NOLINT: implicit by intent
  // NOLINTNEXTLINE: implicit by intent
  [[gnu::always_inline]] Result(Status&& status) : error_(std::exchange(status.rep_, nullptr)) {
    if (error_.ok()) error_.rep_ = Status::OfNoValue();
  }
  Result(const Status& status) : Result(Status(status)) {}  // NOLINT: implicit by intent

  Result(const Result& other) : error_(other.status()) {
    if (ok()) new (&value_) T(other.value_);
  }
  Result(Result&& other) noexcept : error_(other.TakeRep()) {
    if (ok()) new (&value_) T(std::move(other.value_));
  }
  Result& operator=(Result other) noexcept {
    Destroy();
    return *new (this) Result(std::move(other));
  }
  ~Result() { Destroy(); }

  bool ok() const { return error_.ok(); }
  const Status& status() const& { return error_; }
  Status status() && { return Status(TakeRep()); }
  // For RIVULET_ASSIGN_OR_RETURN, once each: the error after !ok(), the value after ok(). Nothing is left to destroy
  // then, and the compiler sees it.
  [[gnu::always_inline]] Status HandOn() { return Status(std::exchange(error_.rep_, Status::HandedOn())); }
  [[gnu::always_inline]] T Take() {
    T taken(std::move(value_));
    value_.~T();
    error_.rep_ = Status::HandedOn();
    return taken;
  }

  // Only after ok().
  T& value() & { return value_; }
  const T& value() const& { return value_; }
  T&& value() && { return std::move(value_); }
  T& operator*() { return value_; }
  const T& operator*() const { return value_; }
  T* operator->() { return &value_; }
  const T* operator->() const { return &value_; }

 private:
  void Destroy() {
    if (ok()) {
      value_.~T();
    } else if (error_.rep_ != Status::HandedOn()) {
      Status::Drop(error_.rep_);
    }
  }
  // The error, if there is one, to be handed on.
  Status::Rep* TakeRep() { return ok() ? nullptr : std::exchange(error_.rep_, Status::HandedOn()); }

  union {
    Status error_;
  };
  union {
    T value_;  // where error_ is ok
  };
};

}  // namespace rivulet

// `lhs` takes the value of a Result, or the enclosing function returns its Status. The Result is gone right away, so
// that nothing is left to destroy of a value that was moved.
#define RIVULET_ASSIGN_OR_RETURN(lhs, expr)                   \
  lhs = __extension__({                                       \
    auto rivulet_result = (expr);                             \
    if (!rivulet_result.ok()) return rivulet_result.HandOn(); \
    rivulet_result.Take();                                    \
  })

#endif  // RIVULET_RESULT_H_
