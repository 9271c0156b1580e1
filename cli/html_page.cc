#include "cli/html_page.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace rivulet::cli {
namespace {

constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --ink: #1b2430; --soft: #5c6b7d; --line: #dfe5ec; --paper: #fff; --back: #f5f7fa;
  --main: #0f766e; --main2: #99d5cf; --bad: #c2410c; --hue: 15,118,110; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf3; --soft: #97a6b8; --line: #2b3642; --paper: #171e26;
  --back: #0f141a; --main: #2dd4bf; --main2: #1e5e58; --bad: #fb923c; --hue: 45,212,191; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1060px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { font-size: 27px; letter-spacing: -.02em; margin: 0 0 4px; line-height: 1.2; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 0 0 14px; }
p { margin: 0 0 12px; } .soft { color: var(--soft); } .bad { color: var(--bad); }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 14px; padding: 22px 24px;
  margin-top: 20px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 14px; margin-top: 24px; }
.tile { background: var(--paper); border: 1px solid var(--line); border-radius: 14px; padding: 16px 18px; }
.tile b { display: block; font-size: 25px; letter-spacing: -.02em; line-height: 1.25;
  font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: 13px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { color: var(--soft); font-weight: 500; font-size: 13px; text-align: left; }
th, td { padding: 8px 14px 8px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; } td.n, th.n { text-align: right; white-space: nowrap; }
.bar { height: 9px; border-radius: 5px; background: var(--main); }
.track { background: var(--line); border-radius: 5px; overflow: hidden; min-width: 90px; margin-top: 7px; }
.bars { display: grid; grid-template-columns: max-content 1fr; gap: 5px 14px; align-items: center; }
.bars .what { text-align: right; } .bars .what:not(:empty):not(:first-child), .bars .what:not(:empty) + .line { margin-top: 9px; }
.bars .what:first-child + .line { margin-top: 0; }
.bars .line { display: flex; align-items: center; gap: 10px; min-width: 0; }
.bars i { flex: none; height: 20px; min-width: 3px; width: calc(var(--part) * (100% - 150px)); border-radius: 5px;
  background: var(--main); } .bars i.pale { background: var(--main2); }
.bars .line > span { white-space: nowrap; font-size: 14px; font-variant-numeric: tabular-nums; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(170px, 1fr)); gap: 16px; }
.card img, .card svg { width: 100%; aspect-ratio: 1; object-fit: cover; border-radius: 10px; background: var(--line);
  display: block; }
.card div { font-size: 13px; margin-top: 6px; overflow-wrap: anywhere; line-height: 1.4; }
.matrix td, .matrix th { padding: 0; border: 2px solid var(--paper); text-align: center; vertical-align: middle;
  font-size: 13px; height: 34px; min-width: 40px; border-radius: 6px; } .matrix td { background: var(--back); }
.levels { table-layout: fixed; } .levels th:first-child { width: 64px; } .levels th { overflow-wrap: anywhere; }
.levels img { display: block; max-width: 100%; height: auto; margin-bottom: 6px; image-rendering: pixelated; border-radius: 6px; }
.matrix th.row { text-align: right; padding-right: 10px; white-space: nowrap; font-weight: 500; }
.matrix { width: auto; } .matrix th.col { writing-mode: vertical-rl; transform: rotate(180deg); padding: 8px 0 4px;
  height: auto; vertical-align: bottom; }
code, pre { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { background: var(--back); border-radius: 10px; padding: 14px 16px; overflow-x: auto; margin: 0; }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif; } svg text.soft { fill: var(--soft); }
footer { color: var(--soft); font-size: 13px; margin-top: 24px; }
@media (max-width: 560px) { main { padding: 24px 14px 40px; } section { padding: 18px 16px; } h1 { font-size: 22px; }
  .tiles { grid-template-columns: 1fr 1fr; gap: 10px; } .tile b { font-size: 21px; }
  .cards { grid-template-columns: repeat(auto-fill, minmax(130px, 1fr)); gap: 12px; }
  .bars { grid-template-columns: 1fr; } .bars .what { text-align: left; } .bars .what:empty { display: none; }
  .bars .what:not(:empty) + .line { margin-top: 0; } .bars i { width: calc(var(--part) * (100% - 132px)); }
  .steps, .steps tbody { display: block; } .steps tr { display: grid; grid-template-columns: repeat(3, 1fr); gap: 4px 12px;
    padding: 12px 0; border-bottom: 1px solid var(--line); } .steps tr:first-child { display: none; }
  .steps tr:last-child { border-bottom: 0; } .steps td { padding: 0; border: 0; } .steps td.n { text-align: left; }
  .steps td:first-child, .steps td:last-child { grid-column: 1 / -1; }
  .steps td.n::before { content: attr(data-what); display: block; color: var(--soft); font-size: 12px; } }
)css";

}  // namespace

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string DataUri(std::string_view type, std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out = "data:" + std::string(type) + ";base64,";
  out.reserve(out.size() + bytes.size() * 4 / 3 + 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    }
    for (size_t k = 0; k < 4; ++k) {
      out += i + k < bytes.size() + 1 ? kDigits[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return out;
}

std::string Page(std::string_view title, std::string_view body) {
  std::string out = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">";
  out +=
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>" + Escaped(title) + "</title>";
  out += "<style>" + std::string(kStyle) + "</style></head>\n<body><main>\n";
  out += body;
  return out + "\n</main></body></html>\n";
}

std::string Digits(double value, int digits) {
  if (!std::isfinite(value)) return value != value ? "nan" : value < 0 ? "-inf" : "inf";
  const int before = value == 0 ? 1 : static_cast<int>(std::floor(std::log10(std::abs(value)))) + 1;
  char text[64];
  std::snprintf(text, sizeof(text), "%.*f", std::min(std::max(digits - before, 0), 12), value);
  return text;
}

std::string FileName(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return std::string(path.substr(path.rfind('/') + 1));
}

std::string BytesText(double bytes) {
  if (bytes >= 999500) return Digits(bytes / 1e6, 3) + " MB";
  if (bytes >= 1000) return Digits(bytes / 1e3, 3) + " kB";
  return Digits(bytes, 3) + " bytes";
}

}  // namespace rivulet::cli
