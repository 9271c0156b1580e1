#include "cli/told_by_model.h"

#include "cli/pack_text.h"
#include "tasks/media_files.h"

namespace rivulet::cli {
namespace {

void TakeMetadata(const prepare::PackMetadata& metadata, ClassifyOptions* options) {
  options->labels = metadata.labels;
  if (options->output_layer.empty() && metadata.outputs.size() == 1) options->output_layer = metadata.outputs[0].name;
  for (const prepare::PackInput& input : metadata.inputs) {
    if (!input.picture || (!options->input_layer.empty() && options->input_layer != input.name)) continue;
    const prepare::PictureFormat& picture = *input.picture;
    options->input_layer = input.name;
    if (!options->input_width) options->input_width = picture.width;
    if (!options->input_height) options->input_height = picture.height;
    if (!options->input_mean) options->input_mean = picture.mean;
    if (!options->input_std) options->input_std = picture.scale;
  }
}

}  // namespace

Status TakeWhatIsTold(const std::string& path, const Model& model, const std::string& labels,
                      ClassifyOptions* options) {
  RIVULET_ASSIGN_OR_RETURN(const auto metadata, MetadataOf(model));
  if (metadata) TakeMetadata(*metadata, options);
  if (labels.empty() && !options->labels.empty()) return Status();
  const std::string file = labels.empty() ? FindLabels(path) : labels;
  if (file.empty()) return Status();
  RIVULET_ASSIGN_OR_RETURN(options->labels, ReadLabels(file));
  return Status();
}

}  // namespace rivulet::cli
