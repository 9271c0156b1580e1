#include "engine/run/sub_plan.h"

#include "engine/run/function_table.h"

namespace rivulet {

BoundBody BindBody(const Body& body, const std::vector<Fact>& args) {
  BoundBody bound;
  bound.graph = body.graph;
  for (size_t i = 0; i < body.args.size(); ++i) {
    bound.feeds.push_back(-1);
    const int32_t index = body.args[i];
    if (index < 0) continue;
    Node& node = bound.graph.node(index);
    const std::string name = node.name;
    if (args[i].value.valid()) {
      node = ConstNode(name, args[i].value);
      node.def = FindOp("Const");
    } else {
      node = FeedNode(name, args[i].dtype, args[i].shape);
      bound.feeds.back() = index;
    }
  }
  return bound;
}

bool IsInvariant(const Body& body, size_t k) {
  if (k >= body.results.size() || k >= body.args.size() || body.args[k] < 0) return false;
  Edge edge = body.results[k];
  for (int32_t hops = 0; hops < body.graph.size(); ++hops) {
    const Node& node = body.graph.node(edge.node);
    if (edge.node == body.args[k]) return true;
    if (node.op != "Identity" || node.inputs.size() != 1) return false;
    edge = node.inputs[0];
  }
  return false;
}

Result<std::shared_ptr<const Plan>> SubPlan::Make(const StopToken& stop) const {
  // Plans that make themselves ahead end at kAhead; deeper ones come from recursion at run time.
  if (depth_ > environment_.functions.limits().function_depth) {
    return ResourceExhausted("functions call each other more than ", environment_.functions.limits().function_depth,
                             " deep");
  }
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<const Body> body, environment_.functions.Find(call_));
  if (body->args.size() != args_.size()) {
    return InvalidArgument("function ", Quoted(call_.name), " takes ", static_cast<int64_t>(body->args.size()),
                           " arguments, got ", static_cast<int64_t>(args_.size()));
  }
  BoundBody bound = BindBody(*body, args_);
  CompileInput input;
  input.graph = std::move(bound.graph);
  input.feeds = std::move(bound.feeds);
  for (size_t k = 0; k < body->results.size(); ++k) {
    if (k >= unwanted_.size() || !unwanted_[k]) input.fetches.push_back(body->results[k]);
  }
  input.targets = body->effects;
  input.path = path_;
  input.depth = depth_ + 1;
  input.frozen = frozen_;
  return CompilePlan(std::move(input), environment_, stop);
}

Result<std::shared_ptr<const Plan>> SubPlan::Get(const StopToken& stop) const {
  std::lock_guard<std::mutex> lock(mutex_);
  if (plan_ != nullptr) return plan_;
  if (!error_.ok()) return error_;
  Result<std::shared_ptr<const Plan>> plan = Make(stop);
  if (plan.ok()) {
    plan_ = std::move(*plan);
    args_.clear();
    return plan_;
  }
  const Code code = plan.status().code();
  // Those may not happen again; what is wrong with the body does.
  const bool passing = code == Code::kCancelled || code == Code::kDeadlineExceeded || code == Code::kResourceExhausted;
  if (!passing) error_ = plan.status();
  return std::move(plan).status();
}

std::shared_ptr<const Plan> SubPlan::MakeAhead(const StopToken& stop) const {
  constexpr int kAhead = 8;
  if (depth_ >= kAhead) return nullptr;
  Result<std::shared_ptr<const Plan>> plan = Get(stop);
  return plan.ok() ? std::move(*plan) : nullptr;
}

Result<Frame*> SubPlan::FrameAt(std::unique_ptr<Frame>* slot, const RunServices& services) const {
  if (*slot == nullptr) {
    RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<const Plan> plan, Get(services.stop));
    RIVULET_ASSIGN_OR_RETURN(*slot, MakeFrame(std::move(plan), environment_.allocator, environment_.resources));
  }
  return slot->get();
}

}  // namespace rivulet
