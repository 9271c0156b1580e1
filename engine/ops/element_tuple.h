// Tuples of tensors, which queues, stages and barriers keep: what they must look like, what they cost, and how rows of
// batches become tuples and tuples batches.
#ifndef RIVULET_ENGINE_OPS_ELEMENT_TUPLE_H_
#define RIVULET_ENGINE_OPS_ELEMENT_TUPLE_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/errors.h"
#include "rivulet/tensor.h"

namespace rivulet {

using Tuple = std::vector<Tensor>;

// What the components of an element are.
struct TupleForm {
  std::vector<DType> dtypes;
  std::vector<Shape> shapes;  // one for each component, whose dims may be unknown; or none: every shape goes
  std::string ToString() const;
};

bool ShapeFits(const Shape& want, const Shape& shape);

Status CheckDtypes(std::span<const DType> want, std::span<const DType> got);
// Whether `tuple` is an element.
Status CheckElement(const TupleForm& form, const Tuple& tuple);
// Whether the rows of `batch` are elements; gives their number.
Result<int64_t> CheckBatch(const TupleForm& form, const Tuple& batch);

// A tuple that outlives the step that made it. What keeping it costs beside its tensors counts into the budget, so
// that nothing can be kept without end for free.
class KeptTuple {
 public:
  static Result<KeptTuple> Keep(Tuple tuple, Allocator& allocator);
  // Row `i` of a checked batch.
  static Result<KeptTuple> KeepRow(const Tuple& batch, int64_t i, Allocator& allocator);

  KeptTuple(KeptTuple&& other) noexcept { *this = std::move(other); }
  KeptTuple& operator=(KeptTuple&& other) noexcept;
  ~KeptTuple();

  const Tuple& parts() const { return parts_; }
  Tuple& parts() { return parts_; }

 private:
  KeptTuple() = default;
  Tuple parts_;
  std::shared_ptr<Allocator> charged_;
  size_t charge_ = 0;
};

// One tensor for each component: the elements, one after the other. Elements that are smaller than others, in dims
// that the form leaves unknown, are filled up with zeros.
Result<Tuple> JoinElements(const TupleForm& form, std::span<const KeptTuple> elements, Allocator& allocator);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_ELEMENT_TUPLE_H_
