// Tables of scalar keys. The entries hang in chains, by bucket, in one list that starts with the newest chain: the
// order in which the C++ library that TensorFlow is built with keeps a hash map, and so the order of TensorFlow's
// exports. (Of its fixed tables TensorFlow promises no order.)
#include <algorithm>
#include <cstring>
#include <vector>

#include "engine/ops/hash64.h"
#include "engine/ops/lookup_table.h"
#include "engine/ops/number.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

// Numbers of buckets, each the first prime of the library's list past twice the one before. A table of more entries
// than the last keeps it.
constexpr int64_t kBucketCounts[] = {13,      29,      59,      127,      257,      541,     1109,   2357,
                                     5087,    10273,   20753,   42043,    85229,    172933,  351061, 712697,
                                     1447153, 2938679, 5967347, 12117689, 24607243, 49969847};

// A place in the list: a row of the entries, the place before the first one, or no place.
constexpr int64_t kNone = -1;
constexpr int64_t kBefore = -2;

// Room for `rows` rows of `row` elements, of which the first `used` are copied from `old`.
Result<Tensor> Grown(const Tensor& old, DType dtype, int64_t rows, const Shape& row, int64_t used,
                     Allocator& allocator) {
  Shape shape = {rows};
  for (int i = 0; i < row.rank(); ++i) shape.push_back(row[i]);
  RIVULET_ASSIGN_OR_RETURN(Tensor grown, Tensor::Allocate(dtype, shape, allocator));
  if (used > 0) CopyElements(dtype, grown.raw(), old.raw(), used * row.num_elements());
  return grown;
}

class HashedTable : public LookupTable {
 public:
  HashedTable(TableForm form, bool is_fixed)
      : LookupTable(std::move(form)), is_fixed_(is_fixed), row_(this->form().value_shape.num_elements()) {}

 private:
  int64_t Count() const override { return count_; }

  Status Ready() const {
    if (!is_fixed_ || is_initialized_) return Status();
    return FailedPrecondition("table ", Quoted(form().name), " ", kNoContent,
                              "; run the node that initialises it first");
  }

  Status DoFind(const Tensor& keys, const Tensor& otherwise, Tensor* values, const StopToken& stop) const override {
    RIVULET_RETURN_IF_ERROR(Ready());
    const DType dtype = form().value_dtype;
    const int64_t count = keys.num_elements();
    if (row_ == 0) return Status();
    const bool one_each = otherwise.num_elements() == count * row_ && !is_fixed_;
    TablePace pace(stop);
    for (int64_t i = 0; i < count; ++i) {
      RIVULET_RETURN_IF_ERROR(pace.Next());
      const int64_t found = Row(keys, i, HashOf(keys, i), &pace);
      const void* from = found >= 0 ? ElementAt(values_.raw(), dtype, found * row_)
                                    : ElementAt(otherwise.raw(), dtype, one_each ? i * row_ : 0);
      CopyElements(dtype, ElementAt(values->raw(), dtype, i * row_), from, row_);
    }
    return Status();
  }

  Status DoInitialize(const Tensor& keys, const Tensor& values, Allocator& allocator, const StopToken& stop) override {
    if (!is_fixed_) return LookupTable::DoInitialize(keys, values, allocator, stop);
    const int64_t count = keys.num_elements();
    if (keys.rank() != 1) return InvalidArgument("keys: want a vector, got shape ", keys.shape());
    if (is_initialized_) {
      if (count == count_) return Status();
      return FailedPrecondition("table ", Quoted(form().name), " was initialised with ", count_,
                                " entries before, now ", count, " are given");
    }
    if (count == 0) return InvalidArgument("want at least one key");
    TablePace pace(stop);
    for (int64_t i = 0; i < count; ++i) {
      RIVULET_RETURN_IF_ERROR(pace.Next());
      const uint64_t hash = HashOf(keys, i);
      const int64_t found = Row(keys, i, hash, &pace);
      if (found < 0) {
        RIVULET_RETURN_IF_ERROR(Add(keys, values, i, hash, allocator));
      } else if (!SameValue(values, i, found)) {
        return FailedPrecondition("key ", i, " was given before, with another value");
      }
    }
    is_initialized_ = true;
    return Status();
  }

  Status DoInsert(const Tensor& keys, const Tensor& values, Allocator& allocator, const StopToken& stop) override {
    if (is_fixed_) return Unimplemented("nothing can be inserted into a fixed table");
    TablePace pace(stop);
    for (int64_t i = 0; i < keys.num_elements(); ++i) {
      RIVULET_RETURN_IF_ERROR(pace.Next());
      const uint64_t hash = HashOf(keys, i);
      const int64_t found = Row(keys, i, hash, &pace);
      if (found < 0) {
        RIVULET_RETURN_IF_ERROR(Add(keys, values, i, hash, allocator));
      } else {
        SetValue(found, values, i);
      }
    }
    return Status();
  }

  Status DoRemove(const Tensor& keys, const StopToken& stop) override {
    if (is_fixed_) return Unimplemented("nothing can be removed from a fixed table");
    TablePace pace(stop);
    for (int64_t i = 0; i < keys.num_elements(); ++i) {
      RIVULET_RETURN_IF_ERROR(pace.Next());
      Drop(keys, i, HashOf(keys, i), &pace);
    }
    return Status();
  }

  Status DoImport(const Tensor& keys, const Tensor& values, Allocator& allocator, const StopToken& stop) override {
    if (is_fixed_) return DoInitialize(keys, values, allocator, stop);
    DoClear();
    return DoInsert(keys, values, allocator, stop);
  }

  void DoClear() override {
    for (int64_t& head : Heads()) head = kNone;
    ClearElements(form().key_dtype, keys_.raw(), keys_.num_elements());
    ClearElements(form().value_dtype, values_.raw(), values_.num_elements());
    first_ = free_ = kNone;
    count_ = used_ = 0;
    is_initialized_ = false;
  }

  Status DoExport(Allocator& allocator, Tensor* keys, Tensor* values) const override {
    RIVULET_RETURN_IF_ERROR(Ready());
    RIVULET_ASSIGN_OR_RETURN(*keys, Grown(Tensor(), form().key_dtype, count_, Shape(), 0, allocator));
    RIVULET_ASSIGN_OR_RETURN(*values, Grown(Tensor(), form().value_dtype, count_, form().value_shape, 0, allocator));
    int64_t to = 0;
    for (int64_t row = first_; row != kNone; row = Next(row), ++to) {
      CopyElements(form().key_dtype, ElementAt(keys->raw(), form().key_dtype, to),
                   ElementAt(keys_.raw(), form().key_dtype, row), 1);
      CopyElements(form().value_dtype, ElementAt(values->raw(), form().value_dtype, to * row_),
                   ElementAt(values_.raw(), form().value_dtype, row * row_), row_);
    }
    return Status();
  }

  // ---- The list of chains ----

  std::span<int64_t> Heads() { return {heads_.data<int64_t>(), static_cast<size_t>(heads_.num_elements())}; }
  int64_t& Next(int64_t row) { return row == kBefore ? first_ : links_.data<int64_t>()[row]; }
  int64_t Next(int64_t row) const { return row == kBefore ? first_ : links_.data<int64_t>()[row]; }
  int64_t BucketOf(uint64_t hash) const {
    return static_cast<int64_t>(hash % static_cast<uint64_t>(heads_.num_elements()));
  }
  int64_t BucketAt(int64_t row) const { return BucketOf(hashes_.data<uint64_t>()[row]); }

  uint64_t HashOf(const Tensor& keys, int64_t i) const {
    if (keys.dtype() == DType::kInt32) return static_cast<uint64_t>(int64_t{keys.data<int32_t>()[i]});
    if (keys.dtype() == DType::kInt64) return static_cast<uint64_t>(keys.data<int64_t>()[i]);
    return Hash64(keys.data<std::string>()[i]);
  }

  bool IsKey(int64_t row, const Tensor& keys, int64_t i, uint64_t hash) const {
    if (hashes_.data<uint64_t>()[row] != hash) return false;  // an integer is its own hash
    return keys.dtype() != DType::kString || keys_.data<std::string>()[row] == keys.data<std::string>()[i];
  }

  // The place before the entry of key i, or kNone.
  int64_t PlaceBefore(const Tensor& keys, int64_t i, uint64_t hash, TablePace* pace) const {
    if (!heads_.valid()) return kNone;
    const int64_t bucket = BucketOf(hash);
    int64_t before = heads_.data<int64_t>()[bucket];
    if (before == kNone) return kNone;
    for (int64_t row = Next(before); row != kNone && BucketAt(row) == bucket; before = row, row = Next(row)) {
      if (IsKey(row, keys, i, hash)) return before;
      pace->Walk();
    }
    return kNone;
  }

  int64_t Row(const Tensor& keys, int64_t i, uint64_t hash, TablePace* pace) const {
    const int64_t before = PlaceBefore(keys, i, hash, pace);
    return before == kNone ? kNone : Next(before);
  }

  // At the start of its bucket's chain, which starts the list when it is new.
  void Link(int64_t row) {
    const int64_t bucket = BucketAt(row);
    int64_t* heads = heads_.data<int64_t>();
    if (heads[bucket] != kNone) {
      Next(row) = Next(heads[bucket]);
      Next(heads[bucket]) = row;
      return;
    }
    Next(row) = first_;
    first_ = row;
    if (Next(row) != kNone) heads[BucketAt(Next(row))] = row;
    heads[bucket] = kBefore;
  }

  void Drop(const Tensor& keys, int64_t i, uint64_t hash, TablePace* pace) {
    const int64_t before = PlaceBefore(keys, i, hash, pace);
    if (before == kNone) return;
    const int64_t row = Next(before);
    const int64_t next = Next(row);
    const int64_t bucket = BucketAt(row);
    int64_t* heads = heads_.data<int64_t>();
    const int64_t next_bucket = next == kNone ? kNone : BucketAt(next);
    if (next_bucket != bucket) {
      if (next_bucket != kNone) heads[next_bucket] = before;
      if (heads[bucket] == before) heads[bucket] = kNone;
    }
    Next(before) = next;
    ClearElements(form().key_dtype, ElementAt(keys_.raw(), form().key_dtype, row), 1);
    ClearElements(form().value_dtype, ElementAt(values_.raw(), form().value_dtype, row * row_), row_);
    Next(row) = free_;
    free_ = row;
    --count_;
  }

  // ---- Memory ----

  Status MoreRows(Allocator& allocator) {
    const int64_t rows = std::max<int64_t>(16, used_ * 2);
    RIVULET_ASSIGN_OR_RETURN(Tensor keys, Grown(keys_, form().key_dtype, rows, Shape(), used_, allocator));
    RIVULET_ASSIGN_OR_RETURN(Tensor values,
                             Grown(values_, form().value_dtype, rows, form().value_shape, used_, allocator));
    RIVULET_ASSIGN_OR_RETURN(Tensor hashes, Grown(hashes_, DType::kUint64, rows, Shape(), used_, allocator));
    RIVULET_ASSIGN_OR_RETURN(links_, Grown(links_, DType::kInt64, rows, Shape(), used_, allocator));
    keys_ = std::move(keys);
    values_ = std::move(values);
    hashes_ = std::move(hashes);
    return Status();
  }

  // The chains are made anew, entry by entry in the list's order, each new chain at the start of the list.
  Status MoreBuckets(Allocator& allocator) {
    const int64_t now = heads_.valid() ? heads_.num_elements() : 0;
    if (count_ + 1 <= now) return Status();
    const int64_t* larger = std::upper_bound(std::begin(kBucketCounts), std::end(kBucketCounts), now);
    if (larger == std::end(kBucketCounts)) return Status();
    RIVULET_ASSIGN_OR_RETURN(heads_, Tensor::Allocate(DType::kInt64, {*larger}, allocator));
    for (int64_t& head : Heads()) head = kNone;
    int64_t row = first_;
    first_ = kNone;
    while (row != kNone) {
      const int64_t next = Next(row);
      Link(row);
      row = next;
    }
    return Status();
  }

  Status Add(const Tensor& keys, const Tensor& values, int64_t i, uint64_t hash, Allocator& allocator) {
    if (free_ == kNone && (!keys_.valid() || used_ == keys_.num_elements())) {
      RIVULET_RETURN_IF_ERROR(MoreRows(allocator));
    }
    RIVULET_RETURN_IF_ERROR(MoreBuckets(allocator));
    const int64_t row = free_ != kNone ? free_ : used_;
    if (free_ != kNone) {
      free_ = Next(row);
    } else {
      ++used_;
    }
    hashes_.data<uint64_t>()[row] = hash;
    CopyElements(form().key_dtype, ElementAt(keys_.raw(), form().key_dtype, row),
                 ElementAt(keys.raw(), form().key_dtype, i), 1);
    SetValue(row, values, i);
    Link(row);
    ++count_;
    return Status();
  }

  void SetValue(int64_t row, const Tensor& values, int64_t i) {
    const DType dtype = form().value_dtype;
    CopyElements(dtype, ElementAt(values_.raw(), dtype, row * row_), ElementAt(values.raw(), dtype, i * row_), row_);
  }

  // Of scalar values, as numbers: NaN equals nothing.
  bool SameValue(const Tensor& values, int64_t i, int64_t row) const {
    bool same = false;
    VisitType<float, double, int32_t, int64_t, bool>(form().value_dtype, [&](auto tag) {
      using T = typename decltype(tag)::Type;
      same = values.data<T>()[i] == values_.data<T>()[row];
    });
    if (form().value_dtype == DType::kString) {
      same = values.data<std::string>()[i] == values_.data<std::string>()[row];
    }
    return same;
  }

  const bool is_fixed_;
  const int64_t row_;  // elements of a value
  bool is_initialized_ = false;
  Tensor keys_, values_, hashes_, links_;  // by row
  Tensor heads_;                           // by bucket: the place before its first entry, or kNone
  int64_t first_ = kNone;                  // of the list
  int64_t free_ = kNone;                   // of the rows that were dropped
  int64_t used_ = 0;                       // rows that were ever used
  int64_t count_ = 0;
};

}  // namespace

ObjectRef MakeHashedTable(TableForm form, bool is_fixed) {
  return std::make_shared<HashedTable>(std::move(form), is_fixed);
}

}  // namespace rivulet
