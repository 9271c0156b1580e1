// The text of string outputs, counted against the budget before it is made: a Tensor counts only the string objects.
#ifndef RIVULET_ENGINE_OPS_TEXT_BYTES_H_
#define RIVULET_ENGINE_OPS_TEXT_BYTES_H_

#include "engine/base/checked.h"
#include "engine/ops/op.h"

namespace rivulet {

// Holds what was charged until the step ends.
class TextBytes {
 public:
  explicit TextBytes(Allocator& allocator) : allocator_(allocator) {}
  TextBytes(const TextBytes&) = delete;
  TextBytes& operator=(const TextBytes&) = delete;
  ~TextBytes() { allocator_.Release(charged_); }

  Status Charge(CheckedSize bytes) {
    if (!bytes.valid()) return ResourceExhausted("the strings are larger than any memory");
    const auto count = static_cast<size_t>(bytes.value());
    RIVULET_RETURN_IF_ERROR(allocator_.Charge(count));
    charged_ += count;
    return Status();
  }

 private:
  Allocator& allocator_;
  size_t charged_ = 0;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_TEXT_BYTES_H_
