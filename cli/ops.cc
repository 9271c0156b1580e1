// rivulet ops: the operators of this build, their types, and how many golden cases prove each.
#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/golden_counts.h"
#include "engine/base/errors.h"
#include "engine/ops/op.h"
#include "engine/ops/signature.h"

namespace rivulet::cli {
namespace {

// Golden cases by attribute ("" without types) and type, of one operator.
using Counts = std::map<std::string, std::map<std::string, int64_t>>;

std::string_view TakeUntil(std::string_view* text, char stop) {
  const std::string_view field = text->substr(0, text->find(stop));
  text->remove_prefix(std::min(field.size() + 1, text->size()));
  return field;
}

std::map<std::string, Counts, std::less<>> ReadCounts() {
  std::map<std::string, Counts, std::less<>> all;
  for (std::string_view rest = kGoldenCounts; !rest.empty();) {
    std::string_view line = TakeUntil(&rest, '\n');
    const std::string op(TakeUntil(&line, '\t'));
    const std::string attribute(TakeUntil(&line, '\t'));
    const std::string type(TakeUntil(&line, '\t'));
    int64_t count = 0;
    std::from_chars(line.data(), line.data() + line.size(), count);
    all[op][attribute][type] = count;
  }
  return all;
}

// Types of the attribute that has most of them; an operator without a choice of types counts once.
size_t NumTypes(const OpDef& def) {
  size_t types = 1;
  for (const AttrSpec& attr : SignatureOf(def).attrs) types = std::max(types, attr.types.size());
  return types;
}

// Cases of the attribute that has most of them: a case with two attributes is not counted twice.
int64_t NumCases(const Counts& counts) {
  int64_t most = 0;
  for (const auto& [attribute, types] : counts) {
    int64_t sum = 0;
    for (const auto& [type, count] : types) sum += count;
    most = std::max(most, sum);
  }
  return most;
}

nlohmann::json Describe(const OpDef& def, const Counts& counts) {
  nlohmann::json types = nlohmann::json::object();
  for (const AttrSpec& attr : SignatureOf(def).attrs) {
    if (attr.types.empty()) continue;
    for (const DType dtype : attr.types) types[attr.name].push_back(Name(dtype));
  }
  nlohmann::json cases = nlohmann::json::object();
  for (const auto& [attribute, by_type] : counts) {
    for (const auto& [type, count] : by_type) {
      if (attribute.empty()) {
        cases = count;
      } else {
        cases[attribute][type] = count;
      }
    }
  }
  return {{"name", def.name},   {"inputs", def.inputs}, {"outputs", def.outputs},
          {"attrs", def.attrs}, {"types", types},       {"golden_cases", cases}};
}

void PrintOne(const OpDef& def, const Counts& counts) {
  std::printf("%s(%s) -> (%s)\n  %s\n", def.name, def.inputs, def.outputs, def.attrs);
  for (const auto& [attribute, types] : counts) {
    std::string line = Cat("  golden cases", attribute.empty() ? "" : " by ", attribute, ":");
    for (const auto& [type, count] : types) line += Cat(" ", type, type.empty() ? "" : "×", count);
    std::printf("%s\n", line.c_str());
  }
}

int Ops(const std::string& name, bool json) {
  const auto counts = ReadCounts();
  const auto counts_of = [&](const OpDef& def) {
    const auto found = counts.find(std::string_view(def.name));
    return found == counts.end() ? Counts() : found->second;
  };
  if (!name.empty()) {
    const OpDef* def = FindOp(name);
    if (def == nullptr) {
      std::vector<std::string_view> names;
      for (const OpDef* known : AllOps()) names.push_back(known->name);
      return FailCall(Cat("no operator is called ", Quoted(name), "; nearest: ", NearestNames(name, names)));
    }
    if (json) {
      PrintJson(Describe(*def, counts_of(*def)));
    } else {
      PrintOne(*def, counts_of(*def));
    }
    return kFine;
  }
  nlohmann::json all = nlohmann::json::array();
  size_t pairs = 0;
  for (const OpDef* def : AllOps()) {
    pairs += NumTypes(*def);
    if (json) {
      all.push_back(Describe(*def, counts_of(*def)));
    } else {
      const size_t types = NumTypes(*def);
      std::printf("%-40s %3zu type%s %6lld golden cases\n", def->name, types, types == 1 ? " " : "s",
                  static_cast<long long>(NumCases(counts_of(*def))));
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
  CLI::App* sub = app.add_subcommand("ops", "The operators this build can run, with their types and golden cases");
  sub->add_option("name", *name, "Show one operator's signature, and its golden cases by type");
  sub->add_flag("--json", *json, "As JSON");
  sub->footer("Examples:\n  rivulet ops | tail -1\n  rivulet ops Conv2D\n  rivulet ops --json");
  sub->callback([=] { *code = Ops(*name, *json); });
}

}  // namespace rivulet::cli
