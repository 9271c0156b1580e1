// Types, shapes and arithmetic within the bodies of functions, as the calls that reach them tell; for looking at a
// model. What runs one looks with BodyInference, which also takes what a session knows.
#ifndef RIVULET_ENGINE_RUN_FUNCTION_FACTS_H_
#define RIVULET_ENGINE_RUN_FUNCTION_FACTS_H_

#include <map>
#include <string>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/ops/infer.h"

namespace rivulet {

// Looks into what the nodes of one inference call, and keeps what it sees there. A function that is called in several
// ways has the dims that all of them share; the others are unknown.
class FunctionFacts : public CallInference {
 public:
  // `graph` is the one that will be inferred; `functions` are its model's.
  FunctionFacts(const FunctionMap& functions, const Graph& graph, Allocator& allocator, const StopToken& stop)
      : functions_(functions), allocator_(allocator), stop_(stop), level_{&graph, {}, {}} {}

  // Puts in place of the nodes that read variables what gives the same type and shape: a handle's fact tells neither.
  // `graph` is that of the constructor.
  void KnowVariables(Graph* graph) const;

  Status InferCall(const Node& node, std::span<const Fact* const> inputs, std::vector<Fact>* outputs) override;

  // Null where no call reached the node, or its body could not be inferred.
  const std::vector<Fact>* Of(const std::string& function, const std::string& node) const;

  // Nominal arithmetic (flops.h) of what a node of the graph calls: a loop's condition and body once, of branches the
  // one that has most. 0 for other nodes.
  int64_t FlopsOf(const std::string& node) const;

 private:
  // What lies behind a handle, of which its fact says nothing.
  struct Variable {
    DType dtype = DType::kInvalid;
    Shape shape = Shape::UnknownRank();
  };
  // A call's argument.
  struct Arg {
    Fact fact;
    Variable variable;
  };
  // The graph whose nodes are being inferred, and the variables that its arguments stand for.
  struct Level {
    const Graph* graph;
    std::map<int32_t, Variable> variables;
    std::map<std::string, int64_t> flops;  // by node that calls
  };
  struct Seen {
    std::vector<Fact> results;
    bool is_known = false;
    int64_t flops = 0;
  };

  // What the function returns; unknown where it cannot be said.
  Seen Look(const FunctionCall& call, const std::vector<Arg>& args);
  Seen LookAnew(const FunctionCall& call, const Function& function, const std::vector<Arg>& args);
  Seen LookAtLoop(const Node& node, const FunctionCall& body, std::vector<Arg> args, size_t first_variable);
  static std::string KeyOf(const FunctionCall& call, const std::vector<Arg>& args);
  Variable VariableBehind(const Edge& edge) const;
  int64_t FlopsHere() const;
  void Keep(const std::string& function, const std::string& node, const std::vector<Fact>& facts);

  const FunctionMap& functions_;
  Allocator& allocator_;
  const StopToken& stop_;
  std::map<std::string, std::map<std::string, std::vector<Fact>>> facts_;  // by function, then node
  std::map<std::string, Seen> known_;                                      // by function, attributes and arguments
  Level level_;
  int depth_ = 0;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_FUNCTION_FACTS_H_
