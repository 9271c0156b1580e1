// The elements of a list or array of tensors: each set or not, each of its own shape, but most often all of one.
//
// Elements of the first one's shape lie in one block, row after row, so that setting one copies a row and allocates
// nothing, and all of them together are a tensor already. Other elements are kept as tensors of their own ("loose").
// Reading shares memory. A row is written in place only where no one can have seen it: when the block has no other
// holder, or when this store made the block and never wrote that row; else the new element is kept loose. So no
// operation but growing copies the elements, and a copy of a store shares everything with the first one.
//
// Not thread-safe. A size costs nothing; memory is taken when elements are set.
#ifndef RIVULET_ENGINE_OPS_ELEMENT_STORE_H_
#define RIVULET_ENGINE_OPS_ELEMENT_STORE_H_

#include <map>
#include <memory>

#include "engine/base/errors.h"
#include "rivulet/tensor.h"

namespace rivulet {

class ElementStore {
 public:
  explicit ElementStore(DType dtype) : dtype_(dtype) {}
  // Shares the elements; see above for who may write where.
  ElementStore(const ElementStore& other);
  ElementStore& operator=(const ElementStore&) = delete;

  DType dtype() const { return dtype_; }
  int64_t size() const { return size_; }
  // Whether an element was ever set or marked.
  bool WasTouched() const { return flags_.valid(); }
  // New elements are not set; those past the end are dropped.
  Status Resize(int64_t size, Allocator& allocator);

  // i must be in [0, size()).
  bool IsSet(int64_t i) const { return StateOf(i) != kUnset; }
  // Of a set element.
  Shape ShapeAt(int64_t i) const { return StateOf(i) == kLoose ? loose_->at(i).shape() : row_shape_; }
  Tensor Get(int64_t i) const;
  // Whether a set element keeps memory that Unset gives back.
  bool OwnsMemory(int64_t i) const { return StateOf(i) == kLoose || ElementBytes(dtype_) == 0; }
  // `value` must have the store's dtype; it is copied, or kept where it owns its memory.
  Status Set(int64_t i, Tensor value, Allocator& allocator);
  Status Unset(int64_t i, Allocator& allocator);

  // Bits that the store's user keeps for an element; 0 at first.
  uint8_t Marks(int64_t i) const { return static_cast<uint8_t>(FlagsAt(i) >> kMarkShift); }
  Status SetMarks(int64_t i, uint8_t marks, Allocator& allocator);  // below 32

  // For an empty store: the elements are the rows of `rows`, rank >= 1, which is kept where it owns its memory.
  Status Adopt(Tensor rows, Allocator& allocator);

  // All elements as one tensor [size, shape..]; zeros where an element is not set. A set element of another shape is
  // an error. The block itself where that is possible; for that, rows that nobody has seen may be cleared, if the
  // caller is alone with this store (`is_sole`).
  Result<Tensor> Join(const Shape& shape, bool is_sole, Allocator& allocator);

  // Copies element i, of `count` elements, to `to`; zeros where it is not set.
  void CopyTo(int64_t i, int64_t count, void* to) const;

 private:
  enum State : uint8_t { kUnset = 0, kInBlock = 1, kLoose = 2 };
  static constexpr uint8_t kStateMask = 3;
  static constexpr uint8_t kSeen = 4;  // the row was written once, so others may hold a view of it
  static constexpr int kMarkShift = 3;

  uint8_t FlagsAt(int64_t i) const { return i < flags_.num_elements() ? flags_.data<uint8_t>()[i] : uint8_t{0}; }
  State StateOf(int64_t i) const { return static_cast<State>(FlagsAt(i) & kStateMask); }
  void* RowAt(int64_t i) const;
  int64_t RowBytes() const;

  Status WantDType(const Tensor& value) const;
  Status OwnFlags(int64_t count, Allocator& allocator);
  Status OwnLoose();
  bool MayWrite(int64_t i);
  void ChangeState(int64_t i, State state);
  Status MakeBlock(int64_t i, const Shape& shape, Allocator& allocator);
  Status GrowBlock(int64_t i, Allocator& allocator);
  bool CanJoinInPlace(const Shape& shape, bool is_sole);

  const DType dtype_;
  int64_t size_ = 0;
  Tensor flags_;  // uint8 by element, of those up to the last one touched; shared by copies until one changes it
  Tensor block_;  // [rows, row shape..]; invalid before the first element
  Shape row_shape_;
  int64_t row_ = 0;         // elements of a row
  bool is_writer_ = false;  // this store made the block: no other writes to rows that this one has not written
  std::shared_ptr<std::map<int64_t, Tensor>> loose_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_ELEMENT_STORE_H_
