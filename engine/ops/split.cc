// Split, SplitV, Unpack: a tensor cut along an axis into pieces of equal size, of given sizes, or of size 1 whose axis
// is dropped.
#include <algorithm>

#include "engine/base/checked.h"
#include "engine/graph/shape_math.h"
#include "engine/ops/dims.h"
#include "engine/ops/axis_copy.h"

namespace rivulet {
namespace {

// Copies the pieces [.., sizes[i], ..] of input 0 along `axis`; the outputs have as many elements.
template <typename SizeOfPiece>
Status Cut(RunContext& c, const Tensor& input, int axis, const SizeOfPiece& size) {
  int64_t outer = 1, inner = 1;
  for (int d = 0; d < axis; ++d) outer *= input.dim(d);
  for (int d = axis + 1; d < input.rank(); ++d) inner *= input.dim(d);
  const int64_t row = input.dim(axis) * inner;
  int64_t at = 0;
  for (int i = 0; i < c.num_outputs(); ++i) {
    const int64_t part = size(i) * inner;
    if (c.output(i).num_elements() != outer * part) {
      return InvalidArgument("output ", i, " has shape ", c.output(i).shape(), ", the piece has ", outer * part,
                             " elements");
    }
    AxisCopy copy(input.dtype());
    copy.Axis(outer, row, part);
    copy.Axis(part, 1, 1);
    RIVULET_RETURN_IF_ERROR(copy.Run(c, input.raw(), at, c.output(i).raw(), 0));
    at += part;
  }
  return Status();
}

Result<int> Axis(int64_t value, int rank) {
  auto axis = NormalizeAxis(value, rank);
  if (!axis.ok()) return std::move(axis).status().Framed("split_dim");
  return axis;
}

Result<int> AxisOf(const Tensor& split_dim, int rank) {
  RIVULET_RETURN_IF_ERROR(WantOneElement(split_dim.shape(), "split_dim"));
  return Axis(ReadIntegers(split_dim)[0], rank);
}

// ---- Split ----

Result<int64_t> EqualPiece(int64_t dim, int count, int axis) {
  if (dim % count != 0)
    return InvalidArgument("dim ", axis, " of ", dim, " cannot be split into ", count, " equal pieces");
  return dim / count;
}

Status InferSplit(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
  Shape out = c.shape(1);
  if (!out.has_rank()) return Status();
  if (out.rank() == 0) return InvalidArgument("want rank >= 1, got a scalar");
  if (c.known(0)) {
    RIVULET_ASSIGN_OR_RETURN(const int axis, AxisOf(*c.value(0), out.rank()));
    if (out[axis] != Shape::kUnknownDim) {
      RIVULET_ASSIGN_OR_RETURN(const int64_t piece, EqualPiece(out[axis], c.num_outputs(), axis));
      out.set_dim(axis, piece);
    }
  } else if (c.num_outputs() > 1) {
    out = Shape::OfUnknownDims(out.rank());
  }
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, out);
  return Status();
}

Status RunSplit(RunContext& c) {
  const Tensor& input = c.input(1);
  RIVULET_ASSIGN_OR_RETURN(const int axis, AxisOf(c.input(0), input.rank()));
  RIVULET_ASSIGN_OR_RETURN(const int64_t piece, EqualPiece(input.dim(axis), c.num_outputs(), axis));
  return Cut(c, input, axis, [&](int) { return piece; });
}

// ---- SplitV ----

// The sizes with a -1 among them resolved; `dim` may be unknown.
Result<std::vector<int64_t>> PieceSizes(const Tensor& size_splits, int64_t dim, int count) {
  std::vector<int64_t> sizes = ReadIntegers(size_splits);
  if (static_cast<int>(sizes.size()) != count) {
    return InvalidArgument("size_splits: want ", count, " sizes, got ", static_cast<int64_t>(sizes.size()));
  }
  CheckedSize sum = 0;
  int open = -1;
  for (int i = 0; i < count; ++i) {
    const int64_t size = sizes[static_cast<size_t>(i)];
    if (size == -1) {
      if (open >= 0) return InvalidArgument("size_splits: only one size can be -1");
      if (count == 1) return InvalidArgument("size_splits: a single size can not be -1");
      open = i;
    } else if (size < 0) {
      return InvalidArgument("size_splits[", i, "]: want >= -1, got ", size);
    } else {
      sum += size;
    }
  }
  if (!sum.valid()) return InvalidArgument("size_splits: the sum is too large");
  if (dim == Shape::kUnknownDim) return sizes;
  if (open >= 0 ? sum.value() > dim : sum.value() != dim) {
    return InvalidArgument("size_splits: the sizes add up to ", sum.value(), ", the dim is ", dim);
  }
  if (open >= 0) sizes[static_cast<size_t>(open)] = dim - sum.value();
  return sizes;
}

Status InferSplitV(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantOneElement(c.shape(2), "split_dim"));
  RIVULET_ASSIGN_OR_RETURN(const int64_t length, VectorLength(c, 1, "size_splits"));
  if (length >= 0 && length != c.num_outputs()) {
    return InvalidArgument("size_splits: want ", c.num_outputs(), " sizes, got ", length);
  }
  const Shape& in = c.shape(0);
  if (!in.has_rank()) return Status();
  if (in.rank() == 0) return InvalidArgument("want rank >= 1, got a scalar");
  if (!c.known(2)) {
    for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, Shape::OfUnknownDims(in.rank()));
    return Status();
  }
  RIVULET_ASSIGN_OR_RETURN(const int axis, AxisOf(*c.value(2), in.rank()));
  std::vector<int64_t> sizes(static_cast<size_t>(c.num_outputs()), Shape::kUnknownDim);
  if (c.known(1)) {
    RIVULET_ASSIGN_OR_RETURN(sizes, PieceSizes(*c.value(1), in[axis], c.num_outputs()));
  }
  for (int i = 0; i < c.num_outputs(); ++i) {
    Shape out = in;
    out.set_dim(axis, sizes[static_cast<size_t>(i)]);
    c.set_output(i, std::move(out));
  }
  return Status();
}

Status RunSplitV(RunContext& c) {
  const Tensor& input = c.input(0);
  RIVULET_ASSIGN_OR_RETURN(const int axis, AxisOf(c.input(2), input.rank()));
  RIVULET_ASSIGN_OR_RETURN(const std::vector<int64_t> sizes, PieceSizes(c.input(1), input.dim(axis), c.num_outputs()));
  return Cut(c, input, axis, [&](int i) { return sizes[static_cast<size_t>(i)]; });
}

// ---- Unpack ----

struct UnpackState : OpState {
  int64_t axis = 0;
};

Result<int> UnpackAxis(int64_t value, const Shape& in, int count) {
  auto axis = NormalizeAxis(value, in.rank());
  if (!axis.ok()) return std::move(axis).status().Framed("attr 'axis'");
  if (in[*axis] != Shape::kUnknownDim && in[*axis] != count) {
    return InvalidArgument("attr 'num': want the size of dim ", *axis, " of ", in, ", got ", count);
  }
  return axis;
}

Status InferUnpack(InferContext& c) {
  const Shape& in = c.shape(0);
  if (!in.has_rank()) return Status();
  RIVULET_ASSIGN_OR_RETURN(const int axis, UnpackAxis(c.attrs().Int("axis"), in, c.num_outputs()));
  Shape out;
  for (int d = 0; d < in.rank(); ++d) {
    if (d != axis) out.push_back(in[d]);
  }
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, out);
  return Status();
}

Result<std::unique_ptr<OpState>> PrepareUnpack(PrepareContext& c) {
  auto state = std::make_unique<UnpackState>();
  state->axis = c.attrs().Int("axis");
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunUnpack(RunContext& c) {
  const Tensor& input = c.input(0);
  RIVULET_ASSIGN_OR_RETURN(const int axis, UnpackAxis(c.state<UnpackState>().axis, input.shape(), c.num_outputs()));
  return Cut(c, input, axis, [](int) { return int64_t{1}; });
}

#define RIVULET_PLAIN "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128"

constexpr OpDef kDefs[] = {
    {.name = "Split",
     .inputs = "split_dim:i32, value:T",
     .outputs = "output:num_split*T",
     .attrs = "num_split:int >=1; " RIVULET_PLAIN ",qu8,resource,variant}",
     .infer = InferSplit,
     .run = RunSplit},
    {.name = "SplitV",
     .inputs = "value:T, size_splits:Tlen, split_dim:i32",
     .outputs = "output:num_split*T",
     .attrs = "num_split:int >=1; " RIVULET_PLAIN ",qu8,resource,variant}; Tlen:type=i64 in {i8,i32,i64}",
     .infer = InferSplitV,
     .run = RunSplitV},
    {.name = "Unpack",
     .inputs = "value:T",
     .outputs = "output:num*T",
     .attrs = "num:int >=0; axis:int=0; " RIVULET_PLAIN ",resource,variant}",
     .infer = InferUnpack,
     .prepare = PrepareUnpack,
     .run = RunUnpack},
};

}  // namespace

RIVULET_OP_LIST(Split, kDefs);

}  // namespace rivulet
