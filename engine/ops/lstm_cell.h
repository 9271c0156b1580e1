// One step of TensorFlow's LSTM cell for one row of a batch, and its gradient; shared by the block operators.
//
//   i = sigmoid(zi + cs_prev wci), f = sigmoid(zf + forget_bias + cs_prev wcf), ci = tanh(zc)
//   cs = i ci + f cs_prev, within [-cell_clip, cell_clip] where that is above 0
//   co = tanh(cs), o = sigmoid(zo + cs wco), h = o co
//
// where z = [x, h_prev] w + b has four parts in the order i c f o, or i f c o in the second version, and the terms with
// wci, wcf and wco ("peepholes") are there only on request. Float16 is rounded after every step, the sums of z
// in the order of x and h_prev, as in TensorFlow.
#ifndef RIVULET_ENGINE_OPS_LSTM_CELL_H_
#define RIVULET_ENGINE_OPS_LSTM_CELL_H_

#include <algorithm>
#include <cmath>

#include "engine/ops/matched_sizes.h"
#include "engine/ops/number.h"
#include "engine/ops/rounded.h"

namespace rivulet {

struct LstmCell {
  float forget_bias = 0;
  float cell_clip = 0;
  bool peephole = false;
  bool second_order = false;  // of the gates: i f c o

  // Where the parts of z begin.
  int64_t c_at(int64_t cell) const { return second_order ? 2 * cell : cell; }
  int64_t f_at(int64_t cell) const { return second_order ? cell : 2 * cell; }

  static LstmCell Of(const Node& node) {
    const AttrReader attrs(node);
    LstmCell cell;
    cell.second_order = node.op.ends_with("V2");
    cell.peephole = attrs.Bool("use_peephole");
    const bool forward = !node.op.ends_with("Grad") && !node.op.ends_with("GradV2");
    if (forward) cell.cell_clip = attrs.Float("cell_clip");
    if (forward && !cell.second_order) cell.forget_bias = attrs.Float("forget_bias");
    return cell;
  }
};

template <typename T>
struct Peepholes {
  const T* i;
  const T* f;
  const T* o;
};

// The seven values of a cell that its operators give out, or take back for the gradient: one row of each.
template <typename T>
struct LstmRow {
  T *i, *cs, *f, *o, *ci, *co, *h;

  LstmRow At(int64_t offset) const {
    return {i + offset, cs + offset, f + offset, o + offset, ci + offset, co + offset, h + offset};
  }
};

// z of one row in arithmetic that rounds to float16; w [inputs, outputs]. TensorFlow's own order for up to some 500
// inputs, beyond which its parts are sums of their own.
inline void RoundedProduct(const float* row, const Half* w, int64_t inputs, int64_t outputs, float* z) {
  std::fill_n(z, outputs, 0.0f);
  for (int64_t k = 0; k < inputs; ++k) {
    for (int64_t j = 0; j < outputs; ++j) {
      const Half product(row[k] * static_cast<float>(w[k * outputs + j]));
      z[j] = static_cast<float>(Half(z[j] + static_cast<float>(product)));
    }
  }
}

template <typename T>
void LstmForward(const LstmCell& lstm, int64_t cell, const float* z, const T* b, const Peepholes<T>& w,
                 const T* cs_prev, const LstmRow<T>& out) {
  using R = Rounded<T>;
  const auto sigmoid = [](R x) {
    if constexpr (sizeof(T) == sizeof(float)) return R::Of(1.0f / (1.0f + std::exp(-x.value)));
    const R e = R::Of(std::exp(x.value));  // so TensorFlow's, which shows where every step is rounded
    return std::isinf(e.value) ? R::Of(1) : e / (R::Of(1) + e);
  };
  const R forget_bias = R::Of(lstm.forget_bias), clip = R::Of(lstm.cell_clip);
  const auto gate = [&](int64_t at) { return R::Of(z[at]) + R(b[at]); };
  for (int64_t j = 0; j < cell; ++j) {
    R zi = gate(j), zf = gate(lstm.f_at(cell) + j) + forget_bias, zo = gate(3 * cell + j);
    if (lstm.peephole) {
      zi = zi + R(cs_prev[j]) * R(w.i[j]);
      zf = zf + R(cs_prev[j]) * R(w.f[j]);
    }
    const R i = sigmoid(zi), f = sigmoid(zf), ci = R::Of(std::tanh(gate(lstm.c_at(cell) + j).value));
    R cs = i * ci + f * R(cs_prev[j]);
    if (lstm.cell_clip > 0) cs.value = std::min(std::max(cs.value, -clip.value), clip.value);
    if (lstm.peephole) zo = zo + cs * R(w.o[j]);
    const R o = sigmoid(zo), co = R::Of(std::tanh(cs.value));
    out.i[j] = i.stored();
    out.cs[j] = cs.stored();
    out.f[j] = f.stored();
    out.o[j] = o.stored();
    out.ci[j] = ci.stored();
    out.co[j] = co.stored();
    out.h[j] = (o * co).stored();
  }
}

// The gradients of z's parts to dz, in the gates' order, and of cs_prev.
template <typename T>
void LstmBackward(const LstmCell& lstm, int64_t cell, const Peepholes<T>& w, const T* cs_prev,
                  const LstmRow<const T>& at, const Rounded<T>* cs_grad, const Rounded<T>* h_grad, Rounded<T>* dz,
                  T* cs_prev_grad) {
  using R = Rounded<T>;
  const R one = R::Of(1);
  for (int64_t j = 0; j < cell; ++j) {
    const R i(at.i[j]), f(at.f[j]), o(at.o[j]), ci(at.ci[j]), co(at.co[j]);
    const R d_o = o * (one - o) * h_grad[j] * co;
    R dcs = (one - co * co) * h_grad[j] * o + cs_grad[j];
    if (lstm.peephole) dcs = dcs + d_o * R(w.o[j]);
    const R dci = (one - ci * ci) * dcs * i;
    const R df = f * (one - f) * dcs * R(cs_prev[j]);
    const R di = i * (one - i) * dcs * ci;
    R before = dcs * f;
    if (lstm.peephole) before = before + di * R(w.i[j]) + df * R(w.f[j]);
    dz[j] = di;
    dz[lstm.c_at(cell) + j] = dci;
    dz[lstm.f_at(cell) + j] = df;
    dz[3 * cell + j] = d_o;
    cs_prev_grad[j] = before.stored();
  }
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_LSTM_CELL_H_
