// Nodes of element-wise operators as one node; what the pass fuse_elementwise makes and no file can name.
//
//   _ElementwiseChain(x0, x1, ...) {steps=["AddV2 x0 x1", "Relu6 s0", "Mul x0 s1"], alphas=[0, 0, 0]}
//
// A step is an operator (or _Prelu, which is none by itself) and its operands: input i (xi) or the result of step i
// (si). The last step's is the output. float32; each input has the output's shape or is spread over its leading or its
// trailing dims.
#ifndef RIVULET_ENGINE_OPS_ELEMENTWISE_CHAIN_H_
#define RIVULET_ENGINE_OPS_ELEMENTWISE_CHAIN_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/kernels/element_chain.h"
#include "engine/ops/op.h"

namespace rivulet {

extern const OpDef kElementwiseChain;

// What an operator on float32 does in a chain, its operands left open; nothing where chains do not have it. `alpha` is
// that of LeakyRelu.
std::optional<ElementStep> ElementStepOf(std::string_view op, float alpha);

// The output as a matrix over which inputs are spread; 0 while no input has asked for a certain one.
struct SpreadGrid {
  int64_t rows = 0;
  int64_t columns = 0;
};

// How an input of shape `input` is spread over `output`, both complete and `output` with elements; narrows `grid`.
// Nothing where the input needs another grid or more than rows and columns.
std::optional<Spread> SpreadOver(const Shape& input, const Shape& output, SpreadGrid* grid);

// Whether a chain can read its input `edge`, of the output's shape, as rows of so many columns that do not follow one
// another.
bool ChainReadsRows(const Graph& graph, const Node& chain, Edge edge, int64_t columns);
// Says so to its prepared state, before it runs: from one row to the next there are so many elements.
void SetChainRows(OpState& state, int input, int64_t columns, int64_t row_step);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_ELEMENTWISE_CHAIN_H_
