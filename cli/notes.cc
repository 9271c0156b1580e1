#include "cli/notes.h"

#include <cstdio>

#include "engine/base/errors.h"

namespace rivulet::cli {

void PrintNote(const std::string& model, std::string_view note) {
  std::fprintf(stderr, "note: %s: %.*s\n", Quoted(model).c_str(), static_cast<int>(note.size()), note.data());
}

}  // namespace rivulet::cli
