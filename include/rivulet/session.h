// Runs a model: feeds by name, fetches by name.
#ifndef RIVULET_SESSION_H_
#define RIVULET_SESSION_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rivulet/model.h"
#include "rivulet/precision.h"
#include "rivulet/tensor.h"

namespace rivulet {

struct SessionOptions {
  int num_threads = 1;
  Precision precision = Precision::kExact;
  // Off: every node of the file runs as written. For finding out whether a pass is at fault.
  bool passes = true;
  // At most so many rewrites of the passes are applied; -1 for all. For bisecting.
  int64_t max_rewrites = -1;
  // Bytes of tensors, packed weights and intermediates; exceeding it is RESOURCE_EXHAUSTED.
  size_t memory_budget_bytes = Allocator::kUnlimited;
  // Plans kept, one per set of fed shapes; the least recently used one goes.
  int max_plans = 8;
  // Less memory rather than the least time to load: pages of the model's file go as soon as what they hold is packed.
  bool prefer_memory = false;
  // Takes what Print and PrintV2 nodes say, with their line's end, on the thread that runs them. With none they are
  // silent, and Print costs nothing.
  std::function<void(std::string_view text)> printer;
};

// Where the time of runs goes: an entry for each step of the plan, in its order. Times add up over the runs that are
// given the same object; they must be of one plan and not at once.
struct RunProfile {
  struct Step {
    std::string node;
    std::string op;
    Shape shape;        // of output 0 as the plan knows it
    int64_t flops = 0;  // nominal, of one run; 0 where there are no products
    int64_t runs = 0;
    double ms = 0;  // over all runs
  };
  std::vector<Step> steps;
};

struct RunOptions {
  // The run stops with DEADLINE_EXCEEDED so many milliseconds after its start; 0 for none.
  double deadline_ms = 0;
  // The run stops with CANCELLED soon after another thread sets it.
  const std::atomic<bool>* cancel = nullptr;
  // Where given, each step is timed.
  RunProfile* profile = nullptr;
};

// Times and sizes of the plan that a run used.
struct PlanStats {
  double plan_ms = 0;
  int64_t num_steps = 0;
  int64_t steps_in_lanes = 0;     // of those, that run beside others
  int64_t arena_bytes = 0;        // of intermediates
  int64_t least_arena_bytes = 0;  // what the fullest step needs: no arrangement of them takes less
  int64_t constant_bytes = 0;     // packed weights and copied constants
  int64_t num_rewrites = 0;
};

using Feeds = std::vector<std::pair<std::string, Tensor>>;

class Session {
 public:
  static Result<std::unique_ptr<Session>> Create(std::shared_ptr<const Model> model,
                                                 const SessionOptions& options = {});
  ~Session();

  // Feeds and fetches are edges, "name" or "name:port"; any edge can be fed, what lies only behind it is not touched.
  // `targets` are nodes that run without being fetched. The results are in the order of `fetches` and own their memory.
  // May be called from several threads at once. After an error the session works as before.
  Result<std::vector<Tensor>> Run(const Feeds& feeds, const std::vector<std::string>& fetches,
                                  const std::vector<std::string>& targets = {}, const RunOptions& options = {});

  // Makes the plan that such a run would use, without running it.
  Result<PlanStats> Prepare(const Feeds& feeds, const std::vector<std::string>& fetches,
                            const std::vector<std::string>& targets = {}, const RunOptions& options = {});

  const std::shared_ptr<Allocator>& allocator() const;
  int num_threads() const;

 private:
  struct Rep;
  explicit Session(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace rivulet

#endif  // RIVULET_SESSION_H_
