// TensorFlow Mobile's tools by their own names: what each is, and how it fails.
#ifndef RIVULET_CLI_TF_TOOL_H_
#define RIVULET_CLI_TF_TOOL_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/tf/flags.h"
#include "rivulet/status.h"

namespace rivulet::tf {

struct Call;

struct Tool {
  const char* name;
  const char* summary;
  ExitCodes codes;
  int (*run)(const Call& call);
};

// One call of a tool; `name` is the one that it was called by.
struct Call {
  const Tool* tool = nullptr;
  std::string name;
  std::vector<std::string> arguments;

  // With --cache, which all have.
  Flags MakeFlags() const;
  // Prints "name: message" in one line on stderr; the tool's code for failures.
  int Fail(const Status& status) const;
  void Warn(std::string_view sentence) const;
};

// In the order of their names.
std::span<const Tool* const> AllTools();
// By the last part of a path, without ".py"; null when there is none.
const Tool* FindTool(std::string_view called);

}  // namespace rivulet::tf

#endif  // RIVULET_CLI_TF_TOOL_H_
