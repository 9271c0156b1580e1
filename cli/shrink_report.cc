#include "cli/shrink_report.h"

#include <cmath>
#include <cstdio>

#include "cli/deflated_size.h"

namespace rivulet::cli {
namespace {

std::string Thousands(int64_t value) {
  std::string text = std::to_string(value);
  for (size_t at = text.size(); at > 3;) text.insert(at -= 3, " ");
  return text;
}

std::string LargestOf(const prepare::Agreement& agreement) {
  if (!std::isfinite(agreement.largest)) return "results that are no longer finite";
  char text[32];
  std::snprintf(text, sizeof(text), "max |d| %.2g", agreement.largest);
  return text;
}

std::string ChangeOf(const prepare::Agreement& agreement) {
  char text[128];
  if (agreement.rows > 0) {
    std::snprintf(text, sizeof(text), "%s agreement %.2f %% of %zu, ", agreement.of_peaks ? "peaks'" : "top-1",
                  100 - 100 * agreement.dropped(), agreement.rows);
  } else {
    std::snprintf(text, sizeof(text), "distance %.2g of the outputs' spread, ", agreement.distance);
  }
  return text + LargestOf(agreement);
}

std::string Milliseconds(const Row& row) {
  if (!row.ms) return "";
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f ms", *row.ms);
  return text;
}

}  // namespace

Row RowOf(const char* what, const std::string& bytes) {
  return {what, static_cast<int64_t>(bytes.size()), DeflatedSize(bytes), {}, {}};
}

nlohmann::json JsonOf(const prepare::Agreement& agreement) {
  nlohmann::json json = {{"compared", agreement.rows},
                         {"agreeing", agreement.agreeing},
                         {"distance", agreement.distance},
                         {"max_abs", agreement.largest}};
  if (agreement.unseen) {
    json["unseen"] = {{"expected", agreement.unseen->expected},
                      {"at_most", agreement.unseen->at_most},
                      {"confidence", prepare::AnswerMargins::kConfidence}};
  }
  return json;
}

nlohmann::json JsonOf(const Row& row) {
  nlohmann::json json = {{"what", row.what}, {"bytes", row.bytes}, {"deflated", row.deflated}};
  if (row.agreement) json["change"] = JsonOf(*row.agreement);
  if (row.ms) json["ms"] = *row.ms;
  return json;
}

void PrintRows(const std::vector<Row>& rows, const std::string& measured_on) {
  const bool timed = !rows.empty() && rows[0].ms.has_value();
  const auto time = [&](const std::string& text) {
    if (timed) std::printf(" %11s", text.c_str());
  };
  std::printf("%-26s %13s %13s", "", "file", "in a zip");
  time("a run");
  std::printf("  change on %s\n", measured_on.c_str());
  for (const Row& row : rows) {
    std::printf("%-26s %13s %13s", row.what.c_str(), Thousands(row.bytes).c_str(),
                row.deflated > 0 ? Thousands(row.deflated).c_str() : "–");
    time(Milliseconds(row));
    std::printf("  %s\n", row.agreement ? ChangeOf(*row.agreement).c_str() : "–");
  }
}

void PrintHeldOut(const prepare::Agreement& agreement) {
  std::printf("half of the samples, which nothing was fitted to: %s\n", ChangeOf(agreement).c_str());
  if (agreement.unseen) {
    std::printf("of other samples %.2f %% are expected to differ; with %.0f %% confidence no more than %.2f %%\n",
                100 * agreement.unseen->expected, 100 * prepare::AnswerMargins::kConfidence,
                100 * agreement.unseen->at_most);
  } else if (agreement.rows > 0) {
    std::printf("this is too little to tell what others would do\n");
  }
}

}  // namespace rivulet::cli
