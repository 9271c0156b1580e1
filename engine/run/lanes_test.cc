#include "engine/run/lanes.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "engine/base/errors.h"
#include "engine/run/model_of.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

constexpr int kWidth = 64;

std::string Weights(const std::string& name, int rows, unsigned seed) {
  std::mt19937 random(seed);
  std::string text = Cat(name, " = Const() {dtype=float32, value=float32[", rows, ",", kWidth, "]{");
  for (int i = 0; i < rows * kWidth; ++i) {
    text += Cat(i == 0 ? "" : ", ", static_cast<float>(static_cast<int>(random() % 101) - 50) / 400);
  }
  return text + "}}\n";
}

// Nodes x, or n1 .. of which each reads one or two that came before, mostly those of its own strand: strands that lie
// side by side and meet at times.
std::string Strands(unsigned seed, int nodes) {
  std::mt19937 random(seed);
  std::string text = Cat("x = Placeholder() {dtype=float32, shape=shape[1,", kWidth, "]}\n") +
                     Weights("w0", kWidth, seed) + Weights("w1", kWidth, seed + 1) +
                     Weights("wide", 2 * kWidth, seed + 2) + "axis = Const() {dtype=int32, value=int32[]{1}}\n";
  std::vector<std::string> strands(3, "x");
  for (int i = 1; i <= nodes; ++i) {
    const std::string name = Cat("n", i);
    std::string& strand = strands[random() % strands.size()];
    const std::string other = random() % 8 == 0 ? strands[random() % strands.size()] : strand;
    switch (random() % 5) {
      case 0: text += Cat(name, " = AddV2(", strand, ", ", other, ") {T=float32}\n"); break;
      case 1: text += Cat(name, " = Tanh(", other, ") {T=float32}\n"); break;
      case 2:
        text += Cat(name, "c = ConcatV2(", strand, ", ", other, ", axis) {N=2, T=float32, Tidx=int32}\n", name,
                    " = MatMul(", name, "c, wide) {T=float32}\n");
        break;
      default: text += Cat(name, " = MatMul(", other, ", w", random() % 2, ") {T=float32}\n");
    }
    strand = name;
  }
  return text + Cat("y0 = Neg(", strands[0], ") {T=float32}\ny1 = Neg(", strands[1], ") {T=float32}\ny2 = AddN(",
                    strands[0], ", ", strands[1], ", ", strands[2], ") {N=3, T=float32}\n");
}

Tensor Row() {
  std::vector<float> values(kWidth);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 7) - 3;
  return Tensor::Of<float>({1, kWidth}, values);
}

std::unique_ptr<Session> SessionOf(const std::string& text, int threads) {
  SessionOptions options;
  options.num_threads = threads;
  auto session = Session::Create(ModelOf(text), options);
  EXPECT_TRUE(session.ok()) << session.status().ToString();
  return std::move(*session);
}

// Whatever lies side by side, the results have the bits of one step after another, also in later runs, which find the
// memory as the first left it.
TEST(Lanes, SameBitsForAnyNumberOfThreads) {
  const std::vector<std::string> fetches = {"y0", "y1", "y2"};
  int with_lanes = 0;
  for (unsigned seed = 1; seed <= 24; ++seed) {
    const std::string text = Strands(seed, 80);
    std::vector<Tensor> want;
    for (const int threads : {1, 2, 4}) {
      const auto session = SessionOf(text, threads);
      for (int run = 0; run < 3; ++run) {
        auto got = session->Run({{"x", Row()}}, fetches);
        ASSERT_TRUE(got.ok()) << got.status().ToString();
        if (want.empty()) want = *got;
        for (size_t i = 0; i < fetches.size(); ++i) {
          ASSERT_EQ(std::memcmp((*got)[i].raw(), want[i].raw(), want[i].bytes()), 0)
              << "seed " << seed << ", " << threads << " threads, " << fetches[i];
        }
      }
      const auto stats = session->Prepare({{"x", Row()}}, fetches);
      ASSERT_TRUE(stats.ok());
      EXPECT_GE(stats->arena_bytes, stats->least_arena_bytes);
      if (threads == 1) {
        EXPECT_EQ(stats->steps_in_lanes, 0);
      }
      with_lanes += threads == 2 && stats->steps_in_lanes > 0;
    }
  }
  EXPECT_GT(with_lanes, 12);
}

// Products one after another, divided as integers by what is known when it runs.
std::string Strand(const std::string& name, int products) {
  std::string text, last = "x";
  for (int i = 0; i < products; ++i) {
    text += Cat(name, i, " = MatMul(", last, ", w", name, ") {T=float32}\n");
    last = Cat(name, i);
  }
  return text + Cat(name, "_int = Cast(", last, ") {SrcT=float32, DstT=int32}\n", name, " = FloorDiv(", name, "_int, ",
                    name, "_by) {T=int32}\n");
}

std::string TwoStrands(int first, int second) {
  return Cat("x = Placeholder() {dtype=float32, shape=shape[1,", kWidth, "]}\n",
             "a_by = Placeholder() {dtype=int32, shape=shape[]}\n",
             "b_by = Placeholder() {dtype=int32, shape=shape[]}\n") +
         Weights("wa", kWidth, 5) + Weights("wb", kWidth, 6) + Strand("a", first) + Strand("b", second);
}

// What runs say for such feeds, with so many threads.
std::vector<std::string> Messages(const std::string& text, int threads) {
  const auto session = SessionOf(text, threads);
  const auto feeds = [](int32_t a, int32_t b) {
    return Feeds{{"x", Row()}, {"a_by", Tensor::Scalar(a)}, {"b_by", Tensor::Scalar(b)}};
  };
  const auto stats = session->Prepare(feeds(1, 1), {"a", "b"});
  EXPECT_TRUE(stats.ok());
  if (stats.ok()) {
    EXPECT_EQ(stats->steps_in_lanes > 80, threads == 2);
  }
  std::vector<std::string> messages;
  for (const auto& [a, b] : {std::pair(1, 2), {0, 1}, {1, 0}, {0, 0}, {3, 4}}) {
    const auto result = session->Run(feeds(a, b), {"a", "b"});
    messages.push_back(result.ok() ? std::string() : result.status().ToString());
  }
  return messages;
}

TEST(Lanes, AnErrorIsThatOfTheFirstStep) {
  for (const auto& [first, second] : {std::pair(30, 60), {60, 30}}) {
    const std::string text = TwoStrands(first, second);
    const std::vector<std::string> want = Messages(text, 1);
    EXPECT_EQ(want[0], "");
    for (int i = 1; i < 4; ++i) EXPECT_NE(want[static_cast<size_t>(i)], "");
    EXPECT_EQ(want[4], "") << "after an error";
    EXPECT_EQ(Messages(text, 2), want);
  }
}

TEST(Lanes, CancelledWithinThem) {
  const auto session = SessionOf(TwoStrands(40, 40), 2);
  const std::atomic<bool> cancel{true};
  RunOptions options;
  options.cancel = &cancel;
  const Feeds feeds = {{"x", Row()}, {"a_by", Tensor::Scalar(1)}, {"b_by", Tensor::Scalar(1)}};
  const auto result = session->Run(feeds, {"a", "b"}, {}, options);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), Code::kCancelled);
}

// What takes long enough to be split is not worth a lane, nor is what takes no time at all.
TEST(Lanes, NoneWhereTheyDoNotPay) {
  const auto session = SessionOf(TwoStrands(1, 1), 2);
  const Feeds feeds = {{"x", Row()}, {"a_by", Tensor::Scalar(1)}, {"b_by", Tensor::Scalar(1)}};
  const auto stats = session->Prepare(feeds, {"a", "b"});
  ASSERT_TRUE(stats.ok());
  EXPECT_EQ(stats->steps_in_lanes, 0);

  std::string text = "x = Placeholder() {dtype=float32, shape=shape[1,64,64,64]}\n" + Weights("w2", kWidth, 3) +
                     "shape = Const() {dtype=int32, value=int32[4]{1, 1, 64, 64}}\n"
                     "w = Reshape(w2, shape) {T=float32, Tshape=int32}\n";
  for (const char* const name : {"a", "b"}) {
    for (int i = 0; i < 8; ++i) {
      text += Cat(name, i, " = Conv2D(", i == 0 ? "x" : Cat(name, i - 1),
                  ", w) {T=float32, strides=ints[1, 1, 1, 1], padding=\"SAME\"}\n");
    }
  }
  const Feeds picture = {{"x", Tensor::Of<float>({1, 64, 64, 64}, std::vector<float>(64 * 64 * 64, 1))}};
  const auto large = SessionOf(text, 2)->Prepare(picture, {"a7", "b7"});
  ASSERT_TRUE(large.ok()) << large.status().ToString();
  EXPECT_EQ(large->steps_in_lanes, 0);
}

}  // namespace
}  // namespace rivulet
