// What a variant holds that an OptionalFromValue or OptionalNone made: a tuple of tensors, or nothing.
#ifndef RIVULET_ENGINE_OPS_OPTIONAL_VALUE_H_
#define RIVULET_ENGINE_OPS_OPTIONAL_VALUE_H_

#include <memory>
#include <string_view>
#include <utility>

#include "engine/ops/element_tuple.h"
#include "engine/ops/op.h"

namespace rivulet {

class Optional : public Object {
 public:
  static constexpr std::string_view kKind = "optional";
  std::string_view kind() const override { return kKind; }

  Optional() = default;
  explicit Optional(KeptTuple value) : value_(std::make_unique<KeptTuple>(std::move(value))) {}
  // Null when there is none.
  const Tuple* value() const { return value_ ? &value_->parts() : nullptr; }

 private:
  std::unique_ptr<KeptTuple> value_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_OPTIONAL_VALUE_H_
