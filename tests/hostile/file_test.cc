// Hostile files, section A: what is wrong with the bytes before any node is looked at. Each case asserts the code and
// parts of the message, and that the process goes on.
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <clocale>
#include <cmath>
#include <cstdlib>
#include <functional>

#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "rivulet/session.h"
#include "tests/hostile/wire_builder.h"

namespace rivulet {
namespace {

Result<std::shared_ptr<const Model>> LoadText(const std::string& bytes, const LoadOptions& options = {}) {
  return Model::LoadBytes({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, nullptr, "test.pb", options);
}

// Expects an error of `code` whose message has all `parts`.
void ExpectError(const Status& status, Code code, std::initializer_list<std::string_view> parts) {
  EXPECT_EQ(CodeName(status.code()), CodeName(code)) << status.ToString();
  for (const std::string_view part : parts) {
    EXPECT_NE(status.message().find(part), std::string_view::npos) << "want '" << part << "' in: " << status.ToString();
  }
}

std::string SmallModel() {
  return ConstNode32("c", Wire().Bytes(2, Shape32({2})).Float(5, 1.5f).Float(5, 2.5f).str()) + FloatPlaceholder("x") +
         Node32("y", "Identity", {"c"}, TypeAttr("T", 1)) + Versions32(24);
}

class TempFile {
 public:
  explicit TempFile(const std::string& bytes) {
    char name[] = "/tmp/rivulet-hostile-XXXXXX";
    const int fd = mkstemp(name);
    EXPECT_GE(fd, 0);
    EXPECT_EQ(write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    close(fd);
    path_ = name;
  }
  ~TempFile() { unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(HostileFile, A1_EmptyFile) {
  const TempFile file("");
  for (const bool map : {true, false}) {
    LoadOptions options;
    options.map_file = map;
    ExpectError(Model::Load(file.path(), options).status(), Code::kInvalidArgument, {file.path(), "file is empty"});
  }
  ExpectError(LoadText("").status(), Code::kInvalidArgument, {"test.pb", "empty"});
}

TEST(HostileFile, A2_CutAtEveryByte) {
  const std::string whole = SmallModel();
  int loaded = 0;
  for (size_t cut = 1; cut < whole.size(); ++cut) {
    auto model = LoadText(whole.substr(0, cut));
    if (!model.ok()) {
      EXPECT_TRUE(model.status().code() == Code::kDataLoss || model.status().code() == Code::kInvalidArgument)
          << model.status().ToString();
      if (model.status().code() == Code::kDataLoss) {
        EXPECT_NE(model.status().message().find("offset"), std::string_view::npos);
      }
      continue;
    }
    ++loaded;  // a cut at a node's border is a smaller graph: the missing node is missed by name
    auto session = Session::Create(*model);
    ASSERT_TRUE(session.ok());
    if ((*model)->Describe("y").ok()) continue;
    ExpectError((*session)->Run({}, {"y"}).status(), Code::kNotFound, {"'y'"});
  }
  EXPECT_GE(loaded, 2);
  EXPECT_LE(loaded, 4);
}

TEST(HostileFile, A3_EveryBitFlipped) {
  const std::string whole = SmallModel();
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    auto model = LoadText(flipped);
    if (!model.ok()) continue;
    SessionOptions options;
    options.memory_budget_bytes = 1 << 20;
    auto session = Session::Create(*model, options);
    ASSERT_TRUE(session.ok());
    auto result = (*session)->Run({}, {"y"});
    if (!result.ok()) EXPECT_FALSE(result.status().message().empty());
  }
}

TEST(HostileFile, A4_NotAModel) {
  using std::string_literals::operator""s;
  const std::pair<std::string, std::string> files[] = {
      {"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s, "PNG"},
      {"\x7f"
       "ELF\2\1\1\0"s,
       "ELF"},
      {"<!DOCTYPE html><html>not found</html>", "HTML"},
      {"{\"nodes\": [{\"name\": \"x\"}]}", "JSON"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "Git LFS"},
      {"\x1f\x8b\x08\0\0\0\0\0"s, "gzip"},
      {"\x1c\0\0\0TFL3\0\0\0\0"s, "TensorFlow Lite"},
      {"\x08\x07\x12\x07pytorch\x1a\x03"
       "1.9"s,
       "ONNX"},
  };
  for (const auto& [bytes, what] : files)
    ExpectError(LoadText(bytes).status(), Code::kInvalidArgument, {"test.pb", what});
}

TEST(HostileFile, A5_LengthsBeyondTheEnd) {
  for (const uint64_t length : {uint64_t{100}, uint64_t{1} << 31, uint64_t{1} << 63, ~uint64_t{0}}) {
    ExpectError(LoadText(Wire().Tag(1, 2).Varint(length).Raw("\x01\x02\x03").str()).status(), Code::kDataLoss,
                {"offset", "bytes", "left"});
  }
}

TEST(HostileFile, A6_BrokenNumbers) {
  ExpectError(LoadText("\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").status(), Code::kDataLoss, {"64 bits"});
  ExpectError(LoadText("\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02").status(), Code::kDataLoss, {"64 bits"});
  ExpectError(LoadText("\x18\xff\xff").status(), Code::kDataLoss, {"ends inside a number"});
}

TEST(HostileFile, A7_BrokenTags) {
  ExpectError(LoadText(SmallModel() + Wire().Tag(3, 6).str()).status(), Code::kDataLoss, {"wire type 6"});
  ExpectError(LoadText(SmallModel() + Wire().Tag(3, 7).str()).status(), Code::kDataLoss, {"wire type 7"});
  ExpectError(LoadText(SmallModel() + std::string("\x02\x00", 2)).status(), Code::kDataLoss, {"field number 0"});
  ExpectError(LoadText(SmallModel() + Wire().Tag(9, 4).str()).status(), Code::kDataLoss, {"group ends"});
  ExpectError(LoadText(SmallModel() + Wire().Tag(9, 3).Tag(10, 4).str()).status(), Code::kDataLoss, {"group ends"});
}

// Runs `body` on a thread of 128 KiB, the stack that a deep recursion would overflow.
void OnSmallStack(const std::function<void()>& body) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(__has_feature)
  pthread_attr_setstacksize(&attributes, 128 << 10);
#endif
  pthread_t thread;
  const auto run = [](void* b) -> void* {
    (*static_cast<const std::function<void()>*>(b))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, run, const_cast<std::function<void()>*>(&body)), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

TEST(HostileFile, A8_AttributesNestedTooDeep) {
  std::string value = Wire().Int(3, 1).str();
  for (int i = 0; i < 10000; ++i) {
    const std::string entry = Wire().Bytes(1, "f").Bytes(2, value).str();
    value = Wire().Bytes(10, Wire().Bytes(2, entry).str()).str();
  }
  const std::string model = Node32("n", "NoOp", {}, Attr("f", value));
  OnSmallStack([&] {
    ExpectError(LoadText(model).status(), Code::kInvalidArgument, {"node 'n'", "nested deeper than 100"});
  });
}

TEST(HostileFile, A9_GroupsNestedTooDeep) {
  std::string groups = SmallModel();
  for (int i = 0; i < 100000; ++i) groups += Wire().Tag(9, 3).str();
  OnSmallStack([&] { ExpectError(LoadText(groups).status(), Code::kInvalidArgument, {"nested deeper than 100"}); });
}

TEST(HostileFile, A10_FileOverTheLimit) {
  const TempFile file("");
  ASSERT_EQ(truncate(file.path().c_str(), (int64_t{4} << 30) + 100), 0);  // sparse
  ExpectError(Model::Load(file.path()).status(), Code::kResourceExhausted, {file.path(), "4294967396", "4294967296"});
}

TEST(HostileFile, A11_UnknownFieldsAreSkipped) {
  const std::string filler = Wire().Bytes(99, std::string(1 << 20, 'x')).str();
  std::string bytes;
  for (int i = 0; i < 16; ++i) bytes += filler;
  auto allocator = Allocator::Create();
  LoadOptions options;
  options.allocator = allocator;
  auto model = LoadText(bytes + SmallModel(), options);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  EXPECT_LT(allocator->peak_bytes(), size_t{1} << 20);
}

TEST(HostileFile, A12_RepeatedSingularFields) {
  // The last value counts, also of an attribute given many times; linear time.
  Wire node;
  for (int i = 0; i < 100000; ++i) node.Bytes(1, "first");
  node.Bytes(1, "n").Bytes(2, "Placeholder");
  std::string attrs;
  for (int i = 0; i < 20000; ++i) attrs += TypeAttr("dtype", 3);
  auto model = LoadText(Wire().Bytes(1, node.str() + attrs + TypeAttr("dtype", 1)).str());
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  ASSERT_EQ((*model)->Inputs().size(), 1u);
  EXPECT_EQ((*model)->Inputs()[0].name, "n");
  EXPECT_EQ((*model)->Inputs()[0].dtype, DType::kFloat);
}

Result<std::vector<Tensor>> RunConst(const std::string& tensor_fields) {
  RIVULET_ASSIGN_OR_RETURN(
      auto model, LoadText(ConstNode32("c", tensor_fields) + Node32("y", "Identity", {"c"}, TypeAttr("T", 1))));
  RIVULET_ASSIGN_OR_RETURN(auto session, Session::Create(model));
  return session->Run({}, {"y"});
}

TEST(HostileFile, A13_PackedNumbers) {
  float values[2] = {1.5f, 2.5f};
  const std::string packed(reinterpret_cast<const char*>(values), 8);
  ExpectError(RunConst(Wire().Bytes(2, Shape32({2})).Bytes(5, packed.substr(0, 7)).str()).status(), Code::kDataLoss,
              {"node 'c'", "multiple of 4"});
  // Mixed packed and single values are legal.
  auto mixed = RunConst(Wire().Bytes(2, Shape32({4})).Float(5, 0.5f).Bytes(5, packed).Float(5, 3.5f).str());
  ASSERT_TRUE(mixed.ok()) << mixed.status().ToString();
  const auto got = (*mixed)[0].values<float>();
  EXPECT_EQ(std::vector<float>(got.begin(), got.end()), (std::vector<float>{0.5f, 1.5f, 2.5f, 3.5f}));
}

TEST(HostileFile, A14_NamesInMessages) {
  using std::string_literals::operator""s;
  for (const std::string& name :
       {"a\0b"s, "a\nb"s, "a\x1b[31mb"s, "a\xff\xfe"s, "../../etc/passwd"s, std::string(1 << 20, 'n')}) {
    auto model = LoadText(Node32("n", "Identity", {name}, TypeAttr("T", 1)));
    ASSERT_FALSE(model.ok());
    EXPECT_LT(model.status().message().size(), 600u);
    for (const char c : model.status().message()) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
  }
}

TEST(HostileFile, A15_Versions) {
  ExpectError(LoadText(SmallModel() + Versions32(99999, 99999)).status(), Code::kFailedPrecondition, {"99999", "2500"});
  const std::string bad = Wire().Bytes(4, Wire().Int(1, 24).Int(3, 2500).str()).str();
  ExpectError(LoadText(SmallModel() + bad).status(), Code::kFailedPrecondition, {"2500"});
}

TEST(HostileFile, A16_TextGraph) {
  ExpectError(LoadText(std::string(1000000, '{')).status(), Code::kInvalidArgument, {"line 1, column 1"});
  std::string deep = "node ";
  for (int i = 0; i < 1000; ++i) deep += "{ attr { value { func { attr ";
  ExpectError(LoadText(deep).status(), Code::kInvalidArgument, {"line 1"});
  ExpectError(LoadText("node {\n  name: \"x\n}").status(), Code::kInvalidArgument, {"line 2", "not closed"});
  ExpectError(LoadText("node {\n  nome: \"x\"\n}").status(), Code::kInvalidArgument, {"line 2", "'nome'"});
  ExpectError(LoadText("node { name: \"x\" ").status(), Code::kInvalidArgument, {"ends inside"});
  ExpectError(LoadText("versions { producer: 99999999999999999999 }").status(), Code::kInvalidArgument, {"64 bits"});
  // 1e999 is an infinity; the locale's comma changes nothing.
  const char* old = std::setlocale(LC_NUMERIC, "de_DE.UTF-8");
  auto model = LoadText(
      "node { name: 'c' op: 'Const' attr { key: 'dtype' value { type: DT_FLOAT } } attr { key: 'value' value { tensor "
      "{ "
      "dtype: DT_FLOAT tensor_shape { dim { size: 2 } } float_val: 1e999 float_val: 2.5 } } } }");
  if (old != nullptr) std::setlocale(LC_NUMERIC, "C");
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  auto session = Session::Create(*model);
  auto result = (*session)->Run({}, {"c"});
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_TRUE(std::isinf((*result)[0].data<float>()[0]));
  EXPECT_EQ((*result)[0].data<float>()[1], 2.5f);
}

TEST(HostileFile, A19_PathsThatAreNoFiles) {
  char folder[] = "/tmp/rivulet-folder-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string fifo = std::string(folder) + "/fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  ExpectError(Model::Load(folder).status(), Code::kInvalidArgument, {folder, "regular file", "folder"});
  ExpectError(Model::Load(fifo).status(), Code::kInvalidArgument, {fifo, "regular file", "pipe"});
  ExpectError(Model::Load("/dev/zero").status(), Code::kInvalidArgument, {"regular file"});
  ExpectError(Model::Load(std::string(folder) + "/none").status(), Code::kNotFound, {"none"});
  ExpectError(Model::Load(std::string(5000, 'a')).status(), Code::kInvalidArgument, {"open"});
  ExpectError(Model::Load(std::string("a\0b", 3)).status(), Code::kInvalidArgument, {"zero byte"});
  if (geteuid() != 0) {
    const TempFile secret(SmallModel());
    ASSERT_EQ(chmod(secret.path().c_str(), 0), 0);
    ExpectError(Model::Load(secret.path()).status(), Code::kPermissionDenied, {secret.path()});
  }
  unlink(fifo.c_str());
  rmdir(folder);
}

// The file that A20 changes, and to which size, before which system call of loading it.
struct Change {
  std::string path;
  off_t size = 0;
  int64_t before_call = 0;
};
Change g_change;

TEST(HostileFile, A20_FileChangesWhileItIsRead) {
  const std::string whole = SmallModel();
  const auto size = static_cast<off_t>(whole.size());
  int num_noticed = 0;
  for (const bool map : {true, false}) {
    for (const off_t changed : {off_t{0}, size / 2, size + 1, size * 100}) {
      // Calls: open, stat, map or read, stat. Before the first stat the change is none yet, after the last it is too
      // late.
      for (int64_t call = 1; call <= 5; ++call) {
        const TempFile file(whole);
        g_change = {file.path(), changed, call};
        FailNthFileCall(0, false);
        SetFileCallHook([](int64_t now) {
          if (now == g_change.before_call) EXPECT_EQ(truncate(g_change.path.c_str(), g_change.size), 0);
        });
        LoadOptions options;
        options.map_file = map;
        const Status status = Model::Load(file.path(), options).status();
        SetFileCallHook(nullptr);
        if (call == 3 || call == 4) {
          ExpectError(status, Code::kDataLoss, {file.path(), "file changed while it was read", Cat(size)});
          ++num_noticed;
        }
      }
    }
  }
  EXPECT_EQ(num_noticed, 16);
}

}  // namespace
}  // namespace rivulet
