// compare_graphs: whether two graphs say the same. Exit code 0 when they do, 1 when not, 255 when one cannot be read.
#include <cstdio>

#include "cli/tf/tools.h"
#include "prepare/graph_difference.h"
#include "prepare/model_graph.h"

namespace rivulet::tf {
namespace {

int Run(const Call& call) {
  std::string first, second;
  Flags flags = call.MakeFlags();
  flags.AddWord("first", &first, "a model's file");
  flags.AddWord("second", &second, "another's");
  if (const auto code = flags.Parse(call.arguments)) return *code;
  const auto a = prepare::ReadModelGraph(first);
  if (!a.ok()) return call.Fail(a.status());
  const auto b = prepare::ReadModelGraph(second);
  if (!b.ok()) return call.Fail(b.status());
  const std::string difference = prepare::FirstDifference(a->graph, b->graph);
  std::printf("%s\n", difference.empty() ? "Graphs are equal." : difference.c_str());
  return difference.empty() ? 0 : 1;
}

}  // namespace

const Tool kCompareGraphs = {"compare_graphs", "Says whether two graphs are equal.", kCpp, Run};

}  // namespace rivulet::tf
