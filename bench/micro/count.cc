// rivulet_count [--target NAME] [KERNEL]: one of the kernels of rivulet_micro, called once to get warm and once more
// between two calls of RivuletCountsHere, by which an emulator's log of instructions tells where to count. Without
// KERNEL: the target in use, and the kernels' names and operations.
#include <cstdio>
#include <map>
#include <string>
#include <string_view>

#include "bench/micro/micro.h"
#include "engine/kernels/target.h"

extern "C" __attribute__((noinline)) void RivuletCountsHere() { asm volatile("" ::: "memory"); }

namespace rivulet::bench {
namespace {

struct Kernel {
  Work work;
  std::function<std::function<void()>()> prepare;
};

std::map<std::string, Kernel>& Kernels() {
  static std::map<std::string, Kernel> kernels;
  return kernels;
}

int List() {
  std::printf("%s\n", std::string(TargetName()).c_str());
  for (const auto& [name, kernel] : Kernels()) std::printf("%s %.0f\n", name.c_str(), kernel.work.flops);
  return 0;
}

int Count(const std::string& name) {
  const auto kernel = Kernels().find(name);
  if (kernel == Kernels().end()) {
    std::fprintf(stderr, "rivulet_count: no kernel '%s'\n", name.c_str());
    return 2;
  }
  const std::function<void()> call = kernel->second.prepare();
  call();
  RivuletCountsHere();
  call();
  RivuletCountsHere();
  return 0;
}

}  // namespace

ThreadPool& Pool() {
  static ThreadPool pool(1);
  return pool;
}

void AddBenchmark(const std::string& name, const Work& work, std::function<std::function<void()>()> prepare) {
  Kernels()[name] = {work, std::move(prepare)};
}

}  // namespace rivulet::bench

int main(int argc, char** argv) {
  using namespace rivulet::bench;
  int at = 1;
  if (argc > 2 && std::string_view(argv[1]) == "--target") {
    const rivulet::Status chosen = rivulet::UseTarget(argv[2]);
    if (!chosen.ok()) {
      std::fprintf(stderr, "rivulet_count: %s\n", chosen.ToString().c_str());
      return 2;
    }
    at = 3;
  }
  AddMatrixProducts();
  AddConvolutions();
  AddDepthwise();
  AddBytes();
  return at < argc ? Count(argv[at]) : List();
}
