// Float operators and the 8-bit ones that take their place.
#ifndef RIVULET_PREPARE_QUANTIZED_OPS_H_
#define RIVULET_PREPARE_QUANTIZED_OPS_H_

#include <string_view>
#include <vector>

#include "prepare/facts.h"
#include "prepare/graph_def.h"

namespace rivulet::prepare {

// In which order an 8-bit operator takes the ranges of its inputs.
enum class RangeOrder {
  kContiguous,  // a_min, a_max, b_min, b_max
  kMinsFirst,   // a_min, b_min, a_max, b_max
};

struct QuantizedOp {
  std::string_view float_op;
  std::string_view name;
  std::string_view copied;     // attributes that it takes as they are, with blanks between
  std::string_view types;      // attributes that are quint8
  std::string_view wide_type;  // attribute that is qint32, with which its result is; empty: the result is quint8
  RangeOrder order = RangeOrder::kContiguous;
  int plain_input = -1;  // an input that is no image: -2 for the last, which goes to the front
};

// Null for an operator that stays.
const QuantizedOp* FindQuantizedOp(std::string_view float_op);

// Ok where the 8-bit operator computes the same function of the same shapes; else what it does not know.
Status CheckQuantizable(const QuantizedOp& op, const NodeDef& node, const Facts& facts);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_QUANTIZED_OPS_H_
