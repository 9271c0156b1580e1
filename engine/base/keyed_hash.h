// The hash of tables whose keys come from a file. Its key is drawn for each process, so that nobody can write names
// that all fall into one place, where each look-up would pass all of them.
#ifndef RIVULET_ENGINE_BASE_KEYED_HASH_H_
#define RIVULET_ENGINE_BASE_KEYED_HASH_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rivulet {

// Differs from process to process: nothing that a caller sees may depend on it, nor on the order of such a table.
struct KeyedHash {
  size_t operator()(std::string_view text) const;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_KEYED_HASH_H_
