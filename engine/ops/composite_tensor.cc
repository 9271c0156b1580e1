// CompositeTensorVariantFromComponents, CompositeTensorVariantToComponents: the tensors that a sparse, ragged or other
// composite tensor consists of as one variant, and back.
//
//   metadata: a CompositeTensorVariantMetadata message, of which the kind of tensor counts (type_spec_proto.
//   type_spec_class); both must name the same, and Tcomponents the tensors' dtypes. Without components nothing is
//   looked at. No deviation from TensorFlow.
#include "engine/base/wire.h"
#include "engine/ops/element_tuple.h"
#include "engine/ops/op.h"
#include "engine/ops/plain_infer.h"

namespace rivulet {
namespace {

class Composite : public Object {
 public:
  static constexpr std::string_view kKind = "composite tensor";
  std::string_view kind() const override { return kKind; }

  Composite(KeptTuple parts, int32_t of) : parts_(std::move(parts)), of_(of) {}
  const Tuple& parts() const { return parts_.parts(); }
  int32_t of() const { return of_; }

 private:
  KeptTuple parts_;
  int32_t of_;
};

// The number of the kind of tensor that the metadata names.
Result<int32_t> KindIn(const std::string& metadata) {
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(metadata.data()), metadata.size());
  int32_t kind = 0;
  WireCursor message(bytes, 0);
  while (message.Next()) {
    if (message.field() != 1) {
      message.Skip();
      continue;
    }
    WireCursor spec = message.Message();
    while (spec.Next()) {
      if (spec.field() == 1 && spec.type() == WireType::kVarint) {
        kind = spec.Int32();
      } else {
        spec.Skip();
      }
    }
    if (!spec.status().ok()) return Status(spec.status()).Framed("attr 'metadata'");
  }
  if (!message.status().ok()) return Status(message.status()).Framed("attr 'metadata'");
  return kind;
}

struct State : OpState {
  int32_t kind = 0;
  std::vector<DType> dtypes;
};

Status InferFrom(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(KindIn(c.attrs().Str("metadata")).status());
  return InferScalar(c);
}

Status InferTo(InferContext& c) { return KindIn(c.attrs().Str("metadata")).status(); }

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  RIVULET_ASSIGN_OR_RETURN(state->kind, KindIn(c.attrs().Str("metadata")));
  state->dtypes = c.attrs().Types("Tcomponents");
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunFrom(RunContext& c) {
  Tuple parts;
  for (int i = 0; i < c.num_inputs(); ++i) parts.push_back(c.TakeInput(i));
  RIVULET_ASSIGN_OR_RETURN(KeptTuple kept, KeptTuple::Keep(std::move(parts), c.allocator()));
  c.SetOutput(0, ScalarOf(DType::kVariant, std::make_shared<Composite>(std::move(kept), c.state<State>().kind)));
  return Status();
}

Status RunTo(RunContext& c) {
  const Tensor& encoded = c.input(0);
  const State& state = c.state<State>();
  if (encoded.num_elements() == 0) return InvalidArgument("encoded: want a variant, got none");
  const ObjectRef& first = encoded.data<ObjectRef>()[0];
  if (first == nullptr || first->kind() != Composite::kKind) {
    return InvalidArgument("encoded: want a ", Composite::kKind, ", got a ",
                           first == nullptr ? std::string_view("variant that was never set") : first->kind());
  }
  const auto& composite = static_cast<const Composite&>(*first);
  if (composite.of() != state.kind) {
    return InvalidArgument("encoded: want type_spec_class ", state.kind, ", as attr 'metadata' says, got ",
                           composite.of());
  }
  RIVULET_RETURN_IF_ERROR(CheckElement({state.dtypes, {}}, composite.parts()));
  for (int i = 0; i < c.num_outputs(); ++i) c.SetOutput(i, composite.parts()[static_cast<size_t>(i)]);
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "CompositeTensorVariantFromComponents",
     .inputs = "components:list(Tcomponents)",
     .outputs = "encoded:variant",
     .attrs = "metadata:string; Tcomponents:list(type) >=0",
     .infer = InferFrom,
     .prepare = Prepare,
     .run = RunFrom,
     .flags = kMakesOutputs | kTakesObjects},
    {.name = "CompositeTensorVariantToComponents",
     .inputs = "encoded:variant",
     .outputs = "components:list(Tcomponents)",
     .attrs = "metadata:string; Tcomponents:list(type) >=0",
     .infer = InferTo,
     .prepare = Prepare,
     .run = RunTo,
     .flags = kMakesOutputs | kTakesObjects | kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(CompositeTensor, kDefs);

}  // namespace rivulet
