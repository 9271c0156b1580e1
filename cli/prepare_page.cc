#include "cli/prepare_page.h"

#include <algorithm>

#include "cli/html_page.h"
#include "engine/base/errors.h"

namespace rivulet::cli {
namespace {

std::string Bytes(size_t bytes) { return BytesText(static_cast<double>(bytes)); }

std::string Tile(const std::string& value, std::string_view what, const std::string& more) {
  return Cat("<div class=\"tile\"><b>", value, "</b><span>", what, more.empty() ? "" : "<br>", more, "</span></div>");
}

std::string Times(double before, double after, std::string_view less, std::string_view more) {
  if (after <= 0 || before <= 0) return "";
  const double times = before / after;
  if (times >= 1.05) return Cat(Digits(times, 2), " × ", less);
  return times <= 0.95 ? Cat(Digits(1 / times, 2), " × ", more) : "as it was given";
}

std::vector<const RoadStop*> Taken(const PrepareReport& report) {
  std::vector<const RoadStop*> taken;
  for (const RoadStop& stop : report.stops) {
    if (stop.refused.empty()) taken.push_back(&stop);
  }
  return taken;
}

struct Bar {
  std::string what;  // beside it; empty: the second of a pair
  double value;
  std::string text;
  bool is_pale;
};

// Bars from the left, the longest over the whole width; on a narrow page what they are stands above them.
std::string Chart(const std::vector<Bar>& bars) {
  double most = 0;
  for (const Bar& bar : bars) most = std::max(most, bar.value);
  std::string rows;
  for (const Bar& bar : bars) {
    const double part = most > 0 ? bar.value / most : 0;
    rows += Cat("<span class=\"what\">", Escaped(bar.what), "</span><span class=\"line\"><i class=\"",
                bar.is_pale ? "pale" : "", "\" style=\"--part:", Digits(part, 4), "\"></i><span class=\"",
                bar.is_pale ? "soft" : "", "\">", Escaped(bar.text), "</span></span>\n");
  }
  return Cat("<div class=\"bars\">", rows, "</div>\n");
}

std::string Charts(const PrepareReport& report) {
  std::vector<Bar> sizes, times;
  for (const RoadStop* stop : Taken(report)) {
    sizes.push_back({stop->step, static_cast<double>(stop->file_bytes), Bytes(stop->file_bytes), false});
    sizes.push_back({"", static_cast<double>(stop->store_bytes), Bytes(stop->store_bytes) + " in a store", true});
    times.push_back({stop->step, stop->run_ms, Digits(stop->run_ms, 3) + " ms", false});
  }
  return Cat("<section><h2>Size</h2>", Chart(sizes), "</section>\n<section><h2>Latency</h2>", Chart(times),
             "<p class=\"soft\" style=\"margin:12px 0 0\">One run, in the median, on this machine: ",
             Escaped(report.machine), ".</p></section>\n");
}

// A cell that says what it is where there is no room for a head.
std::string Number(std::string_view what, const std::string& value) {
  return Cat("<td class=\"n\" data-what=\"", what, "\">", value, "</td>");
}

std::string Table(const PrepareReport& report) {
  std::string rows;
  for (const RoadStop& stop : report.stops) {
    rows += Cat("<tr><td><b>", Escaped(stop.step), "</b></td>");
    if (!stop.refused.empty()) {
      rows += Cat("<td colspan=\"6\"><span class=\"bad\">not taken</span>: ", Escaped(stop.refused), "</td></tr>\n");
      continue;
    }
    rows += Number("file", Bytes(stop.file_bytes)) + Number("in a store", Bytes(stop.store_bytes)) +
            Number("nodes", Cat(stop.nodes)) + Number("latency", Digits(stop.run_ms, 3) + " ms") +
            Number("memory", Bytes(stop.peak_bytes));
    rows += Cat("<td>",
                stop.change ? Escaped(stop.change->Text(report.samples_are_given || report.samples_are_arrays)) : "–");
    for (const std::string& note : stop.notes) rows += Cat("<br><span class=\"soft\">", Escaped(note), "</span>");
    rows += "</td></tr>\n";
  }
  return Cat(
      "<section><h2>Each step</h2><div class=\"scroll\"><table class=\"steps\"><tr><th>step</th><th "
      "class=\"n\">file</th>",
      "<th class=\"n\">in a store</th><th class=\"n\">nodes</th><th class=\"n\">latency</th>",
      "<th class=\"n\">memory</th><th>what changed in the answers</th></tr>\n", rows, "</table></div></section>\n");
}

std::string FeedSection(const PrepareReport& report) {
  std::string rows;
  for (const prepare::FrozenTensor& input : report.inputs) {
    rows += Cat("<tr><td>feed</td><td><code>", Escaped(input.name), "</code></td><td>", Name(input.dtype), " ",
                Escaped(input.shape.ToString()), "</td></tr>");
  }
  for (const prepare::FrozenTensor& output : report.outputs) {
    rows += Cat("<tr><td>fetch</td><td><code>", Escaped(output.name), "</code></td><td>", Name(output.dtype), " ",
                Escaped(output.shape.ToString()), "</td></tr>");
  }
  std::string text;
  if (!report.picture.empty()) {
    text +=
        Cat("<p style=\"margin-top:14px\">A picture is scaled to ", Escaped(report.picture), " for each byte p.</p>");
  }
  if (!report.labels.empty()) text += Cat("<p>", report.labels.size(), " labels belong to the scores.</p>");
  for (const std::string& line : report.advice) text += Cat("<p class=\"soft\">", Escaped(line), "</p>");
  return Cat("<section><h2>What the app does</h2><div class=\"scroll\"><table>", rows, "</table></div>", text,
             "</section>\n");
}

std::string Ops(const PrepareReport& report) {
  std::string list;
  for (const std::string& op : report.ops) list += (list.empty() ? "" : " · ") + Escaped(op);
  return Cat("<section><h2>", report.ops.size(), " operators are needed</h2><p class=\"soft\" style=\"margin:0\">",
             list, "</p></section>\n");
}

}  // namespace

std::string PreparePage(const PrepareReport& report) {
  const std::vector<const RoadStop*> taken = Taken(report);
  const RoadStop &first = *taken.front(), &last = *taken.back();
  const std::string on = report.SamplesText();
  std::string body =
      Cat("<h1>", Escaped(FileName(report.model)), " → ", Escaped(FileName(report.out)),
          "</h1><p class=\"soft\">for a ", Escaped(report.target), ", compared on ", on, "</p>\n<div class=\"tiles\">");
  const auto as_double = [](size_t bytes) { return static_cast<double>(bytes); };
  body += Tile(Bytes(last.store_bytes), "in a store",
               Times(as_double(first.store_bytes), as_double(last.store_bytes), "smaller", "larger"));
  body += Tile(Bytes(last.file_bytes), "on the device",
               Times(as_double(first.file_bytes), as_double(last.file_bytes), "smaller", "larger"));
  body += Tile(Digits(last.run_ms, 3) + " ms", "a run here", Times(first.run_ms, last.run_ms, "quicker", "slower"));
  if (last.change && last.change->rows > 0) {
    body += Tile(Digits(100 * (1 - last.change->drop()), 4) + " %", "same best answer", Cat("on ", on));
  } else if (last.change) {
    body += Tile(Digits(100 * last.change->largest, 2) + " %", "largest difference", "of the range of the output");
  }
  body += "</div>\n" + Charts(report) + Table(report) + FeedSection(report) + Ops(report);
  std::string notes;
  for (const std::string& note : report.notes) notes += Cat("<p>", Escaped(note), "</p>");
  return Page(Cat("prepare ", FileName(report.model)),
              Cat(body, "<footer>", notes, "made by rivulet prepare</footer>"));
}

}  // namespace rivulet::cli
