// Tables of a session: values found by keys, set by some operators and asked by others.
#ifndef RIVULET_ENGINE_OPS_LOOKUP_TABLE_H_
#define RIVULET_ENGINE_OPS_LOOKUP_TABLE_H_

#include <shared_mutex>
#include <string>

#include "engine/base/object.h"
#include "engine/base/stop.h"

namespace rivulet {

// What a table holds.
struct TableForm {
  std::string name;  // for messages
  DType key_dtype = DType::kInvalid;
  DType value_dtype = DType::kInvalid;
  Shape key_shape;    // of one key: a scalar or a vector
  Shape value_shape;  // of one value: a scalar or a vector
};

// Thread-safe. Every call checks types and shapes of what it is given; memory is taken from the caller's allocator.
class LookupTable : public Object {
 public:
  static constexpr std::string_view kKind = "table";
  std::string_view kind() const override { return kKind; }

  explicit LookupTable(TableForm form) : form_(std::move(form)) {}
  const TableForm& form() const { return form_; }

  // What is found for keys of this shape, whose dims and rank may be unknown.
  Result<Shape> ShapeFor(const Shape& keys) const;

  int64_t size() const;
  // `values` has the shape ShapeFor(keys.shape()). What is not there becomes `otherwise`: one value for all, or one for
  // each key.
  Status Find(const Tensor& keys, const Tensor& otherwise, Tensor* values, const StopToken& stop) const;
  // Gives a fixed table its content, once: a second time only the number of entries is compared, as in TensorFlow.
  Status Initialize(const Tensor& keys, const Tensor& values, Allocator& allocator, const StopToken& stop);
  // Adds entries or replaces their values.
  Status Insert(const Tensor& keys, const Tensor& values, Allocator& allocator, const StopToken& stop);
  // Keys that are not there are passed over.
  Status Remove(const Tensor& keys, const StopToken& stop);
  // Replaces the whole content by what Export gave.
  Status Import(const Tensor& keys, const Tensor& values, Allocator& allocator, const StopToken& stop);
  // As before the first use.
  void Clear();
  // In TensorFlow's order.
  Status Export(Allocator& allocator, Tensor* keys, Tensor* values) const;

 protected:
  // Under the lock, with what was checked; keys and values as many rows of elements.
  virtual int64_t Count() const = 0;
  virtual Status DoFind(const Tensor& keys, const Tensor& otherwise, Tensor* values, const StopToken& stop) const = 0;
  virtual Status DoInitialize(const Tensor& keys, const Tensor& values, Allocator& allocator, const StopToken& stop);
  virtual Status DoInsert(const Tensor& keys, const Tensor& values, Allocator& allocator, const StopToken& stop) = 0;
  virtual Status DoRemove(const Tensor& keys, const StopToken& stop) = 0;
  virtual Status DoImport(const Tensor& keys, const Tensor& values, Allocator& allocator, const StopToken& stop) = 0;
  virtual void DoClear() = 0;
  virtual Status DoExport(Allocator& allocator, Tensor* keys, Tensor* values) const = 0;
  // Whether Import takes the form of this table's Export.
  virtual Status CheckImport(const Tensor& keys, const Tensor& values) const;

  Status CheckTypes(const Tensor* keys, const Tensor* values) const;
  Status CheckEntries(const Tensor& keys, const Tensor& values) const;
  Status CheckEnding(const Shape& keys) const;

 private:
  const TableForm form_;
  mutable std::shared_mutex mutex_;
};

// In the error of a fixed table that is asked before it was initialised.
inline constexpr std::string_view kNoContent = "has no content yet";

// How many steps a loop over entries takes between two looks at the stop token.
constexpr int64_t kTableStride = 1024;

// The steps of a loop over keys, each of which may walk over many entries: who chooses the keys can put all of them
// into one bucket.
class TablePace {
 public:
  explicit TablePace(const StopToken& stop) : stop_(stop) {}

  // Before each key.
  Status Next() {
    if (++steps_ < kTableStride) return Status();
    steps_ = 0;
    return stop_.Why();
  }
  void Walk() { ++steps_; }

 private:
  const StopToken& stop_;
  int64_t steps_ = kTableStride;
};

// `is_fixed`: initialised once, then only asked (HashTable). Else filled and changed by entries (MutableHashTable,
// MutableHashTableOfTensors).
ObjectRef MakeHashedTable(TableForm form, bool is_fixed);

// Open addressing in buckets that Export shows (MutableDenseHashTable). The two keys mark buckets without entry; both
// have the form's key shape and stay with the table.
Result<ObjectRef> MakeDenseTable(TableForm form, const Tensor& empty_key, const Tensor& deleted_key,
                                 int64_t initial_buckets, float max_load, Allocator& allocator);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_LOOKUP_TABLE_H_
