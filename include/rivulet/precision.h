// How exact the results of a session are to be.
#ifndef RIVULET_PRECISION_H_
#define RIVULET_PRECISION_H_

namespace rivulet {

enum class Precision {
  // Float throughout. Convolutions may be computed in a transformed domain, whose results differ from a plain sum's by
  // a
  // few units in the last place of the largest products.
  kExact,
  // Products round their operands to half of the bits where the processor multiplies those faster.
  // Results differ by about a thousandth of the largest value.
  kFast,
  // As kExact, and every output of a product or convolution is the sum of the products that its operator is made of.
  kPlain,
};

}  // namespace rivulet

#endif  // RIVULET_PRECISION_H_
