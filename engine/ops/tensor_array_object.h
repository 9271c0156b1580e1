// What a TensorArray handle refers to: an array of tensors of one dtype, each written once and then read.
#ifndef RIVULET_ENGINE_OPS_TENSOR_ARRAY_OBJECT_H_
#define RIVULET_ENGINE_OPS_TENSOR_ARRAY_OBJECT_H_

#include <map>
#include <mutex>
#include <span>
#include <string>

#include "engine/base/object.h"
#include "engine/ops/element_store.h"

namespace rivulet {

struct TensorArrayOptions {
  DType dtype = DType::kInvalid;
  Shape element_shape = Shape::UnknownRank();
  bool identical_shapes = false;  // the first write tells the element shape
  bool is_dynamic = false;        // writing past the end makes it longer
  bool clear_after_read = true;
  // Of gradients: writing again adds, and what is read without having been written is zeros.
  bool is_gradient = false;
};

// Thread-safe.
class TensorArray : public Object {
 public:
  static constexpr std::string_view kKind = "tensor array";
  explicit TensorArray(TensorArrayOptions options)
      : options_(std::move(options)), element_shape_(options_.element_shape), elements_(options_.dtype) {}
  std::string_view kind() const override { return kKind; }

  DType dtype() const { return options_.dtype; }
  // An array of `size` elements that nobody has written to.
  Status Start(int64_t size, Allocator& allocator);
  Result<int64_t> Size() const;
  void Close();

  Status Write(int64_t index, Tensor value, Allocator& allocator);
  Result<Tensor> Read(int64_t index, Allocator& allocator);
  // Copies an element that was written and not cleared, and has this shape, without reading it in Read's sense. Returns
  // whether there was one.
  bool CopyIfThere(int64_t index, const Shape& shape, void* to) const;

  // Row k of `rows` becomes element indices[k], or k without indices; `rows` is kept as it is where that is possible.
  Status Scatter(Tensor rows, const int32_t* indices, Allocator& allocator);
  // Consecutive pieces of `rows` become the elements, lengths[i] rows each.
  Status Split(const Tensor& rows, std::span<const int64_t> lengths, Allocator& allocator);

  // The elements at `indices`, or all (of gradients: as many as were unpacked or split), along a new first axis.
  // `given` is what the reader says of the element shape.
  Result<Tensor> Gather(const int32_t* indices, int64_t count, const Shape& given, Allocator& allocator);
  Result<Tensor> GatherAll(const Shape& given, Allocator& allocator);
  // All elements along their own first axis, and the length of each; `given` is the element shape without that axis.
  Result<Tensor> Concat(const Shape& given, Tensor* lengths, Allocator& allocator);

  // The array that collects the gradients of this one for `source`, made on the first call; this one then keeps its
  // size. Its elements have `prefix` before their shape.
  Result<std::shared_ptr<TensorArray>> Gradient(const std::string& source, const Shape& prefix, Allocator& allocator);

 private:
  enum Mark : uint8_t { kWritten = 1, kRead = 2, kCleared = 4 };

  bool Has(int64_t i, Mark mark) const { return (elements_.Marks(i) & mark) != 0; }
  Status AddMark(int64_t i, int marks, Allocator& allocator);
  Status WantOpen() const;
  Status WantDType(const Tensor& value) const;
  Status WriteLocked(int64_t index, Tensor value, Allocator& allocator);
  Status AddLocked(int64_t index, Tensor value, Allocator& allocator);
  Result<Tensor> ReadLocked(int64_t index, Allocator& allocator);
  Status MarkRead(int64_t index, Allocator& allocator);
  Shape ShapeOf(int64_t index) const;
  Result<Shape> UnwrittenShape(int64_t index) const;
  Result<Tensor> ZerosOf(const Shape& shape, Allocator& allocator) const;
  Status NarrowShape(const Shape& given);
  Result<Tensor> Pack(const int32_t* indices, int64_t count, const Shape& given, Allocator& allocator);

  const TensorArrayOptions options_;
  mutable std::mutex mutex_;
  bool is_closed_ = false;
  bool may_grow_ = false;
  bool was_added_to_ = false;  // no gradients then
  Shape element_shape_;
  ElementStore elements_;
  // Shapes of written elements that hold nothing: cleared ones, and others, which are zeros.
  std::map<int64_t, Shape> shapes_;
  int64_t marked_size_ = 0;  // what Unpack or Split made of it: as much is packed of its gradients
  std::map<std::string, std::shared_ptr<TensorArray>> gradients_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_TENSOR_ARRAY_OBJECT_H_
