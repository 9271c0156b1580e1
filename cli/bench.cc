// rivulet bench: how long a model takes to load, to run first and to run.
#include <sys/resource.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/flags.h"
#include "cli/bench_accuracy.h"
#include "cli/bench_feeds.h"
#include "cli/bench_measure.h"
#include "cli/bench_peak.h"
#include "cli/bench_profile.h"
#include "cli/bench_trace.h"
#include "cli/command.h"
#include "cli/feeds.h"
#include "cli/graph_output.h"
#include "cli/model_flags.h"
#include "engine/base/file.h"
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
  std::string trace;
  std::vector<int> threads = {1};
  RunFlags flags;
  ModelFlags model_flags;
};

void PrintTimes(const BenchTimes& times, double load_ms) {
  std::printf("load    %8.2f ms (plan %.2f ms, %lld steps)\nfirst   %8.2f ms\n", load_ms + times.plan_ms,
              times.plan.plan_ms, static_cast<long long>(times.plan.num_steps), times.first_ms);
  std::printf(
      "median  %8.3f ms   min %.3f   p90 %.3f   p95 %.3f   p99 %.3f   max %.3f   mean %.3f ± %.3f   of %zu runs\n",
      times.at(0.5), times.at(0), times.at(0.9), times.at(0.95), times.at(0.99), times.at(1), times.mean(),
      times.deviation(), times.runs_ms.size());
}

double Rate(int64_t flops, double ms) { return static_cast<double>(flops) / ms / 1e6; }

void PrintRate(const BenchTimes& times, int64_t flops, double peak) {
  std::printf("%.3f GFLOP, %.1f GFLOP/s, %.0f %% of the %.0f that the processor can · %d thread%s · %s\n",
              static_cast<double>(flops) / 1e9, Rate(flops, times.at(0.5)), 100 * Rate(flops, times.at(0.5)) / peak,
              peak, times.threads, times.threads == 1 ? "" : "s", std::string(TargetName()).c_str());
}

void PrintMemory(const BenchTimes& times, const MemoryTimeline& memory, int64_t peak_rss_kib) {
  std::printf("memory  %8.1f MiB peak   weights %.1f MiB, intermediates %.1f MiB (%.1f at once)\n        ",
              static_cast<double>(peak_rss_kib) / 1024, static_cast<double>(times.plan.constant_bytes) / 1048576,
              static_cast<double>(times.plan.arena_bytes) / 1048576,
              static_cast<double>(times.plan.least_arena_bytes) / 1048576);
  for (const MemoryTimeline::Phase& phase : memory.phases())
    std::printf("%s%s %.1f", &phase == memory.phases().data() ? "" : " → ", phase.name.c_str(),
                static_cast<double>(phase.sample.resident) / 1048576);
  std::printf(" MiB   %s\n", Sparkline(memory.samples(), 32).c_str());
}

void PrintSweep(const std::vector<BenchTimes>& all) {
  if (all.size() < 2) return;
  std::printf("\nthreads    median ms     p90 ms   times as fast\n");
  for (const BenchTimes& times : all)
    std::printf("%7d  %11.3f  %9.3f  %14.2f\n", times.threads, times.at(0.5), times.at(0.9),
                all[0].at(0.5) / times.at(0.5));
}

nlohmann::json TimesJson(const BenchTimes& times, int64_t flops, double peak) {
  return {{"first_ms", times.first_ms},
          {"min_ms", times.at(0)},
          {"median_ms", times.at(0.5)},
          {"p90_ms", times.at(0.9)},
          {"p95_ms", times.at(0.95)},
          {"p99_ms", times.at(0.99)},
          {"max_ms", times.at(1)},
          {"mean_ms", times.mean()},
          {"deviation_ms", times.deviation()},
          {"runs", times.runs_ms.size()},
          {"threads", times.threads},
          {"gflops_per_s", Rate(flops, times.at(0.5))},
          {"peak_gflops_per_s", peak},
          {"peak_share", Rate(flops, times.at(0.5)) / peak},
          {"plan_ms", times.plan.plan_ms},
          {"steps", times.plan.num_steps},
          {"steps_in_lanes", times.plan.steps_in_lanes},
          {"rewrites", times.plan.num_rewrites},
          {"arena_bytes", times.plan.arena_bytes},
          {"least_arena_bytes", times.plan.least_arena_bytes},
          {"constant_bytes", times.plan.constant_bytes}};
}

nlohmann::json MemoryJson(const MemoryTimeline& memory) {
  nlohmann::json phases = nlohmann::json::array(), samples = nlohmann::json::array();
  for (const MemoryTimeline::Phase& phase : memory.phases())
    phases.push_back({{"after", phase.name},
                      {"ms", phase.sample.ms},
                      {"resident_bytes", phase.sample.resident},
                      {"tensor_bytes", phase.sample.tensors}});
  for (const MemoryTimeline::Sample& sample : memory.samples())
    samples.push_back({sample.ms, sample.resident, sample.tensors});
  return {{"phases", phases}, {"samples", samples}};
}

int64_t PeakRssKib() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

int64_t CountFlops(const BenchPlan& plan) {
  std::vector<FeedSpec> specs;
  for (const auto& [name, tensor] : plan.feeds) specs.push_back({name, tensor.dtype(), tensor.shape()});
  return CountFlops(plan.model->graph(), specs, plan.outputs);
}

// What was measured, in all the forms that were asked for.
int Report(const BenchCommand& command, const BenchPlan& plan, const BenchSpan& load,
           const std::vector<BenchTimes>& all, const MemoryTimeline& memory, const SessionOptions& options) {
  const int64_t peak_rss_kib = PeakRssKib();  // before what follows
  std::optional<double> difference;
  if (options.precision != Precision::kExact) {
    const Result<double> found = LargestDifference(plan, options);
    if (!found.ok()) return Fail(found.status());
    difference = *found;
  }
  const int64_t flops = all[0].flops ? *all[0].flops : CountFlops(plan);
  std::vector<double> peaks;
  for (const BenchTimes& times : all) peaks.push_back(MeasurePeakGflops(times.threads));
  if (!command.trace.empty()) {
    const std::string trace = TraceJson(command.model, all, {load}, memory);
    const Status saved = SaveFile(command.trace, {reinterpret_cast<const uint8_t*>(trace.data()), trace.size()});
    if (!saved.ok()) return Fail(saved, kBadData);
  }
  const BenchTimes& times = all[0];
  if (!command.json) {
    PrintTimes(times, load.ms);
    PrintMemory(times, memory, peak_rss_kib);
    PrintRate(times, flops, peaks[0]);
    PrintSweep(all);
    if (difference) {
      std::printf("precision %s: results differ from exact ones by up to %.2g %% of the largest\n",
                  options.precision == Precision::kFast ? "fast" : "plain", 100 * *difference);
    }
    if (command.profile) PrintProfile(times.profile, peaks[0]);
    return kFine;
  }
  nlohmann::json json = TimesJson(times, flops, peaks[0]);
  json["model"] = command.model;
  json["load_ms"] = load.ms + times.plan_ms;
  json["peak_rss_kib"] = peak_rss_kib;
  json["target"] = TargetName();
  if (difference) json["difference"] = *difference;
  json["flops"] = flops;
  json["memory"] = MemoryJson(memory);
  for (size_t i = 0; all.size() > 1 && i < all.size(); ++i) json["sweep"].push_back(TimesJson(all[i], flops, peaks[i]));
  if (command.profile) json["profile"] = ProfileJson(times.profile);
  PrintJson(json);
  return kFine;
}

int Bench(const BenchCommand& command) {
  Result<SessionOptions> options = command.flags.Options();
  if (!options.ok()) return FailCall(options.status().ToString());
  if (const Status can = CheckCanSaveAll({command.trace}); !can.ok()) return Fail(can, kBadData);
  const auto origin = BenchClock::now();
  MemoryTimeline memory(origin);
  int code = kFine;
  BenchPlan plan{.model = LoadModel(command.model, command.model_flags, &code, command.threads[0])};
  if (plan.model == nullptr) return code;
  const BenchSpan load{"load", 0, MsSince(origin), {}};
  memory.Note("loaded");
  const Result<NameChoice> names = NameChoice::Of(*plan.model, command.signature);
  if (!names.ok()) return Fail(names.status(), kBadCall);
  // Of several none can be guessed; and all nodes at once are more than a model.
  const bool is_open = names->signature() == nullptr && command.outputs.empty();
  if (is_open && !plan.model->Signatures().empty()) return Fail(plan.model->FindSignature("").status(), kBadCall);
  Result<Feeds> feeds = MakeFeeds(*plan.model, *names, command.inputs, command.shapes, &code);
  if (!feeds.ok()) return Fail(feeds.status(), code);
  plan.feeds = *std::move(feeds);
  plan.outputs = command.outputs.empty() ? names->DefaultOutputs(*plan.model) : command.outputs;
  for (std::string& name : plan.outputs) name = names->Output(name);
  plan.runs = command.runs;
  plan.warmup = command.warmup;
  plan.min_time_s = command.min_time;
  plan.by_step = command.profile || !command.trace.empty();
  plan.options = command.flags.Run();
  std::vector<BenchTimes> all;
  for (const int threads : command.threads) {
    options->num_threads = threads;
    auto times = MeasureRuns(plan, *options, origin, &memory);
    if (!times.ok()) return Fail(times.status());
    all.push_back(*std::move(times));
  }
  memory.Stop();
  return Report(command, plan, load, all, memory, *options);
}

}  // namespace

void AddBench(CLI::App& app, int* code) {
  auto command = std::make_shared<BenchCommand>();
  Subcommand sub(app, "bench", "Time a model: loading, first run, every run");
  sub.option("model", command->model, "Model file or SavedModel folder").required();
  sub.option("--signature", command->signature, "Whose keys NAMEs are; default: serving_default, or the only one")
      .type_name("KEY");
  sub.option("--input-shape", command->shapes, "Shape of an input, filled with made-up values")
      .type_name("NAME=1,224,224,3")
      .takes_all();
  sub.option("--input", command->inputs, kInputHelp).type_name("NAME=…").takes_all();
  sub.option("--output", command->outputs, "Tensor to fetch; default: what no other node uses")
      .type_name("NAME")
      .takes_all();
  sub.option("--runs", command->runs, "Runs that count").in_range(1, 1000000).shows_default();
  sub.option("--warmup", command->warmup, "Runs before, that do not").in_range(0, 1000000).shows_default();
  sub.option("--min-time", command->min_time, "Go on for at least so many seconds").not_negative().type_name("S");
  sub.flag("--json", command->json, "One JSON object");
  sub.flag("--profile", command->profile, "Also where the time goes: by operator, and the slowest steps");
  sub.option("--trace", command->trace, "Also a file for chrome://tracing: runs, their steps, memory")
      .type_name("FILE.json");
  command->flags.AddTo(sub);
  sub.remove("--threads");
  sub.option("--threads", command->threads, "Threads that share the work of an operator; several are compared")
      .in_range(1, 1024)
      .splits_at(',')
      .type_name("1,2,4")
      .shows_default("1");
  command->model_flags.AddTo(sub);
  sub.footer(
      "Examples:\n"
      "  rivulet bench mobilenet.pb --input-shape input=1,224,224,3\n"
      "  rivulet bench mobilenet.pb --input-shape input=1,224,224,3 --profile\n"
      "  rivulet bench model.pb --threads 1,2,4\n"
      "  rivulet bench model.pb --trace trace.json\n"
      "  rivulet bench model.pb --threads 2 --runs 200 --json");
  sub.callback([command, code] { *code = Bench(*command); });
}

}  // namespace rivulet::cli
