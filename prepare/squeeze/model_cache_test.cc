// What LoadOptions::cache_folder keeps, with faults in every call of the system; tests/cli/cache_test.py has the rest.
#include "engine/import/model_cache.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "prepare/constants.h"
#include "prepare/graph_test_kit.h"
#include "prepare/squeeze/squeezed_file.h"
#include "rivulet/session.h"

namespace rivulet::prepare {
namespace {

Tensor X(const std::vector<float>& values) { return Tensor::Of<float>({1, 8}, values); }

class Cached : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = std::filesystem::temp_directory_path() / "rivulet-cache-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    GraphDef graph = GraphOf(Input("x", "18") + Node("y", "MatMul", {"x", "w"}));
    std::vector<float> values(8 * 640);
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 23) - 11;
    graph.nodes.push_back(MakeConst("w", Tensor::Of<float>({8, 640}, values)));
    bytes_ = std::make_shared<std::string>(*SqueezeLossless(graph, 1));
  }
  void TearDown() override {
    FailNthFileCall(0, false);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  // Loads, plans and runs; what must come out comes out, with a cache or without.
  void Use(LoadOptions options = {}) {
    options.cache_folder = folder_;
    options.cache_note = [this](const std::string& note) { notes_.push_back(note); };
    const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(bytes_->data()), bytes_->size());
    const auto model = Model::LoadBytes(bytes, bytes_, "m", options);
    ASSERT_TRUE(model.ok()) << model.status().ToString();
    has_cache_ = (*model)->cache() != nullptr;
    const auto session = Session::Create(*model);
    ASSERT_TRUE(session.ok());
    const auto run = (*session)->Run({{"x", X({1, 0, 0, 0, 0, 0, 0, 2})}}, {"y"});
    ASSERT_TRUE(run.ok()) << run.status().ToString();
    for (int64_t i = 0; i < 640; ++i) {
      const auto at = [](int64_t index) { return static_cast<float>(index % 23) - 11; };
      ASSERT_EQ((*run)[0].data<float>()[i], at(i) + 2 * at(7 * 640 + i));
    }
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

  std::string folder_;
  std::shared_ptr<std::string> bytes_;
  std::vector<std::string> notes_;
  bool has_cache_ = false;
};

// Several constants, of several slices, are each where they belong: decoded to memory, to the cache, and out of it.
TEST_F(Cached, EverySliceOfEveryConstantIsInItsPlace) {
  const int64_t sizes[] = {300, 300000, 140000};
  const auto at = [](size_t constant, int64_t i) {
    return static_cast<float>(i * (static_cast<int64_t>(constant) + 3) % 211);
  };
  GraphDef graph;
  for (size_t c = 0; c < std::size(sizes); ++c) {
    std::vector<float> values(static_cast<size_t>(sizes[c]));
    for (int64_t i = 0; i < sizes[c]; ++i) values[static_cast<size_t>(i)] = at(c, i);
    graph.nodes.push_back(MakeConst("c" + std::to_string(c), Tensor::Of<float>({sizes[c]}, values)));
  }
  bytes_ = std::make_shared<std::string>(*SqueezeLossless(graph, 1));
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(bytes_->data()), bytes_->size());
  for (const std::string& folder : {std::string(), folder_, folder_}) {
    const auto model = Model::LoadBytes(bytes, bytes_, "m", {.num_threads = 2, .cache_folder = folder});
    ASSERT_TRUE(model.ok()) << model.status().ToString();
    const auto run = (*Session::Create(*model))->Run({}, {"c0", "c1", "c2"});
    ASSERT_TRUE(run.ok()) << run.status().ToString();
    for (size_t c = 0; c < std::size(sizes); ++c) {
      for (int64_t i = 0; i < sizes[c]; ++i) ASSERT_EQ((*run)[c].data<float>()[i], at(c, i)) << "constant " << c;
    }
  }
}

TEST_F(Cached, IsWrittenOnceAndThenUsed) {
  Use();
  EXPECT_TRUE(has_cache_);
  EXPECT_EQ(Names().size(), 2u);
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(bytes_->data()), bytes_->size());
  const auto model = Model::LoadBytes(bytes, bytes_, "m", {.cache_folder = folder_});
  ASSERT_TRUE(model.ok());
  EXPECT_EQ((*model)->cache()->forms().size(), 1u);
  const auto session = Session::Create(*model);
  const auto plan = (*session)->Prepare({{"x", X(std::vector<float>(8))}}, {"y"});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->constant_bytes, 0) << "neither decoded nor packed";
  EXPECT_EQ((*session)->allocator()->peak_bytes(), (*session)->allocator()->used_bytes());
  EXPECT_TRUE(notes_.empty());
}

TEST_F(Cached, AnyCallOfTheSystemMayFail) {
  FailNthFileCall(0, false);
  Use();
  const int64_t calls = FailNthFileCall(0, false);
  ASSERT_GT(calls, 10);
  for (const bool and_later : {false, true}) {
    for (int64_t nth = 1; nth <= calls; ++nth) {
      for (const std::string& name : Names()) std::filesystem::remove(folder_ + "/" + name);
      FailNthFileCall(nth, and_later);
      Use();
      FailNthFileCall(0, false);
      for (const std::string& name : Names()) EXPECT_EQ(name.find(".tmp-"), std::string::npos) << nth;
      Use();
      EXPECT_EQ(Names().size(), 2u) << nth;
      FailNthFileCall(nth, and_later);
      Use();
      FailNthFileCall(0, false);
    }
  }
}

TEST_F(Cached, AChangedByteIsNeverBelieved) {
  Use();
  for (const std::string& name : Names()) {
    const std::string path = folder_ + "/" + name;
    const auto size = static_cast<int64_t>(std::filesystem::file_size(path));
    for (int64_t at = 5; at < size; at += at < size - 700 ? 1111 : 7) {
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      file.seekg(at);
      const auto was = static_cast<char>(file.get());
      file.seekp(at).put(static_cast<char>(was ^ 4));
      file.close();
      Use();
      std::ifstream again(path, std::ios::binary);
      again.seekg(at);
      EXPECT_EQ(again.get(), static_cast<unsigned char>(was)) << name << " at " << at << ": made anew";
    }
  }
  EXPECT_TRUE(notes_.empty());
}

TEST_F(Cached, AFileThatOthersMayWriteIsMadeAnew) {
  Use();
  for (const std::string& name : Names()) {
    const std::filesystem::path path = folder_ + "/" + name;
    std::filesystem::permissions(path, std::filesystem::perms::group_write, std::filesystem::perm_options::add);
    Use();
    EXPECT_EQ(std::filesystem::status(path).permissions() & std::filesystem::perms::group_write,
              std::filesystem::perms::none);
  }
}

TEST_F(Cached, ABudgetTooSmallForASliceIsToldAndTheErrorIsTheConstants) {
  LoadOptions options;
  options.allocator = Allocator::Create(1000);
  options.cache_folder = folder_;
  options.cache_note = [this](const std::string& note) { notes_.push_back(note); };
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(bytes_->data()), bytes_->size());
  ASSERT_TRUE(Model::LoadBytes(bytes, bytes_, "m", options).ok());
  EXPECT_EQ(notes_.size(), 1u);
  EXPECT_TRUE(Names().empty());
}

TEST_F(Cached, OtherPlansFormsAreAdded) {
  Use();
  const auto before = std::filesystem::file_size(folder_ + "/" + Names()[0]);
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(bytes_->data()), bytes_->size());
  const auto model = Model::LoadBytes(bytes, bytes_, "m", {.cache_folder = folder_});
  ASSERT_TRUE(model.ok());
  const auto constants = (*model)->cache()->Constants();
  ASSERT_EQ(constants.size(), 1u);
  {
    ModelCache::Recording recording((*model)->cache());
    PackedOperands operands;
    const PackedOperands::Scope scope(operands);
    ASSERT_TRUE(PackMatrixOnce(constants.begin()->second, 640, 8, false, *Allocator::Create()).ok());
    recording.Keep();
  }
  EXPECT_GT(std::filesystem::file_size(folder_ + "/" + Names()[0]), before);
  const auto again = Model::LoadBytes(bytes, bytes_, "m", {.cache_folder = folder_});
  EXPECT_EQ((*again)->cache()->forms().size(), 2u);
}

TEST_F(Cached, APlanThatWasNotMadeKeepsNothing) {
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(bytes_->data()), bytes_->size());
  const auto model = Model::LoadBytes(bytes, bytes_, "m", {.cache_folder = folder_});
  ASSERT_TRUE(model.ok());
  {
    ModelCache::Recording recording((*model)->cache());
    PackedOperands operands;
    const PackedOperands::Scope scope(operands);
    const auto constants = (*model)->cache()->Constants();
    ASSERT_TRUE(PackMatrixOnce(constants.begin()->second, 640, 8, false, *Allocator::Create()).ok());
    EXPECT_EQ(Names().size(), 2u) << "a temporary file";
  }
  EXPECT_EQ(Names().size(), 1u);
}

}  // namespace
}  // namespace rivulet::prepare
