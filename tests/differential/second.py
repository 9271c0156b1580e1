"""What a second tester's rows are written with: the op definition says which attributes there are and what each may be, all of them are
drawn, and the values are those that kernels go wrong on. Written without looking at the recordings or at rows*.py's choices.

A file second_*.py registers functions of (draw, op) for the operators it knows; cases_second.py draws one.
"""
import functools

from draw import *
from cases_dsl import GraphCase, boolean, kernel_dtypes, text
import tensorflow as tf
from tensorflow.python.framework import op_def_registry

SECOND = {}
ops = tf.raw_ops


def tests(*names):
    def add(function):
        for name in names:
            SECOND.setdefault(name, []).append(function)
        return function
    return add


@functools.cache
def allowed(op, attr='T', **given):
    return tuple(kernel_dtypes(op, attr, **given)) if has(op, attr) else ()


def a_type(draw, op, attr='T', but=('resource', 'variant'), **given):
    found = [t for t in allowed(op, attr, **given) if t not in but]
    return draw.choice(found) if found else 'float32'


def fill(draw, op, **given):
    """All attributes that choose a branch: bools and names of a list at random, unless given; types are left alone."""
    for a in op_def_registry.get(op).attr:
        if a.name in given:
            continue
        if a.type == 'bool' and a.name not in ('use_node_name_sharing', 'use_cudnn_on_gpu'):
            given[a.name] = draw.chance(0.5)
        elif a.type == 'string' and a.allowed_values.list.s:
            given[a.name] = draw.choice([s.decode() for s in a.allowed_values.list.s])
    return {k: v for k, v in given.items() if v is not None and any(a.name == k for a in op_def_registry.get(op).attr)}


SPECIALS = [0.0, -0.0, float('inf'), float('-inf'), float('nan'), 1e-45, 1.1754944e-38, -1e-40, 3.4028235e38, 65504.0, 65519.0, 5.96e-8, 2.0**24 + 1, -2.0**31,
            2.0**31, 2.0**32, 2.0**63, -2.0**63, 1 - 2.0**-24, 0.5, 1.5, 2.5, -0.5, np.pi, 100.0, -745.2, 709.8, 88.73, -103.98]


def numbers(draw, t, shape, kind=None):
    """kind: calm (small and distinct), hot (specials among calm ones), vast (any bits), same, steps (sorted), small (codes of few values)."""
    shape = tuple(int(s) for s in shape)
    n, rng = int(np.prod(shape)), draw.numpy
    kind = kind or draw.choices(['calm', 'hot', 'vast', 'same', 'steps', 'small'], [5, 2, 1, 1, 1, 2])[0]
    if t == 'string':
        words = [b'', b'a', b'A', b'ab', b'\xc3\xa9', b'\xe4\xb8\xad', b'\xff\x00', b'10', b'-7', b'2.5', b'1e4', b'inf', b' 3 ', b'x y', b'a,b', b'"q"', b'\n']
        flat = np.empty(n, dtype=object)
        flat[:] = [draw.choice(words) for _ in range(n)]
        return Literal(t, flat.reshape(shape))
    if t == 'bool':
        return Literal(t, np.asarray(rng.randint(0, 2, n).astype(bool)).reshape(shape))
    if t in COMPLEX:
        part = 'calm' if kind in ('hot', 'vast') else kind
        a, b = (numbers(draw, 'float64', shape, part).array for _ in range(2))
        return lit(t, a + 1j * b)
    if t in FLOATS:
        flat = rng.randn(n) * 2
        if kind == 'hot':
            flat = np.where(rng.rand(n) < 0.4, rng.choice(SPECIALS, n) if n else flat, flat)
        elif kind == 'vast':
            flat = flat * 2.0 ** rng.randint(-20, 20, n)
        elif kind == 'same':
            flat = np.full(n, draw.one_of(0.0, 1.0, -2.5, 0.1))
        elif kind == 'steps':
            flat = np.sort(flat)
        elif kind == 'small':
            flat = rng.randint(-2, 3, n) / 2
        with np.errstate(all='ignore'):
            return Literal(t, np.asarray(flat).astype(numpy_dtype(t)).reshape(shape))
    info = np.iinfo(numpy_dtype(t))
    low, high = max(info.min, -20), min(info.max, 20)
    if kind in ('vast', 'hot') or t in QUANTIZED and kind != 'small':
        bits = min(info.bits, 63 if info.min else 62)
        low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if info.min else (0, (1 << bits) - 1)
        if t == 'qint32':
            low, high = -9000, 9000
    flat = rng.randint(low, high + 1, n, dtype=np.int64)
    if kind == 'hot' and n:
        flat = np.where(rng.rand(n) < 0.5, rng.choice([low, high, 0, 1, low + 1], n), flat)
    if kind == 'same':
        flat[:] = draw.one_of(0, 1, high)
    if kind == 'steps':
        flat = np.sort(flat)
    return Literal(t, np.asarray(flat.astype(numpy_dtype(t))).reshape(shape))


def dims(draw, low=0, high=8, most=1500, zero=0.08):
    """A shape of any rank TensorFlow takes, at times with nothing in it."""
    rank = draw.randint(low, high)
    while True:
        shape = tuple(0 if draw.chance(zero / max(rank, 1)) else draw.choice((1, 1, 2, 3, 3, 4, 5, 8, 13)) for _ in range(rank))
        if np.prod(shape) <= most:
            return shape


def one(t, value):
    return lit(t, value, ())


def ids(draw, shape, low, high, t=None):
    """Integers of [low, high] in an index type."""
    t = t or draw.one_of('int32', 'int64')
    return Literal(t, np.asarray(draw.numpy.randint(low, max(low, high) + 1, shape)).astype(t).reshape(shape))


def uniform(draw, t, shape, low, high):
    return lit(t, draw.numpy.uniform(low, high, shape))


def has(op, attr):
    return any(a.name == attr for a in op_def_registry.get(op).attr)
