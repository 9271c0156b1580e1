#include "engine/run/gradient_formula.h"

#include <algorithm>
#include <iterator>

namespace rivulet {
namespace {

constexpr std::string_view kStops[] = {"Const",
                                       "EditDistance",
                                       "Equal",
                                       "FakeQuantWithMinMaxArgsGradient",
                                       "FakeQuantWithMinMaxVarsGradient",
                                       "FakeQuantWithMinMaxVarsPerChannelGradient",
                                       "Floor",
                                       "FloorDiv",
                                       "Greater",
                                       "GreaterEqual",
                                       "Less",
                                       "LessEqual",
                                       "LinSpace",
                                       "LogicalAnd",
                                       "LogicalNot",
                                       "LogicalOr",
                                       "NotEqual",
                                       "OnesLike",
                                       "RandomUniform",
                                       "Range",
                                       "Rank",
                                       "Shape",
                                       "Size",
                                       "StatelessMultinomial",
                                       "StatelessRandomNormal",
                                       "StatelessRandomUniform",
                                       "StatelessTruncatedNormal",
                                       "StopGradient",
                                       "TruncateDiv",
                                       "ZerosLike"};

}  // namespace

GradientRule FindGradient(std::string_view op) {
  for (const auto& list : {ElementwiseGradients(), BroadcastGradients(), ReductionGradients(), ProductGradients(),
                           ArrayGradients(), NeuralGradients()}) {
    for (const GradientFormula& formula : list) {
      if (formula.op == op) return formula.rule;
    }
  }
  return nullptr;
}

bool StopsGradient(std::string_view op) {
  return std::find(std::begin(kStops), std::end(kStops), op) != std::end(kStops);
}

}  // namespace rivulet
