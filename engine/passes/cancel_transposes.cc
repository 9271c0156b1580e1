// Transposes go towards the results, over what does not mind them, until they meet another one and cancel.
//
//   Transpose(Transpose(x, p), q)          becomes     Transpose(x, p of q), or x
//   Relu(Transpose(x, p))                              Transpose(Relu(x), p)
//   Add(Transpose(x, p), Transpose(y, p))              Transpose(Add(x, y), p)
//   Add(Transpose(x, p), constant)                     Transpose(Add(x, the constant turned back), p)
//   ConcatV2, Pad, and sums and means over axes likewise, with their axes turned back
//
// A transpose that others read, too, stays where it is: turn_regions.cc.
#include "engine/base/built.h"
#include "engine/passes/match.h"
#include "engine/passes/turned_node.h"

namespace rivulet {
namespace {

class Canceller {
 public:
  Canceller(const PassContext& context, PatchSink& sink) : graph_(context.graph), users_(context), sink_(sink) {}

  void Run() {
    for (int32_t i = 0; i < graph_.size(); ++i) {
      const Node& node = graph_.node(i);
      if (!node.control_inputs.empty() || node.inputs.empty()) continue;
      if (node.op == "Transpose") {
        Merge(i);
      } else {
        MoveBehind(i);
      }
    }
  }

 private:
  // Of what is a transpose that `reader` alone reads; empty for something else.
  Permutation Above(Edge edge, int32_t reader) const {
    Permutation p = PermutationOf(graph_, graph_.node(edge.node));
    if (p.empty() || users_.Of(edge.node) != reader) return {};
    return p;
  }

  void Merge(int32_t index) {
    const Node& node = graph_.node(index);
    const Permutation outer = PermutationOf(graph_, node);
    if (outer.empty()) return;
    const Node& below = graph_.node(node.inputs[0].node);
    const Permutation inner = PermutationOf(graph_, below);
    if (inner.size() != outer.size()) {
      if (!IsIdentity(outer)) return;
      sink_.Begin();
      return sink_.Replace({index, 0}, node.inputs[0]);
    }
    const Permutation both = Composed(inner, outer);
    sink_.Begin();
    sink_.Replace({index, 0}, IsIdentity(both)
                                  ? below.inputs[0]
                                  : AddTranspose(sink_, node.name, below.inputs[0], both, node.outputs[0].dtype));
  }

  // All that it reads and that has axes to be turned is transposed in the same way.
  void MoveBehind(int32_t index) {
    const Node& node = graph_.node(index);
    Permutation p;
    for (const Edge& edge : node.inputs) {
      if (p.empty()) p = Above(edge, index);
    }
    if (p.empty()) return;
    const auto turning = TurningOf(graph_, node, p);
    if (!turning) return;
    for (const size_t input : turning->inputs) {
      if (Above(node.inputs[input], index) != p) return;
    }
    sink_.Begin();
    const auto under = [&](size_t input) { return graph_.node(node.inputs[input].node).inputs[0]; };
    const Edge result = AddTurned(sink_, graph_, node, p, under);
    sink_.Replace({index, 0}, IsIdentity(turning->behind) ? result
                                                          : AddTranspose(sink_, node.name + "/transposed", result,
                                                                         turning->behind, node.outputs[0].dtype));
  }

  const Graph& graph_;
  const SoleUsers users_;
  PatchSink& sink_;
};

}  // namespace

Status CancelTransposes(const PassContext& context, PatchSink& sink) {
  if constexpr (!IsBuilt("Transpose")) return Status();
  Canceller(context, sink).Run();
  return Status();
}

}  // namespace rivulet
