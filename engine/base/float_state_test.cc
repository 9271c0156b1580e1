#include "engine/base/float_state.h"

#include <gtest/gtest.h>

#include <atomic>

#include "engine/base/thread_pool.h"

namespace rivulet {
namespace {

volatile float g_tiny = 1e-40f;
bool TinyIsZero() { return g_tiny * 1.0f == 0.0f; }

#if defined(__SSE2__) || defined(__aarch64__)
TEST(FloatState, FlushesWhileItLives) {
  EXPECT_FALSE(TinyIsZero());
  {
    const FlushSubnormals outer;
    EXPECT_TRUE(TinyIsZero());
    { const FlushSubnormals inner; }
    EXPECT_TRUE(TinyIsZero());
  }
  EXPECT_FALSE(TinyIsZero());
}

TEST(FloatState, EveryPieceOfALoopFlushes) {
  ThreadPool pool(3);
  const FlushSubnormals flush;
  std::atomic<int> zeros{0};
  pool.ParallelFor(64, 1, StopToken(), [&](int64_t, int64_t) { zeros += TinyIsZero(); });
  EXPECT_EQ(zeros, 64);
}
#endif

}  // namespace
}  // namespace rivulet
