#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Decode(const std::string& message, const char* type, const char* field, DType dtype) {
  OpTester tester("DecodeProtoV2");
  tester.Attr("message_type", type).Attr("field_names", std::vector<std::string>{field});
  tester.Attr("output_types", std::vector<DType>{dtype});
  Tensor bytes = Strings({1}, {""});
  *bytes.data<std::string>() = message;
  tester.Input(bytes);
  return tester;
}

TEST(DecodeProto, Errors) {
  EXPECT_TRUE(Fails(Decode("", "tensorflow.Nope", "a", DType::kInt64).Run(), "no message is called 'tensorflow.Nope'"));
  EXPECT_TRUE(Fails(Decode("", "tensorflow.Int64List", "a", DType::kInt64).Run(), "has no field 'a'"));
  EXPECT_TRUE(Fails(Decode("", "tensorflow.Int64List", "value", DType::kInt32).Run(),
                    "field 'value' is of type int64, which is not given as int32"));
  EXPECT_TRUE(Fails(Decode("\x0A\x01\x80", "tensorflow.Int64List", "value", DType::kInt64).Run(),
                    "message 0: this is no tensorflow.Int64List: field 'value': a packed list has a broken number"));
  EXPECT_TRUE(Fails(Decode("", "a.B", "c", DType::kInt64).Attr("descriptor_source", "/etc/passwd").Run(),
                    "descriptor_source: a model may not read files by names of its own, got '/etc/passwd'"));
}

TEST(DecodeProto, BytesOfAnyKindEndInAnswersOrErrors) {
  // Every start of a message, and every byte of it changed.
  const std::string message("\x0A\x04\x05\x06\x80\x01\x08\x07\x13\x08\x01\x14\x1D\x01\x02\x03\x04", 17);
  for (const bool sanitize : {false, true}) {
    for (size_t length = 0; length <= message.size(); ++length) {
      for (int change = 0; change < 256; change += 5) {
        std::string bad = message.substr(0, length);
        if (length > 0) bad[length / 2] = static_cast<char>(change);
        const auto got = Decode(bad, "tensorflow.Int64List", "value", DType::kInt64).Attr("sanitize", sanitize).Run();
        if (!got.ok()) EXPECT_TRUE(Fails(got));
      }
    }
  }
}

TEST(DecodeProto, NestingIsBounded) {
  // TensorProto.variant_val { tensors { ... } }, each twice as deep.
  std::string wire, text;
  for (int i = 0; i < 2000; ++i) {
    std::string length;
    for (size_t size = wire.size();; size >>= 7) {
      length.push_back(static_cast<char>((size & 0x7F) | (size >= 0x80 ? 0x80 : 0)));
      if (size < 0x80) break;
    }
    wire = (i % 2 == 0 ? "\x1A" : "\x7A") + length + wire;
    text += i % 2 == 0 ? "variant_val {" : "tensors {";
  }
  const auto decode = [](const std::string& message) {
    return Decode(message, "tensorflow.TensorProto", "dtype", DType::kInt32).Attr("sanitize", true);
  };
  EXPECT_TRUE(Fails(decode(wire).Run(), "messages nested deeper than 100"));
  EXPECT_TRUE(Fails(decode(text).Attr("message_format", "text").Run(), "messages nested deeper than 100"));
}

TEST(DecodeProto, MemoryOfDefaultsIsCounted) {
  // 1000 messages that lack a field whose default has 60000 bytes, with too little memory for it.
  const std::string long_default(60000, 'x');
  const auto bytes = [](int tag, const std::string& content) {
    std::string out(1, static_cast<char>(tag << 3 | 2));
    size_t size = content.size();
    for (; size >= 0x80; size >>= 7) out.push_back(static_cast<char>(size | 0x80));
    out.push_back(static_cast<char>(size));
    return out + content;
  };
  const std::string field = bytes(1, "s") + "\x18\x01\x20\x01\x28\x09" + bytes(7, long_default);
  const std::string set = bytes(1, bytes(1, "a") + bytes(4, bytes(1, "M") + bytes(2, field)));
  OpTester tester("DecodeProtoV2");
  tester.Attr("message_type", "M").Attr("field_names", std::vector<std::string>{"s"});
  tester.Attr("output_types", std::vector<DType>{DType::kString}).Attr("descriptor_source", "bytes://" + set);
  tester.Input(Zeros(DType::kString, {1000}));
  EXPECT_TRUE(tester.Run().ok());
  EXPECT_TRUE(Fails(tester.Budget(1 << 20).Run()));
}

}  // namespace
}  // namespace rivulet
