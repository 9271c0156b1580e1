// Queues between threads and runs: what the recordings, one run each, cannot say.
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "engine/base/errors.h"
#include "engine/run/model_of.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

constexpr char kQueue[] = R"(
x = Placeholder() {dtype=float32, shape=shape[]}
many = Placeholder() {dtype=float32, shape=shape[?]}
n = Placeholder() {dtype=int32, shape=shape[]}
queue = FIFOQueueV2() {component_types=types[float32], shapes=shapes[shape[]], capacity=4, shared_name="q"}
put = QueueEnqueueV2(queue, x) {Tcomponents=types[float32]}
put_many = QueueEnqueueManyV2(queue, many) {Tcomponents=types[float32]}
take = QueueDequeueV2(queue) {component_types=types[float32]}
take_many = QueueDequeueManyV2(queue, n) {component_types=types[float32]}
close = QueueCloseV2(queue)
cancel = QueueCloseV2(queue) {cancel_pending_enqueues=true}
size = QueueSizeV2(queue)
)";

std::unique_ptr<Session> SessionOf(const char* text, size_t budget = 0) {
  SessionOptions options;
  if (budget != 0) options.memory_budget_bytes = budget;
  auto session = Session::Create(ModelOf(text), options);
  EXPECT_TRUE(session.ok()) << session.status().ToString();
  return std::move(*session);
}

Tensor Number(float value) { return Tensor::Scalar<float>(value); }

TEST(Queues, HandElementsFromThreadToThreadInOrder) {
  auto session = SessionOf(kQueue);
  constexpr int kCount = 60;
  std::thread producer([&] {
    for (int i = 0; i < kCount; ++i) {
      const auto result = session->Run({{"x", Number(static_cast<float>(i))}}, {}, {"put"});
      ASSERT_TRUE(result.ok()) << result.status().ToString();
    }
    ASSERT_TRUE(session->Run({}, {}, {"close"}).ok());
  });
  for (int i = 0; i < kCount; ++i) {
    const auto result = session->Run({}, {"take"});
    ASSERT_TRUE(result.ok()) << result.status().ToString();
    EXPECT_EQ((*result)[0].data<float>()[0], static_cast<float>(i));
  }
  const Status end = session->Run({}, {"take"}).status();
  EXPECT_EQ(end.code(), Code::kOutOfRange) << end.ToString();
  EXPECT_NE(end.message().find("is closed and has insufficient elements (requested 1, current size 0)"),
            std::string_view::npos);
  producer.join();
}

TEST(Queues, WhatARunTakesIsPutInFirst) {
  auto session = SessionOf(R"(
take = QueueDequeueV2(queue) {component_types=types[float32]}
x = Placeholder() {dtype=float32, shape=shape[]}
queue = FIFOQueueV2() {component_types=types[float32], shapes=shapes[shape[]], capacity=4, shared_name="q"}
next = QueueDequeueV2(queue) {component_types=types[float32]}
put = QueueEnqueueV2(queue, x) {Tcomponents=types[float32]}
twice = AddV2(take, take) {T=float32}
put_twice = QueueEnqueueV2(queue, twice) {Tcomponents=types[float32]}
)");
  RunOptions options;
  options.deadline_ms = 2000;
  const auto result = session->Run({{"x", Number(3)}}, {"take", "next"}, {"put", "put_twice"}, options);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ((*result)[0].data<float>()[0], 3);
  EXPECT_EQ((*result)[1].data<float>()[0], 6);
}

TEST(Queues, GiveBatchesLargerThanTheyAre) {
  auto session = SessionOf(kQueue);
  std::vector<float> values;
  for (int i = 0; i < 20; ++i) values.push_back(static_cast<float>(i));
  std::thread producer([&] {
    const auto result = session->Run({{"many", Tensor::Of<float>({20}, values)}}, {}, {"put_many"});
    EXPECT_TRUE(result.ok()) << result.status().ToString();
  });
  const auto result = session->Run({{"n", Tensor::Scalar<int32_t>(20)}}, {"take_many"});
  producer.join();
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(std::vector<float>((*result)[0].data<float>(), (*result)[0].data<float>() + 20), values);
}

TEST(Queues, WaitUntilTheDeadlineAndTakeNothing) {
  auto session = SessionOf(kQueue);
  ASSERT_TRUE(session->Run({{"x", Number(5)}}, {}, {"put"}).ok());
  RunOptions options;
  options.deadline_ms = 30;
  const Status late = session->Run({{"n", Tensor::Scalar<int32_t>(3)}}, {"take_many"}, {}, options).status();
  EXPECT_EQ(late.code(), Code::kDeadlineExceeded) << late.ToString();
  const auto size = session->Run({}, {"size"});
  ASSERT_TRUE(size.ok());
  EXPECT_EQ((*size)[0].data<int32_t>()[0], 1);
}

TEST(Queues, StopWaitingWhenTheRunIsCancelled) {
  auto session = SessionOf(kQueue);
  std::atomic<bool> cancel = false;
  RunOptions options;
  options.cancel = &cancel;
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    cancel = true;
  });
  EXPECT_EQ(session->Run({}, {"take"}, {}, options).status().code(), Code::kCancelled);
  other.join();
}

TEST(Queues, ClosingCancelsWhatWaitsToBePutIn) {
  auto session = SessionOf(kQueue);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(session->Run({{"x", Number(1)}}, {}, {"put"}).ok());
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_TRUE(session->Run({}, {}, {"cancel"}).ok());
  });
  const Status status = session->Run({{"x", Number(2)}}, {}, {"put"}).status();
  EXPECT_EQ(status.code(), Code::kCancelled) << status.ToString();
  other.join();
}

TEST(Queues, CountIntoTheMemoryBudget) {
  constexpr char kEndless[] = R"(
x = Const() {dtype=float32, value=float32[]{1}}
queue = FIFOQueueV2() {component_types=types[float32]}
put = QueueEnqueueV2(queue, x) {Tcomponents=types[float32]}
)";
  auto session = SessionOf(kEndless, size_t{1} << 20);
  Status status;
  for (int i = 0; status.ok() && i < 100'000; ++i) status = session->Run({}, {}, {"put"}).status();
  EXPECT_EQ(status.code(), Code::kResourceExhausted) << status.ToString();
}

TEST(Queues, RefuseABatchOfAScalar) {
  auto session = SessionOf(R"(
x = Const() {dtype=float32, value=float32[]{1}}
queue = FIFOQueueV2() {component_types=types[float32]}
put = QueueEnqueueManyV2(queue, x) {Tcomponents=types[float32]}
)");
  const Status status = session->Run({}, {}, {"put"}).status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("want a batch of rank 1 or more, got a scalar"), std::string_view::npos);
}

}  // namespace
}  // namespace rivulet
