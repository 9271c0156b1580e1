#include "prepare/int8/weight_codes.h"

#include <algorithm>
#include <cmath>

#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/int8/rounded_column.h"

namespace rivulet::prepare {
namespace {

constexpr float kLastCode = 127;

// The shape in which channels are last.
Shape ChannelsLast(const Product& product, bool is_turned) {
  const Shape& shape = product.filter.value.shape();
  if (product.node->op == "DepthwiseConv2dNative") return {shape[0], shape[1], product.channels};
  return is_turned ? Shape{shape[1], shape[0]} : shape;
}

}  // namespace

Tensor WeightCodes::Values() const {
  std::vector<float> values(static_cast<size_t>(codes.num_elements()));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(codes.data<int8_t>()[i]) * (max[i % max.size()] / kLastCode);
  }
  return Tensor::Of<float>(codes.shape(), values);
}

Result<WeightCodes> CodesOf(const Product& product, const StudiedFilter* studied) {
  const Tensor& filter = product.filter.value;
  WeightCodes weight;
  weight.is_turned = product.node->op == "MatMul" && BoolAttr(*product.node, "transpose_b", false);
  const Shape shape = ChannelsLast(product, weight.is_turned);
  weight.shape = weight.is_turned ? shape : filter.shape();
  const auto channels = static_cast<size_t>(product.channels);
  const auto rows = static_cast<size_t>(filter.num_elements()) / channels;
  RIVULET_ASSIGN_OR_RETURN(weight.codes, Tensor::Allocate(DType::kQint8, shape, *Allocator::Create()));
  weight.max.resize(channels);
  std::vector<float> column(rows);
  for (size_t c = 0; c < channels; ++c) {
    for (size_t r = 0; r < rows; ++r) {
      column[r] = filter.data<float>()[weight.is_turned ? c * rows + r : r * channels + c];
      if (!std::isfinite(column[r])) {
        return InvalidArgument("node '", product.filter.node->name, "' (Const): want finite weights, got ", column[r]);
      }
    }
    const RoundedColumn rounded = RoundColumn(column, studied, static_cast<int64_t>(c));
    weight.max[c] = rounded.max;
    for (size_t r = 0; r < rows; ++r) weight.codes.data<int8_t>()[r * channels + c] = rounded.codes[r];
  }
  return weight;
}

std::string AddWeight(GraphEdit& edit, const WeightCodes& weight, WeightForm form, const std::string& stem,
                      const std::vector<std::string>& waits, const NodeDef& before) {
  const auto add = [&](NodeDef node, const char* name) {
    node.name = edit.FreeName(Cat(stem, name));
    node.device = before.device;
    if (node.op == "Const") node.inputs = waits;
    return edit.Add(std::move(node), &before).name;
  };
  std::vector<float> min = weight.max;
  for (float& value : min) value = -value;
  const auto channels = static_cast<int64_t>(min.size());
  const std::string mins = add(MakeConst("", Tensor::Of<float>({channels}, min)), "/int8/min");
  const std::string maxes = add(MakeConst("", Tensor::Of<float>({channels}, weight.max)), "/int8/max");
  NodeDef rounded;
  if (form == WeightForm::kCodes) {
    rounded.op = "Dequantize";
    rounded.inputs = {add(MakeConst("", weight.codes), "/int8/codes"), mins, maxes};
    rounded.attrs["T"] = Attr::OfType(DType::kQint8);
    rounded.attrs["mode"] = Attr::OfString("SCALED");
    rounded.attrs["axis"] = Attr::OfInt(weight.codes.rank() - 1);
  } else {
    rounded.op = "FakeQuantWithMinMaxVarsPerChannel";
    rounded.inputs = {add(MakeConst("", weight.Values()), "/int8/values"), mins, maxes};
    rounded.attrs["num_bits"] = Attr::OfInt(8);
  }
  rounded.attrs["narrow_range"] = Attr::OfBool(true);
  std::string edge = add(std::move(rounded), "/int8");
  if (weight.shape == weight.codes.shape()) return edge;
  std::vector<int32_t> dims;
  for (int i = 0; i < weight.shape.rank(); ++i) dims.push_back(static_cast<int32_t>(weight.shape[i]));
  NodeDef shaped{.op = "Reshape"};
  shaped.inputs = {edge, add(MakeConst("", Tensor::Of<int32_t>({weight.shape.rank()}, std::span<const int32_t>(dims))),
                             "/int8/shape")};
  shaped.attrs["T"] = Attr::OfType(DType::kFloat);
  shaped.attrs["Tshape"] = Attr::OfType(DType::kInt32);
  return add(std::move(shaped), "/int8/filter");
}

}  // namespace rivulet::prepare
