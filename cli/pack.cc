// rivulet pack: a model, and what an app must know of it, as one file that is mapped.
#include <algorithm>
#include <cstdio>
#include <optional>

#include "cli/flags.h"
#include "cli/command.h"
#include "cli/feeds.h"
#include "cli/graph_output.h"
#include "cli/idle_inputs.h"
#include "cli/made_up.h"
#include "cli/notes.h"
#include "cli/pack_norms.h"
#include "cli/pack_source.h"
#include "cli/pack_text.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "prepare/graph_edit.h"
#include "prepare/memmapped.h"
#include "prepare/needed.h"
#include "prepare/pack.h"
#include "prepare/training_leftovers.h"
#include "tasks/classify.h"

namespace rivulet::cli {
namespace {

struct PackCommand {
  std::string model;
  std::string out;
  std::string format;
  std::string labels;
  std::string input;
  std::string size;
  std::optional<float> mean;
  std::optional<float> scale;
  std::vector<std::string> outputs;
  std::vector<std::string> samples;
  std::vector<std::string> card;
  bool plain = false;
  bool keep_norms = false;
  int64_t min_bytes = 0;
  std::string signature;
  ModelFlags flags;
};

// Constants that are smaller stay in the graph, unless said otherwise.
constexpr int64_t kPackMinBytes = 1024;
constexpr int64_t kMemmappedMinBytes = 10000;  // as TensorFlow's own tool has it

Status ParseSize(const std::string& text, int64_t* width, int64_t* height) {
  long long w = 0, h = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%lldx%lld%c", &w, &h, &rest) != 2 || w < 1 || h < 1 || w > 16384 || h > 16384) {
    return InvalidArgument("--size ", Quoted(text), ": want WIDTHxHEIGHT, such as 224x224");
  }
  *width = w;
  *height = h;
  return Status();
}

std::vector<std::string> OutputsOf(const PackSource& source) {
  return source.outputs.empty() ? NameChoice().DefaultOutputs(*source.model) : source.outputs;
}

// What is fed as pictures: the input that was named, or the one that can take some.
Status DescribePicture(const PackCommand& command, const PackSource& source, prepare::PackMetadata* metadata) {
  const bool asked = !command.input.empty() || !command.size.empty() || command.mean || command.scale;
  PictureInputOptions known;
  if (!command.input.empty()) known.layer = source.Input(command.input);
  if (!command.size.empty()) {
    int64_t width = 0, height = 0;
    RIVULET_RETURN_IF_ERROR(ParseSize(command.size, &width, &height));
    known.width = width;
    known.height = height;
  }
  const Result<PictureInput> picture = FindPictureInput(*source.model, known);
  if (!picture.ok()) return asked ? picture.status() : Status();
  const auto input =
      std::find_if(metadata->inputs.begin(), metadata->inputs.end(),
                   [&](const prepare::PackInput& entry) { return IsSameTensor(entry.name, picture->name); });
  if (input == metadata->inputs.end() || picture->is_file) {
    return asked ? InvalidArgument("input ", Quoted(picture->name), " takes no pixels") : Status();
  }
  if (!asked && (input->shape.rank() != 4 || !picture->assumptions.empty())) return Status();
  input->picture = {picture->width, picture->height, picture->channels, command.mean, command.scale};
  if (!input->picture->mean && command.scale) input->picture->mean = 0.0f;
  if (!input->picture->scale && command.mean) input->picture->scale = 1.0f;
  return Status();
}

Result<prepare::PackMetadata> Describe(const PackCommand& command, const PackSource& source, int* code) {
  *code = kBadCall;
  prepare::PackMetadata metadata;
  metadata.producer = "rivulet pack";
  for (const Model::Input& input : source.model->Inputs()) {
    if (!input.has_default) metadata.inputs.push_back({input.name, input.dtype, input.shape, {}});
  }
  for (const Model::Input& input : IdleInputs(*source.model)) {
    const auto is_it = [&](const prepare::PackInput& other) { return other.name == input.name; };
    if (input.has_default || std::any_of(metadata.inputs.begin(), metadata.inputs.end(), is_it)) continue;
    metadata.inputs.push_back({input.name, input.dtype, input.shape, {}});
  }
  for (const std::string& edge : OutputsOf(source)) {
    RIVULET_ASSIGN_OR_RETURN(const Model::EdgeInfo info, source.model->Describe(edge));
    metadata.outputs.push_back({edge, info.dtype, info.shape});
  }
  if (metadata.outputs.empty()) return InvalidArgument("the model has no output that nothing uses; name it: --output");
  if (!command.labels.empty()) {
    *code = kBadData;
    RIVULET_ASSIGN_OR_RETURN(metadata.labels, ReadLabels(command.labels));
    *code = kBadCall;
  }
  for (const std::string& entry : command.card) {
    const std::string key = FeedName(entry);
    if (key.empty()) return InvalidArgument("--card ", Quoted(entry), ": want KEY=TEXT");
    metadata.card.emplace_back(key, entry.substr(key.size() + 1));
  }
  RIVULET_RETURN_IF_ERROR(DescribePicture(command, source, &metadata));
  return metadata;
}

// --sample flags: each name's first is of the first sample, its second of the second. Without any, there is one sample,
// all made up; what a sample lacks and the outputs need is made up too.
Result<std::vector<prepare::SampleFeeds>> MakeSamples(const PackCommand& command, const PackSource& source,
                                                      const prepare::PackMetadata& metadata, int* code) {
  std::vector<std::vector<std::string>> groups;
  std::vector<std::string> seen;
  for (const std::string& argument : command.samples) {
    const std::string name = FeedName(argument);
    const auto index = static_cast<size_t>(std::count(seen.begin(), seen.end(), name));
    seen.push_back(name);
    if (index >= groups.size()) groups.resize(index + 1);
    groups[index].push_back(name.empty() ? argument : source.Input(name) + argument.substr(name.size()));
  }
  if (groups.empty()) groups.emplace_back();
  prepare::TransformContext asked;
  for (const prepare::PackOutput& output : metadata.outputs) asked.outputs.push_back(output.name);
  RIVULET_ASSIGN_OR_RETURN(const auto needed, prepare::NeededNames(source.graph, asked, false));
  std::vector<prepare::SampleFeeds> samples;
  for (const std::vector<std::string>& group : groups) {
    prepare::SampleFeeds sample;
    RIVULET_ASSIGN_OR_RETURN(sample.feeds, ParseFeeds(*source.model, NameChoice(), group, code));
    sample.made_up.assign(sample.feeds.size(), false);
    sample.is_optional = group.empty();
    sample.name = group.empty() ? "made up" : group[0].substr(group[0].find_last_of("=/@") + 1);
    for (const prepare::PackInput& input : metadata.inputs) {
      const auto is_same = [&](const auto& feed) { return IsSameTensor(feed.first, input.name); };
      if (std::any_of(sample.feeds.begin(), sample.feeds.end(), is_same)) continue;
      if (!needed.contains(prepare::ParseInput(input.name).node)) continue;
      if (std::optional<Tensor> in_use = prepare::ValueInUse(input.name, input.dtype, input.shape)) {
        sample.feeds.emplace_back(input.name, *std::move(in_use));
        sample.made_up.push_back(false);
        continue;
      }
      Shape shape = input.shape.has_rank() ? input.shape : Shape();
      for (int i = 0; i < shape.rank(); ++i) {
        if (shape[i] >= 0) continue;
        const bool is_pixels = input.picture && shape.rank() == 4;
        shape.set_dim(i, is_pixels && i == 1 ? input.picture->height : is_pixels && i == 2 ? input.picture->width : 1);
      }
      const bool is_text = input.dtype == DType::kString && group.empty();
      RIVULET_ASSIGN_OR_RETURN(Tensor tensor, is_text ? Tensor::Allocate(DType::kString, shape, *Allocator::Create())
                                                      : MakeUpTensor(input.dtype, shape));
      sample.only_shapes |= is_text;
      sample.feeds.emplace_back(input.name, std::move(tensor));
      sample.made_up.push_back(true);
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

Status WritePack(const PackCommand& command, PackSource source, int* code) {
  prepare::PackOptions options;
  RIVULET_ASSIGN_OR_RETURN(options.metadata, Describe(command, source, code));
  RIVULET_ASSIGN_OR_RETURN(options.samples, MakeSamples(command, source, options.metadata, code));
  *code = kBadData;
  options.packed = !command.plain;
  options.min_bytes = command.min_bytes > 0 ? command.min_bytes : kPackMinBytes;
  const auto note = [&](std::string_view line) { PrintNote(command.model, line); };
  const FoldedNorms folded = command.keep_norms ? FoldedNorms() : FoldNorms(options, note, &source.graph);
  RIVULET_ASSIGN_OR_RETURN(const prepare::PackFile file, prepare::ToPack(std::move(source.graph), options));
  RIVULET_RETURN_IF_ERROR(SaveFile(command.out, AsBytes(file.bytes)));
  for (const std::string& note : file.notes) PrintNote(command.model, note);
  if (file.metadata.samples.empty()) PrintNote(command.model, "no sample, so 'check' compares no answers; --sample");
  std::printf("%s: pack, %.2f MB, %zu weight%s in their own regions, %zu packed for the kernels, %zu sample%s\n",
              command.out.c_str(), static_cast<double>(file.bytes.size()) / 1e6, file.constants,
              file.constants == 1 ? "" : "s", file.packed, file.metadata.samples.size(),
              file.metadata.samples.size() == 1 ? "" : "s");
  if (const std::string text = folded.ToString(); !text.empty()) std::printf("%s\n", text.c_str());
  std::printf("%s", PackText(file.metadata).c_str());
  return Status();
}

Status WriteMemmapped(const PackCommand& command, PackSource source, int* code) {
  *code = kBadData;
  const int64_t min_bytes = command.min_bytes > 0 ? command.min_bytes : kMemmappedMinBytes;
  RIVULET_ASSIGN_OR_RETURN(const prepare::MemmappedFile file, prepare::ToMemmapped(std::move(source.graph), min_bytes));
  RIVULET_RETURN_IF_ERROR(SaveFile(command.out, AsBytes(file.bytes)));
  std::printf("%s: memmapped package, %.2f MB, %zu weight%s in their own regions\n", command.out.c_str(),
              static_cast<double>(file.bytes.size()) / 1e6, file.converted, file.converted == 1 ? "" : "s");
  return Status();
}

int Pack(const PackCommand& command) {
  const auto ends = [&](std::string_view end) { return command.format.empty() && command.out.ends_with(end); };
  const bool is_pack = command.format == "pack" || ends(".rivulet");
  if (!is_pack && command.format.empty() && !ends(".mmap")) {
    return FailCall(Cat("-o ", Quoted(command.out), ": want a name that ends in .rivulet or .mmap, or --format"));
  }
  if (const Status can = CheckCanSaveAll({command.out}); !can.ok()) return Fail(can, kBadData);
  int code = kFine;
  const std::shared_ptr<const Model> model = LoadModel(command.model, command.flags, &code);
  if (model == nullptr) return code;
  Result<PackSource> source = ReadPackSource(model, {command.model, command.signature, command.outputs}, &code);
  if (!source.ok()) return Fail(source.status(), code);
  const Status status =
      is_pack ? WritePack(command, std::move(*source), &code) : WriteMemmapped(command, std::move(*source), &code);
  return status.ok() ? kFine : Fail(status, code);
}

}  // namespace

void AddPack(CLI::App& app, int* code) {
  auto command = std::make_shared<PackCommand>();
  Subcommand sub(app, "pack", "One file to ship: weights to be mapped, labels, what to feed, checksums");
  sub.option("model", command->model, "Model file or SavedModel folder").required();
  sub.option("-o,--out", command->out, "Where the pack goes; .rivulet, or .mmap for TensorFlow's memmapped package")
      .required();
  sub.option("--format", command->format, "What to write, where the name does not tell").one_of({"pack", "memmapped"});
  sub.option("--labels", command->labels, "Labels, one a line").type_name("FILE");
  sub.option("--input", command->input, "The input for pictures; default: the one that can take some")
      .type_name("NAME");
  sub.option("--size", command->size, "Of the pictures; default: from the graph").type_name("WxH");
  sub.option("--mean", command->mean, "Pixels are fed as (p - mean) / scale").type_name("M");
  sub.option("--scale", command->scale, "Likewise").type_name("S");
  sub.option("--output", command->outputs, "What an app fetches; default: what no other node uses")
      .type_name("NAME")
      .splits_at(',');
  sub.option("--sample", command->samples,
             "A value of an input, whose answer 'rivulet check' will compare: NAME=FILE.npy, NAME=@FILE, "
             "NAME==VALUE. Default: a made-up one")
      .type_name("NAME=…")
      .takes_all();
  sub.option("--card", command->card, "Of the model card: title, description, licence, whatever")
      .type_name("KEY=TEXT")
      .takes_all();
  sub.flag("--plain", command->plain, "Without weights in the kernels' layout: half the file, slower to load");
  sub.flag("--keep-norms", command->keep_norms,
           "Batch norms stay in the graph, and are folded at each load instead of now");
  sub.option("--min-bytes", command->min_bytes, "Smaller weights stay in the graph; default 1024 (memmapped 10000)")
      .in_range(int64_t{1}, int64_t{1} << 40);
  sub.option("--signature", command->signature, "Which of a SavedModel's; default: serving_default, or the only one")
      .type_name("KEY");
  command->flags.AddTo(sub);
  sub.footer(
      "Examples:\n"
      "  rivulet pack graph.pb -o flowers.rivulet --labels labels.txt --size 224x224 --mean 128 --scale 128\n"
      "  rivulet label flowers.rivulet rose.jpg\n"
      "  rivulet pack saved_model_folder -o app.rivulet --sample x=example.npy --card title='Flowers'\n"
      "  rivulet pack graph.pb -o graph.mmpb --format memmapped");
  sub.callback([command, code] { *code = Pack(*command); });
}

}  // namespace rivulet::cli
