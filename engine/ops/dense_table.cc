// A table in a power of two of buckets. An entry lies in the first free bucket of the row h, h+1, h+3, h+6, .. from its
// key's hash h; free is a bucket whose key is the empty key or, where an entry was removed, the deleted key. Export
// shows the buckets as they are, as in TensorFlow, and Import takes such buckets.
#include <bit>
#include <cstring>

#include "engine/base/checked.h"
#include "engine/base/equality.h"
#include "engine/ops/hash64.h"
#include "engine/ops/lookup_table.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

class DenseTable : public LookupTable {
 public:
  DenseTable(TableForm form, Tensor empty_key, Tensor deleted_key, float max_load)
      : LookupTable(std::move(form)),
        key_row_(this->form().key_shape.num_elements()),
        row_(this->form().value_shape.num_elements()),
        empty_(std::move(empty_key)),
        deleted_(std::move(deleted_key)),
        max_load_(max_load) {}

  Status MakeBuckets(int64_t count, Allocator& allocator) {
    RIVULET_ASSIGN_OR_RETURN(Tensor keys, Tensor::Allocate(form().key_dtype, {count, key_row_}, allocator));
    RIVULET_ASSIGN_OR_RETURN(Tensor values, Tensor::Allocate(form().value_dtype, {count, row_}, allocator));
    for (int64_t i = 0; i < count; ++i) CopyElements(form().key_dtype, KeyAt(keys, i), empty_.raw(), key_row_);
    ClearElements(form().value_dtype, values.raw(), values.num_elements());
    keys_ = std::move(keys);
    values_ = std::move(values);
    count_ = 0;
    return Status();
  }

 private:
  int64_t Count() const override { return count_; }
  int64_t num_buckets() const { return keys_.dim(0); }

  void* KeyAt(Tensor& keys, int64_t i) const { return ElementAt(keys.raw(), keys.dtype(), i * key_row_); }
  const void* KeyAt(const Tensor& keys, int64_t i) const { return ElementAt(keys.raw(), keys.dtype(), i * key_row_); }

  bool SameKey(const void* a, const void* b) const {
    if (form().key_dtype != DType::kString) {
      return std::memcmp(a, b, static_cast<size_t>(key_row_) * ElementBytes(form().key_dtype)) == 0;
    }
    const auto* strings = static_cast<const std::string*>(a);
    return std::equal(strings, strings + key_row_, static_cast<const std::string*>(b));
  }
  bool IsEmpty(int64_t bucket) const { return SameKey(KeyAt(keys_, bucket), empty_.raw()); }
  bool IsDeleted(int64_t bucket) const { return SameKey(KeyAt(keys_, bucket), deleted_.raw()); }

  uint64_t HashOfElement(const void* keys, int64_t i) const {
    switch (form().key_dtype) {
      case DType::kInt32: return static_cast<uint64_t>(int64_t{static_cast<const int32_t*>(keys)[i]});
      case DType::kInt64: return static_cast<uint64_t>(static_cast<const int64_t*>(keys)[i]);
      default: return Hash64(static_cast<const std::string*>(keys)[i]);
    }
  }
  uint64_t HashOf(const void* key) const {
    if (form().key_shape.rank() == 0) return HashOfElement(key, 0);
    uint64_t hash = 0;
    for (int64_t i = 0; i < key_row_; ++i) hash = CombineHashes(hash, HashOfElement(key, i));
    return hash;
  }

  // The two marks are no keys.
  Status CheckKey(const void* key) const {
    if (SameKey(key, empty_.raw())) return InvalidArgument("the table's empty_key is asked for or given as a key");
    if (SameKey(key, deleted_.raw())) return InvalidArgument("the table's deleted_key is asked for or given as a key");
    return Status();
  }
  Status CheckKeys(const Tensor& keys, int64_t count) const {
    for (int64_t i = 0; i < count; ++i) RIVULET_RETURN_IF_ERROR(CheckKey(KeyAt(keys, i)));
    return Status();
  }
  int64_t CountOf(const Tensor& keys) const { return key_row_ == 0 ? 0 : keys.num_elements() / key_row_; }

  // The bucket with the key, or the first one that `is_end` says ends the search; -1 when there is neither.
  template <typename IsEnd>
  int64_t Search(const void* key, const IsEnd& is_end, TablePace* pace) const {
    const auto mask = static_cast<uint64_t>(num_buckets() - 1);
    uint64_t bucket = HashOf(key) & mask;
    for (int64_t probe = 1; probe <= num_buckets(); ++probe) {
      const auto at = static_cast<int64_t>(bucket);
      if (SameKey(KeyAt(keys_, at), key) || is_end(at)) return at;
      pace->Walk();
      bucket = (bucket + static_cast<uint64_t>(probe)) & mask;
    }
    return -1;
  }
  int64_t Bucket(const void* key, TablePace* pace) const {
    const int64_t found = Search(
        key, [&](int64_t bucket) { return IsEmpty(bucket); }, pace);
    return found >= 0 && SameKey(KeyAt(keys_, found), key) ? found : -1;
  }

  Status DoFind(const Tensor& keys, const Tensor& otherwise, Tensor* values, const StopToken& stop) const override {
    const DType dtype = form().value_dtype;
    const int64_t count = CountOf(keys);
    RIVULET_RETURN_IF_ERROR(CheckKeys(keys, count));
    const bool one_each = otherwise.num_elements() == count * row_;
    TablePace pace(stop);
    for (int64_t i = 0; i < count; ++i) {
      RIVULET_RETURN_IF_ERROR(pace.Next());
      const int64_t found = Bucket(KeyAt(keys, i), &pace);
      const void* from = found >= 0 ? ElementAt(values_.raw(), dtype, found * row_)
                                    : ElementAt(otherwise.raw(), dtype, one_each ? i * row_ : 0);
      CopyElements(dtype, ElementAt(values->raw(), dtype, i * row_), from, row_);
    }
    return Status();
  }

  Status Put(const void* key, const void* value, TablePace* pace) {
    const int64_t bucket = Search(
        key, [&](int64_t b) { return IsEmpty(b) || IsDeleted(b); }, pace);
    if (bucket < 0) return ResourceExhausted("no bucket of the table is free");
    if (!SameKey(KeyAt(keys_, bucket), key)) {
      CopyElements(form().key_dtype, KeyAt(keys_, bucket), key, key_row_);
      ++count_;
    }
    CopyElements(form().value_dtype, ElementAt(values_.raw(), form().value_dtype, bucket * row_), value, row_);
    return Status();
  }

  Status DoInsert(const Tensor& keys, const Tensor& values, Allocator& allocator, const StopToken& stop) override {
    const int64_t count = CountOf(keys);
    RIVULET_RETURN_IF_ERROR(CheckKeys(keys, count));
    RIVULET_RETURN_IF_ERROR(MakeRoom(count, allocator, stop));
    TablePace pace(stop);
    for (int64_t i = 0; i < count; ++i) {
      RIVULET_RETURN_IF_ERROR(pace.Next());
      RIVULET_RETURN_IF_ERROR(Put(KeyAt(keys, i), ElementAt(values.raw(), form().value_dtype, i * row_), &pace));
    }
    return Status();
  }

  // As many buckets, doubled, as `more` entries beside the present ones may fill.
  Status MakeRoom(int64_t more, Allocator& allocator, const StopToken& stop) {
    const auto entries = static_cast<double>(count_ + more);
    CheckedSize wanted = num_buckets();
    while (wanted.valid() && entries > static_cast<double>(wanted.value()) * static_cast<double>(max_load_)) {
      wanted = wanted * 2;
    }
    if (!wanted.valid()) return ResourceExhausted("the table would need more buckets than can be counted");
    if (wanted.value() == num_buckets()) return Status();
    const Tensor keys = keys_;
    const Tensor values = values_;
    const int64_t count = count_;
    Status status = MakeBuckets(wanted.value(), allocator);
    TablePace pace(stop);
    for (int64_t i = 0; status.ok() && i < keys.dim(0); ++i) {
      status = pace.Next();
      const void* key = KeyAt(keys, i);
      if (!status.ok() || SameKey(key, empty_.raw()) || SameKey(key, deleted_.raw())) continue;
      status = Put(key, ElementAt(values.raw(), form().value_dtype, i * row_), &pace);
    }
    if (status.ok()) return status;
    keys_ = keys;  // as it was
    values_ = values;
    count_ = count;
    return status;
  }

  Status DoRemove(const Tensor& keys, const StopToken& stop) override {
    const int64_t count = CountOf(keys);
    RIVULET_RETURN_IF_ERROR(CheckKeys(keys, count));
    TablePace pace(stop);
    for (int64_t i = 0; i < count; ++i) {
      RIVULET_RETURN_IF_ERROR(pace.Next());
      const int64_t found = Bucket(KeyAt(keys, i), &pace);
      if (found < 0) continue;
      CopyElements(form().key_dtype, KeyAt(keys_, found), deleted_.raw(), key_row_);
      --count_;
    }
    return Status();
  }

  Status CheckImport(const Tensor& keys, const Tensor& values) const override {
    const bool fits = keys.rank() == 2 && values.rank() == 2 && keys.dim(1) == key_row_ && values.dim(1) == row_ &&
                      keys.dim(0) == values.dim(0) && keys.dim(0) >= 1 &&
                      std::has_single_bit(static_cast<uint64_t>(keys.dim(0)));
    if (fits) return Status();
    return InvalidArgument("want a power of two of buckets, keys [n,", key_row_, "] and values [n,", row_,
                           "], got shapes ", keys.shape(), " and ", values.shape());
  }

  Status DoImport(const Tensor& keys, const Tensor& values, Allocator& allocator, const StopToken&) override {
    RIVULET_ASSIGN_OR_RETURN(Tensor own_keys, Clone(keys, allocator));
    RIVULET_ASSIGN_OR_RETURN(values_, Clone(values, allocator));
    keys_ = std::move(own_keys);
    count_ = 0;
    for (int64_t i = 0; i < num_buckets(); ++i) count_ += !IsEmpty(i) && !IsDeleted(i);
    return Status();
  }

  void DoClear() override {
    for (int64_t i = 0; i < num_buckets(); ++i) CopyElements(form().key_dtype, KeyAt(keys_, i), empty_.raw(), key_row_);
    ClearElements(form().value_dtype, values_.raw(), values_.num_elements());
    count_ = 0;
  }

  Status DoExport(Allocator& allocator, Tensor* keys, Tensor* values) const override {
    RIVULET_ASSIGN_OR_RETURN(*keys, Clone(keys_, allocator));
    RIVULET_ASSIGN_OR_RETURN(*values, Clone(values_, allocator));
    return Status();
  }

  const int64_t key_row_;  // elements of a key
  const int64_t row_;      // elements of a value
  const Tensor empty_, deleted_;
  const float max_load_;
  Tensor keys_, values_;  // [buckets, elements]
  int64_t count_ = 0;
};

}  // namespace

Result<ObjectRef> MakeDenseTable(TableForm form, const Tensor& empty_key, const Tensor& deleted_key,
                                 int64_t initial_buckets, float max_load, Allocator& allocator) {
  if (!(max_load > 0) || !(max_load < 1)) {
    return InvalidArgument("attr 'max_load_factor': want above 0 and below 1, got ", static_cast<double>(max_load));
  }
  if (initial_buckets < 4 || !std::has_single_bit(static_cast<uint64_t>(initial_buckets))) {
    return InvalidArgument("attr 'initial_num_buckets': want a power of two, 4 or more, got ", initial_buckets);
  }
  RIVULET_ASSIGN_OR_RETURN(Tensor empty, Clone(empty_key, allocator));
  RIVULET_ASSIGN_OR_RETURN(Tensor deleted, Clone(deleted_key, allocator));
  if (CompareTensors(empty, deleted, ExactTolerance()).ok()) {
    return InvalidArgument("the empty and the deleted key are equal");
  }
  auto table = std::make_shared<DenseTable>(std::move(form), std::move(empty), std::move(deleted), max_load);
  RIVULET_RETURN_IF_ERROR(table->MakeBuckets(initial_buckets, allocator));
  return ObjectRef(std::move(table));
}

}  // namespace rivulet
