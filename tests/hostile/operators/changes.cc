#include "tests/hostile/operators/changes.h"

namespace rivulet::hostile {

std::vector<Change> ChangesOf(const Start& start) {
  std::vector<Change> changes;
  AddInputChanges(start, &changes);
  AddAttrChanges(start, &changes);
  AddNodeChanges(start, &changes);
  AddFileChanges(start, &changes);
  return changes;
}

Attempt Changed(const Start& start, const Change& change, size_t index) {
  Attempt attempt;
  attempt.graph = start.graph;
  attempt.feeds = start.feeds;
  attempt.fetches = start.fetches;
  attempt.targets = start.targets;
  attempt.files = start.files;
  attempt.passes = index % 2 == 0;
  const size_t often = (start.def->flags & kStateful) != 0 ? 3 : 16;
  attempt.at_once = index % often == 0;
  EditNode node = *attempt.graph.Find(start.node);
  change.make(attempt, node);
  *attempt.graph.Find(start.node) = std::move(node);
  return attempt;
}

}  // namespace rivulet::hostile
