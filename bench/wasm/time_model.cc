// time_model MODEL.pb INPUT.bin OUTPUT.bin SECONDS RUNS: loads a graph with one float input and one float output, runs
// it on what INPUT.bin holds, writes the result and prints a JSON line with times in milliseconds. What bench/wasm/run
// starts in node.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/kernels/target.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

using Clock = std::chrono::steady_clock;
double MsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

struct File {
  explicit File(const char* path, const char* mode) : file(std::fopen(path, mode)) {}
  ~File() {
    if (file != nullptr) std::fclose(file);
  }
  std::FILE* file;
};

Status TimeModel(char** argv) {
  const auto start = Clock::now();
  auto model = Model::Load(argv[1]);
  if (!model.ok()) return model.status();
  auto session = Session::Create(*model);
  if (!session.ok()) return session.status();
  const std::vector<Model::Input> inputs = (*model)->Inputs();
  const std::vector<std::string> outputs = (*model)->LikelyOutputs();
  if (inputs.size() != 1 || outputs.size() != 1)
    return {Code::kInvalidArgument, "want a model with one input and one output"};
  auto x = Tensor::Allocate(inputs[0].dtype, inputs[0].shape, *(*session)->allocator());
  if (!x.ok()) return x.status();
  const File raw(argv[2], "rb");
  if (raw.file == nullptr || std::fread(x->data<float>(), 1, x->bytes(), raw.file) != x->bytes())
    return {Code::kInvalidArgument, "the input is not as long as the model's"};
  const Feeds feeds = {{inputs[0].name, *x}};
  const auto stats = (*session)->Prepare(feeds, outputs);
  if (!stats.ok()) return stats.status();
  const double load_ms = MsSince(start);
  std::vector<double> ms;
  const auto first = Clock::now();
  Result<std::vector<Tensor>> result = (*session)->Run(feeds, outputs);
  if (!result.ok()) return result.status();
  const double first_ms = MsSince(first);
  const File out(argv[3], "wb");
  if (out.file != nullptr) std::fwrite((*result)[0].data<float>(), 1, (*result)[0].bytes(), out.file);
  const double seconds = std::atof(argv[4]);
  const auto runs = static_cast<size_t>(std::atoi(argv[5]));
  for (const auto begin = Clock::now(); ms.size() < runs || MsSince(begin) < seconds * 1e3;) {
    const auto run = Clock::now();
    result = (*session)->Run(feeds, outputs);
    if (!result.ok()) return result.status();
    ms.push_back(MsSince(run));
  }
  std::sort(ms.begin(), ms.end());
  std::printf(
      "{\"load_ms\":%.2f,\"first_ms\":%.2f,\"min_ms\":%.3f,\"median_ms\":%.3f,\"runs\":%zu,\"target\":\"%s\"}\n",
      load_ms, first_ms, ms[0], ms[ms.size() / 2], ms.size(), std::string(TargetName()).c_str());
  return Status();
}

}  // namespace
}  // namespace rivulet

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "time_model MODEL.pb INPUT.bin OUTPUT.bin SECONDS RUNS\n");
    return 2;
  }
  const rivulet::Status status = rivulet::TimeModel(argv);
  if (!status.ok()) std::fprintf(stderr, "time_model: %s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
