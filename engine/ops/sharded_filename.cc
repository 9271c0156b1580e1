// ShardedFilename: "BASE-00001-of-00004" of base, shard, num_shards. ShardedFilespec: "BASE-?????-of-00004", the
// pattern of all of them. All inputs are scalars.
#include <cstdio>

#include "engine/ops/op.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i) RIVULET_RETURN_IF_ERROR(c.WantScalar(i));
  c.set_output(0, {});
  return Status();
}

// TensorFlow prints the name as C does: up to a NUL.
std::string Basename(const RunContext& c) { return c.input(0).data<std::string>()->c_str(); }

Status RunFilename(RunContext& c) {
  char text[64];
  std::snprintf(text, sizeof(text), "-%05d-of-%05d", c.input(1).data<int32_t>()[0], c.input(2).data<int32_t>()[0]);
  c.output(0).data<std::string>()[0] = Basename(c) + text;
  return Status();
}

Status RunFilespec(RunContext& c) {
  char text[64];
  std::snprintf(text, sizeof(text), "-\?\?\?\?\?-of-%05d", c.input(1).data<int32_t>()[0]);
  c.output(0).data<std::string>()[0] = Basename(c) + text;
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "ShardedFilename",
     .inputs = "basename:str, shard:i32, num_shards:i32",
     .outputs = "filename:str",
     .attrs = "",
     .infer = Infer,
     .run = RunFilename},
    {.name = "ShardedFilespec",
     .inputs = "basename:str, num_shards:i32",
     .outputs = "filename:str",
     .attrs = "",
     .infer = Infer,
     .run = RunFilespec},
};

}  // namespace

RIVULET_OP_LIST(ShardedFilename, kDefs);

}  // namespace rivulet
