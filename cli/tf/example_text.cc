#include "cli/tf/example_text.h"

#include <nlohmann/json.hpp>

#include "engine/base/errors.h"
#include "prepare/wire_writer.h"

namespace rivulet::tf {
namespace {

// Python's 'text' and b'text' as JSON's "text".
std::string ToJson(const std::string& text) {
  std::string out;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == 0) {
      if (c == 'b' && i + 1 < text.size() && (text[i + 1] == '\'' || text[i + 1] == '"')) continue;
      if (c == '\'' || c == '"') quote = c;
      out += c == '\'' ? '"' : c;
    } else if (c == '\\' && i + 1 < text.size()) {
      ++i;
      if (text[i] == '\'') {
        out += '\'';
      } else {
        out += c;
        out += text[i];
      }
    } else if (c == quote) {
      quote = 0;
      out += '"';
    } else {
      if (c == '"') out += '\\';
      out += c;
    }
  }
  return out;
}

// Feature: bytes_list = 1, float_list = 2, int64_list = 3; each has repeated value = 1.
Result<std::string> FeatureOf(const std::string& name, const nlohmann::json& values) {
  if (!values.is_array() || values.empty()) return InvalidArgument("feature ", Quoted(name), ": want a list of values");
  std::string list, feature;
  for (const auto& value : values) {
    if (values[0].is_string() && value.is_string()) {
      prepare::AppendBytes(1, value.get<std::string>(), &list);
    } else if (values[0].is_number_float() && value.is_number()) {
      prepare::AppendFloat(1, value.get<float>(), &list);
    } else if (values[0].is_number_integer() && value.is_number_integer()) {
      prepare::AppendInt(1, value.get<int64_t>(), &list);
    } else {
      return InvalidArgument("feature ", Quoted(name), ": want values of one type: floats, integers or text");
    }
  }
  prepare::AppendBytes(values[0].is_string() ? 1 : values[0].is_number_float() ? 2 : 3, list, &feature);
  return feature;
}

Result<std::string> ExampleOf(const nlohmann::json& json) {
  if (!json.is_object()) return InvalidArgument("want a list of {\"feature\": [values], ...}");
  std::string features, example;
  for (const auto& [name, values] : json.items()) {
    RIVULET_ASSIGN_OR_RETURN(const std::string feature, FeatureOf(name, values));
    std::string entry;
    prepare::AppendBytes(1, name, &entry);
    prepare::AppendBytes(2, feature, &entry);
    prepare::AppendBytes(1, entry, &features);
  }
  prepare::AppendBytes(1, features, &example);
  return example;
}

}  // namespace

Result<Tensor> ParseExamples(const std::string& text) {
  const auto json = nlohmann::json::parse(ToJson(text), nullptr, false);
  if (!json.is_array()) return InvalidArgument("want [{\"feature\": [values], ...}], got ", Quoted(text));
  std::vector<std::string> examples;
  for (const auto& item : json) {
    RIVULET_ASSIGN_OR_RETURN(std::string example, ExampleOf(item));
    examples.push_back(std::move(example));
  }
  return Tensor::Of<std::string>({static_cast<int64_t>(examples.size())}, examples);
}

}  // namespace rivulet::tf
