#include "prepare/region_constants.h"

#include "engine/base/checked.h"
#include "engine/base/errors.h"

namespace rivulet::prepare {
namespace {

Result<Tensor> ValueIn(const MemmappedPackage& package, const MemmappedPackage::Region& region, std::string_view name,
                       DType dtype, const Shape& shape) {
  if (name.starts_with(MemmappedPackage::kSqueezedPrefix)) return package.DecodeSqueezed(region, dtype, shape);
  const CheckedSize bytes = CheckedSize(shape.num_elements()) * CheckedSize(static_cast<int64_t>(ElementBytes(dtype)));
  if (!bytes.valid() || static_cast<uint64_t>(bytes.value()) > region.bytes.size()) {
    return DataLoss("has ", static_cast<uint64_t>(region.bytes.size()), " bytes, too few for a ", Name(dtype),
                    " constant of shape ", shape.ToString());
  }
  return Tensor::View(dtype, shape, const_cast<uint8_t*>(region.bytes.data()), package.owner());
}

Status MakeConstOf(const MemmappedPackage& package, NodeDef* node) {
  const Attr* name_attr = node->Find("memory_region_name");
  const Attr* dtype_attr = node->Find("dtype");
  const Attr* shape_attr = node->Find("shape");
  if (name_attr == nullptr || dtype_attr == nullptr || shape_attr == nullptr) return Status();
  const auto name = name_attr->AsString();
  const auto dtype = dtype_attr->AsType();
  const auto shape = shape_attr->AsShape();
  if (!name || !dtype || !shape || !shape->complete() || !name->starts_with(MemmappedPackage::kPrefix)) return Status();
  const MemmappedPackage::Region* region = package.Find(*name);
  if (region == nullptr) return NotFound("memory region ", Quoted(*name), " is not in the package");
  if (ElementBytes(*dtype) == 0) return Status();
  Result<Tensor> value = ValueIn(package, *region, *name, *dtype, *shape);
  if (!value.ok()) return std::move(value).status().Framed(Cat("memory region ", Quoted(*name)));
  node->op = "Const";
  node->attrs.clear();
  node->attrs["dtype"] = Attr::OfType(*dtype);
  node->attrs["value"] = Attr::OfTensor(value->Reshaped(*shape));
  return Status();
}

}  // namespace

Result<GraphDef> GraphOfPackage(std::span<const uint8_t> bytes, std::shared_ptr<void> owner, const Limits& limits) {
  RIVULET_ASSIGN_OR_RETURN(const MemmappedPackage package, MemmappedPackage::Read(bytes, owner));
  RIVULET_ASSIGN_OR_RETURN(GraphDef graph, ParseGraphDef(package.graph().bytes, package.owner(), limits));
  for (NodeDef& node : graph.nodes) {
    if (node.op != "ImmutableConst") continue;
    RIVULET_RETURN_IF_ERROR(MakeConstOf(package, &node).Framed(Cat("node '", node.name, "' (ImmutableConst)")));
  }
  return graph;
}

}  // namespace rivulet::prepare
