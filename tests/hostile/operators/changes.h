// What can be wrong about a use of an operator: for each input, each attribute and the node as a whole, one change
// each.
#ifndef RIVULET_TESTS_HOSTILE_OPERATORS_CHANGES_H_
#define RIVULET_TESTS_HOSTILE_OPERATORS_CHANGES_H_

#include <functional>
#include <string>
#include <vector>

#include "tests/hostile/operators/attempt.h"

namespace rivulet::hostile {

struct Change {
  std::string what;  // "input 1 = int32[2] of -1"
  std::function<void(Attempt&, EditNode&)> make;
};

// Of the inputs' values and shapes, their element types and what they come from.
void AddInputChanges(const Start& start, std::vector<Change>* changes);
// Attributes that are missing, of another kind, or out of any range.
void AddAttrChanges(const Start& start, std::vector<Change>* changes);
// Inputs that are missing, too many or all the same; variables without values; little memory; many threads.
void AddNodeChanges(const Start& start, std::vector<Change>* changes);
// Files that are missing, cut, longer, of other bytes, or another file.
void AddFileChanges(const Start& start, std::vector<Change>* changes);

// All of them, always in the same order.
std::vector<Change> ChangesOf(const Start& start);
// Change number `index` made; how it is run (passes, inputs fed or constant, several threads) depends on the number.
Attempt Changed(const Start& start, const Change& change, size_t index);

}  // namespace rivulet::hostile

#endif  // RIVULET_TESTS_HOSTILE_OPERATORS_CHANGES_H_
