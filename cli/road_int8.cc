// The step of the road that makes products 8-bit.
#include "cli/html_page.h"
#include "cli/progress.h"
#include "cli/road.h"
#include "engine/base/errors.h"
#include "prepare/int8/calibrate_within.h"

namespace rivulet::cli {
namespace {

// What changes on the samples that were not calibrated on.
Result<std::string> HeldOut(const RoadState& state, const std::vector<Feeds>& others, bool is_held_out) {
  RoadSamples samples = state.samples;
  samples.feeds = others;
  RIVULET_ASSIGN_OR_RETURN(const RoadRun run, RunRoad(state.bytes, state.OutputNames(), samples, state.session));
  RoadRun given;
  for (size_t i = is_held_out ? 1 : 0; i < state.given.results.size(); i += 2) {
    given.results.push_back(state.given.results[i]);
  }
  RIVULET_ASSIGN_OR_RETURN(const RoadChange change, CompareRoad(given, run, samples.are_given));
  return Cat("on the ", others.size(), is_held_out ? " that were not calibrated on: " : " that was calibrated on: ",
             change.Text(samples.are_given));
}

// Where floats lie between products in 8 bits, turning the ones into the others may take longer than is gained.
Status IsNoSlower(const RoadState& state, const std::string& before) {
  constexpr double kNoise = 1.25;  // of times of small networks on a machine that does other things
  const RoadSamples one{.feeds = {state.samples.feeds[0]}, .are_given = true};
  double ms[2] = {0, 0};
  const std::string* files[2] = {&before, &state.bytes};
  for (size_t i = 0; i < 2; ++i) {
    RIVULET_ASSIGN_OR_RETURN(const RoadRun run, RunRoad(*files[i], state.OutputNames(), one, state.session));
    ms[i] = run.run_ms;
  }
  if (ms[1] <= kNoise * ms[0]) return Status();
  return FailedPrecondition("8 bits take ", Digits(ms[1], 3), " ms where floats took ", Digits(ms[0], 3),
                            "; a larger --max-drop leaves fewer floats between them");
}

Result<std::vector<std::string>> MakeInt8(RoadState& state) {
  if (!state.samples.are_given && !state.samples.are_arrays) {
    return FailedPrecondition(
        "made-up inputs do not tell what values activations have; give some with --images or --sample");
  }
  if (const std::string output = NeverSeen(state); !output.empty()) {
    return FailedPrecondition("output ", Quoted(output), " has no elements on any of the ",
                              static_cast<uint64_t>(state.samples.feeds.size()),
                              " inputs, so nothing tells what 8 bits change; give others with --images or --sample");
  }
  const prepare::CalibrationSplit split = prepare::SplitSamples(state.samples.feeds);
  prepare::Int8Options options{.samples = split.calibration, .outputs = state.OutputNames()};
  options.threads = state.session.num_threads;
  options.progress = ShowProgress;
  Result<prepare::Int8Model> made = prepare::CalibrateWithin(state.graph, options, state.max_drop);
  EndProgress();
  if (!made.ok()) return made.status();
  if (made->drop > state.max_drop + 1e-9) {
    return FailedPrecondition("even with one product in 8 bits ", Digits(100 * made->drop, 3),
                              " % changes, more than the ", Digits(100 * state.max_drop, 3), " % of --max-drop");
  }
  const std::string before = std::move(state.bytes);
  state.graph = std::move(made->graph);
  state.bytes = prepare::Serialize(state.graph);
  RIVULET_RETURN_IF_ERROR(IsNoSlower(state, before));
  std::vector<std::string> notes = {Cat(made->products.size(), made->products.size() == 1 ? " product" : " products",
                                        " in 8 bits, ", made->ranges.size(),
                                        made->ranges.size() == 1 ? " activation" : " activations", " rounded")};
  RIVULET_ASSIGN_OR_RETURN(notes.emplace_back(), HeldOut(state, split.others, split.is_held_out));
  if (std::string worst = prepare::WorstEdges(*made); !worst.empty()) notes.push_back(std::move(worst));
  notes.insert(notes.end(), made->notes.begin(), made->notes.end());
  return notes;
}

}  // namespace

RoadStep Int8Step() { return {"int8", MakeInt8}; }

}  // namespace rivulet::cli
