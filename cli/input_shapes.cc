#include "cli/input_shapes.h"

#include <algorithm>
#include <charconv>

#include "cli/feeds.h"
#include "engine/base/errors.h"

namespace rivulet::cli {
namespace {

Result<Shape> ParseShape(std::string_view text) {
  Shape shape;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(",x"), text.size());
    int64_t dim = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + end, dim);
    const bool is_last = end == text.size();
    if (error != std::errc() || stop != text.data() + end || dim < 0 || (!is_last && end + 1 == text.size()))
      return InvalidArgument("want a shape like 1,224,224,3");
    if (shape.rank() == Shape::kMaxRank) return InvalidArgument("want at most ", Shape::kMaxRank, " dims");
    shape.push_back(dim);
    text.remove_prefix(is_last ? end : end + 1);
  }
  return shape;
}

}  // namespace

Result<InputShapes> ParseInputShapes(const std::vector<std::string>& arguments) {
  InputShapes shapes;
  for (const std::string& argument : arguments) {
    const std::string name = FeedName(argument);
    if (name.empty()) return InvalidArgument("--input-shape ", Quoted(argument), ": want NAME=1,224,224,3");
    Result<Shape> shape = ParseShape(std::string_view(argument).substr(name.size() + 1));
    if (!shape.ok()) return std::move(shape).status().Framed(Cat("--input-shape ", Quoted(argument)));
    shapes.emplace_back(name, std::move(*shape));
  }
  return shapes;
}

}  // namespace rivulet::cli
