// strip_unused_nodes: only what the outputs need stays, up to the inputs; an input that is no Placeholder becomes one,
// of the given type and shape.

#include "engine/base/errors.h"
#include "prepare/graph_edit.h"
#include "prepare/names.h"
#include "prepare/needed.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

Result<DType> TypeCalled(std::string_view name) {
  static constexpr std::pair<std::string_view, DType> kOtherNames[] = {
      {"float", DType::kFloat}, {"double", DType::kDouble}, {"half", DType::kHalf}};
  for (const auto& [other, dtype] : kOtherNames) {
    if (other == name) return dtype;
  }
  for (int i = 1; i <= static_cast<int>(DType::kUint64); ++i) {
    if (Name(static_cast<DType>(i)) == name) return static_cast<DType>(i);
  }
  return InvalidArgument("want a type such as float, int32, string, got '", name, "'");
}

// "1,224,224,3"; nothing is a scalar.
Result<Shape> ShapeCalled(std::string_view text) {
  std::vector<int64_t> dims;
  const std::string_view whole = text;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, text.find(','));
    text.remove_prefix(std::min(piece.size() + 1, text.size()));
    int64_t dim = 0;
    for (const char c : piece) {
      if (c < '0' || c > '9' || dim > (int64_t{1} << 50))
        return InvalidArgument("want a shape such as 1,224,224,3, got '", whole, "'");
      dim = dim * 10 + (c - '0');
    }
    dims.push_back(dim);
  }
  return Shape(std::span<const int64_t>(dims));
}

struct Placed {
  DType dtype = DType::kFloat;
  Shape shape;
};

Result<std::map<std::string, Placed, std::less<>>> ReadPlaces(const Arguments& arguments, Placed* usual) {
  RIVULET_ASSIGN_OR_RETURN(const std::string type, arguments.One("type", "float"));
  RIVULET_ASSIGN_OR_RETURN(const std::string shape, arguments.One("shape", ""));
  RIVULET_ASSIGN_OR_RETURN(usual->dtype, TypeCalled(type));
  RIVULET_ASSIGN_OR_RETURN(usual->shape, ShapeCalled(shape));
  const std::vector<std::string> names = arguments.All("name"), types = arguments.All("type_for_name"),
                                 shapes = arguments.All("shape_for_name");
  if (names.size() != types.size() || names.size() != shapes.size()) {
    return InvalidArgument("want a type_for_name and a shape_for_name for each name, got ", names.size(), " names, ",
                           types.size(), " types and ", shapes.size(), " shapes");
  }
  std::map<std::string, Placed, std::less<>> places;
  for (size_t i = 0; i < names.size(); ++i) {
    Placed& place = places[names[i]];
    RIVULET_ASSIGN_OR_RETURN(place.dtype, TypeCalled(types[i]));
    RIVULET_ASSIGN_OR_RETURN(place.shape, ShapeCalled(shapes[i]));
  }
  return places;
}

Status Apply(GraphDef& graph, const TransformContext& context) {
  Placed usual;
  RIVULET_ASSIGN_OR_RETURN(const auto places, ReadPlaces(context.arguments, &usual));
  RIVULET_ASSIGN_OR_RETURN(const auto used, NeededNames(graph, context, true));
  NameViewSet inputs;
  for (const std::string& text : context.inputs) inputs.insert(ParseInput(text).node);
  std::vector<NodeDef> kept;
  for (const NodeDef& node : graph.nodes) {
    if (!used.contains(node.name)) continue;
    if (!inputs.contains(node.name) || (IsPlaceholder(node) && node.inputs.empty())) {
      kept.push_back(node);
      continue;
    }
    if (IsPlaceholder(node)) {  // what its default came from is gone
      NodeDef placeholder = node;
      placeholder.op = "Placeholder";
      placeholder.inputs.clear();
      kept.push_back(std::move(placeholder));
      continue;
    }
    const auto it = places.find(node.name);
    const Placed& place = it == places.end() ? usual : it->second;
    NodeDef placeholder{.name = node.name, .op = "Placeholder"};
    placeholder.attrs["dtype"] = Attr::OfType(place.dtype);
    placeholder.attrs["shape"] = Attr::OfShape(place.shape);
    kept.push_back(std::move(placeholder));
  }
  graph.nodes = std::move(kept);
  return Status();
}

}  // namespace

const Transform kStripUnusedNodes = {"strip_unused_nodes", "type shape name type_for_name shape_for_name", Apply};

}  // namespace rivulet::prepare
