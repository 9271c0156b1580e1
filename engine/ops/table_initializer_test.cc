#include <limits>

#include "engine/base/object.h"
#include "engine/ops/infer.h"
#include "engine/ops/lookup_table.h"
#include "engine/ops/model_files_test_kit.h"
#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

struct Columns {
  DType key = DType::kString;
  DType value = DType::kInt64;
  int64_t key_index = -2;
  int64_t value_index = -1;
  int64_t vocab_size = -1;
  int64_t offset = 0;
  std::string delimiter = "\t";
  std::string path = "words.txt";
};

// The table's content after the file was read, in the order of its export.
Result<std::vector<Tensor>> Read(const std::string& text, const Columns& columns, bool has_files = true) {
  auto allocator = Allocator::Create();
  const ObjectRef table = MakeHashedTable({"t", columns.key, columns.value, {}, {}}, /*is_fixed=*/true);
  Node node;
  node.name = "tested";
  node.op = "InitializeTableFromTextFileV2";
  node.def = FindOp(node.op);
  node.attrs.Set("key_index", columns.key_index);
  node.attrs.Set("value_index", columns.value_index);
  node.attrs.Set("vocab_size", columns.vocab_size);
  node.attrs.Set("offset", columns.offset);
  node.attrs.Set("delimiter", columns.delimiter);
  const std::vector<Tensor> inputs = {ScalarOf(DType::kResource, table), Strings({}, {columns.path.c_str()})};
  std::vector<Fact> facts;
  for (const Tensor& input : inputs) facts.push_back({input.dtype(), input.shape(), Tensor()});
  const std::vector<const Fact*> pointers = {&facts[0], &facts[1]};
  ThreadPool pool(1);
  const StopToken stop;
  std::vector<Fact> outputs;
  RIVULET_RETURN_IF_ERROR(InferNode(node, pointers, true, *allocator, &outputs));
  std::vector<bool> consumed(2);
  PrepareContext prepare(node, pointers, outputs, &consumed, *allocator, pool);
  RIVULET_ASSIGN_OR_RETURN(const std::unique_ptr<OpState> state, node.def->prepare(prepare));
  FilesInMemory files({{"words.txt", text}});
  std::shared_ptr<void> scratch;
  size_t scratch_bytes = 0;
  const RunServices services{*allocator, pool,     stop,           nullptr,
                             nullptr,    &scratch, &scratch_bytes, has_files ? &files : nullptr};
  const std::vector<const Tensor*> ins = {&inputs[0], &inputs[1]};
  RunContext context(state.get(), ins, {}, services);
  RIVULET_RETURN_IF_ERROR(node.def->run(context));
  std::vector<Tensor> content(2);
  RIVULET_RETURN_IF_ERROR(static_cast<LookupTable&>(*table).Export(*allocator, &content[0], &content[1]));
  return content;
}

TEST(InitializeTableFromTextFile, ReadsLinesAndTheirNumbers) {
  const auto words = Read("a\r\nb b\nlast", {.offset = 5});
  EXPECT_TRUE(Same(words, Strings({3}, {"last", "b b", "a"})));
  EXPECT_TRUE(Same(words, I64({3}, {7, 6, 5}), 1));
  const auto turned =
      Read("a\nb\n", {.key = DType::kInt64, .value = DType::kString, .key_index = -1, .value_index = -2});
  EXPECT_TRUE(Same(turned, I64({2}, {1, 0})));
  EXPECT_TRUE(Same(turned, Strings({2}, {"b", "a"}), 1));
  EXPECT_TRUE(
      Same(Read("5\n7\n", {.key = DType::kInt32, .value = DType::kInt32, .value_index = 0}), I32({2}, {7, 5}), 1));
}

// One carriage return before the end of a line belongs to it; others are the word's.
TEST(InitializeTableFromTextFile, CarriageReturns) {
  EXPECT_TRUE(Same(Read("a\rb\nc\r\r\n\rd\r", {}), Strings({3}, {"\rd", "c\r", "a\rb"})));
}

TEST(InitializeTableFromTextFile, ReadsColumns) {
  const Columns columns = {.value = DType::kFloat, .key_index = 2, .value_index = 0, .delimiter = ","};
  const auto read = Read("2.5,x,k\n -3e2 ,,\n", columns);
  EXPECT_TRUE(Same(read, Strings({2}, {"", "k"})));
  EXPECT_TRUE(Same(read, F32({2}, {-300, 2.5}), 1));
  EXPECT_TRUE(Same(Read("a\t1\nb\t2\n", {.key_index = 0, .value_index = 1}), I64({2}, {2, 1}), 1));
}

TEST(InitializeTableFromTextFile, ReadsAsManyLinesAsAreAskedFor) {
  EXPECT_TRUE(Same(Read("a\nb\nc\n", {.vocab_size = 2}), Strings({2}, {"b", "a"})));
  EXPECT_TRUE(Fails(Read("a\nb\nc\n", {.vocab_size = 9}), "fewer lines than attr 'vocab_size' says, 9"));
  EXPECT_TRUE(Fails(Read("a\nb\nc\n", {.vocab_size = 5}), "says 5 lines, the file has 3"));
  EXPECT_TRUE(Fails(Read("a\nb\nc\n", {.vocab_size = 0}), "at least one key"));
}

TEST(InitializeTableFromTextFile, SaysWhatIsWrong) {
  EXPECT_TRUE(Fails(Read("", {}), "at least one key"));
  EXPECT_TRUE(Fails(Read("a\n\nb\n", {}), "line 1 is empty"));
  EXPECT_TRUE(Fails(Read("a\na\n", {}), "key 1 was given before"));
  EXPECT_TRUE(Fails(Read("a\t1x\n", {.key_index = 0, .value_index = 1}), "line 0: '1x' is no int64"));
  EXPECT_TRUE(Fails(Read("a\n", {.key_index = 0, .value_index = 3}), "want more than 3 columns, got 1"));
  EXPECT_TRUE(Fails(Read("a\n", {.key_index = 0, .value_index = std::numeric_limits<int64_t>::max()}),
                    "want more than 9223372036854775807 columns, got 1"));
  EXPECT_TRUE(Fails(Read("a\n", {.value = DType::kInt32}), "want a table of int64"));
  EXPECT_TRUE(Fails(Read("a\n", {.value = DType::kFloat, .value_index = -2}), "want a table of integers or strings"));
  EXPECT_TRUE(Fails(Read("a\n", {.value = DType::kBool, .value_index = 0}), "cannot be read as bool"));
  EXPECT_TRUE(Fails(Read("a\n", {.delimiter = ", "}), "want one character"));
  EXPECT_EQ(Read("a\n", {.path = "/etc/passwd"}).status().code(), Code::kPermissionDenied);
  EXPECT_TRUE(Fails(Read("a\n", {}, /*has_files=*/false), "no files came with the model"));
}

}  // namespace
}  // namespace rivulet
