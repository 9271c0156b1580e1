// The extents of a tensor, complete or partly unknown.
#ifndef RIVULET_SHAPE_H_
#define RIVULET_SHAPE_H_

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>

namespace rivulet {

// A tensor's shape has rank() >= 0 and no unknown dims; a fact's shape may have dims of kUnknownDim or no rank at all.
// Up to kInlineRank dims are held in place; more go to the heap.
class Shape {
 public:
  static constexpr int64_t kUnknownDim = -1;
  static constexpr int kMaxRank = 254;  // TensorFlow's own limit

  Shape() = default;  // a scalar
  Shape(std::initializer_list<int64_t> dims) : Shape(std::span<const int64_t>(dims.begin(), dims.size())) {}
  explicit Shape(std::span<const int64_t> dims);  // at most kMaxRank dims
  static Shape UnknownRank();
  static Shape OfUnknownDims(int rank);
  Shape(const Shape& other) { *this = other; }
  Shape& operator=(const Shape& other);
  Shape(Shape&&) noexcept = default;
  Shape& operator=(Shape&&) noexcept = default;

  bool has_rank() const { return rank_ >= 0; }
  int rank() const { return rank_; }  // -1 when unknown
  bool complete() const;              // rank and all dims known

  int64_t dim(int axis) const { return data()[axis]; }
  int64_t operator[](int axis) const { return data()[axis]; }
  void set_dim(int axis, int64_t value) { data()[axis] = value; }
  std::span<const int64_t> dims() const { return {data(), static_cast<size_t>(rank_ < 0 ? 0 : rank_)}; }
  void push_back(int64_t dim);  // rank known and below kMaxRank

  // Product of the dims; -1 when the shape is not complete or the product does not fit.
  int64_t num_elements() const;

  friend bool operator==(const Shape& a, const Shape& b);

  // "[2,?,3]", "[]", or "?" for an unknown rank.
  std::string ToString() const;

 private:
  static constexpr int kInlineRank = 6;
  const int64_t* data() const { return heap_ ? heap_.get() : inline_; }
  int64_t* data() { return heap_ ? heap_.get() : inline_; }

  int32_t rank_ = 0;
  int64_t inline_[kInlineRank];
  std::unique_ptr<int64_t[]> heap_;  // kMaxRank long when set
};

}  // namespace rivulet

#endif  // RIVULET_SHAPE_H_
