// evaluate: how often a retrained graph is right on the pictures that retraining kept back for tests.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cli/cache_folder.h"
#include "cli/print_to_stderr.h"
#include "cli/tf/antialias.h"
#include "cli/tf/sha1.h"
#include "cli/tf/tools.h"
#include "engine/base/errors.h"
#include "engine/base/folder.h"
#include "engine/media/image.h"
#include "rivulet/session.h"

namespace rivulet::tf {
namespace {

struct EvaluateFlags {
  std::string graph, image_dir = "tf_files/flower_photos";
  std::string input = "input:0", output = "final_result:0", logits = "final_training_ops/Wx_plus_b/add:0";
  int64_t testing_percentage = 10, validation_percentage = 10, size = 224;
  double mean = 128, std = 128;
};

struct Picture {
  std::string path;
  size_t label = 0;
};

bool IsJpeg(const std::string& name) {
  return name.ends_with(".jpg") || name.ends_with(".jpeg") || name.ends_with(".JPG") || name.ends_with(".JPEG");
}

// Retraining's rule: the path up to "_nohash_" decides, so that pictures of one thing stay together and a picture stays
// in its part however many others come.
bool IsForTests(const std::string& path, const EvaluateFlags& flags) {
  const auto digest = Sha1(std::string_view(path).substr(0, path.find("_nohash_")));
  constexpr uint32_t kMost = (1 << 27) - 1;
  const uint32_t low = uint32_t{digest[16]} << 24 | uint32_t{digest[17]} << 16 | uint32_t{digest[18]} << 8 | digest[19];
  const double percent = (low % (kMost + 1)) * (100.0 / kMost);
  return percent >= static_cast<double>(flags.validation_percentage) &&
         percent < static_cast<double>(flags.validation_percentage + flags.testing_percentage);
}

Result<std::vector<Picture>> FindPictures(const EvaluateFlags& flags, size_t* classes) {
  FolderOptions options;
  options.follow_links = true;
  RIVULET_ASSIGN_OR_RETURN(const auto folder, Folder::OpenFolder(flags.image_dir, options));
  std::vector<Picture> pictures;
  *classes = 0;
  for (const std::string& name : folder->List()) {
    const std::string path = Cat(flags.image_dir, "/", name);
    if (!IsFolder(path)) continue;
    RIVULET_ASSIGN_OR_RETURN(const auto inner, Folder::OpenFolder(path, options));
    bool any = false;
    for (const std::string& file : inner->List()) {
      if (!IsJpeg(file)) continue;
      any = true;
      const std::string picture = Cat(path, "/", file);
      if (IsForTests(picture, flags)) pictures.push_back({picture, *classes});
    }
    *classes += any ? 1 : 0;
  }
  if (*classes < 2)
    return InvalidArgument("'", flags.image_dir, "': want a folder of JPEG files for each of two classes or more");
  if (pictures.empty()) return InvalidArgument("'", flags.image_dir, "': no picture falls into the test part");
  return pictures;
}

Result<Tensor> ReadPicture(const EvaluateFlags& flags, const std::string& path) {
  RIVULET_ASSIGN_OR_RETURN(const FileBytes file, OpenFile(path, FileAccess::kMap, int64_t{1} << 30));
  ImageOptions options;
  options.channels = 3;
  options.dct = JpegDct::kAccurate;
  RIVULET_ASSIGN_OR_RETURN(const ImageInfo info, InspectImage(file.bytes, options));
  std::vector<uint8_t> pixels(static_cast<size_t>(info.bytes()));
  RIVULET_RETURN_IF_ERROR(DecodeImage(file.bytes, options, pixels));
  const std::vector<uint8_t> small = ResizeAntialias(pixels, info.height, info.width, flags.size, flags.size);
  std::vector<float> values(small.size());
  for (size_t i = 0; i < small.size(); ++i) {
    values[i] = (static_cast<float>(small[i]) - static_cast<float>(flags.mean)) / static_cast<float>(flags.std);
  }
  return Tensor::Of<float>({1, flags.size, flags.size, 3}, values);
}

// -log softmax(logits)[label], without overflow.
double CrossEntropy(std::span<const float> logits, size_t label) {
  const float most = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit - most));
  return std::log(sum) - static_cast<double>(logits[label] - most);
}

Status Evaluate(const EvaluateFlags& flags) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> model, Model::Load(flags.graph, cli::Cached()));
  RIVULET_RETURN_IF_ERROR(model->Describe(flags.input).status());
  RIVULET_RETURN_IF_ERROR(model->Describe(flags.output).status());
  RIVULET_RETURN_IF_ERROR(model->Describe(flags.logits).status());
  RIVULET_ASSIGN_OR_RETURN(const auto session, Session::Create(model, {.printer = cli::PrintToStderr}));
  size_t classes = 0;
  RIVULET_ASSIGN_OR_RETURN(const std::vector<Picture> pictures, FindPictures(flags, &classes));
  double right = 0, entropy = 0;
  for (const Picture& picture : pictures) {
    Result<Tensor> input = ReadPicture(flags, picture.path);
    if (!input.ok()) return Status(input.status()).Framed(Quoted(picture.path));
    RIVULET_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs,
                             session->Run({{flags.input, *input}}, {flags.output, flags.logits}));
    for (const Tensor& output : outputs) {
      if (output.dtype() != DType::kFloat || output.num_elements() != static_cast<int64_t>(classes)) {
        return InvalidArgument("want a float for each of the ", static_cast<uint64_t>(classes), " folders of '",
                               flags.image_dir, "', the graph gives ", Name(output.dtype()), output.shape().ToString());
      }
    }
    const auto scores = outputs[0].values<float>();
    const auto best = static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
    right += best == picture.label ? 1 : 0;
    entropy += CrossEntropy(outputs[1].values<float>(), picture.label);
  }
  const auto count = static_cast<double>(pictures.size());
  std::printf("Accuracy: %g\nCross Entropy: %g\n", right / count, entropy / count);
  return Status();
}

int Run(const Call& call) {
  EvaluateFlags tool;
  Flags flags = call.MakeFlags();
  flags.AddWord("graph", &tool.graph, "a retrained graph");
  flags.Add("image_dir", &tool.image_dir, "a folder of pictures for each class, in the order of the labels");
  flags.Add("input_layer", &tool.input, "name of the input");
  flags.Add("output_layer", &tool.output, "name of the probabilities");
  flags.Add("logits_layer", &tool.logits, "name of what softmax takes");
  flags.Add("input_size", &tool.size, "width and height of the input");
  flags.Add("input_mean", &tool.mean, "pixels are fed as (p - mean) / std");
  flags.Add("input_std", &tool.std, "see input_mean");
  flags.Add("testing_percentage", &tool.testing_percentage, "part of the pictures that is for tests");
  flags.Add("validation_percentage", &tool.validation_percentage, "part that is for checks during training");
  if (const auto code = flags.Parse(call.arguments)) return *code;
  if (tool.size < 1 || tool.size > 16384) return flags.FailCall("--input_size: want 1 to 16384");
  if (tool.std == 0) return flags.FailCall("--input_std: want a number other than 0");
  const Status status = Evaluate(tool);
  return status.ok() ? 0 : call.Fail(status);
}

}  // namespace

const Tool kEvaluate = {"evaluate", "Counts how often a retrained graph is right.", kArgparse, Run};

}  // namespace rivulet::tf
