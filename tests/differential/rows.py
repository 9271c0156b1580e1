"""What rows are written with: one op x dtype x attributes each, written from TensorFlow's op definitions alone.

A file rows_*.py registers, for each operator it knows, a function of (draw, op) that returns a Case or GraphCase; cases_rows.py
draws an operator, then one of its functions. Values come in moods, so that each row sees either everyday elements or those
that vector loops, casts and comparisons go wrong on.
"""
import functools

from draw import *
from cases_dsl import GraphCase, kernel_dtypes  # noqa: F401
from tensorflow.python.framework import op_def_registry

ROWS = {}


def row(*ops):
    """Registers a function for operators."""
    def add(function):
        for op in ops:
            ROWS.setdefault(op, []).append(function)
        return function
    return add


@functools.cache
def dtypes(op, attr='T', **given):
    return tuple(kernel_dtypes(op, attr, **given))


def dtype(draw, op, attr='T', but=(), **given):
    found = [t for t in dtypes(op, attr, **given) if t not in but]
    return draw.choice(found or ['float32'])


def enum(draw, op, attr):
    """A value that the op definition allows for an attribute."""
    spec = next(a for a in op_def_registry.get(op).attr if a.name == attr)
    if spec.type == 'bool':
        return draw.chance(0.5)
    return draw.choice([s.decode() for s in spec.allowed_values.list.s])


BYTES = [b'', b'\0', b'a\0b', b'\xff\xfe', b'\xc3\x28', b'\xe2\x82\xac', b'\xf0\x9f\x98\x80', b' x ', b'Hello World', b'-1.5e3', b'nan',
         b'\xed\xa0\x80', b'abc,def', b'\xc3\x84\xc3\x96', b'12', b'\t\n', b'a' * 70, b'\xf4\x90\x80\x80']
FLOAT_EDGES = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 1e-40, -1e-40, 1e-310, 3.4e38, -3.4e38,
               1e300, 65504.0, 65520.0, 88.8, -104.0, 710.0, 1e-8, 2.0**31, -2.0**31, 2.0**63, 16777217.0, 255.5, 256.0, -0.49999997]


def elements(draw, t, shape, mood=None):
    """Elements of any dtype in a mood: plain, wide (all exponents), edges, ties, unit ([0, 1])."""
    shape = tuple(int(d) for d in shape)
    mood = mood or draw.one_of('plain', 'plain', 'wide', 'edges', 'ties', 'unit')
    rng, count = draw.numpy, int(np.prod(shape))
    if t == 'string':
        flat = np.empty(count, dtype=object)
        flat[:] = [draw.choice(BYTES) if mood != 'plain' else bytes(draw.choices(b'abcXYZ 019-', k=draw.randint(0, 9))) for _ in range(count)]
        return Literal(t, flat.reshape(shape))
    if t == 'bool':
        return Literal(t, rng.rand(*shape) < 0.5 if shape else np.asarray(draw.chance(0.5)))
    if t in COMPLEX:
        part = 'float32' if t == 'complex64' else 'float64'
        if mood == 'edges':
            mood = 'wide'
        parts = [elements(draw, part, shape, mood).array.astype(np.float64) for _ in range(2)]
        return Literal(t, np.asarray(parts[0] + 1j * parts[1]).astype(numpy_dtype(t)))
    if t in FLOATS:
        if mood == 'edges':
            flat = np.where(rng.rand(count) < 0.6, rng.choice(FLOAT_EDGES, count) if count else [], rng.randn(count) * 3)
        elif mood == 'wide':
            flat = rng.randn(count) * 10.0**rng.uniform(-4, 3, count)
        elif mood == 'ties':
            flat = rng.randint(-3, 4, count) * 0.5
        elif mood == 'unit':
            flat = rng.rand(count)
        else:
            flat = rng.uniform(-3, 3, count)
        with np.errstate(all='ignore'):
            return Literal(t, np.asarray(flat).astype(numpy_dtype(t)).reshape(shape))
    kind = numpy_dtype(t)
    info = np.iinfo(kind)
    if mood in ('edges', 'wide') or t in QUANTIZED:
        raw = rng.bytes(kind.itemsize * count)
        flat = np.frombuffer(raw, kind).copy() if t not in ('qint32',) else rng.randint(-5000, 5000, count).astype(kind)
        if mood == 'edges' and count:
            some = np.array([info.min, info.max, 0, 1, info.max - 1, info.min + 1, info.max // 2], kind)
            flat = np.where(rng.rand(count) < 0.5, rng.choice(some, count), flat)
    else:
        low, high = (0, 9) if info.min == 0 else (-9, 9)
        flat = rng.randint(low, high + 1, count)
    return Literal(t, np.asarray(flat).astype(kind).reshape(shape))


def sizes(draw, low=0, high=8, most=3000):
    """A shape: often one with a long last dimension (vector loops and their tails), now and then empty or all ones."""
    rank = draw.randint(low, high)
    if rank and draw.chance(0.3):
        shape = [1] * (rank - 1) + [draw.one_of(7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 127, 257)]
        if rank > 1 and draw.chance(0.5):
            shape[0] = draw.randint(1, 5)
        return tuple(shape)
    while True:
        shape = tuple(draw.one_of(1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 9, 0 if draw.chance(0.15) else 2) for _ in range(rank))
        if np.prod(shape) <= most:
            return shape


def two_sides(draw, low=0, high=6):
    """Two shapes that broadcast, each wider in places."""
    full = sizes(draw, low, high)
    way = draw.randrange(5)
    if way == 0:
        return full, full
    if way == 1:
        return full, ()
    if way == 2:
        return (), full

    def less(shape):
        cut = tuple(1 if draw.chance(0.4) else d for d in shape)
        return cut[draw.randint(0, len(cut)):] if draw.chance(0.4) else cut
    if way == 3:
        return less(full), full
    a = tuple(1 if draw.chance(0.35) else d for d in full)
    b = tuple(d if x == 1 or draw.chance(0.6) else 1 for x, d in zip(a, full))
    return (a, b) if draw.chance(0.5) else (b, a)


def index(draw, values, t=None, shape=None):
    """Integers as an int32 or int64 tensor."""
    return lit(t or draw.one_of('int32', 'int64'), values, shape)


def scalar(draw, t, low, high=None):
    return lit(t, low if high is None else draw.randint(low, high), ())


def floats(draw, t, shape, low=-1.0, high=1.0):
    return lit(t, draw.numpy.uniform(low, high, shape))
