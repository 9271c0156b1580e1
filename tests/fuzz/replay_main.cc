// Gives files to a fuzz target without a fuzzer: replay_<name> FILE_OR_FOLDER... Folders are walked in sorted order.
// With
// "--mutate=N" each file is also given N times with bytes changed, cut or repeated, the same ones every time.
//
// What a target must hold is in its sanitizers and in its own checks; this program only fails when it gets no file.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using Bytes = std::vector<uint8_t>;

uint64_t NextWord(uint64_t* state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// One to four edits of the kinds that break parsers: a byte, a large number, a cut, a repeated or missing stretch.
Bytes Mutated(Bytes bytes, uint64_t* state) {
  for (uint64_t edits = 1 + NextWord(state) % 4; edits > 0 && !bytes.empty(); --edits) {
    const size_t at = NextWord(state) % bytes.size();
    const size_t length = std::min<size_t>(1 + NextWord(state) % 16, bytes.size() - at);
    const auto begin = bytes.begin() + static_cast<int64_t>(at);
    switch (NextWord(state) % 6) {
      case 0: bytes[at] ^= static_cast<uint8_t>(1u << (NextWord(state) % 8)); break;
      case 1: bytes[at] = static_cast<uint8_t>(NextWord(state)); break;
      case 2: std::fill_n(begin, length, uint8_t{0xFF}); break;
      case 3: bytes.resize(at); break;
      case 4: bytes.erase(begin, begin + static_cast<int64_t>(length)); break;
      default: {
        const Bytes stretch(begin, begin + static_cast<int64_t>(length));
        bytes.insert(begin, stretch.begin(), stretch.end());
      }
    }
  }
  return bytes;
}

// The target gets a block of exactly the size, so that a sanitizer sees the first byte read too far.
void Give(const Bytes& bytes) {
  const Bytes exact(bytes);
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

std::vector<std::string> FilesOf(const std::string& path) {
  std::vector<std::string> files;
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return {path};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path, error)) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view kMutate = "--mutate=";
  int64_t mutations = 0;
  int64_t given = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.starts_with(kMutate)) {
      mutations = std::atoll(argument.c_str() + kMutate.size());
      continue;
    }
    for (const std::string& path : FilesOf(argument)) {
      std::ifstream file(path, std::ios::binary);
      if (!file) {
        std::fprintf(stderr, "cannot read %s\n", path.c_str());
        return 2;
      }
      const Bytes bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
      Give(bytes);
      ++given;
      uint64_t state = 1;
      for (int64_t m = 0; m < mutations; ++m) Give(Mutated(bytes, &state));
    }
  }
  std::printf("%lld files\n", static_cast<long long>(given));
  return given > 0 ? 0 : 1;
}
