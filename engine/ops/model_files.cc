#include "engine/ops/model_files.h"

#include "engine/base/errors.h"

namespace rivulet {

Result<ModelFiles*> WantFiles(ModelFiles* files) {
  if (files != nullptr) return files;
  return FailedPrecondition("no files came with the model; load it from its folder");
}

}  // namespace rivulet
