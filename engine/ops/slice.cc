// Slice: the block of `input` that begins at begin[i] and has size[i] places along axis i; -1 is all that is left.
#include "engine/ops/dims.h"
#include "engine/ops/axis_copy.h"

namespace rivulet {
namespace {

// The size along one axis; unknown where the dim is and the size is -1.
Result<int64_t> SizeAlong(int axis, int64_t dim, int64_t begin, int64_t size) {
  if (begin < 0 || (dim >= 0 && begin > dim)) {
    return InvalidArgument("begin[", axis, "]: want [0, ", dim >= 0 ? Cat(dim) : "?", "], got ", begin);
  }
  if (size < -1 || (dim >= 0 && size > dim - begin)) {
    return InvalidArgument("size[", axis, "]: want [-1, ", dim >= 0 ? Cat(dim - begin) : "?", "], got ", size);
  }
  if (size == -1) return dim >= 0 ? dim - begin : Shape::kUnknownDim;
  return size;
}

Status Infer(InferContext& c) {
  const Shape& in = c.shape(0);
  int64_t rank = in.rank();
  for (int i = 1; i < 3; ++i) {
    RIVULET_ASSIGN_OR_RETURN(const int64_t length, VectorLength(c, i, i == 1 ? "begin" : "size"));
    if (length >= 0 && rank >= 0 && length != rank) {
      return InvalidArgument(i == 1 ? "begin" : "size", ": want ", rank, " elements, got ", length);
    }
    if (length >= 0) rank = length;
  }
  if (rank < 0) return Status();
  if (rank > Shape::kMaxRank) return InvalidArgument("size: want at most ", Shape::kMaxRank, " elements, got ", rank);
  Shape out = Shape::OfUnknownDims(static_cast<int>(rank));
  if (c.known(2)) {
    const std::vector<int64_t> sizes = ReadIntegers(*c.value(2));
    const std::vector<int64_t> begins = c.known(1) ? ReadIntegers(*c.value(1)) : std::vector<int64_t>();
    for (int i = 0; i < out.rank(); ++i) {
      const int64_t dim = in.has_rank() ? in[i] : Shape::kUnknownDim;
      const int64_t size = sizes[static_cast<size_t>(i)];
      if (begins.empty()) {
        RIVULET_ASSIGN_OR_RETURN(const int64_t checked, SizeAlong(i, dim, 0, size));
        out.set_dim(i, size == -1 ? Shape::kUnknownDim : checked);
      } else {
        RIVULET_ASSIGN_OR_RETURN(const int64_t checked, SizeAlong(i, dim, begins[static_cast<size_t>(i)], size));
        out.set_dim(i, checked);
      }
    }
  }
  c.set_output(0, std::move(out));
  return Status();
}

Status Run(RunContext& c) {
  const Tensor& input = c.input(0);
  const std::vector<int64_t> begins = ReadIntegers(c.input(1));
  const std::vector<int64_t> sizes = ReadIntegers(c.input(2));
  const auto rank = static_cast<size_t>(input.rank());
  if (begins.size() != rank || sizes.size() != rank) {
    return InvalidArgument("begin and size: want ", input.rank(), " elements, got ",
                           static_cast<int64_t>(begins.size()), " and ", static_cast<int64_t>(sizes.size()));
  }
  Shape out = Shape::OfUnknownDims(input.rank());
  for (int i = 0; i < input.rank(); ++i) {
    RIVULET_ASSIGN_OR_RETURN(const int64_t size,
                             SizeAlong(i, input.dim(i), begins[static_cast<size_t>(i)], sizes[static_cast<size_t>(i)]));
    out.set_dim(i, size);
  }
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, out));
  if (c.output(0).num_elements() == 0) return Status();
  int64_t from_step = input.num_elements(), to_step = c.output(0).num_elements(), from = 0;
  AxisCopy copy(input.dtype());
  for (int i = 0; i < input.rank(); ++i) {
    from_step /= input.dim(i);
    to_step /= out[i];
    from += begins[static_cast<size_t>(i)] * from_step;
    copy.Axis(out[i], from_step, to_step);
  }
  return copy.Run(c, input.raw(), from, c.output(0).raw(), 0);
}

constexpr OpDef kDefs[] = {
    {.name = "Slice",
     .inputs = "input:T, begin:Index, size:Index",
     .outputs = "output:T",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,qi8,qu8,qi32}; Index:type "
              "in {i32,i64}",
     .infer = Infer,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(Slice, kDefs);

}  // namespace rivulet
