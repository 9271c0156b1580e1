// What the picture of a node or of a closed group says, and how large it is.
#ifndef RIVULET_CLI_VIEW_CARD_H_
#define RIVULET_CLI_VIEW_CARD_H_

#include <string>
#include <string_view>
#include <vector>

#include "cli/view/graph.h"

namespace rivulet::cli::view {

struct Card {
  struct Row {
    std::string label;
    std::string text;
    int32_t node = -1;  // the folded one that it shows
  };

  std::string title;
  std::string subtitle;
  std::vector<Row> rows;
  double width = 0;
  double height = 0;
};

// Sizes in pixels at full scale; the page's view.css and card.js draw to them.
inline constexpr double kTitleHeight = 40;
inline constexpr double kRowHeight = 15;
inline constexpr double kTitleSize = 12.5;
inline constexpr double kTextSize = 10.5;

// Of every node, then of every group.
std::vector<Card> MakeCards(const ViewGraph& graph);

// What of a node's name the groups around it do not say.
std::string_view NameWithin(const ViewGraph& graph, const ViewNode& node);

// About how wide a text is in a sans-serif font of that size; there is no font here to ask.
double TextWidth(std::string_view text, double size);

// "1.2 M", "36", "4.0 k"
std::string Short(double number);

// Families of operators that are drawn in one colour.
enum class Family : uint8_t {
  kOther,
  kProduct,
  kActivation,
  kNormalise,
  kPool,
  kArithmetic,
  kShape,
  kControl,
  kState,
  kText,
  kEnd,
};
Family FamilyOf(std::string_view op);
std::string_view FamilyName(Family family);
inline constexpr int kNumFamilies = 11;

}  // namespace rivulet::cli::view

#endif  // RIVULET_CLI_VIEW_CARD_H_
