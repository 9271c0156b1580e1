// What rivulet prepare found, as text for a terminal, as JSON, and as a page with charts.
#ifndef RIVULET_CLI_PREPARE_PAGE_H_
#define RIVULET_CLI_PREPARE_PAGE_H_

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/road.h"

namespace rivulet::cli {

struct PrepareReport {
  std::string model;
  std::string out;
  std::string target;  // "phone", "browser", "pi"
  std::vector<RoadStop> stops;
  std::vector<prepare::FrozenTensor> inputs;
  std::vector<prepare::FrozenTensor> outputs;
  std::string picture;  // "224×224 RGB, (p − 127.5) / 127.5"; empty where no pictures are fed
  std::vector<std::string> labels;
  size_t samples = 0;
  bool samples_are_given = false;
  bool samples_are_arrays = false;
  double max_drop = 0.01;
  std::vector<std::string> ops;  // that the app's runtime needs
  std::string machine;           // what was measured on: "AVX2, 1 thread"
  double map_ms = 0;             // from the file as written until it can be asked
  std::vector<std::string> advice;
  std::vector<std::string> notes;

  const RoadStop& last() const { return stops.back(); }
  std::string SamplesText() const;  // "your 500 files"
};

std::string PrepareText(const PrepareReport& report);
nlohmann::json PrepareJson(const PrepareReport& report);
std::string PreparePage(const PrepareReport& report);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_PREPARE_PAGE_H_
