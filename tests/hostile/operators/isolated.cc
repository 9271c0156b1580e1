#include "tests/hostile/operators/isolated.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace rivulet::hostile {
namespace {

constexpr useconds_t kPollMicroseconds = 20'000;

double Now() {
  timespec time = {};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

int64_t MebibytesOf(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/statm");
  int64_t size = 0, resident = 0;
  file >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE) / (1 << 20);
}

// A worker does every `jobs`th piece.
struct Worker {
  Progress* progress = nullptr;
  pid_t process = 0;
  int64_t seen_beats = 0;
  double seen_at = 0;
  int crashes = 0;  // of the present piece
  const char* killed_for = nullptr;
};

void Start(Worker& worker, int64_t piece, int64_t step, int64_t count, int jobs, const Work& work) {
  worker.seen_at = Now();
  worker.killed_for = nullptr;
  std::fflush(stdout);
  worker.process = fork();
  if (worker.process != 0) return;
  for (; piece < count; piece += jobs, step = 0) {
    worker.progress->piece = piece;
    worker.progress->Begin(step, "begins");
    work(piece, step, *worker.progress);
  }
  std::fflush(stdout);
  std::exit(0);  // with the check for leaks, where there is one
}

std::string HowItEnded(const Worker& worker, int status) {
  if (worker.killed_for != nullptr) return worker.killed_for;
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "exit " + std::to_string(WEXITSTATUS(status));
}

void Watch(Worker& worker, const Isolation& isolation) {
  const int64_t beats = worker.progress->beats;
  if (beats != worker.seen_beats) {
    worker.seen_beats = beats;
    worker.seen_at = Now();
  }
  if (Now() - worker.seen_at > isolation.hang_seconds) worker.killed_for = "no progress";
  if (MebibytesOf(worker.process) > isolation.most_mebibytes) worker.killed_for = "too much memory";
  if (worker.killed_for != nullptr) kill(worker.process, SIGKILL);
}

}  // namespace

void Progress::Begin(int64_t next_step, const std::string& what) {
  step = next_step;
  std::strncpy(text, what.c_str(), kTextBytes - 1);
  ++beats;
}

IsolatedResult RunIsolated(int64_t count, const Isolation& isolation, const Work& work) {
  IsolatedResult result;
  const auto jobs = static_cast<size_t>(isolation.jobs);
  void* memory = mmap(nullptr, jobs * sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return result;
  std::vector<Worker> workers(jobs);
  for (size_t i = 0; i < jobs; ++i) {
    workers[i].progress = static_cast<Progress*>(memory) + i;
    Start(workers[i], static_cast<int64_t>(i), 0, count, isolation.jobs, work);
  }
  for (size_t running = jobs; running > 0;) {
    usleep(kPollMicroseconds);
    for (Worker& worker : workers) {
      if (worker.process == 0) continue;
      Watch(worker, isolation);
      int status = 0;
      if (waitpid(worker.process, &status, WNOHANG) != worker.process) continue;
      worker.process = 0;
      Progress& progress = *worker.progress;
      if (status != 0) {
        result.crashes.push_back({progress.piece, progress.text, HowItEnded(worker, status)});
        std::printf("CRASH (%s) %s\n", result.crashes.back().how.c_str(), progress.text);
        const bool gives_up = ++worker.crashes >= isolation.most_crashes_of_a_piece;
        const int64_t piece = progress.piece + (gives_up ? isolation.jobs : 0);
        if (gives_up) worker.crashes = 0;
        Start(worker, piece, gives_up ? 0 : progress.step + 1, count, isolation.jobs, work);
      } else {
        --running;
      }
    }
  }
  for (const Worker& worker : workers) {
    for (size_t i = 0; i < 4; ++i) result.counts[i] += worker.progress->counts[i];
  }
  munmap(memory, jobs * sizeof(Progress));
  return result;
}

}  // namespace rivulet::hostile
