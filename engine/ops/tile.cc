// Tile: the input repeated multiples[i] times along axis i; beyond TensorFlow, which takes codes of quantised types
// only where nothing is to be repeated. TileGrad: the sum of the tiles.
#include "engine/base/checked.h"
#include "engine/ops/dims.h"
#include "engine/ops/axis_copy.h"

namespace rivulet {
namespace {

Result<Shape> Tiled(const Shape& in, const Tensor& multiples) {
  const std::vector<int64_t> times = ReadIntegers(multiples);
  if (multiples.rank() != 1 || static_cast<int64_t>(times.size()) != in.rank()) {
    return InvalidArgument("multiples: want a vector of ", in.rank(), " elements, got shape ", multiples.shape());
  }
  Shape out = in;
  for (int i = 0; i < in.rank(); ++i) {
    const int64_t count = times[static_cast<size_t>(i)];
    if (count < 0) return InvalidArgument("multiples[", i, "]: want >= 0, got ", count);
    if (in[i] < 0) {
      if (count == 0) out.set_dim(i, 0);
      continue;
    }
    const CheckedSize size = CheckedSize(in[i]) * count;
    if (!size.valid()) return InvalidArgument("multiples[", i, "]: ", count, " times ", in[i], " is too large");
    out.set_dim(i, size.value());
  }
  return out;
}

// The dims of one tile.
Result<Shape> TileOf(const Shape& in, const Tensor& multiples) {
  const std::vector<int64_t> times = ReadIntegers(multiples);
  if (multiples.rank() != 1 || static_cast<int64_t>(times.size()) != in.rank()) {
    return InvalidArgument("multiples: want a vector of ", in.rank(), " elements, got shape ", multiples.shape());
  }
  Shape out = in;
  for (int i = 0; i < in.rank(); ++i) {
    const int64_t count = times[static_cast<size_t>(i)];
    if (count <= 0) return InvalidArgument("multiples[", i, "]: want > 0, got ", count);
    if (in[i] < 0) continue;
    if (in[i] % count != 0)
      return InvalidArgument("multiples[", i, "]: the dim of ", in[i], " is not ", count, " tiles");
    out.set_dim(i, in[i] / count);
  }
  return out;
}

template <Result<Shape> (*kShape)(const Shape&, const Tensor&)>
Status Infer(InferContext& c) {
  const Shape& in = c.shape(0);
  RIVULET_ASSIGN_OR_RETURN(const int64_t length, VectorLength(c, 1, "multiples"));
  if (length >= 0 && in.has_rank() && length != in.rank()) {
    return InvalidArgument("multiples: want ", in.rank(), " elements, got ", length);
  }
  if (length > Shape::kMaxRank)
    return InvalidArgument("multiples: want at most ", Shape::kMaxRank, " elements, got ", length);
  const auto rank = static_cast<int>(in.has_rank() ? in.rank() : length);
  if (rank < 0) return Status();
  Shape out = Shape::OfUnknownDims(rank);
  if (c.known(1)) {
    RIVULET_ASSIGN_OR_RETURN(out, kShape(in.has_rank() ? in : out, *c.value(1)));
  }
  c.set_output(0, std::move(out));
  return Status();
}

// Axes of both: `tile` has one tile's elements, `tiled` all of them.
void AddAxes(const Shape& tile, const Shape& tiled, bool from_tile, AxisCopy& copy) {
  int64_t small = tile.num_elements(), large = tiled.num_elements();
  for (int i = 0; i < tile.rank(); ++i) {
    const int64_t times = tiled[i] / tile[i];
    small /= tile[i];
    large /= tiled[i];
    copy.Axis(times, from_tile ? 0 : tile[i] * large, from_tile ? tile[i] * large : 0);
    copy.Axis(tile[i], from_tile ? small : large, from_tile ? large : small);
  }
}

Status RunTile(RunContext& c) {
  const Tensor& input = c.input(0);
  RIVULET_ASSIGN_OR_RETURN(const Shape want, Tiled(input.shape(), c.input(1)));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, want));
  if (c.output(0).num_elements() == 0) return Status();
  AxisCopy copy(input.dtype());
  AddAxes(input.shape(), want, true, copy);
  return copy.Run(c, input.raw(), 0, c.output(0).raw(), 0);
}

Status RunTileGrad(RunContext& c) {
  const Tensor& input = c.input(0);
  RIVULET_ASSIGN_OR_RETURN(const Shape want, TileOf(input.shape(), c.input(1)));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, want));
  if (c.output(0).num_elements() == 0) return Status();
  RIVULET_RETURN_IF_ERROR(ClearTensor(c, c.output(0)));
  AxisCopy copy(input.dtype());
  AddAxes(want, input.shape(), false, copy);
  return copy.RunAdd(c, input.raw(), 0, c.output(0).raw(), 0);
}

constexpr OpDef kDefs[] = {
    {.name = "Tile",
     .inputs = "input:T, multiples:Tmultiples",
     .outputs = "output:T",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,qi8,qu8,qi16,qu16,"
              "qi32}; Tmultiples:type=i32 in {i32,i64}",
     .infer = Infer<Tiled>,
     .run = RunTile},
    {.name = "TileGrad",
     .inputs = "input:T, multiples:i32",
     .outputs = "output:T",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,c64,c128}",
     .infer = Infer<TileOf>,
     .run = RunTileGrad},
};

}  // namespace

RIVULET_OP_LIST(Tile, kDefs);

}  // namespace rivulet
