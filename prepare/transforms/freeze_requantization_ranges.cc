// freeze_requantization_ranges: the ranges that were measured on samples, in place of measuring them in every run.
//
//   r = RequantizationRange(x, lo, hi), y = Requantize(x, lo, hi, r, r:1)   becomes
//   r/frozen_min = Const, r/frozen_max = Const, y = Requantize(x, lo, hi, r/frozen_min, r/frozen_max)
//
// The log is what TensorFlow prints for the graph after insert_logging(op=RequantizationRange, show_name=true,
// message="__requant_min_max:"): lines with ";r__print__;__requant_min_max:[-1.5][6]". Of each range's records
// min_percentile of the lowest minima and max_percentile of the highest maxima are left out.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "prepare/constants.h"
#include "prepare/graph_edit.h"
#include "prepare/names.h"
#include "prepare/needed.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

constexpr std::string_view kMark = "__print__;__requant_min_max:";

struct Records {
  std::vector<float> minima, maxima;
};

// "[number]" at the start of `text`, which is cut behind it.
std::optional<float> ReadBracket(std::string_view* text) {
  const size_t end = text->find(']');
  if (!text->starts_with('[') || end == std::string_view::npos || end < 2 || end > 64) return std::nullopt;
  const std::string number(text->substr(1, end - 1));
  char* rest = nullptr;
  const float value = std::strtof(number.c_str(), &rest);
  if (*rest != '\0' || !std::isfinite(value)) return std::nullopt;
  text->remove_prefix(end + 1);
  return value;
}

Result<std::map<std::string, Records>> ReadLog(std::string_view text) {
  std::map<std::string, Records> records;
  for (size_t line_number = 1; !text.empty(); ++line_number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const size_t mark = line.find(kMark);
    if (mark == std::string_view::npos) continue;
    const size_t start = line.substr(0, mark).rfind(';');
    if (start == std::string_view::npos) return InvalidArgument("line ", line_number, ": want ';' before the name");
    const std::string name(line.substr(start + 1, mark - start - 1));
    line.remove_prefix(mark + kMark.size());
    const std::optional<float> least = ReadBracket(&line);
    const std::optional<float> largest = least ? ReadBracket(&line) : std::nullopt;
    if (!largest) return InvalidArgument("line ", line_number, ": want [min][max] after '", name, "'");
    records[name].minima.push_back(*least);
    records[name].maxima.push_back(*largest);
  }
  if (records.empty()) return InvalidArgument("it has no line with '", kMark, "'");
  return records;
}

float AtPart(std::vector<float> values, double part) {
  std::sort(values.begin(), values.end());
  const auto last = static_cast<double>(values.size() - 1);
  const double at = std::round(static_cast<double>(values.size()) * part);
  return values[static_cast<size_t>(std::clamp(at, 0.0, last))];
}

Result<double> Percent(const Arguments& arguments, std::string_view name) {
  RIVULET_ASSIGN_OR_RETURN(const int64_t value, arguments.Int(name, 5));
  if (value < 0 || value > 100) return InvalidArgument("argument '", name, "': want 0 to 100, got ", value);
  return static_cast<double>(value) / 100;
}

Status Freeze(GraphEdit& edit, NodeDef& node, float least, float largest, bool waits) {
  if (edit.IsKept(node)) return InvalidArgument("node '", node.name, "' is fed or fetched");
  const std::pair<const char*, float> ends[] = {{"/frozen_min", least}, {"/frozen_max", largest}};
  std::string names[2];
  for (size_t i = 0; i < 2; ++i) {
    NodeDef made = MakeConst(edit.FreeName(node.name + ends[i].first), Tensor::Scalar(ends[i].second));
    made.device = node.device;
    made.inputs = WaitsOf(node);
    if (waits && !node.inputs.empty()) AddWaits({Cat("^", ParseInput(node.inputs[0]).node)}, &made.inputs);
    names[i] = edit.Add(std::move(made), &node).name;
  }
  for (NodeDef* reader : edit.ReadersOf(node)) {
    std::vector<std::string> inputs;
    for (const std::string& input : reader->inputs) {
      const InputName name = ParseInput(input);
      if (name.node != node.name) {
        inputs.push_back(input);
      } else if (name.is_control) {
        AddWaits({Cat("^", names[0]), Cat("^", names[1])}, &inputs);
      } else if (name.port > 1) {
        return InvalidArgument("node '", reader->name, "': input '", input, "' is no output of a RequantizationRange");
      } else {
        inputs.push_back(names[name.port]);
      }
    }
    edit.SetInputs(*reader, std::move(inputs));
  }
  edit.Remove(node);
  return Status();
}

Status Apply(GraphDef& graph, const TransformContext& context) {
  RIVULET_ASSIGN_OR_RETURN(const std::string path, context.arguments.Required("min_max_log_file"));
  RIVULET_ASSIGN_OR_RETURN(const double below, Percent(context.arguments, "min_percentile"));
  RIVULET_ASSIGN_OR_RETURN(const double above, Percent(context.arguments, "max_percentile"));
  RIVULET_ASSIGN_OR_RETURN(const FileBytes file, OpenFile(path, FileAccess::kRead, Limits().file_bytes));
  const std::string_view text(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
  Result<std::map<std::string, Records>> records = ReadLog(text);
  if (!records.ok()) return Status(records.status()).Framed(Cat("'", path, "'"));
  RIVULET_ASSIGN_OR_RETURN(const std::vector<const NodeDef*> order, ExecutionOrder(graph));
  const NameSet inside = BehindControlFlow(order);
  RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph, context));
  for (const auto& [name, found] : *records) {
    NodeDef* node = edit.Find(name);
    if (node == nullptr) {
      std::vector<std::string_view> ranges;
      for (const NodeDef& other : graph.nodes) {
        if (other.op == "RequantizationRange") ranges.push_back(other.name);
      }
      if (ranges.empty()) return NotFound("the graph has no RequantizationRange, and '", path, "' names '", name, "'");
      return NotFound("'", path, "': no node is called '", name, "'; nearest: ", NearestNames(name, ranges));
    }
    if (node->op != "RequantizationRange") {
      return InvalidArgument("'", path, "': want a RequantizationRange, '", name, "' is a ", node->op);
    }
    const float least = AtPart(found.minima, below), largest = AtPart(found.maxima, 1 - above);
    RIVULET_RETURN_IF_ERROR(Freeze(edit, *node, least, largest, inside.contains(name)));
  }
  std::move(edit).WriteTo(graph);
  return Status();
}

}  // namespace

const Transform kFreezeRequantizationRanges = {
    "freeze_requantization_ranges", "max_percentile min_max_log_file min_percentile", Apply, Promise::kLossy};

}  // namespace rivulet::prepare
