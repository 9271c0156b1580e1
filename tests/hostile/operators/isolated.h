// Work in processes of its own: a piece that crashes, hangs or eats memory is reported and the rest goes on.
#ifndef RIVULET_TESTS_HOSTILE_OPERATORS_ISOLATED_H_
#define RIVULET_TESTS_HOSTILE_OPERATORS_ISOLATED_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace rivulet::hostile {

// Shared between one worker and who watches it.
struct Progress {
  static constexpr size_t kTextBytes = 1000;
  std::atomic<int64_t> beats;
  std::atomic<int64_t> piece;
  std::atomic<int64_t> step;
  std::atomic<int64_t> counts[4];
  char text[kTextBytes];

  // Before each step: what is tried, in case nothing comes back.
  void Begin(int64_t next_step, const std::string& what);
};

// Does steps `from`, `from` + 1, ... of the piece, calling Begin before each.
using Work = std::function<void(int64_t piece, int64_t from, Progress& progress)>;

struct Crash {
  int64_t piece = 0;
  std::string text;  // of the step
  std::string how;   // "signal 11", "exit 1", "no progress for 60 s", "900 MiB of memory"
};

struct Isolation {
  int jobs = 1;
  double hang_seconds = 120;         // without a new step
  int64_t most_mebibytes = 4096;     // resident, of a worker
  int most_crashes_of_a_piece = 20;  // then the rest of the piece is given up
};

struct IsolatedResult {
  std::vector<Crash> crashes;
  int64_t counts[4] = {};
};

// Pieces 0 to `count`. The caller has no other threads.
IsolatedResult RunIsolated(int64_t count, const Isolation& isolation, const Work& work);

}  // namespace rivulet::hostile

#endif  // RIVULET_TESTS_HOSTILE_OPERATORS_ISOLATED_H_
