// Memory moved: transposes, pictures resized.
#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "bench/micro/micro.h"
#include "engine/kernels/transpose.h"
#include "rivulet/model.h"
#include "rivulet/session.h"

namespace rivulet::bench {
namespace {

void AddTranspose(const std::string& name, std::vector<int64_t> dims, std::vector<int> perm) {
  int64_t count = 1;
  for (const int64_t dim : dims) count *= dim;
  AddBenchmark("transpose/" + name, {0, 4 * count, 4 * count}, [=] {
    return [=, x = Floats(count), y = Floats(count)] {
      Transpose(x.get(), static_cast<int>(dims.size()), dims.data(), perm.data(), sizeof(float), y.get(), Pool(),
                NoStop());
    };
  });
}

std::unique_ptr<Session> SessionOf(const std::string& graph) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(graph.data());
  auto model = Model::LoadBytes({bytes, graph.size()}, std::make_shared<std::string>(graph), "resize");
  if (!model.ok()) return nullptr;
  auto session = Session::Create(*model, {.num_threads = 1});
  return session.ok() ? std::move(*session) : nullptr;
}

// The operator, in a graph of its own.
void AddResize(const std::string& name, const std::vector<int64_t>& from, const std::vector<int64_t>& to) {
  const int64_t in = from[0] * from[1] * from[2];
  const int64_t out = to[0] * to[1] * from[2];
  const std::string graph =
      "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } }"
      "node { name: 'size' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } } attr { key: 'value' value { "
      "tensor {"
      " dtype: DT_INT32 tensor_shape { dim { size: 2 } } int_val: " +
      std::to_string(to[0]) + " int_val: " + std::to_string(to[1]) +
      " } } } }"
      "node { name: 'y' op: 'ResizeBilinear' input: 'x' input: 'size' attr { key: 'T' value { type: DT_FLOAT } }"
      " attr { key: 'half_pixel_centers' value { b: true } } }";
  AddBenchmark("resize/" + name, {0, 4 * in, 4 * out}, [=] {
    std::shared_ptr<Session> session = SessionOf(graph);
    const Floats x(in);
    const Feeds feeds = {{"x", Tensor::View(DType::kFloat, {1, from[0], from[1], from[2]}, x.get())}};
    const std::vector<std::string> fetches = {"y"};
    return [=] {
      if (session == nullptr || !session->Run(feeds, fetches).ok()) std::abort();
    };
  });
}

}  // namespace

void AddLayouts() {
  AddTranspose("nhwc-nchw/56x56x64", {1, 56, 56, 64}, {0, 3, 1, 2});
  AddTranspose("nchw-nhwc/56x56x64", {1, 64, 56, 56}, {0, 2, 3, 1});
  AddTranspose("plane/512x512", {512, 512}, {1, 0});
  AddTranspose("plane/2048x2048", {2048, 2048}, {1, 0});
  AddTranspose("heads/128x8x64", {1, 128, 8, 64}, {0, 2, 1, 3});
  AddTranspose("shuffle/28x28x3x80", {1, 28, 28, 3, 80}, {0, 1, 2, 4, 3});
  AddResize("bilinear/480x640x3-224x224", {480, 640, 3}, {224, 224});
  AddResize("bilinear/33x33x21-513x513", {33, 33, 21}, {513, 513});
  AddResize("bilinear/28x28x128-56x56", {28, 28, 128}, {56, 56});
}

}  // namespace rivulet::bench
