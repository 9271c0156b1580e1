// Choosing by a condition or by bounds: SelectV2, Select, ClipByValue.
//
//   SelectV2     condition ? t : e, all three broadcast
//   Select       t and e of one shape; condition of that shape, a scalar, or a vector that chooses along dim 0
//   ClipByValue  max(min(t, hi), lo); hi and lo are scalars or have t's shape. NaN in t stays, a NaN bound does
//   nothing.
//                Of complex numbers both parts are clipped.
#include <algorithm>
#include <cstring>

#include "engine/graph/shape_math.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/complex_math.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

struct Bytes16 {
  uint64_t low;
  uint64_t high;
};

template <typename T>
bool SelectTile(const void* const* in, void* out, int64_t n, const void*) {
  const uint8_t* condition = static_cast<const uint8_t*>(in[0]);
  const T* t = static_cast<const T*>(in[1]);
  const T* e = static_cast<const T*>(in[2]);
  T* y = static_cast<T*>(out);
  for (int64_t i = 0; i < n; ++i) y[i] = condition[i] ? t[i] : e[i];
  return true;
}

// Strings and references.
template <typename T>
Status SelectObjects(RunContext& c) {
  constexpr int64_t kTile = 256;
  int64_t positions[3][kTile];
  const Shape& shape = c.output(0).shape();
  const BroadcastReader readers[3] = {BroadcastReader(c.input(0).shape(), shape, 1),
                                      BroadcastReader(c.input(1).shape(), shape, sizeof(T)),
                                      BroadcastReader(c.input(2).shape(), shape, sizeof(T))};
  const uint8_t* condition = c.input(0).data<uint8_t>();
  const T* t = static_cast<const T*>(c.input(1).raw());
  const T* e = static_cast<const T*>(c.input(2).raw());
  T* out = static_cast<T*>(c.output(0).raw());
  const int64_t total = c.output(0).num_elements();
  for (int64_t begin = 0; begin < total && !c.stop().stopped(); begin += kTile) {
    const int64_t count = std::min(kTile, total - begin);
    for (int k = 0; k < 3; ++k) readers[k].Positions(begin, count, positions[k]);
    for (int64_t i = 0; i < count; ++i) {
      out[begin + i] = condition[positions[0][i]] ? t[positions[1][i]] : e[positions[2][i]];
    }
  }
  return Status();
}

Status RunSelectV2(RunContext& c) {
  const DType dtype = c.output(0).dtype();
  if (c.output(0).num_elements() == 0) return Status();
  if (dtype == DType::kString) return SelectObjects<std::string>(c);
  const size_t bytes = ElementBytes(dtype);
  if (bytes == 0) return SelectObjects<ObjectRef>(c);
  const TileLoop loop = bytes == 1   ? SelectTile<uint8_t>
                        : bytes == 2 ? SelectTile<uint16_t>
                        : bytes == 4 ? SelectTile<uint32_t>
                        : bytes == 8 ? SelectTile<uint64_t>
                                     : SelectTile<Bytes16>;
  const DTypeLoop loops[] = {{DType::kBool, loop}};
  return RunTiles(c, loops);
}

Status InferSelect(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const Shape shape, MergeShapes(c.shape(1), c.shape(2)));
  const Shape& condition = c.shape(0);
  if (condition.has_rank() && shape.has_rank() && condition.rank() != 0) {
    if (condition.rank() == 1 && shape.rank() > 1) {
      if (condition[0] >= 0 && shape[0] >= 0 && condition[0] != shape[0]) {
        return InvalidArgument("a condition of ", condition[0], " elements cannot choose along dim 0 of shape ", shape);
      }
    } else {
      RIVULET_ASSIGN_OR_RETURN(const Shape merged, MergeShapes(condition, shape));
      c.set_output(0, merged);
      return Status();
    }
  }
  c.set_output(0, shape);
  return Status();
}

// A vector chooses rows of t and e.
Status RunSelect(RunContext& c) {
  const Shape& shape = c.output(0).shape();
  if (c.input(0).rank() != 1 || shape.rank() <= 1) return RunSelectV2(c);
  const int64_t total = c.output(0).num_elements();
  if (total == 0) return Status();
  const int64_t rows = shape[0];
  const int64_t row = total / rows;
  const uint8_t* condition = c.input(0).data<uint8_t>();
  const Tensor* sources[2] = {&c.input(2), &c.input(1)};
  const DType dtype = c.output(0).dtype();
  if (ElementBytes(dtype) == 0) {
    for (int64_t i = 0; i < rows && !c.stop().stopped(); ++i) {
      CopyElements(dtype, ElementAt(c.output(0).raw(), dtype, i * row),
                   ElementAt(sources[condition[i] != 0]->raw(), dtype, i * row), row);
    }
    return Status();
  }
  const size_t row_bytes = static_cast<size_t>(row) * ElementBytes(dtype);
  char* out = static_cast<char*>(c.output(0).raw());
  const int64_t grain = std::max<int64_t>((1 << 16) / static_cast<int64_t>(row_bytes), 1);
  c.ParallelFor(rows, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const char* from = static_cast<const char*>(sources[condition[i] != 0]->raw());
      // The output may be one of the sources.
      std::memmove(out + static_cast<size_t>(i) * row_bytes, from + static_cast<size_t>(i) * row_bytes, row_bytes);
    }
  });
  return Status();
}

struct Clip {
  template <typename T>
  T operator()(T x, T lo, T hi) const {
    if constexpr (kIsComplex<T>) {
      return T((*this)(x.real(), lo.real(), hi.real()), (*this)(x.imag(), lo.imag(), hi.imag()));
    } else {
      const T capped = hi < x ? hi : x;
      return capped < lo ? lo : capped;
    }
  }
};

Status InferClip(InferContext& c) {
  Shape shape = c.shape(0);
  for (int i = 1; i < 3; ++i) {
    if (c.shape(i).rank() == 0) continue;
    const Result<Shape> merged = MergeShapes(shape, c.shape(i));
    if (!merged.ok()) {
      return InvalidArgument("bounds: want scalars or the input's shape ", c.shape(0), ", got ", c.shape(i));
    }
    if (c.shape(i).has_rank()) shape = *merged;
  }
  c.set_output(0, std::move(shape));
  return Status();
}

constexpr char kSelected[] =
    "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,resource,variant}";

constexpr OpDef kDefs[] = {
    {.name = "Select",
     .inputs = "condition:bool, t:T, e:T",
     .outputs = "output:T",
     .attrs = kSelected,
     .infer = InferSelect,
     .run = RunSelect,
     .flags = kElementwise},
    {.name = "SelectV2",
     .inputs = "condition:bool, t:T, e:T",
     .outputs = "output:T",
     .attrs = kSelected,
     .infer = InferBroadcast,
     .run = RunSelectV2,
     .flags = kElementwise},
    {.name = "ClipByValue",
     .inputs = "t:T, clip_value_min:T, clip_value_max:T",
     .outputs = "output:T",
     .attrs = "T:type in {f32,f64,i32,u8,i16,i8,c64,i64,bf16,u16,c128,f16}",
     .infer = InferClip,
     .run =
         RunTernary<Clip, float, double, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, Complex64, Complex128>,
     .flags = kElementwise},
};

}  // namespace

RIVULET_OP_LIST(Select, kDefs);

}  // namespace rivulet
