// saved_model_cli: what a SavedModel can be asked, asking it, and whether it has operators that one may not want.
#include <cstdio>

#include "cli/tf/saved_model_show.h"
#include "cli/tf/tools.h"
#include "engine/base/errors.h"

namespace rivulet::tf {
namespace {

struct Command {
  std::string command;
  ShowFlags show;
  RunSavedModelFlags run;
  std::string op_denylist;
};

// Those of the three commands that are here; the others end with a reason.
Status Do(const Command& command, const Flags& flags) {
  if (command.command == "show") return ShowSavedModel(command.show);
  if (command.command == "scan") {
    std::set<std::string> denied = {"PrintV2", "ReadFile", "WriteFile"};
    if (flags.Given("op_denylist")) {
      const std::vector<std::string> ops = SplitList(command.op_denylist);
      denied = {ops.begin(), ops.end()};
    }
    return ScanSavedModel(command.show.dir, SplitList(command.show.tag_set), denied);
  }
  return RunSavedModel(command.run);
}

int Run(const Call& call) {
  Command command;
  Flags flags = call.MakeFlags();
  flags.AddWord("show|run|scan", &command.command, "what to do");
  flags.Add("dir", &command.show.dir, "folder of the SavedModel");
  flags.Add("tag_set", &command.show.tag_set, "tags of the graph that is meant, with commas between");
  flags.Add("signature_def", &command.show.signature_def, "key of the signature");
  flags.Add("all", &command.show.all, "show: everything");
  flags.Add("list_ops", &command.show.list_ops, "show: the graph's operators");
  flags.Add("inputs", &command.run.inputs, "run: key=file.npy, with ; between");
  flags.Add("input_exprs", &command.run.input_exprs, "run: key=[[1, 2]] or np.ones((2, 3)), with ; between");
  flags.Add("input_examples", &command.run.input_examples, "run: key=[{\"feature\": [values]}], with ; between");
  flags.Add("outdir", &command.run.outdir, "run: the outputs are saved there as KEY.npy");
  flags.Add("overwrite", &command.run.overwrite, "run: files in outdir may be replaced");
  flags.Add("op_denylist", &command.op_denylist,
            "scan: operators to look for; WriteFile, ReadFile, PrintV2 without it");
  flags.Refuse("tf_debug", "there is no TensorFlow debugger here; rivulet run fetches any tensor", false);
  flags.Refuse("worker", "models run on this machine only");
  flags.Refuse("init_tpu", "there is no TPU here", false);
  flags.Refuse("use_tfrt", "there is no other runtime here", false);
  if (const auto code = flags.Parse(call.arguments)) return *code;
  if (command.command == "convert" || command.command == "aot_compile_cpu" || command.command == "freeze_model") {
    return flags.FailCall(Cat("'", command.command,
                              "' is not supported: Rivulet runs the model itself; freeze_graph makes one file of it"));
  }
  if (command.command != "show" && command.command != "run" && command.command != "scan") {
    return flags.FailCall(Cat("want show, run or scan, got ", Quoted(command.command)));
  }
  if (command.show.dir.empty()) return flags.FailCall("want --dir");
  command.show.has_tags = flags.Given("tag_set");
  command.show.has_signature = flags.Given("signature_def");
  if (command.command == "run") {
    if (!command.show.has_tags || !command.show.has_signature)
      return flags.FailCall("want --tag_set and --signature_def");
    if (command.run.inputs.empty() && command.run.input_exprs.empty() && command.run.input_examples.empty()) {
      return flags.FailCall("At least one of --inputs, --input_exprs or --input_examples must be required");
    }
  }
  command.run.dir = command.show.dir;
  command.run.tag_set = command.show.tag_set;
  command.run.signature_def = command.show.signature_def;
  const Status status = Do(command, flags);
  return status.ok() ? 0 : call.Fail(status);
}

}  // namespace

const Tool kSavedModelCli = {"saved_model_cli", "Shows, runs and scans SavedModels.", kApp, Run};

}  // namespace rivulet::tf
