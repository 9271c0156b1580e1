// How much may change, how large it may be: amounts as people write them.
#ifndef RIVULET_CLI_SHRINK_AMOUNTS_H_
#define RIVULET_CLI_SHRINK_AMOUNTS_H_

#include <cstdint>
#include <string>

#include "rivulet/status.h"

namespace rivulet::cli {

// "1%" or "0.01".
Result<double> ParseShare(const std::string& text);

// "8MB", "300KB" or bytes; a thousand to the next.
Result<int64_t> ParseSize(const std::string& text);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_SHRINK_AMOUNTS_H_
