// FFT, FFT2D, FFT3D, IFFT, IFFT2D, IFFT3D: the Fourier transform over the last 1, 2 or 3 axes.
//
//   input [.., n1, .., nr] of complex64 or complex128 -> output of the same shape
//   X[k1, ..] = sum over j1, .. of x[j1, ..] exp(-2 pi i (j1 k1 / n1 + ..)); the inverse has +2 pi i and divides by n1
//   n2 ..
//
// Computed in double, so complex64 comes out nearer the sum than TensorFlow's. Where a NaN or an infinity spreads to
// depends on the order of the additions, so there the two differ.
#include "engine/ops/fft_lines.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

// The tables for the last `Rank` axes, the last first.
Result<std::vector<FftTables>> MakeTables(const Shape& shape, int rank, Allocator& allocator) {
  std::vector<FftTables> tables;
  for (int i = 0; i < rank; ++i) {
    RIVULET_ASSIGN_OR_RETURN(FftTables table, FftTables::Make(shape[shape.rank() - 1 - i], false, allocator));
    tables.push_back(std::move(table));
  }
  return tables;
}

Status Infer(InferContext& c, int rank) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, rank));
  c.set_output(0, c.shape(0));
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, int rank) {
  auto state = std::make_unique<FftState>();
  if (c.shape(0).complete() && c.shape(0).num_elements() > 0) {
    RIVULET_ASSIGN_OR_RETURN(state->axes, MakeTables(c.shape(0), rank, c.allocator()));
  }
  return std::unique_ptr<OpState>(std::move(state));
}

template <typename R>
Status Transform(RunContext& c, const std::vector<FftTables>& axes, bool inverse) {
  const std::complex<R>* from = c.input(0).data<std::complex<R>>();
  std::complex<R>* to = c.output(0).data<std::complex<R>>();
  FftLines lines;
  const int64_t count = c.input(0).num_elements();
  for (const FftTables& tables : axes) {
    lines.length = tables.length();
    lines.outer = count / (lines.length * lines.inner);
    RIVULET_RETURN_IF_ERROR(TransformLines(c, tables, inverse, lines, from, to));
    lines.inner *= lines.length;
    from = to;
  }
  return Status();
}

Status Run(RunContext& c, int rank, bool is_inverse) {
  const Tensor& input = c.input(0);
  if (input.num_elements() == 0) return Status();
  const std::vector<FftTables>* axes = &c.state<FftState>().axes;
  std::vector<FftTables> made;
  if (axes->empty()) {
    RIVULET_ASSIGN_OR_RETURN(made, MakeTables(input.shape(), rank, c.allocator()));
    axes = &made;
  }
  if constexpr (kHasLoops<kWidenFft, Complex64>) {
    if (input.dtype() == DType::kComplex64) return Transform<float>(c, *axes, is_inverse);
  }
  return Transform<double>(c, *axes, is_inverse);
}

template <int kRank, bool kInverse>
constexpr OpDef Def(const char* name) {
  return {.name = name,
          .inputs = "input:Tcomplex",
          .outputs = "output:Tcomplex",
          .attrs = "Tcomplex:type=c64 in {c64,c128}",
          .infer = With<Infer, kRank>,
          .prepare = With<Prepare, kRank>,
          .run = kWidened<With<Run, kRank, kInverse>, kWidenFft, FftState>};
}

constexpr OpDef kDefs[] = {Def<1, false>("FFT"), Def<2, false>("FFT2D"), Def<3, false>("FFT3D"),
                           Def<1, true>("IFFT"), Def<2, true>("IFFT2D"), Def<3, true>("IFFT3D")};

}  // namespace

RIVULET_OP_LIST(Fft, kDefs);

}  // namespace rivulet
