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
    input_.assumptions.push_back(
        Cat("the output is ", Quoted(output_), ", one of ", static_cast<int64_t>(outputs.size())));
  return Status();
}

void Classifier::FindNormalization(const ClassifyOptions& options) {
  if (input_.is_file) return;
  const bool raw = input_.dtype == DType::kUint8 || input_.scales_itself;
  if (raw) normalization_ = {0, 1};
  // The digits of the MNIST tutorials are fed as 0 to 1.
  if ((input_.is_flat || input_.channels == 1) && !raw) normalization_ = {0, 255};
  if (options.input_mean) normalization_.mean = *options.input_mean;
  if (options.input_std) normalization_.std = *options.input_std;
  if (!options.input_mean && !options.input_std && input_.dtype != DType::kUint8) {
    input_.assumptions.push_back(
        raw ? "the graph scales pixels itself, so they are fed as 0 to 255"
            : Cat("pixels are fed as ", normalization_.ToString(), "; --input-mean and --input-std say otherwise"));
  }
}

Result<std::unique_ptr<Classifier>> Classifier::Create(std::shared_ptr<const Model> model,
                                                       const ClassifyOptions& options) {
  auto classifier = std::make_unique<Classifier>();
  if (options.input_std && *options.input_std == 0) return InvalidArgument("--input-std: want a number other than 0");
  const PictureInputOptions known = {options.input_layer, options.input_width, options.input_height};
  RIVULET_ASSIGN_OR_RETURN(classifier->input_, FindPictureInput(*model, known));
  RIVULET_RETURN_IF_ERROR(classifier->FindOutput(*model, options));
  classifier->FindNormalization(options);
  classifier->labels_ = options.labels;
  RIVULET_ASSIGN_OR_RETURN(classifier->session_, Session::Create(std::move(model), options.session));
  return classifier;
}

namespace {

// The pixels of a picture file, with one or three channels.
struct Picture {
  ImageInfo info;
  std::vector<uint8_t> pixels;
};

// Gray from colour by the usual luma weights; alpha is dropped.
void ToGray(Picture* picture) {
  std::vector<uint8_t> gray(static_cast<size_t>(picture->info.height * picture->info.width));
  for (size_t i = 0; i < gray.size(); ++i) {
    const uint8_t* p = picture->pixels.data() + i * static_cast<size_t>(picture->info.channels);
    gray[i] =
        picture->info.channels == 2 ? p[0] : static_cast<uint8_t>((299 * p[0] + 587 * p[1] + 114 * p[2] + 500) / 1000);
  }
  picture->pixels.swap(gray);
  picture->info.channels = 1;
}

Result<Picture> DecodePicture(std::span<const uint8_t> file, int64_t channels) {
  ImageOptions options;
  options.channels = channels == 1 ? 0 : 3;
  options.first_frame_only = true;
  // As cameras, browsers and most training pipelines decode; the fast transform moves scores by some hundredths.
  options.dct = JpegDct::kAccurate;
  Picture picture;
  RIVULET_ASSIGN_OR_RETURN(picture.info, InspectImage(file, options));
  picture.pixels.resize(static_cast<size_t>(picture.info.bytes()));
  RIVULET_RETURN_IF_ERROR(DecodeImage(file, options, picture.pixels));
  if (channels == 1 && picture.info.channels > 1) ToGray(&picture);
  return picture;
}

// One row of scores, or the number of a class.
Status ReadScores(const Tensor& tensor, Classification* result) {
  const int64_t count = tensor.num_elements();
  const auto found = [&] { return Cat(Name(tensor.dtype()), tensor.shape().ToString()); };
  if (count == 1 && (tensor.dtype() == DType::kInt64 || tensor.dtype() == DType::kInt32)) {
    const int64_t index = tensor.dtype() == DType::kInt64 ? tensor.data<int64_t>()[0] : tensor.data<int32_t>()[0];
    if (index < 0 || index >= (1 << 20)) return InvalidArgument("want the number of a class, got ", index);
    result->is_class = true;
    result->scores.assign(static_cast<size_t>(index) + 1, 0.0f);
    result->scores.back() = 1;
    return Status();
  }
  if (count == 0 || tensor.rank() == 0 || tensor.dim(tensor.rank() - 1) != count || tensor.dtype() != DType::kFloat) {
    return InvalidArgument("want one row of float32 scores, got ", found(), "; name another with --output-layer");
  }
  result->scores.assign(tensor.data<float>(), tensor.data<float>() + count);
  return Status();
}

// [height, width, channels] to [channels, height, width].
std::vector<float> ToPlanes(const std::vector<float>& pixels, int64_t channels) {
  std::vector<float> planes(pixels.size());
  const size_t size = pixels.size() / static_cast<size_t>(channels);
  for (size_t i = 0; i < pixels.size(); ++i) {
    planes[i % static_cast<size_t>(channels) * size + i / static_cast<size_t>(channels)] = pixels[i];
  }
  return planes;
}

}  // namespace

Result<Tensor> Classifier::MakeInput(std::span<const uint8_t> file, const Normalization& normalization) {
  if (input_.is_file) return Tensor::Scalar<std::string>(std::string(file.begin(), file.end()));
  RIVULET_ASSIGN_OR_RETURN(const Picture picture, DecodePicture(file, input_.channels));
  std::vector<float> resized(static_cast<size_t>(input_.height * input_.width * input_.channels));
  const ResizeShape sizes{picture.info.height, picture.info.width, input_.height, input_.width, input_.channels};
  RIVULET_RETURN_IF_ERROR(
      ResizeBilinear(std::span<const uint8_t>(picture.pixels), sizes, ResizeAlignment::kLegacy, resized));
  const float scale = 1.0f / normalization.std;
  for (float& v : resized) v = ((normalization.inverted ? 255.0f - v : v) - normalization.mean) * scale;
  if (normalization.bgr && input_.channels == 3) {
    for (size_t i = 0; i + 2 < resized.size(); i += 3) std::swap(resized[i], resized[i + 2]);
  }
  if (input_.is_planar) resized = ToPlanes(resized, input_.channels);
  if (input_.dtype == DType::kFloat) return Tensor::Of<float>(input_.shape(), resized);
  std::vector<uint8_t> bytes(resized.size());
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<uint8_t>(std::clamp(resized[i] + 0.5f, 0.0f, 255.0f));
  return Tensor::Of<uint8_t>(input_.shape(), bytes);
}

Result<Feeds> Classifier::FeedsFor(std::span<const uint8_t> file) {
  RIVULET_ASSIGN_OR_RETURN(Tensor input, MakeInput(file, normalization_));
  Feeds feeds = input_.others;
  feeds.emplace_back(input_.name, std::move(input));
  return feeds;
}

Result<Classification> Classifier::Classify(std::span<const uint8_t> file, const RunOptions& run) {
  return ClassifyWith(file, normalization_, run);
}

Result<Classification> Classifier::ClassifyWith(std::span<const uint8_t> file, const Normalization& normalization,
                                                const RunOptions& run) {
  RIVULET_ASSIGN_OR_RETURN(Tensor input, MakeInput(file, normalization));
  Feeds feeds = input_.others;
  feeds.emplace_back(input_.name, std::move(input));
  if (plan_ms_ == 0) {
    RIVULET_ASSIGN_OR_RETURN(const PlanStats stats, session_->Prepare(feeds, {output_}, {}, run));
    plan_ms_ = stats.plan_ms;
  }
  const auto start = std::chrono::steady_clock::now();
  RIVULET_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, session_->Run(feeds, {output_}, {}, run));
  Classification result;
  result.run_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  RIVULET_RETURN_IF_ERROR(ReadScores(outputs[0], &result).Framed(Cat("output ", Quoted(output_))));
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
