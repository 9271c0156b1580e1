// Convolutions as well-known networks have them. What goes by Winograd is counted as written, so it may exceed the
// peak.
#include "engine/kernels/conv.h"

#include "bench/micro/micro.h"

namespace rivulet::bench {
namespace {

// Input and output sizes, filter, stride; padded so that output pixel 0 is over input pixel 0 or near it.
struct Layer {
  const char* name;
  int64_t in, in_c, out_c, k_h, k_w, stride;
  int64_t groups = 1;
  bool direct = false;  // not by Winograd
};

void AddLayer(const Layer& layer) {
  ConvGeometry g;
  g.in_h = g.in_w = layer.in;
  g.in_c = layer.in_c;
  g.out_c = layer.out_c;
  g.k_h = layer.k_h;
  g.k_w = layer.k_w;
  g.stride_h = g.stride_w = layer.stride;
  g.groups = layer.groups;
  g.out_h = g.out_w = (layer.in - 1) / layer.stride + 1;
  g.pad_top = ((g.out_h - 1) * layer.stride + layer.k_h - layer.in) / 2;
  g.pad_left = ((g.out_w - 1) * layer.stride + layer.k_w - layer.in) / 2;
  const int64_t in_floats = g.in_h * g.in_w * g.in_c, out_floats = g.out_h * g.out_w * g.out_c;
  const int64_t taps = g.k_h * g.k_w * g.in_c / g.groups;
  const ConvAlgorithm algorithm = layer.direct ? ConvAlgorithm::kDirect : ChooseConvAlgorithm(g);
  const Work work{2.0 * static_cast<double>(out_floats) * static_cast<double>(taps), 4 * (in_floats + taps * g.out_c),
                  4 * out_floats};
  AddBenchmark(
      std::string("conv/") + layer.name + (algorithm == ConvAlgorithm::kWinograd ? "/winograd" : ""), work, [=] {
        const auto allocator = Allocator::Create();
        const PackedFilter filter = *PackedFilter::Pack(Floats(taps * g.out_c).get(), g, *allocator);
        const Floats scratch(ConvScratchBytes(g, algorithm, 1).value() / 4 + 16);
        return [=, in = Floats(in_floats), out = Floats(out_floats), bias = Floats(g.out_c), allocator = allocator] {
          Epilogue epilogue;
          epilogue.bias = bias.get();
          epilogue.activation.kind = ActivationKind::kRelu6;
          Conv2D(in.get(), filter, g, algorithm, epilogue, out.get(), scratch.get(), Pool(), NoStop());
        };
      });
}

}  // namespace

void AddConvolutions() {
  constexpr Layer kLayers[] = {
      {"first/224x3-32/3x3s2", 224, 3, 32, 3, 3, 2},
      {"first/224x3-64/7x7s2", 224, 3, 64, 7, 7, 2},
      {"1x1/112x32-64", 112, 32, 64, 1, 1, 1},
      {"1x1/56x128-128", 56, 128, 128, 1, 1, 1},
      {"1x1/28x256-256", 28, 256, 256, 1, 1, 1},
      {"1x1/14x512-512", 14, 512, 512, 1, 1, 1},
      {"1x1/7x1024-1024", 7, 1024, 1024, 1, 1, 1},
      {"1x1/56x24-144", 56, 24, 144, 1, 1, 1},
      {"1x1/56x144-24", 56, 144, 24, 1, 1, 1},
      {"3x3/56x64-64", 56, 64, 64, 3, 3, 1},
      {"3x3/28x128-128", 28, 128, 128, 3, 3, 1},
      {"3x3/14x256-256", 14, 256, 256, 3, 3, 1},
      {"3x3/7x512-512", 7, 512, 512, 3, 3, 1},
      {"3x3/56x64-64/direct", 56, 64, 64, 3, 3, 1, 1, true},
      {"3x3/14x256-256/direct", 14, 256, 256, 3, 3, 1, 1, true},
      {"3x3/56x128-128/s2", 56, 128, 128, 3, 3, 2},
      {"5x5/35x48-64", 35, 48, 64, 5, 5, 1},
      {"1x7/17x192-192", 17, 192, 192, 1, 7, 1},
      {"7x1/17x192-192", 17, 192, 192, 7, 1, 1},
      {"3x1/8x384-384", 8, 384, 384, 3, 1, 1},
      {"grouped/28x256-256/32", 28, 256, 256, 3, 3, 1, 32},
      {"last/224x32-3/3x3", 224, 32, 3, 3, 3, 1},
      {"last/224x64-3/9x9", 224, 64, 3, 9, 9, 1},
  };
  for (const Layer& layer : kLayers) AddLayer(layer);
}

}  // namespace rivulet::bench
