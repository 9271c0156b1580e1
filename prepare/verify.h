// Whether a transform kept its promise: both graphs run by the engine, as they are written, on the same inputs.
#ifndef RIVULET_PREPARE_VERIFY_H_
#define RIVULET_PREPARE_VERIFY_H_

#include <functional>
#include <string>
#include <vector>

#include "prepare/transform.h"
#include "rivulet/session.h"

namespace rivulet::prepare {

struct VerifyOptions {
  std::vector<std::string> inputs;   // what will be fed, besides all placeholders
  std::vector<std::string> outputs;  // what is compared; empty: what no other node reads
  Feeds given;                       // values of inputs
  // Values for the others.
  std::function<Result<Tensor>(DType dtype, const Shape& shape)> make_up;
  ReportLine report = {};       // what could not be compared, and how much a lossy one lost
  double deadline_ms = 120000;  // of each run
};

// An error when `after` is no graph that the engine can infer though `before` was, when an output's type or shape
// changed, when it does not run though `before` did, or when its results are not what was promised: it names the first
// node that differs. Ok, and reported, where `before` cannot be run with what is known.
Status VerifyTransform(const TransformCall& call, const GraphDef& before, const GraphDef& after,
                       const VerifyOptions& options);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_VERIFY_H_
