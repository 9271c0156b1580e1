#include "cli/tf/values_text.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include "engine/base/errors.h"
#include "prepare/graph_text.h"

namespace rivulet::tf {
namespace {

template <typename Real>
std::string RealText(Real value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char text[64];
  const auto [end, error] = std::to_chars(text, text + sizeof(text), value);
  std::string out(text, error == std::errc() ? end : text);
  if (out.find_first_of(".e") == std::string::npos) out += '.';
  return out;
}

template <typename T>
T At(const Tensor& tensor, int64_t index) {
  T value;
  std::memcpy(&value, static_cast<const char*>(tensor.raw()) + static_cast<size_t>(index) * sizeof(T), sizeof(T));
  return value;
}

}  // namespace

std::string ValueText(const Tensor& tensor, int64_t index) {
  switch (tensor.dtype()) {
    case DType::kFloat: return RealText(At<float>(tensor, index));
    case DType::kDouble: return RealText(At<double>(tensor, index));
    case DType::kHalf: return RealText(static_cast<float>(At<Half>(tensor, index)));
    case DType::kBfloat16: return RealText(static_cast<float>(At<BFloat16>(tensor, index)));
    case DType::kInt8:
    case DType::kQint8: return Cat(int64_t{At<int8_t>(tensor, index)});
    case DType::kUint8:
    case DType::kQuint8: return Cat(int64_t{At<uint8_t>(tensor, index)});
    case DType::kInt16:
    case DType::kQint16: return Cat(int64_t{At<int16_t>(tensor, index)});
    case DType::kUint16:
    case DType::kQuint16: return Cat(int64_t{At<uint16_t>(tensor, index)});
    case DType::kInt32:
    case DType::kQint32: return Cat(int64_t{At<int32_t>(tensor, index)});
    case DType::kUint32: return Cat(int64_t{At<uint32_t>(tensor, index)});
    case DType::kInt64: return Cat(At<int64_t>(tensor, index));
    case DType::kUint64: return Cat(At<uint64_t>(tensor, index));
    case DType::kBool: return At<uint8_t>(tensor, index) != 0 ? "True" : "False";
    case DType::kComplex64: {
      const auto value = At<Complex64>(tensor, index);
      return RealText(value.real()) + (value.imag() < 0 ? "" : "+") + RealText(value.imag()) + "j";
    }
    case DType::kComplex128: {
      const auto value = At<Complex128>(tensor, index);
      return RealText(value.real()) + (value.imag() < 0 ? "" : "+") + RealText(value.imag()) + "j";
    }
    case DType::kString:
      return Cat("b'", prepare::EscapeText(tensor.values<std::string>()[static_cast<size_t>(index)]), "'");
    default: return "?";
  }
}

std::string ValuesText(const Tensor& tensor, int64_t most) {
  std::string out;
  for (int64_t i = 0; i < std::min(tensor.num_elements(), most); ++i) out += (i > 0 ? " " : "") + ValueText(tensor, i);
  return tensor.num_elements() > most ? out + "..." : out;
}

}  // namespace rivulet::tf
