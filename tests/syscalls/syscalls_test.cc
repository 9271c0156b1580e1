// What a model can make the process ask of the system: a short list, enforced while models of every format are loaded
// and run. RIVULET_MATERIAL names a folder of further models (files *.pb and SavedModels, at any depth).
#include <gtest/gtest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "engine/base/errors.h"
#include "rivulet/session.h"
#include "tests/syscalls/confine.h"

namespace rivulet {
namespace {

constexpr int kNoSeccomp = 98;

// Runs `work` confined, in a process of its own; its result or kForbidden.
int Confined(const std::function<int()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(120);
    if (!Confine()) _exit(kNoSeccomp);
    _exit(work());
  }
  int how = 0;
  EXPECT_EQ(waitpid(child, &how, 0), child);
  return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

// Zeros of the declared shape; 64 where a dim is not known, but 1 for the first.
Tensor ZeroFeed(const Model::Input& input) {
  Shape shape = input.shape.has_rank() ? input.shape : Shape{1};
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] < 0) shape.set_dim(i, i == 0 ? 1 : 64);
  }
  if (shape.num_elements() < 0 || shape.num_elements() > (1 << 24) || StoredBytes(input.dtype) == 0) return Tensor();
  auto tensor = Tensor::Allocate(input.dtype, shape, *Allocator::Create());
  if (!tensor.ok()) return Tensor();
  if (input.dtype != DType::kString) std::fill_n(tensor->data<uint8_t>(), tensor->bytes(), uint8_t{0});
  return *tensor;
}

// 0 when something was run, 1 when nothing could be, 2 when the model was refused.
int LoadAndRun(const std::string& path, bool map, double deadline_ms) {
  LoadOptions load;
  load.map_file = map;
  auto model = Model::Load(path, load);
  if (!model.ok()) return 2;
  SessionOptions options;
  options.num_threads = 3;
  if (deadline_ms < 1000) options.memory_budget_bytes = size_t{64} << 20;  // a file that tries
  auto session = Session::Create(*model, options);
  if (!session.ok()) return 2;
  Feeds feeds;
  for (const Model::Input& input : (*model)->Inputs()) {
    Tensor feed = ZeroFeed(input);
    if (feed.valid()) feeds.emplace_back(input.name, std::move(feed));
  }
  RunOptions run;
  run.deadline_ms = deadline_ms;
  int result = 1;
  std::vector<std::string> outputs = (*model)->LikelyOutputs();
  for (const ModelSignature& signature : (*model)->Signatures()) {
    for (const SignatureTensor& output : signature.outputs) outputs.push_back(output.name);
  }
  if (outputs.size() > 12) outputs.resize(12);
  for (const std::string& output : outputs) {
    if ((*session)->Run(feeds, {output}, {}, run).ok()) result = 0;
  }
  return result;
}

void Expect(const std::string& path, bool must_run) {
  for (const bool map : {true, false}) {
    const int result = Confined([&] { return LoadAndRun(path, map, must_run ? 20'000 : 200); });
    EXPECT_NE(result, kForbidden) << path;
    EXPECT_NE(result, -1) << path;
    if (must_run) EXPECT_EQ(result, 0) << path;
  }
}

class Syscalls : public testing::Test {
 protected:
  void SetUp() override {
    if (Confined([] { return 0; }) == kNoSeccomp) GTEST_SKIP() << "this kernel has no seccomp";
  }
};

// The test can fail: what is not in the list is noticed.
TEST_F(Syscalls, OthersAreNoticed) {
  EXPECT_EQ(Confined([] { return socket(AF_INET, SOCK_STREAM, 0) < 0 ? 1 : 0; }), kForbidden);
  EXPECT_EQ(Confined([] { return fork() < 0 ? 1 : 0; }), kForbidden);
  EXPECT_EQ(Confined([] { return open("/dev/null", O_WRONLY) < 0 ? 1 : 0; }), kForbidden);
  EXPECT_EQ(Confined([] { return unlink("/nowhere/file") < 0 ? 1 : 0; }), kForbidden);
  EXPECT_EQ(Confined([] { return execl("/bin/true", "true", nullptr); }), kForbidden);
}

TEST_F(Syscalls, TheRepositorysModel) { Expect(RIVULET_SHAPES_MODEL, true); }

TEST_F(Syscalls, ASavedModelWithVariables) {
  char folder[] = "/tmp/rivulet-syscalls-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string path = folder;
  std::filesystem::create_directories(path + "/variables");
  for (const char* end : {".index", ".data-00000-of-00003", ".data-00001-of-00003", ".data-00002-of-00003"}) {
    std::filesystem::copy_file(Cat(RIVULET_FORMATS_DATA, "/shards/model", end), Cat(path, "/variables/variables", end));
  }
  std::ofstream(path + "/saved_model.pbtxt") << R"(
saved_model_schema_version: 1
meta_graphs {
  meta_info_def { tags: "serve" }
  graph_def {
    node { name: "v" op: "VarHandleOp" attr { key: "dtype" value { type: DT_FLOAT } }
           attr { key: "shape" value { shape { unknown_rank: true } } } }
    node { name: "read" op: "ReadVariableOp" input: "v" attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "y" op: "Neg" input: "read" attr { key: "T" value { type: DT_FLOAT } } }
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
    versions { producer: 1000 }
  }
  saver_def { filename_tensor_name: "save/Const:0" restore_op_name: "save/restore_all" }
  signature_def { key: "serving_default" value { outputs { key: "y" value { name: "y:0" dtype: DT_FLOAT } } } }
}
)";
  Expect(path, true);
  std::filesystem::remove_all(path);
}

// Files that try: operators that read, write and send, and hostile seeds of the fuzzers.
TEST_F(Syscalls, FilesThatTry) {
  int files = 0;
  for (const char* folder : {"run", "saved_model", "package", "text"}) {
    for (const auto& entry : std::filesystem::directory_iterator(Cat(RIVULET_FUZZ_SEEDS, "/", folder))) {
      Expect(entry.path().string(), false);
      ++files;
    }
  }
  EXPECT_GT(files, 40);
}

TEST_F(Syscalls, Material) {
  const char* material = std::getenv("RIVULET_MATERIAL");
  if (material == nullptr) GTEST_SKIP() << "RIVULET_MATERIAL is not set";
  int models = 0, ran = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(material)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".meta") || !name.ends_with(".pb")) continue;
    const std::string path = name == "saved_model.pb" ? entry.path().parent_path().string() : entry.path().string();
    const int result = Confined([&] { return LoadAndRun(path, true, 20'000); });
    EXPECT_NE(result, kForbidden) << path;
    EXPECT_NE(result, -1) << path;
    ++models;
    ran += result == 0 ? 1 : 0;
  }
  std::printf("%d models, %d of which ran\n", models, ran);
  EXPECT_GT(models, 0);
}

// docs/promises.md has the list.
TEST(SyscallsList, IsInTheDocumentation) {
  std::ifstream file(RIVULET_PROMISES);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  for (const std::string& call : AllowedCalls()) {
    const std::string name = Cat("`", call.substr(0, call.find(' ')), "`");
    EXPECT_NE(text.find(name), std::string::npos) << call;
  }
}

}  // namespace
}  // namespace rivulet
