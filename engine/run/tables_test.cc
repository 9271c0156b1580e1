// Tables in sessions: what the recordings, one run each, cannot say.
#include <gtest/gtest.h>

#include "engine/base/errors.h"
#include "engine/run/model_of.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

constexpr char kFixed[] = R"(
keys = Placeholder() {dtype=string, shape=shape[?]}
values = Placeholder() {dtype=int64, shape=shape[?]}
asked = Placeholder() {dtype=string, shape=shape[?]}
none = Const() {dtype=int64, value=int64[]{-1}}
table = HashTableV2() {key_dtype=string, value_dtype=int64, shared_name="words"}
fill = InitializeTableV2(table, keys, values) {Tkey=string, Tval=int64}
init_all = NoOp(^fill)
found = LookupTableFindV2(table, asked, none) {Tin=string, Tout=int64}
size = LookupTableSizeV2(table)
shown = Neg(found) {T=int64}
)";

constexpr char kDense[] = R"(
keys = Placeholder() {dtype=int64, shape=shape[?]}
values = Placeholder() {dtype=float32, shape=shape[?]}
empty = Const() {dtype=int64, value=int64[]{0}}
deleted = Const() {dtype=int64, value=int64[]{-1}}
zero = Const() {dtype=float32, value=float32[]{0}}
table = MutableDenseHashTableV2(empty, deleted) {key_dtype=int64, value_dtype=float32, value_shape=shape[], initial_num_buckets=4}
put = LookupTableInsertV2(table, keys, values) {Tin=int64, Tout=float32}
found = LookupTableFindV2(table, keys, zero) {Tin=int64, Tout=float32}
size = LookupTableSizeV2(table)
)";

Tensor Words(std::vector<std::string> words) {
  return Tensor::Of<std::string>({static_cast<int64_t>(words.size())}, words);
}
template <typename T>
Tensor Vector(std::vector<T> values) {
  return Tensor::Of<T>({static_cast<int64_t>(values.size())}, values);
}

template <typename T>
std::vector<T> Values(const Result<std::vector<Tensor>>& result) {
  if (!result.ok()) {
    ADD_FAILURE() << result.status().ToString();
    return {};
  }
  return {(*result)[0].data<T>(), (*result)[0].data<T>() + (*result)[0].num_elements()};
}

std::unique_ptr<Session> SessionOf(std::shared_ptr<const Model> model, bool passes = true, size_t budget = 0) {
  SessionOptions options;
  options.passes = passes;
  if (budget != 0) options.memory_budget_bytes = budget;
  auto session = Session::Create(std::move(model), options);
  EXPECT_TRUE(session.ok()) << session.status().ToString();
  return std::move(*session);
}

TEST(Tables, KeepTheirContentBetweenRunsOfOneSession) {
  for (const bool passes : {true, false}) {
    const auto model = ModelOf(kFixed);
    auto session = SessionOf(model, passes);
    auto other = SessionOf(model, passes);
    const Feeds fill = {{"keys", Words({"a", "b"})}, {"values", Vector<int64_t>({7, 8})}};
    ASSERT_TRUE(session->Run(fill, {}, {"init_all"}).ok());
    EXPECT_EQ(Values<int64_t>(session->Run({{"asked", Words({"b", "x", "a"})}}, {"shown"})),
              (std::vector<int64_t>{-8, 1, -7}));
    EXPECT_EQ(Values<int64_t>(session->Run({}, {"size"})), std::vector<int64_t>{2});
    EXPECT_EQ(Values<int64_t>(other->Run({}, {"size"})), std::vector<int64_t>{0});
    // As many entries again: nothing changes, as in TensorFlow.
    const Feeds again = {{"keys", Words({"c", "d"})}, {"values", Vector<int64_t>({1, 2})}};
    ASSERT_TRUE(session->Run(again, {}, {"init_all"}).ok());
    EXPECT_EQ(Values<int64_t>(session->Run({{"asked", Words({"c", "a"})}}, {"found"})), (std::vector<int64_t>{-1, 7}));
  }
}

TEST(Tables, WithoutContentSayWhatFillsThem) {
  const Status status = SessionOf(ModelOf(kFixed))->Run({{"asked", Words({"a"})}}, {"found"}).status();
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_NE(status.message().find("'words' has no content yet"), std::string_view::npos) << status.ToString();
  EXPECT_NE(status.message().find("'init_all'"), std::string_view::npos) << status.ToString();
}

TEST(Tables, MadeFromInputsAreKeptToo) {
  for (const bool passes : {true, false}) {
    auto session = SessionOf(ModelOf(kDense), passes);
    std::vector<int64_t> keys;
    std::vector<float> values;
    for (int i = 1; i <= 100; ++i) {
      keys.push_back(i * 4);
      values.push_back(static_cast<float>(i));
    }
    const Feeds feeds = {{"keys", Vector<int64_t>(keys)}, {"values", Vector<float>(values)}};
    ASSERT_TRUE(session->Run(feeds, {}, {"put"}).ok());
    ASSERT_TRUE(session->Run(feeds, {}, {"put"}).ok());
    EXPECT_EQ(Values<int64_t>(session->Run({}, {"size"})), std::vector<int64_t>{100});
    EXPECT_EQ(Values<float>(session->Run(feeds, {"found"})), values);
    EXPECT_EQ(Values<int64_t>(SessionOf(ModelOf(kDense), passes)->Run({}, {"size"})), std::vector<int64_t>{0});
  }
}

TEST(Tables, StayWithinTheMemoryBudget) {
  auto session = SessionOf(ModelOf(kDense), true, size_t{1} << 20);
  Status status;
  for (int64_t start = 1; status.ok() && start < (1 << 20); start += 1 << 10) {
    std::vector<int64_t> keys;
    for (int64_t i = 0; i < 1 << 10; ++i) keys.push_back(start + i);
    const std::vector<float> values(keys.size(), 1.0f);
    status = session->Run({{"keys", Vector<int64_t>(keys)}, {"values", Vector<float>(values)}}, {}, {"put"}).status();
  }
  EXPECT_EQ(status.code(), Code::kResourceExhausted) << status.ToString();
  // What was put before is there still.
  const Feeds one = {{"keys", Vector<int64_t>({1})}, {"values", Vector<float>({1})}};
  EXPECT_EQ(Values<float>(session->Run(one, {"found"})), std::vector<float>{1});
}

}  // namespace
}  // namespace rivulet
