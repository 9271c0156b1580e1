// Nodes that compute the same of the same become one.
//
//   a = Mul(x, y)   b = Mul(x, y)      becomes      (uses of b take a)
//
// Also small constants of the same value. A node that keeps or changes something, draws numbers, waits for others or
// chooses branches stays.
#include <cstring>
#include <utility>

#include "engine/ops/op.h"
#include "engine/passes/pass.h"

namespace rivulet {
namespace {

// Of larger ones, looking would cost more than it could save: a weight that is there twice is rare.
constexpr size_t kMostConstantBytes = 64;

bool IsEqual(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || !(a.shape() == b.shape())) return false;
  return a.bytes() == 0 || std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

bool IsEqual(const AttrList& a, const AttrList& b) {
  return a.tensors.empty() && b.tensors.empty() && a.functions.empty() && b.functions.empty() &&
         a.strings == b.strings && a.ints == b.ints && a.bools == b.bools && a.types == b.types &&
         a.shapes == b.shapes && a.floats.size() == b.floats.size() &&
         (a.floats.empty() || std::memcmp(a.floats.data(), b.floats.data(), a.floats.size() * sizeof(float)) == 0);
}

bool IsEqual(const AttrValue& a, const AttrValue& b) {
  if (a.index() != b.index()) return false;
  return std::visit(
      [&](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        const T& other = std::get<T>(b);
        if constexpr (std::is_same_v<T, std::shared_ptr<const AttrList>>) {
          return value == other || (value != nullptr && other != nullptr && IsEqual(*value, *other));
        } else if constexpr (std::is_same_v<T, FunctionCall> || std::is_same_v<T, AttrPlaceholder>) {
          return false;
        } else if constexpr (std::is_same_v<T, float>) {
          return std::memcmp(&value, &other, sizeof value) == 0;  // a NaN is itself
        } else {
          return value == other;
        }
      },
      a);
}

bool IsEqual(const AttrMap& a, const AttrMap& b) {
  if (a.size() != b.size()) return false;
  for (auto at = a.begin(), other = b.begin(); at != a.end(); ++at, ++other) {
    if (at->first != other->first || !IsEqual(at->second, other->second)) return false;
  }
  return true;
}

bool MayMerge(const Node& node) {
  constexpr std::string_view kTokens[] = {"Switch", "RefSwitch", "_SwitchN", "Merge",        "RefMerge",
                                          "Enter",  "Exit",      "LoopCond", "NextIteration"};
  if (node.def == nullptr || (node.def->flags & (kStateful | kCallsFunctions)) != 0) return false;
  if (!node.control_inputs.empty() || node.outputs.empty()) return false;
  if (node.inputs.empty()) {
    const Tensor& value = node.outputs[0].value;
    return node.op == "Const" && value.valid() && ElementBytes(value.dtype()) != 0 &&
           value.bytes() <= kMostConstantBytes;
  }
  for (const Fact& output : node.outputs) {
    if (output.dtype == DType::kResource || output.dtype == DType::kVariant) return false;
  }
  for (const std::string_view token : kTokens) {
    if (node.op == token) return false;
  }
  return true;
}

class Merger {
 public:
  Merger(const Graph& graph, PatchSink& sink) : graph_(graph), sink_(sink), kept_(static_cast<size_t>(graph.size())) {
    size_t places = 16;
    while (places < kept_.size()) places *= 2;
    first_.assign(places, -1);
    next_.resize(kept_.size());
    hash_.resize(kept_.size());
  }

  Status Run() {
    RIVULET_ASSIGN_OR_RETURN(const std::vector<int32_t> order, TopologicalOrder(graph_));
    for (const int32_t index : order) kept_[static_cast<size_t>(index)] = index;
    for (const int32_t index : order) {
      if (!MayMerge(graph_.node(index))) continue;
      const uint64_t hash = HashOf(graph_.node(index));
      int32_t& head = first_[hash >> 32 & (first_.size() - 1)];
      const int32_t first = FindEqual(index, hash, head);
      if (first < 0) {
        hash_[static_cast<size_t>(index)] = hash;
        next_[static_cast<size_t>(index)] = std::exchange(head, index);
        continue;
      }
      kept_[static_cast<size_t>(index)] = first;
      sink_.Begin();
      const auto slots = static_cast<int32_t>(graph_.node(index).outputs.size());
      for (int32_t slot = 0; slot < slots; ++slot) sink_.Replace({index, slot}, {first, slot});
    }
    return Status();
  }

 private:
  // Of operator and inputs; of a constant, of its bytes.
  uint64_t HashOf(const Node& node) const {
    uint64_t hash = reinterpret_cast<uintptr_t>(node.def);
    const auto mix = [&hash](uint64_t value) { hash = (hash ^ value) * 0x9E3779B97F4A7C15u + (hash >> 29); };
    if (node.inputs.empty()) {
      const Tensor& value = node.outputs[0].value;
      const auto* bytes = static_cast<const uint8_t*>(value.raw());
      for (size_t i = 0; i < value.bytes(); ++i) mix(bytes[i]);
    }
    for (const Edge& input : node.inputs) {
      const Edge kept = KeptOf(input);
      mix(static_cast<uint64_t>(kept.node) << 32 | static_cast<uint32_t>(kept.slot));
    }
    return hash;
  }

  Edge KeptOf(Edge edge) const { return {kept_[static_cast<size_t>(edge.node)], edge.slot}; }

  bool IsSame(const Node& a, const Node& b) const {
    if (a.def != b.def || a.inputs.size() != b.inputs.size() || a.outputs.size() != b.outputs.size()) return false;
    if (a.inputs.empty()) return IsEqual(a.outputs[0].value, b.outputs[0].value);
    for (size_t i = 0; i < a.inputs.size(); ++i) {
      if (!(KeptOf(a.inputs[i]) == KeptOf(b.inputs[i]))) return false;
    }
    return IsEqual(a.attrs, b.attrs);
  }

  // The node that is the same, of those in a list of which no two are, or -1.
  int32_t FindEqual(int32_t index, uint64_t hash, int32_t head) const {
    for (int32_t other = head; other >= 0; other = next_[static_cast<size_t>(other)]) {
      if (hash_[static_cast<size_t>(other)] != hash) continue;
      if (IsSame(graph_.node(index), graph_.node(other))) return other;
    }
    return -1;
  }

  const Graph& graph_;
  PatchSink& sink_;
  std::vector<int32_t> kept_;  // by node: the one in its place
  // Nodes that stay, in lists by their hash.
  std::vector<int32_t> first_;
  std::vector<int32_t> next_;   // by node
  std::vector<uint64_t> hash_;  // by node
};

}  // namespace

Status MergeEqual(const PassContext& context, PatchSink& sink) { return Merger(context.graph, sink).Run(); }

}  // namespace rivulet
