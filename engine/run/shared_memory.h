// Which memory the intermediates of a plan are: some are parts of others, or other names for them.
#ifndef RIVULET_ENGINE_RUN_SHARED_MEMORY_H_
#define RIVULET_ENGINE_RUN_SHARED_MEMORY_H_

#include <cstdint>
#include <vector>

#include "engine/run/pieces.h"
#include "engine/run/plan.h"

namespace rivulet {

// While the steps of a plan are made: its slots are there, their places are not.
class SharedMemory {
 public:
  // `first_slot`: by node, the slot of its first output.
  SharedMemory(const Graph& graph, const std::vector<Edge>& fetches, const std::vector<Slot>& slots,
               const std::vector<int32_t>& first_slot);

  // The slot that has memory of its own and that `slot` is a part of, and the byte at which the part begins.
  struct Place {
    int32_t owner;
    int64_t at;
    int64_t row_step = 0;  // elements from one row to the next, where a part's rows do not follow one another
  };
  Place Of(int32_t slot);

  // `slot` is another name for `of`.
  void Alias(int32_t slot, int32_t of) { Put(slot, of, 0); }

  // Lets the pieces of a node (pieces.h) be parts of the whole. True where all of them are: the node has no work.
  // Where some are, its step finds them in place. A Concat whose result is a part of another one's by rows, as in
  // densely connected networks, makes it there; what else reads it must be able to.
  bool SharePieces(int32_t node);

  // Tells the step of a node what rows its operands have, once the places of all are known.
  void SetRows(int32_t node, OpState* state);

 private:
  bool Join(int32_t node, const Pieces& pieces);
  bool Cut(int32_t node, const Pieces& pieces);
  void JoinByRows(int32_t node, const ConcatRows& joined);
  bool CanLieByRows(Edge edge, int32_t whole, int64_t rows, int64_t columns);
  // Whether the step that makes `slot` reads the memory of one of `others`, which are in order.
  bool ReadsOneOf(int32_t slot, const std::vector<int32_t>& others);

  const Slot& SlotAt(int32_t slot) const { return slots_[static_cast<size_t>(slot)]; }
  int32_t SlotOf(Edge edge) const { return first_slot_[static_cast<size_t>(edge.node)] + edge.slot; }
  bool IsArena(int32_t slot) const { return SlotAt(slot).kind == Slot::Kind::kArena; }
  int64_t ElementOf(int32_t slot) const { return static_cast<int64_t>(ElementBytes(SlotAt(slot).dtype)); }
  int64_t BytesOf(int32_t slot) const;  // -1 where they cannot be counted
  void Put(int32_t slot, int32_t whole, int64_t at, int64_t row_step = 0);

  const Graph& graph_;
  const std::vector<Edge>& fetches_;
  const std::vector<Slot>& slots_;
  const std::vector<int32_t>& first_slot_;
  std::vector<int32_t> whole_;  // by slot; itself where it has memory of its own
  std::vector<int64_t> at_;
  std::vector<int64_t> row_step_;
  std::vector<int64_t> rows_;  // by slot: of what are parts of it by rows; -1 with other parts; 0 without
  std::vector<std::vector<int32_t>> readers_;  // by slot: nodes, and -1 for a fetch; made when they are asked for
  bool has_rows_ = false;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_SHARED_MEMORY_H_
