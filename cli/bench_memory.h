// How much memory the process has while a model is loaded, planned and run.
#ifndef RIVULET_CLI_BENCH_MEMORY_H_
#define RIVULET_CLI_BENCH_MEMORY_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "rivulet/allocator.h"

namespace rivulet::cli {

// Pages that the process has now; 0 where the system does not tell.
int64_t ResidentBytes();

// Looks every millisecond, then less often, so that long measurements stay small; on a thread of its own.
class MemoryTimeline {
 public:
  struct Sample {
    double ms = 0;
    int64_t resident = 0;
    int64_t tensors = 0;  // of the session that is watched
  };
  struct Phase {
    std::string name;  // what has just ended
    Sample sample;
  };

  explicit MemoryTimeline(std::chrono::steady_clock::time_point origin);
  ~MemoryTimeline();

  void Watch(const std::shared_ptr<Allocator>& allocator);
  void Note(const std::string& phase);
  // While runs are timed nobody looks: a thread that wakes each millisecond costs a run on one processor a twentieth.
  void Pause() { paused_.store(true); }
  void Resume() { paused_.store(false); }
  // Ends the looking.
  void Stop();

  const std::vector<Sample>& samples() const { return samples_; }
  const std::vector<Phase>& phases() const { return phases_; }

 private:
  Sample Look();
  void Loop();

  const std::chrono::steady_clock::time_point origin_;
  std::mutex mutex_;
  std::shared_ptr<Allocator> allocator_;
  std::vector<Sample> samples_;
  std::vector<Phase> phases_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> paused_{false};
  std::thread thread_;
};

// The samples as a line of blocks, `width` at most.
std::string Sparkline(const std::vector<MemoryTimeline::Sample>& samples, size_t width);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_BENCH_MEMORY_H_
