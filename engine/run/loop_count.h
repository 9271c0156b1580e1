// How often loops went round, for whoever asks.
#ifndef RIVULET_ENGINE_RUN_LOOP_COUNT_H_
#define RIVULET_ENGINE_RUN_LOOP_COUNT_H_

#include <cstdint>
#include <map>
#include <string>

namespace rivulet {

// While one lives, it counts the iterations of all loops that runs on its thread make; of several the last one counts.
// Loops run on the thread that called Session::Run, whatever the session's number of threads.
class LoopCount {
 public:
  LoopCount();
  ~LoopCount();
  LoopCount(const LoopCount&) = delete;
  LoopCount& operator=(const LoopCount&) = delete;

  // By the loop's path of nodes: a loop's node, or "outer/body/inner". Loops that made no iteration are there, too.
  const std::map<std::string, int64_t>& loops() const { return loops_; }

  // Whether anyone counts: ask before a path is put together for Add.
  static bool IsWanted() { return current_ != nullptr; }
  // For what runs loops: `steps` more iterations of the loop at `path`, which may end with a slash.
  static void Add(const std::string& path, int64_t steps) {
    if (IsWanted()) current_->Note(path, steps);
  }

 private:
  void Note(const std::string& path, int64_t steps);

  static thread_local LoopCount* current_;
  LoopCount* const before_;
  std::map<std::string, int64_t> loops_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_LOOP_COUNT_H_
