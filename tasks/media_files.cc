#include "tasks/media_files.h"

#include <dirent.h>

#include <algorithm>
#include <cctype>

#include "engine/base/folder.h"

namespace rivulet {
namespace {

void ExpandFolder(const std::string& path, int depth, std::vector<std::string>* files) {
  constexpr int kDeepest = 16;  // links may make circles
  for (const std::string& name : NamesIn(path)) {
    const std::string inner = path + (path.ends_with('/') ? "" : "/") + name;
    if (IsFolder(inner)) {
      if (depth < kDeepest) ExpandFolder(inner, depth + 1, files);
    } else if (IsMedia(name)) {
      files->push_back(inner);
    }
  }
}

}  // namespace

bool IsMedia(const std::string& name) {
  const size_t dot = name.rfind('.');
  std::string end = dot == std::string::npos ? "" : name.substr(dot + 1);
  for (char& c : end) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return end == "jpg" || end == "jpeg" || end == "png" || end == "gif" || end == "bmp" || end == "wav";
}

std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  if (DIR* dir = opendir(folder.c_str())) {
    while (const dirent* entry = readdir(dir)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    closedir(dir);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> ExpandFolders(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (IsFolder(path)) {
      ExpandFolder(path, 0, &files);
    } else {
      files.push_back(path);
    }
  }
  return files;
}

std::string FindLabels(const std::string& model) {
  const size_t slash = model.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : model.substr(0, slash);
  std::string stem = slash == std::string::npos ? model : model.substr(slash + 1);
  stem = stem.substr(0, stem.rfind('.'));
  std::vector<std::string> others;
  for (const std::string& name : NamesIn(folder)) {
    if (name == stem + "_labels.txt" || name == stem + ".labels.txt") return folder + "/" + name;
    if (name.find("labels") != std::string::npos && name.size() > 4 && name.substr(name.size() - 4) == ".txt")
      others.push_back(name);
  }
  const auto plain = std::find(others.begin(), others.end(), "labels.txt");
  if (plain != others.end()) return folder + "/labels.txt";
  return others.size() == 1 ? folder + "/" + others[0] : std::string();
}

}  // namespace rivulet
