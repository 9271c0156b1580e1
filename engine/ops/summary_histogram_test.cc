#include <cfloat>
#include <cmath>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(SummaryHistogram, Values) {
  const auto run = [](double value) {
    return OpTester("HistogramSummary")
        .Attr("T", DType::kDouble)
        .Input(Strings({}, {"h"}))
        .Input(F64({1}, {value}))
        .Run();
  };
  EXPECT_TRUE(Fails(run(NAN), "want finite numbers, got nan at element 0"));
  EXPECT_TRUE(run(DBL_MAX).ok());  // it ends the last bucket, and has none after it
}

}  // namespace
}  // namespace rivulet
