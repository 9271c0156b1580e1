#include "engine/ops/op.h"

#include <cstring>

#include "engine/ops/signature.h"

namespace rivulet {
namespace {

// The node's attribute if it has one of that name, else the signature's default, else null.
const AttrValue* FindValue(const Node& node, std::string_view name) {
  if (const AttrValue* value = node.attrs.Find(name)) return value;
  if (node.def == nullptr) return nullptr;
  const AttrSpec* spec = SignatureOf(*node.def).FindAttr(name);
  return spec != nullptr && spec->has_default ? &spec->default_value : nullptr;
}

template <typename T>
T ReadScalar(const Node& node, std::string_view name, T otherwise) {
  const AttrValue* value = FindValue(node, name);
  const T* typed = value != nullptr ? std::get_if<T>(value) : nullptr;
  return typed != nullptr ? *typed : otherwise;
}

const AttrList* ReadList(const Node& node, std::string_view name) {
  const AttrValue* value = FindValue(node, name);
  const auto* list = value != nullptr ? std::get_if<std::shared_ptr<const AttrList>>(value) : nullptr;
  return list != nullptr ? list->get() : nullptr;
}

}  // namespace

bool AttrReader::Has(std::string_view name) const { return node_->attrs.Find(name) != nullptr; }
int64_t AttrReader::Int(std::string_view name) const { return ReadScalar<int64_t>(*node_, name, 0); }
float AttrReader::Float(std::string_view name) const { return ReadScalar<float>(*node_, name, 0); }
bool AttrReader::Bool(std::string_view name) const { return ReadScalar<bool>(*node_, name, false); }
std::string AttrReader::Str(std::string_view name) const { return ReadScalar<std::string>(*node_, name, {}); }
DType AttrReader::Type(std::string_view name) const { return ReadScalar<DType>(*node_, name, DType::kInvalid); }
Shape AttrReader::ShapeAttr(std::string_view name) const {
  return ReadScalar<Shape>(*node_, name, Shape::UnknownRank());
}
std::shared_ptr<const TensorLiteral> AttrReader::Literal(std::string_view name) const {
  return ReadScalar<std::shared_ptr<const TensorLiteral>>(*node_, name, nullptr);
}
std::vector<int64_t> AttrReader::Ints(std::string_view name) const {
  const AttrList* list = ReadList(*node_, name);
  return list ? list->ints : std::vector<int64_t>();
}
std::vector<float> AttrReader::Floats(std::string_view name) const {
  const AttrList* list = ReadList(*node_, name);
  return list ? list->floats : std::vector<float>();
}
std::vector<std::string> AttrReader::Strs(std::string_view name) const {
  const AttrList* list = ReadList(*node_, name);
  return list ? list->strings : std::vector<std::string>();
}
std::vector<DType> AttrReader::Types(std::string_view name) const {
  const AttrList* list = ReadList(*node_, name);
  return list ? list->types : std::vector<DType>();
}
std::vector<Shape> AttrReader::Shapes(std::string_view name) const {
  const AttrList* list = ReadList(*node_, name);
  return list ? list->shapes : std::vector<Shape>();
}

int64_t AttrReader::Int(const char* name) const { return Int(std::string_view(name)); }
float AttrReader::Float(const char* name) const { return Float(std::string_view(name)); }
bool AttrReader::Bool(const char* name) const { return Bool(std::string_view(name)); }
std::string AttrReader::Str(const char* name) const { return Str(std::string_view(name)); }
DType AttrReader::Type(const char* name) const { return Type(std::string_view(name)); }
std::vector<int64_t> AttrReader::Ints(const char* name) const { return Ints(std::string_view(name)); }
std::vector<float> AttrReader::Floats(const char* name) const { return Floats(std::string_view(name)); }
std::vector<std::string> AttrReader::Strs(const char* name) const { return Strs(std::string_view(name)); }
std::vector<DType> AttrReader::Types(const char* name) const { return Types(std::string_view(name)); }

void InferContext::set_output(int i, const Shape& shape) { (*outputs_)[static_cast<size_t>(i)].shape = shape; }

void InferContext::set_output(int i, Shape&& shape) { (*outputs_)[static_cast<size_t>(i)].shape = std::move(shape); }

void InferContext::set_output(int i, std::initializer_list<int64_t> dims) { set_output(i, Shape(dims)); }

std::vector<int64_t> ToInt64s(const Tensor& tensor) {
  std::vector<int64_t> values;
  const auto read = [&]<typename T>(T value) {  // constants may lie unaligned in the model file
    values.reserve(static_cast<size_t>(tensor.num_elements()));
    const char* at = static_cast<const char*>(tensor.raw());
    for (int64_t i = 0; i < tensor.num_elements(); ++i, at += sizeof(T)) {
      std::memcpy(&value, at, sizeof(T));
      values.push_back(value);
    }
  };
  if (tensor.dtype() == DType::kInt64) read(int64_t{});
  if (tensor.dtype() == DType::kInt32) read(int32_t{});
  return values;
}

std::vector<int64_t> InferContext::ints(int i) const { return value(i) ? ToInt64s(*value(i)) : std::vector<int64_t>(); }

Status InferContext::WantRank(int input, int rank) const {
  if (!shape(input).has_rank() || shape(input).rank() == rank) return Status();
  return InvalidArgument("input ", input, ": want rank ", rank, ", got shape ", shape(input));
}

Status InferContext::WantMinRank(int input, int rank) const {
  if (!shape(input).has_rank() || shape(input).rank() >= rank) return Status();
  return InvalidArgument("input ", input, ": want rank >= ", rank, ", got shape ", shape(input));
}

Result<ObjectRef> Resources::GetOrMake(const std::string& container, const std::string& name, Make make,
                                       const void* context) {
  std::lock_guard<std::mutex> lock(mutex_);
  ObjectRef& object = objects_[{container, name}];
  if (object == nullptr) {
    Result<ObjectRef> made = make(context);
    if (!made.ok()) {
      objects_.erase({container, name});
      return made;
    }
    object = std::move(*made);
  }
  return object;
}

PersistentSlot* Resources::Persistent(const std::string& path) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto& slot = persistent_[path];
  if (!slot) slot = std::make_unique<PersistentSlot>();
  return slot.get();
}

Result<Tensor> Owned(Tensor tensor, Allocator& allocator) {
  if (tensor.owner() != nullptr) return tensor;
  return Clone(tensor, allocator);
}

Tensor RunContext::TakeInput(int i) {
  const Tensor* input = inputs_[static_cast<size_t>(i)];
  if (dies_.empty() || dies_[static_cast<size_t>(i)] == 0) return *input;
  // The executor's slots are not const; this step is the last that looks at this one.
  return std::move(*const_cast<Tensor*>(input));
}

Status RunContext::AllocateOutput(int i, const Shape& shape) {
  RIVULET_ASSIGN_OR_RETURN(output(i), Tensor::Allocate(output(i).dtype(), shape, services_.allocator));
  return Status();
}

Result<void*> RunContext::Scratch(size_t bytes) {
  if (*services_.scratch_bytes < bytes || *services_.scratch == nullptr) {
    services_.scratch->reset();
    *services_.scratch_bytes = 0;
    RIVULET_ASSIGN_OR_RETURN(*services_.scratch, services_.allocator.Allocate(bytes));
    *services_.scratch_bytes = bytes;
  }
  // The middle of what is asked for is the block's, whatever the step: where a step's threads have a part each of what
  // lies there, the same addresses are the same thread's in step after step, and in its processor's cache.
  const size_t before = (*services_.scratch_bytes - bytes) / 2 / Allocator::kAlignment * Allocator::kAlignment;
  return static_cast<void*>(static_cast<char*>(services_.scratch->get()) + before);
}

}  // namespace rivulet
