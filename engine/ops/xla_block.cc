// XlaDynamicSlice, XlaDynamicUpdateSlice, XlaPad: blocks cut out, written over and spread apart, as graphs have them
// that were written for XLA, which TensorFlow also runs on a CPU.
//
// A block that would reach beyond the tensor is moved to the nearest place where it does not. XlaPad puts
// padding_interior places between neighbours; negative paddings cut off. No deviation from TensorFlow.
#include <algorithm>

#include "engine/base/checked.h"
#include "engine/ops/axis_copy.h"
#include "engine/ops/dims.h"

namespace rivulet {
namespace {

Status WantFit(std::string_view what, const Shape& whole, const Shape& block) {
  if (!whole.has_rank() || !block.has_rank()) return Status();
  if (block.rank() != whole.rank()) return InvalidArgument(what, ": want rank ", whole.rank(), ", got ", block.rank());
  for (int i = 0; i < block.rank(); ++i) {
    if (whole[i] >= 0 && block[i] > whole[i]) {
      return InvalidArgument(what, ": want at most ", whole[i], " along axis ", i, ", got ", block[i]);
    }
  }
  return Status();
}

// Copies a block between the place in `whole` that the tensor `at` asks for and a tensor of its own.
Status CopyBlock(RunContext& c, const Tensor& at, const Tensor& whole, const Tensor& block, bool into_whole, void* to) {
  const std::vector<int64_t> asked = ReadIntegers(at);
  if (asked.size() != static_cast<size_t>(whole.rank())) {
    return InvalidArgument("the block's place: want ", whole.rank(), " elements, got ",
                           static_cast<int64_t>(asked.size()));
  }
  if (block.num_elements() == 0) return Status();
  int64_t whole_step = whole.num_elements(), block_step = block.num_elements(), place = 0;
  AxisCopy copy(whole.dtype());
  for (int i = 0; i < whole.rank(); ++i) {
    whole_step /= whole.dim(i);
    block_step /= block.dim(i);
    place += std::clamp<int64_t>(asked[static_cast<size_t>(i)], 0, whole.dim(i) - block.dim(i)) * whole_step;
    copy.Axis(block.dim(i), into_whole ? block_step : whole_step, into_whole ? whole_step : block_step);
  }
  return into_whole ? copy.Run(c, block.raw(), 0, to, place) : copy.Run(c, whole.raw(), place, to, 0);
}

Status InferSlice(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  RIVULET_ASSIGN_OR_RETURN(Shape out, ShapeFromInput(c, 2, "size_indices"));
  RIVULET_RETURN_IF_ERROR(WantFit("size_indices", c.shape(0), out));
  c.set_output(0, std::move(out));
  return Status();
}

Status RunSlice(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const Shape out, ShapeOf(ReadIntegers(c.input(2)), "size_indices"));
  RIVULET_RETURN_IF_ERROR(WantFit("size_indices", c.input(0).shape(), out));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, out));
  return CopyBlock(c, c.input(1), c.input(0), c.output(0), /*into_whole=*/false, c.output(0).raw());
}

Status InferUpdate(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
  RIVULET_RETURN_IF_ERROR(WantFit("update", c.shape(0), c.shape(1)));
  c.set_output(0, c.shape(0));
  return Status();
}

Status RunUpdate(RunContext& c) {
  RIVULET_RETURN_IF_ERROR(WantFit("update", c.input(0).shape(), c.input(1).shape()));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, c.input(0).shape()));
  RIVULET_RETURN_IF_ERROR(CopyTensor(c, c.input(0), c.output(0)));
  return CopyBlock(c, c.input(2), c.input(0), c.input(1), /*into_whole=*/true, c.output(0).raw());
}

// ---- XlaPad ----

struct Padding {
  std::vector<int64_t> low, high, interior;
};

Result<Shape> PaddedShape(const Shape& in, const Padding& pads) {
  const auto rank = static_cast<size_t>(in.rank());
  if (pads.low.size() != rank || pads.high.size() != rank || pads.interior.size() != rank) {
    return InvalidArgument("paddings: want ", in.rank(), " elements each");
  }
  Shape out = in;
  for (int i = 0; i < in.rank(); ++i) {
    const auto k = static_cast<size_t>(i);
    if (pads.interior[k] < 0) return InvalidArgument("padding_interior[", i, "]: want >= 0, got ", pads.interior[k]);
    if (in[i] < 0) continue;
    const CheckedSize spread = CheckedSize(std::max<int64_t>(in[i] - 1, 0)) * pads.interior[k] + in[i];
    int64_t dim = spread.valid() ? spread.value() : -1;
    if (dim < 0 || __builtin_add_overflow(dim, pads.low[k], &dim) || __builtin_add_overflow(dim, pads.high[k], &dim) ||
        dim < 0) {
      return InvalidArgument("paddings of axis ", i, ": want a dim of 0 to 2^63 - 1 in the end, got ", pads.low[k],
                             " and ", pads.high[k], " at the ends");
    }
    out.set_dim(i, dim);
  }
  return out;
}

Status InferPad(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  for (int i = 2; i < 5; ++i) RIVULET_RETURN_IF_ERROR(c.WantRank(i, 1));
  if (!c.shape(0).has_rank() || !c.known(2) || !c.known(3) || !c.known(4)) {
    c.set_output(0, c.shape(0).has_rank() ? Shape::OfUnknownDims(c.shape(0).rank()) : Shape::UnknownRank());
    return Status();
  }
  const Padding pads{ReadIntegers(*c.value(2)), ReadIntegers(*c.value(3)), ReadIntegers(*c.value(4))};
  RIVULET_ASSIGN_OR_RETURN(Shape out, PaddedShape(c.shape(0), pads));
  c.set_output(0, std::move(out));
  return Status();
}

Status RunPad(RunContext& c) {
  const Tensor& input = c.input(0);
  Tensor& output = c.output(0);
  const Padding pads{ReadIntegers(c.input(2)), ReadIntegers(c.input(3)), ReadIntegers(c.input(4))};
  RIVULET_ASSIGN_OR_RETURN(const Shape out, PaddedShape(input.shape(), pads));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, out));
  if (c.input(1).num_elements() != 1) {
    return InvalidArgument("padding_value: want a scalar, got shape ", c.input(1).shape());
  }
  if (out.num_elements() == 0) return Status();
  RIVULET_RETURN_IF_ERROR(FillTensor(c, output, c.input(1).raw()));
  if (input.num_elements() == 0) return Status();
  AxisCopy copy(input.dtype());
  int64_t from_step = input.num_elements(), to_step = output.num_elements(), from = 0, to = 0;
  for (int i = 0; i < input.rank(); ++i) {
    const auto k = static_cast<size_t>(i);
    from_step /= input.dim(i);
    to_step /= out[i];
    // Element j goes to low + j * apart, if that is in [0, out[i]).
    const int64_t apart = input.dim(i) > 1 ? pads.interior[k] + 1 : 1, low = pads.low[k];
    const int64_t first = low < 0 ? -(low + 1) / apart + 1 : 0;
    const int64_t end = low < out[i] ? std::min(input.dim(i), (out[i] - 1 - low) / apart + 1) : 0;
    if (first >= end) return Status();
    from += first * from_step;
    to += (low + first * apart) * to_step;
    copy.Axis(end - first, from_step, apart * to_step);
  }
  return copy.Run(c, input.raw(), from, output.raw(), to);
}

#define RIVULET_PLAIN \
  "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,c64,c128}; Tindices:type in {i32,i64}"

constexpr OpDef kDefs[] = {
    {.name = "XlaDynamicSlice",
     .inputs = "input:T, start_indices:Tindices, size_indices:Tindices",
     .outputs = "output:T",
     .attrs = RIVULET_PLAIN,
     .infer = InferSlice,
     .run = RunSlice},
    {.name = "XlaDynamicUpdateSlice",
     .inputs = "input:T, update:T, indices:Tindices",
     .outputs = "output:T",
     .attrs = RIVULET_PLAIN,
     .infer = InferUpdate,
     .run = RunUpdate},
    {.name = "XlaPad",
     .inputs = "input:T, padding_value:T, padding_low:Tindices, padding_high:Tindices, padding_interior:Tindices",
     .outputs = "output:T",
     .attrs = RIVULET_PLAIN,
     .infer = InferPad,
     .run = RunPad},
};

}  // namespace

RIVULET_OP_LIST(XlaBlock, kDefs);

}  // namespace rivulet
