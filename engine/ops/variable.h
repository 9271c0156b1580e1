// A variable of a session: a tensor that operators set, change and read.
#ifndef RIVULET_ENGINE_OPS_VARIABLE_H_
#define RIVULET_ENGINE_OPS_VARIABLE_H_

#include <functional>
#include <memory>
#include <mutex>
#include <span>

#include "engine/base/object.h"

namespace rivulet {

// Thread-safe: a reader gets the tensor as it was at one moment. Readers share the bytes; whoever changes them while
// others hold them changes a copy.
class Variable : public Object {
 public:
  static constexpr std::string_view kKind = "variable";
  // `shape` is what the graph declares; it may be unknown.
  Variable(DType dtype, Shape shape) : dtype_(dtype), declared_(std::move(shape)) {}
  std::string_view kind() const override { return kKind; }

  DType dtype() const { return dtype_; }
  const Shape& declared_shape() const { return declared_; }

  bool initialized() const;
  // FAILED_PRECONDITION before the first assignment.
  Result<Tensor> Read() const;
  // Counts changes; a plan that took the value as a constant holds for one version.
  int64_t version() const;

  // The name that goes with a variable of one run; null for those of the session.
  virtual const std::string* temporary_name() const { return nullptr; }

  // `value` must own its memory (Owned). Its dtype must be the variable's.
  Status Assign(Tensor value);
  // As before the first assignment; whether there was a value.
  bool Forget();
  // Calls change(tensor) with a tensor that nobody else holds; of an uninitialised variable the error of Read.
  template <typename Change>
  Status Modify(Allocator& allocator, const Change& change) {
    std::lock_guard<std::mutex> lock(mutex_);
    RIVULET_RETURN_IF_ERROR(MakeUnique(allocator));
    Status status = change(value_);
    ++version_;
    return status;
  }

  // Modify of several variables at one moment: change(tensors) gets them in the given order. One that is given twice is
  // an error. Others that change some of them in another order do not wait for each other in a circle.
  using ChangeAll = std::function<Status(std::span<Tensor* const> values)>;
  static Status ModifyAll(std::span<const std::shared_ptr<Variable>> variables, Allocator& allocator,
                          const ChangeAll& change);

 private:
  Status Uninitialized() const;
  Status MakeUnique(Allocator& allocator);

  const DType dtype_;
  const Shape declared_;
  mutable std::mutex mutex_;
  Tensor value_;
  int64_t version_ = 0;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_VARIABLE_H_
