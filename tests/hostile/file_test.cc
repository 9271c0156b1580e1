// Hostile files, section A: what is wrong with the file rather than with its bytes: empty, too large, no file,
// changing.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "tests/hostile/loading.h"

namespace rivulet {
namespace {

TEST(HostileFile, A1_EmptyFile) {
  const TempFile file("");
  for (const bool map : {true, false}) {
    LoadOptions options;
    options.map_file = map;
    ExpectError(Model::Load(file.path(), options).status(), Code::kInvalidArgument, {file.path(), "file is empty"});
  }
  ExpectError(LoadText("").status(), Code::kInvalidArgument, {"test.pb", "empty"});
}

TEST(HostileFile, A10_FileOverTheLimit) {
  const TempFile file("");
  ASSERT_EQ(truncate(file.path().c_str(), (int64_t{4} << 30) + 100), 0);  // sparse
  ExpectError(Model::Load(file.path()).status(), Code::kResourceExhausted, {file.path(), "4294967396", "4294967296"});
}

TEST(HostileFile, A11_UnknownFieldsAreSkipped) {
  // 500 MB of them, in a sparse file.
  const TempFile file("");
  const int fd = open(file.path().c_str(), O_WRONLY);
  ASSERT_GE(fd, 0);
  constexpr int kFields = 500;
  const std::string tag = Wire().Tag(99, 2).Varint(1 << 20).str();
  off_t at = 0;
  for (int i = 0; i < kFields; ++i, at += (1 << 20)) {
    ASSERT_EQ(pwrite(fd, tag.data(), tag.size(), at), static_cast<ssize_t>(tag.size()));
    at += static_cast<off_t>(tag.size());
  }
  const std::string model_bytes = SmallModel();
  ASSERT_EQ(pwrite(fd, model_bytes.data(), model_bytes.size(), at), static_cast<ssize_t>(model_bytes.size()));
  close(fd);
  auto allocator = Allocator::Create();
  LoadOptions options;
  options.allocator = allocator;
  auto model = Model::Load(file.path(), options);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  EXPECT_GT((*model)->file_bytes(), int64_t{kFields} << 20);
  EXPECT_EQ((*model)->Inputs().size(), 1u);
  EXPECT_LT(allocator->peak_bytes(), size_t{1} << 20);
}

TEST(HostileFile, A19_PathsThatAreNoFiles) {
  char folder[] = "/tmp/rivulet-folder-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string fifo = std::string(folder) + "/fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  ExpectError(Model::Load(folder).status(), Code::kNotFound, {folder, "no saved_model.pb", "'fifo'"});
  ExpectError(Model::Load(fifo).status(), Code::kInvalidArgument, {fifo, "regular file", "pipe"});
  ExpectError(Model::Load("/dev/zero").status(), Code::kInvalidArgument, {"regular file"});
  ExpectError(Model::Load(std::string(folder) + "/none").status(), Code::kNotFound, {"none"});
  ExpectError(Model::Load(std::string(5000, 'a')).status(), Code::kInvalidArgument, {"open"});
  ExpectError(Model::Load(std::string("a\0b", 3)).status(), Code::kInvalidArgument, {"zero byte"});
  const std::string name = std::string(folder) + "/socket";
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ExpectError(Model::Load(name).status(), Code::kInvalidArgument, {name, "regular file", "socket"});
  close(fd);
  unlink(name.c_str());
  unlink(fifo.c_str());
  rmdir(folder);
}

TEST(HostileFile, A19_NoPermission) {
  const TempFile secret(SmallModel());
  ASSERT_EQ(chmod(secret.path().c_str(), 0), 0);
  // To the superuser everything is readable.
  const bool is_superuser = geteuid() == 0;
  if (is_superuser) ASSERT_EQ(seteuid(65534), 0);
  const Status status = Model::Load(secret.path()).status();
  if (is_superuser) ASSERT_EQ(seteuid(0), 0);
  ExpectError(status, Code::kPermissionDenied, {secret.path(), "open"});
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
