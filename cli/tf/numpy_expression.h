// The expressions of NumPy that people feed models with, read by a grammar of their own: nothing is ever executed.
#ifndef RIVULET_CLI_TF_NUMPY_EXPRESSION_H_
#define RIVULET_CLI_TF_NUMPY_EXPRESSION_H_

#include <optional>
#include <string>
#include <string_view>

#include "rivulet/tensor.h"

namespace rivulet::tf {

// np.zeros(SHAPE), ones, empty, full(SHAPE, V), arange, linspace, eye, random.rand(D, …), randn, random(SHAPE),
// uniform, normal, randint, and any of them with .reshape(…) or .astype(…) behind; also with numpy. in front. As
// elements of `dtype`. Nothing where the text does not start like a call of one; what follows then must be right.
// Random numbers are the same in every run.
std::optional<Result<Tensor>> ReadNumpyExpression(std::string_view text, DType dtype);

}  // namespace rivulet::tf

#endif  // RIVULET_CLI_TF_NUMPY_EXPRESSION_H_
