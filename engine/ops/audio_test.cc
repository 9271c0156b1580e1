#include <cmath>
#include <numbers>

#include "engine/ops/infer.h"
#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

constexpr int64_t kWindow = 48;
constexpr int64_t kStride = 20;

Tensor Signal(int64_t samples, int64_t channels) {
  std::vector<float> values(static_cast<size_t>(samples * channels));
  for (size_t i = 0; i < values.size(); ++i) values[i] = std::sin(0.37f * static_cast<float>(i * i % 101));
  return Tensor::Of<float>({samples, channels}, values);
}

// The head comment of audio.cc as loops.
Tensor Reference(const Tensor& input, bool squared) {
  const int64_t frames = 1 + (input.dim(0) - kWindow) / kStride;
  constexpr int64_t kFft = 64;
  std::vector<float> out;
  for (int64_t c = 0; c < input.dim(1); ++c) {
    for (int64_t t = 0; t < frames; ++t) {
      for (int64_t k = 0; k <= kFft / 2; ++k) {
        std::complex<double> sum = 0;
        for (int64_t n = 0; n < kWindow; ++n) {
          const double window = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(n) / kWindow);
          const double x = input.data<float>()[(t * kStride + n) * input.dim(1) + c] * window;
          sum += std::polar(x, -2 * std::numbers::pi * static_cast<double>(k * n % kFft) / kFft);
        }
        out.push_back(static_cast<float>(squared ? std::norm(sum) : std::abs(sum)));
      }
    }
  }
  return Tensor::Of<float>({input.dim(1), frames, kFft / 2 + 1}, out);
}

OpTester Spectrogram(int64_t window, int64_t stride) {
  OpTester tester("AudioSpectrogram");
  tester.Attr("window_size", window).Attr("stride", stride);
  return tester;
}

TEST(AudioSpectrogram, AgainstTheSum) {
  const Tensor input = Signal(1000, 3);
  for (const bool squared : {false, true}) {
    for (const int threads : {1, 3}) {
      auto got = Spectrogram(kWindow, kStride).Attr("magnitude_squared", squared).Input(input).Threads(threads).Run();
      EXPECT_TRUE(Near(got, Reference(input, squared), 0, 1e-6f, 1e-6f));
    }
  }
}

TEST(AudioSpectrogram, Shapes) {
  EXPECT_EQ(Spectrogram(640, 320).Unknown(DType::kFloat).InferShape(), "[?,?,513]");
  EXPECT_EQ(Spectrogram(640, 320).Unknown(DType::kFloat, {16000, 1}).InferShape(), "[1,49,513]");
  EXPECT_EQ(Spectrogram(640, 320).Unknown(DType::kFloat, {639, 1}).InferShape(), "[1,0,513]");
  EXPECT_TRUE(Fails(Spectrogram(1, 1).Unknown(DType::kFloat).Infer(), "window_size: want 2"));
  EXPECT_TRUE(Fails(Spectrogram(int64_t{1} << 30, 1).Unknown(DType::kFloat).Infer(), "window_size: want 2"));
  EXPECT_TRUE(Fails(Spectrogram(2, 0).Unknown(DType::kFloat).Infer(), "stride: want 1"));
}

TEST(Mfcc, SilenceIsTheFloor) {
  auto got = OpTester("Mfcc").Input(Zeros(DType::kFloat, {1, 1, 129})).Input(I32({}, {16000})).Run();
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  const float* values = (*got)[0].data<float>();
  EXPECT_NEAR(values[0], std::sqrt(2.0 / 40) * 40 * std::log(1e-12), 1e-3);
  for (int i = 1; i < 13; ++i) EXPECT_NEAR(values[i], 0, 1e-9);
}

TEST(Mfcc, Refuses) {
  const auto mfcc = [] { return OpTester("Mfcc"); };
  const Tensor powers = Zeros(DType::kFloat, {1, 2, 129});
  EXPECT_TRUE(Fails(mfcc().Input(powers).Input(I32({}, {0})).Run(), "sample_rate: want 1 or more, got 0"));
  EXPECT_TRUE(Fails(mfcc().Attr("upper_frequency_limit", 9000.0).Input(powers).Input(I32({}, {16000})).Run(),
                    "upper_frequency_limit: want at most 8000"));
  EXPECT_TRUE(Fails(mfcc().Attr("dct_coefficient_count", 41).Input(powers).Input(I32({}, {16000})).Run(),
                    "dct_coefficient_count: want 1 to filterbank_channel_count, 40, got 41"));
  EXPECT_TRUE(Fails(mfcc()
                        .Attr("filterbank_channel_count", 4000000)
                        .Attr("dct_coefficient_count", 4000000)
                        .Budget(1 << 20)
                        .Input(powers)
                        .Input(I32({}, {16000}))
                        .Run()));
  EXPECT_EQ(mfcc().Unknown(DType::kFloat).Unknown(DType::kInt32).InferShape(), "[?,?,13]");
}

}  // namespace
}  // namespace rivulet
