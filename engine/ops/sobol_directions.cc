#include "engine/ops/sobol_directions.h"

namespace rivulet {
namespace {

// Made by tests/golden/sobol_directions.py.
constexpr uint32_t kBits[] = {
#include "engine/ops/sobol_directions.inc"
};

}  // namespace

uint32_t SobolDirections::Next(int k) {
  uint32_t number = 1;
  for (int i = 1; i <= k; ++i, ++at_) number |= ((kBits[at_ / 32] >> (at_ % 32)) & 1) << i;
  return number;
}

}  // namespace rivulet
