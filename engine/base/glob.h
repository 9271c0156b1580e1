// Patterns of file names, as shells have them.
#ifndef RIVULET_ENGINE_BASE_GLOB_H_
#define RIVULET_ENGINE_BASE_GLOB_H_

#include <string_view>

namespace rivulet {

// Whether there is anything in it that does not stand for itself: * ? [ \.
bool IsGlob(std::string_view pattern);

// * is any text, ? any byte, [a-c] one of a set, [!a-c] or [^a-c] one of no set, \x the byte x. A [ without its end
// stands for itself. `name` is one part of a path. Time is bounded by the product of both lengths.
bool GlobMatches(std::string_view pattern, std::string_view name);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_GLOB_H_
