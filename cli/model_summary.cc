#include "cli/model_summary.h"

#include <algorithm>
#include <set>

#include "engine/base/errors.h"
#include "engine/graph/model_setup.h"
#include "engine/ops/infer.h"
#include "engine/run/cut.h"
#include "engine/run/flops.h"

namespace rivulet::cli {
namespace {

// Small constants are axes and shapes rather than weights; they count all the same, as TensorFlow's own tool does.
void CountConstant(const AttrMap& attrs, ModelSummary* summary) {
  const auto* literal = attrs.Get<std::shared_ptr<const TensorLiteral>>("value");
  if (literal == nullptr || *literal == nullptr) return;
  const int64_t count = std::max<int64_t>((*literal)->shape.num_elements(), 0);
  summary->parameters += count;
  summary->parameter_bytes += (*literal)->prefix.num_elements() * static_cast<int64_t>(ElementBytes((*literal)->dtype));
}

// The functions that a node calls: by its operator's name, and by its attributes.
void AddCalls(const std::string& op, const AttrMap& attrs, std::vector<std::string>* names) {
  names->push_back(op);
  for (const auto& [key, value] : attrs) {
    if (const auto* call = std::get_if<FunctionCall>(&value)) names->push_back(call->name);
    if (const auto* list = std::get_if<std::shared_ptr<const AttrList>>(&value); list != nullptr && *list != nullptr) {
      for (const FunctionCall& call : (*list)->functions) names->push_back(call.name);
    }
  }
}

// Nodes that a caller can make run.
std::vector<bool> Needed(const Model& model, const Graph& graph) {
  const bool is_plain = model.Signatures().empty() && model.setup().restore_op.empty();
  if (is_plain) return std::vector<bool>(static_cast<size_t>(graph.size()), true);
  std::vector<std::string> names = model.setup().init_ops;
  if (model.Signatures().empty()) {
    for (const std::string& output : model.LikelyOutputs()) names.push_back(output);
  }
  if (!model.setup().restore_op.empty()) names.push_back(model.setup().restore_op);
  for (const ModelSignature& signature : model.Signatures()) {
    for (const SignatureTensor& tensor : signature.outputs) names.push_back(tensor.name);
  }
  std::vector<int32_t> roots;
  for (const std::string& name : names) {
    const Result<Edge> edge = FindEdge(graph, name);
    if (edge.ok()) roots.push_back(edge->node);
  }
  return Reachable(graph, roots);
}

Shape WithoutUnknowns(Shape shape) {
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] < 0) shape.set_dim(i, 1);
  }
  return shape;
}

// Of the default signature, else of what no other node uses.
void CountArithmetic(const Model& model, ModelSummary* summary) {
  std::vector<FeedSpec> feeds;
  const auto add = [&](const std::string& name, DType dtype, const Shape& shape) {
    if (shape.has_rank()) feeds.push_back({name, dtype, WithoutUnknowns(shape)});
    summary->assumes_ones |= shape.has_rank() && !shape.complete();
  };
  std::vector<std::string> outputs;
  const Result<const ModelSignature*> signature = model.FindSignature("");
  if (signature.ok()) {
    for (const SignatureTensor& input : (*signature)->inputs) add(input.name, input.dtype, input.shape);
    for (const SignatureTensor& output : (*signature)->outputs) outputs.push_back(output.name);
  } else {
    for (const Model::Input& input : model.Inputs()) add(input.name, input.dtype, input.shape);
    outputs = model.LikelyOutputs();
  }
  summary->flops = CountFlops(model.graph(), feeds, outputs);
}

}  // namespace

void ForEachNeededNode(const Model& model, const Graph& graph,
                       const std::function<void(const std::string& op, const AttrMap& attrs)>& look_at) {
  std::vector<std::string> pending;
  const auto visit = [&](const std::string& op, const AttrMap& attrs) {
    if (!graph.functions.contains(op)) look_at(op, attrs);
    AddCalls(op, attrs, &pending);
  };
  const std::vector<bool> needed = Needed(model, graph);
  for (int32_t i = 0; i < graph.size(); ++i) {
    if (needed[static_cast<size_t>(i)]) visit(graph.node(i).op, graph.node(i).attrs);
  }
  std::set<std::string> seen;
  while (!pending.empty()) {
    const std::string name = std::move(pending.back());
    pending.pop_back();
    const auto function = graph.functions.find(name);
    if (function == graph.functions.end() || !seen.insert(name).second) continue;
    for (const Function::BodyNode& node : function->second->body) visit(node.op, node.attrs);
  }
}

ModelSummary Summarize(const Model& model, Graph* graph) {
  ModelSummary summary;
  for (const Node& node : graph->nodes()) {
    ++summary.histogram[node.op];
    if (node.op == "Const") CountConstant(node.attrs, &summary);
  }
  for (const auto& [name, function] : graph->functions) {
    for (const Function::BodyNode& node : function->body) {
      ++summary.histogram[node.op];
      if (node.op == "Const") CountConstant(node.attrs, &summary);
    }
  }
  ForEachNeededNode(model, *graph, [&](const std::string& op, const AttrMap&) {
    if (FindOp(op) == nullptr) ++summary.missing_ops[op];
  });
  const std::vector<bool> needed = Needed(model, *graph);
  // The first problem ends an inference, so nodes that nobody can ask for must not be in it.
  Graph asked = *graph;
  asked.Compact(needed);
  const Status inferred = InferGraph(asked, *model.allocator());
  if (!inferred.ok()) summary.problems.emplace_back(inferred.message());
  for (const Node& node : asked.nodes()) graph->node(graph->Find(node.name)).outputs = node.outputs;
  CountArithmetic(model, &summary);
  return summary;
}

std::vector<std::string> HistogramPieces(const std::map<std::string, int64_t>& histogram) {
  std::vector<std::pair<int64_t, std::string>> ops;
  for (const auto& [op, count] : histogram) ops.emplace_back(-count, op);
  std::sort(ops.begin(), ops.end());
  std::vector<std::string> pieces;
  for (const auto& [count, op] : ops) pieces.push_back(Cat(op, "×", -count));
  return pieces;
}

}  // namespace rivulet::cli
