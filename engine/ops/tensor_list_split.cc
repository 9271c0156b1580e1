// Lists made of a tensor's rows: TensorListFromTensor (all in order), TensorListScatter, TensorListScatterV2 (row k at
// indices[k]), TensorListScatterIntoExistingList, TensorListSplit (several rows an element).
//
// A tensor that is not needed otherwise becomes the list's memory. Deviations from TensorFlow: a negative index for
// TensorListScatterIntoExistingList is an error, where TensorFlow writes out of bounds.
#include <algorithm>

#include "engine/ops/rows.h"
#include "engine/ops/tensor_list_value.h"

namespace rivulet {
namespace {

Status InferRows(InferContext& c) {
  const int shape_input = c.node().op == "TensorListScatter" || c.node().op == "TensorListScatterV2" ? 2 : 1;
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 1));
  RIVULET_RETURN_IF_ERROR(ElementShapeFact(c, shape_input).status());
  if (shape_input == 2) RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  if (c.num_inputs() > 3) RIVULET_RETURN_IF_ERROR(c.WantScalar(3));
  c.set_output(0, {});
  return Status();
}

Result<std::shared_ptr<TensorList>> MakeList(const Tensor& rows, const Tensor& element_shape) {
  if (rows.rank() < 1) return InvalidArgument("tensor: want rank 1 or more, got a scalar");
  if (rows.dim(0) > INT32_MAX) return InvalidArgument("tensor: a list cannot have ", rows.dim(0), " elements");
  RIVULET_ASSIGN_OR_RETURN(Shape shape, ReadElementShape(element_shape));
  return std::make_shared<TensorList>(rows.dtype(), std::move(shape));
}

Status GiveOut(RunContext& c, std::shared_ptr<TensorList> list) {
  c.SetOutput(0, ScalarOf(DType::kVariant, std::move(list)));
  return Status();
}

Status RunFromTensor(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(auto list, MakeList(c.input(0), c.input(1)));
  RIVULET_RETURN_IF_ERROR(WantFits(list->element_shape, WithoutFirstDim(c.input(0).shape())));
  RIVULET_RETURN_IF_ERROR(list->elements.Adopt(c.TakeInput(0), c.allocator()));
  return GiveOut(c, std::move(list));
}

// Row k of `rows` becomes element indices[k].
Status Scatter(TensorList& list, const Tensor& rows, const Tensor& indices, Allocator& allocator) {
  const Shape row = WithoutFirstDim(rows.shape());
  const int64_t count = row.num_elements();
  for (int64_t k = 0; k < indices.num_elements(); ++k) {
    // A view without owner, so that the list copies it.
    void* at = ElementAt(const_cast<void*>(rows.raw()), rows.dtype(), k * count);
    const int64_t i = indices.data<int32_t>()[k];
    RIVULET_RETURN_IF_ERROR(list.elements.Set(i, Tensor::View(rows.dtype(), row, at), allocator));
  }
  return Status();
}

Status CheckIndices(const Tensor& rows, const Tensor& indices, int64_t* end) {
  if (indices.rank() != 1 || indices.num_elements() != rows.dim(0)) {
    return InvalidArgument("indices: want one for each of ", rows.dim(0), " rows, got shape ", indices.shape());
  }
  *end = 0;
  for (int64_t k = 0; k < indices.num_elements(); ++k) {
    const int64_t i = indices.data<int32_t>()[k];
    if (i < 0) return InvalidArgument("indices[", k, "]: want >= 0, got ", i);
    *end = std::max(*end, i + 1);
  }
  if (*end > INT32_MAX) return ResourceExhausted("the list would have ", *end, " elements");
  return Status();
}

Status RunScatter(RunContext& c) {
  const Tensor& rows = c.input(0);
  const Tensor& indices = c.input(1);
  RIVULET_ASSIGN_OR_RETURN(auto list, MakeList(rows, c.input(2)));
  RIVULET_RETURN_IF_ERROR(WantFits(list->element_shape, WithoutFirstDim(rows.shape())));
  const int64_t wanted = c.num_inputs() > 3 ? c.input(3).data<int32_t>()[0] : -1;
  if (wanted < -1) return InvalidArgument("num_elements: want >= -1, got ", wanted);
  int64_t end = 0;
  RIVULET_RETURN_IF_ERROR(CheckIndices(rows, indices, &end));
  if (wanted >= 0 && end > wanted) return InvalidArgument("indices: want [0, ", wanted, "), got ", end - 1);
  RIVULET_RETURN_IF_ERROR(list->elements.Resize(std::max(end, wanted), c.allocator()));
  RIVULET_RETURN_IF_ERROR(Scatter(*list, rows, indices, c.allocator()));
  return GiveOut(c, std::move(list));
}

Status InferScatterInto(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(1, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
  c.set_output(0, {});
  return Status();
}

Status RunScatterInto(RunContext& c) {
  const Tensor& rows = c.input(1);
  const Tensor& indices = c.input(2);
  if (rows.rank() < 1) return InvalidArgument("tensor: want rank 1 or more, got a scalar");
  int64_t end = 0;
  RIVULET_RETURN_IF_ERROR(CheckIndices(rows, indices, &end));
  RIVULET_ASSIGN_OR_RETURN(ChangingList changing, TakeList(c, 0, rows.dtype()));
  TensorList& list = *changing.list;
  if (end > list.elements.size()) RIVULET_RETURN_IF_ERROR(list.elements.Resize(end, c.allocator()));
  RIVULET_RETURN_IF_ERROR(Scatter(list, rows, indices, c.allocator()));
  c.SetOutput(0, changing.handle);
  return Status();
}

Status InferSplit(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(InferRows(c));
  return c.WantRank(2, 1);
}

Status RunSplit(RunContext& c) {
  const Tensor& rows = c.input(0);
  const Tensor& lengths = c.input(2);
  RIVULET_ASSIGN_OR_RETURN(auto list, MakeList(rows, c.input(1)));
  if (list->element_shape.has_rank() && list->element_shape.rank() == 0) {
    return InvalidArgument("element_shape: want rank 1 or more, got a scalar's");
  }
  if (lengths.rank() != 1 || lengths.num_elements() > INT32_MAX) {
    return InvalidArgument("lengths: want a vector, got ", lengths.shape());
  }
  RIVULET_RETURN_IF_ERROR(WantFits(WithoutFirstDim(list->element_shape), WithoutFirstDim(rows.shape())));
  RIVULET_RETURN_IF_ERROR(list->elements.Resize(lengths.num_elements(), c.allocator()));
  Shape shape = rows.shape();
  const int64_t row = WithoutFirstDim(shape).num_elements();
  int64_t at = 0;
  for (int64_t i = 0; i < lengths.num_elements(); ++i) {
    const int64_t length = lengths.data<int64_t>()[i];
    if (length < 0 || length > rows.dim(0) - at) {
      return InvalidArgument("lengths[", i, "]: want [0, ", rows.dim(0) - at, "], got ", length);
    }
    shape.set_dim(0, length);
    void* from = ElementAt(const_cast<void*>(rows.raw()), rows.dtype(), at * row);
    RIVULET_RETURN_IF_ERROR(list->elements.Set(i, Tensor::View(rows.dtype(), shape, from), c.allocator()));
    at += length;
  }
  if (at != rows.dim(0)) return InvalidArgument("lengths: want a sum of ", rows.dim(0), ", got ", at);
  return GiveOut(c, std::move(list));
}

#define RIVULET_ELEMENTS                                                                                            \
  "element_dtype:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,qi8,qu8,qi16,qu16,qi32," \
  "variant}"
#define RIVULET_SHAPE_TYPE "; shape_type:type in {i32,i64}"

constexpr uint32_t kList = kMakesOutputs | kTakesObjects;

constexpr OpDef kDefs[] = {
    {.name = "TensorListFromTensor",
     .inputs = "tensor:element_dtype, element_shape:shape_type",
     .outputs = "output_handle:variant",
     .attrs = RIVULET_ELEMENTS RIVULET_SHAPE_TYPE,
     .infer = InferRows,
     .run = RunFromTensor,
     .flags = kList},
    {.name = "TensorListScatter",
     .inputs = "tensor:element_dtype, indices:i32, element_shape:shape_type",
     .outputs = "output_handle:variant",
     .attrs = RIVULET_ELEMENTS RIVULET_SHAPE_TYPE,
     .infer = InferRows,
     .run = RunScatter,
     .flags = kList},
    {.name = "TensorListScatterV2",
     .inputs = "tensor:element_dtype, indices:i32, element_shape:shape_type, num_elements:i32",
     .outputs = "output_handle:variant",
     .attrs = RIVULET_ELEMENTS RIVULET_SHAPE_TYPE,
     .infer = InferRows,
     .run = RunScatter,
     .flags = kList},
    {.name = "TensorListScatterIntoExistingList",
     .inputs = "input_handle:variant, tensor:element_dtype, indices:i32",
     .outputs = "output_handle:variant",
     .attrs = RIVULET_ELEMENTS,
     .infer = InferScatterInto,
     .run = RunScatterInto,
     .flags = kList},
    {.name = "TensorListSplit",
     .inputs = "tensor:element_dtype, element_shape:shape_type, lengths:i64",
     .outputs = "output_handle:variant",
     .attrs = RIVULET_ELEMENTS RIVULET_SHAPE_TYPE,
     .infer = InferSplit,
     .run = RunSplit,
     .flags = kList},
};

}  // namespace

RIVULET_OP_LIST(TensorListSplit, kDefs);

}  // namespace rivulet
