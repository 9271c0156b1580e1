// What a model may ask for before it is refused.
#ifndef RIVULET_LIMITS_H_
#define RIVULET_LIMITS_H_

#include <cstdint>

namespace rivulet {

struct Limits {
  int64_t file_bytes = int64_t{4} << 30;
  int64_t nodes = 2'000'000;
  int nesting_depth = 100;  // messages within messages
  int tensor_dims = 254;
  int function_depth = 64;                 // functions that call functions
  int64_t index_bytes = int64_t{1} << 30;  // a checkpoint's index: names, and blocks that are compressed

  // For files from strangers.
  static Limits Strict() {
    Limits limits;
    limits.file_bytes = int64_t{256} << 20;
    limits.nodes = 100'000;
    limits.nesting_depth = 32;
    limits.tensor_dims = 8;
    limits.function_depth = 8;
    limits.index_bytes = int64_t{64} << 20;
    return limits;
  }
};

}  // namespace rivulet

#endif  // RIVULET_LIMITS_H_
