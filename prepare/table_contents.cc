#include "prepare/table_contents.h"

#include <algorithm>

#include "engine/base/errors.h"
#include "engine/graph/model_setup.h"
#include "engine/run/executor.h"
#include "engine/run/function_table.h"
#include "engine/run/initialize.h"
#include "prepare/constants.h"
#include "prepare/graph_edit.h"

namespace rivulet::prepare {
namespace {

constexpr size_t kBudgetBytes = size_t{4} << 30;

bool IsSecondVersion(const std::string& op) { return op.ends_with("V2"); }

struct Content {
  Tensor keys, values;
};

// Node `table` with another that gives all that it holds; that one's name.
std::string AddExport(int32_t table, Graph* graph) {
  const Node& maker = graph->node(table);
  Node node{.name = graph->FreeName(maker.name + "/export"),
            .op = IsSecondVersion(maker.op) ? "LookupTableExportV2" : "LookupTableExport",
            .inputs = {{table, 0}}};
  node.def = FindOp(node.op);
  for (const auto& [from, to] : {std::pair{"key_dtype", "Tkeys"}, std::pair{"value_dtype", "Tvalues"}}) {
    if (const AttrValue* attr = maker.attrs.Find(from); attr != nullptr) node.attrs.Set(to, *attr);
  }
  std::string name = node.name;
  graph->AddNode(std::move(node));
  return name;
}

// What a session of the model does before its first run, as `setup` says; then each table's content.
Result<std::vector<Content>> Read(const Model& model, const ModelSetup& setup, const std::vector<int32_t>& tables) {
  Graph graph = model.graph();
  std::vector<std::string> fetches;
  for (const int32_t table : tables) {
    const std::string name = AddExport(table, &graph);
    fetches.push_back(name + ":0");
    fetches.push_back(name + ":1");
  }
  const auto allocator = Allocator::Create(kBudgetBytes);
  ThreadPool pool(1);
  Resources resources;
  FunctionTable functions(graph.functions, model.limits(), /*raise_loops=*/false);
  PackedOperands packed;
  const Environment environment = {.passes = false,
                                   .has_versions = graph.has_versions,
                                   .allocator = *allocator,
                                   .pool = pool,
                                   .resources = resources,
                                   .functions = functions,
                                   .packed = packed,
                                   .files = model.files()};
  RIVULET_RETURN_IF_ERROR(Initialize(graph, setup, environment, StopToken()));
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> plan,
                           MakePlan(graph, {}, fetches, {}, environment, StopToken()));
  RIVULET_ASSIGN_OR_RETURN(const std::unique_ptr<Frame> frame, MakeFrame(plan, *allocator, resources));
  RIVULET_ASSIGN_OR_RETURN(std::vector<Tensor> found, RunFrame(*frame, {}, environment, StopToken()));
  std::vector<Content> contents;
  for (size_t i = 0; i + 1 < found.size(); i += 2) contents.push_back({std::move(found[i]), std::move(found[i + 1])});
  return contents;
}

bool Changes(const std::string& op) {
  return op.starts_with("LookupTableInsert") || op.starts_with("LookupTableImport") ||
         op.starts_with("LookupTableRemove") || op.starts_with("InitializeTable");
}

// What fills the table in a graph that names no initialiser, from tensors; empty where nothing does.
std::string FillerOf(const Graph& graph, int32_t table) {
  for (const Node& node : graph.nodes()) {
    const bool fills = node.op == "InitializeTable" || node.op == "InitializeTableV2";
    if (fills && !node.inputs.empty() && node.inputs[0].node == table) return node.name;
  }
  return {};
}

// Keys, values and what fills the table with them.
void AddFill(const NodeDef& table, const Content& content, GraphEdit* edit) {
  const std::string keys = edit->Add(MakeConst(edit->FreeName(table.name + "/keys"), content.keys), &table).name;
  const std::string values = edit->Add(MakeConst(edit->FreeName(table.name + "/values"), content.values), &table).name;
  // What fills a fixed table does nothing the second time.
  const bool is_fixed = table.op.starts_with("HashTable");
  NodeDef fill{.name = edit->FreeName(table.name + "/fill"),
               .op = Cat(is_fixed ? "InitializeTable" : "LookupTableImport", IsSecondVersion(table.op) ? "V2" : ""),
               .device = table.device,
               .inputs = {table.name, keys, values}};
  fill.attrs[is_fixed ? "Tkey" : "Tin"] = Attr::OfType(content.keys.dtype());
  fill.attrs[is_fixed ? "Tval" : "Tout"] = Attr::OfType(content.values.dtype());
  const std::vector<NodeDef*> readers = edit->ReadersOf(table);
  const std::string wait = "^" + edit->Add(std::move(fill)).name;
  for (NodeDef* reader : readers) {
    std::vector<std::string> inputs = reader->inputs;
    AddWaits({wait}, &inputs);
    edit->SetInputs(*reader, std::move(inputs));
  }
}

}  // namespace

bool IsTable(const std::string& op) {
  return op.find("HashTable") != std::string::npos && !op.starts_with("Anonymous");
}

Result<FilledTables> FillTables(const Model& model, GraphDef& graph) {
  FilledTables result;
  RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph, {}));
  ModelSetup setup = model.setup();
  const bool names_start = !setup.init_ops.empty() || (!setup.restore_op.empty() && !setup.checkpoint_prefix.empty());
  std::vector<const NodeDef*> tables;
  std::vector<int32_t> in_model;
  for (const NodeDef* node : edit.Nodes()) {
    if (!IsTable(node->op)) continue;
    const std::vector<NodeDef*> readers = edit.ReadersOf(*node);
    const bool changes =
        std::any_of(readers.begin(), readers.end(), [](const NodeDef* reader) { return Changes(reader->op); });
    const int32_t index = model.graph().Find(node->name);
    const std::string filler = names_start || index < 0 ? "" : FillerOf(model.graph(), index);
    if (changes || index < 0 || (!names_start && filler.empty())) {
      result.empty.push_back(node->name);
      continue;
    }
    if (!filler.empty()) setup.init_ops.push_back(filler);
    tables.push_back(node);
    in_model.push_back(index);
  }
  if (tables.empty()) return result;
  RIVULET_ASSIGN_OR_RETURN(const std::vector<Content> contents, Read(model, setup, in_model));
  for (size_t i = 0; i < tables.size(); ++i) {
    result.filled.push_back(tables[i]->name);
    AddFill(*tables[i], contents[i], &edit);
  }
  std::move(edit).WriteTo(graph);
  return result;
}

}  // namespace rivulet::prepare
