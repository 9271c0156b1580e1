#include <memory>
#include <utility>

#include "engine/ops/infer.h"
#include "engine/ops/model_files_test_kit.h"
#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

// A checkpoint of two variables.
FilesInMemory TwoVariables() { return FilesInMemory({}, {{"a", F32({2}, {1, 2})}, {"b", I64({}, {7})}}); }

// Runs a restoring operator with files; inputs are strings.
Result<std::vector<Tensor>> Restore(const std::string& op, const AttrMap& attrs, std::vector<Tensor> inputs,
                                    ModelFiles* files) {
  Node node;
  node.name = "tested";
  node.op = op;
  node.def = FindOp(op);
  node.attrs = attrs;
  std::vector<Fact> facts;
  for (const Tensor& input : inputs) facts.push_back({input.dtype(), input.shape(), Tensor()});
  std::vector<const Fact*> pointers;
  for (const Fact& fact : facts) pointers.push_back(&fact);
  auto allocator = Allocator::Create();
  ThreadPool pool(1);
  const StopToken stop;
  std::vector<Fact> outputs;
  RIVULET_RETURN_IF_ERROR(InferNode(node, pointers, true, *allocator, &outputs));
  std::vector<bool> consumed(inputs.size());
  PrepareContext prepare(node, pointers, outputs, &consumed, *allocator, pool);
  RIVULET_ASSIGN_OR_RETURN(const std::unique_ptr<OpState> state, node.def->prepare(prepare));
  std::vector<Tensor> results;
  for (const Fact& fact : outputs) results.push_back(Tensor::View(fact.dtype, {0}, nullptr));
  std::vector<Tensor*> outs;
  for (Tensor& result : results) outs.push_back(&result);
  std::vector<const Tensor*> ins;
  for (const Tensor& input : inputs) ins.push_back(&input);
  std::shared_ptr<void> scratch;
  size_t scratch_bytes = 0;
  RunServices services{*allocator, pool, stop, nullptr, nullptr, &scratch, &scratch_bytes, files};
  RunContext context(state.get(), ins, outs, services);
  RIVULET_RETURN_IF_ERROR(node.def->run(context));
  return results;
}

AttrMap Types(std::vector<DType> types) {
  auto list = std::make_shared<AttrList>();
  list->types = std::move(types);
  AttrMap attrs;
  attrs.Set("dtypes", std::shared_ptr<const AttrList>(std::move(list)));
  return attrs;
}

TEST(Restore, GivesTensorsInOrder) {
  FilesInMemory files = TwoVariables();
  const auto got = Restore("RestoreV2", Types({DType::kInt64, DType::kFloat}),
                           {Strings({}, {"ckpt"}), Strings({2}, {"b", "a"}), Strings({2}, {"", "2 0,1"})}, &files);
  EXPECT_TRUE(Same(got, I64({}, {7}), 0));
  EXPECT_TRUE(Same(got, F32({2}, {1, 2}), 1));
  EXPECT_EQ(files.asked(), ";2 0,1;");
  AttrMap attrs;
  attrs.Set("dt", DType::kFloat);
  EXPECT_TRUE(Same(Restore("Restore", attrs, {Strings({1}, {"ckpt"}), Strings({}, {"a"})}, &files), F32({2}, {1, 2})));
  EXPECT_TRUE(
      Same(Restore("RestoreSlice", attrs, {Strings({}, {"ckpt"}), Strings({}, {"a"}), Strings({}, {"2 1,1"})}, &files),
           F32({2}, {1, 2})));
  EXPECT_TRUE(files.asked().ends_with(";2 1,1;"));
}

// G9: everything that does not fit is in one report.
TEST(Restore, TellsAllMismatchesAtOnce) {
  FilesInMemory files = TwoVariables();
  const auto got = Restore("RestoreV2", Types({DType::kInt64, DType::kFloat, DType::kFloat}),
                           {Strings({}, {"ckpt"}), Strings({3}, {"a", "c", "a"}), Strings({3}, {"", "", ""})}, &files);
  EXPECT_TRUE(Fails(got, "2 of 3 tensors cannot be restored"));
  EXPECT_TRUE(Fails(got, "'a': another type"));
  EXPECT_TRUE(Fails(got, "no tensor is called 'c'"));
}

TEST(Restore, OnlyGrantedFiles) {
  FilesInMemory files = TwoVariables();
  const std::vector<Tensor> inputs = {Strings({}, {"/etc/passwd"}), Strings({1}, {"a"}), Strings({1}, {""})};
  EXPECT_EQ(Restore("RestoreV2", Types({DType::kFloat}), inputs, &files).status().code(), Code::kPermissionDenied);
  EXPECT_TRUE(Fails(Restore("RestoreV2", Types({DType::kFloat}), inputs, nullptr), "no files came with the model"));
}

TEST(Restore, ChecksItsInputs) {
  FilesInMemory files = TwoVariables();
  const auto error = [&](const Tensor& prefix, const Tensor& names, const Tensor& slices) {
    return Restore("RestoreV2", Types({DType::kFloat}), {prefix, names, slices}, &files);
  };
  const Tensor one = Strings({1}, {""});
  EXPECT_TRUE(Fails(error(Strings({2}, {"a", "b"}), one, one), "one string"));
  EXPECT_TRUE(Fails(error(Strings({0}, {}), one, one), "one string"));
  EXPECT_TRUE(Fails(error(one, Strings({2}, {"a", "b"}), one), "want 1 elements"));
  EXPECT_TRUE(Fails(error(one, one, Strings({}, {""})), ""));
}

TEST(Save, IsRefusedByName) {
  OpTester tester("SaveV2");
  tester.Attr("dtypes", std::vector<DType>{DType::kFloat}).Input(Strings({}, {"x"})).Input(Strings({1}, {"a"}));
  tester.Input(Strings({1}, {""})).Input(F32({1}, {1}));
  EXPECT_TRUE(Fails(tester.Infer(), "writes files"));
  EXPECT_TRUE(Fails(OpTester("MergeV2Checkpoints").Input(Strings({1}, {"x"})).Input(Strings({}, {"a"})).Infer(),
                    "writes files"));
}

}  // namespace
}  // namespace rivulet
