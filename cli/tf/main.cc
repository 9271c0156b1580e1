// rivulet-tf: TensorFlow Mobile's tools in one program. A link to it that has a tool's name is that tool.
#include <cstdio>
#include <exception>

#include "cli/tf/tool.h"
#include "engine/base/errors.h"
#include "engine/ops/waiting_line.h"

namespace rivulet::tf {
namespace {

int List(std::FILE* to) {
  std::fprintf(to,
               "usage: rivulet-tf TOOL [--flag=value ...]\n\nTensorFlow's tools, with their flags and exit codes:\n");
  for (const Tool* tool : AllTools()) std::fprintf(to, "  %-36s %s\n", tool->name, tool->summary);
  std::fprintf(to, "\nrivulet-tf TOOL --help lists a tool's flags.\n");
  return 0;
}

int FailUnknown(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Tool* tool : AllTools()) names.emplace_back(tool->name);
  std::fprintf(stderr, "rivulet-tf: no tool is called %s; nearest: %s\n", Quoted(name).c_str(),
               NearestNames(name, names).c_str());
  return 2;
}

int Run(Call call) {
  int code = call.tool->codes.failure;
  try {
    code = call.tool->run(call);
  } catch (const std::exception& error) {
    call.Warn(error.what());
  }
  // What was printed may not have reached its file.
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  call.Warn("cannot write the output");
  return call.tool->codes.failure;
}

int Main(int argc, char** argv) {
  const std::string own = argc > 0 ? argv[0] : "";
  Call call{.tool = FindTool(own), .name = own.substr(own.rfind('/') + 1)};
  int first = 1;
  if (call.tool == nullptr) {
    const std::string name = argc > 1 ? argv[1] : "";
    if (name.empty() || name == "--help" || name == "-h" || name == "help") return List(name.empty() ? stderr : stdout);
    if (name == "--version") return std::printf("%s\n", RIVULET_VERSION) > 0 ? 0 : 1;
    call.tool = FindTool(name);
    call.name = name;
    if (call.tool == nullptr) return FailUnknown(name);
    first = 2;
  }
  for (int i = first; i < argc; ++i) call.arguments.emplace_back(argv[i]);
  return Run(std::move(call));
}

}  // namespace
}  // namespace rivulet::tf

int main(int argc, char** argv) {
  rivulet::WaitingLine::RunsAreAlone();
  return rivulet::tf::Main(argc, argv);
}
