"""Cast between all pairs of dtypes, Bitcast."""
from cases_dsl import *

NUMBERS = ALL_NUMERIC + ['bool'] + QUANTIZED
ODD = [0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -1.9, 100.7, 1.00390625, 1.01171875]
# TensorFlow clamps in whole blocks and takes the low bits in the rest, so lengths matter.
FAR = {
    'float32': [127.9, 128, 200, 255.9, 256, 300, -129], 'float64': [127.9, -1, 200, 65536.7, -65537, 256, 300],
}
SPECIAL = [np.inf, -np.inf, np.nan, 1e30, -1e30, 3e9, -3e9]


def cases():
    for source in NUMBERS:
        for target in NUMBERS:
            attrs = dict(DstT=target)
            whole = rand(source, (7,), 0, 100) if source in UNSIGNED_INTS + QUANTIZED else rand(source, (7,), -100, 100)
            if source in FLOATS + COMPLEX:
                whole = rand(source, (7,), 0, 60)
            yield Case('Cast', [whole], attrs)
            if source in FLOATS:
                yield Case('Cast', [lit(source, ODD[:7])], attrs)
            elif source in INTS:
                yield Case('Cast', [edge(source, (13,))], attrs)
        yield Case('Cast', [rand(source, (2, 0, 3))], dict(DstT='float32'))
        yield Case('Cast', [rand(source, ())], dict(DstT='int32'))
        yield Case('Cast', [rand(source, (2, 1, 3, 1, 2, 1, 2))], dict(DstT='float64'))
    for source in ('float32', 'float64', 'float16', 'bfloat16'):
        for target in INTS + ['bool']:
            yield Case('Cast', [lit(source, SPECIAL)], dict(DstT=target))
            yield Case('Cast', [lit(source, FAR.get(source, FAR['float32']))], dict(DstT=target))
    for source in FLOATS + COMPLEX:
        for target in INTS + QUANTIZED:
            for length in (20, 75):
                yield Case('Cast', [rand(source, (length,), -120, 120)], dict(DstT=target))
                yield Case('Cast', [rand(source, (length,), -400, 400)], dict(DstT=target))
            if source in FLOATS and target != 'uint8' and target != 'quint8':  # which TensorFlow clamps twice
                yield Case('Cast', [lit(source, np.resize(SPECIAL + [40000, -40000, 70000, -70000], 42))], dict(DstT=target))
    for source, target in (('float32', 'float16'), ('float32', 'bfloat16'), ('float64', 'float16'), ('float64', 'float32'),
                           ('float64', 'bfloat16'), ('float16', 'bfloat16'), ('bfloat16', 'float16')):
        x = lit(source, [1 / 3, 1.00390625 + 2**-9, -1.99999, 1e-8, 65519, 65520, -70000, np.nan, np.inf, -np.inf, 0])
        for truncate in (False, True):
            yield Case('Cast', [x], dict(DstT=target, Truncate=truncate), exact=True)
        yield Case('Cast', [rand(source, (6, 7))], dict(DstT=target, Truncate=True), exact=True)
        yield Case('Cast', [edge(source, (14,))], dict(DstT=target))
    # What is cut off is half of the last bit that stays, and more than half.
    for target, bits in (('float32', 23), ('float16', 10), ('bfloat16', 7)):
        last = 2.0**-bits
        halves = lit('float64', [1 + 1.5 * last, 1 + 1.75 * last, -1 - 3.5 * last, 1 + 2.5 * last])
        if target != 'bfloat16':  # double to bfloat16 is not truncated
            yield Case('Cast', [halves], dict(DstT=target, Truncate=True), exact=True)
        if target != 'float32':
            yield Case('Cast', [lit('float32', halves.array)], dict(DstT=target, Truncate=True), exact=True)
    for source, target in (('float64', 'complex64'), ('complex128', 'complex64'), ('complex128', 'float32'), ('complex128', 'float16'),
                           ('complex64', 'float16'), ('complex128', 'bfloat16'), ('float32', 'complex128'), ('complex64', 'bfloat16')):
        x = np.array([1 / 3, 1.00390625 + 2**-9, -1.99999, 1e-8, 65519, 279.9997, -70000, np.nan, np.inf, 0])
        yield Case('Cast', [lit(source, x if source.startswith('float') else x + 1j * np.arange(.1, 1, .1)[[0, 1, 2, 3, 4, 5, 6, 7, 8, 0]])],
                   dict(DstT=target, Truncate=True), exact=True)
    yield Case('Cast', [lit('complex64', [1 + 2j, 0, np.nan, 1j])], dict(DstT='bool'))
    yield Case('Cast', [i64([2**63 - 1, 2**53 + 1, 16777217, 33554435, 65519, 65520])], dict(DstT='float32'))
    yield Case('Cast', [i64([2**62, 16777217, 2049, 2051, 65519])], dict(DstT='float16'))
    yield Case('Cast', [rand('float32', (40, 7), 0, 100)], dict(DstT='uint8'))
    yield Case('Cast', [rand('uint8', (400,))], dict(DstT='float32'))
    yield Case('Cast', [rand('string', (3, 2))], dict(DstT='string'))
    yield Case('Cast', [rand('string', (3,))], dict(DstT='int32'), error=True)
    yield Case('Cast', [rand('int32', (3,))], dict(DstT='string'), error=True)

    plain = ALL_NUMERIC + QUANTIZED
    size = {t: lit(t, [0] if t not in QUANTIZED else np.zeros(1)).array.dtype.itemsize for t in plain}
    for source in plain:
        for target in plain:
            ratio = max(size[target] // size[source], 1)
            shape = (3, 2) if ratio == 1 else (3, 2, ratio)
            # Bit patterns whose floats are ordinary: NaNs may lose their payload in transit.
            x = grid(source, shape, 0, 100)
            yield Case('Bitcast', [x], dict(type=target), exact=True)
    yield Case('Bitcast', [rand('float32', (2,))], dict(type='float64'), exact=True)
    yield Case('Bitcast', [rand('float64', ())], dict(type='uint8'))
    yield Case('Bitcast', [rand('float32', (0, 2))], dict(type='int64'))
    yield Case('Bitcast', [rand('float64', (2, 0))], dict(type='float32'))
    yield Case('Bitcast', [fed(rand('uint8', (2, 4)), (None, None))], dict(type='int32'))
    for shape in ((4,), (2, 1), (), (0,), (2, 4), (2, 0)):
        yield Case('Bitcast', [rand('float32', shape)], dict(type='int64'), error=True)
