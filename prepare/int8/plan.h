// Which parts of a float graph are to be computed in 8 bits, and which of its activations are rounded for it.
//
// Operators of 8 bits are products with constant filters (Conv2D, DepthwiseConv2dNative, MatMul), and what lies between
// them and keeps to their values: Add, Mul, concatenation, averages, and functions of each element, of what is rounded
// already. A product's group ends with the bias and the Relu or Relu6 that read it alone; a sum's with its Relu. One
// rounding comes behind a group, where an 8-bit operator reads it, be it through operators that only move or choose
// values (MaxPool, Reshape, Pad, …). What another operator makes is rounded for its 8-bit readers alone. What nothing
// of 8 bits reads stays float: a network's scores are what the last product adds up.
#ifndef RIVULET_PREPARE_INT8_PLAN_H_
#define RIVULET_PREPARE_INT8_PLAN_H_

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "prepare/graph_edit.h"

namespace rivulet::prepare {

inline constexpr size_t kRoundedAlready = static_cast<size_t>(-1);

struct Int8Activation {
  std::string edge;
  // Who reads the rounded one: node and input. For a group's end these are all of its readers.
  std::vector<std::pair<std::string, size_t>> readers;
  // The activation whose range it takes, which then is the same as this one's number but for parts of a concatenation:
  // with the range of the whole they are copied into it.
  size_t range_of = 0;
};

struct Int8Product {
  std::string node;
  std::string last;                // the bias that only this product goes to, else the product
  std::string end;                 // of the group: an activation function, or `last`
  size_t input = kRoundedAlready;  // the activation behind its input, if it is one of the plan's
  bool has_bias() const { return last != node; }
};

struct Int8Plan {
  std::vector<Int8Product> products;
  std::vector<Int8Activation> activations;
  std::vector<std::string> notes;  // what stays float, and why: sentences
};

// The graph must be the one that `edit` was made of. NOT_FOUND where no product can be made 8-bit, which says why.
// Products that are named stay float.
Result<Int8Plan> PlanInt8(const GraphDef& graph, GraphEdit& edit, const std::set<std::string>& stay_float = {});

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_INT8_PLAN_H_
