// print_selective_registration_header: ops_to_register.h, with which a build of TensorFlow keeps only what models need.
// The operators are known here, TensorFlow's C++ classes of kernels are not: a list of pairs
// (--proto_fileformat=ops_list) names them; without it every kernel of a kept operator stays.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/tf/tools.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "engine/ops/op.h"
#include "prepare/model_graph.h"

namespace rivulet::tf {
namespace {

struct Needed {
  std::set<std::string> ops = {"NoOp"};
  std::set<std::string> kernels;
  bool kernels_known = true;
};

Status AddGraph(const Call& call, const std::string& path, Needed* needed) {
  RIVULET_ASSIGN_OR_RETURN(const prepare::ModelGraph model, prepare::ReadModelGraph(path));
  for (const prepare::NodeDef& node : model.graph.nodes) needed->ops.insert(node.op);
  RIVULET_RETURN_IF_ERROR(prepare::VisitFunctionNodes(
      model.graph, [&](std::string_view, const prepare::NodeDef& node) { needed->ops.insert(node.op); }));
  for (const std::string& op : needed->ops) {
    if (FindOp(op) == nullptr) call.Warn(Cat("'", path, "': Rivulet does not know the operator ", Quoted(op)));
  }
  needed->kernels_known = false;
  return Status();
}

// [["Add", "BinaryOp<CPUDevice, functor::add<float>>"], ...]
Status AddList(const std::string& path, Needed* needed) {
  RIVULET_ASSIGN_OR_RETURN(const FileBytes file, OpenFile(path, FileAccess::kMap, int64_t{1} << 26));
  const auto json = nlohmann::json::parse(file.bytes.begin(), file.bytes.end(), nullptr, false);
  if (!json.is_array()) return InvalidArgument("'", path, "': want [[\"operator\", \"kernel\"], ...]");
  for (const auto& pair : json) {
    const bool good =
        pair.is_array() && pair.size() == 2 && pair[0].is_string() && (pair[1].is_string() || pair[1].is_null());
    if (!good) return InvalidArgument("'", path, "': want [[\"operator\", \"kernel\"], ...]");
    needed->ops.insert(pair[0].get<std::string>());
    if (pair[1].is_string() && !pair[1].get<std::string>().empty()) needed->kernels.insert(pair[1].get<std::string>());
  }
  return Status();
}

Status AddDefaults(const std::string& text, Needed* needed) {
  for (const std::string& pair : SplitList(text)) {
    const size_t colon = pair.find(':');
    if (colon == std::string::npos || colon == 0) {
      return InvalidArgument("--default_ops: want operator:kernel, got ", Quoted(pair));
    }
    needed->ops.insert(pair.substr(0, colon));
    needed->kernels.insert(pair.substr(colon + 1));
  }
  return Status();
}

// A C++ string literal; names come from files.
std::string Literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 32) out += c;
  }
  return out + "\"";
}

std::string ListLines(const std::set<std::string>& names) {
  std::string lines;
  for (const std::string& name : names) lines += "    " + Literal(name) + ",\n";
  return lines;
}

// For C++11, which TensorFlow 1 is built as; halves keep the recursion shallow, compilers stop at 512.
constexpr char kMatcher[] = R"(namespace {
// Equal but for blanks.
constexpr bool SameButBlanks(const char* a, const char* b) {
  return *a == ' '   ? SameButBlanks(a + 1, b)
         : *b == ' ' ? SameButBlanks(a, b + 1)
                     : *a == *b && (*a == '\0' || SameButBlanks(a + 1, b + 1));
}
constexpr bool IsAmong(const char* name, const char* const* list, unsigned long count) {
  return count == 0   ? false
         : count == 1 ? SameButBlanks(name, *list)
                      : IsAmong(name, list, count / 2) || IsAmong(name, list + count / 2, count - count / 2);
}
)";

std::string Header(const Needed& needed, bool all) {
  std::string text =
      "// Made by print_selective_registration_header.\n#ifndef OPS_TO_REGISTER\n#define OPS_TO_REGISTER\n\n";
  if (all) {
    return text +
           "#define SHOULD_REGISTER_OP(op) true\n#define SHOULD_REGISTER_OP_KERNEL(clz) true\n"
           "#define SHOULD_REGISTER_OP_GRADIENT true\n\n#endif\n";
  }
  // An empty list is no array.
  const bool has_kernels = needed.kernels_known && !needed.kernels.empty();
  text += kMatcher;
  text += "constexpr const char* kNecessaryOps[] = {\n" + ListLines(needed.ops) + "};\n";
  if (has_kernels) {
    text += "constexpr const char* kNecessaryOpKernelClasses[] = {\n" + ListLines(needed.kernels) + "};\n";
  }
  text +=
      "}  // namespace\n\n#define SHOULD_REGISTER_OP(op) IsAmong(op, kNecessaryOps, sizeof(kNecessaryOps) / "
      "sizeof(*kNecessaryOps))\n";
  text += has_kernels ? "#define SHOULD_REGISTER_OP_KERNEL(clz) IsAmong(clz, kNecessaryOpKernelClasses, "
                        "sizeof(kNecessaryOpKernelClasses) / sizeof(*kNecessaryOpKernelClasses))\n"
                      : "#define SHOULD_REGISTER_OP_KERNEL(clz) true\n";
  const bool gradient = needed.ops.contains("SymbolicGradient");
  return text + "#define SHOULD_REGISTER_OP_GRADIENT " + (gradient ? "true" : "false") + "\n\n#endif\n";
}

int Run(const Call& call) {
  std::string graphs, format = "rawproto", defaults = "NoOp:NoOp,_Recv:RecvOp,_Send:SendOp";
  Flags flags = call.MakeFlags();
  flags.Add("graphs", &graphs, "models' files, with commas between");
  flags.Add("proto_fileformat", &format, "rawproto or textproto, which are told apart anyway, or ops_list");
  flags.Add("default_ops", &defaults,
            "operator:kernel pairs to keep always, with commas between; all keeps everything");
  flags.Require("graphs");
  if (const auto code = flags.Parse(call.arguments)) return *code;
  if (SplitList(graphs).empty()) return flags.FailCall("want --graphs");
  if (format != "rawproto" && format != "textproto" && format != "ops_list") {
    return flags.FailCall(Cat("--proto_fileformat: want rawproto, textproto or ops_list, got ", Quoted(format)));
  }
  Needed needed;
  for (const std::string& path : SplitList(graphs)) {
    const Status status = format == "ops_list" ? AddList(path, &needed) : AddGraph(call, path, &needed);
    if (!status.ok()) return call.Fail(status);
  }
  if (defaults != "all") {
    if (const Status status = AddDefaults(defaults, &needed); !status.ok()) return flags.FailCall(status.message());
  }
  std::printf("%s", Header(needed, defaults == "all").c_str());
  return 0;
}

}  // namespace

const Tool kPrintSelectiveRegistrationHeader = {"print_selective_registration_header",
                                                "Prints the header that narrows a build of TensorFlow to models.",
                                                kArgparseThenApp, Run};

}  // namespace rivulet::tf
