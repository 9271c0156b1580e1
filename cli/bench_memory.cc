#include "cli/bench_memory.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace rivulet::cli {
namespace {

constexpr size_t kMostSamples = 2000;

double MsBetween(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

}  // namespace

int64_t ResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  long long size = 0, resident = 0;
  const int read = std::fscanf(file, "%lld %lld", &size, &resident);
  std::fclose(file);
  return read == 2 ? static_cast<int64_t>(resident) * sysconf(_SC_PAGESIZE) : 0;
}

MemoryTimeline::MemoryTimeline(std::chrono::steady_clock::time_point origin)
    : origin_(origin), thread_([this] { Loop(); }) {
  Note("start");
}

MemoryTimeline::~MemoryTimeline() { Stop(); }

void MemoryTimeline::Stop() {
  stop_.store(true);
  if (thread_.joinable()) thread_.join();
}

void MemoryTimeline::Watch(const std::shared_ptr<Allocator>& allocator) {
  std::lock_guard<std::mutex> lock(mutex_);
  allocator_ = allocator;
}

MemoryTimeline::Sample MemoryTimeline::Look() {
  return {MsBetween(origin_, std::chrono::steady_clock::now()), ResidentBytes(),
          allocator_ == nullptr ? 0 : static_cast<int64_t>(allocator_->used_bytes())};
}

void MemoryTimeline::Note(const std::string& phase) {
  std::lock_guard<std::mutex> lock(mutex_);
  const Sample sample = Look();
  phases_.push_back({phase, sample});
  samples_.push_back(sample);
}

void MemoryTimeline::Loop() {
  auto pause = std::chrono::milliseconds(1);
  while (!stop_.load()) {
    if (paused_.load()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      continue;
    }
    {
      std::lock_guard<std::mutex> lock(mutex_);
      samples_.push_back(Look());
      if (samples_.size() > kMostSamples) {
        // Every other one stays, and looks are half as often from here on.
        size_t kept = 0;
        for (size_t i = 0; i < samples_.size(); i += 2) samples_[kept++] = samples_[i];
        samples_.resize(kept);
        pause *= 2;
      }
    }
    std::this_thread::sleep_for(std::min(pause, std::chrono::milliseconds(100)));
  }
}

std::string Sparkline(const std::vector<MemoryTimeline::Sample>& samples, size_t width) {
  static const char* const kBlocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (samples.empty() || samples.back().ms <= 0 || width == 0) return "";
  int64_t most = 1;
  for (const auto& sample : samples) most = std::max(most, sample.resident);
  // The highest of what falls in a column; a column with none is like the one before.
  std::vector<int64_t> columns(width, -1);
  for (const auto& sample : samples) {
    const double part = std::clamp(sample.ms / samples.back().ms, 0.0, 1.0);
    int64_t& column = columns[std::min(static_cast<size_t>(part * static_cast<double>(width)), width - 1)];
    column = std::max(column, sample.resident);
  }
  std::string line;
  int64_t last = 0;
  for (const int64_t column : columns) {
    last = column < 0 ? last : column;
    line +=
        kBlocks[std::min<size_t>(static_cast<size_t>(8 * static_cast<double>(last) / static_cast<double>(most)), 7)];
  }
  return line;
}

}  // namespace rivulet::cli
