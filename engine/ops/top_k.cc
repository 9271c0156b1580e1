// TopK, TopKV2, ApproxTopK: the k greatest elements of every row, and their columns.
//
//   input [rows.., n] of T, k: an attribute or a scalar input, 0 <= k <= n -> values, indices [rows.., k]
//
// Of equal elements the one with the lower column comes first. Rows come out in descending order; with sorted = false
// in the order that TensorFlow's selection leaves them in. k = 1 passes NaNs over. Otherwise a NaN is neither before
// nor after any element but its column, and rows that hold one are ordered as TensorFlow's comparisons happen to fall.
//
// ApproxTopK is exact, as on TensorFlow's CPU, whose kernel takes the greatest (is_max_k) of the last dim, which it
// must be given as -1; recall_target, reduction_input_size_override and aggregate_to_topk say nothing.
#include <algorithm>
#include <cstring>

#include "engine/base/checked.h"
#include "engine/base/sort.h"
#include "engine/ops/indices.h"
#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

constexpr uint32_t kWiden = kWidenHalves | kWidenShorts;

Status InferShapes(InferContext& c, const int64_t* k) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 1));
  if (k != nullptr && *k < 0) return InvalidArgument("k: want >= 0, got ", *k);
  Shape out = c.shape(0);
  if (out.has_rank()) {
    const int64_t columns = out[out.rank() - 1];
    if (k != nullptr && columns >= 0 && *k > columns) {
      return InvalidArgument("k: want at most the ", columns, " columns of the input, got ", *k);
    }
    out.set_dim(out.rank() - 1, k != nullptr ? *k : Shape::kUnknownDim);
  }
  c.set_output(0, out);
  c.set_output(1, std::move(out));
  return Status();
}

Status Infer(InferContext& c) {
  const int64_t k = c.attrs().Int("k");
  return InferShapes(c, &k);
}

Status InferV2(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  int64_t k = 0;
  if (c.known(1)) k = Indices(*c.value(1))[0];
  return InferShapes(c, c.known(1) ? &k : nullptr);
}

Status InferApprox(InferContext& c) {
  if (!c.attrs().Bool("is_max_k")) return Unimplemented("attr 'is_max_k': want true, got false");
  const int64_t axis = c.attrs().Int("reduction_dimension");
  if (axis != -1) return Unimplemented("attr 'reduction_dimension': want -1, the last, got ", axis);
  return Infer(c);
}

struct State : OpState {
  bool sorted = true;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->sorted = c.attrs().Bool("sorted");
  return std::unique_ptr<OpState>(std::move(state));
}

Result<std::unique_ptr<OpState>> PrepareSorted(PrepareContext&) { return std::unique_ptr<OpState>(new State); }

// What the elements of a row are compared as: one of four types that tells them apart.
template <typename T>
using Key = std::conditional_t<std::is_integral_v<T> && !std::is_same_v<T, uint64_t>, int64_t, Wide<T>>;

// Columns of one row, the better before the worse. With a NaN in the row this is no order, so nothing below may rely on
// one for its bounds.
template <typename T>
struct Better {
  const T* x;
  bool operator()(int64_t a, int64_t b) const {
    const auto left = x[a], right = x[b];
    if (right < left) return true;
    if (right > left) return false;
    return a < b;
  }
};

// A binary heap of columns with the worst at the front: no parent is better than its children.
template <typename T>
struct Heap {
  int64_t* at;
  Better<T> better;

  // Moves `column` from place `hole` up to where its parent is not better.
  void Rise(int64_t hole, int64_t top, int64_t column) {
    while (hole > top) {
      const int64_t parent = (hole - 1) / 2;
      if (!better(at[parent], column)) break;
      at[hole] = at[parent];
      hole = parent;
    }
    at[hole] = column;
  }
  // Puts `column` below `hole`: the hole sinks to a leaf along the worse children, then the column rises from there.
  void Sink(int64_t hole, int64_t size, int64_t column) {
    const int64_t top = hole;
    while (2 * hole + 1 < size) {
      int64_t child = 2 * hole + 2;
      if (child == size || better(at[child], at[child - 1])) --child;
      at[hole] = at[child];
      hole = child;
    }
    Rise(hole, top, column);
  }
  void Make(int64_t size) {
    for (int64_t i = size / 2 - 1; i >= 0; --i) Sink(i, size, at[i]);
  }
  // Moves the front to the end; the heap is then one shorter.
  void Pop(int64_t size) {
    if (size < 2) return;
    const int64_t column = at[size - 1];
    at[size - 1] = at[0];
    Sink(0, size - 1, column);
  }
};

// The k best of n > k columns into best[0..k); best has room for k + 1.
template <typename T>
void Select(const T* x, int64_t n, int64_t k, bool sorted, int64_t* best) {
  Heap<T> heap{best, {x}};
  for (int64_t i = 0; i <= k; ++i) best[i] = i;
  heap.Make(k + 1);
  heap.Pop(k + 1);
  for (int64_t i = k + 1; i < n; ++i) {
    if (!heap.better(i, best[0])) continue;
    heap.Pop(k);
    heap.Rise(k - 1, 0, i);
  }
  if (!sorted) return;
  for (int64_t size = k; size > 1; --size) heap.Pop(size);
}

template <typename T>
bool IsNan(T x) {
  return x != x;
}

// All n columns in order.
template <typename T>
void SortAll(const T* x, int64_t n, int64_t* order) {
  bool has_nan = false;
  for (int64_t i = 0; i < n; ++i) {
    order[i] = i;
    has_nan = has_nan || IsNan(x[i]);
  }
  constexpr int64_t kShort = 16;
  if (!has_nan) {
    Sort(order, order + n, Better<T>{x});
  } else if (n > kShort) {
    Sort(order, order + n, [x](int64_t a, int64_t b) {
      if (IsNan(x[a]) != IsNan(x[b])) return IsNan(x[b]);
      return Better<T>{x}(a, b);
    });
  } else {
    // By insertion; then equal neighbours by column.
    for (int64_t i = 1; i < n; ++i) {
      int64_t j = i;
      if (x[order[0]] < x[i]) {
        for (; j > 0; --j) order[j] = order[j - 1];
      } else {
        for (; j > 0 && x[order[j - 1]] < x[i]; --j) order[j] = order[j - 1];
      }
      order[j] = i;
    }
    for (int64_t first = 0; first < n;) {
      int64_t next = first + 1;
      while (next < n && x[order[first]] == x[order[next]]) ++next;
      Sort(order + first, order + next);
      first = next;
    }
  }
}

template <typename T>
void Greatest(const T* x, int64_t n, int64_t* best) {
  *best = 0;
  for (int64_t i = 1; i < n; ++i) {
    if (x[i] > x[*best] || (IsNan(x[*best]) && !IsNan(x[i]))) *best = i;
  }
}

void StoreIndices(const int64_t* from, int64_t n, Tensor& to, int64_t at) {
  VisitLoops<kWiden, int16_t, int32_t, int64_t>(to.dtype(), [&](auto tag) {
    using Out = typename decltype(tag)::Type;
    Out* out = static_cast<Out*>(to.raw()) + at;
    for (int64_t i = 0; i < n; ++i) out[i] = static_cast<Out>(from[i]);
  });
}

// The k best columns of a row into best, which has room for k + 1; `keys` has room for the row's keys if they are not
// the elements themselves.
template <typename T>
void RankRow(const void* row, int64_t n, int64_t k, bool sorted, void* keys, int64_t* best) {
  const auto* x = static_cast<const Key<T>*>(std::is_same_v<Key<T>, T> ? row : keys);
  if constexpr (!std::is_same_v<Key<T>, T>) {
    const T* elements = static_cast<const T*>(row);
    for (int64_t i = 0; i < n; ++i) static_cast<Key<T>*>(keys)[i] = static_cast<Key<T>>(elements[i]);
  }
  if (k == 1) {
    Greatest(x, n, best);
  } else if (k == n) {
    SortAll(x, n, best);
  } else {
    Select(x, n, k, sorted, best);
  }
}

Status Run(RunContext& c) {
  const Tensor& input = c.input(0);
  Tensor& values = c.output(0);
  Tensor& indices = c.output(1);
  const int64_t n = input.dim(input.rank() - 1);
  const int64_t k = values.dim(values.rank() - 1);
  if (values.num_elements() == 0) return Status();
  decltype(&RankRow<float>) rank_row = nullptr;
  int64_t num_keys = 0;
  VisitLoops<kWiden, float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t,
             uint64_t>(input.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    rank_row = RankRow<T>;
    if (!std::is_same_v<Key<T>, T>) num_keys = n;
  });
  const int64_t rows = values.num_elements() / k;
  const int64_t grain = std::max<int64_t>((1 << 13) / n, 1);
  const int64_t num_pieces = (rows + grain - 1) / grain;
  const CheckedSize bytes = CheckedSize(num_pieces) * (CheckedSize(k) + 1 + num_keys) * 8;
  if (!bytes.valid()) return ResourceExhausted("k ", k, " is too large");
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(bytes.value())));
  const bool sorted = c.state<State>().sorted;
  const auto size = static_cast<int64_t>(ElementBytes(input.dtype()));
  c.ParallelFor(rows, grain, [&](int64_t begin, int64_t end) {
    int64_t* best = static_cast<int64_t*>(scratch) + begin / grain * (k + 1 + num_keys);
    for (int64_t row = begin; row < end; ++row) {
      const char* x = static_cast<const char*>(input.raw()) + row * n * size;
      rank_row(x, n, k, sorted, best + k + 1, best);
      char* out = static_cast<char*>(values.raw()) + row * k * size;
      for (int64_t i = 0; i < k; ++i) std::memcpy(out + i * size, x + best[i] * size, static_cast<size_t>(size));
      StoreIndices(best, k, indices, row * k);
    }
  });
  return Status();
}

#define RIVULET_ORDERED "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64}"

constexpr OpDef kDefs[] = {
    {.name = "TopK",
     .inputs = "input:T",
     .outputs = "values:T, indices:i32",
     .attrs = "k:int >=0; sorted:bool=true; " RIVULET_ORDERED,
     .infer = Infer,
     .prepare = Prepare,
     .run = kWidened<Run, kWiden, State>},
    {.name = "TopKV2",
     .inputs = "input:T, k:Tk",
     .outputs = "values:T, indices:index_type",
     .attrs =
         "sorted:bool=true; " RIVULET_ORDERED "; Tk:type=i32 in {i16,i32,i64}; index_type:type=i32 in {i16,i32,i64}",
     .infer = InferV2,
     .prepare = Prepare,
     .run = kWidened<Run, kWiden, State>},
    {.name = "ApproxTopK",
     .inputs = "input:T",
     .outputs = "values:T, indices:i32",
     .attrs = "k:int >=0; reduction_dimension:int=-1; recall_target:float=0.95; is_max_k:bool=true; "
              "reduction_input_size_override:int=-1; aggregate_to_topk:bool=true; T:type in {f16,bf16,f32}",
     .infer = InferApprox,
     .prepare = PrepareSorted,
     .run = kWidened<Run, kWiden, State>},
};

}  // namespace

RIVULET_OP_LIST(TopK, kDefs);

}  // namespace rivulet
