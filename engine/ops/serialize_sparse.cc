// SerializeSparse, SerializeManySparse: sparse tensors as three values each, of indices, values and shape.
//
//   SerializeSparse: one -> [3]; the parts are taken as they are
//   SerializeManySparse: one of rank 2 or more, indices ascending -> [N, 3], N being its first dim: what stands at each
//   position of that dim
//
// out_type string: the bytes of a TensorProto each; variant: the tensors themselves. Resources and variants have no
// bytes.
#include "engine/ops/rows.h"
#include "engine/ops/sparse_elements.h"
#include "engine/ops/tensor_message.h"
#include "engine/ops/tensor_variant.h"
#include "engine/ops/text_bytes.h"

namespace rivulet {
namespace {

Status CheckTypes(const InferContext& c) {
  const DType dtype = c.dtype(1);
  if (c.output_dtype(0) == DType::kVariant || (dtype != DType::kResource && dtype != DType::kVariant)) return Status();
  return InvalidArgument("attr 'out_type': want variant for values of ", dtype, ", which have no bytes, got ",
                         c.output_dtype(0));
}

Status InferOne(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckTypes(c));
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
  c.set_output(0, {3});
  return Status();
}

Status InferMany(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckTypes(c));
  return InferCut(c, {3});
}

// Writes tensors to elements of output 0.
class Writer {
 public:
  explicit Writer(RunContext& c) : c_(c), text_(c.allocator()) {}

  // `tensor` must own its memory.
  Status Write(int64_t at, const Tensor& tensor) {
    Tensor& out = c_.output(0);
    if (out.dtype() == DType::kVariant) {
      RIVULET_ASSIGN_OR_RETURN(out.data<ObjectRef>()[at], TensorVariant::Make(tensor));
      return Status();
    }
    RIVULET_ASSIGN_OR_RETURN(const int64_t size, TensorMessageBytes(tensor));
    // The content of strings is put together before it is in the message.
    RIVULET_RETURN_IF_ERROR(text_.Charge(CheckedSize(size) * (tensor.dtype() == DType::kString ? 2 : 1)));
    out.data<std::string>()[at] = WriteTensorMessage(tensor, StringsAs::kContent);
    return Status();
  }

  Status Write(int64_t at, const SparseElement& element) {
    RIVULET_RETURN_IF_ERROR(Write(at, element.indices));
    RIVULET_RETURN_IF_ERROR(Write(at + 1, element.values));
    return Write(at + 2, element.shape);
  }

  // Copies what was written to `from`, and to the two elements after it.
  Status Repeat(int64_t at, int64_t from) {
    Tensor& out = c_.output(0);
    if (out.dtype() == DType::kString) {
      CheckedSize size = 0;
      for (int64_t i = 0; i < 3; ++i) size += static_cast<int64_t>(out.data<std::string>()[from + i].size());
      RIVULET_RETURN_IF_ERROR(text_.Charge(size));
    }
    CopyElements(out.dtype(), ElementAt(out.raw(), out.dtype(), at), ElementAt(out.raw(), out.dtype(), from), 3);
    return Status();
  }

 private:
  RunContext& c_;
  TextBytes text_;
};

Status RunOne(RunContext& c) {
  Writer writer(c);
  for (int i = 0; i < 3; ++i) {
    if (c.output(0).dtype() == DType::kString) {
      RIVULET_RETURN_IF_ERROR(writer.Write(i, c.input(i)));
      continue;
    }
    RIVULET_ASSIGN_OR_RETURN(const Tensor owned, Owned(c.TakeInput(i), c.allocator()));
    RIVULET_RETURN_IF_ERROR(writer.Write(i, owned));
  }
  return Status();
}

Status RunMany(RunContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckCut(c));
  const SparseView sparse(c, 0);
  Writer writer(c);
  int64_t end = 0, empty = -1;
  for (int64_t row = 0; row < c.output(0).dim(0); ++row) {
    if (row % 256 == 255 && c.stop().stopped()) return c.stop().Why();
    const int64_t begin = end;
    while (end < sparse.count && sparse.index(end)[0] == row) ++end;
    if (begin == end && empty >= 0) {
      RIVULET_RETURN_IF_ERROR(writer.Repeat(row * 3, empty * 3));
      continue;
    }
    if (begin == end) empty = row;
    RIVULET_ASSIGN_OR_RETURN(const SparseElement element, CutSparse(c, begin, end));
    RIVULET_RETURN_IF_ERROR(writer.Write(row * 3, element));
  }
  return Status();
}

#define RIVULET_SPARSE_INPUTS "sparse_indices:i64, sparse_values:T, sparse_shape:i64"
#define RIVULET_SPARSE_VALUES \
  "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,resource,variant"

constexpr OpDef kDefs[] = {
    {.name = "SerializeSparse",
     .inputs = RIVULET_SPARSE_INPUTS,
     .outputs = "serialized_sparse:out_type",
     .attrs = RIVULET_SPARSE_VALUES ",qi8,qu8,qi16,qu16,qi32}; out_type:type=str in {str,variant}",
     .infer = InferOne,
     .run = RunOne},
    {.name = "SerializeManySparse",
     .inputs = RIVULET_SPARSE_INPUTS,
     .outputs = "serialized_sparse:out_type",
     .attrs = RIVULET_SPARSE_VALUES "}; out_type:type=str in {str,variant}",
     .infer = InferMany,
     .run = RunMany},
};

}  // namespace

RIVULET_OP_LIST(SerializeSparse, kDefs);

}  // namespace rivulet
