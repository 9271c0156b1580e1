// SetSize, DenseToDenseSetOperation, DenseToSparseSetOperation, SparseToSparseSetOperation: the last dim of a tensor of
// rank 2 or more as a set.
//
//   set_operation "a-b", "b-a", "intersection" or "union", in letters of any case, of the sets at the same place -> the
//   elements in ascending order, as a sparse tensor: result_indices [n, rank], result_values [n], result_shape [rank],
//   whose last dim is the largest set
//   SetSize: the number of different elements; shape without its last dim
//
// A sparse tensor's elements with equal coordinates but for the last form a set as they follow one another; with
// validate_indices indices that do not ascend are refused. Without it TensorFlow works on what it meets: a set may come
// twice, and where a dense tensor is the first operand only those in ascending order count. An index outside the shape
// is refused in any case.
#include <algorithm>
#include <iterator>

#include "engine/base/sort.h"
#include "engine/ops/number.h"
#include "engine/ops/sparse_parts.h"
#include "engine/ops/text_bytes.h"

namespace rivulet {
namespace {

enum class SetOperation { kMinus, kReversedMinus, kIntersection, kUnion };

Result<SetOperation> ReadOperation(const AttrReader& attrs) {
  std::string name = attrs.Str("set_operation");
  for (char& letter : name) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  if (name == "a-b") return SetOperation::kMinus;
  if (name == "b-a") return SetOperation::kReversedMinus;
  if (name == "intersection") return SetOperation::kIntersection;
  if (name == "union") return SetOperation::kUnion;
  return InvalidArgument("attr 'set_operation': want a-b, b-a, intersection or union, got ",
                         Quoted(attrs.Str("set_operation")));
}

struct State : OpState {
  bool validates = true;
  SetOperation operation = SetOperation::kUnion;
};

// ---- Shapes ----

Status WantRankOfSets(int64_t rank, std::string_view name) {
  if (rank == 0 || rank == 1) return InvalidArgument(name, ": want rank 2 or more, got ", rank);
  return Status();
}

// Checks a sparse operand; its shape as far as it is known.
Result<Shape> InferOperand(InferContext& c, int first) {
  RIVULET_ASSIGN_OR_RETURN(const SparseFacts facts, InferSparse(c, first, first + 1, first + 2));
  RIVULET_RETURN_IF_ERROR(WantRankOfSets(facts.rank, "set_shape"));
  if (c.known(first + 2)) {
    const std::vector<int64_t> dims = c.ints(first + 2);
    RIVULET_RETURN_IF_ERROR(DenseCount(dims, "set_shape").status());
    return Shape(dims);
  }
  if (facts.rank < 0 || facts.rank > Shape::kMaxRank) return Shape::UnknownRank();
  return Shape::OfUnknownDims(static_cast<int>(facts.rank));
}

Status InferSize(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const Shape shape, InferOperand(c, 0));
  c.set_output(0, shape.has_rank() ? Shape(shape.dims().first(static_cast<size_t>(shape.rank()) - 1)) : shape);
  return Status();
}

// Two shapes must be alike but for the last dim; what is not known agrees with anything.
Status CheckAlike(const Shape& a, const Shape& b) {
  if (!a.has_rank() || !b.has_rank()) return Status();
  if (a.rank() != b.rank()) return InvalidArgument("want operands of one rank, got ", a.rank(), " and ", b.rank());
  for (int d = 0; d + 1 < a.rank(); ++d) {
    int64_t dim = a[d];
    if (AgreeOnDim(b[d], &dim)) continue;
    return InvalidArgument("want operands that are alike but for the last dim, got ", a, " and ", b);
  }
  return Status();
}

// The shape that a sparse operand says at run time.
Result<Shape> ReadShape(const SparseView& sparse) {
  RIVULET_RETURN_IF_ERROR(DenseCount(sparse.shape, "set_shape").status());
  return Shape(sparse.shape);
}

Status InferOperation(InferContext& c, int dense) {
  RIVULET_RETURN_IF_ERROR(ReadOperation(c.attrs()).status());
  Shape shapes[2];
  for (int i = 0; i < 2; ++i) {
    const std::string name = Cat("set", i + 1);
    if (i < dense) {
      shapes[i] = c.shape(i);
      if (shapes[i].has_rank()) RIVULET_RETURN_IF_ERROR(WantRankOfSets(shapes[i].rank(), name));
    } else {
      auto shape = InferOperand(c, dense == 0 ? 3 * i : 1);
      if (!shape.ok()) return std::move(shape).status().Framed(name);
      shapes[i] = *shape;
    }
  }
  RIVULET_RETURN_IF_ERROR(CheckAlike(shapes[0], shapes[1]));
  int64_t rank = Shape::kUnknownDim;
  for (const Shape& shape : shapes) {
    if (shape.has_rank()) rank = shape.rank();
  }
  c.set_output(0, {Shape::kUnknownDim, rank});
  c.set_output(1, {Shape::kUnknownDim});
  c.set_output(2, {rank});
  return Status();
}

template <int kDense>
Status InferBinary(InferContext& c) {
  return InferOperation(c, kDense);
}

Result<std::unique_ptr<OpState>> PrepareSize(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->validates = c.attrs().Bool("validate_indices");
  return std::unique_ptr<OpState>(std::move(state));
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->validates = c.attrs().Bool("validate_indices");
  RIVULET_ASSIGN_OR_RETURN(state->operation, ReadOperation(c.attrs()));
  return std::unique_ptr<OpState>(std::move(state));
}

// ---- Sets ----

// Sets are made of keys: the value of an integer, the place of a string among all that are met, in ascending order.
// What an element's own type is matters only where it is read and stored.
template <typename Visit>
void VisitIntegers(DType dtype, const Visit& visit) {
  VisitType<int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t>(dtype, visit);
}

class Keys {
 public:
  // Of the values of these tensors.
  Keys(const Tensor& values) { Add(values); }  // NOLINT: implicit by intent
  Keys(const Tensor& a, const Tensor& b) {
    Add(a);
    Add(b);
  }

  void Append(const Tensor& values, int64_t first, int64_t count, std::vector<int64_t>* keys) const {
    const size_t before = keys->size();
    keys->resize(before + static_cast<size_t>(count));
    int64_t* key = keys->data() + before;
    if (values.dtype() == DType::kString) {
      const auto* value = values.data<std::string>() + first;
      for (int64_t i = 0; i < count; ++i) {
        key[i] = std::lower_bound(texts_.begin(), texts_.end(), std::string_view(value[i])) - texts_.begin();
      }
      return;
    }
    VisitIntegers(values.dtype(),
                  [&](auto tag) { std::copy_n(values.data<typename decltype(tag)::Type>() + first, count, key); });
  }

  // What the strings of these keys take; nothing for integers.
  CheckedSize TextBytesOf(const std::vector<int64_t>& keys) const {
    CheckedSize bytes = 0;
    if (texts_.empty()) return bytes;
    for (const int64_t key : keys) bytes += static_cast<int64_t>(texts_[static_cast<size_t>(key)].size());
    return bytes;
  }

  void Store(const std::vector<int64_t>& keys, Tensor* values) const {
    if (values->dtype() == DType::kString) {
      auto* value = values->data<std::string>();
      for (const int64_t key : keys) *value++ = texts_[static_cast<size_t>(key)];
      return;
    }
    VisitIntegers(values->dtype(), [&](auto tag) {
      using T = typename decltype(tag)::Type;
      std::transform(keys.begin(), keys.end(), values->data<T>(), [](int64_t key) { return static_cast<T>(key); });
    });
  }

 private:
  void Add(const Tensor& values) {
    if (values.dtype() != DType::kString) return;
    const auto* value = values.data<std::string>();
    texts_.insert(texts_.end(), value, value + values.num_elements());
    Sort(texts_.begin(), texts_.end());
    texts_.erase(std::unique(texts_.begin(), texts_.end()), texts_.end());
  }

  std::vector<std::string_view> texts_;
};

void SortOut(std::vector<int64_t>* keys) {
  Sort(keys->begin(), keys->end());
  keys->erase(std::unique(keys->begin(), keys->end()), keys->end());
}

// Walks the sets of a sparse operand.
class SparseSets {
 public:
  SparseSets(SparseView sparse, bool validates, const Keys& keys)
      : sparse_(sparse), validates_(validates), keys_(keys) {}

  // All indices at once, before anything is given out.
  Status Check(const StopToken& stop) const {
    for (int64_t i = 0; validates_ && i < sparse_.count; ++i) {
      if (i % 4096 == 4095 && stop.stopped()) return stop.Why();
      RIVULET_RETURN_IF_ERROR(CheckInside(i));
      if (i > 0 && CompareIndices(sparse_.index(i - 1), sparse_.index(i), sparse_.rank) >= 0) {
        return InvalidArgument("indices[", i, "]: want ascending indices, got ",
                               IndexText(sparse_.index(i), sparse_.rank), " after ",
                               IndexText(sparse_.index(i - 1), sparse_.rank));
      }
    }
    return Status();
  }

  bool has_next() const { return at_ < sparse_.count; }
  // The coordinates of the next set.
  const int64_t* next() const { return sparse_.index(at_); }

  Status Take(std::vector<int64_t>* keys) {
    const int64_t first = at_;
    RIVULET_RETURN_IF_ERROR(Pass());
    keys_.Append(*sparse_.values, first, at_ - first, keys);
    SortOut(keys);
    return Status();
  }

 private:
  // Goes to the set after the next one.
  Status Pass() {
    for (const int64_t* start = next(); has_next() && std::equal(start, start + sparse_.rank - 1, next()); ++at_) {
      RIVULET_RETURN_IF_ERROR(CheckInside(at_));
    }
    return Status();
  }

  Status CheckInside(int64_t i) const {
    if (IsInside(sparse_.index(i), sparse_.shape)) return Status();
    return InvalidArgument("indices[", i, "]: want an index inside of ", IndexText(sparse_.shape.data(), sparse_.rank),
                           ", got ", IndexText(sparse_.index(i), sparse_.rank));
  }

  const SparseView sparse_;
  const bool validates_;
  const Keys& keys_;
  int64_t at_ = 0;
};

// The place of coordinates, which lie inside, in the shape without its last dim.
int64_t FlatPlace(const int64_t* index, std::span<const int64_t> shape) {
  int64_t flat = 0;
  for (size_t d = 0; d + 1 < shape.size(); ++d) flat = flat * shape[d] + index[d];
  return flat;
}

// Collects results and makes the outputs of them.
class Results {
 public:
  Results(SetOperation operation, std::span<const int64_t> shape, const Keys& keys)
      : operation_(operation), shape_(shape), keys_(keys) {}

  std::vector<int64_t>& a() { return a_; }
  std::vector<int64_t>& b() { return b_; }

  // The result of sets a and b, which are empty afterwards, at a place of the shape without its last dim.
  void Add(int64_t place) {
    const size_t before = values_.size();
    const auto out = std::back_inserter(values_);
    switch (operation_) {
      case SetOperation::kMinus: std::set_difference(a_.begin(), a_.end(), b_.begin(), b_.end(), out); break;
      case SetOperation::kReversedMinus: std::set_difference(b_.begin(), b_.end(), a_.begin(), a_.end(), out); break;
      case SetOperation::kIntersection: std::set_intersection(a_.begin(), a_.end(), b_.begin(), b_.end(), out); break;
      case SetOperation::kUnion: std::set_union(a_.begin(), a_.end(), b_.begin(), b_.end(), out); break;
    }
    const auto size = static_cast<int64_t>(values_.size() - before);
    if (size > 0) groups_.push_back({place, size});
    largest_ = std::max(largest_, size);
    a_.clear();
    b_.clear();
  }

  Status Store(RunContext& c, TextBytes* bytes) const {
    const auto count = static_cast<int64_t>(values_.size()), rank = static_cast<int64_t>(shape_.size());
    RIVULET_RETURN_IF_ERROR(bytes->Charge(keys_.TextBytesOf(values_)));
    RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, {count, rank}));
    RIVULET_RETURN_IF_ERROR(c.AllocateOutput(1, {count}));
    RIVULET_RETURN_IF_ERROR(c.AllocateOutput(2, {rank}));
    int64_t* index = c.output(0).data<int64_t>();
    keys_.Store(values_, &c.output(1));
    for (const Group& group : groups_) {
      for (int64_t i = 0; i < group.size; ++i, index += rank) {
        index[rank - 1] = i;
        int64_t left = group.place;
        for (int64_t d = rank - 2; d >= 0; --d) {
          index[d] = left % shape_[static_cast<size_t>(d)];
          left /= shape_[static_cast<size_t>(d)];
        }
      }
    }
    int64_t* shape = c.output(2).data<int64_t>();
    std::copy(shape_.begin(), shape_.end(), shape);
    shape[rank - 1] = largest_;
    return Status();
  }

 private:
  struct Group {
    int64_t place, size;
  };

  const SetOperation operation_;
  const std::span<const int64_t> shape_;
  const Keys& keys_;
  std::vector<int64_t> a_, b_, values_;
  std::vector<Group> groups_;
  int64_t largest_ = 0;
};

void TakeDense(const Tensor& dense, int64_t place, const Keys& keys, std::vector<int64_t>* set) {
  const int64_t row = dense.dim(dense.rank() - 1);
  keys.Append(dense, place * row, row, set);
  SortOut(set);
}

// ---- Operations ----

// What sorting and collecting `count` elements takes, strings in ascending order among it.
Status ChargeSets(TextBytes* bytes, DType dtype, CheckedSize count) {
  const size_t each = 6 * sizeof(int64_t) + (dtype == DType::kString ? 2 * sizeof(std::string_view) : 0);
  return bytes->Charge(count * static_cast<int64_t>(each));
}

Status DenseToDense(RunContext& c) {
  const Tensor &a = c.input(0), &b = c.input(1);
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(ChargeSets(&bytes, a.dtype(), CheckedSize(a.num_elements()) + b.num_elements()));
  const Keys keys(a, b);
  Results results(c.state<State>().operation, a.shape().dims(), keys);
  const int64_t row_a = a.dim(a.rank() - 1), row_b = b.dim(b.rank() - 1);
  const int64_t places = row_a > 0 ? a.num_elements() / row_a : row_b > 0 ? b.num_elements() / row_b : 0;
  for (int64_t place = 0; place < places; ++place) {
    if (place % 1024 == 1023 && c.stop().stopped()) return c.stop().Why();
    TakeDense(a, place, keys, &results.a());
    TakeDense(b, place, keys, &results.b());
    results.Add(place);
  }
  return results.Store(c, &bytes);
}

Status DenseToSparse(RunContext& c) {
  const Tensor& a = c.input(0);
  const SparseView b(c, 1);
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(ChargeSets(&bytes, a.dtype(), CheckedSize(a.num_elements()) + b.count));
  RIVULET_ASSIGN_OR_RETURN(const Shape shape, ReadShape(b));
  RIVULET_RETURN_IF_ERROR(CheckAlike(a.shape(), shape));
  const Keys keys(a, *b.values);
  SparseSets sets(b, c.state<State>().validates, keys);
  RIVULET_RETURN_IF_ERROR(sets.Check(c.stop()));
  Results results(c.state<State>().operation, a.shape().dims(), keys);
  const int64_t row = a.dim(a.rank() - 1);
  RIVULET_ASSIGN_OR_RETURN(const int64_t places, DenseCount(a.shape().dims().first(b.shape.size() - 1), "set1"));
  for (int64_t place = 0; place < places; ++place) {
    if (place % 1024 == 1023 && c.stop().stopped()) return c.stop().Why();
    // The place of the next sparse set; one outside is never met.
    const bool is_inside = sets.has_next() && IsInside(sets.next(), b.shape.first(b.shape.size() - 1));
    const int64_t next = is_inside ? FlatPlace(sets.next(), b.shape) : -1;
    if (row == 0) {
      // Dense sets without elements are passed over.
      if (next < place) break;
      place = next;
    } else {
      TakeDense(a, place, keys, &results.a());
    }
    if (next == place) RIVULET_RETURN_IF_ERROR(sets.Take(&results.b()));
    results.Add(place);
  }
  return results.Store(c, &bytes);
}

Status SparseToSparse(RunContext& c) {
  const SparseView a(c, 0), b(c, 3);
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(ChargeSets(&bytes, a.values->dtype(), CheckedSize(a.count) + b.count));
  RIVULET_ASSIGN_OR_RETURN(const Shape shape_a, ReadShape(a));
  RIVULET_ASSIGN_OR_RETURN(const Shape shape_b, ReadShape(b));
  RIVULET_RETURN_IF_ERROR(CheckAlike(shape_a, shape_b));
  const bool validates = c.state<State>().validates;
  const Keys keys(*a.values, *b.values);
  SparseSets sets_a(a, validates, keys), sets_b(b, validates, keys);
  RIVULET_RETURN_IF_ERROR(sets_a.Check(c.stop()));
  RIVULET_RETURN_IF_ERROR(sets_b.Check(c.stop()));
  Results results(c.state<State>().operation, a.shape, keys);
  for (int64_t n = 0; sets_a.has_next() || sets_b.has_next(); ++n) {
    if (n % 1024 == 1023 && c.stop().stopped()) return c.stop().Why();
    int order = sets_a.has_next() ? -1 : 1;
    if (sets_a.has_next() && sets_b.has_next()) order = CompareIndices(sets_a.next(), sets_b.next(), a.rank - 1);
    const int64_t* index = order <= 0 ? sets_a.next() : sets_b.next();
    if (order <= 0) RIVULET_RETURN_IF_ERROR(sets_a.Take(&results.a()));
    if (order >= 0) RIVULET_RETURN_IF_ERROR(sets_b.Take(&results.b()));
    results.Add(FlatPlace(index, a.shape));
  }
  return results.Store(c, &bytes);
}

Status Size(RunContext& c) {
  const SparseView sparse(c, 0);
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(ChargeSets(&bytes, sparse.values->dtype(), sparse.count));
  const Keys keys(*sparse.values);
  SparseSets sets(sparse, c.state<State>().validates, keys);
  RIVULET_RETURN_IF_ERROR(sets.Check(c.stop()));
  auto* sizes = c.output(0).data<int32_t>();
  std::fill_n(sizes, c.output(0).num_elements(), 0);
  std::vector<int64_t> set;
  for (int64_t n = 0; sets.has_next(); ++n) {
    if (n % 1024 == 1023 && c.stop().stopped()) return c.stop().Why();
    const int64_t* index = sets.next();
    set.clear();
    RIVULET_RETURN_IF_ERROR(sets.Take(&set));
    sizes[FlatPlace(index, sparse.shape)] = static_cast<int32_t>(set.size());
  }
  return Status();
}

#define RIVULET_SETS "validate_indices:bool=true; T:type in {i8,i16,i32,i64,u8,u16,str}"
#define RIVULET_SET_RESULT "result_indices:i64, result_values:T, result_shape:i64"

constexpr OpDef kDefs[] = {
    {.name = "SetSize",
     .inputs = "set_indices:i64, set_values:T, set_shape:i64",
     .outputs = "size:i32",
     .attrs = RIVULET_SETS,
     .infer = InferSize,
     .prepare = PrepareSize,
     .run = Size},
    {.name = "DenseToDenseSetOperation",
     .inputs = "set1:T, set2:T",
     .outputs = RIVULET_SET_RESULT,
     .attrs = "set_operation:string; " RIVULET_SETS,
     .infer = InferBinary<2>,
     .prepare = Prepare,
     .run = DenseToDense,
     .flags = kDataDependent},
    {.name = "DenseToSparseSetOperation",
     .inputs = "set1:T, set2_indices:i64, set2_values:T, set2_shape:i64",
     .outputs = RIVULET_SET_RESULT,
     .attrs = "set_operation:string; " RIVULET_SETS,
     .infer = InferBinary<1>,
     .prepare = Prepare,
     .run = DenseToSparse,
     .flags = kDataDependent},
    {.name = "SparseToSparseSetOperation",
     .inputs = "set1_indices:i64, set1_values:T, set1_shape:i64, set2_indices:i64, set2_values:T, set2_shape:i64",
     .outputs = RIVULET_SET_RESULT,
     .attrs = "set_operation:string; " RIVULET_SETS,
     .infer = InferBinary<0>,
     .prepare = Prepare,
     .run = SparseToSparse,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(SetOperation, kDefs);

}  // namespace rivulet
