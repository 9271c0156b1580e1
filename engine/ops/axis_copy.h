// Copies between two arrays in which the elements to be moved lie at regular distances: what slices, pads,
// concatenations, tilings, reversals and blocks are made of.
//
//   AxisCopy copy(dtype);                          // rows [r0, r1) of a [rows, columns] matrix, columns turned round
//   copy.Axis(r1 - r0, columns, columns);
//   copy.Axis(columns, -1, 1);
//   return copy.Run(c, from, r0 * columns + columns - 1, to, 0);
#ifndef RIVULET_ENGINE_OPS_AXIS_COPY_H_
#define RIVULET_ENGINE_OPS_AXIS_COPY_H_

#include <cstdint>

#include "engine/ops/op.h"

namespace rivulet {

class AxisCopy {
 public:
  // Enough for two axes for every dim of a shape.
  static constexpr int kMaxAxes = 2 * Shape::kMaxRank + 4;

  explicit AxisCopy(DType dtype) : dtype_(dtype) {}

  // Axes come from the outermost to the innermost: `count` places, in elements `from_step` and `to_step` apart. Steps
  // may be negative; a from_step of 0 repeats. The places written are distinct. At most kMaxAxes axes of count != 1.
  void Axis(int64_t count, int64_t from_step, int64_t to_step);

  // Element `from_at` of `from` goes to element `to_at` of `to`, and so on. Touches nothing when an axis has count 0.
  // Strings are counted against the memory budget before they are copied.
  Status Run(RunContext& c, const void* from, int64_t from_at, void* to, int64_t to_at) const;

  // The same, but elements are added to those of `to`, whose places may be repeated (to_step 0); in one fixed order.
  // For numbers; integers wrap around.
  Status RunAdd(RunContext& c, const void* from, int64_t from_at, void* to, int64_t to_at) const;

 private:
  struct Step {
    int64_t count;
    int64_t from;
    int64_t to;
  };
  // Calls row(from, to, n) with positions, in elements, of the innermost axis' places [begin, end) of all places.
  template <typename Row>
  static void Walk(const Step* steps, int num_steps, int64_t begin, int64_t end, const Row& row);
  Status RunStrings(RunContext& c, const std::string* from, std::string* to) const;
  void RunObjects(const ObjectRef* from, ObjectRef* to) const;
  int64_t Count() const;

  DType dtype_;
  bool empty_ = false;
  int num_steps_ = 0;
  Step steps_[kMaxAxes];
};

// All elements of the tensor become `*value`, an element of the same dtype.
Status FillTensor(RunContext& c, Tensor& tensor, const void* value);
// All elements become zero, false or the empty string.
Status ClearTensor(RunContext& c, Tensor& tensor);
// A copy of a whole tensor of the same dtype and number of elements.
Status CopyTensor(RunContext& c, const Tensor& from, Tensor& to);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_AXIS_COPY_H_
