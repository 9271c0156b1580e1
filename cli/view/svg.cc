// A static picture, in the page's looks; light or dark as the viewer's screen is.
#include <cmath>

#include "cli/view/escape.h"
#include "cli/view/place.h"
#include "cli/view/write.h"
#include "engine/base/errors.h"

namespace rivulet::cli::view {
namespace {

constexpr double kTitleRoom = 34;
constexpr double kBetween = 48;

constexpr std::string_view kStyle = R"(<style>
text{font-family:Inter,system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;fill:#1b2430}
.bg{fill:#fbfbfd}.card{fill:#fff;stroke:#d5dae3}.open{fill:#5b6b8c;fill-opacity:.055;stroke:#d5dae3}
.t{font-size:12.5px;font-weight:600}.s{font-size:10.5px;fill:#667085}.v{font-size:10.5px}
.e{fill:none;stroke:#a3acbb;stroke-width:1.3}.c{stroke-dasharray:3 4}.a{fill:#a3acbb}
.f0{fill:#7a8494}.f1{fill:#3b6fd4}.f2{fill:#d9600f}.f3{fill:#0f9b8e}.f4{fill:#2f9e44}.f5{fill:#7c5cd6}.f6{fill:#8a7d6b}
.f7{fill:#c2255c}.f8{fill:#b7791f}.f9{fill:#0b7fab}.f10{fill:#343a46}
.m1{stroke:#d97706;stroke-width:2}.m2{stroke:#15803d;stroke-width:2}.m3{stroke:#dc2626;stroke-width:2;stroke-dasharray:5 3}
@media (prefers-color-scheme:dark){text{fill:#e6e9ef}.bg{fill:#12151b}.card{fill:#1c212b;stroke:#343c4b}
.open{fill:#9fb2d9;fill-opacity:.05;stroke:#343c4b}.s{fill:#95a0b3}.e{stroke:#5d6779}.a{fill:#5d6779}.f10{fill:#c3cad8}}
</style>
)";

std::string Px(double value) { return Cat(std::round(value * 10) / 10); }

// Cut to what fits, with an ellipsis.
std::string Fit(const std::string& text, double width, double size) {
  if (TextWidth(text, size) <= width) return text;
  std::string cut = CleanText(text);
  while (!cut.empty() && TextWidth(cut, size) + size * 0.9 > width) {
    do {
      cut.pop_back();
    } while (!cut.empty() && (cut.back() & 0xC0) == 0x80);
    if (!cut.empty() && (cut.back() & 0xC0) == 0xC0) cut.pop_back();
  }
  return cut + "…";
}

class Drawing {
 public:
  Drawing(const Picture& picture, std::string* out)
      : picture_(picture), graph_(*picture.graph), out_(*out), placed_(Place(graph_, picture.cards, picture.open)) {}

  double width() const { return placed_[0].width; }
  double height() const { return placed_[0].height; }

  void Draw(double x, double y) { DrawGroup(0, x, y); }

 private:
  const PlacedGroup* PlacedOf(Item item) const {
    if (item < 0 || !graph_.is_group(item) || !picture_.open[static_cast<size_t>(item - graph_.num_nodes())])
      return nullptr;
    return &placed_[static_cast<size_t>(item - graph_.num_nodes())];
  }

  void DrawGroup(int32_t group, double x, double y) {
    const Layout& layout = graph_.groups[static_cast<size_t>(group)].layout;
    const std::vector<Box>& boxes = placed_[static_cast<size_t>(group)].cells;
    for (const Layout::Chain& chain : layout.chains) DrawChain(layout, boxes, chain, x, y);
    for (size_t c = 0; c < layout.cells.size(); ++c) {
      const Item item = layout.cells[c];
      if (item < 0) continue;
      const Box box{x + boxes[c].x, y + boxes[c].y, boxes[c].width, boxes[c].height};
      if (PlacedOf(item) != nullptr) {
        DrawFrame(graph_.group_of(item), box);
        DrawGroup(item - graph_.num_nodes(), box.x, box.y);
      } else {
        DrawCard(item, box);
      }
    }
  }

  void Rect(const Box& box, std::string_view css, Mark mark, double radius) {
    out_ += Cat("<rect class=\"", css, mark == Mark::kSame ? "" : Cat(" m", static_cast<int>(mark)), "\" x=\"",
                Px(box.x), "\" y=\"", Px(box.y), "\" width=\"", Px(box.width), "\" height=\"", Px(box.height),
                "\" rx=\"", radius, "\"/>");
  }

  void Text(double x, double y, std::string_view css, const std::string& text, bool to_the_left = false) {
    out_ += Cat("<text class=\"", css, "\" x=\"", Px(x), "\" y=\"", Px(y), to_the_left ? "\" text-anchor=\"end" : "",
                "\">", XmlText(text), "</text>");
  }

  void DrawFrame(const Group& group, const Box& box) {
    Rect(box, "open", group.mark, 12);
    Text(box.x + 14, box.y + 21, "t", Fit(group.label, box.width - 28, kTitleSize));
    out_ += "\n";
  }

  void DrawCard(Item item, const Box& box) {
    const Card& card = picture_.cards[static_cast<size_t>(item)];
    const bool is_group = graph_.is_group(item);
    const Mark mark = is_group ? graph_.group_of(item).mark : graph_.node(item).mark;
    out_ += Cat("<g><title>", XmlText(is_group ? graph_.group_of(item).path : graph_.node(item).name), "</title>");
    if (is_group) Rect({box.x + 4, box.y + 4, box.width, box.height}, "card", Mark::kSame, 9);
    Rect(box, "card", mark, 9);
    if (!is_group) {
      const auto family = static_cast<int>(FamilyOf(graph_.node(item).op));
      out_ += Cat("<rect class=\"f", family, "\" x=\"", Px(box.x + 7), "\" y=\"", Px(box.y + 8),
                  "\" width=\"3.5\" height=\"", Px(box.height - 16), "\" rx=\"1.75\"/>");
    }
    const double room = box.width - (is_group ? 34 : 26);
    Text(box.x + 17, box.y + (is_group ? 23 : 17), "t", Fit(card.title, room, kTitleSize));
    Text(box.x + 17, box.y + (is_group ? 40 : 31), "s", Fit(card.subtitle, room, kTextSize));
    double y = box.y + kTitleHeight + 8;
    for (const Card::Row& row : card.rows) {
      const double text_width = TextWidth(row.text, kTextSize);
      Text(box.x + 17, y, "s", Fit(row.label, room - text_width - 8, kTextSize));
      Text(box.x + box.width - 9, y, "v", Fit(row.text, room, kTextSize), true);
      y += kRowHeight;
    }
    out_ += "</g>\n";
  }

  // Where a chain meets a cell: in the middle, or at the port of an open group.
  double Meet(const Layout& layout, const std::vector<Box>& boxes, int32_t cell, int32_t port) const {
    const Box& box = boxes[static_cast<size_t>(cell)];
    const PlacedGroup* inner = PlacedOf(layout.cells[static_cast<size_t>(cell)]);
    if (inner == nullptr || port < 0) return box.x + box.width / 2;
    const Box& at = inner->cells[static_cast<size_t>(port)];
    return box.x + at.x + at.width / 2;
  }

  static std::string Curve(double x0, double y0, double x1, double y1) {
    const double middle = (y0 + y1) / 2;
    return Cat("C", Px(x0), " ", Px(middle), " ", Px(x1), " ", Px(middle), " ", Px(x1), " ", Px(y1));
  }

  void DrawChain(const Layout& layout, const std::vector<Box>& boxes, const Layout::Chain& chain, double x, double y) {
    const int32_t first = chain.cells.front(), last = chain.cells.back();
    const double top_x = x + Meet(layout, boxes, first, chain.goes_up ? chain.in_port : chain.out_port);
    const double end_x = x + Meet(layout, boxes, last, chain.goes_up ? chain.out_port : chain.in_port);
    const Box& upper = boxes[static_cast<size_t>(first)];
    const Box& lower = boxes[static_cast<size_t>(last)];
    std::string path;
    double at_x = top_x, at_y = y + (chain.goes_up ? upper.y : upper.y + upper.height);
    const double end_y = y + (chain.goes_up ? lower.y + lower.height : lower.y);
    path = Cat("M", Px(at_x), " ", Px(at_y));
    for (size_t i = 1; i + 1 < chain.cells.size(); ++i) {
      const Box& bend = boxes[static_cast<size_t>(chain.cells[i])];
      const double bend_x = x + bend.x + bend.width / 2;
      path +=
          chain.goes_up && i == 1 ? Around(at_x, at_y, bend_x, y + bend.y, -22) : Curve(at_x, at_y, bend_x, y + bend.y);
      path += Cat("V", Px(y + bend.y + bend.height));
      at_x = bend_x;
      at_y = y + bend.y + bend.height;
    }
    path += chain.goes_up ? Around(at_x, at_y, end_x, end_y, 22) : Curve(at_x, at_y, end_x, end_y);
    out_ += Cat("<path class=\"e", chain.is_control ? " c" : "", "\" d=\"", path, "\"/>");
    const int32_t target = layout.cells[static_cast<size_t>(chain.goes_up ? first : last)];
    if (target >= 0) Arrow(chain.goes_up ? top_x : end_x, chain.goes_up ? y + upper.y : end_y);
    out_ += "\n";
  }

  // Both ends from the same side.
  static std::string Around(double x0, double y0, double x1, double y1, double room) {
    const double far = room < 0 ? std::min(y0, y1) + room : std::max(y0, y1) + room;
    return Cat("C", Px(x0), " ", Px(far), " ", Px(x1), " ", Px(far), " ", Px(x1), " ", Px(y1));
  }

  void Arrow(double x, double y) { out_ += Cat("<path class=\"a\" d=\"M", Px(x), " ", Px(y), "l-3.5 -6h7z\"/>"); }

  const Picture& picture_;
  const ViewGraph& graph_;
  std::string& out_;
  const std::vector<PlacedGroup> placed_;
};

}  // namespace

std::string ToSvg(std::span<const Picture> pictures) {
  std::string body;
  double width = 0, height = 0;
  for (const Picture& picture : pictures) {
    Drawing drawing(picture, &body);
    const double x = width == 0 ? 0 : width + kBetween;
    body += Cat("<text class=\"t\" x=\"", Px(x + kPadding), "\" y=\"24\">", XmlText(picture.graph->title), "</text>\n");
    drawing.Draw(x, kTitleRoom);
    const double title = TextWidth(picture.graph->title, kTitleSize) + 2 * kPadding;
    width = x + std::max(drawing.width(), title);
    height = std::max(height, drawing.height() + kTitleRoom);
  }
  const std::string size = Cat(Px(width), "\" height=\"", Px(height));
  return Cat("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", size, "\" viewBox=\"0 0 ", Px(width), " ",
             Px(height), "\">\n", kStyle, "<rect class=\"bg\" width=\"", size, "\"/>\n", body, "</svg>\n");
}

}  // namespace rivulet::cli::view
