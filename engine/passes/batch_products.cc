// Products of many left operands with one constant right operand become one product.
//
//   y0 = MatMul(ConcatV2(x0, h0), w)                p = BiasAdd(MatMul(ConcatV2(x0, x1, ...), w[:X]), b)
//   z0 = BiasAdd(y0, b)                becomes      p0, p1, ... = Split(p)
//   y1 = MatMul(ConcatV2(x1, h1), w)                z0 = AddV2(MatMul(h0, w[X:]), p0)
//   z1 = BiasAdd(y1, b)                             z1 = AddV2(MatMul(h1, w[X:]), p1)
//
// So are recurrent networks written, step by step: w is read from memory for each. What of the left operands is there
// before the first of these products (x, not h) is multiplied for all steps at once, and w is read once.
//
// Which that is, and that the new product closes no circle, is told by bits: for each node, on which groups of products
// it depends. Of groups that are rewritten together, none depends on one that was accepted after it.
#include <algorithm>
#include <cstring>
#include <map>

#include "engine/passes/match.h"

namespace rivulet {
namespace {

constexpr size_t kLeastMembers = 4;
constexpr int64_t kLeastWeights = 1 << 14;
constexpr int64_t kMostRows = 1 << 12;
constexpr size_t kMostGroups = 64;  // in one round

// The left operand as what is joined along its columns.
struct Member {
  int32_t product;
  std::vector<Edge> parts;
};

struct Group {
  Edge weights;
  std::vector<int64_t> widths;  // of the parts
  std::vector<Member> members;
};

class Batcher {
 public:
  explicit Batcher(const PassContext& context) : graph_(context.graph), users_(context) {}

  Status Run(PatchSink& sink) {
    RIVULET_ASSIGN_OR_RETURN(const std::vector<int32_t> order, TopologicalOrder(graph_));
    FindGroups(order);
    if (groups_.empty()) return Status();
    Propagate(order);
    uint64_t accepted = 0;
    for (size_t g = 0; g < groups_.size(); ++g) {
      bool comes_late = false;
      for (size_t other = 0; other < groups_.size(); ++other) {
        if ((accepted >> other & 1) == 0) continue;
        for (const Member& member : groups_[other].members) comes_late |= Needs(member.product, g);
      }
      if (!comes_late && Rewrite(groups_[g], g, sink)) accepted |= uint64_t{1} << g;
    }
    return Status();
  }

 private:
  bool Needs(int32_t node, size_t group) const { return (needs_[static_cast<size_t>(node)] >> group & 1) != 0; }

  void FindGroups(const std::vector<int32_t>& order) {
    std::map<std::pair<Edge, std::vector<int64_t>>, std::vector<Member>> found;
    std::vector<std::pair<Edge, std::vector<int64_t>>> first;  // in the order of their first members
    for (const int32_t index : order) {
      const Node& node = graph_.node(index);
      if (!IsMember(node)) continue;
      Member member{index, PartsOf(node.inputs[0])};
      std::pair<Edge, std::vector<int64_t>> key{node.inputs[1], {graph_.fact(node.inputs[0]).shape[0]}};
      for (const Edge& part : member.parts) key.second.push_back(graph_.fact(part).shape[1]);
      std::vector<Member>& members = found[key];
      if (members.empty()) first.push_back(key);
      members.push_back(std::move(member));
    }
    for (const auto& key : first) {
      std::vector<Member>& members = found[key];
      const int64_t rows = key.second[0] * static_cast<int64_t>(members.size());
      if (members.size() < kLeastMembers || rows > kMostRows || groups_.size() == kMostGroups) continue;
      groups_.push_back({key.first, {key.second.begin() + 1, key.second.end()}, std::move(members)});
    }
  }

  bool IsMember(const Node& node) const {
    if (node.op != "MatMul" || !node.control_inputs.empty() || node.outputs[0].dtype != DType::kFloat) return false;
    const auto is_set = [&](const char* name) {
      const bool* value = node.attrs.Get<bool>(name);
      return value != nullptr && *value;
    };
    const Fact& right = graph_.fact(node.inputs[1]);
    const Shape& left = graph_.fact(node.inputs[0]).shape;
    return !is_set("transpose_a") && !is_set("transpose_b") && right.value.valid() && left.complete() &&
           left.num_elements() > 0 && right.shape.num_elements() >= kLeastWeights && left[0] <= kMostRows;
  }

  std::vector<Edge> PartsOf(Edge left) const {
    const Node& node = graph_.node(left.node);
    if (node.op != "ConcatV2" || node.inputs.size() < 3) return {left};
    const Fact& axis = graph_.fact(node.inputs.back());
    if (!axis.value.valid() || axis.dtype != DType::kInt32) return {left};
    int32_t value;
    std::memcpy(&value, axis.value.raw(), sizeof(value));
    if (value != 1 && value != -1) return {left};
    std::vector<Edge> parts(node.inputs.begin(), node.inputs.end() - 1);
    for (const Edge& part : parts) {
      const Shape& shape = graph_.fact(part).shape;
      if (!shape.complete() || shape.rank() != 2) return {left};
    }
    return parts;
  }

  // needs_[i]: the groups on a member of which node i depends, or of which it is one.
  void Propagate(const std::vector<int32_t>& order) {
    needs_.assign(static_cast<size_t>(graph_.size()), 0);
    for (size_t g = 0; g < groups_.size(); ++g) {
      for (const Member& member : groups_[g].members) needs_[static_cast<size_t>(member.product)] |= uint64_t{1} << g;
    }
    for (const int32_t index : order) {
      uint64_t& needs = needs_[static_cast<size_t>(index)];
      const Node& node = graph_.node(index);
      for (const Edge& edge : node.inputs) needs |= needs_[static_cast<size_t>(edge.node)];
      for (const int32_t control : node.control_inputs) needs |= needs_[static_cast<size_t>(control)];
    }
  }

  // The bias that all members' results are added to and by nothing else read, if there is one.
  Edge CommonBias(const Group& group) const {
    Edge bias;
    for (const Member& member : group.members) {
      const int32_t user = users_.Of(member.product);
      if (user < 0) return {};
      const Node& add = graph_.node(user);
      if (add.op != "BiasAdd" || !add.control_inputs.empty() || add.inputs[0].node != member.product) return {};
      const std::string* format = add.attrs.Get<std::string>("data_format");
      if (format != nullptr && *format != "NHWC") return {};
      if (bias.node >= 0 && !(bias == add.inputs[1])) return {};
      bias = add.inputs[1];
    }
    // A bias that depends on one of the products could not be added before them.
    return graph_.fact(bias).value.valid() ? bias : Edge{};
  }

  // Parts [begin, end) of the left operands, where the others are known too late; false where they lie apart or are
  // none.
  bool EarlyParts(const Group& group, size_t number, size_t* begin, size_t* end) const {
    const size_t parts = group.widths.size();
    std::vector<bool> early(parts, true);
    for (const Member& member : group.members) {
      for (size_t i = 0; i < parts; ++i) early[i] = early[i] && !Needs(member.parts[i].node, number);
    }
    *begin = static_cast<size_t>(std::find(early.begin(), early.end(), true) - early.begin());
    *end = *begin;
    while (*end < parts && early[*end]) ++*end;
    const bool apart = std::find(early.begin() + static_cast<std::ptrdiff_t>(*end), early.end(), true) != early.end();
    // What is left must lie together, too.
    return *begin < *end && !apart && (*begin == 0 || *end == parts);
  }

  // Rows of the weights that belong to parts [begin, end), where they lie.
  Edge Rows(const Group& group, size_t begin, size_t end, const std::string& name, PatchSink& sink) const {
    int64_t first = 0, rows = 0;
    for (size_t i = 0; i < end; ++i) (i < begin ? first : rows) += group.widths[i];
    const Tensor& weights = graph_.fact(group.weights).value;
    const int64_t columns = weights.shape()[1];
    auto* at =
        static_cast<char*>(const_cast<void*>(weights.raw())) + first * columns * static_cast<int64_t>(sizeof(float));
    return sink.Add(ConstNode(name, Tensor::View(DType::kFloat, {rows, columns}, at, weights.owner())));
  }

  static Edge Add(PatchSink& sink, std::string name, std::string op, std::vector<Edge> inputs) {
    Node node;
    node.name = std::move(name);
    node.op = std::move(op);
    node.attrs.Set("T", DType::kFloat);
    node.inputs = std::move(inputs);
    return sink.Add(std::move(node));
  }

  static Edge Join(PatchSink& sink, const std::string& name, std::vector<Edge> parts, int32_t axis) {
    if (parts.size() == 1) return parts[0];
    Node node;
    node.name = name;
    node.op = "ConcatV2";
    node.attrs.Set("N", static_cast<int64_t>(parts.size()));
    node.attrs.Set("T", DType::kFloat);
    node.attrs.Set("Tidx", DType::kInt32);
    node.inputs = std::move(parts);
    node.inputs.push_back(sink.Add(ConstNode(name + "/axis", Tensor::Scalar<int32_t>(axis))));
    return sink.Add(std::move(node));
  }

  bool Rewrite(const Group& group, size_t number, PatchSink& sink) const {
    size_t begin, end;
    if (!EarlyParts(group, number, &begin, &end)) return false;
    const size_t parts = group.widths.size();
    const bool all = begin == 0 && end == parts;
    const std::string name = graph_.node(group.members[0].product).name + "/batched";
    const auto pick = [](const Member& member, size_t from, size_t to) {
      return std::vector<Edge>(member.parts.begin() + static_cast<std::ptrdiff_t>(from),
                               member.parts.begin() + static_cast<std::ptrdiff_t>(to));
    };
    sink.Begin();
    std::vector<Edge> lefts;
    for (const Member& member : group.members) lefts.push_back(Join(sink, name + "/left", pick(member, begin, end), 1));
    Edge together = Add(sink, name, "MatMul",
                        {Join(sink, name + "/rows", std::move(lefts), 0), Rows(group, begin, end, name + "/w", sink)});
    const Edge bias = CommonBias(group);
    if (bias.node >= 0) together = Add(sink, name + "/bias", "BiasAdd", {together, bias});
    Node split;
    split.name = name + "/split";
    split.op = "Split";
    split.attrs.Set("T", DType::kFloat);
    split.attrs.Set("num_split", static_cast<int64_t>(group.members.size()));
    split.inputs = {sink.Add(ConstNode(name + "/split/axis", Tensor::Scalar<int32_t>(0))), together};
    Edge row = sink.Add(std::move(split));
    const Edge late_rows = all          ? Edge{}
                           : begin == 0 ? Rows(group, end, parts, name + "/late", sink)
                                        : Rows(group, 0, begin, name + "/late", sink);
    for (const Member& member : group.members) {
      const int32_t replaced = bias.node >= 0 ? users_.Of(member.product) : member.product;
      Edge result = row;
      if (!all) {
        const std::vector<Edge> late = begin == 0 ? pick(member, end, parts) : pick(member, 0, begin);
        const std::string& own = graph_.node(replaced).name;
        const Edge product = Add(sink, own + "/late", "MatMul", {Join(sink, own + "/left", late, 1), late_rows});
        result = Add(sink, own, "AddV2", {product, row});
      }
      sink.Replace({replaced, 0}, result);
      ++row.slot;
    }
    return true;
  }

  const Graph& graph_;
  const SoleUsers users_;
  std::vector<Group> groups_;
  std::vector<uint64_t> needs_;
};

}  // namespace

Status BatchProducts(const PassContext& context, PatchSink& sink) { return Batcher(context).Run(sink); }

}  // namespace rivulet
