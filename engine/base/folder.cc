#include "engine/base/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "engine/base/errors.h"
#include "engine/base/sort.h"

namespace rivulet {
namespace {

std::vector<std::string> Parts(const std::string& path) {
  std::vector<std::string> parts;
  size_t start = 0;
  while (start <= path.size()) {
    const size_t slash = std::min(path.find('/', start), path.size());
    const std::string part = path.substr(start, slash - start);
    if (!part.empty() && part != ".") parts.push_back(part);
    start = slash + 1;
  }
  return parts;
}

Status Leaves(const std::string& path, std::string_view why) {
  return InvalidArgument(Quoted(path), ": the path leaves the model folder: ", why);
}

}  // namespace

Status CheckInside(const std::string& path) {
  if (path.find('\0') != std::string::npos) return InvalidArgument(Quoted(path), ": a path cannot hold a zero byte");
  if (path.empty()) return InvalidArgument("a file's path is empty");
  if (path[0] == '/') return Leaves(path, "it is absolute");
  const std::vector<std::string> parts = Parts(path);
  if (parts.empty()) return InvalidArgument(Quoted(path), ": want a file, got the folder itself");
  if (std::find(parts.begin(), parts.end(), "..") != parts.end()) return Leaves(path, "it has a part '..'");
  return Status();
}

bool IsFolder(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

Result<std::shared_ptr<const Folder>> Folder::OpenFolder(const std::string& path, const FolderOptions& options) {
  if (path.find('\0') != std::string::npos) return InvalidArgument(Quoted(path), ": a path cannot hold a zero byte");
  const int fd = Injected() ? -1 : open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return SystemError(path, "open");
  std::string name = path;
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  return std::shared_ptr<const Folder>(new Folder(std::move(name), fd, options));
}

Result<Descriptor> Folder::OpenPath(const std::string& path, int flags) const {
  RIVULET_RETURN_IF_ERROR(CheckInside(path));
  const std::vector<std::string> parts = Parts(path);
  const int link_flag = options_.follow_links ? 0 : O_NOFOLLOW;
  Descriptor held(-1);
  int at = fd_.get();
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    const int how = (last ? flags : O_RDONLY | O_DIRECTORY) | O_CLOEXEC | O_NONBLOCK | link_flag;
    Descriptor next(Injected() ? -1 : openat(at, parts[i].c_str(), how));
    if (next.get() < 0) {
      // O_NOFOLLOW says ELOOP of a link, or ENOTDIR where a folder is wanted.
      struct stat info;
      const int error = errno;
      if (link_flag != 0 && fstatat(at, parts[i].c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode)) {
        return Leaves(Describe(path), Cat(Quoted(parts[i]), " is a link; copy the file, or allow links"));
      }
      errno = error;
      return SystemError(Describe(path), "open");
    }
    held = std::move(next);
    at = held.get();
  }
  return held;
}

Result<FileBytes> Folder::Open(const std::string& path) const {
  RIVULET_ASSIGN_OR_RETURN(const Descriptor file, OpenPath(path, O_RDONLY));
  if (!options_.follow_links) {
    struct stat info;
    if (Injected() || fstat(file.get(), &info) != 0) return SystemError(Describe(path), "stat");
    if (S_ISREG(info.st_mode) && info.st_nlink > 1) {
      return Leaves(Describe(path), Cat("the file has ", static_cast<int64_t>(info.st_nlink),
                                        " names (hard links); copy the file, or allow links"));
    }
  }
  return TakeFile(file.get(), Describe(path), options_.access, options_.max_bytes);
}

bool Folder::Has(const std::string& path) const { return OpenPath(path, O_RDONLY).ok(); }

std::vector<std::string> Folder::List(const std::string& path) const {
  std::vector<std::string> names;
  Result<Descriptor> folder = path.empty()
                                  ? Result<Descriptor>(Descriptor(openat(fd_.get(), ".", O_RDONLY | O_CLOEXEC)))
                                  : OpenPath(path, O_RDONLY | O_DIRECTORY);
  if (!folder.ok() || folder->get() < 0) return names;
  DIR* dir = fdopendir(folder->get());
  if (dir == nullptr) return names;
  folder->Release();  // closedir closes it
  while (const dirent* entry = readdir(dir)) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (names.size() == kMostListed) break;
    names.push_back(name);
  }
  closedir(dir);
  Sort(names.begin(), names.end());
  return names;
}

}  // namespace rivulet
