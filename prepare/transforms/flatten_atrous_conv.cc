// flatten_atrous_conv: a dilated convolution written with batches becomes one convolution with a larger filter.
//
//   s = SpaceToBatchND(x, block, pads), c = Conv2D(s, w), y = BatchToSpaceND(c, block, crops)   becomes
//   y = Conv2D(x, w with block - 1 zeros between its rows and columns)
//
// Also for DepthwiseConv2dNative. The result pads x by what the three together pad it, and that must be what SAME or
// VALID say: where pads and crops are no constants, or make another border, nothing is done.
#include <array>

#include "engine/base/errors.h"
#include "engine/ops/op.h"
#include "prepare/constants.h"
#include "prepare/graph_edit.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

struct Atrous {
  NodeDef* batch_to_space = nullptr;
  NodeDef* conv = nullptr;
  NodeDef* space_to_batch = nullptr;
  ConstInput filter;
  std::array<int64_t, 2> rate = {1, 1};
  std::string padding;
};

std::optional<std::vector<int64_t>> ReadInts(GraphEdit& edit, const NodeDef& node, size_t input, size_t count) {
  const std::optional<ConstInput> constant = edit.ReadConst(node, input);
  if (!constant) return std::nullopt;
  std::vector<int64_t> values = ToInt64s(constant->value);
  if (values.size() != count) return std::nullopt;
  return values;
}

// What the three pad x by, before and after it, as the flat convolution sees it. Inside the batches SAME pads k - 1
// zeros of every rate-th place.
std::string FlatPadding(const Atrous& atrous, const std::vector<int64_t>& pads, const std::vector<int64_t>& crops) {
  bool same = true, valid = true;
  for (size_t i = 0; i < 2; ++i) {
    const int64_t inside = atrous.filter.value.dim(static_cast<int>(i)) - 1;
    int64_t before = pads[2 * i] - crops[2 * i], after = pads[2 * i + 1] - crops[2 * i + 1];
    if (StringAttr(*atrous.conv, "padding", "") == "SAME") {
      before += inside / 2 * atrous.rate[i];
      after += (inside - inside / 2) * atrous.rate[i];
    }
    const int64_t whole = inside * atrous.rate[i];
    same &= before == whole / 2 && after == whole - whole / 2;
    valid &= before == 0 && after == 0;
  }
  return valid ? "VALID" : same ? "SAME" : "";
}

std::optional<Atrous> ReadAtrous(GraphEdit& edit, NodeDef* node) {
  Atrous atrous{.batch_to_space = node};
  if (node->op != "BatchToSpaceND" || NumDataInputs(*node) != 3) return std::nullopt;
  atrous.conv = edit.Producer(*node, 0);
  NodeDef* conv = atrous.conv;
  if (conv == nullptr || (conv->op != "Conv2D" && conv->op != "DepthwiseConv2dNative")) return std::nullopt;
  if (NumDataInputs(*conv) != 2 || !edit.IsPrivate(*conv) || TypeAttr(*conv, "T") != DType::kFloat) return std::nullopt;
  if (!AllAre(*conv, "strides", 1) || !AllAre(*conv, "dilations", 1)) return std::nullopt;
  if (StringAttr(*conv, "data_format", "NHWC") != "NHWC") return std::nullopt;
  const std::string padding = StringAttr(*conv, "padding", "");
  if (padding != "SAME" && padding != "VALID") return std::nullopt;
  atrous.space_to_batch = edit.Producer(*conv, 0);
  const NodeDef* s = atrous.space_to_batch;
  if (s == nullptr || s->op != "SpaceToBatchND" || NumDataInputs(*s) != 3 || edit.IsKept(*s)) return std::nullopt;
  std::optional<ConstInput> filter = edit.ReadConst(*conv, 1);
  if (!filter || filter->value.dtype() != DType::kFloat || filter->value.rank() != 4) return std::nullopt;
  atrous.filter = std::move(*filter);
  const auto block = ReadInts(edit, *s, 1, 2), block_again = ReadInts(edit, *node, 1, 2);
  const auto pads = ReadInts(edit, *s, 2, 4), crops = ReadInts(edit, *node, 2, 4);
  if (!block || !pads || !crops || block != block_again) return std::nullopt;
  for (size_t i = 0; i < 2; ++i) {
    constexpr int64_t kMostRate = 1 << 12;
    if ((*block)[i] < 1 || (*block)[i] > kMostRate) return std::nullopt;
    atrous.rate[i] = (*block)[i];
  }
  for (const auto* borders : {&*pads, &*crops}) {
    for (const int64_t border : *borders) {
      if (border < 0 || border > INT32_MAX) return std::nullopt;
    }
  }
  atrous.padding = FlatPadding(atrous, *pads, *crops);
  if (atrous.padding.empty()) return std::nullopt;
  return atrous;
}

// The filter with rate - 1 zeros between its rows and columns.
Result<Tensor> Spread(const Tensor& filter, const std::array<int64_t, 2>& rate) {
  const int64_t rows = filter.dim(0), columns = filter.dim(1), inner = filter.dim(2) * filter.dim(3);
  if (rows == 0 || columns == 0) return InvalidArgument("the filter is empty");
  const Shape shape = {(rows - 1) * rate[0] + 1, (columns - 1) * rate[1] + 1, filter.dim(2), filter.dim(3)};
  RIVULET_ASSIGN_OR_RETURN(Tensor spread, Tensor::Allocate(DType::kFloat, shape, *Allocator::Create()));
  std::fill_n(spread.data<float>(), spread.num_elements(), 0.0f);
  for (int64_t y = 0; y < rows; ++y) {
    for (int64_t x = 0; x < columns; ++x) {
      std::copy_n(filter.data<float>() + (y * columns + x) * inner, inner,
                  spread.data<float>() + (y * rate[0] * shape[1] + x * rate[1]) * inner);
    }
  }
  return spread;
}

Status Flatten(GraphEdit& edit, const Atrous& atrous) {
  RIVULET_ASSIGN_OR_RETURN(const Tensor filter, Spread(atrous.filter.value, atrous.rate));
  NodeDef& node = *atrous.batch_to_space;
  NodeDef constant = MakeConst(edit.FreeName(node.name + "/flat_filter"), filter);
  constant.device = atrous.filter.node->device;
  constant.inputs = atrous.filter.waits;
  NodeDef flat = *atrous.conv;
  flat.inputs = {atrous.space_to_batch->inputs[0], edit.Add(std::move(constant), &node).name};
  for (const NodeDef* part : {atrous.conv, atrous.space_to_batch, &node}) AddWaits(WaitsOf(*part), &flat.inputs);
  flat.attrs["padding"] = Attr::OfString(atrous.padding);
  flat.attrs.erase("_output_shapes");
  if (const Attr* shapes = node.Find("_output_shapes"); shapes != nullptr) flat.attrs["_output_shapes"] = *shapes;
  edit.Replace(node, std::move(flat));
  return Status();
}

Status Apply(GraphDef& graph, const TransformContext& context) {
  RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph, context));
  std::vector<std::string> names;
  for (const NodeDef* node : edit.Nodes()) names.push_back(node->name);
  for (const std::string& name : names) {
    NodeDef* node = edit.Find(name);
    if (node == nullptr) continue;
    const std::optional<Atrous> atrous = ReadAtrous(edit, node);
    if (atrous && context.MayRewrite(name))
      RIVULET_RETURN_IF_ERROR(Flatten(edit, *atrous).Framed(Cat("node '", name, "'")));
  }
  std::move(edit).WriteTo(graph);
  return Status();
}

}  // namespace

const Transform kFlattenAtrousConv = {"flatten_atrous_conv", "", Apply, Promise::kRounding};

}  // namespace rivulet::prepare
