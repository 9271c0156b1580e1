// Attention, written as two products with a softmax between them, becomes one step, which keeps its scores near.
//
//   s = BatchMatMul(q, k) {adj_y}, or an Einsum
//   p = Softmax(s * scale + mask)                  becomes      y = _Attention(q, k, v, mask)
//   y = BatchMatMul(p, v), or an Einsum
//
// The scale is a known number, and may be missing; so may the mask, which is added, or chooses with SelectV2 between
// scores and a known number; there may be two. The scale may also be at q or k. Transposes of operands and of the
// result go in: axes are read as they lie. Nothing between the products has another reader.
#include <algorithm>
#include <array>
#include <optional>

#include "engine/base/built.h"
#include "engine/ops/attention.h"
#include "engine/passes/labelled_product.h"
#include "engine/passes/match.h"
#include "engine/passes/permutation.h"

namespace rivulet {
namespace {

struct Operand {
  Edge edge;
  std::string axes;
};

struct Found {
  Operand q, k, v;
  std::string scores, out;
  float scale = 1.0f;
  bool is_scaled = false;
  std::vector<Edge> masks;  // the first comes first
  bool chooses = false;     // one of them is of bools
  bool keeps = true;
  float otherwise = 0.0f;
  int32_t product = -1;  // that makes the scores
  int32_t last = -1;     // that makes the result
};

class Matcher {
 public:
  explicit Matcher(const PassContext& context) : graph_(context.graph), sole_(context) {}

  std::optional<Found> Match(int32_t softmax) const {
    const Node& node = graph_.node(softmax);
    if (node.op != "Softmax" || !IsPlain(node) || sole_.Of(softmax) < 0) return std::nullopt;
    Found found;
    const auto first = Scores(node.inputs[0], softmax, &found, kMostSteps);
    if (!first) return std::nullopt;
    found.last = sole_.Of(softmax);
    const auto second = ReadProduct(graph_, graph_.node(found.last));
    if (!second || !Name(*first, *second, {softmax, 0}, &found)) return std::nullopt;
    GoUp(&found.q, found.product, "d", &found.scale);
    GoUp(&found.k, found.product, "sd", &found.scale);
    GoUp(&found.v, found.last, "se", nullptr);
    GoDown(&found);
    const bool follows = found.q.axes.back() == 'd' && found.out.back() == 'e' && EndsWith(found.k.axes, "sd") &&
                         EndsWith(found.v.axes, "se");
    if (!follows || !IsComplete(found.q.edge) || !IsComplete(found.k.edge) || !IsComplete(found.v.edge) ||
        !std::all_of(found.masks.begin(), found.masks.end(), [&](Edge mask) { return IsComplete(mask); })) {
      return std::nullopt;
    }
    return found;
  }

 private:
  static constexpr int kMostSteps = 6;

  static bool IsPlain(const Node& node) {
    return node.control_inputs.empty() && node.outputs.size() == 1 && node.outputs[0].dtype == DType::kFloat;
  }
  static bool EndsWith(const std::string& axes, std::string_view any) {
    return any.find(axes.back()) != std::string_view::npos;
  }

  std::optional<float> NumberOf(Edge edge) const {
    const Fact& fact = graph_.fact(edge);
    if (fact.dtype != DType::kFloat || !fact.value.valid() || fact.value.num_elements() != 1) return std::nullopt;
    return ReadFloats(fact.value)[0];
  }

  // The operand that is not a known number of a product or quotient by one; the number goes into *scale.
  std::optional<Edge> Unscaled(const Node& node, float* scale) const {
    const bool divides = node.op == "RealDiv" || node.op == "Div";
    if (node.op != "Mul" && !divides) return std::nullopt;
    for (const size_t side : {size_t{1}, size_t{0}}) {
      const auto number = NumberOf(node.inputs[side]);
      const Edge other = node.inputs[1 - side];
      if (!number || (divides && side == 0)) continue;
      if (!(graph_.fact(other).shape == node.outputs[0].shape)) continue;
      *scale = divides ? *scale / *number : *scale * *number;
      return other;
    }
    return std::nullopt;
  }

  // The product that `edge`, which `reader` alone reads, is made of; scale and mask go into *found.
  std::optional<LabelledProduct> Scores(Edge edge, int32_t reader, Found* found, int steps) const {
    const Node& node = graph_.node(edge.node);
    if (edge.slot != 0 || sole_.Of(edge.node) != reader || !IsPlain(node) || steps == 0) return std::nullopt;
    if (auto product = ReadProduct(graph_, node)) {
      found->product = edge.node;
      return product;
    }
    if (const auto scaled = Unscaled(node, &found->scale)) {
      found->is_scaled = true;
      return Scores(*scaled, edge.node, found, steps - 1);
    }
    // Masks come behind the scale.
    if (found->masks.size() == kMostAttentionMasks || found->is_scaled) return std::nullopt;
    const auto masked = [&](Edge scores, Edge mask, DType dtype) -> std::optional<LabelledProduct> {
      if (graph_.fact(mask).dtype != dtype || !(graph_.fact(scores).shape == node.outputs[0].shape)) return {};
      Found trial = *found;
      trial.masks.insert(trial.masks.begin(), mask);
      auto product = Scores(scores, edge.node, &trial, steps - 1);
      if (product) *found = trial;
      return product;
    };
    if (node.op == "AddV2" || node.op == "Add") {
      auto product = masked(node.inputs[0], node.inputs[1], DType::kFloat);
      return product ? product : masked(node.inputs[1], node.inputs[0], DType::kFloat);
    }
    if (node.op != "SelectV2" || found->chooses) return std::nullopt;
    for (const size_t kept : {size_t{1}, size_t{2}}) {
      const auto number = NumberOf(node.inputs[3 - kept]);
      if (!number) continue;
      found->chooses = true;
      found->keeps = kept == 1;
      found->otherwise = *number;
      return masked(node.inputs[kept], node.inputs[0], DType::kBool);
    }
    return std::nullopt;
  }

  // The letters of _Attention for those of two products, of which the second reads `p`, the first's scores.
  static bool Name(const LabelledProduct& first, const LabelledProduct& second, Edge p, Found* found) {
    std::array<char, 128> names{};
    const auto name_of = [&](char letter) -> char& { return names[static_cast<size_t>(letter)]; };
    const auto renamed = [&](const std::string& axes) {
      std::string out;
      for (const char letter : axes) out += name_of(letter);
      return out;
    };
    // The keys have the softmax's axis, the last one.
    if (first.out_axes.size() < 2) return false;
    const char last = first.out_axes.back();
    const bool a_has = HasLetter(first.a_axes, last);
    if (a_has == HasLetter(first.b_axes, last)) return false;
    const std::string& k = a_has ? first.a_axes : first.b_axes;
    const std::string& q = a_has ? first.b_axes : first.a_axes;
    bool has_rows = false;
    for (size_t i = first.out_axes.size(); i-- > 0;) {
      const char letter = first.out_axes[i];
      name_of(letter) = letter == last ? 's' : static_cast<char>('A' + i);
      if (letter == last || has_rows || HasLetter(k, letter)) continue;
      name_of(letter) = 't';
      has_rows = true;
    }
    if (!has_rows) return false;
    for (const char letter : q) {
      if (HasLetter(first.out_axes, letter)) continue;
      if (!HasLetter(k, letter) || name_of(letter) != 0 || HasLetter(renamed(q), 'd')) return false;
      name_of(letter) = 'd';
    }
    found->q = {a_has ? first.b : first.a, renamed(q)};
    found->k = {a_has ? first.a : first.b, renamed(k)};
    found->scores = renamed(first.out_axes);
    if (!HasLetter(found->q.axes, 'd') || HasLetter(found->k.axes, '\0')) return false;

    const bool p_first = second.a == p;
    if (p_first == (second.b == p)) return false;
    const std::string& p_axes = p_first ? second.a_axes : second.b_axes;
    const std::string& v = p_first ? second.b_axes : second.a_axes;
    if (p_axes.size() != found->scores.size()) return false;
    names.fill('\0');
    for (size_t i = 0; i < p_axes.size(); ++i) {
      const char name = found->scores[i];
      name_of(p_axes[i]) = name;
      // Keys are summed over, and nothing else is.
      if (HasLetter(second.out_axes, p_axes[i]) == (name == 's')) return false;
    }
    for (const char letter : v) {
      if (name_of(letter) != 0) continue;
      if (HasLetter(renamed(v), 'e')) return false;
      name_of(letter) = 'e';
    }
    found->v = {p_first ? second.b : second.a, renamed(v)};
    found->out = renamed(second.out_axes);
    return HasLetter(found->v.axes, 's') && !HasLetter(found->v.axes, 't') && HasLetter(found->out, 'e');
  }

  // A scale of an operand that `reader` alone reads, and transposes of it, go in; *reader reads the operand then.
  bool TakeScale(Operand* operand, int32_t* reader, float* scale) const {
    const Node& node = graph_.node(operand->edge.node);
    if (operand->edge.slot != 0 || !IsPlain(node) || sole_.Of(operand->edge.node) != *reader) return false;
    const auto other = Unscaled(node, scale);
    if (!other) return false;
    *reader = operand->edge.node;
    operand->edge = *other;
    return true;
  }

  // The last axis stays one of `ends`.
  bool TakeTranspose(Operand* operand, int32_t* reader, std::string_view ends) const {
    const Permutation p = PermutationOf(graph_, graph_.node(operand->edge.node));
    if (p.size() != operand->axes.size()) return false;
    std::string axes = operand->axes;
    for (size_t i = 0; i < p.size(); ++i) axes[static_cast<size_t>(p[i])] = operand->axes[i];
    if (!EndsWith(axes, ends)) return false;
    *reader = operand->edge.node;
    *operand = {graph_.node(*reader).inputs[0], axes};
    return true;
  }

  void GoUp(Operand* operand, int32_t reader, std::string_view ends, float* scale) const {
    for (int step = 0; step < kMostSteps; ++step) {
      if (TakeTranspose(operand, &reader, ends)) continue;
      if (scale == nullptr || !TakeScale(operand, &reader, scale)) return;
    }
  }

  // The result's transposes, up to the last that leaves its columns last.
  void GoDown(Found* found) const {
    std::string out = found->out;
    for (int32_t next = sole_.Of(found->last); next >= 0; next = sole_.Of(next)) {
      const Permutation p = PermutationOf(graph_, graph_.node(next));
      if (p.size() != out.size()) return;
      std::string turned = out;
      for (size_t i = 0; i < p.size(); ++i) turned[i] = out[static_cast<size_t>(p[i])];
      out = turned;
      if (out.back() != 'e') continue;
      found->out = out;
      found->last = next;
    }
  }

  bool IsComplete(Edge edge) const {
    const Shape& shape = graph_.fact(edge).shape;
    return shape.complete() && shape.num_elements() > 0;
  }

  const Graph& graph_;
  const SoleUsers sole_;
};

Node NodeOf(const Found& found, const std::string& name, const Graph& graph) {
  Node node;
  node.name = name;
  node.op = kAttention.name;
  node.def = &kAttention;
  node.inputs = {found.q.edge, found.k.edge, found.v.edge};
  node.inputs.insert(node.inputs.end(), found.masks.begin(), found.masks.end());
  auto types = std::make_shared<AttrList>();
  for (const Edge& mask : found.masks) types->types.push_back(graph.fact(mask).dtype);
  node.attrs.Set("Tm", std::shared_ptr<const AttrList>(std::move(types)));
  node.attrs.Set("q_axes", found.q.axes);
  node.attrs.Set("k_axes", found.k.axes);
  node.attrs.Set("v_axes", found.v.axes);
  node.attrs.Set("scores_axes", found.scores);
  node.attrs.Set("out_axes", found.out);
  node.attrs.Set("scale", found.scale);
  node.attrs.Set("keeps", found.keeps);
  node.attrs.Set("otherwise", found.otherwise);
  return node;
}

}  // namespace

Status FuseAttention(const PassContext& context, PatchSink& sink) {
  if constexpr (!kHasProducts || !IsBuilt("Softmax")) return Status();
  const Matcher matcher(context);
  for (int32_t i = 0; i < context.graph.size(); ++i) {
    const auto found = matcher.Match(i);
    if (!found) continue;
    sink.Begin();
    sink.Replace({found->last, 0}, sink.Add(NodeOf(*found, context.graph.node(found->last).name, context.graph)));
  }
  return Status();
}

}  // namespace rivulet
