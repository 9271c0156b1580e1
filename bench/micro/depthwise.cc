// Depthwise convolutions of the mobile networks.
#include "engine/kernels/depthwise.h"

#include "bench/micro/micro.h"

namespace rivulet::bench {
namespace {

void AddLayer(const std::string& name, int64_t in, int64_t channels, int64_t filter, int64_t stride) {
  DepthwiseGeometry g;
  g.in_h = g.in_w = in;
  g.in_c = channels;
  g.out_h = g.out_w = (in - 1) / stride + 1;
  g.k_h = g.k_w = filter;
  g.stride_h = g.stride_w = stride;
  g.pad_top = g.pad_left = ((g.out_h - 1) * stride + filter - in) / 2;
  const int64_t in_floats = in * in * channels, out_floats = g.out_h * g.out_w * channels;
  const Work work{2.0 * static_cast<double>(out_floats * filter * filter), 4 * (in_floats + filter * filter * channels),
                  4 * out_floats};
  AddBenchmark("depthwise/" + name, work, [=] {
    const Floats x(in_floats), weights(filter * filter * channels), bias(channels), out(out_floats);
    return [=] {
      Epilogue epilogue;
      epilogue.bias = bias.get();
      epilogue.activation.kind = ActivationKind::kRelu6;
      DepthwiseConv2D(x.get(), weights.get(), g, epilogue, out.get(), Pool(), NoStop());
    };
  });
}

}  // namespace

void AddDepthwise() {
  AddLayer("3x3/112x32", 112, 32, 3, 1);
  AddLayer("3x3/112x64/s2", 112, 64, 3, 2);
  AddLayer("3x3/56x128", 56, 128, 3, 1);
  AddLayer("3x3/56x128/s2", 56, 128, 3, 2);
  AddLayer("3x3/28x256", 28, 256, 3, 1);
  AddLayer("3x3/14x512", 14, 512, 3, 1);
  AddLayer("3x3/7x1024", 7, 1024, 3, 1);
  AddLayer("5x5/28x240", 28, 240, 5, 1);
  AddLayer("5x5/56x144/s2", 56, 144, 5, 2);
  AddLayer("5x5/14x672", 14, 672, 5, 1);
  AddLayer("7x7/56x96", 56, 96, 7, 1);
}

}  // namespace rivulet::bench
