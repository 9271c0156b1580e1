// What only training needed and a frozen graph still has: switches between training and use, the branches that they
// choose, dropout. Transforms like the others, but none of TensorFlow's; optimize.h applies them.
#ifndef RIVULET_PREPARE_TRAINING_LEFTOVERS_H_
#define RIVULET_PREPARE_TRAINING_LEFTOVERS_H_

#include <optional>
#include <string>

#include "prepare/transform.h"

namespace rivulet::prepare {

// Placeholders that by their names switch between training and use ("keras_learning_phase", "is_training",
// "keep_prob", "dropout_rate"), and that nobody will feed, become constants with the value for use; each is reported.
extern const Transform kSetTrainingSwitches;

// The value in use of an input that by its name and type, and a shape that is scalar or not told, is a switch of
// training: false for is_training, 1 for keep_prob.
std::optional<Tensor> ValueInUse(const std::string& name, DType dtype, const Shape& shape);

// Switch and Merge, If and Case, of a constant condition: the branch taken stays, without them.
//
//   s = Switch(x, true), a = Relu(s), b = Tanh(s:1), m = Merge(a, b)     becomes     b = Tanh(x), m read as b
extern const Transform kDropDeadBranches;

// Dropout passes on what it is given, as it does outside of training:
//
//   d = RealDiv(x, k), y = Mul(d, Floor(k + u))                          becomes     y read as x
//   d = Mul(x, s), y = Mul(d, Cast(u >= rate)) or SelectV2(u >= rate, d, 0)
//
// u being RandomUniform. One that was still at work, its k no 1, is reported.
extern const Transform kDropDropout;

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_TRAINING_LEFTOVERS_H_
