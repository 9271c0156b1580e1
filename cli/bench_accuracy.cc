#include "cli/bench_accuracy.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace rivulet::cli {
namespace {

double DifferenceOf(const Tensor& exact, const Tensor& other) {
  if (exact.dtype() != DType::kFloat || other.dtype() != DType::kFloat || !(exact.shape() == other.shape())) return 0;
  double largest = 0;
  double difference = 0;
  for (int64_t i = 0; i < exact.num_elements(); ++i) {
    const auto a = static_cast<double>(exact.data<float>()[i]);
    const auto b = static_cast<double>(other.data<float>()[i]);
    if (a == b || (std::isnan(a) && std::isnan(b))) {
      if (std::isfinite(a)) largest = std::max(largest, std::fabs(a));
      continue;
    }
    if (!std::isfinite(a) || !std::isfinite(b)) return std::numeric_limits<double>::infinity();
    largest = std::max(largest, std::fabs(a));
    difference = std::max(difference, std::fabs(a - b));
  }
  return difference == 0 ? 0 : largest == 0 ? std::numeric_limits<double>::infinity() : difference / largest;
}

Result<std::vector<Tensor>> Results(const BenchPlan& plan, const SessionOptions& options) {
  RIVULET_ASSIGN_OR_RETURN(const auto session, Session::Create(plan.model, options));
  return session->Run(plan.feeds, plan.outputs);
}

}  // namespace

Result<double> LargestDifference(const BenchPlan& plan, const SessionOptions& options) {
  SessionOptions exact = options;
  exact.precision = Precision::kExact;
  RIVULET_ASSIGN_OR_RETURN(const std::vector<Tensor> wanted, Results(plan, exact));
  RIVULET_ASSIGN_OR_RETURN(const std::vector<Tensor> got, Results(plan, options));
  double largest = 0;
  for (size_t i = 0; i < wanted.size(); ++i) largest = std::max(largest, DifferenceOf(wanted[i], got[i]));
  return largest;
}

}  // namespace rivulet::cli
