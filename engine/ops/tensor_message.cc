#include "engine/ops/tensor_message.h"

#include "engine/base/checked.h"
#include "engine/base/wire.h"
#include "engine/graph/tensor_proto.h"
#include "engine/ops/wire_writer.h"

namespace rivulet {
namespace {

std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string ShapeMessage(const Shape& shape) {
  std::string out;
  for (const int64_t dim : shape.dims()) {
    std::string one;
    if (dim != 0) WireWriter(&one).Int(1, dim);
    WireWriter(&out).Bytes(2, one);
  }
  return out;
}

std::string StringContent(const Tensor& tensor) {
  std::string out;
  for (const std::string& text : tensor.values<std::string>()) WireWriter(&out).BareVarint(text.size());
  for (const std::string& text : tensor.values<std::string>()) out += text;
  return out;
}

}  // namespace

Result<int64_t> TensorMessageBytes(const Tensor& tensor) {
  constexpr int64_t kVarint = 12;  // a number with its tag takes less
  CheckedSize bytes = CheckedSize(kVarint) * 4 + CheckedSize(2 * kVarint) * tensor.rank();
  if (tensor.dtype() == DType::kString) {
    for (const std::string& text : tensor.values<std::string>()) bytes += static_cast<int64_t>(text.size()) + kVarint;
  } else {
    bytes += static_cast<int64_t>(tensor.bytes());
  }
  if (!bytes.valid()) return ResourceExhausted("the message is larger than any memory");
  return bytes.value();
}

std::string WriteTensorMessage(const Tensor& tensor, StringsAs strings) {
  std::string out;
  WireWriter writer(&out);
  writer.Int(1, static_cast<int64_t>(tensor.dtype()));
  writer.Bytes(2, ShapeMessage(tensor.shape()));
  if (tensor.dtype() == DType::kString && strings == StringsAs::kContent) {
    const std::string content = StringContent(tensor);
    if (!content.empty()) writer.Bytes(4, content);
  } else if (tensor.dtype() == DType::kString) {
    for (const std::string& text : tensor.values<std::string>()) writer.Bytes(8, text);
  } else if (tensor.num_elements() > 0) {
    writer.Bytes(4, {static_cast<const char*>(tensor.raw()), tensor.bytes()});
  }
  return out;
}

Result<Tensor> ReadTensorMessage(std::string_view message, DType dtype, Allocator& allocator) {
  const WireCursor cursor(AsBytes(message), 0);
  int32_t number = 0;
  for (WireCursor scan = cursor; scan.Next();) {
    if (scan.field() == 1) {
      number = scan.Int32();
    } else {
      scan.Skip();
    }
  }
  Status status;
  const TensorLiteral literal = ReadTensor(cursor, nullptr, Limits(), &status);
  if (!status.ok()) return InvalidArgument("this is no TensorProto: ", status.message());
  // References to the type are another.
  if (number != static_cast<int32_t>(dtype)) {
    const auto found = static_cast<DType>(number);
    return InvalidArgument("want a TensorProto of ", dtype, ", got one of ",
                           IsKnown(found) ? std::string(Name(found)) : Cat("type number ", number));
  }
  RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Expand(literal, allocator));
  // A whole one is a view of the bytes that it was read from.
  if (literal.is_whole()) {
    RIVULET_ASSIGN_OR_RETURN(tensor, Clone(tensor, allocator));
  }
  if (dtype == DType::kBool) {
    auto* bytes = static_cast<uint8_t*>(tensor.raw());
    for (int64_t i = 0; i < tensor.num_elements(); ++i) bytes[i] = bytes[i] != 0;
  }
  return tensor;
}

}  // namespace rivulet
