#include "engine/ops/matrix_band.h"

#include "engine/ops/dims.h"

namespace rivulet {

Status CheckBandShape(const Shape& k) {
  if (!k.has_rank() || k.rank() == 0) return Status();
  if (k.rank() == 1 && (k[0] < 0 || k[0] == 1 || k[0] == 2)) return Status();
  return InvalidArgument("k: want one integer or two, got shape ", k);
}

Result<BandRange> ReadBand(const Tensor& k) {
  RIVULET_RETURN_IF_ERROR(CheckBandShape(k.shape()));
  const std::vector<int64_t> values = ReadIntegers(k);
  const BandRange band{values.front(), values.back()};
  if (band.lower > band.upper) return InvalidArgument("k: want k[0] <= k[1], got [", band.lower, ",", band.upper, "]");
  return band;
}

BandAlign ParseBandAlign(std::string_view text) {
  return {text.substr(0, 5) == "RIGHT", text.size() > 6 && text.substr(text.size() - 6) == "_RIGHT"};
}

Result<int64_t> LongestDiagonal(int64_t rows, int64_t columns, const BandRange& band) {
  for (const int64_t d : {band.lower, band.upper}) {
    if (d != 0 && (d <= -rows || d >= columns)) {
      return InvalidArgument("k: diagonal ", d, " lies outside a matrix of ", rows, " x ", columns);
    }
  }
  return std::min(rows + std::min<int64_t>(band.upper, 0), columns - std::max<int64_t>(band.lower, 0));
}

Status BandCopy::Run(RunContext& c, const Tensor& from, Tensor& to, bool to_matrix) const {
  const int64_t packed = band.count() * longest, whole = rows * columns;
  for (int64_t d = band.upper; d >= band.lower; --d) {
    const int64_t length = DiagonalLength(rows, columns, d);
    if (length <= 0) continue;
    const bool right = d > 0 ? align.upper_right : d < 0 && align.lower_right;
    const int64_t in_packed = (band.upper - d) * longest + (right ? longest - length : 0);
    const int64_t in_matrix = d >= 0 ? d : -d * columns;
    AxisCopy copy(from.dtype());
    copy.Axis(count, to_matrix ? packed : whole, to_matrix ? whole : packed);
    copy.Axis(length, to_matrix ? 1 : columns + 1, to_matrix ? columns + 1 : 1);
    RIVULET_RETURN_IF_ERROR(
        copy.Run(c, from.raw(), to_matrix ? in_packed : in_matrix, to.raw(), to_matrix ? in_matrix : in_packed));
  }
  return Status();
}

}  // namespace rivulet
