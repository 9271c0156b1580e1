// QuantizedConcat, QuantizedConcatV2: codes of several ranges joined along an axis, in a range that holds all of them.
//
//   concat_dim: scalar in [0, rank), values: N of T, input_mins, input_maxes: N scalars -> output of T, min, max
//   V2: values, axis: scalar in [-rank, rank), input_mins, input_maxes
//
// For quint8 the range also holds 0, and begins there in V2; for qint8 and qint32 it is symmetric.
// In V2 images of one range keep it.
#include <algorithm>
#include <cstring>
#include <vector>

#include "engine/base/checked.h"
#include "engine/kernels/int8_codes.h"
#include "engine/kernels/quantized_codes.h"
#include "engine/ops/quantized.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

// The place of the axis and of the first value among 1 + 3n inputs.
struct Places {
  Places(int num_inputs, bool is_v2) : n((num_inputs - 1) / 3), axis(is_v2 ? n : 0), first(is_v2 ? 0 : 1) {}
  int n;
  int axis;
  int first;
};

Status Infer(InferContext& c, bool is_v2) {
  const Places at(c.num_inputs(), is_v2);
  const int n = at.n;
  RIVULET_RETURN_IF_ERROR(c.WantScalar(at.axis));
  RIVULET_RETURN_IF_ERROR(WantOneElement(c, 1 + n, 2 * n));
  Shape out = Shape::UnknownRank();
  for (int i = at.first; i < at.first + n; ++i) {
    const Shape& next = c.shape(i);
    if (!next.has_rank()) continue;
    if (!out.has_rank()) out = Shape::OfUnknownDims(next.rank());
    if (next.rank() == 0 || next.rank() != out.rank()) {
      return InvalidArgument("values: want one rank of at least 1, got ", next.rank(), " and ", out.rank());
    }
  }
  if (out.has_rank() && c.known(at.axis)) {
    const int64_t given = c.ints(at.axis)[0], lowest = is_v2 ? -out.rank() : 0;
    if (given < lowest || given >= out.rank()) {
      return InvalidArgument(is_v2 ? "axis" : "concat_dim", ": want [", lowest, ", ", out.rank(), "), got ", given);
    }
    const int64_t axis = given < 0 ? given + out.rank() : given;
    CheckedSize sum = 0;
    bool known = true;
    for (int i = at.first; i < at.first + n; ++i) {
      const Shape& next = c.shape(i);
      if (!next.has_rank()) {
        known = false;
        continue;
      }
      for (int d = 0; d < out.rank(); ++d) {
        if (d == axis) {
          known = known && next[d] >= 0;
          if (next[d] >= 0) sum += next[d];
        } else if (out[d] < 0) {
          out.set_dim(d, next[d]);
        } else if (next[d] >= 0 && next[d] != out[d]) {
          return InvalidArgument("values differ in dim ", d, ", which is not joined: ", out[d], " and ", next[d],
                                 ", want equal sizes");
        }
      }
    }
    if (!sum.valid()) return InvalidArgument("the joined dim is too large");
    if (known) out.set_dim(static_cast<int>(axis), sum.value());
  }
  SetQuantizedOutputs(c, std::move(out));
  return Status();
}

constexpr int64_t kCodesThereAre = 256;

// What bytes of `own` are as those of `range`.
void MakeTable(Range own, Range range, uint8_t* table) {
  const Decoder<uint8_t> decode(own);
  const Encoder<uint8_t> encode(range);
  float numbers[kCodesThereAre];
  for (int64_t i = 0; i < kCodesThereAre; ++i) table[i] = static_cast<uint8_t>(i);
  DecodeBytes(table, kCodesThereAre, decode.step, decode.low, numbers);
  ByteEncoding how;
  how.scale = encode.scale;
  how.offset = encode.low;
  EncodeBytes(numbers, kCodesThereAre, how, table);
}

// Codes of `own` as those of `range`, in rows [begin, end) of `part` codes, which lie `step` codes apart in `out`.
using RecodeRows = void (*)(const void* in, Range own, Range range, int64_t begin, int64_t end, int64_t part,
                            int64_t step, void* out);

template <typename T>
void RecodeEach(const void* in, Range own, Range range, int64_t begin, int64_t end, int64_t part, int64_t step,
                void* out) {
  const Decoder<T> decode(own);
  const Encoder<T> encode(range);
  for (int64_t row = begin; row < end; ++row) {
    const T* from = static_cast<const T*>(in) + row * part;
    T* to = static_cast<T*>(out) + row * step;
    for (int64_t k = 0; k < part; ++k) to[k] = encode(decode(from[k]));
  }
}

// An input.
struct Part {
  const char* in = nullptr;
  int64_t codes = 0;  // of a row
  Range own;
  const uint8_t* table = nullptr;  // of bytes with another range
  bool same = true;                // the range
  char* out = nullptr;
};

// `tables`: room for one of each input where codes are bytes.
void Join(RunContext& c, int first, int n, int axis, Range range, uint8_t* tables) {
  const Tensor& output = c.output(0);
  const DType dtype = output.dtype();
  const auto bytes = static_cast<int64_t>(ElementBytes(dtype));
  const RecodeRows recode = dtype == DType::kQint8 ? RecodeEach<int8_t> : RecodeEach<int32_t>;
  int64_t outer = 1, inner = 1;
  for (int d = 0; d < axis; ++d) outer *= output.dim(d);
  for (int d = axis + 1; d < output.rank(); ++d) inner *= output.dim(d);
  const int64_t row = output.dim(axis) * inner;
  const int threads = c.pool().num_threads();
  const auto rows_of = [&](int64_t codes) { return codes / std::max<int64_t>(row, 1) + 1; };
  const int64_t grain =
      threads == 1 ? rows_of(1 << 16) : std::clamp((outer + threads - 1) / threads, rows_of(1 << 13), rows_of(1 << 18));
  char* out = static_cast<char*>(c.output(0).raw());
  std::vector<Part> parts(static_cast<size_t>(n));
  for (int i = 0; i < n; ++i) {
    const Tensor& input = c.input(first + i);
    Part& part = parts[static_cast<size_t>(i)];
    part.in = static_cast<const char*>(input.raw());
    part.codes = input.dim(axis) * inner;
    part.own = {c.input(1 + n + i).data<float>()[0], c.input(1 + 2 * n + i).data<float>()[0]};
    part.same = part.own.low == range.low && part.own.high == range.high;
    if (!part.same && dtype == DType::kQuint8) {
      MakeTable(part.own, range, tables + kCodesThereAre * i);
      part.table = tables + kCodesThereAre * i;
    }
    part.out = out;
    out += part.codes * bytes;
  }
  c.ParallelFor(outer, grain, [&](int64_t begin, int64_t end) {
    for (const Part& part : parts) {
      if (part.codes == 0) continue;
      if (part.table != nullptr) {
        LookUpRowsOfCodes(reinterpret_cast<const uint8_t*>(part.in) + begin * part.codes, end - begin, part.codes,
                          part.table, row, reinterpret_cast<uint8_t*>(part.out) + begin * row);
        continue;
      }
      if (!part.same) {
        recode(part.in, part.own, range, begin, end, part.codes, row, part.out);
        continue;
      }
      for (int64_t o = begin; o < end; ++o) {
        std::memcpy(part.out + o * row * bytes, part.in + o * part.codes * bytes,
                    static_cast<size_t>(part.codes * bytes));
      }
    }
  });
}

Status Run(RunContext& c, bool is_v2) {
  const Places at(c.num_inputs(), is_v2);
  const int n = at.n;
  Range range{std::numeric_limits<float>::max(), std::numeric_limits<float>::lowest()};
  bool one_range = true;
  for (int i = 1; i <= n; ++i) {
    Range own;
    RIVULET_RETURN_IF_ERROR(ReadRange(c, n + i, 2 * n + i, false, &own));
    one_range = one_range && (i == 1 || (range.low == own.low && range.high == own.high));
    range = {std::min(range.low, own.low), std::max(range.high, own.high)};
  }
  const DType dtype = c.output(0).dtype();
  if (is_v2 && one_range && c.output(0).rank() == 4) {
    // As it is.
  } else if (dtype == DType::kQuint8) {
    range.low = is_v2 ? 0.0f : std::min(range.low, 0.0f);
  } else {
    range.high = std::max(std::fabs(range.low), std::fabs(range.high));
    range.low = -range.high;
  }
  if (c.output(0).num_elements() > 0) {
    const int64_t given = ToInt64s(c.input(at.axis))[0];
    const auto axis = static_cast<int>(given < 0 ? given + c.output(0).rank() : given);
    RIVULET_ASSIGN_OR_RETURN(void* tables, c.Scratch(static_cast<size_t>(kCodesThereAre * n)));
    Join(c, at.first, n, axis, range, static_cast<uint8_t*>(tables));
  }
  WriteRange(c, 1, range);
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "QuantizedConcat",
     .inputs = "concat_dim:i32, values:N*T, input_mins:N*f32, input_maxes:N*f32",
     .outputs = "output:T, output_min:f32, output_max:f32",
     .attrs = "N:int >=2; T:type in {qu8,qi32}",
     .infer = With<Infer, false>,
     .run = With<Run, false>},
    {.name = "QuantizedConcatV2",
     .inputs = "values:N*T, axis:Tidx, input_mins:N*f32, input_maxes:N*f32",
     .outputs = "output:T, output_min:f32, output_max:f32",
     .attrs = "N:int >=2; T:type in {qi8,qu8}; Tidx:type=i32 in {i32}",
     .infer = With<Infer, true>,
     .run = With<Run, true>},
};

}  // namespace

RIVULET_OP_LIST(QuantizedConcat, kDefs);

}  // namespace rivulet
