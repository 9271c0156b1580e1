#include "engine/ops/infer.h"

#include <algorithm>
#include <list>
#include <set>

#include "engine/ops/handle_types.h"
#include "engine/ops/not_run.h"
#include "engine/ops/signature.h"

namespace rivulet {
namespace {

std::string_view KindName(AttrKind kind) {
  switch (kind) {
    case AttrKind::kString: return "string";
    case AttrKind::kInt: return "int";
    case AttrKind::kFloat: return "float";
    case AttrKind::kBool: return "bool";
    case AttrKind::kType: return "type";
    case AttrKind::kShape: return "shape";
    case AttrKind::kTensor: return "tensor";
    case AttrKind::kFunc: return "function";
    case AttrKind::kList: return "list";
  }
  return "?";
}

bool HasKind(const AttrValue& value, AttrKind kind) {
  switch (kind) {
    case AttrKind::kString: return std::holds_alternative<std::string>(value);
    case AttrKind::kInt: return std::holds_alternative<int64_t>(value);
    case AttrKind::kFloat: return std::holds_alternative<float>(value);
    case AttrKind::kBool: return std::holds_alternative<bool>(value);
    case AttrKind::kType: return std::holds_alternative<DType>(value);
    case AttrKind::kShape: return std::holds_alternative<Shape>(value);
    case AttrKind::kTensor: return std::holds_alternative<std::shared_ptr<const TensorLiteral>>(value);
    case AttrKind::kFunc: return std::holds_alternative<FunctionCall>(value);
    case AttrKind::kList: return std::holds_alternative<std::shared_ptr<const AttrList>>(value);
  }
  return false;
}

std::string_view KindOf(const AttrValue& value) {
  for (int kind = 0; kind <= static_cast<int>(AttrKind::kList); ++kind) {
    if (HasKind(value, static_cast<AttrKind>(kind))) return KindName(static_cast<AttrKind>(kind));
  }
  return "nothing";
}

// Elements of the list, or -1 when it holds elements of another kind.
int64_t ListLength(const AttrList& list, AttrKind element) {
  const size_t all = list.strings.size() + list.ints.size() + list.floats.size() + list.bools.size() +
                     list.types.size() + list.shapes.size() + list.tensors.size() + list.functions.size();
  size_t length = 0;
  switch (element) {
    case AttrKind::kString: length = list.strings.size(); break;
    case AttrKind::kInt: length = list.ints.size(); break;
    case AttrKind::kFloat: length = list.floats.size(); break;
    case AttrKind::kBool: length = list.bools.size(); break;
    case AttrKind::kType: length = list.types.size(); break;
    case AttrKind::kShape: length = list.shapes.size(); break;
    case AttrKind::kTensor: length = list.tensors.size(); break;
    case AttrKind::kFunc: length = list.functions.size(); break;
    case AttrKind::kList: break;
  }
  return all == length ? static_cast<int64_t>(length) : -1;
}

std::string TypeNames(std::span<const DType> types) {
  std::string out;
  for (const DType dtype : types) {
    if (!out.empty()) out += ", ";
    out += Name(dtype);
  }
  return out;
}

Status CheckType(std::string_view attr, DType dtype, std::span<const DType> allowed) {
  if (!IsBuilt(dtype)) return NotBuilt(Cat("elements of ", dtype));
  if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), dtype) == allowed.end()) {
    return Unimplemented("attr ", Quoted(attr), ": want one of ", TypeNames(allowed), ", got ", dtype);
  }
  return Status();
}

// Attributes that TensorFlow's kernels keep in 32 bits, and refuse beyond them.
bool Has32Bits(std::string_view attr) {
  constexpr std::string_view kNames[] = {"axis",
                                         "batch_dims",
                                         "batch_group_count",
                                         "begin_mask",
                                         "blank_index",
                                         "block_size",
                                         "channels",
                                         "component_index",
                                         "compression",
                                         "concat_dim",
                                         "dct_coefficient_count",
                                         "desired_channels",
                                         "desired_samples",
                                         "ellipsis_mask",
                                         "end_mask",
                                         "feature_group_count",
                                         "filterbank_channel_count",
                                         "groups",
                                         "input_quantization_axis",
                                         "k",
                                         "lhs_quantization_axis",
                                         "max_attempts",
                                         "max_outputs",
                                         "maxsplit",
                                         "min_after_dequeue",
                                         "new_axis_mask",
                                         "num_bits",
                                         "num_sampled",
                                         "num_true",
                                         "output_quantization_axis",
                                         "pad_width",
                                         "precision",
                                         "quality",
                                         "quantization_axis",
                                         "ratio",
                                         "replacement_char",
                                         "rhs_quantization_axis",
                                         "rounds",
                                         "shrink_axis_mask",
                                         "stride",
                                         "summarize",
                                         "width",
                                         "window_size",
                                         "x_density",
                                         "y_density"};
  return std::binary_search(std::begin(kNames), std::end(kNames), attr);
}

Status CheckAttr(const AttrSpec& spec, const AttrValue& value) {
  if (!HasKind(value, spec.kind)) {
    return InvalidArgument("attr ", Quoted(spec.name), ": want ", KindName(spec.kind), ", got ", KindOf(value));
  }
  if (spec.kind == AttrKind::kList) {
    const AttrList& list = *std::get<std::shared_ptr<const AttrList>>(value);
    const int64_t length = ListLength(list, spec.element);
    if (length < 0) {
      return InvalidArgument("attr ", Quoted(spec.name), ": want a list of ", KindName(spec.element),
                             ", got one of others");
    }
    if (spec.has_minimum && length < spec.minimum) {
      return InvalidArgument("attr ", Quoted(spec.name), ": want at least ", spec.minimum, " elements, got ", length);
    }
    for (size_t i = 0; i < list.types.size(); ++i) {
      if (list.types[i] == DType::kInvalid) {
        return InvalidArgument("attr ", Quoted(spec.name), ": want types, got none as element ",
                               static_cast<int64_t>(i));
      }
      RIVULET_RETURN_IF_ERROR(CheckType(spec.name, list.types[i], spec.types));
    }
  } else if (const auto* number = std::get_if<int64_t>(&value)) {
    if (spec.has_minimum && *number < spec.minimum) {
      return InvalidArgument("attr ", Quoted(spec.name), ": want >= ", spec.minimum, ", got ", *number);
    }
    if (*number != static_cast<int32_t>(*number) && Has32Bits(spec.name)) {
      return InvalidArgument("attr ", Quoted(spec.name), ": want a number of 32 bits, got ", *number);
    }
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    if (!spec.strings.empty() && std::find(spec.strings.begin(), spec.strings.end(), *text) == spec.strings.end()) {
      std::string allowed;
      for (const std::string& s : spec.strings) allowed += (allowed.empty() ? "" : ", ") + s;
      return InvalidArgument("attr ", Quoted(spec.name), ": want one of ", allowed, ", got ", Quoted(*text));
    }
  }
  return Status();
}

// Only an operator that says so moves references.
Status CheckNoObject(const Node& node, const AttrSpec& spec, DType dtype) {
  const bool is_object = dtype == DType::kResource || dtype == DType::kVariant;
  if (!is_object || !spec.types.empty() || (node.def->flags & (kAlias | kTakesObjects)) != 0) return Status();
  return Unimplemented("attr ", Quoted(spec.name), ": want a type of plain elements, got ", dtype);
}

Status Missing(const AttrSpec& spec) {
  return InvalidArgument("attr ", Quoted(spec.name), " is missing: want ", KindName(spec.kind));
}

Status CheckAttrs(const Node& node, const Signature& signature, std::span<const Fact* const> inputs) {
  for (const AttrSpec& spec : signature.attrs) {
    const AttrValue* value = node.attrs.Find(spec.name);
    if (value != nullptr) RIVULET_RETURN_IF_ERROR(CheckAttr(spec, *value));
    if (spec.kind == AttrKind::kType) {
      const DType dtype = value != nullptr ? std::get<DType>(*value) : ResolveType(node, spec.name, inputs);
      if (dtype == DType::kInvalid) return Missing(spec);
      RIVULET_RETURN_IF_ERROR(CheckType(spec.name, dtype, spec.types));
      RIVULET_RETURN_IF_ERROR(CheckNoObject(node, spec, dtype));
    } else if (value == nullptr && !spec.has_default) {
      const bool is_number = std::any_of(signature.inputs.begin(), signature.inputs.end(), [&](const ArgSpec& arg) {
        return arg.number_attr == spec.name || arg.list_attr == spec.name;
      });
      if (!is_number) return Missing(spec);
    } else if (spec.kind == AttrKind::kList && spec.element == AttrKind::kType) {
      for (const DType dtype : AttrReader(node).Types(spec.name)) {
        RIVULET_RETURN_IF_ERROR(CheckNoObject(node, spec, dtype));
      }
    }
  }
  return Status();
}

// How many tensors an argument stands for; -1 when only the count of inputs can tell.
int64_t ArgLength(const Node& node, const ArgSpec& arg) {
  if (!arg.number_attr.empty()) {
    const int64_t* number = node.attrs.Get<int64_t>(arg.number_attr);
    if (number != nullptr) return *number;
    const AttrSpec* spec = SignatureOf(*node.def).FindAttr(arg.number_attr);
    return spec != nullptr && spec->has_default ? std::get<int64_t>(spec->default_value) : -1;
  }
  if (!arg.list_attr.empty()) {
    const AttrSpec* spec = SignatureOf(*node.def).FindAttr(arg.list_attr);
    const bool is_known = node.attrs.Find(arg.list_attr) != nullptr || (spec != nullptr && spec->has_default);
    return is_known ? static_cast<int64_t>(AttrReader(node).Types(arg.list_attr).size()) : -1;
  }
  return 1;
}

Status CheckInputs(const Node& node, const Signature& signature, std::span<const Fact* const> inputs) {
  int64_t fixed = 0;
  int open = 0;
  for (const ArgSpec& arg : signature.inputs) {
    const int64_t length = ArgLength(node, arg);
    if (length < 0) {
      ++open;
    } else {
      fixed += std::min<int64_t>(length, 1 << 24);
    }
  }
  const auto count = static_cast<int64_t>(inputs.size());
  if (open > 1 || count < fixed || (open == 0 && count != fixed)) {
    return InvalidArgument("want ", fixed, open ? " or more" : "", " inputs, got ", count);
  }
  size_t next = 0;
  for (const ArgSpec& arg : signature.inputs) {
    const int64_t given = ArgLength(node, arg);
    const int64_t length = given < 0 ? count - fixed : given;
    const std::vector<DType> list =
        arg.list_attr.empty() || given < 0 ? std::vector<DType>() : AttrReader(node).Types(arg.list_attr);
    const DType same = arg.is_ref               ? DType::kResource
                       : !arg.type_attr.empty() ? ResolveType(node, arg.type_attr, inputs)
                                                : arg.dtype;
    for (int64_t i = 0; i < length; ++i, ++next) {
      const DType want = arg.list_attr.empty() ? same : list.empty() ? DType::kInvalid : list[static_cast<size_t>(i)];
      const DType got = inputs[next]->dtype;
      if (want != DType::kInvalid && got != DType::kInvalid && got != want) {
        return InvalidArgument("input ", static_cast<int64_t>(next), " ", Quoted(arg.name), ": want ", want, ", got ",
                               got);
      }
    }
  }
  return Status();
}

// Of a node: what is known of each takes some hundred bytes, and their number may stand in a file of a few.
constexpr int64_t kMostOutputs = 1 << 18;

Status SetOutputs(const Node& node, const Signature& signature, std::span<const Fact* const> inputs,
                  std::vector<Fact>* outputs) {
  outputs->clear();
  for (const ArgSpec& arg : signature.outputs) {
    const int64_t length = ArgLength(node, arg);
    const int64_t most = kMostOutputs - static_cast<int64_t>(outputs->size());
    if (length < 0 || length > most) {
      const std::string& attr = arg.number_attr.empty() ? arg.list_attr : arg.number_attr;
      return InvalidArgument("attr ", Quoted(attr), ": want the number of outputs in [0, ", most, "], got ", length);
    }
    const std::vector<DType> list =
        arg.list_attr.empty() ? std::vector<DType>() : AttrReader(node).Types(arg.list_attr);
    for (int64_t i = 0; i < length; ++i) {
      Fact fact;
      fact.dtype = arg.is_ref               ? DType::kResource
                   : !arg.list_attr.empty() ? list[static_cast<size_t>(i)]
                   : !arg.type_attr.empty() ? ResolveType(node, arg.type_attr, inputs)
                                            : arg.dtype;
      outputs->push_back(std::move(fact));
    }
  }
  return Status();
}

bool WorthEvaluating(const Node& node, const std::vector<const Fact*>& inputs, const InferOptions& options) {
  if (inputs.empty() || (node.def->flags & kStateful)) return false;
  if (node.def->flags & kAlias) return inputs[0]->value.valid() && node.outputs[0].shape.complete();
  if (node.def->run == nullptr) return false;
  for (const Fact* input : inputs) {
    if (!input->value.valid() || input->value.num_elements() > options.evaluate_up_to) return false;
  }
  for (const Fact& output : node.outputs) {
    const int64_t count = output.shape.num_elements();
    if (count < 0 || count > options.evaluate_up_to) return false;
  }
  return true;
}

// The other operators of the graph that there is no kernel for, so that they are told at once.
std::string AlsoMissing(const Graph& graph, const std::string& known) {
  constexpr size_t kMostListed = 20;
  std::set<std::string> missing;
  for (const Node& node : graph.nodes()) {
    if (node.def == nullptr && node.op != known) missing.insert(node.op);
  }
  std::string out;
  size_t listed = 0;
  for (const std::string& op : missing) {
    if (listed++ == kMostListed) break;
    out += Cat(out.empty() ? "; also missing: " : ", ", Quoted(op));
  }
  if (missing.size() > kMostListed) out += ", …";
  return out;
}

}  // namespace

std::string NodeFrame(const Node& node) {
  constexpr size_t kLongest = 100;
  const bool is_plain = node.op.size() <= kLongest && std::all_of(node.op.begin(), node.op.end(), [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                 c == '_' || c == '>' || c == '.';
                        });
  return Cat("node ", Quoted(node.name), " (", is_plain ? node.op : Quoted(node.op), ")");
}

DType ResolveType(const Node& node, std::string_view attr, std::span<const Fact* const> inputs) {
  if (const DType* given = node.attrs.Get<DType>(attr)) return *given;
  if (node.def == nullptr) return DType::kInvalid;
  const Signature& signature = SignatureOf(*node.def);
  size_t next = 0;
  for (const ArgSpec& arg : signature.inputs) {
    const int64_t length = ArgLength(node, arg);
    if (arg.type_attr == attr && !arg.is_ref && next < inputs.size() && length != 0) return inputs[next]->dtype;
    if (length < 0) break;
    next += static_cast<size_t>(length);
  }
  const AttrSpec* spec = signature.FindAttr(attr);
  return spec != nullptr && spec->has_default ? std::get<DType>(spec->default_value) : DType::kInvalid;
}

bool GivesReference(const Graph& graph, Edge edge) {
  const Node& node = graph.node(edge.node);
  return node.def != nullptr && IsReference(SignatureOf(*node.def).outputs, edge.slot);
}

DType TypeBehindReference(const Graph& graph, Edge edge) {
  const Node& node = graph.node(edge.node);
  const std::vector<ArgSpec>& outputs = SignatureOf(*node.def).outputs;
  const ArgSpec& arg = outputs[std::min(static_cast<size_t>(edge.slot), outputs.size() - 1)];
  return arg.type_attr.empty() ? arg.dtype : AttrReader(node).Type(arg.type_attr);
}

Result<int> CountOutputs(const Node& node) {
  int64_t count = 0;
  for (const ArgSpec& arg : SignatureOf(*node.def).outputs) {
    const int64_t length = ArgLength(node, arg);
    if (length < 0 || length > (1 << 20))
      return InvalidArgument("the number of outputs ", Quoted(arg.name), " is not known");
    count += length;
  }
  return static_cast<int>(std::min<int64_t>(count, 1 << 24));
}

Result<int> OutputPosition(const Node& node, std::string_view name, int64_t index) {
  int64_t position = 0;
  for (const ArgSpec& arg : SignatureOf(*node.def).outputs) {
    const int64_t length = ArgLength(node, arg);
    if (arg.name == name) {
      if (index < 0 || (length >= 0 && index >= length) || position + index > (1 << 20)) {
        return InvalidArgument("output ", Quoted(name), " has no element ", index);
      }
      return static_cast<int>(position + index);
    }
    if (length < 0) return InvalidArgument("the number of outputs ", Quoted(arg.name), " is not known");
    position += length;
  }
  return InvalidArgument(node.op, " has no output called ", Quoted(name));
}

Status InferNode(const Node& node, std::span<const Fact* const> inputs, bool graph_has_versions, Allocator& allocator,
                 std::vector<Fact>* outputs, bool* missed_a_value) {
  const Signature& signature = SignatureOf(*node.def);
  RIVULET_RETURN_IF_ERROR(CheckAttrs(node, signature, inputs));
  RIVULET_RETURN_IF_ERROR(CheckInputs(node, signature, inputs));
  RIVULET_RETURN_IF_ERROR(SetOutputs(node, signature, inputs, outputs));
  InferContext context(node, inputs, outputs, allocator, graph_has_versions);
  Status status = node.def->infer(context);
  if (missed_a_value != nullptr) *missed_a_value = context.missed_a_value();
  return status;
}

Result<std::vector<Tensor>> EvaluateNode(const Node& node, std::span<const Fact* const> inputs,
                                         std::span<const Fact> outputs, Allocator& allocator, ThreadPool& pool,
                                         const StopToken& stop, ModelFiles* files) {
  std::vector<Tensor> results;
  if (node.def->flags & kAlias) {
    results.push_back(inputs[0]->value.Reshaped(outputs[0].shape).Retyped(outputs[0].dtype));
    return results;
  }
  std::unique_ptr<OpState> state;
  std::vector<bool> consumed(inputs.size(), false);
  if (node.def->prepare != nullptr) {
    PrepareContext prepare(node, inputs, outputs, &consumed, allocator, pool);
    RIVULET_ASSIGN_OR_RETURN(state, node.def->prepare(prepare));
  }
  std::vector<Tensor> aligned(inputs.size());
  std::vector<const Tensor*> ins;
  for (size_t i = 0; i < inputs.size(); ++i) {
    aligned[i] = inputs[i]->value;
    if (!aligned[i].is_aligned()) {
      RIVULET_ASSIGN_OR_RETURN(aligned[i], Clone(aligned[i], allocator));
    }
    ins.push_back(&aligned[i]);
  }
  results.resize(outputs.size());
  std::vector<Tensor*> outs;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].shape.complete()) {
      RIVULET_ASSIGN_OR_RETURN(results[i], Tensor::Allocate(outputs[i].dtype, outputs[i].shape, allocator));
    } else {
      results[i] = Tensor::View(outputs[i].dtype, {0}, nullptr);
    }
    outs.push_back(&results[i]);
  }
  std::shared_ptr<void> scratch;
  size_t scratch_bytes = 0;
  const RunServices services{allocator, pool, stop, nullptr, nullptr, &scratch, &scratch_bytes, files};
  RunContext context(state.get(), ins, outs, services);
  RIVULET_RETURN_IF_ERROR(node.def->run(context));
  RIVULET_RETURN_IF_ERROR(stop.Why());
  return results;
}

Status InferGraph(Graph& graph, Allocator& allocator, const InferOptions& options, bool strict) {
  RetypeHandles(&graph);
  RIVULET_ASSIGN_OR_RETURN(const std::vector<int32_t> order, TopologicalOrder(graph));
  std::vector<int32_t> used(static_cast<size_t>(graph.size()), 0);  // for unknown operators: outputs in use
  for (const Node& node : graph.nodes()) {
    for (const Edge& edge : node.inputs) {
      used[static_cast<size_t>(edge.node)] = std::max(used[static_cast<size_t>(edge.node)], edge.slot + 1);
    }
  }
  ThreadPool pool(1);
  const Fact unknown{};
  std::list<Fact> behind;  // what references refer to, where a value is taken
  std::vector<const Fact*> inputs;
  for (const int32_t index : order) {
    if (strict && options.stop.stopped()) return options.stop.Why();
    Node& node = graph.node(index);
    if (node.def == nullptr) {
      if (strict) return Unimplemented(NodeFrame(node), ": ", NoKernel(node.op), AlsoMissing(graph, node.op));
      if (used[static_cast<size_t>(index)] > (1 << 20)) {
        return InvalidArgument(NodeFrame(node), ": output ", used[static_cast<size_t>(index)] - 1, " cannot exist");
      }
      node.outputs.assign(static_cast<size_t>(used[static_cast<size_t>(index)]), Fact());
      continue;
    }
    inputs.clear();
    for (const Edge& edge : node.inputs) {
      const Node& producer = graph.node(edge.node);
      // What a loop leads back to a Merge comes after it.
      if (producer.outputs.empty() && edge.slot == 0 &&
          (producer.op == "NextIteration" || producer.op == "RefNextIteration")) {
        inputs.push_back(&unknown);
        continue;
      }
      if (edge.slot < 0 || static_cast<size_t>(edge.slot) >= producer.outputs.size()) {
        return InvalidArgument(NodeFrame(node), ": input ", Quoted(EdgeName(graph, edge)), ": ", NodeFrame(producer),
                               " has only ", static_cast<int64_t>(producer.outputs.size()), " outputs");
      }
      const auto takes_handle = [&] {
        return IsHandle(SignatureOf(*node.def).inputs, static_cast<int32_t>(inputs.size()));
      };
      // A loop that was lowered carries references as they are; other readers take the value.
      if (node.op[0] != '_' && GivesReference(graph, edge) && !takes_handle()) {
        inputs.push_back(&behind.emplace_back(Fact{TypeBehindReference(graph, edge), Shape::UnknownRank(), Tensor()}));
      } else {
        inputs.push_back(&graph.fact(edge));
      }
    }
    Status status = InferNode(node, inputs, graph.has_versions, allocator, &node.outputs);
    if (status.ok() && (node.def->flags & kCallsFunctions) && options.calls != nullptr) {
      status = options.calls->InferCall(node, inputs, &node.outputs);
    }
    if (!status.ok()) return std::move(status).Framed(NodeFrame(node));
    if (!node.outputs.empty() && !node.outputs[0].value.valid() && WorthEvaluating(node, inputs, options)) {
      auto values = EvaluateNode(node, inputs, node.outputs, allocator, pool, options.stop);
      // A node that fails on its constants fails when it is run, if it ever is.
      if (!values.ok()) continue;
      for (size_t i = 0; i < values->size(); ++i) node.outputs[i].value = (*values)[i];
    }
  }
  return Status();
}

}  // namespace rivulet
