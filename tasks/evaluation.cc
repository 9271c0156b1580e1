#include "tasks/evaluation.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "engine/base/errors.h"
#include "engine/base/folder.h"
#include "tasks/media_files.h"

namespace rivulet {
namespace {

// "Oxeye_Daisy" and "oxeye daisy" are one.
std::string Plain(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    const bool is_blank = c == '_' || c == '-' || c == ' ';
    plain += is_blank ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return plain;
}

}  // namespace

Result<std::vector<LabelledFolder>> FindLabelled(const std::string& folder, const std::vector<std::string>& labels) {
  if (!IsFolder(folder)) return InvalidArgument(Quoted(folder), ": want a folder with one folder for each class");
  std::map<std::string, int64_t> index;
  for (size_t i = 0; i < labels.size(); ++i) index.emplace(Plain(labels[i]), static_cast<int64_t>(i));
  std::vector<LabelledFolder> classes;
  for (const std::string& name : NamesIn(folder)) {
    const std::string path = folder + (folder.ends_with('/') ? "" : "/") + name;
    if (!IsFolder(path) || name[0] == '.') continue;
    LabelledFolder found{.name = name, .files = ExpandFolders({path})};
    if (found.files.empty()) continue;
    if (labels.empty()) {
      found.label = static_cast<int64_t>(classes.size());
    } else {
      const auto it = index.find(Plain(name));
      if (it == index.end()) {
        const std::vector<std::string_view> all(labels.begin(), labels.end());
        return NotFound("folder ", Quoted(path), " is called like no label; nearest: ", NearestNames(name, all));
      }
      found.label = it->second;
    }
    classes.push_back(std::move(found));
  }
  if (classes.empty()) {
    return InvalidArgument(Quoted(folder), ": want one folder for each class with pictures or WAV files, found none");
  }
  return classes;
}

int64_t Evaluation::RightAmong(size_t best) const {
  return std::count_if(answers_.begin(), answers_.end(), [&](const Answer& answer) {
    const auto end = answer.best.begin() + static_cast<ptrdiff_t>(std::min(best, answer.best.size()));
    return std::any_of(answer.best.begin(), end, [&](const Score& score) { return score.index == answer.label; });
  });
}

std::vector<const Evaluation::Answer*> Evaluation::Worst(size_t most) const {
  std::vector<const Answer*> wrong;
  for (const Answer& answer : answers_) {
    if (!answer.is_right()) wrong.push_back(&answer);
  }
  std::stable_sort(wrong.begin(), wrong.end(),
                   [](const Answer* a, const Answer* b) { return a->margin() > b->margin(); });
  wrong.resize(std::min(wrong.size(), most));
  return wrong;
}

std::vector<Evaluation::Pair> Evaluation::Confusions() const {
  std::map<std::pair<int64_t, int64_t>, int64_t> counts;
  for (const Answer& answer : answers_) {
    if (!answer.is_right() && !answer.best.empty()) ++counts[{answer.label, answer.best[0].index}];
  }
  std::vector<Pair> pairs;
  for (const auto& [pair, count] : counts) pairs.push_back({pair.first, pair.second, count});
  std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.count > b.count; });
  return pairs;
}

}  // namespace rivulet
