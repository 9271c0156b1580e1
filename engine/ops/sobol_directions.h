// The first direction numbers of Sobol's sequence that S. Joe and F. Kuo published ("Constructing Sobol sequences with
// better two-dimensional projections", 2008): new-joe-kuo-6.21201, dims 2 to 1,111. Copyright (c) 2008, Frances Y. Kuo
// and Stephen Joe; BSD-3-Clause.
#ifndef RIVULET_ENGINE_OPS_SOBOL_DIRECTIONS_H_
#define RIVULET_ENGINE_OPS_SOBOL_DIRECTIONS_H_

#include <cstdint>

namespace rivulet {

// Reads the numbers in the order of the table: dim by dim, number k of a dim is odd and below 2^(k + 1), so k bits are
// kept of it.
class SobolDirections {
 public:
  uint32_t Next(int k);

 private:
  uint32_t at_ = 0;  // bits that were read
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_SOBOL_DIRECTIONS_H_
