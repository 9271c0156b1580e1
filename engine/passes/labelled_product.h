// Products of two arrays as sums over letters, one for each axis: what MatMul, BatchMatMul and Einsum have in common.
#ifndef RIVULET_ENGINE_PASSES_LABELLED_PRODUCT_H_
#define RIVULET_ENGINE_PASSES_LABELLED_PRODUCT_H_

#include <optional>
#include <string>

#include "engine/base/built.h"
#include "engine/passes/pass.h"

namespace rivulet {

// out = sum over the letters that `out_axes` lacks. No letter is twice in one operand. Along an axis of a BatchMatMul's
// batch an operand may have one element where the output has more.
struct LabelledProduct {
  Edge a, b;
  std::string a_axes, b_axes, out_axes;
};

// Of a float product of two operands of known rank, without control inputs.
std::optional<LabelledProduct> ReadProduct(const Graph& graph, const Node& node);

// Whether a narrowed build has more of them than MatMul.
inline constexpr bool kHasProducts =
    IsBuilt("BatchMatMul") || IsBuilt("BatchMatMulV2") || IsBuilt("BatchMatMulV3") || IsBuilt("Einsum");

inline bool HasLetter(const std::string& axes, char letter) { return axes.find(letter) != std::string::npos; }

}  // namespace rivulet

#endif  // RIVULET_ENGINE_PASSES_LABELLED_PRODUCT_H_
