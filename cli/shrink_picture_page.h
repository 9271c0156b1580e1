// A page that shows what rounding does: a picture at ever fewer colours, and weights of a model at as many values.
#ifndef RIVULET_CLI_SHRINK_PICTURE_PAGE_H_
#define RIVULET_CLI_SHRINK_PICTURE_PAGE_H_

#include <string>

#include "prepare/graph_def.h"

namespace rivulet::cli {

// `graph` may be null; else its largest weights are drawn, and what the store's zip makes of the file is said.
Result<std::string> PicturePage(const std::string& image, const std::string& model, const prepare::GraphDef* graph);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_SHRINK_PICTURE_PAGE_H_
