#include "cli/narrow.h"

#include <algorithm>
#include <filesystem>
#include <span>

#include "cli/model_summary.h"
#include "engine/base/file.h"
#include "engine/ops/op.h"
#include "engine/ops/signature.h"

namespace rivulet::cli {
namespace {

struct Rewrite {
  const char* op;
  std::initializer_list<const char*> becomes;
};

// What lowering and passes put in the place of an operator. Those that any graph may get stand at the end.
const Rewrite kRewrites[] = {{"Conv2D", {"_FusedConv2D", "BiasAdd"}},
                             {"Conv3D", {"_FusedConv3D", "BiasAdd"}},
                             {"DepthwiseConv2dNative", {"_FusedDepthwiseConv2dNative", "BiasAdd"}},
                             {"MatMul", {"_FusedMatMul", "BiasAdd"}},
                             {"BatchMatMulV2", {"MatMul", "_FusedMatMul", "BiasAdd", "Reshape"}},
                             {"BatchMatMulV3", {"MatMul", "_FusedMatMul", "BiasAdd", "Reshape"}},
                             {"Einsum", {"MatMul", "_FusedMatMul", "BiasAdd", "Reshape"}}};
constexpr const char* kAlways[] = {"Const", "Identity", "NoOp", "Placeholder"};

// Shapes, indices and counts have these in every graph; float serves float16 and bfloat16, too.
constexpr DType kAlwaysTypes[] = {DType::kFloat, DType::kInt32, DType::kInt64, DType::kBool};

// conv_dots takes no more, conv_planes as many as it likes.
constexpr int64_t kFewOutputs = 4;

bool IsOfFrames(std::string_view op) {
  for (const char* name : {"Switch", "RefSwitch", "_SwitchN", "Merge", "RefMerge", "Enter", "RefEnter"}) {
    if (op == name) return true;
  }
  return false;
}

std::span<const int64_t> IntsOf(const AttrMap& attrs, const char* name) {
  const auto* list = attrs.Get<std::shared_ptr<const AttrList>>(name);
  return list != nullptr && *list != nullptr ? std::span<const int64_t>((*list)->ints) : std::span<const int64_t>();
}

bool AllAtMost(std::span<const int64_t> values, int64_t most) {
  return std::all_of(values.begin(), values.end(), [most](int64_t value) { return value <= most; });
}

// The shape of a constant filter, perhaps behind Identity; without rank where it is none.
Shape FilterShape(const Graph& graph, const Node& product) {
  if (product.inputs.size() < 2) return Shape();
  const Node* node = &graph.node(product.inputs[1].node);
  for (int i = 0; i < graph.size() && node->op == "Identity" && !node->inputs.empty(); ++i) {
    node = &graph.node(node->inputs[0].node);
  }
  const auto* literal = node->attrs.Get<std::shared_ptr<const TensorLiteral>>("value");
  return node->op == "Const" && literal != nullptr && *literal != nullptr ? (*literal)->shape : Shape();
}

// As inferred; unknown where inference did not come.
Shape ShapeOf(const Graph& graph, Edge edge) {
  const auto& outputs = graph.node(edge.node).outputs;
  const auto slot = static_cast<size_t>(edge.slot);
  return slot < outputs.size() ? outputs[slot].shape : Shape::UnknownRank();
}

bool HasReference(const std::vector<ArgSpec>& args) {
  return std::any_of(args.begin(), args.end(),
                     [](const ArgSpec& arg) { return arg.is_ref || arg.dtype == DType::kResource; });
}

const char* NameOf(DType dtype) {
  switch (dtype) {
    case DType::kFloat: return "kFloat";
    case DType::kDouble: return "kDouble";
    case DType::kHalf: return "kHalf";
    case DType::kBfloat16: return "kBfloat16";
    case DType::kInt8: return "kInt8";
    case DType::kInt16: return "kInt16";
    case DType::kInt32: return "kInt32";
    case DType::kInt64: return "kInt64";
    case DType::kUint8: return "kUint8";
    case DType::kUint16: return "kUint16";
    case DType::kUint32: return "kUint32";
    case DType::kUint64: return "kUint64";
    case DType::kBool: return "kBool";
    case DType::kString: return "kString";
    case DType::kComplex64: return "kComplex64";
    case DType::kComplex128: return "kComplex128";
    case DType::kQint8: return "kQint8";
    case DType::kQuint8: return "kQuint8";
    case DType::kQint16: return "kQint16";
    case DType::kQuint16: return "kQuint16";
    case DType::kQint32: return "kQint32";
    case DType::kResource: return "kResource";
    case DType::kVariant: return "kVariant";
    default: return nullptr;
  }
}

Status WriteText(const std::filesystem::path& path, const std::string& text) {
  return SaveFile(path.string(), {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

}  // namespace

void Narrowing::AddOp(const std::string& op, const AttrMap& attrs) {
  ops_.insert(op);
  uses_.fused_activations |= op.starts_with("_Fused") || op == "Elu" || op == "Tanh" || op == "Sigmoid";
  if (op.find("onv") != std::string::npos) {
    for (const auto& [name, value] : attrs) {
      const DType* dtype = std::get_if<DType>(&value);
      uses_.integer_convolutions |=
          (dtype != nullptr && *dtype == DType::kInt32) || std::holds_alternative<AttrPlaceholder>(value);
    }
  }
  // Channels second are put last.
  const std::string* format = attrs.Get<std::string>("data_format");
  if (format != nullptr && format->starts_with("NC")) ops_.insert("Transpose");
  const OpDef* def = FindOp(op);
  if (def == nullptr) return;
  parts_.functions |= (def->flags & kCallsFunctions) != 0;
  parts_.frames |= IsOfFrames(op);
  parts_.gradients |= op == "SymbolicGradient";
  const Signature& signature = SignatureOf(*def);
  parts_.variables |= HasReference(signature.inputs) || HasReference(signature.outputs);
  for (const auto* args : {&signature.inputs, &signature.outputs}) {
    for (const ArgSpec& arg : *args) types_.insert(arg.dtype);
  }
  for (const AttrSpec& spec : signature.attrs) {
    if (const DType* dtype = attrs.Get<DType>(spec.name)) {
      types_.insert(*dtype);
    } else if (const auto* list = attrs.Get<std::shared_ptr<const AttrList>>(spec.name); list && *list) {
      types_.insert((*list)->types.begin(), (*list)->types.end());
    } else if (spec.kind == AttrKind::kType && spec.has_default) {
      types_.insert(std::get<DType>(spec.default_value));
    }
  }
}

// What the kernels for few channels and for groups ask for, as far as the shapes tell.
void Narrowing::AddFilter(const Shape& input, const Shape& filter, bool channels_last) {
  const int64_t seen = filter.dim(2), made = filter.dim(3);
  const int64_t channels = input.has_rank() && input.rank() == 4 ? input.dim(channels_last ? 3 : 1) : -1;
  uses_.groups |= channels != seen;  // -1 while it is unknown
  uses_.few_channels |= seen == 1 || seen == 3;
  uses_.few_outputs |= made <= kFewOutputs;
}

// Of a model's main graph. Convolutions elsewhere, or of other kinds, may be anything.
void Narrowing::AddUses(const Graph& graph) {
  for (const std::string& op : ops_) {
    const bool is_known =
        op == "Conv2D" || op == "_FusedConv2D" || op == "DepthwiseConv2dNative" || op == "_FusedDepthwiseConv2dNative";
    if (op.find("onv") == std::string::npos || (is_known && graph.functions.empty())) continue;
    uses_.winograd = uses_.groups = uses_.few_channels = uses_.few_outputs = true;
    uses_.depthwise3x3_channels = 0;
  }
  for (const Node& node : graph.nodes()) {
    const bool is_depthwise = node.op == "DepthwiseConv2dNative" || node.op == "_FusedDepthwiseConv2dNative";
    if (!is_depthwise && node.op != "Conv2D" && node.op != "_FusedConv2D") continue;
    const Shape filter = FilterShape(graph, node);
    const bool is_known = filter.has_rank() && filter.rank() == 4;
    const bool is_3x3 = is_known && filter.dim(0) == 3 && filter.dim(1) == 3;
    const auto strides = IntsOf(node.attrs, "strides");
    if (!is_depthwise) {
      const auto jumps = std::count_if(strides.begin(), strides.end(), [](int64_t stride) { return stride > 1; });
      uses_.winograd |= !is_known || (filter.dim(0) * filter.dim(1) > 1 && jumps < 2);
      const std::string* format = node.attrs.Get<std::string>("data_format");
      if (is_known) AddFilter(ShapeOf(graph, node.inputs[0]), filter, format == nullptr || *format == "NHWC");
      if (!is_known) uses_.groups = uses_.few_channels = uses_.few_outputs = true;
    } else {
      const bool is_plain =
          is_3x3 && filter.dim(3) == 1 && AllAtMost(strides, 2) && AllAtMost(IntsOf(node.attrs, "dilations"), 1);
      uses_.depthwise3x3_channels = std::min(uses_.depthwise3x3_channels, is_plain ? filter.dim(2) : 0);
    }
  }
}

void Narrowing::AddRewrites() {
  for (const char* op : kAlways) ops_.insert(op);
  types_.insert(std::begin(kAlwaysTypes), std::end(kAlwaysTypes));
  for (const Rewrite& rewrite : kRewrites) {
    if (ops_.contains(rewrite.op)) ops_.insert(rewrite.becomes.begin(), rewrite.becomes.end());
  }
  // Passes turn what lies between them into steps on codes (engine/ops/int8_steps.h).
  if (ops_.contains("FakeQuantWithMinMaxVars") || ops_.contains("FakeQuantWithMinMaxArgs")) {
    types_.insert({DType::kUint8, DType::kInt8});
    if (ops_.contains("Pad")) ops_.insert("PadV2");
  }
  if (parts_.variables) ops_.insert("ReadVariableOp");
  if (parts_.gradients) {  // formulas use what they like
    for (const OpDef* def : AllOps()) ops_.insert(def->name);
  }
}

void Narrowing::Add(const Model& model) {
  ForEachNeededNode(model, model.graph(), [&](const std::string& op, const AttrMap& attrs) { AddOp(op, attrs); });
  parts_.functions |= !model.graph().functions.empty();
  parts_.text |= model.format().starts_with("text");
  parts_.packages |= model.format().find("package") != std::string::npos;
  parts_.saved_models |= model.format().find("SavedModel") != std::string::npos ||
                         model.format().find("MetaGraphDef") != std::string::npos;
  Graph graph = model.graph();
  Summarize(model, &graph);  // infers shapes
  AddUses(graph);
  AddRewrites();
}

Status Narrowing::Write(const std::string& folder) const {
  std::string list, header = "// What an engine for some models has, written by rivulet ops --narrow.\n";
  for (const OpFamily& family : OpFamilies()) {
    const bool is_needed =
        std::any_of(family.ops.begin(), family.ops.end(), [&](const OpDef& def) { return ops_.contains(def.name); });
    if (is_needed) list += Cat("RIVULET_OPS(", family.name, ")\n");
  }
  header += "inline constexpr std::string_view kBuiltOps[] = {\n";
  for (const std::string& op : ops_) {
    if (FindOp(op) != nullptr) header += Cat("    \"", op, "\",\n");
  }
  header += "};\ninline constexpr DType kBuiltTypes[] = {\n";
  for (const DType dtype : types_) {
    if (const char* name = NameOf(dtype)) header += Cat("    DType::", name, ",\n");
  }
  header +=
      "};\n// functions, frames, gradients, variables, SavedModels, packages, text\ninline constexpr BuiltParts kBuilt "
      "= {";
  const bool parts[] = {parts_.functions,    parts_.frames,   parts_.gradients, parts_.variables,
                        parts_.saved_models, parts_.packages, parts_.text};
  for (const bool part : parts) header += part ? "true, " : "false, ";
  header.resize(header.size() - 2);
  header += Cat("};\n// engine/base/built_uses.h\n#define RIVULET_BUILT_USES {", uses_.integer_convolutions, ", ",
                uses_.fused_activations, ", ", uses_.winograd, ", ", uses_.groups, ", ", uses_.few_channels, ", ",
                uses_.few_outputs, ", ", uses_.depthwise3x3_channels, "}\n");
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return InvalidArgument(Quoted(folder), " cannot be made: ", error.message());
  RIVULET_RETURN_IF_ERROR(WriteText(std::filesystem::path(folder) / "ops.list", list));
  return WriteText(std::filesystem::path(folder) / "built.h", header);
}

}  // namespace rivulet::cli
