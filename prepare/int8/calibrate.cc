#include "prepare/int8/calibrate.h"

#include <cmath>
#include <unordered_map>

#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/int8/bias_correction.h"
#include "prepare/int8/code_range.h"
#include "prepare/int8/edge_runs.h"
#include "prepare/int8/equalize_channels.h"
#include "prepare/int8/operators.h"
#include "prepare/int8/plan.h"
#include "prepare/needed.h"

namespace rivulet::prepare {
namespace {

class Calibrator {
 public:
  Calibrator(const GraphDef& graph, const Int8Options& options) : graph_(graph), options_(options) {}

  Result<Int8Model> Run() {
    RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph_, {.outputs = options_.outputs}));
    RIVULET_ASSIGN_OR_RETURN(plan_, PlanInt8(graph_, edit, options_.stay_float));
    RIVULET_ASSIGN_OR_RETURN(const std::vector<const NodeDef*> order, ExecutionOrder(graph_));
    behind_control_flow_ = BehindControlFlow(order);
    RIVULET_RETURN_IF_ERROR(MeasureRanges());
    RIVULET_RETURN_IF_ERROR(RoundWeights(edit));
    for (size_t i = 0; i < plan_.activations.size(); ++i) RoundActivation(edit, i);
    if (options_.correct_biases) RIVULET_RETURN_IF_ERROR(CorrectBiases(edit));
    Int8Model model{.graph = graph_};
    std::move(edit).WriteTo(model.graph);
    for (const Int8Product& product : plan_.products) model.products.push_back(product.node);
    model.notes = plan_.notes;
    for (size_t i = 0; i < plan_.activations.size(); ++i) {
      model.ranges.push_back(
          {plan_.activations[i].edge, ranges_[i].min, ranges_[i].max, histograms_[i].min(), histograms_[i].max()});
    }
    return model;
  }

 private:
  std::function<void(size_t, size_t)> Progress(const char* what) const {
    if (!options_.progress) return nullptr;
    return [this, what](size_t done, size_t all) { options_.progress(what, done, all); };
  }

  Status MeasureRanges() {
    std::vector<std::string> edges;
    for (const Int8Activation& activation : plan_.activations) edges.push_back(activation.edge);
    histograms_.resize(edges.size());
    const auto see = [&](size_t i, const Tensor& value) -> Status {
      if (value.dtype() != DType::kFloat) return InvalidArgument("'", edges[i], "': want floats");
      histograms_[i].Add(value.values<float>());
      if (histograms_[i].is_finite()) return Status();
      return InvalidArgument("'", edges[i], "' has values on the samples that are not finite");
    };
    RIVULET_RETURN_IF_ERROR(
        RunForEdges(graph_, options_.samples, edges, options_.threads, see, Progress("looking at activations")));
    for (const Int8Activation& activation : plan_.activations) {
      ranges_.push_back(histograms_[activation.range_of].Best());
    }
    return Status();
  }

  // Where nodes run more than once or never, a constant must come with the value that it is for.
  std::vector<std::string> WaitsBehind(const std::string& edge) const {
    const std::string node(ParseInput(edge).node);
    if (!behind_control_flow_.contains(node)) return {};
    return {Cat("^", node)};
  }

  Status RoundWeights(GraphEdit& edit) {
    std::unordered_map<std::string, std::string> made;  // from filter and layout to the edge
    for (const Int8Product& place : plan_.products) {
      NodeDef& node = *edit.Find(place.node);
      std::optional<Product> product = ReadProduct(edit, &node);
      if (!product) return Internal("'", place.node, "' has no constant filter any more");
      RoundedProduct rounded{.node = node, .filter = {}, .has_range = place.input != kRoundedAlready};
      rounded.channels_first = product->channels_first;
      rounded.channels = product->channels;
      if (rounded.has_range) rounded.range = ranges_[place.input];
      RIVULET_ASSIGN_OR_RETURN(const WeightCodes codes, CodesOf(*product));
      rounded.filter = codes.Values().Reshaped(codes.shape);
      const std::string key =
          Cat(product->filter.node->name, node.op == "DepthwiseConv2dNative" ? "/d" : "", codes.is_turned ? "/t" : "");
      auto it = made.find(key);
      if (it == made.end()) {
        const std::string edge =
            AddWeight(edit, codes, options_.weights, product->filter.node->name, product->filter.waits, node);
        it = made.emplace(key, edge).first;
      }
      std::vector<std::string> inputs = node.inputs;
      const std::string before(ParseInput(inputs[1]).node);
      inputs[1] = it->second;
      edit.SetInputs(node, std::move(inputs));
      if (codes.is_turned) {
        node.attrs["transpose_b"] = Attr::OfBool(false);
        rounded.node.attrs["transpose_b"] = Attr::OfBool(false);
      }
      edit.RemoveUnread(before);
      rounded_.push_back(std::move(rounded));
    }
    return Status();
  }

  Status CorrectBiases(GraphEdit& edit) {
    RIVULET_ASSIGN_OR_RETURN(const auto errors, MeanErrors(graph_, rounded_, options_.samples, options_.threads,
                                                           Progress("correcting biases")));
    for (size_t i = 0; i < plan_.products.size(); ++i) {
      const Int8Product& place = plan_.products[i];
      NodeDef& last = *edit.Find(place.last);
      if (place.has_bias()) {
        const std::optional<ConstInput> bias = edit.ReadConst(last, 1);
        RIVULET_ASSIGN_OR_RETURN(Tensor corrected, Clone(bias->value, *Allocator::Create()));
        for (size_t c = 0; c < errors[i].size(); ++c) corrected.data<float>()[c] -= errors[i][c];
        PutConst(edit, last, 1, *bias, corrected, bias->node->name + "/int8");
      } else {
        AddBias(edit, last, rounded_[i], errors[i]);
      }
    }
    return Status();
  }

  // The sum takes the product's name.
  void AddBias(GraphEdit& edit, NodeDef& product, const RoundedProduct& rounded, const std::vector<float>& errors) {
    std::vector<float> bias;
    for (const float error : errors) bias.push_back(-error);
    NodeDef moved = product;
    moved.name = edit.FreeName(product.name + "/int8/product");
    const std::string name = edit.Add(std::move(moved), &product).name;
    std::vector<std::string> waits;
    if (behind_control_flow_.contains(product.name)) waits = {Cat("^", name)};
    NodeDef sum{.op = "BiasAdd", .device = product.device};
    sum.inputs = {name, AddConst(edit, product.name + "/int8/bias", bias, waits, product)};
    sum.attrs["T"] = Attr::OfType(DType::kFloat);
    if (rounded.channels_first) sum.attrs["data_format"] = Attr::OfString("NCHW");
    edit.Replace(product, std::move(sum));
  }

  void RoundActivation(GraphEdit& edit, size_t i) {
    const Int8Activation& activation = plan_.activations[i];
    const std::string node(ParseInput(activation.edge).node);
    NodeDef& first_reader = *edit.Find(activation.readers[0].first);
    std::string stem = activation.edge;
    for (char& c : stem) c = c == ':' ? '_' : c;
    const auto add = [&](NodeDef made, const char* name) {
      made.name = edit.FreeName(Cat(stem, name));
      made.device = edit.Find(node)->device;
      if (made.op == "Const") made.inputs = WaitsBehind(activation.edge);
      return edit.Add(std::move(made), &first_reader).name;
    };
    NodeDef rounded{.op = "FakeQuantWithMinMaxVars"};
    rounded.inputs = {activation.edge, add(MakeConst("", Tensor::Scalar(ranges_[i].min)), "/int8/min"),
                      add(MakeConst("", Tensor::Scalar(ranges_[i].max)), "/int8/max")};
    rounded.attrs["num_bits"] = Attr::OfInt(8);
    rounded.attrs["narrow_range"] = Attr::OfBool(false);
    const std::string edge = add(std::move(rounded), "/int8");
    for (const auto& [name, input] : activation.readers) {
      NodeDef& reader = *edit.Find(name);
      std::vector<std::string> inputs = reader.inputs;
      inputs[input] = edge;
      edit.SetInputs(reader, std::move(inputs));
    }
  }

  const GraphDef& graph_;
  const Int8Options& options_;
  Int8Plan plan_;
  std::unordered_set<std::string> behind_control_flow_;
  std::vector<ActivationHistogram> histograms_;
  std::vector<CodeRange> ranges_;
  std::vector<RoundedProduct> rounded_;
};

}  // namespace

Result<Int8Model> CalibrateInt8(const GraphDef& graph, const Int8Options& options) {
  if (options.samples.empty()) return InvalidArgument("want samples, got none");
  GraphDef equal = graph;
  if (options.equalize) {
    RIVULET_RETURN_IF_ERROR(
        EqualizeChannels(equal, options.samples, options.outputs, options.threads, nullptr).status());
  }
  return Calibrator(equal, options).Run();
}

}  // namespace rivulet::prepare
