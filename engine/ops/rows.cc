#include "engine/ops/rows.h"

#include "engine/ops/number.h"

namespace rivulet {
namespace {

struct Add {
  template <typename T>
  T operator()(T a, T b) const {
    return Plus(a, b);
  }
};
struct Subtract {
  template <typename T>
  T operator()(T a, T b) const {
    return Minus(a, b);
  }
};
struct Multiply {
  template <typename T>
  T operator()(T a, T b) const {
    return Product(a, b);
  }
};
struct Max {
  template <typename T>
  T operator()(T a, T b) const {
    return Widen(a) > Widen(b) ? a : b;
  }
};
struct Min {
  template <typename T>
  T operator()(T a, T b) const {
    return Widen(a) < Widen(b) ? a : b;
  }
};
struct Greatest {
  template <typename T>
  T operator()(T a, T b) const {
    return Widen(b) > Widen(a) ? b : a;
  }
};
struct Least {
  template <typename T>
  T operator()(T a, T b) const {
    return Widen(b) < Widen(a) ? b : a;
  }
};
struct Or {
  template <typename T>
  T operator()(T a, T b) const {
    return static_cast<T>((a != 0) | (b != 0));
  }
};

template <typename F, typename T>
void CombineTyped(void* to, const void* from, int64_t n) {
  const F f;
  T* a = static_cast<T*>(to);
  const T* b = static_cast<const T*>(from);
  for (int64_t i = 0; i < n; ++i) a[i] = f(a[i], b[i]);
}

// Integers wrap, so their sign does not matter.
template <typename F>
CombineRows FindArithmetic(DType dtype) {
  switch (dtype) {
    case DType::kFloat: return CombineTyped<F, float>;
    case DType::kDouble: return CombineTyped<F, double>;
    case DType::kHalf: return CombineTyped<F, Half>;
    case DType::kBfloat16: return CombineTyped<F, BFloat16>;
    case DType::kComplex64: return CombineTyped<F, Complex64>;
    case DType::kComplex128: return CombineTyped<F, Complex128>;
    case DType::kInt8:
    case DType::kUint8: return CombineTyped<F, uint8_t>;
    case DType::kInt16:
    case DType::kUint16: return CombineTyped<F, uint16_t>;
    case DType::kInt32:
    case DType::kUint32: return CombineTyped<F, uint32_t>;
    case DType::kInt64:
    case DType::kUint64: return CombineTyped<F, uint64_t>;
    default: return nullptr;
  }
}

template <typename F>
CombineRows FindOrder(DType dtype) {
  CombineRows found = nullptr;
  VisitType<float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>(
      dtype, [&](auto tag) { found = CombineTyped<F, typename decltype(tag)::Type>; });
  return found;
}

template <size_t kBytes>
void Assign(void* to, const void* from, int64_t n) {
  if (n > 0) std::memcpy(to, from, static_cast<size_t>(n) * kBytes);
}

void AssignStrings(void* to, const void* from, int64_t n) { CopyElements(DType::kString, to, from, n); }

void JoinStrings(void* to, const void* from, int64_t n) {
  for (int64_t i = 0; i < n; ++i) static_cast<std::string*>(to)[i] += static_cast<const std::string*>(from)[i];
}

CombineRows FindAssign(DType dtype) {
  switch (ElementBytes(dtype)) {
    case 1: return Assign<1>;
    case 2: return Assign<2>;
    case 4: return Assign<4>;
    case 8: return Assign<8>;
    case 16: return Assign<16>;
    default: return nullptr;
  }
}

template <size_t kBytes>
void FillFixed(void* to, const void* value, int64_t n) {
  char element[kBytes];
  std::memcpy(element, value, kBytes);
  for (int64_t i = 0; i < n; ++i)
    std::memcpy(static_cast<char*>(to) + static_cast<size_t>(i) * kBytes, element, kBytes);
}

template <typename T>
void FillStartTyped(Combine combine, void* to, int64_t n) {
  T start = T(1);
  if constexpr (!kIsComplex<T>) {
    if (combine == Combine::kMax) start = Lowest<T>();
    if (combine == Combine::kMin) start = Highest<T>();
  }
  std::fill_n(static_cast<T*>(to), n, start);
}

}  // namespace

void FillElements(DType dtype, void* to, const void* value, int64_t n) {
  if (dtype == DType::kString) {
    std::fill_n(static_cast<std::string*>(to), n, *static_cast<const std::string*>(value));
    return;
  }
  switch (ElementBytes(dtype)) {
    case 1: return FillFixed<1>(to, value, n);
    case 2: return FillFixed<2>(to, value, n);
    case 4: return FillFixed<4>(to, value, n);
    case 8: return FillFixed<8>(to, value, n);
    case 16: return FillFixed<16>(to, value, n);
    default: return;
  }
}

void ClearElements(DType dtype, void* to, int64_t n) {
  if (n <= 0) return;
  if (dtype == DType::kString) {
    for (int64_t i = 0; i < n; ++i) static_cast<std::string*>(to)[i].clear();
  } else if (ElementBytes(dtype) == 0) {
    for (int64_t i = 0; i < n; ++i) static_cast<ObjectRef*>(to)[i].reset();
  } else {
    std::memset(to, 0, static_cast<size_t>(n) * ElementBytes(dtype));
  }
}

CombineRows FindCombine(Combine combine, DType dtype) {
  if (dtype == DType::kString) {
    return combine == Combine::kAssign ? AssignStrings : combine == Combine::kAdd ? JoinStrings : nullptr;
  }
  if (dtype == DType::kBool && combine == Combine::kAdd) return CombineTyped<Or, uint8_t>;
  switch (combine) {
    case Combine::kAssign: return FindAssign(dtype);
    case Combine::kAdd: return FindArithmetic<Add>(dtype);
    case Combine::kSubtract: return FindArithmetic<Subtract>(dtype);
    case Combine::kMultiply: return FindArithmetic<Multiply>(dtype);
    case Combine::kMax: return FindOrder<Max>(dtype);
    case Combine::kMin: return FindOrder<Min>(dtype);
    case Combine::kGreatest: return FindOrder<Greatest>(dtype);
    case Combine::kLeast: return FindOrder<Least>(dtype);
  }
  return nullptr;
}

void FillStart(Combine combine, DType dtype, void* to, int64_t n) {
  if (combine != Combine::kMultiply && combine != Combine::kMax && combine != Combine::kMin) {
    ClearElements(dtype, to, n);
    return;
  }
  VisitType<float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t,
            Complex64, Complex128>(dtype,
                                   [&](auto tag) { FillStartTyped<typename decltype(tag)::Type>(combine, to, n); });
}

}  // namespace rivulet
