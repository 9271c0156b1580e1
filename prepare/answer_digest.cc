#include "prepare/answer_digest.h"

#include <cmath>
#include <numeric>
#include <span>

#include "engine/base/errors.h"

namespace rivulet::prepare {
namespace {

template <typename T>
T MeanOfReals(std::span<const T> run) {
  double sum = 0;
  for (const T value : run) sum += static_cast<double>(value);
  return static_cast<T>(sum / static_cast<double>(run.size()));
}

// Half and bfloat16 know floats alone.
template <typename T>
T MeanOfShort(std::span<const T> run) {
  double sum = 0;
  for (const T value : run) sum += static_cast<double>(static_cast<float>(value));
  return static_cast<T>(static_cast<float>(sum / static_cast<double>(run.size())));
}

template <typename T>
T MeanOfComplex(std::span<const T> run) {
  Complex128 sum = 0;
  for (const T value : run) sum += Complex128(value);
  return static_cast<T>(sum / static_cast<double>(run.size()));
}

template <typename T>
T MeanLevel(std::span<const T> run) {
  double sum = 0;
  for (const T value : run) sum += static_cast<double>(value);
  return static_cast<T>(std::floor(sum / static_cast<double>(run.size()) + 0.5));
}

template <typename T>
T SumOf(std::span<const T> run) {
  uint64_t sum = 0;
  for (const T value : run) sum += static_cast<uint64_t>(value);
  return static_cast<T>(sum);
}

bool IsOdd(std::span<const bool> run) {
  bool odd = false;
  for (const bool value : run) odd ^= value;
  return odd;
}

template <typename T>
double Magnitude(const T& value) {
  return std::abs(static_cast<double>(value));
}
double Magnitude(const Half& value) { return std::abs(static_cast<float>(value)); }
double Magnitude(const BFloat16& value) { return std::abs(static_cast<float>(value)); }
double Magnitude(const Complex64& value) { return std::abs(value); }
double Magnitude(const Complex128& value) { return std::abs(value); }

// Calls use(T(), how the mean of a run is told) for the type's elements; false for types that have none.
template <typename Use>
bool WithElements(DType dtype, const Use& use) {
  switch (dtype) {
    case DType::kFloat: use(float(), MeanOfReals<float>); return true;
    case DType::kDouble: use(double(), MeanOfReals<double>); return true;
    case DType::kHalf: use(Half(), MeanOfShort<Half>); return true;
    case DType::kBfloat16: use(BFloat16(), MeanOfShort<BFloat16>); return true;
    case DType::kComplex64: use(Complex64(), MeanOfComplex<Complex64>); return true;
    case DType::kComplex128: use(Complex128(), MeanOfComplex<Complex128>); return true;
    case DType::kQint8: use(int8_t(), MeanLevel<int8_t>); return true;
    case DType::kQuint8: use(uint8_t(), MeanLevel<uint8_t>); return true;
    case DType::kQint16: use(int16_t(), MeanLevel<int16_t>); return true;
    case DType::kQuint16: use(uint16_t(), MeanLevel<uint16_t>); return true;
    case DType::kQint32: use(int32_t(), MeanLevel<int32_t>); return true;
    case DType::kInt8: use(int8_t(), SumOf<int8_t>); return true;
    case DType::kUint8: use(uint8_t(), SumOf<uint8_t>); return true;
    case DType::kInt16: use(int16_t(), SumOf<int16_t>); return true;
    case DType::kUint16: use(uint16_t(), SumOf<uint16_t>); return true;
    case DType::kInt32: use(int32_t(), SumOf<int32_t>); return true;
    case DType::kUint32: use(uint32_t(), SumOf<uint32_t>); return true;
    case DType::kInt64: use(int64_t(), SumOf<int64_t>); return true;
    case DType::kUint64: use(uint64_t(), SumOf<uint64_t>); return true;
    case DType::kBool: use(bool(), IsOdd); return true;
    default: return false;
  }
}

// The first of the largest finite ones.
template <typename T>
int64_t PeakOf(std::span<const T> values) {
  int64_t peak = 0;
  double largest = -1;
  for (size_t i = 0; i < values.size(); ++i) {
    const double magnitude = Magnitude(values[i]);
    if (!std::isfinite(magnitude) || magnitude <= largest) continue;
    largest = magnitude;
    peak = static_cast<int64_t>(i);
  }
  return peak;
}

}  // namespace

std::optional<AnswerDigest> DigestFor(const Tensor& answer) {
  const int64_t count = answer.num_elements();
  if (count <= kMostWholeAnswer) return std::nullopt;
  AnswerDigest digest{(count + kMostRuns - 1) / kMostRuns, 0};
  while (std::gcd(digest.stride, count) != 1) ++digest.stride;
  const bool has_elements = WithElements(answer.dtype(), [&]<typename T>(T, const auto&) {
    digest.peak = PeakOf(std::span(answer.data<T>(), static_cast<size_t>(count)));
  });
  return has_elements ? std::optional(digest) : std::nullopt;
}

int64_t DigestElements(int64_t elements, const AnswerDigest& digest) {
  return 2 * (elements / digest.stride + (elements % digest.stride != 0 ? 1 : 0)) + 1;
}

Result<Tensor> DigestOf(const Tensor& answer, const AnswerDigest& digest) {
  const int64_t count = answer.num_elements();
  const int64_t size = DigestElements(count, digest);
  RIVULET_ASSIGN_OR_RETURN(Tensor result, Tensor::Allocate(answer.dtype(), Shape{size}, *Allocator::Create()));
  const bool has_elements = WithElements(answer.dtype(), [&]<typename T>(T, const auto& mean) {
    const std::span values(answer.data<T>(), static_cast<size_t>(count));
    T* const firsts = result.data<T>();
    T* const means = firsts + size / 2;
    for (int64_t i = 0; i < size / 2; ++i) {
      const auto begin = static_cast<size_t>(i * digest.stride);
      const std::span run = values.subspan(begin, std::min(static_cast<size_t>(digest.stride), values.size() - begin));
      firsts[i] = run[0];
      means[i] = mean(run);
    }
    result.data<T>()[size - 1] = values[static_cast<size_t>(digest.peak)];
  });
  if (!has_elements) return Unimplemented("elements of ", answer.dtype(), " have no mean");
  return result;
}

}  // namespace rivulet::prepare
