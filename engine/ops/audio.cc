// AudioSpectrogram, Mfcc: the front end of keyword spotters.
//
// AudioSpectrogram   input: [samples, channels] float32    spectrogram: [channels, frames, 1 + N/2] float32
//   frames = 1 + (samples - window_size) / stride, or 0; N is the least power of two >= window_size
//   out[c, t, k] = |X[k]|^2, or |X[k]| unless magnitude_squared, where X is the transform over N of
//   x[n] = input[t * stride + n, c] * (0.5 - 0.5 cos(2 pi n / window_size)) for n < window_size, else 0
//
// Mfcc   spectrogram: [channels, frames, bins] float32 of squared magnitudes    sample_rate: [] int32
//        output: [channels, frames, dct_coefficient_count] float32
//   mel(f) = 1127 ln(1 + f / 700); F = filterbank_channel_count bands; mel(lower) and mel(upper) are split into F + 1
//   equal steps, whose inner ends are the centres of the bands. The bin at frequency f = k * rate / 2 / (bins - 1),
//   between the centres of bands b and b + 1, gives its magnitude to both, in parts that fall linearly over mel.
//   energy[b] = ln(max(sum, 1e-12)); out[i] = sqrt(2 / F) * sum over b of energy[b] * cos(pi i (b + 1/2) / F)
//
// All of it is computed in double, as TensorFlow does. Deviation: an upper_frequency_limit above half the sample rate
// is refused; there TensorFlow leaves its output unset.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

#include "engine/base/checked.h"
#include "engine/kernels/fft.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

constexpr int64_t kMaxWindow = int64_t{1} << 22;  // 87 seconds at 48 kHz
constexpr int64_t kMaxPieces = 64;                // each has a scratch of its own
constexpr double kEnergyFloor = 1e-12;

// Pieces of at least `least` items, kMaxPieces at the most.
int64_t GrainOf(int64_t count, int64_t least) { return std::max(least, (count + kMaxPieces - 1) / kMaxPieces); }

int64_t FftSize(int64_t window_size) {
  int64_t size = 2;
  while (size < window_size) size *= 2;
  return size;
}

struct SpectrogramState : OpState {
  int64_t window_size = 0;
  int64_t stride = 0;
  bool squared = false;
  RealFftPlan fft;
  Tensor window;
  Tensor table;
};

Status CheckSpectrogram(const AttrReader& attrs) {
  const int64_t window_size = attrs.Int("window_size");
  const int64_t stride = attrs.Int("stride");
  if (window_size < 2 || window_size > kMaxWindow) {
    return InvalidArgument("window_size: want 2 to ", kMaxWindow, ", got ", window_size);
  }
  if (stride < 1) return InvalidArgument("stride: want 1 or more, got ", stride);
  return Status();
}

Status InferSpectrogram(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckSpectrogram(c.attrs()));
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  const int64_t window_size = c.attrs().Int("window_size");
  const Shape input = c.shape(0).has_rank() ? c.shape(0) : Shape::OfUnknownDims(2);
  int64_t frames = Shape::kUnknownDim;
  if (input[0] != Shape::kUnknownDim) {
    frames = input[0] < window_size ? 0 : 1 + (input[0] - window_size) / c.attrs().Int("stride");
  }
  c.set_output(0, Shape{input[1], frames, 1 + FftSize(window_size) / 2});
  return Status();
}

Result<std::unique_ptr<OpState>> PrepareSpectrogram(PrepareContext& c) {
  auto state = std::make_unique<SpectrogramState>();
  state->window_size = c.attrs().Int("window_size");
  state->stride = c.attrs().Int("stride");
  state->squared = c.attrs().Bool("magnitude_squared");
  state->fft = PlanRealFft(FftSize(state->window_size));
  RIVULET_ASSIGN_OR_RETURN(state->window, Tensor::Allocate(DType::kDouble, {state->window_size}, c.allocator()));
  RIVULET_ASSIGN_OR_RETURN(state->table, Tensor::Allocate(DType::kDouble, {state->fft.table_values}, c.allocator()));
  double* window = state->window.data<double>();
  for (int64_t n = 0; n < state->window_size; ++n) {
    window[n] =
        0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(n) / static_cast<double>(state->window_size));
  }
  RIVULET_ASSIGN_OR_RETURN(Tensor work, Tensor::Allocate(DType::kDouble, {state->fft.work_values}, c.allocator()));
  FillRealFftTable(state->fft, state->table.data<double>(), work.data<double>());
  return std::unique_ptr<OpState>(std::move(state));
}

// Doubles that one frame is transformed in.
int64_t FrameValues(const SpectrogramState& state) { return RealFftValues(state.fft.size) + state.fft.work_values; }

// One frame of one channel. `values` is scratch of FrameValues().
void TransformFrame(const SpectrogramState& state, const StopToken& stop, const float* samples, int64_t num_channels,
                    double* values, float* out) {
  const double* window = state.window.data<double>();
  for (int64_t n = 0; n < state.window_size; ++n) values[n] = samples[n * num_channels] * window[n];
  std::fill(values + state.window_size, values + state.fft.size, 0.0);
  RealFft(state.fft, state.table.data<double>(), stop, values, values + RealFftValues(state.fft.size));
  for (int64_t k = 0; k <= state.fft.size / 2; ++k) {
    const double re = values[2 * k], im = values[2 * k + 1];
    const float power = static_cast<float>(re * re + im * im);
    out[k] = state.squared ? power : std::sqrt(power);
  }
}

Status RunSpectrogram(RunContext& c) {
  const SpectrogramState& state = c.state<SpectrogramState>();
  const Tensor& input = c.input(0);
  Tensor& output = c.output(0);
  const int64_t num_channels = input.dim(1);
  const int64_t frames = output.dim(1);
  const int64_t bins = output.dim(2);
  const int64_t count = num_channels * frames;
  if (count == 0) return Status();
  const int64_t grain = GrainOf(count, std::max<int64_t>(1, (1 << 14) / state.fft.size));
  const CheckedSize pieces((count + grain - 1) / grain);
  const CheckedSize scratch_bytes = pieces * FrameValues(state) * static_cast<int64_t>(sizeof(double));
  if (!scratch_bytes.valid()) return ResourceExhausted("window_size ", state.window_size, " needs too much memory");
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(scratch_bytes.value())));
  const float* samples = input.data<float>();
  float* spectrogram = output.data<float>();
  c.ParallelFor(count, grain, [&](int64_t begin, int64_t end) {
    double* values = static_cast<double*>(scratch) + begin / grain * FrameValues(state);
    for (int64_t i = begin; i < end && !c.stop().stopped(); ++i) {
      const int64_t channel = i / frames;
      const int64_t frame = i % frames;
      TransformFrame(state, c.stop(), samples + frame * state.stride * num_channels + channel, num_channels, values,
                     spectrogram + i * bins);
    }
  });
  return Status();
}

struct MfccState : OpState {
  double upper = 0;
  double lower = 0;
  int64_t bands = 0;
  int64_t coefficients = 0;
};

double Mel(double frequency) { return 1127.0 * std::log1p(frequency / 700.0); }

Status InferMfcc(InferContext& c) {
  const AttrReader attrs = c.attrs();
  const int64_t bands = attrs.Int("filterbank_channel_count");
  const int64_t coefficients = attrs.Int("dct_coefficient_count");
  const float upper = attrs.Float("upper_frequency_limit");
  const float lower = attrs.Float("lower_frequency_limit");
  if (bands < 1 || bands > kMaxWindow) {
    return InvalidArgument("filterbank_channel_count: want 1 to ", kMaxWindow, ", got ", bands);
  }
  if (coefficients < 1 || coefficients > bands) {
    return InvalidArgument("dct_coefficient_count: want 1 to filterbank_channel_count, ", bands, ", got ",
                           coefficients);
  }
  if (!(lower >= 0) || !(upper > lower) || !std::isfinite(upper)) {
    return InvalidArgument("want 0 <= lower_frequency_limit < upper_frequency_limit, got ", lower, " and ", upper);
  }
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 3));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  const Shape spectrogram = c.shape(0).has_rank() ? c.shape(0) : Shape::OfUnknownDims(3);
  if (spectrogram[2] != Shape::kUnknownDim && spectrogram[2] < 2) {
    return InvalidArgument("spectrogram: want 2 bins or more, got shape ", spectrogram);
  }
  c.set_output(0, Shape{spectrogram[0], spectrogram[1], coefficients});
  return Status();
}

Result<std::unique_ptr<OpState>> PrepareMfcc(PrepareContext& c) {
  auto state = std::make_unique<MfccState>();
  state->upper = c.attrs().Float("upper_frequency_limit");
  state->lower = c.attrs().Float("lower_frequency_limit");
  state->bands = c.attrs().Int("filterbank_channel_count");
  state->coefficients = c.attrs().Int("dct_coefficient_count");
  return std::unique_ptr<OpState>(std::move(state));
}

// Where the bins' magnitudes go: bin k gives `weight` of it to band `band` and the rest to the next one. Band -1 is
// below the first centre and, like the one after the last, is not kept.
struct BinShare {
  int64_t band;
  double weight;
};

struct MelTables {
  int64_t first_bin = 0;
  int64_t last_bin = -1;
  BinShare* shares = nullptr;  // by bin
  double* cosines = nullptr;   // [coefficients, bands]
};

Status FillShares(const MfccState& state, int64_t bins, int64_t sample_rate, MelTables* tables) {
  const double hz_per_bin = 0.5 * static_cast<double>(sample_rate) / static_cast<double>(bins - 1);
  const double last_bin = state.upper / hz_per_bin;
  if (last_bin >= static_cast<double>(bins)) {
    return InvalidArgument("upper_frequency_limit: want at most ", 0.5 * static_cast<double>(sample_rate),
                           ", half of sample_rate, got ", state.upper);
  }
  // Bin 0, the mean, is left out however low the limit.
  tables->first_bin = static_cast<int64_t>(1.5 + state.lower / hz_per_bin);
  tables->last_bin = static_cast<int64_t>(last_bin);
  const double mel_low = Mel(state.lower);
  const double mel_step = (Mel(state.upper) - mel_low) / static_cast<double>(state.bands + 1);
  const auto centre = [&](int64_t band) { return mel_low + mel_step * static_cast<double>(band + 1); };
  int64_t next = 0;
  for (int64_t k = tables->first_bin; k <= tables->last_bin; ++k) {
    const double mel = Mel(static_cast<double>(k) * hz_per_bin);
    while (next < state.bands && centre(next) < mel) ++next;
    const double above = centre(next);
    const double below = next > 0 ? centre(next - 1) : mel_low;
    tables->shares[k] = {.band = next - 1, .weight = (above - mel) / (above - below)};
  }
  return Status();
}

void CoefficientsOfFrame(const MfccState& state, const MelTables& tables, const float* powers, double* energies,
                         float* out) {
  std::fill(energies, energies + state.bands, 0.0);
  for (int64_t k = tables.first_bin; k <= tables.last_bin; ++k) {
    const double magnitude = std::sqrt(static_cast<double>(powers[k]));
    const BinShare share = tables.shares[k];
    const double part = magnitude * share.weight;
    if (share.band >= 0) energies[share.band] += part;
    if (share.band + 1 < state.bands) energies[share.band + 1] += magnitude - part;
  }
  for (int64_t b = 0; b < state.bands; ++b) {
    // Written so that NaN stays NaN.
    energies[b] = std::log(energies[b] < kEnergyFloor ? kEnergyFloor : energies[b]);
  }
  for (int64_t i = 0; i < state.coefficients; ++i) {
    const double* cosines = tables.cosines + i * state.bands;
    double sum = 0;
    for (int64_t b = 0; b < state.bands; ++b) sum += cosines[b] * energies[b];
    out[i] = static_cast<float>(sum);
  }
}

Status RunMfcc(RunContext& c) {
  const MfccState& state = c.state<MfccState>();
  const Tensor& spectrogram = c.input(0);
  const int64_t sample_rate = *c.input(1).data<int32_t>();
  if (sample_rate < 1) return InvalidArgument("sample_rate: want 1 or more, got ", sample_rate);
  const int64_t bins = spectrogram.dim(2);
  const int64_t count = spectrogram.dim(0) * spectrogram.dim(1);

  const int64_t grain = GrainOf(count, 4);
  const int64_t pieces = (count + grain - 1) / grain;
  const CheckedSize share_bytes = CheckedSize(bins) * static_cast<int64_t>(sizeof(BinShare));
  const CheckedSize doubles = CheckedSize(state.bands) * state.coefficients + CheckedSize(state.bands) * pieces;
  const CheckedSize scratch_bytes = share_bytes + doubles * static_cast<int64_t>(sizeof(double));
  if (!scratch_bytes.valid())
    return ResourceExhausted("filterbank_channel_count ", state.bands, " needs too much memory");
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(scratch_bytes.value())));
  MelTables tables;
  tables.shares = static_cast<BinShare*>(scratch);
  tables.cosines = reinterpret_cast<double*>(tables.shares + bins);
  double* all_energies = tables.cosines + state.bands * state.coefficients;
  RIVULET_RETURN_IF_ERROR(FillShares(state, bins, sample_rate, &tables));

  const double scale = std::sqrt(2.0 / static_cast<double>(state.bands));
  c.ParallelFor(state.coefficients, std::max<int64_t>(1, 4096 / state.bands), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const double step = static_cast<double>(i) * std::numbers::pi / static_cast<double>(state.bands);
      for (int64_t b = 0; b < state.bands; ++b) {
        tables.cosines[i * state.bands + b] = scale * std::cos(step * (static_cast<double>(b) + 0.5));
      }
    }
  });
  const float* powers = spectrogram.data<float>();
  float* out = c.output(0).data<float>();
  c.ParallelFor(count, grain, [&](int64_t begin, int64_t end) {
    double* energies = all_energies + begin / grain * state.bands;
    for (int64_t i = begin; i < end && !c.stop().stopped(); ++i) {
      CoefficientsOfFrame(state, tables, powers + i * bins, energies, out + i * state.coefficients);
    }
  });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "AudioSpectrogram",
     .inputs = "input:f32",
     .outputs = "spectrogram:f32",
     .attrs = "window_size:int; stride:int; magnitude_squared:bool=false",
     .infer = InferSpectrogram,
     .prepare = PrepareSpectrogram,
     .run = RunSpectrogram},
    {.name = "Mfcc",
     .inputs = "spectrogram:f32, sample_rate:i32",
     .outputs = "output:f32",
     .attrs = "upper_frequency_limit:float=4000; lower_frequency_limit:float=20; filterbank_channel_count:int=40; "
              "dct_coefficient_count:int=13",
     .infer = InferMfcc,
     .prepare = PrepareMfcc,
     .run = RunMfcc},
};

}  // namespace
RIVULET_OP_LIST(Audio, kDefs);
}  // namespace rivulet
