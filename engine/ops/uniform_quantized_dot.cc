// UniformQuantizedDot, UniformQuantizedDotHybrid: products of matrices of uniform codes; see uniform_quantized.h.
//
//   lhs [m, k], rhs [k, n] of qint8, scales and zero points of lhs (one), rhs and output (one, or n) -> [m, n] of
//   qint32 lhs [m, k] of float, rhs [k, n] of qint8, its scales and zero points (one, or n)                 -> [m, n]
//   of float
//
// The hybrid one turns each row of lhs into codes of qint8 of its own scale. With r and c the zero points,
// sum (a - r)(b - c) = sum ab - r sum b - c sum a + k r c, all modulo 2^32. Deviation: so it is for one scale of rhs
// too, where TensorFlow adds in float, with errors past 2^24.
#include <algorithm>
#include <memory>

#include "engine/ops/signed_operand.h"
#include "engine/ops/staging.h"
#include "engine/ops/uniform_quantized.h"

namespace rivulet {
namespace {

struct State : OpState {
  CodeLimits limits;
  std::shared_ptr<const PackedMatrixU8> packed;  // a constant rhs; null when it is none
};

// Attribute `name` is -1 or 1.
Status CheckAxis(const InferContext& c, const char* name) {
  const int64_t axis = c.attrs().Int(name);
  if (axis == -1 || axis == 1) return Status();
  return InvalidArgument("attr '", name, "': want -1 or 1, got ", axis);
}

// Input `index` and its zero points: both scalars, or of one element for each column.
Status CheckColumns(InferContext& c, int index, int64_t columns) {
  const Shape &scales = c.shape(index), &zeros = c.shape(index + 1);
  for (const Shape* shape : {&scales, &zeros}) {
    if (!shape->has_rank() || shape->rank() == 0) continue;
    const int64_t length = shape->rank() == 1 ? (*shape)[0] : 0;
    if (shape->rank() > 1 || (length >= 0 && columns >= 0 && length != columns)) {
      return InvalidArgument("input ", shape == &scales ? index : index + 1,
                             ": want a scalar or one element for each of ", columns, " columns, got ",
                             shape->ToString());
    }
  }
  if (scales.has_rank() && zeros.has_rank() && scales.rank() != zeros.rank()) {
    return InvalidArgument("input ", index, ": want as many scales as zero points, got ", scales, " and ", zeros);
  }
  return Status();
}

template <bool kHybrid>
Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 2));
  const Shape a = c.shape(0).has_rank() ? c.shape(0) : Shape::OfUnknownDims(2);
  const Shape b = c.shape(1).has_rank() ? c.shape(1) : Shape::OfUnknownDims(2);
  if (a[1] >= 0 && b[0] >= 0 && a[1] != b[0]) {
    return InvalidArgument("lhs ", a, " and rhs ", b, " do not fit: want as many rows as columns, got ", b[0], " and ",
                           a[1]);
  }
  RIVULET_RETURN_IF_ERROR(CheckAxis(c, "rhs_quantization_axis"));
  RIVULET_RETURN_IF_ERROR(CheckColumns(c, kHybrid ? 2 : 4, b[1]));
  c.set_output(0, {a[0], b[1]});
  if (kHybrid) return Status();
  if (const int64_t axis = c.attrs().Int("lhs_quantization_axis"); axis != -1) {
    return InvalidArgument("attr 'lhs_quantization_axis': want -1, got ", axis);
  }
  RIVULET_RETURN_IF_ERROR(CheckAxis(c, "output_quantization_axis"));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(2));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(3));
  RIVULET_RETURN_IF_ERROR(CheckColumns(c, 6, b[1]));
  if (c.shape(4).has_rank() && c.shape(4).rank() == 0 && c.shape(6).has_rank() && c.shape(6).rank() > 0) {
    return InvalidArgument("output_scales: want a scalar, as rhs_scales, got ", c.shape(6));
  }
  return Status();
}

template <bool kHybrid>
Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  if (!kHybrid) {
    RIVULET_ASSIGN_OR_RETURN(state->limits, ReadCodeLimits(c.attrs(), "output_"));
  }
  if (const Tensor* b = c.constant(1); b != nullptr && b->rank() == 2) {
    RIVULET_ASSIGN_OR_RETURN(state->packed, PackSignedOnce(c, 1, b->dim(0), b->dim(1)));
  }
  return std::unique_ptr<OpState>(std::move(state));
}

// A row of lhs as bytes, with 128 more.
struct Row {
  float scale = 1;
  uint32_t zero_point = 0;
  uint32_t sum = 0;  // of its codes, without 128 more
};

Row TakeRow(const int8_t* from, int64_t count, uint8_t* to, uint32_t zero_point) {
  Row row;
  row.zero_point = zero_point;
  for (int64_t i = 0; i < count; ++i) {
    to[i] = static_cast<uint8_t>(from[i] ^ 0x80);
    row.sum += static_cast<uint32_t>(int32_t{from[i]});
  }
  return row;
}

Row QuantizeRow(const float* from, int64_t count, uint8_t* to) {
  float low = 0, high = 0;
  for (int64_t i = 0; i < count; ++i) {
    low = std::min(low, from[i]);
    high = std::max(high, from[i]);
  }
  const DynamicScale chosen = ChooseScale(low, high);
  Row row;
  row.scale = chosen.scale;
  row.zero_point = static_cast<uint32_t>(chosen.zero_point);
  for (int64_t i = 0; i < count; ++i) {
    const int8_t code = chosen.Code(from[i]);
    to[i] = static_cast<uint8_t>(code ^ 0x80);
    row.sum += static_cast<uint32_t>(int32_t{code});
  }
  return row;
}

struct Column {
  float scale = 1;  // of rhs
  FixedPoint factor;
  uint32_t zero_point = 0;  // of rhs
  uint32_t sum = 0;         // of its codes
  int32_t output_zero = 0;
};

template <bool kHybrid>
Status FillColumns(const RunContext& c, const PackedMatrixU8& b, Column* columns) {
  const int scales = kHybrid ? 2 : 4;
  const int64_t own_step = c.input(scales).rank(), output_step = kHybrid ? 0 : c.input(6).rank();
  for (int64_t j = 0; j < b.n(); ++j) {
    columns[j].scale = c.input(scales).data<float>()[j * own_step];
    columns[j].zero_point = static_cast<uint32_t>(c.input(scales + 1).data<int32_t>()[j * own_step]);
    columns[j].sum = static_cast<uint32_t>(SignedColumnSum(b, j));
    if (kHybrid) continue;
    const double product = static_cast<double>(c.input(2).data<float>()[0]) * static_cast<double>(columns[j].scale);
    columns[j].output_zero = c.input(7).data<int32_t>()[j * output_step];
    RIVULET_ASSIGN_OR_RETURN(columns[j].factor,
                             ToFixedPoint(product / static_cast<double>(c.input(6).data<float>()[j * output_step])));
  }
  return Status();
}

// Rows [begin, end) of lhs.
template <bool kHybrid>
void TakeRows(const RunContext& c, int64_t k, int64_t begin, int64_t end, uint8_t* bytes, Row* rows) {
  for (int64_t i = begin; i < end; ++i) {
    if constexpr (kHybrid) {
      rows[i] = QuantizeRow(c.input(0).data<float>() + i * k, k, bytes + i * k);
    } else {
      const auto zero_point = static_cast<uint32_t>(c.input(3).data<int32_t>()[0]);
      rows[i] = TakeRow(static_cast<const int8_t*>(c.input(0).raw()) + i * k, k, bytes + i * k, zero_point);
    }
  }
}

// A row of the output from the sums of products, whose length is k.
template <bool kHybrid>
void FinishRow(const int32_t* sums, int64_t k, const Row& row, const Column* columns, int64_t n, CodeLimits limits,
               void* to) {
  const uint32_t both = static_cast<uint32_t>(k) * row.zero_point - row.sum;
  for (int64_t j = 0; j < n; ++j) {
    const Column& column = columns[j];
    const uint32_t products = static_cast<uint32_t>(sums[j]);
    const auto sum = static_cast<int32_t>(products - row.zero_point * column.sum + column.zero_point * both);
    if constexpr (kHybrid) {
      static_cast<float*>(to)[j] = static_cast<float>(sum) * row.scale * column.scale;
    } else {
      static_cast<int32_t*>(to)[j] = limits.Clamp(Wrapped(int64_t{Multiply(sum, column.factor)} + column.output_zero));
    }
  }
}

template <bool kHybrid>
Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  for (int scales = 2; scales < c.num_inputs(); scales += 2) RIVULET_RETURN_IF_ERROR(WantPositive(c, scales));
  if (c.output(0).num_elements() == 0) return Status();
  const int64_t m = c.output(0).dim(0), n = c.output(0).dim(1), k = c.input(0).num_elements() / m;
  ScratchPieces pieces;
  const int64_t packed_at = state.packed != nullptr ? 0 : pieces.Add(PackedMatrixU8::Bytes(k, n));
  const int64_t bytes_at = pieces.Add(CheckedSize(m) * k);
  const int64_t sums_at = pieces.Add(CheckedSize(m) * n * 4);
  const int64_t rows_at = pieces.Add(CheckedSize(m) * static_cast<int64_t>(sizeof(Row)));
  const int64_t columns_at = pieces.Add(CheckedSize(n) * static_cast<int64_t>(sizeof(Column)));
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  const PackedMatrixU8 b =
      state.packed != nullptr ? *state.packed : PackSignedInto(c, 1, k, n, pieces.At<uint8_t>(packed_at));
  auto* bytes = pieces.At<uint8_t>(bytes_at);
  auto* sums = pieces.At<int32_t>(sums_at);
  auto* rows = pieces.At<Row>(rows_at);
  auto* columns = pieces.At<Column>(columns_at);
  RIVULET_RETURN_IF_ERROR(FillColumns<kHybrid>(c, b, columns));
  c.ParallelFor(m, std::max<int64_t>((1 << 14) / std::max<int64_t>(k, 1), 1),
                [&](int64_t begin, int64_t end) { TakeRows<kHybrid>(c, k, begin, end, bytes, rows); });
  MatMulU8(bytes, k, false, kSignedZero, m, b, kSignedZero, sums, n, c.pool(), c.stop());
  if (c.stop().stopped()) return c.stop().Why();
  auto* to = static_cast<char*>(c.output(0).raw());
  c.ParallelFor(m, std::max<int64_t>((1 << 13) / n, 1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      FinishRow<kHybrid>(sums + i * n, k, rows[i], columns, n, state.limits, to + i * n * 4);
    }
  });
  return Status();
}

#define RIVULET_AXIS(prefix) \
  prefix "quantization_axis:int=-1; " prefix "quantization_min_val:int; " prefix "quantization_max_val:int"
constexpr OpDef kDefs[] = {
    {.name = "UniformQuantizedDot",
     .inputs = "lhs:Tin, rhs:Tin, lhs_scales:f32, lhs_zero_points:i32, rhs_scales:f32, rhs_zero_points:i32, "
               "output_scales:f32, output_zero_points:i32",
     .outputs = "output:Tout",
     .attrs = "Tin:type in {qi8}; Tout:type in {qi32}; " RIVULET_AXIS("lhs_") "; " RIVULET_AXIS(
         "rhs_") "; " RIVULET_AXIS("output_"),
     .infer = Infer<false>,
     .prepare = Prepare<false>,
     .run = Run<false>},
    {.name = "UniformQuantizedDotHybrid",
     .inputs = "lhs:Tlhs, rhs:Trhs, rhs_scales:f32, rhs_zero_points:i32",
     .outputs = "output:Tout",
     .attrs = "Tlhs:type in {f32}; Trhs:type in {qi8}; Tout:type in {f32}; " RIVULET_AXIS("rhs_"),
     .infer = Infer<true>,
     .prepare = Prepare<true>,
     .run = Run<true>},
};
#undef RIVULET_AXIS

}  // namespace

RIVULET_OP_LIST(UniformQuantizedDot, kDefs);

}  // namespace rivulet
