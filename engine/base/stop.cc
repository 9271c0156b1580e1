#include "engine/base/stop.h"

#include "engine/base/errors.h"

namespace rivulet {

Status StopToken::Why() const {
  if (cancel_ != nullptr && cancel_->load(std::memory_order_relaxed)) return Cancelled("the run was cancelled");
  if (stopped()) return DeadlineExceeded("the run passed its deadline");
  return Status();
}

}  // namespace rivulet
