// AddSparseToTensorsMap, AddManySparseToTensorsMap, TakeManySparseFromTensorsMap: sparse tensors kept in the session
// under numbers, counted from 0.
//
//   add: a sparse tensor -> its number, a scalar; many: one of rank 2 or more, indices ascending -> the numbers [N] of
//   what stands at each position of its first dim. What has elements is numbered first.
//   take: numbers [N], one or more -> a sparse tensor of shape [N, the largest of each dim..]; they are not kept longer
//
// Adding and taking with one shared_name (and container) mean one map; without a name, an adding operator's map is
// named after its node, and taking finds nothing.
#include <map>

#include "engine/ops/element_tuple.h"
#include "engine/ops/session_object.h"
#include "engine/ops/sparse_elements.h"
#include "engine/ops/text_bytes.h"

namespace rivulet {
namespace {

// Thread-safe.
class SparseTensorsMap : public Object {
 public:
  static constexpr std::string_view kKind = "map of sparse tensors";
  std::string_view kind() const override { return kKind; }

  Result<int64_t> Add(SparseElement element, Allocator& allocator) {
    Tuple parts = {std::move(element.indices), std::move(element.values), std::move(element.shape)};
    RIVULET_ASSIGN_OR_RETURN(KeptTuple kept, KeptTuple::Keep(std::move(parts), allocator));
    std::lock_guard<std::mutex> lock(mutex_);
    elements_.emplace(next_, std::move(kept));
    return next_++;
  }

  Result<SparseElement> Take(int64_t number) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = elements_.find(number);
    if (found == elements_.end()) return InvalidArgument("there is no sparse tensor of number ", number);
    Tuple& parts = found->second.parts();
    SparseElement element{std::move(parts[0]), std::move(parts[1]), std::move(parts[2])};
    elements_.erase(found);
    return element;
  }

 private:
  std::mutex mutex_;
  std::map<int64_t, KeptTuple> elements_;
  int64_t next_ = 0;
};

struct State : OpState {
  ObjectName object;
  DType dtype = DType::kInvalid;
};

Result<std::unique_ptr<OpState>> PrepareAdd(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->object = ObjectName(c.node(), SparseTensorsMap::kKind);
  return std::unique_ptr<OpState>(std::move(state));
}

Result<std::unique_ptr<OpState>> PrepareTake(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->object = ObjectName(c.node(), SparseTensorsMap::kKind);
  // A name that no other map has.
  if (c.attrs().Str("shared_name").empty()) state->object.name = Cat("of its own: ", c.node().name);
  state->dtype = c.attrs().Type("dtype");
  return std::unique_ptr<OpState>(std::move(state));
}

Result<std::shared_ptr<SparseTensorsMap>> FindMap(const RunContext& c) {
  return FindOrMake<SparseTensorsMap>(c, c.state<State>().object, []() -> Result<ObjectRef> {
    return ObjectRef(std::make_shared<SparseTensorsMap>());
  });
}

Status InferAdd(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(InferSparse(c, 0, 1, 2).status());
  c.set_output(0, {});
  return Status();
}

Status RunAdd(RunContext& c) {
  RIVULET_RETURN_IF_ERROR(DenseCount(c.input(2).values<int64_t>(), "sparse_shape").status());
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<SparseTensorsMap> map, FindMap(c));
  RIVULET_ASSIGN_OR_RETURN(*c.output(0).data<int64_t>(),
                           map->Add({c.TakeInput(0), c.TakeInput(1), c.TakeInput(2)}, c.allocator()));
  return Status();
}

Status InferAddMany(InferContext& c) { return InferCut(c, {}); }

Status RunAddMany(RunContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckCut(c));
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<SparseTensorsMap> map, FindMap(c));
  const SparseView sparse(c, 0);
  const int64_t rows = c.output(0).dim(0);
  int64_t* numbers = c.output(0).data<int64_t>();
  std::fill_n(numbers, rows, -1);
  for (int64_t begin = 0, end = 0; begin < sparse.count; begin = end) {
    if (c.stop().stopped()) return c.stop().Why();
    const int64_t row = sparse.index(begin)[0];
    while (end < sparse.count && sparse.index(end)[0] == row) ++end;
    RIVULET_ASSIGN_OR_RETURN(SparseElement element, CutSparse(c, begin, end));
    RIVULET_ASSIGN_OR_RETURN(numbers[row], map->Add(std::move(element), c.allocator()));
  }
  RIVULET_ASSIGN_OR_RETURN(const SparseElement empty, CutSparse(c, 0, 0));
  for (int64_t row = 0; row < rows; ++row) {
    if (numbers[row] >= 0) continue;
    if (row % 256 == 255 && c.stop().stopped()) return c.stop().Why();
    RIVULET_ASSIGN_OR_RETURN(numbers[row], map->Add(empty, c.allocator()));
  }
  return Status();
}

Status InferTake(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 1));
  if (c.shape(0).has_rank() && c.shape(0)[0] == 0) return InvalidArgument("sparse_handles: want one or more, got none");
  c.set_output(0, Shape::OfUnknownDims(2));
  c.set_output(1, Shape::OfUnknownDims(1));
  c.set_output(2, Shape::OfUnknownDims(1));
  return Status();
}

Status RunTake(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<SparseTensorsMap> map, FindMap(c));
  const DType dtype = c.state<State>().dtype;
  const int64_t count = c.input(0).num_elements();
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(bytes.Charge(CheckedSize(count) * int64_t{sizeof(SparseElement)}));
  std::vector<SparseElement> elements;
  elements.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    auto element = map->Take(c.input(0).data<int64_t>()[i]);
    if (!element.ok()) return std::move(element).status().Framed(Cat("sparse_handles[", i, "]"));
    RIVULET_RETURN_IF_ERROR(CheckSparseElement(*element, dtype, i));
    elements.push_back(*std::move(element));
  }
  return JoinSparse(c, elements, std::span(&count, 1), dtype);
}

#define RIVULET_KEPT_TYPES "{bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,resource,variant"
#define RIVULET_MAP_NAME "container:string=\"\"; shared_name:string=\"\""

constexpr OpDef kDefs[] = {
    {.name = "AddSparseToTensorsMap",
     .inputs = "sparse_indices:i64, sparse_values:T, sparse_shape:i64",
     .outputs = "sparse_handle:i64",
     .attrs = "T:type in " RIVULET_KEPT_TYPES ",qi8,qu8,qi16,qu16,qi32}; " RIVULET_MAP_NAME,
     .infer = InferAdd,
     .prepare = PrepareAdd,
     .run = RunAdd,
     .flags = kEffect},
    {.name = "AddManySparseToTensorsMap",
     .inputs = "sparse_indices:i64, sparse_values:T, sparse_shape:i64",
     .outputs = "sparse_handles:i64",
     .attrs = "T:type in " RIVULET_KEPT_TYPES "}; " RIVULET_MAP_NAME,
     .infer = InferAddMany,
     .prepare = PrepareAdd,
     .run = RunAddMany,
     .flags = kEffect},
    {.name = "TakeManySparseFromTensorsMap",
     .inputs = "sparse_handles:i64",
     .outputs = "sparse_indices:i64, sparse_values:dtype, sparse_shape:i64",
     .attrs = "dtype:type in " RIVULET_KEPT_TYPES "}; " RIVULET_MAP_NAME,
     .infer = InferTake,
     .prepare = PrepareTake,
     .run = RunTake,
     .flags = kEffect | kMakesOutputs | kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(SparseTensorsMap, kDefs);

}  // namespace rivulet
