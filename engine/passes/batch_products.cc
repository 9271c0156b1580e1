// What the same weights are multiplied with, a few rows at a time, is multiplied at once.
//
//   y1 = _FusedMatMul(ConcatV2(x1, h1), W, b)            p1, p2, … = Split(_FusedMatMul(ConcatV2(x1, x2, …), W's first
//   rows, b)) y2 = _FusedMatMul(ConcatV2(x2, h2), W, b)  becomes   y1 = _FusedMatMul(h1, W's other rows, p1)
//   {fused_ops=[Add]} …                                                    …
//
// and likewise products of x1, x2, … alone. An unrolled recurrent layer is this: none of its inputs waits for one of
// its states. What is left at each step is what the state is multiplied with.
#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "engine/base/built.h"
#include "engine/passes/dense_product.h"
#include "engine/passes/readers.h"

namespace rivulet {
namespace {

// Fewer share too little; more rows have enough to do while the weights are there.
constexpr size_t kFewestMembers = 4;
constexpr int64_t kMostRows = 8;

struct Member {
  int32_t node;
  Edge input;                 // what is batched
  std::optional<Edge> state;  // what stands beside it
};

struct Group {
  DenseProduct product;
  std::vector<Member> members;
  int64_t rows = 0;   // of each input
  int64_t width = 0;  // of its columns
  bool input_first = true;
};

class Batcher {
 public:
  Batcher(const PassContext& context, PatchSink& sink) : graph_(context.graph), sole_(context), sink_(sink) {}

  Status Run() {
    RIVULET_ASSIGN_OR_RETURN(const std::vector<int32_t> order, TopologicalOrder(graph_));
    std::vector<Group> groups = FindGroups(order);
    if (groups.empty()) return Status();
    const Readers readers(graph_, /*with_controls=*/true, [](int32_t) { return true; });
    // Looking at what follows a group takes a walk over the graph: a graph of very many groups is left at some point.
    constexpr size_t kMostGroups = 64;
    std::vector<const Group*> taken;
    for (size_t i = 0; i < groups.size() && i < kMostGroups; ++i) {
      if (!IsIndependent(groups[i], taken, readers)) continue;
      Emit(groups[i]);
      taken.push_back(&groups[i]);
    }
    return Status();
  }

 private:
  // Products by weights, bias and form, in the order of their first members.
  std::vector<Group> FindGroups(const std::vector<int32_t>& order) const {
    using Key = std::tuple<const void*, Edge, std::vector<std::string>, int64_t, int64_t, int>;
    std::map<Key, size_t> known;
    std::vector<Group> groups;
    for (const int32_t index : order) {
      const Node& node = graph_.node(index);
      auto product = MatchDenseProduct(graph_, node);
      if (!product) continue;
      const auto add = [&](const Member& member, bool first, int form) {
        const Shape& shape = graph_.fact(member.input).shape;
        if (!shape.complete() || shape.rank() != 2 || shape[0] < 1 || shape[0] > kMostRows) return;
        const Key key{product->weights.raw(), product->bias.value_or(Edge()), product->rest, shape[0], shape[1], form};
        const auto [at, is_new] = known.emplace(key, groups.size());
        if (is_new) groups.push_back({*product, {}, shape[0], shape[1], first});
        groups[at->second].members.push_back(member);
      };
      // The most that could be batched comes first.
      add({index, node.inputs[0], std::nullopt}, true, 0);
      const auto joined = MatchJoinedRows(graph_, sole_, node.inputs[0], index);
      if (!joined) continue;
      add({index, joined->parts[0], joined->parts[1]}, true, 1);
      add({index, joined->parts[1], joined->parts[0]}, false, 2);
    }
    std::erase_if(groups, [](const Group& group) { return group.members.size() < kFewestMembers; });
    return groups;
  }

  // Whether no input of the group waits for one of its members, nor, so that there is no circle of several groups, an
  // input of a group that was taken before, and none of its members was taken.
  bool IsIndependent(const Group& group, const std::vector<const Group*>& taken, const Readers& readers) const {
    std::vector<bool> behind(static_cast<size_t>(graph_.size()), false);
    std::vector<int32_t> open;
    const auto reach = [&](int32_t node) {
      if (!behind[static_cast<size_t>(node)]) open.push_back(node);
      behind[static_cast<size_t>(node)] = true;
    };
    for (const Member& member : group.members) reach(member.node);
    while (!open.empty()) {
      const int32_t node = open.back();
      open.pop_back();
      for (const int32_t reader : readers.Of(node)) reach(reader);
    }
    const auto waits = [&](const Group& other) {
      return std::any_of(other.members.begin(), other.members.end(),
                         [&](const Member& member) { return behind[static_cast<size_t>(member.input.node)]; });
    };
    if (waits(group) || std::any_of(taken.begin(), taken.end(), [&](const Group* other) { return waits(*other); })) {
      return false;
    }
    for (const Group* other : taken) {
      for (const Member& member : other->members) {
        const auto same = [&](const Member& mine) { return mine.node == member.node; };
        if (std::any_of(group.members.begin(), group.members.end(), same)) return false;
      }
    }
    return true;
  }

  void Emit(const Group& group) {
    const Node& first = graph_.node(group.members.front().node);
    const bool alone = !group.members.front().state;
    const int64_t all = group.product.weights.dim(0);
    const auto count = static_cast<int64_t>(group.members.size());
    sink_.Begin();
    const Tensor weights = RowsOf(group.product.weights, group.input_first ? 0 : all - group.width, group.width);
    Node batch;
    batch.name = first.name + "/together";
    batch.op = "_FusedMatMul";
    batch.attrs = first.attrs;
    std::vector<std::string> ops = {"BiasAdd"};
    if (alone) ops.insert(ops.end(), group.product.rest.begin(), group.product.rest.end());
    SetFusedOps(batch, std::move(ops), 1);
    batch.inputs = {AddRows(group), sink_.Add(ConstNode(batch.name + "/weights", weights)),
                    BiasOf(sink_, batch.name, group.product)};
    const Edge product = sink_.Add(std::move(batch));
    Node split;
    split.name = first.name + "/apart";
    split.op = "Split";
    split.attrs.Set("T", DType::kFloat);
    split.attrs.Set("num_split", count);
    split.inputs = {Axis0(split.name), product};
    const Edge parts = sink_.Add(std::move(split));
    const Tensor others =
        alone ? Tensor() : RowsOf(group.product.weights, group.input_first ? group.width : 0, all - group.width);
    for (int32_t i = 0; i < static_cast<int32_t>(count); ++i) {
      const Member& member = group.members[static_cast<size_t>(i)];
      const Edge part{parts.node, i};
      sink_.Replace(
          {member.node, 0},
          alone ? part : AddStateProduct(sink_, graph_.node(member.node), group.product, *member.state, others, part));
    }
  }

  Edge Axis0(const std::string& name) {
    const int32_t axis = 0;
    return sink_.Add(ConstNode(name + "/axis", Tensor::Of<int32_t>({}, {&axis, 1})));
  }

  Edge AddRows(const Group& group) {
    Node rows;
    rows.name = graph_.node(group.members.front().node).name + "/rows";
    rows.op = "ConcatV2";
    rows.attrs.Set("T", DType::kFloat);
    rows.attrs.Set("Tidx", DType::kInt32);
    rows.attrs.Set("N", static_cast<int64_t>(group.members.size()));
    for (const Member& member : group.members) rows.inputs.push_back(member.input);
    rows.inputs.push_back(Axis0(rows.name));
    return sink_.Add(std::move(rows));
  }

  const Graph& graph_;
  const SoleUsers sole_;
  PatchSink& sink_;
};

}  // namespace

Status BatchProducts(const PassContext& context, PatchSink& sink) {
  if constexpr (!IsBuilt("MatMul") || !IsBuilt("ConcatV2") || !IsBuilt("Split")) return Status();
  return Batcher(context, sink).Run();
}

}  // namespace rivulet
