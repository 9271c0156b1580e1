// DeserializeSparse, DeserializeManySparse: what SerializeSparse and SerializeManySparse made, as a sparse tensor
// again.
//
//   serialized_sparse [3]: the very parts; [dims.., 3]: sparse tensors of one rank joined under the leading dims, whose
//   other dims are the largest of all
//
// DeserializeManySparse takes [N, 3]. Elements outside of their own shape are passed on as they are; in TensorFlow,
// where strings have more than one leading dim, they end up elsewhere.
#include "engine/ops/sparse_elements.h"
#include "engine/ops/tensor_message.h"
#include "engine/ops/tensor_variant.h"
#include "engine/ops/text_bytes.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 1));
  const Shape& shape = c.shape(0);
  if (shape.has_rank()) {
    const int64_t last = shape[shape.rank() - 1];
    if (last >= 0 && last != 3) {
      return InvalidArgument("serialized_sparse: want three values for each sparse tensor, got shape ", shape);
    }
    for (int d = 0; d + 1 < shape.rank(); ++d) {
      if (shape[d] == 0) return InvalidArgument("serialized_sparse: want elements, got shape ", shape);
    }
  }
  c.set_output(0, Shape::OfUnknownDims(2));
  c.set_output(1, Shape::OfUnknownDims(1));
  c.set_output(2, Shape::OfUnknownDims(1));
  return Status();
}

Status InferMany(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  return Infer(c);
}

struct State : OpState {
  DType dtype = DType::kInvalid;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->dtype = c.attrs().Type("dtype");
  return std::unique_ptr<OpState>(std::move(state));
}

Result<Tensor> ReadPart(const RunContext& c, int64_t at, DType dtype) {
  const Tensor& in = c.input(0);
  if (in.dtype() == DType::kVariant) {
    RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<TensorVariant> part,
                             ObjectIn<TensorVariant>(ScalarOf(DType::kVariant, in.data<ObjectRef>()[at])));
    return part->tensor();
  }
  // The elements of a message stand in a list of 8 bytes each, or 16 for a string, before they are in the tensor.
  const std::string& message = in.data<std::string>()[at];
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(bytes.Charge(CheckedSize(static_cast<int64_t>(message.size())) * 16));
  return ReadTensorMessage(message, dtype, c.allocator());
}

Result<SparseElement> ReadElement(const RunContext& c, int64_t i, DType dtype) {
  SparseElement element;
  const DType dtypes[] = {DType::kInt64, dtype, DType::kInt64};
  Tensor* parts[] = {&element.indices, &element.values, &element.shape};
  for (int k = 0; k < 3; ++k) {
    auto part = ReadPart(c, i * 3 + k, dtypes[k]);
    if (!part.ok()) return std::move(part).status().Framed(Cat("serialized_sparse[", i, ", ", k, "]"));
    *parts[k] = *std::move(part);
  }
  RIVULET_RETURN_IF_ERROR(CheckSparseElement(element, dtype, i));
  return element;
}

Status Run(RunContext& c) {
  const Tensor& in = c.input(0);
  const DType dtype = c.state<State>().dtype;
  if (in.rank() == 1) {
    RIVULET_ASSIGN_OR_RETURN(const SparseElement element, ReadElement(c, 0, dtype));
    c.SetOutput(0, element.indices);
    c.SetOutput(1, element.values);
    c.SetOutput(2, element.shape);
    return Status();
  }
  const int64_t count = in.num_elements() / 3;
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(bytes.Charge(CheckedSize(count) * int64_t{sizeof(SparseElement)}));
  std::vector<SparseElement> elements;
  elements.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    if (i % 64 == 63 && c.stop().stopped()) return c.stop().Why();
    RIVULET_ASSIGN_OR_RETURN(SparseElement element, ReadElement(c, i, dtype));
    if (in.dtype() == DType::kString) {
      auto size = DenseCount(element.shape.values<int64_t>());
      if (!size.ok()) return std::move(size).status().Framed(Cat("sparse tensor ", i));
    }
    elements.push_back(std::move(element));
  }
  return JoinSparse(c, elements, in.shape().dims().first(static_cast<size_t>(in.rank()) - 1), dtype);
}

#define RIVULET_SPARSE_RESULT "sparse_indices:i64, sparse_values:dtype, sparse_shape:i64"
#define RIVULET_SPARSE_DTYPE \
  "dtype:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,qi8,qu8,qi32"

constexpr OpDef kDefs[] = {
    {.name = "DeserializeSparse",
     .inputs = "serialized_sparse:Tserialized",
     .outputs = RIVULET_SPARSE_RESULT,
     .attrs = RIVULET_SPARSE_DTYPE ",qi16,qu16,resource,variant}; Tserialized:type=str in {str,variant}",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kMakesOutputs | kDataDependent},
    {.name = "DeserializeManySparse",
     .inputs = "serialized_sparse:str",
     .outputs = RIVULET_SPARSE_RESULT,
     .attrs = RIVULET_SPARSE_DTYPE "}",
     .infer = InferMany,
     .prepare = Prepare,
     .run = Run,
     .flags = kMakesOutputs | kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(DeserializeSparse, kDefs);

}  // namespace rivulet
