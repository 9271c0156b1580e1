// MapStage, MapUnstage, MapUnstageNoKey, MapPeek, MapSize, MapIncompleteSize, MapClear and the Ordered forms: tuples
// staged under int64 keys, whole or component by component, between runs of a session.
//
// Identity, limits and waiting are those of Stage (stage.cc). MapUnstageNoKey takes the least key in both forms;
// TensorFlow's unordered form takes any. Against memory_limit all components count; in TensorFlow the last one does. A
// key that is staged again while it is there keeps its first tuple.
#include <map>

#include "engine/ops/element_tuple.h"
#include "engine/ops/plain_infer.h"
#include "engine/ops/staged.h"
#include "engine/ops/waiting_line.h"

namespace rivulet {
namespace {

// Thread-safe.
class StagingMap : public Object {
 public:
  static constexpr std::string_view kKind = "staging map";
  std::string_view kind() const override { return kKind; }

  StagingMap(std::vector<DType> dtypes, int64_t capacity, int64_t memory_limit)
      : dtypes_(std::move(dtypes)), capacity_(capacity), memory_(memory_limit) {}

  // Component indices[i] of the tuple under `key` becomes values[i].
  Status Put(int64_t key, std::span<const int32_t> indices, Tuple values, Allocator& allocator, const StopToken& stop) {
    if (indices.size() != values.size()) {
      return InvalidArgument("indices: want one for each of ", values.size(), " values, got ", indices.size());
    }
    RIVULET_RETURN_IF_ERROR(CheckIndices(indices));
    for (size_t i = 0; i < indices.size(); ++i) {
      const DType want = dtypes_[static_cast<size_t>(indices[i])];
      if (values[i].dtype() != want) {
        return InvalidArgument("component ", indices[i], ": want ", want, ", got ", values[i].dtype());
      }
    }
    const int64_t bytes = BytesOf(values);
    RIVULET_RETURN_IF_ERROR(memory_.CheckEver(bytes));
    RIVULET_ASSIGN_OR_RETURN(KeptTuple kept, KeptTuple::Keep(std::move(values), allocator));
    const bool is_whole = indices.size() == dtypes_.size();
    std::unique_lock<std::mutex> lock(mutex_);
    WaitingLine alone;  // another key may find room before
    return alone.TakeTurn(lock, changed_, stop, [&]() -> Result<bool> {
      if (!memory_.HasRoom(bytes)) return false;
      const auto found = incomplete_.find(key);
      int64_t missing = static_cast<int64_t>(dtypes_.size() - indices.size());
      if (!is_whole && found != incomplete_.end()) {
        for (const int32_t index : indices) {
          if (!found->second.parts()[static_cast<size_t>(index)].valid()) continue;
          return InvalidArgument("component ", index, " under key ", key, " is there already");
        }
        missing = -static_cast<int64_t>(indices.size());
        for (const Tensor& part : found->second.parts()) missing += part.valid() ? 0 : 1;
      }
      if (missing == 0 && capacity_ > 0 && Count(whole_) >= capacity_) return false;
      Tuple parts(dtypes_.size());
      if (!is_whole && found != incomplete_.end()) parts = std::move(found->second.parts());
      for (size_t i = 0; i < indices.size(); ++i) {
        parts[static_cast<size_t>(indices[i])] = std::move(kept.parts()[i]);
      }
      kept.parts() = std::move(parts);
      if (!is_whole && found != incomplete_.end()) incomplete_.erase(found);
      if ((missing == 0 ? whole_ : incomplete_).emplace(key, std::move(kept)).second) memory_.Add(bytes);
      return true;
    });
  }

  // The components under the key, taken out or only looked at. The key goes with its last component.
  Result<Tuple> Get(int64_t key, std::span<const int32_t> indices, std::span<const DType> dtypes, bool takes,
                    const StopToken& stop) {
    RIVULET_RETURN_IF_ERROR(CheckIndices(indices));
    Tuple tuple;
    std::unique_lock<std::mutex> lock(mutex_);
    WaitingLine alone;
    RIVULET_RETURN_IF_ERROR(alone.TakeTurn(lock, changed_, stop, [&]() -> Result<bool> {
      const auto found = whole_.find(key);
      if (found == whole_.end()) return false;
      RIVULET_ASSIGN_OR_RETURN(tuple, Pick(found, indices, dtypes, takes));
      return true;
    }));
    return tuple;
  }

  Result<Tuple> TakeAny(std::span<const int32_t> indices, std::span<const DType> dtypes, const StopToken& stop,
                        int64_t* key) {
    RIVULET_RETURN_IF_ERROR(CheckIndices(indices));
    Tuple tuple;
    std::unique_lock<std::mutex> lock(mutex_);
    RIVULET_RETURN_IF_ERROR(takers_.TakeTurn(lock, changed_, stop, [&]() -> Result<bool> {
      if (whole_.empty()) return false;
      *key = whole_.begin()->first;
      RIVULET_ASSIGN_OR_RETURN(tuple, Pick(whole_.begin(), indices, dtypes, true));
      return true;
    }));
    return tuple;
  }

  int64_t Size(bool of_incomplete) {
    std::lock_guard<std::mutex> lock(mutex_);
    return Count(of_incomplete ? incomplete_ : whole_);
  }

  void Clear() {
    std::lock_guard<std::mutex> lock(mutex_);
    whole_.clear();
    incomplete_.clear();
    memory_.Clear();
    changed_.notify_all();
  }

 private:
  using Tuples = std::map<int64_t, KeptTuple>;

  static int64_t Count(const Tuples& tuples) { return static_cast<int64_t>(tuples.size()); }

  Status CheckIndices(std::span<const int32_t> indices) const {
    for (size_t i = 0; i < indices.size(); ++i) {
      if (indices[i] < 0 || static_cast<size_t>(indices[i]) >= dtypes_.size()) {
        return InvalidArgument("indices: want [0, ", dtypes_.size(), "), got ", indices[i]);
      }
      if (i > 0 && indices[i] <= indices[i - 1]) {
        return InvalidArgument("indices: want ascending ones, got ", indices[i], " after ", indices[i - 1]);
      }
    }
    return Status();
  }

  Result<Tuple> Pick(Tuples::iterator found, std::span<const int32_t> indices, std::span<const DType> dtypes,
                     bool takes) {
    Tuple tuple;
    Tuple& parts = found->second.parts();
    for (const int32_t index : indices) {
      const Tensor& part = parts[static_cast<size_t>(index)];
      if (!part.valid()) return InvalidArgument("component ", index, " under key ", found->first, " was taken before");
      tuple.push_back(part);
    }
    RIVULET_RETURN_IF_ERROR(CheckStaged(dtypes, tuple));
    if (!takes) return tuple;
    for (const int32_t index : indices) parts[static_cast<size_t>(index)] = Tensor();
    memory_.Add(-BytesOf(tuple));
    for (const Tensor& part : parts) {
      if (part.valid()) return tuple;
    }
    whole_.erase(found);
    return tuple;
  }

  const std::vector<DType> dtypes_;
  const int64_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  WaitingLine takers_;
  StagedBytes memory_;
  Tuples whole_;
  Tuples incomplete_;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  return PrepareStaged(c, c.node().op.starts_with("Ordered") ? "ordered map" : "map");
}

Result<std::shared_ptr<StagingMap>> MapOf(const RunContext& c) {
  const auto& state = c.state<StagedState>();
  return FindOrMake<StagingMap>(c, state.object, [&]() -> Result<ObjectRef> {
    return ObjectRef(std::make_shared<StagingMap>(state.dtypes, state.capacity, state.memory_limit));
  });
}

Status InferPut(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
  return c.WantRank(1, 1);
}

// Inputs: a key where `kHasKey`, and indices.
Status InferGet(InferContext& c, bool has_key) {
  if (has_key) RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
  RIVULET_RETURN_IF_ERROR(c.WantRank(has_key ? 1 : 0, 1));
  if (!has_key) c.set_output(0, {});
  for (int i = has_key ? 0 : 1; i < c.num_outputs(); ++i) c.set_output(i, Shape::UnknownRank());
  return Status();
}
template <bool kHasKey>
Status InferGet(InferContext& c) {
  return InferGet(c, kHasKey);
}

Status RunPut(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<StagingMap> map, MapOf(c));
  Tuple values;
  for (int i = 2; i < c.num_inputs(); ++i) values.push_back(c.TakeInput(i));
  return map->Put(c.input(0).data<int64_t>()[0], c.input(1).values<int32_t>(), std::move(values), c.allocator(),
                  c.stop());
}

// The outputs from `first` on have these types; what is asked for must be as many.
Result<std::vector<DType>> AskedDtypes(RunContext& c, int first, const Tensor& indices) {
  std::vector<DType> dtypes;
  for (int i = first; i < c.num_outputs(); ++i) dtypes.push_back(c.output(i).dtype());
  if (static_cast<int64_t>(dtypes.size()) == indices.num_elements()) return dtypes;
  return InvalidArgument("indices: want one for each of ", dtypes.size(), " outputs, got ", indices.num_elements());
}

Status RunGet(RunContext& c, bool takes) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<StagingMap> map, MapOf(c));
  RIVULET_ASSIGN_OR_RETURN(const std::vector<DType> dtypes, AskedDtypes(c, 0, c.input(1)));
  RIVULET_ASSIGN_OR_RETURN(const Tuple tuple, map->Get(c.input(0).data<int64_t>()[0], c.input(1).values<int32_t>(),
                                                       dtypes, takes, c.stop()));
  GiveTuple(c, tuple);
  return Status();
}
template <bool kTakes>
Status RunGet(RunContext& c) {
  return RunGet(c, kTakes);
}

Status RunTakeAny(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<StagingMap> map, MapOf(c));
  RIVULET_ASSIGN_OR_RETURN(const std::vector<DType> dtypes, AskedDtypes(c, 1, c.input(0)));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, {}));
  RIVULET_ASSIGN_OR_RETURN(const Tuple tuple,
                           map->TakeAny(c.input(0).values<int32_t>(), dtypes, c.stop(), c.output(0).data<int64_t>()));
  GiveTuple(c, tuple, 1);
  return Status();
}

Status RunSize(RunContext& c, bool of_incomplete) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<StagingMap> map, MapOf(c));
  c.output(0).data<int32_t>()[0] = static_cast<int32_t>(map->Size(of_incomplete));
  return Status();
}
template <bool kOfIncomplete>
Status RunSize(RunContext& c) {
  return RunSize(c, kOfIncomplete);
}

Status RunClear(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<StagingMap> map, MapOf(c));
  map->Clear();
  return Status();
}

#define RIVULET_MAP_OP(op, in, out, types, shapes, rule, what)                                      \
  {                                                                                                 \
    .name = op, .inputs = in, .outputs = out, .attrs = RIVULET_STAGED_ATTRS types, .infer = shapes, \
    .prepare = Prepare, .run = rule, .flags = (what) | kTakesObjects                                \
  }
#define RIVULET_MAP_OPS(form)                                                                                        \
  RIVULET_MAP_OP(form "MapStage", "key:i64, indices:i32, values:list(fake_dtypes)", "",                              \
                 "dtypes:list(type); fake_dtypes:list(type) >=1", InferPut, RunPut, kEffect),                        \
      RIVULET_MAP_OP(form "MapUnstage", "key:i64, indices:i32", "values:list(dtypes)", "dtypes:list(type) >=1",      \
                     InferGet<true>, RunGet<true>, kTuple),                                                          \
      RIVULET_MAP_OP(form "MapPeek", "key:i64, indices:i32", "values:list(dtypes)", "dtypes:list(type) >=1",         \
                     InferGet<true>, RunGet<false>, kTuple),                                                         \
      RIVULET_MAP_OP(form "MapUnstageNoKey", "indices:i32", "key:i64, values:list(dtypes)", "dtypes:list(type) >=1", \
                     InferGet<false>, RunTakeAny, kTuple),                                                           \
      RIVULET_MAP_OP(form "MapSize", "", "size:i32", "dtypes:list(type)", InferScalar, RunSize<false>, kStateful),   \
      RIVULET_MAP_OP(form "MapIncompleteSize", "", "size:i32", "dtypes:list(type)", InferScalar, RunSize<true>,      \
                     kStateful),                                                                                     \
      RIVULET_MAP_OP(form "MapClear", "", "", "dtypes:list(type)", InferNothing, RunClear, kEffect)

constexpr uint32_t kTuple = kEffect | kTakes | kDataDependent | kMakesOutputs;

constexpr OpDef kDefs[] = {RIVULET_MAP_OPS(""), RIVULET_MAP_OPS("Ordered")};

}  // namespace

RIVULET_OP_LIST(MapStage, kDefs);

}  // namespace rivulet
