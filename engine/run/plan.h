// A plan: a graph made ready to run for one set of fed shapes. Immutable and shared by threads; what changes during a
// run lies in a Frame.
#ifndef RIVULET_ENGINE_RUN_PLAN_H_
#define RIVULET_ENGINE_RUN_PLAN_H_

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/ops/op.h"
#include "engine/run/control_step.h"
#include "engine/run/cut.h"
#include "engine/run/environment.h"

namespace rivulet {

// One tensor of the plan.
struct Slot {
  enum class Kind : uint8_t {
    kConstant,  // held by the plan
    kFeed,      // set by each run
    kArena,     // at a fixed place of the frame's arena
    kResult,    // at a fixed place of a result's memory (ResultPlace)
    kBands,     // between convolutions of a chain: has a shape, but is never there as a whole
    kHeap,      // made by its step in each run: shapes that depend on data, strings, other names of feeds
  };
  Kind kind = Kind::kHeap;
  DType dtype = DType::kInvalid;
  Shape shape = Shape::UnknownRank();
  Tensor constant;
  int64_t offset = 0;
};

struct Step {
  enum class Kind : uint8_t {
    kRun,      // outputs are in place, call run
    kForward,  // output 0 is input 0 with another shape
    kInfer,    // shapes are not known before: infer, allocate, then run
    kSwitch,   // one output is input 0, the others are dead
    kMerge,    // output 0 is the first input that is not dead, output 1 its position
    kControl,  // runs other plans: If, While, ...
    kNothing,  // no work, but it can be dead and others wait for it
  };
  Kind kind = Kind::kRun;
  int32_t node = -1;  // of Plan::graph
  const OpDef* def = nullptr;
  std::unique_ptr<OpState> state;
  // Ranges of Plan::operands.
  int32_t first_input = 0;
  int32_t num_inputs = 0;
  int32_t first_output = 0;
  int32_t num_outputs = 0;
  std::unique_ptr<ControlStep> control;  // of kControl
  int32_t chain = 1;                     // so many steps from this one on run together (bands.h)
  bool allocates = false;                // has heap outputs of known shape (strings)
  int32_t facts = -1;                    // of steps whose shapes are found when they run: position in Frame::facts
  bool ignores_dead = false;             // runs also when what it waits for is dead
  std::vector<int32_t> controls;         // steps it waits for, in plans where some can be dead
  std::vector<int32_t> release;          // heap slots that no later step reads
};

// A large result, which is made in the memory that the caller gets.
struct ResultPlace {
  int32_t fetch = 0;
  int64_t bytes = 0;
  std::vector<int32_t> slots;  // that lie in it
};

// Steps [begin, end) that fall into two parts, each in the plan's order, which need nothing of each other (lanes.h).
struct Lanes {
  int32_t begin = 0;
  int32_t end = 0;
  std::array<std::vector<int32_t>, 2> steps;
};

struct Plan {
  Graph graph;  // after the passes; large constants are dropped from it
  std::vector<Slot> slots;
  std::vector<Step> steps;
  std::vector<int32_t> operands;    // slot of each input and output of each step
  std::vector<uint8_t> dies;        // by operand: an input that holds its own memory and that no later step reads
  std::vector<int32_t> feed_slots;  // -1 for a feed that nothing reads
  std::vector<int32_t> fetch_slots;
  std::vector<ResultPlace> results;    // none in plans within others
  std::vector<Lanes> lanes;            // in the steps' order
  std::vector<int32_t> passing_slots;  // that hold something only while a run goes on: feeds, and what is on the heap
  bool has_dead = false;               // there are branches that may not be taken
  std::string path;                    // in front of node names where state is kept: the calls that led here
  std::shared_ptr<FrozenVariables> frozen;
  int32_t num_facts = 0;
  int64_t arena_bytes = 0;
  int64_t least_arena_bytes = 0;  // what the fullest step needs
  int64_t constant_bytes = 0;
  int64_t num_rewrites = 0;
  int64_t flops =
      0;  // nominal (flops.h), of the steps of a plan within another, which may run many times for one step there
};

// The plan of a run: what `fetches` and `targets` need of the model.
Result<std::shared_ptr<const Plan>> MakePlan(const Graph& model, const std::vector<FeedSpec>& feeds,
                                             const std::vector<std::string>& fetches,
                                             const std::vector<std::string>& targets, const Environment& environment,
                                             const StopToken& stop);

// What a graph without calls and references becomes.
struct CompileInput {
  Graph graph;
  std::vector<Edge> fetches;
  std::vector<int32_t> targets;
  std::vector<int32_t> feeds;  // nodes; -1 for a feed that nothing reads
  std::string path;
  int depth = 0;                            // plans within plans
  std::shared_ptr<FrozenVariables> frozen;  // null: variables may change during the run
};
Result<std::shared_ptr<const Plan>> CompilePlan(CompileInput input, const Environment& environment,
                                                const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_PLAN_H_
