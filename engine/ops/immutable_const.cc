// ImmutableConst: a tensor that lies in a region of a memmapped package. The reader of a package makes it a Const over
// its region (engine/import/memmapped_package.h), so one that is left stands in a graph that was taken out of its
// package: it has a shape, but no value.
#include "engine/ops/op.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  c.set_output(0, c.attrs().ShapeAttr("shape"));
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  return InvalidArgument("memory region ", Quoted(c.attrs().Str("memory_region_name")),
                         ": the graph does not come from a memmapped package, and no file is opened for it");
}

Status Run(RunContext&) { return Status(); }

constexpr OpDef kDefs[] = {
    {.name = "ImmutableConst",
     .inputs = "",
     .outputs = "tensor:dtype",
     .attrs = "dtype:type; shape:shape; memory_region_name:string",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kStateful | kReadsFiles},
};

}  // namespace

RIVULET_OP_LIST(ImmutableConst, kDefs);

}  // namespace rivulet
