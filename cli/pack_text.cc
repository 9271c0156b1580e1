#include "cli/pack_text.h"

#include <nlohmann/json.hpp>

#include "engine/base/errors.h"

namespace rivulet::cli {
namespace {

std::string NumberText(float value) {
  std::string text;
  AppendPiece(text, static_cast<double>(value));
  return text;
}

std::string FormulaOf(const prepare::PictureFormat& picture) {
  if (!picture.mean && !picture.scale) return "mean and scale are not said";
  const float mean = picture.mean.value_or(0);
  const float scale = picture.scale.value_or(1);
  std::string text = mean == 0 ? "p" : Cat("(p − ", NumberText(mean), ")");
  if (scale != 1) text += Cat(" / ", NumberText(scale));
  return text;
}

std::string PictureText(const prepare::PictureFormat& picture) {
  const char* channels = picture.channels == 3 ? "RGB" : picture.channels == 1 ? "gray" : "channels";
  return Cat(picture.width, "×", picture.height, " ", channels, ", ", FormulaOf(picture));
}

// `dims` of a JSON list; null for what is not known.
nlohmann::json DimsJson(const Shape& shape) {
  if (!shape.has_rank()) return nullptr;
  nlohmann::json dims = nlohmann::json::array();
  for (const int64_t dim : shape.dims()) dims.push_back(dim < 0 ? nlohmann::json(nullptr) : nlohmann::json(dim));
  return dims;
}

// Texts of a pack may hold anything; on a terminal a line stays a line.
std::string Printable(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  return out;
}

}  // namespace

Result<std::optional<prepare::PackMetadata>> MetadataOf(const Model& model) {
  const std::string_view json = model.Metadata();
  if (json.empty()) return std::optional<prepare::PackMetadata>();
  Result<prepare::PackMetadata> metadata = prepare::ParsePackMetadata(json);
  if (!metadata.ok()) return Status(metadata.status()).Framed(Quoted(model.name()));
  return std::optional<prepare::PackMetadata>(*std::move(metadata));
}

std::string PackText(const prepare::PackMetadata& metadata) {
  std::string text;
  const auto line = [&](std::string_view title, const std::string& rest) {
    text += title;
    text.append(title.size() < 12 ? 12 - title.size() : 1, ' ');
    text += Printable(rest) + "\n";
  };
  for (const prepare::PackInput& input : metadata.inputs) {
    line("feed", Cat(input.name, "  ", Name(input.dtype), input.shape.ToString(),
                     input.picture ? "  " + PictureText(*input.picture) : std::string()));
  }
  for (const prepare::PackOutput& output : metadata.outputs) {
    line("get", Cat(output.name, "  ", Name(output.dtype), output.shape.ToString()));
  }
  if (!metadata.labels.empty()) {
    std::string shown;
    for (size_t i = 0; i < metadata.labels.size() && i < 5; ++i) shown += (i == 0 ? ": " : ", ") + metadata.labels[i];
    line("labels", Cat(static_cast<uint64_t>(metadata.labels.size()), shown, metadata.labels.size() > 5 ? ", …" : ""));
  }
  for (const auto& [key, value] : metadata.card) line(Printable(key), value);
  if (!metadata.producer.empty()) line("written by", metadata.producer);
  return text;
}

nlohmann::json PackJson(const prepare::PackMetadata& metadata) {
  nlohmann::json json = {{"producer", metadata.producer},      {"inputs", nlohmann::json::array()},
                         {"outputs", nlohmann::json::array()}, {"labels", metadata.labels},
                         {"samples", metadata.samples.size()}, {"tolerance", metadata.tolerance},
                         {"card", nlohmann::json::object()}};
  for (const prepare::PackInput& input : metadata.inputs) {
    nlohmann::json entry = {{"name", input.name}, {"dtype", Name(input.dtype)}, {"shape", DimsJson(input.shape)}};
    if (input.picture) {
      const prepare::PictureFormat& picture = *input.picture;
      entry["picture"] = {{"width", picture.width}, {"height", picture.height}, {"channels", picture.channels}};
      if (picture.mean) entry["picture"]["mean"] = *picture.mean;
      if (picture.scale) entry["picture"]["scale"] = *picture.scale;
    }
    json["inputs"].push_back(std::move(entry));
  }
  for (const prepare::PackOutput& output : metadata.outputs) {
    json["outputs"].push_back(
        {{"name", output.name}, {"dtype", Name(output.dtype)}, {"shape", DimsJson(output.shape)}});
  }
  for (const auto& [key, value] : metadata.card) json["card"][key] = value;
  return json;
}

}  // namespace rivulet::cli
