// Names, keys and inputs chosen so that they get into each other's way: all of one hash, all in one bucket, all reading
// one variable. Loading stays linear in the file, and a run stops when it is told to.
#include <gtest/gtest.h>

#include <functional>
#include <numeric>
#include <unordered_map>

#include "engine/ops/op.h"
#include "tests/hostile/text_models.h"
#include "tests/hostile/texts_of_one_hash.h"

namespace rivulet {
namespace {

// ---- Texts of one hash ----

#ifdef __GLIBCXX__
TEST(HostileCrowding, TheTextsAreOfOneHash) {
  const std::vector<std::string> texts = TextsOfOneHash(100);
  for (const std::string& text : texts) {
    EXPECT_EQ(std::hash<std::string>()(text), std::hash<std::string>()(texts[0]));
  }
  EXPECT_NE(texts[0], texts[1]);
}
#endif

constexpr int kNames = 30'000;

TEST(HostileCrowding, B8_NodesWhoseNamesHaveOneHash) {
  const std::vector<std::string> names = TextsOfOneHash(kNames);
  std::string bytes = FloatPlaceholder(names[0]);
  for (size_t i = 1; i < names.size(); ++i) bytes += Node32(names[i], "Neg", {names[i - 1]}, TypeAttr("T", 1));
  bytes += Versions32(24);
  const Within limit(3);
  auto model = LoadText(bytes);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  auto session = Session::Create(*model);
  EXPECT_TRUE((*session)->Run({{names[0], Tensor::Scalar<float>(1)}}, {names[100]}).ok());
}

TEST(HostileCrowding, B8_FunctionsWhoseNamesHaveOneHash) {
  std::string library;
  for (const std::string& name : TextsOfOneHash(kNames)) {
    library += Wire().Bytes(1, Wire().Bytes(1, Wire().Bytes(1, name).str()).str()).str();
  }
  const std::string bytes = FloatPlaceholder("x") + Wire().Bytes(2, library).str() + Versions32(24);
  const Within limit(3);
  const auto model = LoadText(bytes);
  EXPECT_TRUE(model.ok()) << model.status().ToString();
}

TEST(HostileCrowding, B8_NodesOfAFunctionWhoseNamesHaveOneHash) {
  const std::vector<std::string> names = TextsOfOneHash(kNames);
  Wire body;
  body.Bytes(1, Wire()
                    .Bytes(1, "f")
                    .Bytes(2, Wire().Bytes(1, "x").Int(3, 1).str())
                    .Bytes(3, Wire().Bytes(1, "y").Int(3, 1).str())
                    .str());
  for (const std::string& name : names) {
    const Wire node = Wire().Bytes(1, name).Bytes(2, "Neg").Bytes(3, "x").Raw(TypeAttr("T", 1));
    body.Bytes(3, node.str());
  }
  body.Bytes(4, Wire().Bytes(1, "y").Bytes(2, "x").str());
  const std::string bytes = FloatPlaceholder("x") + Node32("y", "f", {"x"}) +
                            Wire().Bytes(2, Wire().Bytes(1, body.str()).str()).str() + Versions32(1000);
  const Within limit(3);
  auto model = LoadText(bytes);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  auto session = Session::Create(*model);
  const Status status = (*session)->Run({{"x", Tensor::Scalar<float>(1)}}, {"y"}).status();
  EXPECT_TRUE(status.ok()) << status.ToString();
}

// ---- Keys of one bucket ----

Tensor Multiples(int64_t of, int64_t first, int64_t count) {
  std::vector<int64_t> keys(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) keys[static_cast<size_t>(i)] = (first + i) * of;
  return Tensor::Of<int64_t>({count}, keys);
}

const std::string kTypes = TypeText("key_dtype", "DT_INT64") + TypeText("value_dtype", "DT_INT64");
const std::string kInOut = TypeText("Tin", "DT_INT64") + TypeText("Tout", "DT_INT64");

std::string TableText(const std::string& table) {
  return table + FeedText("k", "DT_INT64") + FeedText("v", "DT_INT64") + FeedText("none", "DT_INT64") +
         NodeText("insert", "LookupTableInsertV2", "t k v", kInOut) +
         NodeText("import", "LookupTableImportV2", "t k v", kInOut) +
         NodeText("remove", "LookupTableRemoveV2", "t k", TypeText("Tin", "DT_INT64")) +
         NodeText("find", "LookupTableFindV2", "t k none", kInOut) + kVersionsText;
}

// A key may take a walk over all entries; the deadline is looked at between such walks, not after a thousand of them.
void ExpectStops(Session& session, const Feeds& feeds, const char* fetch, const char* target) {
  RunOptions run;
  run.deadline_ms = 50;
  const Within limit(1.5);
  const auto result =
      session.Run(feeds, fetch != nullptr ? std::vector<std::string>{fetch} : std::vector<std::string>(),
                  target != nullptr ? std::vector<std::string>{target} : std::vector<std::string>(), run);
  ExpectError(result.status(), Code::kDeadlineExceeded, {"deadline"});
}

TEST(HostileCrowding, T1_KeysOfOneBucket) {
  // The table has as many entries as buckets, and with one more the next number of buckets, which all keys are
  // multiples of.
  constexpr int64_t kEntries = 1447153, kBuckets = 2938679, kMore = 2000;
  auto session = Session::Create(*LoadText(TableText(NodeText("t", "MutableHashTableV2", "", kTypes))));
  ASSERT_TRUE(session.ok());
  const Tensor none = Tensor::Scalar<int64_t>(-1);
  const Tensor keys = Multiples(kBuckets, 0, kEntries);
  const auto filled = (*session)->Run({{"k", keys}, {"v", keys}}, {}, {"insert"});
  ASSERT_TRUE(filled.ok()) << filled.status().ToString();
  const Tensor more = Multiples(kBuckets, kEntries, kMore);
  ExpectStops(**session, {{"k", more}, {"v", more}}, nullptr, "insert");
  const Tensor others = Multiples(kBuckets, 2 * kEntries, kMore);
  ExpectStops(**session, {{"k", others}, {"none", none}}, "find", nullptr);
  ExpectStops(**session, {{"k", others}}, nullptr, "remove");
}

TEST(HostileCrowding, T1_ADenseTableWithoutAFreeBucket) {
  constexpr int64_t kBuckets = int64_t{1} << 20, kMore = 2000;
  const std::string marks = ConstText("empty", "DT_INT64", "tensor_shape {} int64_val: -1") +
                            ConstText("deleted", "DT_INT64", "tensor_shape {} int64_val: -2");
  auto session = Session::Create(*LoadText(TableText(marks + NodeText("t", "MutableDenseHashTableV2", "empty deleted",
                                                                      kTypes + AttrText("value_shape", "shape {}")))));
  ASSERT_TRUE(session.ok());
  std::vector<int64_t> keys(kBuckets);
  std::iota(keys.begin(), keys.end(), 0);
  const Tensor all = Tensor::Of<int64_t>({kBuckets, 1}, keys);
  const auto filled = (*session)->Run({{"k", all}, {"v", all}}, {}, {"import"});
  ASSERT_TRUE(filled.ok()) << filled.status().ToString();
  const Tensor others = Multiples(1, kBuckets, kMore);
  ExpectStops(**session, {{"k", others}, {"none", Tensor::Scalar<int64_t>(-1)}}, "find", nullptr);
  ExpectStops(**session, {{"k", others}}, nullptr, "remove");
}

TEST(HostileCrowding, ClassesOfOneBucket) {
  if (FindOp("ComputeAccidentalHits") == nullptr) GTEST_SKIP() << "ComputeAccidentalHits is not in this build";
  constexpr int64_t kCount = 100'000;
  std::unordered_map<int64_t, int64_t> table;
  for (int64_t i = 0; i < kCount; ++i) table[i] = i;
  const Tensor sampled = Multiples(static_cast<int64_t>(table.bucket_count()), 0, kCount);
  const Tensor classes = Tensor::Of<int64_t>({kCount, 1}, sampled.values<int64_t>());
  const std::string text = FeedText("classes", "DT_INT64") + FeedText("sampled", "DT_INT64") +
                           NodeText("y", "ComputeAccidentalHits", "classes sampled", AttrText("num_true", "i: 1"));
  const Within limit(3);
  const auto hits = RunText(text, "y:1", {{{"classes", classes}, {"sampled", sampled}}, {}, {}});
  ASSERT_TRUE(hits.ok()) << hits.status().ToString();
  ASSERT_EQ((*hits)[0].num_elements(), kCount);
  EXPECT_EQ((*hits)[0].data<int64_t>()[kCount - 1], kCount - 1);
}

// ---- Readers of one variable ----

// y is the sum of these, each a reference to a variable that is 0.5.
Status SumOf(const std::vector<std::string>& inputs, const std::string& nodes) {
  Wire sum;
  sum.Bytes(1, "y").Bytes(2, "AddN");
  for (const std::string& input : inputs) sum.Bytes(3, input);
  sum.Raw(TypeAttr("T", 1)).Raw(Attr("N", Wire().Int(3, inputs.size()).str()));
  const std::string bytes =
      Node32("v", "VariableV2", {}, TypeAttr("dtype", 1) + Attr("shape", Wire().Bytes(7, "").str())) +
      FloatPlaceholder("x") + Node32("set", "Assign", {"v", "x"}, TypeAttr("T", 1)) + nodes +
      Wire().Bytes(1, sum.str()).str() + Versions32(1000);
  RIVULET_ASSIGN_OR_RETURN(const auto model, LoadText(bytes));
  RIVULET_ASSIGN_OR_RETURN(const auto session, Session::Create(model));
  RIVULET_RETURN_IF_ERROR(session->Run({{"x", Tensor::Scalar<float>(0.5f)}}, {}, {"set"}).status());
  const auto result = session->Run({}, {"y"});
  if (result.ok()) EXPECT_EQ((*result)[0].data<float>()[0], 0.5f * static_cast<float>(inputs.size()));
  return result.status();
}

TEST(HostileCrowding, B7_OneReferenceAtManyInputs) {
  const Within limit(5);
  const Status status = SumOf(std::vector<std::string>(100'000, "v"), "");
  EXPECT_TRUE(status.ok()) << status.ToString();
}

// Each is read when all others are there: that is a square of waits, unless they wait for one node.
TEST(HostileCrowding, B7_ManyReferencesAtOneNode) {
  constexpr int kMany = 20'000;
  std::string nodes;
  std::vector<std::string> inputs;
  for (int i = 0; i < kMany; ++i) {
    inputs.push_back(Cat("r", i));
    nodes += Node32(inputs.back(), "RefIdentity", {"v"}, TypeAttr("T", 1));
  }
  const Within limit(5);
  const Status status = SumOf(inputs, nodes);
  EXPECT_TRUE(status.ok()) << status.ToString();
}

// A pass takes each output away, and what was one node is looked up as often.
TEST(HostileCrowding, B7_ManyOutputsOfOneIdentity) {
  constexpr int kMany = 100'000;
  Wire identity, sum;
  identity.Bytes(1, "i").Bytes(2, "IdentityN");
  sum.Bytes(1, "y").Bytes(2, "AddN");
  std::string types;
  for (int i = 0; i < kMany; ++i) {
    identity.Bytes(3, "x");
    sum.Bytes(3, Cat("i:", i));
    types += Wire().Int(6, 1).str();
  }
  identity.Raw(Attr("T", Wire().Bytes(1, types).str()));
  sum.Raw(TypeAttr("T", 1)).Raw(Attr("N", Wire().Int(3, kMany).str()));
  const std::string bytes =
      FloatPlaceholder("x") + Wire().Bytes(1, identity.str()).Bytes(1, sum.str()).str() + Versions32(1000);
  const Within limit(5);
  auto model = LoadText(bytes);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  auto session = Session::Create(*model);
  const auto result = (*session)->Run({{"x", Tensor::Scalar<float>(0.5f)}}, {"y"});
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ((*result)[0].data<float>()[0], 0.5f * kMany);
}

// How many outputs there are stands in a file of a hundred bytes.
TEST(HostileCrowding, B16_OutputsThatAreMany) {
  if (FindOp("Unpack") == nullptr) GTEST_SKIP() << "this build has no Unpack";
  for (const int64_t number : {(int64_t{1} << 18) + 1, int64_t{1} << 20, int64_t{1} << 40}) {
    Wire unpack;
    unpack.Bytes(1, "u").Bytes(2, "Unpack").Bytes(3, "x").Raw(TypeAttr("T", 1));
    unpack.Raw(Attr("num", Wire().Int(3, static_cast<uint64_t>(number)).str()));
    auto model = LoadText(FloatPlaceholder("x") + Wire().Bytes(1, unpack.str()).str() + Versions32(1000));
    ASSERT_TRUE(model.ok()) << model.status().ToString();
    auto session = Session::Create(*model);
    const auto result = (*session)->Run({{"x", Tensor::Scalar<float>(0.5f)}}, {"u"});
    ASSERT_FALSE(result.ok());
    const std::string text = result.status().ToString();
    EXPECT_NE(text.find("node 'u' (Unpack): attr 'num'"), std::string::npos) << text;
    EXPECT_NE(text.find("[0, 262144]"), std::string::npos) << text;
  }
}

// ---- Nodes that are made, many of one name ----

// The gradient of a concatenation cuts each input's part out again.
TEST(HostileCrowding, B7_TheGradientOfManyInputs) {
  constexpr int kMany = 30'000;
  const std::string zero = Wire().Bytes(8, Wire().Int(1, 3).Bytes(2, "").Int(7, 0).str()).str();
  const Wire axis = Wire().Bytes(1, "axis").Bytes(2, "Const").Raw(TypeAttr("dtype", 3) + Attr("value", zero));
  Wire concat;
  concat.Bytes(1, "c").Bytes(2, "ConcatV2");
  for (int i = 0; i < kMany; ++i) concat.Bytes(3, "a");
  concat.Bytes(3, "axis:output:0").Raw(TypeAttr("T", 1)).Raw(Attr("N", Wire().Int(3, kMany).str()));
  const Wire function = Wire()
                            .Bytes(1, Wire()
                                          .Bytes(1, "f")
                                          .Bytes(2, Wire().Bytes(1, "a").Int(3, 1).str())
                                          .Bytes(3, Wire().Bytes(1, "r").Int(3, 1).str())
                                          .str())
                            .Bytes(3, axis.str())
                            .Bytes(3, concat.str())
                            .Bytes(4, Wire().Bytes(1, "r").Bytes(2, "c:output:0").str());
  const std::string floats = Wire().Bytes(1, Wire().Int(6, 1).Int(6, 1).str()).str(),
                    one = Wire().Bytes(1, Wire().Int(6, 1).str()).str();
  const std::string bytes =
      FloatPlaceholder("x") + FloatPlaceholder("dy") +
      Node32("y", "SymbolicGradient", {"x", "dy"},
             Attr("Tin", floats) + Attr("Tout", one) + Attr("f", Wire().Bytes(10, Wire().Bytes(1, "f").str()).str())) +
      Wire().Bytes(2, Wire().Bytes(1, function.str()).str()).str() + Versions32(1000);
  const Within limit(8);
  auto model = LoadText(bytes);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  auto session = Session::Create(*model);
  const Feeds feeds = {{"x", Tensor::Of<float>({1}, std::vector<float>{1})},
                       {"dy", Tensor::Of<float>({kMany}, std::vector<float>(kMany, 0.5f))}};
  const auto result = (*session)->Run(feeds, {"y"});
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ((*result)[0].data<float>()[0], 0.5f * kMany);
}

// ---- Functions of many arguments and results ----

std::string ArgWire(const std::string& name, const char* number = nullptr) {
  Wire arg;
  arg.Bytes(1, name).Int(3, 1);
  if (number != nullptr) arg.Bytes(5, number);
  return arg.str();
}

// c, which calls f of x.
Status CallOf(const std::string& functions, const std::string& attrs, const std::string& function = "f") {
  const std::string bytes =
      FloatPlaceholder("x") + Node32("c", function, {"x"}, attrs) + Wire().Bytes(2, functions).str() + Versions32(1000);
  RIVULET_ASSIGN_OR_RETURN(const auto model, LoadText(bytes));
  RIVULET_ASSIGN_OR_RETURN(const auto session, Session::Create(model));
  return session->Run({{"x", Tensor::Scalar<float>(1)}}, {"c"}).status();
}

// Some hundred bytes ask for 20 million arguments, or results.
TEST(HostileCrowding, B16_ArgumentsThatAreMany) {
  const Within limit(2);
  const auto function = [](const std::string& arguments, const std::string& results, const std::string& returns) {
    return Wire()
        .Bytes(1, Wire().Bytes(1, Wire().Bytes(1, "f").Raw(arguments).Raw(results).str()).Raw(returns).str())
        .str();
  };
  const std::string returns = Wire().Bytes(4, Wire().Bytes(1, "r0").Bytes(2, "a0").str()).str();
  for (const int64_t number : {int64_t{1} << 16, int64_t{1} << 20, int64_t{1} << 40}) {
    const std::string attrs = Attr("N", Wire().Int(3, static_cast<uint64_t>(number)).str());
    std::string arguments, results;
    for (int i = 0; i < 20; ++i) {
      arguments += Wire().Bytes(2, ArgWire(Cat("a", i), "N")).str();
      results += Wire().Bytes(3, ArgWire(Cat("r", i), "N")).str();
    }
    const std::string one_argument = Wire().Bytes(2, ArgWire("a0")).str(),
                      one_result = Wire().Bytes(3, ArgWire("r0")).str();
    for (const Status& status : {CallOf(function(arguments, one_result, returns), attrs),
                                 CallOf(function(one_argument, results, returns), attrs)}) {
      EXPECT_TRUE(status.code() == Code::kResourceExhausted || status.code() == Code::kInvalidArgument)
          << status.ToString();
      EXPECT_NE(status.message().find("function 'f'"), std::string_view::npos) << status.ToString();
    }
  }
}

// A function returns each of its results, and another reads each by its name.
TEST(HostileCrowding, B7_AFunctionOfManyResults) {
  constexpr int kMany = 30'000;
  Wire f, many, g, sum;
  f.Bytes(1, "f").Bytes(2, ArgWire("a"));
  sum.Bytes(1, "s").Bytes(2, "AddN").Raw(TypeAttr("T", 1)).Raw(Attr("N", Wire().Int(3, kMany).str()));
  std::string returns;
  for (int i = 0; i < kMany; ++i) {
    f.Bytes(3, ArgWire(Cat("r", i)));
    returns += Wire().Bytes(4, Wire().Bytes(1, Cat("r", i)).Bytes(2, "a").str()).str();
    sum.Bytes(3, Cat("c:r", i, ":0"));
  }
  many.Bytes(1, f.str()).Raw(returns);
  g.Bytes(1, Wire().Bytes(1, "g").Bytes(2, ArgWire("a")).Bytes(3, ArgWire("r")).str())
      .Bytes(3, Wire().Bytes(1, "c").Bytes(2, "f").Bytes(3, "a").str())
      .Bytes(3, sum.str())
      .Bytes(4, Wire().Bytes(1, "r").Bytes(2, "s:sum:0").str());
  const Within limit(4);
  const Status status = CallOf(Wire().Bytes(1, many.str()).Bytes(1, g.str()).str(), "", "g");
  EXPECT_TRUE(status.ok()) << status.ToString();
}

}  // namespace
}  // namespace rivulet
