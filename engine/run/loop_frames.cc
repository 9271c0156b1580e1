#include "engine/run/loop_frames.h"

#include <algorithm>
#include <map>

#include "engine/ops/infer.h"

namespace rivulet {

bool IsEnter(const Node& node) { return node.op == "Enter" || node.op == "RefEnter"; }
bool IsExit(const Node& node) { return node.op == "Exit" || node.op == "RefExit"; }
bool IsMerge(const Node& node) { return node.op == "Merge" || node.op == "RefMerge"; }
bool IsNextIteration(const Node& node) { return node.op == "NextIteration" || node.op == "RefNextIteration"; }
bool IsSwitchNode(const Node& node) { return node.op == "Switch" || node.op == "RefSwitch"; }

namespace {

class FrameFinder {
 public:
  explicit FrameFinder(const Graph& graph) : graph_(graph) {
    found_.frames.emplace_back();
    found_.frame_of.assign(static_cast<size_t>(graph.size()), 0);
  }

  Result<LoopFrames> Find() {
    RIVULET_ASSIGN_OR_RETURN(const std::vector<int32_t> order, TopologicalOrder(graph_));
    for (const int32_t index : order) {
      Status status = Place(index);
      if (!status.ok()) return std::move(status).Framed(NodeFrame(graph_.node(index)));
    }
    for (const int32_t index : order) {
      Status status = CheckNext(index);
      if (!status.ok()) return std::move(status).Framed(NodeFrame(graph_.node(index)));
    }
    return std::move(found_);
  }

 private:
  // The frame in which a node's outputs are.
  int32_t OutputFrame(int32_t node) const {
    const int32_t frame = found_.frame_of[static_cast<size_t>(node)];
    return IsExit(graph_.node(node)) ? found_.frames[static_cast<size_t>(frame)].parent : frame;
  }

  // All inputs of a node are in one frame, as TensorFlow wants it: what comes from outside enters.
  Status Agree(int32_t source, int32_t* frame) const {
    const int32_t other = OutputFrame(source);
    if (*frame >= 0 && *frame != other) {
      return InvalidArgument("has inputs from different loops: ", Describe(*frame), " and ", Describe(other));
    }
    *frame = other;
    return Status();
  }

  std::string Describe(int32_t frame) const {
    return frame == 0 ? "none" : Quoted(found_.frames[static_cast<size_t>(frame)].name);
  }

  static Status CheckInputs(const Node& node) {
    const bool one = IsEnter(node) || IsExit(node) || IsNextIteration(node) || node.op == "LoopCond";
    const size_t want = one ? 1 : IsSwitchNode(node) ? 2 : node.inputs.size();
    if (node.inputs.size() == want) return Status();
    return InvalidArgument("want ", static_cast<int64_t>(want), " inputs, got ",
                           static_cast<int64_t>(node.inputs.size()));
  }

  Status Place(int32_t index) {
    const Node& node = graph_.node(index);
    RIVULET_RETURN_IF_ERROR(CheckInputs(node));
    int32_t frame = -1;
    for (const Edge& edge : node.inputs) {
      if (IsMerge(node) && IsNextIteration(graph_.node(edge.node))) continue;
      RIVULET_RETURN_IF_ERROR(Agree(edge.node, &frame));
    }
    for (const int32_t control : node.control_inputs) RIVULET_RETURN_IF_ERROR(Agree(control, &frame));
    frame = std::max(frame, 0);
    if (IsEnter(node)) {
      const std::string* name = node.attrs.Get<std::string>("frame_name");
      if (name == nullptr) return InvalidArgument("attr 'frame_name' is missing");
      auto& child = children_[{frame, *name}];
      if (child == 0) {
        child = static_cast<int32_t>(found_.frames.size());
        const int32_t depth = found_.frames[static_cast<size_t>(frame)].depth + 1;
        constexpr int32_t kDeepest = 64;
        if (depth > kDeepest) return ResourceExhausted("loops are nested more than ", kDeepest, " deep");
        found_.frames.push_back({frame, depth, *name, {}});
      }
      frame = child;
    }
    if (IsExit(node) && frame == 0) return InvalidArgument("leaves a loop, and is in none");
    found_.frame_of[static_cast<size_t>(index)] = frame;
    found_.frames[static_cast<size_t>(frame)].members.push_back(index);
    return Status();
  }

  // What goes back to a Merge must come from the Merge's own loop, which is known once all nodes have their places.
  Status CheckNext(int32_t index) const {
    const Node& node = graph_.node(index);
    if (!IsMerge(node)) return Status();
    const int32_t frame = found_.frame_of[static_cast<size_t>(index)];
    for (const Edge& edge : node.inputs) {
      const int32_t other = found_.frame_of[static_cast<size_t>(edge.node)];
      if (!IsNextIteration(graph_.node(edge.node)) || other == frame) continue;
      return InvalidArgument("its next value is of loop ", Describe(other), ", want ", Describe(frame));
    }
    return Status();
  }

  const Graph& graph_;
  LoopFrames found_;
  std::map<std::pair<int32_t, std::string>, int32_t> children_;
};

}  // namespace

Result<LoopFrames> FindLoopFrames(const Graph& graph) { return FrameFinder(graph).Find(); }

}  // namespace rivulet
