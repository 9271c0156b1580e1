// HistogramSummary: a scalar tag and values [..] as the bytes of a tf.Summary with one histogram. Its buckets end at
// 1e-12 * 1.1^n up to 1e20, at the largest double, at zero, and at the negatives of those; a run of empty ones is one.
// NaN and infinities are errors.
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <string>
#include <vector>

#include "engine/ops/number.h"
#include "engine/ops/text_bytes.h"
#include "engine/ops/wire_writer.h"

namespace rivulet {
namespace {

const std::vector<double>& BucketLimits() {
  static const std::vector<double> limits = [] {
    std::vector<double> positive;
    for (double limit = 1.0e-12; limit < 1.0e20; limit *= 1.1) positive.push_back(limit);
    positive.push_back(DBL_MAX);
    std::vector<double> out;
    for (size_t i = positive.size(); i > 0; --i) out.push_back(-positive[i - 1]);
    out.push_back(0.0);
    out.insert(out.end(), positive.begin(), positive.end());
    return out;
  }();
  return limits;
}

struct Histogram {
  double min = DBL_MAX, max = -DBL_MAX, num = 0, sum = 0, sum_squares = 0;
  std::vector<double> counts = std::vector<double>(BucketLimits().size());

  void Add(double value) {
    const std::vector<double>& limits = BucketLimits();
    const auto bucket = static_cast<size_t>(std::upper_bound(limits.begin(), limits.end(), value) - limits.begin());
    counts[std::min(bucket, counts.size() - 1)] += 1.0;
    min = std::min(min, value);
    max = std::max(max, value);
    num += 1.0;
    sum += value;
    sum_squares += value * value;
  }

  // HistogramProto { min = 1, max = 2, num = 3, sum = 4, sum_squares = 5, bucket_limit = 6, bucket = 7 }
  std::string Message() const {
    std::string out, ends, filled;
    const double numbers[] = {min, max, num, sum, sum_squares};
    for (uint32_t i = 0; i < 5; ++i) {
      if (BitCast<uint64_t>(numbers[i]) != 0) WireWriter(&out).Double(i + 1, numbers[i]);
    }
    for (size_t i = 0; i < counts.size(); ++i) {
      while (counts[i] == 0 && i + 1 < counts.size() && counts[i + 1] == 0) ++i;
      WireWriter(&ends).PackedDouble(BucketLimits()[i]);
      WireWriter(&filled).PackedDouble(counts[i]);
    }
    WireWriter(&out).Bytes(6, ends);
    WireWriter(&out).Bytes(7, filled);
    return out;
  }
};

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
  c.set_output(0, {});
  return Status();
}

template <typename T>
Status AddAll(const RunContext& c, Histogram* histogram) {
  for (int64_t i = 0; i < c.input(1).num_elements(); ++i) {
    const auto value = static_cast<double>(Widen(c.input(1).data<T>()[i]));
    if (!std::isfinite(value)) return InvalidArgument("values: want finite numbers, got ", value, " at element ", i);
    histogram->Add(value);
    if (i % 4096 == 0 && c.stop().stopped()) return Status();
  }
  return Status();
}

Status Run(RunContext& c) {
  Histogram histogram;
  Status status;
  VisitType<float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>(
      c.input(1).dtype(), [&](auto tag) { status = AddAll<typename decltype(tag)::Type>(c, &histogram); });
  RIVULET_RETURN_IF_ERROR(std::move(status));
  const std::string& tag = *c.input(0).data<std::string>();
  TextBytes bytes(c.allocator());
  RIVULET_RETURN_IF_ERROR(bytes.Charge(CheckedSize(static_cast<int64_t>(tag.size())) * 2));
  // Summary { value = 1 }   Value { tag = 1, histo = 5 }
  std::string value;
  if (!tag.empty()) WireWriter(&value).Bytes(1, tag);
  WireWriter(&value).Bytes(5, histogram.Message());
  std::string& out = *c.output(0).data<std::string>();
  out.clear();
  WireWriter(&out).Bytes(1, value);
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "HistogramSummary",
     .inputs = "tag:str, values:T",
     .outputs = "summary:str",
     .attrs = "T:type=f32 in {f32,f64,i32,u8,i16,i8,i64,bf16,u16,f16,u32,u64}",
     .infer = Infer,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(SummaryHistogram, kDefs);

}  // namespace rivulet
