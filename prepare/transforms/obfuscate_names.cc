// obfuscate_names: nodes are called 0, 1, ... 9, a, ... Z, 10, ..., but for what is fed and fetched.

#include "engine/base/errors.h"
#include "prepare/names.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

std::string NumberInBase62(size_t number) {
  static constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string text;
  do {
    text.insert(text.begin(), kDigits[number % 62]);
    number /= 62;
  } while (number > 0);
  return text;
}

Status Apply(GraphDef& graph, const TransformContext& context) {
  NameSet kept;
  for (const auto* names : {&context.inputs, &context.outputs}) {
    for (const std::string& name : *names) kept.emplace(ParseInput(name).node);
  }
  NameMap<std::string> renamed;
  size_t number = 0;
  for (const NodeDef& node : graph.nodes) {
    std::string name = node.name;
    if (!kept.contains(name)) {
      do name = NumberInBase62(number++);
      while (kept.contains(name));
    }
    if (!renamed.emplace(node.name, std::move(name)).second)
      return InvalidArgument("two nodes are called '", node.name, "'");
  }
  for (NodeDef& node : graph.nodes) {
    node.name = renamed.at(node.name);
    for (std::string& input : node.inputs) {
      InputName parsed = ParseInput(input);
      const auto it = renamed.find(std::string(parsed.node));
      if (it == renamed.end()) continue;
      parsed.node = it->second;
      input = ToText(parsed);
    }
  }
  return Status();
}

}  // namespace

const Transform kObfuscateNames = {"obfuscate_names", "", Apply};

}  // namespace rivulet::prepare
