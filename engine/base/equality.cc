#include "engine/base/equality.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/base/errors.h"

namespace rivulet {
namespace {

template <typename T>
T Load(const Tensor& tensor, int64_t i) {
  T value;
  std::memcpy(&value, static_cast<const char*>(tensor.raw()) + static_cast<size_t>(i) * sizeof(T), sizeof(T));
  return value;
}

std::string TextOf(double value) { return Cat(value); }
std::string TextOf(int64_t value) { return Cat(value); }
std::string TextOf(uint64_t value) { return Cat(value); }
std::string TextOf(const std::string& value) { return Quoted(value); }
std::string TextOf(const Complex128& value) { return Cat("(", value.real(), ", ", value.imag(), ")"); }

double Modulus(double value) { return std::abs(value); }
double Modulus(const Complex128& value) { return std::hypot(value.real(), value.imag()); }

// Equal non-finite parts cancel: what remains to be compared is finite, or differs for good.
bool SpecialParts(double got, double want, double* d) {
  if (std::isnan(want) || std::isinf(want)) {
    *d = 0;
    return std::isnan(want) ? std::isnan(got) : got == want;
  }
  *d = got - want;
  return std::isfinite(got);
}

// True when the specials agree; then *d is the distance of the rest.
bool Distance(double got, double want, double* d) {
  const bool agrees = SpecialParts(got, want, d);
  *d = std::abs(*d);
  return agrees;
}
bool Distance(const Complex128& got, const Complex128& want, double* d) {
  double real, imag;
  const bool real_agrees = SpecialParts(got.real(), want.real(), &real);
  const bool imag_agrees = SpecialParts(got.imag(), want.imag(), &imag);
  *d = std::hypot(real, imag);
  return real_agrees && imag_agrees;
}

template <typename T>
double FiniteModulus(const T& value) {
  const double modulus = Modulus(value);
  return std::isfinite(modulus) ? modulus : 0;
}

class Comparison {
 public:
  Comparison(const Tensor& got, const Tensor& want, TensorDifference* out) : got_(got), want_(want), out_(out) {}

  template <typename Read>
  void Floats(const Read& read, TensorTolerance tolerance) {
    const int64_t count = want_.num_elements();
    for (int64_t i = 0; i < count; ++i) out_->max_wanted = std::max(out_->max_wanted, FiniteModulus(read(want_, i)));
    const double largest = std::max(out_->max_wanted, 1.0);
    for (int64_t i = 0; i < count; ++i) {
      const auto got = read(got_, i);
      const auto want = read(want_, i);
      const double allowed = double{tolerance.rtol} * FiniteModulus(want) + double{tolerance.atol} * largest;
      double d = 0;
      if (!Distance(got, want, &d)) {
        Differs(i, INFINITY, got, want);
      } else {
        out_->max_absolute = std::max(out_->max_absolute, d);
        out_->max_excess = std::max(out_->max_excess, d / allowed);
        if (!(d <= allowed)) Differs(i, d / allowed, got, want);
      }
    }
  }

  // Bits, but for NaN.
  template <typename T, typename Read>
  void Bits(const Read& read) {
    for (int64_t i = 0; i < want_.num_elements(); ++i) {
      const T got_bits = Load<T>(got_, i);
      const T want_bits = Load<T>(want_, i);
      if (std::memcmp(&got_bits, &want_bits, sizeof(T)) == 0) continue;
      const auto got = read(got_, i);
      const auto want = read(want_, i);
      double d = 0;
      if (std::isnan(Modulus(want)) && Distance(got, want, &d) && d == 0) continue;
      Differs(i, INFINITY, got, want);
    }
  }

  template <typename T>
  void Integers(int64_t levels) {
    for (int64_t i = 0; i < want_.num_elements(); ++i) {
      const T got = Load<T>(got_, i);
      const T want = Load<T>(want_, i);
      out_->max_wanted = std::max(out_->max_wanted, std::abs(static_cast<double>(want)));
      if (got == want) continue;
      // Two's complement distance, exact for every pair of one type.
      const uint64_t d = got > want ? static_cast<uint64_t>(got) - static_cast<uint64_t>(want)
                                    : static_cast<uint64_t>(want) - static_cast<uint64_t>(got);
      out_->max_absolute = std::max(out_->max_absolute, static_cast<double>(d));
      if (d <= static_cast<uint64_t>(levels)) continue;
      using Wide = std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>;
      Differs(i, static_cast<double>(d), static_cast<Wide>(got), static_cast<Wide>(want));
    }
  }

  void Strings() {
    const auto got = got_.values<std::string>();
    const auto want = want_.values<std::string>();
    for (size_t i = 0; i < want.size(); ++i) {
      if (got[i] != want[i]) Differs(static_cast<int64_t>(i), INFINITY, got[i], want[i]);
    }
  }

  Status Verdict() const {
    if (out_->num_different == 0) return Status();
    return InvalidArgument(want_.dtype(), want_.shape(), ": ", out_->num_different, " of ", want_.num_elements(),
                           " elements differ, first at ", Position(out_->first), ": ", words_);
  }

 private:
  // Millions may differ; only the first is put into words.
  template <typename T>
  void Differs(int64_t i, double excess, const T& got, const T& want) {
    if (out_->num_different++ == 0) {
      out_->first = i;
      words_ = Cat("want ", TextOf(want), ", got ", TextOf(got));
    }
    out_->max_excess = std::max(out_->max_excess, excess);
  }

  std::string Position(int64_t index) const {
    std::string text;
    for (int axis = want_.rank() - 1; axis >= 0; --axis) {
      text = Cat(index % want_.dim(axis), text.empty() ? "" : ",", text);
      index /= want_.dim(axis);
    }
    return Cat("[", text, "]");
  }

  const Tensor& got_;
  const Tensor& want_;
  TensorDifference* out_;
  std::string words_;
};

}  // namespace

TensorTolerance DefaultTolerance(DType dtype) {
  switch (dtype) {
    case DType::kHalf: return {2e-3f, 2e-3f};
    case DType::kBfloat16: return {1.6e-2f, 1.6e-2f};
    default: return {1e-4f, 1e-5f};
  }
}

Status CompareTensors(const Tensor& got, const Tensor& want, TensorTolerance tolerance, TensorDifference* difference) {
  if (got.dtype() != want.dtype()) return InvalidArgument("want ", want.dtype(), ", got ", got.dtype());
  if (!(got.shape() == want.shape())) {
    return InvalidArgument("want shape ", want.shape(), ", got ", got.shape());
  }
  const bool exact = tolerance.rtol < 0;
  const TensorTolerance standard = DefaultTolerance(want.dtype());
  if (tolerance.rtol == 0) tolerance.rtol = standard.rtol;
  if (tolerance.atol == 0) tolerance.atol = standard.atol;

  TensorDifference local;
  TensorDifference* out = difference != nullptr ? difference : &local;
  *out = TensorDifference();
  Comparison comparison(got, want, out);
  const auto floats = [&]<typename T>(T, auto read) {
    if (exact) {
      comparison.Bits<T>(read);
    } else {
      comparison.Floats(read, tolerance);
    }
  };
  const int64_t levels = exact ? 0 : 1;
  switch (want.dtype()) {
    case DType::kFloat: floats(float(), [](const Tensor& t, int64_t i) { return double{Load<float>(t, i)}; }); break;
    case DType::kDouble: floats(double(), [](const Tensor& t, int64_t i) { return Load<double>(t, i); }); break;
    case DType::kHalf:
      floats(Half(), [](const Tensor& t, int64_t i) { return double{static_cast<float>(Load<Half>(t, i))}; });
      break;
    case DType::kBfloat16:
      floats(BFloat16(), [](const Tensor& t, int64_t i) { return double{static_cast<float>(Load<BFloat16>(t, i))}; });
      break;
    case DType::kComplex64:
      floats(Complex64(), [](const Tensor& t, int64_t i) { return Complex128(Load<Complex64>(t, i)); });
      break;
    case DType::kComplex128:
      floats(Complex128(), [](const Tensor& t, int64_t i) { return Load<Complex128>(t, i); });
      break;
    case DType::kBool:
    case DType::kUint8: comparison.Integers<uint8_t>(0); break;
    case DType::kInt8: comparison.Integers<int8_t>(0); break;
    case DType::kUint16: comparison.Integers<uint16_t>(0); break;
    case DType::kInt16: comparison.Integers<int16_t>(0); break;
    case DType::kUint32: comparison.Integers<uint32_t>(0); break;
    case DType::kInt32: comparison.Integers<int32_t>(0); break;
    case DType::kUint64: comparison.Integers<uint64_t>(0); break;
    case DType::kInt64: comparison.Integers<int64_t>(0); break;
    case DType::kQint8: comparison.Integers<int8_t>(levels); break;
    case DType::kQuint8: comparison.Integers<uint8_t>(levels); break;
    case DType::kQint16: comparison.Integers<int16_t>(levels); break;
    case DType::kQuint16: comparison.Integers<uint16_t>(levels); break;
    case DType::kQint32: comparison.Integers<int32_t>(levels); break;
    case DType::kString: comparison.Strings(); break;
    default: return Unimplemented("elements of ", want.dtype(), " cannot be compared");
  }
  return comparison.Verdict();
}

}  // namespace rivulet
