// LoadAndRemapMatrix: a matrix of float32 from a checkpoint of the model's own folder with its rows and columns in
// another order. New row i is old row row_remapping[i], or new where that is -1; columns likewise, without
// col_remapping as they were. What is new is taken from initializing_values, row by row, all of which must be used.
//
// As in TensorFlow an old row or column goes to one place at most. TensorFlow leaves memory as it is where a column
// beyond the old matrix is named; here that is an error. `max_rows_in_memory` changes no result and is not looked at.
#include <cstring>

#include "engine/graph/shape_math.h"
#include "engine/ops/model_files.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

struct State : OpState {
  int64_t rows = 0;
  int64_t cols = 0;
};

Status Infer(InferContext& c) {
  if (c.shape(0).complete() && c.shape(0).num_elements() != 1) {  // of any rank, as in TensorFlow
    return InvalidArgument("ckpt_path: want one element, got ", c.shape(0));
  }
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(3, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(4, 1));
  const int64_t rows = c.attrs().Int("num_rows");
  const int64_t cols = c.attrs().Int("num_cols");
  if (!MergeShapes(c.shape(2), {rows}).ok()) {
    return InvalidArgument("row_remapping: want attr 'num_rows', ", rows, " numbers, got ", c.shape(2));
  }
  if (c.shape(3).num_elements() != 0 && !MergeShapes(c.shape(3), {cols}).ok()) {
    return InvalidArgument("col_remapping: want attr 'num_cols', ", cols, " numbers, or none, got ", c.shape(3));
  }
  c.set_output(0, {rows, cols});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->rows = c.attrs().Int("num_rows");
  state->cols = c.attrs().Int("num_cols");
  return std::unique_ptr<OpState>(std::move(state));
}

// Which old row or column each new one is, -1 for none.
Result<std::vector<int64_t>> ReadRemapping(const char* what, const Tensor& remapping, int64_t old_count) {
  std::vector<int64_t> old_of_new = ToInt64s(remapping);
  std::vector<int64_t> taken(static_cast<size_t>(old_count), -1);
  for (size_t i = 0; i < old_of_new.size(); ++i) {
    const int64_t old = old_of_new[i];
    if (old >= old_count) return InvalidArgument(what, ": want less than ", old_count, ", got ", old);
    if (old < 0) continue;
    int64_t& place = taken[static_cast<size_t>(old)];
    if (place >= 0) return InvalidArgument(what, ": ", old, " is at ", place, " and at ", i, "; want it once");
    place = static_cast<int64_t>(i);
  }
  return old_of_new;
}

Result<Tensor> ReadMatrix(RunContext& c, int64_t cols) {
  RIVULET_ASSIGN_OR_RETURN(ModelFiles* const files, WantFiles(c.files()));
  const std::string& name = c.input(1).data<std::string>()[0];
  RIVULET_ASSIGN_OR_RETURN(
      Tensor matrix, files->ReadVariable(c.input(0).data<std::string>()[0], name, "", DType::kFloat, c.allocator()));
  if (matrix.shape().rank() != 2) return InvalidArgument(Quoted(name), ": want a matrix, got ", matrix.shape());
  if (c.input(3).num_elements() == 0 && matrix.shape().dim(1) != cols) {
    return InvalidArgument(Quoted(name), ": want attr 'num_cols', ", cols, " columns, got ", matrix.shape());
  }
  return matrix;
}

Status Run(RunContext& c) {
  const State& state = c.state<State>();
  RIVULET_ASSIGN_OR_RETURN(const Tensor matrix, ReadMatrix(c, state.cols));
  RIVULET_ASSIGN_OR_RETURN(const std::vector<int64_t> rows,
                           ReadRemapping("row_remapping", c.input(2), matrix.shape().dim(0)));
  RIVULET_ASSIGN_OR_RETURN(const std::vector<int64_t> cols,
                           ReadRemapping("col_remapping", c.input(3), matrix.shape().dim(1)));
  const int64_t num_new = c.input(4).num_elements();
  const float* news = c.input(4).data<float>();
  int64_t used = 0;
  float* out = c.output(0).data<float>();
  for (const int64_t row : rows) {
    RIVULET_RETURN_IF_ERROR(c.stop().Why());
    for (int64_t j = 0; j < state.cols; ++j) {
      const int64_t col = cols.empty() ? j : cols[static_cast<size_t>(j)];
      if (row >= 0 && col >= 0) {
        // A checkpoint's floats may lie anywhere in its file.
        std::memcpy(out++, static_cast<const uint8_t*>(matrix.raw()) + 4 * (row * matrix.shape().dim(1) + col), 4);
      } else if (used < num_new) {
        *out++ = news[used++];
      } else {
        return InvalidArgument("initializing_values: want one for each new element, got only ", num_new);
      }
    }
  }
  if (used == num_new) return Status();
  return InvalidArgument("initializing_values: want ", used, ", one for each new element, got ", num_new);
}

constexpr OpDef kDefs[] = {
    {.name = "LoadAndRemapMatrix",
     .inputs = "ckpt_path:str, old_tensor_name:str, row_remapping:i64, col_remapping:i64, initializing_values:f32",
     .outputs = "output_matrix:f32",
     .attrs = "num_rows:int >=0; num_cols:int >=1; max_rows_in_memory:int=-1",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kStateful | kReadsFiles},
};

}  // namespace

RIVULET_OP_LIST(LoadAndRemapMatrix, kDefs);

}  // namespace rivulet
