// What a model says it can be asked: named inputs and outputs.
#ifndef RIVULET_SIGNATURE_H_
#define RIVULET_SIGNATURE_H_

#include <string>
#include <string_view>
#include <vector>

#include "rivulet/tensor.h"

namespace rivulet {

// An input or output: the name that callers use and the tensor of the graph that it means.
struct SignatureTensor {
  std::string key;
  std::string name;  // "x:0"
  DType dtype = DType::kInvalid;
  Shape shape = Shape::UnknownRank();
  Tensor default_value;  // valid() for an input that need not be fed
};

struct ModelSignature {
  std::string key;     // "serving_default"
  std::string method;  // "tensorflow/serving/predict"
  // Sorted by key. A sparse tensor is three: KEY/values, KEY/indices, KEY/dense_shape.
  std::vector<SignatureTensor> inputs;
  std::vector<SignatureTensor> outputs;

  // Null when there is none of that key.
  const SignatureTensor* FindInput(std::string_view input_key) const { return Find(inputs, input_key); }
  const SignatureTensor* FindOutput(std::string_view output_key) const { return Find(outputs, output_key); }

 private:
  static const SignatureTensor* Find(const std::vector<SignatureTensor>& tensors, std::string_view key) {
    for (const SignatureTensor& tensor : tensors) {
      if (tensor.key == key) return &tensor;
    }
    return nullptr;
  }
};

}  // namespace rivulet

#endif  // RIVULET_SIGNATURE_H_
