// DataFormatDimMap: axis numbers of one layout as those of another. DataFormatVecPermute: one value, or one pair, for
// each axis, put into the order of another layout.
//
// Layouts are words of 4 or 5 letters, such as NHWC and NCHW.
#include <string>

#include "engine/ops/dims.h"

namespace rivulet {
namespace {

struct State : OpState {
  std::vector<int> to_source;       // for each axis of the new layout, which of the old
  std::vector<int> to_destination;  // the other way
  std::vector<int> spatial;         // the same as to_source for the axes but N and C
};

Status ReadFormats(const AttrReader& attrs, State* state) {
  const std::string source = attrs.Str("src_format"), destination = attrs.Str("dst_format");
  for (const std::string* format : {&source, &destination}) {
    if (format->size() != 4 && format->size() != 5) {
      return InvalidArgument("attrs 'src_format' and 'dst_format': want 4 or 5 letters, got ", Quoted(*format));
    }
  }
  const auto fail = [&] {
    return InvalidArgument("attrs 'src_format' and 'dst_format': ", Quoted(source), " and ", Quoted(destination),
                           ": want the same axes in both");
  };
  if (source.size() != destination.size()) return fail();
  state->to_destination.assign(source.size(), -1);
  for (size_t i = 0; i < destination.size(); ++i) {
    const size_t at = source.find(destination[i]);
    if (at == std::string::npos || state->to_destination[at] >= 0) return fail();
    state->to_source.push_back(static_cast<int>(at));
    state->to_destination[at] = static_cast<int>(i);
  }
  std::string spatial_source;
  for (const char letter : source) {
    if (letter != 'N' && letter != 'C') spatial_source += letter;
  }
  for (const char letter : destination) {
    if (letter != 'N' && letter != 'C') state->spatial.push_back(static_cast<int>(spatial_source.find(letter)));
  }
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  RIVULET_RETURN_IF_ERROR(ReadFormats(c.attrs(), state.get()));
  return std::unique_ptr<OpState>(std::move(state));
}

// ---- DataFormatDimMap ----

Status InferMap(InferContext& c) {
  State state;
  RIVULET_RETURN_IF_ERROR(ReadFormats(c.attrs(), &state));
  c.set_output(0, c.shape(0));
  return Status();
}

template <typename T>
Status Map(const Tensor& x, const std::vector<int>& to_destination, Tensor& y) {
  const auto rank = static_cast<int64_t>(to_destination.size());
  for (int64_t i = 0; i < x.num_elements(); ++i) {
    const int64_t axis = x.data<T>()[i];
    if (axis < -rank || axis >= rank) return InvalidArgument("x[", i, "]: want [-", rank, ", ", rank, "), got ", axis);
    y.data<T>()[i] = to_destination[static_cast<size_t>(axis < 0 ? axis + rank : axis)];
  }
  return Status();
}

Status RunMap(RunContext& c) {
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, c.input(0).shape()));
  const std::vector<int>& map = c.state<State>().to_destination;
  return c.input(0).dtype() == DType::kInt32 ? Map<int32_t>(c.input(0), map, c.output(0))
                                             : Map<int64_t>(c.input(0), map, c.output(0));
}

// ---- DataFormatVecPermute ----

Status CheckVector(const Shape& x, const State& state) {
  if (!x.has_rank()) return Status();
  const auto rank = static_cast<int64_t>(state.to_source.size()), spatial = static_cast<int64_t>(state.spatial.size());
  const bool length_fits = x.rank() >= 1 && (x[0] < 0 || x[0] == rank || x[0] == spatial);
  if (length_fits && (x.rank() == 1 || (x.rank() == 2 && (x[1] < 0 || x[1] == 2)))) return Status();
  return InvalidArgument("x: want shape [n] or [n,2] with n ", rank, " or ", spatial, ", got ", x);
}

Status InferPermute(InferContext& c) {
  State state;
  RIVULET_RETURN_IF_ERROR(ReadFormats(c.attrs(), &state));
  RIVULET_RETURN_IF_ERROR(CheckVector(c.shape(0), state));
  c.set_output(0, c.shape(0));
  return Status();
}

template <typename T>
void Permute(const Tensor& x, const std::vector<int>& order, Tensor& y) {
  const auto width = x.num_elements() / static_cast<int64_t>(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    for (int64_t j = 0; j < width; ++j)
      y.data<T>()[static_cast<int64_t>(i) * width + j] = x.data<T>()[order[i] * width + j];
  }
}

Status RunPermute(RunContext& c) {
  const Tensor& x = c.input(0);
  const State& state = c.state<State>();
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, x.shape()));
  RIVULET_RETURN_IF_ERROR(CheckVector(x.shape(), state));
  const bool whole = x.dim(0) == static_cast<int64_t>(state.to_source.size());
  const std::vector<int>& order = whole ? state.to_source : state.spatial;
  if (order.empty()) return Status();
  if (x.dtype() == DType::kInt32) {
    Permute<int32_t>(x, order, c.output(0));
  } else {
    Permute<int64_t>(x, order, c.output(0));
  }
  return Status();
}

constexpr char kAttrs[] = "T:type=i32 in {i32,i64}; src_format:string=\"NHWC\"; dst_format:string=\"NCHW\"";

constexpr OpDef kDefs[] = {
    {.name = "DataFormatDimMap",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kAttrs,
     .infer = InferMap,
     .prepare = Prepare,
     .run = RunMap},
    {.name = "DataFormatVecPermute",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kAttrs,
     .infer = InferPermute,
     .prepare = Prepare,
     .run = RunPermute},
};

}  // namespace

RIVULET_OP_LIST(DataFormat, kDefs);

}  // namespace rivulet
