#include "cli/flags.h"
#include "cli/command.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/print_to_stderr.h"
#include "engine/base/errors.h"
#include "engine/kernels/target.h"

namespace rivulet::cli {

int Fail(const Status& status) { return Fail(status, status.code() == Code::kNotFound ? kBadCall : kBadData); }

int Fail(const Status& status, int code) {
  std::string line = status.ToString();
  for (char& c : line) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  std::fprintf(stderr, "rivulet: %s\n", line.c_str());
  return code;
}

int FailCall(const std::string& message) {
  std::fprintf(stderr, "rivulet: %s\n", message.c_str());
  return kBadCall;
}

void RunFlags::AddTo(Subcommand& command) {
  command.option("--threads", threads, "Threads that share the work of an operator").in_range(1, 1024).shows_default();
  command.flag("--no-passes", no_passes, "Run every node as the file has it");
  command
      .option("--precision", precision,
              "exact; plain: without Winograd's transforms; or fast: products of 16-bit floats where the processor "
              "has them")
      .one_of({"exact", "plain", "fast"});
  command.option("--target", target, "Instruction set to use, e.g. AVX2; see 'rivulet bench --json'");
  command.option("--deadline", deadline_ms, "Stop after this many milliseconds").not_negative().type_name("MS");
  command.option("--memory", memory_mib, "Most memory for tensors and weights").not_negative().type_name("MIB");
  command.option("--prefer", prefer, "Where both cannot be had: speed, or memory")
      .one_of({"speed", "memory"})
      .shows_default();
}

Result<SessionOptions> RunFlags::Options() const {
  if (!target.empty()) RIVULET_RETURN_IF_ERROR(UseTarget(target));
  SessionOptions options;
  options.num_threads = threads;
  options.passes = !no_passes;
  options.printer = PrintToStderr;
  if (precision == "fast") options.precision = Precision::kFast;
  if (precision == "plain") options.precision = Precision::kPlain;
  options.prefer_memory = prefer == "memory";
  if (memory_mib > 0) {
    if (memory_mib > (int64_t{1} << 40)) return InvalidArgument("--memory: want at most 2^40 MiB");
    options.memory_budget_bytes = static_cast<size_t>(memory_mib) << 20;
  }
  return options;
}

void PrintJson(const nlohmann::json& json) {
  std::printf("%s\n", json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

}  // namespace rivulet::cli
