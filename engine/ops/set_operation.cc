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
#include <type_traits>

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

// Sets are made of keys, int64 for all integers and references to strings; what an element's own type is matters only
// where it is read and stored.
template <typename Visit>
void VisitIntegers(DType dtype, const Visit& visit) {
  VisitType<int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t>(dtype, visit);
}

void AppendKeys(const Tensor& values, int64_t first, int64_t count, std::vector<int64_t>* keys) {
  const size_t before = keys->size();
  keys->resize(before + static_cast<size_t>(count));
  VisitIntegers(values.dtype(), [&](auto tag) {
    std::copy_n(values.data<typename decltype(tag)::Type>() + first, count, keys->data() + before);
  });
}

void AppendKeys(const Tensor& values, int64_t first, int64_t count, std::vector<std::string_view>* keys) {
  const size_t before = keys->size();
  keys->resize(before + static_cast<size_t>(count));
  std::copy_n(values.data<std::string>() + first, count, keys->data() + before);
}

void StoreKeys(const std::vector<int64_t>& keys, Tensor* values) {
  VisitIntegers(values->dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    std::transform(keys.begin(), keys.end(), values->data<T>(), [](int64_t key) { return static_cast<T>(key); });
  });
}

void StoreKeys(const std::vector<std::string_view>& keys, Tensor* values) {
  auto* value = values->data<std::string>();
  for (const std::string_view key : keys) *value++ = key;
}

template <typename Key>
void SortOut(std::vector<Key>* keys) {
  Sort(keys->begin(), keys->end());
  keys->erase(std::unique(keys->begin(), keys->end()), keys->end());
}

// Walks the sets of a sparse operand.
class SparseSets {
 public:
  SparseSets(SparseView sparse, bool validates) : sparse_(sparse), validates_(validates) {}

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

  template <typename Key>
  Status Take(std::vector<Key>* keys) {
    const int64_t first = at_;
    RIVULET_RETURN_IF_ERROR(Pass());
    AppendKeys(*sparse_.values, first, at_ - first, keys);
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
  int64_t at_ = 0;
};

// The place of coordinates, which lie inside, in the shape without its last dim.
int64_t FlatPlace(const int64_t* index, std::span<const int64_t> shape) {
  int64_t flat = 0;
  for (size_t d = 0; d + 1 < shape.size(); ++d) flat = flat * shape[d] + index[d];
  return flat;
}

// Collects results and makes the outputs of them.
template <typename Key>
class Results {
 public:
  Results(SetOperation operation, std::span<const int64_t> shape) : operation_(operation), shape_(shape) {}

  std::vector<Key>& a() { return a_; }
  std::vector<Key>& b() { return b_; }

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
    if constexpr (std::is_same_v<Key, std::string_view>) {
      CheckedSize text = 0;
      for (const std::string_view value : values_) text += static_cast<int64_t>(value.size());
      RIVULET_RETURN_IF_ERROR(bytes->Charge(text));
    }
    RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, {count, rank}));
    RIVULET_RETURN_IF_ERROR(c.AllocateOutput(1, {count}));
    RIVULET_RETURN_IF_ERROR(c.AllocateOutput(2, {rank}));
    int64_t* index = c.output(0).data<int64_t>();
    StoreKeys(values_, &c.output(1));
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
  std::vector<Key> a_, b_, values_;
  std::vector<Group> groups_;
  int64_t largest_ = 0;
};

template <typename Key>
void TakeDense(const Tensor& dense, int64_t place, std::vector<Key>* keys) {
  const int64_t row = dense.dim(dense.rank() - 1);
  AppendKeys(dense, place * row, row, keys);
  SortOut(keys);
}

// ---- Operations ----

// What sorting and collecting `count` elements takes.
template <typename Key>
Status ChargeSets(TextBytes* bytes, CheckedSize count) {
  return bytes->Charge(count * int64_t{4 * sizeof(Key) + 2 * sizeof(int64_t)});
}

template <typename Key>
Status DenseToDense(RunContext& c) {
  const Tensor &a = c.input(0), &b = c.input(1);
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(ChargeSets<Key>(&bytes, CheckedSize(a.num_elements()) + b.num_elements()));
  Results<Key> results(c.state<State>().operation, a.shape().dims());
  const int64_t row_a = a.dim(a.rank() - 1), row_b = b.dim(b.rank() - 1);
  const int64_t places = row_a > 0 ? a.num_elements() / row_a : row_b > 0 ? b.num_elements() / row_b : 0;
  for (int64_t place = 0; place < places; ++place) {
    if (place % 1024 == 1023 && c.stop().stopped()) return c.stop().Why();
    TakeDense(a, place, &results.a());
    TakeDense(b, place, &results.b());
    results.Add(place);
  }
  return results.Store(c, &bytes);
}

template <typename Key>
Status DenseToSparse(RunContext& c) {
  const Tensor& a = c.input(0);
  const SparseView b(c, 1);
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(ChargeSets<Key>(&bytes, CheckedSize(a.num_elements()) + b.count));
  RIVULET_ASSIGN_OR_RETURN(const Shape shape, ReadShape(b));
  RIVULET_RETURN_IF_ERROR(CheckAlike(a.shape(), shape));
  SparseSets sets(b, c.state<State>().validates);
  RIVULET_RETURN_IF_ERROR(sets.Check(c.stop()));
  Results<Key> results(c.state<State>().operation, a.shape().dims());
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
      TakeDense(a, place, &results.a());
    }
    if (next == place) RIVULET_RETURN_IF_ERROR(sets.Take(&results.b()));
    results.Add(place);
  }
  return results.Store(c, &bytes);
}

template <typename Key>
Status SparseToSparse(RunContext& c) {
  const SparseView a(c, 0), b(c, 3);
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(ChargeSets<Key>(&bytes, CheckedSize(a.count) + b.count));
  RIVULET_ASSIGN_OR_RETURN(const Shape shape_a, ReadShape(a));
  RIVULET_ASSIGN_OR_RETURN(const Shape shape_b, ReadShape(b));
  RIVULET_RETURN_IF_ERROR(CheckAlike(shape_a, shape_b));
  const bool validates = c.state<State>().validates;
  SparseSets sets_a(a, validates), sets_b(b, validates);
  RIVULET_RETURN_IF_ERROR(sets_a.Check(c.stop()));
  RIVULET_RETURN_IF_ERROR(sets_b.Check(c.stop()));
  Results<Key> results(c.state<State>().operation, a.shape);
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

template <typename Key>
Status Size(RunContext& c) {
  const SparseView sparse(c, 0);
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(ChargeSets<Key>(&bytes, sparse.count));
  SparseSets sets(sparse, c.state<State>().validates);
  RIVULET_RETURN_IF_ERROR(sets.Check(c.stop()));
  auto* sizes = c.output(0).data<int32_t>();
  std::fill_n(sizes, c.output(0).num_elements(), 0);
  std::vector<Key> keys;
  for (int64_t n = 0; sets.has_next(); ++n) {
    if (n % 1024 == 1023 && c.stop().stopped()) return c.stop().Why();
    const int64_t* index = sets.next();
    keys.clear();
    RIVULET_RETURN_IF_ERROR(sets.Take(&keys));
    sizes[FlatPlace(index, sparse.shape)] = static_cast<int32_t>(keys.size());
  }
  return Status();
}

template <Status (*OfIntegers)(RunContext&), Status (*OfStrings)(RunContext&), int kValues>
Status RunOn(RunContext& c) {
  return c.input(kValues).dtype() == DType::kString ? OfStrings(c) : OfIntegers(c);
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
     .run = RunOn<Size<int64_t>, Size<std::string_view>, 1>},
    {.name = "DenseToDenseSetOperation",
     .inputs = "set1:T, set2:T",
     .outputs = RIVULET_SET_RESULT,
     .attrs = "set_operation:string; " RIVULET_SETS,
     .infer = InferBinary<2>,
     .prepare = Prepare,
     .run = RunOn<DenseToDense<int64_t>, DenseToDense<std::string_view>, 0>,
     .flags = kDataDependent},
    {.name = "DenseToSparseSetOperation",
     .inputs = "set1:T, set2_indices:i64, set2_values:T, set2_shape:i64",
     .outputs = RIVULET_SET_RESULT,
     .attrs = "set_operation:string; " RIVULET_SETS,
     .infer = InferBinary<1>,
     .prepare = Prepare,
     .run = RunOn<DenseToSparse<int64_t>, DenseToSparse<std::string_view>, 0>,
     .flags = kDataDependent},
    {.name = "SparseToSparseSetOperation",
     .inputs = "set1_indices:i64, set1_values:T, set1_shape:i64, set2_indices:i64, set2_values:T, set2_shape:i64",
     .outputs = RIVULET_SET_RESULT,
     .attrs = "set_operation:string; " RIVULET_SETS,
     .infer = InferBinary<0>,
     .prepare = Prepare,
     .run = RunOn<SparseToSparse<int64_t>, SparseToSparse<std::string_view>, 1>,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(SetOperation, kDefs);

}  // namespace rivulet
