#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/html_page.h"
#include "cli/prepare_page.h"
#include "engine/base/errors.h"

namespace rivulet::cli {
namespace {

// Letters, not bytes: columns stay straight behind a "–".
size_t Letters(std::string_view text) {
  size_t count = 0;
  for (const char c : text) count += (static_cast<uint8_t>(c) & 0xc0) != 0x80;
  return count;
}

std::string Padded(const std::string& text, size_t width) {
  const size_t letters = Letters(text);
  return letters < width ? text + std::string(width - letters, ' ') : text;
}

std::string Sentence(const PrepareReport& report) {
  std::string text = Cat(report.out, ": loads in ", Digits(report.map_ms, 2), " ms");
  for (const prepare::FrozenTensor& input : report.inputs) {
    text += Cat(" · feed ", Quoted(input.name), " ", Name(input.dtype), input.shape.ToString());
  }
  if (!report.picture.empty()) text += Cat(" · pictures: ", report.picture);
  return text;
}

nlohmann::json ToJson(const std::vector<prepare::FrozenTensor>& tensors) {
  nlohmann::json list = nlohmann::json::array();
  for (const prepare::FrozenTensor& tensor : tensors) {
    list.push_back({{"name", tensor.name},
                    {"key", tensor.key},
                    {"dtype", Name(tensor.dtype)},
                    {"shape", tensor.shape.ToString()}});
  }
  return list;
}

}  // namespace

std::string PrepareReport::SamplesText() const {
  if (samples_are_arrays) return Cat("your ", samples, samples == 1 ? " sample" : " samples");
  return samples_are_given ? Cat("your ", samples, " files") : Cat(samples, " made-up inputs");
}

std::string PrepareText(const PrepareReport& report) {
  const std::string on = Cat("on ", report.SamplesText());
  std::vector<std::vector<std::string>> rows = {
      {"step", "file", "in a store", Cat("change ", on), "latency", "memory"}};
  for (const RoadStop& stop : report.stops) {
    if (!stop.refused.empty()) {
      rows.push_back({stop.step, "–", "–", "not taken", "–", "–"});
      continue;
    }
    rows.push_back({stop.step, BytesText(static_cast<double>(stop.file_bytes)),
                    BytesText(static_cast<double>(stop.store_bytes)),
                    stop.change ? stop.change->Text(report.samples_are_given || report.samples_are_arrays) : "–",
                    Digits(stop.run_ms, 3) + " ms", BytesText(static_cast<double>(stop.peak_bytes))});
  }
  std::vector<size_t> widths(rows[0].size(), 0);
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Letters(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    for (size_t i = 0; i + 1 < row.size(); ++i) text += Padded(row[i], widths[i]) + "  ";
    text += row.back() + "\n";
  }
  for (const RoadStop& stop : report.stops) {
    if (!stop.refused.empty()) text += Cat(stop.step, " was not taken: ", stop.refused, "\n");
    // Which parts stay float, and what was taken for a leftover of training, is for the user to weigh; how many nodes
    // there are is not.
    const size_t first = stop.step == "int8" ? 0 : stop.step == "optimize" ? 1 : stop.notes.size();
    for (size_t i = first; i < stop.notes.size(); ++i) text += Cat(stop.step, ": ", stop.notes[i], "\n");
  }
  text += Sentence(report) + "\n";
  text += Cat(report.ops.size(), " operators are needed · measured on this machine: ", report.machine, "\n");
  return text;
}

nlohmann::json PrepareJson(const PrepareReport& report) {
  nlohmann::json steps = nlohmann::json::array();
  for (const RoadStop& stop : report.stops) {
    nlohmann::json entry = {{"step", stop.step}, {"notes", stop.notes}};
    if (!stop.refused.empty()) {
      entry["refused"] = stop.refused;
    } else {
      entry["file_bytes"] = stop.file_bytes;
      entry["store_bytes"] = stop.store_bytes;
      entry["nodes"] = stop.nodes;
      entry["load_ms"] = stop.load_ms;
      entry["run_ms"] = stop.run_ms;
      entry["peak_bytes"] = stop.peak_bytes;
    }
    if (stop.change && stop.refused.empty()) {
      entry["largest_difference"] = stop.change->largest;
      entry["typical_difference"] = stop.change->typical;
      if (stop.change->rows > 0) entry["top1_agreement"] = 1 - stop.change->drop();
    }
    steps.push_back(std::move(entry));
  }
  return {{"model", report.model},
          {"out", report.out},
          {"target", report.target},
          {"steps", steps},
          {"samples", report.samples},
          {"samples_are_given", report.samples_are_given || report.samples_are_arrays},
          {"max_drop", report.max_drop},
          {"inputs", ToJson(report.inputs)},
          {"outputs", ToJson(report.outputs)},
          {"picture", report.picture},
          {"labels", report.labels.size()},
          {"ops", report.ops},
          {"machine", report.machine},
          {"map_ms", report.map_ms},
          {"notes", report.notes}};
}

}  // namespace rivulet::cli
