// What the tables of a model hold when its first run begins, and how a graph alone comes to hold it.
#ifndef RIVULET_PREPARE_TABLE_CONTENTS_H_
#define RIVULET_PREPARE_TABLE_CONTENTS_H_

#include <string>
#include <vector>

#include "prepare/graph_def.h"
#include "rivulet/model.h"

namespace rivulet::prepare {

// Whether a node of that operator makes a table that all of a session sees by its name.
bool IsTable(const std::string& op);

struct FilledTables {
  std::vector<std::string> filled;
  std::vector<std::string> empty;  // nothing fills them, or a run does: they are as they were
};

// A graph has no initialiser. So for each table of `graph` that `model` fills at its start, from constants, from a file
// that came with it or from its checkpoint, `graph` gets keys and values as constants and a node NAME/fill, which
// whoever reads the table waits for: in each run after the first it finds the table full. The tables are found by
// their nodes' names, which must be those of the model.
Result<FilledTables> FillTables(const Model& model, GraphDef& graph);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_TABLE_CONTENTS_H_
