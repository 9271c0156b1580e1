#include "rivulet/session.h"

#include <algorithm>
#include <list>
#include <mutex>

#include "engine/base/guard.h"
#include "engine/base/small.h"
#include "engine/ops/infer.h"
#include "engine/ops/lookup_table.h"
#include "engine/run/executor.h"
#include "engine/run/function_table.h"
#include "engine/run/initialize.h"
#include "engine/run/kept_forms.h"

namespace rivulet {

namespace {

// What must be equal for two runs to use one plan. Comparing allocates nothing.
struct PlanKey {
  PlanKey(const Feeds& feeds, std::vector<std::string> f, std::vector<std::string> t)
      : fetches(std::move(f)), targets(std::move(t)) {
    for (const auto& [name, tensor] : feeds) specs.push_back({name, tensor.dtype(), tensor.shape()});
  }

  bool Is(const Feeds& feeds, const std::vector<std::string>& f, const std::vector<std::string>& t) const {
    return std::equal(specs.begin(), specs.end(), feeds.begin(), feeds.end(),
                      [](const FeedSpec& spec, const Feeds::value_type& feed) {
                        return spec.name == feed.first && spec.dtype == feed.second.dtype() &&
                               spec.shape == feed.second.shape();
                      }) &&
           fetches == f && targets == t;
  }

  std::vector<FeedSpec> specs;
  std::vector<std::string> fetches;
  std::vector<std::string> targets;
};

struct PlanEntry {
  explicit PlanEntry(PlanKey k) : key(std::move(k)) {}

  const PlanKey key;
  std::shared_ptr<const Plan> plan;
  PlanStats stats;
  std::vector<std::unique_ptr<Frame>> idle;
};

}  // namespace

struct Session::Rep {
  Rep(std::shared_ptr<const Model> m, const SessionOptions& o)
      : model(std::move(m)),
        options(o),
        allocator(Allocator::Create(o.memory_budget_bytes)),
        pool(o.num_threads),
        functions(model->graph().functions, model->limits(), /*raise_loops=*/o.passes,
                  /*prints=*/!kIsSmall && o.printer != nullptr),
        packed(model->packed_forms(), options.precision),
        environment{o.passes,
                    o.max_rewrites,
                    model->graph().has_versions,
                    *allocator,
                    pool,
                    resources,
                    functions,
                    packed,
                    model->files(),
                    o.prefer_memory ? model.get() : nullptr} {
    if (!kIsSmall && options.printer) resources.set_printer(&options.printer);
  }

  const std::shared_ptr<const Model> model;
  const SessionOptions options;
  const std::shared_ptr<Allocator> allocator;
  ThreadPool pool;
  Resources resources;
  FunctionTable functions;
  PackedOperands packed;
  const Environment environment;

  std::mutex initialize_mutex;
  bool is_initialized = false;  // guarded by it

  std::mutex mutex;                             // guards what follows
  std::list<std::shared_ptr<PlanEntry>> plans;  // most recently used first

  Result<std::shared_ptr<PlanEntry>> GetPlan(const Feeds& feeds, const std::vector<std::string>& fetches,
                                             const std::vector<std::string>& targets, const StopToken& stop);
  // Restores the model's variables and runs its initialiser, once, when this run can meet them.
  Status InitializeFor(const std::vector<std::string>& fetches, const std::vector<std::string>& targets,
                       const StopToken& stop);
  // A variable without a value, where the model's checkpoint is missing, is told with the reason; a table without
  // content with what would fill it.
  Status Explain(Status status) const;
  // body(), a Result, whose error says which model it is of; also where memory ends while that is said.
  template <typename Body>
  auto Named(const Body& body) const -> decltype(body()) {
    return CatchBadAlloc([&]() -> decltype(body()) {
      auto result = CatchBadAlloc(body);
      if (result.ok()) return result;
      return Explain(std::move(result).status()).Framed(Quoted(model->name()));
    });
  }
  Result<std::unique_ptr<Frame>> TakeFrame(PlanEntry& entry);
  void GiveBack(PlanEntry& entry, std::unique_ptr<Frame> frame);
};

Result<std::shared_ptr<PlanEntry>> Session::Rep::GetPlan(const Feeds& feeds, const std::vector<std::string>& fetches,
                                                         const std::vector<std::string>& targets,
                                                         const StopToken& stop) {
  {
    std::lock_guard<std::mutex> lock(mutex);
    for (auto it = plans.begin(); it != plans.end(); ++it) {
      if (!(*it)->key.Is(feeds, fetches, targets)) continue;
      // A variable that the plan took as a constant was changed since.
      if ((*it)->plan->frozen != nullptr && !(*it)->plan->frozen->Hold()) {
        plans.erase(it);
        break;
      }
      plans.splice(plans.begin(), plans, it);
      return plans.front();
    }
  }
  RIVULET_RETURN_IF_ERROR(InitializeFor(fetches, targets, stop));
  const auto start = StopToken::Clock::now();
  auto entry = std::make_shared<PlanEntry>(PlanKey(feeds, fetches, targets));
  KeptForms kept(*model);
  RIVULET_ASSIGN_OR_RETURN(entry->plan,
                           MakePlan(model->graph(), entry->key.specs, fetches, targets, environment, stop));
  kept.Keep();
  model->DropFilePages();
  entry->stats.plan_ms = std::chrono::duration<double, std::milli>(StopToken::Clock::now() - start).count();
  entry->stats.num_steps = static_cast<int64_t>(entry->plan->steps.size());
  for (const Lanes& lanes : entry->plan->lanes) entry->stats.steps_in_lanes += lanes.end - lanes.begin;
  entry->stats.arena_bytes = entry->plan->arena_bytes;
  entry->stats.least_arena_bytes = entry->plan->least_arena_bytes;
  entry->stats.constant_bytes = entry->plan->constant_bytes;
  entry->stats.num_rewrites = entry->plan->num_rewrites;
  std::lock_guard<std::mutex> lock(mutex);
  plans.push_front(entry);
  while (plans.size() > static_cast<size_t>(std::max(options.max_plans, 1))) plans.pop_back();
  return entry;
}

Status Session::Rep::InitializeFor(const std::vector<std::string>& fetches, const std::vector<std::string>& targets,
                                   const StopToken& stop) {
  const ModelSetup& setup = model->setup();
  if (setup.restore_op.empty() && setup.init_ops.empty()) return Status();
  std::lock_guard<std::mutex> lock(initialize_mutex);
  if (is_initialized || !NeedsState(model->graph(), fetches, targets)) return Status();
  RIVULET_RETURN_IF_ERROR(Initialize(model->graph(), setup, environment, stop));
  is_initialized = true;
  return Status();
}

Status Session::Rep::Explain(Status status) const {
  const ModelSetup& setup = model->setup();
  if (status.code() == Code::kFailedPrecondition && status.message().find(kNoContent) != std::string_view::npos) {
    const std::string names = TableInitializers(model->graph());
    if (!names.empty()) return Status(status.code(), Cat(status.message(), ", as a target: ", names));
  }
  if (status.code() != Code::kFailedPrecondition || setup.restore_op.empty() || setup.no_checkpoint.empty()) {
    return status;
  }
  return Status(status.code(), Cat(status.message(), "; ", setup.no_checkpoint));
}

Result<std::unique_ptr<Frame>> Session::Rep::TakeFrame(PlanEntry& entry) {
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (!entry.idle.empty()) {
      std::unique_ptr<Frame> frame = std::move(entry.idle.back());
      entry.idle.pop_back();
      return frame;
    }
  }
  return MakeFrame(entry.plan, *allocator, resources);
}

void Session::Rep::GiveBack(PlanEntry& entry, std::unique_ptr<Frame> frame) {
  std::lock_guard<std::mutex> lock(mutex);
  entry.idle.push_back(std::move(frame));
}

Session::Session(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::Create(std::shared_ptr<const Model> model, const SessionOptions& options) {
  return CatchBadAlloc([&]() -> Result<std::unique_ptr<Session>> {
    if (model == nullptr) return InvalidArgument("a session needs a model");
    if (options.num_threads < 1 || options.num_threads > 1024) {
      return InvalidArgument("num_threads: want 1 to 1024, got ", options.num_threads);
    }
    return std::unique_ptr<Session>(new Session(std::make_unique<Rep>(std::move(model), options)));
  });
}

namespace {

StopToken MakeStop(const RunOptions& options) {
  auto deadline = StopToken::Clock::time_point::max();
  if (options.deadline_ms > 0 && options.deadline_ms < 1e12) {
    deadline = StopToken::Clock::now() + std::chrono::duration_cast<StopToken::Clock::duration>(
                                             std::chrono::duration<double, std::milli>(options.deadline_ms));
  }
  return StopToken(options.cancel, deadline);
}

Status CheckFeeds(const Feeds& feeds) {
  for (const auto& [name, tensor] : feeds) {
    if (!tensor.valid()) return InvalidArgument("input ", Quoted(name), " has no tensor");
  }
  return Status();
}

}  // namespace

Result<std::vector<Tensor>> Session::Run(const Feeds& feeds, const std::vector<std::string>& fetches,
                                         const std::vector<std::string>& targets, const RunOptions& options) {
  return rep_->Named([&]() -> Result<std::vector<Tensor>> {
    const StopToken stop = MakeStop(options);
    RIVULET_RETURN_IF_ERROR(CheckFeeds(feeds));
    RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<PlanEntry> entry, rep_->GetPlan(feeds, fetches, targets, stop));
    RIVULET_ASSIGN_OR_RETURN(std::unique_ptr<Frame> frame, rep_->TakeFrame(*entry));
    Result<std::vector<Tensor>> results = RunFrame(*frame, feeds, rep_->environment, stop, options.profile);
    rep_->GiveBack(*entry, std::move(frame));
    return results;
  });
}

Result<PlanStats> Session::Prepare(const Feeds& feeds, const std::vector<std::string>& fetches,
                                   const std::vector<std::string>& targets, const RunOptions& options) {
  return rep_->Named([&]() -> Result<PlanStats> {
    const StopToken stop = MakeStop(options);
    RIVULET_RETURN_IF_ERROR(CheckFeeds(feeds));
    RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<PlanEntry> entry, rep_->GetPlan(feeds, fetches, targets, stop));
    return entry->stats;
  });
}

const std::shared_ptr<Allocator>& Session::allocator() const { return rep_->allocator; }
int Session::num_threads() const { return rep_->pool.num_threads(); }

}  // namespace rivulet
