#include "cli/road.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "cli/deflated_size.h"
#include "cli/graph_output.h"
#include "cli/html_page.h"
#include "cli/progress.h"
#include "engine/base/errors.h"
#include "prepare/engine_graph.h"

namespace rivulet::cli {
namespace {

using Clock = std::chrono::steady_clock;

double MsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// The median of as many runs as a second has room for, three at least.
Result<double> TimeOf(Session& session, const Feeds& feeds, const std::vector<std::string>& outputs) {
  constexpr double kLongEnoughMs = 1000;
  constexpr size_t kFewest = 3, kMost = 200;
  std::vector<double> times;
  const auto start = Clock::now();
  while (times.size() < kFewest || (times.size() < kMost && MsSince(start) < kLongEnoughMs)) {
    const auto run_start = Clock::now();
    RIVULET_RETURN_IF_ERROR(session.Run(feeds, outputs).status());
    times.push_back(MsSince(run_start));
  }
  std::nth_element(times.begin(), times.begin() + static_cast<ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

// Values of any numeric type as numbers; empty for texts and objects.
std::vector<double> Numbers(const Tensor& tensor) {
  std::vector<double> numbers;
  const auto read = [&](auto one) {
    using T = decltype(one);
    for (int64_t i = 0; i < tensor.num_elements(); ++i) {
      numbers.push_back(static_cast<double>(static_cast<float>(tensor.data<T>()[i])));
    }
  };
  switch (tensor.dtype()) {
    case DType::kFloat: read(float{}); break;
    case DType::kHalf: read(Half{}); break;
    case DType::kBfloat16: read(BFloat16{}); break;
    case DType::kDouble:
      for (int64_t i = 0; i < tensor.num_elements(); ++i) numbers.push_back(tensor.data<double>()[i]);
      break;
    case DType::kInt32: read(int32_t{}); break;
    case DType::kInt64: read(int64_t{}); break;
    case DType::kUint8: read(uint8_t{}); break;
    case DType::kBool: read(bool{}); break;
    default: break;
  }
  return numbers;
}

bool AreScores(const Tensor& tensor, bool are_given) {
  const bool are_rows = tensor.dtype() == DType::kFloat && (tensor.rank() == 1 || tensor.rank() == 2) &&
                        tensor.num_elements() > 0 && tensor.dim(tensor.rank() - 1) > 1;
  if (!are_rows || are_given) return are_rows;
  const int64_t width = tensor.dim(tensor.rank() - 1);
  for (int64_t row = 0; row < tensor.num_elements(); row += width) {
    double sum = 0;
    for (int64_t i = row; i < row + width; ++i) {
      if (!(tensor.data<float>()[i] >= 0)) return false;
      sum += static_cast<double>(tensor.data<float>()[i]);
    }
    if (std::abs(sum - 1) > 1e-3) return false;
  }
  return true;
}

struct Sums {
  double squares = 0;
  int64_t count = 0;
};

void Add(const Tensor& before, const Tensor& after, bool are_given, Sums* sums, RoadChange* change) {
  const std::vector<double> old = Numbers(before), now = Numbers(after);
  double largest = 0;
  for (const double v : old) largest = std::max(largest, std::isfinite(v) ? std::abs(v) : 0);
  if (largest == 0) largest = 1;
  for (size_t i = 0; i < old.size(); ++i) {
    const bool same = old[i] == now[i] || (std::isnan(old[i]) && std::isnan(now[i]));
    const double difference = same ? 0 : std::isfinite(old[i] - now[i]) ? std::abs(old[i] - now[i]) / largest : 1;
    change->largest = std::max(change->largest, difference);
    sums->squares += difference * difference;
    ++sums->count;
  }
  if (!AreScores(before, are_given)) return;
  const auto width = static_cast<size_t>(before.dim(before.rank() - 1));
  for (size_t row = 0; row + width <= old.size(); row += width) {
    // Where something is no number nothing is the largest.
    const auto best = [&](const std::vector<double>& all) -> ptrdiff_t {
      const auto start = all.begin() + static_cast<ptrdiff_t>(row);
      const auto is_none = [](double value) { return std::isnan(value); };
      if (std::any_of(start, start + static_cast<ptrdiff_t>(width), is_none)) return -1;
      return std::max_element(start, start + static_cast<ptrdiff_t>(width)) - start;
    };
    ++change->rows;
    change->same_best += best(old) == best(now);
  }
}

RoadStop StopOf(const std::string& step, const RoadState& state, const RoadRun& run) {
  RoadStop stop{.step = step};
  stop.file_bytes = state.bytes.size();
  stop.store_bytes = static_cast<size_t>(DeflatedSize(state.bytes));
  stop.nodes = state.graph.nodes.size();
  stop.load_ms = run.load_ms;
  stop.run_ms = run.run_ms;
  stop.peak_bytes = run.peak_bytes;
  return stop;
}

}  // namespace

Result<RoadRun> RunRoad(const std::string& bytes, const std::vector<std::string>& outputs, const RoadSamples& samples,
                        const SessionOptions& options, const std::string& name) {
  RoadRun run;
  const auto start = Clock::now();
  auto owner = std::make_shared<std::string>(bytes);
  const std::span<const uint8_t> view(reinterpret_cast<const uint8_t*>(owner->data()), owner->size());
  RIVULET_ASSIGN_OR_RETURN(auto model, Model::LoadBytes(view, owner, name));
  RIVULET_ASSIGN_OR_RETURN(auto session, Session::Create(model, options));
  RIVULET_RETURN_IF_ERROR(session->Prepare(samples.feeds[0], outputs).status());
  run.load_ms = MsSince(start);
  for (const Feeds& feeds : samples.feeds) {
    if (samples.feeds.size() > 1) ShowProgress("running it on samples", run.results.size() + 1, samples.feeds.size());
    RIVULET_ASSIGN_OR_RETURN(std::vector<Tensor> results, session->Run(feeds, outputs));
    run.results.push_back(std::move(results));
  }
  RIVULET_ASSIGN_OR_RETURN(run.run_ms, TimeOf(*session, samples.feeds[0], outputs));
  run.peak_bytes = session->allocator()->peak_bytes();
  return run;
}

Result<std::vector<Tensor>> RunGraph(const prepare::GraphDef& graph, const std::vector<std::string>& outputs,
                                     const Feeds& feeds, const SessionOptions& options, const std::string& name) {
  RIVULET_ASSIGN_OR_RETURN(auto model, prepare::ModelOf(graph, name));
  RIVULET_ASSIGN_OR_RETURN(auto session, Session::Create(std::move(model), options));
  return session->Run(feeds, outputs);
}

double RoadChange::drop() const {
  return rows > 0 ? 1 - static_cast<double>(same_best) / static_cast<double>(rows) : typical;
}

std::string RoadChange::Text(bool are_given) const {
  constexpr double kNone = 1e-3;  // sums in another order
  char text[96];
  if (largest == 0) return "none";
  if (largest <= kNone && (rows == 0 || same_best == rows)) {
    std::snprintf(text, sizeof(text), "none (%.0e)", largest);
    return text;
  }
  if (rows == 0) {
    std::snprintf(text, sizeof(text), "%.2g %% of the range, at most %.2g %%", 100 * typical, 100 * largest);
    return text;
  }
  std::snprintf(text, sizeof(text), "top-1 agreement %.1f %%%s", 100 * (1 - drop()),
                are_given ? "" : " on made-up inputs");
  return text;
}

Result<RoadChange> CompareRoad(const RoadRun& before, const RoadRun& after, bool are_given) {
  RoadChange change;
  Sums sums;
  for (size_t i = 0; i < before.results.size(); ++i) {
    for (size_t k = 0; k < before.results[i].size(); ++k) {
      const Tensor &old = before.results[i][k], &now = after.results[i][k];
      if (old.dtype() != now.dtype() || old.shape() != now.shape()) {
        return InvalidArgument("an output was ", Name(old.dtype()), old.shape().ToString(), " and is ",
                               Name(now.dtype()), now.shape().ToString());
      }
      Add(old, now, are_given, &sums, &change);
    }
  }
  if (sums.count > 0) change.typical = std::sqrt(sums.squares / static_cast<double>(sums.count));
  return change;
}

std::vector<std::string> RoadState::InputNames() const {
  std::vector<std::string> names;
  for (const prepare::FrozenTensor& input : inputs) names.push_back(input.name);
  return names;
}

std::vector<std::string> RoadState::OutputNames() const {
  std::vector<std::string> names;
  for (const prepare::FrozenTensor& output : outputs) names.push_back(output.name);
  return names;
}

std::string NeverSeen(const RoadState& state) {
  for (size_t k = 0; k < state.outputs.size(); ++k) {
    const auto has_none = [&](const std::vector<Tensor>& results) {
      return k < results.size() && results[k].num_elements() == 0;
    };
    const auto& all = state.given.results;
    if (!all.empty() && std::all_of(all.begin(), all.end(), has_none)) return state.outputs[k].name;
  }
  return "";
}

Result<std::vector<RoadStop>> WalkRoad(const std::vector<RoadStep>& steps, RoadState& state) {
  std::vector<RoadStop> stops;
  RIVULET_ASSIGN_OR_RETURN(state.given,
                           RunRoad(state.bytes, state.OutputNames(), state.samples, state.session, state.name));
  stops.push_back(StopOf("as given", state, state.given));
  for (const RoadStep& step : steps) {
    RoadState tried = state;
    const auto take = [&]() -> Result<RoadStop> {
      RIVULET_ASSIGN_OR_RETURN(std::vector<std::string> notes, step.apply(tried));
      RIVULET_ASSIGN_OR_RETURN(const RoadRun run,
                               RunRoad(tried.bytes, tried.OutputNames(), tried.samples, tried.session));
      RIVULET_ASSIGN_OR_RETURN(const RoadChange change, CompareRoad(state.given, run, state.samples.are_given));
      RoadStop stop = StopOf(step.name, tried, run);
      stop.change = change;
      stop.notes = std::move(notes);
      return stop;
    };
    Result<RoadStop> stop = take();
    if (stop.ok()) {
      stops.push_back(std::move(*stop));
      state = std::move(tried);
    } else {
      RoadStop refused = stops.back();
      refused.step = step.name;
      refused.notes.clear();
      refused.refused = stop.status().message();
      stops.push_back(std::move(refused));
    }
  }
  return stops;
}

}  // namespace rivulet::cli
