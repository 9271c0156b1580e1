#include "tasks/picture_input.h"

#include <algorithm>
#include <cmath>

#include "engine/base/errors.h"
#include "engine/graph/graph.h"

namespace rivulet {
namespace {

constexpr int64_t kLargestSide = 16384;
constexpr int64_t kUsualSide = 224;
constexpr int kLongestChain = 8;

bool IsOneOf(std::string_view op, std::initializer_list<std::string_view> ops) {
  return std::find(ops.begin(), ops.end(), op) != ops.end();
}

bool ScalesPixels(const Node& node) {
  return IsOneOf(node.op, {"Sub", "Mul", "RealDiv", "Div", "FusedBatchNorm", "FusedBatchNormV3"});
}

bool Uses(const Node& node, int32_t index) {
  return std::any_of(node.inputs.begin(), node.inputs.end(), [&](const Edge& edge) { return edge.node == index; });
}

// The constant behind an edge, through the Identity nodes that frozen variables leave.
const TensorLiteral* ConstantBehind(const Graph& graph, Edge edge) {
  for (int steps = 0; steps < kLongestChain; ++steps) {
    const Node& node = graph.node(edge.node);
    if (node.op == "Const") {
      const auto* literal = node.attrs.Get<std::shared_ptr<const TensorLiteral>>("value");
      return literal != nullptr ? literal->get() : nullptr;
    }
    if (node.op != "Identity" || node.inputs.empty()) return nullptr;
    edge = node.inputs[0];
  }
  return nullptr;
}

// The numbers of an integer constant as dims, unknown where not positive; one unknown dim for what is no constant.
void AppendDims(const Graph& graph, Edge edge, Shape* shape) {
  const TensorLiteral* literal = ConstantBehind(graph, edge);
  const bool is_int = literal != nullptr && (literal->dtype == DType::kInt32 || literal->dtype == DType::kInt64);
  Result<Tensor> dims =
      is_int && literal->shape.num_elements() <= 4 ? Expand(*literal, *Allocator::Create()) : Tensor();
  if (!dims.ok() || !dims->valid()) return shape->push_back(Shape::kUnknownDim);
  for (int64_t i = 0; i < dims->num_elements(); ++i) {
    const int64_t dim = literal->dtype == DType::kInt32 ? dims->data<int32_t>()[i] : dims->data<int64_t>()[i];
    shape->push_back(dim > 0 ? dim : Shape::kUnknownDim);
  }
}

// [batch, ...] as a Reshape makes it, when that is a picture's rows and columns. Its dims are a constant, or packed
// from some, as where the batch is computed.
Shape ReshapedTo(const Graph& graph, const Node& reshape) {
  const Node& dims = graph.node(reshape.inputs[1].node);
  Shape shape;
  if (dims.op == "Pack" && dims.inputs.size() <= 4) {
    for (const Edge& edge : dims.inputs) AppendDims(graph, edge, &shape);
  } else {
    AppendDims(graph, reshape.inputs[1], &shape);
  }
  return shape.rank() == 3 || shape.rank() == 4 ? shape : Shape::UnknownRank();
}

// The shape that the first operator with an opinion wants of what is fed at `index`: a convolution by its filter, a
// matrix product by its matrix, a Reshape by its dims.
Shape WantedShape(const Graph& graph, int32_t index) {
  for (int steps = 0; steps < kLongestChain; ++steps) {
    int32_t next = -1;
    for (int32_t i = 0; i < graph.size(); ++i) {
      const Node& node = graph.node(i);
      if (!Uses(node, index)) continue;
      const bool is_first = node.inputs[0].node == index && node.inputs.size() > 1;
      if (is_first && node.op == "Reshape") return ReshapedTo(graph, node);
      if (is_first && IsOneOf(node.op, {"Conv2D", "DepthwiseConv2dNative", "MatMul"})) {
        const TensorLiteral* weights = ConstantBehind(graph, node.inputs[1]);
        if (weights == nullptr) return Shape::UnknownRank();
        if (node.op == "MatMul") {
          return weights->shape.rank() == 2 ? Shape{Shape::kUnknownDim, weights->shape[0]} : Shape::UnknownRank();
        }
        if (weights->shape.rank() != 4) return Shape::UnknownRank();
        return Shape{Shape::kUnknownDim, Shape::kUnknownDim, Shape::kUnknownDim, weights->shape[2]};
      }
      if (ScalesPixels(node) || IsOneOf(node.op, {"Identity", "Cast", "Add", "AddV2", "Pad", "MirrorPad"})) next = i;
    }
    if (next < 0) break;
    index = next;
  }
  return Shape::UnknownRank();
}

bool ScalesItself(const Graph& graph, int32_t index) {
  return std::any_of(graph.nodes().begin(), graph.nodes().end(),
                     [&](const Node& node) { return ScalesPixels(node) && Uses(node, index); });
}

bool IsPictureType(DType dtype) { return dtype == DType::kFloat || dtype == DType::kUint8; }

// How much an input looks like one for pictures or files.
int Likeliness(const Model::Input& input) {
  if (input.dtype == DType::kString) return 2;
  if (!IsPictureType(input.dtype)) return 0;
  if (!input.shape.has_rank()) return 2;
  return input.shape.rank() == 4 ? 3 : input.shape.rank() == 3 || input.shape.rank() == 2 ? 2 : 1;
}

bool Mentions(const std::string& name, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

// The switches that networks have for training get the value they have in use.
void FeedSwitches(const Model& model, PictureInput* input) {
  for (const Model::Input& other : model.Inputs()) {
    if (other.has_default || other.name == input->name) continue;
    std::string value;
    if (other.dtype == DType::kFloat && Mentions(other.name, {"keep_prob", "keep_rate", "dropout"})) {
      const bool is_kept = Mentions(other.name, {"keep"});
      input->others.emplace_back(other.name, Tensor::Scalar<float>(is_kept ? 1.0f : 0.0f));
      value = is_kept ? "1" : "0";
    } else if (other.dtype == DType::kBool && Mentions(other.name, {"train", "phase"})) {
      input->others.emplace_back(other.name, Tensor::Scalar<bool>(false));
      value = "false";
    } else {
      continue;
    }
    input->assumptions.push_back(Cat(Quoted(other.name), " is fed ", value, ": nothing is being trained"));
  }
}

Status ChooseName(const Model& model, PictureInput* input) {
  const std::vector<Model::Input> all = model.Inputs();
  const Model::Input* best = nullptr;
  int64_t needed = 0;
  for (const Model::Input& candidate : all) {
    if (candidate.has_default) continue;
    ++needed;
    if (best == nullptr || Likeliness(candidate) > Likeliness(*best)) best = &candidate;
  }
  if (best == nullptr) return InvalidArgument("the model has no placeholder; name the input with --input-layer");
  input->name = best->name;
  if (needed > 1) input->assumptions.push_back(Cat("the input is ", Quoted(input->name), ", one of ", needed));
  return Status();
}

// A flattened picture, as in the MNIST tutorials.
Status SetFlat(const Shape& shape, const PictureInputOptions& options, PictureInput* input) {
  const int64_t size = shape[1];
  const auto side = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(std::max<int64_t>(size, 0)))));
  input->is_flat = true;
  input->channels = 1;
  input->height = options.height.value_or(side);
  input->width = options.width.value_or(side);
  if (input->height < 1 || input->width < 1 || input->height > kLargestSide || input->width > kLargestSide ||
      (size >= 0 && input->height * input->width != size)) {
    return InvalidArgument("input ", Quoted(input->name), " takes ", shape.ToString(),
                           ", which is no square picture; give --input-width and --input-height");
  }
  return Status();
}

Status SetSize(const Shape& shape, const PictureInputOptions& options, PictureInput* input) {
  const int first = shape.rank() == 3 ? 0 : 1;
  const auto dim = [&](int axis) { return shape.rank() > axis ? shape[axis] : Shape::kUnknownDim; };
  input->is_planar = shape.rank() == 4 && (dim(1) == 1 || dim(1) == 3) && dim(3) != 1 && dim(3) != 3 && dim(3) > 0;
  const int rows = input->is_planar ? first + 1 : first;
  input->height = options.height.value_or(dim(rows));
  input->width = options.width.value_or(dim(rows + 1));
  const int64_t channels = dim(input->is_planar ? first : first + 2);
  input->channels = channels > 0 ? channels : 3;
  if (input->height <= 0 || input->width <= 0) {
    input->height = input->width = kUsualSide;
    input->assumptions.push_back(
        Cat("the picture's size is ", kUsualSide, "×", kUsualSide, "; the graph does not say"));
  }
  if (input->height > kLargestSide || input->width > kLargestSide)
    return InvalidArgument("an input of ", input->width, "×", input->height, " pixels is too large");
  if (input->channels != 1 && input->channels != 3) {
    return InvalidArgument("input ", Quoted(input->name), " wants ", input->channels,
                           " channels; pictures have 1 or 3");
  }
  return Status();
}

}  // namespace

Shape PictureInput::shape() const {
  if (is_file) return Shape();
  if (is_flat) return Shape{1, height * width * channels};
  if (is_single) return Shape{height, width, channels};
  return is_planar ? Shape{1, channels, height, width} : Shape{1, height, width, channels};
}

Result<PictureInput> FindPictureInput(const Model& model, const PictureInputOptions& options) {
  PictureInput input;
  input.name = options.layer;
  if (input.name.empty()) RIVULET_RETURN_IF_ERROR(ChooseName(model, &input));
  RIVULET_ASSIGN_OR_RETURN(const Model::EdgeInfo info, model.Describe(input.name));
  FeedSwitches(model, &input);
  input.dtype = info.dtype == DType::kInvalid ? DType::kFloat : info.dtype;
  input.is_file = input.dtype == DType::kString;
  if (input.is_file) return input;
  if (!IsPictureType(input.dtype)) {
    return InvalidArgument("input ", Quoted(input.name), " is ", Name(input.dtype),
                           "; pictures are fed as float32, uint8 or whole files");
  }
  const std::string node_name = input.name.substr(0, input.name.rfind(':'));
  const int32_t node = model.graph().Find(node_name);
  input.scales_itself = ScalesItself(model.graph(), node);
  Shape shape = info.shape;
  if (!shape.has_rank()) shape = WantedShape(model.graph(), node);
  if (shape.has_rank() && shape.rank() == 3) {
    input.is_single = info.shape.has_rank();
    // A Reshape to [batch, rows, columns] means one channel.
    if (!input.is_single) shape = Shape{shape[0], shape[1], shape[2], 1};
  }
  if (shape.has_rank() && shape.rank() == 2) {
    RIVULET_RETURN_IF_ERROR(SetFlat(shape, options, &input));
    return input;
  }
  if (shape.has_rank() && shape.rank() != 4 && shape.rank() != 3) {
    return InvalidArgument("input ", Quoted(input.name), " takes ", shape.ToString(),
                           ", want a picture [batch, height, width, channels]");
  }
  RIVULET_RETURN_IF_ERROR(SetSize(shape, options, &input));
  return input;
}

}  // namespace rivulet
