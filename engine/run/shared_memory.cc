#include "engine/run/shared_memory.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/base/built.h"
#include "engine/base/checked.h"
#include "engine/base/sort.h"
#include "engine/ops/concat.h"
#include "engine/ops/elementwise_chain.h"

namespace rivulet {
namespace {

constexpr bool kHasRows = (IsBuilt("Concat") || IsBuilt("ConcatV2")) && IsBuilt("_ElementwiseChain");
// A tensor with more readers, or whose step has more inputs, is not looked at: so the work grows with the graph, and
// not with its square.
constexpr size_t kMostReaders = 32;
constexpr size_t kMostInputs = 256;

}  // namespace

SharedMemory::SharedMemory(const Graph& graph, const std::vector<Edge>& fetches, const std::vector<Slot>& slots,
                           const std::vector<int32_t>& first_slot)
    : graph_(graph),
      fetches_(fetches),
      slots_(slots),
      first_slot_(first_slot),
      whole_(slots.size()),
      at_(slots.size(), 0),
      row_step_(slots.size(), 0),
      rows_(slots.size(), 0) {
  std::iota(whole_.begin(), whole_.end(), 0);
}

SharedMemory::Place SharedMemory::Of(int32_t slot) {
  const auto is_owner = [&](int32_t s) { return whole_[static_cast<size_t>(s)] == s; };
  Place place{slot, 0};
  int64_t passed = 0, with_rows = 0;  // of the slots passed so many lie in rows
  while (!is_owner(place.owner)) {
    place.at += at_[static_cast<size_t>(place.owner)];
    ++passed;
    if (row_step_[static_cast<size_t>(place.owner)] > 0) {
      place.row_step = row_step_[static_cast<size_t>(place.owner)];
      with_rows = passed;
    }
    place.owner = whole_[static_cast<size_t>(place.owner)];
  }
  // All that were passed say so themselves from now on, or parts of parts of parts would be walked through each time.
  for (int64_t rest = place.at; slot != place.owner;) {
    const int32_t next = std::exchange(whole_[static_cast<size_t>(slot)], place.owner);
    rest -= std::exchange(at_[static_cast<size_t>(slot)], rest);
    if (with_rows-- > 0) row_step_[static_cast<size_t>(slot)] = place.row_step;
    slot = next;
  }
  return place;
}

void SharedMemory::Put(int32_t slot, int32_t whole, int64_t at, int64_t row_step) {
  whole_[static_cast<size_t>(slot)] = whole;
  at_[static_cast<size_t>(slot)] = at;
  row_step_[static_cast<size_t>(slot)] = row_step;
  if (row_step == 0) rows_[static_cast<size_t>(whole)] = -1;
}

int64_t SharedMemory::BytesOf(int32_t slot) const {
  const CheckedSize bytes = CheckedSize(SlotAt(slot).shape.num_elements()) * ElementOf(slot);
  return bytes.valid() ? bytes.value() : -1;
}

bool SharedMemory::SharePieces(int32_t node) {
  const auto pieces = PiecesOf(graph_, graph_.node(node));
  if (pieces) return pieces->joined ? Join(node, *pieces) : Cut(node, *pieces);
  if constexpr (kHasRows) {
    const auto joined = ConcatRowsOf(graph_, graph_.node(node));
    if (joined) JoinByRows(node, *joined);
  }
  return false;
}

// The whole lives as long as any piece is read, so small pieces must not keep a large one.
bool SharedMemory::Cut(int32_t node, const Pieces& pieces) {
  constexpr int64_t kSmall = 1 << 16;
  const int32_t whole = SlotOf(graph_.node(node).inputs[static_cast<size_t>(pieces.first)]);
  if (!IsArena(whole) || BytesOf(whole) < 0) return false;
  const int32_t first = SlotOf({node, 0}), end = first + static_cast<int32_t>(pieces.at.size());
  int64_t bytes = 0;
  for (int32_t piece = first; piece < end; ++piece) {
    if (!IsArena(piece)) return false;
    bytes += BytesOf(piece);
  }
  if (BytesOf(whole) > kSmall && bytes < BytesOf(whole) / 2) return false;
  for (int32_t piece = first; piece < end; ++piece) {
    Put(piece, whole, pieces.at[static_cast<size_t>(piece - first)] * ElementOf(whole));
  }
  return true;
}

bool SharedMemory::ReadsOneOf(int32_t slot, const std::vector<int32_t>& others) {
  const auto node = std::upper_bound(first_slot_.begin(), first_slot_.end(), slot) - first_slot_.begin() - 1;
  const std::vector<Edge>& reads = graph_.node(static_cast<int32_t>(node)).inputs;
  return reads.size() > kMostInputs || std::any_of(reads.begin(), reads.end(), [&](const Edge& edge) {
           const int32_t owner = Of(SlotOf(edge)).owner;
           return owner != slot && std::binary_search(others.begin(), others.end(), owner);
         });
}

// A piece is made where it belongs if it has memory of its own, unless its step reads another piece: kernels load a
// whole last register, and what follows there would be written at that time.
bool SharedMemory::Join(int32_t node, const Pieces& pieces) {
  const int32_t whole = SlotOf({node, 0});
  if (!IsArena(whole) || BytesOf(whole) < 0) return false;
  std::vector<int32_t> owners(pieces.at.size(), -1), all;
  for (size_t i = 0; i < owners.size(); ++i) {
    const int32_t piece = SlotOf(graph_.node(node).inputs[static_cast<size_t>(pieces.first) + i]);
    const int32_t owner = Of(piece).owner;
    if (!IsArena(owner) || BytesOf(owner) != BytesOf(piece)) continue;
    owners[i] = owner;
    all.push_back(owner);
  }
  Sort(all.begin(), all.end());
  for (int32_t& owner : owners) {
    if (owner >= 0 && ReadsOneOf(owner, all)) owner = -1;
  }
  size_t put = 0;
  for (size_t i = 0; i < owners.size(); ++i) {
    // The same piece may come twice.
    if (owners[i] < 0 || whole_[static_cast<size_t>(owners[i])] != owners[i]) continue;
    Put(owners[i], whole, pieces.at[i] * ElementOf(whole));
    ++put;
  }
  return put == owners.size();
}

void SharedMemory::JoinByRows(int32_t node, const ConcatRows& joined) {
  const int32_t whole = SlotOf({node, 0});
  if (!IsArena(whole) || BytesOf(whole) < 0 || SlotAt(whole).dtype != DType::kFloat) return;
  int64_t at = 0;
  for (size_t i = 0; i < joined.sizes.size(); ++i) {
    const Edge edge = graph_.node(node).inputs[static_cast<size_t>(joined.first) + i];
    if (CanLieByRows(edge, node, joined.rows, joined.sizes[i])) {
      Put(SlotOf(edge), whole, at * ElementOf(whole), joined.columns);
      rows_[static_cast<size_t>(whole)] = joined.rows;
      has_rows_ = true;
    }
    at += joined.sizes[i];
  }
}

// What makes it is a Concat of the same rows; all that read it, but for `joins`, are chains of element-wise operators.
bool SharedMemory::CanLieByRows(Edge edge, int32_t joins, int64_t rows, int64_t columns) {
  if (readers_.empty()) {
    readers_.resize(slots_.size());
    for (int32_t i = 0; i < graph_.size(); ++i) {
      for (const Edge& read : graph_.node(i).inputs) readers_[static_cast<size_t>(SlotOf(read))].push_back(i);
    }
    for (const Edge& fetch : fetches_) readers_[static_cast<size_t>(SlotOf(fetch))].push_back(-1);
  }
  const auto slot = static_cast<size_t>(SlotOf(edge));
  if (!IsArena(SlotOf(edge)) || whole_[slot] != SlotOf(edge)) return false;
  if (rows_[slot] != 0 && rows_[slot] != rows) return false;
  const std::vector<int32_t>& readers = readers_[slot];
  if (readers.size() > kMostReaders || std::count(readers.begin(), readers.end(), joins) != 1) return false;
  const auto made = ConcatRowsOf(graph_, graph_.node(edge.node));
  if (!made || made->rows != rows) return false;
  return std::all_of(readers.begin(), readers.end(), [&](int32_t reader) {
    if (reader == joins) return true;
    if (reader < 0 || graph_.node(reader).op != kElementwiseChain.name) return false;
    return ChainReadsRows(graph_, graph_.node(reader), edge, columns);
  });
}

void SharedMemory::SetRows(int32_t node, OpState* state) {
  if constexpr (kHasRows) {
    if (!has_rows_ || state == nullptr) return;
    const Node& made = graph_.node(node);
    const int64_t written = made.outputs.empty() ? 0 : Of(SlotOf({node, 0})).row_step;
    if (written > 0) SetJoinedRows(*state, written);
    if (made.op != kElementwiseChain.name) return;
    for (size_t i = 0; i < made.inputs.size(); ++i) {
      const int64_t step = Of(SlotOf(made.inputs[i])).row_step;
      if (step == 0) continue;
      const auto joined = ConcatRowsOf(graph_, graph_.node(made.inputs[i].node));
      if (joined) SetChainRows(*state, static_cast<int>(i), joined->columns, step);
    }
  }
}

}  // namespace rivulet
