// Bands of diagonals of matrices, as MatrixDiag, MatrixDiagPart and MatrixSetDiag have them.
//
// Diagonal d of a matrix holds the elements [i, i + d]; d > 0 lies above the main one. The diagonals from k[0] to k[1]
// are packed as rows of a [k[1] - k[0] + 1, longest] array, from the upper one down; a shorter one lies left or right
// in its row. A band of one diagonal has no axis for the rows.
#ifndef RIVULET_ENGINE_OPS_MATRIX_BAND_H_
#define RIVULET_ENGINE_OPS_MATRIX_BAND_H_

#include <algorithm>
#include <string_view>

#include "engine/ops/op.h"
#include "engine/ops/axis_copy.h"

namespace rivulet {

struct BandRange {
  int64_t lower = 0;
  int64_t upper = 0;
  int64_t count() const { return upper - lower + 1; }
};

// k: one integer, or two that do not fall.
Result<BandRange> ReadBand(const Tensor& k);
// Ok unless k has a shape that cannot be one.
Status CheckBandShape(const Shape& k);

// Which of shorter diagonals lie right in their rows.
struct BandAlign {
  bool upper_right = false;  // those with d > 0
  bool lower_right = false;  // those with d < 0
};
// LEFT_RIGHT and so on: the first word is about d > 0, the second about d < 0.
BandAlign ParseBandAlign(std::string_view text);

inline int64_t DiagonalLength(int64_t rows, int64_t columns, int64_t d) {
  return std::min(rows + std::min<int64_t>(d, 0), columns - std::max<int64_t>(d, 0));
}
// The length of the longest of the band; an error where a diagonal lies outside the matrix.
Result<int64_t> LongestDiagonal(int64_t rows, int64_t columns, const BandRange& band);

// `count` matrices of rows x columns with their packed bands; both sides have elements.
struct BandCopy {
  int64_t count = 1;
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t longest = 0;
  BandRange band;
  BandAlign align;

  Status Run(RunContext& c, const Tensor& from, Tensor& to, bool to_matrix) const;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_MATRIX_BAND_H_
