#include "prepare/verify.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/base/equality.h"
#include "engine/base/errors.h"
#include "engine/graph/shape_math.h"
#include "engine/ops/op.h"
#include "prepare/engine_graph.h"
#include "prepare/facts.h"
#include "prepare/graph_edit.h"
#include "prepare/model_graph.h"
#include "prepare/names.h"
#include "prepare/needed.h"
#include "prepare/training_leftovers.h"

namespace rivulet::prepare {
namespace {

// Extents tried for what a file leaves open, but for the batch, which is 1.
constexpr int64_t kOpenExtents[] = {16, 64, 1};

// What whole networks differ by when sums are made in another order.
constexpr TensorTolerance kRounding = {1e-3f, 1e-3f};

// One graph ready to run.
class Runner {
 public:
  // Tables that the outputs do not wait for are filled before the first run, as a session's owner does; nodes of
  // `waited_for` are not.
  static Result<Runner> Of(const GraphDef& graph, const NameSet& waited_for, double deadline_ms) {
    RIVULET_ASSIGN_OR_RETURN(auto model, ModelOf(graph, "graph"));
    Runner runner;
    RIVULET_ASSIGN_OR_RETURN(runner.session_, Session::Create(model, {.passes = false}));
    runner.deadline_ms_ = deadline_ms;
    for (const NodeDef& node : graph.nodes) {
      runner.names_.insert(node.name);
      const bool fills = node.op.starts_with("InitializeTable");
      if (fills && !waited_for.contains(node.name)) runner.tables_.push_back(node.name);
    }
    return runner;
  }

  Result<std::vector<Tensor>> Run(const Feeds& feeds, const std::vector<std::string>& fetches) {
    Feeds own;
    for (const auto& feed : feeds) {
      if (names_.contains(std::string(ParseInput(feed.first).node))) own.push_back(feed);
    }
    const RunOptions options{.deadline_ms = deadline_ms_};
    if (!tables_.empty()) {
      const Result<std::vector<Tensor>> filled = session_->Run(own, {}, tables_, options);
      if (!filled.ok()) return filled.status();
      tables_.clear();
    }
    return session_->Run(own, fetches, {}, options);
  }

 private:
  std::unique_ptr<Session> session_;
  NameSet names_;
  std::vector<std::string> tables_;
  double deadline_ms_ = 0;
};

// Three digits.
std::string Short(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.3g", value);
  return text;
}

std::string Plain(std::string_view name) { return ToText(ParseInput(name)); }

class Verifier {
 public:
  Verifier(const TransformCall& call, const GraphDef& before, const GraphDef& after, const VerifyOptions& options)
      : promise_(call.promise()), before_(before), after_(after), options_(options) {}

  Status Run() {
    RIVULET_ASSIGN_OR_RETURN(index_before_, IndexNodes(before_));
    RIVULET_ASSIGN_OR_RETURN(index_after_, IndexNodes(after_));
    const Result<Facts> facts_before = Facts::Of(before_);
    if (!facts_before.ok()) return Skip(facts_before.status().message());
    RIVULET_ASSIGN_OR_RETURN(const Facts facts_after, Facts::Of(after_));
    for (const auto& [name, status] : facts_after.failures()) {
      const bool is_old = facts_before->failures().contains(name);
      if (!is_old && promise_ != Promise::kCallers) return status;
    }
    RIVULET_RETURN_IF_ERROR(FindOutputs());
    RIVULET_RETURN_IF_ERROR(CheckFacts(*facts_before, facts_after));
    if (promise_ == Promise::kCallers) return Status();
    if (outputs_.empty()) return Skip("no output has a name in both graphs; give it with --output");
    return RunBoth(*facts_before, facts_after);
  }

 private:
  Status Skip(std::string_view why) const {
    if (options_.report != nullptr) options_.report(Cat("Not compared: ", why));
    return Status();
  }

  Status FindOutputs() {
    for (const std::string& output : options_.outputs) {
      const std::string_view name = ParseInput(output).node;
      if (!index_before_.contains(name)) continue;
      if (!index_after_.contains(name)) return InvalidArgument("output '", output, "' is gone");
      // What only orders others gives nothing to compare.
      if (index_before_.at(name)->op != "NoOp") outputs_.push_back(Plain(output));
    }
    if (!options_.outputs.empty()) return Status();
    NameViewSet read;
    for (const NodeDef& node : before_.nodes) {
      for (const std::string& input : node.inputs) read.insert(ParseInput(input).node);
    }
    for (const NodeDef& node : before_.nodes) {
      const OpDef* op = FindOp(node.op);
      const bool gives = (op == nullptr || *op->outputs != '\0') && node.op != "Const" && !IsPlaceholder(node);
      if (gives && !read.contains(node.name) && index_after_.contains(node.name)) outputs_.push_back(node.name);
    }
    return Status();
  }

  Status CheckFacts(const Facts& before, const Facts& after) const {
    if (promise_ == Promise::kCallers) return Status();
    for (const std::string& output : outputs_) {
      const Fact &old = before.Of(output), &now = after.Of(output);
      if (old.dtype != DType::kInvalid && now.dtype != DType::kInvalid && old.dtype != now.dtype) {
        return InvalidArgument("output '", output, "' was ", Name(old.dtype), " and is ", Name(now.dtype));
      }
      if (!MergeShapes(old.shape, now.shape).ok()) {
        return InvalidArgument("output '", output, "' had shape ", old.shape.ToString(), " and has ",
                               now.shape.ToString());
      }
    }
    return Status();
  }

  // What fills tables in every run of the old graph must do so in the new one, and is run no other way.
  NameSet WaitedFor() const {
    NameSet names;
    const auto needed = NeededNames(before_, {.outputs = outputs_}, false);
    if (!needed.ok()) return names;
    for (const NodeDef& node : before_.nodes) {
      if (node.op.starts_with("InitializeTable") && needed->contains(node.name)) names.insert(node.name);
    }
    return names;
  }

  // The edges to feed, as far as the outputs need them: the inputs, and the placeholders.
  std::vector<std::string> FedEdges() const {
    TransformContext context{.inputs = {}, .outputs = outputs_};
    std::vector<std::string> edges;
    NameViewSet inputs;
    const auto reached = NeededNames(before_, context, false);
    if (!reached.ok()) return edges;
    for (const std::string& input : options_.inputs) {
      if (!index_before_.contains(ParseInput(input).node) || !reached->contains(ParseInput(input).node)) continue;
      context.inputs.push_back(input);
      inputs.insert(ParseInput(input).node);
    }
    const auto needed = NeededNames(before_, context, true);
    if (!needed.ok()) return edges;
    for (const std::string& input : context.inputs) edges.push_back(Plain(input));
    for (const NodeDef& node : before_.nodes) {
      const bool is_open = node.op == "Placeholder" || node.op == "PlaceholderV2";
      if (is_open && needed->contains(node.name) && !inputs.contains(node.name)) edges.push_back(node.name);
    }
    return edges;
  }

  // `open` stands for extents that neither graph tells.
  Result<Feeds> MakeFeeds(const Facts& before, const Facts& after, int64_t open) const {
    Feeds feeds;
    for (const std::string& edge : FedEdges()) {
      const auto is_it = [&](const auto& feed) { return Plain(feed.first) == edge; };
      const auto given = std::find_if(options_.given.begin(), options_.given.end(), is_it);
      const Fact &old = before.Of(edge), &now = after.Of(edge);
      if (given != options_.given.end() && given->second.dtype() == old.dtype) {
        feeds.push_back({edge, given->second});
        continue;
      }
      Result<Shape> shape = MergeShapes(old.shape, now.shape);
      if (!shape.ok()) shape = old.shape;
      if (std::optional<Tensor> in_use = ValueInUse(edge, old.dtype, *shape)) {
        feeds.push_back({edge, *std::move(in_use)});
        continue;
      }
      if (!shape->has_rank()) {
        return InvalidArgument("the shape of input '", edge, "' is not in the file; give it with --check-input ", edge,
                               "=x.npy");
      }
      for (int i = 0; i < shape->rank(); ++i) {
        if ((*shape)[i] < 0) shape->set_dim(i, i == 0 ? 1 : open);
      }
      Result<Tensor> value = options_.make_up(old.dtype, *shape);
      if (!value.ok()) return Status(value.status()).Framed(Cat("input '", edge, "'"));
      feeds.push_back({edge, std::move(*value)});
    }
    return feeds;
  }

  Status RunBoth(const Facts& facts_before, const Facts& facts_after) {
    const NameSet waited_for = WaitedFor();
    for (const std::string& edge : FedEdges()) {
      const DType old = facts_before.TypeOf(edge), now = facts_after.TypeOf(edge);
      if (now != DType::kInvalid && old != now) {
        const std::string_view was = old == DType::kInvalid ? "of an unknown type" : Name(old);
        return Skip(Cat("input '", edge, "' was ", was, " and is ", Name(now)));
      }
    }
    Result<Runner> before = Runner::Of(before_, waited_for, options_.deadline_ms);
    if (!before.ok()) return Skip(before.status().message());
    Result<std::vector<Tensor>> want = Internal("not run");
    Feeds feeds;
    for (const int64_t open : kOpenExtents) {
      Result<Feeds> made = MakeFeeds(facts_before, facts_after, open);
      if (!made.ok()) return Skip(made.status().message());
      feeds = std::move(*made);
      want = before->Run(feeds, outputs_);
      if (want.ok()) break;
    }
    if (!want.ok()) return Skip(want.status().message());
    RIVULET_ASSIGN_OR_RETURN(Runner after, Runner::Of(after_, waited_for, options_.deadline_ms));
    Result<std::vector<Tensor>> got = after.Run(feeds, outputs_);
    if (!got.ok()) return Status(got.status()).Framed("the graph no longer runs");
    for (size_t i = 0; i < outputs_.size(); ++i) {
      const Status same = Compare(outputs_[i], (*got)[i], (*want)[i]);
      if (same.ok()) continue;
      if (Varies(*before, feeds, outputs_[i], (*want)[i])) {
        return Skip(Cat("output '", outputs_[i], "' differs from run to run"));
      }
      return InvalidArgument("output '", outputs_[i], "' is not the same: ", same.message(),
                             FirstDifference(*before, after, feeds));
    }
    return Status();
  }

  // A model that is not the same twice proves nothing. A coin may fall alike some times, so where there are random
  // operators, or others with a state, it is thrown often.
  bool Varies(Runner& before, const Feeds& feeds, const std::string& output, const Tensor& want) const {
    bool has_state = false;
    const auto look = [&](std::string_view, const NodeDef& node) {
      const OpDef* op = FindOp(node.op);
      has_state |= op == nullptr || (op->flags & kStateful) != 0;
    };
    for (const NodeDef& node : before_.nodes) look("", node);
    has_state |= !VisitFunctionNodes(before_, look).ok();
    for (int i = 0; i < (has_state ? 16 : 1); ++i) {
      const Result<std::vector<Tensor>> again = before.Run(feeds, {output});
      if (!again.ok() || !CompareTensors((*again)[0], want, ExactTolerance()).ok()) return true;
    }
    return false;
  }

  // Ok where `got` is what was promised.
  Status Compare(const std::string& name, const Tensor& got, const Tensor& want) const {
    if (promise_ == Promise::kExact) return CompareTensors(got, want, ExactTolerance());
    TensorDifference difference;
    const Status same = CompareTensors(got, want, kRounding, &difference);
    if (same.ok() || got.dtype() != want.dtype() || !(got.shape() == want.shape())) return same;
    const bool is_real = got.dtype() == DType::kFloat || got.dtype() == DType::kDouble;
    if (promise_ == Promise::kRounding && is_real) return same;
    if (options_.report != nullptr) {
      const std::string largest =
          std::isinf(difference.max_excess)
              ? "results that are no longer finite"
              : Cat("largest difference ", Short(difference.max_absolute), " of ", Short(difference.max_wanted));
      options_.report(Cat("Output '", name, "': ", largest, ", ", difference.num_different, " of ", want.num_elements(),
                          " elements differ"));
    }
    return Status();
  }

  // "; first at node ..." in the order in which nodes are computed; nothing where none can be compared.
  std::string FirstDifference(Runner& before, Runner& after, const Feeds& feeds) const {
    const Result<std::vector<const NodeDef*>> order = ExecutionOrder(before_);
    if (!order.ok()) return "";
    std::vector<std::string> names;
    for (const NodeDef* node : *order) {
      const bool is_value = node->op != "Const" && node->op != "NoOp" && !IsControlFlow(node->op);
      if (is_value && index_after_.contains(node->name)) names.push_back(node->name);
    }
    // All at once, or one by one where some cannot be fetched: from within loops, or objects.
    const auto run = [&](const std::vector<std::string>& fetches) {
      return std::pair(before.Run(feeds, fetches), after.Run(feeds, fetches));
    };
    const auto together = run(names);
    const bool at_once = together.first.ok() && together.second.ok();
    for (size_t i = 0; i < names.size(); ++i) {
      const auto alone = at_once ? together : run({names[i]});
      if (!alone.first.ok() || !alone.second.ok()) continue;
      const Tensor &want = (*alone.first)[at_once ? i : 0], &got = (*alone.second)[at_once ? i : 0];
      const TensorTolerance tolerance = promise_ == Promise::kExact ? ExactTolerance() : kRounding;
      if (CompareTensors(got, want, tolerance).ok()) continue;
      return Cat("; the first node that differs is '", names[i], "' (", index_before_.at(names[i])->op, ")");
    }
    return "";
  }

  const Promise promise_;
  const GraphDef& before_;
  const GraphDef& after_;
  const VerifyOptions& options_;
  NodeIndex index_before_, index_after_;
  std::vector<std::string> outputs_;
};

}  // namespace

Status VerifyTransform(const TransformCall& call, const GraphDef& before, const GraphDef& after,
                       const VerifyOptions& options) {
  return Verifier(call, before, after, options).Run();
}

}  // namespace rivulet::prepare
