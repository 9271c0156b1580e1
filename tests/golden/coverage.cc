#include "tests/golden/coverage.h"

#include <set>
#include <span>

#include "engine/base/text.h"
#include "engine/graph/graph.h"
#include "engine/ops/signature.h"
#include "engine/ops/op.h"

namespace rivulet::golden {
namespace {

using Key = std::tuple<std::string, std::string, std::string>;

// What "any type" stands for: every type whose elements are plain, and strings.
constexpr DType kPlainTypes[] = {
    DType::kFloat, DType::kDouble,    DType::kHalf,       DType::kBfloat16, DType::kInt8,   DType::kInt16,
    DType::kInt32, DType::kInt64,     DType::kUint8,      DType::kUint16,   DType::kUint32, DType::kUint64,
    DType::kBool,  DType::kComplex64, DType::kComplex128, DType::kString,
};

bool IsTypeList(const AttrSpec& spec) { return spec.kind == AttrKind::kList && spec.element == AttrKind::kType; }

// The entries of one node.
std::set<Key> KeysOf(const std::string& op, const AttrMap& attrs) {
  std::set<Key> keys;
  const OpDef* def = FindOp(op);
  if (def == nullptr) return keys;
  bool has_types = false;
  for (const AttrSpec& spec : SignatureOf(*def).attrs) {
    if (spec.kind == AttrKind::kType) {
      has_types = true;
      const DType* dtype = attrs.Get<DType>(spec.name);
      if (dtype != nullptr) {
        keys.emplace(op, spec.name, Name(*dtype));
      } else if (spec.has_default) {
        keys.emplace(op, spec.name, Name(std::get<DType>(spec.default_value)));
      }
    } else if (IsTypeList(spec)) {
      has_types = true;
      const auto* list = attrs.Get<std::shared_ptr<const AttrList>>(spec.name);
      if (list == nullptr || *list == nullptr) continue;
      for (const DType dtype : (*list)->types) keys.emplace(op, spec.name, Name(dtype));
    }
  }
  if (!has_types) keys.emplace(op, "", "");
  return keys;
}

}  // namespace

Status Coverage::Add(const GoldenFile& file) {
  for (const GoldenCase& record : file.cases) {
    if (record.expectation == Expectation::kError) continue;
    auto model = Model::LoadBytes(record.graph, nullptr, record.name);
    if (!model.ok()) return std::move(model).status();
    std::set<Key> keys;
    for (const Node& node : (*model)->graph().nodes()) keys.merge(KeysOf(node.op, node.attrs));
    for (const auto& [name, function] : (*model)->graph().functions) {
      for (const Function::BodyNode& node : function->body) keys.merge(KeysOf(node.op, node.attrs));
    }
    for (const Key& key : keys) ++counts_[key];
  }
  return Status();
}

std::string Coverage::ToText() const {
  std::string text;
  for (const auto& [key, count] : counts_) {
    text += Cat(std::get<0>(key), "\t", std::get<1>(key), "\t", std::get<2>(key), "\t", count, "\n");
  }
  return text;
}

std::vector<std::string> Coverage::Missing() const {
  std::vector<std::string> missing;
  for (const OpDef* def : AllOps()) {
    if (def->flags & kReadsFiles) continue;
    bool has_types = false;
    for (const AttrSpec& spec : SignatureOf(*def).attrs) {
      const bool is_list = IsTypeList(spec);
      if (spec.kind != AttrKind::kType && !is_list) continue;
      has_types = true;
      std::span<const DType> wanted = spec.types;
      if (wanted.empty()) {
        // A list of any types: the operator hands its inputs on, and one case shows it.
        bool found = false;
        for (const DType dtype : kPlainTypes)
          found |= counts_.contains({def->name, spec.name, std::string(Name(dtype))});
        if (is_list && !found) missing.push_back(Cat(def->name, " ", spec.name));
        if (is_list) continue;
        wanted = kPlainTypes;
      }
      for (const DType dtype : wanted) {
        if (dtype == DType::kResource || dtype == DType::kVariant) continue;
        const std::string name(Name(dtype));
        if (!counts_.contains({def->name, spec.name, name}))
          missing.push_back(Cat(def->name, " ", spec.name, "=", name));
      }
    }
    if (!has_types && !counts_.contains({def->name, "", ""})) missing.push_back(def->name);
  }
  return missing;
}

}  // namespace rivulet::golden
