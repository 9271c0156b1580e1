// What the passes that make steps of 8-bit codes ask of a graph. int8_levels.cc puts every FakeQuant of activations as
// _Int8Quantize and _Int8Dequantize; the others replace what stands between a Dequantize and a Quantize.
#ifndef RIVULET_ENGINE_PASSES_INT8_MATCH_H_
#define RIVULET_ENGINE_PASSES_INT8_MATCH_H_

#include <optional>
#include <string>

#include "engine/ops/fake_quant_steps.h"
#include "engine/ops/int8_steps.h"
#include "engine/passes/match.h"

namespace rivulet {

// Codes that stand for (code - zero) * step.
struct Codes {
  Edge edge;
  int64_t zero = 0;
  float step = 1;
};

// The codes that a float edge was made of.
std::optional<Codes> CodesBehind(const Graph& graph, Edge edge);

// A Quantize that is the only reader of something, perhaps behind Relu or Relu6.
struct Quantized {
  int32_t node = -1;
  int64_t zero = 0;
  float step = 1;
  // Where its codes end, the activation's bounds among them.
  float low = 0;
  float high = 255;
};
std::optional<Quantized> FollowToCodes(const Graph& graph, const SoleUsers& users, int32_t node);

// The steps of a FakeQuantWithMinMax.. with known range: channel i of PerChannel, else of all.
std::optional<FakeQuantSteps> KnownSteps(const Graph& graph, const Node& fake_quant, int64_t channel = 0);
// Whether it is one of 8 bits or fewer, with only data inputs.
bool IsFakeQuant8(const Node& node);
// Whether it is a Dequantize of qint8 codes, with only data inputs, whose zero is 0.
bool IsScaledCodes(const Node& node);

// What a Quantize node does to one number.
uint8_t CodeOf(const Node& quantize, float x);

// The number of an attribute; 0 where it is missing.
int64_t IntOf(const Node& node, std::string_view attr);
float FloatOf(const Node& node, std::string_view attr);

// A step that only passes make.
Node StepNode(const OpDef& def, std::string name, std::vector<Edge> inputs);
Node DequantizeNode(std::string name, Edge codes, int64_t zero, float step);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_PASSES_INT8_MATCH_H_
