// MatrixDiag: matrices with the given diagonals, zeros or padding_value elsewhere. MatrixDiagPart: the diagonals of
// matrices, shorter ones padded. MatrixSetDiag: matrices with their diagonals replaced.
//
// V2 and V3 take any band of diagonals (see matrix_band.h); V2 has shorter diagonals left, V3 as its attr 'align' says.
// BatchMatrix.. are older names.
#include <string_view>

#include "engine/base/checked.h"
#include "engine/graph/shape_math.h"
#include "engine/ops/dims.h"
#include "engine/ops/matrix_band.h"

namespace rivulet {
namespace {

struct State : OpState {
  BandAlign align;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->align = ParseBandAlign(c.attrs().Str("align"));
  return std::unique_ptr<OpState>(std::move(state));
}

// Dims [0, rank - drop) and then `tail`.
Shape WithTail(const Shape& shape, int drop, std::initializer_list<int64_t> tail) {
  Shape out;
  for (int i = 0; i < shape.rank() - drop; ++i) out.push_back(shape[i]);
  for (const int64_t dim : tail) out.push_back(dim);
  return out;
}

int64_t CountBefore(const Shape& shape, int drop) {
  int64_t count = 1;
  for (int i = 0; i < shape.rank() - drop; ++i) count *= shape[i];
  return count;
}

// The band's diagonals as the last dims of a packed array; one diagonal has no axis of its own.
Shape Packed(const Shape& shape, int drop, const BandRange& band, int64_t longest) {
  return band.count() == 1 ? WithTail(shape, drop, {longest}) : WithTail(shape, drop, {band.count(), longest});
}

// ---- MatrixDiag ----

struct MatrixSize {
  int64_t rows = 0;
  int64_t columns = 0;
};

// -1 for rows or columns: as few as hold the band, and a square where both are.
Result<MatrixSize> SizeFor(int64_t longest, const BandRange& band, int64_t rows, int64_t columns) {
  const CheckedSize least_rows = CheckedSize(longest) + std::max<int64_t>(-band.upper, 0);
  const CheckedSize least_columns = CheckedSize(longest) + std::max<int64_t>(band.lower, 0);
  if (!least_rows.valid() || !least_columns.valid()) return InvalidArgument("diagonal: too long");
  const MatrixSize least{least_rows.value(), least_columns.value()};
  if (rows == -1 && columns == -1) {
    const int64_t side = std::max(least.rows, least.columns);
    return MatrixSize{side, side};
  }
  const MatrixSize size{rows == -1 ? least.rows : rows, columns == -1 ? least.columns : columns};
  if (size.rows < least.rows || size.columns < least.columns ||
      (size.rows != least.rows && size.columns != least.columns)) {
    return InvalidArgument("num_rows and num_cols: diagonals ", band.lower, " to ", band.upper, " of length ", longest,
                           " do not make a matrix of ", size.rows, " x ", size.columns);
  }
  return size;
}

Result<int64_t> OneInteger(const Tensor& tensor, std::string_view what) {
  RIVULET_RETURN_IF_ERROR(WantOneElement(tensor.shape(), what));
  return ReadIntegers(tensor)[0];
}

// The shape of the matrices with the packed diagonals of complete shape.
Result<Shape> MatricesOf(const Shape& diagonal, const BandRange& band, int64_t rows, int64_t columns) {
  const int axes = band.count() == 1 ? 1 : 2;
  if (diagonal.rank() < axes) return InvalidArgument("diagonal: want rank >= ", axes, ", got shape ", diagonal);
  if (axes == 2 && diagonal[diagonal.rank() - 2] != band.count()) {
    return InvalidArgument("diagonal: want ", band.count(), " diagonals, got shape ", diagonal);
  }
  if (diagonal.rank() - axes + 2 > Shape::kMaxRank) return InvalidArgument("the output would have too many dims");
  RIVULET_ASSIGN_OR_RETURN(const MatrixSize size, SizeFor(diagonal[diagonal.rank() - 1], band, rows, columns));
  // A band may reach beyond the matrix; what lies there is not looked at.
  return WithTail(diagonal, axes, {size.rows, size.columns});
}

Status InferDiag(InferContext& c) {
  const Shape& in = c.shape(0);
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 1));
  if (!in.has_rank()) return Status();
  if (in.rank() == Shape::kMaxRank) return InvalidArgument("the output would have too many dims");
  c.set_output(0, WithTail(in, 0, {in[in.rank() - 1]}));
  return Status();
}

Status InferDiagV2(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckBandShape(c.shape(1)));
  for (int i = 2; i < 5; ++i) {
    RIVULET_RETURN_IF_ERROR(WantOneElement(c.shape(i), i == 2 ? "num_rows" : i == 3 ? "num_cols" : "padding_value"));
  }
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 1));
  const Shape& in = c.shape(0);
  if (!in.has_rank() || !c.known(1)) return Status();
  RIVULET_ASSIGN_OR_RETURN(const BandRange band, ReadBand(*c.value(1)));
  if (in.complete() && c.known(2) && c.known(3)) {
    RIVULET_ASSIGN_OR_RETURN(const int64_t rows, OneInteger(*c.value(2), "num_rows"));
    RIVULET_ASSIGN_OR_RETURN(const int64_t columns, OneInteger(*c.value(3), "num_cols"));
    RIVULET_ASSIGN_OR_RETURN(Shape out, MatricesOf(in, band, rows, columns));
    c.set_output(0, std::move(out));
    return Status();
  }
  const int axes = band.count() == 1 ? 1 : 2;
  if (in.rank() < axes) return InvalidArgument("diagonal: want rank >= ", axes, ", got shape ", in);
  if (in.rank() - axes + 2 > Shape::kMaxRank) return InvalidArgument("the output would have too many dims");
  c.set_output(0, WithTail(in, axes, {Shape::kUnknownDim, Shape::kUnknownDim}));
  return Status();
}

Status RunDiag(RunContext& c) {
  const Tensor& diagonal = c.input(0);
  Tensor& output = c.output(0);
  BandRange band;
  int64_t rows = -1, columns = -1;
  if (c.num_inputs() > 1) {
    RIVULET_ASSIGN_OR_RETURN(band, ReadBand(c.input(1)));
    RIVULET_ASSIGN_OR_RETURN(rows, OneInteger(c.input(2), "num_rows"));
    RIVULET_ASSIGN_OR_RETURN(columns, OneInteger(c.input(3), "num_cols"));
    RIVULET_RETURN_IF_ERROR(WantOneElement(c.input(4).shape(), "padding_value"));
  }
  RIVULET_ASSIGN_OR_RETURN(const Shape want, MatricesOf(diagonal.shape(), band, rows, columns));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, want));
  if (output.num_elements() == 0) return Status();
  RIVULET_RETURN_IF_ERROR(c.num_inputs() > 1 ? FillTensor(c, output, c.input(4).raw()) : ClearTensor(c, output));
  if (diagonal.num_elements() == 0) return Status();
  BandCopy copy;
  copy.count = CountBefore(want, 2);
  copy.rows = want[want.rank() - 2];
  copy.columns = want[want.rank() - 1];
  copy.longest = diagonal.dim(diagonal.rank() - 1);
  copy.band = band;
  copy.align = c.state<State>().align;
  return copy.Run(c, diagonal, output, true);
}

// ---- MatrixDiagPart ----

Result<Shape> DiagonalsOf(const Shape& in, const BandRange& band) {
  if (in.rank() < 2) return InvalidArgument("input: want rank >= 2, got shape ", in);
  const int64_t rows = in[in.rank() - 2], columns = in[in.rank() - 1];
  if (rows < 0 || columns < 0) return Packed(in, 2, band, Shape::kUnknownDim);
  RIVULET_ASSIGN_OR_RETURN(const int64_t longest, LongestDiagonal(rows, columns, band));
  return Packed(in, 2, band, longest);
}

Status InferDiagPart(InferContext& c) {
  BandRange band;
  bool band_known = true;
  if (c.num_inputs() > 1) {
    RIVULET_RETURN_IF_ERROR(CheckBandShape(c.shape(1)));
    RIVULET_RETURN_IF_ERROR(WantOneElement(c.shape(2), "padding_value"));
    band_known = c.known(1);
    if (band_known) {
      RIVULET_ASSIGN_OR_RETURN(band, ReadBand(*c.value(1)));
    }
  }
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 2));
  if (!c.shape(0).has_rank() || !band_known) return Status();
  RIVULET_ASSIGN_OR_RETURN(Shape out, DiagonalsOf(c.shape(0), band));
  c.set_output(0, std::move(out));
  return Status();
}

Status RunDiagPart(RunContext& c) {
  const Tensor& input = c.input(0);
  Tensor& output = c.output(0);
  BandRange band;
  if (c.num_inputs() > 1) {
    RIVULET_ASSIGN_OR_RETURN(band, ReadBand(c.input(1)));
    RIVULET_RETURN_IF_ERROR(WantOneElement(c.input(2).shape(), "padding_value"));
  }
  RIVULET_ASSIGN_OR_RETURN(const Shape want, DiagonalsOf(input.shape(), band));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, want));
  if (output.num_elements() == 0) return Status();
  if (c.num_inputs() > 1) RIVULET_RETURN_IF_ERROR(FillTensor(c, output, c.input(2).raw()));
  BandCopy copy;
  copy.count = CountBefore(input.shape(), 2);
  copy.rows = input.dim(input.rank() - 2);
  copy.columns = input.dim(input.rank() - 1);
  copy.longest = want[want.rank() - 1];
  copy.band = band;
  copy.align = c.state<State>().align;
  return copy.Run(c, input, output, false);
}

// ---- MatrixSetDiag ----

Status InferSetDiag(InferContext& c) {
  BandRange band;
  bool band_known = true;
  if (c.num_inputs() > 2) {
    RIVULET_RETURN_IF_ERROR(CheckBandShape(c.shape(2)));
    band_known = c.known(2);
    if (band_known) {
      RIVULET_ASSIGN_OR_RETURN(band, ReadBand(*c.value(2)));
    }
  }
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(1, 1));
  if (c.shape(0).has_rank() && band_known) {
    RIVULET_ASSIGN_OR_RETURN(const Shape want, DiagonalsOf(c.shape(0), band));
    if (!MergeShapes(want, c.shape(1)).ok()) {
      return InvalidArgument("diagonal: want shape ", want, ", got ", c.shape(1));
    }
  }
  c.set_output(0, c.shape(0));
  return Status();
}

Status RunSetDiag(RunContext& c) {
  const Tensor& input = c.input(0);
  const Tensor& diagonal = c.input(1);
  BandRange band;
  if (c.num_inputs() > 2) {
    RIVULET_ASSIGN_OR_RETURN(band, ReadBand(c.input(2)));
  }
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, input.shape()));
  RIVULET_ASSIGN_OR_RETURN(const Shape want, DiagonalsOf(input.shape(), band));
  if (diagonal.shape() != want) {
    return InvalidArgument("diagonal: want shape ", want, ", got ", diagonal.shape());
  }
  RIVULET_RETURN_IF_ERROR(CopyTensor(c, input, c.output(0)));
  if (diagonal.num_elements() == 0) return Status();
  BandCopy copy;
  copy.count = CountBefore(input.shape(), 2);
  copy.rows = input.dim(input.rank() - 2);
  copy.columns = input.dim(input.rank() - 1);
  copy.longest = want[want.rank() - 1];
  copy.band = band;
  copy.align = c.state<State>().align;
  return copy.Run(c, diagonal, c.output(0), true);
}

#define RIVULET_PLAIN "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,c64,c128}"
#define RIVULET_ALIGN "; align:string=\"RIGHT_LEFT\" in {LEFT_RIGHT,RIGHT_LEFT,LEFT_LEFT,RIGHT_RIGHT}"

constexpr OpDef kDefs[] = {
    {.name = "MatrixDiag",
     .inputs = "diagonal:T",
     .outputs = "output:T",
     .attrs = RIVULET_PLAIN,
     .infer = InferDiag,
     .prepare = Prepare,
     .run = RunDiag},
    {.name = "BatchMatrixDiag",
     .inputs = "diagonal:T",
     .outputs = "output:T",
     .attrs = RIVULET_PLAIN,
     .infer = InferDiag,
     .prepare = Prepare,
     .run = RunDiag},
    {.name = "MatrixDiagV2",
     .inputs = "diagonal:T, k:i32, num_rows:i32, num_cols:i32, padding_value:T",
     .outputs = "output:T",
     .attrs = RIVULET_PLAIN,
     .infer = InferDiagV2,
     .prepare = Prepare,
     .run = RunDiag},
    {.name = "MatrixDiagV3",
     .inputs = "diagonal:T, k:i32, num_rows:i32, num_cols:i32, padding_value:T",
     .outputs = "output:T",
     .attrs = RIVULET_PLAIN RIVULET_ALIGN,
     .infer = InferDiagV2,
     .prepare = Prepare,
     .run = RunDiag},
    {.name = "MatrixDiagPart",
     .inputs = "input:T",
     .outputs = "diagonal:T",
     .attrs = RIVULET_PLAIN,
     .infer = InferDiagPart,
     .prepare = Prepare,
     .run = RunDiagPart},
    {.name = "BatchMatrixDiagPart",
     .inputs = "input:T",
     .outputs = "diagonal:T",
     .attrs = RIVULET_PLAIN,
     .infer = InferDiagPart,
     .prepare = Prepare,
     .run = RunDiagPart},
    {.name = "MatrixDiagPartV2",
     .inputs = "input:T, k:i32, padding_value:T",
     .outputs = "diagonal:T",
     .attrs = RIVULET_PLAIN,
     .infer = InferDiagPart,
     .prepare = Prepare,
     .run = RunDiagPart},
    {.name = "MatrixDiagPartV3",
     .inputs = "input:T, k:i32, padding_value:T",
     .outputs = "diagonal:T",
     .attrs = RIVULET_PLAIN RIVULET_ALIGN,
     .infer = InferDiagPart,
     .prepare = Prepare,
     .run = RunDiagPart},
    {.name = "MatrixSetDiag",
     .inputs = "input:T, diagonal:T",
     .outputs = "output:T",
     .attrs = RIVULET_PLAIN,
     .infer = InferSetDiag,
     .prepare = Prepare,
     .run = RunSetDiag},
    {.name = "BatchMatrixSetDiag",
     .inputs = "input:T, diagonal:T",
     .outputs = "output:T",
     .attrs = RIVULET_PLAIN,
     .infer = InferSetDiag,
     .prepare = Prepare,
     .run = RunSetDiag},
    {.name = "MatrixSetDiagV2",
     .inputs = "input:T, diagonal:T, k:i32",
     .outputs = "output:T",
     .attrs = RIVULET_PLAIN,
     .infer = InferSetDiag,
     .prepare = Prepare,
     .run = RunSetDiag},
    {.name = "MatrixSetDiagV3",
     .inputs = "input:T, diagonal:T, k:i32",
     .outputs = "output:T",
     .attrs = RIVULET_PLAIN RIVULET_ALIGN,
     .infer = InferSetDiag,
     .prepare = Prepare,
     .run = RunSetDiag},
};

}  // namespace

RIVULET_OP_LIST(MatrixDiag, kDefs);

}  // namespace rivulet
