#include "engine/run/lanes.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string_view>

#include "engine/base/sort.h"
#include "engine/run/flops.h"

namespace rivulet {
namespace {

// Lanes are at most so many steps, and for each step of a plan so many are looked at on average, so that the search
// grows with the plan.
constexpr int32_t kMostSteps = 2048;
constexpr int64_t kLooksPerStep = 16;

// What lanes make has its memory until they end: so much they may make.
constexpr double kMostBytes = 4 << 20;

// What things take, in nanoseconds. Rough: they tell a step worth splitting from one that is not, and long lanes from
// short ones.
constexpr double kStep = 150;           // to begin any step
constexpr double kFlop = 1.0 / 40;      // of products
constexpr double kByte = 1.0 / 30;      // read or written, near caches
constexpr double kSplit = 2000;         // to hand a loop to other threads, and to wait for them
constexpr double kLeastSplit = 10'000;  // of work, below which a loop stays on one thread
constexpr double kFork = 5000;          // to begin lanes and to end them
constexpr double kTurns = 16;           // of a loop: its length is not known before

struct Cost {
  double alone = 0;     // on one thread
  double together = 0;  // on all of them
};

// Each step of time needs the one before, and what is done in one is little.
bool IsRecurrent(std::string_view op) {
  return op == "BlockLSTM" || op == "BlockLSTMV2" || op == "LSTMBlockCell" || op == "GRUBlockCell";
}

double BytesOf(const Plan& plan, int32_t first_operand, int32_t count) {
  double bytes = 0;
  for (int32_t i = first_operand; i < first_operand + count; ++i) {
    const Slot& slot = plan.slots[static_cast<size_t>(plan.operands[static_cast<size_t>(i)])];
    if (!slot.shape.complete()) continue;
    bytes += static_cast<double>(slot.shape.num_elements()) * static_cast<double>(ElementBytes(slot.dtype));
  }
  return bytes;
}
double BytesRead(const Plan& plan, const Step& step) { return BytesOf(plan, step.first_input, step.num_inputs); }
double BytesMade(const Plan& plan, const Step& step) { return BytesOf(plan, step.first_output, step.num_outputs); }

std::optional<Cost> CostOf(const Plan& plan, const Step& step, int threads);

// Of a loop: its body's, as often as a short sequence has it turn. Nothing where the body is not known or has effects.
std::optional<Cost> CostOfLoop(const Step& step, int threads) {
  const Plan* body = step.control->Body();
  if (body == nullptr || body->has_dead) return std::nullopt;
  Cost sum;
  for (const Step& inner : body->steps) {
    const std::optional<Cost> cost = CostOf(*body, inner, threads);
    if (!cost) return std::nullopt;
    sum.alone += kTurns * cost->alone;
    sum.together += kTurns * cost->together;
  }
  return sum;
}

// Nothing for a step that must run by itself.
std::optional<Cost> CostOf(const Plan& plan, const Step& step, int threads) {
  if (step.kind == Step::Kind::kControl) return CostOfLoop(step, threads);
  if (step.chain > 1 || (step.def->flags & (kStateful | kTakes | kReadsFiles)) != 0) return std::nullopt;
  if (step.kind == Step::Kind::kInfer || step.allocates) return std::nullopt;  // what it takes is not known
  const Node& node = plan.graph.node(step.node);
  Cost cost;
  const double bytes = BytesRead(plan, step) + BytesMade(plan, step);
  cost.alone = kStep + std::max(static_cast<double>(CountFlops(plan.graph, node)) * kFlop, bytes * kByte);
  const bool splits = cost.alone >= kLeastSplit && !IsRecurrent(node.op);
  cost.together = splits ? kSplit + cost.alone / threads : cost.alone;
  return cost;
}

// Which steps from one on belong together, as more of them are looked at.
class Window {
 public:
  Window(const Plan& plan, const std::vector<int32_t>& owner)
      : plan_(plan), owner_(owner), root_(plan.steps.size()), writers_(plan.slots.size()) {}

  void Begin(int32_t first) {
    for (const int32_t slot : written_) writers_[static_cast<size_t>(slot)].clear();
    written_.clear();
    first_ = end_ = first;
    groups_ = 0;
  }

  // How many groups the next step would make one.
  size_t NeededByNext() {
    needed_.clear();
    const Step& step = plan_.steps[static_cast<size_t>(end_)];
    for (int32_t i = 0; i < step.num_inputs; ++i) {
      for (const int32_t writer : WritersOf(step.first_input + i)) needed_.push_back(Root(writer));
    }
    Sort(needed_.begin(), needed_.end(), [](int32_t a, int32_t b) { return a < b; });
    needed_.erase(std::unique(needed_.begin(), needed_.end()), needed_.end());
    return needed_.size();
  }

  // Takes the next step in; NeededByNext was asked before.
  void Add() {
    const Step& step = plan_.steps[static_cast<size_t>(end_)];
    root_[static_cast<size_t>(end_)] = end_;
    for (const int32_t root : needed_) root_[static_cast<size_t>(root)] = end_;
    groups_ += 1 - static_cast<int32_t>(needed_.size());
    // What read a memory made one group of all its writers.
    for (int32_t i = 0; i < step.num_inputs; ++i) {
      std::vector<int32_t>& writers = WritersOf(step.first_input + i);
      if (!writers.empty()) writers = {end_};
    }
    for (int32_t i = 0; i < step.num_outputs; ++i) {
      std::vector<int32_t>& writers = WritersOf(step.first_output + i);
      if (writers.empty()) written_.push_back(OwnerOf(step.first_output + i));
      writers.push_back(end_);
    }
    ++end_;
  }

  int32_t first() const { return first_; }
  int32_t end() const { return end_; }
  int32_t groups() const { return groups_; }

  int32_t Root(int32_t step) {
    int32_t root = step;
    while (root_[static_cast<size_t>(root)] != root) root = root_[static_cast<size_t>(root)];
    while (root_[static_cast<size_t>(step)] != root) step = std::exchange(root_[static_cast<size_t>(step)], root);
    return root;
  }

 private:
  int32_t OwnerOf(int32_t operand) const {
    return owner_[static_cast<size_t>(plan_.operands[static_cast<size_t>(operand)])];
  }
  std::vector<int32_t>& WritersOf(int32_t operand) { return writers_[static_cast<size_t>(OwnerOf(operand))]; }

  const Plan& plan_;
  const std::vector<int32_t>& owner_;
  std::vector<int32_t> root_;                  // by step of the window; a group's last step is its root
  std::vector<std::vector<int32_t>> writers_;  // by owner: steps of the window, one for each group
  std::vector<int32_t> written_;               // owners that have some
  std::vector<int32_t> needed_;
  int32_t first_ = 0, end_ = 0, groups_ = 0;
};

class LaneFinder {
 public:
  LaneFinder(const Plan& plan, const std::vector<int32_t>& owner, int threads)
      : plan_(plan), owner_(owner), window_(plan, owner), looks_(kLooksPerStep * NumSteps() + 4 * kMostSteps) {
    size_t in_chain = 0;
    for (const Step& step : plan.steps) {
      if (step.chain > 1) in_chain = static_cast<size_t>(step.chain);
      costs_.push_back(in_chain > 0 ? std::nullopt : CostOf(plan, step, threads));
      in_chain -= in_chain > 0 ? 1 : 0;
    }
  }

  std::vector<Lanes> Find() {
    std::vector<int32_t> made_by(plan_.slots.size(), -1);  // by owner: the last step that wrote to it
    int32_t tried = -1, free_from = 0;
    std::vector<Lanes> found;
    for (int32_t s = 0; s < NumSteps() && looks_ > 0; ++s) {
      const Step& step = plan_.steps[static_cast<size_t>(s)];
      int32_t needs = -1;
      ForEachOwner(step.first_input, step.num_inputs, [&](size_t slot) { needs = std::max(needs, made_by[slot]); });
      ForEachOwner(step.first_output, step.num_outputs, [&](size_t slot) { made_by[slot] = s; });
      // It needs nothing of what came right before it: steps from there on may lie side by side.
      const int32_t first = std::max({needs + 1, free_from, s - kMostSteps + 1});
      if (first >= s || first == tried) continue;
      tried = first;
      if (std::optional<Lanes> lanes = FindFrom(first)) {
        free_from = lanes->end;
        found.push_back(std::move(*lanes));
      }
    }
    return found;
  }

 private:
  int32_t NumSteps() const { return static_cast<int32_t>(plan_.steps.size()); }

  template <class Body>
  void ForEachOwner(int32_t first, int32_t count, const Body& body) const {
    for (int32_t i = first; i < first + count; ++i) {
      body(static_cast<size_t>(owner_[static_cast<size_t>(plan_.operands[static_cast<size_t>(i)])]));
    }
  }

  // The lanes that begin there and gain most.
  std::optional<Lanes> FindFrom(int32_t first) {
    window_.Begin(first);
    double together = 0, most = 0, bytes = 0;
    int32_t best = -1;
    const auto judge = [&] {
      if (window_.groups() < 2) return;
      looks_ -= window_.end() - window_.first();
      const double gain = together - kFork - LongerLane();
      if (gain <= std::max(most, together / 16)) return;
      most = gain;
      best = window_.end();
    };
    const int32_t limit = std::min(first + kMostSteps, NumSteps());
    while (window_.end() < limit && looks_-- > 0) {
      const std::optional<Cost>& cost = costs_[static_cast<size_t>(window_.end())];
      bytes += BytesMade(plan_, plan_.steps[static_cast<size_t>(window_.end())]);
      if (!cost || bytes > kMostBytes) break;
      if (window_.NeededByNext() > 1) judge();
      window_.Add();
      together += cost->together;
    }
    judge();
    if (best < 0) return std::nullopt;
    window_.Begin(first);
    while (window_.end() < best) {
      window_.NeededByNext();
      window_.Add();
    }
    static_cast<void>(LongerLane());
    return MakeLanes();
  }

  // Gives each group of the window a lane, the longest first, each to the shorter lane; what the longer lane then
  // takes.
  double LongerLane() {
    struct Group {
      int32_t root;
      double alone;
    };
    std::vector<double> alone(static_cast<size_t>(window_.end() - window_.first()), 0);
    for (int32_t s = window_.first(); s < window_.end(); ++s) {
      alone[static_cast<size_t>(window_.Root(s) - window_.first())] += costs_[static_cast<size_t>(s)]->alone;
    }
    std::vector<int32_t> order(alone.size());
    std::iota(order.begin(), order.end(), 0);
    StableSort(order.begin(), order.end(),
               [&](int32_t a, int32_t b) { return alone[static_cast<size_t>(a)] > alone[static_cast<size_t>(b)]; });
    lane_of_.assign(alone.size(), 0);
    double lanes[2] = {0, 0};
    for (const int32_t group : order) {
      const size_t lane = lanes[1] < lanes[0] ? 1 : 0;
      lane_of_[static_cast<size_t>(group)] = lane;
      lanes[lane] += alone[static_cast<size_t>(group)];
    }
    return std::max(lanes[0], lanes[1]);
  }

  Lanes MakeLanes() {
    Lanes lanes;
    lanes.begin = window_.first();
    lanes.end = window_.end();
    for (int32_t s = lanes.begin; s < lanes.end; ++s) {
      lanes.steps[lane_of_[static_cast<size_t>(window_.Root(s) - lanes.begin)]].push_back(s);
    }
    return lanes;
  }

  const Plan& plan_;
  const std::vector<int32_t>& owner_;
  std::vector<std::optional<Cost>> costs_;  // by step; none for one that must run by itself
  Window window_;
  int64_t looks_;
  std::vector<size_t> lane_of_;  // by position of a group's root in the window
};

}  // namespace

std::vector<Lanes> FindLanes(const Plan& plan, const std::vector<int32_t>& owner, int threads) {
  if (threads < 2 || plan.has_dead) return {};
  return LaneFinder(plan, owner, threads).Find();
}

}  // namespace rivulet
