// What the tests of hostile files share: a small whole model, loading bytes, files that go away, and errors by their
// parts.
#ifndef RIVULET_TESTS_HOSTILE_LOADING_H_
#define RIVULET_TESTS_HOSTILE_LOADING_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "rivulet/session.h"
#include "tests/hostile/wire_builder.h"

namespace rivulet {

// The model keeps a copy of the bytes.
inline Result<std::shared_ptr<const Model>> LoadText(const std::string& bytes, const LoadOptions& options = {}) {
  const auto kept = std::make_shared<std::string>(bytes);
  return Model::LoadBytes({reinterpret_cast<const uint8_t*>(kept->data()), kept->size()}, kept, "test.pb", options);
}

// Expects an error of `code` whose message has all `parts`.
inline void ExpectError(const Status& status, Code code, std::initializer_list<std::string_view> parts) {
  EXPECT_EQ(CodeName(status.code()), CodeName(code)) << status.ToString();
  for (const std::string_view part : parts) {
    EXPECT_NE(status.message().find(part), std::string_view::npos) << "want '" << part << "' in: " << status.ToString();
  }
}

// A constant of two floats, a placeholder, and y, the constant.
inline std::string SmallModel() {
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
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace rivulet

#endif  // RIVULET_TESTS_HOSTILE_LOADING_H_
