#include "engine/base/errors.h"
#include "tests/golden/inputs.h"
#include "tests/hostile/operators/changes.h"

namespace rivulet::hostile {
namespace {

constexpr uint64_t kFlips = 40;
constexpr size_t kLong = size_t{1} << 20;

void AddBytes(const std::string& name, const std::string& bytes, std::vector<Change>* changes) {
  const auto add = [&](const std::string& what, std::string changed) {
    changes->push_back(
        {Cat("file ", name, " ", what),
         [name, changed = std::move(changed)](Attempt& attempt, EditNode&) { attempt.files[name] = changed; }});
  };
  for (const size_t kept : {size_t{0}, size_t{1}, bytes.size() / 2, bytes.size() - 1}) {
    add(Cat("cut to ", kept, " bytes"), bytes.substr(0, kept));
  }
  add("twice", bytes + bytes);
  add("and a letter", bytes + "x");
  add("with a line's end in front", "\n" + bytes);
  for (const char letter : {'\0', '\n', '\r', '\t', 'a', '\xff'}) {
    add(Cat("all of byte ", static_cast<int>(letter)), std::string(bytes.size(), letter));
    add(Cat("long, of byte ", static_cast<int>(letter)), std::string(kLong, letter));
  }
  for (uint64_t i = 0; i < kFlips; ++i) {
    std::string changed = bytes;
    const size_t at = golden::Word(bytes.size(), i) % bytes.size();
    changed[at] = static_cast<char>(i % 4 == 0 ? 0xff : i % 4 == 1 ? 0 : changed[at] ^ (1 << (i / 4 % 8)));
    add(Cat("with another byte ", at, " (", i, ")"), std::move(changed));
  }
}

}  // namespace

void AddFileChanges(const Start& start, std::vector<Change>* changes) {
  for (const auto& [name, bytes] : start.files) {
    AddBytes(name, bytes, changes);
    changes->push_back(
        {Cat("no file ", name), [name = name](Attempt& attempt, EditNode&) { attempt.files.erase(name); }});
    changes->push_back({Cat("a folder for file ", name), [name = name](Attempt& attempt, EditNode&) {
                          attempt.files.erase(name);
                          attempt.files[name + "/in"] = "x";
                        }});
    for (const auto& [other, its_bytes] : start.files) {
      if (other == name) continue;
      changes->push_back(
          {Cat("file ", other, " for ", name),
           [name = name, its_bytes = its_bytes](Attempt& attempt, EditNode&) { attempt.files[name] = its_bytes; }});
    }
  }
}

}  // namespace rivulet::hostile
