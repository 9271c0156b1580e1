#include "prepare/squeeze/squeezed_file.h"

#include "engine/base/errors.h"
#include "engine/import/memmapped_package.h"
#include "engine/import/squeezed_bytes.h"
#include "prepare/constants.h"
#include "prepare/package_writer.h"
#include "prepare/squeeze/region_writer.h"

namespace rivulet::prepare {
std::string WriteSqueezedFile(GraphDef graph, const std::map<std::string, std::string>& regions) {
  PackageWriter writer;
  size_t number = 0;
  for (NodeDef& node : graph.nodes) {
    const auto region = regions.find(node.name);
    if (region == regions.end() || node.op != "Const") continue;
    const Attr* value = node.Find("value");
    const Attr* dtype = node.Find("dtype");
    if (value == nullptr || dtype == nullptr || !value->AsTensorShape() || !dtype->AsType()) continue;
    const Shape shape = *value->AsTensorShape();
    const std::string name = Cat(MemmappedPackage::kSqueezedPrefix, number++);
    writer.Add(name, region->second);
    const DType type = *dtype->AsType();
    node.op = "ImmutableConst";
    node.attrs.clear();
    node.attrs["dtype"] = Attr::OfType(type);
    node.attrs["shape"] = Attr::OfShape(shape);
    node.attrs["memory_region_name"] = Attr::OfString(name);
  }
  return writer.Finish(Serialize(graph), /*with_checksums=*/true);
}

Result<std::string> SqueezeLossless(const GraphDef& graph, int64_t min_bytes) {
  std::map<std::string, std::string> regions;
  for (const NodeDef& node : graph.nodes) {
    const Attr* dtype = node.Find("dtype");
    const Attr* value = node.Find("value");
    if (node.op != "Const" || dtype == nullptr || value == nullptr || !dtype->AsType()) continue;
    if (!HasBytePlanes(*dtype->AsType())) continue;
    RIVULET_ASSIGN_OR_RETURN(const Tensor tensor, ValueOf(node));
    if (static_cast<int64_t>(tensor.bytes()) < min_bytes) continue;
    std::string region = WriteBytes(tensor);
    if (region.size() < tensor.bytes()) regions.emplace(node.name, std::move(region));
  }
  return WriteSqueezedFile(graph, regions);
}

}  // namespace rivulet::prepare
