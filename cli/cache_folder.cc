#include "cli/cache_folder.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>

namespace rivulet::cli {

std::string* CacheFlag() {
  static std::string folder;
  return &folder;
}

void AddCacheFlag(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    command->add_option("--cache", *CacheFlag(), kCacheHelp)->type_name("DIR");
  }
}

LoadOptions Cached(int threads, LoadOptions options) {
  const char* named = std::getenv("RIVULET_CACHE");
  options.cache_folder = !CacheFlag()->empty() ? *CacheFlag() : named == nullptr ? "" : named;
  options.cache_note = [](const std::string& note) { std::fprintf(stderr, "note: %s\n", note.c_str()); };
  options.num_threads = threads;
  return options;
}

}  // namespace rivulet::cli
