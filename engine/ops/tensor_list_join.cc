// Lists as one tensor: TensorListStack, TensorListGather (elements along a new first axis), TensorListConcat,
// TensorListConcatV2 (along their own first axis), TensorListConcatLists (lists one after another).
//
// Elements that were never set are zeros of the shape that the list, the operator and the other elements agree on.
// A stack of elements that lie in order is the list's own memory. Deviations from TensorFlow: indices of
// TensorListGather are checked, where TensorFlow may read out of bounds.
#include <algorithm>

#include "engine/base/checked.h"
#include "engine/graph/shape_math.h"
#include "engine/ops/rows.h"
#include "engine/ops/tensor_list_value.h"

namespace rivulet {
namespace {

struct State : OpState {
  DType dtype = DType::kInvalid;
  int64_t num_elements = -1;
  Shape element_shape = Shape::UnknownRank();
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->dtype = c.attrs().Type("element_dtype");
  if (c.node().op == "TensorListStack") state->num_elements = c.attrs().Int("num_elements");
  if (c.node().op == "TensorListConcat") state->element_shape = c.attrs().ShapeAttr("element_shape");
  return std::unique_ptr<OpState>(std::move(state));
}

Status WantComplete(const Shape& shape) {
  if (!shape.complete()) {
    return InvalidArgument("the shape of the elements is not known: ", shape, "; no element tells it");
  }
  if (shape.rank() >= Shape::kMaxRank) return InvalidArgument("the result would have ", shape.rank() + 1, " dims");
  return Status();
}

// ---- TensorListStack ----

Status InferStack(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const Shape shape, ElementShapeFact(c, 1));
  const int64_t count = c.attrs().Int("num_elements");
  c.set_output(0, WithFirstDim(count < 0 ? Shape::kUnknownDim : count, shape));
  return Status();
}

Status RunStack(RunContext& c) {
  const auto& state = c.state<State>();
  RIVULET_ASSIGN_OR_RETURN(const Shape given, ReadElementShape(c.input(1)));
  RIVULET_ASSIGN_OR_RETURN(const TensorList* list, ListIn(c.input(0), state.dtype));
  const int64_t count = list->elements.size();
  if (state.num_elements != -1 && state.num_elements != count) {
    return InvalidArgument("the list has ", count, " elements, attr 'num_elements' says ", state.num_elements);
  }
  RIVULET_ASSIGN_OR_RETURN(Shape shape, MergeElementShapes(list->element_shape, given));
  for (int64_t i = 0; i < count && !list->element_shape.complete(); ++i) {
    if (!list->elements.IsSet(i)) continue;
    RIVULET_ASSIGN_OR_RETURN(shape, MergeElementShapes(shape, list->elements.ShapeAt(i)));
    if (shape.complete()) break;  // Join compares the others
  }
  RIVULET_RETURN_IF_ERROR(WantComplete(shape));
  const Tensor& handle = c.input(0);
  const bool is_sole =
      handle.owner() != nullptr && handle.owner().use_count() == 1 && handle.data<ObjectRef>()->use_count() == 1;
  ElementStore& elements = const_cast<TensorList*>(list)->elements;  // its meaning does not change
  RIVULET_ASSIGN_OR_RETURN(const Tensor joined, elements.Join(shape, is_sole, c.allocator()));
  c.SetOutput(0, joined);
  return Status();
}

// ---- TensorListGather ----

Status InferGather(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  RIVULET_ASSIGN_OR_RETURN(const Shape shape, ElementShapeFact(c, 2));
  c.set_output(0, WithFirstDim(c.shape(1).has_rank() ? c.shape(1)[0] : Shape::kUnknownDim, shape));
  return Status();
}

Status RunGather(RunContext& c) {
  const auto& state = c.state<State>();
  const Tensor& indices = c.input(1);
  RIVULET_ASSIGN_OR_RETURN(const Shape given, ReadElementShape(c.input(2)));
  RIVULET_ASSIGN_OR_RETURN(const TensorList* list, ListIn(c.input(0), state.dtype));
  if (indices.rank() != 1) return InvalidArgument("indices: want a vector, got ", indices.shape());
  RIVULET_ASSIGN_OR_RETURN(Shape shape, MergeElementShapes(list->element_shape, given));
  const int32_t* at = indices.data<int32_t>();
  const int64_t count = indices.num_elements();
  for (int64_t i = 0; i < count; ++i) {
    if (at[i] < 0 || at[i] >= list->elements.size()) {
      return InvalidArgument("indices[", i, "]: want [0, ", list->elements.size(), "), got ", at[i]);
    }
    if (!list->elements.IsSet(at[i])) continue;
    RIVULET_ASSIGN_OR_RETURN(shape, MergeElementShapes(shape, list->elements.ShapeAt(at[i])));
  }
  RIVULET_RETURN_IF_ERROR(WantComplete(shape));
  RIVULET_ASSIGN_OR_RETURN(Tensor out, Tensor::Allocate(state.dtype, WithFirstDim(count, shape), c.allocator()));
  const int64_t row = shape.num_elements();
  for (int64_t i = 0; i < count; ++i) list->elements.CopyTo(at[i], row, ElementAt(out.raw(), state.dtype, i * row));
  c.SetOutput(0, out);
  return Status();
}

// ---- TensorListConcat, TensorListConcatV2 ----

// The element shape without its first dim.
Result<Shape> Inner(const Shape& element_shape) {
  if (element_shape.has_rank() && element_shape.rank() == 0) {
    return InvalidArgument("want elements of rank 1 or more, element_shape says scalars");
  }
  return WithoutFirstDim(element_shape);
}

Status InferConcat(InferContext& c) {
  Shape shape = c.num_inputs() == 1 ? c.attrs().ShapeAttr("element_shape") : Shape::UnknownRank();
  if (c.num_inputs() > 1) {
    RIVULET_ASSIGN_OR_RETURN(shape, ElementShapeFact(c, 1));
    RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
  }
  RIVULET_ASSIGN_OR_RETURN(const Shape inner, Inner(shape));
  c.set_output(0, WithFirstDim(Shape::kUnknownDim, inner));
  c.set_output(1, Shape::OfUnknownDims(1));
  return Status();
}

// What the elements that are set say.
struct Rows {
  Shape inner;          // shape without the first dim
  int64_t length = -1;  // of elements that are not set: the first dim that all others have
};

Result<Rows> FindRows(const TensorList& list, const Shape& given, bool is_first_version) {
  RIVULET_ASSIGN_OR_RETURN(const Shape shape, MergeElementShapes(list.element_shape, given));
  Rows rows;
  RIVULET_ASSIGN_OR_RETURN(rows.inner, Inner(shape));
  const int64_t wanted = shape.has_rank() && !is_first_version ? shape[0] : -1;
  rows.length = wanted;
  bool differ = false;
  for (int64_t i = 0; i < list.elements.size(); ++i) {
    if (!list.elements.IsSet(i)) continue;
    const Shape element = list.elements.ShapeAt(i);
    if (element.rank() == 0) return InvalidArgument("element ", i, " is a scalar; want rank 1 or more");
    RIVULET_ASSIGN_OR_RETURN(rows.inner, MergeElementShapes(rows.inner, WithoutFirstDim(element)));
    if (wanted >= 0 && element[0] != wanted) {
      return InvalidArgument("element ", i, " has ", element[0], " rows, element_shape says ", wanted);
    }
    if (wanted < 0 && !differ) {
      differ = rows.length >= 0 && rows.length != element[0];
      rows.length = differ ? -1 : element[0];
    }
  }
  return rows;
}

Result<int64_t> LengthOf(const TensorList& list, int64_t i, const Rows& rows, const Tensor* leading) {
  if (list.elements.IsSet(i)) return list.elements.ShapeAt(i)[0];
  const int64_t given = leading != nullptr ? leading->num_elements() : 0;
  if (i >= given && rows.length >= 0) return rows.length;
  if (i >= given) return InvalidArgument("element ", i, " was never set and its number of rows is not known");
  const int64_t length = leading->data<int64_t>()[i];
  if (length < 0) return InvalidArgument("leading_dims[", i, "]: want >= 0, got ", length);
  return length;
}

Status RunConcat(RunContext& c) {
  const auto& state = c.state<State>();
  Shape given = state.element_shape;
  const Tensor* leading = nullptr;
  if (c.num_inputs() > 1) {
    RIVULET_ASSIGN_OR_RETURN(given, ReadElementShape(c.input(1)));
    leading = &c.input(2);
    if (leading->rank() != 1) return InvalidArgument("leading_dims: want a vector, got ", leading->shape());
  }
  RIVULET_ASSIGN_OR_RETURN(const TensorList* list, ListIn(c.input(0), state.dtype));
  RIVULET_ASSIGN_OR_RETURN(const Rows rows, FindRows(*list, given, leading == nullptr));
  RIVULET_RETURN_IF_ERROR(WantComplete(rows.inner));
  const int64_t count = list->elements.size();
  RIVULET_ASSIGN_OR_RETURN(Tensor lengths, Tensor::Allocate(DType::kInt64, {count}, c.allocator()));
  CheckedSize total = 0;
  for (int64_t i = 0; i < count; ++i) {
    RIVULET_ASSIGN_OR_RETURN(lengths.data<int64_t>()[i], LengthOf(*list, i, rows, leading));
    total = total + lengths.data<int64_t>()[i];
  }
  if (!total.valid()) return InvalidArgument("the result would have more rows than can be counted");
  RIVULET_ASSIGN_OR_RETURN(Tensor out,
                           Tensor::Allocate(state.dtype, WithFirstDim(total.value(), rows.inner), c.allocator()));
  const int64_t row = rows.inner.num_elements();
  int64_t at = 0;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t elements = lengths.data<int64_t>()[i] * row;
    list->elements.CopyTo(i, elements, ElementAt(out.raw(), state.dtype, at));
    at += elements;
  }
  c.SetOutput(0, out);
  c.SetOutput(1, lengths);
  return Status();
}

// ---- TensorListConcatLists ----

Status InferConcatLists(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(Shape shape, MergeShapes(c.shape(0), c.shape(1)));
  c.set_output(0, std::move(shape));
  return Status();
}

Status AppendAll(TensorList& list, const TensorList& tail, Allocator& allocator) {
  if (!(list.element_shape == tail.element_shape)) {
    return InvalidArgument("want lists of one element shape, got ", list.element_shape, " and ", tail.element_shape);
  }
  const int64_t size = list.elements.size(), added = tail.elements.size();
  if (size + added > INT32_MAX) return ResourceExhausted("the list would have ", size + added, " elements");
  RIVULET_RETURN_IF_ERROR(list.elements.Resize(size + added, allocator));
  for (int64_t i = 0; i < added; ++i) {
    if (!tail.elements.IsSet(i)) continue;
    RIVULET_RETURN_IF_ERROR(list.elements.Set(size + i, tail.elements.Get(i), allocator));
  }
  return Status();
}

Status RunConcatLists(RunContext& c) {
  const DType dtype = c.state<State>().dtype;
  const Tensor tails = c.input(1);
  if (!(c.input(0).shape() == tails.shape())) {
    return InvalidArgument("want as many lists on both sides, got ", c.input(0).shape(), " and ", tails.shape());
  }
  RIVULET_ASSIGN_OR_RETURN(Tensor heads, TakeVariants(c, 0));
  for (int64_t i = 0; i < tails.num_elements(); ++i) {
    // Kept, so that a list that is joined to itself is not changed while it is read.
    const Tensor tail = ScalarOf(DType::kVariant, tails.data<ObjectRef>()[i]);
    RIVULET_ASSIGN_OR_RETURN(const TensorList* added, ListIn(tail, dtype));
    RIVULET_ASSIGN_OR_RETURN(TensorList * list, OwnList(heads.data<ObjectRef>()[i], dtype));
    RIVULET_RETURN_IF_ERROR(AppendAll(*list, *added, c.allocator()));
  }
  c.SetOutput(0, heads);
  return Status();
}

#define RIVULET_ELEMENTS                                                                                            \
  "element_dtype:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,qi8,qu8,qi16,qu16,qi32," \
  "variant}"

constexpr uint32_t kList = kMakesOutputs | kTakesObjects | kDataDependent;

constexpr OpDef kDefs[] = {
    {.name = "TensorListStack",
     .inputs = "input_handle:variant, element_shape:i32",
     .outputs = "tensor:element_dtype",
     .attrs = RIVULET_ELEMENTS "; num_elements:int=-1",
     .infer = InferStack,
     .prepare = Prepare,
     .run = RunStack,
     .flags = kList},
    {.name = "TensorListGather",
     .inputs = "input_handle:variant, indices:i32, element_shape:i32",
     .outputs = "values:element_dtype",
     .attrs = RIVULET_ELEMENTS,
     .infer = InferGather,
     .prepare = Prepare,
     .run = RunGather,
     .flags = kList},
    {.name = "TensorListConcat",
     .inputs = "input_handle:variant",
     .outputs = "tensor:element_dtype, lengths:i64",
     .attrs = RIVULET_ELEMENTS "; element_shape:shape=?",
     .infer = InferConcat,
     .prepare = Prepare,
     .run = RunConcat,
     .flags = kList},
    {.name = "TensorListConcatV2",
     .inputs = "input_handle:variant, element_shape:shape_type, leading_dims:i64",
     .outputs = "tensor:element_dtype, lengths:i64",
     .attrs = RIVULET_ELEMENTS "; shape_type:type in {i32,i64}",
     .infer = InferConcat,
     .prepare = Prepare,
     .run = RunConcat,
     .flags = kList},
    {.name = "TensorListConcatLists",
     .inputs = "input_a:variant, input_b:variant",
     .outputs = "output:variant",
     .attrs = "element_dtype:type",
     .infer = InferConcatLists,
     .prepare = Prepare,
     .run = RunConcatLists,
     .flags = kList},
};

}  // namespace

RIVULET_OP_LIST(TensorListJoin, kDefs);

}  // namespace rivulet
