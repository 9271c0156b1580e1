#include "prepare/int8/grouped_filters.h"

#include "engine/base/errors.h"
#include "prepare/int8/edge_runs.h"
#include "prepare/scaled_product.h"

namespace rivulet::prepare {

Result<std::set<std::string>> GroupedFilters(const GraphDef& graph, GraphEdit& edit, const Int8Plan& plan,
                                             const Feeds& sample, int threads) {
  std::vector<std::string> names, edges;
  for (const Int8Product& product : plan.products) {
    const NodeDef* node = edit.Find(product.node);
    if (node == nullptr || node->op != "Conv2D") continue;
    names.push_back(product.node);
    edges.push_back(node->inputs[0]);
  }
  std::set<std::string> grouped;
  const auto see = [&](size_t i, const Tensor& value) -> Status {
    const std::optional<Product> product = ReadProduct(edit, edit.Find(names[i]));
    if (!product || value.rank() != 4) return Status();
    if (value.dim(product->channels_first ? 1 : 3) != product->filter.value.dim(2)) grouped.insert(names[i]);
    return Status();
  };
  RIVULET_RETURN_IF_ERROR(RunForEdges(graph, {sample}, edges, threads, see, nullptr));
  return grouped;
}

}  // namespace rivulet::prepare
