// Tables of a session, of both kinds of handles: HashTable, MutableHashTable, MutableHashTableOfTensors,
// MutableDenseHashTable, and what asks and changes them. The anonymous forms of TensorFlow 2 make a new table in each
// execution, which lives as long as its handle.
//
//   find: keys [places.., one key's dims], default [one value's dims] or [places.., one value's dims]
//         -> values [places.., one value's dims]
//
// Import of a dense table wants a power of two of buckets: with others TensorFlow finds wrong values.
#include "engine/ops/lookup_table.h"

#include "engine/ops/op.h"
#include "engine/ops/plain_infer.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

// ---- Handles ----

enum class TableKind { kFixed, kMutable, kTensors, kDense };

struct HandleState : OpState {
  TableKind kind = TableKind::kFixed;
  std::string container;
  std::string name;
  TableForm form;
  int64_t initial_buckets = 0;
  float max_load = 0;
};

// The pairs of types that TensorFlow has tables of.
bool HasTable(TableKind kind, DType key, DType value) {
  switch (value) {
    case DType::kFloat:
    case DType::kDouble:
    case DType::kInt32: return true;
    case DType::kInt64: return key != DType::kInt32;
    case DType::kBool: return key == DType::kString || (key == DType::kInt64 && kind == TableKind::kDense);
    case DType::kString: return kind == TableKind::kFixed || (key == DType::kInt64 && kind != TableKind::kDense);
    case DType::kVariant: return key == DType::kInt64 && (kind == TableKind::kMutable || kind == TableKind::kDense);
    case DType::kResource: return key == DType::kString && kind == TableKind::kDense;
    default: return false;
  }
}

// A dense table's keys are inputs, whose type stands for an attribute that is left out.
template <typename Context>
DType KeyType(const Context& c, TableKind kind) {
  return kind == TableKind::kDense && c.num_inputs() > 0 ? c.dtype(0) : c.attrs().Type("key_dtype");
}

Status InferHandle(InferContext& c, TableKind kind) {
  const DType key = KeyType(c, kind);
  const DType value = c.attrs().Type("value_dtype");
  if (!HasTable(kind, key, value)) {
    return Unimplemented("no table of this kind has keys of ", key, " and values of ", value);
  }
  c.set_output(0, {});
  return Status();
}

Status InferDense(InferContext& c) {
  for (int i = 0; i < 2; ++i) {
    if (c.shape(i).has_rank() && c.shape(i).rank() > 1) {
      return InvalidArgument("input ", i, ": want a scalar or a vector as key, got shape ", c.shape(i));
    }
  }
  return InferHandle(c, TableKind::kDense);
}

Result<std::unique_ptr<OpState>> PrepareHandle(PrepareContext& c, TableKind kind, bool is_anonymous) {
  const AttrReader attrs = c.attrs();
  auto state = std::make_unique<HandleState>();
  state->kind = kind;
  if (is_anonymous) {
    state->form.name = c.node().name;
  } else {
    // Tables and variables of one name are two things.
    state->container = Cat("tables of ", attrs.Str("container"));
    state->form.name = attrs.Str("shared_name");
    const bool is_shared = !state->form.name.empty() || attrs.Bool("use_node_name_sharing");
    if (state->form.name.empty()) state->form.name = c.node().name;
    state->name = Cat(is_shared ? "shared " : "of node ", state->form.name);
  }
  state->form.key_dtype = KeyType(c, kind);
  state->form.value_dtype = attrs.Type("value_dtype");
  if (kind == TableKind::kTensors || kind == TableKind::kDense)
    state->form.value_shape = attrs.ShapeAttr("value_shape");
  const Shape& shape = state->form.value_shape;
  const bool is_vector = shape.complete() && shape.rank() == 1;
  if (kind == TableKind::kTensors && !is_vector) {
    return InvalidArgument("attr 'value_shape': want a vector's, got ", shape);
  }
  if (kind == TableKind::kDense) {
    if (!is_vector && !(shape.has_rank() && shape.rank() == 0)) {
      return InvalidArgument("attr 'value_shape': want a scalar's or a vector's, got ", shape);
    }
    state->initial_buckets = attrs.Int("initial_num_buckets");
    state->max_load = attrs.Float("max_load_factor");
  }
  return std::unique_ptr<OpState>(std::move(state));
}

Result<ObjectRef> MakeTable(const RunContext& c, const HandleState& state) {
  if (state.kind != TableKind::kDense) return MakeHashedTable(state.form, state.kind == TableKind::kFixed);
  const Tensor& empty = c.input(0);
  const Tensor& deleted = c.input(1);
  if (!(empty.shape() == deleted.shape())) {
    return InvalidArgument("the empty and the deleted key: want one shape, got ", empty.shape(), " and ",
                           deleted.shape());
  }
  if (empty.num_elements() == 0) return InvalidArgument("the empty key has no elements");
  TableForm form = state.form;
  form.key_shape = empty.shape();
  return MakeDenseTable(std::move(form), empty, deleted, state.initial_buckets, state.max_load, c.allocator());
}

Status RunAnonymous(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(ObjectRef object, MakeTable(c, c.state<HandleState>()));
  c.SetOutput(0, ScalarOf(DType::kResource, std::move(object)));
  return Status();
}

Status RunHandle(RunContext& c) {
  const auto& state = c.state<HandleState>();
  if (c.resources() == nullptr) return Internal("a table without a session");
  RIVULET_ASSIGN_OR_RETURN(
      ObjectRef object, c.resources()->GetOrMake(state.container, state.name, [&]() { return MakeTable(c, state); }));
  if (object->kind() != LookupTable::kKind) {
    return InvalidArgument(Quoted(state.form.name), " is a ", object->kind(), ", want a table");
  }
  const TableForm& form = static_cast<const LookupTable&>(*object).form();
  if (form.key_dtype != state.form.key_dtype || form.value_dtype != state.form.value_dtype) {
    return InvalidArgument("table ", Quoted(form.name), " is from ", form.key_dtype, " to ", form.value_dtype,
                           ", want ", state.form.key_dtype, " to ", state.form.value_dtype);
  }
  c.SetOutput(0, ScalarOf(DType::kResource, std::move(object)));
  return Status();
}

// ---- Asking and changing ----

using TableRef = std::shared_ptr<LookupTable>;

Result<TableRef> TableOf(const RunContext& c) { return ObjectIn<LookupTable>(c.input(0)); }

// The table of input 0 where that is known: named tables are, once the graph is planned for a session.
Result<TableRef> KnownTable(const InferContext& c) {
  if (!c.known(0)) return TableRef();
  return ObjectIn<LookupTable>(*c.value(0));
}

Status InferFind(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const TableRef table, KnownTable(c));
  if (table == nullptr) return Status();
  RIVULET_ASSIGN_OR_RETURN(Shape shape, table->ShapeFor(c.shape(1)));
  c.set_output(0, std::move(shape));
  return Status();
}

Status RunFind(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const TableRef table, TableOf(c));
  RIVULET_ASSIGN_OR_RETURN(const Shape shape, table->ShapeFor(c.input(1).shape()));
  if (c.output(0).dtype() != table->form().value_dtype) {
    return InvalidArgument("the table's values are ", table->form().value_dtype, ", want ", c.output(0).dtype());
  }
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, shape));
  return table->Find(c.input(1), c.input(2), &c.output(0), c.stop());
}

Status RunInsert(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const TableRef table, TableOf(c));
  return table->Insert(c.input(1), c.input(2), c.allocator(), c.stop());
}

Status RunRemove(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const TableRef table, TableOf(c));
  return table->Remove(c.input(1), c.stop());
}

Status RunImport(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const TableRef table, TableOf(c));
  return table->Import(c.input(1), c.input(2), c.allocator(), c.stop());
}

Status RunSize(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const TableRef table, TableOf(c));
  c.output(0).data<int64_t>()[0] = table->size();
  return Status();
}

Status RunExport(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const TableRef table, TableOf(c));
  const TableForm& form = table->form();
  if (c.output(0).dtype() != form.key_dtype || c.output(1).dtype() != form.value_dtype) {
    return InvalidArgument("the table is from ", form.key_dtype, " to ", form.value_dtype, ", want ",
                           c.output(0).dtype(), " to ", c.output(1).dtype());
  }
  Tensor keys, values;
  RIVULET_RETURN_IF_ERROR(table->Export(c.allocator(), &keys, &values));
  c.SetOutput(0, keys);
  c.SetOutput(1, values);
  return Status();
}

#define RIVULET_KEYS "key_dtype:type in {i32,i64,str}; "
#define RIVULET_NAMED "container:string=\"\"; shared_name:string=\"\"; use_node_name_sharing:bool=false; " RIVULET_KEYS
#define RIVULET_PLAIN "f32,f64,i32,i64,bool"
#define RIVULET_VALUES "{" RIVULET_PLAIN ",str,variant,resource}"
#define RIVULET_TABLE(op, handle, kind, values)                                                      \
  {                                                                                                  \
    .name = op, .inputs = "", .outputs = "table_handle:" handle, .attrs = RIVULET_NAMED values,      \
    .infer = With<InferHandle, kind>, .prepare = With<PrepareHandle, kind, false>, .run = RunHandle, \
    .flags = kNamedResource | kMakesOutputs                                                          \
  }
#define RIVULET_ANONYMOUS(op, kind, values)                                                            \
  {                                                                                                    \
    .name = op, .inputs = "", .outputs = "table_handle:resource", .attrs = RIVULET_KEYS values,        \
    .infer = With<InferHandle, kind>, .prepare = With<PrepareHandle, kind, true>, .run = RunAnonymous, \
    .flags = kStateful | kMakesOutputs                                                                 \
  }
#define RIVULET_FIND(op, handle)                                                                             \
  {                                                                                                          \
    .name = op, .inputs = "table_handle:" handle ", keys:Tin, default_value:Tout", .outputs = "values:Tout", \
    .attrs = "Tin:type in {i32,i64,str}; Tout:type in " RIVULET_VALUES, .infer = InferFind, .run = RunFind,  \
    .flags = kStateful | kDataDependent | kMakesOutputs                                                      \
  }
#define RIVULET_CHANGE(op, handle, rule)                                                                    \
  {                                                                                                         \
    .name = op, .inputs = "table_handle:" handle ", keys:Tin, values:Tout", .outputs = "",                  \
    .attrs = "Tin:type in {i32,i64,str}; Tout:type in " RIVULET_VALUES, .infer = InferNothing, .run = rule, \
    .flags = kEffect                                                                                        \
  }
#define RIVULET_SIZE(op, handle)                                                                            \
  {                                                                                                         \
    .name = op, .inputs = "table_handle:" handle, .outputs = "size:i64", .attrs = "", .infer = InferScalar, \
    .run = RunSize, .flags = kStateful                                                                      \
  }
#define RIVULET_EXPORT(op, handle)                                                                                    \
  {                                                                                                                   \
    .name = op, .inputs = "table_handle:" handle, .outputs = "keys:Tkeys, values:Tvalues",                            \
    .attrs = "Tkeys:type in {i32,i64,str}; Tvalues:type in " RIVULET_VALUES, .infer = InferNothing, .run = RunExport, \
    .flags = kStateful | kDataDependent | kMakesOutputs                                                               \
  }

#define RIVULET_FIXED_VALUES "value_dtype:type in {" RIVULET_PLAIN ",str}"
#define RIVULET_MUTABLE_VALUES "value_dtype:type in {" RIVULET_PLAIN ",str,variant}"
#define RIVULET_TENSOR_VALUES "value_dtype:type in {" RIVULET_PLAIN ",str}; value_shape:shape=[]"

#define RIVULET_DENSE_VALUES                                                   \
  "value_dtype:type in {" RIVULET_PLAIN                                        \
  ",variant,resource}; value_shape:shape=[]; initial_num_buckets:int=131072; " \
  "max_load_factor:float=0.8"

constexpr OpDef kDefs[] = {
    RIVULET_TABLE("HashTable", "ref str", TableKind::kFixed, RIVULET_FIXED_VALUES),
    RIVULET_TABLE("HashTableV2", "resource", TableKind::kFixed, RIVULET_FIXED_VALUES),
    RIVULET_TABLE("MutableHashTable", "ref str", TableKind::kMutable, RIVULET_MUTABLE_VALUES),
    RIVULET_TABLE("MutableHashTableV2", "resource", TableKind::kMutable, RIVULET_MUTABLE_VALUES),
    RIVULET_TABLE("MutableHashTableOfTensors", "ref str", TableKind::kTensors, RIVULET_TENSOR_VALUES),
    RIVULET_TABLE("MutableHashTableOfTensorsV2", "resource", TableKind::kTensors, RIVULET_TENSOR_VALUES),
    // Its first version lacks a deleted key, without which TensorFlow does not make the table.
    {.name = "MutableDenseHashTableV2",
     .inputs = "empty_key:key_dtype, deleted_key:key_dtype",
     .outputs = "table_handle:resource",
     .attrs = RIVULET_NAMED RIVULET_DENSE_VALUES,
     .infer = InferDense,
     .prepare = With<PrepareHandle, TableKind::kDense, false>,
     .run = RunHandle,
     .flags = kNamedResource | kMakesOutputs},
    RIVULET_ANONYMOUS("AnonymousHashTable", TableKind::kFixed, RIVULET_FIXED_VALUES),
    RIVULET_ANONYMOUS("AnonymousMutableHashTable", TableKind::kMutable, RIVULET_MUTABLE_VALUES),
    RIVULET_ANONYMOUS("AnonymousMutableHashTableOfTensors", TableKind::kTensors, RIVULET_TENSOR_VALUES),
    {.name = "AnonymousMutableDenseHashTable",
     .inputs = "empty_key:key_dtype, deleted_key:key_dtype",
     .outputs = "table_handle:resource",
     .attrs = RIVULET_KEYS RIVULET_DENSE_VALUES,
     .infer = InferDense,
     .prepare = With<PrepareHandle, TableKind::kDense, true>,
     .run = RunAnonymous,
     .flags = kStateful | kMakesOutputs},
    RIVULET_FIND("LookupTableFind", "ref str"),
    RIVULET_FIND("LookupTableFindV2", "resource"),
    RIVULET_CHANGE("LookupTableInsert", "ref str", RunInsert),
    RIVULET_CHANGE("LookupTableInsertV2", "resource", RunInsert),
    RIVULET_CHANGE("LookupTableImport", "ref str", RunImport),
    RIVULET_CHANGE("LookupTableImportV2", "resource", RunImport),
    {.name = "LookupTableRemoveV2",
     .inputs = "table_handle:resource, keys:Tin",
     .outputs = "",
     .attrs = "Tin:type in {i32,i64,str}",
     .infer = InferNothing,
     .run = RunRemove,
     .flags = kEffect},
    RIVULET_SIZE("LookupTableSize", "ref str"),
    RIVULET_SIZE("LookupTableSizeV2", "resource"),
    RIVULET_EXPORT("LookupTableExport", "ref str"),
    RIVULET_EXPORT("LookupTableExportV2", "resource"),
};

}  // namespace

RIVULET_OP_LIST(LookupTable, kDefs);

}  // namespace rivulet
