// Several element-wise functions in one pass over memory: what lies between them stays in the first-level cache.
//
// The steps are done one after the other on a stretch of the output, by the kernels of map.h, to the same bits as if
// each had written a whole tensor.
#ifndef RIVULET_ENGINE_KERNELS_ELEMENT_CHAIN_H_
#define RIVULET_ENGINE_KERNELS_ELEMENT_CHAIN_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/map.h"

namespace rivulet {

// An operand of a step: an input of the chain, or what an earlier step gave.
struct ElementOperand {
  bool is_step = false;
  int32_t index = 0;
};

struct ElementStep {
  enum class Kind : uint8_t { kUnary, kBinary, kActivation };
  Kind kind = Kind::kUnary;
  UnaryKind unary = {};
  BinaryKind binary = {};
  Activation activation;
  ElementOperand a;
  ElementOperand b;  // of a binary step
};

class ElementChain {
 public:
  // Results that are needed later than the next step; more of them would leave stretches too short.
  static constexpr int kMaxRegisters = 8;
  static constexpr int kMaxInputs = 16;

  ElementChain() = default;
  // Operands name inputs below kMaxInputs and earlier steps; the last step's result is the output. False when more than
  // kMaxRegisters results are alive at once.
  static bool Make(std::vector<ElementStep> steps, ElementChain* chain);

  // out [rows, columns]; an input may be the output's own memory if its spread is kFull.
  struct Input {
    const float* data;
    Spread spread;
    int64_t row_step = 0;  // of kFull: from one row to the next; 0 where they follow one another
  };
  void Run(std::span<const Input> inputs, int64_t rows, int64_t columns, float* out, ThreadPool& pool,
           const StopToken& stop) const;

 private:
  class Piece;

  // Columns scaled, moved and perhaps cut off at zero, by inputs of these indices: has a kernel of its own.
  struct AsColumnScale {
    int32_t x;
    int32_t scale;
    int32_t shift;
    bool relu;
  };
  static std::optional<AsColumnScale> ColumnScaleOf(const std::vector<ElementStep>& steps);

  std::vector<ElementStep> steps_;
  std::vector<int32_t> register_of_;  // of each step's result but the last's
  int num_registers_ = 0;
  std::optional<AsColumnScale> column_scale_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_ELEMENT_CHAIN_H_
