// Losses of a softmax against labels, and their gradients by the logits x:
//
//   SoftmaxCrossEntropyWithLogits        features, labels that broadcast to [batch, classes] ->
//     loss [batch] = sum_c labels_c (ln sum e^x - x_c),   backprop [batch, classes] = e^x / sum e^x - labels
//   SparseSoftmaxCrossEntropyWithLogits  features [batch, classes], labels [batch] of class numbers: the same with
//   labels
//     that are 1 for one class. A label outside [0, classes) is an error.
//
// float16 and bfloat16 are computed in float and rounded once.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/base/checked.h"
#include "engine/graph/shape_math.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/indices.h"
#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const Shape shape, BroadcastShapes(c.shape(0), c.shape(1)));
  if (!shape.has_rank()) {
    c.set_output(0, Shape::OfUnknownDims(1));
    c.set_output(1, Shape::OfUnknownDims(2));
    return Status();
  }
  if (shape.rank() != 2) {
    return InvalidArgument("want logits and labels that broadcast to rank 2, got ", c.shape(0), " and ", c.shape(1));
  }
  c.set_output(0, {shape[0]});
  c.set_output(1, shape);
  return Status();
}

Status InferSparse(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  const Shape& features = c.shape(0);
  const Shape& labels = c.shape(1);
  int64_t batch = features.has_rank() ? features[0] : Shape::kUnknownDim;
  if (features.has_rank() && features[1] == 0)
    return InvalidArgument("features: want at least one class, got ", features);
  if (labels.has_rank() && labels[0] >= 0) {
    if (batch >= 0 && batch != labels[0]) {
      return InvalidArgument("labels: want one for each of ", batch, " rows, got ", labels[0]);
    }
    batch = labels[0];
  }
  c.set_output(0, {batch});
  c.set_output(1, {batch, features.has_rank() ? features[1] : Shape::kUnknownDim});
  return Status();
}

// Rows of a tensor that broadcasts to `shape`: in place, or spread into a buffer.
class Rows {
 public:
  Rows(const Tensor& tensor, const Shape& shape)
      : reader_(tensor.shape(), shape, ElementBytes(tensor.dtype())), data_(tensor.raw()), columns_(shape[1]) {}
  const void* Row(int64_t i, void* buffer) const { return reader_.Tile(data_, i * columns_, columns_, buffer); }

 private:
  BroadcastReader reader_;
  const void* data_;
  int64_t columns_;
};

// What depends on the type, of a row of n logits x. log_p is of Wide<T>, all else of T.
struct RowLoops {
  // log_p = x - ln sum e^x.
  void (*log_softmax)(const void* x, int64_t n, void* log_p);
  // The loss and its gradient against n labels, and against one class.
  void (*dense)(const void* log_p, const void* labels, int64_t n, void* loss, void* backprop);
  void (*sparse)(const void* log_p, int64_t label, int64_t n, void* loss, void* backprop);
};

template <typename T>
void LogSoftmaxRow(const void* logits, int64_t n, void* result) {
  const T* x = static_cast<const T*>(logits);
  auto* log_p = static_cast<Wide<T>*>(result);
  Wide<T> max = -std::numeric_limits<Wide<T>>::infinity();
  for (int64_t i = 0; i < n; ++i) max = std::max(max, Widen(x[i]));
  Wide<T> sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += std::exp(Widen(x[i]) - max);
  const Wide<T> log_sum = std::log(sum);
  for (int64_t i = 0; i < n; ++i) log_p[i] = Widen(x[i]) - max - log_sum;
}

template <typename T>
void DenseRow(const void* logs, const void* labels, int64_t n, void* loss, void* backprop) {
  const auto* log_p = static_cast<const Wide<T>*>(logs);
  const T* label = static_cast<const T*>(labels);
  Wide<T> sum = 0;
  for (int64_t j = 0; j < n; ++j) sum -= Widen(label[j]) * log_p[j];
  for (int64_t j = 0; j < n; ++j) static_cast<T*>(backprop)[j] = T(std::exp(log_p[j]) - Widen(label[j]));
  *static_cast<T*>(loss) = T(sum);
}

template <typename T>
void SparseRow(const void* logs, int64_t label, int64_t n, void* loss, void* backprop) {
  const auto* log_p = static_cast<const Wide<T>*>(logs);
  for (int64_t j = 0; j < n; ++j) {
    static_cast<T*>(backprop)[j] = T(std::exp(log_p[j]) - Wide<T>(j == label ? 1 : 0));
  }
  *static_cast<T*>(loss) = T(-log_p[label]);
}

template <typename T>
constexpr RowLoops kRowLoops = {LogSoftmaxRow<T>, DenseRow<T>, SparseRow<T>};

// Calls use(loops, row, log_p, buffer, loss, backprop) for every row of logits; the buffer has room for a row.
template <typename Use>
Status ForEachRow(RunContext& c, const Use& use) {
  const DType dtype = c.output(0).dtype();
  const Shape& shape = c.output(1).shape();
  const int64_t batch = shape[0], classes = shape[1];
  const RowLoops* loops = nullptr;
  VisitLoops<kWidenHalves, float, double, Half, BFloat16>(
      dtype, [&](auto tag) { loops = &kRowLoops<typename decltype(tag)::Type>; });
  if (loops == nullptr) return Status();
  const Rows rows(c.input(0), shape);
  const int64_t grain = std::max<int64_t>((1 << 12) / classes, 1);
  const int64_t num_pieces = (batch + grain - 1) / grain;
  // One row of T and one of Wide<T> for each piece of work.
  const CheckedSize bytes = CheckedSize(num_pieces) * classes * 16;
  if (!bytes.valid()) return ResourceExhausted("logits of shape ", shape, " are too large");
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(bytes.value())));
  char* const loss = static_cast<char*>(c.output(0).raw());
  char* const backprop = static_cast<char*>(c.output(1).raw());
  const auto size = static_cast<int64_t>(ElementBytes(dtype));
  c.ParallelFor(batch, grain, [&](int64_t begin, int64_t end) {
    char* log_p = static_cast<char*>(scratch) + begin / grain * classes * 16;
    char* buffer = log_p + classes * 8;
    for (int64_t i = begin; i < end; ++i) {
      loops->log_softmax(rows.Row(i, buffer), classes, log_p);
      use(*loops, i, log_p, buffer, loss + i * size, backprop + i * classes * size);
    }
  });
  return Status();
}

Status Run(RunContext& c) {
  const Shape& shape = c.output(1).shape();
  if (shape.num_elements() == 0) {
    // The sum over no classes.
    if (c.output(0).num_elements() > 0) std::memset(c.output(0).raw(), 0, c.output(0).bytes());
    return Status();
  }
  const Rows labels(c.input(1), shape);
  return ForEachRow(c, [&](const RowLoops& loops, int64_t i, const void* log_p, void* buffer, void* loss,
                           void* backprop) { loops.dense(log_p, labels.Row(i, buffer), shape[1], loss, backprop); });
}

Status RunSparse(RunContext& c) {
  const Indices labels(c.input(1));
  const int64_t classes = c.input(0).dim(1);
  for (int64_t i = 0; i < c.input(1).num_elements(); ++i) {
    if (!InRange(labels[i], classes))
      return InvalidArgument("labels[", i, "] = ", labels[i], " is not in [0, ", classes, ")");
  }
  if (c.output(1).num_elements() == 0) return Status();
  return ForEachRow(c, [&](const RowLoops& loops, int64_t i, const void* log_p, void*, void* loss, void* backprop) {
    loops.sparse(log_p, labels[i], classes, loss, backprop);
  });
}

constexpr OpDef kDefs[] = {
    {.name = "SoftmaxCrossEntropyWithLogits",
     .inputs = "features:T, labels:T",
     .outputs = "loss:T, backprop:T",
     .attrs = "T:type in {bf16,f16,f32,f64}",
     .infer = Infer,
     .run = kWidened<Run, kWidenHalves>},
    {.name = "SparseSoftmaxCrossEntropyWithLogits",
     .inputs = "features:T, labels:Tlabels",
     .outputs = "loss:T, backprop:T",
     .attrs = "T:type in {bf16,f16,f32,f64}; Tlabels:type=i64 in {i32,i64}",
     .infer = InferSparse,
     .run = kWidened<RunSparse, kWidenHalves>},
};

}  // namespace

RIVULET_OP_LIST(SoftmaxCrossEntropy, kDefs);

}  // namespace rivulet
