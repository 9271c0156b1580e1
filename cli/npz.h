// NumPy's .npz files: ZIP archives of .npy files, stored or deflated.
#ifndef RIVULET_CLI_NPZ_H_
#define RIVULET_CLI_NPZ_H_

#include <string>

#include "rivulet/tensor.h"

namespace rivulet::cli {

// One array; without a name the only one there is. NOT_FOUND lists the names.
Result<Tensor> ReadNpz(const std::string& path, const std::string& name);

// An array as it is written in a call: FILE.npy, FILE.npz, FILE.npz[NAME].
Result<Tensor> ReadArrayFile(const std::string& text);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_NPZ_H_
