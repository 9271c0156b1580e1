// What Unicode says of single code points, in the version that TensorFlow 2.21 has (Unicode 13, ICU's script numbers).
#ifndef RIVULET_ENGINE_OPS_UNICODE_TABLES_H_
#define RIVULET_ENGINE_OPS_UNICODE_TABLES_H_

#include <cstdint>
#include <string>

namespace rivulet {

// ICU's number of the script (UScriptCode); -1 for what is no code point.
int32_t ScriptOf(int32_t code_point);

// The text in lower or upper case: by the full mappings, so that some letters become several, and a sigma at the end
// of a word is the final one.
std::u32string LowerCase(const std::u32string& text);
std::u32string UpperCase(const std::u32string& text);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_UNICODE_TABLES_H_
