#include "engine/ops/tensor_text.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/ops/number.h"
#include "engine/ops/number_text.h"

namespace rivulet {
namespace {

// As in a C literal; bytes above ASCII stay.
void AppendEscaped(std::string_view text, std::string* out) {
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    switch (c) {
      case '\n': out->append("\\n"); continue;
      case '\r': out->append("\\r"); continue;
      case '\t': out->append("\\t"); continue;
      case '"':
      case '\'':
      case '\\': out->append({'\\', c}); continue;
      default: break;
    }
    if (byte >= 0x20 && byte != 0x7F) {
      out->push_back(c);
      continue;
    }
    const auto digit = [&](int shift) { return static_cast<char>('0' + (byte >> shift & 7)); };
    out->append({'\\', digit(6), digit(3), digit(0)});
  }
}

void AppendElement(const Tensor& tensor, int64_t i, std::string* out) {
  if (tensor.dtype() == DType::kString) {
    out->push_back('"');
    AppendEscaped(tensor.data<std::string>()[i], out);
    out->push_back('"');
    return;
  }
  VisitType<float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t,
            bool>(tensor.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    const T value = tensor.data<T>()[i];
    if constexpr (std::is_same_v<T, bool>) {
      out->push_back(value ? '1' : '0');
    } else if constexpr (std::is_integral_v<T>) {
      AppendAny(*out, value);
    } else {
      AppendShortest(Widen(value), out);
    }
  });
}

void AppendPrintedElement(const Tensor& tensor, int64_t i, std::string* out) {
  if (tensor.dtype() == DType::kString) return AppendEscaped(tensor.data<std::string>()[i], out);
  AppendElement(tensor, i, out);
}

// Elements of these types are not shown.
bool IsHidden(DType dtype) {
  switch (dtype) {
    case DType::kComplex64:
    case DType::kComplex128:
    case DType::kQint32:
    case DType::kResource:
    case DType::kVariant: return true;
    default: return false;
  }
}

// Quantised elements are shown as their integers.
DType ShownAs(DType dtype) {
  switch (dtype) {
    case DType::kQint8: return DType::kInt8;
    case DType::kQuint8: return DType::kUint8;
    case DType::kQint16: return DType::kInt16;
    case DType::kQuint16: return DType::kUint16;
    default: return dtype;
  }
}

void AppendSpace(int axis, int rank, std::string* out) {
  if (axis == rank - 1) {
    out->push_back(' ');
    return;
  }
  out->append(static_cast<size_t>(rank - axis - 1), '\n');
  out->append(static_cast<size_t>(axis + 1), ' ');
}

void AppendDim(const Tensor& tensor, int axis, int64_t first, int64_t ends, std::string* out) {
  const int rank = tensor.rank();
  if (axis == rank) return AppendElement(tensor, first, out);
  int64_t step = 1;
  for (int i = axis + 1; i < rank; ++i) step *= tensor.dim(i);
  const int64_t count = tensor.dim(axis);
  out->push_back('[');
  const auto append = [&](int64_t i) {
    if (i > 0 || ends == 0) AppendSpace(axis, rank, out);
    AppendDim(tensor, axis + 1, first + i * step, ends, out);
  };
  const int64_t start = std::min(ends, count);
  for (int64_t i = 0; i < start; ++i) append(i);
  if (count - start > ends) {
    AppendSpace(axis, rank, out);
    out->append("...");
  }
  for (int64_t i = std::max(start, count - ends); i < count; ++i) append(i);
  out->push_back(']');
}

// From element *next on, of which so many are shown; strings without quotes.
void AppendPrintedDim(const Tensor& tensor, int axis, int64_t most, int64_t* next, std::string* out) {
  const bool is_last = axis == tensor.rank() - 1;
  for (int64_t i = 0; i < tensor.dim(axis); ++i) {
    if (*next >= most) {
      if (is_last && axis > 0) out->append("...");
      return;
    }
    if (!is_last) {
      out->push_back('[');
      AppendPrintedDim(tensor, axis + 1, most, next, out);
      out->push_back(']');
      continue;
    }
    if (i > 0) out->push_back(' ');
    AppendPrintedElement(tensor, (*next)++, out);
  }
}

}  // namespace

void AppendPrintedTensor(const Tensor& tensor, int64_t most, std::string* out) {
  const int64_t count = tensor.num_elements();
  if (most < 0 || most > count) most = count;
  if (IsHidden(tensor.dtype())) {
    for (int64_t i = 0; i < most; ++i) out->append(i > 0 ? " ?" : "?");
  } else if (most > 0) {
    const Tensor seen = tensor.Retyped(ShownAs(tensor.dtype()));
    int64_t next = 0;
    if (tensor.rank() == 0) {
      AppendPrintedElement(seen, 0, out);
    } else {
      AppendPrintedDim(seen, 0, most, &next, out);
    }
  }
  if (most < count) out->append("...");
}

void AppendTensorText(const Tensor& tensor, int64_t ends, std::string* out) {
  const int64_t count = tensor.num_elements();
  if (ends < 0 || ends > count) ends = count;
  if (ends == 0 && tensor.dtype() == DType::kBool) return;  // where all others have their brackets
  const Tensor seen = tensor.Retyped(ShownAs(tensor.dtype()));
  if (IsHidden(tensor.dtype())) {
    if (tensor.rank() > 0) out->push_back('[');
    for (int64_t i = 0; i < ends; ++i) out->append(i > 0 ? " ?" : "?");
    if (ends < count) out->append("...");
    if (tensor.rank() > 0) out->push_back(']');
  } else if (tensor.rank() > 0) {
    AppendDim(seen, 0, 0, ends, out);
  } else if (ends > 0) {
    AppendElement(seen, 0, out);
  } else {
    out->append("...");
  }
}

}  // namespace rivulet
