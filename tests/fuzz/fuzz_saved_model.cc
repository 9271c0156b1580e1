// Covers: engine/import/saved_model.cc engine/import/meta_graph.cc engine/import/signature_def.cc
// engine/import/object_graph.cc engine/import/open_model.cc SavedModels and MetaGraphDefs from a stranger: read under
// small limits with the tags they have and with others, their signatures and objects listed. Running their graphs is
// fuzz_run's.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "engine/import/meta_graph.h"
#include "engine/import/object_graph.h"
#include "engine/import/saved_model.h"
#include "rivulet/model.h"

namespace rivulet {
namespace {

constexpr size_t kBudget = size_t{16} << 20;

void Check(bool holds) {
  if (!holds) std::abort();
}

void Look(const MetaGraph& meta) {
  (void)meta.InitOps().status().ToString();
  for (size_t i = 0; i < meta.signatures.size(); ++i) {
    const ModelSignature& signature = meta.signatures[i];
    Check(i == 0 || meta.signatures[i - 1].key < signature.key);
    for (const auto* side : {&signature.inputs, &signature.outputs}) {
      for (size_t k = 1; k < side->size(); ++k) Check((*side)[k - 1].key < (*side)[k].key);
      for (const SignatureTensor& tensor : *side) (void)tensor.shape.ToString();
    }
    for (const SignatureTensor& input : signature.inputs) {
      if (input.default_value.valid()) Check(input.default_value.num_elements() >= 0);
    }
  }
  size_t bytes = 0;
  for (const SavedObject& object : meta.objects) bytes += object.path.size();
  Check(bytes <= static_cast<size_t>(Limits::Strict().index_bytes) + 1000);
}

void Read(std::span<const uint8_t> bytes) {
  const auto allocator = Allocator::Create(kBudget);
  for (const std::vector<std::string>& tags : {std::vector<std::string>(), {"serve"}, {"train", "serve"}}) {
    const auto meta = ReadSavedModel(bytes, nullptr, tags, Limits::Strict(), *allocator);
    if (meta.ok()) {
      Look(*meta);
    } else {
      Check(!meta.status().message().empty());
    }
  }
  const auto meta = ReadMetaGraph(WireCursor(bytes, 0), nullptr, Limits::Strict(), *allocator);
  if (meta.ok()) Look(*meta);
  const auto values = ReadTrackedValues(bytes, Limits::Strict());
  if (values.ok()) {
    for (const TrackedValue& value : *values) Check(value.path.size() < 1000);
  }
  (void)LooksLikeSavedModel(bytes);
  (void)LooksLikeMetaGraph(bytes);
  Check(allocator->peak_bytes() <= kBudget);
}

void Load(std::span<const uint8_t> bytes) {
  LoadOptions options;
  options.limits = Limits::Strict();
  options.allocator = Allocator::Create(kBudget);
  const auto model = Model::LoadBytes(bytes, nullptr, "fuzzed", options);
  if (!model.ok()) return;
  Check(!(*model)->format().empty());
  for (const ModelSignature& signature : (*model)->Signatures()) Check((*model)->FindSignature(signature.key).ok());
}

}  // namespace
}  // namespace rivulet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rivulet::Read({data, size});
  rivulet::Load({data, size});
  return 0;
}
