// Which columns of a product matter more than others: those whose channels the next products weigh more.
#ifndef RIVULET_PREPARE_SQUEEZE_COLUMN_IMPORTANCE_H_
#define RIVULET_PREPARE_SQUEEZE_COLUMN_IMPORTANCE_H_

#include <map>
#include <string>
#include <vector>

#include "prepare/squeeze/weights.h"

namespace rivulet::prepare {

// How much each channel of an output counts, by the output's node.
using OutputWeights = std::map<std::string, std::vector<double>, std::less<>>;

// Fills in `importance` of products that are read, through operators that keep channels apart, by products and outputs
// alone: the sum of the squares of what those multiply the channel with, each by its own column's importance; 1 in the
// geometric mean.
void WeighColumns(const GraphDef& graph, const OutputWeights& outputs, std::vector<Weight>* weights);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_COLUMN_IMPORTANCE_H_
