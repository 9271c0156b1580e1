// Mutexes between runs: what the recordings, one run each, cannot say.
#include <atomic>
#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "engine/base/errors.h"
#include "engine/run/model_of.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

constexpr char kMutex[] = R"(
x = Placeholder() {dtype=float32, shape=shape[]}
mutex = MutexV2() {shared_name="m"}
lock = MutexLock(mutex)
again = MutexLock(mutex, ^lock)
unlock = ConsumeMutexLock(lock)
unlock_twice = ConsumeMutexLock(lock, ^unlock)
y = Identity(x, ^lock) {T=float32}
queue = FIFOQueueV2() {component_types=types[float32], shapes=shapes[shape[]], capacity=1, shared_name="q"}
take = QueueDequeueV2(queue, ^lock) {component_types=types[float32]}
put = QueueEnqueueV2(queue, x) {Tcomponents=types[float32]}
release = ConsumeMutexLock(lock, ^take)
)";

std::unique_ptr<Session> NewSession() {
  auto session = Session::Create(ModelOf(kMutex), SessionOptions());
  EXPECT_TRUE(session.ok()) << session.status().ToString();
  return std::move(*session);
}

Tensor Number(float value) { return Tensor::Scalar<float>(value); }

RunOptions Within(double ms) {
  RunOptions options;
  options.deadline_ms = ms;
  return options;
}

TEST(Mutexes, AreFreeAgainWhenTheRunEnds) {
  auto session = NewSession();
  for (int i = 0; i < 3; ++i) {
    const auto result = session->Run({{"x", Number(1)}}, {"y"}, {}, Within(5000));
    ASSERT_TRUE(result.ok()) << result.status().ToString();
  }
  ASSERT_TRUE(session->Run({}, {}, {"unlock_twice"}, Within(5000)).ok());
  ASSERT_TRUE(session->Run({}, {}, {"unlock"}, Within(5000)).ok());
}

TEST(Mutexes, WhoLocksTwiceWaitsForTheDeadline) {
  auto session = NewSession();
  const Status status = session->Run({}, {}, {"again"}, Within(30)).status();
  EXPECT_EQ(status.code(), Code::kDeadlineExceeded) << status.ToString();
  EXPECT_TRUE(session->Run({}, {}, {"unlock"}, Within(5000)).ok());
}

TEST(Mutexes, KeepAnotherRunOut) {
  auto session = NewSession();
  std::atomic<bool> is_put = false;
  std::thread holder([&] {  // holds the mutex until there is something to take
    EXPECT_TRUE(session->Run({}, {}, {"release"}, Within(20'000)).ok());
    EXPECT_TRUE(is_put);
  });
  // The holder has the mutex once another run cannot have it.
  bool is_held = false;
  for (int i = 0; i < 1000 && !is_held; ++i) {
    is_held = !session->Run({{"x", Number(1)}}, {"y"}, {}, Within(20)).ok();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(is_held);
  is_put = true;
  EXPECT_TRUE(session->Run({{"x", Number(2)}}, {}, {"put"}, Within(5000)).ok());
  EXPECT_TRUE(session->Run({{"x", Number(1)}}, {"y"}, {}, Within(20'000)).ok());
  holder.join();
}

}  // namespace
}  // namespace rivulet
