// Lists of tensors: EmptyTensorList, TensorListReserve, TensorListSetItem, TensorListGetItem, TensorListLength,
// TensorListResize, TensorListElementShape. See also tensor_list_back.cc, _join.cc and _split.cc.
//
// A list is a value: who changes it gets a new one. It is changed in place when the step is the last that sees it, as
// in a loop that carries it, and shares its elements otherwise (element_store.h). No deviation from TensorFlow, but
// that an element whose shape contradicts a complete element_shape of TensorListGetItem is an error.
#include "engine/ops/dims.h"
#include "engine/ops/plain_infer.h"
#include "engine/ops/tensor_list_value.h"

namespace rivulet {
namespace {

struct State : OpState {
  DType dtype = DType::kInvalid;
  bool resizes = false;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->dtype = c.attrs().Type("element_dtype");
  return std::unique_ptr<OpState>(std::move(state));
}

// The item's.
Result<std::unique_ptr<OpState>> PrepareSetItem(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->dtype = c.dtype(2);
  state->resizes = c.attrs().Bool("resize_if_index_out_of_bounds");
  return std::unique_ptr<OpState>(std::move(state));
}

int64_t Int32At(const Tensor& tensor) { return tensor.data<int32_t>()[0]; }

void SetList(RunContext& c, int i, ObjectRef list) { c.SetOutput(i, ScalarOf(DType::kVariant, std::move(list))); }

// ---- EmptyTensorList, TensorListReserve ----

Status InferMake(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(ElementShapeFact(c, 0).status());
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  c.set_output(0, {});
  return Status();
}

Status RunEmpty(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(Shape shape, ReadElementShape(c.input(0)));
  auto list = std::make_shared<TensorList>(c.state<State>().dtype, std::move(shape));
  list->max_elements = Int32At(c.input(1));
  SetList(c, 0, std::move(list));
  return Status();
}

Status RunReserve(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(Shape shape, ReadElementShape(c.input(0)));
  const int64_t count = Int32At(c.input(1));
  if (count < 0) return InvalidArgument("num_elements: want >= 0, got ", count);
  auto list = std::make_shared<TensorList>(c.state<State>().dtype, std::move(shape));
  RIVULET_RETURN_IF_ERROR(list->elements.Resize(count, c.allocator()));
  SetList(c, 0, std::move(list));
  return Status();
}

// ---- TensorListSetItem, TensorListGetItem ----

Status InferSetItem(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  c.set_output(0, {});
  return Status();
}

Status RunSetItem(RunContext& c) {
  const auto& state = c.state<State>();
  const int64_t index = Int32At(c.input(1));
  RIVULET_ASSIGN_OR_RETURN(ChangingList changing, TakeList(c, 0, state.dtype));
  TensorList& list = *changing.list;
  if (index < 0 || (!state.resizes && index >= list.elements.size())) {
    return InvalidArgument("index: want [0, ", list.elements.size(), "), got ", index);
  }
  RIVULET_RETURN_IF_ERROR(WantFits(list.element_shape, c.input(2).shape()));
  if (index >= list.elements.size()) RIVULET_RETURN_IF_ERROR(list.elements.Resize(index + 1, c.allocator()));
  RIVULET_RETURN_IF_ERROR(list.elements.Set(index, c.TakeInput(2), c.allocator()));
  c.SetOutput(0, changing.handle);
  return Status();
}

Status InferGetItem(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  RIVULET_ASSIGN_OR_RETURN(Shape shape, ElementShapeFact(c, 2));
  c.set_output(0, std::move(shape));
  return Status();
}

Status RunGetItem(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const TensorList* list, ListIn(c.input(0), c.state<State>().dtype));
  const int64_t index = Int32At(c.input(1));
  if (index < 0 || index >= list->elements.size()) {
    return InvalidArgument("index: want [0, ", list->elements.size(), "), got ", index);
  }
  if (list->elements.IsSet(index)) {
    c.SetOutput(0, list->elements.Get(index));
    return Status();
  }
  RIVULET_ASSIGN_OR_RETURN(Shape shape, ReadElementShape(c.input(2)));
  RIVULET_ASSIGN_OR_RETURN(const Tensor zeros, ZeroElement(*list, std::move(shape), true, c.allocator()));
  c.SetOutput(0, zeros);
  return Status();
}

// ---- TensorListLength, TensorListResize, TensorListElementShape ----

Status RunLength(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const TensorList* list, ListIn(c.input(0)));
  c.output(0).data<int32_t>()[0] = static_cast<int32_t>(list->elements.size());
  return Status();
}

Status InferResize(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  c.set_output(0, {});
  return Status();
}

Status RunResize(RunContext& c) {
  const int64_t size = Int32At(c.input(1));
  if (size < 0) return InvalidArgument("size: want >= 0, got ", size);
  RIVULET_ASSIGN_OR_RETURN(ChangingList changing, TakeList(c, 0));
  RIVULET_RETURN_IF_ERROR(changing.list->elements.Resize(size, c.allocator()));
  c.SetOutput(0, changing.handle);
  return Status();
}

struct ElementShapeState : OpState {
  DType dtype = DType::kInvalid;
};

Result<std::unique_ptr<OpState>> PrepareElementShape(PrepareContext& c) {
  auto state = std::make_unique<ElementShapeState>();
  state->dtype = c.attrs().Type("shape_type");
  return std::unique_ptr<OpState>(std::move(state));
}

Status InferElementShape(InferContext& c) {
  c.set_output(0, Shape::UnknownRank());
  return Status();
}

Status RunElementShape(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const TensorList* list, ListIn(c.input(0)));
  const Shape& shape = list->element_shape;
  const int64_t any = -1;
  const std::span<const int64_t> dims = shape.has_rank() ? shape.dims() : std::span<const int64_t>(&any, 1);
  const Shape of_result = shape.has_rank() ? Shape({shape.rank()}) : Shape();
  RIVULET_ASSIGN_OR_RETURN(const Tensor result,
                           IntegerTensor(c.state<ElementShapeState>().dtype, of_result, dims, c.allocator()));
  c.SetOutput(0, result);
  return Status();
}

#define RIVULET_ELEMENTS                                                                                            \
  "element_dtype:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,qi8,qu8,qi16,qu16,qi32," \
  "variant}"
#define RIVULET_SHAPE_TYPE "shape_type:type in {i32,i64}"

constexpr uint32_t kList = kMakesOutputs | kTakesObjects;

constexpr OpDef kDefs[] = {
    {.name = "EmptyTensorList",
     .inputs = "element_shape:shape_type, max_num_elements:i32",
     .outputs = "handle:variant",
     .attrs = "element_dtype:type; " RIVULET_SHAPE_TYPE,
     .infer = InferMake,
     .prepare = Prepare,
     .run = RunEmpty,
     .flags = kList},
    {.name = "TensorListReserve",
     .inputs = "element_shape:shape_type, num_elements:i32",
     .outputs = "handle:variant",
     .attrs = "element_dtype:type; " RIVULET_SHAPE_TYPE,
     .infer = InferMake,
     .prepare = Prepare,
     .run = RunReserve,
     .flags = kList},
    {.name = "TensorListSetItem",
     .inputs = "input_handle:variant, index:i32, item:element_dtype",
     .outputs = "output_handle:variant",
     .attrs = "element_dtype:type; resize_if_index_out_of_bounds:bool=false",
     .infer = InferSetItem,
     .prepare = PrepareSetItem,
     .run = RunSetItem,
     .flags = kList},
    {.name = "TensorListGetItem",
     .inputs = "input_handle:variant, index:i32, element_shape:Tshape",
     .outputs = "item:element_dtype",
     .attrs = RIVULET_ELEMENTS "; Tshape:type=i32 in {i32,i64}",
     .infer = InferGetItem,
     .prepare = Prepare,
     .run = RunGetItem,
     .flags = kList | kDataDependent},
    {.name = "TensorListLength",
     .inputs = "input_handle:variant",
     .outputs = "length:i32",
     .attrs = "",
     .infer = InferScalar,
     .run = RunLength},
    {.name = "TensorListResize",
     .inputs = "input_handle:variant, size:i32",
     .outputs = "output_handle:variant",
     .attrs = "",
     .infer = InferResize,
     .run = RunResize,
     .flags = kList},
    {.name = "TensorListElementShape",
     .inputs = "input_handle:variant",
     .outputs = "element_shape:shape_type",
     .attrs = RIVULET_SHAPE_TYPE,
     .infer = InferElementShape,
     .prepare = PrepareElementShape,
     .run = RunElementShape,
     .flags = kList | kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(TensorList, kDefs);

}  // namespace rivulet
