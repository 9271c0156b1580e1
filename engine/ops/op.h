// What an operator is: plain data and three functions. See docs/add_an_op.md.
//
//   infer    shapes of the outputs, every check of attributes and shapes; runs when a plan is made, and again at run
//   time
//            for nodes whose input shapes depend on data
//   prepare  optional: parsed attributes, packed constants; runs once per plan
//   run      the kernel; trusts what infer checked and fails only where the data can be wrong
//
// Arity, attribute kinds and dtypes are checked against the signature before infer is called, and the outputs' dtypes
// are filled in from it. Operators name neither nodes nor files in messages: the loops around them do.
#ifndef RIVULET_ENGINE_OPS_OP_H_
#define RIVULET_ENGINE_OPS_OP_H_

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/built.h"
#include "engine/base/errors.h"
#include "engine/base/object.h"
#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/graph/graph.h"
#include "rivulet/tensor.h"

namespace rivulet {

class InferContext;
class ModelFiles;  // engine/ops/model_files.h
class PrepareContext;
class RunContext;

// What prepare made for one step of one plan; shared by all sessions and threads, so constant afterwards.
struct OpState {
  virtual ~OpState() = default;
};

enum OpFlags : uint32_t {
  kNoFlags = 0,
  // Output 0 may be written over any input of the same byte size: element i of it depends on element i of the inputs
  // (or on a broadcast input, which is never overwritten).
  kElementwise = 1u << 0,
  // Output 0 is input 0's bytes under another shape; there is no run.
  kAlias = 1u << 1,
  // Results differ from run to run or there is an effect: never folded, merged or dropped while it is needed.
  kStateful = 1u << 2,
  // Shapes depend on the data itself: infer leaves them unknown even with all inputs known, run allocates.
  kDataDependent = 1u << 3,
  // Takes resources and variants also where the signature leaves a type open. Without it (and kAlias) such a type must
  // be named in the type attribute's set, so that no operator moves references as if they were bytes.
  kTakesObjects = 1u << 4,
  // Run sets every output itself (SetOutput, or AllocateOutput where infer left the shape unknown); the executor
  // allocates nothing for them.
  kMakesOutputs = 1u << 5,
  // Changes something that other nodes or later runs see: a variable, a table, a queue. Implies kStateful.
  kEffect = (1u << 6) | kStateful,
  // Its output is a handle of a named object of the session, the same in every run: found once, when a plan is made.
  kNamedResource = (1u << 7) | kStateful,
  // Runs functions of the library (If, While, ...): the executor does it, there is no run.
  kCallsFunctions = 1u << 8,
  // Works on files, of which a recording has none: tested beside its file instead of by goldens.
  kReadsFiles = 1u << 12,
  // Waits for what others put somewhere. The steps of a run come one after the other, so it goes behind all those of
  // its run that do not wait for it.
  kTakes = 1u << 13,
};

struct OpDef {
  const char* name;
  // "x:T, y:T", "values:N*T, axis:Tidx", "input:list(Tin)", "contents:str", "variable:ref T" (docs/control_flow.md);
  // dtypes are f32 f16 bf16 f64 i8 .. u64 bool str c64 c128 qi8 qu8 qi16 qu16 qi32 resource variant, a type attribute,
  // N*T or list(type attribute).
  const char* inputs;
  const char* outputs;
  // "T:type in {f32,f64}; keep_dims:bool=false; N:int >=1; strides:list(int); shape:shape; equation:string". The sets
  // of T are the dtypes the kernel takes. An attribute without default must be given, but a type can also come from the
  // inputs, as can N.
  const char* attrs;
  Status (*infer)(InferContext&);
  Result<std::unique_ptr<OpState>> (*prepare)(PrepareContext&) = nullptr;
  Status (*run)(RunContext&) = nullptr;
  uint32_t flags = kNoFlags;
};

using OpList = std::span<const OpDef>;

// Those of a file's definitions that this build has. The others are constants that nothing names, and with them goes
// the code that only they refer to.
template <const auto& kDefs>
struct BuiltDefs {
  static constexpr size_t kCount = [] {
    size_t count = 0;
    for (const OpDef& def : kDefs) count += IsBuilt(std::string_view(def.name));
    return count;
  }();
  static constexpr std::array<OpDef, kCount> kList = [] {
    std::array<OpDef, kCount> list{};
    size_t next = 0;
    for (const OpDef& def : kDefs) {
      if (IsBuilt(std::string_view(def.name))) list[next++] = def;
    }
    return list;
  }();
};

// Ends an operator file: its definitions under the name that ops.list uses.
#define RIVULET_OP_LIST(Family, defs) \
  extern const OpList k##Family##Ops; \
  constinit const OpList k##Family##Ops { BuiltDefs<defs>::kList }

// The definition of an operator, or null.
const OpDef* FindOp(std::string_view name);
std::vector<const OpDef*> AllOps();

// The operators of one file, under its name in ops.list.
struct OpFamily {
  const char* name;
  OpList ops;
};
const std::vector<OpFamily>& OpFamilies();

// Typed access to a node's attributes with the signature's defaults. The signature was checked, so a name that the
// operator declared is there with its kind; another name is a bug in the operator and gives the kind's zero value.
class AttrReader {
 public:
  AttrReader(const Node& node) : node_(&node) {}  // NOLINT: implicit by intent

  bool Has(std::string_view name) const;
  int64_t Int(std::string_view name) const;
  float Float(std::string_view name) const;
  bool Bool(std::string_view name) const;
  std::string Str(std::string_view name) const;
  DType Type(std::string_view name) const;
  Shape ShapeAttr(std::string_view name) const;
  std::shared_ptr<const TensorLiteral> Literal(std::string_view name) const;
  std::vector<int64_t> Ints(std::string_view name) const;
  std::vector<float> Floats(std::string_view name) const;
  std::vector<std::string> Strs(std::string_view name) const;
  std::vector<DType> Types(std::string_view name) const;
  std::vector<Shape> Shapes(std::string_view name) const;

  // The same by a literal, whose length callers need not carry.
  int64_t Int(const char* name) const;
  float Float(const char* name) const;
  bool Bool(const char* name) const;
  std::string Str(const char* name) const;
  DType Type(const char* name) const;
  std::vector<int64_t> Ints(const char* name) const;
  std::vector<float> Floats(const char* name) const;
  std::vector<std::string> Strs(const char* name) const;
  std::vector<DType> Types(const char* name) const;

 private:
  const Node* node_;
};

// The dtype of a type attribute: given, by default, or taken from the inputs; kInvalid when it cannot be known.
DType ResolveType(const Node& node, std::string_view attr, std::span<const Fact* const> inputs);

class InferContext {
 public:
  InferContext(const Node& node, std::span<const Fact* const> inputs, std::vector<Fact>* outputs, Allocator& allocator,
               bool graph_has_versions)
      : node_(node), inputs_(inputs), outputs_(outputs), allocator_(allocator), has_versions_(graph_has_versions) {}

  const Node& node() const { return node_; }
  AttrReader attrs() const { return AttrReader(node_); }
  bool graph_has_versions() const { return has_versions_; }
  Allocator& allocator() const { return allocator_; }

  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  const Fact& input(int i) const { return *inputs_[static_cast<size_t>(i)]; }
  const Shape& shape(int i) const { return input(i).shape; }
  DType dtype(int i) const { return input(i).dtype; }
  // The input's value, or null while it is unknown. Aligned.
  const Tensor* value(int i) const { return known(i) ? &input(i).value : nullptr; }
  // The elements of a known int32 or int64 input as int64.
  std::vector<int64_t> ints(int i) const;
  bool known(int i) const {
    const bool is_known = input(i).value.valid();
    missed_ |= !is_known;
    return is_known;
  }
  // Whether the rule asked for a value that is unknown. If not, values tell it nothing more.
  bool missed_a_value() const { return missed_; }

  // Error unless the rank is unknown or `rank`.
  Status WantRank(int input, int rank) const;
  Status WantMinRank(int input, int rank) const;
  Status WantScalar(int input) const { return WantRank(input, 0); }

  int num_outputs() const { return static_cast<int>(outputs_->size()); }
  DType output_dtype(int i) const { return (*outputs_)[static_cast<size_t>(i)].dtype; }
  void set_output(int i, const Shape& shape);
  void set_output(int i, Shape&& shape);
  void set_output(int i, std::initializer_list<int64_t> dims);
  void set_value(int i, Tensor value) { (*outputs_)[static_cast<size_t>(i)].value = std::move(value); }
  // For the few operators whose signature cannot tell (Const, Placeholder).
  void set_dtype(int i, DType dtype) { (*outputs_)[static_cast<size_t>(i)].dtype = dtype; }

 private:
  const Node& node_;
  std::span<const Fact* const> inputs_;
  std::vector<Fact>* outputs_;
  Allocator& allocator_;
  bool has_versions_;
  mutable bool missed_ = false;
};

class PrepareContext {
 public:
  PrepareContext(const Node& node, std::span<const Fact* const> inputs, std::span<const Fact> outputs,
                 std::vector<bool>* consumed, Allocator& allocator, ThreadPool& pool)
      : node_(node), inputs_(inputs), outputs_(outputs), consumed_(consumed), allocator_(allocator), pool_(pool) {}

  const Node& node() const { return node_; }
  AttrReader attrs() const { return AttrReader(node_); }
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  const Fact& input(int i) const { return *inputs_[static_cast<size_t>(i)]; }
  const Shape& shape(int i) const { return input(i).shape; }
  DType dtype(int i) const { return input(i).dtype; }
  // A constant input, else null. It may be an unaligned view of the file: read it with memcpy, or through the packers.
  const Tensor* constant(int i) const { return input(i).value.valid() ? &input(i).value : nullptr; }
  int num_outputs() const { return static_cast<int>(outputs_.size()); }
  const Fact& output(int i) const { return outputs_[static_cast<size_t>(i)]; }
  // Says that run will not read constant input i (its content is in the state): its bytes need not be kept.
  void Consume(int i) { (*consumed_)[static_cast<size_t>(i)] = true; }
  Allocator& allocator() const { return allocator_; }
  ThreadPool& pool() const { return pool_; }

 private:
  const Node& node_;
  std::span<const Fact* const> inputs_;
  std::span<const Fact> outputs_;
  std::vector<bool>* consumed_;
  Allocator& allocator_;
  ThreadPool& pool_;
};

// State that outlives a run and belongs to one session: random streams, later variables and tables.
class Persistent {
 public:
  virtual ~Persistent() = default;
};
class PersistentSlot {
 public:
  // The object made by `make` on the first call; later calls return the same one.
  template <typename T>
  T& Get() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!object_) object_ = std::make_unique<T>();
    return static_cast<T&>(*object_);
  }

 private:
  std::mutex mutex_;
  std::unique_ptr<Persistent> object_;
};

using Printer = std::function<void(std::string_view text)>;

// What a session keeps: the named objects (variables, tables, queues) and what single operators keep. Thread-safe.
class Resources {
 public:
  using Make = Result<ObjectRef> (*)(const void* context);
  // The object under container and name, made by `make` on the first call; made and given out under one lock.
  Result<ObjectRef> GetOrMake(const std::string& container, const std::string& name, Make make, const void* context);
  // The same with a callable.
  template <typename Maker>
  Result<ObjectRef> GetOrMake(const std::string& container, const std::string& name, const Maker& maker) {
    return GetOrMake(
        container, name, [](const void* m) { return (*static_cast<const Maker*>(m))(); }, &maker);
  }
  // What the operator of the node at `path` keeps between runs.
  PersistentSlot* Persistent(const std::string& path);

  // Who hears what the graph prints; null: nobody. Set before the first run.
  void set_printer(const Printer* printer) { printer_ = printer; }
  const Printer* printer() const { return printer_; }

 private:
  const Printer* printer_ = nullptr;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, ObjectRef> objects_;
  std::map<std::string, std::unique_ptr<PersistentSlot>> persistent_;
};

// What the executor lends to a step.
struct RunServices {
  Allocator& allocator;
  ThreadPool& pool;
  const StopToken& stop;
  Resources* resources;        // of the session; null while folding constants
  PersistentSlot* persistent;  // of this node; null while folding constants
  std::shared_ptr<void>* scratch;
  size_t* scratch_bytes;
  ModelFiles* files = nullptr;  // that came with the model; null when none did
};

class RunContext {
 public:
  // `dies[i]` says that nothing reads input i after this step; empty means that everything may be read again.
  RunContext(const OpState* state, std::span<const Tensor* const> inputs, std::span<Tensor* const> outputs,
             const RunServices& services, std::span<const uint8_t> dies = {})
      : state_(state), inputs_(inputs), outputs_(outputs), dies_(dies), services_(services) {}

  template <typename T>
  const T& state() const {
    return static_cast<const T&>(*state_);
  }

  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  const Tensor& input(int i) const { return *inputs_[static_cast<size_t>(i)]; }
  // The input for keeping or changing: moved out where this step is its last reader, so that the caller may hold the
  // only reference to what it refers to; otherwise another reference.
  Tensor TakeInput(int i);
  int num_outputs() const { return static_cast<int>(outputs_.size()); }
  // Allocated with the inferred shape, unless infer left it unknown.
  Tensor& output(int i) { return *outputs_[static_cast<size_t>(i)]; }

  // For outputs whose shape infer left unknown; the dtype is the fact's.
  Status AllocateOutput(int i, const Shape& shape);
  // Replaces an output whose shape infer left unknown by an existing tensor (shared bytes).
  void SetOutput(int i, const Tensor& tensor) { output(i) = tensor; }

  // Scratch memory until run returns; one block per step, kept by the session between runs.
  Result<void*> Scratch(size_t bytes);

  ThreadPool& pool() const { return services_.pool; }
  const StopToken& stop() const { return services_.stop; }
  Allocator& allocator() const { return services_.allocator; }
  // Null while constants are folded, which stateful operators are not.
  Resources* resources() const { return services_.resources; }
  PersistentSlot* persistent() const { return services_.persistent; }
  ModelFiles* files() const { return services_.files; }

  template <typename Body>
  void ParallelFor(int64_t count, int64_t grain, const Body& body) {
    services_.pool.ParallelFor(count, grain, services_.stop, body);
  }

 private:
  const OpState* state_;
  std::span<const Tensor* const> inputs_;
  std::span<Tensor* const> outputs_;
  std::span<const uint8_t> dies_;
  const RunServices& services_;
};

// A tensor that may outlive the step that made or took it: itself when it owns its memory, else a copy. (Tensors of the
// arena are views without owner, overwritten by later steps.)
Result<Tensor> Owned(Tensor tensor, Allocator& allocator);

// The elements of an int32 or int64 tensor as int64; empty for other types.
std::vector<int64_t> ToInt64s(const Tensor& tensor);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_OP_H_
