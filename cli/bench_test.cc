#include <gtest/gtest.h>

#include "cli/bench_measure.h"
#include "cli/bench_memory.h"
#include "cli/bench_peak.h"

namespace rivulet::cli {
namespace {

TEST(BenchTimes, Percentiles) {
  BenchTimes times;
  for (int i = 0; i <= 100; ++i) times.runs_ms.push_back(i);
  EXPECT_EQ(times.at(0), 0);
  EXPECT_EQ(times.at(0.5), 50);
  EXPECT_EQ(times.at(0.99), 99);
  EXPECT_EQ(times.at(1), 100);
  EXPECT_EQ(times.mean(), 50);
  EXPECT_NEAR(times.deviation(), 29.155, 0.001);
}

TEST(Sparkline, HighestOfEachColumn) {
  EXPECT_EQ(Sparkline({{0, 0, 0}, {1, 80, 0}, {2, 40, 0}, {3.9, 10, 0}, {4, 10, 0}}, 4), "▁█▅▂");
  EXPECT_EQ(Sparkline({}, 4), "");
  EXPECT_EQ(Sparkline({{0, 5, 0}, {8, 5, 0}}, 4), "████");
}

TEST(Peak, IsAboveWhatAnyProcessorHas) {
  EXPECT_GT(MeasurePeakGflops(1), 0.5);
  EXPECT_LT(MeasurePeakGflops(1), 2000);
}

TEST(MemoryTimeline, SeesWhatIsTaken) {
  MemoryTimeline memory(BenchClock::now());
  std::vector<char> taken(32 << 20, 1);
  memory.Note("taken");
  memory.Stop();
  ASSERT_EQ(memory.phases().size(), 2u);
  EXPECT_GE(memory.phases()[1].sample.resident - memory.phases()[0].sample.resident, 24 << 20);
}

}  // namespace
}  // namespace rivulet::cli
