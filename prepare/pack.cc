#include "prepare/pack.h"

#include <algorithm>
#include <map>
#include <memory>
#include <unordered_map>

#include "engine/base/errors.h"
#include "engine/import/packed_regions.h"
#include "prepare/constant_aliases.h"
#include "prepare/package_writer.h"
#include "prepare/strip_unused.h"

namespace rivulet::prepare {
namespace {

// By whole region name, so that equal models make equal files.
using PackedForms = std::map<std::string, std::string>;

// Collects what is packed for constants that lie in regions of `package`.
PackedOperands::Listener Collector(const MemmappedPackage& package, PackedForms* forms) {
  auto regions = std::make_shared<std::unordered_map<const void*, std::string>>();
  for (const auto& [name, region] : package.regions()) {
    if (!name.starts_with(MemmappedPackage::kOwnPrefix)) regions->emplace(region.bytes.data(), name);
  }
  return [regions, forms](const Tensor& constant, std::string_view form, std::span<const uint8_t> bytes) {
    const auto at = regions->find(constant.raw());
    if (at == regions->end()) return;
    forms->emplace(PackedRegionName(at->second, form),
                   std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  };
}

std::vector<std::string> OutputNames(const PackMetadata& metadata) {
  std::vector<std::string> names;
  for (const PackOutput& output : metadata.outputs) names.push_back(output.name);
  return names;
}

class Packer {
 public:
  explicit Packer(const PackOptions& options) : options_(options) {
    file_.metadata = options.metadata;
    file_.metadata.samples.clear();
    writer_.Add(MemmappedPackage::kSignatureRegion, MemmappedPackage::kSignature);
  }

  Result<PackFile> Pack(GraphDef graph) {
    graph_ = std::move(graph);
    RIVULET_RETURN_IF_ERROR(LeaveOutUnneeded());
    RIVULET_RETURN_IF_ERROR(PlaceConstants());
    wire_ = Serialize(graph_);
    graph_ = GraphDef();
    return PackRest(options_.packed);
  }

  Result<PackFile> Pack(const MemmappedPackage& package) {
    for (const auto& [name, region] : package.regions()) {
      const std::string_view content(reinterpret_cast<const char*>(region.bytes.data()), region.bytes.size());
      if (name == MemmappedPackage::kGraphRegion) {
        wire_ = content;
      } else if (!name.starts_with(MemmappedPackage::kOwnPrefix) ||
                 name.starts_with(MemmappedPackage::kSqueezedPrefix)) {
        writer_.Add(name, content);
        ++file_.constants;
      }
    }
    return PackRest(/*packed=*/false);
  }

 private:
  // All but the graph and its weights.
  Result<PackFile> PackRest(bool packed) {
    RIVULET_RETURN_IF_ERROR(Try());
    if (packed) {
      for (const auto& [name, bytes] : forms_) writer_.Add(name, bytes);
      file_.packed = forms_.size();
    }
    forms_.clear();
    for (size_t i = 0; i < answered_.size(); ++i) RIVULET_RETURN_IF_ERROR(Store(i, answered_[i]));
    RIVULET_ASSIGN_OR_RETURN(const std::string json, ToJson(file_.metadata));
    writer_.Add(MemmappedPackage::kMetadataRegion, json);
    file_.bytes = writer_.Finish(wire_, /*with_checksums=*/true);
    return std::move(file_);
  }

  struct Answered {
    const SampleFeeds* sample;
    std::vector<Tensor> answers;
  };

  // What is used as it is, biases mostly, lies together in few pages; large weights come after, and are not touched
  // where their packed forms are used.
  Status PlaceConstants() {
    constexpr int64_t kSmall = 1 << 16;
    RegionChoice choice{RegionTypes::kAll, options_.min_bytes, kSmall};
    RIVULET_ASSIGN_OR_RETURN(const size_t small, MoveConstantsToRegions(choice, &graph_, &writer_));
    choice.min_bytes = std::max(choice.min_bytes, kSmall + 1);
    choice.max_bytes = INT64_MAX;
    RIVULET_ASSIGN_OR_RETURN(const size_t large, MoveConstantsToRegions(choice, &graph_, &writer_));
    file_.constants = small + large;
    return Status();
  }

  // Inputs stay, even where no output needs them: apps feed them.
  Status LeaveOutUnneeded() {
    std::vector<std::string> kept;
    for (const std::string& name : OutputNames(options_.metadata)) kept.emplace_back(ParseInput(name).node);
    for (const PackInput& input : options_.metadata.inputs) kept.emplace_back(ParseInput(input.name).node);
    ReadConstantsThemselves(&graph_);
    return KeepNeeded(kept, graph_);
  }

  // Runs the samples on what there is of the pack so far, which shows the answers and what the plans pack.
  Status Try() {
    PackageWriter so_far = writer_;
    auto bytes = std::make_shared<std::string>(so_far.Finish(wire_, /*with_checksums=*/true));
    const std::span<const uint8_t> view(reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size());
    RIVULET_ASSIGN_OR_RETURN(const auto model, Model::LoadBytes(view, bytes, "the packed graph"));
    RIVULET_ASSIGN_OR_RETURN(const auto session, Session::Create(model));
    const PackedOperands::Recording recording(Collector(*model->package(), &forms_));
    const std::vector<std::string> outputs = OutputNames(file_.metadata);
    for (const SampleFeeds& sample : options_.samples) {
      const bool optional =
          sample.is_optional || std::find(sample.made_up.begin(), sample.made_up.end(), false) == sample.made_up.end();
      if (sample.only_shapes) {
        const Status planned = session->Prepare(sample.feeds, outputs).status();
        if (!planned.ok()) file_.notes.push_back(Cat("it cannot be planned: ", planned.message()));
        continue;
      }
      Result<std::vector<Tensor>> answers = session->Run(sample.feeds, outputs);
      if (!answers.ok() && !optional) return Status(answers.status()).Framed(Cat("sample ", Quoted(sample.name)));
      if (!answers.ok()) {
        file_.notes.push_back(
            Cat("it did not run with made-up inputs, so there is no sample: ", answers.status().message()));
        continue;
      }
      if (Fits(*answers, optional)) answered_.push_back({&sample, *std::move(answers)});
    }
    return Status();
  }

  bool Fits(const std::vector<Tensor>& answers, bool optional) {
    const bool plain = std::all_of(answers.begin(), answers.end(), [](const Tensor& answer) {
      return ElementBytes(answer.dtype()) > 0 && answer.num_elements() > 0;
    });
    if (!optional || plain) return true;
    file_.notes.emplace_back("the made-up sample's answers cannot be stored and are left out");
    return false;
  }

  Status Store(size_t index, const Answered& answered) {
    PackSample sample{answered.sample->name, {}, {}};
    for (size_t i = 0; i < answered.sample->feeds.size(); ++i) {
      const auto& [name, tensor] = answered.sample->feeds[i];
      StoredValue value{name, tensor.dtype(), tensor.shape(), "", static_cast<bool>(answered.sample->made_up[i])};
      if (!value.made_up) {
        value.region = SampleRegionName(index, "feeds", i);
        RIVULET_RETURN_IF_ERROR(StoreValue(tensor, &value, &writer_));
      }
      sample.feeds.push_back(std::move(value));
    }
    for (size_t i = 0; i < answered.answers.size(); ++i) {
      StoredValue value{file_.metadata.outputs[i].name, DType::kInvalid, {}, SampleRegionName(index, "answers", i)};
      RIVULET_RETURN_IF_ERROR(StoreAnswer(answered.answers[i], &value, &writer_));
      sample.answers.push_back(std::move(value));
    }
    file_.metadata.samples.push_back(std::move(sample));
    return Status();
  }

  GraphDef graph_;
  const PackOptions& options_;
  PackageWriter writer_;
  PackFile file_;
  std::string wire_;
  PackedForms forms_;
  std::vector<Answered> answered_;
};

}  // namespace

Result<PackFile> ToPack(GraphDef graph, const PackOptions& options) { return Packer(options).Pack(std::move(graph)); }

Result<PackFile> ToPack(const MemmappedPackage& package, const PackOptions& options) {
  return Packer(options).Pack(package);
}

}  // namespace rivulet::prepare
