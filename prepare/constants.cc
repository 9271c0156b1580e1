#include "prepare/constants.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/base/errors.h"

namespace rivulet::prepare {

bool IsFloatConst(const NodeDef& node) {
  const Attr* dtype = node.Find("dtype");
  return node.op == "Const" && dtype != nullptr && dtype->AsType() == DType::kFloat && node.Find("value") != nullptr;
}

Result<Tensor> ValueOf(const NodeDef& node) {
  const auto read = [&]() -> Result<Tensor> {
    const Attr* value = node.Find("value");
    if (value == nullptr) return InvalidArgument("attr 'value' is missing");
    RIVULET_ASSIGN_OR_RETURN(Tensor tensor, value->AsTensor());
    if (tensor.is_aligned() || ElementBytes(tensor.dtype()) == 0) return tensor;
    RIVULET_ASSIGN_OR_RETURN(Tensor copy, Tensor::Allocate(tensor.dtype(), tensor.shape(), *Allocator::Create()));
    std::memcpy(copy.raw(), tensor.raw(), tensor.bytes());
    return copy;
  };
  Result<Tensor> tensor = read();
  if (!tensor.ok()) return Status(tensor.status()).Framed(Cat("node '", node.name, "' (", node.op, ")"));
  return tensor;
}

bool AreFinite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

NodeDef MakeConst(std::string name, const Tensor& value) {
  NodeDef node{.name = std::move(name), .op = "Const"};
  node.attrs["dtype"] = Attr::OfType(value.dtype());
  node.attrs["value"] = Attr::OfTensor(value);
  return node;
}

}  // namespace rivulet::prepare
