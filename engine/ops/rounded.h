// Arithmetic of small floats that rounds after every operation, for operators whose results show that TensorFlow does.
#ifndef RIVULET_ENGINE_OPS_ROUNDED_H_
#define RIVULET_ENGINE_OPS_ROUNDED_H_

namespace rivulet {

// A number of T in arithmetic that rounds to T after every operation.
template <typename T>
struct Rounded {
  float value = 0;

  Rounded() = default;
  Rounded(T x) : value(static_cast<float>(x)) {}  // NOLINT: implicit by intent
  static Rounded Of(float x) { return Rounded(T(x)); }
  T stored() const { return T(value); }

  friend Rounded operator+(Rounded a, Rounded b) { return Of(a.value + b.value); }
  friend Rounded operator-(Rounded a, Rounded b) { return Of(a.value - b.value); }
  friend Rounded operator*(Rounded a, Rounded b) { return Of(a.value * b.value); }
  friend Rounded operator/(Rounded a, Rounded b) { return Of(a.value / b.value); }
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_ROUNDED_H_
