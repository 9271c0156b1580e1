// label_image: what a classifier sees in a picture. Two programs had this name: the C++ example, and the script of
// TensorFlow for Poets; they differ in what their flags default to and how they print. The second is meant when it is
// called label_image.py, or when no output is named and the graph has the one that retraining gives it.
#include <algorithm>
#include <cstdio>

#include "cli/cache_folder.h"
#include "cli/print_to_stderr.h"
#include "cli/tf/tools.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "tasks/classify.h"

namespace rivulet::tf {
namespace {

struct Style {
  const char* name;
  const char* image;
  const char* graph;
  const char* labels;
  int64_t size;
  double mean, std;
  const char* input_layer;
  const char* output_layer;
};
constexpr Style kExample = {"cpp",
                            "tensorflow/examples/label_image/data/grace_hopper.jpg",
                            "tensorflow/examples/label_image/data/inception_v3_2016_08_28_frozen.pb",
                            "tensorflow/examples/label_image/data/imagenet_slim_labels.txt",
                            299,
                            0,
                            255,
                            "input",
                            "InceptionV3/Predictions/Reshape_1"};
constexpr Style kPoets = {"poets",
                          "tf_files/flower_photos/daisy/3475870145_685a19116d.jpg",
                          "tf_files/retrained_graph.pb",
                          "tf_files/retrained_labels.txt",
                          224,
                          128,
                          128,
                          "input",
                          "final_result"};
constexpr int64_t kSelfTestClass = 653;  // military uniform, for the example's picture
constexpr int kTop = 5;

struct ImageFlags {
  std::string image, graph, labels, input_layer, output_layer, root_dir, style;
  int64_t width = 0, height = 0, size = 0;
  double mean = 0, std = 0;
  bool self_test = false;
};

bool IsFile(const std::string& path) { return OpenFile(path, FileAccess::kMap, int64_t{1} << 40).ok(); }

std::string Under(const std::string& root, const std::string& path) {
  if (root.empty() || path.starts_with('/')) return path;
  return root + (root.ends_with('/') ? "" : "/") + path;
}

bool Has(const Model& model, const std::string& name) { return model.Describe(name).ok(); }

// The style's file; where it is not there, one beside the graph that is called as the tutorials call it.
std::string LabelsFor(const ImageFlags& flags, const Style& style, const std::string& graph) {
  if (!flags.labels.empty()) return Under(flags.root_dir, flags.labels);
  const std::string usual = Under(flags.root_dir, style.labels);
  if (IsFile(usual)) return usual;
  const std::string folder = graph.substr(0, graph.rfind('/') + 1);
  const std::string stem = graph.substr(folder.size(), graph.rfind('.') - folder.size());
  for (const std::string& name :
       {stem + "_labels.txt", std::string("retrained_labels.txt"), std::string("labels.txt")}) {
    if (IsFile(folder + name)) return folder + name;
  }
  return usual;
}

// A layer: as it was given; else the style's where the graph has it; else what the classifier finds.
std::string LayerFor(const Model& model, const std::string& given, const char* usual) {
  if (!given.empty()) return given.ends_with(":0") ? given.substr(0, given.size() - 2) : given;
  return Has(model, usual) ? usual : "";
}

ClassifyOptions OptionsFor(const Model& model, const ImageFlags& image, const Flags& flags, const Style& style) {
  ClassifyOptions options;
  options.session.printer = cli::PrintToStderr;
  options.input_layer = LayerFor(model, image.input_layer, style.input_layer);
  options.output_layer = LayerFor(model, image.output_layer, style.output_layer);
  Shape shape = Shape::UnknownRank();
  for (const Model::Input& input : model.Inputs()) {
    if (input.name == options.input_layer || options.input_layer.empty()) shape = input.shape;
  }
  // Graphs retrained from the first Inception are fed in their middle, behind a resizing that has the size.
  if (const auto fed = model.Describe(options.input_layer); !shape.has_rank() && fed.ok()) shape = fed->shape;
  // A size that the graph has is the only one that works, so it goes before the style's.
  const auto size = [&](const char* flag, int64_t given, int axis) -> std::optional<int64_t> {
    if (flags.Given(flag)) return given;
    if (flags.Given("input_size")) return image.size;
    if (shape.rank() == 4 && shape[axis] > 0) return std::nullopt;
    return style.size;
  };
  options.input_height = size("input_height", image.height, 1);
  options.input_width = size("input_width", image.width, 2);
  options.input_mean = static_cast<float>(flags.Given("input_mean") ? image.mean : style.mean);
  options.input_std = static_cast<float>(flags.Given("input_std") ? image.std : style.std);
  return options;
}

void Print(const Style& style, const std::vector<Score>& best, double ms) {
  if (&style == &kPoets) std::printf("\nEvaluation time (1-image): %.3fs\n\n", ms / 1000);
  for (const Score& score : best) {
    if (&style == &kPoets) {
      std::printf("%s (score=%.5f)\n", score.label.c_str(), static_cast<double>(score.score));
    } else {
      std::printf("%s (%lld): %g\n", score.label.c_str(), static_cast<long long>(score.index),
                  static_cast<double>(score.score));
    }
  }
}

// Graphs retrained from the first Inception take pictures at "Mul", in [-1, 1] and of 299 pixels; the example's
// defaults were theirs until TensorFlow 1.4.
Style For(const Model& model, const Style& style) {
  Style fit = style;
  if (Has(model, style.input_layer) || !Has(model, "Mul")) return fit;
  fit.input_layer = "Mul";
  fit.size = 299;
  fit.mean = fit.std = 128;
  return fit;
}

Status Label(const Call& call, const ImageFlags& image, const Flags& flags, const Style* style) {
  std::string graph = Under(image.root_dir, image.graph.empty() ? style->graph : image.graph);
  if (image.graph.empty() && style == &kExample && !IsFile(graph) && IsFile(Under(image.root_dir, kPoets.graph))) {
    style = &kPoets;
    graph = Under(image.root_dir, style->graph);
  }
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> model, Model::Load(graph, cli::Cached()));
  if (image.style.empty() && image.output_layer.empty() && Has(*model, kPoets.output_layer)) style = &kPoets;
  ClassifyOptions options = OptionsFor(*model, image, flags, For(*model, *style));
  RIVULET_ASSIGN_OR_RETURN(options.labels, ReadLabels(LabelsFor(image, *style, graph)));
  RIVULET_ASSIGN_OR_RETURN(const auto classifier, Classifier::Create(model, options));
  const std::string path = Under(image.root_dir, image.image.empty() ? style->image : image.image);
  RIVULET_ASSIGN_OR_RETURN(const FileBytes file, OpenFile(path, FileAccess::kMap, int64_t{1} << 30));
  Result<Classification> result = classifier->Classify(file.bytes);
  if (!result.ok()) return Status(result.status()).Framed(Quoted(path));
  const std::vector<Score> best = classifier->Best(*result, kTop);
  if (options.input_layer.empty() || options.output_layer.empty()) {
    call.Warn(Cat("input '", classifier->input().name, "', output '", classifier->output_layer(),
                  "'; --input_layer and --output_layer name others"));
  }
  if (image.self_test && (best.empty() || best[0].index != kSelfTestClass)) {
    return FailedPrecondition("Expected label #", kSelfTestClass, " but got #", best.empty() ? -1 : best[0].index,
                              "; Self-test failed!");
  }
  Print(*style, best, result->run_ms);
  return Status();
}

int Run(const Call& call) {
  ImageFlags image;
  Flags flags = call.MakeFlags();
  flags.Add("image", &image.image, "the picture");
  flags.Add("graph", &image.graph, "the model");
  flags.Add("labels", &image.labels, "a file with one label a line");
  flags.Add("input_width", &image.width, "width of the input; without it the graph's, else 299, or 224 for poets");
  flags.Add("input_height", &image.height, "its height");
  flags.Add("input_size", &image.size, "both, as the tutorial calls it");
  flags.Add("input_mean", &image.mean, "pixels are fed as (p - mean) / std; 0, or 128 for poets, without it");
  flags.Add("input_std", &image.std, "255, or 128 for poets, without it");
  flags.Add("input_layer", &image.input_layer, "name of the input");
  flags.Add("output_layer", &image.output_layer, "name of the output");
  flags.Add("self_test", &image.self_test, "fail unless class 653 comes first");
  flags.Add("root_dir", &image.root_dir, "where the files' names start");
  flags.Add("style", &image.style, "cpp or poets: whose defaults and print; without it as the name and the graph tell");
  if (const auto code = flags.Parse(call.arguments)) return *code;
  const Style* style = call.name.ends_with(".py") ? &kPoets : &kExample;
  if (!image.style.empty()) {
    if (image.style != "cpp" && image.style != "poets") return flags.FailCall("--style: want cpp or poets");
    style = image.style == "poets" ? &kPoets : &kExample;
  }
  for (const char* flag : {"input_width", "input_height", "input_size"}) {
    const int64_t size = flag[6] == 'w' ? image.width : flag[6] == 'h' ? image.height : image.size;
    if (flags.Given(flag) && (size < 1 || size > 16384)) {
      return flags.FailCall(Cat("--", flag, ": want 1 to 16384, got ", size));
    }
  }
  const Status status = Label(call, image, flags, style);
  return status.ok() ? 0 : call.Fail(status);
}

}  // namespace

const Tool kLabelImage = {"label_image", "Says what a classifier sees in a picture.", kCpp, Run};

}  // namespace rivulet::tf
