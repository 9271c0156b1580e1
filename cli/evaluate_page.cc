#include "cli/evaluate_page.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "cli/html_page.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"

namespace rivulet::cli {
namespace {

constexpr size_t kLargestMatrix = 60;  // classes; more make no picture

std::string Percent(int64_t part, int64_t whole) {
  return whole == 0 ? "–" : Digits(100.0 * static_cast<double>(part) / static_cast<double>(whole), 3) + " %";
}

// Two places behind the point: scores that are no probabilities may be large.
std::string ScoreText(float score) {
  char text[48];
  std::snprintf(text, sizeof(text), "%.2f", static_cast<double>(score));
  return text;
}

std::string Tile(const std::string& value, std::string_view what) {
  return Cat("<div class=\"tile\"><b>", value, "</b><span>", what, "</span></div>");
}

// Of each class: how many, how many right.
std::string ClassTable(const EvaluateReport& report) {
  std::string rows;
  for (const LabelledFolder& one : report.classes) {
    int64_t count = 0, right = 0, taken = 0;
    for (const Evaluation::Answer& answer : report.evaluation.answers()) {
      if (!answer.best.empty() && answer.best[0].index == one.label) ++taken;
      if (answer.label != one.label) continue;
      ++count;
      right += answer.is_right();
    }
    const double share = count == 0 ? 0 : 100.0 * static_cast<double>(right) / static_cast<double>(count);
    rows += Cat("<tr><td>", Escaped(one.name), "</td><td class=\"n\">", count, "</td><td class=\"n\">",
                Percent(right, count), "</td><td class=\"n\">", Percent(right, taken),
                "</td><td style=\"width:40%\"><div class=\"track\"><div class=\"bar\" style=\"width:", Digits(share, 4),
                "%\"></div></div></td></tr>\n");
  }
  return Cat("<section><h2>Each class</h2><div class=\"scroll\"><table><tr><th>class</th><th class=\"n\">files</th>",
             "<th class=\"n\">found</th><th class=\"n\">right when said</th><th></th></tr>\n", rows,
             "</table></div></section>\n");
}

std::string Matrix(const EvaluateReport& report) {
  if (report.classes.size() > kLargestMatrix) return "";
  std::map<std::pair<int64_t, int64_t>, int64_t> counts;
  std::map<int64_t, int64_t> of_label, elsewhere;
  for (const Evaluation::Answer& answer : report.evaluation.answers()) {
    if (answer.best.empty()) continue;
    ++counts[{answer.label, answer.best[0].index}];
    ++of_label[answer.label];
    const auto is_column = [&](const LabelledFolder& one) { return one.label == answer.best[0].index; };
    if (std::none_of(report.classes.begin(), report.classes.end(), is_column)) ++elsewhere[answer.label];
  }
  std::string head = "<tr><th></th>", rows;
  for (const LabelledFolder& one : report.classes) head += Cat("<th class=\"col\">", Escaped(one.name), "</th>");
  head += elsewhere.empty() ? "</tr>" : "<th class=\"col\">another label</th></tr>";
  for (const LabelledFolder& row : report.classes) {
    rows += Cat("<tr><th class=\"row\">", Escaped(row.name), "</th>");
    const auto cell = [&](int64_t count, const std::string& said, bool is_right) {
      const double share =
          of_label[row.label] == 0 ? 0 : static_cast<double>(count) / static_cast<double>(of_label[row.label]);
      const std::string hue = is_right ? "var(--hue)" : "234,88,12";
      const double strength = count == 0 ? 0 : is_right ? 0.12 + 0.6 * share : std::min(0.85, 0.12 + 3 * share);
      rows += Cat("<td",
                  count == 0 ? std::string() : Cat(" style=\"background:rgba(", hue, ",", Digits(strength, 3), ")\""),
                  " title=\"", Escaped(row.name), " taken for ", Escaped(said), ": ", count, "\">",
                  count == 0 ? std::string() : Cat(count), "</td>");
    };
    for (const LabelledFolder& column : report.classes) {
      cell(counts[{row.label, column.label}], column.name, row.label == column.label);
    }
    if (!elsewhere.empty()) cell(elsewhere[row.label], "another label", false);
    rows += "</tr>\n";
  }
  return Cat(
      "<section><h2>What is taken for what</h2><p class=\"soft\">A row is what the files are, a column what the "
      "model says.</p><div class=\"scroll\"><table class=\"matrix\">",
      head, rows, "</table></div></section>\n");
}

std::string Worst(const EvaluateReport& report, size_t most) {
  const std::vector<const Evaluation::Answer*> worst = report.evaluation.Worst(most);
  if (worst.empty()) return "";
  std::string cards;
  for (const Evaluation::Answer* answer : worst) {
    const Result<FileBytes> file = OpenFile(answer->file, FileAccess::kMap, int64_t{1} << 30);
    const std::string name = answer->file.substr(answer->file.rfind('/') + 1);
    cards += Cat("<div class=\"card\" title=\"", Escaped(answer->file), "\">",
                 Thumbnail(file.ok() ? file->bytes : std::span<const uint8_t>(), name), "<div><span class=\"bad\">",
                 Escaped(answer->best[0].label), " ", ScoreText(answer->best[0].score), "</span><br>is ",
                 Escaped(report.LabelOf(answer->label)), " ", ScoreText(answer->right_score),
                 "<br><span class=\"soft\">", Escaped(name), "</span></div></div>\n");
  }
  return Cat("<section><h2>The worst: wrong, and sure of it</h2><div class=\"cards\">", cards, "</div></section>\n");
}

}  // namespace

std::string EvaluateReport::LabelOf(int64_t index) const {
  for (const LabelledFolder& one : classes) {
    if (one.label == index) return one.name;
  }
  return index >= 0 && static_cast<size_t>(index) < labels.size() ? labels[static_cast<size_t>(index)]
                                                                  : Cat("class ", index);
}

std::string EvaluatePage(const EvaluateReport& report, size_t worst) {
  const auto count = static_cast<int64_t>(report.evaluation.answers().size());
  std::string body = Cat("<h1>", Escaped(FileName(report.model)), "</h1><p class=\"soft\">on ", count, " files of ",
                         static_cast<int64_t>(report.classes.size()), " classes in ", Escaped(report.folder), "</p>");
  body += "<div class=\"tiles\">" + Tile(Percent(report.evaluation.RightAmong(1), count), "right at once (top-1)");
  if (!report.only_best && report.NumLabels() > 5) {
    body += Tile(Percent(report.evaluation.RightAmong(5), count), "right among five (top-5)");
  }
  body += Tile(Cat(count - report.evaluation.RightAmong(1)), "wrong");
  body += Tile(Digits(report.ms, 3) + " ms", "each, in the median") + "</div>\n";
  body += ClassTable(report) + Matrix(report) + Worst(report, worst);
  std::string notes;
  if (report.unreadable > 0) notes += Cat("<p class=\"bad\">", report.unreadable, " files could not be read.</p>");
  for (const std::string& line : report.assumptions) notes += Cat("<p>assumed: ", Escaped(line), "</p>");
  return Page(Cat("evaluate ", FileName(report.model)),
              Cat(body, "<footer>", notes, "made by rivulet evaluate</footer>"));
}

}  // namespace rivulet::cli
