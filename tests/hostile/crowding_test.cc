// Names, keys and inputs chosen so that they get into each other's way: all of one hash, all in one bucket, all reading
// one variable. Loading stays linear in the file, and a run stops when it is told to.
#include <gtest/gtest.h>

#include <functional>
#include <numeric>
#include <unordered_map>

#include "tests/hostile/text_models.h"

namespace rivulet {
namespace {

// ---- Texts of one hash ----

constexpr uint64_t kMultiplier = 0xc6a4a7935bd1e995;

uint64_t Scrambled(uint64_t word) {
  word *= kMultiplier;
  word ^= word >> 47;
  return word * kMultiplier;
}
uint64_t Unscrambled(uint64_t word) {
  uint64_t inverse = kMultiplier;
  for (int i = 0; i < 6; ++i) inverse *= 2 - kMultiplier * inverse;
  word *= inverse;
  word ^= word >> 47;
  return word * inverse;
}

// 16 bytes each, which MurmurHash64A, the hash of libstdc++'s tables, makes the same number of; names that inputs can
// have.
std::vector<std::string> TextsOfOneHash(size_t count) {
  constexpr uint64_t kSeed = 0xc70f6907, kBytes = 16, kAny = 0x1234567890abcdef;
  const uint64_t start = kSeed ^ (kBytes * kMultiplier);
  std::vector<std::string> texts;
  for (uint64_t i = 0; texts.size() < count; ++i) {
    const uint64_t first = i << 8 | 'n';
    const uint64_t after_first = (start ^ Scrambled(first)) * kMultiplier;
    const uint64_t words[] = {first, Unscrambled(after_first ^ kAny)};
    std::string text(reinterpret_cast<const char*>(words), sizeof(words));
    if (text.find(':') == std::string::npos) texts.push_back(std::move(text));
  }
  return texts;
}

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

}  // namespace
}  // namespace rivulet
