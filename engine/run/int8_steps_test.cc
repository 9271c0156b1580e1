// Random graphs between fake quantisations: what passes make of them is within one level of the floats.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "engine/base/errors.h"
#include "engine/kernels/kernel_testing.h"
#include "engine/run/model_of.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

using kernel_testing::Random;
using kernel_testing::Reals;

std::string List(const std::vector<float>& values) {
  std::string text;
  for (const float value : values) text += Cat(text.empty() ? "" : ", ", value);
  return text;
}

std::string Floats(const std::string& name, const std::string& shape, const std::vector<float>& values) {
  return Cat(name, " = Const() {dtype=float32, value=float32[", shape, "]{", List(values), "}}\n");
}

// A range in tenths that holds 0.
struct Range {
  float low;
  float high;
};

class Writer {
 public:
  explicit Writer(uint64_t seed) : random_(seed), seed_(seed) {}

  std::string FakeQuant(const std::string& name, const std::string& input, Range range) {
    const char* narrow = random_.Below(2) == 0 ? "true" : "false";
    if (random_.Below(3) == 0) {
      return Cat(name, " = FakeQuantWithMinMaxArgs(", input, ") {min=", range.low, "f, max=", range.high,
                 "f, num_bits=8, narrow_range=", narrow, "}\n");
    }
    return Floats(name + "_min", "", {range.low}) + Floats(name + "_max", "", {range.high}) +
           Cat(name, " = FakeQuantWithMinMaxVars(", input, ", ", name, "_min, ", name,
               "_max) {num_bits=8, narrow_range=", narrow, "}\n");
  }

  Range AnyRange() {
    const auto tenths = [&](int64_t most) { return static_cast<float>(random_.Below(most)) * 0.1f; };
    return {-tenths(20), 0.5f + tenths(30)};
  }

  // A filter of `shape` with `channels`, the last of which its values have.
  std::string Filter(const std::string& shape, int64_t count, int64_t channels) {
    std::string text = Floats("w", shape, Reals(count, seed_ + 1));
    if (random_.Below(2) == 0) {
      return text + Floats("wmin", "", {-0.9f}) + Floats("wmax", "", {0.9f}) +
             "wq = FakeQuantWithMinMaxVars(w, wmin, wmax) {num_bits=8, narrow_range=true}\n";
    }
    std::vector<float> high = Reals(channels, seed_ + 2, 0.5f, 1.0f), low;
    for (const float v : high) low.push_back(-v);
    return text + Floats("wmin", Cat(channels), low) + Floats("wmax", Cat(channels), high) +
           "wq = FakeQuantWithMinMaxVarsPerChannel(w, wmin, wmax) {num_bits=8, narrow_range=true}\n";
  }

  std::string Bias(const std::string& input, int64_t channels) {
    return Floats("k", Cat(channels), Reals(channels, seed_ + 3)) + "b = BiasAdd(" + input + ", k) {T=float32}\n";
  }

  std::string Activation(const std::string& input) {
    const char* op = std::vector<const char*>{"Relu", "Relu6", "Identity"}[static_cast<size_t>(random_.Below(3))];
    return Cat("r = ", op, "(", input, ") {T=float32}\n");
  }

  std::string Window() {
    const int64_t stride = 1 + random_.Below(2);
    return Cat("{T=float32, strides=ints[1, ", stride, ", ", stride, ", 1], padding=\"",
               random_.Below(2) == 0 ? "SAME" : "VALID", "\"}\n");
  }

  Random& random() { return random_; }

 private:
  Random random_;
  uint64_t seed_;
};

struct Case {
  std::string text;
  Shape input;
  Range output;
};

Case Product(Writer& w, int64_t kind) {
  Case c;
  const int64_t in = 1 + w.random().Below(20), out = kind == 1 ? in : 1 + w.random().Below(40);
  const int64_t size = 3 + w.random().Below(5), k = 1 + w.random().Below(3);
  c.input = kind == 2 ? Shape{size, in} : Shape{2, size, size, in};
  c.text = Cat("x = Placeholder() {dtype=float32, shape=",
               kind == 2 ? Cat("shape[", size, ",", in, "]") : Cat("shape[2,", size, ",", size, ",", in, "]"), "}\n");
  c.text += w.FakeQuant("q", "x", w.AnyRange());
  if (kind == 0) {
    c.text += w.Filter(Cat(k, ",", k, ",", in, ",", out), k * k * in * out, out) + "c = Conv2D(q, wq) " + w.Window();
  } else if (kind == 1) {
    c.text += w.Filter(Cat(k, ",", k, ",", in), k * k * in, in) +
              Cat("s = Const() {dtype=int32, value=int32[4]{", k, ", ", k, ", ", in, ", 1}}\n") +
              "wr = Reshape(wq, s) {T=float32, Tshape=int32}\nc = DepthwiseConv2dNative(q, wr) " + w.Window();
  } else {
    c.text += w.Filter(Cat(in, ",", out), in * out, out) + "c = MatMul(q, wq) {T=float32}\n";
  }
  c.text += w.Bias("c", out) + w.Activation("b");
  c.output = w.AnyRange();
  c.text += w.FakeQuant("y", "r", c.output);
  return c;
}

Case Between(Writer& w, int64_t kind) {
  Case c;
  c.input = {2, 5, 4, 7};
  c.text = "x = Placeholder() {dtype=float32, shape=shape[2,5,4,7]}\n" + w.FakeQuant("q", "x", w.AnyRange()) +
           "n = Neg(x) {T=float32}\n" + w.FakeQuant("p", "n", w.AnyRange()) +
           "axes = Const() {dtype=int32, value=int32[2]{1, 2}}\naxis = Const() {dtype=int32, value=int32[]{3}}\n";
  switch (kind) {
    case 0: c.text += "o = AddV2(q, p) {T=float32}\n" + w.Activation("o"); break;
    case 1: c.text += "r = ConcatV2(q, p, axis) {T=float32, N=2, Tidx=int32}\n"; break;
    case 2: c.text += "r = Mean(q, axes) {T=float32, Tidx=int32, keep_dims=false}\n"; break;
    case 3:
      c.text += "r = AvgPool(q) {T=float32, ksize=ints[1, 3, 2, 1], strides=ints[1, 2, 1, 1], padding=\"SAME\"}\n";
      break;
    case 4:
      c.text += "r = MaxPool(q) {T=float32, ksize=ints[1, 3, 2, 1], strides=ints[1, 2, 1, 1], padding=\"SAME\"}\n";
      break;
    case 5:
      c.text += "g = Mean(p, axes) {T=float32, Tidx=int32, keep_dims=true}\n" + w.FakeQuant("f", "g", {-1, 1}) +
                "o = Mul(q, f) {T=float32}\n" + w.Activation("o");
      break;
    case 6: c.text += "o = Mul(q, p) {T=float32}\n" + w.Activation("o"); break;
    case 7:
      c.text +=
          "three = Const() {dtype=float32, value=float32[]{3}}\na = AddV2(q, three) {T=float32}\n"
          "s = Relu6(a) {T=float32}\nr = Mul(q, s) {T=float32}\n";
      break;
    default:
      c.text += "m = Mean(q, axes) {T=float32, Tidx=int32, keep_dims=true}\n" + w.FakeQuant("f", "m", {-1, 1}) +
                "r = Sigmoid(f) {T=float32}\n";
  }
  c.output = w.AnyRange();
  c.text += w.FakeQuant("y", "r", c.output);
  return c;
}

std::vector<float> Run(const Case& c, bool passes, int threads, const std::vector<float>& x) {
  SessionOptions options;
  options.passes = passes;
  options.num_threads = threads;
  auto session = Session::Create(ModelOf(c.text), options);
  EXPECT_TRUE(session.ok()) << session.status().ToString() << c.text;
  if (!session.ok()) return {};
  const auto result = (*session)->Run({{"x", Tensor::Of<float>(c.input, x)}}, {"y"});
  EXPECT_TRUE(result.ok()) << result.status().ToString() << c.text;
  if (!result.ok()) return {};
  const auto values = (*result)[0].values<float>();
  return {values.begin(), values.end()};
}

// Of the step of the output's codes; `levels` of them may lie between.
void ExpectWithin(const Case& c, float levels, uint64_t seed) {
  const std::vector<float> x = Reals(c.input.num_elements(), seed, -2, 2);
  const std::vector<float> want = Run(c, false, 1, x), got = Run(c, true, 1, x);
  ASSERT_EQ(want.size(), got.size());
  const float step = (c.output.high - c.output.low) / 254;
  size_t equal = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    ASSERT_LE(std::abs(want[i] - got[i]), levels * step * 1.01f) << "at " << i << "\n" << c.text;
    equal += want[i] == got[i];
  }
  // Where sums are near the middle between two levels, and hardly elsewhere.
  EXPECT_GE(equal + 3, want.size() * 9 / 10) << c.text;
  EXPECT_EQ(got, Run(c, true, 2, x)) << c.text;
}

TEST(Int8Steps, ProductsAreWithinALevelOfFloats) {
  for (uint64_t seed = 1; seed <= 120; ++seed) {
    Writer writer(seed);
    ExpectWithin(Product(writer, static_cast<int64_t>(seed % 3)), 1, seed);
  }
}

TEST(Int8Steps, WhatLiesBetweenIsWithinALevelOfFloats) {
  for (uint64_t seed = 1; seed <= 90; ++seed) {
    Writer writer(seed);
    // Those with a mean round twice.
    const auto kind = static_cast<int64_t>(seed % 9);
    ExpectWithin(Between(writer, kind), kind == 8 || kind == 5 ? 2 : 1, seed);
  }
}

}  // namespace
}  // namespace rivulet
