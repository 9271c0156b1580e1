#include "tasks/classify.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "engine/graph/graph.h"
#include "engine/media/image.h"
#include "engine/media/resize.h"

namespace rivulet {
namespace {

std::string Number(float value) {
  std::string text;
  AppendPiece(text, static_cast<double>(value));
  return text;
}

// True when the graph itself scales the pixels right after its input: Sub, Mul, Div or a normalisation of the input.
bool ScalesItself(const Graph& graph, const std::string& input) {
  const int32_t index = graph.Find(input);
  for (const Node& node : graph.nodes()) {
    if (node.op != "Sub" && node.op != "Mul" && node.op != "RealDiv" && node.op != "Div" &&
        node.op != "FusedBatchNorm" && node.op != "FusedBatchNormV3") {
      continue;
    }
    for (const Edge& edge : node.inputs) {
      if (edge.node == index) return true;
    }
  }
  return false;
}

bool EndsInProbabilities(const Graph& graph, const std::string& name) {
  int32_t index = graph.Find(name);
  for (int steps = 0; index >= 0 && steps < 4; ++steps) {
    const Node& node = graph.node(index);
    if (node.op == "Softmax" || node.op == "Sigmoid") return true;
    if ((node.op != "Reshape" && node.op != "Identity" && node.op != "Squeeze") || node.inputs.empty()) return false;
    index = node.inputs[0].node;
  }
  return false;
}

}  // namespace

std::string Normalization::ToString() const {
  std::string text = inverted ? "255 − p" : "p";
  if (mean != 0) text = Cat("(", text, " − ", Number(mean), ")");
  if (std != 1) text = Cat(inverted && mean == 0 ? Cat("(", text, ")") : text, " / ", Number(std));
  return bgr ? text + ", BGR" : text;
}

Result<std::vector<std::string>> ReadLabels(const std::string& path) {
  RIVULET_ASSIGN_OR_RETURN(const FileBytes file, OpenFile(path, FileAccess::kMap, int64_t{1} << 26));
  std::vector<std::string> labels;
  std::string line;
  const auto finish = [&] {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.pop_back();
    labels.push_back(line);
    line.clear();
  };
  for (const uint8_t byte : file.bytes) {
    if (byte == '\n') {
      finish();
    } else {
      line += static_cast<char>(byte);
    }
  }
  if (!line.empty()) finish();
  while (!labels.empty() && labels.back().empty()) labels.pop_back();
  return labels;
}

Status Classifier::FindInput(const Model& model, const ClassifyOptions& options) {
  input_ = options.input_layer;
  if (input_.empty()) {
    std::vector<std::string> candidates;
    for (const Model::Input& input : model.Inputs()) {
      if (!input.has_default) candidates.push_back(input.name);
    }
    if (candidates.empty()) {
      return InvalidArgument("the model has no placeholder; name the input with --input-layer");
    }
    input_ = candidates[0];
    if (candidates.size() > 1)
      assumptions_.push_back(
          Cat("the input is ", Quoted(input_), ", the first of ", static_cast<int64_t>(candidates.size())));
  }
  RIVULET_ASSIGN_OR_RETURN(const Model::EdgeInfo info, model.Describe(input_));
  dtype_ = info.dtype;
  takes_bytes_ = dtype_ == DType::kString;
  if (takes_bytes_) return Status();
  if (dtype_ != DType::kFloat && dtype_ != DType::kUint8) {
    return InvalidArgument("input ", Quoted(input_), " is ", Name(dtype_),
                           "; pictures are fed as float32, uint8 or whole files");
  }
  const Shape& shape = info.shape;
  const auto dim = [&](int axis) { return shape.rank() > axis ? shape[axis] : -1; };
  if (shape.has_rank() && shape.rank() == 2) {
    // A flattened picture, as in the MNIST tutorials.
    flat_ = true;
    const auto side = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(std::max<int64_t>(dim(1), 0)))));
    channels_ = 1;
    height_ = width_ = side;
    if (options.input_height) height_ = *options.input_height;
    if (options.input_width) width_ = *options.input_width;
    if (height_ * width_ != dim(1) && dim(1) >= 0) {
      return InvalidArgument("input ", Quoted(input_), " takes ", shape.ToString(),
                             ", which is no square picture; give --input-width and --input-height");
    }
    return Status();
  }
  if (shape.has_rank() && shape.rank() != 4 && shape.rank() != 3) {
    return InvalidArgument("input ", Quoted(input_), " takes ", shape.ToString(),
                           ", want a picture [batch, height, width, channels]");
  }
  const int first = shape.rank() == 3 ? 0 : 1;
  height_ = options.input_height.value_or(dim(first));
  width_ = options.input_width.value_or(dim(first + 1));
  channels_ = dim(first + 2) > 0 ? dim(first + 2) : 3;
  if (height_ <= 0 || width_ <= 0) {
    height_ = width_ = 224;
    assumptions_.push_back("the picture's size is 224×224; the graph does not say");
  }
  if (height_ > 16384 || width_ > 16384)
    return InvalidArgument("an input of ", width_, "×", height_, " pixels is too large");
  if (channels_ != 1 && channels_ != 3)
    return InvalidArgument("input ", Quoted(input_), " wants ", channels_, " channels; pictures have 1 or 3");
  return Status();
}

Status Classifier::FindOutput(const Model& model, const ClassifyOptions& options) {
  output_ = options.output_layer;
  if (!output_.empty()) return model.Describe(output_).status();
  const std::vector<std::string> outputs = model.LikelyOutputs();
  if (outputs.empty()) return InvalidArgument("the model has no output that nothing uses; name it with --output-layer");
  output_ = outputs.back();
  for (const std::string& name : outputs) {
    if (EndsInProbabilities(model.graph(), name)) {
      output_ = name;
      break;
    }
  }
  if (outputs.size() > 1)
    assumptions_.push_back(Cat("the output is ", Quoted(output_), ", one of ", static_cast<int64_t>(outputs.size())));
  return Status();
}

void Classifier::FindNormalization(const Model& model, const ClassifyOptions& options) {
  if (takes_bytes_) return;
  const bool raw = dtype_ == DType::kUint8 || ScalesItself(model.graph(), input_);
  if (raw) normalization_ = {0, 1};
  if (flat_ && !raw) normalization_ = {0, 255};
  if (options.input_mean) normalization_.mean = *options.input_mean;
  if (options.input_std) normalization_.std = *options.input_std;
  if (!options.input_mean && !options.input_std && dtype_ != DType::kUint8) {
    assumptions_.push_back(
        raw ? "the graph scales pixels itself, so they are fed as 0 to 255"
            : Cat("pixels are fed as ", normalization_.ToString(), "; --input-mean and --input-std say otherwise"));
  }
}

Result<std::unique_ptr<Classifier>> Classifier::Create(std::shared_ptr<const Model> model,
                                                       const ClassifyOptions& options) {
  auto classifier = std::make_unique<Classifier>();
  if (options.input_std && *options.input_std == 0) return InvalidArgument("--input-std: want a number other than 0");
  RIVULET_RETURN_IF_ERROR(classifier->FindInput(*model, options));
  RIVULET_RETURN_IF_ERROR(classifier->FindOutput(*model, options));
  classifier->FindNormalization(*model, options);
  classifier->labels_ = options.labels;
  RIVULET_ASSIGN_OR_RETURN(classifier->session_, Session::Create(std::move(model), options.session));
  return classifier;
}

Result<Tensor> Classifier::MakeInput(std::span<const uint8_t> file, const Normalization& normalization) {
  if (takes_bytes_) return Tensor::Scalar<std::string>(std::string(file.begin(), file.end()));
  ImageOptions options;
  options.channels = channels_ == 1 ? 0 : 3;
  options.first_frame_only = true;
  RIVULET_ASSIGN_OR_RETURN(ImageInfo info, InspectImage(file, options));
  std::vector<uint8_t> pixels(static_cast<size_t>(info.bytes()));
  RIVULET_RETURN_IF_ERROR(DecodeImage(file, options, pixels));
  // Gray from colour by the usual luma weights; alpha is dropped.
  std::vector<uint8_t> gray;
  if (channels_ == 1 && info.channels > 1) {
    gray.resize(static_cast<size_t>(info.height * info.width));
    for (size_t i = 0; i < gray.size(); ++i) {
      const uint8_t* p = pixels.data() + i * static_cast<size_t>(info.channels);
      gray[i] = info.channels == 2 ? p[0] : static_cast<uint8_t>((299 * p[0] + 587 * p[1] + 114 * p[2] + 500) / 1000);
    }
    pixels.swap(gray);
    info.channels = 1;
  }
  std::vector<float> resized(static_cast<size_t>(height_ * width_ * channels_));
  const ResizeShape sizes{info.height, info.width, height_, width_, channels_};
  RIVULET_RETURN_IF_ERROR(ResizeBilinear(std::span<const uint8_t>(pixels), sizes, ResizeAlignment::kLegacy, resized));
  const float scale = 1.0f / normalization.std;
  for (float& v : resized) v = ((normalization.inverted ? 255.0f - v : v) - normalization.mean) * scale;
  if (normalization.bgr && channels_ == 3) {
    for (size_t i = 0; i + 2 < resized.size(); i += 3) std::swap(resized[i], resized[i + 2]);
  }
  const Shape shape = flat_ ? Shape{1, height_ * width_ * channels_} : Shape{1, height_, width_, channels_};
  if (dtype_ == DType::kFloat) return Tensor::Of<float>(shape, resized);
  std::vector<uint8_t> bytes(resized.size());
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<uint8_t>(std::clamp(resized[i] + 0.5f, 0.0f, 255.0f));
  return Tensor::Of<uint8_t>(shape, bytes);
}

Result<Classification> Classifier::Classify(std::span<const uint8_t> file, const RunOptions& run) {
  return ClassifyWith(file, normalization_, run);
}

Result<Classification> Classifier::ClassifyWith(std::span<const uint8_t> file, const Normalization& normalization,
                                                const RunOptions& run) {
  RIVULET_ASSIGN_OR_RETURN(Tensor input, MakeInput(file, normalization));
  const Feeds feeds = {{input_, std::move(input)}};
  if (plan_ms_ == 0) {
    RIVULET_ASSIGN_OR_RETURN(const PlanStats stats, session_->Prepare(feeds, {output_}, {}, run));
    plan_ms_ = stats.plan_ms;
  }
  const auto start = std::chrono::steady_clock::now();
  RIVULET_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, session_->Run(feeds, {output_}, {}, run));
  Classification result;
  result.run_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  const Tensor& scores = outputs[0];
  if (scores.dtype() == DType::kFloat) {
    result.scores.assign(scores.data<float>(), scores.data<float>() + scores.num_elements());
  } else if (scores.dtype() == DType::kInt64 && scores.num_elements() == 1) {
    // An ArgMax: the class itself.
    const int64_t index = scores.data<int64_t>()[0];
    if (index >= 0 && index < (1 << 20)) {
      result.scores.assign(static_cast<size_t>(index) + 1, 0.0f);
      result.scores.back() = 1;
    }
  } else {
    return InvalidArgument("output ", Quoted(output_), " is ", Name(scores.dtype()), scores.shape().ToString(),
                           ", want float32 scores");
  }
  if (result.scores.empty()) return InvalidArgument("output ", Quoted(output_), " is empty");
  return result;
}

std::vector<Score> Classifier::Best(const Classification& result, int count) const {
  std::vector<int64_t> order(result.scores.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
  const auto better = [&](int64_t a, int64_t b) {
    const float x = result.scores[static_cast<size_t>(a)];
    const float y = result.scores[static_cast<size_t>(b)];
    if (std::isnan(x) || std::isnan(y)) return std::isnan(y) && !std::isnan(x);
    return x != y ? x > y : a < b;
  };
  const size_t kept = std::min(order.size(), static_cast<size_t>(std::max(count, 1)));
  std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(kept), order.end(), better);
  std::vector<Score> best;
  for (size_t i = 0; i < kept; ++i) {
    const auto index = static_cast<size_t>(order[i]);
    best.push_back({order[i], index < labels_.size() ? labels_[index] : Cat("class ", order[i]), result.scores[index]});
  }
  return best;
}

}  // namespace rivulet
