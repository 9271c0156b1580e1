// Barriers between runs: what the recordings, one run each, cannot say.
#include <limits>
#include <thread>

#include <gtest/gtest.h>

#include "engine/base/errors.h"
#include "engine/run/model_of.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

constexpr char kBarrier[] = R"(
keys = Placeholder() {dtype=string, shape=shape[?]}
floats = Placeholder() {dtype=float32, shape=shape[?]}
ints = Placeholder() {dtype=int32, shape=shape[?]}
n = Placeholder() {dtype=int32, shape=shape[]}
barrier = Barrier() {component_types=types[float32, int32], shapes=shapes[shape[], shape[]], shared_name="b"}
put0 = BarrierInsertMany(barrier, keys, floats) {T=float32, component_index=0}
put1 = BarrierInsertMany(barrier, keys, ints) {T=int32, component_index=1}
put2 = BarrierInsertMany(barrier, keys, ints) {T=int32, component_index=2}
take = BarrierTakeMany(barrier, n) {component_types=types[float32, int32]}
take_few = BarrierTakeMany(barrier, n) {component_types=types[float32, int32], allow_small_batch=true}
close = BarrierClose(barrier)
cancel = BarrierClose(barrier) {cancel_pending_enqueues=true}
ready = BarrierReadySize(barrier)
begun = BarrierIncompleteSize(barrier)
)";

class Barriers : public ::testing::Test {
 protected:
  Barriers() {
    auto session = Session::Create(ModelOf(kBarrier), SessionOptions());
    EXPECT_TRUE(session.ok()) << session.status().ToString();
    session_ = std::move(*session);
  }

  static Tensor Keys(std::vector<std::string> keys) {
    return Tensor::Of<std::string>({static_cast<int64_t>(keys.size())}, keys);
  }
  Status PutFloats(const std::vector<std::string>& keys, const std::vector<float>& values) {
    const Tensor rows = Tensor::Of<float>({static_cast<int64_t>(values.size())}, values);
    return session_->Run({{"keys", Keys(keys)}, {"floats", rows}}, {}, {"put0"}).status();
  }
  Status PutInts(const std::vector<std::string>& keys, const std::vector<int32_t>& values, const char* node = "put1") {
    const Tensor rows = Tensor::Of<int32_t>({static_cast<int64_t>(values.size())}, values);
    return session_->Run({{"keys", Keys(keys)}, {"ints", rows}}, {}, {node}).status();
  }
  Result<std::vector<Tensor>> Take(int32_t count, const std::string& node = "take", double deadline_ms = 20'000) {
    RunOptions options;
    options.deadline_ms = deadline_ms;
    return session_->Run({{"n", Tensor::Scalar<int32_t>(count)}}, {node, node + ":1", node + ":2", node + ":3"}, {},
                         options);
  }
  int32_t SizeOf(const char* node) {
    const auto size = session_->Run({}, {node});
    EXPECT_TRUE(size.ok()) << size.status().ToString();
    return size.ok() ? (*size)[0].data<int32_t>()[0] : -1;
  }
  Status Do(const char* node) { return session_->Run({}, {}, {node}).status(); }

  std::unique_ptr<Session> session_;
};

TEST_F(Barriers, TuplesComeWholeAndInTheOrderOfTheirBeginning) {
  ASSERT_TRUE(PutFloats({"a", "b"}, {1, 2}).ok());
  ASSERT_TRUE(PutInts({"c"}, {30}).ok());
  EXPECT_EQ(SizeOf("ready"), 0);
  EXPECT_EQ(SizeOf("begun"), 3);
  ASSERT_TRUE(PutFloats({"c"}, {3}).ok());
  ASSERT_TRUE(PutInts({"b", "a"}, {20, 10}).ok());
  EXPECT_EQ(SizeOf("ready"), 3);
  EXPECT_EQ(SizeOf("begun"), 0);
  const auto taken = Take(3);
  ASSERT_TRUE(taken.ok()) << taken.status().ToString();
  constexpr int64_t kFirst = std::numeric_limits<int64_t>::min();
  EXPECT_EQ((*taken)[0].data<int64_t>()[0], kFirst);  // a and b were begun by one insertion
  EXPECT_EQ((*taken)[0].data<int64_t>()[1], kFirst);
  EXPECT_EQ((*taken)[0].data<int64_t>()[2], kFirst + 1);
  EXPECT_EQ((*taken)[1].data<std::string>()[2], "c");
  for (int64_t i = 0; i < 3; ++i) {
    EXPECT_EQ((*taken)[3].data<int32_t>()[i], 10 * (*taken)[2].data<float>()[i]);
  }
}

TEST_F(Barriers, AKeyTakesEachComponentOnce) {
  ASSERT_TRUE(PutFloats({"a"}, {1}).ok());
  const Status twice = PutFloats({"a"}, {2});
  EXPECT_EQ(twice.code(), Code::kInvalidArgument);
  EXPECT_NE(twice.message().find("has a value for component 0 already"), std::string_view::npos) << twice.ToString();
  EXPECT_EQ(PutInts({"a"}, {1, 2}).code(), Code::kInvalidArgument);
  EXPECT_EQ(PutInts({"a"}, {1}, "put2").code(), Code::kInvalidArgument);
  EXPECT_EQ(SizeOf("begun"), 1);
}

TEST_F(Barriers, TakingWaits) {
  EXPECT_EQ(Take(1, "take", 30).status().code(), Code::kDeadlineExceeded);
  std::thread other([&] {
    EXPECT_TRUE(PutFloats({"a"}, {1}).ok());
    EXPECT_TRUE(PutInts({"a"}, {2}).ok());
  });
  const auto taken = Take(1);
  other.join();
  ASSERT_TRUE(taken.ok()) << taken.status().ToString();
  EXPECT_EQ((*taken)[3].data<int32_t>()[0], 2);
}

TEST_F(Barriers, AClosedOneFinishesWhatWasBegun) {
  ASSERT_TRUE(PutFloats({"a"}, {1}).ok());
  ASSERT_TRUE(Do("close").ok());
  EXPECT_EQ(PutFloats({"b"}, {2}).code(), Code::kCancelled);  // a new key
  ASSERT_TRUE(PutInts({"a"}, {2}).ok());
  const auto taken = Take(5, "take_few");
  ASSERT_TRUE(taken.ok()) << taken.status().ToString();
  EXPECT_EQ((*taken)[0].num_elements(), 1);
  EXPECT_EQ(Take(1).status().code(), Code::kOutOfRange);
  EXPECT_EQ(Do("close").code(), Code::kCancelled);
}

TEST_F(Barriers, ACancelledOneForgetsWhatWasBegun) {
  ASSERT_TRUE(PutFloats({"a"}, {1}).ok());
  ASSERT_TRUE(Do("cancel").ok());
  EXPECT_EQ(SizeOf("begun"), 0);
  EXPECT_EQ(PutInts({"a"}, {2}).code(), Code::kCancelled);
  EXPECT_EQ(Take(-1).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace rivulet
