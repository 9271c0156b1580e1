#include "engine/run/flops.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <string_view>

#include "engine/base/checked.h"
#include "engine/ops/einsum_equation.h"
#include "engine/ops/infer.h"

namespace rivulet {
namespace {

int64_t Known(CheckedSize size) { return size.valid() ? size.value() : 0; }

// A node and the shapes at it.
class Shapes {
 public:
  Shapes(const Graph& graph, const Node& node) : graph_(graph), node_(node) {}

  size_t inputs() const { return node_.inputs.size(); }
  const Shape& in(size_t index) const {
    return index < inputs() ? graph_.fact(node_.inputs[index]).shape : UnknownShape();
  }
  const Shape& last() const { return in(inputs() - 1); }
  const Shape& out() const { return node_.outputs[0].shape; }
  bool Is(const char* attr) const {
    const bool* value = node_.attrs.Get<bool>(attr);
    return value != nullptr && *value;
  }
  std::string_view Text(const char* attr) const {
    const std::string* value = node_.attrs.Get<std::string>(attr);
    return value != nullptr ? std::string_view(*value) : std::string_view();
  }

 private:
  static const Shape& UnknownShape() {
    static const Shape shape = Shape::UnknownRank();
    return shape;
  }

  const Graph& graph_;
  const Node& node_;
};

// Elements; invalid where a dim is unknown.
CheckedSize Count(const Shape& shape) { return {shape.num_elements()}; }

// Invalid where there is no such dim, or it is unknown. Axes below 0 are counted from the end.
CheckedSize Dim(const Shape& shape, int axis) {
  if (!shape.has_rank()) return {-1};
  if (axis < 0) axis += shape.rank();
  return {axis >= 0 && axis < shape.rank() ? shape[axis] : -1};
}

// All that follow return how many products are added up.

// Filters end in [.., in, out]: one product for each of their elements but those of other outputs.
CheckedSize PerOutput(const Shape& filter) {
  if (!filter.has_rank() || filter.rank() < 2) return {-1};
  CheckedSize count = 1;
  for (int i = 0; i + 1 < filter.rank(); ++i) count *= Dim(filter, i);
  return count;
}

CheckedSize Conv(const Shapes& at) { return Count(at.out()) * PerOutput(at.in(1)); }
CheckedSize ConvOfLast(const Shapes& at) { return Count(at.out()) * PerOutput(at.last()); }
CheckedSize ConvToInput(const Shapes& at) { return Count(at.last()) * PerOutput(at.in(1)); }
CheckedSize ConvToFilter(const Shapes& at) { return Count(at.last()) * PerOutput(at.out()); }

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
  if (at.inputs() != 2 || !at.in(0).complete() || !at.in(1).complete()) return {-1};
  const Result<EinsumEquation> equation = ParseEinsum(at.Text("equation"), 2);
  if (!equation.ok()) return {-1};
  const Result<BoundEinsum> bound = BindEinsum(*equation, std::array{at.in(0), at.in(1)});
  if (!bound.ok()) return {-1};
  CheckedSize count = 1;
  std::set<int> labels(bound->inputs[0].begin(), bound->inputs[0].end());
  labels.insert(bound->inputs[1].begin(), bound->inputs[1].end());
  for (const int label : labels) count *= bound->extents[static_cast<size_t>(label)];
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
  for (const char letter : at.Text("scores_axes")) scores *= extents[letter];
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
  if (node.inputs.size() < 2 || node.outputs.empty()) return 0;
  for (const Family& family : kFamilies) {
    if (family.is_prefix ? !std::string_view(node.op).starts_with(family.name) : node.op != family.name) continue;
    return Known(CheckedSize(2) * family.count(Shapes(graph, node)));
  }
  return 0;
}

int64_t CountFlops(const Graph& graph, const std::vector<FeedSpec>& feeds, const std::vector<std::string>& fetches) {
  Result<Cut> cut = CutGraph(graph, feeds, fetches, {});
  if (!cut.ok()) return 0;
  // Where inference ends early, what it reached counts.
  const Status inferred = InferGraph(cut->graph, *Allocator::Create(), {.stop = BriefLook()});
  CheckedSize total = 0;
  for (const Node& node : cut->graph.nodes()) {
    if (inferred.ok() || !node.outputs.empty()) total += CountFlops(cut->graph, node);
  }
  return Known(total);
}

}  // namespace rivulet
