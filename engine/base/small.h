// Whether this is an engine whose size counts more than anything (RIVULET_SMALL, docs/narrow_builds.md).
#ifndef RIVULET_ENGINE_BASE_SMALL_H_
#define RIVULET_ENGINE_BASE_SMALL_H_

namespace rivulet {

#ifdef RIVULET_SMALL
inline constexpr bool kIsSmall = true;
#else
inline constexpr bool kIsSmall = false;
#endif

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_SMALL_H_
