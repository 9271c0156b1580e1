// sparsify_gather: a column of weights that is mostly zero becomes a table of those that are not.
//
//   w = Const [n,1], g = Gather(w, i)   becomes
//   w/indices, w/values = Const, w/table = HashTable, w/init = InitializeTable(w/table, w/indices, w/values),
//   g/lookup = LookupTableFind(w/table, i, 0), g = ExpandDims(g/lookup, -1)
//
// The node of group_init_node waits for the tables' filling and must be run before the rest; it is made where it is
// missing. Weights nearer to 0 than 1e-5 are left out. GatherV2 along axis 0 counts too; the weights may lie behind an
// Identity, and be a variable whose value is in input_checkpoint. What reads an index that is out of range gets 0.
#include <cmath>

#include "engine/base/errors.h"
#include "engine/base/folder.h"
#include "engine/import/checkpoint.h"
#include "engine/ops/op.h"
#include "prepare/constants.h"
#include "prepare/graph_edit.h"
#include "prepare/names.h"
#include "prepare/needed.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

constexpr float kLeastMagnitude = 1e-5f;

class Sparsifier {
 public:
  Sparsifier(GraphEdit& edit, std::shared_ptr<const CheckpointReader> checkpoint, std::string group)
      : edit_(edit), checkpoint_(std::move(checkpoint)), group_(std::move(group)) {}

  Status Take(NodeDef& gather) {
    RIVULET_ASSIGN_OR_RETURN(const bool fits, IsAlongRows(gather));
    NodeDef* weights = fits ? Weights(gather) : nullptr;
    if (weights == nullptr) return Status();
    RIVULET_ASSIGN_OR_RETURN(const Tensor values, ValueOfWeights(*weights));
    if (values.dtype() != DType::kFloat || values.rank() != 2 || values.dim(1) != 1) return Status();
    const std::string table = TableOf(*weights, values);
    if (!table.empty()) Replace(gather, *weights, table);
    return Status();
  }

 private:
  Result<bool> IsAlongRows(const NodeDef& gather) {
    const size_t count = NumDataInputs(gather);
    if (gather.op == "Gather" && count == 2) return true;
    if (gather.op != "GatherV2" || count != 3) return false;
    const Attr* batch_dims = gather.Find("batch_dims");
    if (batch_dims != nullptr && batch_dims->AsInt().value_or(0) != 0) return false;
    const std::optional<ConstInput> axis = edit_.ReadConst(gather, 2);
    return axis && axis->value.num_elements() == 1 && ToInt64s(axis->value) == std::vector<int64_t>{0};
  }

  // The Const or variable that the gather reads; null where it is something else or is fed.
  NodeDef* Weights(const NodeDef& gather) {
    NodeDef* node = edit_.Producer(gather, 0);
    if (node != nullptr && node->op == "Identity" && !edit_.IsKept(*node)) node = edit_.Producer(*node, 0);
    if (node == nullptr || edit_.IsKept(*node) || !WaitsOf(*node).empty()) return nullptr;
    const bool is_variable = node->op == "VariableV2" || node->op == "Variable";
    return node->op == "Const" || (is_variable && checkpoint_ != nullptr) ? node : nullptr;
  }

  Result<Tensor> ValueOfWeights(const NodeDef& weights) {
    if (weights.op == "Const") return ValueOf(weights);
    RIVULET_ASSIGN_OR_RETURN(const Tensor value, checkpoint_->Read(weights.name, *Allocator::Create()));
    return Clone(value, *Allocator::Create());
  }

  // One table for all who gather from these weights; none where all are zero.
  std::string TableOf(const NodeDef& weights, const Tensor& values) {
    const auto [it, is_new] = tables_.emplace(weights.name, "");
    if (!is_new) return it->second;
    std::vector<int64_t> kept;
    std::vector<float> kept_values;
    for (int64_t i = 0; i < values.num_elements(); ++i) {
      const float value = values.data<float>()[i];
      if (std::abs(value) < kLeastMagnitude) continue;  // not-a-number stays
      kept.push_back(i);
      kept_values.push_back(value);
    }
    if (kept.empty()) return "";
    const Shape shape = {static_cast<int64_t>(kept.size())};
    const auto add = [&](NodeDef node) {
      node.device = weights.device;
      return edit_.Add(std::move(node), &weights).name;
    };
    const auto name = [&](const char* part) { return edit_.FreeName(weights.name + part); };
    const std::string keys = add(MakeConst(name("/indices"), Tensor::Of<int64_t>(shape, kept)));
    const std::string floats = add(MakeConst(name("/values"), Tensor::Of<float>(shape, kept_values)));
    NodeDef table{.name = name("/table"), .op = "HashTable"};
    table.attrs["key_dtype"] = Attr::OfType(DType::kInt64);
    table.attrs["value_dtype"] = Attr::OfType(DType::kFloat);
    it->second = add(std::move(table));
    NodeDef init{.name = name("/init"), .op = "InitializeTable", .inputs = {it->second, keys, floats}};
    init.attrs["Tkey"] = Attr::OfType(DType::kInt64);
    init.attrs["Tval"] = Attr::OfType(DType::kFloat);
    FillBefore(add(std::move(init)));
    return it->second;
  }

  void FillBefore(const std::string& init) {
    NodeDef* group = edit_.Find(group_);
    if (group == nullptr) group = &edit_.Add({.name = group_, .op = "NoOp"});
    std::vector<std::string> inputs = group->inputs;
    AddWaits({"^" + init}, &inputs);
    edit_.SetInputs(*group, std::move(inputs));
  }

  void Replace(NodeDef& gather, const NodeDef& weights, const std::string& table) {
    const auto add = [&](NodeDef node) {
      node.device = gather.device;
      return edit_.Add(std::move(node), &gather).name;
    };
    const auto name = [&](const char* part) { return edit_.FreeName(gather.name + part); };
    std::string indices = gather.inputs[1];
    if (const DType type = TypeAttr(gather, "Tindices"); type != DType::kInt64) {
      NodeDef cast{.name = name("/indices"), .op = "Cast", .inputs = {indices}};
      cast.attrs["SrcT"] = Attr::OfType(type);
      cast.attrs["DstT"] = Attr::OfType(DType::kInt64);
      indices = add(std::move(cast));
    }
    const std::string zero = add(MakeConst(name("/default"), Tensor::Scalar(0.0f)));
    NodeDef lookup{.name = name("/lookup"), .op = "LookupTableFind", .inputs = {table, indices, zero}};
    lookup.attrs["Tin"] = Attr::OfType(DType::kInt64);
    lookup.attrs["Tout"] = Attr::OfType(DType::kFloat);
    const std::string found = add(std::move(lookup));
    const std::string last = add(MakeConst(name("/dim"), Tensor::Scalar(int32_t{-1})));
    NodeDef column{.op = "ExpandDims", .device = gather.device, .inputs = {found, last}};
    AddWaits(WaitsOf(gather), &column.inputs);
    column.attrs["T"] = Attr::OfType(DType::kFloat);
    column.attrs["Tdim"] = Attr::OfType(DType::kInt32);
    const std::string old = weights.name;
    edit_.Replace(gather, std::move(column));
    // A variable has effects in general; one that nobody names any more has none.
    if (NodeDef* left = edit_.Find(old); left != nullptr && edit_.Uses(*left) == 0) edit_.Remove(*left);
  }

  GraphEdit& edit_;
  const std::shared_ptr<const CheckpointReader> checkpoint_;
  const std::string group_;
  NameMap<std::string> tables_;
};

Result<std::shared_ptr<const CheckpointReader>> OpenCheckpoint(const std::string& prefix) {
  const size_t slash = prefix.rfind('/');
  const std::string path = slash == std::string::npos ? "." : slash == 0 ? "/" : prefix.substr(0, slash);
  RIVULET_ASSIGN_OR_RETURN(const auto folder, Folder::OpenFolder(path, {}));
  return CheckpointReader::Open(folder, prefix.substr(slash == std::string::npos ? 0 : slash + 1), {});
}

Status Apply(GraphDef& graph, const TransformContext& context) {
  RIVULET_ASSIGN_OR_RETURN(const std::string prefix, context.arguments.One("input_checkpoint", ""));
  RIVULET_ASSIGN_OR_RETURN(const std::string group, context.arguments.One("group_init_node", "group_deps"));
  std::shared_ptr<const CheckpointReader> checkpoint;
  if (!prefix.empty()) {
    RIVULET_ASSIGN_OR_RETURN(checkpoint, OpenCheckpoint(prefix));
  }
  RIVULET_ASSIGN_OR_RETURN(const std::vector<const NodeDef*> order, ExecutionOrder(graph));
  // A lookup in a loop would need its table handed in.
  const NameSet inside = BehindControlFlow(order);
  RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph, context));
  if (const NodeDef* node = edit.Find(group); node != nullptr && node->op != "NoOp") {
    return InvalidArgument("argument 'group_init_node': want a NoOp, '", group, "' is a ", node->op);
  }
  std::vector<std::string> names;
  for (const NodeDef* node : edit.Nodes()) {
    if (!inside.contains(node->name)) names.push_back(node->name);
  }
  Sparsifier sparsifier(edit, std::move(checkpoint), group);
  for (const std::string& name : names) {
    NodeDef* node = edit.Find(name);
    if (node == nullptr || !context.MayRewrite(name)) continue;
    RIVULET_RETURN_IF_ERROR(sparsifier.Take(*node).Framed(Cat("node '", name, "'")));
  }
  std::move(edit).WriteTo(graph);
  return Status();
}

}  // namespace

const Transform kSparsifyGather = {"sparsify_gather", "group_init_node input_checkpoint", Apply, Promise::kLossy};

}  // namespace rivulet::prepare
