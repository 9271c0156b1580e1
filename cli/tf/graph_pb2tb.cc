// graph_pb2tb: a graph for TensorBoard.
#include "cli/tf/tools.h"
#include "prepare/event_file.h"
#include "prepare/model_graph.h"

namespace rivulet::tf {
namespace {

int Run(const Call& call) {
  std::string out_dir, graph;
  Flags flags = call.MakeFlags();
  flags.AddWord("out_dir", &out_dir, "the folder that TensorBoard is pointed at; made where it is missing");
  flags.AddWord("graph", &graph, "a model's file");
  if (const auto code = flags.Parse(call.arguments)) return *code;
  const auto model = prepare::ReadModelGraph(graph);
  if (!model.ok()) return call.Fail(model.status());
  prepare::EventLog log = prepare::LogFromNow();
  log.AddGraph(prepare::Serialize(model->graph));
  const auto path = prepare::SaveEvents(out_dir, log);
  return path.ok() ? 0 : call.Fail(path.status());
}

}  // namespace

const Tool kGraphPb2tb = {"graph_pb2tb", "Writes a graph for TensorBoard.", kArgparse, Run};

}  // namespace rivulet::tf
