#include "engine/run/map_step.h"

#include <algorithm>

#include "engine/ops/element_tuple.h"
#include "engine/ops/rows.h"
#include "engine/run/sub_plan.h"

namespace rivulet {
namespace {

// MapDefun: one body, called for each row of the first inputs; the others are handed to every call. What the calls
// return becomes the rows of the outputs.
class MapStep : public ControlStep {
 public:
  MapStep(const ControlStepInput& input, const Environment& environment, const StopToken& stop)
      : num_mapped_(static_cast<int>(AttrReader(input.node).Types("Targuments").size())),
        dtypes_(AttrReader(input.node).Types("output_types")),
        shapes_(AttrReader(input.node).Shapes("output_shapes")),
        environment_(environment) {
    std::vector<Fact> args;
    for (size_t i = 0; i < input.inputs.size(); ++i) {
      args.push_back(*input.inputs[i]);
      if (i >= static_cast<size_t>(num_mapped_)) {
        if (args.back().value.valid() && input.consumed != nullptr) (*input.consumed)[i] = true;
        continue;
      }
      args.back().value = Tensor();
      const Shape& shape = args.back().shape;
      if (shape.has_rank()) args.back().shape = Shape(shape.dims().subspan(1));
    }
    const auto* body = input.node.attrs.Get<FunctionCall>("f");
    body_ = std::make_unique<SubPlan>(body != nullptr ? *body : FunctionCall(), std::move(args), input.path + "f/",
                                      input.depth, input.frozen, environment);
    body_->MakeAhead(stop);
  }

  Status Run(RunContext& context, const RunServices& services, ControlFrames& frames,
             std::vector<bool>* dead) const override {
    static_cast<void>(dead);
    frames.frames.resize(1);
    const int64_t count = context.input(0).dim(0);
    std::vector<Tensor> rows(dtypes_.size());
    if (count == 0) return SetEmpty(context);
    RIVULET_ASSIGN_OR_RETURN(Frame * frame, body_->FrameAt(&frames.frames[0], services));
    Status status;
    for (int64_t row = 0; row < count && status.ok(); ++row) {
      status = services.stop.Why();
      if (status.ok()) status = RunRow(*frame, row, count, context, services, &rows);
      ReleaseFrame(*frame);
      if (!status.ok()) status = std::move(status).Framed(Cat("row ", row));
    }
    ClearFrame(*frame);
    RIVULET_RETURN_IF_ERROR(status);
    for (size_t i = 0; i < rows.size(); ++i) context.SetOutput(static_cast<int>(i), rows[i]);
    return Status();
  }

 private:
  // Without a call nobody knows what rows would look like, but for the attribute.
  Status SetEmpty(RunContext& context) const {
    for (size_t i = 0; i < dtypes_.size(); ++i) {
      if (!shapes_[i].complete()) {
        return InvalidArgument("attr 'output_shapes': want known shapes where there are no rows, got ", shapes_[i]);
      }
      RIVULET_ASSIGN_OR_RETURN(Tensor none, Rows(0, shapes_[i], dtypes_[i]));
      context.SetOutput(static_cast<int>(i), none);
    }
    return Status();
  }

  Result<Tensor> Rows(int64_t count, const Shape& row, DType dtype) const {
    if (row.rank() >= Shape::kMaxRank) return InvalidArgument("rows of shape ", row, " have too many dims");
    std::vector<int64_t> dims(1, count);
    dims.insert(dims.end(), row.dims().begin(), row.dims().end());
    return Tensor::Allocate(dtype, Shape(dims), environment_.allocator);
  }

  Status RunRow(Frame& frame, int64_t row, int64_t count, RunContext& context, const RunServices& services,
                std::vector<Tensor>* rows) const {
    for (int i = 0; i < context.num_inputs(); ++i) {
      const Tensor& input = context.input(i);
      Tensor value = input;
      if (i < num_mapped_) {
        const Shape shape(input.shape().dims().subspan(1));
        auto* data = const_cast<void*>(input.raw());
        value = Tensor::View(input.dtype(), shape, ElementAt(data, input.dtype(), row * shape.num_elements()));
      }
      RIVULET_RETURN_IF_ERROR(SetFeed(frame, static_cast<size_t>(i), std::move(value), environment_.allocator));
    }
    RIVULET_RETURN_IF_ERROR(RunSteps(frame, services));
    if (frame.plan->fetch_slots.size() != rows->size()) {
      return InvalidArgument("the function returns ", static_cast<int64_t>(frame.plan->fetch_slots.size()),
                             " tensors, want ", static_cast<int64_t>(rows->size()));
    }
    for (size_t i = 0; i < rows->size(); ++i) {
      RIVULET_ASSIGN_OR_RETURN(Tensor * result, FetchOf(frame, i));
      RIVULET_RETURN_IF_ERROR(Keep(*result, row, count, i, &(*rows)[i]));
    }
    return Status();
  }

  Status Keep(const Tensor& result, int64_t row, int64_t count, size_t i, Tensor* rows) const {
    const auto number = static_cast<int64_t>(i);
    if (result.dtype() != dtypes_[i]) {
      return InvalidArgument("result ", number, ": want ", dtypes_[i], ", got ", result.dtype());
    }
    if (!ShapeFits(shapes_[i], result.shape())) {
      return InvalidArgument("result ", number, ": want shape ", shapes_[i], ", as attr 'output_shapes' says, got ",
                             result.shape());
    }
    if (!rows->valid()) {
      RIVULET_ASSIGN_OR_RETURN(*rows, Rows(count, result.shape(), result.dtype()));
    }
    const std::span<const int64_t> row_dims = rows->shape().dims().subspan(1), dims = result.shape().dims();
    if (!std::equal(row_dims.begin(), row_dims.end(), dims.begin(), dims.end())) {
      return InvalidArgument("result ", number, ": want the shape of the rows before, got ", result.shape());
    }
    const int64_t size = result.num_elements();
    CopyElements(result.dtype(), ElementAt(rows->raw(), result.dtype(), row * size), result.raw(), size);
    return Status();
  }

  const int num_mapped_;
  const std::vector<DType> dtypes_;
  const std::vector<Shape> shapes_;
  const Environment& environment_;
  std::unique_ptr<SubPlan> body_;
};

}  // namespace

std::unique_ptr<ControlStep> MakeMapStep(const ControlStepInput& input, const Environment& environment,
                                         const StopToken& stop) {
  return std::make_unique<MapStep>(input, environment, stop);
}

}  // namespace rivulet
