#include "engine/import/signature_def.h"

#include "engine/import/import_testing.h"

namespace rivulet {
namespace {

// The signature of a MetaGraphDef that has but this one, whose value is `fields`.
Result<ModelSignature> Read(const std::string& fields) {
  const std::vector<uint8_t> meta =
      WireOf("signature_def { key: 'sig' value { " + fields + " } }", TextRoot::kMetaGraphDef);
  WireCursor cursor(meta, 0);
  EXPECT_TRUE(cursor.Next());
  return ReadSignatureEntry(cursor.Message(), nullptr, Limits(), *Allocator::Create());
}

std::string Input(const std::string& key, const std::string& info) {
  return "inputs { key: '" + key + "' value { " + info + " } } ";
}

// key=name:type[shape] of each input.
std::string InputsOf(const std::string& fields) {
  const auto signature = Read(fields);
  if (!signature.ok()) return signature.status().ToString();
  std::string out;
  for (const SignatureTensor& tensor : signature->inputs) {
    out += Cat(out.empty() ? "" : " ", tensor.key, "=", tensor.name, " ", Name(tensor.dtype), tensor.shape.ToString());
  }
  return out;
}

TEST(SignatureDef, SortedByKey) {
  const auto signature =
      Read(Input("b", "name: 'b:0' dtype: DT_FLOAT tensor_shape { dim { size: -1 } dim { size: 3 } }") +
           Input("a", "name: 'a:1' dtype: DT_STRING tensor_shape { unknown_rank: true }") +
           "outputs { key: 'y' value { name: 'y:0' dtype: DT_INT64 } } method_name: 'tensorflow/serving/predict'");
  ASSERT_TRUE(signature.ok()) << signature.status().ToString();
  EXPECT_EQ(signature->key, "sig");
  EXPECT_EQ(signature->method, "tensorflow/serving/predict");
  ASSERT_EQ(signature->inputs.size(), 2u);
  EXPECT_EQ(signature->inputs[0].key, "a");
  EXPECT_EQ(signature->inputs[1].shape.ToString(), "[?,3]");
  EXPECT_EQ(signature->FindInput("a")->name, "a:1");
  EXPECT_FALSE(signature->FindInput("a")->shape.has_rank());
  EXPECT_EQ(signature->FindInput("y"), nullptr);
  EXPECT_EQ(signature->FindOutput("y")->dtype, DType::kInt64);
}

TEST(SignatureDef, SparseAndCompositeTensorsAreSeveral) {
  EXPECT_EQ(InputsOf(Input("s",
                           "dtype: DT_FLOAT tensor_shape { dim { size: 4 } dim { size: -1 } } coo_sparse { "
                           "values_tensor_name: 'v:0' indices_tensor_name: 'i:0' dense_shape_tensor_name: 'd:0' }")),
            "s/dense_shape=d:0 int64[2] s/indices=i:0 int64[?,2] s/values=v:0 float32[?]");
  EXPECT_EQ(InputsOf(Input("r",
                           "composite_tensor { type_spec {} components { name: 'flat:0' dtype: DT_FLOAT } "
                           "components { name: 'splits:0' dtype: DT_INT64 tensor_shape { dim { size: 5 } } } }")),
            "r/0=flat:0 float32? r/1=splits:0 int64[5]");
}

// A map's entry that comes again replaces the one before.
TEST(SignatureDef, OfOneKeyTheLastCounts) {
  EXPECT_EQ(InputsOf(Input("x", "name: 'first:0' dtype: DT_FLOAT tensor_shape {}") +
                     Input("x", "name: 'second:0' dtype: DT_FLOAT tensor_shape {}")),
            "x=second:0 float32[]");
}

TEST(SignatureDef, DefaultsBelongToInputs) {
  const std::string inputs = Input("x", "name: 'x:0' dtype: DT_FLOAT") + Input("y", "name: 'y:0' dtype: DT_FLOAT");
  const std::string value = "value { dtype: DT_FLOAT tensor_shape { dim { size: 3 } } float_val: [1, 2] } ";
  const auto signature = Read("defaults { key: 'y' " + value + "} defaults { key: 'nobody' " + value + "} " + inputs);
  ASSERT_TRUE(signature.ok()) << signature.status().ToString();
  EXPECT_FALSE(signature->FindInput("x")->default_value.valid());
  const Tensor& tensor = signature->FindInput("y")->default_value;
  ASSERT_TRUE(tensor.valid());
  EXPECT_EQ(tensor.shape().ToString(), "[3]");
  EXPECT_EQ(tensor.data<float>()[2], 2.0f) << "the last value fills up";
}

TEST(SignatureDefHostile, ErrorsNameSignatureAndKey) {
  std::string deep = "name: 'x:0' tensor_shape { ";
  for (int i = 0; i < 300; ++i) deep += "dim { size: 1 } ";
  ExpectErrorWith(Read(Input("x", deep + "}")).status(), Code::kResourceExhausted, {"signature 'sig'", "'x'", "254"});
  ExpectErrorWith(Read(Input("x", "name: 'x:0' tensor_shape { dim { size: -2 } }")).status(), Code::kInvalidArgument,
                  {"signature 'sig'", "'x'", "-2"});
  // A default of 2^40 elements out of 20 bytes.
  const std::string bomb =
      "defaults { key: 'x' value { dtype: DT_FLOAT tensor_shape { dim { size: 1099511627776 } } float_val: 1 } } ";
  const std::vector<uint8_t> meta = WireOf(
      "signature_def { key: 'sig' value { " + Input("x", "name: 'x:0'") + bomb + " } }", TextRoot::kMetaGraphDef);
  WireCursor cursor(meta, 0);
  ASSERT_TRUE(cursor.Next());
  const auto bounded = Allocator::Create(1 << 20);
  ExpectErrorWith(ReadSignatureEntry(cursor.Message(), nullptr, Limits(), *bounded).status(), Code::kResourceExhausted,
                  {"signature 'sig'", "default of 'x'"});
  EXPECT_EQ(bounded->peak_bytes(), 0u);
}

}  // namespace
}  // namespace rivulet
