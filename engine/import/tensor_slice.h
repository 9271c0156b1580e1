// Parts of tensors: how checkpoints name them, store them and how a tensor is put together from them.
#ifndef RIVULET_ENGINE_IMPORT_TENSOR_SLICE_H_
#define RIVULET_ENGINE_IMPORT_TENSOR_SLICE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/wire.h"
#include "rivulet/shape.h"

namespace rivulet {

// A box within a tensor: one extent per axis.
struct TensorSlice {
  struct Extent {
    int64_t start = 0;
    int64_t length = kFull;
    friend bool operator==(const Extent&, const Extent&) = default;
  };
  static constexpr int64_t kFull = -1;  // the whole axis, as files write it

  std::vector<Extent> extents;

  friend bool operator==(const TensorSlice&, const TensorSlice&) = default;
  // "0,2:-" as TensorFlow writes it: "-" is a whole axis.
  std::string ToString() const;
};

// TensorSliceProto; `rank` extents are wanted. Broken ones are DATA_LOSS.
Result<TensorSlice> ReadTensorSlice(WireCursor message);

// "4 5 0,2:-": the full tensor's shape, then the slice. INVALID_ARGUMENT quotes a text that is none.
struct ShapeAndSlice {
  Shape full;
  TensorSlice slice;
};
Result<ShapeAndSlice> ParseShapeAndSlice(std::string_view text);

// The box with whole axes filled in; an error where it leaves `full`.
Result<TensorSlice> Resolve(const TensorSlice& slice, const Shape& full);
// The shape of a resolved box.
Shape ShapeOf(const TensorSlice& resolved);
bool IsWhole(const TensorSlice& resolved, const Shape& full);
// Whether two resolved boxes of one tensor share an element; *common gets the box that they share.
bool Intersect(const TensorSlice& a, const TensorSlice& b, TensorSlice* common);

// The key under which a checkpoint stores this part of `name`; whole axes as kFull, which is how they are written.
std::string SliceKey(std::string_view name, const TensorSlice& slice);

// Copies box `common` from `from` (which holds box `from_box`) to `to` (which holds `to_box`); all are resolved boxes
// of one tensor, and `common` lies in both. `element` is the bytes of an element, 0 for std::string.
void CopyBox(const TensorSlice& common, const TensorSlice& from_box, const void* from, const TensorSlice& to_box,
             void* to, size_t element);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_TENSOR_SLICE_H_
