// One run of a changed graph, within small limits, and what must hold of it.
#ifndef RIVULET_TESTS_HOSTILE_OPERATORS_ATTEMPT_H_
#define RIVULET_TESTS_HOSTILE_OPERATORS_ATTEMPT_H_

#include "tests/hostile/operators/start.h"

namespace rivulet::hostile {

struct Attempt {
  EditGraph graph;
  Feeds feeds;
  std::vector<std::string> fetches;
  std::vector<std::string> targets;
  bool passes = true;
  // Two threads run one session, and a third another session of the model, all at once.
  bool at_once = false;
  size_t budget = size_t{16} << 20;
  // Not empty: the graph is that of a SavedModel in kModelFolder, with these files.
  ModelFolder files;
};

enum class Outcome { kResults, kError, kStopped };

// What came of it; or what was wrong: an INTERNAL error, more memory than the budget, a run that goes on past its
// deadline, an error that names no node, a result that depends on memory nobody wrote, a write outside of a buffer.
// Crashes are for who runs this in a process of its own.
Result<Outcome> Try(const Attempt& attempt);

// Models with files get a folder for each process, within one that is gone with this.
class ModelFolders {
 public:
  ModelFolders();
  ~ModelFolders();
  ModelFolders(const ModelFolders&) = delete;
  ModelFolders& operator=(const ModelFolders&) = delete;
};

}  // namespace rivulet::hostile

#endif  // RIVULET_TESTS_HOSTILE_OPERATORS_ATTEMPT_H_
