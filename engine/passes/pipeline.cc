#include "engine/passes/pass.h"

namespace rivulet {

Status DropIdentity(const PassContext& context, PatchSink& sink);
Status FoldConstants(const PassContext& context, PatchSink& sink);

std::span<const Pass> Pipeline() {
  static constexpr Pass kPasses[] = {
      {"drop_identity", "first, so that patterns are not interrupted", DropIdentity},
      {"fold_constants", "before the patterns that want constant weights", FoldConstants},
  };
  return kPasses;
}

}  // namespace rivulet
