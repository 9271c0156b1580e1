#include "engine/kernels/element_chain.h"

#include <algorithm>
#include <utility>

#include "engine/kernels/map_stretch.h"
#include "engine/kernels/scale_rows.h"

namespace rivulet {
namespace {

// Floats that all stretches in use have together: a good part of a first-level cache.
constexpr int64_t kBufferFloats = 4096;
constexpr int64_t kMaxStretch = 1024;
constexpr int64_t kLine = 16;

// Whether a stretch of several rows reads the input from a copy.
constexpr bool IsCopied(const ElementChain::Input& input) {
  return input.spread == Spread::kRow || input.spread == Spread::kColumn || input.row_step > 0;
}

}  // namespace

bool ElementChain::Make(std::vector<ElementStep> steps, ElementChain* chain) {
  const auto count = static_cast<int32_t>(steps.size());
  std::vector<int32_t> last_use(steps.size(), -1);
  const auto use = [&](const ElementOperand& operand, int32_t step) {
    if (operand.is_step) last_use[static_cast<size_t>(operand.index)] = step;
  };
  for (int32_t i = 0; i < count; ++i) {
    const ElementStep& step = steps[static_cast<size_t>(i)];
    use(step.a, i);
    if (step.kind == ElementStep::Kind::kBinary) use(step.b, i);
  }
  std::vector<int32_t> register_of(steps.size(), -1);
  int32_t holder[kMaxRegisters];  // the step whose result the register has
  std::fill_n(holder, kMaxRegisters, -1);
  int num_registers = 0;
  for (int32_t i = 0; i + 1 < count; ++i) {
    // A result may take the place of an operand that is read for the last time.
    const auto is_free = [&](int32_t step) { return step < 0 || last_use[static_cast<size_t>(step)] <= i; };
    int found = 0;
    while (found < kMaxRegisters && !is_free(holder[found])) ++found;
    if (found == kMaxRegisters) return false;
    holder[found] = i;
    register_of[static_cast<size_t>(i)] = found;
    num_registers = std::max(num_registers, found + 1);
  }
  chain->column_scale_ = ColumnScaleOf(steps);
  chain->steps_ = std::move(steps);
  chain->register_of_ = std::move(register_of);
  chain->num_registers_ = num_registers;
  return true;
}

std::optional<ElementChain::AsColumnScale> ElementChain::ColumnScaleOf(const std::vector<ElementStep>& steps) {
  const auto is_binary = [](const ElementStep& step, BinaryKind kind) {
    return step.kind == ElementStep::Kind::kBinary && step.binary == kind;
  };
  if (steps.size() < 2 || steps.size() > 3) return std::nullopt;
  const ElementStep &product = steps[0], &sum = steps[1];
  if (!is_binary(product, BinaryKind::kMul) || !is_binary(sum, BinaryKind::kAdd)) return std::nullopt;
  if (sum.a.is_step == sum.b.is_step) return std::nullopt;
  const bool relu = steps.size() == 3;
  if (relu && (steps[2].kind != ElementStep::Kind::kUnary || steps[2].unary != UnaryKind::kRelu ||
               !steps[2].a.is_step || steps[2].a.index != 1)) {
    return std::nullopt;
  }
  return AsColumnScale{product.a.index, product.b.index, (sum.a.is_step ? sum.b : sum.a).index, relu};
}

// One thread's buffers, and the stretches that it is given.
class ElementChain::Piece {
 public:
  Piece(const ElementChain& chain, std::span<const Input> inputs, int64_t columns, int64_t stretch, int64_t rows,
        float* out)
      : chain_(chain), inputs_(inputs), columns_(columns), stretch_(stretch), rows_(rows), out_(out) {
    float* next = buffer_ + chain.num_registers_ * stretch;
    for (size_t i = 0; i < inputs.size(); ++i) {
      spread_[i] = inputs[i].data;
      if (rows_ == 1 || !IsCopied(inputs[i])) continue;
      if (inputs[i].spread == Spread::kRow) {
        for (int64_t row = 0; row < rows_; ++row) std::copy_n(inputs[i].data, columns_, next + row * columns_);
      }
      spread_[i] = next;
      next += stretch;
    }
  }

  // Outputs of `rows` rows from `row` on, from `column` on; `count` of them.
  void Do(int64_t row, int64_t rows, int64_t column, int64_t count) {
    row_ = row;
    column_ = column;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      if (rows_ == 1 || !IsCopied(inputs_[i]) || inputs_[i].spread == Spread::kRow) continue;
      float* copy = buffer_ + (spread_[i] - buffer_);
      const Input& input = inputs_[i];
      for (int64_t r = 0; r < rows; ++r, copy += columns_) {
        if (input.spread == Spread::kColumn) {
          std::fill_n(copy, columns_, input.data[row + r]);
        } else {
          std::copy_n(input.data + (row + r) * input.row_step, columns_, copy);
        }
      }
    }
    const size_t last = chain_.steps_.size() - 1;
    for (size_t i = 0; i <= last; ++i) {
      const ElementStep& step = chain_.steps_[i];
      float* to = i == last ? out_ + row * columns_ + column : buffer_ + chain_.register_of_[i] * stretch_;
      const Operand a = At(step.a);
      switch (step.kind) {
        case ElementStep::Kind::kUnary: UnaryStretch(step.unary, Values(a, count), count, to); break;
        case ElementStep::Kind::kActivation: ActivationStretch(step.activation, Values(a, count), count, to); break;
        case ElementStep::Kind::kBinary: {
          const Operand b = At(step.b);
          BinaryStretch(step.binary, a.data, a.is_one, b.data, b.is_one, count, to);
        }
      }
    }
  }

 private:
  struct Operand {
    const float* data;
    bool is_one;
  };

  Operand At(const ElementOperand& operand) const {
    const auto index = static_cast<size_t>(operand.index);
    if (operand.is_step) return {buffer_ + chain_.register_of_[index] * stretch_, false};
    switch (inputs_[index].spread) {
      case Spread::kFull: return {Full(index), false};
      case Spread::kRow: return {rows_ == 1 ? spread_[index] + column_ : spread_[index], false};
      case Spread::kColumn: return rows_ == 1 ? Operand{spread_[index] + row_, true} : Operand{spread_[index], false};
      case Spread::kScalar: break;
    }
    return {inputs_[index].data, true};
  }

  const float* Full(size_t index) const {
    const Input& input = inputs_[index];
    if (input.row_step == 0) return input.data + row_ * columns_ + column_;
    return rows_ == 1 ? input.data + row_ * input.row_step + column_ : spread_[index];
  }

  // A function of one value for the whole stretch: rare, so it is spread.
  const float* Values(const Operand& operand, int64_t count) {
    if (!operand.is_one) return operand.data;
    std::fill_n(one_, count, *operand.data);
    return one_;
  }

  const ElementChain& chain_;
  std::span<const Input> inputs_;
  const int64_t columns_;
  const int64_t stretch_;
  const int64_t rows_;  // of a stretch
  float* const out_;
  int64_t row_ = 0;
  int64_t column_ = 0;
  const float* spread_[kMaxInputs];
  alignas(64) float buffer_[kBufferFloats];
  alignas(64) float one_[kMaxStretch];
};

void ElementChain::Run(std::span<const Input> inputs, int64_t rows, int64_t columns, float* out, ThreadPool& pool,
                       const StopToken& stop) const {
  if (rows == 0 || columns == 0) return;
  if (column_scale_ && inputs[static_cast<size_t>(column_scale_->shift)].spread == Spread::kRow) {
    Input x = inputs[static_cast<size_t>(column_scale_->x)], scale = inputs[static_cast<size_t>(column_scale_->scale)];
    if (x.spread == Spread::kRow) std::swap(x, scale);
    if (x.spread == Spread::kFull && scale.spread == Spread::kRow) {
      const ColumnScale by{scale.data, inputs[static_cast<size_t>(column_scale_->shift)].data, column_scale_->relu};
      ScaleRows(x.data, x.row_step > 0 ? x.row_step : columns, rows, columns, by, out, pool, stop);
      return;
    }
  }
  int64_t buffers = num_registers_;
  for (const Input& input : inputs) buffers += IsCopied(input) ? 1 : 0;
  const int64_t most = std::min(kBufferFloats / std::max<int64_t>(buffers, 1) / kLine * kLine, kMaxStretch);
  // Several whole rows, or part of one.
  const int64_t rows_each = std::clamp<int64_t>(most / columns, 1, rows);
  const int64_t columns_each = std::min(columns, most);
  const int64_t parts = (columns + columns_each - 1) / columns_each;
  const int64_t stretches = (rows + rows_each - 1) / rows_each * parts;
  constexpr int64_t kWork = 1 << 16;  // steps by elements of a piece
  const auto steps = static_cast<int64_t>(steps_.size());
  const int64_t grain = std::max<int64_t>(kWork / (rows_each * columns_each * steps), 1);
  pool.ParallelFor(stretches, grain, stop, [&](int64_t begin, int64_t end) {
    Piece piece(*this, inputs, columns, most, rows_each, out);
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = i / parts * rows_each;
      const int64_t column = i % parts * columns_each;
      const int64_t row_count = std::min(rows_each, rows - row);
      piece.Do(row, row_count, column, row_count * std::min(columns_each, columns - column));
    }
  });
}

}  // namespace rivulet
