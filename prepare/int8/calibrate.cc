#include "prepare/int8/calibrate.h"

#include <cmath>

#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/int8/bias_correction.h"
#include "prepare/int8/equalize_channels.h"
#include "prepare/int8/grouped_filters.h"
#include "prepare/int8/operators.h"
#include "prepare/int8/plan.h"
#include "prepare/int8/tidy.h"
#include "prepare/names.h"
#include "prepare/needed.h"

namespace rivulet::prepare {
namespace {

class Calibrator {
 public:
  Calibrator(const GraphDef& graph, const Int8Options& options, FloatStudy& study)
      : graph_(graph), options_(options), study_(study) {}

  Result<Int8Model> Run() {
    RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph_, {.outputs = options_.outputs}));
    RIVULET_RETURN_IF_ERROR(Plan(edit));
    RIVULET_ASSIGN_OR_RETURN(const std::vector<const NodeDef*> order, ExecutionOrder(graph_));
    behind_control_flow_ = BehindControlFlow(order);
    RIVULET_RETURN_IF_ERROR(Study());
    RIVULET_RETURN_IF_ERROR(RoundWeights(edit));
    for (size_t i = 0; i < plan_.activations.size(); ++i) RoundActivation(edit, i);
    // Only now, since a sum takes the name of a product that reads an activation.
    for (size_t i = 0; options_.correct_biases && i < plan_.products.size(); ++i) OwnBias(edit, i);
    Int8Model model{.graph = graph_};
    std::move(edit).WriteTo(model.graph);
    RIVULET_RETURN_IF_ERROR(
        MatchMeans(graph_, sums_, options_.samples, options_.threads, Progress("correcting biases"), model.graph));
    for (const Int8Product& product : plan_.products) model.products.push_back(product.node);
    model.notes = plan_.notes;
    for (size_t i = 0; i < plan_.activations.size(); ++i) {
      const std::string& edge = plan_.activations[i].edge;
      const ActivationHistogram& met = study_.HistogramOf(edge);
      model.ranges.push_back({edge, ranges_[i].min, ranges_[i].max, met.min(), met.max()});
    }
    return model;
  }

 private:
  struct Channels {
    int64_t count = 0;
    bool are_first = false;
  };

  std::function<void(size_t, size_t)> Progress(const char* what) const {
    if (!options_.progress) return nullptr;
    return [this, what](size_t done, size_t all) { options_.progress(what, done, all); };
  }

  Status Plan(GraphEdit& edit) {
    RIVULET_ASSIGN_OR_RETURN(plan_, PlanInt8(graph_, edit, options_.stay_float));
    RIVULET_ASSIGN_OR_RETURN(std::set<std::string> grouped,
                             GroupedFilters(graph_, edit, plan_, options_.samples[0], options_.threads));
    if (grouped.empty()) return Status();
    const size_t count = grouped.size();
    grouped.insert(options_.stay_float.begin(), options_.stay_float.end());
    RIVULET_ASSIGN_OR_RETURN(plan_, PlanInt8(graph_, edit, grouped));
    plan_.notes.push_back(Cat(count, count == 1 ? " product" : " products", " of grouped filters stay float"));
    return Status();
  }

  Status Study() {
    std::vector<std::string> edges, products;
    for (const Int8Activation& activation : plan_.activations) edges.push_back(activation.edge);
    for (const Int8Product& product : plan_.products) products.push_back(product.node);
    RIVULET_RETURN_IF_ERROR(study_.LookAtEdges(edges, Progress("looking at activations")));
    if (options_.make_up_errors) {
      RIVULET_RETURN_IF_ERROR(study_.LookAtFilters(products, Progress("looking at what products read")));
    }
    for (const Int8Activation& activation : plan_.activations) {
      ranges_.push_back(study_.HistogramOf(plan_.activations[activation.range_of].edge).Best());
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
    NameMap<std::string> made;  // from filter and layout to the edge
    for (const Int8Product& place : plan_.products) {
      NodeDef& node = *edit.Find(place.node);
      std::optional<Product> product = ReadProduct(edit, &node);
      if (!product) return Internal("'", place.node, "' has no constant filter any more");
      RIVULET_ASSIGN_OR_RETURN(const WeightCodes codes, CodesOf(*product, study_.FilterOf(place.node)));
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
      if (codes.is_turned) node.attrs["transpose_b"] = Attr::OfBool(false);
      edit.RemoveUnread(before);
      channels_.push_back({product->channels, product->channels_first});
    }
    return Status();
  }

  // Gives the product a bias of its own.
  void OwnBias(GraphEdit& edit, size_t i) {
    const Int8Product& place = plan_.products[i];
    NodeDef& last = *edit.Find(place.last);
    BiasedSum sum{.edge = place.last, .bias = {}, .channels_first = channels_[i].are_first};
    if (place.has_bias()) {
      const std::optional<ConstInput> bias = edit.ReadConst(last, 1);
      PutConst(edit, last, 1, *bias, bias->value, bias->node->name + "/int8");
      sum.bias = edit.ReadConst(last, 1)->node->name;
    } else {
      sum.bias = AddBias(edit, last, channels_[i]);
    }
    sums_.push_back(std::move(sum));
  }

  // Zeros; the sum takes the product's name.
  std::string AddBias(GraphEdit& edit, NodeDef& node, const Channels& channels) {
    const std::vector<float> zeros(static_cast<size_t>(channels.count), 0.0f);
    NodeDef moved = node;
    moved.name = edit.FreeName(node.name + "/int8/product");
    const std::string name = edit.Add(std::move(moved), &node).name;
    std::vector<std::string> waits;
    if (behind_control_flow_.contains(node.name)) waits = {Cat("^", name)};
    NodeDef sum{.op = "BiasAdd", .device = node.device};
    const std::string bias = AddConst(edit, node.name + "/int8/bias", zeros, waits, node);
    sum.inputs = {name, bias};
    sum.attrs["T"] = Attr::OfType(DType::kFloat);
    if (channels.are_first) sum.attrs["data_format"] = Attr::OfString("NCHW");
    edit.Replace(node, std::move(sum));
    return bias;
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
  FloatStudy& study_;
  Int8Plan plan_;
  NameSet behind_control_flow_;
  std::vector<CodeRange> ranges_;
  std::vector<Channels> channels_;  // of each product
  std::vector<BiasedSum> sums_;
};

}  // namespace

Result<GraphDef> ReadyForInt8(const GraphDef& graph, const Int8Options& options) {
  GraphDef ready = graph;
  DropIdleOrder(ready);
  DropIdentityN(options.outputs, ready);
  RIVULET_RETURN_IF_ERROR(DropSecondRelus(options.outputs, ready));
  if (options.equalize) {
    RIVULET_RETURN_IF_ERROR(
        EqualizeChannels(ready, options.samples, options.outputs, options.threads, nullptr).status());
  }
  return ready;
}

Result<Int8Model> CalibrateInt8(const GraphDef& graph, const Int8Options& options) {
  if (options.samples.empty()) return InvalidArgument("want samples, got none");
  RIVULET_ASSIGN_OR_RETURN(const GraphDef ready, ReadyForInt8(graph, options));
  FloatStudy study(ready, options.samples, options.threads);
  return CalibrateInt8(ready, options, study);
}

Result<Int8Model> CalibrateInt8(const GraphDef& graph, const Int8Options& options, FloatStudy& study) {
  if (options.samples.empty()) return InvalidArgument("want samples, got none");
  return Calibrator(graph, options, study).Run();
}

}  // namespace rivulet::prepare
