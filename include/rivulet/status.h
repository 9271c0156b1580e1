// Status and Result: how every fallible call of Rivulet reports.
//
// A Status is one pointer: null means ok, anything else owns a code and a sentence. The codes are TensorFlow's.
// The sentence says what was found, what was wanted and, where known, what to do. Whoever knows the context (the file,
// the node) prepends it with Framed(); operators and kernels never name nodes themselves.
#ifndef RIVULET_STATUS_H_
#define RIVULET_STATUS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rivulet {

enum class Code : int {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
};

// The code as TensorFlow spells it, e.g. "INVALID_ARGUMENT".
std::string_view CodeName(Code code);

class [[nodiscard]] Status {
 public:
  struct Rep;  // what an error is made of

  Status() = default;
  Status(Code code, std::string message);
  explicit Status(Rep* taken_over) : rep_(taken_over) {}

  Status(const Status& other);
  Status& operator=(const Status& other);
  Status(Status&& other) noexcept : rep_(std::exchange(other.rep_, nullptr)) {}
  Status& operator=(Status&& other) noexcept {
    Rep* taken = std::exchange(other.rep_, nullptr);
    if (Rep* before = std::exchange(rep_, taken)) Drop(before);
    return *this;
  }
  // In line, since it comes to nothing where a status was just found to be ok.
  [[gnu::always_inline]] ~Status() {
    if (rep_) Drop(rep_);
  }

  bool ok() const { return rep_ == nullptr; }
  Code code() const;
  std::string_view message() const;

  // The same status with "frame: " in front of its message; ok stays ok.
  Status Framed(std::string_view frame) &&;

  // "INVALID_ARGUMENT: sentence", or "OK".
  std::string ToString() const;

 private:
  template <typename T>
  friend class Result;  // rivulet/result.h

  [[gnu::cold]] static void Drop(Rep* rep);
  // What a Result says that was made from an ok Status: a bug in the engine.
  [[gnu::cold, gnu::returns_nonnull]] static Rep* OfNoValue();
  // Stands in a Result whose error was handed on. A number, so that compilers see where nothing is left to do.
  static Rep* HandedOn() { return reinterpret_cast<Rep*>(uintptr_t{1}); }

  Rep* rep_ = nullptr;
};

}  // namespace rivulet

// Returns from the enclosing function when `expr` is not ok.
#define RIVULET_RETURN_IF_ERROR(expr)                \
  do {                                               \
    ::rivulet::Status rivulet_status = (expr);       \
    if (!rivulet_status.ok()) return rivulet_status; \
  } while (0)

#include "rivulet/result.h"  // both are wanted wherever one is

#endif  // RIVULET_STATUS_H_
