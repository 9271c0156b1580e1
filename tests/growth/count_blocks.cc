// count_blocks FILE...: prints for each graph with an input 'x' and an output 'y' how many basic blocks of the engine's
// own code are entered to load it and to plan it, one line each.
//
// The rooms that work on whole graphs are compiled for this program with a call in every block; memory that the C
// library moves counts, too, one for every 64 bytes. Counts are the same in every run on every machine, where times
// are not.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include "rivulet/session.h"

namespace {
uint64_t g_blocks = 0;
}  // namespace

extern "C" {
void __sanitizer_cov_trace_pc() { ++g_blocks; }

// The linker sends calls of the plain names here (--wrap).
void* __real_memmove(void* to, const void* from, size_t bytes);
void* __real_memcpy(void* to, const void* from, size_t bytes);
void* __real_memset(void* to, int value, size_t bytes);
void* __wrap_memmove(void* to, const void* from, size_t bytes) {
  g_blocks += bytes / 64;
  return __real_memmove(to, from, bytes);
}
void* __wrap_memcpy(void* to, const void* from, size_t bytes) {
  g_blocks += bytes / 64;
  return __real_memcpy(to, from, bytes);
}
void* __wrap_memset(void* to, int value, size_t bytes) {
  g_blocks += bytes / 64;
  return __real_memset(to, value, bytes);
}
}

namespace rivulet {
namespace {

uint64_t Since(uint64_t* start) {
  const uint64_t spent = g_blocks - *start;
  *start = g_blocks;
  return spent;
}

Status Count(const std::string& path) {
  uint64_t start = g_blocks;
  auto model = Model::Load(path);
  if (!model.ok()) return model.status();
  const uint64_t load = Since(&start);
  auto session = Session::Create(*model);
  if (!session.ok()) return session.status();
  const auto info = (*model)->Describe("x");
  if (!info.ok()) return info.status();
  auto x = Tensor::Allocate(info->dtype, info->shape, *(*session)->allocator());
  if (!x.ok()) return x.status();
  start = g_blocks;
  const auto stats = (*session)->Prepare({{"x", *x}}, {"y"});
  if (!stats.ok()) return stats.status();
  std::printf("%llu %llu\n", static_cast<unsigned long long>(load), static_cast<unsigned long long>(Since(&start)));
  return Status();
}

}  // namespace
}  // namespace rivulet

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const rivulet::Status status = rivulet::Count(argv[i]);
    if (!status.ok()) {
      std::fprintf(stderr, "%s: %s\n", argv[i], status.ToString().c_str());
      return 1;
    }
  }
  return 0;
}
