#include "tests/golden/faults.h"

#include "engine/base/errors.h"
#include "tests/golden/harness.h"
#include "tests/golden/may_loop.h"

namespace rivulet::golden {
namespace {

constexpr int64_t kLastFault = 500;

// The hook is off again when this goes, whatever happened.
class FaultAt {
 public:
  FaultAt(int64_t nth, bool and_all_later) { Allocator::FailNth(nth, and_all_later); }
  ~FaultAt() { Stop(); }
  // The number of allocations since the start.
  int64_t Stop() { return Allocator::FailNth(0, false); }
};

Status CheckRun(const GoldenCase& record, const std::shared_ptr<const Model>& model, bool passes, int64_t nth,
                bool and_all_later, bool* felt) {
  SessionOptions options;
  options.passes = passes;
  FaultAt fault(nth, and_all_later);
  const auto session = Session::Create(model, options);
  if (!session.ok()) {
    *felt = fault.Stop() >= nth;
    return session.status().code() == Code::kResourceExhausted ? Status() : session.status();
  }
  const auto broken = (*session)->Run(record.feeds, record.fetches, record.targets);
  *felt = fault.Stop() >= nth;
  if (broken.ok()) {
    RIVULET_RETURN_IF_ERROR(CompareWithRecord(record, *broken));
  } else if (broken.status().code() != Code::kResourceExhausted) {
    return broken.status();
  }
  if (KeepsElements(model->graph())) return Status();  // what the broken run left would change the result
  const auto later = (*session)->Run(record.feeds, record.fetches, record.targets);
  if (!later.ok()) return Status(later.status()).Framed("a later run");
  return CompareWithRecord(record, *later).Framed("a later run");
}

}  // namespace

Status CheckFaults(const GoldenCase& record, int64_t* num_failed) {
  if (record.expectation == Expectation::kError) return Status();
  const auto model = Model::LoadBytes(record.graph, nullptr, "graph.pb");
  if (!model.ok()) return model.status();
  for (const bool passes : {false, true}) {
    for (const bool and_all_later : {false, true}) {
      bool felt = true;
      for (int64_t nth = 1; felt && nth <= kLastFault; ++nth) {
        Status status = CheckRun(record, *model, passes, nth, and_all_later, &felt);
        if (!status.ok()) {
          return std::move(status).Framed(
              Cat("allocation ", nth, and_all_later ? " and all later fail" : " fails", passes ? "" : ", no passes"));
        }
        *num_failed += felt;
      }
    }
  }
  return Status();
}

}  // namespace rivulet::golden
