#include "cli/progress.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace rivulet::cli {

void ShowProgress(std::string_view what, size_t done, size_t all) {
  if (isatty(STDERR_FILENO) == 0) return;
  using Clock = std::chrono::steady_clock;
  static const Clock::time_point start = Clock::now();
  static Clock::time_point last = start;
  const Clock::time_point now = Clock::now();
  if (now - start < std::chrono::seconds(2) || now - last < std::chrono::milliseconds(300)) return;
  last = now;
  std::fprintf(stderr, "\r%.*s: %zu of %zu\033[K", static_cast<int>(what.size()), what.data(), done, all);
}

void EndProgress() {
  if (isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\r\033[K");
}

}  // namespace rivulet::cli
