// Fourier transforms along one axis of a tensor, line by line, in double precision whatever the tensor's type.
#ifndef RIVULET_ENGINE_OPS_FFT_LINES_H_
#define RIVULET_ENGINE_OPS_FFT_LINES_H_

#include <complex>
#include <functional>

#include "engine/kernels/fft.h"
#include "engine/ops/op.h"
#include "engine/ops/widen.h"

namespace rivulet {

// A plan with its table. `real` plans go from real to complex values.
class FftTables {
 public:
  static Result<FftTables> Make(int64_t length, bool real, Allocator& allocator);

  int64_t length() const { return real_ ? real_plan_.size : plan_.size; }
  // Doubles that a line and its transform need.
  int64_t line_values() const;
  // The values at `line`, complex or real, into their spectrum.
  void Transform(const StopToken& stop, double* line) const;

 private:
  bool real_ = false;
  FftPlan plan_;
  RealFftPlan real_plan_;
  Tensor table_;
};

// What the tables of a step's axes were made for is known before a run, or not: these keep them or make them.
struct FftState : OpState {
  std::vector<FftTables> axes;  // the last axis first; empty while lengths are unknown
};

// Transforms are made in double anyway: where loops are few, elements of other types are cast before and after.
inline constexpr uint32_t kWidenFft = kWidenFloats | kWidenComplex;

// Lines along one axis: [outer, length, inner] complex values.
struct FftLines {
  int64_t outer = 1;
  int64_t length = 1;
  int64_t inner = 1;
};

// Transforms the lines at `from` to `to`, which may be the same.
template <typename R>
Status TransformLines(RunContext& c, const FftTables& tables, bool inverse, const FftLines& lines,
                      const std::complex<R>* from, std::complex<R>* to);

// Rows of real values of the tables' length to rows of length / 2 + 1 complex ones. Row i begins at from + start(i).
template <typename R>
Status TransformRealRows(RunContext& c, const FftTables& tables, int64_t count,
                         const std::function<int64_t(int64_t)>& start, const R* from, std::complex<R>* to);

// The inverse: rows of length / 2 + 1 complex values, the first half of a spectrum whose other half is conjugate, to
// rows of real ones, by tables of complex values.
template <typename R>
Status TransformToRealRows(RunContext& c, const FftTables& tables, int64_t count,
                           const std::function<int64_t(int64_t)>& start, const std::complex<R>* from, R* to);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_FFT_LINES_H_
