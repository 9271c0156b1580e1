// NumPy's .npy files, versions 1 to 3, little-endian.
#ifndef RIVULET_CLI_NPY_H_
#define RIVULET_CLI_NPY_H_

#include <span>
#include <string>

#include "rivulet/tensor.h"

namespace rivulet::cli {

// Types as NumPy has them; fixed-length byte strings ('S') become kString: in an array of one element all bytes belong
// to the string (but one zero byte alone is how NumPy writes the empty string), in longer ones trailing zero bytes are
// padding. Text ('U') becomes UTF-8, Fortran order C order. Object arrays are refused.
Result<Tensor> ReadNpy(const std::string& path);
// The bytes of such a file.
Result<Tensor> ParseNpy(std::span<const uint8_t> bytes);

// bfloat16 is written as float32, quantised types as their plain integers, strings as 'S'.
Status WriteNpy(const std::string& path, const Tensor& tensor);

// The tensor as `want` is fed from a file: float32 for bfloat16, plain integers for quantised types; else it must
// match.
Result<Tensor> ConvertForFeed(const Tensor& tensor, DType want);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_NPY_H_
