// rivulet check: is a pack as it was written, does it still give the answers, and what must an app feed?
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/flags.h"
#include "cli/cache_folder.h"
#include "cli/command.h"
#include "cli/made_up.h"
#include "cli/model_flags.h"
#include "cli/pack_text.h"
#include "cli/process_memory.h"
#include "engine/base/errors.h"
#include "engine/import/memmapped_package.h"
#include "engine/import/package_checksums.h"
#include "prepare/pack_samples.h"

namespace rivulet::cli {
namespace {

struct CheckCommand {
  std::string pack;
  bool json = false;
  bool memory = false;
  bool read = false;
};

struct MemoryReport {
  double load_ms = 0;
  double plan_ms = 0;
  int64_t private_dirty = 0;  // more than before it was loaded
  ProcessMemory file;
};

using Clock = std::chrono::steady_clock;
double MsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// Goes on from a loaded pack up to the point where the first run would begin. What is fed does not count, neither the
// time to make it up nor its memory, which is more than its bytes: large tensors lie in huge pages.
Result<MemoryReport> MeasureMemory(const CheckCommand& command, const prepare::PackMetadata& metadata,
                                   Clock::time_point start, const ProcessMemory& before,
                                   std::shared_ptr<const Model> model) {
  MemoryReport report;
  if (metadata.samples.empty()) return FailedPrecondition("--memory wants a pack with a sample, to know the shapes");
  report.load_ms = MsSince(start);
  const auto loaded = ReadProcessMemory("");
  Feeds feeds;
  for (const prepare::StoredValue& value : metadata.samples[0].feeds) {
    RIVULET_ASSIGN_OR_RETURN(Tensor tensor, prepare::LoadValue(*model->package(), value, MakeUpTensor));
    feeds.emplace_back(value.name, std::move(tensor));
  }
  std::vector<std::string> fetches;
  for (const prepare::StoredValue& value : metadata.samples[0].answers) fetches.push_back(value.name);
  const auto fed = ReadProcessMemory("");
  const Clock::time_point planned = Clock::now();
  RIVULET_ASSIGN_OR_RETURN(const auto session, Session::Create(std::move(model)));
  RIVULET_ASSIGN_OR_RETURN(const PlanStats stats, session->Prepare(feeds, fetches));
  report.load_ms += MsSince(planned);
  report.plan_ms = stats.plan_ms;
  const auto after = ReadProcessMemory(command.pack);
  if (!loaded || !fed || !after) return Unimplemented("--memory: this system has no /proc/self/smaps");
  report.file = *after;
  report.private_dirty = (loaded->private_dirty - before.private_dirty) + (after->private_dirty - fed->private_dirty);
  return report;
}

std::string Megabytes(int64_t bytes) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.2f MB", static_cast<double>(bytes) / 1e6);
  return text;
}

prepare::PackMetadata FromGraph(const Model& model) {
  prepare::PackMetadata metadata;
  for (const Model::Input& input : model.Inputs()) {
    if (!input.has_default) metadata.inputs.push_back({input.name, input.dtype, input.shape, {}});
  }
  for (const std::string& name : model.LikelyOutputs()) {
    const Result<Model::EdgeInfo> info = model.Describe(name);
    if (info.ok()) metadata.outputs.push_back({name, info->dtype, info->shape});
  }
  return metadata;
}

struct Checked {
  size_t regions = 0;
  std::vector<PackageDamage> damage;
  std::vector<prepare::SampleResult> samples;
  std::optional<MemoryReport> memory;

  bool ok() const {
    bool fine = damage.empty();
    for (const prepare::SampleResult& sample : samples) fine &= sample.status.ok();
    return fine;
  }
};

// What was looked at of large answers.
void PrintDigests(const prepare::PackSample& sample) {
  for (const prepare::StoredValue& answer : sample.answers) {
    if (!answer.digest) continue;
    const int64_t elements = answer.shape.num_elements();
    const int64_t runs = prepare::DigestElements(elements, *answer.digest) / 2;
    std::printf(
        "compared    of the %lld elements of %s: %lld spread over them, the means of the runs between, the peak\n",
        static_cast<long long>(elements), Quoted(answer.name).c_str(), static_cast<long long>(runs));
  }
}

nlohmann::json ComparedJson(const prepare::PackSample& sample) {
  nlohmann::json list = nlohmann::json::array();
  for (const prepare::StoredValue& answer : sample.answers) {
    const int64_t elements = answer.shape.num_elements();
    const int64_t runs = answer.digest ? prepare::DigestElements(elements, *answer.digest) / 2 : 0;
    list.push_back({{"name", answer.name},
                    {"elements", elements},
                    {"compared", answer.digest ? runs + 1 : elements},
                    {"means_compared", runs}});
  }
  return list;
}

void Print(const CheckCommand& command, const Model& model, const prepare::PackMetadata& metadata,
           const Checked& checked) {
  std::printf("%s: pack, %s\n", command.pack.c_str(), Megabytes(model.file_bytes()).c_str());
  std::printf("%s", PackText(metadata).c_str());
  const size_t good = checked.regions - std::min(checked.damage.size(), checked.regions);
  std::printf("regions     %zu of %zu as they were written\n", good, checked.regions);
  for (size_t i = 0; i < checked.samples.size(); ++i) {
    const prepare::SampleResult& result = checked.samples[i];
    std::printf("sample      %s: %s", Quoted(metadata.samples[i].name).c_str(),
                result.status.ok() ? "same answer" : "differs");
    if (result.status.ok()) std::printf(", within %.1e of %.0e", result.max_difference, metadata.tolerance);
    std::printf("\n");
    PrintDigests(metadata.samples[i]);
  }
  if (checked.samples.empty() && checked.damage.empty()) std::printf("sample      none in the pack\n");
  if (checked.memory) {
    const MemoryReport& memory = *checked.memory;
    std::printf("load        %.2f ms, of which the plan %.2f ms\n", memory.load_ms, memory.plan_ms);
    std::printf(
        "memory      before the first run: private and dirty %s; of the file %s shared and clean, %s private "
        "and clean, %s dirty\n",
        Megabytes(memory.private_dirty).c_str(), Megabytes(memory.file.file_shared_clean).c_str(),
        Megabytes(memory.file.file_private_clean).c_str(), Megabytes(memory.file.file_dirty).c_str());
  }
  std::fflush(stdout);
  for (const PackageDamage& damage : checked.damage) {
    std::fprintf(stderr, "rivulet: %s: %s\n", Quoted(command.pack).c_str(),
                 std::string(damage.status.message()).c_str());
  }
  for (size_t i = 0; i < checked.samples.size(); ++i) {
    if (checked.samples[i].status.ok()) continue;
    std::fprintf(stderr, "rivulet: %s: sample %s: %s\n", Quoted(command.pack).c_str(),
                 Quoted(metadata.samples[i].name).c_str(), std::string(checked.samples[i].status.message()).c_str());
  }
}

nlohmann::json ToJson(const CheckCommand& command, const Model& model, const prepare::PackMetadata& metadata,
                      const Checked& checked) {
  nlohmann::json json = {{"pack", command.pack},
                         {"file_bytes", model.file_bytes()},
                         {"ok", checked.ok()},
                         {"metadata", PackJson(metadata)},
                         {"regions", checked.regions},
                         {"damage", nlohmann::json::array()},
                         {"samples", nlohmann::json::array()}};
  for (const PackageDamage& damage : checked.damage) {
    json["damage"].push_back({{"region", damage.region}, {"message", damage.status.message()}});
  }
  for (size_t i = 0; i < checked.samples.size(); ++i) {
    const prepare::SampleResult& result = checked.samples[i];
    json["samples"].push_back({{"name", metadata.samples[i].name},
                               {"ok", result.status.ok()},
                               {"max_difference", result.max_difference},
                               {"answers", ComparedJson(metadata.samples[i])},
                               {"message", result.status.ok() ? "" : std::string(result.status.message())}});
  }
  if (checked.memory) {
    json["memory"] = {{"load_ms", checked.memory->load_ms},
                      {"plan_ms", checked.memory->plan_ms},
                      {"private_dirty_bytes", checked.memory->private_dirty},
                      {"file_shared_clean_bytes", checked.memory->file.file_shared_clean},
                      {"file_private_clean_bytes", checked.memory->file.file_private_clean},
                      {"file_dirty_bytes", checked.memory->file.file_dirty}};
  }
  return json;
}

int Check(const CheckCommand& command) {
  LoadOptions load = Cached();
  load.map_file = !command.read;
  const auto before = ReadProcessMemory("");
  const auto start = Clock::now();
  Result<std::shared_ptr<const Model>> model = Model::Load(command.pack, load);
  if (!model.ok()) return Fail(model.status(), kBadData);
  if (!(*model)->package() || (*model)->package()->Find(MemmappedPackage::kChecksumsRegion) == nullptr) {
    return Fail(InvalidArgument(Quoted(command.pack), ": want a pack (.rivulet), got a ", (*model)->format()),
                kBadData);
  }
  const auto metadata = MetadataOf(**model);
  if (!metadata.ok()) return Fail(metadata.status(), kBadData);
  // What `rivulet shrink` wrote says nothing of itself; its graph does.
  const prepare::PackMetadata told = *metadata ? **metadata : FromGraph(**model);
  Checked checked;
  if (command.memory) {
    auto report = MeasureMemory(command, told, start, before.value_or(ProcessMemory()), *model);
    if (!report.ok()) return Fail(report.status(), kBadData);
    checked.memory = *report;
  }
  auto damage = FindPackageDamage(*(*model)->package());
  if (!damage.ok()) return Fail(Status(damage.status()).Framed(Quoted(command.pack)), kBadData);
  checked.regions = (*model)->package()->regions().size();
  checked.damage = *std::move(damage);
  if (checked.damage.empty() && !told.samples.empty()) {
    auto session = Session::Create(*model);
    if (!session.ok()) return Fail(session.status(), kBadData);
    for (const prepare::PackSample& sample : told.samples) {
      checked.samples.push_back(
          prepare::RunSample(*(*model)->package(), sample, told.tolerance, MakeUpTensor, **session));
    }
  }
  if (command.json) {
    PrintJson(ToJson(command, **model, told, checked));
  } else {
    Print(command, **model, told, checked);
  }
  return checked.ok() ? kFine : kBadData;
}

}  // namespace

void AddCheck(CLI::App& app, int* code) {
  auto command = std::make_shared<CheckCommand>();
  Subcommand sub(app, "check", "Whether a pack is as it was written, and what an app must feed");
  sub.option("pack", command->pack, "A .rivulet file").required();
  sub.flag("--json", command->json, "As one JSON object");
  sub.flag("--memory", command->memory, "Also how long it takes to load, and how much memory before the first run");
  sub.flag("--read", command->read, "Read the file into memory instead of mapping it");
  sub.footer("Examples:\n  rivulet check app.rivulet\n  rivulet check app.rivulet --memory --json");
  sub.callback([command, code] { *code = Check(*command); });
}

}  // namespace rivulet::cli
