#include "engine/kernels/codes_of_sums.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/codes_of_sums.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using DI = hn::RebindToSigned<D>;
using V = hn::Vec<D>;

// `count` elements of a summand from `from` on, at most a vector of them.
template <SummandType kType>
HWY_INLINE V Summand(const void* from, int64_t at, size_t count) {
  const DI di;
  if constexpr (kType == SummandType::kUint8) {
    const hn::Rebind<uint8_t, D> bytes;
    return hn::ConvertTo(D(), hn::PromoteTo(di, hn::LoadN(bytes, static_cast<const uint8_t*>(from) + at, count)));
  } else {
    const hn::Rebind<int8_t, D> bytes;
    return hn::ConvertTo(D(), hn::PromoteTo(di, hn::LoadN(bytes, static_cast<const int8_t*>(from) + at, count)));
  }
}

template <SummandType kType, typename Out>
void Rows(const CodesOfSums& task, int64_t row_begin, int64_t row_end) {
  const D d;
  const DI di;
  const hn::Rebind<Out, D> codes;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const V low = hn::Set(d, task.low), high = hn::Set(d, task.high), scale = hn::Set(d, task.summand_scale);
  auto* output = static_cast<Out*>(task.output);
  for (int64_t row = row_begin; row < row_end; ++row) {
    const int64_t first = row * task.columns;
    for (int64_t j = 0; j < task.columns; j += lanes) {
      const auto count = static_cast<size_t>(std::min(lanes, task.columns - j));
      const bool whole = static_cast<int64_t>(count) == lanes;
      const auto sums = whole ? hn::LoadU(di, task.sums + first + j) : hn::LoadN(di, task.sums + first + j, count);
      const V multiply = whole ? hn::LoadU(d, task.multiply + j) : hn::LoadN(d, task.multiply + j, count);
      const V add = whole ? hn::LoadU(d, task.add + j) : hn::LoadN(d, task.add + j, count);
      V v = hn::Add(hn::Mul(hn::ConvertTo(d, sums), multiply), add);
      if constexpr (kType != SummandType::kNone) {
        v = hn::Add(v, hn::Mul(Summand<kType>(task.summand, first + j, count), scale));
      }
      const auto made = hn::DemoteTo(codes, hn::NearestInt(hn::Min(hn::Max(v, low), high)));
      if (whole) {
        hn::StoreU(made, codes, output + first + j);
      } else {
        hn::StoreN(made, codes, output + first + j, count);
      }
    }
  }
}

template <typename Out>
void RowsOf(const CodesOfSums& task, int64_t row_begin, int64_t row_end) {
  switch (task.summand_type) {
    case SummandType::kNone: return Rows<SummandType::kNone, Out>(task, row_begin, row_end);
    case SummandType::kUint8: return Rows<SummandType::kUint8, Out>(task, row_begin, row_end);
    case SummandType::kInt8: return Rows<SummandType::kInt8, Out>(task, row_begin, row_end);
  }
}

void CodeRows(const CodesOfSums& task, int64_t row_begin, int64_t row_end) {
  task.is_signed ? RowsOf<int8_t>(task, row_begin, row_end) : RowsOf<uint8_t>(task, row_begin, row_end);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(CodeRows);

void MakeCodes(const CodesOfSums& task, ThreadPool& pool, const StopToken& stop) {
  const int64_t grain = std::max<int64_t>((1 << 16) / std::max<int64_t>(task.columns, 1), 1);
  pool.ParallelFor(task.rows, grain, stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(CodeRows)(task, begin, end);
  });
}

}  // namespace rivulet
#endif  // HWY_ONCE
