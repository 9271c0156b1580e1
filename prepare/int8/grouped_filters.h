// Convolutions whose filter reads a part of the channels.
#ifndef RIVULET_PREPARE_INT8_GROUPED_FILTERS_H_
#define RIVULET_PREPARE_INT8_GROUPED_FILTERS_H_

#include <set>
#include <string>

#include "prepare/int8/plan.h"
#include "rivulet/session.h"

namespace rivulet::prepare {

// Of the plan's products those of groups: what a filter reads has more channels than it, on the sample. No 8-bit
// operator is grouped.
Result<std::set<std::string>> GroupedFilters(const GraphDef& graph, GraphEdit& edit, const Int8Plan& plan,
                                             const Feeds& sample, int threads);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_INT8_GROUPED_FILTERS_H_
