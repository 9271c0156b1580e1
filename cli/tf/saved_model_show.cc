#include "cli/tf/saved_model_show.h"

#include <algorithm>
#include <cstdio>

#include "cli/tf/flags.h"
#include "engine/base/errors.h"
#include "engine/import/text_fields.h"
#include "prepare/model_graph.h"

namespace rivulet::tf {
namespace {

std::string Joined(const std::vector<std::string>& parts, const char* between) {
  std::string out;
  for (const std::string& part : parts) out += (&part == &parts[0] ? "" : between) + part;
  return out;
}

std::string PythonList(const std::vector<std::string>& parts) {
  return parts.empty() ? "[]" : Cat("['", Joined(parts, "', '"), "']");
}

std::string PythonSet(const std::set<std::string>& parts) {
  if (parts.empty()) return "set()";
  return Cat("{'", Joined(std::vector<std::string>(parts.begin(), parts.end()), "', '"), "'}");
}

Result<std::set<std::string>> OpsOf(const std::string& dir, const std::vector<std::string>& tags) {
  RIVULET_ASSIGN_OR_RETURN(const prepare::ModelGraph model, prepare::ReadModelGraph(dir, tags));
  std::set<std::string> ops;
  for (const prepare::NodeDef& node : model.graph.nodes) ops.insert(node.op);
  RIVULET_RETURN_IF_ERROR(prepare::VisitFunctionNodes(
      model.graph, [&](std::string_view, const prepare::NodeDef& node) { ops.insert(node.op); }));
  return ops;
}

Status PrintOps(const std::string& dir, const std::vector<std::string>& tags) {
  RIVULET_ASSIGN_OR_RETURN(const std::set<std::string> ops, OpsOf(dir, tags));
  std::printf("The MetaGraph with tag set %s contains the following ops: %s\n", PythonList(tags).c_str(),
              PythonSet(ops).c_str());
  return Status();
}

void PrintTensor(const SignatureTensor& tensor, const std::string& indent) {
  std::string shape = "unknown_rank";
  if (tensor.shape.has_rank()) {
    shape = "";
    for (const int64_t dim : tensor.shape.dims()) shape += (shape.empty() ? "" : ", ") + Cat(dim);
    shape = Cat("(", shape, ")");
  }
  const std::string_view word = text_format::TypeWord(static_cast<int>(tensor.dtype));
  std::printf("%s      dtype: %s\n%s      shape: %s\n%s      name: %s\n", indent.c_str(),
              word.empty() ? "DT_INVALID" : std::string(word).c_str(), indent.c_str(), shape.c_str(), indent.c_str(),
              tensor.name.c_str());
}

void PrintSignature(const ModelSignature& signature, const std::string& indent) {
  std::printf("%sThe given SavedModel SignatureDef contains the following input(s):\n", indent.c_str());
  for (const SignatureTensor& tensor : signature.inputs) {
    std::printf("%s  inputs['%s'] tensor_info:\n", indent.c_str(), tensor.key.c_str());
    PrintTensor(tensor, indent);
  }
  std::printf("%sThe given SavedModel SignatureDef contains the following output(s):\n", indent.c_str());
  for (const SignatureTensor& tensor : signature.outputs) {
    std::printf("%s  outputs['%s'] tensor_info:\n", indent.c_str(), tensor.key.c_str());
    PrintTensor(tensor, indent);
  }
  std::printf("%sMethod name is: %s\n", indent.c_str(), signature.method.c_str());
}

// What of Python's functions the file names; their arguments are not read.
void PrintFunctions(const MetaGraph& graph) {
  bool is_first = true;
  for (const SavedObject& object : graph.objects) {
    // The root's own: a table's for saving are no children of any object.
    const bool is_own = !object.path.empty() && object.path.find('/') == std::string::npos;
    if (object.kind != SavedObject::Kind::kFunction || !is_own) continue;
    if (is_first) std::printf("\nConcrete Functions:");
    is_first = false;
    std::printf("\n  Function Name: '%s'\n", object.path.c_str());
    for (size_t i = 0; i < object.functions.size(); ++i) {
      std::printf("    Option #%zu\n      %s\n", i + 1, object.functions[i].c_str());
    }
  }
}

Status ShowAll(const std::string& dir) {
  RIVULET_ASSIGN_OR_RETURN(auto sets, prepare::ReadTagSets(dir));
  std::sort(sets.begin(), sets.end());
  for (const std::vector<std::string>& tags : sets) {
    RIVULET_ASSIGN_OR_RETURN(const MetaGraph graph, prepare::ReadSavedModelGraph(dir, tags));
    std::printf("\nMetaGraphDef with tag-set: '%s' contains the following SignatureDefs:\n",
                Joined(tags, ", ").c_str());
    for (const ModelSignature& signature : graph.signatures) {
      std::printf("\nsignature_def['%s']:\n", signature.key.c_str());
      PrintSignature(signature, "  ");
    }
    RIVULET_RETURN_IF_ERROR(PrintOps(dir, tags));
    PrintFunctions(graph);
  }
  return Status();
}

Status ShowTagSets(const std::string& dir) {
  RIVULET_ASSIGN_OR_RETURN(auto sets, prepare::ReadTagSets(dir));
  for (std::vector<std::string>& tags : sets) std::sort(tags.begin(), tags.end());
  std::sort(sets.begin(), sets.end());
  std::printf("The given SavedModel contains the following tag-sets:\n");
  for (const std::vector<std::string>& tags : sets) std::printf("'%s'\n", Joined(tags, ", ").c_str());
  return Status();
}

}  // namespace

Status ShowSavedModel(const ShowFlags& flags) {
  if (flags.all) return ShowAll(flags.dir);
  if (!flags.has_tags) {
    if (flags.list_ops) std::printf("--list_ops must be paired with a tag-set or with --all.\n");
    return ShowTagSets(flags.dir);
  }
  const std::vector<std::string> tags = SplitList(flags.tag_set);
  if (tags.empty()) return InvalidArgument("--tag_set must contain at least one tag");
  RIVULET_ASSIGN_OR_RETURN(const MetaGraph graph, prepare::ReadSavedModelGraph(flags.dir, tags));
  if (flags.list_ops) RIVULET_RETURN_IF_ERROR(PrintOps(flags.dir, graph.tags));
  if (!flags.has_signature) {
    std::printf("The given SavedModel MetaGraphDef contains SignatureDefs with the following keys:\n");
    for (const ModelSignature& signature : graph.signatures) {
      std::printf("SignatureDef key: \"%s\"\n", signature.key.c_str());
    }
    return Status();
  }
  std::string keys;
  for (const ModelSignature& signature : graph.signatures) {
    if (signature.key == flags.signature_def) {
      PrintSignature(signature, "");
      return Status();
    }
    keys += (keys.empty() ? "" : ", ") + signature.key;
  }
  return NotFound("Could not find signature ", Quoted(flags.signature_def), ". Please choose from: ", keys);
}

Status ScanSavedModel(const std::string& dir, const std::vector<std::string>& tags,
                      const std::set<std::string>& denied) {
  RIVULET_ASSIGN_OR_RETURN(auto sets, prepare::ReadTagSets(dir));
  if (!tags.empty()) sets = {tags};
  for (const std::vector<std::string>& set : sets) {
    RIVULET_ASSIGN_OR_RETURN(const std::set<std::string> ops, OpsOf(dir, set));
    std::set<std::string> found;
    std::set_intersection(ops.begin(), ops.end(), denied.begin(), denied.end(), std::inserter(found, found.begin()));
    std::printf("MetaGraph with tag set %s %s denylisted ops: %s\n", PythonList(set).c_str(),
                found.empty() ? "does not contain the default" : "contains the following",
                PythonSet(found.empty() ? denied : found).c_str());
  }
  return Status();
}

}  // namespace rivulet::tf
