#include "cli/shrink_picture_page.h"

#include <algorithm>
#include <cmath>

#include "cli/deflated_size.h"
#include "cli/html_page.h"
#include "cli/shrink_picture.h"
#include "engine/base/errors.h"
#include "prepare/squeeze/weights.h"
#include "prepare/transform.h"

namespace rivulet::cli {
namespace {

constexpr int kLevels[] = {0, 256, 64, 32, 16, 8, 4};  // 0: all that there are
constexpr int64_t kLongestSide = 320;
constexpr int64_t kWeightsSide = 64;
constexpr int64_t kPixelsOfWeight = 4;

// So small that a page can hold it often; each pixel is the mean of a square.
Picture ScaledDown(const Picture& picture) {
  const int64_t side = std::max(picture.info.width, picture.info.height);
  const int64_t factor = (side + kLongestSide - 1) / kLongestSide;
  if (factor <= 1 || std::min(picture.info.width, picture.info.height) < factor) return picture;
  Picture small;
  small.info = picture.info;
  small.info.width = picture.info.width / factor;
  small.info.height = picture.info.height / factor;
  small.bytes.reserve(static_cast<size_t>(small.info.bytes()));
  for (int64_t i = 0; i < small.info.width * small.info.height; ++i) {
    const int64_t top = i / small.info.width * factor, left = i % small.info.width * factor;
    for (int64_t c = 0; c < 3; ++c) {
      int64_t sum = 0;
      for (int64_t k = 0; k < factor * factor; ++k) {
        const int64_t at = (top + k / factor) * picture.info.width + left + k % factor;
        sum += picture.bytes[static_cast<size_t>(at * 3 + c)];
      }
      small.bytes.push_back(static_cast<uint8_t>(sum / (factor * factor)));
    }
  }
  return small;
}

// The corner of a matrix of weights: gray is 0, white the largest.
Result<std::string> DrawWeights(const prepare::Weight& weight, float largest) {
  const int64_t height = std::min(kWeightsSide, weight.rows()), width = std::min(kWeightsSide, weight.columns);
  Picture picture;
  picture.info = {.format = ImageFormat::kPng, .height = height, .width = width, .channels = 3};
  picture.info.height *= kPixelsOfWeight;
  picture.info.width *= kPixelsOfWeight;
  for (int64_t y = 0; y < picture.info.height; ++y) {
    for (int64_t x = 0; x < picture.info.width; ++x) {
      const auto at = static_cast<size_t>(y / kPixelsOfWeight * weight.columns + x / kPixelsOfWeight);
      const float gray = 127.5f + 127.5f * std::clamp(weight.values[at] / largest, -1.0f, 1.0f);
      picture.bytes.insert(picture.bytes.end(), 3, static_cast<uint8_t>(gray));
    }
  }
  return PngOf(picture);
}

// Of the values that are drawn, what nearly all are below.
float LargestDrawn(const prepare::Weight& weight) {
  std::vector<float> sizes;
  for (const float value : weight.values) sizes.push_back(std::abs(value));
  const auto at = sizes.begin() + static_cast<ptrdiff_t>((sizes.size() - 1) * 995 / 1000);
  std::nth_element(sizes.begin(), at, sizes.end());
  return *at > 0 ? *at : 1;
}

Result<prepare::Weight> LargestWeight(const prepare::GraphDef& graph) {
  constexpr int64_t kLeast = 16;
  RIVULET_ASSIGN_OR_RETURN(std::vector<prepare::Weight> weights, prepare::FindWeights(graph, kLeast));
  const auto is_smaller = [](const auto& a, const auto& b) { return a.values.size() < b.values.size(); };
  const auto largest = std::max_element(weights.begin(), weights.end(), is_smaller);
  if (largest == weights.end()) return NotFound("the model has no weights to draw");
  return std::move(*largest);
}

std::string Image(const std::string& png, std::string_view name) {
  return Cat("<img alt=\"", Escaped(name), "\" src=\"", DataUri("image/png", png), "\">");
}

// A cell with weights at so many values, and the whole file's size.
Result<std::string> WeightsCell(prepare::GraphDef graph, int levels, const std::string& name, float largest) {
  if (levels > 0) {
    RIVULET_ASSIGN_OR_RETURN(const auto calls, prepare::ParseTransforms(Cat("round_weights(num_steps=", levels, ")")));
    RIVULET_RETURN_IF_ERROR(prepare::ApplyTransforms(calls, prepare::TransformOptions(), graph));
  }
  RIVULET_ASSIGN_OR_RETURN(const prepare::Weight weight, LargestWeight(graph));
  RIVULET_ASSIGN_OR_RETURN(const std::string png, DrawWeights(weight, largest));
  const auto deflated = static_cast<double>(DeflatedSize(prepare::Serialize(graph)));
  return Cat("<td>", Image(png, name), "<span class=\"soft\">", BytesText(deflated), " in a zip</span></td>");
}

}  // namespace

Result<std::string> PicturePage(const std::string& image, const std::string& model, const prepare::GraphDef* graph) {
  RIVULET_ASSIGN_OR_RETURN(const Picture whole, ReadPicture(image));
  const Picture picture = ScaledDown(whole);
  std::string body = Cat("<h1>", Escaped(FileName(image)), graph == nullptr ? "" : " and ",
                         graph == nullptr ? "" : Escaped(FileName(model)), "</h1><p class=\"soft\">",
                         "a picture of few colours is a smaller PNG, and weights of few values are a smaller zip: what "
                         "compresses is what repeats</p>\n<section><table class=\"levels\"><tr><th>levels</th><th>",
                         picture.info.width, "×", picture.info.height, "</th>");
  float largest = 1;
  std::string name;
  if (graph != nullptr) {
    RIVULET_ASSIGN_OR_RETURN(const prepare::Weight weight, LargestWeight(*graph));
    largest = LargestDrawn(weight);
    name = weight.name;
    body += Cat("<th>", Escaped(name), "</th>");
  }
  body += "</tr>\n";
  for (const int levels : kLevels) {
    Picture reduced = picture;
    if (levels > 0) ReduceColors(levels, &reduced.bytes);
    RIVULET_ASSIGN_OR_RETURN(const std::string png, PngOf(reduced));
    const std::string label = levels == 0 ? "all" : Cat(levels);
    body += Cat("<tr><td>", label, "</td><td>", Image(png, Cat(label, " colours")), "<span class=\"soft\">",
                BytesText(static_cast<double>(png.size())), " as a PNG</span></td>");
    if (graph != nullptr) {
      RIVULET_ASSIGN_OR_RETURN(const std::string cell, WeightsCell(*graph, levels, name, largest));
      body += cell;
    }
    body += "</tr>\n";
  }
  return Page(Cat("colours of ", FileName(image)),
              Cat(body, "</table></section><footer>made by rivulet shrink --image</footer>"));
}

}  // namespace rivulet::cli
