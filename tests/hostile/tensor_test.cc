// Hostile files, section D: constants whose sizes, types and values do not go together, and bombs.
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "tests/hostile/text_models.h"

namespace rivulet {
namespace {

constexpr size_t kBudget = size_t{64} << 20;

std::string Dims(std::initializer_list<int64_t> dims) { return Wire().Bytes(2, Shape32(dims)).str(); }

// A constant of `dtype` by the fields of its tensor, and y, which is it.
std::string ConstModel(int dtype, const std::string& tensor_fields) {
  return Node32("c", "Const", {},
                TypeAttr("dtype", dtype) +
                    Attr("value",
                         Wire().Bytes(8, Wire().Int(1, static_cast<uint64_t>(dtype)).str() + tensor_fields).str())) +
         Node32("y", "Identity", {"c"}, TypeAttr("T", dtype)) + Versions32(1000);
}

Result<Tensor> Fetch(const std::string& model_bytes, size_t budget = kBudget) {
  LoadOptions load;
  load.allocator = Allocator::Create(budget);
  RIVULET_ASSIGN_OR_RETURN(const auto model, LoadText(model_bytes, load));
  SessionOptions options;
  options.memory_budget_bytes = budget;
  RIVULET_ASSIGN_OR_RETURN(const auto session, Session::Create(model, options));
  Result<std::vector<Tensor>> result = session->Run({}, {"y"});
  EXPECT_LE(session->allocator()->peak_bytes(), budget);
  EXPECT_LE(load.allocator->peak_bytes(), budget);
  if (!result.ok()) return std::move(result).status();
  return (*result)[0];
}
Status StatusOfConst(int dtype, const std::string& tensor_fields) {
  return Fetch(ConstModel(dtype, tensor_fields)).status();
}

TEST(HostileTensor, D1_D2_ProductsThatWrap) {
  for (const auto& dims :
       {Dims({int64_t{1} << 32, int64_t{1} << 32}), Dims({3, 0x5555555555555556}), Dims({int64_t{1} << 62, 4}),
        Dims({std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::max()})}) {
    ExpectError(StatusOfConst(1, dims + Wire().Float(5, 1).str()), Code::kInvalidArgument,
                {"fewer than 2^63 elements"});
  }
  // A product that is 0 has no elements, however large the others are; what goes on with it is bounded all the same.
  const Status empty = StatusOfConst(1, Dims({int64_t{1} << 32, int64_t{1} << 32, 0}));
  EXPECT_TRUE(empty.ok() || empty.code() == Code::kInvalidArgument) << empty.ToString();
}

TEST(HostileTensor, D3_BytesThatWrap) {
  for (const int64_t count : {(int64_t{1} << 62) + 1, int64_t{1} << 61, std::numeric_limits<int64_t>::max()}) {
    const Status status = StatusOfConst(1, Dims({count}) + Wire().Float(5, 1).str());
    EXPECT_TRUE(status.code() == Code::kResourceExhausted || status.code() == Code::kInvalidArgument)
        << status.ToString();
    EXPECT_NE(status.message().find("'c'"), std::string_view::npos) << status.ToString();
  }
}

TEST(HostileTensor, D4_NegativeAndTooManyDims) {
  ExpectError(StatusOfConst(1, Dims({-1}) + Wire().Float(5, 1).str()), Code::kInvalidArgument,
              {"complete shape", "[?]"});
  const Status negative = StatusOfConst(1, Dims({-7}) + Wire().Float(5, 1).str());
  ExpectError(negative, Code::kInvalidArgument, {"-7"});
  Wire many;
  for (int i = 0; i < 255; ++i) many.Bytes(2, Wire().Int(1, 1).str());
  ExpectError(StatusOfConst(1, Wire().Bytes(2, many.str()).Float(5, 1).str()), Code::kResourceExhausted,
              {"more than 254 dims"});
}

// 56 bytes that ask for 4 GiB.
TEST(HostileTensor, D5_SplatBomb) {
  const Within limit(1);
  const std::string bomb = ConstModel(1, Dims({int64_t{1} << 30}) + Wire().Float(5, 1).str());
  EXPECT_LT(bomb.size(), 120u);
  ExpectError(Fetch(bomb).status(), Code::kResourceExhausted, {"4294967360 bytes wanted", "budget"});
  // It is no error while nobody needs all of it.
  EXPECT_TRUE(LoadText(bomb).ok());
}

TEST(HostileTensor, D6_StringSplatBomb) {
  const Within limit(1);
  ExpectError(StatusOfConst(7, Dims({int64_t{1} << 28}) + Wire().Bytes(8, "abc").str()), Code::kResourceExhausted,
              {"budget"});
}

TEST(HostileTensor, D7_ContentOfAnotherSize) {
  for (const size_t bytes : {size_t{4}, size_t{7}, size_t{9}, size_t{12}}) {
    ExpectError(StatusOfConst(1, Dims({2}) + Wire().Bytes(4, std::string(bytes, 'x')).str()), Code::kInvalidArgument,
                {"shape [2]", Cat("has ", static_cast<uint64_t>(bytes), " bytes of content"), "want 8"});
  }
  EXPECT_TRUE(StatusOfConst(1, Dims({2}) + Wire().Bytes(4, std::string(8, '\0')).str()).ok());
}

// Raw content goes before typed values; values in another type's field are none.
TEST(HostileTensor, D8_BothAndTheWrongField) {
  const auto both = Fetch(ConstModel(1, Dims({1}) + Wire().Bytes(4, std::string(4, '\0')).Float(5, 7).str()));
  ASSERT_TRUE(both.ok()) << both.status().ToString();
  EXPECT_EQ(both->data<float>()[0], 0.0f);
  const auto other = Fetch(ConstModel(1, Dims({2}) + Wire().Int(7, 3).str()));
  ASSERT_TRUE(other.ok()) << other.status().ToString();
  EXPECT_EQ(other->data<float>()[1], 0.0f) << "as if there were no values";
}

TEST(HostileTensor, D9_D10_MoreAndFewerValues) {
  const auto surplus = Fetch(ConstModel(1, Dims({2}) + Wire().Float(5, 1).Float(5, 2).Float(5, 3).str()));
  ASSERT_TRUE(surplus.ok()) << surplus.status().ToString();
  EXPECT_EQ(surplus->num_elements(), 2);
  EXPECT_EQ(surplus->data<float>()[1], 2.0f);
  // So many that writing them all would be noticed.
  const auto many = Fetch(ConstModel(1, Dims({2}) + Wire().Bytes(5, std::string(16 << 20, '\0')).str()));
  ASSERT_TRUE(many.ok()) << many.status().ToString();
  EXPECT_EQ(many->num_elements(), 2);
  const auto none = Fetch(ConstModel(1, Dims({0}) + Wire().Float(5, 1).str()));
  ASSERT_TRUE(none.ok()) << none.status().ToString();
  EXPECT_EQ(none->num_elements(), 0);
  const auto scalar = Fetch(ConstModel(1, Dims({})));
  ASSERT_TRUE(scalar.ok()) << scalar.status().ToString();
  EXPECT_EQ(scalar->data<float>()[0], 0.0f);
  const auto two = Fetch(ConstModel(1, Dims({}) + Wire().Float(5, 4).Float(5, 5).str()));
  ASSERT_TRUE(two.ok()) << two.status().ToString();
  EXPECT_EQ(two->data<float>()[0], 4.0f);
}

// The low bits count, as in TensorFlow; any number but 0 is true.
TEST(HostileTensor, D11_ValuesBeyondTheirType) {
  const auto bytes = Fetch(ConstModel(6, Dims({2}) + Wire().Int(7, 300).Int(7, static_cast<uint64_t>(-129)).str()));
  ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
  EXPECT_EQ(bytes->data<int8_t>()[0], static_cast<int8_t>(300 - 256));
  EXPECT_EQ(bytes->data<int8_t>()[1], 127);
  const auto bools = Fetch(ConstModel(10, Dims({2}) + Wire().Int(11, 2).Int(11, 0).str()));
  ASSERT_TRUE(bools.ok()) << bools.status().ToString();
  EXPECT_EQ(bools->data<uint8_t>()[0], 1);
  const auto half = Fetch(ConstModel(19, Dims({1}) + Wire().Int(13, 0x13C00).str()));
  ASSERT_TRUE(half.ok()) << half.status().ToString();
  EXPECT_EQ(static_cast<float>(half->data<Half>()[0]), 1.0f);
  // A bool of raw bytes that is neither 0 nor 1 must not become a number that a comparison trips over.
  const auto raw = Fetch(ConstModel(10, Dims({1}) + Wire().Bytes(4, "\x02").str()));
  EXPECT_TRUE(raw.ok() || raw.status().code() == Code::kInvalidArgument) << raw.status().ToString();
}

TEST(HostileTensor, D12_Strings) {
  const auto fewer = Fetch(ConstModel(7, Dims({3}) + Wire().Bytes(8, "a").Bytes(8, "b").str()));
  ASSERT_TRUE(fewer.ok()) << fewer.status().ToString();
  EXPECT_EQ(fewer->data<std::string>()[2], "b") << "the last one fills up";
  ExpectError(StatusOfConst(7, Dims({2}) + Wire()
                                               .Bytes(4,
                                                      "\x01\x7f"
                                                      "a")
                                               .str()),
              Code::kInvalidArgument, {"content does not match"});
  ExpectError(StatusOfConst(7, Dims({int64_t{1} << 40}) + Wire().Bytes(4, "\x01").str()), Code::kInvalidArgument,
              {"content does not match"});
  ExpectError(StatusOfConst(7, Dims({1}) + Wire().Bytes(4, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff").str()),
              Code::kInvalidArgument, {"content does not match"});
}

TEST(HostileTensor, D13_HandlesFromAFile) {
  for (const int dtype : {20, 21}) {
    const Status status =
        StatusOfConst(dtype, Dims({}) + Wire().Bytes(14, Wire().Int(1, 0x7FFFFFFF).str()).Bytes(15, "x").str());
    EXPECT_TRUE(status.code() == Code::kUnimplemented || status.code() == Code::kInvalidArgument) << status.ToString();
  }
}

TEST(HostileTensor, D14_ContentAtAnyAddress) {
  float values[4] = {1, 2, 3, 4};
  const std::string content(reinterpret_cast<const char*>(values), sizeof(values));
  for (size_t shift = 0; shift < 8; ++shift) {
    // Names of different lengths move the content within the file.
    const std::string name(shift + 1, 'n');
    const std::string model =
        Node32(name, "Const", {},
               TypeAttr("dtype", 1) +
                   Attr("value",
                        Wire().Bytes(8, Wire().Int(1, 1).str() + Dims({4}) + Wire().Bytes(4, content).str()).str())) +
        Node32("y", "Neg", {name}, TypeAttr("T", 1)) + Versions32(1000);
    const auto result = Fetch(model);
    ASSERT_TRUE(result.ok()) << result.status().ToString();
    EXPECT_EQ(result->data<float>()[3], -4.0f);
  }
}

TEST(HostileTensor, D16_OddTypes) {
  EXPECT_TRUE(StatusOfConst(14, Dims({3}) + Wire().Bytes(4, std::string(6, '\0')).str()).ok()) << "bfloat16";
  ExpectError(StatusOfConst(14, Dims({3}) + Wire().Bytes(4, std::string(5, '\0')).str()), Code::kInvalidArgument,
              {"want 6"});
  ExpectError(StatusOfConst(8, Dims({2}) + Wire().Float(9, 1).Float(9, 2).Float(9, 3).str()), Code::kInvalidArgument,
              {"inside an element"});
  for (const int dtype : {29, 30, 24, 25, 9999, 0}) {
    const Status status = StatusOfConst(dtype, Dims({3}) + Wire().Bytes(4, "\1\2").str());
    EXPECT_TRUE(status.code() == Code::kUnimplemented || status.code() == Code::kInvalidArgument)
        << dtype << ": " << status.ToString();
  }
}

// Many constants, each small enough, together more than the budget.
TEST(HostileTensor, D17_TogetherTooMuch) {
  const Within limit(10);
  constexpr int kMany = 20'000;
  std::string model;
  Wire sum;
  sum.Bytes(1, "y").Bytes(2, "AddN").Raw(TypeAttr("T", 1)).Raw(Attr("N", Wire().Int(3, kMany).str()));
  for (int i = 0; i < kMany; ++i) {
    model += ConstNode32(Cat("c", i), Dims({1024}) + Wire().Float(5, 1).str());
    sum.Bytes(3, Cat("c", i));
  }
  model += Wire().Bytes(1, sum.str()).str() + Versions32(1000);
  ExpectError(Fetch(model, size_t{16} << 20).status(), Code::kResourceExhausted, {"budget"});
  const auto enough = Fetch(model, size_t{256} << 20);
  ASSERT_TRUE(enough.ok()) << enough.status().ToString();
  EXPECT_EQ(enough->data<float>()[7], static_cast<float>(kMany));
}

}  // namespace
}  // namespace rivulet
