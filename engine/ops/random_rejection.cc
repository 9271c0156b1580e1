#include "engine/ops/random_rejection.h"

namespace rivulet {

Status InferSamplesOfEach(InferContext& c, int shape, int parameter) {
  RIVULET_ASSIGN_OR_RETURN(const Shape samples, ShapeFromInput(c, shape));
  const Shape& each = c.shape(parameter);
  if (!samples.has_rank() || !each.has_rank()) {
    c.set_output(0, Shape::UnknownRank());
    return Status();
  }
  if (samples.rank() + each.rank() > Shape::kMaxRank) {
    return InvalidArgument("shape: want a result of at most ", int64_t{Shape::kMaxRank}, " dims, got ",
                           int64_t{samples.rank() + each.rank()});
  }
  std::vector<int64_t> dims;
  for (int i = 0; i < samples.rank(); ++i) dims.push_back(samples[i]);
  for (int i = 0; i < each.rank(); ++i) dims.push_back(each[i]);
  c.set_output(0, Shape(dims));
  return Status();
}

Status InferEndsWith(InferContext& c, int shape, const Shape& parameters, bool empty_too) {
  RIVULET_ASSIGN_OR_RETURN(Shape out, ShapeFromInput(c, shape));
  if (out.has_rank() && (empty_too || out.num_elements() != 0) && parameters.has_rank()) {
    const int ahead = out.rank() - parameters.rank();
    bool ends = ahead >= 0;
    for (int i = 0; ends && i < parameters.rank(); ++i) {
      ends = out[ahead + i] < 0 || parameters[i] < 0 || out[ahead + i] == parameters[i];
    }
    if (!ends) {
      return InvalidArgument("shape: want one that ends with the parameters' ", parameters, ", got ", out);
    }
  }
  c.set_output(0, std::move(out));
  return Status();
}

}  // namespace rivulet
