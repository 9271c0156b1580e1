// Compressed strings and files that operators are given.
#ifndef RIVULET_ENGINE_OPS_UNCOMPRESS_H_
#define RIVULET_ENGINE_OPS_UNCOMPRESS_H_

#include <string>
#include <string_view>

#include "engine/ops/text_bytes.h"

namespace rivulet {

// What a ZLIB or GZIP stream holds, charged to `bytes` as it comes out. GZIP may have several members. A stream that is
// cut gives what is in it; bytes after the end of a ZLIB stream are not looked at. Once stopped, `out` is not whole.
// UNIMPLEMENTED in a build without zlib.
Status Uncompress(std::string_view compressed, bool is_gzip, const StopToken& stop, TextBytes* bytes, std::string* out);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_UNCOMPRESS_H_
