// What a file looks like, from its first bytes.
#ifndef RIVULET_ENGINE_IMPORT_SNIFF_H_
#define RIVULET_ENGINE_IMPORT_SNIFF_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace rivulet {

// True when the bytes are printable text: a text GraphDef, as opposed to wire bytes.
bool LooksLikeText(std::span<const uint8_t> bytes);

// For a file that is no model: "a PNG picture", "an HTML page", ...; empty when nothing is recognised.
std::string_view DescribeForeignFile(std::span<const uint8_t> bytes);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_SNIFF_H_
