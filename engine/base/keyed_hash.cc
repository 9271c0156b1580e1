#include "engine/base/keyed_hash.h"

#include <cstring>

#include "engine/base/sip_hash.h"

#ifdef __linux__
#include <sys/auxv.h>
#else
#include <chrono>
#endif

namespace rivulet {
namespace {

struct Key {
  uint64_t words[2];
};

Key DrawKey() {
  Key key = {};
#ifdef __linux__
  // 16 bytes that the system drew when the process started.
  const auto drawn = reinterpret_cast<const void*>(getauxval(AT_RANDOM));
  if (drawn != nullptr) std::memcpy(key.words, drawn, sizeof(key.words));
#else
  // What a writer of files cannot know either: where the process lies, and when it began to read.
  key.words[0] = static_cast<uint64_t>(reinterpret_cast<uintptr_t>(&key));
  key.words[1] = static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
  return key;
}

}  // namespace

size_t KeyedHash::operator()(std::string_view text) const {
  static const Key key = DrawKey();
  return static_cast<size_t>(SipHashOf<1, 3>(key.words[0], key.words[1]).Of(text));
}

}  // namespace rivulet
