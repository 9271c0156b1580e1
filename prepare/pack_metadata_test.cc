#include "prepare/pack_metadata.h"

#include <gtest/gtest.h>

#include "engine/base/errors.h"

namespace rivulet::prepare {
namespace {

PackMetadata Full() {
  PackMetadata metadata;
  metadata.producer = "a test";
  metadata.inputs = {{"x", DType::kFloat, {Shape::kUnknownDim, 4, 6, 3}, PictureFormat{6, 4, 3, 127.5f, 128.0f}},
                     {"flag", DType::kBool, {}, {}},
                     {"any", DType::kString, Shape::UnknownRank(), PictureFormat{1, 2, 1, {}, {}}}};
  metadata.outputs = {{"y:1", DType::kQuint8, {5}}};
  metadata.labels = {"daisy", "größer \"so\"", ""};
  const std::string region = "memmapped_package://rivulet/samples/0/";
  metadata.samples = {{"one", {{"x", DType::kFloat, {2}, "", true}}, {{"y:1", DType::kQuint8, {5}, region + "a"}}}};
  metadata.samples[0].answers.push_back({"map", DType::kFloat, {50, 60}, region + "b", false, AnswerDigest{13, 2999}});
  metadata.tolerance = 0.25;
  metadata.card = {{"title", "Flowers"}, {"licence", "CC0"}};
  return metadata;
}

TEST(PackMetadata, GoesThereAndBack) {
  const PackMetadata want = Full();
  const Result<std::string> json = ToJson(want);
  ASSERT_TRUE(json.ok()) << json.status().ToString();
  const Result<PackMetadata> got = ParsePackMetadata(*json);
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  ASSERT_EQ(got->inputs.size(), 3u);
  EXPECT_EQ(got->inputs[0].name, "x");
  EXPECT_EQ(got->inputs[0].shape, want.inputs[0].shape);
  ASSERT_TRUE(got->inputs[0].picture);
  EXPECT_EQ(got->inputs[0].picture->width, 6);
  EXPECT_EQ(got->inputs[0].picture->height, 4);
  EXPECT_EQ(got->inputs[0].picture->mean, 127.5f);
  EXPECT_EQ(got->inputs[0].picture->scale, 128.0f);
  EXPECT_EQ(got->inputs[1].dtype, DType::kBool);
  EXPECT_EQ(got->inputs[1].shape.rank(), 0);
  EXPECT_FALSE(got->inputs[1].picture);
  EXPECT_FALSE(got->inputs[2].shape.has_rank());
  EXPECT_FALSE(got->inputs[2].picture->mean);
  EXPECT_EQ(got->outputs[0].name, "y:1");
  EXPECT_EQ(got->outputs[0].dtype, DType::kQuint8);
  EXPECT_EQ(got->labels, want.labels);
  ASSERT_EQ(got->samples.size(), 1u);
  EXPECT_TRUE(got->samples[0].feeds[0].made_up);
  EXPECT_EQ(got->samples[0].answers[0].region, want.samples[0].answers[0].region);
  ASSERT_EQ(got->samples[0].answers.size(), 2u);
  EXPECT_FALSE(got->samples[0].answers[0].digest);
  ASSERT_TRUE(got->samples[0].answers[1].digest);
  EXPECT_EQ(got->samples[0].answers[1].digest->stride, 13);
  EXPECT_EQ(got->samples[0].answers[1].digest->peak, 2999);
  EXPECT_EQ(got->tolerance, 0.25);
  EXPECT_EQ(got->card, want.card);
  EXPECT_EQ(*ToJson(*got), *json);
}

TEST(PackMetadata, TextThatIsNotUtf8IsRefused) {
  PackMetadata metadata = Full();
  metadata.labels[1] =
      "gr\xF6\xDF"
      "er";
  const Status status = ToJson(metadata).status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("label 1 is not UTF-8"), std::string_view::npos) << status.ToString();
}

TEST(PackMetadata, UnknownFieldsAndMissingOnesAreFine) {
  const auto got = ParsePackMetadata(R"({"rivulet_pack": 1, "later": [{"a": [1]}]})");
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  EXPECT_TRUE(got->inputs.empty());
}

struct Wrong {
  std::string json;
  const char* says;
};

TEST(PackMetadata, WhatIsWrongIsNamed) {
  const auto input = [](const std::string& fields) {
    return R"({"rivulet_pack":1,"inputs":[{"name":"a","dtype":"float32"},{"name":"x")" + fields + "}]}";
  };
  const auto picture = [&](const std::string& fields) {
    return input(R"(,"dtype":"float32","picture":{)" + fields + "}");
  };
  const auto answer = [](const std::string& fields) {
    return R"({"rivulet_pack":1,"samples":[{"answers":[{"name":"y","dtype":"float32",)" + fields + "}]}]}";
  };
  const auto digest = [&](const std::string& shape, const std::string& told) {
    return answer(R"("region":"memmapped_package://rivulet/samples/0","shape":)" + shape + R"(,"digest":)" + told);
  };
  const Wrong all[] = {
      {"", "want JSON"},
      {"\x89PNG", "want JSON"},
      {"{\"rivulet_pack\":1", "want JSON"},
      {"[1]", "want a JSON object, got array"},
      {"{}", "field rivulet_pack: want 1"},
      {R"({"rivulet_pack":"1"})", "field rivulet_pack: want a number, got string"},
      {R"({"rivulet_pack":2})", "metadata of version 2"},
      {R"({"rivulet_pack":1,"inputs":{}})", "field inputs: want a list, got object"},
      {R"({"rivulet_pack":1,"inputs":[3]})", "field inputs[0]: want an object, got number"},
      {R"({"rivulet_pack":1,"labels":["a",7]})", "field labels: want texts, got number"},
      {R"({"rivulet_pack":1,"tolerance":2})", "field tolerance"},
      {R"({"rivulet_pack":1,"card":[]})", "field card: want an object"},
      {input(""), "field inputs[1].dtype: want a text, it is missing"},
      {input(R"(,"dtype":"float33")"), "got 'float33'"},
      {input(R"(,"dtype":"float32","shape":[1,-2])"), "field inputs[1].shape"},
      {input(R"(,"dtype":"float32","shape":[1.5])"), "field inputs[1].shape"},
      {input(R"(,"dtype":"float32","shape":[18446744073709551615])"), "field inputs[1].shape"},
      {picture(R"("height":3)"), "field inputs[1].picture.width: want a number from 1 to 16384"},
      {picture(R"("width":1e300,"height":3)"), "picture.width"},
      {picture(R"("width":3,"height":3,"scale":0)"), "picture.scale: want a number other than 0"},
      {picture(R"("width":3,"height":3,"mean":1e300)"), "picture.mean: want a number that a float can hold"},
      {answer(R"("shape":[null],"region":"memmapped_package://rivulet/samples/0")"), "answers[0].shape: want all dims"},
      {answer(R"("shape":[1],"region":"/etc/passwd")"), "answers[0].region: want a region below"},
      {answer(R"("shape":[1])"), "answers[0].region: want a text"},
      {digest("[9]", "7"), "answers[0].digest: want an object, got number"},
      {digest("[3]", "{}"), "answers[0].digest: want a region, and a shape of more than 3 elements"},
      {digest("[4611686018427387904,4]", R"({"stride":3,"peak":0})"), "answers[0].digest: want a region, and a shape"},
      {digest("[9]", R"({"stride":3})"), "answers[0].digest.peak: want a whole number from 0 to 8"},
      {digest("[9]", R"({"stride":2,"peak":0})"), "answers[0].digest.stride: want a whole number from 3 to 8"},
      {digest("[9]", R"({"stride":9,"peak":0})"), "answers[0].digest.stride"},
      {digest("[9]", R"({"stride":3,"peak":-1})"), "answers[0].digest.peak"},
      {digest("[9]", R"({"stride":3,"peak":9})"), "answers[0].digest.peak"},
      {digest("[9]", R"({"stride":3.5,"peak":0})"), "answers[0].digest.stride"},
      {digest("[9]", R"({"stride":3,"peak":18446744073709551615})"), "answers[0].digest.peak"},
  };
  for (const Wrong& wrong : all) {
    const Status status = ParsePackMetadata(wrong.json).status();
    EXPECT_FALSE(status.ok()) << wrong.json;
    EXPECT_NE(status.message().find(wrong.says), std::string_view::npos) << wrong.json << ": " << status.ToString();
    EXPECT_LT(status.message().size(), 300u);
  }
}

TEST(PackMetadata, TooDeepAndTooLarge) {
  const std::string head = R"({"rivulet_pack":1,"later":)";
  const auto nested = [&](size_t depth) { return head + std::string(depth, '[') + std::string(depth, ']') + "}"; };
  EXPECT_TRUE(ParsePackMetadata(nested(15)).ok());
  EXPECT_NE(ParsePackMetadata(nested(16)).status().message().find("deep"), std::string_view::npos);
  EXPECT_NE(ParsePackMetadata(nested(2'000'000)).status().message().find("deep"), std::string_view::npos);
  EXPECT_TRUE(ParsePackMetadata(head + "\"" + std::string(100, '[') + "\\\"[\"}").ok()) << "brackets in a text";
  EXPECT_NE(ParsePackMetadata(std::string(17 << 20, ' ')).status().message().find("17825792 bytes"),
            std::string_view::npos);
}

TEST(PackMetadata, EveryCutIsAnError) {
  const std::string json = *ToJson(Full());
  for (size_t size = 0; size + 1 < json.size(); ++size) EXPECT_FALSE(ParsePackMetadata(json.substr(0, size)).ok());
}

}  // namespace
}  // namespace rivulet::prepare
