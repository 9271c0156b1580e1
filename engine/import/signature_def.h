// SignatureDef and TensorInfo.
#ifndef RIVULET_ENGINE_IMPORT_SIGNATURE_DEF_H_
#define RIVULET_ENGINE_IMPORT_SIGNATURE_DEF_H_

#include <memory>

#include "engine/base/wire.h"
#include "rivulet/limits.h"
#include "rivulet/signature.h"

namespace rivulet {

// One entry of MetaGraphDef.signature_def.
Result<ModelSignature> ReadSignatureEntry(WireCursor entry, const std::shared_ptr<void>& owner, const Limits& limits,
                                          Allocator& allocator);

// TensorInfo as one tensor, or as the three or more that a sparse or composite one is made of, with `key` before their
// own names.
Status ReadTensorInfo(WireCursor message, const std::string& key, const Limits& limits,
                      std::vector<SignatureTensor>* tensors);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_SIGNATURE_DEF_H_
