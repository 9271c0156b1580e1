#include "prepare/freeze_model.h"

#include <algorithm>
#include <optional>

#include "engine/base/errors.h"
#include "engine/graph/model_setup.h"
#include "prepare/facts.h"
#include "prepare/file_contents.h"
#include "prepare/freeze.h"
#include "prepare/function_calls.h"
#include "prepare/graph_edit.h"
#include "prepare/idle_waits.h"
#include "prepare/inline_functions.h"
#include "prepare/model_graph.h"
#include "prepare/names.h"
#include "prepare/seed_counters.h"
#include "prepare/strip_unused.h"
#include "prepare/table_contents.h"
#include "prepare/variable_values.h"
#include "rivulet/session.h"

namespace rivulet::prepare {
namespace {

class ModelFreezer {
 public:
  ModelFreezer(const std::shared_ptr<const Model>& model, const std::string& path, const FreezeModelOptions& options)
      : model_(model), path_(path), options_(options) {}

  Result<FrozenModel> Run() {
    RIVULET_ASSIGN_OR_RETURN(ModelGraph read, ReadModelGraph(path_, options_.tags));
    GraphDef whole = read.graph;  // its nodes for restoring tell where values lie
    result_.graph = std::move(read.graph);
    RIVULET_RETURN_IF_ERROR(FindSignature());
    RIVULET_RETURN_IF_ERROR(ChooseOutputs());
    const Status status = Freeze(whole);
    if (!status.ok()) return Status(status).Framed(Cat("'", path_, "'"));
    return std::move(result_);
  }

 private:
  Status FindSignature() {
    const Result<const ModelSignature*> found = model_->FindSignature(options_.signature);
    if (found.ok()) signature_ = *found;
    return found.ok() || options_.signature.empty() ? Status() : found.status();
  }

  Status ChooseOutputs() {
    for (const std::string& name : options_.outputs) {
      const SignatureTensor* tensor = signature_ == nullptr ? nullptr : signature_->FindOutput(name);
      result_.outputs.push_back({name, tensor == nullptr ? name : tensor->name});
    }
    if (!result_.outputs.empty()) return Status();
    if (signature_ != nullptr) {
      for (const SignatureTensor& tensor : signature_->outputs) result_.outputs.push_back({tensor.key, tensor.name});
    } else if (!model_->Signatures().empty()) {
      return model_->FindSignature("").status();  // of several none can be guessed
    } else {
      // A variable that nobody reads, and what changes one, are no outputs of a model.
      NameViewSet values;
      for (const NodeDef& node : result_.graph.nodes) {
        if (!IsVariable(node) && node.op.find("Assign") == std::string::npos) values.insert(node.name);
      }
      for (const std::string& name : model_->LikelyOutputs()) {
        if (values.contains(name)) result_.outputs.push_back({name, name});
      }
    }
    if (result_.outputs.empty()) return InvalidArgument("'", path_, "': the model names no output; give --output");
    return Status();
  }

  Status Freeze(const GraphDef& whole) {
    GraphDef& graph = result_.graph;
    RIVULET_RETURN_IF_ERROR(CheckReferences(graph));
    for (const NodeDef& node : graph.nodes) {
      // A graph alone has no regions.
      if (node.op == "ImmutableConst") {
        return Unimplemented(
            "the weights of a memmapped package lie beside its graph; give the graph that it was made of");
      }
    }
    const std::vector<std::string> given = GivenInputs();
    RIVULET_RETURN_IF_ERROR(KeepNeeded(Kept(given), graph));
    RIVULET_ASSIGN_OR_RETURN(const InlinedCalls calls, InlineFunctions(graph));
    result_.calls = calls.size();
    RIVULET_RETURN_IF_ERROR(NameOutputs(calls));
    RIVULET_ASSIGN_OR_RETURN(result_.notes, StopSeedCounters(OutputNames(), graph));
    RIVULET_RETURN_IF_ERROR(FreezeValues(whole, Kept(given)));
    RIVULET_RETURN_IF_ERROR(DropIdleWaits(graph));
    const NameMap<std::string> renamed = NameInputs();
    RIVULET_RETURN_IF_ERROR(CutAtInputs());
    std::vector<std::string> inputs = given;
    for (std::string& input : inputs) {
      if (const auto to = renamed.find(input); to != renamed.end()) input = to->second;
    }
    RIVULET_RETURN_IF_ERROR(KeepNeeded(Kept(inputs), graph));
    NoteLostInputs(inputs);
    RIVULET_RETURN_IF_ERROR(DropUncalledFunctions(graph));
    RIVULET_ASSIGN_OR_RETURN(FilledTables tables, FillTables(*model_, graph));
    result_.tables = tables.filled.size();
    RIVULET_ASSIGN_OR_RETURN(HeldFiles held, HoldFiles(*model_, graph));
    result_.files = held.files;
    for (std::string& note : held.notes) result_.notes.push_back(std::move(note));
    result_.empty_tables = std::move(tables.empty);
    RIVULET_RETURN_IF_ERROR(CheckReferences(graph));
    NoteTables();
    return Describe();
  }

  std::vector<std::string> OutputNames() const {
    std::vector<std::string> names;
    for (const FrozenTensor& output : result_.outputs) names.push_back(output.name);
    return names;
  }

  // The nodes that are fed: the signature's, without one all placeholders.
  std::vector<std::string> GivenInputs() const {
    NameViewSet fed;
    if (signature_ != nullptr) {
      for (const SignatureTensor& input : signature_->inputs) fed.insert(ParseInput(input.name).node);
    }
    std::vector<std::string> names;
    for (const NodeDef& node : result_.graph.nodes) {
      if (IsInput(node) && (signature_ == nullptr || fed.contains(node.name))) names.push_back(node.name);
    }
    return names;
  }

  // The outputs, and those of the inputs that stay also where no output reads them, since apps feed them: all, unless
  // the outputs are chosen.
  std::vector<std::string> Kept(const std::vector<std::string>& inputs) const {
    std::vector<std::string> names = OutputNames();
    if (options_.outputs.empty()) names.insert(names.end(), inputs.begin(), inputs.end());
    return names;
  }

  void NoteLostInputs(const std::vector<std::string>& inputs) {
    const NameSet names = NodeNames();
    for (const std::string& input : inputs) {
      if (names.contains(input)) continue;
      result_.notes.push_back(Cat("input '", input, "' is left out: the chosen outputs do not need it"));
    }
  }

  NameSet NodeNames() const {
    NameSet names;
    for (const NodeDef& node : result_.graph.nodes) names.insert(node.name);
    return names;
  }

  // A name for a new node like `wish`, which need not be one that nodes can have.
  static std::string FreeName(std::string wish, const NameSet& names) {
    for (char& c : wish) {
      const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                        c == '.' || c == '/' || c == '-';
      if (!fits) c = '_';
    }
    if (wish.empty() || wish[0] == '_' || wish[0] == '/' || wish[0] == '-') wish = "output" + wish;
    return rivulet::FreeName(wish, names.size(), [&](const std::string& name) { return names.contains(name); });
  }

  // What a call gave has lost its name.
  Status NameOutputs(const InlinedCalls& calls) {
    std::optional<Facts> facts;
    NameSet names = NodeNames();
    for (FrozenTensor& output : result_.outputs) {
      const std::string now = AfterInlining(calls, output.name);
      if (now == output.name) continue;
      if (!facts) {
        RIVULET_ASSIGN_OR_RETURN(facts, Facts::Of(result_.graph));
      }
      DType type = facts->TypeOf(now);
      if (type == DType::kInvalid) type = TypeInSignature(output);
      if (type == DType::kInvalid) return InvalidArgument("output '", output.key, "': its type is not known");
      NodeDef identity{
          .name = FreeName(std::string(ParseInput(output.key).node), names), .op = "Identity", .inputs = {now}};
      names.insert(identity.name);
      identity.attrs["T"] = Attr::OfType(type);
      output.name = identity.name;
      result_.graph.nodes.push_back(std::move(identity));
    }
    return Status();
  }

  DType TypeInSignature(const FrozenTensor& output) const {
    const SignatureTensor* tensor = signature_ == nullptr ? nullptr : signature_->FindOutput(output.key);
    return tensor == nullptr ? DType::kInvalid : tensor->dtype;
  }

  Status FreezeValues(const GraphDef& whole, const std::vector<std::string>& kept) {
    const std::string& prefix = model_->setup().checkpoint_prefix;
    std::optional<VariableValues> values;
    if (!prefix.empty()) {
      RIVULET_ASSIGN_OR_RETURN(values, VariableValues::Open(prefix, whole));
    }
    NameSet written = WrittenAtStart(whole);
    const auto value_of = [&](const NodeDef& variable) -> Result<Tensor> {
      if (written.contains(variable.name)) return ValueAtStart(whole, variable.name);
      if (values) return values->Of(variable);
      return FailedPrecondition("variable '", variable.name, "' has no value: name a checkpoint with --checkpoint");
    };
    RIVULET_ASSIGN_OR_RETURN(result_.variables, FreezeVariables({.outputs = kept}, value_of, result_.graph));
    return Status();
  }

  // The variables that the model's initialisers write to, directly.
  NameSet WrittenAtStart(const GraphDef& whole) const {
    NameSet written;
    GraphDef needed = whole;
    if (model_->setup().init_ops.empty() || !KeepNeeded(model_->setup().init_ops, needed).ok()) return written;
    for (const NodeDef& node : needed.nodes) {
      if (node.op.find("Assign") != std::string::npos && !node.inputs.empty()) {
        written.insert(std::string(ParseInput(node.inputs[0]).node));
      }
    }
    return written;
  }

  // As a session reads it before its first run.
  Result<Tensor> ValueAtStart(const GraphDef& whole, const std::string& variable) const {
    std::string reader;
    for (const NodeDef& node : whole.nodes) {
      const bool reads = node.op == "ReadVariableOp" || node.op == "Identity";
      if (node.name == variable && node.op != "VarHandleOp") reader = variable;
      if (reads && node.inputs.size() == 1 && ParseInput(node.inputs[0]).node == variable) reader = node.name;
    }
    if (reader.empty())
      return Unimplemented("variable '", variable, "' is set at the start, and nothing reads it alone");
    RIVULET_ASSIGN_OR_RETURN(const auto session, Session::Create(model_));
    RIVULET_ASSIGN_OR_RETURN(const std::vector<Tensor> values, session->Run({}, {reader}));
    return values[0];
  }

  // The new names.
  NameMap<std::string> NameInputs() {
    if (signature_ == nullptr) return {};
    NameSet names = NodeNames();
    NameMap<std::string> renamed;
    for (const SignatureTensor& input : signature_->inputs) {
      std::string name(ParseInput(input.name).node);
      if (ParseInput(input.name).port != 0) name = input.name;
      if (name == Cat(signature_->key, "_", input.key) && FreeName(input.key, names) == input.key) {
        renamed.emplace(name, input.key);
        names.erase(name);
        names.insert(input.key);
        name = input.key;
      }
      result_.inputs.push_back({input.key, name, input.dtype, input.shape});
    }
    Rename(renamed);
    return renamed;
  }

  // A signature may be fed behind what parses examples: that goes.
  Status CutAtInputs() {
    StripOptions cut{.outputs = OutputNames()};
    NameViewMap<NodeDef*> nodes;
    for (NodeDef& node : result_.graph.nodes) nodes.emplace(node.name, &node);
    for (const FrozenTensor& input : result_.inputs) {
      const auto found = nodes.find(input.name);
      if (found == nodes.end() || IsPlaceholder(*found->second) || input.dtype == DType::kInvalid) continue;
      NodeDef& node = *found->second;
      cut.inputs.push_back(input.name);
      cut.types.push_back(input.dtype);
      node.attrs.erase("_output_shapes");
      node.attrs["shape"] = Attr::OfShape(input.shape);
    }
    return cut.inputs.empty() ? Status() : StripUnused(cut, result_.graph);
  }

  void Rename(const NameMap<std::string>& renamed) {
    for (NodeDef& node : result_.graph.nodes) {
      if (const auto own = renamed.find(node.name); own != renamed.end()) node.name = own->second;
      for (std::string& text : node.inputs) {
        const InputName input = ParseInput(text);
        const auto to = renamed.find(std::string(input.node));
        if (to != renamed.end()) {
          text = ToText({.node = to->second, .port = input.port, .is_control = input.is_control});
        }
      }
    }
    for (FrozenTensor& output : result_.outputs) {
      const auto to = renamed.find(std::string(ParseInput(output.name).node));
      if (to != renamed.end()) output.name = to->second;
    }
  }

  void NoteTables() {
    const NameViewSet empty(result_.empty_tables.begin(), result_.empty_tables.end());
    for (const NodeDef& node : result_.graph.nodes) {
      if (!empty.contains(node.name)) continue;
      result_.notes.push_back(
          Cat("node '", node.name, "' (", node.op, ") is a table that the graph does not fill: ",
              node.op.starts_with("HashTable") ? "a run that asks it fails" : "its answers are the default"));
    }
  }

  // Inputs that chosen outputs do not need are gone, and so no inputs.
  Status Describe() {
    RIVULET_ASSIGN_OR_RETURN(const Facts facts, Facts::Of(result_.graph));
    NameViewSet names;
    for (const NodeDef& node : result_.graph.nodes) names.insert(node.name);
    std::erase_if(result_.inputs,
                  [&](const FrozenTensor& input) { return !names.contains(ParseInput(input.name).node); });
    NameSet known;
    for (const FrozenTensor& input : result_.inputs) known.insert(input.name);
    for (const NodeDef& node : result_.graph.nodes) {
      if (!node.op.starts_with("Placeholder") || !known.insert(node.name).second) continue;
      result_.inputs.push_back({node.name, node.name});
    }
    for (std::vector<FrozenTensor>* tensors : {&result_.inputs, &result_.outputs}) {
      for (FrozenTensor& tensor : *tensors) {
        tensor.dtype = facts.TypeOf(tensor.name) == DType::kInvalid ? tensor.dtype : facts.TypeOf(tensor.name);
        if (facts.ShapeOf(tensor.name).has_rank()) tensor.shape = facts.ShapeOf(tensor.name);
      }
    }
    return Status();
  }

  const std::shared_ptr<const Model>& model_;
  const std::string& path_;
  const FreezeModelOptions& options_;
  const ModelSignature* signature_ = nullptr;
  FrozenModel result_;
};

}  // namespace

Result<FrozenModel> FreezeModel(const std::shared_ptr<const Model>& model, const std::string& path,
                                const FreezeModelOptions& options) {
  return ModelFreezer(model, path, options).Run();
}

}  // namespace rivulet::prepare
