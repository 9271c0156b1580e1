// SaveV2, Save, SaveSlices, MergeV2Checkpoints: they write checkpoints, which a model may not do. They are known so
// that the refusal says so by name, when a plan needs one of them.
#include "engine/ops/op.h"

namespace rivulet {
namespace {

Status Refuse(InferContext&) { return Unimplemented("it writes files, which a model may not do"); }

constexpr uint32_t kFlags = kStateful | kReadsFiles;

constexpr OpDef kDefs[] = {
    {.name = "SaveV2",
     .inputs = "prefix:str, tensor_names:str, shape_and_slices:str, tensors:list(dtypes)",
     .outputs = "",
     .attrs = "dtypes:list(type) >=1",
     .infer = Refuse,
     .flags = kFlags},
    {.name = "Save",
     .inputs = "filename:str, tensor_names:str, data:list(T)",
     .outputs = "",
     .attrs = "T:list(type) >=1",
     .infer = Refuse,
     .flags = kFlags},
    {.name = "SaveSlices",
     .inputs = "filename:str, tensor_names:str, shapes_and_slices:str, data:list(T)",
     .outputs = "",
     .attrs = "T:list(type) >=1",
     .infer = Refuse,
     .flags = kFlags},
    {.name = "MergeV2Checkpoints",
     .inputs = "checkpoint_prefixes:str, destination_prefix:str",
     .outputs = "",
     .attrs = "delete_old_dirs:bool=true; allow_missing_files:bool=false",
     .infer = Refuse,
     .flags = kFlags},
};

}  // namespace

RIVULET_OP_LIST(Save, kDefs);

}  // namespace rivulet
