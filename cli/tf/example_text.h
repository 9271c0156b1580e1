// tf.train.Example messages, written out on the command line.
#ifndef RIVULET_CLI_TF_EXAMPLE_TEXT_H_
#define RIVULET_CLI_TF_EXAMPLE_TEXT_H_

#include <string>

#include "rivulet/tensor.h"

namespace rivulet::tf {

// [{"age": [22.0], "name": ["ann"], "count": [3]}]: a string for each, serialised. Python's quotes are fine.
Result<Tensor> ParseExamples(const std::string& text);

}  // namespace rivulet::tf

#endif  // RIVULET_CLI_TF_EXAMPLE_TEXT_H_
