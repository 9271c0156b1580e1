// The ends of lists: TensorListPushBack, TensorListPushBackBatch (a row for each of several lists), TensorListPopBack.
// In a loop that carries the list no step copies it (tensor_list.cc, element_store.h). No deviation from TensorFlow.
#include "engine/ops/plain_infer.h"
#include "engine/ops/rows.h"
#include "engine/ops/tensor_list_value.h"

namespace rivulet {
namespace {

struct State : OpState {
  DType dtype = DType::kInvalid;
};

Result<std::unique_ptr<OpState>> PreparePush(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->dtype = c.dtype(1);
  return std::unique_ptr<OpState>(std::move(state));
}

Result<std::unique_ptr<OpState>> PreparePop(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->dtype = c.attrs().Type("element_dtype");
  return std::unique_ptr<OpState>(std::move(state));
}

Status Append(TensorList& list, Tensor element, Allocator& allocator) {
  const int64_t size = list.elements.size();
  RIVULET_RETURN_IF_ERROR(WantFits(list.element_shape, element.shape()));
  if (size >= INT32_MAX) return ResourceExhausted("the list has ", size, " elements and can have no more");
  RIVULET_RETURN_IF_ERROR(list.elements.Resize(size + 1, allocator));
  return list.elements.Set(size, std::move(element), allocator);
}

Status RunPushBack(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(ChangingList changing, TakeList(c, 0, c.state<State>().dtype));
  const int64_t size = changing.list->elements.size(), most = changing.list->max_elements;
  if (most >= 0 && size >= most) {
    return InvalidArgument("the list is full: it has ", size, " of at most ", most, " elements");
  }
  RIVULET_RETURN_IF_ERROR(Append(*changing.list, c.TakeInput(1), c.allocator()));
  c.SetOutput(0, changing.handle);
  return Status();
}

Status InferPushBackBatch(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 1));
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(1, 1));
  c.set_output(0, c.shape(0).has_rank() ? c.shape(0) : Shape::OfUnknownDims(1));
  return Status();
}

Status RunPushBackBatch(RunContext& c) {
  const DType dtype = c.state<State>().dtype;
  Tensor rows = c.input(1);
  const Shape& shape = c.input(0).shape();
  if (shape.rank() != 1) return InvalidArgument("want a vector of lists, got ", shape);
  if (rows.rank() < 1 || rows.dim(0) != shape[0]) {
    return InvalidArgument("want one row for each of ", shape[0], " lists, got ", rows.shape());
  }
  const Shape row = WithoutFirstDim(rows.shape());
  RIVULET_ASSIGN_OR_RETURN(Tensor handles, TakeVariants(c, 0));
  for (int64_t i = 0; i < handles.num_elements(); ++i) {
    RIVULET_ASSIGN_OR_RETURN(TensorList * list, OwnList(handles.data<ObjectRef>()[i], dtype));
    // A view without owner, so that the list copies it.
    const Tensor view = Tensor::View(dtype, row, ElementAt(rows.raw(), dtype, i * row.num_elements()));
    RIVULET_RETURN_IF_ERROR(Append(*list, view, c.allocator()));
  }
  c.SetOutput(0, handles);
  return Status();
}

Status InferPopBack(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(Shape shape, ElementShapeFact(c, 1));
  c.set_output(0, {});
  c.set_output(1, std::move(shape));
  return Status();
}

Status RunPopBack(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(Shape shape, ReadElementShape(c.input(1)));
  RIVULET_ASSIGN_OR_RETURN(ChangingList changing, TakeList(c, 0, c.state<State>().dtype));
  TensorList& list = *changing.list;
  const int64_t last = list.elements.size() - 1;
  if (last < 0) return InvalidArgument("an empty list has no last element");
  Tensor element;
  if (list.elements.IsSet(last)) {
    element = list.elements.Get(last);
  } else {
    RIVULET_ASSIGN_OR_RETURN(element, ZeroElement(list, std::move(shape), false, c.allocator()));
  }
  RIVULET_RETURN_IF_ERROR(list.elements.Resize(last, c.allocator()));
  c.SetOutput(0, changing.handle);
  c.SetOutput(1, element);
  return Status();
}

#define RIVULET_ELEMENTS                                                                                            \
  "element_dtype:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,qi8,qu8,qi16,qu16,qi32," \
  "variant}"

constexpr uint32_t kList = kMakesOutputs | kTakesObjects;

constexpr OpDef kDefs[] = {
    {.name = "TensorListPushBack",
     .inputs = "input_handle:variant, tensor:element_dtype",
     .outputs = "output_handle:variant",
     .attrs = "element_dtype:type",
     .infer = InferScalar,
     .prepare = PreparePush,
     .run = RunPushBack,
     .flags = kList},
    {.name = "TensorListPushBackBatch",
     .inputs = "input_handles:variant, tensor:element_dtype",
     .outputs = "output_handles:variant",
     .attrs = RIVULET_ELEMENTS,
     .infer = InferPushBackBatch,
     .prepare = PreparePush,
     .run = RunPushBackBatch,
     .flags = kList},
    {.name = "TensorListPopBack",
     .inputs = "input_handle:variant, element_shape:i32",
     .outputs = "output_handle:variant, tensor:element_dtype",
     .attrs = RIVULET_ELEMENTS,
     .infer = InferPopBack,
     .prepare = PreparePop,
     .run = RunPopBack,
     .flags = kList | kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(TensorListBack, kDefs);

}  // namespace rivulet
