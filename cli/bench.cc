// rivulet bench: how long a model takes to load, to run first and to run.
#include <CLI/CLI.hpp>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/bench_feeds.h"
#include "cli/bench_profile.h"
#include "cli/command.h"
#include "cli/feeds.h"
#include "cli/model_flags.h"
#include "engine/base/errors.h"
#include "engine/kernels/target.h"
#include "engine/run/flops.h"

namespace rivulet::cli {
namespace {

struct BenchCommand {
  std::string model;
  std::vector<std::string> inputs;
  std::vector<std::string> shapes;
  std::vector<std::string> outputs;
  int runs = 50;
  int warmup = 3;
  double min_time = 0;
  bool json = false;
  bool profile = false;
  std::string signature;
  RunFlags flags;
  ModelFlags model_flags;
};

using Clock = std::chrono::steady_clock;
double MsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

int Bench(const BenchCommand& command) {
  Result<SessionOptions> options = command.flags.Options();
  if (!options.ok()) return FailCall(options.status().ToString());
  const auto load_start = Clock::now();
  int code = kFine;
  const std::shared_ptr<const Model> model = LoadModel(command.model, command.model_flags, &code);
  if (model == nullptr) return code;
  double load_ms = MsSince(load_start);
  const Result<NameChoice> names = NameChoice::Of(*model, command.signature);
  if (!names.ok()) return Fail(names.status(), kBadCall);
  Result<Feeds> feeds = MakeFeeds(*model, *names, command.inputs, command.shapes, &code);
  if (!feeds.ok()) return Fail(feeds.status(), code);
  std::vector<std::string> outputs = command.outputs;
  if (outputs.empty()) outputs = names->DefaultOutputs(*model);
  for (std::string& name : outputs) name = names->Output(name);
  const auto plan_start = Clock::now();
  auto session = Session::Create(model, *options);
  if (!session.ok()) return Fail(session.status());
  auto stats = (*session)->Prepare(*feeds, outputs);
  if (!stats.ok()) return Fail(stats.status());
  load_ms += MsSince(plan_start);

  std::vector<double> times;
  double first_ms = 0;
  RunProfile profile;
  RunOptions run_options = command.flags.Run();
  const auto bench_start = Clock::now();
  for (int i = 0; i <= command.warmup + command.runs || MsSince(bench_start) < command.min_time * 1000; ++i) {
    if (i > command.warmup && command.profile) run_options.profile = &profile;
    const auto start = Clock::now();
    auto results = (*session)->Run(*feeds, outputs, {}, run_options);
    if (!results.ok()) return Fail(results.status());
    if (i == 0) first_ms = MsSince(start);
    if (i > command.warmup) times.push_back(MsSince(start));
  }
  std::sort(times.begin(), times.end());
  const auto at = [&](double part) {
    return times[static_cast<size_t>(part * static_cast<double>(times.size() - 1) + 0.5)];
  };
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  std::vector<FeedSpec> specs;
  for (const auto& [name, tensor] : *feeds) specs.push_back({name, tensor.dtype(), tensor.shape()});
  const int64_t flops = CountFlops(model->graph(), specs, outputs);
  if (command.json) {
    nlohmann::json json = {{"model", command.model},
                           {"load_ms", load_ms},
                           {"first_ms", first_ms},
                           {"min_ms", times.front()},
                           {"median_ms", at(0.5)},
                           {"p90_ms", at(0.9)},
                           {"runs", times.size()},
                           {"peak_rss_kib", usage.ru_maxrss},
                           {"threads", (*session)->num_threads()},
                           {"target", TargetName()},
                           {"flops", flops},
                           {"gflops_per_s", static_cast<double>(flops) / at(0.5) / 1e6},
                           {"plan_ms", stats->plan_ms},
                           {"steps", stats->num_steps},
                           {"rewrites", stats->num_rewrites},
                           {"arena_bytes", stats->arena_bytes},
                           {"constant_bytes", stats->constant_bytes}};
    if (command.profile) json["profile"] = ProfileJson(profile);
    PrintJson(json);
    return kFine;
  }
  std::printf(
      "load    %8.2f ms (plan %.2f ms, %lld steps)\nfirst   %8.2f ms\nmedian  %8.3f ms   min %.3f   p90 %.3f   of %zu "
      "runs\n",
      load_ms, stats->plan_ms, static_cast<long long>(stats->num_steps), first_ms, at(0.5), times.front(), at(0.9),
      times.size());
  std::printf("memory  %8.1f MiB peak   weights %.1f MiB, intermediates %.1f MiB\n",
              static_cast<double>(usage.ru_maxrss) / 1024, static_cast<double>(stats->constant_bytes) / 1048576,
              static_cast<double>(stats->arena_bytes) / 1048576);
  std::printf("%.3f GFLOP, %.1f GFLOP/s · %d thread%s · %s\n", static_cast<double>(flops) / 1e9,
              static_cast<double>(flops) / at(0.5) / 1e6, (*session)->num_threads(),
              (*session)->num_threads() == 1 ? "" : "s", std::string(TargetName()).c_str());
  if (command.profile) PrintProfile(profile);
  return kFine;
}

}  // namespace

void AddBench(CLI::App& app, int* code) {
  auto command = std::make_shared<BenchCommand>();
  CLI::App* sub = app.add_subcommand("bench", "Time a model: loading, first run, every run");
  sub->add_option("model", command->model, "Model file or SavedModel folder")->required();
  sub->add_option("--signature", command->signature, "Whose keys NAMEs are; default: serving_default, or the only one")
      ->type_name("KEY");
  sub->add_option("--input-shape", command->shapes, "Shape of an input, filled with made-up values")
      ->type_name("NAME=1,224,224,3")
      ->take_all();
  sub->add_option("--input", command->inputs, kInputHelp)->type_name("NAME=…")->take_all();
  sub->add_option("--output", command->outputs, "Tensor to fetch; default: what no other node uses")
      ->type_name("NAME")
      ->take_all();
  sub->add_option("--runs", command->runs, "Runs that count")->check(CLI::Range(1, 1000000))->capture_default_str();
  sub->add_option("--warmup", command->warmup, "Runs before, that do not")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  sub->add_option("--min-time", command->min_time, "Go on for at least so many seconds")
      ->check(CLI::NonNegativeNumber)
      ->type_name("S");
  sub->add_flag("--json", command->json, "One JSON object");
  sub->add_flag("--profile", command->profile, "Also where the time goes: by operator, and the slowest steps");
  command->flags.AddTo(*sub);
  command->model_flags.AddTo(*sub);
  sub->footer(
      "Examples:\n"
      "  rivulet bench mobilenet.pb --input-shape input=1,224,224,3\n"
      "  rivulet bench mobilenet.pb --input-shape input=1,224,224,3 --profile\n"
      "  rivulet bench model.pb --threads 2 --runs 200 --json");
  sub->callback([command, code] { *code = Bench(*command); });
}

}  // namespace rivulet::cli
