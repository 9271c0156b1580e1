// Where decoded weights are kept between calls: --cache DIR, which every command and tool has, or RIVULET_CACHE.
#ifndef RIVULET_CLI_CACHE_FOLDER_H_
#define RIVULET_CLI_CACHE_FOLDER_H_

#include <string>

#include "rivulet/model.h"

namespace rivulet::cli {

inline constexpr const char* kCacheHelp =
    "Folder where the decoded weights of squeezed models are kept for the next time; default: RIVULET_CACHE, or none";

// What the flag gave; one for the process.
std::string* CacheFlag();

// The options with that folder; why it cannot be used is told on stderr, and `threads` decode.
LoadOptions Cached(int threads = 1, LoadOptions options = {});

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_CACHE_FOLDER_H_
