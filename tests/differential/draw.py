"""Random choices that the generators of cases are written with. One Draw is one case: the same seed gives the same case."""
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'golden'))

import numpy as np

from cases_dsl import COMPLEX, FLOATS, QUANTIZED, Case, Const, Fed, Literal, const, fed, lit, numpy_dtype
from inputs import edge_bits

# What a case may set to know more than its op: see Draw.place.
PLACES = ('known', 'partial', 'unknown', 'const')


class Draw(random.Random):
    def __init__(self, seed):
        super().__init__(seed)
        self.numpy = np.random.RandomState(self.getrandbits(32))

    def chance(self, p):
        return self.random() < p

    def one_of(self, *options):
        return self.choice(options)

    def dim(self, high=7, zero=0.03):
        """A size: small mostly, now and then 0 or 1."""
        return 0 if self.chance(zero) else 1 if self.chance(0.15) else self.randint(1, high)

    def shape(self, low=0, high=4, size=6, zero=0.03):
        return tuple(self.dim(size, zero) for _ in range(self.randint(low, high)))

    def broadcastable(self, shape):
        """A shape that broadcasts with `shape`: some dims 1, leading dims left out."""
        out = [1 if self.chance(0.3) else d for d in shape]
        return tuple(out[self.randint(0, len(out)):] if self.chance(0.3) else out)

    def permuted(self, rank):
        order = list(range(rank))
        self.shuffle(order)
        return order

    def ints(self, dtype, shape, low, high):
        """Integers of [low, high]."""
        return Literal(dtype, self.numpy.randint(low, high + 1, size=shape, dtype=np.int64).astype(numpy_dtype(dtype)))

    def tensor(self, dtype, shape, low=None, high=None, edges=0.0, huge=True):
        """Random elements. Floats are uniform in [low, high] (default [-2, 2]); integers in [low, high] (default [-8, 8]
        or [0, 16]), all 8 bits for quantised types. With the chance `edges` a few elements become infinities, NaN,
        subnormals, the largest and smallest values; without `huge` no finite float whose product might overflow."""
        shape = tuple(shape)
        if dtype == 'string':
            letters = b'abcxyz019 .-\xc3\xa9'
            flat = [bytes(self.choice(letters) for _ in range(self.randint(0, 6))) for _ in range(int(np.prod(shape)))]
            out = np.empty(len(flat), dtype=object)
            out[:] = flat
            return Literal(dtype, out.reshape(shape))
        if dtype == 'bool':
            return Literal(dtype, self.numpy.randint(0, 2, size=shape).astype(bool))
        if dtype in COMPLEX:
            value = self.numpy.uniform(-2, 2, shape) + 1j * self.numpy.uniform(-2, 2, shape)
            return lit(dtype, value)
        if dtype in FLOATS:
            value = self.numpy.uniform(-2 if low is None else low, 2 if high is None else high, shape)
            array = np.asarray(value).astype(numpy_dtype(dtype))
        else:
            unsigned = dtype.lstrip('q').startswith('u')
            if dtype in QUANTIZED:
                default = (0, 255) if unsigned else (-128, 127)
            else:
                default = (0, 16) if unsigned else (-8, 8)
            low, high = (default[0] if low is None else low), (default[1] if high is None else high)
            array = self.numpy.randint(low, high + 1, size=shape, dtype=np.int64).astype(numpy_dtype(dtype))
        if array.size and self.chance(edges):
            bits = edge_bits(dtype)
            unsigned = np.dtype(f'u{array.dtype.itemsize}')
            flat = array.reshape(-1).copy()
            for _ in range(self.randint(1, max(1, array.size // 3))):
                flat[self.randrange(array.size)] = np.array(self.choice(bits), np.uint64).astype(unsigned).view(array.dtype)
            if not huge and dtype in FLOATS:
                flat[np.isfinite(flat) & (np.abs(flat) > 1e4)] = 1
            array = flat.reshape(shape)
        return Literal(dtype, np.asarray(array))

    def place(self, value, places=PLACES):
        """A plain input becomes fed with its shape known, with a dim or the rank unknown, or a constant."""
        if isinstance(value, (list, tuple)):
            return [self.place(v) for v in value]
        if isinstance(value, (Const, Fed, str)):
            return value
        place = self.choices(places, [{'known': 5, 'const': 3}.get(p, 1) for p in places])[0]
        if place == 'const':
            return const(value)
        if place == 'unknown':
            return fed(value)
        if place == 'partial':
            return fed(value, tuple(None if self.chance(0.5) else d for d in value.array.shape))
        return fed(value, value.array.shape)
