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
#include "engine/ops/with.h"

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

Status Infer(InferContext& c, bool hybrid) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 2));
  const Shape a = c.shape(0).has_rank() ? c.shape(0) : Shape::OfUnknownDims(2);
  const Shape b = c.shape(1).has_rank() ? c.shape(1) : Shape::OfUnknownDims(2);
  if (a[1] >= 0 && b[0] >= 0 && a[1] != b[0]) {
    return InvalidArgument("lhs ", a, " and rhs ", b, " do not fit: want as many rows as columns, got ", b[0], " and ",
                           a[1]);
  }
  RIVULET_RETURN_IF_ERROR(CheckAxis(c, "rhs_quantization_axis"));
  RIVULET_RETURN_IF_ERROR(CheckColumns(c, hybrid ? 2 : 4, b[1]));
  c.set_output(0, {a[0], b[1]});
  if (hybrid) return Status();
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

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, bool hybrid) {
  auto state = std::make_unique<State>();
  if (!hybrid) {
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

// Rows [begin, end) of lhs.
void TakeRows(const RunContext& c, bool hybrid, int64_t k, int64_t begin, int64_t end, uint8_t* bytes, Row* rows) {
  for (int64_t i = begin; i < end; ++i) {
    if (hybrid) {
      rows[i] = QuantizeRow(c.input(0).data<float>() + i * k, k, bytes + i * k);
    } else {
      const auto zero_point = static_cast<uint32_t>(c.input(3).data<int32_t>()[0]);
      rows[i] = TakeRow(static_cast<const int8_t*>(c.input(0).raw()) + i * k, k, bytes + i * k, zero_point);
    }
  }
}

// A row of the output from the sums of products with b.
void FinishRow(bool hybrid, const int32_t* sums, const Row& row, const PackedMatrixU8& b,
               const UniformFeature* features, CodeLimits limits, void* to) {
  const uint32_t both = static_cast<uint32_t>(b.k()) * row.zero_point - row.sum;
  for (int64_t j = 0; j < b.n(); ++j) {
    const UniformFeature& feature = features[j];
    const auto products = static_cast<uint32_t>(sums[j]), codes = static_cast<uint32_t>(SignedColumnSum(b, j));
    const auto sum =
        static_cast<int32_t>(products - row.zero_point * codes + static_cast<uint32_t>(feature.zero_point) * both);
    if (hybrid) {
      static_cast<float*>(to)[j] = static_cast<float>(sum) * row.scale * feature.scale;
    } else {
      static_cast<int32_t*>(to)[j] =
          limits.Clamp(Wrapped(int64_t{Multiply(sum, feature.factor)} + feature.output_zero));
    }
  }
}

Status Run(RunContext& c, bool hybrid) {
  const auto& state = c.state<State>();
  for (int scales = 2; scales < c.num_inputs(); scales += 2) RIVULET_RETURN_IF_ERROR(WantPositive(c, scales));
  if (c.output(0).num_elements() == 0) return Status();
  const int64_t m = c.output(0).dim(0), n = c.output(0).dim(1), k = c.input(0).num_elements() / m;
  ScratchPieces pieces;
  const int64_t packed_at = state.packed != nullptr ? 0 : pieces.Add(PackedMatrixU8::Bytes(k, n));
  const int64_t bytes_at = pieces.Add(CheckedSize(m) * k);
  const int64_t sums_at = pieces.Add(CheckedSize(m) * n * 4);
  const int64_t rows_at = pieces.Add(CheckedSize(m) * static_cast<int64_t>(sizeof(Row)));
  const int64_t features_at = pieces.Add(CheckedSize(n) * static_cast<int64_t>(sizeof(UniformFeature)));
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  const PackedMatrixU8 b =
      state.packed != nullptr ? *state.packed : PackSignedInto(c, 1, k, n, pieces.At<uint8_t>(packed_at));
  auto* bytes = pieces.At<uint8_t>(bytes_at);
  auto* sums = pieces.At<int32_t>(sums_at);
  auto* rows = pieces.At<Row>(rows_at);
  auto* features = pieces.At<UniformFeature>(features_at);
  RIVULET_RETURN_IF_ERROR(FillFeatures(c, hybrid, n, features));
  c.ParallelFor(m, std::max<int64_t>((1 << 14) / std::max<int64_t>(k, 1), 1),
                [&](int64_t begin, int64_t end) { TakeRows(c, hybrid, k, begin, end, bytes, rows); });
  MatMulU8(bytes, k, false, kSignedZero, m, b, kSignedZero, sums, n, c.pool(), c.stop());
  if (c.stop().stopped()) return c.stop().Why();
  auto* to = static_cast<char*>(c.output(0).raw());
  c.ParallelFor(m, std::max<int64_t>((1 << 13) / n, 1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      FinishRow(hybrid, sums + i * n, rows[i], b, features, state.limits, to + i * n * 4);
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
     .infer = With<Infer, false>,
     .prepare = With<Prepare, false>,
     .run = With<Run, false>},
    {.name = "UniformQuantizedDotHybrid",
     .inputs = "lhs:Tlhs, rhs:Trhs, rhs_scales:f32, rhs_zero_points:i32",
     .outputs = "output:Tout",
     .attrs = "Tlhs:type in {f32}; Trhs:type in {qi8}; Tout:type in {f32}; " RIVULET_AXIS("rhs_"),
     .infer = With<Infer, true>,
     .prepare = With<Prepare, true>,
     .run = With<Run, true>},
};
#undef RIVULET_AXIS

}  // namespace

RIVULET_OP_LIST(UniformQuantizedDot, kDefs);

}  // namespace rivulet
