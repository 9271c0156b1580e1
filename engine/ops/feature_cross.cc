#include "engine/ops/feature_cross.h"

#include <algorithm>
#include <limits>

#include "engine/ops/fingerprint64.h"
#include "engine/base/sip_hash.h"
#include "engine/ops/sparse_parts.h"
#include "engine/ops/text_bytes.h"
#include "engine/ops/value_rows.h"

namespace rivulet {
namespace {

constexpr int64_t kPoll = 4096;

// Of two hashes one, by which their order counts.
uint64_t JoinHashes(uint64_t first, uint64_t second) {
  constexpr uint64_t kMultiplier = 0xc6a4a7935bd1e995;
  const auto fold = [](uint64_t x) { return x ^ (x >> 47); };
  const uint64_t mixed = (first ^ kMultiplier ^ (fold(second * kMultiplier) * kMultiplier)) * kMultiplier;
  return fold(fold(mixed) * kMultiplier);
}

uint64_t NumberOf(const FeatureHash& hash, const FeatureColumn& column, int64_t i) {
  using Kind = FeatureHash::Kind;
  if (column.values().dtype() == DType::kString) {
    const std::string& text = column.values().data<std::string>()[i];
    return hash.kind == Kind::kStrong ? SipHash(hash.key[0], hash.key[1]).Of(text) : Fingerprint64(text);
  }
  const auto number = static_cast<uint64_t>(column.values().data<int64_t>()[i]);
  if (hash.kind == Kind::kPlain || (hash.kind == Kind::kSalted && column.is_dense())) return number;
  char low[4];
  for (int k = 0; k < 4; ++k) low[k] = static_cast<char>(number >> (8 * k));
  const std::string_view bytes(low, sizeof(low));
  return hash.kind == Kind::kStrong ? SipHash(hash.key[0], hash.key[1]).Of(bytes) : Fingerprint64(bytes);
}

std::string TextOf(const Tensor& values, int64_t i) {
  if (values.dtype() == DType::kString) return values.data<std::string>()[i];
  return std::to_string(values.data<int64_t>()[i]);
}

// Calls take(column, value) for the columns whose value is another than in the cross before, from the first of them to
// the last column, and emit() after each cross. False when the run was stopped.
template <typename Take, typename Emit>
bool ForEachCross(RunContext& c, const std::vector<FeatureColumn>& columns, int64_t row, const Take& take,
                  const Emit& emit) {
  std::vector<FeatureSpan> spans;
  for (const FeatureColumn& column : columns) spans.push_back(column.Row(row));
  std::vector<int64_t> digits(columns.size(), 0);
  size_t changed = 0;
  for (int64_t n = 1;; ++n) {
    if (n % kPoll == 0 && c.stop().stopped()) return false;
    for (size_t k = changed; k < columns.size(); ++k) take(k, spans[k].begin + digits[k]);
    emit();
    size_t k = columns.size();
    while (k > 0 && ++digits[k - 1] == spans[k - 1].count) digits[--k] = 0;
    if (k == 0) return true;
    changed = k - 1;
  }
}

// What the text of the row's crosses takes: every value of a column comes equally often.
CheckedSize TextSize(const std::vector<FeatureColumn>& columns, const RowCrosses& row, size_t separator) {
  CheckedSize size = CheckedSize(static_cast<int64_t>(separator * (columns.size() - 1))) * row.count;
  for (const FeatureColumn& column : columns) {
    const FeatureSpan span = column.Row(row.row);
    CheckedSize once = 0;
    for (int64_t i = 0; i < span.count; ++i) {
      once += static_cast<int64_t>(TextOf(column.values(), span.begin + i).size());
    }
    size += once * (row.count / span.count);
  }
  return size;
}

}  // namespace

// ---- Columns ----

FeatureColumn FeatureColumn::Dense(const Tensor& values) { return {Kind::kDense, &values, nullptr}; }
FeatureColumn FeatureColumn::Sparse(const Tensor& indices, const Tensor& values) {
  return {Kind::kSparse, &values, &indices};
}
FeatureColumn FeatureColumn::Ragged(const Tensor& splits, const Tensor& values) {
  return {Kind::kRagged, &values, &splits};
}

int64_t FeatureColumn::FirstFrom(int64_t row) const {
  const int64_t* indices = places_->data<int64_t>();
  int64_t begin = 0, end = places_->dim(0);
  while (begin < end) {
    const int64_t middle = begin + (end - begin) / 2;
    if (indices[2 * middle] < row) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

FeatureSpan FeatureColumn::Row(int64_t row) const {
  if (kind_ == Kind::kDense) return {row * values_->dim(1), values_->dim(1)};
  if (kind_ == Kind::kRagged) {
    const Indices splits(*places_);
    return {splits[row], splits[row + 1] - splits[row]};
  }
  const int64_t begin = FirstFrom(row);
  return {begin, FirstFrom(row + 1) - begin};
}

int64_t FeatureColumn::NextRow(int64_t row) const {
  constexpr int64_t kNone = std::numeric_limits<int64_t>::max();
  if (kind_ == Kind::kDense) return values_->dim(1) == 0 ? kNone : row;
  if (kind_ == Kind::kRagged) return row;
  const int64_t first = FirstFrom(row);
  return first == places_->dim(0) ? kNone : places_->data<int64_t>()[2 * first];
}

Status InferSparseFeature(InferContext& c, int indices, int values, int shape, int number) {
  auto facts = InferSparse(c, indices, values, shape);
  if (!facts.ok()) return std::move(facts).status().Framed(Cat("sparse input ", number));
  if (facts->rank < 0 || facts->rank == 2) return Status();
  return InvalidArgument("sparse input ", number, ": want a row and a place in it for each index, got ", facts->rank,
                         " coordinates");
}

Status AgreeOnRows(int64_t got, std::string_view kind, int number, int64_t* rows) {
  if (*rows < 0) *rows = got;
  if (got == *rows && got >= 0) return Status();
  return InvalidArgument(kind, " input ", number, ": want ", std::max<int64_t>(*rows, 0), " rows, got ", got);
}

Status CheckSparseFeature(RunContext& c, const Tensor& indices, const Tensor& shape, size_t number) {
  const int64_t* index = indices.data<int64_t>();
  const std::span<const int64_t> dims = shape.values<int64_t>();
  for (int64_t i = 0; i < indices.dim(0); ++i) {
    if (i % kPoll == kPoll - 1 && c.stop().stopped()) return c.stop().Why();
    if (!IsInside(index + 2 * i, dims)) {
      return InvalidArgument("sparse input ", number, ": index ", i, ": want one inside of ", IndexText(dims.data(), 2),
                             ", got ", IndexText(index + 2 * i, 2));
    }
    if (i > 0 && index[2 * i] < index[2 * i - 2]) {
      return InvalidArgument("sparse input ", number, ": index ", i, ": want rows in order, got row ", index[2 * i],
                             " after row ", index[2 * i - 2]);
    }
  }
  return Status();
}

Status CheckRaggedFeature(RunContext& c, const Tensor& splits, const Tensor& values, size_t number) {
  const Indices split(splits);
  const int64_t n = splits.num_elements();
  if (n == 0) return InvalidArgument("ragged input ", number, ": want at least one row split, got none");
  if (split[0] != 0 || split[n - 1] != values.num_elements()) {
    return InvalidArgument("ragged input ", number, ": want row splits from 0 to ", values.num_elements(),
                           ", the number of values, got ", split[0], " to ", split[n - 1]);
  }
  for (int64_t i = 1; i < n; ++i) {
    if (i % kPoll == 0 && c.stop().stopped()) return c.stop().Why();
    if (split[i] < split[i - 1]) {
      return InvalidArgument("ragged input ", number, ": row splits: want no decrease, got ", split[i], " after ",
                             split[i - 1]);
    }
  }
  return Status();
}

// ---- Crosses ----

Result<std::vector<RowCrosses>> CountCrosses(RunContext& c, const std::vector<FeatureColumn>& columns, int64_t rows) {
  std::vector<RowCrosses> crosses;
  if (columns.empty()) return crosses;
  CheckedSize total = 0;
  int64_t polled = 0;
  for (int64_t row = 0; row < rows;) {
    if (++polled % kPoll == 0 && c.stop().stopped()) return c.stop().Why();
    int64_t next = row;
    for (const FeatureColumn& column : columns) next = std::max(next, column.NextRow(row));
    if (next > row) {
      row = next;
      continue;
    }
    CheckedSize count = 1;
    bool is_empty = false;
    for (const FeatureColumn& column : columns) {
      const int64_t values = column.Row(row).count;
      is_empty |= values == 0;
      if (!is_empty) count *= values;
    }
    if (!is_empty) {
      total += count;
      if (!total.valid()) return ResourceExhausted("there are more crosses than any memory holds");
      crosses.push_back({row, count.value()});
    }
    ++row;
  }
  return crosses;
}

Status HashCrosses(RunContext& c, const std::vector<FeatureColumn>& columns, const std::vector<RowCrosses>& rows,
                   const CrossHash& hash, Tensor* out) {
  const uint64_t buckets =
      hash.num_buckets > 0 ? static_cast<uint64_t>(hash.num_buckets) : uint64_t{std::numeric_limits<int64_t>::max()};
  int64_t* to = out->num_elements() > 0 ? out->data<int64_t>() : nullptr;
  std::vector<uint64_t> prefix(columns.size());
  const auto take = [&](size_t k, int64_t i) {
    const uint64_t number = NumberOf(hash.feature, columns[k], i);
    if (k > 0) {
      prefix[k] = JoinHashes(prefix[k - 1], number);
    } else {
      prefix[k] = hash.has_start ? JoinHashes(hash.start, number) : number;
    }
  };
  const auto emit = [&] { *to++ = static_cast<int64_t>(prefix.back() % buckets); };
  for (const RowCrosses& row : rows) {
    if (!ForEachCross(c, columns, row.row, take, emit)) return c.stop().Why();
  }
  return Status();
}

Status JoinCrosses(RunContext& c, const std::vector<FeatureColumn>& columns, const std::vector<RowCrosses>& rows,
                   std::string_view separator, Tensor* out) {
  TextBytes bytes(c.allocator());
  for (const RowCrosses& row : rows) {
    if (c.stop().stopped()) return c.stop().Why();
    RIVULET_RETURN_IF_ERROR(bytes.Charge(TextSize(columns, row, separator.size())));
  }
  std::string* to = out->num_elements() > 0 ? out->data<std::string>() : nullptr;
  std::string text;
  std::vector<size_t> begins(columns.size(), 0);  // where the text of each column begins, after its separator
  const auto take = [&](size_t k, int64_t i) {
    text.resize(begins[k]);
    text += TextOf(columns[k].values(), i);
    if (k + 1 == columns.size()) return;
    text += separator;
    begins[k + 1] = text.size();
  };
  const auto emit = [&] { *to++ = text; };
  for (const RowCrosses& row : rows) {
    if (!ForEachCross(c, columns, row.row, take, emit)) return c.stop().Why();
  }
  return Status();
}

}  // namespace rivulet
