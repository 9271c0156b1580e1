#include "engine/ops/elementwise.h"

#include <algorithm>
#include <atomic>
#include <optional>

#include "engine/graph/shape_math.h"
#include "engine/kernels/half.h"
#include "engine/ops/broadcast.h"

namespace rivulet {
namespace {

constexpr int kMaxInputs = 3;
constexpr int64_t kTile = 256;  // elements; a tile of 16-byte elements for each input stays in the first-level cache

TileLoop FindLoop(std::span<const DTypeLoop> loops, DType dtype) {
  for (const DTypeLoop& entry : loops) {
    if (entry.dtype == dtype) return entry.loop;
  }
  return nullptr;
}

// What an operator's tiles are widened by where it has no loop for their type.
uint32_t WideningOf(DType key) {
  if (IsHalf(key)) return kWidenHalves;
  if (!kIsSmall) return 0;
  return key == DType::kComplex64 ? kWidenComplex | kWidenFloats : kWidenShorts;
}

// The room of an element that may be widened.
constexpr int64_t kWideBytes = kIsSmall ? 16 : sizeof(float);

void WidenTile(DType dtype, DType wide, const void* from, int64_t n, void* to) {
  if (kIsSmall) return CastToWide(dtype, wide, from, to, n);
  WidenHalf(dtype, from, n, static_cast<float*>(to));
}

void NarrowTile(DType dtype, DType wide, const void* from, int64_t n, void* to) {
  if (kIsSmall) return CastFromWide(dtype, wide, from, to, n);
  NarrowToHalf(dtype, static_cast<const float*>(from), n, to);
}

// What stays the same for all tiles of one run.
struct TileJob {
  TileLoop loop;
  const void* params;
  int num_inputs;
  std::optional<BroadcastReader> readers[kMaxInputs];
  const void* data[kMaxInputs];
  DType dtypes[kMaxInputs], wide[kMaxInputs];  // float16 and bfloat16 go through float
  char* out;
  DType out_dtype, out_wide;
};

// One piece of a run.
bool RunPiece(const TileJob& job, int64_t begin, int64_t end) {
  alignas(64) char copies[kMaxInputs][kTile * 16];
  alignas(64) char wide[kMaxInputs][kTile * kWideBytes];
  alignas(64) char wide_out[kTile * kWideBytes];
  const void* in[kMaxInputs] = {};
  const bool widen_out = job.out_wide != job.out_dtype;
  const size_t out_bytes = ElementBytes(job.out_dtype);
  bool ok = true;
  for (int64_t at = begin; at < end; at += kTile) {
    const int64_t count = std::min(kTile, end - at);
    for (int i = 0; i < job.num_inputs; ++i) {
      const BroadcastReader& reader = *job.readers[i];
      // One element for all tiles: spread and widened once.
      if (at != begin && reader.is_scalar() && !reader.is_full()) continue;
      in[i] = reader.Tile(job.data[i], at, count, copies[i]);
      if (job.wide[i] != job.dtypes[i]) {
        WidenTile(job.dtypes[i], job.wide[i], in[i], count, wide[i]);
        in[i] = wide[i];
      }
    }
    char* out = job.out + static_cast<size_t>(at) * out_bytes;
    ok &= job.loop(in, widen_out ? static_cast<void*>(wide_out) : out, count, job.params);
    if (widen_out) NarrowTile(job.out_dtype, job.out_wide, wide_out, count, out);
  }
  return ok;
}

}  // namespace

DType PlainType(DType dtype) {
  switch (dtype) {
    case DType::kQint8: return DType::kInt8;
    case DType::kQuint8: return DType::kUint8;
    case DType::kQint16: return DType::kInt16;
    case DType::kQuint16: return DType::kUint16;
    case DType::kQint32: return DType::kInt32;
    default: return dtype;
  }
}

Status RunTiles(RunContext& c, std::span<const DTypeLoop> loops, const TileOptions& options) {
  Tensor& output = c.output(0);
  const int64_t total = output.num_elements();
  if (total == 0) return Status();
  if (c.num_inputs() > kMaxInputs) return Internal("RunTiles takes up to 3 inputs, got ", c.num_inputs());

  const DType key = PlainType(c.input(options.key_input).dtype());
  const uint32_t widening = FindLoop(loops, key) == nullptr ? WideningOf(key) : 0;
  const TileLoop loop = FindLoop(loops, WideType(key, widening));
  if (loop == nullptr) return Internal("no loop for ", key);
  if (total == 1 && widening == 0) {
    // One element, such as a loop's counter: nothing to spread, nothing to cut.
    const void* in[kMaxInputs] = {};
    for (int i = 0; i < c.num_inputs(); ++i) in[i] = c.input(i).raw();
    return loop(in, output.raw(), 1, options.params) ? Status() : InvalidArgument(options.fault);
  }
  TileJob job;
  job.loop = loop;
  job.params = options.params;
  job.num_inputs = c.num_inputs();
  for (int i = 0; i < job.num_inputs; ++i) {
    const Tensor& input = c.input(i);
    job.readers[i].emplace(options.shapes ? *options.shapes->inputs[i] : input.shape(),
                           options.shapes ? *options.shapes->output : output.shape(), ElementBytes(input.dtype()));
    job.data[i] = input.raw();
    job.dtypes[i] = PlainType(input.dtype());
    job.wide[i] = WideType(job.dtypes[i], widening);
  }
  job.out = static_cast<char*>(output.raw());
  job.out_dtype = PlainType(output.dtype());
  job.out_wide = WideType(job.out_dtype, widening);

  std::atomic<bool> ok{true};
  c.ParallelFor(total, options.grain, [&](int64_t begin, int64_t end) {
    if (!RunPiece(job, begin, end)) ok.store(false, std::memory_order_relaxed);
  });
  return ok.load(std::memory_order_relaxed) ? Status() : InvalidArgument(options.fault);
}

Status RunMapUnary(RunContext& c, UnaryKind kind) {
  Tensor& output = c.output(0);
  MapUnary(kind, c.input(0).data<float>(), output.num_elements(), output.data<float>(), c.pool(), c.stop());
  return Status();
}

bool RunMapBinary(RunContext& c, BinaryKind kind, const TileShapes* shapes) {
  const Shape& out = shapes ? *shapes->output : c.output(0).shape();
  if (c.output(0).num_elements() == 0) return true;
  // The output's dims, outermost first, merged where neither input changes between full and spread.
  int64_t sizes[2] = {1, 1};
  bool full[2][2] = {{true, true}, {true, true}};  // [group][input]
  int num_groups = 0;
  for (int i = 0; i < out.rank(); ++i) {
    if (out[i] == 1) continue;
    bool is_full[2];
    for (int k = 0; k < 2; ++k) {
      const Shape& shape = shapes ? *shapes->inputs[k] : c.input(k).shape();
      const int axis = i - (out.rank() - shape.rank());
      is_full[k] = axis >= 0 && shape[axis] != 1;
    }
    if (num_groups > 0 && full[num_groups - 1][0] == is_full[0] && full[num_groups - 1][1] == is_full[1]) {
      sizes[num_groups - 1] *= out[i];
      continue;
    }
    if (num_groups == 2) return false;
    sizes[num_groups] = out[i];
    full[num_groups][0] = is_full[0];
    full[num_groups][1] = is_full[1];
    ++num_groups;
  }
  const bool flat = num_groups <= 1;
  const int64_t rows = flat ? 1 : sizes[0];
  const int64_t columns = flat ? sizes[0] : sizes[1];
  const auto spread_of = [&](int k) {
    const bool over_rows = flat || full[0][k];
    const bool over_columns = flat ? full[0][k] : full[1][k];
    if (over_rows && over_columns) return Spread::kFull;
    if (flat || !(over_rows || over_columns)) return Spread::kScalar;
    return over_rows ? Spread::kColumn : Spread::kRow;
  };
  MapBinary(kind, c.input(0).data<float>(), spread_of(0), c.input(1).data<float>(), spread_of(1), rows, columns,
            c.output(0).data<float>(), c.pool(), c.stop());
  return true;
}

Status InferBroadcast(InferContext& c) {
  Shape shape = c.shape(0);
  for (int i = 1; i < c.num_inputs(); ++i) {
    RIVULET_ASSIGN_OR_RETURN(shape, BroadcastShapes(shape, c.shape(i)));
  }
  c.set_output(0, std::move(shape));
  return Status();
}

Status InferSameShape(InferContext& c) {
  Shape shape = c.shape(0);
  for (int i = 1; i < c.num_inputs(); ++i) {
    RIVULET_ASSIGN_OR_RETURN(shape, MergeShapes(shape, c.shape(i)));
  }
  c.set_output(0, std::move(shape));
  return Status();
}

}  // namespace rivulet
