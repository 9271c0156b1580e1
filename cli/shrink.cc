// rivulet shrink: the command line, and which way of making a model smaller it asks for.
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/flags.h"
#include "cli/command.h"
#include "cli/graph_output.h"
#include "cli/html_page.h"
#include "cli/progress.h"
#include "cli/samples.h"
#include "cli/shrink_amounts.h"
#include "cli/shrink_int8.h"
#include "cli/shrink_picture.h"
#include "cli/shrink_picture_page.h"
#include "cli/shrink_weights.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"

namespace rivulet::cli {
namespace {

struct ShrinkCommand {
  std::string model;
  std::string out;
  std::string format;
  int64_t levels = 0;  // of --round-weights; 0 where it has no value
  int64_t round_weights = 0;
  bool quantize_weights = false;
  bool float16 = false;
  bool int8 = false;
  bool squeeze = false;
  std::string keep_tried;
  bool lossless = false;
  std::string max_drop;
  std::string size;
  double step = 0;
  bool keep_graph = false;
  bool peaks = false;
  SampleFlags samples;
  int threads = 1;
  bool json = false;
  std::string image;
  int colors = 32;
};

// Names what was to be done; several at once are a bad call.
Result<std::string> MethodOf(const ShrinkCommand& command) {
  std::vector<std::string> methods;
  if (command.round_weights > 0) methods.push_back("round-weights");
  if (command.quantize_weights) methods.push_back("quantize-weights");
  if (command.float16) methods.push_back("float16");
  if (command.int8) methods.push_back("int8");
  if (command.lossless) methods.push_back("lossless");
  const bool wants_squeeze =
      command.squeeze || (!command.int8 && !command.max_drop.empty()) || !command.size.empty() || command.step > 0;
  if (wants_squeeze || methods.empty()) methods.push_back("squeeze");
  if (methods.size() > 1)
    return InvalidArgument("--", methods[0], " and --", methods[1], " are two ways to shrink: choose one");
  return methods[0];
}

// What a squeeze makes is no graph; other graphs are a graph's file, or have their weights coded as they are.
Result<GraphFormat> FormatOf(const ShrinkCommand& command, const std::string& method) {
  if (method != "squeeze" && method != "lossless") return FormatOrRivuletFor(command.out, command.format);
  RIVULET_RETURN_IF_ERROR(WantRivulet(command.out, command.format));
  return GraphFormat::kRivulet;
}

// A picture at fewer colours, or a page with it at several, beside weights of the model if one is given.
int RunOnPicture(const ShrinkCommand& command) {
  const bool is_page = command.out.ends_with(".html");
  if (!is_page && !command.out.ends_with(".png")) return FailCall("shrink --image wants -o FILE.png or FILE.html");
  if (!is_page && !command.model.empty()) {
    return FailCall("shrink MODEL --image makes a page of both: -o FILE.html");
  }
  const auto make = [&]() -> Status {
    if (!is_page) return ShrinkPicture(command.image, command.colors, command.out);
    std::optional<prepare::GraphDef> graph;
    if (!command.model.empty()) {
      int code = kFine;
      RIVULET_ASSIGN_OR_RETURN(
          PackSource model,
          ReadGraphSource({command.model, command.samples.signature, command.samples.outputs}, command.threads, &code));
      graph = std::move(model.graph);
    }
    RIVULET_ASSIGN_OR_RETURN(const std::string page,
                             PicturePage(command.image, command.model, graph ? &*graph : nullptr));
    RIVULET_RETURN_IF_ERROR(SaveFile(command.out, {reinterpret_cast<const uint8_t*>(page.data()), page.size()}));
    std::printf("%s: %s\n", command.out.c_str(), BytesText(static_cast<double>(page.size())).c_str());
    return Status();
  };
  const Status status = make();
  return status.ok() ? kFine : Fail(status, kBadData);
}

int RunShrink(const ShrinkCommand& command) {
  if (!command.image.empty()) return RunOnPicture(command);
  if (command.model.empty() || command.out.empty()) {
    return FailCall("shrink wants MODEL and -o OUT (see rivulet shrink --help)");
  }
  const auto method = MethodOf(command);
  if (!method.ok()) return Fail(method.status(), kBadCall);
  const Result<GraphFormat> format = FormatOf(command, *method);
  if (!format.ok()) return Fail(format.status(), kBadCall);
  const auto max_drop = ParseShare(command.max_drop.empty() ? "1%" : command.max_drop);
  if (!max_drop.ok()) return Fail(max_drop.status(), kBadCall);
  std::optional<int64_t> size;
  if (!command.size.empty()) {
    const auto parsed = ParseSize(command.size);
    if (!parsed.ok()) return Fail(parsed.status(), kBadCall);
    size = *parsed;
  }
  if (const Status can = CheckCanSaveAll({command.out}); !can.ok()) return Fail(can, kBadData);
  int code = kFine;
  const Status status = *method == "int8" ? ShrinkToInt8({.model = command.model,
                                                          .out = command.out,
                                                          .format = *format,
                                                          .samples = command.samples,
                                                          .max_drop = *max_drop,
                                                          .keep_graph = command.keep_graph,
                                                          .threads = command.threads,
                                                          .json = command.json},
                                                         &code)
                                          : ShrinkWeights({.model = command.model,
                                                           .out = command.out,
                                                           .format = *format,
                                                           .method = *method,
                                                           .levels = command.round_weights,
                                                           .keep_tried = command.keep_tried,
                                                           .max_drop = *max_drop,
                                                           .size = size,
                                                           .step = command.step,
                                                           .keep_graph = command.keep_graph,
                                                           .peaks = command.peaks,
                                                           .samples = command.samples,
                                                           .threads = command.threads,
                                                           .json = command.json},
                                                          &code);
  EndProgress();
  return status.ok() ? kFine : Fail(status, code);
}

}  // namespace

void AddShrink(CLI::App& app, int* code) {
  auto command = std::make_shared<ShrinkCommand>();
  Subcommand sub(app, "shrink", "Make a model smaller, and say what that changes");
  sub.option("model", command->model, "A graph, a package, or a SavedModel, which is frozen first");
  sub.option("-o,--out", command->out, "Where the smaller one goes").type_name("FILE");
  sub.option("--format", command->format, kRivuletFormatHelp).type_name("FORMAT");
  sub.flag("--squeeze", command->squeeze,
           "Quantise every weight as coarsely as the results allow, and code the levels (the default)");
  sub.option("--max-drop", command->max_drop,
             "How much may differ: the share of top-1 answers, or the distance of other outputs; default 1%")
      .type_name("P");
  sub.flag("--peaks", command->peaks,
           "Outputs are heat maps: an answer is where a channel's peak is, to a hundredth of the side");
  sub.option("--size", command->size, "Instead: how large the file may be, such as 8MB").type_name("S");
  sub.option("--step", command->step, "Instead of searching: every step is so much of its tensor's root mean square")
      .in_range(1e-6, 100.0)
      .type_name("R");
  sub.option("--keep-tried", command->keep_tried, "A folder that gets every file that the search tries, by its size")
      .existing_folder()
      .type_name("DIR");
  sub.flag("--keep-graph", command->keep_graph, "Don't fold batch norms into the weights first");
  sub.flag("--lossless", command->lossless, "Code the weights as they are");
  const Flag rounding =
      sub.option("--round-weights", command->levels, "Round weights to N values, 256 of themselves, for a store's zip")
          .takes(0, 1)
          .in_range(1, 1 << 24)
          .type_name("[N]");
  sub.flag("--quantize-weights", command->quantize_weights, "8-bit weights that are made float where they are read");
  sub.flag("--float16", command->float16, "Weights of half the size that are made float where they are read");
  sub.flag("--int8", command->int8,
           "8-bit arithmetic: weights in codes, and activations rounded to the ranges that they have on the samples");
  sub.option("--images", command->samples.images, "Pictures or sounds to try it on: files, or folders of them")
      .type_name("PATH");
  sub.option("--sample", command->samples.samples,
             "An array to try it on: NAME=FILE.npy; the second array of an input is of the second sample")
      .type_name("NAME=…")
      .takes_all();
  sub.option("--most-samples", command->samples.most, "Of the pictures so many are used")
      .in_range(1, 1000000)
      .shows_default();
  sub.option("--input-layer", command->samples.input_layer, "Where pictures go; default: the graph's placeholder")
      .type_name("NAME");
  sub.option("--signature", command->samples.signature,
             "Which of a SavedModel's is kept; default: serving_default, or the only one")
      .type_name("KEY");
  sub.option("--output", command->samples.outputs, "What is compared; default: what no other node uses")
      .splits_at(',')
      .type_name("NAME");
  sub.option("--input-mean", command->samples.input_mean, "Pixels are fed as (p - mean) / std; default 127.5");
  sub.option("--input-std", command->samples.input_std, "Default 127.5");
  sub.option("--threads", command->threads, "Threads for running the network").in_range(1, 1024).shows_default();
  sub.flag("--json", command->json, "As one JSON object, with every tensor and every trial");
  sub.option("--image", command->image,
             "A picture at fewer colours instead, FILE.png; or FILE.html with it at 256 to 4, beside a model's weights")
      .type_name("FILE");
  sub.option("--colors", command->colors, "Of that picture, 2 to 256").in_range(2, 256).shows_default();
  sub.footer(
      "Agreement is with the unshrunk network, on the samples; it is no accuracy.\n\n"
      "Examples:\n"
      "  rivulet shrink mobilenet.pb -o small.rivulet --images flowers/ --max-drop 1%\n"
      "  rivulet shrink mobilenet.pb -o small.rivulet --images flowers/ --size 300KB\n"
      "  rivulet shrink mobilenet.pb -o int8.pb --images flowers/ --int8\n"
      "  rivulet shrink graph.pb -o rounded.pb --round-weights 256\n"
      "  rivulet shrink model.pb --image photo.jpg -o levels.html\n"
      "  rivulet shrink --image photo.jpg --colors 32 -o photo_32.png");
  sub.callback([command, rounding, code] {
    if (rounding.count() > 0) command->round_weights = command->levels > 0 ? command->levels : 256;
    *code = RunShrink(*command);
  });
}

}  // namespace rivulet::cli
