// fold_constants: what does not depend on the inputs is computed here, by the engine, and becomes a Const.
//
//   w = Const, p = Const, t = Transpose(w, p), y = MatMul(x, t)   becomes   t = Const, y = MatMul(x, t)
//
// The shape of a tensor whose shape is known is such a value too. Stays: what is stateful or random, what has effects,
// the parts of loops and branches, what is fed, what fails when it is computed, and results above
// max_constant_size_in_bytes. A constant waits for everything that its makers waited for, so it stays in its loop or
// branch. What the outputs do not need goes.

#include "engine/base/errors.h"
#include "engine/ops/op.h"
#include "prepare/constants.h"
#include "prepare/evaluate.h"
#include "prepare/facts.h"
#include "prepare/graph_edit.h"
#include "prepare/names.h"
#include "prepare/needed.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

using Names = NameSet;

Names ToSet(const std::vector<std::string>& names) { return {names.begin(), names.end()}; }

bool HasEffects(std::string_view op) { return op == "Print" || op == "PrintV2" || op == "Assert" || op == "NoOp"; }

bool ReadsShapeAlone(std::string_view op) { return op == "Shape" || op == "Size" || op == "Rank"; }

class Folder {
 public:
  Folder(GraphDef& graph, const TransformContext& context, Facts facts)
      : graph_(graph), context_(context), facts_(std::move(facts)) {}

  Status Run() {
    RIVULET_ASSIGN_OR_RETURN(most_bytes_, context_.arguments.Int("max_constant_size_in_bytes", 10 << 20));
    excluded_ops_ = ToSet(context_.arguments.All("exclude_op"));
    stays_ = ToSet(context_.arguments.All("exclude_node"));
    for (const std::string& name : stays_) RIVULET_RETURN_IF_ERROR(CheckName(name));
    for (const std::string& name : context_.inputs) stays_.emplace(ParseInput(name).node);
    for (const std::string& name : context_.outputs) {
      if (ParseInput(name).port != 0) stays_.emplace(ParseInput(name).node);
    }
    RIVULET_ASSIGN_OR_RETURN(index_, IndexNodes(graph_));
    RIVULET_ASSIGN_OR_RETURN(order_, ExecutionOrder(graph_));
    FindKnownShapes();
    // Each round something that cannot be computed, or is too large, stays; then what it reads is wanted instead.
    for (;;) {
      FindConstant();
      FindRoots();
      if (Compute() && AskForRoots()) break;
    }
    FindWaits();
    PutConstants();
    return Status();
  }

 private:
  Status CheckName(const std::string& name) const {
    std::vector<std::string_view> all;
    for (const NodeDef& node : graph_.nodes) {
      if (node.name == name) return Status();
      all.push_back(node.name);
    }
    return NotFound("argument 'exclude_node': no node is called '", name, "'; nearest: ", NearestNames(name, all));
  }

  bool MayFold(const NodeDef& node) const {
    if (stays_.contains(node.name) || excluded_ops_.contains(node.op) || IsPlaceholder(node)) return false;
    if (IsControlFlow(node.op) || HasEffects(node.op) || NumDataInputs(node) == 0) return false;
    const OpDef* def = FindOp(node.op);
    if (def == nullptr || (def->flags & (kStateful | kCallsFunctions | kReadsFiles)) != 0) return false;
    const DType dtype = facts_.TypeOf(node.name);
    return dtype != DType::kInvalid && dtype != DType::kResource && dtype != DType::kVariant;
  }

  void FindKnownShapes() {
    const Names inside = BehindControlFlow(order_);
    for (const NodeDef* node : order_) {
      if (!ReadsShapeAlone(node->op) || !MayFold(*node) || !facts_.Of(node->name).value.valid()) continue;
      known_.emplace(node->name, facts_.Of(node->name).value);
      // Where the tensor may never come to be, its shape must not either.
      if (inside.contains(node->name)) shape_waits_[node->name].push_back(Cat("^", ParseInput(node->inputs[0]).node));
    }
  }

  void FindConstant() {
    constant_.clear();
    for (const NodeDef* node : order_) {
      if (node->op == "Const") {
        if (!stays_.contains(node->name)) constant_.insert(node->name);
        continue;
      }
      if (stays_.contains(node->name) || (!known_.contains(node->name) && !MayFold(*node))) continue;
      bool all = true;
      for (const std::string& input : node->inputs) {
        const InputName name = ParseInput(input);
        if (!name.is_control) all &= constant_.contains(std::string(name.node));
      }
      if (all || known_.contains(node->name)) constant_.insert(node->name);
    }
  }

  bool IsFolded(const std::string& name) const { return constant_.contains(name) && index_.at(name)->op != "Const"; }

  // The folded edges that somebody who stays reads, or that are fetched.
  void FindRoots() {
    roots_.clear();
    Names seen;
    const auto want = [&](std::string_view input) {
      const InputName name = ParseInput(input);
      if (name.is_control || !IsFolded(std::string(name.node))) return;
      if (std::string edge = ToText(name); seen.insert(edge).second) roots_.push_back(std::move(edge));
    };
    for (const NodeDef& node : graph_.nodes) {
      if (IsFolded(node.name)) continue;
      for (const std::string& input : node.inputs) want(input);
    }
    for (const std::string& name : context_.outputs) want(name);
    // Where nobody says what is fetched, it is what nobody reads.
    if (!context_.outputs.empty()) return;
    NameViewSet read;
    for (const NodeDef& node : graph_.nodes) {
      for (const std::string& input : node.inputs) read.insert(ParseInput(input).node);
    }
    for (const NodeDef& node : graph_.nodes) {
      if (!read.contains(node.name)) want(node.name);
    }
  }

  // False when something stays that was to be folded.
  bool Compute() {
    std::vector<std::string> missing;
    for (const std::string& root : roots_) {
      if (!values_.contains(root)) missing.push_back(root);
    }
    bool all = true;
    const auto take = [&](const std::string& root, const Result<std::vector<Tensor>>& value, size_t i) {
      const bool fits = value.ok() && static_cast<int64_t>((*value)[i].bytes()) <= most_bytes_ &&
                        (*value)[i].dtype() == facts_.TypeOf(root);
      if (fits) {
        values_.emplace(root, (*value)[i]);
      } else {
        stays_.emplace(ParseInput(root).node);
        all = false;
      }
    };
    Result<std::vector<Tensor>> together = Evaluate(graph_, missing, known_);
    for (size_t i = 0; i < missing.size(); ++i) {
      if (together.ok()) {
        take(missing[i], together, i);
      } else {
        take(missing[i], Evaluate(graph_, {missing[i]}, known_), 0);
      }
    }
    return all;
  }

  // False when a root may not be folded, so that what it reads is wanted instead.
  bool AskForRoots() {
    bool all = true;
    for (const std::string& root : roots_) {
      const std::string node(ParseInput(root).node);
      if (allowed_.contains(node)) continue;
      const bool may = context_.MayRewrite(node);
      (may ? allowed_ : stays_).insert(node);
      all &= may;
    }
    return all;
  }

  // What each constant and all that it was made from waited for, outside of what is folded.
  void FindWaits() {
    for (const NodeDef* node : order_) {
      if (!constant_.contains(node->name)) continue;
      std::vector<std::string> waits = shape_waits_[node->name];
      for (const std::string& input : node->inputs) {
        const InputName read = ParseInput(input);
        if (const auto source = waits_.find(std::string(read.node)); source != waits_.end()) {
          AddWaits(source->second, &waits);
        } else if (read.is_control) {
          AddWaits({input}, &waits);
        }
      }
      waits_.emplace(node->name, std::move(waits));
    }
  }

  void PutConstants() {
    NameMap<std::string> renamed;
    NameMap<std::vector<NodeDef>> made;
    for (const std::string& root : roots_) {
      const InputName name = ParseInput(root);
      const std::string node(name.node);
      std::string constant = node;
      for (int port = name.port; port != 0 && index_.contains(constant);) constant = Cat(constant, "/output_", port);
      NodeDef value = MakeConst(constant, values_.at(root));
      value.device = index_.at(node)->device;
      value.inputs = waits_.at(node);
      made[node].push_back(std::move(value));
      renamed.emplace(root, constant);
    }
    std::vector<NodeDef> nodes;
    for (const NodeDef& old : graph_.nodes) {
      if (IsFolded(old.name)) {
        const auto it = made.find(old.name);
        if (it != made.end()) nodes.insert(nodes.end(), it->second.begin(), it->second.end());
        continue;
      }
      nodes.push_back(old);
      std::vector<std::string> inputs;
      for (const std::string& input : old.inputs) {
        const InputName name = ParseInput(input);
        const std::string source(name.node);
        if (!IsFolded(source)) {
          inputs.push_back(input);
        } else if (name.is_control) {
          AddWaits(waits_.at(source), &inputs);
        } else {
          inputs.push_back(renamed.at(ToText(name)));
        }
      }
      nodes.back().inputs = std::move(inputs);
    }
    graph_.nodes = std::move(nodes);
  }

  GraphDef& graph_;
  const TransformContext& context_;
  const Facts facts_;
  int64_t most_bytes_ = 0;
  Names excluded_ops_, stays_;
  NodeIndex index_;
  std::vector<const NodeDef*> order_;
  NameMap<Tensor> known_;                          // by what the engine infers
  NameMap<std::vector<std::string>> shape_waits_;  // of those
  NameMap<std::vector<std::string>> waits_;
  Names constant_;
  std::vector<std::string> roots_;
  NameMap<Tensor> values_;
  Names allowed_;
};

Status Apply(GraphDef& graph, const TransformContext& context) {
  RIVULET_ASSIGN_OR_RETURN(const bool clear, context.arguments.Bool("clear_output_shapes", true));
  RIVULET_RETURN_IF_ERROR(CheckReferences(graph));
  GraphDef changed = graph;
  if (!context.outputs.empty()) RIVULET_RETURN_IF_ERROR(KeepNeeded(changed, context));
  RIVULET_ASSIGN_OR_RETURN(Facts facts, Facts::Of(changed));
  RIVULET_RETURN_IF_ERROR(Folder(changed, context, std::move(facts)).Run());
  if (!context.outputs.empty()) RIVULET_RETURN_IF_ERROR(KeepNeeded(changed, context));
  if (clear) {
    for (NodeDef& node : changed.nodes) node.attrs.erase("_output_shapes");
  }
  graph = std::move(changed);
  return Status();
}

}  // namespace

const Transform kFoldConstants = {"fold_constants",
                                  "clear_output_shapes exclude_node exclude_op max_constant_size_in_bytes", Apply};

}  // namespace rivulet::prepare
