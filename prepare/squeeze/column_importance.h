// Which columns of a product matter more than others: those whose channels the next products weigh more.
#ifndef RIVULET_PREPARE_SQUEEZE_COLUMN_IMPORTANCE_H_
#define RIVULET_PREPARE_SQUEEZE_COLUMN_IMPORTANCE_H_

#include <vector>

#include "prepare/squeeze/weights.h"

namespace rivulet::prepare {

// Fills in `importance` of products that are read, through operators that keep channels apart, by products alone: the
// sum of the squares of what those multiply the channel with, each by its own column's importance; 1 in the geometric
// mean.
void WeighColumns(const GraphDef& graph, std::vector<Weight>* weights);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_COLUMN_IMPORTANCE_H_
