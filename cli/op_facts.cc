#include "cli/op_facts.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string_view>

#include "cli/golden_counts.h"
#include "engine/base/errors.h"
#include "engine/ops/signature.h"
#include "engine/run/gradient_formula.h"

namespace rivulet::cli {
namespace {

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

bool IsFloat(DType dtype) {
  return dtype == DType::kFloat || dtype == DType::kDouble || dtype == DType::kHalf || dtype == DType::kBfloat16 ||
         dtype == DType::kComplex64 || dtype == DType::kComplex128;
}

}  // namespace

const Counts& CountsOf(const OpDef& def) {
  static const auto all = ReadCounts();
  static const Counts none;
  const auto found = all.find(std::string_view(def.name));
  return found == all.end() ? none : found->second;
}

size_t NumTypes(const OpDef& def) {
  size_t types = 1;
  for (const AttrSpec& attr : SignatureOf(def).attrs) types = std::max(types, attr.types.size());
  return types;
}

int64_t NumCases(const Counts& counts) {
  int64_t most = 0;
  for (const auto& [attribute, types] : counts) {
    int64_t sum = 0;
    for (const auto& [type, count] : types) sum += count;
    most = std::max(most, sum);
  }
  return most;
}

bool IsProved(const OpDef& def) {
  if (def.flags & kReadsFiles) return true;  // by files that TensorFlow wrote: tests/formats
  const Counts& counts = CountsOf(def);
  if (counts.empty()) return false;
  for (const AttrSpec& attr : SignatureOf(def).attrs) {
    const auto cases = counts.find(attr.name);
    for (const DType dtype : attr.types) {
      if (dtype == DType::kResource || dtype == DType::kVariant) continue;
      if (cases == counts.end() || !cases->second.contains(std::string(Name(dtype)))) return false;
    }
  }
  return true;
}

bool HasGradient(const OpDef& def) { return FindGradient(def.name) != nullptr; }

std::string Exactness(const OpDef& def) {
  const Signature& signature = SignatureOf(def);
  for (const ArgSpec& output : signature.outputs) {
    if (output.type_attr.empty() && IsFloat(output.dtype)) return "rule";
    for (const AttrSpec& attr : signature.attrs) {
      const bool gives_floats = std::any_of(attr.types.begin(), attr.types.end(), IsFloat);
      if (attr.name == output.type_attr && (gives_floats || attr.types.empty())) return "rule";
    }
  }
  return "exact";
}

}  // namespace rivulet::cli
