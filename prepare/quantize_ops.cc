#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/graph_edit.h"
#include "prepare/names.h"
#include "prepare/needed.h"
#include "prepare/quantize.h"
#include "prepare/quantize_limits.h"
#include "prepare/quantized_ops.h"

namespace rivulet::prepare {
namespace {

// Far below what 8 bits tell apart in any range that matters.
constexpr float kLeastMax = 1e-6f;

// An 8-bit tensor and its range, as names of edges.
struct Quantized {
  std::string codes, min, max;
};

// "a:1" as a part of a name.
std::string NamePart(std::string_view input) {
  std::string name;
  for (const char c : input) {
    if (c == ':') {
      name += "__port__";
    } else if (c == '^') {
      name += "__hat__";
    } else {
      name.push_back(c);
    }
  }
  return name;
}

// Calls take(word) for the words of "a b c".
template <typename Take>
void ForEachWord(std::string_view words, const Take& take) {
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(word.size() + 1, words.size()));
    take(word);
  }
}

class Replacer {
 public:
  Replacer(GraphEdit& edit, NodeDef& node, const QuantizedOp& op, const std::optional<FloatRange>& fallback, bool waits)
      : edit_(edit), node_(node), op_(op), fallback_(fallback), waits_(waits) {}

  // The input that is no image is this value instead.
  void SetPlain(int32_t value) {
    NodeDef made = MakeConst(edit_.FreeName(node_.name + "/eightbit/axis"), Tensor::Scalar(value));
    if (waits_) made.inputs = {Cat("^", ParseInput(node_.inputs[0]).node)};
    new_plain_ = Add(std::move(made));
  }

  void Run() {
    const size_t count = NumDataInputs(node_);
    const size_t plain = op_.plain_input == -2  ? count - 1
                         : op_.plain_input >= 0 ? static_cast<size_t>(op_.plain_input)
                                                : count;
    std::vector<Quantized> images;
    for (size_t i = 0; i < count; ++i) {
      if (i != plain) images.push_back(Quantize(node_.inputs[i]));
    }
    NodeDef eightbit{.name = edit_.FreeName(node_.name + "/eightbit"), .op = std::string(op_.name)};
    for (const Quantized& image : images) eightbit.inputs.push_back(image.codes);
    if (plain < count) {
      const bool comes_first = op_.plain_input == -2 || plain == 0;
      eightbit.inputs.insert(comes_first ? eightbit.inputs.begin() : eightbit.inputs.end(),
                             new_plain_.empty() ? node_.inputs[plain] : new_plain_);
    }
    if (op_.order == RangeOrder::kMinsFirst) {
      for (const Quantized& image : images) eightbit.inputs.push_back(image.min);
      for (const Quantized& image : images) eightbit.inputs.push_back(image.max);
    } else {
      for (const Quantized& image : images) {
        eightbit.inputs.push_back(image.min);
        eightbit.inputs.push_back(image.max);
      }
    }
    AddWaits(WaitsOf(node_), &eightbit.inputs);
    ForEachWord(op_.copied, [&](std::string_view name) {
      if (const Attr* attr = node_.Find(name); attr != nullptr) eightbit.attrs.emplace(name, *attr);
    });
    ForEachWord(op_.types, [&](std::string_view name) { eightbit.attrs.emplace(name, Attr::OfType(DType::kQuint8)); });
    if (op_.float_op.starts_with("Relu")) eightbit.attrs["out_type"] = Attr::OfType(DType::kQuint8);
    if (!op_.wide_type.empty()) eightbit.attrs.emplace(op_.wide_type, Attr::OfType(DType::kQint32));
    std::string result = Add(std::move(eightbit));
    if (!op_.wide_type.empty()) result = Requantize(result);
    NodeDef dequantize{.op = "Dequantize", .device = node_.device, .inputs = {result, result + ":1", result + ":2"}};
    dequantize.attrs["T"] = Attr::OfType(DType::kQuint8);
    dequantize.attrs["mode"] = Attr::OfString("MIN_FIRST");
    edit_.Replace(node_, std::move(dequantize));
  }

 private:
  std::string Add(NodeDef node) {
    node.device = node_.device;
    return edit_.Add(std::move(node), &node_).name;
  }

  // The codes of an input over the range that it has in this run. What is new waits for the input, for a loop's sake.
  Quantized Quantize(const std::string& input) {
    const std::string stem = node_.name + "_eightbit/" + NamePart(input) + "/";
    if (const auto it = done_.find(input); it != done_.end()) return it->second;
    const std::vector<std::string> wait = {Cat("^", ParseInput(input).node)};
    const auto add_list = [&](const char* name, int32_t value) {
      NodeDef made =
          MakeConst(edit_.FreeName(stem + name), Tensor::Of<int32_t>({1}, std::span<const int32_t>(&value, 1)));
      made.inputs = wait;
      return Add(std::move(made));
    };
    const std::string to = add_list("reshape_dims", -1), over = add_list("reduction_dims", 0);
    NodeDef flat{.name = edit_.FreeName(stem + "reshape"), .op = "Reshape", .inputs = {input, to}};
    flat.attrs["T"] = Attr::OfType(DType::kFloat);
    flat.attrs["Tshape"] = Attr::OfType(DType::kInt32);
    const std::string values = Add(std::move(flat));
    const auto add_end = [&](const char* name, const char* op) {
      NodeDef end{.name = edit_.FreeName(stem + name), .op = op, .inputs = {values, over}};
      end.attrs["T"] = Attr::OfType(DType::kFloat);
      end.attrs["Tidx"] = Attr::OfType(DType::kInt32);
      end.attrs["keep_dims"] = Attr::OfBool(false);
      return Add(std::move(end));
    };
    const std::string min = add_end("min", "Min"), max = add_end("max", "Max");
    NodeDef quantize{.name = edit_.FreeName(stem + "quantize"), .op = "QuantizeV2", .inputs = {input, min, max}};
    quantize.attrs["T"] = Attr::OfType(DType::kQuint8);
    quantize.attrs["mode"] = Attr::OfString("MIN_FIRST");
    const std::string codes = Add(std::move(quantize));
    return done_[input] = {codes, codes + ":1", codes + ":2"};
  }

  // A float constant, which waits for the result where that is of a loop.
  std::string AddScalar(const std::string& name, float value, const std::string& wide) {
    NodeDef made = MakeConst(edit_.FreeName(name), Tensor::Scalar(value));
    if (waits_) made.inputs = {Cat("^", wide)};
    return Add(std::move(made));
  }

  // Of 32 bits to 8, over the range that the result has in this run, or the fallback. RequantizationRange makes sure
  // that the least is not above 0. A largest above 0 makes it a range also of zeros, as of silence, and of numbers
  // that are all below 0, where the next operator may want its own 0.
  std::string Requantize(const std::string& wide) {
    const std::string stem = node_.name + "/eightbit/";
    std::string min, max;
    if (fallback_) {
      min = AddScalar(stem + "fallback_min", fallback_->min, wide);
      max = AddScalar(stem + "fallback_max", fallback_->max, wide);
    } else {
      NodeDef range{.name = edit_.FreeName(stem + "requant_range"),
                    .op = "RequantizationRange",
                    .inputs = {wide, wide + ":1", wide + ":2"}};
      range.attrs["Tinput"] = Attr::OfType(DType::kQint32);
      min = Add(std::move(range));
      NodeDef above{.name = edit_.FreeName(stem + "requant_max"),
                    .op = "Maximum",
                    .inputs = {min + ":1", AddScalar(stem + "least_max", kLeastMax, wide)}};
      above.attrs["T"] = Attr::OfType(DType::kFloat);
      max = Add(std::move(above));
    }
    NodeDef narrow{.name = edit_.FreeName(stem + "requantize"),
                   .op = "Requantize",
                   .inputs = {wide, wide + ":1", wide + ":2", min, max}};
    narrow.attrs["Tinput"] = Attr::OfType(DType::kQint32);
    narrow.attrs["out_type"] = Attr::OfType(DType::kQuint8);
    return Add(std::move(narrow));
  }

  GraphEdit& edit_;
  NodeDef& node_;
  const QuantizedOp& op_;
  const std::optional<FloatRange>& fallback_;
  const bool waits_;
  std::string new_plain_;
  std::map<std::string, Quantized> done_;
};

// QuantizedConcat does not count axes from the end. Gives the axis where it is counted so, and must be another.
Result<std::optional<int32_t>> AxisFromStart(const QuantizedOp& op, const NodeDef& node, const Facts& facts,
                                             GraphEdit& edit) {
  if (op.name != "QuantizedConcat") return std::optional<int32_t>();
  const size_t axis_at = op.plain_input == 0 ? 0 : NumDataInputs(node) - 1;
  const std::optional<ConstInput> axis = edit.ReadConst(node, axis_at);
  if (!axis || axis->value.dtype() != DType::kInt32 || axis->value.num_elements() != 1) {
    return InvalidArgument("its axis is not known");
  }
  const int32_t value = axis->value.data<int32_t>()[0];
  if (value >= 0) return std::optional<int32_t>();
  const Shape& shape = facts.ShapeOf(node.inputs[axis_at == 0 ? 1 : 0]);
  if (!shape.has_rank() || value < -shape.rank()) return InvalidArgument("its axis is not known");
  return std::optional<int32_t>(value + shape.rank());
}

// That no input can be empty in some run.
Status CheckNotEmpty(const NodeDef& node, const Facts& facts, const NameSet& found) {
  for (size_t i = 0; i < NumDataInputs(node); ++i) {
    const Shape& shape = facts.ShapeOf(node.inputs[i]);
    const bool unknown = !shape.complete() && found.contains(std::string(ParseInput(node.inputs[i]).node));
    if (unknown || (shape.complete() && shape.num_elements() == 0)) {
      return InvalidArgument("its input '", node.inputs[i], "' can be empty");
    }
  }
  return Status();
}

}  // namespace

Status ReplaceOps(const QuantizeOptions& options, const TransformContext& context, GraphDef& graph) {
  RIVULET_ASSIGN_OR_RETURN(const Facts facts, Facts::Of(graph));
  RIVULET_ASSIGN_OR_RETURN(const std::vector<const NodeDef*> order, ExecutionOrder(graph));
  const NameSet inside = BehindControlFlow(order);
  const NameSet found = BehindFoundShapes(order);
  const NameSet rooted = BeforeRoots(order);
  NameSet fed;
  for (const std::string& name : context.inputs) fed.emplace(ParseInput(name).node);
  RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph, context));
  for (NodeDef* node : edit.Nodes()) {
    const QuantizedOp* op = FindQuantizedOp(node->op);
    if (op == nullptr || options.ignored_ops.contains(node->op) || fed.contains(node->name)) continue;
    Status fits = CheckQuantizable(*op, *node, facts);
    if (fits.ok() && rooted.contains(node->name))
      fits = InvalidArgument("a root or quotient is taken of what it gives");
    if (fits.ok()) fits = CheckNotEmpty(*node, facts, found);
    std::optional<int32_t> axis;
    if (fits.ok()) {
      const Result<std::optional<int32_t>> from_start = AxisFromStart(*op, *node, facts, edit);
      fits = from_start.status();
      if (fits.ok()) axis = *from_start;
    }
    if (!fits.ok()) {
      if (context.report != nullptr) context.report(Cat("'", node->name, "' stays float: ", fits.message()));
      continue;
    }
    if (!context.MayRewrite(node->name)) continue;
    Replacer replacer(edit, *node, *op, options.fallback, inside.contains(node->name));
    if (axis) replacer.SetPlain(*axis);
    replacer.Run();
  }
  std::move(edit).WriteTo(graph);
  return Status();
}

}  // namespace rivulet::prepare
