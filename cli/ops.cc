// rivulet ops: the operators of this build, their types, and how each is proved.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/flags.h"
#include "cli/command.h"
#include "cli/model_flags.h"
#include "cli/narrow.h"
#include "cli/op_facts.h"
#include "cli/ops_for.h"
#include "engine/base/errors.h"
#include "engine/ops/not_run.h"
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
  nlohmann::json cases = nlohmann::json::object();
  for (const auto& [attribute, by_type] : CountsOf(def)) {
    for (const auto& [type, count] : by_type) {
      if (attribute.empty()) {
        cases = count;
      } else {
        cases[attribute][type] = count;
      }
    }
  }
  return {
      {"name", def.name},     {"inputs", def.inputs},    {"outputs", def.outputs},      {"attrs", def.attrs},
      {"types", types},       {"proved", IsProved(def)}, {"exactness", Exactness(def)}, {"gradient", HasGradient(def)},
      {"golden_cases", cases}};
}

nlohmann::json DescribeRefusal(std::string_view op, std::string_view reason) {
  return {{"name", op}, {"refused", reason}};
}

void PrintOne(const OpDef& def) {
  std::printf("%s(%s) -> (%s)\n  %s\n", def.name, def.inputs, def.outputs, def.attrs);
  for (const auto& [attribute, types] : CountsOf(def)) {
    std::string line = Cat("  golden cases", attribute.empty() ? "" : " by ", attribute, ":");
    for (const auto& [type, count] : types) line += Cat(" ", type, type.empty() ? "" : "×", count);
    std::printf("%s\n", line.c_str());
  }
}

int ShowOne(const std::string& name, bool json) {
  const OpDef* def = FindOp(name);
  if (const std::string reason = WhyNotRun(name); def == nullptr && !reason.empty()) {
    if (json) {
      PrintJson(DescribeRefusal(name, reason));
    } else {
      std::printf("%s is not run: %s\n", name.c_str(), reason.c_str());
    }
    return kFine;
  }
  if (def == nullptr) {
    std::vector<std::string_view> names;
    for (const OpDef* known : AllOps()) names.push_back(known->name);
    return FailCall(Cat("no operator is called ", Quoted(name), "; nearest: ", NearestNames(name, names)));
  }
  if (json) {
    PrintJson(Describe(*def));
  } else {
    PrintOne(*def);
  }
  return kFine;
}

void ListAsJson() {
  nlohmann::json all = nlohmann::json::array();
  for (const OpDef* def : AllOps()) all.push_back(Describe(*def));
  for (const Refusal& refusal : Refusals()) {
    for (const char* op : refusal.ops) all.push_back(DescribeRefusal(op, refusal.reason));
  }
  PrintJson(all);
}

void List() {
  for (const OpDef* def : AllOps()) {
    const size_t types = NumTypes(*def);
    std::printf("%-40s %3zu type%s %6lld golden cases\n", def->name, types, types == 1 ? " " : "s",
                static_cast<long long>(NumCases(CountsOf(*def))));
  }
  std::printf("%s\n", OpTotals().c_str());
}

int ListFor(const std::vector<std::string>& models, bool json) {
  NeededOps needed;
  for (const std::string& path : models) {
    int code = kFine;
    const std::shared_ptr<const Model> model = LoadModel(path, {}, &code);
    if (model == nullptr) return code;
    AddNeededOps(*model, &needed);
  }
  nlohmann::json all = nlohmann::json::array();
  size_t missing = 0;
  for (const auto& [op, types] : needed) {
    const bool is_missing = FindOp(op) == nullptr;
    missing += is_missing;
    if (json) {
      all.push_back({{"name", op}, {"types", types}, {"runs", !is_missing}});
      continue;
    }
    std::string line = op;
    for (const std::string& type : types) line += Cat(" ", type);
    std::printf("%s%s\n", line.c_str(), is_missing ? Cat(": ", NoKernel(op)).c_str() : "");
  }
  if (json) {
    PrintJson(all);
  } else {
    std::printf("%zu operators, %zu without kernel\n", needed.size(), missing);
  }
  return kFine;
}

// All models must load, and all that they need must be here: what is left out would be missed in an app.
int WriteNarrowing(const std::vector<std::string>& models, const std::string& folder) {
  Narrowing narrowing;
  for (const std::string& path : models) {
    int code = kFine;
    const std::shared_ptr<const Model> model = LoadModel(path, {}, &code);
    if (model == nullptr) return code;
    narrowing.Add(*model);
  }
  for (const std::string& op : narrowing.ops()) {
    if (FindOp(op) == nullptr) std::fprintf(stderr, "rivulet: warning: %s: %s\n", op.c_str(), NoKernel(op).c_str());
  }
  const Status status = narrowing.Write(folder);
  return status.ok() ? kFine : Fail(status, kBadData);
}

}  // namespace

void AddOps(CLI::App& app, int* code) {
  struct Command {
    std::string name;
    bool json = false;
    bool page = false;
    std::string narrow;
    std::vector<std::string> models;
  };
  auto command = std::make_shared<Command>();
  Subcommand sub(app, "ops", "The operators this build can run, with their types and golden cases");
  sub.option("name", command->name, "Show one operator's signature, and its golden cases by type");
  sub.flag("--json", command->json, "As JSON");
  sub.option("--for", command->models, "Only what these models need, with the types that they need").type_name("MODEL");
  sub.option("--narrow", command->narrow, "With --for: write what an engine for these models alone is built from")
      .type_name("FOLDER")
      .needs("--for");
  sub.flag("--page", command->page, "As the page docs/operators.md");
  sub.footer(
      "Examples:\n  rivulet ops | tail -1\n  rivulet ops Conv2D\n  rivulet ops --json\n  rivulet ops --for model.pb\n  "
      "rivulet ops --page > "
      "docs/operators.md");
  sub.callback([command, code] {
    *code = kFine;
    if (!command->narrow.empty()) {
      *code = WriteNarrowing(command->models, command->narrow);
    } else if (!command->models.empty()) {
      *code = ListFor(command->models, command->json);
    } else if (!command->name.empty()) {
      *code = ShowOne(command->name, command->json);
    } else if (command->page) {
      std::fputs(OpsPage().c_str(), stdout);
    } else if (command->json) {
      ListAsJson();
    } else {
      List();
    }
  });
}

}  // namespace rivulet::cli
