#include "cli/bench_feeds.h"

#include <algorithm>
#include <charconv>

#include "cli/command.h"
#include "cli/made_up.h"
#include "engine/base/errors.h"

namespace rivulet::cli {
namespace {

Result<Shape> ParseShape(std::string_view text) {
  Shape shape;
  while (!text.empty()) {
    const size_t comma = std::min(text.find_first_of(",x"), text.size());
    int64_t dim = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + comma, dim);
    if (error != std::errc() || end != text.data() + comma || dim < 0)
      return InvalidArgument("want a shape like 1,224,224,3");
    shape.push_back(dim);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return shape;
}

}  // namespace

Result<Feeds> MakeFeeds(const Model& model, const NameChoice& names, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& shapes, int* code) {
  RIVULET_ASSIGN_OR_RETURN(Feeds feeds, ParseFeeds(model, names, inputs, code));
  *code = kBadCall;
  for (const std::string& argument : shapes) {
    const std::string name = FeedName(argument);
    if (name.empty()) return InvalidArgument("--input-shape ", Quoted(argument), ": want NAME=1,224,224,3");
    const std::string edge = names.Input(name);
    RIVULET_ASSIGN_OR_RETURN(const Model::EdgeInfo info, model.Describe(edge));
    Result<Shape> shape = ParseShape(std::string_view(argument).substr(name.size() + 1));
    if (!shape.ok()) return std::move(shape).status().Framed(Cat("--input-shape ", Quoted(argument)));
    RIVULET_ASSIGN_OR_RETURN(Tensor tensor,
                             MakeUpTensor(info.dtype == DType::kInvalid ? DType::kFloat : info.dtype, *shape));
    feeds.emplace_back(edge, std::move(tensor));
  }
  RIVULET_RETURN_IF_ERROR(MakeUpMissing(model, names, "--input-shape", &feeds));
  return feeds;
}

}  // namespace rivulet::cli
