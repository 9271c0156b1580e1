"""Cast between all types, Bitcast, and what else changes the type of elements."""
from draw import *
from cases_dsl import ALL_NUMERIC, INTS

TYPES = ALL_NUMERIC + ['bool']
SIZES = {'complex128': 16, 'complex64': 8, 'float64': 8, 'int64': 8, 'uint64': 8, 'float32': 4, 'int32': 4, 'uint32': 4, 'qint32': 4,
         'float16': 2, 'bfloat16': 2, 'int16': 2, 'uint16': 2, 'qint16': 2, 'quint16': 2, 'int8': 1, 'uint8': 1, 'qint8': 1, 'quint8': 1}


def source(draw, t, shape):
    if t in INTS:
        info = np.iinfo(numpy_dtype(t))
        return draw.tensor(t, shape, max(info.min, -2**62), min(info.max, 2**62), edges=0.5) if draw.chance(0.5) else \
            draw.tensor(t, shape, edges=0.5)
    if t in FLOATS:
        high = draw.one_of(2, 100, 300, 7e4, 5e9, 2e19)
        x = draw.tensor(t, shape, -high if t != 'float16' else -min(high, 6e4), high if t != 'float16' else min(high, 6e4), edges=0.5)
        return x
    return draw.tensor(t, shape)


def case(draw):
    shape = draw.shape(0, 5) if draw.chance(0.7) else (draw.randint(5, 200),)
    if draw.chance(0.25):
        a, b = draw.one_of(*SIZES), draw.one_of(*SIZES)
        if SIZES[a] < SIZES[b] and draw.chance(0.9):
            shape = shape[:-1] + (SIZES[b] // SIZES[a],)
        return Case('Bitcast', [draw.tensor(a, shape)], dict(type=b))
    a, b = draw.one_of(*TYPES), draw.one_of(*TYPES)
    if draw.chance(0.1):
        a = draw.one_of(*QUANTIZED)
    if draw.chance(0.1):
        b = draw.one_of(*QUANTIZED)
    attrs = dict(DstT=b)
    if draw.chance(0.3):
        attrs['Truncate'] = True
    return Case('Cast', [source(draw, a, shape)], attrs)
