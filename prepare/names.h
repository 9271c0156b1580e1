// Tables of names that come from a file. Their hash has a key of the process (KeyedHash), so nobody can write names
// that all fall into one place; nothing that is written or said may depend on the order in which such a table is
// walked.
#ifndef RIVULET_PREPARE_NAMES_H_
#define RIVULET_PREPARE_NAMES_H_

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "engine/base/free_name.h"
#include "engine/base/keyed_hash.h"

namespace rivulet::prepare {

template <typename Value>
using NameMap = std::unordered_map<std::string, Value, KeyedHash>;
using NameSet = std::unordered_set<std::string, KeyedHash>;

// The names are others'.
template <typename Value>
using NameViewMap = std::unordered_map<std::string_view, Value, KeyedHash>;
using NameViewSet = std::unordered_set<std::string_view, KeyedHash>;

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_NAMES_H_
