#include <algorithm>
#include <vector>

#include "engine/base/sort.h"
#include "engine/ops/variable.h"

namespace rivulet {

Status Variable::Uninitialized() const {
  return FailedPrecondition("the variable was read before it had a value; run the model's initialiser first");
}

bool Variable::initialized() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return value_.valid();
}

Result<Tensor> Variable::Read() const {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!value_.valid()) return Uninitialized();
  return value_;
}

int64_t Variable::version() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return version_;
}

Status Variable::Assign(Tensor value) {
  if (value.dtype() != dtype_) {
    return InvalidArgument("the variable is ", dtype_, ", the value is ", value.dtype());
  }
  std::lock_guard<std::mutex> lock(mutex_);
  value_ = std::move(value);
  ++version_;
  return Status();
}

bool Variable::Forget() {
  std::lock_guard<std::mutex> lock(mutex_);
  const bool had_value = value_.valid();
  value_ = Tensor();
  ++version_;
  return had_value;
}

Status Variable::MakeUnique(Allocator& allocator) {
  if (!value_.valid()) return Uninitialized();
  if (value_.owner().use_count() == 1 && value_.is_aligned()) return Status();
  RIVULET_ASSIGN_OR_RETURN(value_, Clone(value_, allocator));
  return Status();
}

Status Variable::ModifyAll(std::span<const std::shared_ptr<Variable>> variables, Allocator& allocator,
                           const ChangeAll& change) {
  std::vector<Variable*> ordered;
  for (const auto& variable : variables) ordered.push_back(variable.get());
  Sort(ordered.begin(), ordered.end(), std::less<>());  // all callers lock in one order
  if (std::adjacent_find(ordered.begin(), ordered.end()) != ordered.end()) {
    return InvalidArgument("want ", variables.size(), " different variables, got one of them twice");
  }
  std::vector<std::unique_lock<std::mutex>> locks;
  for (Variable* variable : ordered) locks.emplace_back(variable->mutex_);
  std::vector<Tensor*> values;
  for (const auto& variable : variables) {
    RIVULET_RETURN_IF_ERROR(variable->MakeUnique(allocator));
    values.push_back(&variable->value_);
  }
  Status status = change(values);
  for (Variable* variable : ordered) ++variable->version_;
  return status;
}

}  // namespace rivulet
