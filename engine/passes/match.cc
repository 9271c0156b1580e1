#include "engine/passes/match.h"

#include <cmath>
#include <cstring>
#include <memory>

#include "engine/ops/elementwise_chain.h"

namespace rivulet {

SoleUsers::SoleUsers(const PassContext& context) : user_(static_cast<size_t>(context.graph.size()), kNone) {
  for (int32_t i = 0; i < context.graph.size(); ++i) {
    for (const Edge& edge : context.graph.node(i).inputs) {
      int32_t& user = user_[static_cast<size_t>(edge.node)];
      user = user == kNone && edge.slot == 0 ? i : kMany;
    }
    for (const int32_t control : context.graph.node(i).control_inputs) user_[static_cast<size_t>(control)] = kMany;
  }
  for (const Edge& edge : context.roots) user_[static_cast<size_t>(edge.node)] = kMany;
}

namespace {

// `op` is the plain product's operator.
std::optional<Product> DescribeProduct(const Graph& graph, int32_t index, std::string_view op) {
  const Node& node = graph.node(index);
  if (!node.control_inputs.empty() || node.outputs.size() != 1) return std::nullopt;
  if (node.outputs[0].dtype != DType::kFloat) return std::nullopt;
  const Fact& filter = graph.fact(node.inputs[1]);
  if (!filter.shape.complete() || filter.shape.num_elements() == 0) return std::nullopt;
  Product product;
  product.node = index;
  const std::string* format = node.attrs.Get<std::string>("data_format");
  product.channels_first = format != nullptr && format->starts_with("NC");
  if (op == "Conv2D" && filter.shape.rank() == 4) {
    product.channels = filter.shape[3];
  } else if (op == "Conv3D" && filter.shape.rank() == 5) {
    product.channels = filter.shape[4];
  } else if (op == "DepthwiseConv2dNative" && filter.shape.rank() == 4) {
    product.channels = filter.shape[2] * filter.shape[3];
  } else if (op == "MatMul" && filter.shape.rank() == 2) {
    const bool* transposed = node.attrs.Get<bool>("transpose_b");
    product.channels = filter.shape[transposed != nullptr && *transposed ? 0 : 1];
  } else {
    return std::nullopt;
  }
  return product;
}

constexpr std::string_view kFusedPrefix = "_Fused";

}  // namespace

std::optional<Product> MatchProduct(const Graph& graph, int32_t index) {
  const Node& node = graph.node(index);
  return node.inputs.size() == 2 ? DescribeProduct(graph, index, node.op) : std::nullopt;
}

std::optional<Product> MatchScaledProduct(const Graph& graph, int32_t index) {
  const Node& node = graph.node(index);
  if (!node.op.starts_with(kFusedPrefix) || node.inputs.size() != 6) return std::nullopt;
  const auto* ops = node.attrs.Get<std::shared_ptr<const AttrList>>("fused_ops");
  if (ops == nullptr || (*ops)->strings != std::vector<std::string>{"FusedBatchNorm"}) return std::nullopt;
  if (!graph.fact(node.inputs[1]).value.valid()) return std::nullopt;
  return DescribeProduct(graph, index, std::string_view(node.op).substr(kFusedPrefix.size()));
}

std::string FusedOpOf(const std::string& op) {
  return op.starts_with(kFusedPrefix) ? op : std::string(kFusedPrefix) + op;
}

void SetFusedOps(Node& node, std::vector<std::string> ops, int64_t num_args) {
  auto list = std::make_shared<AttrList>();
  list->strings = std::move(ops);
  node.attrs.Set("fused_ops", std::shared_ptr<const AttrList>(std::move(list)));
  node.attrs.Set("num_args", num_args);
}

std::vector<float> ReadFloats(const Tensor& tensor) {
  std::vector<float> values(static_cast<size_t>(tensor.num_elements()));
  if (!values.empty()) std::memcpy(values.data(), tensor.raw(), values.size() * sizeof(float));
  return values;
}

std::vector<float> PerChannel(const Fact& fact, int64_t channels, int rank) {
  if (!fact.value.valid() || fact.dtype != DType::kFloat || fact.shape.rank() > rank) return {};
  const int64_t count = fact.shape.num_elements();
  if (count == 1) return std::vector<float>(static_cast<size_t>(channels), ReadFloats(fact.value)[0]);
  if (count != channels || fact.shape.rank() == 0 || fact.shape[fact.shape.rank() - 1] != channels) return {};
  return ReadFloats(fact.value);
}

std::optional<KnownNorm> KnownBatchNorm(const Graph& graph, const Node& node, int64_t channels) {
  const bool* training = node.attrs.Get<bool>("is_training");
  if (training == nullptr || *training || node.inputs.size() != 5) return std::nullopt;
  std::vector<float> parameters[4];
  for (size_t i = 0; i < 4; ++i) {
    const Fact& fact = graph.fact(node.inputs[i + 1]);
    if (fact.shape.rank() != 1 || fact.shape[0] != channels) return std::nullopt;
    parameters[i] = PerChannel(fact, channels, 1);
    if (parameters[i].empty()) return std::nullopt;
  }
  const float* epsilon = node.attrs.Get<float>("epsilon");
  const double eps = epsilon != nullptr ? static_cast<double>(*epsilon) : 1e-4;
  const auto& [gamma, beta, mean, variance] = parameters;
  KnownNorm norm;
  norm.scale.resize(gamma.size());
  norm.offset.resize(gamma.size());
  for (size_t i = 0; i < gamma.size(); ++i) {
    const double scale = static_cast<double>(gamma[i]) / std::sqrt(static_cast<double>(variance[i]) + eps);
    norm.scale[i] = static_cast<float>(scale);
    norm.offset[i] = static_cast<float>(static_cast<double>(beta[i]) - static_cast<double>(mean[i]) * scale);
  }
  return norm;
}

Edge AddReshape(PatchSink& sink, const std::string& name, Edge edge, const Shape& shape) {
  Node node;
  node.name = name;
  node.op = "Reshape";
  node.attrs.Set("T", DType::kFloat);
  node.attrs.Set("Tshape", DType::kInt64);
  node.inputs = {edge, sink.Add(ConstNode(name + "/shape", Tensor::Of<int64_t>({shape.rank()}, shape.dims())))};
  return sink.Add(std::move(node));
}

Node ChainNode(std::string name, std::vector<Edge> inputs, std::vector<std::string> steps, std::vector<float> alphas) {
  Node node;
  node.name = std::move(name);
  node.op = kElementwiseChain.name;
  node.def = &kElementwiseChain;
  node.attrs.Set("T", DType::kFloat);
  node.attrs.Set("N", static_cast<int64_t>(inputs.size()));
  auto texts = std::make_shared<AttrList>();
  texts->strings = std::move(steps);
  node.attrs.Set("steps", std::shared_ptr<const AttrList>(std::move(texts)));
  auto numbers = std::make_shared<AttrList>();
  numbers->floats = std::move(alphas);
  node.attrs.Set("alphas", std::shared_ptr<const AttrList>(std::move(numbers)));
  node.inputs = std::move(inputs);
  return node;
}

}  // namespace rivulet
