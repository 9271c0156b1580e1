"""Pictures and sounds: decoding and encoding of files, spectrograms and cepstra."""
import struct
import zlib

from cases_dsl import *


def pattern(height, width, channels, dtype=np.uint8):
    """Smooth enough for JPEG, with every channel different."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(channels), indexing='ij')
    top = 255 if dtype == np.uint8 else 65535
    return ((y * 9 + x * 5 + c * 70 + (x * y) % 7) % 256 * (top // 255)).astype(dtype)


def jpeg(height, width, channels, **how):
    return tf.raw_ops.EncodeJpeg(image=pattern(height, width, channels), **how).numpy()


def png(height, width, channels, dtype=np.uint8):
    return tf.raw_ops.EncodePng(image=tf.constant(pattern(height, width, channels, dtype))).numpy()


def small_png(width, height, depth, color_type, row_bytes, chunks=()):
    """A PNG of any depth and color type whose rows count up."""
    def chunk(name, body):
        return struct.pack('>I', len(body)) + name + body + struct.pack('>I', zlib.crc32(name + body))
    rows = b''.join(b'\0' + bytes((37 * y + 11 * i) % 256 for i in range(row_bytes)) for y in range(height))
    header = struct.pack('>IIBBBBB', width, height, depth, color_type, 0, 0, 0)
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + b''.join(chunk(*c) for c in chunks) +
            chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))


def bmp(width, height, bits):
    row = (width * bits // 8 + 3) // 4 * 4
    body = bytes((7 * i) % 256 for i in range(row * abs(height)))
    return (b'BM' + struct.pack('<IHHI', 0, 0, 0, 54) +
            struct.pack('<IiiHHIIiiII', 40, width, height, 1, bits, 0, 0, 0, 0, 0, 0) + body)


def lzw(indices):
    """Codes of three bits, with the dictionary cleared before every second one."""
    codes = []
    for i, index in enumerate(indices):
        codes += [4, index] if i % 2 == 0 else [index]
    held = sum(code << (3 * i) for i, code in enumerate(codes + [5]))
    data = held.to_bytes((3 * len(codes) + 10) // 8, 'little')
    return b'\2' + bytes([len(data)]) + data + b'\0'


def gif_frame(left, top, width, height, indices, transparent=None, interlaced=False):
    control = b'' if transparent is None else b'!\xf9\x04\x01\0\0' + bytes([transparent]) + b'\0'
    return control + b',' + struct.pack('<HHHHB', left, top, width, height, 0x40 if interlaced else 0) + lzw(indices)


def gif(*frames):
    palette = bytes([0, 0, 0, 250, 1, 2, 3, 251, 4, 5, 6, 252])
    return b'GIF89a' + struct.pack('<HHBBB', 9, 9, 0x81, 0, 0) + palette + b''.join(frames) + b';'


def wav(samples, channels=1, rate=16000, extra=b''):
    data = np.asarray(samples, '<i2').tobytes()
    head = struct.pack('<IHHIIHH', 16, 1, channels, rate, 2 * channels * rate, 2 * channels, 16)
    body = b'WAVEfmt ' + head + extra + b'data' + struct.pack('<I', len(data)) + data
    return b'RIFF' + struct.pack('<I', len(body)) + body


STILL = gif(gif_frame(0, 0, 2, 3, [1, 2, 3, 0, 1, 2]))
FILM = gif(gif_frame(1, 1, 2, 3, [1, 2, 3, 0, 1, 2]), gif_frame(0, 0, 3, 2, [3, 3, 1, 1, 2, 2], transparent=1),
           gif_frame(0, 0, 1, 3, [1, 2, 3], interlaced=True))


def decode(op, name, content, attrs=None, error=False, extra=(), **more):
    label = ' '.join([op, name] + [f'{k}={v}' for k, v in (attrs or {}).items()])
    return Case(op, [text(content), *extra], attrs or {}, name=label, error=error, **more)


def pictures():
    color, gray = jpeg(17, 21, 3), jpeg(17, 21, 1)
    half = jpeg(17, 21, 3, progressive=True, optimize_size=True, chroma_downsampling=False)
    for channels in (0, 1, 3):
        for name, content in (('color', color), ('gray', gray), ('progressive', half)):
            yield decode('DecodeJpeg', name, content, dict(channels=channels))
    for attrs in (dict(ratio=2), dict(ratio=4), dict(ratio=8), dict(fancy_upscaling=False), dict(dct_method='INTEGER_FAST'),
                  dict(dct_method='INTEGER_ACCURATE')):
        yield decode('DecodeJpeg', 'color', color, attrs)
    yield decode('DecodeJpeg', 'cut', color[:-80], error=True)
    yield decode('DecodeJpeg', 'cut a little', color[:-12], dict(acceptable_fraction=0.25))
    yield decode('DecodeJpeg', 'nothing', b'', error=True)
    yield decode('DecodeJpeg', 'text', b'no picture at all', error=True)
    for attrs in (dict(channels=2), dict(channels=4), dict(ratio=3), dict(dct_method='SLOW')):
        yield decode('DecodeJpeg', 'color', color, attrs, error=True)
    yield Case('DecodeJpeg', [lit('string', [color])], name='DecodeJpeg of a vector', error=True)
    for window in ([0, 0, 17, 21], [5, 9, 7, 10], [16, 20, 1, 1]):
        yield decode('DecodeAndCropJpeg', f'color {window}', color, extra=[i32(window)])
        yield decode('DecodeAndCropJpeg', f'gray const {window}', gray, dict(channels=3), extra=[const(i32(window))])
    for window in ([0, 0, 18, 1], [0, 0, 0, 1], [-1, 0, 1, 1], [0, 21, 1, 1], [1, 1, 1]):
        yield decode('DecodeAndCropJpeg', f'color {window}', color, extra=[i32(window)], error=True)
    yield decode('DecodeAndCropJpeg', 'a PNG', png(2, 2, 3), extra=[i32([0, 0, 1, 1])], error=True)
    for t in ('int32', 'int64'):
        yield decode('ExtractJpegShape', 'color', color, dict(output_type=t))
        yield decode('ExtractJpegShape', 'gray', gray, dict(output_type=t))
    yield decode('ExtractJpegShape', 'a PNG', png(2, 2, 3), error=True)

    files = {f'{c} channels': png(4, 5, c) for c in (1, 2, 3, 4)}
    files |= {f'{c} channels of 16 bits': png(3, 4, c, np.uint16) for c in (1, 2, 3, 4)}
    palette = (b'PLTE', bytes(range(48)))
    files |= {'palette': small_png(5, 3, 4, 3, 3, [palette]),
              'palette with alpha': small_png(5, 3, 4, 3, 3, [palette, (b'tRNS', bytes(range(100, 108)))]),
              'one bit': small_png(11, 3, 1, 0, 2), 'two bits': small_png(7, 3, 2, 0, 2),
              'gray with a transparent shade': small_png(5, 3, 8, 0, 5, [(b'tRNS', b'\0\x0b')]),
              'gamma': small_png(5, 3, 8, 2, 15, [(b'gAMA', struct.pack('>I', 45455))])}
    for name, content in files.items():
        for t in ('uint8', 'uint16'):
            for channels in (0, 1, 3, 4):
                yield decode('DecodePng', name, content, dict(channels=channels, dtype=t))
        yield decode('DecodeImage', name, content, dict(dtype='float32'))
    good = files['3 channels']
    yield decode('DecodePng', 'cut', good[:-5], error=True)
    yield decode('DecodePng', 'bad checksum', good[:-15] + b'\0' + good[-14:], error=True)
    yield decode('DecodePng', 'trailing bytes', good + b'more')
    yield decode('DecodePng', '2 channels', good, dict(channels=2), error=True)

    for name, content in (('still', STILL), ('film', FILM), ('cut film', FILM[:-12])):
        yield decode('DecodeGif', name, content)
        for t in ('uint8', 'uint16', 'float32'):
            yield decode('DecodeImage', name, content, dict(dtype=t))
            yield decode('DecodeImage', name, content, dict(dtype=t, expand_animations=False))
    yield decode('DecodeGif', 'no frames', gif(), error=True)
    for bits in (8, 24, 32):
        for height in (3, -3):
            for channels in (0, 3, 4):
                yield decode('DecodeBmp', f'{bits} bits, {height}', bmp(5, height, bits), dict(channels=channels))
        for t in ('uint8', 'uint16', 'float32'):
            yield decode('DecodeImage', f'BMP of {bits} bits', bmp(5, 3, bits), dict(dtype=t))
    yield decode('DecodeBmp', 'one channel', bmp(5, 3, 8), dict(channels=1), error=True)
    yield decode('DecodeBmp', 'four bits', bmp(5, 3, 4), error=True)
    yield decode('DecodeBmp', 'cut', bmp(5, 3, 24)[:-1], error=True)
    for t in ('uint8', 'uint16', 'float32'):
        for expand in (False, True):
            yield decode('DecodeImage', 'JPEG', color, dict(dtype=t, expand_animations=expand))

    # Which operator reads which format.
    formats = {'JPEG': color, 'PNG': good, 'still GIF': STILL, 'GIF film': FILM, 'BMP': bmp(5, 3, 24)}
    refused = {('DecodeJpeg', 'GIF film'), ('DecodePng', 'GIF film'), ('DecodeJpeg', 'BMP'), ('DecodePng', 'BMP'),
               ('DecodeGif', 'BMP'), ('DecodeBmp', 'JPEG'), ('DecodeBmp', 'PNG'), ('DecodeBmp', 'still GIF'),
               ('DecodeBmp', 'GIF film')}
    for op in ('DecodeJpeg', 'DecodePng', 'DecodeGif', 'DecodeBmp'):
        for name, content in formats.items():
            yield decode(op, f'reads {name}', content, error=(op, name) in refused)

    for t in ('uint8', 'uint16'):
        dtype = np.uint8 if t == 'uint8' else np.uint16
        for channels in (1, 2, 3, 4):
            yield Case('EncodePng', [pattern(3, 4, channels, dtype)], name=f'EncodePng {t} {channels}')
        yield Case('EncodePng', [pattern(6, 4, 3, dtype).reshape(2, 3, 4, 3)], dict(compression=3), name=f'EncodePng {t} batch')
    for shape in ((3, 4), (3, 4, 5), (3, 4, 0), (0, 4, 3)):
        yield Case('EncodePng', [rand('uint8', shape)], error=True)
    yield Case('EncodePng', [rand('uint8', (3, 4, 3))], dict(compression=10), error=True)
    for attrs in ({}, dict(quality=20), dict(progressive=True), dict(optimize_size=True), dict(chroma_downsampling=False),
                  dict(density_unit='cm', x_density=7, y_density=9), dict(xmp_metadata='<x/>'), dict(format='rgb')):
        yield Case('EncodeJpeg', [pattern(9, 11, 3)], attrs, name=f'EncodeJpeg {attrs}')
    yield Case('EncodeJpeg', [pattern(9, 11, 1)], dict(format='grayscale'), name='EncodeJpeg gray')
    yield Case('EncodeJpegVariableQuality', [pattern(9, 11, 3), i32(30)], name='EncodeJpegVariableQuality')
    yield Case('EncodeJpegVariableQuality', [pattern(9, 11, 3), i32(101)], name='EncodeJpegVariableQuality 101', error=True)
    for shape, attrs in (((9, 11, 2), {}), ((9, 11, 3), dict(format='grayscale')), ((9, 11, 1), dict(format='rgb')),
                         ((9, 11, 3), dict(quality=101)), ((9, 11), {}), ((0, 11, 3), {})):
        yield Case('EncodeJpeg', [rand('uint8', shape)], attrs, error=True)


def sounds():
    ramp = np.arange(-30000, 30000, 7000)
    mono, stereo = wav(ramp), wav(ramp[:8], channels=2, rate=44100)
    for name, content in (('mono', mono), ('stereo', stereo), ('empty', wav([]))):
        for channels in (-1, 0, 1, 3):
            for samples in (-1, 0, 2, 12):
                yield decode('DecodeWav', name, content, dict(desired_channels=channels, desired_samples=samples))
    yield decode('DecodeWav', 'another chunk', wav(ramp, extra=b'LIST\4\0\0\0abcd'))
    yield decode('DecodeWav', 'an odd chunk', wav(ramp, extra=b'LIST\3\0\0\0abc'))
    yield decode('DecodeWav', 'cut', mono[:-1], error=True)
    yield decode('DecodeWav', 'nothing', b'', error=True)
    yield decode('DecodeWav', 'mono', mono, dict(desired_samples=-2), error=True)
    yield decode('DecodeWav', 'mono', mono, dict(desired_channels=-2), error=True)
    audio = f32([0, 0.5, 1, -1, 2, -2, 1.5 / 32768, -1.5 / 32768, 0.4999 / 32768, 2.5 / 32768, np.inf, -np.inf], (6, 2))
    yield Case('EncodeWav', [audio, i32(44100)], name='EncodeWav stereo')
    for shape, rate in (((4,), 8000), ((4, 0), 8000), ((4, 1), 0), ((4, 1), -1)):
        yield Case('EncodeWav', [rand('float32', shape), i32(rate)], error=True)

    for window, stride in ((2, 1), (3, 2), (16, 8), (31, 40), (64, 16), (100, 1)):
        for squared in (False, True):
            yield Case('AudioSpectrogram', [rand('float32', (100, 2), -1, 1)],
                       dict(window_size=window, stride=stride, magnitude_squared=squared))
    for shape in ((15, 1), (0, 1), (100, 0), (16, 3)):
        yield Case('AudioSpectrogram', [rand('float32', shape)], dict(window_size=16, stride=8))
    for window, stride in ((1, 1), (0, 1), (-3, 1), (16, 0), (16, -1)):
        yield Case('AudioSpectrogram', [rand('float32', (100, 1))], dict(window_size=window, stride=stride), error=True)
    yield Case('AudioSpectrogram', [rand('float32', (100,))], dict(window_size=16, stride=8), error=True)

    powers = rand('float32', (2, 3, 129), 0, 4)
    for attrs in ({}, dict(dct_coefficient_count=40), dict(upper_frequency_limit=8000.0, lower_frequency_limit=0.0),
                  dict(filterbank_channel_count=1, dct_coefficient_count=1), dict(filterbank_channel_count=90),
                  dict(upper_frequency_limit=300.0, lower_frequency_limit=250.0)):
        yield Case('Mfcc', [powers, i32(16000)], attrs)
        yield Case('Mfcc', [powers, const(i32(22050))], attrs)
    for shape in ((1, 2, 2), (1, 0, 9), (0, 2, 9)):
        yield Case('Mfcc', [rand('float32', shape, 0, 4), i32(16000)])
    yield Case('Mfcc', [f32([0, 1, np.nan, 2, 3, 4, 5, 0, 0, np.inf, 1, 1], (1, 2, 6)), i32(16000)], name='Mfcc special values')
    for attrs in (dict(upper_frequency_limit=10.0), dict(lower_frequency_limit=-1.0), dict(upper_frequency_limit=0.0),
                  dict(filterbank_channel_count=0), dict(dct_coefficient_count=0), dict(dct_coefficient_count=41)):
        yield Case('Mfcc', [powers, i32(16000)], attrs, error=True)
    for rate in (0, -1):
        yield Case('Mfcc', [powers, i32(rate)], error=True)
    for shape in ((3, 9), (1, 3, 1), (1, 3, 0)):
        yield Case('Mfcc', [rand('float32', shape, 0, 4), i32(16000)], error=True)


def cases():
    yield from pictures()
    yield from sounds()
