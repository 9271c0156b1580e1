// What all plans of one session are made with.
#ifndef RIVULET_ENGINE_RUN_ENVIRONMENT_H_
#define RIVULET_ENGINE_RUN_ENVIRONMENT_H_

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/ops/op.h"
#include "engine/ops/packed_operands.h"
#include "engine/ops/variable.h"
#include "rivulet/model.h"

namespace rivulet {

class FunctionTable;

// Lives as long as the session.
struct Environment {
  bool passes = true;
  int64_t max_rewrites = -1;
  bool has_versions = false;  // of the model's graph
  Allocator& allocator;
  ThreadPool& pool;
  Resources& resources;
  FunctionTable& functions;
  PackedOperands& packed;
  ModelFiles* files = nullptr;  // null when none came with the model
  // Whose file's pages go as soon as a constant in them is packed; null where they stay until the plan is made.
  const Model* dropped_early = nullptr;
};

// The variables whose values a plan and the plans within it took as constants. Thread-safe.
class FrozenVariables {
 public:
  void Add(std::shared_ptr<Variable> variable, int64_t version) {
    std::lock_guard<std::mutex> lock(mutex_);
    taken_.emplace_back(std::move(variable), version);
  }
  // Whether all of them still have those values.
  bool Hold() const {
    std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [variable, version] : taken_) {
      if (variable->version() != version) return false;
    }
    return true;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<std::shared_ptr<Variable>, int64_t>> taken_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_ENVIRONMENT_H_
