#include "engine/run/token_loop.h"

#include <deque>
#include <map>
#include <set>

#include "engine/ops/infer.h"
#include "engine/run/dynamic_node.h"
#include "engine/run/flops.h"
#include "engine/run/loop_count.h"
#include "engine/run/step_clock.h"
#include "engine/run/token_program.h"

namespace rivulet {
namespace {

struct Token {
  Tensor value;
  bool dead = false;
};

class TokenRun {
 public:
  TokenRun(const LoopProgram& program, const Environment& environment, const RunServices& services, RunContext& context)
      : program_(program), environment_(environment), services_(services), context_(context) {}

  Status Run(std::vector<bool>* dead) {
    root_.iterations.emplace_back();
    results_.resize(program_.body->results.size());
    for (int32_t i = 0; i < program_.graph.size(); ++i) {
      const Node& node = program_.graph.node(i);
      if (!node.inputs.empty() || !node.control_inputs.empty() || node.op == "_Feed") continue;
      MakeReady(i, IterationOf(root_, 0).nodes[i], root_, 0);
    }
    for (size_t i = 0; i < program_.body->args.size(); ++i) {
      const int32_t arg = program_.body->args[i];
      if (arg >= 0) Send(arg, {{context_.TakeInput(static_cast<int>(i)), false}}, false, root_, 0, false);
    }
    while (!ready_.empty()) {
      const Ready next = ready_.front();
      ready_.pop_front();
      RIVULET_RETURN_IF_ERROR(services_.stop.Why());
      Status status = Fire(next);
      if (!status.ok()) return std::move(status).Framed(NodeFrame(program_.graph.node(next.node)));
      Release(*next.frame, next.iteration);
    }
    dead->assign(results_.size(), false);
    for (size_t i = 0; i < results_.size(); ++i) {
      (*dead)[i] = results_[i].dead || !results_[i].value.valid();
      if (!(*dead)[i]) context_.SetOutput(static_cast<int>(i), results_[i].value);
    }
    return Status();
  }

 private:
  struct NodeRun {
    std::vector<Tensor> inputs;
    int32_t missing = -1;  // inputs and control inputs that have not come; -1 before the first
    int32_t dead_inputs = 0;
    bool dead = false;
    bool fired = false;
    int32_t chosen = -1;  // of a Merge
  };
  struct Iteration {
    std::map<int32_t, NodeRun> nodes;
    int64_t waiting = 0;  // ready nodes and frames inside that still run
  };
  // One loop running: for each iteration of the frame around it there may be one.
  struct FrameRun {
    FrameRun* parent = nullptr;
    int64_t parent_iteration = 0;
    int32_t frame = 0;  // of LoopFrames
    int64_t first = 0;  // iterations before it are done and gone
    std::deque<Iteration> iterations;
    int32_t missing_enters = 0;
    std::vector<std::pair<int32_t, Token>> invariants;  // Enter nodes and what they gave
    std::set<int32_t> exited;
  };
  struct Ready {
    int32_t node;
    FrameRun* frame;
    int64_t iteration;
  };

  static Iteration& IterationOf(FrameRun& frame, int64_t iteration) {
    return frame.iterations[static_cast<size_t>(iteration - frame.first)];
  }

  // A token for an input; the node becomes ready when it has all it waits for.
  void Deliver(int32_t index, int32_t input, Token token, FrameRun& frame, int64_t iteration, bool from_enter = false) {
    if (iteration < frame.first) return;
    const Node& node = program_.graph.node(index);
    NodeRun& run = IterationOf(frame, iteration).nodes[index];
    if (run.missing < 0) {
      run.missing = static_cast<int32_t>(node.inputs.size() + node.control_inputs.size());
      run.inputs.resize(node.inputs.size());
    }
    --run.missing;
    if (run.fired) return;
    if (IsMerge(node)) {
      DeliverToMerge(index, input, std::move(token), run, frame, iteration, from_enter);
      return;
    }
    run.dead |= token.dead && node.op != "ControlTrigger";
    if (input >= 0) run.inputs[static_cast<size_t>(input)] = std::move(token.value);
    if (run.missing <= 0) MakeReady(index, run, frame, iteration);
  }

  // The first live token is the value. Dead is a Merge when nothing live can come: all inputs were dead, or the loop
  // was entered dead.
  void DeliverToMerge(int32_t index, int32_t input, Token token, NodeRun& run, FrameRun& frame, int64_t iteration,
                      bool from_enter) {
    const Node& node = program_.graph.node(index);
    if (input >= 0 && token.dead) {
      ++run.dead_inputs;
      run.dead = from_enter || run.dead_inputs == static_cast<int32_t>(node.inputs.size());
    } else if (input >= 0 && run.chosen < 0) {
      run.chosen = input;
      run.inputs[static_cast<size_t>(input)] = std::move(token.value);
    }
    if (run.chosen >= 0) run.dead = false;
    const bool decided = run.chosen >= 0 || run.dead;
    if (decided && (node.control_inputs.empty() || run.missing <= 0)) MakeReady(index, run, frame, iteration);
  }

  void MakeReady(int32_t index, NodeRun& run, FrameRun& frame, int64_t iteration) {
    run.fired = true;
    ++IterationOf(frame, iteration).waiting;
    ready_.push_back({index, &frame, iteration});
  }

  Status Fire(const Ready& ready) {
    const Node& node = program_.graph.node(ready.node);
    FrameRun& frame = *ready.frame;
    NodeRun run = std::move(IterationOf(frame, ready.iteration).nodes[ready.node]);
    IterationOf(frame, ready.iteration).nodes[ready.node].fired = true;
    if (IsEnter(node)) return FireEnter(ready, std::move(run));
    if (IsExit(node)) return FireExit(ready, std::move(run));
    if (IsNextIteration(node)) return FireNextIteration(ready, std::move(run));
    std::vector<Token> outputs(program_.readers[static_cast<size_t>(ready.node)].size());
    if (run.dead) {
      for (Token& token : outputs) token.dead = true;
    } else {
      RIVULET_RETURN_IF_ERROR(Compute(ready.node, run, &outputs));
    }
    Send(ready.node, std::move(outputs), run.dead, frame, ready.iteration, false);
    return Status();
  }

  // Hands outputs to their readers in one iteration; the last reader gets the tensor itself.
  void Send(int32_t index, std::vector<Token> outputs, bool dead, FrameRun& frame, int64_t iteration, bool from_enter) {
    const auto& readers = program_.readers[static_cast<size_t>(index)];
    for (size_t o = 0; o < outputs.size(); ++o) {
      for (size_t r = 0; r < readers[o].size(); ++r) {
        Token token = r + 1 == readers[o].size() ? std::move(outputs[o]) : outputs[o];
        Deliver(readers[o][r].node, readers[o][r].input, std::move(token), frame, iteration, from_enter);
      }
    }
    for (const TokenReader& reader : program_.control_readers[static_cast<size_t>(index)]) {
      Deliver(reader.node, -1, {Tensor(), dead}, frame, iteration);
    }
  }

  Status FireEnter(const Ready& ready, NodeRun run) {
    const Node& node = program_.graph.node(ready.node);
    FrameRun& child = ChildOf(ready);
    Token token{run.dead ? Tensor() : run.inputs[0], run.dead};
    const bool is_constant = AttrReader(node).Bool("is_constant");
    if (is_constant) child.invariants.emplace_back(ready.node, token);
    const int64_t end = child.first + static_cast<int64_t>(child.iterations.size());
    for (int64_t i = child.first; i < (is_constant ? end : child.first + 1); ++i) {
      Send(ready.node, {token}, token.dead, child, i, true);
    }
    --child.missing_enters;
    LeaveIfDone(&child);
    return Status();
  }

  FrameRun& ChildOf(const Ready& ready) {
    const int32_t frame = program_.frames.frame_of[static_cast<size_t>(ready.node)];
    std::unique_ptr<FrameRun>& child = children_[{ready.frame, ready.iteration, frame}];
    if (child == nullptr) {
      child = std::make_unique<FrameRun>();
      child->parent = ready.frame;
      child->parent_iteration = ready.iteration;
      child->frame = frame;
      child->missing_enters = program_.enters_of[static_cast<size_t>(frame)];
      child->iterations.emplace_back();
      ++IterationOf(*ready.frame, ready.iteration).waiting;
    }
    return *child;
  }

  // A dead Exit waits for the loop's end: a later iteration may leave alive.
  Status FireExit(const Ready& ready, NodeRun run) {
    if (run.dead) return Status();
    ready.frame->exited.insert(ready.node);
    Leave(ready.node, {std::move(run.inputs[0]), false}, *ready.frame);
    return Status();
  }

  void Leave(int32_t exit, Token token, FrameRun& frame) {
    for (size_t i = 0; i < results_.size(); ++i) {
      if (program_.body->results[i].node == exit) results_[i] = token;
    }
    const bool dead = token.dead;
    Send(exit, {std::move(token)}, dead, *frame.parent, frame.parent_iteration, false);
  }

  Status FireNextIteration(const Ready& ready, NodeRun run) {
    if (run.dead) return Status();
    FrameRun& frame = *ready.frame;
    const int64_t next = ready.iteration + 1;
    if (next == frame.first + static_cast<int64_t>(frame.iterations.size())) {
      if (LoopCount::IsWanted())
        LoopCount::Add(Cat(program_.path, program_.frames.frames[static_cast<size_t>(frame.frame)].name), 1);
      frame.iterations.emplace_back();
      for (const auto& [enter, token] : frame.invariants) Send(enter, {token}, token.dead, frame, next, true);
    }
    Send(ready.node, {{std::move(run.inputs[0]), false}}, false, frame, next, false);
    return Status();
  }

  // One thing less that iteration waits for.
  void Release(FrameRun& frame, int64_t iteration) {
    --IterationOf(frame, iteration).waiting;
    LeaveIfDone(&frame);
  }

  // Iterations that nothing can reach any more are dropped; a frame that has nothing left to do is left for good, dead
  // where it was not left alive, and then the frame around it may be done.
  void LeaveIfDone(FrameRun* frame) {
    while (frame->parent != nullptr && frame->missing_enters <= 0) {
      while (frame->iterations.size() > 1 && frame->iterations.front().waiting <= 0) {
        frame->iterations.pop_front();
        ++frame->first;
      }
      if (frame->iterations.size() > 1 || frame->iterations.front().waiting > 0) return;
      for (const int32_t exit : program_.exits_of[static_cast<size_t>(frame->frame)]) {
        if (!frame->exited.contains(exit)) Leave(exit, {Tensor(), true}, *frame);
      }
      FrameRun* const parent = frame->parent;
      const int64_t iteration = frame->parent_iteration;
      children_.erase({parent, iteration, frame->frame});
      --IterationOf(*parent, iteration).waiting;
      frame = parent;
    }
  }

  Status Compute(int32_t index, NodeRun& run, std::vector<Token>* outputs) {
    const Node& node = program_.graph.node(index);
    if (IsMerge(node)) {
      (*outputs)[0].value = std::move(run.inputs[static_cast<size_t>(run.chosen)]);
      (*outputs)[1].value = Tensor::Scalar<int32_t>(run.chosen);
      return Status();
    }
    if (IsSwitchNode(node)) return ComputeSwitch(run, outputs);
    if (node.op == "LoopCond" || node.op == "RefIdentity") {
      (*outputs)[0].value = std::move(run.inputs[0]);
      return Status();
    }
    if (node.op == "Const") {
      (*outputs)[0].value = node.outputs[0].value;
      return Status();
    }
    return ComputeNode(index, run, outputs);
  }

  static void AddFlops(const Node& node, const std::vector<Tensor>& inputs, const std::vector<Fact>& outputs) {
    std::vector<Shape> shapes;
    for (const Tensor& tensor : inputs) shapes.push_back(tensor.shape());
    if (!outputs.empty()) StepClock::AddFlops(CountFlops(node, shapes, outputs[0].shape));
  }

  static Status ComputeSwitch(NodeRun& run, std::vector<Token>* outputs) {
    const Tensor& selector = run.inputs[1];
    if (selector.dtype() != DType::kBool || selector.num_elements() != 1) {
      return InvalidArgument("pred: want one bool, got ", selector.dtype(), selector.shape());
    }
    const size_t taken = selector.data<bool>()[0] ? 1 : 0;
    (*outputs)[taken].value = std::move(run.inputs[0]);
    (*outputs)[1 - taken].dead = true;
    return Status();
  }

  Status ComputeNode(int32_t index, NodeRun& run, std::vector<Token>* outputs) {
    const Node& node = program_.graph.node(index);
    std::vector<const Tensor*> inputs;
    for (Tensor& tensor : run.inputs) {
      if (!tensor.is_aligned()) {
        RIVULET_ASSIGN_OR_RETURN(tensor, Clone(tensor, environment_.allocator));
      }
      inputs.push_back(&tensor);
    }
    RIVULET_ASSIGN_OR_RETURN(
        const std::vector<Fact> facts,
        InferOutputs(program_.graph, node, inputs, environment_.has_versions, environment_.allocator));
    if (node.def->flags & kAlias) {
      RIVULET_ASSIGN_OR_RETURN((*outputs)[0].value, AliasOf(run.inputs[0], facts[0]));
      return Status();
    }
    std::vector<Tensor> made;
    std::vector<Tensor*> pointers;
    for (const Fact& fact : facts) {
      RIVULET_ASSIGN_OR_RETURN(Tensor tensor, AllocateAs(fact, *node.def, environment_.allocator));
      made.push_back(std::move(tensor));
    }
    for (Tensor& tensor : made) pointers.push_back(&tensor);
    const std::vector<uint8_t> dies(inputs.size(), 1);
    RunServices services = services_;
    if (node.def->flags & kStateful) services.persistent = environment_.resources.Persistent(program_.path + node.name);
    const auto i = static_cast<size_t>(index);
    if (StepClock::IsTiming()) AddFlops(node, run.inputs, facts);
    RunContext context(program_.states[i].get(), inputs, pointers, services, dies);
    if (program_.controls[i] != nullptr) {
      // The bodies' frames are made anew for each call: two iterations may be under way.
      ControlFrames frames;
      std::vector<bool> dead;
      RIVULET_RETURN_IF_ERROR(program_.controls[i]->Run(context, services, frames, &dead));
      for (size_t o = 0; o < made.size(); ++o) {
        if (o < dead.size() && dead[o]) (*outputs)[o].dead = true;
        RIVULET_ASSIGN_OR_RETURN(made[o], Owned(std::move(made[o]), environment_.allocator));
      }
    } else if (node.def->run != nullptr) {
      RIVULET_RETURN_IF_ERROR(node.def->run(context));
    }
    for (size_t o = 0; o < outputs->size() && o < made.size(); ++o) (*outputs)[o].value = std::move(made[o]);
    return Status();
  }

  const LoopProgram& program_;
  const Environment& environment_;
  const RunServices& services_;
  RunContext& context_;
  FrameRun root_;
  std::map<std::tuple<FrameRun*, int64_t, int32_t>, std::unique_ptr<FrameRun>> children_;
  std::deque<Ready> ready_;
  std::vector<Token> results_;
};

class TokenLoop : public ControlStep {
 public:
  TokenLoop(std::unique_ptr<const LoopProgram> program, const Environment& environment)
      : program_(std::move(program)), environment_(environment) {}

  Status Run(RunContext& context, const RunServices& services, ControlFrames& frames,
             std::vector<bool>* dead) const override {
    static_cast<void>(frames);
    return TokenRun(*program_, environment_, services, context).Run(dead);
  }

 private:
  const std::unique_ptr<const LoopProgram> program_;
  const Environment& environment_;
};

}  // namespace

Result<std::unique_ptr<ControlStep>> MakeTokenLoop(const ControlStepInput& input, const Environment& environment,
                                                   const StopToken& stop) {
  RIVULET_ASSIGN_OR_RETURN(auto program, MakeLoopProgram(input, environment, stop));
  return std::unique_ptr<ControlStep>(std::make_unique<TokenLoop>(std::move(program), environment));
}

}  // namespace rivulet
