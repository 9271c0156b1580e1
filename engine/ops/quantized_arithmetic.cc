// QuantizedAdd, QuantizedMul, QuantizedBiasAdd: 8-bit codes to 32-bit ones.
//
//   x, y of quint8 (BiasAdd: both quint8 or both qint8, y [last dim of x]), min_x, max_x, min_y, max_y
//   -> z of qint32, min_z, max_z
//
// Sums are made in a range 2^14 (2^17 for BiasAdd) times the larger of the inputs' so that they never overflow. x and y
// broadcast as in NumPy; TensorFlow wants one of them to be a scalar, a vector or of the other's shape.
#include "engine/graph/shape_math.h"
#include "engine/kernels/quantized_codes.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/quantized_ranges.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantScalars(c, 2, 4));
  RIVULET_ASSIGN_OR_RETURN(Shape out, BroadcastShapes(c.shape(0), c.shape(1)));
  SetQuantizedOutputs(c, std::move(out));
  return Status();
}

Status InferBias(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantScalars(c, 2, 4));
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  if (c.dtype(0) != c.dtype(1)) {
    return Unimplemented("bias: want ", c.dtype(0), " as the input has, got ", c.dtype(1));
  }
  Shape out = c.shape(0);
  if (out.has_rank() && c.shape(1).has_rank()) {
    const int last = out.rank() - 1;
    const int64_t channels = c.shape(1)[0];
    if (out[last] >= 0 && channels >= 0 && out[last] != channels) {
      return InvalidArgument("bias: want ", out[last], " elements as the last dim of the input, got ", channels);
    }
    if (out[last] < 0) out.set_dim(last, channels);
  }
  SetQuantizedOutputs(c, std::move(out));
  return Status();
}

// z[i] = combine(x, y) over broadcast codes.
template <typename T, typename Combine>
void Map(RunContext& c, const Combine& combine) {
  const Shape& shape = c.output(0).shape();
  const int64_t count = c.output(0).num_elements();
  if (count == 0) return;
  const BroadcastReader x_reader(c.input(0).shape(), shape, 1), y_reader(c.input(1).shape(), shape, 1);
  auto* z = static_cast<int32_t*>(c.output(0).raw());
  c.ParallelFor(count, 1 << 13, [&](int64_t begin, int64_t end) {
    constexpr int64_t kTile = 512;
    T x_tile[kTile], y_tile[kTile];
    for (int64_t at = begin; at < end; at += kTile) {
      const int64_t n = std::min(kTile, end - at);
      const T* x = static_cast<const T*>(x_reader.Tile(c.input(0).raw(), at, n, x_tile));
      const T* y = static_cast<const T*>(y_reader.Tile(c.input(1).raw(), at, n, y_tile));
      for (int64_t i = 0; i < n; ++i) z[at + i] = combine(x[i], y[i]);
    }
  });
}

// Each code rounded on its own, in float: how biases are added.
template <typename T>
void AddEach(RunContext& c, Range x, Range y, Range z) {
  // All codes in advance: there are 256.
  int32_t x_code[256], y_code[256];
  const Decoder<T> from_x(x), from_y(y);
  const Encoder<int32_t> encode(z);
  const int32_t zero = CodeOf<int32_t>(0.0f, z);
  for (int i = 0; i < 256; ++i) {
    const auto code = static_cast<T>(i);
    x_code[i] = encode(from_x(code));
    y_code[i] = Wrap(int64_t{encode(from_y(code))} + zero);
  }
  Map<T>(c, [&](T a, T b) { return Wrap(int64_t{x_code[static_cast<uint8_t>(a)]} + y_code[static_cast<uint8_t>(b)]); });
}

// How many codes of an operand follow one another before it begins anew: all, or a row of the last dim; 0 otherwise.
int64_t RepeatedRow(const Shape& operand, const Shape& out) {
  if (operand == out) return out.num_elements();
  const int64_t last = out.rank() > 0 ? out[out.rank() - 1] : 0;
  return operand.rank() > 0 && operand[operand.rank() - 1] == last && operand.num_elements() == last ? last : 0;
}

// Sums of operands of one shape, of which one may be a row.
bool AddRows(RunContext& c, const CodeLine& x_line, const CodeLine& y_line) {
  const Shape& out = c.output(0).shape();
  const int64_t x_row = RepeatedRow(c.input(0).shape(), out), y_row = RepeatedRow(c.input(1).shape(), out);
  const int64_t count = out.num_elements(), row = std::min(x_row, y_row);
  if (row == 0 || std::max(x_row, y_row) != count) return false;
  const auto* x = static_cast<const uint8_t*>(c.input(0).raw());
  const auto* y = static_cast<const uint8_t*>(c.input(1).raw());
  auto* sum = static_cast<int32_t*>(c.output(0).raw());
  const int32_t start = Wrap(x_line.start + y_line.start);
  const auto add = [&](int64_t x_at, int64_t y_at, int64_t at, int64_t n) {
    AddCodeLines(x + x_at, y + y_at, n, start, x_line.step, y_line.step, sum + at);
  };
  if (row == count) {
    c.ParallelFor(count, 1 << 15, [&](int64_t begin, int64_t end) { add(begin, begin, begin, end - begin); });
    return true;
  }
  c.ParallelFor(count / row, std::max<int64_t>((1 << 15) / row, 1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) add(x_row == row ? 0 : i * row, y_row == row ? 0 : i * row, i * row, row);
  });
  return true;
}

// The sums of all codes and one number of 32 bits. A single code is rounded where others go by whole steps.
void AddOne(RunContext& c, const Tensor& operand, const CodeLine& line, int32_t one) {
  const auto* codes = static_cast<const uint8_t*>(operand.raw());
  auto* sum = static_cast<int32_t*>(c.output(0).raw());
  const int32_t start = Wrap(line.start + one);
  c.ParallelFor(operand.num_elements(), 1 << 15, [&](int64_t begin, int64_t end) {
    AddCodeLines(codes + begin, codes + begin, end - begin, start, line.step, 0, sum + begin);
  });
}

// Biases of bytes, a row of the last dim at a time. Only where every number is finite.
bool AddBiasRows(RunContext& c, Range x, Range y, Range z) {
  const Decoder<uint8_t> from_x(x), from_y(y);
  const Encoder<int32_t> encode(z);
  const int64_t channels = c.input(1).num_elements(), count = c.output(0).num_elements();
  const auto is_small = [](float v) { return std::abs(v) < 1e30f; };
  if (channels == 0 || !is_small(from_x(0)) || !is_small(from_x(255)) || !is_small(encode.scale) ||
      !is_small(encode.low) || !is_small(from_x(0) * encode.scale) || !is_small(from_x(255) * encode.scale)) {
    return false;
  }
  const int32_t zero = CodeOf<int32_t>(0.0f, z);
  const auto* bias = static_cast<const uint8_t*>(c.input(1).raw());
  const auto* codes = static_cast<const uint8_t*>(c.input(0).raw());
  auto* sum = static_cast<int32_t*>(c.output(0).raw());
  const WideEncoding how{
      .step = from_x.step, .add = from_x.low, .scale = encode.scale, .offset = encode.low + 2147483648.0f};
  c.ParallelFor(count / channels, std::max<int64_t>((1 << 14) / channels, 1), [&](int64_t begin, int64_t end) {
    constexpr int64_t kTile = 512;
    int32_t tile[kTile];
    const auto code = [&](int64_t channel) { return Wrap(int64_t{encode(from_y(bias[channel]))} + zero); };
    if (channels * 2 <= kTile) {  // several rows at a time
      const int64_t rows = std::min(kTile / channels, end - begin);
      for (int64_t i = 0; i < rows * channels; ++i) tile[i] = i < channels ? code(i) : tile[i - channels];
      for (int64_t row = begin; row < end; row += rows) {
        const int64_t n = std::min(rows, end - row) * channels;
        AddBiasCodes(codes + row * channels, tile, n, how, sum + row * channels);
      }
      return;
    }
    for (int64_t at = 0; at < channels; at += kTile) {
      const int64_t n = std::min(kTile, channels - at);
      for (int64_t i = 0; i < n; ++i) tile[i] = code(at + i);
      for (int64_t row = begin; row < end; ++row) {
        AddBiasCodes(codes + row * channels + at, tile, n, how, sum + row * channels + at);
      }
    }
  });
  return true;
}

Status RunAdd(RunContext& c) {
  Range x, y;
  RIVULET_RETURN_IF_ERROR(ReadRange(c, 2, 3, true, &x));
  RIVULET_RETURN_IF_ERROR(ReadRange(c, 4, 5, true, &y));
  const Range z = SumRange(x, y, 14);
  const CodeLine x_line(x, z), y_line(y, z);
  if (c.input(0).num_elements() == 1) {
    AddOne(c, c.input(1), y_line, Recode<uint8_t, int32_t>(*static_cast<const uint8_t*>(c.input(0).raw()), x, z));
  } else if (c.input(1).num_elements() == 1) {
    AddOne(c, c.input(0), x_line, Recode<uint8_t, int32_t>(*static_cast<const uint8_t*>(c.input(1).raw()), y, z));
  } else if (!AddRows(c, x_line, y_line)) {
    Map<uint8_t>(c, [&](uint8_t a, uint8_t b) { return Wrap(x_line(a) + y_line(b)); });
  }
  WriteRange(c, 1, z);
  return Status();
}

Status RunMul(RunContext& c) {
  Range x, y;
  RIVULET_RETURN_IF_ERROR(ReadRange(c, 2, 3, true, &x));
  RIVULET_RETURN_IF_ERROR(ReadRange(c, 4, 5, true, &y));
  const int32_t x_zero = Wrap(CodeUnclamped<uint8_t>(0, x)), y_zero = Wrap(CodeUnclamped<uint8_t>(0, y));
  Map<uint8_t>(c, [&](uint8_t a, uint8_t b) { return Wrap((int64_t{a} - x_zero) * (int64_t{b} - y_zero)); });
  WriteRange(c, 1, ProductRange<uint8_t, uint8_t>(x, y));
  return Status();
}

Status RunBias(RunContext& c) {
  Range x, y;
  RIVULET_RETURN_IF_ERROR(ReadRange(c, 2, 3, false, &x));
  RIVULET_RETURN_IF_ERROR(ReadRange(c, 4, 5, false, &y));
  const Range z = SumRange(x, y, 17);
  if (c.input(0).dtype() == DType::kQint8) {
    AddEach<int8_t>(c, x, y, z);
  } else if (!AddBiasRows(c, x, y, z)) {
    AddEach<uint8_t>(c, x, y, z);
  }
  WriteRange(c, 1, z);
  return Status();
}

#define RIVULET_BYTES "T1:type in {qu8}; T2:type in {qu8}; Toutput:type=qi32 in {qi32}"
#define RIVULET_INPUTS "x:T1, y:T2, min_x:f32, max_x:f32, min_y:f32, max_y:f32"

constexpr OpDef kDefs[] = {
    {.name = "QuantizedAdd",
     .inputs = RIVULET_INPUTS,
     .outputs = "z:Toutput, min_z:f32, max_z:f32",
     .attrs = RIVULET_BYTES,
     .infer = Infer,
     .run = RunAdd},
    {.name = "QuantizedMul",
     .inputs = RIVULET_INPUTS,
     .outputs = "z:Toutput, min_z:f32, max_z:f32",
     .attrs = RIVULET_BYTES,
     .infer = Infer,
     .run = RunMul},
    {.name = "QuantizedBiasAdd",
     .inputs = "input:T1, bias:T2, min_input:f32, max_input:f32, min_bias:f32, max_bias:f32",
     .outputs = "output:out_type, min_out:f32, max_out:f32",
     .attrs = "T1:type in {qi8,qu8}; T2:type in {qi8,qu8}; out_type:type in {qi32}",
     .infer = InferBias,
     .run = RunBias},
};

}  // namespace

RIVULET_OP_LIST(QuantizedArithmetic, kDefs);

}  // namespace rivulet
