// RaggedTensorToVariant, RaggedTensorFromVariant, RaggedTensorToVariantGradient: ragged tensors as values of variants.
//
//   to:   nested row splits, outermost first, and values -> a scalar; with batched_input a vector, whose elements are
//   the
//         rows of the outermost dim, each with one row split fewer
//   from: variants of any shape [dims..], each with input_ragged_rank row splits (-1: output_ragged_rank less the
//   number
//         of dims) -> one ragged tensor of output_ragged_rank row splits, dims.. becoming row splits of equal rows; of
//         no variants the values are empty, of rank 1
//   gradient: the variants' values one after another, in dense_values_shape; a variant that was never set means zeros
//         for its part of row_splits
#include <algorithm>

#include "engine/base/checked.h"
#include "engine/ops/ragged_splits.h"
#include "engine/ops/rows.h"
#include "engine/ops/text_bytes.h"

namespace rivulet {
namespace {

// Values that hold no variants, so that nothing nests.
class RaggedVariant : public Object {
 public:
  static constexpr std::string_view kKind = "ragged tensor";
  std::string_view kind() const override { return kKind; }

  std::vector<Tensor> splits;
  Tensor values;
};

// Elements in a row of the first dim.
int64_t RowSize(const Tensor& values) { return values.dim(0) == 0 ? 0 : values.num_elements() / values.dim(0); }

// ---- To ----

Status InferTo(InferContext& c) {
  const int ragged = c.num_inputs() - 1;
  for (int i = 0; i < ragged; ++i) RIVULET_RETURN_IF_ERROR(c.WantRank(i, 1));
  const bool is_batch = c.attrs().Bool("batched_input");
  if (ragged > 0 || is_batch) RIVULET_RETURN_IF_ERROR(c.WantMinRank(ragged, 1));
  if (!is_batch) {
    c.set_output(0, {});
    return Status();
  }
  const Shape& first = c.shape(0);
  int64_t count = first.has_rank() ? first[0] : Shape::kUnknownDim;
  if (ragged > 0 && count == 0) return InvalidArgument("rt_nested_splits[0]: want at least one split, got none");
  if (ragged > 0 && count > 0) --count;
  c.set_output(0, {count});
  return Status();
}

struct State : OpState {
  bool is_batch = false;
  int64_t input_rank = 0;
  DType dtype = DType::kInvalid;
  DType splits = DType::kInvalid;
};

Result<std::unique_ptr<OpState>> PrepareTo(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->is_batch = c.attrs().Bool("batched_input");
  return std::unique_ptr<OpState>(std::move(state));
}

// Splits from 0 that do not decrease and end with the number of rows below.
Status CheckSplits(const RunContext& c, int ragged) {
  for (int i = 0; i < ragged; ++i) {
    const Indices splits(c.input(i));
    const int64_t count = c.input(i).num_elements();
    if (count == 0) return InvalidArgument("rt_nested_splits[", i, "]: want at least one split, got none");
    if (splits[0] != 0) return InvalidArgument("rt_nested_splits[", i, "]: want 0 first, got ", splits[0]);
    for (int64_t k = 1; k < count; ++k) {
      if (splits[k] < splits[k - 1]) {
        return InvalidArgument("rt_nested_splits[", i, "]: want splits that do not decrease, got ", splits[k],
                               " after ", splits[k - 1]);
      }
    }
    const int64_t below = i + 1 == ragged ? c.input(ragged).dim(0) : c.input(i + 1).num_elements() - 1;
    if (splits[count - 1] != below) {
      return InvalidArgument("rt_nested_splits[", i, "]: want ", below, " last, the number of rows below, got ",
                             splits[count - 1]);
    }
  }
  return Status();
}

Result<Tensor> Part(const Tensor& from, int64_t begin, int64_t end, Allocator& allocator) {
  Shape shape = from.shape();
  shape.set_dim(0, end - begin);
  const int64_t row = RowSize(from);
  RIVULET_ASSIGN_OR_RETURN(Tensor part, Tensor::Allocate(from.dtype(), shape, allocator));
  CopyElements(from.dtype(), part.raw(), ElementAt(from.raw(), from.dtype(), begin * row), (end - begin) * row);
  return part;
}

void Subtract(Tensor* splits, int64_t start) {
  for (int64_t i = 0; i < splits->num_elements(); ++i) {
    if (splits->dtype() == DType::kInt32) {
      splits->data<int32_t>()[i] -= static_cast<int32_t>(start);
    } else {
      splits->data<int64_t>()[i] -= start;
    }
  }
}

// Row `i` of the outermost dim.
Result<ObjectRef> RowOf(const RunContext& c, int ragged, int64_t i) {
  auto row = std::make_shared<RaggedVariant>();
  const Tensor& values = c.input(ragged);
  if (ragged == 0) {
    RIVULET_ASSIGN_OR_RETURN(const Tensor one, Part(values, i, i + 1, c.allocator()));
    row->values = one.Reshaped(Shape(values.shape().dims().subspan(1)));
    return ObjectRef(std::move(row));
  }
  int64_t begin = Indices(c.input(0))[i], end = Indices(c.input(0))[i + 1];
  for (int level = 1; level < ragged; ++level) {
    const Indices below(c.input(level));
    RIVULET_ASSIGN_OR_RETURN(Tensor splits, Part(c.input(level), begin, end + 1, c.allocator()));
    begin = below[begin];
    end = below[end];
    Subtract(&splits, begin);
    row->splits.push_back(std::move(splits));
  }
  RIVULET_ASSIGN_OR_RETURN(row->values, Part(values, begin, end, c.allocator()));
  return ObjectRef(std::move(row));
}

Status RunTo(RunContext& c) {
  const int ragged = c.num_inputs() - 1;
  RIVULET_RETURN_IF_ERROR(CheckSplits(c, ragged));
  ObjectRef* out = c.output(0).data<ObjectRef>();
  if (!c.state<State>().is_batch) {
    auto whole = std::make_shared<RaggedVariant>();
    for (int i = 0; i < ragged; ++i) {
      RIVULET_ASSIGN_OR_RETURN(Tensor splits, Owned(c.TakeInput(i), c.allocator()));
      whole->splits.push_back(std::move(splits));
    }
    RIVULET_ASSIGN_OR_RETURN(whole->values, Owned(c.TakeInput(ragged), c.allocator()));
    *out = std::move(whole);
    return Status();
  }
  for (int64_t i = 0; i < c.output(0).num_elements(); ++i) {
    if (i % 256 == 255 && c.stop().stopped()) return c.stop().Why();
    RIVULET_ASSIGN_OR_RETURN(out[i], RowOf(c, ragged, i));
  }
  return Status();
}

// ---- From ----

Status InferFrom(InferContext& c) {
  const int64_t wanted = c.attrs().Int("input_ragged_rank"), out = c.attrs().Int("output_ragged_rank");
  if (c.shape(0).has_rank()) {
    const int64_t dims = c.shape(0).rank(), in = wanted == -1 ? out - dims : wanted;
    if (in < 0 || in + dims != out) {
      return InvalidArgument("attr 'output_ragged_rank': want input_ragged_rank, ", wanted, ", and ", dims,
                             " for the dims of encoded_ragged, got ", out);
    }
  }
  for (int i = 0; i < c.num_outputs() - 1; ++i) c.set_output(i, Shape::OfUnknownDims(1));
  c.set_output(c.num_outputs() - 1, Shape::UnknownRank());
  return Status();
}

Result<std::unique_ptr<OpState>> PrepareFrom(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->dtype = c.attrs().Type("Tvalues");
  state->splits = c.attrs().Type("Tsplits");
  return std::unique_ptr<OpState>(std::move(state));
}

Result<const RaggedVariant*> RaggedAt(const ObjectRef& reference, int64_t i) {
  if (reference == nullptr || reference->kind() != RaggedVariant::kKind) {
    return InvalidArgument("variant ", i, ": want a ragged tensor, got a ",
                           reference == nullptr ? "variant that was never set" : reference->kind());
  }
  return static_cast<const RaggedVariant*>(reference.get());
}

Result<std::vector<const RaggedVariant*>> ReadRagged(const Tensor& in, int64_t ragged, const State& state) {
  std::vector<const RaggedVariant*> all;
  for (int64_t i = 0; i < in.num_elements(); ++i) {
    RIVULET_ASSIGN_OR_RETURN(const RaggedVariant* one, RaggedAt(in.data<ObjectRef>()[i], i));
    if (static_cast<int64_t>(one->splits.size()) != ragged) {
      return InvalidArgument("variant ", i, ": want ", ragged, " row splits, got ", one->splits.size());
    }
    if (one->values.dtype() != state.dtype) {
      return InvalidArgument("variant ", i, ": want values of ", state.dtype, ", got ", one->values.dtype());
    }
    if (in.rank() > 0 && one->values.rank() < 1) {
      return InvalidArgument("variant ", i, ": want values of rank 1 or more, got a scalar");
    }
    for (const Tensor& splits : one->splits) {
      if (splits.dtype() == state.splits) continue;
      return InvalidArgument("variant ", i, ": want row splits of ", state.splits, ", got ", splits.dtype());
    }
    all.push_back(one);
  }
  return all;
}

// The values of all, one after another; they must agree in all dims but the first.
Result<Tensor> JoinValues(std::span<const RaggedVariant* const> all, DType dtype, Allocator& allocator) {
  Shape shape = all.empty() ? Shape({0}) : all[0]->values.shape();
  CheckedSize rows = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    const Shape& other = all[i]->values.shape();
    const std::span<const int64_t> row = other.dims().subspan(1), want = shape.dims().subspan(1);
    if (!std::equal(row.begin(), row.end(), want.begin(), want.end())) {
      return InvalidArgument("variant ", i, ": want values as of the first, ", all[0]->values.shape(),
                             ", but for the first dim, got ", other);
    }
    rows += other[0];
  }
  if (!rows.valid()) return ResourceExhausted("the ragged tensors have too many values");
  shape.set_dim(0, rows.value());
  RIVULET_ASSIGN_OR_RETURN(Tensor joined, Tensor::Allocate(dtype, shape, allocator));
  int64_t done = 0;
  for (const RaggedVariant* one : all) {
    CopyElements(dtype, ElementAt(joined.raw(), dtype, done), one->values.raw(), one->values.num_elements());
    done += one->values.num_elements();
  }
  return joined;
}

Status RunFrom(RunContext& c) {
  const Tensor& in = c.input(0);
  const int out = c.num_outputs() - 1, dims = in.rank(), ragged = out - dims;
  const State& state = c.state<State>();
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(bytes.Charge(CheckedSize(in.num_elements()) * 2 * int64_t{sizeof(void*)}));
  RIVULET_ASSIGN_OR_RETURN(const std::vector<const RaggedVariant*> all, ReadRagged(in, ragged, state));
  if (dims == 0) {
    for (int i = 0; i < out; ++i) c.SetOutput(i, all[0]->splits[static_cast<size_t>(i)]);
    c.SetOutput(out, all[0]->values);
    return Status();
  }
  // Splits of rows of equal length, for the dims but the last.
  std::vector<int64_t> splits;
  for (int d = 0; d < dims; ++d) {
    const int64_t count = d + 1 == dims ? in.num_elements() : in.dim(d);
    RIVULET_RETURN_IF_ERROR(bytes.Charge((CheckedSize(count) + 1) * 2 * int64_t{sizeof(int64_t)}));
    splits.assign(1, 0);
    for (int64_t i = 0; i < count; ++i) {
      int64_t length = 0;
      if (d + 1 < dims) {
        length = in.dim(d + 1);
      } else {
        const RaggedVariant& one = *all[static_cast<size_t>(i)];
        length = ragged > 0 ? one.splits[0].num_elements() - 1 : one.values.dim(0);
      }
      splits.push_back(splits.back() + length);
    }
    RIVULET_RETURN_IF_ERROR(SetSplits(c, d, splits));
  }
  for (int level = 0; level < ragged; ++level) {
    if (c.stop().stopped()) return c.stop().Why();
    splits.assign(1, 0);
    for (const RaggedVariant* one : all) {
      const Tensor& more = one->splits[static_cast<size_t>(level)];
      RIVULET_RETURN_IF_ERROR(bytes.Charge(CheckedSize(more.num_elements()) * 2 * int64_t{sizeof(int64_t)}));
      const int64_t start = splits.back();
      const Indices numbers(more);
      for (int64_t i = 1; i < more.num_elements(); ++i) splits.push_back(start + numbers[i]);
    }
    RIVULET_RETURN_IF_ERROR(SetSplits(c, dims + level, splits));
  }
  RIVULET_ASSIGN_OR_RETURN(const Tensor values, JoinValues(all, state.dtype, c.allocator()));
  c.SetOutput(out, values);
  return Status();
}

// ---- Gradient ----

Status InferGradient(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
  c.set_output(0, Shape::UnknownRank());
  return Status();
}

Status RunGradient(RunContext& c) {
  const Tensor& in = c.input(0);
  const Indices splits(c.input(1));
  const DType dtype = c.state<State>().dtype;
  const std::vector<int64_t> dims = ToInt64s(c.input(2));
  CheckedSize total = 1;
  for (const int64_t dim : dims) total *= dim;
  if (!total.valid() || dims.empty() || dims.size() > Shape::kMaxRank) {
    return InvalidArgument("dense_values_shape: want the shape of a tensor of rank 1 or more, got ", dims.size(),
                           " dims of which one is negative or all are too large");
  }
  const int64_t row = dims[0] == 0 ? 0 : total.value() / dims[0];
  RIVULET_ASSIGN_OR_RETURN(Tensor out, Tensor::Allocate(dtype, Shape(dims), c.allocator()));
  int64_t done = 0;
  for (int64_t i = 0; i < in.num_elements(); ++i) {
    if (i % 256 == 255 && c.stop().stopped()) return c.stop().Why();
    const ObjectRef& reference = in.data<ObjectRef>()[i];
    if (reference == nullptr) {
      const int64_t count = i + 1 < c.input(1).num_elements() ? splits[i + 1] - splits[i] : -1;
      if (count < 0 || count > dims[0] || count * row > total.value() - done) {
        return InvalidArgument("row_splits: want a row of at most ", dims[0], " values for variant ", i);
      }
      ClearElements(dtype, ElementAt(out.raw(), dtype, done), count * row);
      done += count * row;
      continue;
    }
    RIVULET_ASSIGN_OR_RETURN(const RaggedVariant* one, RaggedAt(reference, i));
    if (one->values.dtype() != dtype) {
      return InvalidArgument("variant ", i, ": want values of ", dtype, ", got ", one->values.dtype());
    }
    if (in.num_elements() == 1) {
      c.SetOutput(0, one->values);
      return Status();
    }
    if (one->values.num_elements() > total.value() - done) {
      done = -1;
      break;
    }
    CopyElements(dtype, ElementAt(out.raw(), dtype, done), one->values.raw(), one->values.num_elements());
    done += one->values.num_elements();
  }
  if (done != total.value()) {
    return InvalidArgument("encoded_ragged_grad: want ", total.value(), " values in all, as dense_values_shape says");
  }
  c.SetOutput(0, out);
  return Status();
}

#define RIVULET_RAGGED_TYPES                                                                                    \
  "Tvalues:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,qi8,qu8,qi16,qu16,qi32}; " \
  "Tsplits:type=i64 in {i32,i64}"

constexpr OpDef kDefs[] = {
    {.name = "RaggedTensorToVariant",
     .inputs = "rt_nested_splits:RAGGED_RANK*Tsplits, rt_dense_values:Tvalues",
     .outputs = "encoded_ragged:variant",
     .attrs = "RAGGED_RANK:int >=0; batched_input:bool; " RIVULET_RAGGED_TYPES,
     .infer = InferTo,
     .prepare = PrepareTo,
     .run = RunTo},
    {.name = "RaggedTensorFromVariant",
     .inputs = "encoded_ragged:variant",
     .outputs = "output_nested_splits:output_ragged_rank*Tsplits, output_dense_values:Tvalues",
     .attrs = "input_ragged_rank:int >=-1; output_ragged_rank:int >=0; " RIVULET_RAGGED_TYPES,
     .infer = InferFrom,
     .prepare = PrepareFrom,
     .run = RunFrom,
     .flags = kMakesOutputs | kDataDependent},
    {.name = "RaggedTensorToVariantGradient",
     .inputs = "encoded_ragged_grad:variant, row_splits:Tsplits, dense_values_shape:i32",
     .outputs = "dense_values_grad:Tvalues",
     .attrs = RIVULET_RAGGED_TYPES,
     .infer = InferGradient,
     .prepare = PrepareFrom,
     .run = RunGradient,
     .flags = kMakesOutputs | kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(RaggedVariant, kDefs);

}  // namespace rivulet
