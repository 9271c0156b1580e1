#include "cli/view/weights.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>

#include "engine/base/equality.h"
#include "engine/base/errors.h"

namespace rivulet::cli::view {
namespace {

constexpr size_t kLongestText = 60;

// Of a literal that describes more than the file holds.
constexpr size_t kBudgetBytes = size_t{1} << 28;

using Visit = std::function<void(const double* values, size_t count)>;

// In blocks, so that one virtual call serves many; the bytes may lie unaligned.
template <typename T>
void VisitAs(const Tensor& tensor, const Visit& visit) {
  constexpr size_t kBlock = 1024;
  double block[kBlock];
  const auto* bytes = static_cast<const uint8_t*>(tensor.raw());
  const auto total = static_cast<size_t>(std::max<int64_t>(tensor.num_elements(), 0));
  for (size_t at = 0; at < total; at += kBlock) {
    const size_t count = std::min(kBlock, total - at);
    for (size_t i = 0; i < count; ++i) {
      T value;
      std::memcpy(&value, bytes + (at + i) * sizeof(T), sizeof(T));
      if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
        block[i] = static_cast<double>(static_cast<float>(value));
      } else {
        block[i] = static_cast<double>(value);
      }
    }
    visit(block, count);
  }
}

bool VisitNumbers(const Tensor& tensor, const Visit& visit) {
  switch (tensor.dtype()) {
    case DType::kFloat: VisitAs<float>(tensor, visit); return true;
    case DType::kDouble: VisitAs<double>(tensor, visit); return true;
    case DType::kHalf: VisitAs<Half>(tensor, visit); return true;
    case DType::kBfloat16: VisitAs<BFloat16>(tensor, visit); return true;
    case DType::kInt8:
    case DType::kQint8: VisitAs<int8_t>(tensor, visit); return true;
    case DType::kBool:  // any byte of a file, so not read as a bool
    case DType::kUint8:
    case DType::kQuint8: VisitAs<uint8_t>(tensor, visit); return true;
    case DType::kInt16:
    case DType::kQint16: VisitAs<int16_t>(tensor, visit); return true;
    case DType::kUint16:
    case DType::kQuint16: VisitAs<uint16_t>(tensor, visit); return true;
    case DType::kInt32:
    case DType::kQint32: VisitAs<int32_t>(tensor, visit); return true;
    case DType::kUint32: VisitAs<uint32_t>(tensor, visit); return true;
    case DType::kInt64: VisitAs<int64_t>(tensor, visit); return true;
    case DType::kUint64: VisitAs<uint64_t>(tensor, visit); return true;
    default: return false;
  }
}

std::string Number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.6g", value);
  return text;
}

std::string QuotedText(const std::string& text) {
  return text.size() <= kLongestText ? Cat("\"", text, "\"") : Cat("\"", text.substr(0, kLongestText), "…\"");
}

// Every element of a literal by value and how often it stands there in a row: what a file describes in a few bytes may
// be larger than memory. False where they are no numbers.
template <typename Add>
bool VisitAll(const TensorLiteral& literal, const Add& add) {
  const int64_t total = literal.shape.num_elements();
  if (!literal.error.ok() || total <= 0) return false;
  const int64_t given = literal.prefix.valid() ? std::min(literal.prefix.num_elements(), total) : 0;
  if (given == 0) {
    if (ElementBytes(literal.dtype) == 0) return false;
    add(0.0, total);
    return true;
  }
  double last = 0;
  const bool is_number = VisitNumbers(literal.prefix, [&](const double* values, size_t count) {
    for (size_t i = 0; i < count; ++i) add(values[i], 1);
    last = values[count - 1];
  });
  if (is_number && given < total) add(last, total - given);
  return is_number;
}

bool SameBytes(const Tensor& a, const Tensor& b) {
  return ElementBytes(a.dtype()) != 0 && a.dtype() == b.dtype() && a.num_elements() == b.num_elements() &&
         (a.bytes() == 0 || std::memcmp(a.raw(), b.raw(), a.bytes()) == 0);
}

}  // namespace

std::optional<WeightFacts> LookAtWeights(const TensorLiteral& literal) {
  WeightFacts facts;
  facts.min = HUGE_VAL;
  facts.max = -HUGE_VAL;
  double sum = 0;
  const bool is_number = VisitAll(literal, [&](double value, int64_t times) {
    if (!std::isfinite(value)) {
      facts.not_finite += times;
      return;
    }
    facts.count += times;
    facts.zeros += value == 0 ? times : 0;
    facts.min = std::min(facts.min, value);
    facts.max = std::max(facts.max, value);
    sum += value * static_cast<double>(times);
  });
  if (!is_number || facts.count == 0) return std::nullopt;
  facts.mean = sum / static_cast<double>(facts.count);
  // Halves first: the range of doubles may be wider than a double.
  const double width = facts.max / 2 - facts.min / 2;
  if (width > 0) facts.bins.assign(WeightFacts::kBins, 0);
  double squares = 0;
  VisitAll(literal, [&](double value, int64_t times) {
    if (!std::isfinite(value)) return;
    squares += (value - facts.mean) * (value - facts.mean) * static_cast<double>(times);
    if (!(width > 0)) return;
    const double part = std::clamp((value / 2 - facts.min / 2) / width, 0.0, 1.0);
    facts.bins[static_cast<size_t>(std::min(part * WeightFacts::kBins, WeightFacts::kBins - 1.0))] += times;
  });
  facts.deviation = std::sqrt(squares / static_cast<double>(facts.count));
  return facts;
}

std::string FirstValues(const TensorLiteral& literal, int most) {
  if (!literal.error.ok()) return Cat("broken: ", literal.error.message());
  const int64_t total = literal.shape.num_elements();
  const int64_t given = literal.prefix.num_elements();
  const bool is_text = literal.dtype == DType::kString;
  if (total <= 0) return "[]";
  if (!literal.prefix.valid() || given <= 0) return is_text ? "\"\", all of them" : "0, all of them";
  std::string text;
  int64_t shown = 0;
  const auto add = [&](const std::string& value) {
    if (shown < most) text += Cat(shown == 0 ? "" : ", ", value);
    ++shown;
  };
  if (is_text) {
    for (int64_t i = 0; i < std::min<int64_t>(given, most); ++i) add(QuotedText(literal.prefix.data<std::string>()[i]));
  } else {
    const Tensor first = Tensor::View(literal.dtype, Shape{std::min<int64_t>(given, most)},
                                      const_cast<void*>(literal.prefix.raw()), literal.prefix.owner());
    VisitNumbers(first, [&](const double* values, size_t count) {
      for (size_t i = 0; i < count; ++i) add(Number(values[i]));
    });
  }
  if (shown == 0) return "";
  if (given == 1 && total > 1) return text + ", all of them";
  if (literal.shape.rank() == 0) return text;
  return Cat("[", text, shown < total ? ", …]" : "]");
}

std::string ValueDifference(const TensorLiteral& before, const TensorLiteral& after) {
  if (before.dtype != after.dtype) return Cat("values were ", Name(before.dtype), ", are ", Name(after.dtype));
  if (before.shape != after.shape)
    return Cat("values were ", before.shape.ToString(), ", are ", after.shape.ToString());
  if (!before.error.ok() || !after.error.ok()) return before.error.ok() == after.error.ok() ? "" : "values are broken";
  if (SameBytes(before.prefix, after.prefix)) return "";
  const auto allocator = Allocator::Create(kBudgetBytes);
  const auto whole = [&](const TensorLiteral& literal) -> Result<Tensor> {
    RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Expand(literal, *allocator));
    return tensor.is_aligned() ? tensor : Clone(tensor, *allocator);
  };
  const Result<Tensor> a = whole(before);
  const Result<Tensor> b = whole(after);
  if (!a.ok() || !b.ok()) return "values are written in another way, and too large to compare";
  TensorDifference difference;
  if (CompareTensors(*b, *a, ExactTolerance(), &difference).ok()) return "";
  std::string text = "values differ";
  if (difference.num_different > 0) text += Cat(": ", difference.num_different, " of ", a->num_elements());
  TensorDifference distance;  // which bits do not tell
  static_cast<void>(CompareTensors(*b, *a, {}, &distance));
  if (distance.max_absolute > 0) text += Cat(", by at most ", Number(distance.max_absolute));
  return text;
}

}  // namespace rivulet::cli::view
