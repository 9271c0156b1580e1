// AudioMicrofrontend: what a keyword spotter hears, in whole numbers and bit for bit.
//
//   audio [samples] of int16 -> filterbanks [frames, num_channels (1 + left_context + right_context)] of uint16 or
//   float
//
// A frame is a Hann window of window_size ms, each window_step ms after the one before. Its spectrum's energies go
// through num_channels triangular filters between the band limits, even on the mel scale; of their roots a slow mean is
// taken off (noise reduction), then on request a gain that falls with that mean (PCAN), then the logarithm. Every
// frame_stride-th frame is given out with its neighbours; beyond the ends are zeros, or the end frames again.
//
// Refused, where TensorFlow divides by zero, overruns its buffers or shifts too far: attributes out of the ranges
// below.
#include <algorithm>
#include <bit>
#include <cmath>

#include "engine/ops/fixed_point_fft.h"
#include "engine/ops/fixed_point_scale.h"
#include "engine/ops/staging.h"

namespace rivulet {
namespace {

constexpr int kWindowBits = 12, kFilterBits = 12, kNoiseBits = 14, kSnrBits = 12, kOutBits = 6;

struct Sizes {
  int64_t window = 0, step = 0, channels = 0, left = 0, right = 0, stride = 0, fft = 4;

  explicit Sizes(const AttrReader& attrs)
      : window(attrs.Int("window_size") * attrs.Int("sample_rate") / 1000),
        step(attrs.Int("window_step") * attrs.Int("sample_rate") / 1000),
        channels(attrs.Int("num_channels")),
        left(attrs.Int("left_context")),
        right(attrs.Int("right_context")),
        stride(attrs.Int("frame_stride")) {
    while (fft < window && fft < 1 << 16) fft *= 2;
  }
  int64_t Frames(int64_t samples) const { return samples < window ? 0 : (samples - window) / step + 1; }
  // By how much the roots of energies are too small (positive) or too large: the transform's division and the filters'.
  int correction_bits() const { return std::bit_width(static_cast<uint64_t>(fft)) - 1 - kFilterBits / 2; }
};

Status WantInt(const AttrReader& attrs, const char* name, int64_t least, int64_t most) {
  const int64_t got = attrs.Int(name);
  if (got >= least && got <= most) return Status();
  return InvalidArgument(name, ": want [", least, ", ", most, "], got ", got);
}

Status CheckAttrs(const AttrReader& attrs) {
  constexpr int64_t most = std::numeric_limits<int32_t>::max();
  for (const char* name : {"sample_rate", "window_size", "window_step", "frame_stride"}) {
    RIVULET_RETURN_IF_ERROR(WantInt(attrs, name, 1, most));
  }
  for (const char* name : {"left_context", "right_context"}) RIVULET_RETURN_IF_ERROR(WantInt(attrs, name, 0, most));
  RIVULET_RETURN_IF_ERROR(WantInt(attrs, "num_channels", 1, 1 << 15));
  for (const char* name : {"smoothing_bits", "scale_shift"}) RIVULET_RETURN_IF_ERROR(WantInt(attrs, name, 0, 31));
  for (const char* name : {"even_smoothing", "odd_smoothing", "min_signal_remaining"}) {
    const float got = attrs.Float(name);
    if (!(got >= 0 && got < 4)) return InvalidArgument(name, ": want [0, 4), got ", got);
  }
  RIVULET_RETURN_IF_ERROR(WantInt(attrs, "out_scale", -most - 1, most));
  if (attrs.Int("out_scale") == 0) return InvalidArgument("out_scale: want a number other than 0");
  const float low = attrs.Float("lower_band_limit"), high = attrs.Float("upper_band_limit");
  if (!(low >= 0 && high > low && std::isfinite(high))) {
    return InvalidArgument("lower_band_limit: want [0, upper_band_limit), got ", low, " and upper_band_limit ", high);
  }
  const Sizes sizes(attrs);
  if (sizes.window < 3 || sizes.window > 1 << 15) {
    return InvalidArgument("window_size: want 3 to 32768 samples, got ", sizes.window);
  }
  if (sizes.step < 1 || sizes.step > sizes.window) {
    return InvalidArgument("window_step: want 1 to ", sizes.window, " samples, got ", sizes.step);
  }
  if (!attrs.Bool("enable_pcan")) return Status();
  const int bits = sizes.correction_bits();
  RIVULET_RETURN_IF_ERROR(WantInt(attrs, "gain_bits", std::max(bits + kSnrBits, 0), 31));
  RIVULET_RETURN_IF_ERROR(WantInt(attrs, "smoothing_bits", std::max(bits, 0), 31 + std::min(bits, 0)));
  const float offset = attrs.Float("pcan_offset"), strength = attrs.Float("pcan_strength");
  if (!(offset > 0 && std::isfinite(offset))) return InvalidArgument("pcan_offset: want above 0, got ", offset);
  if (!std::isfinite(strength)) return InvalidArgument("pcan_strength: want a finite number, got ", strength);
  return Status();
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 1));
  RIVULET_RETURN_IF_ERROR(CheckAttrs(c.attrs()));
  const Sizes sizes(c.attrs());
  const CheckedSize columns = CheckedSize(sizes.channels) * (CheckedSize(1) + sizes.left + sizes.right);
  const int64_t samples = c.shape(0).has_rank() ? c.shape(0)[0] : Shape::kUnknownDim;
  const int64_t frames = samples < 0 ? 0 : sizes.Frames(samples);
  c.set_output(0, {samples < 0 ? samples : frames == 0 ? 0 : (frames - 1) / sizes.stride + 1, columns.value()});
  return Status();
}

struct Filter {
  int64_t begin = 0, end = 0;  // bins
  size_t weights = 0;          // of them: where they begin
};

struct State : OpState {
  explicit State(const AttrReader& attrs) : sizes(attrs), fft(sizes.fft) {}
  Sizes sizes;
  FixedPointFft fft;
  std::vector<int16_t> window;
  std::vector<Filter> filters;                       // one more than channels: the last only falls
  std::vector<std::pair<int16_t, int16_t>> weights;  // rising to this filter's top, and falling to the next one
  int64_t smoothing_bits = 0, scale_shift = 0, out_scale = 1;
  uint32_t smoothing[2] = {}, least_left = 0;
  bool pcan = false, log = false, zeros = false;
  int64_t snr_shift = 0;
  GainTable gains;
  LogTable logs;
};

Status MakeFilters(const AttrReader& attrs, State& state) {
  const auto mel = [](float hertz) {
    return static_cast<float>(1127.0 * std::log1p(static_cast<double>(hertz) / 700.0));
  };
  const int64_t bins = state.sizes.fft / 2 + 1;
  const float low = attrs.Float("lower_band_limit"), first = mel(low);
  const float span = mel(attrs.Float("upper_band_limit")) - first;
  const float spacing = span / static_cast<float>(state.sizes.channels + 1);
  const auto top = [&](int64_t i) { return first + spacing * static_cast<float>(i + 1); };
  const auto per_bin =
      static_cast<float>(0.5 * static_cast<double>(attrs.Int("sample_rate")) / static_cast<float>(bins - 1));
  const double start = 1.5 + static_cast<double>(low / per_bin);  // never the mean
  auto bin = static_cast<int64_t>(std::min(start, static_cast<double>(bins)));
  for (int64_t i = 0; i <= state.sizes.channels; ++i) {
    Filter filter{bin, bin, state.weights.size()};
    const float below = i == 0 ? first : top(i - 1);
    for (; mel(static_cast<float>(bin) * per_bin) <= top(i); ++bin) {
      if (bin + 1 >= bins) {
        return InvalidArgument("upper_band_limit: want it below half the sample rate, got ",
                               attrs.Float("upper_band_limit"), " of ", attrs.Int("sample_rate"));
      }
      const float weight = (top(i) - mel(static_cast<float>(bin) * per_bin)) / (top(i) - below);
      const auto fixed = [](double w) { return static_cast<int16_t>(std::floor(w * (1 << kFilterBits) + 0.5)); };
      state.weights.emplace_back(fixed(static_cast<double>(weight)), fixed(1.0 - static_cast<double>(weight)));
    }
    filter.end = bin;
    state.filters.push_back(filter);
  }
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  const AttrReader attrs = c.attrs();
  auto state = std::make_unique<State>(attrs);
  const int64_t size = state->sizes.window;
  const auto turn = static_cast<float>(std::numbers::pi * 2.0 / static_cast<float>(size));
  for (int64_t i = 0; i < size; ++i) {
    const double angle = static_cast<double>(turn) * (static_cast<double>(i) + 0.5);
    const auto value = static_cast<float>(0.5 - 0.5 * std::cos(angle));
    const double fixed = static_cast<double>(value * (1 << kWindowBits)) + 0.5;
    state->window.push_back(static_cast<int16_t>(std::floor(fixed)));
  }
  RIVULET_RETURN_IF_ERROR(MakeFilters(attrs, *state));
  const auto noise = [&](const char* name) { return static_cast<uint32_t>(attrs.Float(name) * (1 << kNoiseBits)); };
  state->smoothing[0] = noise("even_smoothing");
  state->smoothing[1] = noise("odd_smoothing");
  state->least_left = noise("min_signal_remaining");
  state->smoothing_bits = attrs.Int("smoothing_bits");
  state->scale_shift = attrs.Int("scale_shift");
  state->out_scale = attrs.Int("out_scale");
  state->log = attrs.Bool("enable_log");
  state->zeros = attrs.Bool("zero_padding");
  state->pcan = attrs.Bool("enable_pcan");
  if (state->pcan) {
    const int64_t gain_bits = attrs.Int("gain_bits"), correction = state->sizes.correction_bits();
    state->snr_shift = gain_bits - correction - kSnrBits;
    state->gains = GainTable(attrs.Float("pcan_offset"), attrs.Float("pcan_strength"), gain_bits,
                             state->smoothing_bits - correction);
  }
  return std::unique_ptr<OpState>(std::move(state));
}

// What is left of the channel's signal; `mean` is its slow mean, 2^smoothing_bits times as large.
uint32_t WithoutNoise(const State& state, int64_t channel, uint32_t signal, uint32_t* mean) {
  const uint64_t share = state.smoothing[channel & 1];
  const uint32_t large = signal << state.smoothing_bits, other = (1u << kNoiseBits) - static_cast<uint32_t>(share);
  *mean = static_cast<uint32_t>((large * share + static_cast<uint64_t>(*mean) * other) >> kNoiseBits);
  const auto least = static_cast<uint32_t>((static_cast<uint64_t>(signal) * state.least_left) >> kNoiseBits);
  return std::max((large - std::min(*mean, large)) >> state.smoothing_bits, least);
}

uint32_t WithGain(const State& state, uint32_t signal, uint32_t mean) {
  const auto snr = static_cast<uint32_t>((static_cast<uint64_t>(signal) * state.gains.At(mean)) >> state.snr_shift);
  if (snr < 2u << kSnrBits) return (snr * snr) >> (2 + 2 * kSnrBits - kOutBits);
  return (snr >> (kSnrBits - kOutBits)) - (1u << kOutBits);
}

uint16_t Logged(const State& state, uint32_t value) {
  if (state.log) {
    const int bits = state.sizes.correction_bits();
    value = bits < 0 ? value >> -bits : value << bits;
    value = value > 1 ? state.logs.At(value, state.scale_shift) : 0;
  }
  return static_cast<uint16_t>(std::min<uint32_t>(value, 0xFFFF));
}

struct Buffers {
  int16_t* samples;  // fft
  FixedComplex *work, *spectrum;
  uint32_t* means;  // channels
};

void Frame(const State& state, const int16_t* audio, const Buffers& buffers, uint16_t* out) {
  int16_t loudest = 0;
  const auto size = static_cast<int64_t>(state.window.size());
  for (int64_t i = 0; i < size; ++i) {
    const auto value = static_cast<int16_t>((audio[i] * state.window[static_cast<size_t>(i)]) >> kWindowBits);
    buffers.samples[i] = value;
    loudest = std::max(loudest, static_cast<int16_t>(value < 0 ? -value : value));
  }
  const int shift = 15 - std::bit_width(static_cast<uint16_t>(loudest));
  for (int64_t i = 0; i < size; ++i) {
    buffers.samples[i] = static_cast<int16_t>(static_cast<uint16_t>(buffers.samples[i]) << shift);
  }
  std::fill(buffers.samples + size, buffers.samples + state.sizes.fft, int16_t{0});
  state.fft.Transform(buffers.samples, buffers.work, buffers.spectrum);
  uint64_t falling = 0;
  for (int64_t i = 0; i <= state.sizes.channels; ++i) {
    const Filter& filter = state.filters[static_cast<size_t>(i)];
    uint64_t rising = falling;
    falling = 0;
    for (int64_t bin = filter.begin; bin < filter.end; ++bin) {
      const int64_t re = buffers.spectrum[bin].re, im = buffers.spectrum[bin].im;
      const auto& [up, down] = state.weights[filter.weights + static_cast<size_t>(bin - filter.begin)];
      // Of 31 bits and a sign, as the original keeps them.
      const auto energy = static_cast<uint64_t>(static_cast<int32_t>(re * re + im * im));
      rising += static_cast<uint64_t>(up) * energy;
      falling += static_cast<uint64_t>(down) * energy;
    }
    if (i == 0) continue;  // what lies below the first channel
    uint32_t* const mean = buffers.means + i - 1;
    uint32_t signal = WithoutNoise(state, i - 1, RoundedRoot(rising) >> shift, mean);
    if (state.pcan) signal = WithGain(state, signal, *mean);
    out[i - 1] = Logged(state, signal);
  }
}

template <typename T>
void Stack(const State& state, const uint16_t* frames, int64_t count, T* to) {
  const int64_t channels = state.sizes.channels;
  for (int64_t at = 0; at < count; at += state.sizes.stride) {
    for (int64_t i = at - state.sizes.left; i <= at + state.sizes.right; ++i, to += channels) {
      const bool outside = i < 0 || i >= count;
      const uint16_t* from = frames + std::clamp<int64_t>(i, 0, count - 1) * channels;
      for (int64_t k = 0; k < channels; ++k) {
        if (outside && state.zeros) {
          to[k] = T{};
        } else if constexpr (std::is_integral_v<T>) {
          to[k] = static_cast<T>(from[k] / state.out_scale);
        } else {
          to[k] = static_cast<T>(from[k]) / static_cast<T>(state.out_scale);
        }
      }
    }
  }
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  const Sizes& sizes = state.sizes;
  if (c.output(0).num_elements() == 0) return Status();
  const int64_t count = sizes.Frames(c.input(0).num_elements());
  ScratchPieces pieces;
  const int64_t samples = pieces.Add(CheckedSize(sizes.fft) * 2), work = pieces.Add(CheckedSize(sizes.fft) * 2);
  const int64_t spectrum = pieces.Add(CheckedSize(sizes.fft) * 2 + 4),
                means = pieces.Add(CheckedSize(sizes.channels) * 4);
  const int64_t frames = pieces.Add(CheckedSize(count) * sizes.channels * 2);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  const Buffers buffers{pieces.At<int16_t>(samples), pieces.At<FixedComplex>(work), pieces.At<FixedComplex>(spectrum),
                        pieces.At<uint32_t>(means)};
  std::fill_n(buffers.means, sizes.channels, 0u);
  uint16_t* all = pieces.At<uint16_t>(frames);
  for (int64_t i = 0; i < count && !c.stop().stopped(); ++i) {
    Frame(state, c.input(0).data<int16_t>() + i * sizes.step, buffers, all + i * sizes.channels);
  }
  if (c.output(0).dtype() == DType::kFloat) {
    Stack(state, all, count, c.output(0).data<float>());
  } else {
    Stack(state, all, count, c.output(0).data<uint16_t>());
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "AudioMicrofrontend",
     .inputs = "audio:i16",
     .outputs = "filterbanks:out_type",
     .attrs = "sample_rate:int=16000; window_size:int=25; window_step:int=10; num_channels:int=32; "
              "upper_band_limit:float=7500; lower_band_limit:float=125; smoothing_bits:int=10; "
              "even_smoothing:float=0.025; odd_smoothing:float=0.06; min_signal_remaining:float=0.05; "
              "enable_pcan:bool=false; pcan_strength:float=0.95; pcan_offset:float=80; gain_bits:int=21; "
              "enable_log:bool=true; scale_shift:int=6; left_context:int=0; right_context:int=0; frame_stride:int=1; "
              "zero_padding:bool=false; out_scale:int=1; out_type:type=u16 in {u16,f32}",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(AudioMicrofrontend, kDefs);

}  // namespace rivulet
