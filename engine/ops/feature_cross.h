// Crosses of features: of each row of a batch, all ways to take one value of each column, the last column's fastest.
// What SparseCross and RaggedCross share. Values are int64 or strings.
#ifndef RIVULET_ENGINE_OPS_FEATURE_CROSS_H_
#define RIVULET_ENGINE_OPS_FEATURE_CROSS_H_

#include <string>
#include <string_view>
#include <vector>

#include "engine/ops/indices.h"
#include "engine/ops/op.h"

namespace rivulet {

// The values of a row, one after another.
struct FeatureSpan {
  int64_t begin = 0;
  int64_t count = 0;
};

// The values of one feature for every row. A view: the tensors must outlive it.
class FeatureColumn {
 public:
  // values [rows, width].
  static FeatureColumn Dense(const Tensor& values);
  // Indices [n, 2] and values [n], checked by CheckSparseFeature.
  static FeatureColumn Sparse(const Tensor& indices, const Tensor& values);
  // Row splits [rows + 1] and values, checked by CheckRaggedFeature.
  static FeatureColumn Ragged(const Tensor& splits, const Tensor& values);

  FeatureSpan Row(int64_t row) const;
  // The first row from `row` on that may have values.
  int64_t NextRow(int64_t row) const;
  const Tensor& values() const { return *values_; }
  bool is_dense() const { return kind_ == Kind::kDense; }

 private:
  enum class Kind { kDense, kSparse, kRagged };
  FeatureColumn(Kind kind, const Tensor* values, const Tensor* places)
      : kind_(kind), values_(values), places_(places) {}

  int64_t FirstFrom(int64_t row) const;  // of sparse indices

  Kind kind_;
  const Tensor* values_;
  const Tensor* places_;
};

// The shapes of a sparse feature's parts, at these inputs: as InferSparse, with a row and a place in it for each index.
Status InferSparseFeature(InferContext& c, int indices, int values, int shape, int number);
// Takes `got` for the number of rows while that is below 0; an error where a feature has others, or fewer than none.
Status AgreeOnRows(int64_t got, std::string_view kind, int number, int64_t* rows);

// OK unless an index lies outside of the shape, or its row comes before the one of the index before it.
Status CheckSparseFeature(RunContext& c, const Tensor& indices, const Tensor& shape, size_t number);
// OK unless the splits are not those of all the values.
Status CheckRaggedFeature(RunContext& c, const Tensor& splits, const Tensor& values, size_t number);

// How values become numbers before they are joined.
struct FeatureHash {
  enum class Kind {
    kPlain,   // a string's fingerprint, an integer itself
    kSalted,  // as TensorFlow has it, the fingerprint of the low half of an integer of a column that is not dense
    kStrong,  // the keyed hash of a string, or of the low half of an integer
  };
  Kind kind = Kind::kPlain;
  uint64_t key[2] = {0, 0};
};

// How a row's numbers become one.
struct CrossHash {
  FeatureHash feature;
  bool has_start = true;  // the hash begins with `start`, else with the first column's number
  uint64_t start = 0;
  int64_t num_buckets = 0;  // below 1: as many as there are positive numbers
};

// The number of crosses of every row that has some, in order. `rows` is the number of rows; no column, no row.
struct RowCrosses {
  int64_t row, count;
};
Result<std::vector<RowCrosses>> CountCrosses(RunContext& c, const std::vector<FeatureColumn>& columns, int64_t rows);

// Writes the crosses of the rows, one after another, into an int64 or string tensor that has room for them.
Status HashCrosses(RunContext& c, const std::vector<FeatureColumn>& columns, const std::vector<RowCrosses>& rows,
                   const CrossHash& hash, Tensor* out);
Status JoinCrosses(RunContext& c, const std::vector<FeatureColumn>& columns, const std::vector<RowCrosses>& rows,
                   std::string_view separator, Tensor* out);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_FEATURE_CROSS_H_
