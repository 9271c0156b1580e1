#include "prepare/fuse_image.h"

#include <vector>

#include "engine/base/errors.h"
#include "engine/ops/op.h"
#include "prepare/constants.h"
#include "prepare/facts.h"
#include "prepare/graph_edit.h"
#include "prepare/names.h"
#include "prepare/needed.h"
#include "prepare/windows.h"

namespace rivulet::prepare {
namespace {

// The nodes from the convolution up to the image; those that the step does not have are null.
struct Chain {
  NodeDef* conv = nullptr;
  NodeDef* pad = nullptr;
  NodeDef* resize = nullptr;

  const NodeDef& last() const { return pad != nullptr ? *pad : *resize; }
  const NodeDef& first() const { return resize != nullptr ? *resize : *pad; }
  const std::string& image() const { return first().inputs[0]; }
};

std::optional<Chain> ReadChain(GraphEdit& edit, NodeDef* conv, ImageStep step) {
  if (conv->op != "Conv2D" || NumDataInputs(*conv) != 2) return std::nullopt;
  Chain chain{.conv = conv};
  const NodeDef* reader = conv;
  if (step != ImageStep::kResize) {
    chain.pad = edit.Producer(*reader, 0);
    if (chain.pad == nullptr || chain.pad->op != "MirrorPad" || NumDataInputs(*chain.pad) != 2) return std::nullopt;
    reader = chain.pad;
  }
  if (step != ImageStep::kPad) {
    chain.resize = edit.Producer(*reader, 0);
    if (chain.resize == nullptr || chain.resize->op != "ResizeBilinear") return std::nullopt;
    if (NumDataInputs(*chain.resize) != 2) return std::nullopt;
  }
  return chain;
}

Status CheckConv(const NodeDef& conv, bool resizes) {
  const DType type = TypeAttr(conv, "T");
  if (type != DType::kFloat && (resizes || (type != DType::kDouble && type != DType::kHalf))) {
    return InvalidArgument("its type is ", Name(type));
  }
  if (StringAttr(conv, "data_format", "NHWC") != "NHWC") return InvalidArgument("its data_format is not NHWC");
  if (!AllAre(conv, "dilations", 1)) return InvalidArgument("it has dilations");
  const std::string padding = StringAttr(conv, "padding", "");
  if (padding != "SAME" && padding != "VALID") return InvalidArgument("its padding is ", padding);
  if (!AllAre(conv, "explicit_paddings", 0)) return InvalidArgument("it has explicit paddings");
  return Status();
}

// The pads of rows and columns; those of batch and channels must be 0.
Status CheckPads(const ConstInput& pads) {
  const std::vector<int64_t> values = ToInt64s(pads.value);
  if (values.size() != 8 || pads.value.rank() != 2) return InvalidArgument("its pads are not [4,2] numbers");
  for (const size_t i : {0, 1, 6, 7}) {
    if (values[i] != 0) return InvalidArgument("it pads the batch or the channels");
  }
  return Status();
}

Status CheckChain(GraphEdit& edit, const Facts& facts, const Chain& chain) {
  RIVULET_RETURN_IF_ERROR(CheckConv(*chain.conv, chain.resize != nullptr));
  for (const NodeDef* step : {chain.pad, chain.resize}) {
    if (step != nullptr && !edit.IsPrivate(*step)) return InvalidArgument("'", step->name, "' is also read elsewhere");
  }
  if (chain.resize != nullptr) {
    if (BoolAttr(*chain.resize, "half_pixel_centers", false))
      return InvalidArgument("the resize has half_pixel_centers");
    if (TypeAttr(*chain.resize, "T") != DType::kFloat) return InvalidArgument("the resized image is not float");
  }
  if (chain.pad != nullptr) {
    const std::optional<ConstInput> pads = edit.ReadConst(*chain.pad, 1);
    if (!pads) return InvalidArgument("the pads are no constant");
    RIVULET_RETURN_IF_ERROR(CheckPads(*pads));
  }
  const Shape& image = facts.ShapeOf(chain.image());
  if (image.rank() != 4 || image[0] != 1) {
    return InvalidArgument("the fused operator takes one image at a time, got shape ", image.ToString());
  }
  return CheckWindows(*chain.conv, facts.ShapeOf(chain.last().name), facts);
}

// The pads as int32, which is all that the fused operators take.
std::string PadsInput(GraphEdit& edit, const Chain& chain, bool waits) {
  if (chain.pad == nullptr) {
    const std::vector<int32_t> zeros(8, 0);
    NodeDef pads = MakeConst(edit.FreeName(chain.conv->name + "_dummy_paddings"), Tensor::Of<int32_t>({4, 2}, zeros));
    pads.device = chain.conv->device;
    if (waits) pads.inputs = {Cat("^", ParseInput(chain.image()).node)};
    return edit.Add(std::move(pads), chain.conv).name;
  }
  const std::optional<ConstInput> old = edit.ReadConst(*chain.pad, 1);
  if (old->value.dtype() == DType::kInt32) return chain.pad->inputs[1];
  std::vector<int32_t> values;
  for (const int64_t value : ToInt64s(old->value)) values.push_back(static_cast<int32_t>(value));
  NodeDef pads = MakeConst(edit.FreeName(chain.conv->name + "/paddings"), Tensor::Of<int32_t>({4, 2}, values));
  pads.device = old->node->device;
  pads.inputs = old->waits;
  return edit.Add(std::move(pads), chain.conv).name;
}

void Fuse(GraphEdit& edit, const Chain& chain, bool waits) {
  NodeDef fused{.op = chain.resize != nullptr ? "FusedResizeAndPadConv2D" : "FusedPadConv2D",
                .device = chain.conv->device};
  fused.inputs.push_back(chain.image());
  if (chain.resize != nullptr) fused.inputs.push_back(chain.resize->inputs[1]);
  fused.inputs.push_back(PadsInput(edit, chain, waits));
  fused.inputs.push_back(chain.conv->inputs[1]);
  for (const NodeDef* step : {chain.conv, chain.pad, chain.resize}) {
    if (step != nullptr) AddWaits(WaitsOf(*step), &fused.inputs);
  }
  for (const auto& [name, attr] : chain.conv->attrs) {
    if (name == "T" || name == "strides" || name == "padding" || name.starts_with("_")) fused.attrs[name] = attr;
  }
  fused.attrs["mode"] = Attr::OfString(chain.pad != nullptr ? StringAttr(*chain.pad, "mode", "REFLECT") : "REFLECT");
  if (chain.resize != nullptr) {
    fused.attrs["resize_align_corners"] = Attr::OfBool(BoolAttr(*chain.resize, "align_corners", false));
  }
  edit.Replace(*chain.conv, std::move(fused));
}

}  // namespace

Status FuseIntoConv(GraphDef& graph, const TransformContext& context, ImageStep step) {
  RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph, context));
  RIVULET_ASSIGN_OR_RETURN(const Facts facts, Facts::Of(graph));
  RIVULET_ASSIGN_OR_RETURN(const std::vector<const NodeDef*> order, ExecutionOrder(graph));
  const NameSet inside = BehindControlFlow(order);
  std::vector<std::string> names;
  for (const NodeDef* node : edit.Nodes()) names.push_back(node->name);
  for (const std::string& name : names) {
    NodeDef* node = edit.Find(name);
    if (node == nullptr) continue;
    const std::optional<Chain> chain = ReadChain(edit, node, step);
    if (!chain) continue;
    const Status fits = CheckChain(edit, facts, *chain);
    if (fits.ok()) {
      if (context.MayRewrite(name)) Fuse(edit, *chain, inside.contains(name));
    } else if (context.report != nullptr) {
      context.report(Cat("'", name, "' is not fused: ", fits.message()));
    }
  }
  std::move(edit).WriteTo(graph);
  return Status();
}

}  // namespace rivulet::prepare
