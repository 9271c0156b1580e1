#include "engine/run/initialize.h"

#include "engine/import/import_testing.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

// Variable v, restored from the checkpoint's v0; `set` assigns x to it. `count` says how often the main op ran.
constexpr char kModel[] = R"(
saved_model_schema_version: 1
meta_graphs {
  meta_info_def { tags: "serve" }
  graph_def {
    node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "v" op: "VarHandleOp" attr { key: "dtype" value { type: DT_FLOAT } }
           attr { key: "shape" value { shape { unknown_rank: true } } } attr { key: "shared_name" value { s: "v" } } }
    node { name: "y" op: "ReadVariableOp" input: "v" attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "set" op: "AssignVariableOp" input: "v" input: "x" attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "save/Const" op: "Const" attr { key: "dtype" value { type: DT_STRING } }
           attr { key: "value" value { tensor { dtype: DT_STRING tensor_shape {} string_val: "model" } } } }
    node { name: "names" op: "Const" attr { key: "dtype" value { type: DT_STRING } }
           attr { key: "value" value { tensor { dtype: DT_STRING tensor_shape { dim { size: 1 } } string_val: "v0" } } } }
    node { name: "slices" op: "Const" attr { key: "dtype" value { type: DT_STRING } }
           attr { key: "value" value { tensor { dtype: DT_STRING tensor_shape { dim { size: 1 } } string_val: "" } } } }
    node { name: "restore" op: "RestoreV2" input: "save/Const" input: "names" input: "slices"
           attr { key: "dtypes" value { list { type: DT_FLOAT } } } }
    node { name: "assign" op: "AssignVariableOp" input: "v" input: "restore" attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "save/restore_all" op: "NoOp" input: "^assign" }
    node { name: "n" op: "VarHandleOp" attr { key: "dtype" value { type: DT_FLOAT } }
           attr { key: "shape" value { shape {} } } attr { key: "shared_name" value { s: "n" } } }
    node { name: "one" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
           attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape {} float_val: 1 } } } }
    node { name: "init" op: "AssignVariableOp" input: "n" input: "one" attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "count" op: "ReadVariableOp" input: "n" attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "plain" op: "Neg" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
    versions { producer: 1000 }
  }
  saver_def { filename_tensor_name: "save/Const:0" restore_op_name: "save/restore_all" }
  collection_def { key: "saved_model_main_op" value { node_list { value: "init" } } }
}
)";

class InitializeTest : public testing::Test {
 protected:
  InitializeTest() { folder_.Write("saved_model.pbtxt", kModel); }

  void AddVariables() const {
    for (const char* end : {".index", ".data-00000-of-00003", ".data-00001-of-00003", ".data-00002-of-00003"}) {
      folder_.Copy(Cat(RIVULET_FORMATS_DATA, "/shards/model", end), Cat("variables/variables", end));
    }
  }
  std::unique_ptr<Session> NewSession() const {
    auto model = Model::Load(folder_.path());
    EXPECT_TRUE(model.ok()) << model.status().ToString();
    auto session = Session::Create(*model);
    EXPECT_TRUE(session.ok());
    return std::move(*session);
  }

  TempFolder folder_;
};

using Initialize = InitializeTest;

TEST_F(Initialize, VariablesAreRestoredFromTheCheckpoint) {
  AddVariables();
  auto session = NewSession();
  const auto result = session->Run({}, {"y", "count"});
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_GT((*result)[0].num_elements(), 0);
  EXPECT_EQ((*result)[0].dtype(), DType::kFloat);
  EXPECT_EQ((*result)[1].data<float>()[0], 1.0f) << "the main op ran after it";
}

TEST_F(Initialize, OnceASession) {
  AddVariables();
  auto session = NewSession();
  ASSERT_TRUE(session->Run({}, {"y"}).ok());
  ASSERT_TRUE(session->Run({{"x", Tensor::Scalar<float>(42)}}, {}, {"set"}).ok());
  // Another plan, for the same variables.
  const auto result = session->Run({}, {"y", "count"});
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ((*result)[0].num_elements(), 1);
  EXPECT_EQ((*result)[0].data<float>()[0], 42.0f);
  EXPECT_NE((*NewSession()->Run({}, {"y"}))[0].data<float>()[0], 42.0f);
}

// What needs no variable runs without its files; what needs one says which file is missing.
TEST_F(Initialize, WithoutTheCheckpoint) {
  auto session = NewSession();
  EXPECT_TRUE(session->Run({{"x", Tensor::Scalar<float>(1)}}, {"plain"}).ok());
  ExpectErrorWith(session->Run({}, {"y"}).status(), Code::kFailedPrecondition,
                  {"before it had a value", "variables.index", "is not there"});
  ASSERT_TRUE(session->Run({{"x", Tensor::Scalar<float>(2)}}, {}, {"set"}).ok());
  EXPECT_EQ((*session->Run({}, {"y"}))[0].data<float>()[0], 2.0f);
}

TEST_F(Initialize, ADamagedCheckpointIsNamed) {
  AddVariables();
  folder_.Write("variables/variables.data-00000-of-00003", "damaged");
  folder_.Write("variables/variables.data-00001-of-00003", "damaged");
  folder_.Write("variables/variables.data-00002-of-00003", "damaged");
  auto session = NewSession();
  ExpectErrorWith(session->Run({}, {"y"}).status(), Code::kDataLoss, {"restoring variables", "variables.data-0000"});
  EXPECT_TRUE(session->Run({{"x", Tensor::Scalar<float>(1)}}, {"plain"}).ok());
}

}  // namespace
}  // namespace rivulet
