#include "cli/command.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

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

void RunFlags::AddTo(CLI::App& command) {
  command.add_option("--threads", threads, "Threads that share the work of an operator")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command.add_flag("--no-passes", no_passes, "Run every node as the file has it");
  command
      .add_option("--precision", precision,
                  "exact; plain: without Winograd's transforms; or fast: products of 16-bit floats where the processor "
                  "has them")
      ->check(CLI::IsMember({"exact", "plain", "fast"}));
  command.add_option("--target", target, "Instruction set to use, e.g. AVX2; see 'rivulet bench --json'");
  command.add_option("--deadline", deadline_ms, "Stop after this many milliseconds")
      ->check(CLI::NonNegativeNumber)
      ->type_name("MS");
  command.add_option("--memory", memory_mib, "Most memory for tensors and weights")
      ->check(CLI::NonNegativeNumber)
      ->type_name("MIB");
  command.add_option("--prefer", prefer, "Where both cannot be had: speed, or memory")
      ->check(CLI::IsMember({"speed", "memory"}))
      ->capture_default_str();
}

Result<SessionOptions> RunFlags::Options() const {
  if (!target.empty()) RIVULET_RETURN_IF_ERROR(UseTarget(target));
  SessionOptions options;
  options.num_threads = threads;
  options.passes = !no_passes;
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
