// The signature strings of an OpDef, parsed.
#ifndef RIVULET_ENGINE_OPS_SIGNATURE_H_
#define RIVULET_ENGINE_OPS_SIGNATURE_H_

#include <string>
#include <vector>

#include "engine/graph/attr.h"

namespace rivulet {

struct OpDef;

struct ArgSpec {
  std::string name;
  DType dtype = DType::kInvalid;  // fixed type
  std::string type_attr;          // or the attribute that gives it
  std::string number_attr;        // N of N*T
  std::string list_attr;          // attribute of list(type) for list(Tin)
  bool is_ref = false;            // "ref T": a variable itself, not its value
};

enum class AttrKind { kString, kInt, kFloat, kBool, kType, kShape, kTensor, kFunc, kList };

struct AttrSpec {
  std::string name;
  AttrKind kind = AttrKind::kInt;
  AttrKind element = AttrKind::kInt;  // of kList
  bool has_default = false;
  AttrValue default_value;
  std::vector<DType> types;          // allowed types; empty: all
  std::vector<std::string> strings;  // allowed strings; empty: all
  bool has_minimum = false;
  int64_t minimum = 0;  // of an int, or of a list's length
};

struct Signature {
  std::vector<ArgSpec> inputs;
  std::vector<ArgSpec> outputs;
  std::vector<AttrSpec> attrs;
  std::string error;  // not empty when the strings do not parse: a bug, found by a test over all operators
  const AttrSpec* FindAttr(std::string_view name) const;
};

// Whether argument `position`, an input's or output's place in the node, is a reference; or a reference or a resource.
// Both come before lists in every operator that has both.
bool IsReference(const std::vector<ArgSpec>& args, int32_t position);
bool IsHandle(const std::vector<ArgSpec>& args, int32_t position);

// Parsed once and kept; thread-safe.
const Signature& SignatureOf(const OpDef& def);
Signature ParseSignature(const OpDef& def);

// "f32" -> kFloat, ...; kInvalid for another word.
DType ShortTypeFromName(std::string_view name);
// kFloat -> "f32".
std::string_view ShortName(DType dtype);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_SIGNATURE_H_
