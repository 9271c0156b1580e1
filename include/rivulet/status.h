// Status and Result: how every fallible call of Rivulet reports.
//
// A Status is one pointer: null means ok, anything else owns a code and a sentence. The codes are TensorFlow's.
// The sentence says what was found, what was wanted and, where known, what to do. Whoever knows the context (the file,
// the node) prepends it with Framed(); operators and kernels never name nodes themselves.
#ifndef RIVULET_STATUS_H_
#define RIVULET_STATUS_H_

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
  Status() = default;
  Status(Code code, std::string message);

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
  Code code() const { return rep_ ? rep_->code : Code::kOk; }
  std::string_view message() const { return rep_ ? std::string_view(rep_->message) : std::string_view(); }

  // The same status with "frame: " in front of its message; ok stays ok.
  Status Framed(std::string_view frame) &&;

  // "INVALID_ARGUMENT: sentence", or "OK".
  std::string ToString() const;

  // What a Result says that was made from an ok Status: a bug in the engine.
  static Status OfNoValue();

 private:
  struct Rep {
    Code code;
    std::string message;
  };
  [[gnu::cold]] static void Drop(Rep* rep);

  Rep* rep_ = nullptr;
};

// Either a value or the Status that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}         // NOLINT: implicit by intent
  Result(Status status) : status_(std::move(status)) {  // NOLINT: implicit by intent
    if (status_.ok()) status_ = Status::OfNoValue();
  }

  bool ok() const { return value_.has_value(); }
  const Status& status() const& { return status_; }
  Status status() && { return std::move(status_); }

  // Only after ok().
  T& value() & { return *value_; }
  const T& value() const& { return *value_; }
  T&& value() && { return *std::move(value_); }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace rivulet

#define RIVULET_CONCAT_INNER(a, b) a##b
#define RIVULET_CONCAT(a, b) RIVULET_CONCAT_INNER(a, b)

// Returns from the enclosing function when `expr` is not ok.
#define RIVULET_RETURN_IF_ERROR(expr)                \
  do {                                               \
    ::rivulet::Status rivulet_status = (expr);       \
    if (!rivulet_status.ok()) return rivulet_status; \
  } while (0)

// `lhs` takes the value of a Result, or the enclosing function returns its Status.
#define RIVULET_ASSIGN_OR_RETURN(lhs, expr) \
  RIVULET_ASSIGN_OR_RETURN_INNER(RIVULET_CONCAT(rivulet_result_, __LINE__), lhs, expr)
#define RIVULET_ASSIGN_OR_RETURN_INNER(result, lhs, expr) \
  auto result = (expr);                                   \
  if (!result.ok()) return std::move(result).status();    \
  lhs = std::move(result).value()

#endif  // RIVULET_STATUS_H_
