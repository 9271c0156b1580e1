#include "engine/run/loop_count.h"

namespace rivulet {

thread_local LoopCount* LoopCount::current_ = nullptr;

LoopCount::LoopCount() : before_(current_) { current_ = this; }
LoopCount::~LoopCount() { current_ = before_; }

void LoopCount::Note(const std::string& path, int64_t steps) {
  const bool has_slash = path.ends_with('/');
  loops_[has_slash ? path.substr(0, path.size() - 1) : path] += steps;
}

}  // namespace rivulet
