// Calls of NumPy's functions that make arrays, on arguments that were read already.
#ifndef RIVULET_CLI_TF_NUMPY_CALL_H_
#define RIVULET_CLI_TF_NUMPY_CALL_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "rivulet/status.h"

namespace rivulet::tf {

// What stands for an argument: a number, or a tuple or list of them.
struct Argument {
  std::string_view name;  // of shape=(2, 3)
  std::vector<double> numbers;
  bool is_list = false;
  bool is_word = false;  // np.float32, 'int32', None: what dtypes are written as
  std::string_view word;
};

struct Array {
  std::vector<double> values;
  std::vector<int64_t> dims;
};

bool IsNumpyFunction(std::string_view name);

// `name` is without "np.". RESOURCE_EXHAUSTED for arrays of more than 2^28 elements.
Result<Array> CallNumpy(std::string_view name, const std::vector<Argument>& given);

// .reshape(…), with one -1 perhaps.
Status Reshape(const std::vector<Argument>& given, Array* array);

// What .astype(…) changes in values that are kept as doubles.
void Cast(const std::vector<Argument>& given, Array* array);

}  // namespace rivulet::tf

#endif  // RIVULET_CLI_TF_NUMPY_CALL_H_
