// rivulet ops: the operators of this build.
#include <cstdio>

#include "cli/command.h"
#include "engine/base/errors.h"
#include "engine/ops/op.h"
#include "engine/ops/signature.h"

namespace rivulet::cli {
namespace {

nlohmann::json Describe(const OpDef& def) {
  nlohmann::json types = nlohmann::json::object();
  for (const AttrSpec& attr : SignatureOf(def).attrs) {
    if (attr.types.empty()) continue;
    for (const DType dtype : attr.types) types[attr.name].push_back(Name(dtype));
  }
  return {{"name", def.name}, {"inputs", def.inputs}, {"outputs", def.outputs}, {"attrs", def.attrs}, {"types", types}};
}

int Ops(const std::string& name, bool json) {
  if (!name.empty()) {
    const OpDef* def = FindOp(name);
    if (def == nullptr) {
      std::vector<std::string_view> names;
      for (const OpDef* known : AllOps()) names.push_back(known->name);
      return FailCall(Cat("no operator is called ", Quoted(name), "; nearest: ", NearestNames(name, names)));
    }
    if (json) {
      PrintJson(Describe(*def));
    } else {
      std::printf("%s(%s) -> (%s)\n  %s\n", def->name, def->inputs, def->outputs, def->attrs);
    }
    return kFine;
  }
  nlohmann::json all = nlohmann::json::array();
  size_t pairs = 0;
  for (const OpDef* def : AllOps()) {
    size_t types = 1;
    for (const AttrSpec& attr : SignatureOf(*def).attrs) types = std::max(types, attr.types.size());
    pairs += types;
    if (json) {
      all.push_back(Describe(*def));
    } else {
      std::printf("%s\n", def->name);
    }
  }
  if (json) {
    PrintJson(all);
  } else {
    std::printf("%zu operators · %zu op × dtype pairs\n", AllOps().size(), pairs);
  }
  return kFine;
}

}  // namespace

void AddOps(CLI::App& app, int* code) {
  auto name = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  CLI::App* sub = app.add_subcommand("ops", "The operators this build can run, with their types");
  sub->add_option("name", *name, "Show one operator's signature");
  sub->add_flag("--json", *json, "As JSON");
  sub->footer("Examples:\n  rivulet ops | tail -1\n  rivulet ops Conv2D\n  rivulet ops --json");
  sub->callback([=] { *code = Ops(*name, *json); });
}

}  // namespace rivulet::cli
