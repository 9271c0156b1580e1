// UnicodeScript: the script of each code point, as ICU numbers them (UScriptCode); -1 for what is no code point. x, y:
// [..].
#include "engine/ops/op.h"
#include "engine/ops/plain_infer.h"
#include "engine/ops/unicode_tables.h"

namespace rivulet {
namespace {

Status Run(RunContext& c) {
  const int32_t* code_point = c.input(0).data<int32_t>();
  int32_t* script = c.output(0).data<int32_t>();
  c.ParallelFor(c.output(0).num_elements(), 1 << 12, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) script[i] = ScriptOf(code_point[i]);
  });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "UnicodeScript",
     .inputs = "input:i32",
     .outputs = "output:i32",
     .attrs = "",
     .infer = InferLikeFirst,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(UnicodeScript, kDefs);

}  // namespace rivulet
