#include "cli/evaluate_events.h"

#include <algorithm>
#include <map>

#include "cli/shrink_picture.h"
#include "engine/base/errors.h"
#include "prepare/event_file.h"

namespace rivulet::cli {
namespace {

constexpr size_t kLargestMatrix = 120;  // classes; more are dots in a picture
constexpr int64_t kCell = 16, kGap = 1;

float Share(int64_t part, int64_t whole) {
  return whole == 0 ? 0.0f : static_cast<float>(static_cast<double>(part) / static_cast<double>(whole));
}

void FillCell(int64_t row, int64_t column, const int (&color)[3], float strength, Picture* picture) {
  for (int64_t y = row * kCell; y < (row + 1) * kCell - kGap; ++y) {
    for (int64_t x = column * kCell; x < (column + 1) * kCell - kGap; ++x) {
      for (int64_t c = 0; c < 3; ++c) {
        const float value = 255.0f + strength * static_cast<float>(color[c] - 255);
        picture->bytes[static_cast<size_t>((y * picture->info.width + x) * 3 + c)] = static_cast<uint8_t>(value);
      }
    }
  }
}

// A row for each class that files are of, a column for each that the model says, and one for all other labels: green
// what is right, orange what is not, as strong as the share of the row.
Picture DrawMatrix(const EvaluateReport& report) {
  std::map<int64_t, int64_t> place, of_row;
  for (size_t i = 0; i < report.classes.size(); ++i) place[report.classes[i].label] = static_cast<int64_t>(i);
  const auto classes = static_cast<int64_t>(report.classes.size());
  std::map<std::pair<int64_t, int64_t>, int64_t> counts;
  for (const Evaluation::Answer& answer : report.evaluation.answers()) {
    if (answer.best.empty()) continue;
    const auto said = place.find(answer.best[0].index);
    const int64_t row = place[answer.label];
    ++counts[{row, said == place.end() ? classes : said->second}];
    ++of_row[row];
  }
  Picture picture;
  picture.info = {
      .format = ImageFormat::kPng, .height = classes * kCell, .width = (classes + 1) * kCell, .channels = 3};
  picture.bytes.assign(static_cast<size_t>(picture.info.bytes()), 222);
  for (int64_t row = 0; row < classes; ++row) {
    for (int64_t column = 0; column <= classes; ++column) {
      const int64_t count = counts[{row, column}];
      const float share = Share(count, of_row[row]);
      const int right[3] = {15, 118, 110}, wrong[3] = {234, 88, 12};
      if (row == column) FillCell(row, column, right, count == 0 ? 0 : 0.15f + 0.85f * share, &picture);
      if (row != column) FillCell(row, column, wrong, count == 0 ? 0 : std::min(1.0f, 0.15f + 3 * share), &picture);
    }
  }
  return picture;
}

}  // namespace

Result<std::string> SaveEvaluation(const EvaluateReport& report, int64_t step, const std::string& folder) {
  const Evaluation& evaluation = report.evaluation;
  const auto count = static_cast<int64_t>(evaluation.answers().size());
  prepare::EventLog log = prepare::LogFromNow();
  log.AddScalar("accuracy/top-1", step, Share(evaluation.RightAmong(1), count));
  if (!report.only_best) log.AddScalar("accuracy/top-5", step, Share(evaluation.RightAmong(5), count));
  log.AddScalar("milliseconds", step, static_cast<float>(report.ms));
  std::vector<float> scores;
  std::map<int64_t, std::pair<int64_t, int64_t>> of_class;  // all, right
  for (const Evaluation::Answer& answer : evaluation.answers()) {
    scores.push_back(answer.right_score);
    ++of_class[answer.label].first;
    of_class[answer.label].second += answer.is_right();
  }
  for (const LabelledFolder& one : report.classes) {
    const auto& [all, right] = of_class[one.label];
    if (all > 0) log.AddScalar(Cat("found/", one.name), step, Share(right, all));
  }
  if (!report.only_best) log.AddHistogram("score of the right label", step, scores);
  if (report.classes.size() <= kLargestMatrix) {
    const Picture matrix = DrawMatrix(report);
    RIVULET_ASSIGN_OR_RETURN(std::string png, PngOf(matrix));
    log.AddImage("what is taken for what", step, {matrix.info.height, matrix.info.width, 3, std::move(png)});
  }
  return prepare::SaveEvents(folder, log);
}

}  // namespace rivulet::cli
