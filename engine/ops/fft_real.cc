// RFFT, RFFT2D, RFFT3D, IRFFT, IRFFT2D, IRFFT3D: the Fourier transform of real values over the last 1, 2 or 3 axes, of
// which the half is kept that the other half is conjugate to, and its inverse.
//
//   RFFT    input [.., m1, .., mr] real, fft_length [n1, .., nr] int32 -> output [.., n1, .., nr / 2 + 1] complex
//   IRFFT   input [.., m1, .., mr] complex, fft_length [n1, .., nr]    -> output [.., n1, .., nr] real
//
// The first n of each axis of the input are taken (of the last axis of IRFFT the first nr / 2 + 1); it must have as
// many. IRFFT passes over imaginary parts that the spectrum of real values does not have. An axis of length 0 makes an
// empty output; there TensorFlow ends the process. Computed in double.
#include <algorithm>

#include "engine/ops/dims.h"
#include "engine/ops/fft_lines.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

// How many values of axis `axis` of `rank` have to be there for a transform of `length`.
int64_t Needed(int64_t length, int axis, int rank, bool inverse) {
  return inverse && axis == rank - 1 && length > 0 ? length / 2 + 1 : length;
}

// What comes out of it.
int64_t Made(int64_t length, int axis, int rank, bool inverse) {
  return !inverse && axis == rank - 1 && length > 0 ? length / 2 + 1 : length;
}

Status CheckLengths(const Shape& input, std::span<const int64_t> lengths, bool inverse) {
  const int rank = static_cast<int>(lengths.size());
  for (int i = 0; i < rank; ++i) {
    const int64_t length = lengths[static_cast<size_t>(i)];
    if (length < 0) return InvalidArgument("fft_length: want 0 or more, got ", length);
    if (!input.has_rank()) continue;
    const int64_t dim = input[input.rank() - rank + i];
    const int64_t needed = Needed(length, i, rank, inverse);
    if (dim != Shape::kUnknownDim && dim < needed) {
      return InvalidArgument("input: want ", needed, " or more values on axis ", input.rank() - rank + i,
                             " for fft_length ", length, ", got ", dim);
    }
  }
  return Status();
}

Status Infer(InferContext& c, int rank, bool is_inverse) {
  const DType real = is_inverse ? c.output_dtype(0) : c.dtype(0), complex = is_inverse ? c.dtype(0) : c.output_dtype(0);
  if (real != DType::kInvalid && complex != DType::kInvalid &&
      (real == DType::kFloat) != (complex == DType::kComplex64)) {
    return InvalidArgument("want float32 with complex64 or float64 with complex128, got ", real, " with ", complex);
  }
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, rank));
  RIVULET_ASSIGN_OR_RETURN(const int64_t count, VectorLength(c, 1, "fft_length"));
  if (count >= 0 && count != rank) return InvalidArgument("fft_length: want ", rank, " elements, got ", count);
  std::vector<int64_t> lengths;
  if (c.known(1)) {
    lengths = c.ints(1);
    RIVULET_RETURN_IF_ERROR(CheckLengths(c.shape(0), lengths, is_inverse));
  }
  Shape out = c.shape(0);
  if (!out.has_rank()) {
    c.set_output(0, out);
    return Status();
  }
  for (int i = 0; i < rank; ++i) {
    out.set_dim(out.rank() - rank + i,
                lengths.empty() ? Shape::kUnknownDim : Made(lengths[static_cast<size_t>(i)], i, rank, is_inverse));
  }
  c.set_output(0, std::move(out));
  return Status();
}

// The last axis first.
Result<std::vector<FftTables>> MakeTables(std::span<const int64_t> lengths, bool inverse, Allocator& allocator) {
  std::vector<FftTables> tables;
  for (size_t i = lengths.size(); i-- > 0;) {
    const bool real = !inverse && i + 1 == lengths.size();
    RIVULET_ASSIGN_OR_RETURN(FftTables table, FftTables::Make(lengths[i], real, allocator));
    tables.push_back(std::move(table));
  }
  return tables;
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, bool is_inverse) {
  auto state = std::make_unique<FftState>();
  if (c.constant(1) != nullptr) {
    const std::vector<int64_t> lengths = ReadIntegers(*c.constant(1));
    if (std::all_of(lengths.begin(), lengths.end(), [](int64_t n) { return n > 0; })) {
      RIVULET_ASSIGN_OR_RETURN(state->axes, MakeTables(lengths, is_inverse, c.allocator()));
    }
  }
  return std::unique_ptr<OpState>(std::move(state));
}

// Where the rows of a tensor begin of which the first `taken` of each inner axis are used: [batch, rows.., row].
struct TakenRows {
  int num_axes = 0;  // before the row, without the batch
  int64_t taken[2];  // by axis
  int64_t have[2];
  int64_t row = 0;  // values from one row to the next
  int64_t Start(int64_t i) const {
    int64_t at = 0, step = row;
    for (int axis = num_axes - 1; axis >= 0; --axis) {
      at += i % taken[axis] * step;
      i /= taken[axis];
      step *= have[axis];
    }
    return at + i * step;
  }
};

TakenRows RowsOf(const Shape& input, std::span<const int64_t> lengths) {
  TakenRows rows;
  rows.num_axes = static_cast<int>(lengths.size()) - 1;
  for (int axis = 0; axis < rows.num_axes; ++axis) {
    rows.taken[axis] = lengths[static_cast<size_t>(axis)];
    rows.have[axis] = input[input.rank() - 1 - rows.num_axes + axis];
  }
  rows.row = input[input.rank() - 1];
  return rows;
}

// All axes but the last, in place.
template <typename R>
Status TransformOuter(RunContext& c, const std::vector<FftTables>& axes, bool inverse, int64_t row, int64_t count,
                      std::complex<R>* values) {
  FftLines lines;
  lines.inner = row;
  for (size_t i = 1; i < axes.size(); ++i) {
    lines.length = axes[i].length();
    lines.outer = count / (lines.length * lines.inner);
    RIVULET_RETURN_IF_ERROR(TransformLines<R>(c, axes[i], inverse, lines, values, values));
    lines.inner *= lines.length;
  }
  return Status();
}

template <typename R>
Status Forward(RunContext& c, const std::vector<FftTables>& axes, const TakenRows& rows) {
  Tensor& output = c.output(0);
  const int64_t bins = output.dim(output.rank() - 1);
  std::complex<R>* out = output.data<std::complex<R>>();
  RIVULET_RETURN_IF_ERROR(TransformRealRows<R>(
      c, axes[0], output.num_elements() / bins, [&](int64_t i) { return rows.Start(i); }, c.input(0).data<R>(), out));
  return TransformOuter<R>(c, axes, false, bins, output.num_elements(), out);
}

template <typename R>
Status Inverse(RunContext& c, const std::vector<FftTables>& axes, const TakenRows& rows) {
  Tensor& output = c.output(0);
  const int64_t length = output.dim(output.rank() - 1), bins = length / 2 + 1;
  const int64_t count = output.num_elements() / length;
  const std::complex<R>* in = c.input(0).data<std::complex<R>>();
  const auto start = [&](int64_t i) { return rows.Start(i); };
  if (axes.size() == 1) return TransformToRealRows<R>(c, axes[0], count, start, in, output.data<R>());
  RIVULET_ASSIGN_OR_RETURN(Tensor taken, Tensor::Allocate(c.input(0).dtype(), {count, bins}, c.allocator()));
  std::complex<R>* values = taken.data<std::complex<R>>();
  for (int64_t i = 0; i < count; ++i) std::copy_n(in + start(i), bins, values + i * bins);
  RIVULET_RETURN_IF_ERROR(TransformOuter<R>(c, axes, true, bins, count * bins, values));
  return TransformToRealRows<R>(
      c, axes[0], count, [&](int64_t i) { return i * bins; }, values, output.data<R>());
}

Status Run(RunContext& c, int rank, bool is_inverse) {
  const Tensor& input = c.input(0);
  const std::vector<int64_t> lengths = ReadIntegers(c.input(1));
  if (input.rank() < rank || lengths.size() != static_cast<size_t>(rank))
    return InvalidArgument("fft_length: want ", rank, " elements");
  RIVULET_RETURN_IF_ERROR(CheckLengths(input.shape(), lengths, is_inverse));
  Shape shape = input.shape();
  for (int i = 0; i < rank; ++i) {
    shape.set_dim(shape.rank() - rank + i, Made(lengths[static_cast<size_t>(i)], i, rank, is_inverse));
  }
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, shape));
  if (c.output(0).num_elements() == 0) return Status();
  const std::vector<FftTables>* axes = &c.state<FftState>().axes;
  std::vector<FftTables> made;
  if (axes->empty()) {
    RIVULET_ASSIGN_OR_RETURN(made, MakeTables(lengths, is_inverse, c.allocator()));
    axes = &made;
  }
  const TakenRows rows = RowsOf(input.shape(), lengths);
  if constexpr (kHasLoops<kWidenFft, float>) {
    if (input.dtype() == DType::kFloat) return Forward<float>(c, *axes, rows);
    if (input.dtype() == DType::kComplex64) return Inverse<float>(c, *axes, rows);
  }
  return is_inverse ? Inverse<double>(c, *axes, rows) : Forward<double>(c, *axes, rows);
}

template <int kRank, bool kInverse>
constexpr OpDef Def(const char* name) {
  return {.name = name,
          .inputs = kInverse ? "input:Tcomplex, fft_length:i32" : "input:Treal, fft_length:i32",
          .outputs = kInverse ? "output:Treal" : "output:Tcomplex",
          .attrs = "Treal:type=f32 in {f32,f64}; Tcomplex:type=c64 in {c64,c128}",
          .infer = With<Infer, kRank, kInverse>,
          .prepare = With<Prepare, kInverse>,
          .run = kWidened<With<Run, kRank, kInverse>, kWidenFft, FftState>};
}

constexpr OpDef kDefs[] = {Def<1, false>("RFFT"), Def<2, false>("RFFT2D"), Def<3, false>("RFFT3D"),
                           Def<1, true>("IRFFT"), Def<2, true>("IRFFT2D"), Def<3, true>("IRFFT3D")};

}  // namespace

RIVULET_OP_LIST(FftReal, kDefs);

}  // namespace rivulet
