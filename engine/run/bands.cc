#include "engine/run/bands.h"

#include <optional>
#include <span>

#include "engine/ops/conv_bands.h"

namespace rivulet {
namespace {

class Finder {
 public:
  Finder(const std::vector<int32_t>& last_read, const std::vector<int32_t>& owner, int threads, Plan& plan)
      : last_read_(last_read), threads_(threads), plan_(plan), reads_(plan.slots.size(), 0) {
    for (const Step& step : plan.steps) {
      for (int32_t i = 0; i < step.num_inputs; ++i) {
        ++reads_[static_cast<size_t>(owner[static_cast<size_t>(InputOf(step, i))])];
      }
    }
  }

  void Run() {
    std::vector<ConvGeometry> stages;
    size_t first = 0;
    for (size_t s = 0; s < plan_.steps.size(); ++s) {
      const std::optional<ConvGeometry> geometry = GeometryOf(plan_.steps[s]);
      if (geometry && !stages.empty() && Follows(s, stages.back(), *geometry)) {
        stages.push_back(*geometry);
        if (stages.size() <= kMostBandStages && BandRows(stages) > 0) continue;
        stages.pop_back();
      }
      Keep(first, stages.size());
      stages.clear();
      if (geometry) stages.push_back(*geometry);
      first = s;
    }
    Keep(first, stages.size());
  }

 private:
  int32_t InputOf(const Step& step, int32_t i) const {
    return plan_.operands[static_cast<size_t>(step.first_input + i)];
  }
  Slot& SlotAt(int32_t slot) { return plan_.slots[static_cast<size_t>(slot)]; }
  int32_t OutputOf(size_t step) const { return plan_.operands[static_cast<size_t>(plan_.steps[step].first_output)]; }

  std::optional<ConvGeometry> GeometryOf(const Step& step) {
    if (step.kind != Step::Kind::kRun || step.def->run != RunConv || step.state == nullptr) return std::nullopt;
    const Slot& input = SlotAt(InputOf(step, 0));
    const Slot& filter = SlotAt(InputOf(step, 1));
    if (input.dtype != DType::kFloat) return std::nullopt;
    return BandGeometryOf(*step.state, input.shape, filter.shape, filter.kind == Slot::Kind::kConstant);
  }

  // Whether step s alone reads what the step before makes, which is large.
  bool Follows(size_t s, const ConvGeometry& before, const ConvGeometry& after) {
    const int32_t between = OutputOf(s - 1);
    return InputOf(plan_.steps[s], 0) == between && SlotAt(between).kind == Slot::Kind::kArena &&
           reads_[static_cast<size_t>(between)] == 1 &&
           last_read_[static_cast<size_t>(between)] == static_cast<int32_t>(s) && BandsPay(before, after, threads_);
  }

  void Keep(size_t first, size_t count) {
    if (count < 2) return;
    plan_.steps[first].chain = static_cast<int32_t>(count);
    for (size_t s = first; s + 1 < first + count; ++s) {
      SlotAt(OutputOf(s)).kind = Slot::Kind::kBands;
      plan_.steps[s + 1].kind = Step::Kind::kNothing;
    }
  }

  const std::vector<int32_t>& last_read_;
  const int threads_;
  Plan& plan_;
  std::vector<int32_t> reads_;  // of each slot's memory
};

}  // namespace

void FindBands(const std::vector<int32_t>& last_read, const std::vector<int32_t>& owner, int threads, Plan& plan) {
  if constexpr (kHasBands) Finder(last_read, owner, threads, plan).Run();
}

}  // namespace rivulet
