#include "cli/process_memory.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

namespace rivulet::cli {
namespace {

// "Private_Dirty:      12 kB" as bytes, when the line has that key.
bool TakeKilobytes(std::string_view line, std::string_view key, int64_t* bytes) {
  if (!line.starts_with(key)) return false;
  *bytes += std::strtoll(line.data() + key.size(), nullptr, 10) * 1024;
  return true;
}

}  // namespace

std::optional<ProcessMemory> ReadProcessMemory(const std::string& path) {
  char resolved[4096];
  const bool has_file = !path.empty() && realpath(path.c_str(), resolved) != nullptr;
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen("/proc/self/smaps", "r"), std::fclose);
  if (file == nullptr) return std::nullopt;
  ProcessMemory memory;
  bool in_file = false;
  int64_t dirty = 0;  // of the mapping that is read
  char line[5000];
  while (std::fgets(line, sizeof(line), file.get()) != nullptr) {
    std::string_view text(line);
    if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    int64_t anonymous = 0;
    // Each mapping begins with a line of addresses, and ends with its path.
    if (text.find('-') < text.find(' ') && text.find(':') > text.find(' ')) {
      dirty = 0;
      in_file = has_file && text.ends_with(std::string(" ") + resolved);
    } else if (TakeKilobytes(text, "Private_Dirty:", &dirty)) {
      if (in_file) memory.file_dirty += dirty;
    } else if (TakeKilobytes(text, "Anonymous:", &anonymous)) {
      memory.private_dirty += std::min(dirty, anonymous);
    } else if (in_file) {
      if (TakeKilobytes(text, "Shared_Clean:", &memory.file_shared_clean)) continue;
      if (TakeKilobytes(text, "Private_Clean:", &memory.file_private_clean)) continue;
      TakeKilobytes(text, "Shared_Dirty:", &memory.file_dirty);
    }
  }
  return memory;
}

}  // namespace rivulet::cli
