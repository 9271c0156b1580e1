// Packs, written and read again: what they hold, that they answer alike, and what hostile ones are told.
#include "prepare/pack.h"

#include <gtest/gtest.h>

#include <cstring>

#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/graph_test_kit.h"
#include "prepare/package_writer.h"
#include "prepare/region_constants.h"

namespace rivulet::prepare {
namespace {

// y = x [1, 8] * w [8, 32] + b, the weights through an Identity as frozen variables are.
GraphDef Product() {
  std::string values;
  for (int i = 0; i < 256; ++i) values += (i == 0 ? "" : ", ") + std::to_string(0.01 * (i % 37) - 0.2);
  std::string w = Const("w", "", values);
  w.replace(w.find("tensor_shape { "), 15, "tensor_shape { dim { size: 8 } dim { size: 32 } ");
  return GraphOf(Input("x", "18") + w + Node("w/read", "Identity", {"w"}) + Const("small", "1", "3") +
                 Node("product", "MatMul", {"x", "w/read"}) + Node("y", "Add", {"product", "small"}) +
                 Node("unused", "Neg", {"w"}));
}

PackOptions Options() {
  PackOptions options;
  options.metadata.inputs = {{"x", DType::kFloat, {1, 8}, {}}};
  options.metadata.outputs = {{"y", DType::kFloat, {1, 32}}};
  options.metadata.labels = {"a", "b"};
  const float x[] = {1, 2, 3, 4, 5, 6, 7, 8};
  options.samples = {{"eight", {{"x", Tensor::Of<float>({1, 8}, x)}}, {false}}};
  return options;
}

std::span<const uint8_t> AsBytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// Aligned as a mapping is.
std::shared_ptr<void> Aligned(const std::string& bytes) {
  void* memory = nullptr;
  if (posix_memalign(&memory, 64, bytes.size()) != 0) return nullptr;
  std::memcpy(memory, bytes.data(), bytes.size());
  return std::shared_ptr<void>(memory, [](void* p) { std::free(p); });
}

Result<std::shared_ptr<const Model>> Load(const std::string& bytes, const LoadOptions& options = {}) {
  auto memory = Aligned(bytes);
  return Model::LoadBytes({static_cast<const uint8_t*>(memory.get()), bytes.size()}, memory, "app", options);
}

PackFile Packed(const PackOptions& options = Options()) {
  Result<PackFile> file = ToPack(Product(), options);
  EXPECT_TRUE(file.ok()) << file.status().ToString();
  return file.ok() ? *std::move(file) : PackFile();
}

TEST(Pack, HoldsWhatTheOutputsNeed) {
  const PackFile file = Packed();
  EXPECT_EQ(file.constants, 1u);
  EXPECT_EQ(file.packed, 1u);
  EXPECT_TRUE(file.notes.empty());
  const auto graph = GraphOfPackage(AsBytes(file.bytes), nullptr, {});
  ASSERT_TRUE(graph.ok()) << graph.status().ToString();
  EXPECT_EQ(Lines(*graph),
            "x = Placeholder()\nw = Const()\nsmall = Const()\nproduct = MatMul(x, w)\ny = Add(product, small)\n");
}

TEST(Pack, WeightsAreUsedWhereTheyLieAndAnswersAreTheSame) {
  const PackFile file = Packed();
  const auto model = Load(file.bytes);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  EXPECT_EQ((*model)->format(), "pack");
  const auto session = Session::Create(*model);
  ASSERT_TRUE(session.ok());
  const PackMetadata metadata = *ParsePackMetadata((*model)->Metadata());
  ASSERT_EQ(metadata.samples.size(), 1u);
  const auto no_make_up = [](DType, const Shape&) -> Result<Tensor> { return InvalidArgument("not made up"); };
  const SampleResult result = RunSample(*(*model)->package(), metadata.samples[0], 1e-3, no_make_up, **session);
  EXPECT_TRUE(result.status.ok()) << result.status.ToString();
  EXPECT_EQ(result.max_difference, 0);
  const auto stats = (*session)->Prepare(Options().samples[0].feeds, {"y"});
  ASSERT_TRUE(stats.ok());
  EXPECT_LT(stats->constant_bytes, 256) << "the packed weights alone have 1024";

  PackOptions plain = Options();
  plain.packed = false;
  const PackFile without = Packed(plain);
  EXPECT_EQ(without.packed, 0u);
  EXPECT_LT(without.bytes.size(), file.bytes.size());
  const auto same = Session::Create(*Load(without.bytes));
  EXPECT_GE((*same)->Prepare(Options().samples[0].feeds, {"y"})->constant_bytes, 1024);
}

TEST(Pack, EqualModelsMakeEqualFiles) { EXPECT_EQ(Packed().bytes, Packed().bytes); }

TEST(Pack, RegionsLieAtMultiplesOf64AndTheGraphIsLast) {
  const PackFile file = Packed();
  const auto package = MemmappedPackage::Read(AsBytes(file.bytes), nullptr);
  ASSERT_TRUE(package.ok());
  uint64_t last = 0;
  for (const auto& [name, region] : package->regions()) {
    if (name != MemmappedPackage::kGraphRegion) EXPECT_EQ(region.offset % 64, 0u) << name;
    last = std::max(last, region.offset);
  }
  EXPECT_EQ(package->graph().offset, last);
  EXPECT_EQ(package->graph().offset + package->graph().bytes.size(), package->directory().offset);
}

TEST(Pack, QuantisedWeightsLieToo) {
  GraphDef graph = GraphOf(Input("x", "1"));
  const std::vector<uint8_t> codes(2000, 7);
  for (const DType dtype : {DType::kQuint8, DType::kQint8}) {
    Tensor value = Tensor::Of<uint8_t>({2000}, codes).Retyped(dtype);
    graph.nodes.push_back(MakeConst(Cat("q", static_cast<int>(dtype)), value));
  }
  PackOptions options;
  options.metadata.outputs = {{"q11", DType::kQint8, {2000}}, {"q12", DType::kQuint8, {2000}}};
  const Result<PackFile> file = ToPack(std::move(graph), options);
  ASSERT_TRUE(file.ok()) << file.status().ToString();
  EXPECT_EQ(file->constants, 2u);
  const auto back = GraphOfPackage(AsBytes(file->bytes), nullptr, {});
  ASSERT_TRUE(back.ok());
  const Result<Tensor> value = ValueOf(NodeIn(*back, "q11"));
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(value->dtype(), DType::kQint8);
  EXPECT_EQ(value->data<uint8_t>()[1999], 7);
}

TEST(Pack, ASampleThatDoesNotRunIsAnErrorUnlessItIsMadeUp) {
  PackOptions options = Options();
  const float x[] = {1, 2};
  options.samples[0].feeds[0].second = Tensor::Of<float>({1, 2}, x);
  EXPECT_NE(ToPack(Product(), options).status().message().find("'eight'"), std::string_view::npos);
  options.samples[0].made_up[0] = true;
  const PackFile file = Packed(options);
  EXPECT_TRUE(file.metadata.samples.empty());
  EXPECT_EQ(file.notes.size(), 1u);
}

TEST(Pack, AnAnswerThatChangedIsSeen) {
  const PackFile file = Packed();
  PackSample sample = file.metadata.samples[0];
  const auto model = Load(file.bytes);
  const auto session = Session::Create(*model);
  const auto run = [&] { return RunSample(*(*model)->package(), sample, 1e-3, {}, **session).status; };
  EXPECT_TRUE(run().ok());
  sample.answers[0].shape = {32, 1};
  EXPECT_NE(run().message().find("output 'y'"), std::string_view::npos) << run().ToString();
  sample.answers[0].shape = {33};
  EXPECT_EQ(run().code(), Code::kDataLoss);
  sample.answers[0].region += "x";
  EXPECT_EQ(run().code(), Code::kDataLoss);
}

TEST(Pack, OfALargeAnswerADigestIsKept) {
  PackOptions options = Options();
  std::vector<float> x(9 * 9 * 9 * 9);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 23);
  options.samples[0].feeds[0].second = Tensor::Of<float>({9, 9, 9, 9}, x);
  const Result<PackFile> packed = ToPack(GraphOf(Input("x", "9999") + Node("y", "Neg", {"x"})), options);
  ASSERT_TRUE(packed.ok()) << packed.status().ToString();
  const PackFile& file = *packed;
  const StoredValue& answer = file.metadata.samples[0].answers[0];
  EXPECT_EQ(answer.shape, Shape({9, 9, 9, 9}));
  ASSERT_TRUE(answer.digest);
  const auto model = Load(file.bytes);
  const auto session = Session::Create(*model);
  EXPECT_LT((*model)->package()->Find(answer.region)->bytes.size(), x.size() * sizeof(float) / 12);
  PackSample sample = file.metadata.samples[0];
  const auto run = [&] { return RunSample(*(*model)->package(), sample, 1e-3, {}, **session).status; };
  EXPECT_TRUE(run().ok()) << run().ToString();
  sample.answers[0].digest->peak = sample.answers[0].digest->peak == 0 ? 1 : 0;
  EXPECT_NE(run().message().find("the digest of 6561 elements"), std::string_view::npos) << run().ToString();
  sample.answers[0].digest->stride = 1000;
  EXPECT_EQ(run().code(), Code::kDataLoss) << "a region of another size";
  sample.answers[0].digest = file.metadata.samples[0].answers[0].digest;
  sample.answers[0].shape = {81, 81};
  EXPECT_NE(run().message().find("want float32[81,81], got float32[9,9,9,9]"), std::string_view::npos)
      << run().ToString();
  sample.answers[0].dtype = DType::kString;
  EXPECT_NE(run().message().find("strings have no digest"), std::string_view::npos) << run().ToString();
}

// A pack written again with another content of one region, checksums and all: what a hostile one can say.
std::string With(const std::string& bytes, std::string_view name, const std::string& content) {
  const auto package = MemmappedPackage::Read(AsBytes(bytes), nullptr);
  PackageWriter writer;
  std::string graph;
  for (const auto& [region_name, region] : package->regions()) {
    const std::string old(region.bytes.begin(), region.bytes.end());
    if (region_name == MemmappedPackage::kChecksumsRegion) continue;
    const std::string& now = region_name.starts_with(name) ? content : old;
    if (region_name == MemmappedPackage::kGraphRegion) {
      graph = now;
    } else {
      writer.Add(region_name, now);
    }
  }
  return writer.Finish(graph, true);
}

TEST(PackHostile, APackedFormOfTheWrongSizeIsAnErrorOfItsNode) {
  const auto model = Load(With(Packed().bytes, MemmappedPackage::kPackedPrefix, std::string(64, 'x')));
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  const auto session = Session::Create(*model);
  const Status status = (*session)->Prepare(Options().samples[0].feeds, {"y"}).status();
  EXPECT_EQ(status.code(), Code::kDataLoss) << status.ToString();
  EXPECT_NE(status.message().find("64 bytes in the file, want 1024"), std::string_view::npos) << status.ToString();
}

TEST(PackHostile, ARegionTooSmallForItsConstant) {
  const std::string bytes = With(Packed().bytes, "memmapped_package://w", "tiny");
  EXPECT_EQ(GraphOfPackage(AsBytes(bytes), nullptr, {}).status().code(), Code::kDataLoss);
  const auto session = Session::Create(*Load(bytes));
  EXPECT_FALSE((*session)->Prepare(Options().samples[0].feeds, {"y"}).ok());
}

TEST(PackHostile, MetadataIsTheReadersAffair) {
  const auto model = Load(With(Packed().bytes, MemmappedPackage::kMetadataRegion, "no JSON"));
  ASSERT_TRUE(model.ok());
  EXPECT_EQ((*model)->Metadata(), "no JSON");
  EXPECT_EQ(ParsePackMetadata((*model)->Metadata()).status().code(), Code::kDataLoss);
}

TEST(PackHostile, CheckedRegionsAreComparedBeforeUse) {
  std::string bytes = Packed().bytes;
  const auto package = MemmappedPackage::Read(AsBytes(bytes), nullptr);
  bytes[package->Find("memmapped_package://w")->offset + 5] ^= 1;
  EXPECT_TRUE(Load(bytes).ok());
  LoadOptions options;
  options.check_regions = true;
  const Status status = Load(bytes, options).status();
  EXPECT_EQ(status.code(), Code::kDataLoss);
  EXPECT_NE(status.message().find("'memmapped_package://w'"), std::string_view::npos) << status.ToString();
}

TEST(PackHostile, BytesAtAnyAddressWork) {
  const PackFile file = Packed();
  for (const size_t shift : {1, 2, 4, 16}) {
    auto memory = Aligned(std::string(shift, '\0') + file.bytes);
    const auto* start = static_cast<const uint8_t*>(memory.get()) + shift;
    const auto model = Model::LoadBytes({start, file.bytes.size()}, memory, "shifted");
    ASSERT_TRUE(model.ok()) << model.status().ToString();
    const auto session = Session::Create(*model);
    const SampleResult result = RunSample(*(*model)->package(), file.metadata.samples[0], 1e-3, {}, **session);
    EXPECT_TRUE(result.status.ok()) << shift << ": " << result.status.ToString();
  }
}

}  // namespace
}  // namespace rivulet::prepare
