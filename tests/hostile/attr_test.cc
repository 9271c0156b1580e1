// Hostile files, section C: attributes that are missing, of another kind, or out of any range.
#include <gtest/gtest.h>

#include <limits>

#include "engine/ops/op.h"
#include "tests/hostile/text_models.h"

namespace rivulet {
namespace {

std::string ListText(const std::string& key, const std::vector<int64_t>& values) {
  std::string all;
  for (const int64_t value : values) all += Cat("i: ", value, " ");
  return AttrText(key, "list { " + all + "}");
}

// A convolution of x by a filter of one pixel, with one of its attributes replaced; "" leaves it out.
Status Conv(const std::string& key, const std::string& replacement) {
  const std::pair<const char*, std::string> attrs[] = {{"T", TypeText()},
                                                       {"strides", ListText("strides", {1, 1, 1, 1})},
                                                       {"padding", AttrText("padding", "s: 'VALID'")},
                                                       {"data_format", AttrText("data_format", "s: 'NHWC'")},
                                                       {"dilations", ListText("dilations", {1, 1, 1, 1})},
                                                       {"explicit_paddings", ""}};
  std::string all;
  for (const auto& [name, text] : attrs) all += name == key ? replacement : text;
  const std::string filter = ConstText(
      "w", "DT_FLOAT", "tensor_shape { dim { size: 1 } dim { size: 1 } dim { size: 1 } dim { size: 1 } } float_val: 2");
  Running running;
  running.session.memory_budget_bytes = size_t{64} << 20;
  running.feeds = {{"x", Tensor::Of<float>({1, 2, 2, 1}, std::vector<float>{1, 2, 3, 4})}};
  return StatusOf(FeedText() + filter + NodeText("y", "Conv2D", "x w", all), "y", running);
}

TEST(HostileAttr, C1_Missing) {
  EXPECT_TRUE(Conv("", "").ok()) << Conv("", "").ToString();
  ExpectError(Conv("strides", ""), Code::kInvalidArgument, {"node 'y' (Conv2D)", "attr 'strides' is missing"});
  ExpectError(Conv("padding", ""), Code::kInvalidArgument, {"node 'y' (Conv2D)", "attr 'padding' is missing"});
  EXPECT_TRUE(Conv("data_format", "").ok()) << "has a default";
  EXPECT_TRUE(Conv("dilations", "").ok()) << "has a default";
}

TEST(HostileAttr, C2_OfAnotherKind) {
  ExpectError(Conv("strides", AttrText("strides", "i: 3")), Code::kInvalidArgument, {"attr 'strides'", "want list"});
  ExpectError(Conv("strides", AttrText("strides", "list { s: 'a' s: 'b' s: 'c' s: 'd' }")), Code::kInvalidArgument,
              {"attr 'strides'", "want a list of int"});
  ExpectError(Conv("strides", AttrText("strides", "list { i: 1 i: 1 i: 1 f: 1 }")), Code::kInvalidArgument,
              {"attr 'strides'", "want a list of int"});
  ExpectError(Conv("padding", AttrText("padding", "type: DT_FLOAT")), Code::kInvalidArgument,
              {"attr 'padding'", "want string"});
  ExpectError(Conv("T", AttrText("T", "s: 'float'")), Code::kInvalidArgument, {"attr 'T'", "want type"});
  ExpectError(Conv("T", AttrText("T", "func { name: 'f' }")), Code::kInvalidArgument, {"attr 'T'", "want type"});
  ExpectError(Conv("padding", AttrText("padding", "")), Code::kInvalidArgument, {"attr 'padding'"});
}

TEST(HostileAttr, C3_LargerThan32Bits) {
  const int64_t large[] = {int64_t{1} << 31, int64_t{1} << 32, (int64_t{1} << 32) + 1,
                           int64_t{1} << 40, int64_t{1} << 62, std::numeric_limits<int64_t>::max()};
  for (const int64_t value : large) {
    // One output pixel, or an error; never the stride that the low bits say.
    const Status stride = Conv("strides", ListText("strides", {1, value, value, 1}));
    if (!stride.ok()) ExpectError(stride, Code::kInvalidArgument, {"node 'y' (Conv2D)", "stride"});
    const Status dilation = Conv("dilations", ListText("dilations", {1, value, value, 1}));
    if (!dilation.ok()) ExpectError(dilation, Code::kInvalidArgument, {"node 'y' (Conv2D)", "dilation"});
  }
  for (const int64_t value : {int64_t{0}, int64_t{-1}, std::numeric_limits<int64_t>::min()}) {
    ExpectError(Conv("strides", ListText("strides", {1, value, 1, 1})), Code::kInvalidArgument,
                {"node 'y' (Conv2D)", "stride"});
    ExpectError(Conv("dilations", ListText("dilations", {1, 1, value, 1})), Code::kInvalidArgument,
                {"node 'y' (Conv2D)", "dilation"});
  }
  ExpectError(Conv("strides", ListText("strides", {1, 1})), Code::kInvalidArgument, {"node 'y' (Conv2D)", "stride"});
}

TEST(HostileAttr, C4_TypesThatAreNone) {
  for (const int type : {0, 9999, 99, 20, 21, 7, 24, std::numeric_limits<int>::max()}) {
    const Status status = Conv("T", AttrText("T", Cat("type: ", type)));
    EXPECT_TRUE(status.code() == Code::kInvalidArgument || status.code() == Code::kUnimplemented)
        << type << ": " << status.ToString();
    EXPECT_NE(status.message().find("node 'y' (Conv2D)"), std::string_view::npos) << status.ToString();
  }
  EXPECT_TRUE(Conv("T", TypeText("T", "DT_FLOAT_REF")).ok()) << "a reference's value";
  for (const int type : {0, 9999, 20, 21}) {
    const Status status = StatusOf(
        NodeText("x", "Placeholder", "", AttrText("dtype", Cat("type: ", type))) + NodeText("y", "Identity", "x"), "y");
    EXPECT_FALSE(status.ok()) << type;
  }
}

TEST(HostileAttr, C4_ListsWithTypesThatAreNone) {
  constexpr char kOp[] = "CompositeTensorVariantToComponents";
  if (FindOp(kOp) == nullptr) GTEST_SKIP() << kOp << " is not in this build";
  const std::string composite =
      FeedText("x", "DT_VARIANT") +
      NodeText("parts", kOp, "x",
               AttrText("metadata", "s: ''") + AttrText("Tcomponents", "list { type: DT_FLOAT type: DT_INVALID }")) +
      NodeText("y", "Identity", "parts:1");
  ExpectError(StatusOf(composite, "y"), Code::kInvalidArgument,
              {"node 'parts' (CompositeTensorVariantToComponents)", "attr 'Tcomponents'", "none as element 1"});
}

TEST(HostileAttr, C5_CountsThatAreNone) {
  const auto add = [](const std::string& n) {
    return StatusOf(FeedText() + NodeText("y", "AddN", "x x", TypeText() + n), "y");
  };
  for (const int64_t n : {int64_t{-1}, int64_t{0}, std::numeric_limits<int64_t>::min()}) {
    ExpectError(add(AttrText("N", Cat("i: ", n))), Code::kInvalidArgument,
                {"node 'y' (AddN)", "attr 'N'", "want >= 1"});
  }
  for (const int64_t n : {int64_t{1}, int64_t{3}, int64_t{1'000'000'000}, std::numeric_limits<int64_t>::max()}) {
    ExpectError(add(AttrText("N", Cat("i: ", n))), Code::kInvalidArgument, {"node 'y' (AddN)", "inputs, got 2"});
  }
  // Outputs that nobody could hold.
  for (const int64_t n : {int64_t{1} << 21, int64_t{1} << 40, std::numeric_limits<int64_t>::max()}) {
    ExpectError(StatusOf(FeedText() + IntText("axis", 0) +
                             NodeText("y", "Split", "axis x", TypeText() + AttrText("num_split", Cat("i: ", n))),
                         "y"),
                Code::kInvalidArgument, {"node 'y'"});
  }
  // A list of ten million entries is read, once, and refused for its length.
  const Within limit(20);
  Wire list;
  for (int i = 0; i < 10'000'000; ++i) list.Varint(1);
  const std::string node = Node32("y", "Conv2D", {"x", "x"},
                                  TypeAttr("T", 1) + Attr("padding", Wire().Bytes(2, "VALID").str()) +
                                      Attr("strides", Wire().Bytes(1, Wire().Bytes(3, list.str()).str()).str()));
  auto model = LoadText(FloatPlaceholder("x") + node + Versions32(24));
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  const Tensor x = Tensor::Of<float>({1, 1, 1, 1}, std::vector<float>{1});
  const Status status = (*Session::Create(*model))->Run({{"x", x}}, {"y"}).status();
  ExpectError(status, Code::kInvalidArgument, {"node 'y' (Conv2D)", "strides"});
  EXPECT_LT(status.message().size(), 1000u);
}

TEST(HostileAttr, C6_ShapesThatAreNone) {
  const auto load = [](const std::string& shape) {
    return LoadText(NodeText("x", "Placeholder", "", TypeText("dtype") + AttrText("shape", "shape { " + shape + " }")))
        .status();
  };
  ExpectError(load("dim { size: -2 }"), Code::kInvalidArgument, {"node 'x'", "attr 'shape'", "-2"});
  ExpectError(load("dim { size: -9223372036854775808 }"), Code::kInvalidArgument, {"node 'x'", "-9223372036854775808"});
  EXPECT_TRUE(load("unknown_rank: true dim { size: 3 }").ok()) << "unknown, whatever else it says";
  std::string many;
  for (int i = 0; i < 300; ++i) many += "dim { size: 1 } ";
  ExpectError(load(many), Code::kResourceExhausted, {"node 'x'", "more than 254 dims"});
}

TEST(HostileAttr, C7_Paddings) {
  for (const char* word : {"same", "SAME ", "", "EXPLICIT", "\\000"}) {
    ExpectError(Conv("padding", AttrText("padding", Cat("s: '", word, "'"))), Code::kInvalidArgument,
                {"node 'y' (Conv2D)", "padding"});
  }
  const auto explicit_pads = [](const std::vector<int64_t>& pads) {
    const std::string filter =
        ConstText("w", "DT_FLOAT",
                  "tensor_shape { dim { size: 1 } dim { size: 1 } dim { size: 1 } dim { size: 1 } } float_val: 2");
    Running running;
    running.session.memory_budget_bytes = size_t{64} << 20;
    running.feeds = {{"x", Tensor::Of<float>({1, 2, 2, 1}, std::vector<float>{1, 2, 3, 4})}};
    return StatusOf(FeedText() + filter +
                        NodeText("y", "Conv2D", "x w",
                                 TypeText() + ListText("strides", {1, 1, 1, 1}) + AttrText("padding", "s: 'EXPLICIT'") +
                                     ListText("explicit_paddings", pads)),
                    "y", running);
  };
  EXPECT_TRUE(explicit_pads({0, 0, 1, 1, 1, 1, 0, 0}).ok());
  for (const std::vector<int64_t>& pads : {std::vector<int64_t>{1, 1},
                                           {0, 0, -1, 0, 0, 0, 0, 0},
                                           {1, 0, 0, 0, 0, 0, 0, 0},
                                           {0, 0, 0, 0, 0, 0, 0, 1},
                                           {}}) {
    ExpectError(explicit_pads(pads), Code::kInvalidArgument, {"node 'y' (Conv2D)", "padding"});
  }
  for (const int64_t pad : {int64_t{1} << 31, int64_t{1} << 62, std::numeric_limits<int64_t>::max()}) {
    const Status status = explicit_pads({0, 0, pad, pad, pad, pad, 0, 0});
    EXPECT_TRUE(status.code() == Code::kInvalidArgument || status.code() == Code::kResourceExhausted)
        << status.ToString();
  }
}

TEST(HostileAttr, C8_DataFormats) {
  for (const char* word : {"nhwc", "", "NHWC ", "NDHWC", "NCHW_VECT_C", "CHWN"}) {
    const Status status = Conv("data_format", AttrText("data_format", Cat("s: '", word, "'")));
    EXPECT_TRUE(status.code() == Code::kInvalidArgument || status.code() == Code::kUnimplemented)
        << word << ": " << status.ToString();
    EXPECT_NE(status.message().find("data_format"), std::string_view::npos) << status.ToString();
  }
}

// Numbers that no trained model has; what comes of them is what the formula gives.
TEST(HostileAttr, C9_FloatsThatAreNoNumbers) {
  for (const char* alpha : {"nan", "inf", "-inf", "-1", "1e38"}) {
    const Running running{{{"x", Tensor::Of<float>({2}, std::vector<float>{-1, 1})}}, {}, {}};
    auto result = RunText(
        FeedText() + NodeText("y", "LeakyRelu", "x", TypeText() + AttrText("alpha", Cat("f: ", alpha))), "y", running);
    ASSERT_TRUE(result.ok()) << result.status().ToString();
    EXPECT_EQ((*result)[0].num_elements(), 2);
  }
}

TEST(HostileAttr, C10_TypesOfTheEdgesAreOthers) {
  ExpectError(StatusOf(FeedText() + NodeText("y", "Neg", "x", TypeText("T", "DT_INT32")), "y"), Code::kInvalidArgument,
              {"node 'y' (Neg)", "want int32, got float32"});
}

TEST(HostileAttr, C11_PlaceholdersOutsideOfFunctions) {
  ExpectError(StatusOf(FeedText() + NodeText("y", "Neg", "x", AttrText("T", "placeholder: 'T'")), "y"),
              Code::kInvalidArgument, {"node 'y' (Neg)", "attr 'T'"});
}

TEST(HostileAttr, C12_HintsOfAnySize) {
  for (const int64_t value : {int64_t{1'000'000'000}, std::numeric_limits<int64_t>::max(), int64_t{-1}}) {
    auto result =
        RunText(FeedText() + NodeText("y", "Neg", "x", TypeText() + AttrText("_parallelism", Cat("i: ", value))), "y",
                {{{"x", Tensor::Scalar<float>(1)}}, {}, {}});
    EXPECT_TRUE(result.ok()) << result.status().ToString();
  }
  SessionOptions options;
  for (const int threads : {0, -1, 1025, std::numeric_limits<int>::max()}) {
    options.num_threads = threads;
    ExpectError(Session::Create(*LoadText(SmallModel()), options).status(), Code::kInvalidArgument,
                {"num_threads", Cat(threads)});
  }
}

}  // namespace
}  // namespace rivulet
