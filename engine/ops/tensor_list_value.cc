#include "engine/ops/tensor_list_value.h"

#include "engine/graph/shape_math.h"
#include "engine/ops/dims.h"
#include "engine/ops/optional_value.h"
#include "engine/ops/rows.h"
#include "engine/ops/tensor_map_value.h"

namespace rivulet {
namespace {

// Lists within lists are followed this deep; a file can nest them only by a loop.
constexpr int kMaxDepth = 64;

Status WantDType(const TensorList& list, DType dtype) {
  if (dtype == DType::kInvalid || list.elements.dtype() == dtype) return Status();
  return InvalidArgument("the list has elements of ", list.elements.dtype(), ", want ", dtype);
}

bool IsObjectType(DType dtype) { return dtype == DType::kResource || dtype == DType::kVariant; }

Result<ObjectRef> Add(const TensorList& a, const TensorList& b, int depth, Allocator& allocator);
Result<ObjectRef> AddMaps(const TensorMap& a, const TensorMap& b, int depth, Allocator& allocator);
Result<ObjectRef> AddOptionals(const Optional& a, const Optional& b, int depth, Allocator& allocator);
Result<ObjectRef> Zeros(const TensorList& list, int depth, Allocator& allocator);
Result<ObjectRef> ZeroOptional(const Optional& optional, int depth, Allocator& allocator);

Result<ObjectRef> AddObjects(const ObjectRef& a, const ObjectRef& b, int depth, Allocator& allocator) {
  if (a == nullptr) return b;
  if (b == nullptr) return a;
  if (a->kind() == TensorMap::kKind && b->kind() == TensorMap::kKind) {
    return AddMaps(static_cast<const TensorMap&>(*a), static_cast<const TensorMap&>(*b), depth + 1, allocator);
  }
  if (a->kind() == Optional::kKind && b->kind() == Optional::kKind) {
    return AddOptionals(static_cast<const Optional&>(*a), static_cast<const Optional&>(*b), depth + 1, allocator);
  }
  if (a->kind() != TensorList::kKind || b->kind() != TensorList::kKind) {
    return InvalidArgument("a ", a->kind(), " and a ", b->kind(), " cannot be added");
  }
  return Add(static_cast<const TensorList&>(*a), static_cast<const TensorList&>(*b), depth + 1, allocator);
}

Result<Tensor> Sum(const Tensor& a, const Tensor& b, int depth, Allocator& allocator) {
  if (a.dtype() != b.dtype() || !(a.shape() == b.shape())) {
    return InvalidArgument("cannot add ", a.dtype(), a.shape(), " and ", b.dtype(), b.shape());
  }
  RIVULET_ASSIGN_OR_RETURN(Tensor sum, Clone(a, allocator));
  if (a.dtype() == DType::kVariant) {
    for (int64_t i = 0; i < a.num_elements(); ++i) {
      RIVULET_ASSIGN_OR_RETURN(sum.data<ObjectRef>()[i],
                               AddObjects(a.data<ObjectRef>()[i], b.data<ObjectRef>()[i], depth, allocator));
    }
    return sum;
  }
  // Strings are joined and bools or-ed by rows; TensorFlow adds neither here.
  const bool has_sum = a.dtype() != DType::kString && a.dtype() != DType::kBool;
  const CombineRows combine = has_sum ? FindCombine(Combine::kAdd, a.dtype()) : nullptr;
  if (combine == nullptr) return InvalidArgument("tensors of ", a.dtype(), " cannot be added");
  combine(sum.raw(), b.raw(), a.num_elements());
  return sum;
}

Result<Tensor> ZeroTensor(const Tensor& tensor, int depth, Allocator& allocator) {
  RIVULET_ASSIGN_OR_RETURN(Tensor zeros, Tensor::Allocate(tensor.dtype(), tensor.shape(), allocator));
  if (tensor.dtype() == DType::kVariant) {
    for (int64_t i = 0; i < tensor.num_elements(); ++i) {
      const ObjectRef& from = tensor.data<ObjectRef>()[i];
      if (from == nullptr) continue;
      if (from->kind() == TensorMap::kKind) {  // TensorFlow's is empty
        zeros.data<ObjectRef>()[i] = std::make_shared<TensorMap>();
        continue;
      }
      if (from->kind() == Optional::kKind) {
        RIVULET_ASSIGN_OR_RETURN(zeros.data<ObjectRef>()[i],
                                 ZeroOptional(static_cast<const Optional&>(*from), depth + 1, allocator));
        continue;
      }
      if (from->kind() != TensorList::kKind) return InvalidArgument("a ", from->kind(), " has no zeros");
      RIVULET_ASSIGN_OR_RETURN(zeros.data<ObjectRef>()[i],
                               Zeros(static_cast<const TensorList&>(*from), depth + 1, allocator));
    }
    return zeros;
  }
  if (IsObjectType(tensor.dtype())) return InvalidArgument("resources have no zeros");
  if (tensor.dtype() == DType::kString && depth > 0) return InvalidArgument("strings within a variant have no zeros");
  ClearElements(zeros.dtype(), zeros.raw(), zeros.num_elements());
  return zeros;
}

Result<ObjectRef> Add(const TensorList& a, const TensorList& b, int depth, Allocator& allocator) {
  if (depth > kMaxDepth) return ResourceExhausted("lists within lists, more than ", kMaxDepth, " deep");
  RIVULET_RETURN_IF_ERROR(WantDType(b, a.elements.dtype()));
  RIVULET_ASSIGN_OR_RETURN(Shape shape, MergeElementShapes(a.element_shape, b.element_shape));
  if (a.elements.size() != b.elements.size()) {
    return InvalidArgument("cannot add a list of ", a.elements.size(), " and one of ", b.elements.size(), " elements");
  }
  auto sum = std::make_shared<TensorList>(a.elements.dtype(), std::move(shape));
  RIVULET_RETURN_IF_ERROR(sum->elements.Resize(a.elements.size(), allocator));
  for (int64_t i = 0; i < a.elements.size(); ++i) {
    const bool has_a = a.elements.IsSet(i), has_b = b.elements.IsSet(i);
    if (!has_a && !has_b) continue;
    Tensor element = has_a ? a.elements.Get(i) : b.elements.Get(i);
    if (has_a && has_b) {
      RIVULET_ASSIGN_OR_RETURN(element, Sum(element, b.elements.Get(i), depth, allocator));
    }
    RIVULET_RETURN_IF_ERROR(sum->elements.Set(i, std::move(element), allocator));
  }
  return ObjectRef(std::move(sum));
}

// The keys of both; what both have is added.
Result<ObjectRef> AddMaps(const TensorMap& a, const TensorMap& b, int depth, Allocator& allocator) {
  if (depth > kMaxDepth) return ResourceExhausted("maps within maps, more than ", kMaxDepth, " deep");
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<TensorMap> sum, TensorMap::Copy(a, allocator));
  for (const auto& [bytes, entry] : b.entries()) {
    TensorMap::Entry added = entry;
    const auto found = a.entries().find(bytes);
    if (found != a.entries().end()) {
      RIVULET_ASSIGN_OR_RETURN(added.value, Sum(found->second.value, entry.value, depth, allocator));
    }
    RIVULET_RETURN_IF_ERROR(sum->Insert(bytes, std::move(added), allocator));
  }
  return ObjectRef(std::move(sum));
}

// Part by part; what has no value stays so.
Result<ObjectRef> AddOptionals(const Optional& a, const Optional& b, int depth, Allocator& allocator) {
  if (depth > kMaxDepth) return ResourceExhausted("optionals within optionals, more than ", kMaxDepth, " deep");
  const Tuple *first = a.value(), *second = b.value();
  if (first == nullptr && second == nullptr) return ObjectRef(std::make_shared<Optional>());
  if (first == nullptr || second == nullptr) {
    return InvalidArgument("an optional that has a value and one that has none cannot be added");
  }
  if (first->size() != second->size()) {
    return InvalidArgument("optionals of ", first->size(), " and of ", second->size(), " tensors cannot be added");
  }
  Tuple parts;
  for (size_t i = 0; i < first->size(); ++i) {
    RIVULET_ASSIGN_OR_RETURN(Tensor sum, Sum((*first)[i], (*second)[i], depth, allocator));
    parts.push_back(std::move(sum));
  }
  RIVULET_ASSIGN_OR_RETURN(KeptTuple kept, KeptTuple::Keep(std::move(parts), allocator));
  return ObjectRef(std::make_shared<Optional>(std::move(kept)));
}

Result<ObjectRef> ZeroOptional(const Optional& optional, int depth, Allocator& allocator) {
  if (depth > kMaxDepth) return ResourceExhausted("optionals within optionals, more than ", kMaxDepth, " deep");
  if (optional.value() == nullptr) return ObjectRef(std::make_shared<Optional>());
  Tuple parts;
  for (const Tensor& part : *optional.value()) {
    RIVULET_ASSIGN_OR_RETURN(Tensor zeros, ZeroTensor(part, depth, allocator));
    parts.push_back(std::move(zeros));
  }
  RIVULET_ASSIGN_OR_RETURN(KeptTuple kept, KeptTuple::Keep(std::move(parts), allocator));
  return ObjectRef(std::make_shared<Optional>(std::move(kept)));
}

Result<ObjectRef> Zeros(const TensorList& list, int depth, Allocator& allocator) {
  if (depth > kMaxDepth) return ResourceExhausted("lists within lists, more than ", kMaxDepth, " deep");
  auto zeros = std::make_shared<TensorList>(list.elements.dtype(), list.element_shape);
  RIVULET_RETURN_IF_ERROR(zeros->elements.Resize(list.elements.size(), allocator));
  for (int64_t i = 0; i < list.elements.size(); ++i) {
    if (!list.elements.IsSet(i)) continue;
    RIVULET_ASSIGN_OR_RETURN(Tensor element, ZeroTensor(list.elements.Get(i), depth, allocator));
    RIVULET_RETURN_IF_ERROR(zeros->elements.Set(i, std::move(element), allocator));
  }
  return ObjectRef(std::move(zeros));
}

}  // namespace

Result<Tensor> AddTensors(const Tensor& a, const Tensor& b, Allocator& allocator) { return Sum(a, b, 0, allocator); }
Result<Tensor> ZerosLikeTensor(const Tensor& tensor, Allocator& allocator) { return ZeroTensor(tensor, 0, allocator); }

namespace {

Result<TensorList*> ListAt(const ObjectRef& reference, DType dtype) {
  if (reference == nullptr) return InvalidArgument("want a tensor list, got a variant that was never set");
  if (reference->kind() != TensorList::kKind) return InvalidArgument("want a tensor list, got a ", reference->kind());
  auto* list = static_cast<TensorList*>(reference.get());
  RIVULET_RETURN_IF_ERROR(WantDType(*list, dtype));
  return list;
}

}  // namespace

Result<const TensorList*> ListIn(const Tensor& handle, DType dtype) {
  if (handle.rank() != 0) return InvalidArgument("want one list, got shape ", handle.shape());
  RIVULET_ASSIGN_OR_RETURN(const TensorList* list, ListAt(*handle.data<ObjectRef>(), dtype));
  return list;
}

Result<Tensor> TakeVariants(RunContext& c, int i) {
  Tensor variants = c.TakeInput(i);
  if (variants.owner() != nullptr && variants.owner().use_count() == 1) return variants;
  return Clone(variants, c.allocator());
}

Result<TensorList*> OwnList(ObjectRef& reference, DType dtype) {
  RIVULET_ASSIGN_OR_RETURN(TensorList * list, ListAt(reference, dtype));
  if (reference.use_count() == 1) return list;
  auto copy = std::make_shared<TensorList>(*list);
  list = copy.get();
  reference = std::move(copy);
  return list;
}

Result<ChangingList> TakeList(RunContext& c, int i, DType dtype) {
  RIVULET_RETURN_IF_ERROR(ListIn(c.input(i), dtype).status());
  ChangingList changing;
  RIVULET_ASSIGN_OR_RETURN(changing.handle, TakeVariants(c, i));
  RIVULET_ASSIGN_OR_RETURN(changing.list, OwnList(*changing.handle.data<ObjectRef>(), dtype));
  return changing;
}

Result<Tensor> ZeroElement(const TensorList& list, Shape shape, bool others_tell, Allocator& allocator) {
  RIVULET_ASSIGN_OR_RETURN(shape, MergeElementShapes(list.element_shape, shape));
  for (int64_t i = 0; others_tell && !shape.complete() && i < list.elements.size(); ++i) {
    if (!list.elements.IsSet(i)) continue;
    RIVULET_ASSIGN_OR_RETURN(shape, MergeElementShapes(shape, list.elements.ShapeAt(i)));
  }
  if (!shape.complete()) {
    return InvalidArgument("the element was never set and its shape is not known: ", shape);
  }
  RIVULET_ASSIGN_OR_RETURN(Tensor zeros, Tensor::Allocate(list.elements.dtype(), shape, allocator));
  ClearElements(zeros.dtype(), zeros.raw(), zeros.num_elements());
  return zeros;
}

Result<Shape> ReadElementShape(const Tensor& tensor) {
  const std::vector<int64_t> dims = ReadIntegers(tensor);
  if (tensor.rank() == 0) {
    if (dims[0] == -1) return Shape::UnknownRank();
    return InvalidArgument("element_shape: a scalar must be -1, for any shape, got ", dims[0]);
  }
  if (tensor.rank() != 1) return InvalidArgument("element_shape: want a vector, got ", tensor.shape());
  if (dims.size() > static_cast<size_t>(Shape::kMaxRank)) {
    return InvalidArgument("element_shape: want at most ", Shape::kMaxRank, " dims, got ",
                           static_cast<int64_t>(dims.size()));
  }
  for (const int64_t dim : dims) {
    if (dim < -1) return InvalidArgument("element_shape: want dims >= -1, got ", dim);
  }
  return Shape(dims);
}

Result<Shape> ElementShapeFact(const InferContext& c, int i) {
  const Shape& shape = c.shape(i);
  if (shape.has_rank() && shape.rank() > 1) {
    return InvalidArgument("element_shape: want a vector, got ", shape);
  }
  if (c.known(i)) return ReadElementShape(*c.value(i));
  if (shape.rank() != 1 || shape[0] < 0) return Shape::UnknownRank();
  if (shape[0] > Shape::kMaxRank) return InvalidArgument("element_shape: want at most 254 dims, got ", shape[0]);
  return Shape::OfUnknownDims(static_cast<int>(shape[0]));
}

Result<Shape> MergeElementShapes(const Shape& list, const Shape& given) {
  Result<Shape> merged = MergeShapes(list, given);
  if (merged.ok()) return merged;
  return InvalidArgument("elements have shape ", list, ", want ", given);
}

Status WantFits(const Shape& element_shape, const Shape& shape) {
  if (!element_shape.has_rank()) return Status();
  bool fits = element_shape.rank() == shape.rank();
  for (int d = 0; fits && d < shape.rank(); ++d) fits = element_shape[d] < 0 || element_shape[d] == shape[d];
  if (fits) return Status();
  return InvalidArgument("a tensor of shape ", shape, " cannot be an element, want ", element_shape);
}

Shape WithFirstDim(int64_t dim, const Shape& shape) {
  if (!shape.has_rank() || shape.rank() >= Shape::kMaxRank) return Shape::UnknownRank();
  Shape out;
  out.push_back(dim);
  for (const int64_t d : shape.dims()) out.push_back(d);
  return out;
}

Shape WithoutFirstDim(const Shape& shape) {
  if (!shape.has_rank() || shape.rank() == 0) return Shape::UnknownRank();
  return Shape(shape.dims().subspan(1));
}

}  // namespace rivulet
