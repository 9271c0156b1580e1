// FarmHash's Fingerprint64 (G. Pike, 2014): the hash that decides in which bucket TensorFlow puts a string.
#ifndef RIVULET_ENGINE_OPS_FINGERPRINT64_H_
#define RIVULET_ENGINE_OPS_FINGERPRINT64_H_

#include <cstdint>
#include <string_view>

namespace rivulet {

// The same number on every machine, for every content, zeros and bytes that are no text included.
uint64_t Fingerprint64(std::string_view bytes);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_FINGERPRINT64_H_
