// RestoreV2, Restore, RestoreSlice: tensors of the checkpoint that came with the model.
//   prefix or file_pattern: a string; tensor_names, shape_and_slices: one string per output ("" for the whole tensor,
//   "4 5 0,2:-" for a part).
// Both versions of checkpoints are read by all three. Only files that came with the model can be named; TensorFlow
// reads any. Types that differ and names that are missing are reported together.
#include "engine/ops/model_files.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

constexpr int kMostReported = 4;

struct State : OpState {
  std::vector<DType> dtypes;
};

Status WantNames(const InferContext& c, int input, size_t count) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(input, 1));
  const Shape& shape = c.shape(input);
  if (shape.has_rank() && shape[0] != Shape::kUnknownDim && shape[0] != static_cast<int64_t>(count)) {
    return InvalidArgument("input ", input, ": want ", static_cast<uint64_t>(count), " elements, one per output, got ",
                           shape[0]);
  }
  return Status();
}

Status WantOne(const InferContext& c, int input) {
  const Shape& shape = c.shape(input);
  if (shape.complete() && shape.num_elements() != 1) {
    return InvalidArgument("input ", input, ": want one string, got shape ", shape);
  }
  return Status();
}

Status InferV2(InferContext& c) {
  const size_t count = c.attrs().Types("dtypes").size();
  RIVULET_RETURN_IF_ERROR(WantOne(c, 0));
  RIVULET_RETURN_IF_ERROR(WantNames(c, 1, count));
  return WantNames(c, 2, count);
}

Status InferV1(InferContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i) RIVULET_RETURN_IF_ERROR(WantOne(c, i));
  return Status();
}

Result<std::unique_ptr<OpState>> PrepareV2(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->dtypes = c.attrs().Types("dtypes");
  return std::unique_ptr<OpState>(std::move(state));
}

Result<std::unique_ptr<OpState>> PrepareV1(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->dtypes = {c.attrs().Type("dt")};
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunRestore(RunContext& c, bool has_slices) {
  for (int i = 0; i < c.num_inputs(); ++i) {
    if (c.input(i).num_elements() == 0) return InvalidArgument("input ", i, " is empty");
  }
  if (c.files() == nullptr) {
    return FailedPrecondition("no files came with the model; load it from its folder, or name a checkpoint");
  }
  const std::vector<DType>& dtypes = c.state<State>().dtypes;
  const std::string& prefix = c.input(0).data<std::string>()[0];
  Status first;
  std::string wrong;
  int wrong_count = 0;
  for (size_t i = 0; i < dtypes.size(); ++i) {
    RIVULET_RETURN_IF_ERROR(c.stop().Why());
    const std::string slice = has_slices ? c.input(2).data<std::string>()[i] : std::string();
    Result<Tensor> tensor =
        c.files()->ReadVariable(prefix, c.input(1).data<std::string>()[i], slice, dtypes[i], c.allocator());
    if (tensor.ok()) {
      c.SetOutput(static_cast<int>(i), *tensor);
      continue;
    }
    // A name that is missing, or another type: all of them are told at once. Anything else is no question of one
    // tensor.
    const Code code = tensor.status().code();
    if (code != Code::kNotFound && code != Code::kInvalidArgument) return std::move(tensor).status();
    if (++wrong_count <= kMostReported) wrong += Cat(wrong.empty() ? "" : "; ", tensor.status().message());
    if (first.ok()) first = std::move(tensor).status();
  }
  if (wrong_count <= 1) return first;
  if (wrong_count > kMostReported) wrong += "; …";
  return Status(first.code(),
                Cat(wrong_count, " of ", static_cast<uint64_t>(dtypes.size()), " tensors cannot be restored: ", wrong));
}

Status RunWithSlices(RunContext& c) { return RunRestore(c, /*has_slices=*/true); }
Status RunWhole(RunContext& c) { return RunRestore(c, /*has_slices=*/false); }

constexpr uint32_t kFlags = kStateful | kDataDependent | kReadsFiles;

constexpr OpDef kDefs[] = {
    {.name = "RestoreV2",
     .inputs = "prefix:str, tensor_names:str, shape_and_slices:str",
     .outputs = "tensors:list(dtypes)",
     .attrs = "dtypes:list(type) >=1",
     .infer = InferV2,
     .prepare = PrepareV2,
     .run = RunWithSlices,
     .flags = kFlags},
    {.name = "Restore",
     .inputs = "file_pattern:str, tensor_name:str",
     .outputs = "tensor:dt",
     .attrs = "dt:type; preferred_shard:int=-1",
     .infer = InferV1,
     .prepare = PrepareV1,
     .run = RunWhole,
     .flags = kFlags},
    {.name = "RestoreSlice",
     .inputs = "file_pattern:str, tensor_name:str, shape_and_slice:str",
     .outputs = "tensor:dt",
     .attrs = "dt:type; preferred_shard:int=-1",
     .infer = InferV1,
     .prepare = PrepareV1,
     .run = RunWithSlices,
     .flags = kFlags},
};

}  // namespace

RIVULET_OP_LIST(Restore, kDefs);

}  // namespace rivulet
