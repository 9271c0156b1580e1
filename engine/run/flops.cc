#include "engine/run/flops.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <string_view>

#include "engine/base/built.h"
#include "engine/base/checked.h"
#include "engine/base/small.h"
#include "engine/ops/einsum_equation.h"
#include "engine/ops/uniform_conv_shape.h"

namespace rivulet {
namespace {

int64_t Known(CheckedSize size) { return size.valid() ? size.value() : 0; }

// A node and the shapes at it.
class Shapes {
 public:
  Shapes(const Node& node, const std::vector<Shape>& inputs, const Shape& output)
      : node_(node), inputs_(inputs), output_(output) {}

  size_t inputs() const { return inputs_.size(); }
  const Shape& in(size_t index) const { return index < inputs() ? inputs_[index] : UnknownShape(); }
  const Shape& last() const { return in(inputs() - 1); }
  const Shape& out() const { return output_; }
  bool Is(const char* attr) const {
    const bool* value = node_.attrs.Get<bool>(attr);
    return value != nullptr && *value;
  }
  AttrReader attrs() const { return AttrReader(node_); }
  std::string_view Text(const char* attr) const {
    const std::string* value = node_.attrs.Get<std::string>(attr);
    return value != nullptr ? std::string_view(*value) : std::string_view();
  }

 private:
  static const Shape& UnknownShape() {
    static const Shape shape = Shape::UnknownRank();
    return shape;
  }

  const Node& node_;
  const std::vector<Shape>& inputs_;
  const Shape& output_;
};

// Elements; invalid where a dim is unknown.
CheckedSize Count(const Shape& shape) { return {shape.num_elements()}; }

// Invalid where there is no such dim, or it is unknown. Axes below 0 are counted from the end.
CheckedSize Dim(const Shape& shape, int axis) {
  if (!shape.has_rank()) return {-1};
  if (axis < 0) axis += shape.rank();
  return {axis >= 0 && axis < shape.rank() ? shape[axis] : -1};
}

// All that follow return how many products are added up. They multiply as `count = count * more`: g++ 12 with -Os loses
// the first value of what it lets operator*= change.

// Filters end in [.., in, out]: one product for each of their elements but those of other outputs.
CheckedSize PerOutput(const Shape& filter) {
  if (!filter.has_rank() || filter.rank() < 2) return {-1};
  CheckedSize count = 1;
  for (int i = 0; i + 1 < filter.rank(); ++i) count = count * Dim(filter, i);
  return count;
}

CheckedSize Conv(const Shapes& at) { return Count(at.out()) * PerOutput(at.in(1)); }
CheckedSize ConvOfLast(const Shapes& at) { return Count(at.out()) * PerOutput(at.last()); }
CheckedSize ConvToInput(const Shapes& at) { return Count(at.last()) * PerOutput(at.in(1)); }
CheckedSize ConvToFilter(const Shapes& at) { return Count(at.last()) * PerOutput(at.out()); }

// Axes in any order: which one of the filter's is for outputs, the attributes say. Not counted in small engines.
CheckedSize UniformConv(const Shapes& at) {
  constexpr bool kHasAny = IsBuilt("UniformQuantizedConvolution") || IsBuilt("UniformQuantizedConvolutionHybrid");
  if constexpr (kIsSmall || !kHasAny) return {-1};
  const Result<UniformConvSpec> spec = ParseUniformConvSpec(at.attrs());
  if (!spec.ok() || !at.in(0).has_rank() || !at.in(1).complete()) return {-1};
  const Result<UniformConvSizes> sizes = ComputeUniformConv(*spec, at.in(0), at.in(1));
  if (!sizes.ok()) return {-1};
  CheckedSize count = Count(at.out());
  const std::vector<int>& axes = sizes->rhs_axes;
  for (size_t i = 0; i + 1 < axes.size(); ++i) count = count * Dim(at.in(1), axes[i]);
  return count;
}

// Filters [height, width, in, multiplier].
CheckedSize PerChannel(const Shape& filter) { return filter.rank() == 4 ? Dim(filter, 0) * Dim(filter, 1) : -1; }

CheckedSize Depthwise(const Shapes& at) { return Count(at.out()) * PerChannel(at.in(1)); }
CheckedSize DepthwiseToInput(const Shapes& at) { return Count(at.last()) * PerChannel(at.in(1)); }
CheckedSize DepthwiseToFilter(const Shapes& at) { return Count(at.last()) * PerChannel(at.out()); }

CheckedSize Product(const Shapes& at) { return Count(at.out()) * Dim(at.in(0), at.Is("transpose_a") ? -2 : -1); }
CheckedSize BatchProduct(const Shapes& at) { return Count(at.out()) * Dim(at.in(0), at.Is("adj_x") ? -2 : -1); }

// a_indices, a_values, a_shape, b: a row of b for each value.
CheckedSize SparseProduct(const Shapes& at) { return Count(at.in(1)) * Dim(at.out(), -1); }

// Each combination of all labels is a product; one operand alone has none.
CheckedSize Einsum(const Shapes& at) {
  if constexpr (!IsBuilt("Einsum")) return {-1};
  if (at.inputs() != 2 || !at.in(0).complete() || !at.in(1).complete()) return {-1};
  const Result<EinsumEquation> equation = ParseEinsum(at.Text("equation"), 2);
  if (!equation.ok()) return {-1};
  const Result<BoundEinsum> bound = BindEinsum(*equation, std::array{at.in(0), at.in(1)});
  if (!bound.ok()) return {-1};
  CheckedSize count = 1;
  std::set<int> labels(bound->inputs[0].begin(), bound->inputs[0].end());
  labels.insert(bound->inputs[1].begin(), bound->inputs[1].end());
  for (const int label : labels) count = count * bound->extents[static_cast<size_t>(label)];
  return count;
}

// Scores are sums over d for each of the batch, t and s; results over s for each of the batch, t and e. Masks and the
// softmax between are not products.
CheckedSize Attention(const Shapes& at) {
  std::map<char, int64_t> extents;
  const char* const axes[] = {"q_axes", "k_axes", "v_axes"};
  for (size_t i = 0; i < std::size(axes); ++i) {
    const std::string_view letters = at.Text(axes[i]);
    const Shape& shape = at.in(i);
    if (!shape.complete() || shape.rank() != static_cast<int>(letters.size())) return {-1};
    for (size_t axis = 0; axis < letters.size(); ++axis) {
      int64_t& extent = extents[letters[axis]];
      extent = std::max(extent, shape[static_cast<int>(axis)]);
    }
  }
  CheckedSize scores = 1;
  for (const char letter : at.Text("scores_axes")) scores = scores * extents[letter];
  return scores * (CheckedSize(extents['d']) + extents['e']);
}

// The cells' weights are one matrix, or two, over the input and the state: [in + units, ..]; each row of a batch meets
// all of them.
CheckedSize LstmCell(const Shapes& at) { return Dim(at.in(0), 0) * Count(at.in(3)); }
CheckedSize LstmBlock(const Shapes& at) { return Dim(at.in(1), 0) * Dim(at.in(1), 1) * Count(at.in(4)); }
CheckedSize GruCell(const Shapes& at) { return Dim(at.in(0), 0) * (Count(at.in(2)) + Count(at.in(3))); }

using Counter = CheckedSize (*)(const Shapes& at);

struct Family {
  std::string_view name;
  Counter count;
  bool is_prefix = false;  // of names that say what else is done
};

// The first that fits counts.
constexpr Family kFamilies[] = {
    {"Conv", Conv},
    {"Conv2D", Conv},
    {"Conv3D", Conv},
    {"_FusedConv2D", Conv},
    {"_FusedConv3D", Conv},
    {"_Int8Conv2D", Conv},
    {"_QuantizedConv2DSteps", Conv},
    {"_FusedQuantizedConv2D", Conv},
    {"QuantizedConv2D", Conv, true},
    {"FusedPadConv2D", ConvOfLast},
    {"FusedResizeAndPadConv2D", ConvOfLast},
    {"Conv2DBackpropInput", ConvToInput, true},
    {"Conv3DBackpropInput", ConvToInput, true},
    {"Conv2DBackpropFilter", ConvToFilter, true},
    {"Conv3DBackpropFilter", ConvToFilter, true},
    {"DepthwiseConv2dNative", Depthwise},
    {"_FusedDepthwiseConv2dNative", Depthwise},
    {"_DepthwiseSteps", Depthwise},
    {"_Int8DepthwiseConv2D", Depthwise},
    {"_FusedQuantizedDepthwiseConv2D", Depthwise},
    {"QuantizedDepthwiseConv2D", Depthwise, true},
    {"DepthwiseConv2dNativeBackpropInput", DepthwiseToInput},
    {"DepthwiseConv2dNativeBackpropFilter", DepthwiseToFilter},
    {"MatMul", Product},
    {"_FusedMatMul", Product},
    {"_LookAheadMatMul", Product},
    {"_Int8MatMul", Product},
    {"_QuantizedMatMulSteps", Product},
    {"_QuantizedMatMul", Product},
    {"QuantizedMatMul", Product, true},
    {"UniformQuantizedDot", Product, true},
    {"UniformQuantizedConvolution", UniformConv, true},
    {"SparseMatMul", Product},
    {"BatchMatMul", BatchProduct, true},
    {"SparseTensorDenseMatMul", SparseProduct},
    {"Einsum", Einsum},
    {"_Attention", Attention},
    {"LSTMBlockCell", LstmCell},
    {"BlockLSTM", LstmBlock},
    {"BlockLSTMV2", LstmBlock},
    {"GRUBlockCell", GruCell},
};

}  // namespace

int64_t CountFlops(const Graph& graph, const Node& node) {
  if (node.outputs.empty()) return 0;
  std::vector<Shape> inputs;
  for (const Edge& edge : node.inputs) {
    // Inference may have ended before what it reads.
    const std::vector<Fact>& facts = graph.node(edge.node).outputs;
    if (static_cast<size_t>(edge.slot) >= facts.size()) return 0;
    inputs.push_back(facts[static_cast<size_t>(edge.slot)].shape);
  }
  return CountFlops(node, inputs, node.outputs[0].shape);
}

int64_t CountFlops(const Node& node, const std::vector<Shape>& inputs, const Shape& output) {
  if (node.def == nullptr || inputs.size() < 2) return 0;
  for (const Family& family : kFamilies) {
    if (family.is_prefix ? !std::string_view(node.op).starts_with(family.name) : node.op != family.name) continue;
    return Known(CheckedSize(2) * family.count(Shapes(node, inputs, output)));
  }
  return 0;
}

}  // namespace rivulet
