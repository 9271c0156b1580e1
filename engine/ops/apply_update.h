// What the training operators share: Apply*, ResourceApply*, SparseApply* and ResourceSparseApply*.
//
//   var and its slots (accumulators): variables of one shape, by reference or as resources
//   grad (or delta): of that shape; in the sparse forms [indices, row..], a row for each index
//   the other inputs: scalars
//
// An optimizer is its formula for one element, a Step<T>, from which one loop per dtype is made for all four forms.
// Steps of float16 and bfloat16 round after every operation, as TensorFlow's do. Rows of one variable are updated in
// the order of the indices; an index outside is an error, found before anything is changed. Deviations from TensorFlow:
// a bad index never leaves a part updated; one variable cannot be two of the slots.
#ifndef RIVULET_ENGINE_OPS_APPLY_UPDATE_H_
#define RIVULET_ENGINE_OPS_APPLY_UPDATE_H_

#include <algorithm>
#include <array>

#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/widen.h"

namespace rivulet {

// A number of T with T's own arithmetic (number.h) as operators.
template <typename T>
struct Num {
  T value = T();
  Num() = default;
  explicit Num(T v) : value(v) {}
  static Num Of(double v) { return Num(T(static_cast<decltype(std::abs(Wide<T>()))>(v))); }
  friend Num operator+(Num a, Num b) { return Num(Plus(a.value, b.value)); }
  friend Num operator-(Num a, Num b) { return Num(Minus(a.value, b.value)); }
  friend Num operator*(Num a, Num b) { return Num(Product(a.value, b.value)); }
  friend Num operator/(Num a, Num b) { return Num(T(Over(Widen(a.value), Widen(b.value)))); }
  friend Num operator-(Num a) { return Num(T(-Widen(a.value))); }
  friend bool operator<(Num a, Num b) { return Widen(a.value) < Widen(b.value); }
  friend bool operator>(Num a, Num b) { return Widen(a.value) > Widen(b.value); }
  friend bool operator==(Num a, Num b) { return Widen(a.value) == Widen(b.value); }
};

template <typename T>
Num<T> Sqrt(Num<T> x) {
  return Num<T>(T(std::sqrt(Widen(x.value))));
}
template <typename T>
Num<T> InverseSqrt(Num<T> x) {
  return Num<T>::Of(1) / Sqrt(x);
}
template <typename T>
Num<T> Square(Num<T> x) {
  return x * x;
}
template <typename T>
Num<T> Magnitude(Num<T> x) {
  return Num<T>(T(std::abs(Widen(x.value))));
}
// -1, 0 or 1; a NaN stays one.
template <typename T>
Num<T> Sign(Num<T> x) {
  if (x > Num<T>()) return Num<T>::Of(1);
  return x < Num<T>() ? Num<T>::Of(-1) : x;
}
template <typename T>
Num<T> Greater(Num<T> a, Num<T> b) {
  return a < b ? b : a;
}
template <typename T>
Num<T> Lesser(Num<T> a, Num<T> b) {
  return b < a ? b : a;
}

// What a step is made from: the scalars in the order of the inputs, without grad and indices.
struct UpdateArgs {
  static constexpr size_t kMostScalars = 6;
  std::array<const void*, kMostScalars> scalars = {};
  bool flag = false;       // the operator's own attribute: use_nesterov, update_slots or multiply_linear_by_lr
  bool is_sparse = false;  // rows by index
  bool is_single = false;  // of one element each
  template <typename T>
  Num<T> Scalar(size_t i) const {
    return Num<T>(*static_cast<const T*>(scalars[i]));
  }
};

constexpr size_t kMostSlots = 4;
using SlotPointers = std::array<void*, kMostSlots>;
// Updates n elements of the slots, var first, by n elements of grad.
using UpdateElements = void (*)(const UpdateArgs& args, const SlotPointers& slots, const void* grad, int64_t n);
using FindUpdate = UpdateElements (*)(DType);

template <typename Step, typename T>
void UpdateLoop(const UpdateArgs& args, const SlotPointers& slots, const void* grad, int64_t n) {
  const Step step(args);
  std::array<T*, Step::kSlots> at;
  for (size_t k = 0; k < Step::kSlots; ++k) at[k] = static_cast<T*>(slots[k]);
  const T* g = static_cast<const T*>(grad);
  for (int64_t i = 0; i < n; ++i) {
    std::array<Num<T>, Step::kSlots> x;
    for (size_t k = 0; k < Step::kSlots; ++k) x[k].value = at[k][i];
    step(x.data(), Num<T>(g[i]));
    for (size_t k = 0; k < Step::kSlots; ++k) at[k][i] = x[k].value;
  }
}

// In a small engine steps of these are made in double, and rounded at their ends alone.
inline constexpr uint32_t kWidenUpdates = kWidenFloats | kWidenComplex;

// Of two Steps of one name, though in namespaces without name, GCC keeps one instance: their names are unique.
template <template <typename> class Step, typename... Ts>
UpdateElements FindUpdateOf(DType dtype) {
  UpdateElements found = nullptr;
  VisitLoops<kWidenUpdates, Ts...>(dtype, [&](auto tag) {
    using T = typename decltype(tag)::Type;
    found = UpdateLoop<Step<T>, T>;
  });
  return found;
}

// What the scalars must be: a letter each, '+' above 0, 'p' 0 or above, 'n' 0 or below; another letter: any.
struct UpdateRules {
  const char* dense = "";
  const char* sparse = "";
  bool sparse_wants_elements = false;  // rows without elements are an error
};

Status InferUpdate(InferContext& c);
Result<std::unique_ptr<OpState>> PrepareUpdate(PrepareContext& c);
Status ApplyUpdate(RunContext& c, FindUpdate find, const UpdateRules& rules);

template <FindUpdate kFind, const UpdateRules& kRules>
Status RunUpdate(RunContext& c) {
  return ApplyUpdate(c, kFind, kRules);
}

#define RIVULET_UPDATE_TYPES(types) "T:type in {" types "}; use_locking:bool=false"
#define RIVULET_UPDATE_REAL "f32,f64,f16,bf16"
#define RIVULET_UPDATE_ALL RIVULET_UPDATE_REAL ",c64,c128"

// The definitions of an optimizer. `slots` is a macro that gives the variables' part of the signature for a kind of
// handle; `rest` are the other inputs; `flag` is the operator's own attribute with a leading "; ", or "".
#define RIVULET_UPDATE_DEF(op, slots, outs, rest, types, flag, find, rules)                                         \
  {                                                                                                                 \
    .name = op, .inputs = slots ", " rest, .outputs = outs, .attrs = RIVULET_UPDATE_TYPES(types) flag,              \
    .infer = InferUpdate, .prepare = PrepareUpdate, .run = RunUpdate<find, rules>, .flags = kEffect | kMakesOutputs \
  }
#define RIVULET_UPDATE(op, slots, rest, types, flag, find, rules)                              \
  RIVULET_UPDATE_DEF("Apply" op, slots("ref T"), "out:ref T", rest, types, flag, find, rules), \
      RIVULET_UPDATE_DEF("ResourceApply" op, slots("resource"), "", rest, types, flag, find, rules)
#define RIVULET_SPARSE_FLAG(flag) "; Tindices:type in {i32,i64}" flag
#define RIVULET_SPARSE_UPDATE(op, slots, rest, types, flag, find, rules)                                          \
  RIVULET_UPDATE_DEF("SparseApply" op, slots("ref T"), "out:ref T", rest, types, RIVULET_SPARSE_FLAG(flag), find, \
                     rules),                                                                                      \
      RIVULET_UPDATE_DEF("ResourceSparseApply" op, slots("resource"), "", rest, types, RIVULET_SPARSE_FLAG(flag), \
                         find, rules)

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_APPLY_UPDATE_H_
