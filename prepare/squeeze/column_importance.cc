#include "prepare/squeeze/column_importance.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

#include "prepare/graph_edit.h"
#include "prepare/names.h"

namespace rivulet::prepare {
namespace {

// What comes out has the channels that went in, each by itself.
bool KeepsChannels(std::string_view op) {
  static const std::set<std::string_view> kOps = {"BiasAdd", "Add",     "AddV2", "Relu", "Relu6",   "Identity",
                                                  "MaxPool", "AvgPool", "Pad",   "Elu",  "Squeeze", "LeakyRelu"};
  return kOps.contains(op);
}

class Weigher {
 public:
  Weigher(const GraphDef& graph, const OutputWeights& outputs, std::vector<Weight>* weights)
      : outputs_(outputs), weights_(*weights) {
    for (const NodeDef& node : graph.nodes) {
      if (node.op == "Const") constants_.insert(node.name);
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        const InputName name = ParseInput(node.inputs[i]);
        if (!name.is_control) readers_[name.node].push_back({&node, i});
      }
      if (node.op == "Identity" && !node.inputs.empty() && constants_.contains(ParseInput(node.inputs[0]).node)) {
        constants_.insert(node.name);
      }
    }
    for (Weight& weight : weights_) {
      if (weight.is_product) products_[weight.reader] = &weight;
    }
  }

  void Weigh() {
    for (Weight& weight : weights_) {
      if (weight.is_product) WeighOne(&weight, 0);
    }
  }

 private:
  static constexpr int kDeepest = 500;  // products behind each other

  void WeighOne(Weight* weight, int depth) {
    if (depth > kDeepest || !begun_.insert(weight).second) return;
    std::vector<double> sums(static_cast<size_t>(weight->columns), 0.0);
    if (!Collect(weight->reader, weight->columns, depth, &sums)) return;
    // A channel that nothing reads much still has some say, through what is not linear, and on other samples.
    constexpr double kLeastShare = 1e-3;
    double mean = 0, logs = 0;
    for (const double sum : sums) mean += sum / static_cast<double>(sums.size());
    if (!(mean > 0) || !std::isfinite(mean)) return;
    for (double& sum : sums) {
      sum = std::max(sum, kLeastShare * mean);
      logs += std::log(sum);
    }
    const double middle = std::exp(logs / static_cast<double>(sums.size()));
    for (double& sum : sums) sum /= middle;
    weight->importance = std::move(sums);
  }

  // Adds what the readers of a node make of its channels; false where one of them is not understood.
  bool Collect(std::string_view name, int64_t channels, int depth, std::vector<double>* sums) {
    if (depth > kDeepest) return false;
    if (const auto output = outputs_.find(name); output != outputs_.end()) {
      if (static_cast<int64_t>(output->second.size()) != channels) return false;
      for (size_t c = 0; c < sums->size(); ++c) (*sums)[c] += output->second[c];
    }
    const auto readers = readers_.find(name);
    if (readers == readers_.end()) return outputs_.contains(name);
    for (const auto& [node, input] : readers->second) {
      const auto product = products_.find(node->name);
      if (product != products_.end() && input == 0) {
        if (!AddProduct(product->second, channels, depth, sums)) return false;
      } else if (KeepsChannels(node->op) || (!outputs_.empty() && (node->op == "Reshape" || node->op == "Softmax"))) {
        const bool adds = node->op == "Add" || node->op == "AddV2" || node->op == "BiasAdd";
        if (adds && (NumDataInputs(*node) != 2 || !constants_.contains(ParseInput(node->inputs[1 - input]).node)))
          return false;
        if (!adds && input != 0) return false;
        if (!Collect(node->name, channels, depth + 1, sums)) return false;
      } else {
        return false;
      }
    }
    return true;
  }

  bool AddProduct(Weight* next, int64_t channels, int depth, std::vector<double>* sums) {
    if (next->channels != channels) return false;
    WeighOne(next, depth + 1);
    for (int64_t k = 0; k < next->rows(); ++k) {
      for (int64_t j = 0; j < next->columns; ++j) {
        const auto channel = static_cast<size_t>(next->is_depthwise ? next->group_of(j) : k % channels);
        const auto value = static_cast<double>(next->values[static_cast<size_t>(k * next->columns + j)]);
        (*sums)[channel] += value * value * next->importance_of(j);
      }
    }
    return true;
  }

  const OutputWeights& outputs_;
  std::vector<Weight>& weights_;
  NameViewMap<std::vector<std::pair<const NodeDef*, size_t>>> readers_;
  NameViewMap<Weight*> products_;
  std::set<std::string_view> constants_;
  std::set<const Weight*> begun_;
};

}  // namespace

void WeighColumns(const GraphDef& graph, const OutputWeights& outputs, std::vector<Weight>* weights) {
  Weigher(graph, outputs, weights).Weigh();
}

}  // namespace rivulet::prepare
