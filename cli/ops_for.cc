#include "cli/ops_for.h"

#include "cli/model_summary.h"
#include "engine/base/errors.h"
#include "engine/ops/op.h"
#include "engine/ops/signature.h"

namespace rivulet::cli {
namespace {

void AddTypes(const OpDef& def, const AttrMap& attrs, std::set<std::string>* types) {
  for (const AttrSpec& spec : SignatureOf(def).attrs) {
    if (spec.kind == AttrKind::kType) {
      const DType* dtype = attrs.Get<DType>(spec.name);
      if (dtype == nullptr && spec.has_default) dtype = &std::get<DType>(spec.default_value);
      if (dtype != nullptr) types->insert(Cat(spec.name, "=", Name(*dtype)));
    } else if (spec.kind == AttrKind::kList && spec.element == AttrKind::kType) {
      const auto* list = attrs.Get<std::shared_ptr<const AttrList>>(spec.name);
      if (list == nullptr || *list == nullptr) continue;
      for (const DType dtype : (*list)->types) types->insert(Cat(spec.name, "=", Name(dtype)));
    }
  }
}

}  // namespace

void AddNeededOps(const Model& model, NeededOps* needed) {
  ForEachNeededNode(model, model.graph(), [&](const std::string& op, const AttrMap& attrs) {
    std::set<std::string>& types = (*needed)[op];
    if (const OpDef* def = FindOp(op)) AddTypes(*def, attrs, &types);
  });
}

}  // namespace rivulet::cli
