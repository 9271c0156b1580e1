// import_pb_to_tensorboard: a graph for TensorBoard. First this took a .pb file, later a SavedModel's folder; here
// both.
#include <cstdio>

#include "cli/tf/tools.h"
#include "prepare/event_file.h"
#include "prepare/model_graph.h"

namespace rivulet::tf {
namespace {

int Run(const Call& call) {
  std::string model_dir, log_dir, tag_set = "serve";
  Flags flags = call.MakeFlags();
  flags.Add("model_dir", &model_dir, "a model's file, or the folder of a SavedModel");
  flags.Add("log_dir", &log_dir, "the folder that TensorBoard is pointed at; made where it is missing");
  flags.Add("tag_set", &tag_set, "tags of the SavedModel's graph, with commas between");
  flags.Require("model_dir");
  flags.Require("log_dir");
  if (const auto code = flags.Parse(call.arguments)) return *code;
  const auto model =
      prepare::ReadModelGraph(model_dir, flags.Given("tag_set") ? SplitList(tag_set) : std::vector<std::string>());
  if (!model.ok()) return call.Fail(model.status());
  prepare::EventLog log = prepare::LogFromNow();
  log.AddGraph(prepare::Serialize(model->graph));
  const auto path = prepare::SaveEvents(log_dir, log);
  if (!path.ok()) return call.Fail(path.status());
  std::printf("Model Imported. Visualize by running: tensorboard --logdir=%s\n", log_dir.c_str());
  return 0;
}

}  // namespace

const Tool kImportPbToTensorboard = {"import_pb_to_tensorboard", "Writes a graph for TensorBoard.", kArgparseThenApp,
                                     Run};

}  // namespace rivulet::tf
