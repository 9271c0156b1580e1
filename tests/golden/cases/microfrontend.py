"""AudioMicrofrontend: whole numbers, equal to the last bit."""
from cases_dsl import *


def sound(samples, loud=20000, seed=3):
    """Three tones, one of which swells, over noise."""
    rng, t = np.random.RandomState(seed), np.arange(samples)
    wave = .5 * np.sin(t * .11) + .3 * np.sin(t * .47) * t / max(samples, 1) + .15 * np.sin(t * 1.3)
    return lit("int16", np.clip(loud * (wave + .05 * rng.randn(samples)), -32768, 32767).astype("int16"))


def cases():
    op = 'AudioMicrofrontend'
    two = [dict(), dict(out_type='float32')]
    for attrs in two:
        yield Case(op, [sound(1200)], attrs)
        yield Case(op, [sound(400)], attrs)
        yield Case(op, [sound(399)], attrs)
        yield Case(op, [sound(0)], attrs)
        yield Case(op, [fed(sound(900), None)], attrs)
        yield Case(op, [fed(sound(900), (None,))], dict(attrs, left_context=2, right_context=1))
        yield Case(op, [const(sound(720))], dict(attrs, out_scale=3))
        yield Case(op, [sound(720)], dict(attrs, out_scale=-7, num_channels=5))
        for zeros in (False, True):
            for stride in (1, 2, 3, 9):
                yield Case(op, [sound(1300)], dict(attrs, left_context=1, right_context=2, frame_stride=stride, zero_padding=zeros, num_channels=6))
    for loud in (1, 30, 700, 32000, 90000):
        for more in (dict(), dict(enable_pcan=True), dict(enable_log=False), dict(enable_pcan=True, enable_log=False)):
            yield Case(op, [sound(1500, loud)], dict(more, num_channels=12))
    for values in (0, -32768, 32767, 1, -1):
        yield Case(op, [lit('int16', np.full(1100, values))], dict(enable_pcan=True))
    yield Case(op, [full_range('int16', (1600,), seed=4)])
    yield Case(op, [full_range('int16', (1600,), seed=5)], dict(enable_pcan=True, num_channels=40))
    yield Case(op, [lit('int16', [32767, -32768] * 500)], dict(upper_band_limit=7900.0))
    for attrs in (dict(sample_rate=8000, upper_band_limit=3800.0), dict(sample_rate=22050), dict(sample_rate=44100, window_size=20, upper_band_limit=15000.0),
                  dict(window_size=4, window_step=4, num_channels=8), dict(window_size=30, window_step=20), dict(window_size=1, window_step=1, num_channels=3),
                  dict(window_size=64, window_step=13), dict(window_size=65, window_step=9), dict(num_channels=1), dict(num_channels=64),
                  dict(num_channels=200), dict(lower_band_limit=0.0), dict(lower_band_limit=1000.0, upper_band_limit=1200.0),
                  dict(upper_band_limit=400.0, num_channels=10), dict(smoothing_bits=0), dict(smoothing_bits=14), dict(even_smoothing=1.0, odd_smoothing=0.0),
                  dict(even_smoothing=0.3, odd_smoothing=0.7, min_signal_remaining=0.4), dict(min_signal_remaining=1.0), dict(min_signal_remaining=0.0),
                  dict(enable_pcan=True, pcan_strength=0.5, pcan_offset=2.0), dict(enable_pcan=True, gain_bits=16, pcan_offset=0.5),
                  dict(enable_pcan=True, gain_bits=25, smoothing_bits=12), dict(enable_pcan=True, pcan_strength=2.0), dict(scale_shift=0), dict(scale_shift=12),
                  dict(scale_shift=3, enable_pcan=True)):
        samples = 5 * attrs.get('window_step', 10) * attrs.get('sample_rate', 16000) // 1000 + attrs.get('window_size', 25) * attrs.get('sample_rate', 16000) // 1000
        yield Case(op, [sound(min(samples, 4000))], attrs)
    yield Case(op, [lit('int16', [[1, 2]])], error=True)
    yield Case(op, [sound(800)], dict(upper_band_limit=8100.0), error=True)
