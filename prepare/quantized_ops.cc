#include "prepare/quantized_ops.h"

#include "engine/base/errors.h"
#include "prepare/graph_edit.h"
#include "prepare/windows.h"

namespace rivulet::prepare {
namespace {

constexpr RangeOrder kPairs = RangeOrder::kContiguous;

constexpr QuantizedOp kOps[] = {
    {"Add", "QuantizedAdd", "", "T1 T2", "Toutput"},
    {"AddV2", "QuantizedAdd", "", "T1 T2", "Toutput"},
    {"AvgPool", "QuantizedAvgPool", "ksize strides padding", "T", ""},
    {"BiasAdd", "QuantizedBiasAdd", "", "T1 T2", "out_type"},
    {"Concat", "QuantizedConcat", "N", "T", "", RangeOrder::kMinsFirst, 0},
    {"ConcatV2", "QuantizedConcat", "N", "T", "", RangeOrder::kMinsFirst, -2},
    {"Conv2D", "QuantizedConv2D", "strides padding", "Tinput Tfilter", "out_type"},
    {"MatMul", "QuantizedMatMul", "transpose_a transpose_b", "T1 T2", "Toutput"},
    {"MaxPool", "QuantizedMaxPool", "ksize strides padding", "T", ""},
    {"Mul", "QuantizedMul", "", "T1 T2", "Toutput"},
    {"Relu", "QuantizedRelu", "", "Tinput", ""},
    {"Relu6", "QuantizedRelu6", "", "Tinput", ""},
    {"Reshape", "QuantizedReshape", "Tshape", "T", "", kPairs, 1},
    {"ResizeBilinear", "QuantizedResizeBilinear", "align_corners half_pixel_centers", "T", "", kPairs, 1},
};

Status CheckImage(const NodeDef& node) {
  if (StringAttr(node, "data_format", "NHWC") != "NHWC") return InvalidArgument("its data_format is not NHWC");
  if (!AllAre(node, "dilations", 1)) return InvalidArgument("it has dilations");
  if (!AllAre(node, "explicit_paddings", 0)) return InvalidArgument("it has explicit paddings");
  const std::string padding = StringAttr(node, "padding", "");
  if (padding != "SAME" && padding != "VALID") return InvalidArgument("its padding is '", padding, "'");
  const std::vector<int64_t> strides = IntsAttr(node, "strides");
  if (strides.size() != 4 || strides[0] != 1 || strides[3] != 1)
    return InvalidArgument("its strides are not of images");
  return Status();
}

Status CheckConv(const NodeDef& node, const Facts& facts) {
  RIVULET_RETURN_IF_ERROR(CheckImage(node));
  const std::vector<int64_t> strides = IntsAttr(node, "strides");
  if (strides[1] != strides[2]) return InvalidArgument("its strides differ");
  const Shape& image = facts.ShapeOf(node.inputs[0]);
  const Shape& filter = facts.ShapeOf(node.inputs[1]);
  if (image.rank() != 4 || filter.rank() != 4 || image[3] != filter[2] || filter[2] < 0) {
    return InvalidArgument("its channels are not known, or are in groups");
  }
  return CheckWindows(node, image, facts);
}

Status CheckPool(const NodeDef& node) {
  RIVULET_RETURN_IF_ERROR(CheckImage(node));
  const std::vector<int64_t> ksize = IntsAttr(node, "ksize");
  if (ksize.size() != 4 || ksize[0] != 1 || ksize[3] != 1) return InvalidArgument("its window is not of one channel");
  return Status();
}

// Two tensors of one shape, or one of them a scalar or a vector along the other's last axis. Batches of unknown size
// count as one size.
Status CheckPair(const Shape& a, const Shape& b) {
  const auto same = [&] {
    if (a.rank() < 0 || a.rank() != b.rank()) return false;
    for (int i = 0; i < a.rank(); ++i) {
      if (a[i] != b[i] || (a[i] < 0 && i > 0)) return false;
    }
    return true;
  };
  const auto fits = [](const Shape& small, const Shape& large) {
    if (small.rank() == 0) return true;
    return small.rank() == 1 && large.rank() > 0 && small[0] > 0 && small[0] == large[large.rank() - 1];
  };
  if (same() || (a.has_rank() && b.has_rank() && (fits(a, b) || fits(b, a)))) return Status();
  return InvalidArgument("its shapes ", a.ToString(), " and ", b.ToString(), " may broadcast otherwise");
}

}  // namespace

const QuantizedOp* FindQuantizedOp(std::string_view float_op) {
  for (const QuantizedOp& op : kOps) {
    if (op.float_op == float_op) return &op;
  }
  return nullptr;
}

Status CheckQuantizable(const QuantizedOp& op, const NodeDef& node, const Facts& facts) {
  if (TypeAttr(node, "T") != DType::kFloat) return InvalidArgument("its type is ", Name(TypeAttr(node, "T")));
  const size_t inputs = NumDataInputs(node);
  const std::string_view name = op.float_op;
  const bool joins = name.starts_with("Concat");
  const bool is_alone = name == "AvgPool" || name == "MaxPool" || name == "Relu" || name == "Relu6";
  if (joins ? inputs < 3 : inputs != (is_alone ? 1u : 2u)) return InvalidArgument("it has ", inputs, " inputs");
  if (name == "Conv2D") return CheckConv(node, facts);
  if (name == "AvgPool" || name == "MaxPool") return CheckPool(node);
  if (name == "Add" || name == "AddV2" || name == "Mul") {
    return CheckPair(facts.ShapeOf(node.inputs[0]), facts.ShapeOf(node.inputs[1]));
  }
  if (name == "BiasAdd" && StringAttr(node, "data_format", "NHWC") != "NHWC") {
    return InvalidArgument("its data_format is not NHWC");
  }
  if (name == "ConcatV2" && TypeAttr(node, "Tidx", DType::kInt32) != DType::kInt32) {
    return InvalidArgument("its axis is not int32");
  }
  return Status();
}

}  // namespace rivulet::prepare
