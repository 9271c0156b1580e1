#include "engine/passes/permutation.h"

#include <numeric>
#include <string_view>

#include "engine/ops/op.h"

namespace rivulet {

Permutation PermutationOf(const Graph& graph, const Node& node) {
  if (std::string_view(node.op) != "Transpose" || !node.control_inputs.empty()) return {};
  const Tensor& value = graph.fact(node.inputs[1]).value;
  if (!value.valid() || !value.is_aligned() || value.shape().rank() != 1) return {};
  Permutation p = ToInt64s(value);
  const auto rank = static_cast<int64_t>(p.size());
  std::vector<bool> seen(p.size(), false);
  for (int64_t& axis : p) {
    if (axis < 0) axis += rank;
    if (axis < 0 || axis >= rank || seen[static_cast<size_t>(axis)]) return {};
    seen[static_cast<size_t>(axis)] = true;
  }
  return p;
}

bool IsIdentity(const Permutation& p) {
  for (size_t i = 0; i < p.size(); ++i) {
    if (p[i] != static_cast<int64_t>(i)) return false;
  }
  return true;
}

Permutation Inverse(const Permutation& p) {
  Permutation inverse(p.size());
  for (size_t i = 0; i < p.size(); ++i) inverse[static_cast<size_t>(p[i])] = static_cast<int64_t>(i);
  return inverse;
}

Permutation Composed(const Permutation& first, const Permutation& second) {
  Permutation composed(second.size());
  for (size_t i = 0; i < second.size(); ++i) composed[i] = first[static_cast<size_t>(second[i])];
  return composed;
}

Permutation ToChannelsLast(size_t rank) {
  Permutation p(rank);
  std::iota(p.begin(), p.end(), 1);
  p.front() = 0;
  p.back() = 1;
  return p;
}

Permutation ToChannelsFirst(size_t rank) { return Inverse(ToChannelsLast(rank)); }

Edge AddInts(PatchSink& sink, const std::string& name, const std::vector<int64_t>& values) {
  const std::vector<int32_t> narrow(values.begin(), values.end());
  return sink.Add(ConstNode(name, Tensor::Of<int32_t>({static_cast<int64_t>(narrow.size())}, narrow)));
}

Edge AddTranspose(PatchSink& sink, const std::string& name, Edge x, const Permutation& p, DType dtype) {
  Node node;
  node.name = name;
  node.op = "Transpose";
  node.attrs.Set("T", dtype);
  node.attrs.Set("Tperm", DType::kInt32);
  node.inputs = {x, AddInts(sink, name + "/perm", p)};
  return sink.Add(std::move(node));
}

}  // namespace rivulet
