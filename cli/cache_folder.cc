#include "cli/cache_folder.h"

#include <cstdio>
#include <cstdlib>

namespace rivulet::cli {

std::string* CacheFlag() {
  static std::string folder;
  return &folder;
}

LoadOptions Cached(int threads, LoadOptions options) {
  const char* named = std::getenv("RIVULET_CACHE");
  options.cache_folder = !CacheFlag()->empty() ? *CacheFlag() : named == nullptr ? "" : named;
  options.cache_note = [](const std::string& note) { std::fprintf(stderr, "note: %s\n", note.c_str()); };
  options.num_threads = threads;
  return options;
}

}  // namespace rivulet::cli
