#include "engine/run/shared_memory.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/base/checked.h"

namespace rivulet {

SharedMemory::SharedMemory(const Graph& graph, const std::vector<Slot>& slots, const std::vector<int32_t>& first_slot)
    : graph_(graph), slots_(slots), first_slot_(first_slot), whole_(slots.size()), at_(slots.size(), 0) {
  std::iota(whole_.begin(), whole_.end(), 0);
}

SharedMemory::Place SharedMemory::Of(int32_t slot) {
  const auto is_owner = [&](int32_t s) { return whole_[static_cast<size_t>(s)] == s; };
  Place place{slot, 0};
  while (!is_owner(place.owner)) {
    place.at += at_[static_cast<size_t>(place.owner)];
    place.owner = whole_[static_cast<size_t>(place.owner)];
  }
  // All that were passed say so themselves from now on, or parts of parts of parts would be walked through each time.
  for (int64_t rest = place.at; slot != place.owner;) {
    const int32_t next = std::exchange(whole_[static_cast<size_t>(slot)], place.owner);
    rest -= std::exchange(at_[static_cast<size_t>(slot)], rest);
    slot = next;
  }
  return place;
}

void SharedMemory::Put(int32_t slot, int32_t whole, int64_t at) {
  whole_[static_cast<size_t>(slot)] = whole;
  at_[static_cast<size_t>(slot)] = at;
}

int64_t SharedMemory::BytesOf(int32_t slot) const {
  const CheckedSize bytes = CheckedSize(SlotAt(slot).shape.num_elements()) * ElementOf(slot);
  return bytes.valid() ? bytes.value() : -1;
}

bool SharedMemory::SharePieces(int32_t node) {
  const auto pieces = PiecesOf(graph_, graph_.node(node));
  return pieces && (pieces->joined ? Join(node, *pieces) : Cut(node, *pieces));
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
  return std::any_of(reads.begin(), reads.end(), [&](const Edge& edge) {
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
  std::sort(all.begin(), all.end());
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

}  // namespace rivulet
