// Transforms of a graph by the names that TensorFlow's transform_graph gave them. One lies in each file of transforms/.
#ifndef RIVULET_PREPARE_TRANSFORM_H_
#define RIVULET_PREPARE_TRANSFORM_H_

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prepare/graph_def.h"

namespace rivulet::prepare {

// The arguments of one call; a name may be there several times.
class Arguments {
 public:
  void Add(std::string_view name, std::string_view value) { values_[std::string(name)].emplace_back(value); }

  bool Has(std::string_view name) const { return values_.find(name) != values_.end(); }
  std::vector<std::string> All(std::string_view name) const;
  // Messages name the argument; one that is given twice is an error.
  Result<std::string> One(std::string_view name, std::string_view if_missing) const;
  Result<std::string> Required(std::string_view name) const;
  Result<int64_t> Int(std::string_view name, int64_t if_missing) const;
  Result<bool> Bool(std::string_view name, bool if_missing) const;

  const std::map<std::string, std::vector<std::string>, std::less<>>& values() const { return values_; }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

// How many places a transform may still change: for finding the one that is at fault.
struct RewriteBudget {
  int64_t left = 0;
  int64_t taken = 0;
  std::string last;  // the node at the last place
};

// Told a line for the user; where there is none, nobody is told.
using ReportLine = std::function<void(std::string_view line)>;

// What a transform is told besides the graph: what will be fed and fetched must keep its name.
struct TransformContext {
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  Arguments arguments;
  ReportLine report = {};           // what a user should know besides success
  RewriteBudget* budget = nullptr;  // null: all

  // Whether the place of this node may be changed. Transforms that change many places ask before each.
  bool MayRewrite(std::string_view node) const;
};

// What a transform says of the results: what is fetched for the same feeds.
enum class Promise {
  kExact,     // the same bits
  kRounding,  // the same but for the order of additions
  kLossy,     // the same types and shapes, near the old values
  kCallers,   // what the caller asked for, whatever that means
};

struct Transform {
  const char* name;
  const char* arguments;  // those that it takes, with blanks between
  // Changes the graph, or leaves it as it was and says why not.
  Status (*apply)(GraphDef& graph, const TransformContext& context);
  Promise promise = Promise::kExact;
  // Where the promise depends on the arguments.
  Promise (*promise_of)(const Arguments& arguments) = nullptr;
};

// In the order of their names.
std::span<const Transform* const> AllTransforms();

struct TransformCall {
  const Transform* transform = nullptr;
  Arguments arguments;

  Promise promise() const {
    return transform->promise_of != nullptr ? transform->promise_of(arguments) : transform->promise;
  }
};

// `name name(argument=value, argument="a value")`: names with blanks between. A value without quotes is of letters,
// digits and
// `-./_`; in quotes a backslash takes the next character as it is. Unknown transforms and arguments are errors.
Result<std::vector<TransformCall>> ParseTransforms(std::string_view text);

struct TransformOptions {
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  ReportLine report = {};  // what is applied, and errors that were to be ignored
  // Asked after each transform whether it kept its promise; an error undoes it.
  std::function<Status(const TransformCall& call, const GraphDef& before, const GraphDef& after)> verify = {};
  bool bisect = false;  // such an error names the place that is at fault
};

// One after the other; after each every input must name a node, and `verify` agree. An error names the transform and
// leaves the graph as it was before that; with ignore_errors=true the next one goes on from there.
Status ApplyTransforms(const std::vector<TransformCall>& calls, const TransformOptions& options, GraphDef& graph);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_TRANSFORM_H_
