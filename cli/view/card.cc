#include "cli/view/card.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/base/errors.h"
#include "engine/ops/op.h"

namespace rivulet::cli::view {
namespace {

constexpr size_t kMostRows = 4;
constexpr double kBold = 1.1;
constexpr double kLeastWidth = 118;
constexpr double kMostWidth = 232;
constexpr double kGroupHeight = 56;
constexpr int64_t kShownWhole = 4;  // elements that are shown instead of a shape

std::string ValueText(const ViewNode& source) {
  if (source.value == nullptr) return "variable";
  const int64_t count = source.value->shape.num_elements();
  if (count >= 0 && count <= kShownWhole) return FirstValues(*source.value, static_cast<int>(kShownWhole));
  return ShapeText(source.value->shape);
}

// What an operator calls its inputs, up to one of which there may be any number.
std::vector<std::string> ArgumentNames(const std::string& op) {
  std::vector<std::string> names;
  const OpDef* def = FindOp(op);
  std::string_view text = def == nullptr ? "" : def->inputs;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(", "));
    const size_t colon = one.find(':');
    if (colon == std::string_view::npos || one.find('*') != std::string_view::npos ||
        one.find("list(") != std::string_view::npos)
      break;
    names.emplace_back(one.substr(0, colon));
    text.remove_prefix(std::min(one.size() + 2, text.size()));
  }
  return names;
}

// "filter" is better than "resource"; but "kernel" is better than "x".
std::string RowLabel(const std::vector<std::string>& arguments, size_t input, const ViewNode& source) {
  if (input < arguments.size() && arguments[input].size() > 1) return arguments[input];
  return std::string(ShortName(source.name));
}

void AddRows(const ViewGraph& graph, const ViewNode& node, Card* card) {
  const std::vector<std::string> arguments = ArgumentNames(node.op);
  size_t more = 0, input = 0;
  for (const Link& link : node.inputs) {
    const size_t at = link.is_control ? input : input++;
    if (!link.is_folded || link.is_control) continue;
    if (card->rows.size() == kMostRows) {
      ++more;
      continue;
    }
    const int32_t source = SourceOf(graph, link.node);
    card->rows.push_back({RowLabel(arguments, at, graph.node(source)), ValueText(graph.node(source)), link.node});
  }
  if (more > 0) card->rows.push_back({Cat("and ", more, " more"), ""});
}

Card NodeCard(const ViewGraph& graph, const ViewNode& node) {
  Card card{.title = node.op, .subtitle = std::string(NameWithin(graph, node))};
  AddRows(graph, node, &card);
  double width = std::max(TextWidth(card.title, kTitleSize) * kBold, TextWidth(card.subtitle, kTextSize));
  for (const Card::Row& row : card.rows)
    width = std::max(width, TextWidth(row.label, kTextSize) + TextWidth(row.text, kTextSize) + 18);
  card.width = std::round(std::clamp(width + 28, kLeastWidth, kMostWidth));
  card.height = kTitleHeight + (card.rows.empty() ? 0 : kRowHeight * static_cast<double>(card.rows.size()) + 7);
  return card;
}

Card GroupCard(const Group& group) {
  Card card{.title = group.label, .subtitle = Cat(group.size, group.size == 1 ? " node" : " nodes")};
  if (group.cost.parameters > 0)
    card.subtitle += Cat(" · ", Short(static_cast<double>(group.cost.parameters)), " weights");
  const double text = std::max(TextWidth(card.title, kTitleSize) * kBold, TextWidth(card.subtitle, kTextSize));
  card.width = std::round(std::clamp(text + 48, kLeastWidth + 12, kMostWidth + 24));
  card.height = kGroupHeight;
  return card;
}

struct FamilyOps {
  Family family;
  std::vector<std::string_view> parts;
};

// The first row with a part that the operator's name contains.
const std::vector<FamilyOps>& FamilyTable() {
  static const std::vector<FamilyOps> table = {
      {Family::kEnd, {"Placeholder", "Argument", "Result", "_Arg", "_Retval"}},
      {Family::kControl,
       {"While", "If", "Case", "Switch", "Merge", "Enter", "Exit", "NextIteration", "LoopCond", "PartitionedCall",
        "NoOp", "Assert", "Iterator", "Dataset"}},
      {Family::kNormalise, {"BatchNorm", "LRN", "Norm", "Moments", "Dropout"}},
      {Family::kProduct, {"Conv", "MatMul", "Einsum", "LSTM", "GRU", "RNN"}},
      {Family::kPool, {"Pool", "Resize", "Crop"}},
      {Family::kActivation, {"Relu", "Elu", "Selu", "Sigmoid", "Tanh", "Soft", "Swish", "Gelu"}},
      {Family::kState,
       {"Variable", "VarHandle", "Assign", "Save", "Restore", "Table", "TensorList", "TensorArray", "Queue", "Stack",
        "Random"}},
      {Family::kText, {"String", "Decode", "Encode", "Regex", "Parse", "File", "Spectrogram", "Mfcc"}},
      {Family::kShape, {"Reshape",  "Squeeze", "ExpandDims", "Transpose",    "Concat",  "Split", "Slice", "Pad",
                        "Pack",     "Unpack",  "Gather",     "Scatter",      "Shape",   "Tile",  "Fill",  "Cast",
                        "Identity", "Range",   "Rank",       "Size",         "Const",   "Space", "Batch", "Reverse",
                        "Where",    "OneHot",  "TopK",       "StopGradient", "Quantize"}},
      {Family::kArithmetic,
       {"Add", "Mul",  "Sub",    "Div",    "Mod",   "Sum",        "Mean",   "Max",  "Min",     "Prod",
        "Pow", "Sqrt", "Square", "Exp",    "Log",   "Neg",        "Abs",    "Less", "Greater", "Equal",
        "Not", "And",  "Or",     "Select", "Round", "Floor",      "Ceil",   "Sign", "Any",     "All",
        "Cum", "Erf",  "Sin",    "Cos",    "Inv",   "Reciprocal", "Segment"}},
  };
  return table;
}

}  // namespace

std::vector<Card> MakeCards(const ViewGraph& graph) {
  std::vector<Card> cards;
  cards.reserve(graph.nodes.size() + graph.groups.size());
  for (const ViewNode& node : graph.nodes) cards.push_back(node.is_folded ? Card() : NodeCard(graph, node));
  for (const Group& group : graph.groups) cards.push_back(GroupCard(group));
  return cards;
}

std::string_view NameWithin(const ViewGraph& graph, const ViewNode& node) {
  const std::string prefix =
      node.function < 0 ? "" : Cat("ƒ ", graph.functions[static_cast<size_t>(node.function)], "/");
  const std::string_view name = node.name;
  for (int32_t g = node.group; g > 0; g = graph.groups[static_cast<size_t>(g)].parent) {
    std::string_view path = graph.groups[static_cast<size_t>(g)].path;
    if (!path.starts_with(prefix)) continue;
    path.remove_prefix(prefix.size());
    if (name.size() > path.size() + 1 && name.starts_with(path) && name[path.size()] == '/')
      return name.substr(path.size() + 1);
    if (name == path) return ShortName(name);
  }
  return name;
}

double TextWidth(std::string_view text, double size) {
  double ems = 0;
  for (const char c : text) {
    if ((c & 0xC0) == 0x80) continue;  // the rest of a character
    if (std::string_view("iltfjrI.,:;'|!()[]/ -").find(c) != std::string_view::npos) {
      ems += 0.33;
    } else if (std::string_view("mwMW@%").find(c) != std::string_view::npos) {
      ems += 0.86;
    } else {
      ems += c >= 'A' && c <= 'Z' ? 0.67 : 0.57;
    }
  }
  return ems * size * 1.1;
}

std::string Short(double number) {
  constexpr std::string_view kUnits[] = {"", " k", " M", " G", " T", " P"};
  size_t unit = 0;
  while (number >= 999.5 && unit + 1 < std::size(kUnits)) {
    number /= 1000;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof(text), unit == 0 ? "%.0f" : number < 99.95 ? "%.1f" : "%.0f", number);
  return Cat(text, kUnits[unit]);
}

Family FamilyOf(std::string_view op) {
  for (const FamilyOps& row : FamilyTable()) {
    for (const std::string_view part : row.parts) {
      if (op.find(part) != std::string_view::npos) return row.family;
    }
  }
  return Family::kOther;
}

std::string_view FamilyName(Family family) {
  constexpr std::string_view kNames[kNumFamilies] = {"other",   "products",       "activations",    "normalisation",
                                                     "pooling", "arithmetic",     "shapes",         "control",
                                                     "state",   "text and media", "inputs, results"};
  return kNames[static_cast<size_t>(family)];
}

}  // namespace rivulet::cli::view
