#include "engine/ops/einsum_equation.h"

#include <algorithm>

#include "engine/base/errors.h"

namespace rivulet {
namespace {

Result<std::vector<int>> ParseTerm(std::string_view term) {
  std::vector<int> labels;
  bool has_ellipsis = false;
  for (size_t i = 0; i < term.size(); ++i) {
    if (labels.size() >= static_cast<size_t>(Shape::kMaxRank)) {
      return InvalidArgument("attr 'equation': want at most ", Shape::kMaxRank, " labels in a term");
    }
    if (term[i] != '.') {
      labels.push_back(static_cast<unsigned char>(term[i]));
      continue;
    }
    if (term.substr(i, 3) != "..." || has_ellipsis) {
      return InvalidArgument("attr 'equation': want dots only as one '...' in ", Quoted(term));
    }
    labels.push_back(kEllipsis);
    has_ellipsis = true;
    i += 2;
  }
  return labels;
}

bool Contains(const std::vector<int>& labels, int label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

}  // namespace

Result<EinsumEquation> ParseEinsum(std::string_view equation, int num_inputs) {
  if (num_inputs < 1 || num_inputs > 2) return Unimplemented("want 1 or 2 inputs, got ", num_inputs);
  const size_t arrow = equation.find("->");
  if (arrow == std::string_view::npos || equation.find("->", arrow + 2) != std::string_view::npos) {
    return InvalidArgument("attr 'equation': want exactly one '->', got ", Quoted(equation));
  }
  EinsumEquation out;
  RIVULET_ASSIGN_OR_RETURN(out.output, ParseTerm(equation.substr(arrow + 2)));
  if (Contains(out.output, ',')) return InvalidArgument("attr 'equation': a comma after '->' in ", Quoted(equation));
  std::string_view rest = equation.substr(0, arrow);
  for (int i = 0; i < num_inputs; ++i) {
    const size_t comma = rest.find(',');
    const bool last = i + 1 == num_inputs;
    if ((comma == std::string_view::npos) != last) {
      return InvalidArgument("attr 'equation': want ", num_inputs, " terms before '->' in ", Quoted(equation));
    }
    RIVULET_ASSIGN_OR_RETURN(std::vector<int> labels, ParseTerm(rest.substr(0, comma)));
    out.inputs.push_back(std::move(labels));
    if (!last) rest.remove_prefix(comma + 1);
  }
  for (const int label : out.output) {
    bool found = label == kEllipsis;
    for (const auto& input : out.inputs) found |= Contains(input, label);
    if (!found) {
      const char character = static_cast<char>(label);
      return InvalidArgument("attr 'equation': label ", Quoted(std::string_view(&character, 1)),
                             " of the output is in no input");
    }
  }
  return out;
}

Result<BoundEinsum> BindEinsum(const EinsumEquation& equation, std::span<const Shape> inputs) {
  BoundEinsum bound;
  bound.extents.assign(static_cast<size_t>(kFirstEllipsisAxis + Shape::kMaxRank), -1);
  std::vector<bool> seen(bound.extents.size(), false);
  int most = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::vector<int>& term = equation.inputs[i];
    const Shape& shape = inputs[i];
    const int named = static_cast<int>(std::count_if(term.begin(), term.end(), [](int l) { return l != kEllipsis; }));
    const bool has_ellipsis = named != static_cast<int>(term.size());
    if (has_ellipsis ? shape.rank() < named : shape.rank() != named) {
      return InvalidArgument("input ", static_cast<int64_t>(i), ": want rank ", has_ellipsis ? ">= " : "", named,
                             " for the equation, got shape ", shape);
    }
    const int axes = shape.rank() - named;  // of the ellipsis
    most = std::max(most, axes);
    std::vector<int> labels;
    for (const int label : term) {
      if (label != kEllipsis) {
        labels.push_back(label);
      } else {
        for (int axis = axes - 1; axis >= 0; --axis) labels.push_back(kFirstEllipsisAxis + axis);
      }
    }
    for (int axis = 0; axis < shape.rank(); ++axis) {
      const int label = labels[static_cast<size_t>(axis)];
      int64_t& extent = bound.extents[static_cast<size_t>(label)];
      const int64_t dim = shape[axis];
      const bool broadcasts = label >= kFirstEllipsisAxis;
      if (!seen[static_cast<size_t>(label)] || extent < 0 || (broadcasts && extent == 1)) {
        // An unknown extent stays unknown beside 1, which broadcasts.
        if (!(seen[static_cast<size_t>(label)] && broadcasts && extent < 0 && dim == 1)) extent = dim;
      } else if (dim >= 0 && dim != extent && !(broadcasts && dim == 1)) {
        return InvalidArgument("input ", static_cast<int64_t>(i), " of shape ", shape, ": want ", extent, " at axis ",
                               axis, ", got ", dim);
      }
      seen[static_cast<size_t>(label)] = true;
    }
    bound.inputs.push_back(std::move(labels));
  }
  for (const int label : equation.output) {
    if (label != kEllipsis) {
      bound.output.push_back(label);
    } else {
      for (int axis = most - 1; axis >= 0; --axis) bound.output.push_back(kFirstEllipsisAxis + axis);
    }
  }
  if (most > 0 && !Contains(equation.output, kEllipsis)) {
    return InvalidArgument("an ellipsis stands for ", most, " axes of the inputs, but the output has none");
  }
  if (bound.output.size() > static_cast<size_t>(Shape::kMaxRank)) {
    return InvalidArgument("the output would have ", static_cast<int64_t>(bound.output.size()), " axes");
  }
  return bound;
}

Shape BoundEinsum::OutputShape() const {
  Shape shape;
  for (const int label : output) shape.push_back(extents[static_cast<size_t>(label)]);
  return shape;
}

}  // namespace rivulet
