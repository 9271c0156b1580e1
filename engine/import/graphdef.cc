#include "engine/import/graphdef.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <unordered_map>

#include "engine/base/keyed_hash.h"
#include "engine/graph/gradient_function.h"
#include "engine/import/attr_value.h"
#include "engine/import/known_attrs.h"
#include "engine/import/memmapped_package.h"
#include "engine/graph/tensor_proto.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

// A NodeDef as written; inputs are resolved when all names are known. One is read after the other into the same one.
struct RawNode {
  Node node;
  std::vector<std::string_view> inputs;
};

Status ReadNode(WireCursor message, KnownAttrs* known, RawNode* raw) {
  raw->node = Node();
  raw->inputs.clear();
  // From the first attribute to the end of the last.
  const uint8_t *first = nullptr, *last = nullptr;
  for (uint64_t tag = message.offset(); message.Next(); tag = message.offset()) {
    switch (message.field()) {
      case 1: raw->node.name = std::string(message.Text()); break;
      case 2: raw->node.op = std::string(message.Text()); break;
      case 3: raw->inputs.push_back(message.Text()); break;
      case 5: {
        const std::span<const uint8_t> entry = message.Bytes();
        if (!message.status().ok()) break;
        if (first == nullptr) first = entry.data() - (message.OffsetOf(entry.data()) - tag);
        last = entry.data() + entry.size();
        break;
      }
      default: message.Skip();
    }
  }
  Status status = message.status();
  if (status.ok() && first != nullptr) status = known->Read({first, last}, message.OffsetOf(first), &raw->node.attrs);
  return status.ok() ? Status() : std::move(status).Framed(Cat("node ", Quoted(raw->node.name)));
}

Status ReadArg(WireCursor message, FunctionArg* arg) {
  while (message.Next()) {
    switch (message.field()) {
      case 1: arg->name = std::string(message.Text()); break;
      case 3: arg->type = DTypeFromFile(message.Int32()); break;
      case 4: arg->type = AttrPlaceholder{std::string(message.Text())}; break;
      case 5: arg->number_attr = std::string(message.Text()); break;
      case 6: arg->type_list_attr = std::string(message.Text()); break;
      default: message.Skip();
    }
  }
  return message.status();
}

Status ReadStringPair(WireCursor message, std::pair<std::string, std::string>* pair) {
  while (message.Next()) {
    switch (message.field()) {
      case 1: pair->first = std::string(message.Text()); break;
      case 2: pair->second = std::string(message.Text()); break;
      default: message.Skip();
    }
  }
  return message.status();
}

Status ReadSignature(WireCursor message, Function* function) {
  while (message.Next()) {
    switch (message.field()) {
      case 1: function->name = std::string(message.Text()); break;
      case 2: RIVULET_RETURN_IF_ERROR(ReadArg(message.Message(), &function->inputs.emplace_back())); break;
      case 3: RIVULET_RETURN_IF_ERROR(ReadArg(message.Message(), &function->outputs.emplace_back())); break;
      case 17: function->is_stateful = message.Bool(); break;
      default: message.Skip();
    }
  }
  return message.status();
}

Status ReadFunction(WireCursor message, const AttrSource& source, KnownAttrs* known, Function* function) {
  std::vector<AttrMap::Entry> attrs;
  RawNode raw;
  while (message.Next()) {
    switch (message.field()) {
      case 1: RIVULET_RETURN_IF_ERROR(ReadSignature(message.Message(), function)); break;
      case 3: {
        RIVULET_RETURN_IF_ERROR(ReadNode(message.Message(), known, &raw));
        function->body.push_back({std::move(raw.node.name), std::move(raw.node.op),
                                  std::vector<std::string>(raw.inputs.begin(), raw.inputs.end()),
                                  std::move(raw.node.attrs)});
        break;
      }
      case 4: RIVULET_RETURN_IF_ERROR(ReadStringPair(message.Message(), &function->returns.emplace_back())); break;
      case 5: RIVULET_RETURN_IF_ERROR(ReadAttrEntry(message.Message(), source, 1, &attrs.emplace_back())); break;
      case 6:
        RIVULET_RETURN_IF_ERROR(ReadStringPair(message.Message(), &function->control_returns.emplace_back()));
        break;
      default: message.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(message.status());
  function->attrs.Assign(attrs);
  return Status();
}

// The bytes of each function that was read, by its name.
using SeenFunctions = std::unordered_map<std::string, std::span<const uint8_t>, KeyedHash>;

// The gradient of each function for which the file names one (GradientDef).
using GradientNames = std::map<std::string, std::string>;

Status ReadGradient(WireCursor message, GradientNames* gradients) {
  std::string function, gradient;
  while (message.Next()) {
    switch (message.field()) {
      case 1: function = std::string(message.Text()); break;
      case 2: gradient = std::string(message.Text()); break;
      default: message.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(message.status());
  const auto [known, is_new] = gradients->emplace(function, gradient);
  if (is_new || known->second == gradient) return Status();
  return InvalidArgument("function ", Quoted(function), " has two gradients, ", Quoted(known->second), " and ",
                         Quoted(gradient));
}

Status ReadLibrary(WireCursor message, const AttrSource& source, KnownAttrs* known, SeenFunctions* seen,
                   GradientNames* gradients, Graph* graph) {
  while (message.Next()) {
    if (message.field() == 2) {
      RIVULET_RETURN_IF_ERROR(ReadGradient(message.Message(), gradients));
      continue;
    }
    if (message.field() != 1) {
      message.Skip();
      continue;
    }
    auto function = std::make_shared<Function>();
    const std::span<const uint8_t> bytes = message.Bytes();
    if (!message.status().ok()) break;
    Status status = ReadFunction(WireCursor(bytes, message.OffsetOf(bytes.data())), source, known, function.get());
    if (!status.ok()) return std::move(status).Framed(Cat("function ", Quoted(function->name)));
    if (function->name.empty()) return InvalidArgument("the library has a function without a name");
    if (FindOp(function->name) != nullptr) {
      return InvalidArgument("function ", Quoted(function->name), " has the name of an operator");
    }
    function->attrs.Erase(kGradientFunction);
    // The same one may be there twice, as writers that join libraries leave it.
    const auto [other, is_new] = seen->emplace(function->name, bytes);
    if (!is_new && !std::equal(bytes.begin(), bytes.end(), other->second.begin(), other->second.end())) {
      return InvalidArgument("two functions are called ", Quoted(function->name));
    }
    graph->functions[function->name] = std::move(function);
  }
  return message.status();
}

Status ReadVersions(WireCursor message, Graph* graph) {
  int min_consumer = 0;
  bool refused = false;
  const auto bad = [&](uint64_t version) { refused |= version == static_cast<uint64_t>(kGraphDefVersion); };
  while (message.Next()) {
    switch (message.field()) {
      case 1: graph->producer = message.Int32(); break;
      case 2: min_consumer = message.Int32(); break;
      case 3: ReadRepeatedVarints(message, bad); break;
      default: message.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(message.status());
  // Writers up to producer 21 wrote a placeholder of any shape as `shape {}`, as graphs without versions do.
  graph->has_versions = graph->producer > 21;
  if (min_consumer > kGraphDefVersion) {
    return FailedPrecondition("the graph wants a reader of GraphDef version ", min_consumer, " or newer, this one has ",
                              kGraphDefVersion);
  }
  if (refused) return FailedPrecondition("the graph refuses readers of GraphDef version ", kGraphDefVersion);
  return Status();
}

// "name", "name:2" or "^name".
Status Resolve(const Graph& graph, std::string_view input, Node* node) {
  const bool is_control = !input.empty() && input.front() == '^';
  std::string_view name = is_control ? input.substr(1) : input;
  int32_t slot = 0;
  const size_t colon = name.rfind(':');
  if (!is_control && colon != std::string_view::npos) {
    const std::string_view digits = name.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), slot);
    if (error == std::errc() && end == digits.data() + digits.size() && slot >= 0) {
      name = name.substr(0, colon);
    } else {
      slot = 0;
    }
  }
  constexpr int32_t kMostOutputs = 1 << 20;
  if (slot > kMostOutputs) {
    return InvalidArgument("node ", Quoted(node->name), " (", Quoted(node->op), "): input ", Quoted(input),
                           " names output ", slot, "; no node has more than ", kMostOutputs);
  }
  const int32_t producer = graph.Find(name);
  if (producer < 0) {
    return InvalidArgument("node ", Quoted(node->name), " (", Quoted(node->op), "): input ", Quoted(input),
                           " names a node that is not in the graph");
  }
  if (is_control) {
    node->control_inputs.push_back(producer);
  } else if (!node->control_inputs.empty()) {
    return InvalidArgument("node ", Quoted(node->name), " (", Quoted(node->op), "): input ", Quoted(input),
                           " comes after a control input; those are written last");
  } else {
    node->inputs.push_back({producer, slot});
  }
  return Status();
}

// How many nodes to make room for: so many as are in the file, unless those are more than a file can have that makes
// only their number large.
size_t CountNodes(WireCursor file) {
  constexpr size_t kMost = size_t{1} << 16;
  size_t count = 0;
  while (count < kMost && file.Next()) {
    count += file.field() == 1 ? 1 : 0;
    file.Skip();
  }
  return count;
}

}  // namespace

Result<Graph> ImportGraphDef(WireCursor file, const std::shared_ptr<void>& owner, const Limits& limits,
                             const MemmappedPackage* package) {
  Graph graph;
  const AttrSource source{owner, limits};
  KnownAttrs known(source);
  RawNode raw;
  std::vector<std::string_view> inputs;  // of all nodes
  std::vector<size_t> last_input;        // of each node, the next one's first
  SeenFunctions functions;
  GradientNames gradients;
  const size_t count = CountNodes(file);
  graph.Reserve(count);
  inputs.reserve(2 * count);
  last_input.reserve(count);
  while (file.Next()) {
    switch (file.field()) {
      case 1: {
        RIVULET_RETURN_IF_ERROR(ReadNode(file.Message(), &known, &raw));
        if (!file.status().ok()) break;
        if (graph.size() >= limits.nodes) {
          return ResourceExhausted("the graph has more than ", limits.nodes, " nodes");
        }
        if (raw.node.name.empty()) {
          return InvalidArgument("a node (", Quoted(raw.node.op), ") has no name; it is node ", graph.size());
        }
        if (graph.Find(raw.node.name) >= 0) return InvalidArgument("two nodes are called ", Quoted(raw.node.name));
        if (package != nullptr && raw.node.op == "ImmutableConst") PlaceRegion(*package, &raw.node);
        raw.node.def = FindOp(raw.node.op);
        graph.AddNode(std::move(raw.node));
        inputs.insert(inputs.end(), raw.inputs.begin(), raw.inputs.end());
        last_input.push_back(inputs.size());
        break;
      }
      case 2:
        RIVULET_RETURN_IF_ERROR(ReadLibrary(file.Message(), source, &known, &functions, &gradients, &graph));
        break;
      case 4: RIVULET_RETURN_IF_ERROR(ReadVersions(file.Message(), &graph)); break;
      default: file.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(file.status());
  for (const auto& [name, gradient] : gradients) {
    const auto function = graph.functions.find(name);
    if (function == graph.functions.end()) continue;
    auto with_gradient = std::make_shared<Function>(*function->second);
    with_gradient->attrs.Set(kGradientFunction, gradient);
    function->second = std::move(with_gradient);
  }
  size_t next = 0;
  for (int32_t i = 0; i < graph.size(); ++i) {
    Node& node = graph.node(i);
    node.inputs.reserve(last_input[static_cast<size_t>(i)] - next);
    for (; next < last_input[static_cast<size_t>(i)]; ++next) {
      RIVULET_RETURN_IF_ERROR(Resolve(graph, inputs[next], &node));
    }
  }
  if (owner != nullptr) graph.KeepAlive(owner);
  return graph;
}

}  // namespace rivulet
