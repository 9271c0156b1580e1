// Fact, Timestamp: a sentence about factorials, and the seconds since 1970.
#include <chrono>

#include "engine/ops/plain_infer.h"

namespace rivulet {
namespace {

Status RunFact(RunContext& c) {
  *c.output(0).data<std::string>() = "0! == 1";
  return Status();
}

Status RunTimestamp(RunContext& c) {
  const std::chrono::duration<double> since_1970 = std::chrono::system_clock::now().time_since_epoch();
  *c.output(0).data<double>() = since_1970.count();
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "Fact", .inputs = "", .outputs = "fact:str", .attrs = "", .infer = InferScalar, .run = RunFact},
    {.name = "Timestamp",
     .inputs = "",
     .outputs = "ts:f64",
     .attrs = "",
     .infer = InferScalar,
     .run = RunTimestamp,
     .flags = kStateful},
};

}  // namespace

RIVULET_OP_LIST(Fact, kDefs);

}  // namespace rivulet
