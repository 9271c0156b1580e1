// For tests of importers: models written as text, wire bytes written by hand, errors by their parts. Test-only.
#ifndef RIVULET_ENGINE_IMPORT_IMPORT_TESTING_H_
#define RIVULET_ENGINE_IMPORT_IMPORT_TESTING_H_

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engine/import/table_builder.h"
#include "engine/import/text_proto.h"

namespace rivulet {

// The wire bytes of a text; empty, with a failure, when it is none.
inline std::vector<uint8_t> WireOf(std::string_view text, TextRoot root) {
  auto wire = TextToWire(text, root, Limits());
  EXPECT_TRUE(wire.ok()) << wire.status().ToString();
  return wire.ok() ? *std::move(wire) : std::vector<uint8_t>();
}

// A field of a message: a number, or bytes.
inline std::string WireField(uint32_t number, uint64_t value) {
  std::string out;
  PutVarint(number << 3, &out);
  PutVarint(value, &out);
  return out;
}
inline std::string WireNested(uint32_t number, std::string_view inner) {
  std::string out;
  PutVarint((number << 3) | 2, &out);
  PutVarint(inner.size(), &out);
  return out.append(inner);
}

// Expects an error of `code` whose message has all `parts`.
inline void ExpectErrorWith(const Status& status, Code code, std::initializer_list<std::string_view> parts) {
  EXPECT_EQ(CodeName(status.code()), CodeName(code)) << status.ToString();
  for (const std::string_view part : parts) {
    EXPECT_NE(status.message().find(part), std::string_view::npos) << "want '" << part << "' in: " << status.ToString();
  }
}

// A folder that goes away with its files.
class TempFolder {
 public:
  TempFolder() {
    char name[] = "/tmp/rivulet-import-XXXXXX";
    EXPECT_NE(mkdtemp(name), nullptr);
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  // The path of a file within, whose folders are made.
  std::string At(const std::string& name) const {
    const std::filesystem::path full = path_ + "/" + name;
    std::error_code ignored;
    std::filesystem::create_directories(full.parent_path(), ignored);
    return full.string();
  }
  std::string Write(const std::string& name, std::string_view bytes) const {
    const std::string full = At(name);
    std::ofstream(full, std::ios::binary) << bytes;
    return full;
  }
  // Copies a file of the test data.
  void Copy(const std::string& from, const std::string& name) const {
    std::error_code error;
    std::filesystem::copy_file(from, At(name), error);
    EXPECT_FALSE(error) << from << ": " << error.message();
  }

 private:
  std::string path_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_IMPORT_TESTING_H_
