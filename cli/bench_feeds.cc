#include "cli/bench_feeds.h"

#include "cli/command.h"
#include "cli/input_shapes.h"
#include "cli/made_up.h"
#include "engine/base/errors.h"

namespace rivulet::cli {
Result<Feeds> MakeFeeds(const Model& model, const NameChoice& names, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& shapes, int* code) {
  RIVULET_ASSIGN_OR_RETURN(Feeds feeds, ParseFeeds(model, names, inputs, code));
  *code = kBadCall;
  RIVULET_ASSIGN_OR_RETURN(const InputShapes given, ParseInputShapes(shapes));
  for (const auto& [name, shape] : given) {
    const std::string edge = names.Input(name);
    const Result<Model::EdgeInfo> info = model.Describe(edge);
    if (!info.ok()) return names.Unknown(info.status(), name, /*is_input=*/true);
    RIVULET_ASSIGN_OR_RETURN(Tensor tensor,
                             MakeUpFeed(info->dtype == DType::kInvalid ? DType::kFloat : info->dtype, shape));
    feeds.emplace_back(edge, std::move(tensor));
  }
  RIVULET_RETURN_IF_ERROR(MakeUpMissing(model, names, "--input-shape", &feeds));
  return feeds;
}

}  // namespace rivulet::cli
