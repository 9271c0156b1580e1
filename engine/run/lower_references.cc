#include <algorithm>
#include <map>

#include "engine/base/errors.h"
#include "engine/base/sort.h"
#include "engine/ops/infer.h"
#include "engine/ops/op.h"
#include "engine/ops/signature.h"
#include "engine/run/lower.h"

namespace rivulet {
namespace {

bool TakesReference(const Graph& graph, const Node& node, size_t input) {
  return node.def != nullptr && IsReference(SignatureOf(*node.def).inputs, static_cast<int32_t>(input)) &&
         GivesReference(graph, node.inputs[input]);
}

// Who takes a reference says what it refers to; nobody asks once the variable is there.
Status CheckTypes(const Graph& graph) {
  for (const Node& node : graph.nodes()) {
    for (size_t k = 0; k < node.inputs.size(); ++k) {
      if (!TakesReference(graph, node, k)) continue;
      const std::vector<ArgSpec>& args = SignatureOf(*node.def).inputs;
      const auto arg = std::find_if(args.begin(), args.end(), [](const ArgSpec& a) { return a.is_ref; });
      const DType want = arg->type_attr.empty() ? arg->dtype : AttrReader(node).Type(arg->type_attr);
      const DType got = TypeBehindReference(graph, node.inputs[k]);
      if (want == got || want == DType::kInvalid || got == DType::kInvalid) continue;
      return InvalidArgument("input ", static_cast<int64_t>(k), " ", Quoted(arg->name), ": want a reference to ",
                             Name(want), ", got one to ", Name(got))
          .Framed(NodeFrame(node));
    }
  }
  return Status();
}

// Where chains of nodes that pass their first input on begin. Each node is walked over once, however long the chains.
template <class PassesOn>
class Origins {
 public:
  explicit Origins(const Graph& graph) : graph_(graph), origins_(static_cast<size_t>(graph.size())) {}

  Edge Of(Edge edge) {
    std::vector<int32_t> passed;
    while (PassesOn()(graph_, graph_.node(edge.node))) {
      Edge& known = origins_[static_cast<size_t>(edge.node)];
      if (known.node >= 0) {
        edge = known;
        break;
      }
      known = edge;  // should the chain bite its tail, it begins here
      passed.push_back(edge.node);
      edge = graph_.node(edge.node).inputs[0];
    }
    for (const int32_t node : passed) origins_[static_cast<size_t>(node)] = edge;
    return edge;
  }

 private:
  const Graph& graph_;
  std::vector<Edge> origins_;
};

struct PassesReferenceOn {
  bool operator()(const Graph& graph, const Node& node) const {
    return !node.inputs.empty() && TakesReference(graph, node, 0);
  }
};

struct IsIdentity {
  bool operator()(const Graph&, const Node& node) const { return node.op == "Identity" && !node.inputs.empty(); }
};

// Which variables the graph writes: by node, whether somebody takes a reference that leads to it.
std::vector<bool> FindWritten(const Graph& graph, Origins<PassesReferenceOn>* variables) {
  std::vector<bool> written(static_cast<size_t>(graph.size()));
  for (int32_t i = 0; i < graph.size(); ++i) {
    for (size_t k = 0; k < graph.node(i).inputs.size(); ++k) {
      if (!TakesReference(graph, graph.node(i), k)) continue;
      written[static_cast<size_t>(variables->Of(graph.node(i).inputs[k]).node)] = true;
    }
  }
  return written;
}

// An input that takes the value behind a reference, perhaps from an Identity.
struct Read {
  size_t input;
  Edge reference;
  int32_t identity = -1;
};

// A node with such inputs, and what their values must not be taken before.
struct Reader {
  int32_t node;
  std::vector<Read> reads;
  std::vector<int32_t> before;
};

// The value behind a reference is taken when its reader runs: not before what the reader waits for, nor before its
// other inputs are there. tf.control_dependencies leaves an operator's own control input out where one of its inputs
// has it. (A Merge runs when one input is there.)
std::vector<int32_t> Before(const Graph& graph, const Node& reader) {
  std::vector<int32_t> controls = reader.control_inputs;
  for (size_t k = 0; k < reader.inputs.size() && reader.op != "Merge"; ++k) {
    const int32_t other = reader.inputs[k].node;
    const bool is_there = graph.node(other).inputs.empty() && graph.node(other).control_inputs.empty();
    if (!is_there) controls.push_back(other);
  }
  Sort(controls.begin(), controls.end());
  controls.erase(std::unique(controls.begin(), controls.end()), controls.end());
  return controls;
}

bool MakesReference(const Node& node) {
  if (node.def == nullptr) return false;
  const std::vector<ArgSpec>& outputs = SignatureOf(*node.def).outputs;
  return std::any_of(outputs.begin(), outputs.end(), [](const ArgSpec& arg) { return arg.is_ref; });
}

// Identity gives the value behind a reference without a copy, so that TensorFlow's readers of the Identity see what is
// written to the variable until they run themselves: they count as readers of the variable, after the Identity.
std::vector<Reader> FindReaders(const Graph& graph) {
  Origins<PassesReferenceOn> variables(graph);
  Origins<IsIdentity> identities(graph);
  const std::vector<bool> written = FindWritten(graph, &variables);
  std::vector<Reader> readers;
  for (int32_t i = 0; i < graph.size(); ++i) {
    const Node& node = graph.node(i);
    if (node.def == nullptr) continue;
    const Signature& signature = SignatureOf(*node.def);
    std::vector<Read> reads;
    for (size_t k = 0; k < node.inputs.size(); ++k) {
      if (IsReference(signature.inputs, static_cast<int32_t>(k))) continue;
      const Edge origin = identities.Of(node.inputs[k]);
      if (!GivesReference(graph, origin)) continue;
      if (origin == node.inputs[k]) {
        reads.push_back({k, origin});
      } else if (written[static_cast<size_t>(variables.Of(origin).node)]) {
        reads.push_back({k, origin, node.inputs[k].node});
      }
    }
    if (!reads.empty()) readers.push_back({i, std::move(reads), Before(graph, node)});
  }
  return readers;
}

int32_t AddRead(Graph* graph, Edge edge, std::string_view name, std::vector<int32_t> controls) {
  Node read;
  read.name = graph->FreeName(name);
  read.op = "ReadVariableOp";
  read.def = FindOp("ReadVariableOp");
  read.inputs = {edge};
  read.control_inputs = std::move(controls);
  read.attrs.Set("dtype", TypeBehindReference(*graph, edge));
  return graph->AddNode(std::move(read));
}

// Many reads that wait for much: they wait for one node, which waits for all of it.
void JoinControls(Graph* graph, Reader* reader) {
  constexpr size_t kMostControls = 256;
  if (reader->reads.size() * reader->before.size() <= kMostControls) return;
  Node join;
  join.name = graph->FreeName(Cat(graph->node(reader->node).name, "/before"));
  join.op = "NoOp";
  join.def = FindOp("NoOp");
  join.control_inputs = std::move(reader->before);
  reader->before = {graph->AddNode(std::move(join))};
}

std::vector<int32_t> ControlsOf(const Reader& reader, const Read& read) {
  std::vector<int32_t> controls = reader.before;
  std::erase(controls, read.reference.node);
  if (read.identity >= 0 && std::find(controls.begin(), controls.end(), read.identity) == controls.end()) {
    controls.push_back(read.identity);
  }
  return controls;
}

// What a node takes from one reference is read once. (A Merge waits for one of its inputs only.)
void AddReads(Graph* graph, Reader* reader) {
  JoinControls(graph, reader);
  const bool is_merge = graph->node(reader->node).op == "Merge";
  std::map<Edge, int32_t> known;
  for (const Read& read : reader->reads) {
    const auto found = is_merge ? known.end() : known.find(read.reference);
    int32_t value = found != known.end() ? found->second : -1;
    if (value < 0) {
      std::string name = Cat(graph->node(read.reference.node).name, "/read_for/", graph->node(reader->node).name);
      // Numbers of their own: to try one number after the other takes long where there are many.
      if (&read != &reader->reads[0]) name += Cat("/", static_cast<int64_t>(read.input));
      value = AddRead(graph, read.reference, name, ControlsOf(*reader, read));
      known.emplace(read.reference, value);
    }
    graph->node(reader->node).inputs[read.input] = {value, 0};
  }
}

}  // namespace

Status LowerReferences(Graph* graph, std::vector<Edge>* roots) {
  if (std::none_of(graph->nodes().begin(), graph->nodes().end(), MakesReference)) return Status();
  RIVULET_RETURN_IF_ERROR(CheckTypes(*graph));
  for (Reader& reader : FindReaders(*graph)) AddReads(graph, &reader);
  std::map<Edge, int32_t> fetched;
  for (Edge& edge : *roots) {
    if (!GivesReference(*graph, edge)) continue;
    const auto [known, is_new] = fetched.emplace(edge, -1);
    if (is_new) known->second = AddRead(graph, edge, Cat(graph->node(edge.node).name, "/read_for/fetch"), {});
    edge = {known->second, 0};
  }
  return Status();
}

}  // namespace rivulet
