#include "cli/samples.h"

#include <algorithm>
#include <map>

#include "cli/command.h"
#include "cli/feeds.h"
#include "cli/made_up.h"
#include "cli/made_up_picture.h"
#include "cli/sample_files.h"
#include "engine/base/errors.h"
#include "engine/media/image.h"
#include "engine/media/wav.h"
#include "prepare/engine_graph.h"
#include "prepare/needed.h"

namespace rivulet::cli {
namespace {

constexpr int64_t kOpenExtents[] = {16, 64, 224, 1};
// Made-up inputs: how many shrink gets, and by how many elements each is turned more than the last.
constexpr int64_t kMadeUp = 32, kTurn = 7919;

// Another value for each turn: pictures are drawn anew, other made-up values turned by a few elements.
Result<Tensor> MadeUpOf(const Tensor& tensor, int64_t turn) {
  if (!CanBePictures(tensor)) return Turned(tensor, turn * kTurn);
  RIVULET_ASSIGN_OR_RETURN(Tensor pictures, Tensor::Allocate(tensor.dtype(), tensor.shape(), *Allocator::Create()));
  DrawPictures(static_cast<uint32_t>(turn), &pictures);
  return pictures;
}

bool HasOp(const prepare::GraphDef& graph, std::initializer_list<std::string_view> ops) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const prepare::NodeDef& node) {
    return std::find(ops.begin(), ops.end(), node.op) != ops.end();
  });
}

// A file of noise for a model that decodes files itself: a second of sound, or a picture.
Result<Tensor> MakeUpFile(const prepare::GraphDef& graph, int64_t turn) {
  RIVULET_ASSIGN_OR_RETURN(Tensor noise, MakeUpTensor(DType::kUint8, Shape{16000 + 224 * 224 * 3}));
  RIVULET_ASSIGN_OR_RETURN(noise, Turned(noise, turn));
  const uint8_t* bytes = noise.data<uint8_t>();
  if (HasOp(graph, {"DecodeWav"})) {
    std::vector<float> sound(16000);
    for (size_t i = 0; i < sound.size(); ++i) sound[i] = static_cast<float>(bytes[i]) / 128 - 1;
    RIVULET_ASSIGN_OR_RETURN(std::string file, EncodeWav(sound, 1, 16000));
    return Tensor::Scalar<std::string>(std::move(file));
  }
  if (HasOp(graph, {"DecodeJpeg", "DecodePng", "DecodeImage", "DecodeAndCropJpeg"})) {
    const ImageInfo info = {.format = ImageFormat::kJpeg, .height = 224, .width = 224, .channels = 3};
    RIVULET_ASSIGN_OR_RETURN(std::string file,
                             EncodeJpeg({bytes, static_cast<size_t>(info.bytes())}, info, JpegEncodeOptions()));
    return Tensor::Scalar<std::string>(std::move(file));
  }
  return Unimplemented("no text is made up; give files with --images, or values with --sample NAME==TEXT");
}

// The caller's shape, else the file's; where that leaves something open, what a picture has, or `open`.
Result<Shape> ShapeToMakeUp(const prepare::FrozenTensor& input, const SampleOptions& options, const FoundSamples& found,
                            int64_t open) {
  for (const auto& [name, shape] : options.shapes) {
    if (name == input.name) return shape;
  }
  const bool is_picture = found.input && input.name == found.input->name && !found.input->is_file;
  const Shape picture = is_picture ? found.input->shape() : Shape::UnknownRank();
  if (!input.shape.has_rank() && is_picture) return picture;
  if (!input.shape.has_rank()) {
    return InvalidArgument("the shape of input ", Quoted(input.name), " is not in the file; give it: --input-shape ",
                           input.name, "=1,224,224,3");
  }
  Shape shape = input.shape;
  const bool fits = picture.has_rank() && picture.rank() == shape.rank() && open == kOpenExtents[0];
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] < 0) shape.set_dim(i, i == 0 ? 1 : fits ? picture[i] : open);
  }
  return shape;
}

Result<Feeds> MakeUp(const RoadState& state, const SampleOptions& options, const FoundSamples& found, int64_t open,
                     int64_t turn, Feeds feeds = {}) {
  for (const prepare::FrozenTensor& input : found.needed) {
    // Two keys of a signature may mean one tensor.
    const auto is_it = [&](const auto& feed) { return feed.first == input.name; };
    if (std::any_of(feeds.begin(), feeds.end(), is_it)) continue;
    const bool is_file = found.input && input.name == found.input->name && found.input->is_file;
    Result<Tensor> value = Internal("not made");
    if (is_file) {
      value = MakeUpFile(state.graph, turn * kTurn);
    } else {
      RIVULET_ASSIGN_OR_RETURN(const Shape shape, ShapeToMakeUp(input, options, found, open));
      value = MakeUpFeed(input.dtype, shape);
    }
    if (!value.ok()) return Status(value.status()).Framed(Cat("input ", Quoted(input.name)));
    if (!is_file) {
      RIVULET_ASSIGN_OR_RETURN(*value, MadeUpOf(*value, turn));
    }
    feeds.emplace_back(input.name, std::move(*value));
  }
  return feeds;
}

// The caller's arrays, each with what it lacks.
Status FillUp(const RoadState& state, const SampleOptions& options, FoundSamples* found) {
  for (const Feeds& given : options.given) {
    RIVULET_ASSIGN_OR_RETURN(Feeds feeds, MakeUp(state, options, *found, kOpenExtents[0], 0, given));
    found->samples.feeds.push_back(std::move(feeds));
  }
  found->samples.are_arrays = true;
  return Status();
}

// An input whose shape neither the file nor the caller tells whole; empty if none.
std::string OpenInput(const SampleOptions& options, const FoundSamples& found) {
  for (const prepare::FrozenTensor& input : found.needed) {
    const auto is_it = [&](const auto& shape) { return shape.first == input.name; };
    const bool is_given = std::any_of(options.shapes.begin(), options.shapes.end(), is_it);
    if (!is_given && !input.shape.complete()) return input.name;
  }
  return "";
}

Status MakeUpAll(const RoadState& state, const SampleOptions& options, FoundSamples* found) {
  constexpr int64_t kCount = 8;
  Status last;
  for (const int64_t open : kOpenExtents) {
    found->samples.feeds.clear();
    for (int64_t i = 0; i < kCount; ++i) {
      RIVULET_ASSIGN_OR_RETURN(Feeds feeds, MakeUp(state, options, *found, open, i));
      found->samples.feeds.push_back(std::move(feeds));
    }
    const auto run = RunGraph(state.graph, state.OutputNames(), found->samples.feeds[0], state.session, state.name);
    if (run.ok()) return Status();
    last = run.status();
  }
  if (const std::string open = OpenInput(options, *found); !open.empty()) {
    return Status(last.code(), Cat(last.message(), "; the file does not tell the whole shape of input ", Quoted(open),
                                   ": --input-shape ", open, "=1,224,224,3"));
  }
  return last;
}

Status ReadFiles(Classifier& classifier, const SampleOptions& options, FoundSamples* found) {
  SampleFiles files = ReadSampleFiles(classifier, {options.images}, options.most);
  if (files.found == 0) return InvalidArgument(Quoted(options.images), ": want pictures or WAV files, found none");
  if (files.feeds.empty())
    return InvalidArgument(Quoted(options.images), ": no file could be read; ", files.left_out[0]);
  found->samples.feeds = std::move(files.feeds);
  found->assumptions.insert(found->assumptions.end(), files.left_out.begin(), files.left_out.end());
  found->samples.are_given = true;
  return Status();
}

Status AddMedia(const std::shared_ptr<const Model>& model, const SampleFlags& flags, Samples* samples) {
  ClassifyOptions options;
  options.input_layer = flags.input_layer;
  if (!flags.outputs.empty()) options.output_layer = flags.outputs[0];
  options.input_mean = flags.input_mean;
  options.input_std = flags.input_std;
  RIVULET_ASSIGN_OR_RETURN(const auto classifier, Classifier::Create(model, options));
  SampleFiles files = ReadSampleFiles(*classifier, flags.images, flags.most);
  if (files.feeds.empty()) {
    return InvalidArgument("none of the ", files.found, " pictures and sounds can be fed",
                           files.left_out.empty() ? "" : "; ", files.left_out.empty() ? "" : files.left_out.back());
  }
  samples->feeds = std::move(files.feeds);
  if (samples->outputs.empty()) samples->outputs = {classifier->output_layer()};
  samples->what =
      Cat(samples->feeds.size(), " of ", files.found, " files, as ", classifier->normalization().ToString());
  return Status();
}

Status AddMadeUp(const Model& model, Samples* samples) {
  Feeds feeds;
  RIVULET_RETURN_IF_ERROR(MakeUpMissing(model, NameChoice(), "--sample", &feeds));
  for (int64_t i = 0; i < kMadeUp; ++i) {
    Feeds turned;
    for (const auto& [name, tensor] : feeds) {
      RIVULET_ASSIGN_OR_RETURN(Tensor copy, MadeUpOf(tensor, i));
      turned.emplace_back(name, std::move(copy));
    }
    samples->feeds.push_back(std::move(turned));
  }
  samples->what = Cat(kMadeUp, " made-up inputs");
  samples->are_made_up = true;
  return Status();
}

// The first arrays of all inputs are the first sample, the second ones the next.
std::vector<std::vector<std::string>> GroupBySample(const std::vector<std::string>& arguments) {
  std::map<std::string, size_t> given;
  std::vector<std::vector<std::string>> samples;
  for (const std::string& argument : arguments) {
    const size_t at = given[argument.substr(0, argument.find('='))]++;
    if (at == samples.size()) samples.emplace_back();
    samples[at].push_back(argument);
  }
  return samples;
}

// A row of fewer numbers than the smallest digits have that people recognise is no picture, unless pictures are given.
bool IsTinyRow(const PictureInput& input) { return input.is_flat && input.width * input.height < 64; }

}  // namespace

Result<FoundSamples> FindSamples(const RoadState& state, const SampleOptions& options) {
  FoundSamples found;
  const prepare::TransformContext asked{.outputs = state.OutputNames()};
  RIVULET_ASSIGN_OR_RETURN(const auto needed, prepare::NeededNames(state.graph, asked, false));
  std::copy_if(state.inputs.begin(), state.inputs.end(), std::back_inserter(found.needed),
               [&](const auto& input) { return needed.contains(prepare::ParseInput(input.name).node); });
  RIVULET_ASSIGN_OR_RETURN(auto model, prepare::ModelOf(state.graph, state.name));
  ClassifyOptions classify = options.classify;
  if (classify.output_layer.empty()) classify.output_layer = state.outputs[0].name;
  auto classifier = Classifier::Create(model, classify);
  if (classifier.ok() && !(options.images.empty() && IsTinyRow((*classifier)->input()))) {
    found.input = (*classifier)->input();
    found.normalization = (*classifier)->normalization();
    if (!found.input->is_file) {
      found.picture = Cat(found.input->width, "×", found.input->height, found.input->channels == 1 ? " gray" : " RGB",
                          ", ", found.normalization.ToString());
    }
    // They are written into the file, so they are told, whatever is fed here.
    found.assumptions = (*classifier)->assumptions();
  }
  if (!options.given.empty()) {
    RIVULET_RETURN_IF_ERROR(FillUp(state, options, &found));
    return found;
  }
  if (options.images.empty()) {
    RIVULET_RETURN_IF_ERROR(MakeUpAll(state, options, &found));
    return found;
  }
  if (!classifier.ok()) return classifier.status();
  RIVULET_RETURN_IF_ERROR(ReadFiles(**classifier, options, &found));
  return found;
}

Result<Samples> MakeSamples(const PackSource& source, const SampleFlags& flags, int* code) {
  const std::shared_ptr<const Model>& model = source.model;
  Samples samples;
  samples.outputs = source.outputs;
  *code = kBadData;
  if (!flags.images.empty()) {
    RIVULET_RETURN_IF_ERROR(AddMedia(model, flags, &samples));
  }
  for (const std::vector<std::string>& arguments : GroupBySample(source.FeedArguments(flags.samples))) {
    RIVULET_ASSIGN_OR_RETURN(Feeds feeds, ParseFeeds(*model, NameChoice(), arguments, code));
    *code = kBadData;
    RIVULET_RETURN_IF_ERROR(MakeUpMissing(*model, NameChoice(), "--sample", &feeds));
    samples.feeds.push_back(std::move(feeds));
  }
  if (!flags.samples.empty()) samples.what += Cat(samples.what.empty() ? "" : " and ", flags.samples.size(), " arrays");
  if (samples.feeds.empty()) {
    // Texts and unknown shapes are not made up; what needs no samples goes on.
    if (const Status status = AddMadeUp(*model, &samples); !status.ok()) {
      samples.feeds.clear();
      samples.what = Cat("nothing: ", status.message());
    }
  }
  if (samples.outputs.empty()) samples.outputs = model->LikelyOutputs();
  if (samples.outputs.empty())
    return InvalidArgument("the graph has no output that could be compared; name one with --output");
  return samples;
}

}  // namespace rivulet::cli
