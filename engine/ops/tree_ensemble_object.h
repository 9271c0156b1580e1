// The ensemble that a handle of boosted trees refers to. It exists, without content, from the handle on; what reads or
// changes it wants it created (BoostedTreesCreateEnsemble) first.
#ifndef RIVULET_ENGINE_OPS_TREE_ENSEMBLE_OBJECT_H_
#define RIVULET_ENGINE_OPS_TREE_ENSEMBLE_OBJECT_H_

#include <mutex>
#include <optional>
#include <shared_mutex>

#include "engine/base/object.h"
#include "engine/ops/tree_ensemble.h"

namespace rivulet {

struct StampedEnsemble {
  int64_t stamp = -1;  // counts the changes
  TreeEnsemble ensemble;
  HeldBytes held;
};

// Thread-safe.
class TreeEnsembleObject : public Object {
 public:
  static constexpr std::string_view kKind = "tree ensemble";
  std::string_view kind() const override { return kKind; }

  bool is_created() const {
    std::shared_lock<std::shared_mutex> lock(mutex_);
    return content_.has_value();
  }
  // Drops `content` where there is some already, as TensorFlow does.
  void Create(StampedEnsemble content) {
    std::unique_lock<std::shared_mutex> lock(mutex_);
    if (!content_.has_value()) content_.emplace(std::move(content));
  }
  // Whether there was something to forget.
  bool Forget() {
    std::unique_lock<std::shared_mutex> lock(mutex_);
    const bool was_there = content_.has_value();
    content_.reset();
    return was_there;
  }

  // body(const StampedEnsemble&), beside other readers.
  template <typename Body>
  Status Read(const Body& body) const {
    std::shared_lock<std::shared_mutex> lock(mutex_);
    if (!content_.has_value()) return NotCreated();
    return body(*content_);
  }
  // body(StampedEnsemble*), alone.
  template <typename Body>
  Status Change(const Body& body) {
    std::unique_lock<std::shared_mutex> lock(mutex_);
    if (!content_.has_value()) return NotCreated();
    return body(&*content_);
  }

 private:
  static Status NotCreated() {
    return NotFound("the tree ensemble has no content; run BoostedTreesCreateEnsemble first");
  }

  mutable std::shared_mutex mutex_;
  std::optional<StampedEnsemble> content_;
};

// The ensemble of input 0.
inline Result<std::shared_ptr<TreeEnsembleObject>> EnsembleOf(const RunContext& c) {
  return ObjectIn<TreeEnsembleObject>(c.input(0));
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_TREE_ENSEMBLE_OBJECT_H_
