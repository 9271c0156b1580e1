// Faults, section 3.3: files that change while a model made of them is in use.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "tests/hostile/text_models.h"

namespace rivulet {
namespace {

constexpr int64_t kCount = 1 << 20;

// A constant of 4 MiB that lies in the file as in memory, and y, its negative.
std::string LargeModel() {
  return ConstNode32("c", Wire().Bytes(2, Shape32({kCount})).Bytes(4, std::string(kCount * 4, '\x3f')).str()) +
         Node32("y", "Neg", {"c"}, TypeAttr("T", 1)) + Versions32(1000);
}

// Loads, changes the file, runs; returns 0 when the run gave a result and 1 when it gave an error. In a process of its
// own, whose end is returned as waitpid says.
int RunAfter(const std::string& path, bool map, const std::function<void()>& change) {
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGBUS, SIG_DFL);
    alarm(60);
    LoadOptions options;
    options.map_file = map;
    auto model = Model::Load(path, options);
    if (!model.ok()) _exit(2);
    change();
    auto session = Session::Create(*model);
    auto result = (*session)->Run({}, {"y"});
    _exit(result.ok() ? 0 : 1);
  }
  int how = 0;
  EXPECT_EQ(waitpid(child, &how, 0), child);
  return how;
}

// M1: what was read is the model's own.
TEST(HostileMapping, M1_CutAfterReading) {
  const TempFile file(LargeModel());
  const int how = RunAfter(file.path(), /*map=*/false, [&] { EXPECT_EQ(truncate(file.path().c_str(), 0), 0); });
  EXPECT_TRUE(WIFEXITED(how) && WEXITSTATUS(how) == 0) << how;
}

// M1: what was mapped is the file's. docs/promises.md says so, and how to choose.
TEST(HostileMapping, M1_CutWhileMapped) {
  const TempFile file(LargeModel());
  const int how = RunAfter(file.path(), /*map=*/true, [&] { EXPECT_EQ(truncate(file.path().c_str(), 0), 0); });
  // The system ends the process (a sanitizer reports it as an error); what must not be is a result of other bytes.
  EXPECT_FALSE(WIFEXITED(how) && WEXITSTATUS(how) == 0) << how;
  EXPECT_TRUE(!WIFSIGNALED(how) || WTERMSIG(how) == SIGBUS) << how;
}

// M2: sizes and offsets were taken once; a file that is rewritten in place gives other numbers and nothing worse.
TEST(HostileMapping, M2_RewrittenInPlace) {
  for (const char byte : {'\0', '\xff', '\x80', '\x0a'}) {
    for (const bool map : {true, false}) {
      const std::string bytes = LargeModel();
      const TempFile file(bytes);
      const int how = RunAfter(file.path(), map, [&] {
        const int fd = open(file.path().c_str(), O_WRONLY);
        const std::string other(bytes.size(), byte);
        EXPECT_EQ(write(fd, other.data(), other.size()), static_cast<ssize_t>(other.size()));
        close(fd);
      });
      EXPECT_TRUE(WIFEXITED(how) && WEXITSTATUS(how) == 0) << how << " with bytes " << static_cast<int>(byte);
    }
  }
}

// A file that is replaced by another of its name, as those who save do, is not the one that is in use.
TEST(HostileMapping, AReplacedFileIsAnother) {
  const TempFile file(LargeModel());
  const TempFile other(SmallModel());
  for (const bool map : {true, false}) {
    const std::string path = file.path() + ".model";
    ASSERT_EQ(link(file.path().c_str(), path.c_str()), 0);
    const int how = RunAfter(path, map, [&] {
      const std::string fresh = other.path() + ".fresh";
      EXPECT_EQ(link(other.path().c_str(), fresh.c_str()), 0);
      EXPECT_EQ(rename(fresh.c_str(), path.c_str()), 0);
    });
    EXPECT_TRUE(WIFEXITED(how) && WEXITSTATUS(how) == 0) << how;
    unlink(path.c_str());
  }
}

}  // namespace
}  // namespace rivulet
