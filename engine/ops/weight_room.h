// Memory for what is packed when a session is made and stays as long as it does.
#ifndef RIVULET_ENGINE_OPS_WEIGHT_ROOM_H_
#define RIVULET_ENGINE_OPS_WEIGHT_ROOM_H_

#include <cstddef>
#include <memory>
#include <mutex>

#include "rivulet/allocator.h"

namespace rivulet {

// Puts blocks beside each other into regions of huge pages. A network has hundreds of weights that are smaller than
// such a page, or a part of one larger than some; in small pages, their first touch takes longer than packing them
// does. Thread-safe.
class WeightRoom {
 public:
  // Blocks of about so many bytes in all will be asked for. Where that takes no more of them, huge pages are begun
  // with.
  void Expect(size_t bytes);
  // As allocator.Allocate does. A region goes when all of its blocks and the room are gone.
  Result<std::shared_ptr<void>> Allocate(size_t bytes, Allocator& allocator);

 private:
  std::mutex mutex_;
  std::shared_ptr<char> region_;
  size_t left_ = 0;    // of the region
  size_t placed_ = 0;  // so far
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_WEIGHT_ROOM_H_
