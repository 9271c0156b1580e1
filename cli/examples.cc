// Example { features = 1 }, Features { map<string, Feature> feature = 1 }, Feature { bytes_list = 1, float_list = 2,
// int64_list = 3 }, each list { value = 1 }.
#include "cli/examples.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/feeds.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "engine/graph/graph.h"
#include "engine/ops/op.h"

namespace rivulet::cli {
namespace {

using Kinds = std::map<std::string, DType>;

void PutVarint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}
std::string Nested(int field, const std::string& bytes) {
  std::string out(1, static_cast<char>(field << 3 | 2));
  PutVarint(bytes.size(), &out);
  return out + bytes;
}

// The strings of a node that is, or copies, a constant; empty otherwise.
std::vector<std::string> ConstantStrings(const TensorLiteral* literal) {
  if (literal == nullptr || literal->dtype != DType::kString || !literal->is_whole()) return {};
  const auto values = literal->prefix.values<std::string>();
  return {values.begin(), values.end()};
}

// What one parsing node says of its features. `strings(i)` gives the constant strings of input i.
template <typename Strings>
void AddKinds(const std::string& op, const AttrMap& attrs, const Strings& strings, Kinds* kinds) {
  const auto types = [&](std::string_view name) {
    const auto* list = attrs.Get<std::shared_ptr<const AttrList>>(name);
    return list == nullptr || *list == nullptr ? std::vector<DType>() : (*list)->types;
  };
  const auto texts = [&](std::string_view name) {
    const auto* list = attrs.Get<std::shared_ptr<const AttrList>>(name);
    return list == nullptr || *list == nullptr ? std::vector<std::string>() : (*list)->strings;
  };
  const auto add = [&](const std::vector<std::string>& keys, const std::vector<DType>& dtypes) {
    for (size_t i = 0; i < std::min(keys.size(), dtypes.size()); ++i) (*kinds)[keys[i]] = dtypes[i];
  };
  if (op == "ParseSingleExample") {
    add(texts("sparse_keys"), types("sparse_types"));
    add(texts("dense_keys"), types("Tdense"));
  } else if (op == "ParseExampleV2") {
    add(strings(2), types("sparse_types"));
    add(strings(3), types("Tdense"));
    add(strings(4), types("ragged_value_types"));
  } else if (op == "ParseExample") {
    // One input for each key: the sparse ones first.
    int input = 2;
    for (const std::string_view list : {"sparse_types", "Tdense"}) {
      for (const DType dtype : types(list)) add(strings(input++), {dtype});
    }
  }
}

// The kinds of all features that the model parses.
Kinds ParsedFeatures(const Graph& graph) {
  Kinds kinds;
  const auto literal_of = [](const AttrMap& attrs) -> const TensorLiteral* {
    const auto* literal = attrs.Get<std::shared_ptr<const TensorLiteral>>("value");
    return literal == nullptr ? nullptr : literal->get();
  };
  for (const Node& node : graph.nodes()) {
    AddKinds(
        node.op, node.attrs,
        [&](int i) -> std::vector<std::string> {
          if (static_cast<size_t>(i) >= node.inputs.size()) return {};
          return ConstantStrings(literal_of(graph.node(node.inputs[static_cast<size_t>(i)].node).attrs));
        },
        &kinds);
  }
  for (const auto& [name, function] : graph.functions) {
    std::map<std::string, const Function::BodyNode*, std::less<>> body;
    for (const Function::BodyNode& node : function->body) body[node.name] = &node;
    for (const Function::BodyNode& node : function->body) {
      AddKinds(
          node.op, node.attrs,
          [&](int i) -> std::vector<std::string> {
            if (static_cast<size_t>(i) >= node.inputs.size()) return {};
            const std::string& input = node.inputs[static_cast<size_t>(i)];
            const auto source = body.find(input.substr(0, input.find(':')));
            return source == body.end() ? std::vector<std::string>()
                                        : ConstantStrings(literal_of(source->second->attrs));
          },
          &kinds);
    }
  }
  return kinds;
}

Result<std::string> Feature(const std::string& key, const nlohmann::json& value, const Kinds& kinds) {
  const nlohmann::json list = value.is_array() ? value : nlohmann::json::array({value});
  const auto known = kinds.find(key);
  DType kind = known == kinds.end() ? DType::kInvalid : known->second;
  if (kind == DType::kInvalid) {
    const auto all = [&](auto test) { return std::all_of(list.begin(), list.end(), test); };
    kind = all([](const auto& v) { return v.is_string(); })                             ? DType::kString
           : all([](const auto& v) { return v.is_number_integer() || v.is_boolean(); }) ? DType::kInt64
                                                                                        : DType::kFloat;
  }
  const auto wrong = [&](const nlohmann::json& v) {
    return InvalidArgument("feature ", Quoted(key), ": want ", Name(kind), ", got ",
                           Quoted(v.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)));
  };
  std::string values;
  for (const nlohmann::json& v : list) {
    if (kind == DType::kString) {
      if (!v.is_string()) return wrong(v);
      values += Nested(1, v.get<std::string>());
    } else if (kind == DType::kInt64) {
      if (!v.is_number_integer() && !v.is_boolean()) return wrong(v);
      PutVarint(static_cast<uint64_t>(v.is_boolean() ? static_cast<int64_t>(v.get<bool>()) : v.get<int64_t>()),
                &values);
    } else {
      if (!v.is_number()) return wrong(v);
      const double wide = v.get<double>();
      const float number =
          std::abs(wide) > 3.4028235677973366e+38 ? (wide > 0 ? HUGE_VALF : -HUGE_VALF) : static_cast<float>(wide);
      char bytes[4];
      std::memcpy(bytes, &number, 4);
      values.append(bytes, 4);
    }
  }
  if (kind == DType::kString) return Nested(1, values);
  return Nested(kind == DType::kInt64 ? 3 : 2, Nested(1, values));
}

Result<std::string> Example(const nlohmann::json& json, const Kinds& kinds) {
  if (!json.is_object()) return InvalidArgument("want an object of features, {\"x\": [1.0]}");
  std::string features;
  for (const auto& [key, value] : json.items()) {
    RIVULET_ASSIGN_OR_RETURN(const std::string feature, Feature(key, value, kinds));
    features += Nested(1, Nested(1, key) + Nested(2, feature));
  }
  return Nested(1, features);
}

Result<std::string> JsonText(const std::string& value, int* code) {
  if (value[0] != '@') return value;
  *code = kBadData;
  RIVULET_ASSIGN_OR_RETURN(const FileBytes file, OpenFile(value.substr(1), FileAccess::kMap, int64_t{1} << 30));
  return std::string(file.bytes.begin(), file.bytes.end());
}

}  // namespace

Status AddExamples(const Model& model, const NameChoice& names, const std::vector<std::string>& arguments, Feeds* feeds,
                   int* code) {
  if (arguments.empty()) return Status();
  const Kinds kinds = ParsedFeatures(model.graph());
  for (const std::string& argument : arguments) {
    *code = kBadCall;
    const std::string name = FeedName(argument);
    if (name.empty() || name.size() + 1 >= argument.size()) {
      return InvalidArgument("--example ", Quoted(argument), ": want NAME='{\"x\": [1.0]}' or NAME=@FILE.json");
    }
    const std::string edge = names.Input(name);
    RIVULET_ASSIGN_OR_RETURN(const Model::EdgeInfo info, model.Describe(edge));
    if (info.dtype != DType::kString) {
      return InvalidArgument("--example ", name, ": examples are strings, the input is ", Name(info.dtype));
    }
    const auto read = [&]() -> Result<std::vector<std::string>> {
      RIVULET_ASSIGN_OR_RETURN(const std::string text, JsonText(argument.substr(name.size() + 1), code));
      const nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
      if (json.is_discarded()) return InvalidArgument("this is no JSON: ", Quoted(text));
      std::vector<std::string> examples;
      for (const nlohmann::json& one : json.is_array() ? json : nlohmann::json::array({json})) {
        RIVULET_ASSIGN_OR_RETURN(std::string example, Example(one, kinds));
        examples.push_back(std::move(example));
      }
      return examples;
    };
    Result<std::vector<std::string>> examples = read();
    if (!examples.ok()) return std::move(examples).status().Framed(Cat("--example ", name));
    // One example for a scalar, a row of them otherwise.
    const bool is_scalar = info.shape.has_rank() && info.shape.rank() == 0 && examples->size() == 1;
    const Shape shape = is_scalar ? Shape() : Shape{static_cast<int64_t>(examples->size())};
    feeds->emplace_back(edge, Tensor::Of<std::string>(shape, *examples));
  }
  return Status();
}

}  // namespace rivulet::cli
