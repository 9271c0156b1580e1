// The one place that opens, maps, reads and saves files.
#ifndef RIVULET_ENGINE_BASE_FILE_H_
#define RIVULET_ENGINE_BASE_FILE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "rivulet/status.h"

namespace rivulet {

// Read-only bytes of a regular file; unmapped or freed with the last copy of `owner`.
struct FileBytes {
  std::span<const uint8_t> bytes;
  std::shared_ptr<void> owner;
  bool is_mapped = false;
};

enum class FileAccess {
  kMap,   // pages come and go with use; the file must not be cut while it is mapped
  kRead,  // a private copy
};

// Refuses what is not a regular file without blocking on it, and files over `max_bytes`. Messages name the path. A file
// that is longer or shorter after it was read or mapped than it was when it was opened is DATA_LOSS.
Result<FileBytes> OpenFile(const std::string& path, FileAccess access, int64_t max_bytes);

// Tells the system that mapped pages are not needed now; they are read again from the file when touched.
void DropPages(const FileBytes& file);

// Writes `bytes` so that `path` holds either what it held or all of them: temporary file beside it, sync, rename. A
// link is replaced by the file; a folder is an error.
//
// What is no file takes the bytes as they come and stays what it is: pipes, terminals and other character devices
// (/dev/null), and /dev/stdout, /dev/stderr, /dev/fd/N and what lies under /proc, whatever they lead to: there bytes
// are appended. An error may then come after some of them have gone out. Disks and sockets are refused.
Status SaveFile(const std::string& path, std::span<const uint8_t> bytes);

// Fault injection for tests, process-wide: the `nth` system call from now fails with EIO (1 = the next), once or from
// then on. Zero turns it off. Returns the number of calls since the last call.
int64_t FailNthFileCall(int64_t nth, bool and_all_later);

// For tests, process-wide: called before every system call of this file with its number since FailNthFileCall, so that
// a test can change a file between two of them. Null turns it off.
void SetFileCallHook(void (*hook)(int64_t call));

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_FILE_H_
