// What this build of the engine has. All there is, unless it was narrowed to some models (docs/narrow_builds.md): then
// RIVULET_BUILT names the header that `rivulet ops --for MODEL --narrow FOLDER` wrote for them.
//
// Code that a narrowed build may lack is entered through `if constexpr (kBuilt.part)`, so that the linker finds it
// unused.
#ifndef RIVULET_ENGINE_BASE_BUILT_H_
#define RIVULET_ENGINE_BASE_BUILT_H_

#include <string_view>

#include "engine/base/errors.h"
#include "rivulet/dtype.h"

namespace rivulet {

struct BuiltParts {
  bool functions;     // calls, If, Case, While, For
  bool frames;        // Switch, Merge and the loops that are made of them
  bool gradients;     // SymbolicGradient
  bool variables;     // references and resources
  bool saved_models;  // SavedModels, MetaGraphDefs, checkpoints
  bool packages;      // memmapped packages
  bool text;          // all formats in text form
};

#ifdef RIVULET_BUILT
#include RIVULET_BUILT

inline constexpr bool kIsNarrowed = true;

constexpr bool IsBuilt(std::string_view op) {
  for (const std::string_view built : kBuiltOps) {
    if (built == op) return true;
  }
  return false;
}

constexpr bool IsBuilt(DType dtype) {
  for (const DType built : kBuiltTypes) {
    if (built == dtype) return true;
  }
  return false;
}
#else
inline constexpr bool kIsNarrowed = false;
inline constexpr BuiltParts kBuilt = {true, true, true, true, true, true, true};
constexpr bool IsBuilt(std::string_view) { return true; }
constexpr bool IsBuilt(DType) { return true; }
#endif

inline Status NotBuilt(std::string_view what) {
  return Unimplemented("this engine was narrowed to other models and has no ", what,
                       "; build it with this one among RIVULET_MODELS");
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_BUILT_H_
