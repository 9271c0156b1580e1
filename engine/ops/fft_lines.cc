#include "engine/ops/fft_lines.h"

#include <algorithm>

#include "engine/base/checked.h"

namespace rivulet {
namespace {

// A loop over lines, each thread with memory for one.
template <typename Body>
Status ForEachLine(RunContext& c, const FftTables& tables, int64_t count, const Body& body) {
  if (count == 0) return Status();
  const CheckedSize bytes = CheckedSize(tables.line_values()) * c.pool().num_threads() * int64_t{sizeof(double)};
  if (!bytes.valid()) return ResourceExhausted("a transform of ", tables.length(), " values needs too much memory");
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(bytes.value())));
  const int64_t grain = std::max<int64_t>(1, (1 << 13) / tables.length());
  c.ParallelFor(count, grain, [&](int64_t begin, int64_t end, int thread) {
    double* line = static_cast<double*>(scratch) + thread * tables.line_values();
    for (int64_t i = begin; i < end && !c.stop().stopped(); ++i) body(i, line);
  });
  return Status();
}

}  // namespace

Result<FftTables> FftTables::Make(int64_t length, bool real, Allocator& allocator) {
  if (length > kMaxFftSize) return ResourceExhausted("a transform of ", length, " values needs too much memory");
  FftTables tables;
  tables.real_ = real;
  if (real) {
    tables.real_plan_ = PlanRealFft(length);
  } else {
    tables.plan_ = PlanFft(length);
  }
  const int64_t values = real ? tables.real_plan_.table_values : tables.plan_.table_values;
  RIVULET_ASSIGN_OR_RETURN(tables.table_, Tensor::Allocate(DType::kDouble, {values}, allocator));
  RIVULET_ASSIGN_OR_RETURN(Tensor work, Tensor::Allocate(DType::kDouble, {tables.line_values()}, allocator));
  if (real) {
    FillRealFftTable(tables.real_plan_, tables.table_.data<double>(), work.data<double>());
  } else {
    FillFftTable(tables.plan_, tables.table_.data<double>(), work.data<double>());
  }
  return tables;
}

int64_t FftTables::line_values() const {
  return real_ ? RealFftValues(real_plan_.size) + real_plan_.work_values : 2 * plan_.size + plan_.work_values;
}

void FftTables::Transform(const StopToken& stop, double* line) const {
  if (real_) {
    RealFft(real_plan_, table_.data<double>(), stop, line, line + RealFftValues(real_plan_.size));
  } else {
    Fft(plan_, table_.data<double>(), stop, line, line + 2 * plan_.size);
  }
}

template <typename R>
Status TransformLines(RunContext& c, const FftTables& tables, bool inverse, const FftLines& lines,
                      const std::complex<R>* from, std::complex<R>* to) {
  const double scale = inverse ? 1 / static_cast<double>(lines.length) : 1;
  // The inverse transform is the transform with real and imaginary parts swapped, before and after.
  const int re = inverse ? 1 : 0, im = 1 - re;
  return ForEachLine(c, tables, lines.outer * lines.inner, [&](int64_t i, double* line) {
    const int64_t start = i / lines.inner * lines.length * lines.inner + i % lines.inner;
    const std::complex<R>* in = from + start;
    for (int64_t n = 0; n < lines.length; ++n) {
      line[2 * n + re] = in[n * lines.inner].real();
      line[2 * n + im] = in[n * lines.inner].imag();
    }
    tables.Transform(c.stop(), line);
    std::complex<R>* out = to + start;
    for (int64_t n = 0; n < lines.length; ++n) {
      out[n * lines.inner] = {static_cast<R>(scale * line[2 * n + re]), static_cast<R>(scale * line[2 * n + im])};
    }
  });
}

template <typename R>
Status TransformRealRows(RunContext& c, const FftTables& tables, int64_t count,
                         const std::function<int64_t(int64_t)>& start, const R* from, std::complex<R>* to) {
  const int64_t bins = tables.length() / 2 + 1;
  return ForEachLine(c, tables, count, [&](int64_t i, double* line) {
    const R* in = from + start(i);
    std::copy(in, in + tables.length(), line);
    tables.Transform(c.stop(), line);
    std::complex<R>* out = to + i * bins;
    for (int64_t k = 0; k < bins; ++k) out[k] = {static_cast<R>(line[2 * k]), static_cast<R>(line[2 * k + 1])};
  });
}

template <typename R>
Status TransformToRealRows(RunContext& c, const FftTables& tables, int64_t count,
                           const std::function<int64_t(int64_t)>& start, const std::complex<R>* from, R* to) {
  const int64_t length = tables.length();
  const double scale = 1 / static_cast<double>(length);
  return ForEachLine(c, tables, count, [&](int64_t i, double* line) {
    const std::complex<R>* in = from + start(i);
    for (int64_t k = 0; 2 * k <= length; ++k) {
      // What stands for itself and its own conjugate is real: other parts are passed over. Conjugated, for the inverse.
      const bool is_edge = k == 0 || 2 * k == length;
      line[2 * k] = in[k].real();
      line[2 * k + 1] = is_edge ? 0.0 : -static_cast<double>(in[k].imag());
      if (is_edge) continue;
      line[2 * (length - k)] = line[2 * k];
      line[2 * (length - k) + 1] = -line[2 * k + 1];
    }
    tables.Transform(c.stop(), line);
    R* out = to + i * length;
    for (int64_t n = 0; n < length; ++n) out[n] = static_cast<R>(scale * line[2 * n]);
  });
}

#define RIVULET_FFT_LINES(R)                                                                                           \
  template Status TransformLines<R>(RunContext&, const FftTables&, bool, const FftLines&, const std::complex<R>*,      \
                                    std::complex<R>*);                                                                 \
  template Status TransformRealRows<R>(RunContext&, const FftTables&, int64_t, const std::function<int64_t(int64_t)>&, \
                                       const R*, std::complex<R>*);                                                    \
  template Status TransformToRealRows<R>(RunContext&, const FftTables&, int64_t,                                       \
                                         const std::function<int64_t(int64_t)>&, const std::complex<R>*, R*);
RIVULET_FFT_LINES(float)
RIVULET_FFT_LINES(double)
#undef RIVULET_FFT_LINES

}  // namespace rivulet
