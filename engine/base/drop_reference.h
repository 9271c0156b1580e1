// How references in tensors are let go.
#ifndef RIVULET_ENGINE_BASE_DROP_REFERENCE_H_
#define RIVULET_ENGINE_BASE_DROP_REFERENCE_H_

#include "engine/base/object.h"

namespace rivulet {

// Lets go of the reference. An object that this frees may hold references in tensors of its own, and so on as deep as
// a model's loop nested them: they are freed one after the other, not one within the other, which would take a stack
// of that depth.
void DropReference(ObjectRef& reference);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_DROP_REFERENCE_H_
