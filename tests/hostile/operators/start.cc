#include "tests/hostile/operators/start.h"

#include <algorithm>
#include <cstring>

#include "engine/ops/signature.h"
#include "tests/hostile/wire_builder.h"

namespace rivulet::hostile {
namespace {

constexpr double kDeadlineMs = 2000;
constexpr size_t kBudget = size_t{64} << 20;

// What the node's inputs are when the graph is run as recorded.
std::map<size_t, Tensor> ValuesOf(const golden::GoldenCase& record, const EditNode& node) {
  std::map<size_t, Tensor> values;
  LoadOptions load;
  load.allocator = Allocator::Create(kBudget);
  const auto model = Model::LoadBytes(record.graph, nullptr, "start.pb", load);
  if (!model.ok()) return values;
  const auto session = Session::Create(*model);
  if (!session.ok()) return values;
  RunOptions run;
  run.deadline_ms = kDeadlineMs;
  for (size_t i = 0; i < node.inputs.size() && !node.IsControl(i); ++i) {
    const auto is_it = [&](const auto& feed) {
      return feed.first == node.inputs[i] || feed.first == node.inputs[i] + ":0";
    };
    const auto fed = std::find_if(record.feeds.begin(), record.feeds.end(), is_it);
    if (fed != record.feeds.end()) {
      values.emplace(i, fed->second);
      continue;
    }
    const auto got = (*session)->Run(record.feeds, {node.inputs[i]}, record.targets, run);
    if (!got.ok()) continue;
    const DType dtype = (*got)[0].dtype();
    if (dtype != DType::kResource && dtype != DType::kVariant) values.emplace(i, (*got)[0]);
  }
  return values;
}

DType TypeOf(const OpDef& def, const std::string& attr) {
  const AttrSpec* spec = SignatureOf(def).FindAttr(attr);
  return spec == nullptr || spec->types.empty() ? DType::kFloat : spec->types[0];
}

// An AttrValue that the specification allows, or nothing where it has a default or comes from the inputs.
std::string ValueFor(const AttrSpec& spec) {
  const int64_t number = spec.has_minimum ? std::max<int64_t>(spec.minimum, 1) : 1;
  switch (spec.kind == AttrKind::kList ? spec.element : spec.kind) {
    case AttrKind::kInt: return spec.kind == AttrKind::kList ? IntsValue(std::vector<int64_t>(4, 1)) : IntValue(number);
    case AttrKind::kFloat: return FloatValue(1);
    case AttrKind::kBool: return BoolValue(true);
    case AttrKind::kString: return TextValue(spec.strings.empty() ? "text" : spec.strings[0]);
    case AttrKind::kShape: return ShapeValue(std::vector<int64_t>{2});
    case AttrKind::kFunc: return FuncValue("none");
    case AttrKind::kTensor: return *ConstOf("", Tensor::Scalar<float>(1)).FindAttr("value");
    case AttrKind::kType: {
      const auto dtype = static_cast<int64_t>(spec.types.empty() ? DType::kFloat : spec.types[0]);
      if (spec.kind != AttrKind::kList) return TypeValue(dtype);
      return ListValue(Wire().Int(6, static_cast<uint64_t>(dtype)).str(), static_cast<size_t>(number));
    }
    default: return "";
  }
}

Tensor Some(DType dtype) {
  auto tensor = Tensor::Allocate(dtype, {2}, *Allocator::Create(kBudget));
  if (!tensor.ok()) return Tensor::Scalar<float>(1);
  if (ElementBytes(dtype) > 0) std::memset(tensor->raw(), 0, tensor->bytes());
  return std::move(*tensor);
}

}  // namespace

std::vector<Start> StartsOf(const golden::GoldenCase& record) {
  std::vector<Start> starts;
  auto graph = TakeApart(record.graph);
  if (!graph.ok()) return starts;
  std::string left = record.ops + ",";
  for (size_t end = left.find(','); end != std::string::npos; left.erase(0, end + 1), end = left.find(',')) {
    const OpDef* def = FindOp(left.substr(0, end));
    if (def == nullptr) continue;
    const auto is_it = [&](const EditNode& node) { return node.op == def->name; };
    const auto node = std::find_if(graph->nodes.begin(), graph->nodes.end(), is_it);
    if (node == graph->nodes.end()) continue;
    starts.push_back(
        {record.name, def, *graph, node->name, record.feeds, record.fetches, record.targets, ValuesOf(record, *node)});
  }
  return starts;
}

Start StartOfSignature(const OpDef& def) {
  Start start;
  start.name = std::string(def.name) + " by its signature";
  start.def = &def;
  start.node = "y";
  EditNode node = NewNode("y", def.name);
  const Signature& signature = SignatureOf(def);
  for (const AttrSpec& spec : signature.attrs) {
    if (!spec.has_default) node.SetAttr(spec.name, ValueFor(spec));
  }
  for (const ArgSpec& input : signature.inputs) {
    const std::string name = "x" + std::to_string(node.inputs.size());
    DType dtype = input.dtype;
    for (const std::string& attr : {input.type_attr, input.list_attr}) {
      if (!attr.empty()) dtype = TypeOf(def, attr);
    }
    start.values.emplace(node.inputs.size(), Some(dtype));
    start.feeds.emplace_back(name, Some(dtype));
    start.graph.nodes.push_back(PlaceholderOf(name, dtype));
    node.inputs.push_back(name);
  }
  start.graph.nodes.push_back(std::move(node));
  start.graph.rest = Versions32(1000);
  if (signature.outputs.empty()) {
    start.targets.emplace_back("y");
  } else {
    start.fetches.emplace_back("y");
  }
  return start;
}

}  // namespace rivulet::hostile
