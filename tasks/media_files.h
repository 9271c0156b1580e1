// The pictures and sounds that a caller means, and the labels beside a model.
#ifndef RIVULET_TASKS_MEDIA_FILES_H_
#define RIVULET_TASKS_MEDIA_FILES_H_

#include <string>
#include <vector>

namespace rivulet {

// By its name's end: JPEG, PNG, GIF, BMP or WAV.
bool IsMedia(const std::string& name);

// Names in a folder, sorted, without "." and ".."; empty for what is none.
std::vector<std::string> NamesIn(const std::string& folder);

// Files as given; folders as the pictures and sounds in them and in their folders, by name.
std::vector<std::string> ExpandFolders(const std::vector<std::string>& paths);

// MODEL's neighbour with labels: MODEL_labels.txt, labels.txt, or the one file with "labels" in its name. Empty where
// there is none.
std::string FindLabels(const std::string& model);

}  // namespace rivulet

#endif  // RIVULET_TASKS_MEDIA_FILES_H_
