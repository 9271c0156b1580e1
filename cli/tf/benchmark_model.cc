// benchmark_model: how long a model takes, and where its time goes.
#include <chrono>
#include <cstring>
#include <map>
#include <cstdio>
#include <thread>

#include "cli/cache_folder.h"
#include "cli/print_to_stderr.h"
#include "cli/tf/benchmark_inputs.h"
#include "cli/tf/benchmark_tables.h"
#include "cli/tf/tools.h"
#include "cli/tf/type_name.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "engine/run/flops.h"
#include "engine/run/loop_count.h"
#include "prepare/wire_writer.h"

namespace rivulet::tf {
namespace {

using Clock = std::chrono::steady_clock;
double SecondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Benchmark {
  std::string graph = "/data/local/tmp/tensorflow_inception_graph.pb";
  std::string init_ops, output_layer = "output:0", target_layer, benchmark_name, output_prefix;
  InputFlags inputs;
  int64_t max_num_runs = 1000, num_threads = -1, warmup_runs = 1;
  double max_time = 10, inference_delay = -1, inter_benchmark_delay = -1;
  bool show_sizes = false, show_flops = false;
  TableFlags tables;

  void AddTo(Flags& flags);
};

void Benchmark::AddTo(Flags& flags) {
  flags.Add("graph", &graph, "graph file name");
  flags.Add("init_ops", &init_ops, "init ops, with commas between");
  flags.Add("input_layer", &inputs.layers, "input layer names, with commas between");
  flags.Add("input_layer_shape", &inputs.shapes, "input layer shapes, with : between");
  flags.Add("input_layer_type", &inputs.types, "input layer types, with commas between");
  flags.Add("input_layer_values", &inputs.values, "values to initialize the inputs with; : between inputs");
  flags.Add("output_layer", &output_layer, "output layer names, with commas between");
  flags.Add("target_layer", &target_layer, "nodes to run without fetching them");
  flags.Add("max_num_runs", &max_num_runs, "number of runs max");
  flags.Add("num_runs", &max_num_runs, "the same, as it was called before");
  flags.Add("max_time", &max_time, "length to run max, in seconds");
  flags.Add("inference_delay", &inference_delay, "delay between runs in seconds");
  flags.Add("run_delay", &inference_delay, "the same, as it was called before");
  flags.Add("inter_benchmark_delay", &inter_benchmark_delay, "delay before the runs with statistics, in seconds");
  flags.Add("num_threads", &num_threads, "number of threads; -1: as many as the machine has");
  flags.Add("benchmark_name", &benchmark_name, "benchmark name");
  flags.Add("output_prefix", &output_prefix, "benchmark output prefix");
  flags.Add("show_sizes", &show_sizes, "whether to show sizes");
  flags.Add("show_run_order", &tables.show_run_order, "whether to list stats by run order");
  flags.Add("run_order_limit", &tables.run_order_limit, "how many items to show by run order");
  flags.Add("show_time", &tables.show_time, "whether to list stats by time taken");
  flags.Add("time_limit", &tables.time_limit, "how many items to show by time taken");
  flags.Add("show_memory", &tables.show_memory, "whether to list stats by memory used");
  flags.Add("memory_limit", &tables.memory_limit, "how many items to show by memory used");
  flags.Add("show_type", &tables.show_type, "whether to list stats by op type");
  flags.Add("show_summary", &tables.show_summary, "whether to show a summary of the stats");
  flags.Add("show_flops", &show_flops, "whether to estimate the model's FLOPs");
  flags.Add("warmup_runs", &warmup_runs, "how many runs to initialize model");
}

struct Runs {
  RunStats us;
  std::vector<double> first_ms;  // of each step, in the first run
};

class Runner {
 public:
  Runner(const Benchmark& flags, Session& session, const Feeds& feeds)
      : flags_(flags),
        session_(session),
        feeds_(feeds),
        outputs_(SplitList(flags.output_layer)),
        targets_(SplitList(flags.target_layer)) {}

  // Until max_num_runs (or `most`) or max_time; profile is for statistics.
  Result<Runs> Time(int64_t most, RunProfile* profile) {
    std::printf(
        "Running benchmark for max %lld iterations, max %g seconds %s detailed stat logging, with %gs sleep "
        "between inferences\n",
        static_cast<long long>(most), flags_.max_time, profile == nullptr ? "without" : "with", flags_.inference_delay);
    Runs runs;
    const auto begin = Clock::now();
    for (int64_t i = 0; i < most && (i == 0 || SecondsSince(begin) < flags_.max_time); ++i) {
      const auto start = Clock::now();
      RunOptions options;
      options.profile = profile;
      RIVULET_RETURN_IF_ERROR(session_.Run(feeds_, outputs_, targets_, options).status());
      runs.us.values.push_back(SecondsSince(start) * 1e6);
      if (i == 0 && profile != nullptr) {
        for (const RunProfile::Step& step : profile->steps) runs.first_ms.push_back(step.ms);
      }
      Sleep(flags_.inference_delay);
    }
    std::printf("%s\n\n", runs.us.ToString().c_str());
    return runs;
  }

  static void Sleep(double seconds) {
    if (seconds > 0) std::this_thread::sleep_for(std::chrono::duration<double>(std::min(seconds, 86400.0)));
  }
  const std::vector<std::string>& outputs() const { return outputs_; }

 private:
  const Benchmark& flags_;
  Session& session_;
  const Feeds& feeds_;
  const std::vector<std::string> outputs_, targets_;
};

std::vector<BenchmarkStep> StepsOf(const Model& model, const RunProfile& profile, const Runs& runs) {
  std::vector<BenchmarkStep> steps;
  double start = 0;
  for (size_t i = 0; i < profile.steps.size(); ++i) {
    const RunProfile::Step& from = profile.steps[i];
    BenchmarkStep step{from.op, from.node};
    const auto info = model.Describe(from.node);
    const auto element = info.ok() ? static_cast<double>(ElementBytes(info->dtype)) : 4.0;
    const auto count = static_cast<double>(std::max<size_t>(runs.us.values.size(), 1));
    step.start_ms = start;
    step.first_ms = i < runs.first_ms.size() ? runs.first_ms[i] : 0;
    step.average_ms = from.ms / count;
    step.memory_kb = static_cast<double>(std::max<int64_t>(from.shape.num_elements(), 0)) * element / 1000;
    step.times_called = static_cast<int64_t>(static_cast<double>(from.runs) / count + 0.5);
    start += step.average_ms;
    steps.push_back(std::move(step));
  }
  return steps;
}

// A BenchmarkEntries message, as TensorFlow's TestReporter writes it: PREFIX + NAME, "/" as "__".
Status Report(const Benchmark& flags, const std::string& postfix, int64_t runs, double seconds) {
  std::string name = flags.benchmark_name + (postfix.empty() ? "" : "_" + postfix);
  const auto append_double = [](uint32_t field, double value, std::string* out) {
    prepare::AppendTag(field, WireType::kFixed64, out);
    char bytes[sizeof(value)];
    std::memcpy(bytes, &value, sizeof(value));
    out->append(bytes, sizeof(bytes));
  };
  std::string entry, entries;
  prepare::AppendBytes(1, name, &entry);
  prepare::AppendInt(2, runs, &entry);
  append_double(3, -1.0, &entry);
  append_double(4, seconds / static_cast<double>(std::max<int64_t>(runs, 1)), &entry);
  append_double(5, -1.0, &entry);
  prepare::AppendBytes(1, entry, &entries);
  for (size_t at = name.find('/'); at != std::string::npos; at = name.find('/', at)) name.replace(at, 1, "__");
  return SaveFile(flags.output_prefix + name, {reinterpret_cast<const uint8_t*>(entries.data()), entries.size()});
}

void PrintSizes(const Model& model, const RunProfile& profile) {
  for (const RunProfile::Step& step : profile.steps) {
    const auto info = model.Describe(step.node);
    std::printf("%s\t%s\t%s\t%s\n", step.node.c_str(), step.op.c_str(),
                info.ok() ? std::string(TypeName(info->dtype)).c_str() : "?", ShapeText(step.shape).c_str());
  }
}

std::string Short(double number) {
  static constexpr char kUnits[] = " kMBT";
  size_t unit = 0;
  for (; number >= 1000 && unit < 4; ++unit) number /= 1000;
  char text[48];
  std::snprintf(text, sizeof(text), unit == 0 ? "%.0f" : "%.2f%c", number, kUnits[unit]);
  return text;
}

struct Times {
  double load_s = 0;
  Runs warmup, plain, detailed;
};

Status ReportAll(const Benchmark& flags, const Times& times, const std::vector<BenchmarkStep>& steps) {
  if (flags.benchmark_name.empty() || flags.output_prefix.empty()) return Status();
  const double first_s = times.warmup.us.values.empty() ? 0 : times.warmup.us.values[0] / 1e6;
  RIVULET_RETURN_IF_ERROR(
      Report(flags, "", static_cast<int64_t>(times.plain.us.values.size()), times.plain.us.sum() / 1e6));
  RIVULET_RETURN_IF_ERROR(Report(flags, "meta-init", 1, times.load_s));
  RIVULET_RETURN_IF_ERROR(Report(flags, "meta-first-inference", 1, first_s));
  RIVULET_RETURN_IF_ERROR(Report(flags, "meta-init-plus-first-inference", 1, times.load_s + first_s));
  std::map<std::string, double> by_type;
  for (const BenchmarkStep& step : steps) by_type[step.type] += step.average_ms / 1e3;
  for (const auto& [type, seconds] : by_type) RIVULET_RETURN_IF_ERROR(Report(flags, type, 1, seconds));
  return Status();
}

Status Measure(const Benchmark& flags, const Feeds& feeds) {
  Times times;
  const auto load_start = Clock::now();
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> model, Model::Load(flags.graph, cli::Cached()));
  SessionOptions options;
  options.printer = cli::PrintToStderr;
  const auto machine = static_cast<int64_t>(std::max(std::thread::hardware_concurrency(), 1U));
  options.num_threads = static_cast<int>(std::min<int64_t>(flags.num_threads < 1 ? machine : flags.num_threads, 1024));
  RIVULET_ASSIGN_OR_RETURN(const auto session, Session::Create(model, options));
  Runner runner(flags, *session, feeds);
  times.load_s = SecondsSince(load_start);
  std::printf("Initialized session in %gs\n", times.load_s);
  if (!flags.init_ops.empty()) {
    RIVULET_RETURN_IF_ERROR(session->Run({}, {}, SplitList(flags.init_ops)).status());
  }
  if (flags.warmup_runs > 0) {
    RIVULET_ASSIGN_OR_RETURN(times.warmup, runner.Time(flags.warmup_runs, nullptr));
  }
  RIVULET_ASSIGN_OR_RETURN(times.plain, runner.Time(flags.max_num_runs, nullptr));
  Runner::Sleep(flags.inter_benchmark_delay);
  RunProfile profile;
  const LoopCount turns;
  RIVULET_ASSIGN_OR_RETURN(times.detailed, runner.Time(flags.max_num_runs, &profile));
  std::printf("Average inference timings in us: Warmup: %.0f, no stats: %.0f, with stats: %.0f\n",
              times.warmup.us.average(), times.plain.us.average(), times.detailed.us.average());
  const std::vector<BenchmarkStep> steps = StepsOf(*model, profile, times.detailed);
  RunStats memory;
  memory.values.assign(times.detailed.us.values.size(), 0.0);
  for (double& value : memory.values) {
    for (const BenchmarkStep& step : steps) value += step.memory_kb * 1000;
  }
  if (flags.show_sizes) PrintSizes(*model, profile);
  PrintTables(steps, times.detailed.us, memory, flags.tables);
  if (flags.show_flops) {
    std::vector<FeedSpec> specs;
    for (const auto& [name, tensor] : feeds) specs.push_back({name, tensor.dtype(), tensor.shape()});
    const auto flops = static_cast<double>(turns.loops().empty() ? CountFlops(model->graph(), specs, runner.outputs())
                                                                 : CountFlops(profile));
    std::printf("FLOPs estimate: %s\nFLOPs/second: %s\n\n", Short(flops).c_str(),
                Short(flops / std::max(times.plain.us.average() / 1e6, 1e-9)).c_str());
  }
  return ReportAll(flags, times, steps);
}

int Run(const Call& call) {
  Benchmark tool;
  Flags flags = call.MakeFlags();
  tool.AddTo(flags);
  if (const auto code = flags.Parse(call.arguments)) return *code;
  if (tool.max_num_runs < 1) return flags.FailCall("--max_num_runs: want 1 or more");
  const Result<Feeds> feeds = MakeInputs(tool.inputs);
  if (!feeds.ok()) return call.Fail(feeds.status());
  const Status status = Measure(tool, *feeds);
  return status.ok() ? 0 : call.Fail(status);
}

}  // namespace

const Tool kBenchmarkModel = {"benchmark_model", "Times a model, and says where the time goes.", kCpp, Run};

}  // namespace rivulet::tf
