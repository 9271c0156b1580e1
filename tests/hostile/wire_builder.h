// Protobuf bytes by hand, so that broken encodings are possible too.
#ifndef RIVULET_TESTS_HOSTILE_WIRE_BUILDER_H_
#define RIVULET_TESTS_HOSTILE_WIRE_BUILDER_H_

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>

namespace rivulet {

class Wire {
 public:
  Wire& Varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<char>(value | 0x80));
    bytes_.push_back(static_cast<char>(value));
    return *this;
  }
  Wire& Tag(uint32_t field, int type) { return Varint((uint64_t{field} << 3) | static_cast<uint64_t>(type)); }
  Wire& Int(uint32_t field, uint64_t value) { return Tag(field, 0).Varint(value); }
  Wire& Float(uint32_t field, float value) {
    Tag(field, 5);
    char raw[4];
    std::memcpy(raw, &value, 4);
    return Raw({raw, 4});
  }
  Wire& Bytes(uint32_t field, std::string_view value) { return Tag(field, 2).Varint(value.size()).Raw(value); }
  Wire& Raw(std::string_view value) {
    bytes_.append(value);
    return *this;
  }
  const std::string& str() const { return bytes_; }

 private:
  std::string bytes_;
};

// The messages of a GraphDef.
inline std::string Shape32(std::initializer_list<int64_t> dims) {
  Wire shape;
  for (const int64_t dim : dims) shape.Bytes(2, Wire().Int(1, static_cast<uint64_t>(dim)).str());
  return shape.str();
}
inline std::string Attr(std::string_view name, const std::string& value) {
  return Wire().Bytes(5, Wire().Bytes(1, name).Bytes(2, value).str()).str();
}
inline std::string TypeAttr(std::string_view name, int type) {
  return Attr(name, Wire().Int(6, static_cast<uint64_t>(type)).str());
}
inline std::string Node32(std::string_view name, std::string_view op, std::initializer_list<std::string_view> inputs,
                          const std::string& attrs = "") {
  Wire node;
  node.Bytes(1, name).Bytes(2, op);
  for (const std::string_view input : inputs) node.Bytes(3, input);
  node.Raw(attrs);
  return Wire().Bytes(1, node.str()).str();
}
// A float Const of the given TensorProto fields after dtype.
inline std::string ConstNode32(std::string_view name, const std::string& tensor_fields) {
  return Node32(name, "Const", {},
                TypeAttr("dtype", 1) + Attr("value", Wire().Bytes(8, Wire().Int(1, 1).str() + tensor_fields).str()));
}
inline std::string Versions32(int producer, int min_consumer = 0) {
  return Wire()
      .Bytes(4, Wire().Int(1, static_cast<uint64_t>(producer)).Int(2, static_cast<uint64_t>(min_consumer)).str())
      .str();
}
inline std::string FloatPlaceholder(std::string_view name) {
  return Node32(name, "Placeholder", {}, TypeAttr("dtype", 1));
}

}  // namespace rivulet

#endif  // RIVULET_TESTS_HOSTILE_WIRE_BUILDER_H_
