// For tests: a model from the graph's text form.
#ifndef RIVULET_ENGINE_RUN_MODEL_OF_H_
#define RIVULET_ENGINE_RUN_MODEL_OF_H_

#include <gtest/gtest.h>

#include <memory>
#include <string_view>

#include "engine/graph/text_form.h"
#include "rivulet/model.h"

namespace rivulet {

// A text that does not parse fails the test and gives an empty model.
inline std::shared_ptr<const Model> ModelOf(std::string_view text) {
  Result<Graph> graph = ParseGraph(text);
  if (!graph.ok()) {
    ADD_FAILURE() << graph.status().ToString();
    return Model::FromGraph(Graph(), "empty");
  }
  return Model::FromGraph(std::move(*graph), "test");
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_MODEL_OF_H_
