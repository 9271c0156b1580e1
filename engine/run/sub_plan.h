// A plan within a plan: the body of a branch or loop, made for the facts of its arguments.
#ifndef RIVULET_ENGINE_RUN_SUB_PLAN_H_
#define RIVULET_ENGINE_RUN_SUB_PLAN_H_

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/run/body.h"
#include "engine/run/environment.h"
#include "engine/run/executor.h"

namespace rivulet {

// The body's graph with its arguments bound: those with a known value as constants, the others as feeds.
struct BoundBody {
  Graph graph;
  std::vector<int32_t> feeds;  // by argument; -1 when nothing reads it or it is a constant
};
BoundBody BindBody(const Body& body, const std::vector<Fact>& args);

// Whether result `k` of a loop's body is its argument `k`, unchanged.
bool IsInvariant(const Body& body, size_t k);

// Thread-safe.
class SubPlan {
 public:
  SubPlan(FunctionCall call, std::vector<Fact> args, std::string path, int depth,
          std::shared_ptr<FrozenVariables> frozen, const Environment& environment, std::vector<bool> unwanted = {})
      : call_(std::move(call)),
        args_(std::move(args)),
        path_(std::move(path)),
        depth_(depth),
        frozen_(std::move(frozen)),
        unwanted_(std::move(unwanted)),
        environment_(environment) {}

  // The plan, made on the first call; an error of the body itself is kept.
  Result<std::shared_ptr<const Plan>> Get(const StopToken& stop) const;

  // Makes the plan now if that is not too deep; null otherwise, and where it is an error, which waits until the plan is
  // to be run.
  std::shared_ptr<const Plan> MakeAhead(const StopToken& stop) const;

  // The frame at `*slot`, made on the first call.
  Result<Frame*> FrameAt(std::unique_ptr<Frame>* slot, const RunServices& services) const;

 private:
  Result<std::shared_ptr<const Plan>> Make(const StopToken& stop) const;

  const FunctionCall call_;
  mutable std::vector<Fact> args_;  // empty once there is a plan, which has the constants among them
  const std::string path_;
  const int depth_;
  const std::shared_ptr<FrozenVariables> frozen_;
  const std::vector<bool> unwanted_;  // by result; what is not wanted is no fetch of the plan
  const Environment& environment_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Plan> plan_;
  mutable Status error_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_SUB_PLAN_H_
