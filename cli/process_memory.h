// Where the memory of this process is, as Linux tells in /proc/self/smaps.
#ifndef RIVULET_CLI_PROCESS_MEMORY_H_
#define RIVULET_CLI_PROCESS_MEMORY_H_

#include <cstdint>
#include <optional>
#include <string>

namespace rivulet::cli {

struct ProcessMemory {
  // Bytes. Private and dirty is what this process alone has, and what the system cannot drop; pages of files that were
  // just written, and still wait to reach the disk, are none of it.
  int64_t private_dirty = 0;
  // Of the mapping of one file: pages in memory, by whether other processes map them too, and whether they were
  // written.
  int64_t file_shared_clean = 0;
  int64_t file_private_clean = 0;
  int64_t file_dirty = 0;
};

// Nothing where the system does not tell. `path` may be empty.
std::optional<ProcessMemory> ReadProcessMemory(const std::string& path);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_PROCESS_MEMORY_H_
