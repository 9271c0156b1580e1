// Operators on pictures with channels second work with channels last.
//
//   y = Conv2D(x, w) {data_format="NCHW"}     becomes
//
//   y = Transpose(Conv2D(Transpose(x, [0,2,3,1]), w) {data_format="NHWC"}, [0,3,1,2])
//
// The kernels would do the same inside; written out, the transposes between two such operators cancel one another
// (cancel_transposes.cc).
#include "engine/base/built.h"
#include "engine/ops/op.h"
#include "engine/passes/permutation.h"

namespace rivulet {
namespace {

constexpr std::string_view kOps[] = {"Conv2D",           "Conv3D",           "DepthwiseConv2dNative",
                                     "MaxPool",          "AvgPool",          "MaxPool3D",
                                     "AvgPool3D",        "BiasAdd",          "FusedBatchNorm",
                                     "FusedBatchNormV2", "FusedBatchNormV3", "Conv2DBackpropInput",
                                     "DepthToSpace",     "SpaceToDepth"};

// Which input is the picture.
size_t PictureOf(const Node& node) { return node.op == "Conv2DBackpropInput" ? 2 : 0; }

bool IsOneOfThem(const Node& node) {
  for (const std::string_view op : kOps) {
    if (node.op == op) return true;
  }
  return false;
}

// Of what a Conv2DBackpropInput makes, where they are known.
std::vector<int64_t> KnownSizes(const Graph& graph, const Node& node) {
  const Tensor& sizes = graph.fact(node.inputs[0]).value;
  if (!sizes.valid() || !sizes.is_aligned() || sizes.dtype() != DType::kInt32) return {};
  return ToInt64s(sizes);
}

// The rank that the data format is for, or 0: its channels are not second, or the node is none that this pass knows.
size_t RankOf(const Graph& graph, const Node& node) {
  if (!IsOneOfThem(node) || !node.control_inputs.empty()) return 0;
  const std::string* format = node.attrs.Get<std::string>("data_format");
  if (format == nullptr || (*format != "NCHW" && *format != "NCDHW")) return 0;
  const Fact& picture = graph.fact(node.inputs[PictureOf(node)]);
  if (node.outputs[0].dtype != DType::kFloat || picture.dtype != DType::kFloat) return 0;
  const bool* training = node.attrs.Get<bool>("is_training");
  if (node.op.starts_with("FusedBatchNorm") && (training == nullptr || *training)) return 0;
  // A bias has NCHW for every rank.
  const Shape& shape = picture.shape;
  if (!shape.has_rank()) return 0;
  const auto rank = static_cast<size_t>(shape.rank());
  if (node.op == "BiasAdd") return rank >= 3 ? rank : 0;
  if (node.op == "Conv2DBackpropInput" && KnownSizes(graph, node).size() != rank) return 0;
  return rank == format->size() ? rank : 0;
}

// A list for each axis, or with two values for each, in the order of p.
void PermuteList(const std::string& name, const Permutation& p, Node* node) {
  const auto* given = node->attrs.Get<std::shared_ptr<const AttrList>>(name);
  if (given == nullptr || *given == nullptr || (*given)->ints.size() % p.size() != 0) return;
  const size_t each = (*given)->ints.size() / p.size();
  auto list = std::make_shared<AttrList>();
  for (const int64_t axis : p) {
    for (size_t i = 0; i < each; ++i) list->ints.push_back((*given)->ints[static_cast<size_t>(axis) * each + i]);
  }
  node->attrs.Set(name, std::shared_ptr<const AttrList>(std::move(list)));
}

}  // namespace

Status ChannelsLast(const PassContext& context, PatchSink& sink) {
  if constexpr (!IsBuilt("Transpose")) return Status();
  const Graph& graph = context.graph;
  for (int32_t i = 0; i < graph.size(); ++i) {
    const Node& node = graph.node(i);
    const size_t rank = RankOf(graph, node);
    if (rank == 0) continue;
    const Permutation last = ToChannelsLast(rank);
    sink.Begin();
    Node moved;
    moved.name = node.name;
    moved.op = node.op;
    moved.attrs = node.attrs;
    moved.attrs.Set("data_format", std::string(rank == 5 && node.op != "BiasAdd" ? "NDHWC" : "NHWC"));
    for (const char* list : {"strides", "dilations", "ksize", "explicit_paddings"}) PermuteList(list, last, &moved);
    moved.inputs = node.inputs;
    const size_t picture = PictureOf(node);
    moved.inputs[picture] =
        AddTranspose(sink, node.name + "/from_channels_first", node.inputs[picture], last, DType::kFloat);
    if (node.op == "Conv2DBackpropInput") {
      moved.inputs[0] = AddInts(sink, node.name + "/sizes", Composed(KnownSizes(graph, node), last));
    }
    const Edge result = sink.Add(std::move(moved));
    sink.Replace({i, 0}, AddTranspose(sink, node.name + "/to_channels_first", result, Inverse(last), DType::kFloat));
    for (int32_t slot = 1; slot < static_cast<int32_t>(node.outputs.size()); ++slot) {
      sink.Replace({i, slot}, {result.node, slot});
    }
  }
  return Status();
}

}  // namespace rivulet
