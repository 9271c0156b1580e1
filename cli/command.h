// What the subcommands share: how they are added, how they fail, the flags of everything that runs a model.
#ifndef RIVULET_CLI_COMMAND_H_
#define RIVULET_CLI_COMMAND_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "rivulet/session.h"

namespace CLI {
class App;
}

namespace rivulet::cli {

class Subcommand;  // flags.h

// Exit codes of the command.
inline constexpr int kFine = 0;
inline constexpr int kBadData = 1;  // the model or the data
inline constexpr int kBadCall = 2;  // the flags, or a name that the model does not have

// Each adds its subcommand to the app; its callback leaves the exit code in *code.
void AddInspect(CLI::App& app, int* code);
void AddRun(CLI::App& app, int* code);
void AddLabel(CLI::App& app, int* code);
void AddCompare(CLI::App& app, int* code);
void AddBench(CLI::App& app, int* code);
void AddOps(CLI::App& app, int* code);
void AddTransform(CLI::App& app, int* code);
void AddPack(CLI::App& app, int* code);
void AddCheck(CLI::App& app, int* code);
void AddFreeze(CLI::App& app, int* code);
void AddOptimize(CLI::App& app, int* code);
void AddEvaluate(CLI::App& app, int* code);
void AddPrepare(CLI::App& app, int* code);
void AddShrink(CLI::App& app, int* code);
void AddView(CLI::App& app, int* code);

// Prints "rivulet: message" on stderr in one line and returns the exit code that fits: NOT_FOUND names are a bad call.
int Fail(const Status& status);
int Fail(const Status& status, int code);
int FailCall(const std::string& message);

// Flags of the subcommands that run a model.
struct RunFlags {
  int threads = 1;
  bool no_passes = false;
  std::string precision = "exact";
  std::string target;
  double deadline_ms = 0;
  int64_t memory_mib = 0;
  std::string prefer = "speed";

  void AddTo(Subcommand& command);
  // Applies --target for the whole process and gives the session's options.
  Result<SessionOptions> Options() const;
  RunOptions Run() const { return {.deadline_ms = deadline_ms}; }
};

// Machine-readable output on stdout, one line.
void PrintJson(const nlohmann::json& json);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_COMMAND_H_
