// Results of a megabyte and more are made where the caller finds them.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/run/model_of.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

constexpr int64_t kSide = 512;  // 512 x 512 floats are a megabyte
constexpr int64_t kBytes = kSide * kSide * 4;

// What is fetched is read by other steps (a), has another name and shape (p), and is made of something of its size that
// is read for the last time (b).
constexpr char kGraph[] = R"(
x = Placeholder() {dtype=float32, shape=shape[512,512]}
two = Const() {dtype=float32, value=float32[]{2}}
shape = Const() {dtype=int32, value=int32[1]{262144}}
axes = Const() {dtype=int32, value=int32[2]{1, 0}}
a = Transpose(x, axes) {T=float32, Tperm=int32}
p = Reshape(a, shape) {T=float32, Tshape=int32}
n = Transpose(a, axes) {T=float32, Tperm=int32}
b = Mul(n, two) {T=float32}
)";

std::unique_ptr<Session> NewSession(const SessionOptions& options = {}) {
  auto session = Session::Create(ModelOf(kGraph), options);
  EXPECT_TRUE(session.ok()) << session.status().ToString();
  return std::move(*session);
}

Tensor Numbers(float first) {
  std::vector<float> values(kSide * kSide);
  for (size_t i = 0; i < values.size(); ++i) values[i] = first + static_cast<float>(i);
  return Tensor::Of<float>({kSide, kSide}, values);
}

// Whether `of` is the picture of Numbers(first), turned about its diagonal or not, times `by`.
bool Is(const Tensor& of, float first, bool turned, float by) {
  const auto values = of.values<float>();
  for (int64_t i = 0; i < kSide * kSide; ++i) {
    const int64_t from = turned ? i % kSide * kSide + i / kSide : i;
    if (values[static_cast<size_t>(i)] != by * (first + static_cast<float>(from))) return false;
  }
  return true;
}

TEST(ResultPlace, EveryEdgeIsItself) {
  auto session = NewSession();
  for (const std::vector<std::string>& fetches :
       std::vector<std::vector<std::string>>{{"a"}, {"b"}, {"p"}, {"a", "b"}, {"p", "a", "b"}, {"b", "b", "a"}}) {
    const auto results = session->Run({{"x", Numbers(1)}}, fetches);
    ASSERT_TRUE(results.ok()) << results.status().ToString();
    for (size_t i = 0; i < fetches.size(); ++i) {
      EXPECT_TRUE(Is((*results)[i], 1, fetches[i] != "b", fetches[i] == "b" ? 2 : 1)) << fetches[i] << " at " << i;
      EXPECT_EQ((*results)[i].rank(), fetches[i] == "p" ? 1 : 2);
    }
  }
}

TEST(ResultPlace, WhatTheCallerHoldsStays) {
  auto session = NewSession();
  const auto first = session->Run({{"x", Numbers(1)}}, {"a", "b"});
  const auto second = session->Run({{"x", Numbers(5)}}, {"a", "b"});
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_TRUE(Is((*first)[0], 1, true, 1) && Is((*first)[1], 1, false, 2));
  EXPECT_TRUE(Is((*second)[0], 5, true, 1) && Is((*second)[1], 5, false, 2));
}

TEST(ResultPlace, IsTheSameOnceGivenBack) {
  auto session = NewSession();
  const void* place = nullptr;
  for (int i = 0; i < 3; ++i) {
    const auto results = session->Run({{"x", Numbers(1)}}, {"b"});
    ASSERT_TRUE(results.ok()) << results.status().ToString();
    if (i > 0) EXPECT_EQ((*results)[0].raw(), place);
    place = (*results)[0].raw();
  }
}

// Of a, n and b at most a and n are intermediates, when b is fetched.
TEST(ResultPlace, IsNoPartOfTheArena) {
  auto session = NewSession();
  const auto stats = session->Prepare({{"x", Numbers(1)}}, {"a", "p"});
  ASSERT_TRUE(stats.ok()) << stats.status().ToString();
  EXPECT_EQ(stats->arena_bytes, 0);
  const auto more = session->Prepare({{"x", Numbers(1)}}, {"b"});
  ASSERT_TRUE(more.ok()) << more.status().ToString();
  EXPECT_LT(more->arena_bytes, 3 * kBytes);
}

TEST(ResultPlace, TooLittleMemoryIsSaid) {
  auto session = NewSession({.memory_budget_bytes = kBytes / 2});
  const auto results = session->Run({{"x", Numbers(1)}}, {"a"});
  ASSERT_FALSE(results.ok());
  EXPECT_EQ(results.status().code(), Code::kResourceExhausted);
  EXPECT_NE(results.status().message().find("node 'a' (Transpose)"), std::string::npos) << results.status().ToString();
}

}  // namespace
}  // namespace rivulet
