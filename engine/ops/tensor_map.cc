// Maps from tensors to tensors: EmptyTensorMap, TensorMapSize, TensorMapInsert, TensorMapLookup, TensorMapErase,
// TensorMapHasKey, TensorMapStackKeys.
//
// A map is a value: who changes it gets a new one. It is changed in place when the step is the last that sees it, and
// shares keys and values otherwise. Two keys are equal when their dtypes, shapes and bytes (or strings) are: 0 is not
// -0. TensorMapStackKeys wants a key, and keys of one shape and dtype; TensorFlow gives them in no order that could be
// relied on, here it is that of their bytes.
#include "engine/base/checked.h"
#include "engine/ops/plain_infer.h"
#include "engine/ops/rows.h"
#include "engine/ops/tensor_list_value.h"
#include "engine/ops/tensor_map_value.h"

namespace rivulet {
namespace {

// A key as bytes: dtype, rank and dims, then the elements, each string after its length.
std::string KeyBytes(const Tensor& key) {
  std::string bytes;
  const auto put = [&](int64_t number) { bytes.append(reinterpret_cast<const char*>(&number), sizeof number); };
  put(static_cast<int64_t>(key.dtype()));
  put(key.rank());
  for (const int64_t dim : key.shape().dims()) put(dim);
  if (key.dtype() != DType::kString) {
    if (key.num_elements() > 0) bytes.append(static_cast<const char*>(key.raw()), key.bytes());
    return bytes;
  }
  for (const std::string& text : key.values<std::string>()) {
    put(static_cast<int64_t>(text.size()));
    bytes += text;
  }
  return bytes;
}

// What KeyBytes will make.
CheckedSize KeySize(const Tensor& key) {
  CheckedSize size = 8 * (2 + int64_t{key.rank()});
  if (key.dtype() != DType::kString) return size + static_cast<int64_t>(key.bytes());
  for (const std::string& text : key.values<std::string>()) size += 8 + static_cast<int64_t>(text.size());
  return size;
}

Result<TensorMap*> MapAt(const ObjectRef& reference) {
  if (reference == nullptr) return InvalidArgument("want a tensor map, got a variant that was never set");
  if (reference->kind() != TensorMap::kKind) return InvalidArgument("want a tensor map, got a ", reference->kind());
  return static_cast<TensorMap*>(reference.get());
}

// The map that a variant scalar refers to. Valid as long as `handle`.
Result<const TensorMap*> MapIn(const Tensor& handle) {
  if (handle.rank() != 0) return InvalidArgument("want one map, got shape ", handle.shape());
  RIVULET_ASSIGN_OR_RETURN(const TensorMap* map, MapAt(*handle.data<ObjectRef>()));
  return map;
}

struct ChangingMap {
  Tensor handle;
  TensorMap* map = nullptr;
};

// The map of input 0 to be changed: the very object where this step is the last to see it, else a copy.
Result<ChangingMap> TakeMap(RunContext& c) {
  RIVULET_RETURN_IF_ERROR(MapIn(c.input(0)).status());
  ChangingMap changing;
  RIVULET_ASSIGN_OR_RETURN(changing.handle, TakeVariants(c, 0));
  ObjectRef& reference = *changing.handle.data<ObjectRef>();
  RIVULET_ASSIGN_OR_RETURN(changing.map, MapAt(reference));
  if (reference.use_count() == 1) return changing;
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<TensorMap> copy, TensorMap::Copy(*changing.map, c.allocator()));
  changing.map = copy.get();
  reference = std::move(copy);
  return changing;
}

// Input 1 as bytes.
Result<std::string> ReadKey(RunContext& c) {
  const CheckedSize size = KeySize(c.input(1));
  if (!size.valid()) return ResourceExhausted("the key is larger than any memory");
  RIVULET_RETURN_IF_ERROR(c.allocator().Charge(static_cast<size_t>(size.value())));
  c.allocator().Release(static_cast<size_t>(size.value()));
  return KeyBytes(c.input(1));
}

Result<TensorMap::Entries::const_iterator> FindKey(const TensorMap& map, const std::string& bytes) {
  const auto found = map.entries().find(bytes);
  if (found == map.entries().end()) return InvalidArgument("the map has no such key");
  return found;
}

// ---- The operators ----

Status RunEmpty(RunContext& c) {
  c.SetOutput(0, ScalarOf(DType::kVariant, std::make_shared<TensorMap>()));
  return Status();
}

Status RunSize(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const TensorMap* map, MapIn(c.input(0)));
  c.output(0).data<int32_t>()[0] = static_cast<int32_t>(map->entries().size());
  return Status();
}

Status RunInsert(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(std::string bytes, ReadKey(c));
  RIVULET_ASSIGN_OR_RETURN(ChangingMap changing, TakeMap(c));
  TensorMap::Entry entry;
  RIVULET_ASSIGN_OR_RETURN(entry.key, Owned(c.TakeInput(1), c.allocator()));
  RIVULET_ASSIGN_OR_RETURN(entry.value, Owned(c.TakeInput(2), c.allocator()));
  RIVULET_RETURN_IF_ERROR(changing.map->Insert(std::move(bytes), std::move(entry), c.allocator()));
  c.SetOutput(0, changing.handle);
  return Status();
}

Status RunLookup(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const TensorMap* map, MapIn(c.input(0)));
  RIVULET_ASSIGN_OR_RETURN(const std::string bytes, ReadKey(c));
  RIVULET_ASSIGN_OR_RETURN(const auto found, FindKey(*map, bytes));
  const Tensor& value = found->second.value;
  if (value.dtype() != c.output(0).dtype()) {
    return InvalidArgument("the value is ", value.dtype(), ", want ", c.output(0).dtype());
  }
  c.SetOutput(0, value);
  return Status();
}

Status RunErase(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::string bytes, ReadKey(c));
  RIVULET_ASSIGN_OR_RETURN(const TensorMap* map, MapIn(c.input(0)));
  RIVULET_RETURN_IF_ERROR(FindKey(*map, bytes).status());
  RIVULET_ASSIGN_OR_RETURN(ChangingMap changing, TakeMap(c));
  changing.map->Erase(bytes);
  c.SetOutput(0, changing.handle);
  return Status();
}

Status RunHasKey(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const TensorMap* map, MapIn(c.input(0)));
  RIVULET_ASSIGN_OR_RETURN(const std::string bytes, ReadKey(c));
  c.output(0).data<bool>()[0] = map->entries().count(bytes) > 0;
  return Status();
}

Status RunStackKeys(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const TensorMap* map, MapIn(c.input(0)));
  const TensorMap::Entries& entries = map->entries();
  if (entries.empty()) return InvalidArgument("the map is empty: it has no keys to stack");
  const DType dtype = c.output(0).dtype();
  const Shape& shape = entries.begin()->second.key.shape();
  if (shape.rank() >= Shape::kMaxRank) return InvalidArgument("keys of rank ", shape.rank(), " cannot be stacked");
  RIVULET_ASSIGN_OR_RETURN(
      Tensor stacked,
      Tensor::Allocate(dtype, WithFirstDim(static_cast<int64_t>(entries.size()), shape), c.allocator()));
  int64_t at = 0;
  for (const auto& [bytes, entry] : entries) {
    if (entry.key.dtype() != dtype || !(entry.key.shape() == shape)) {
      return InvalidArgument("want keys of ", dtype, shape, ", got one of ", entry.key.dtype(), entry.key.shape());
    }
    CopyElements(dtype, ElementAt(stacked.raw(), dtype, at), entry.key.raw(), entry.key.num_elements());
    at += entry.key.num_elements();
  }
  c.SetOutput(0, stacked);
  return Status();
}

#define RIVULET_KEY \
  "key_dtype:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,qi8,qu8,qi16,qu16,qi32}"

constexpr uint32_t kMap = kMakesOutputs | kTakesObjects;

constexpr OpDef kDefs[] = {
    {.name = "EmptyTensorMap",
     .inputs = "",
     .outputs = "handle:variant",
     .attrs = "",
     .infer = InferScalar,
     .run = RunEmpty,
     .flags = kMap},
    {.name = "TensorMapSize",
     .inputs = "input_handle:variant",
     .outputs = "size:i32",
     .attrs = "",
     .infer = InferScalar,
     .run = RunSize},
    {.name = "TensorMapInsert",
     .inputs = "input_handle:variant, key:key_dtype, value:value_dtype",
     .outputs = "output_handle:variant",
     .attrs = RIVULET_KEY "; value_dtype:type",
     .infer = InferScalar,
     .run = RunInsert,
     .flags = kMap},
    {.name = "TensorMapLookup",
     .inputs = "input_handle:variant, key:key_dtype",
     .outputs = "value:value_dtype",
     .attrs = RIVULET_KEY "; value_dtype:type",
     .infer = InferNothing,
     .run = RunLookup,
     .flags = kMap | kDataDependent},
    {.name = "TensorMapErase",
     .inputs = "input_handle:variant, key:key_dtype",
     .outputs = "output_handle:variant",
     .attrs = RIVULET_KEY "; value_dtype:type",
     .infer = InferScalar,
     .run = RunErase,
     .flags = kMap},
    {.name = "TensorMapHasKey",
     .inputs = "input_handle:variant, key:key_dtype",
     .outputs = "has_key:bool",
     .attrs = RIVULET_KEY,
     .infer = InferScalar,
     .run = RunHasKey,
     .flags = kTakesObjects},
    {.name = "TensorMapStackKeys",
     .inputs = "input_handle:variant",
     .outputs = "keys:key_dtype",
     .attrs = "key_dtype:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,qi8,qu8,qi32}",
     .infer = InferNothing,
     .run = RunStackKeys,
     .flags = kMap | kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(TensorMap, kDefs);

}  // namespace rivulet
