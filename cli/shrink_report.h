// What rivulet shrink says of a file: its sizes, and what changed in the answers.
#ifndef RIVULET_CLI_SHRINK_REPORT_H_
#define RIVULET_CLI_SHRINK_REPORT_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "prepare/squeeze/squeeze.h"

namespace rivulet::cli {

struct Row {
  std::string what;
  int64_t bytes = 0;
  int64_t deflated = 0;
  std::optional<prepare::Agreement> agreement;
  std::optional<double> ms;  // of a run
};

Row RowOf(const char* what, const std::string& bytes);

nlohmann::json JsonOf(const prepare::Agreement& agreement);
nlohmann::json JsonOf(const Row& row);

// A table; with times where the first row has one.
void PrintRows(const std::vector<Row>& rows, const std::string& measured_on);

// What the samples say that nothing was fitted to, and what they let expect of others.
void PrintHeldOut(const prepare::Agreement& agreement);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_SHRINK_REPORT_H_
