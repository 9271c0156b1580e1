#include "prepare/int8/bias_correction.h"

#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/int8/edge_runs.h"

namespace rivulet::prepare {
namespace {

// Adds the product once more, with rounded inputs; the edge of what each channel differs by in the mean.
std::string AddDifference(GraphEdit& edit, const RoundedProduct& product) {
  const auto add = [&](NodeDef node, const char* name) {
    node.name = edit.FreeName(Cat(product.node.name, "/int8_trial/", name));
    return edit.Add(std::move(node)).name;
  };
  NodeDef again = product.node;
  if (product.has_range) {
    NodeDef rounded{.op = "FakeQuantWithMinMaxVars"};
    rounded.inputs = {product.node.inputs[0], add(MakeConst("", Tensor::Scalar(product.range.min)), "min"),
                      add(MakeConst("", Tensor::Scalar(product.range.max)), "max")};
    again.inputs[0] = add(std::move(rounded), "input");
  }
  again.inputs[1] = add(MakeConst("", product.filter), "filter");
  NodeDef difference{.op = "Sub", .inputs = {add(std::move(again), "product"), product.node.name}};
  difference.attrs["T"] = Attr::OfType(DType::kFloat);
  const std::vector<int32_t> axes = product.node.op == "MatMul" ? std::vector<int32_t>{0}
                                    : product.channels_first    ? std::vector<int32_t>{0, 2, 3}
                                                                : std::vector<int32_t>{0, 1, 2};
  NodeDef mean{.op = "Mean"};
  mean.inputs = {add(std::move(difference), "difference"),
                 add(MakeConst("", Tensor::Of<int32_t>({static_cast<int64_t>(axes.size())}, axes)), "axes")};
  mean.attrs["T"] = Attr::OfType(DType::kFloat);
  mean.attrs["Tidx"] = Attr::OfType(DType::kInt32);
  return add(std::move(mean), "mean");
}

}  // namespace

Result<std::vector<std::vector<float>>> MeanErrors(const GraphDef& graph, const std::vector<RoundedProduct>& products,
                                                   const std::vector<Feeds>& samples, int threads,
                                                   const std::function<void(size_t done, size_t all)>& progress) {
  GraphDef both = graph;
  RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph, {}));
  std::vector<std::string> edges;
  for (const RoundedProduct& product : products) edges.push_back(AddDifference(edit, product));
  std::move(edit).WriteTo(both);
  std::vector<std::vector<double>> sums(products.size());
  std::vector<double> counts(products.size(), 0.0);
  const auto see = [&](size_t i, const Tensor& mean) -> Status {
    const auto values = mean.values<float>();
    if (values.size() != static_cast<size_t>(products[i].channels)) return Internal("means of other channels");
    sums[i].resize(values.size());
    // Of no places there is no mean.
    if (!values.empty() && values[0] != values[0]) return Status();
    for (size_t c = 0; c < values.size(); ++c) sums[i][c] += static_cast<double>(values[c]);
    ++counts[i];
    return Status();
  };
  RIVULET_RETURN_IF_ERROR(RunForEdges(both, samples, edges, threads, see, progress));
  std::vector<std::vector<float>> means(products.size());
  for (size_t i = 0; i < products.size(); ++i) {
    for (const double sum : sums[i]) means[i].push_back(counts[i] == 0 ? 0 : static_cast<float>(sum / counts[i]));
  }
  return means;
}

}  // namespace rivulet::prepare
