"""Input tensors from integers, bit-equal in Python and C++ (inputs.h): a golden case stores the recipe, not the bytes.

Element i draws word(seed, i), a splitmix64 output, so elements are independent of each other and of the shape.
"""
import dataclasses

import ml_dtypes
import numpy as np

# TensorFlow's numbers. Quantised types are held as their plain integers.
DTYPE_NUMBERS = {
    'float32': 1, 'float64': 2, 'int32': 3, 'uint8': 4, 'int16': 5, 'int8': 6, 'string': 7, 'complex64': 8, 'int64': 9,
    'bool': 10, 'qint8': 11, 'quint8': 12, 'qint32': 13, 'bfloat16': 14, 'qint16': 15, 'quint16': 16, 'uint16': 17,
    'complex128': 18, 'float16': 19, 'uint32': 22, 'uint64': 23,
}
DTYPE_NAMES = {number: name for name, number in DTYPE_NUMBERS.items()}
_PLAIN = {'qint8': 'int8', 'quint8': 'uint8', 'qint32': 'int32', 'qint16': 'int16', 'quint16': 'uint16'}
FLOAT_FORMATS = {  # bits of exponent, bits of mantissa
    'float16': (5, 10), 'bfloat16': (8, 7), 'float32': (8, 23), 'float64': (11, 52),
}
KINDS = ('grid', 'edge', 'permutation', 'strings')
ALPHABET = b'abcxyzABC019 ._-/\xc3\xa9\x00'


def numpy_dtype(name):
    """The numpy dtype that holds elements of a TensorFlow dtype; object for strings."""
    if name == 'string':
        return np.dtype(object)
    if name == 'bfloat16':
        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(_PLAIN.get(name, name))


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How a tensor is made. grid: k * 2**shift with lo <= k <= hi. See make()."""
    dtype: str
    shape: tuple
    kind: str = 'grid'
    seed: int = 0
    lo: int = -8
    hi: int = 8
    shift: int = 0


def words(seed, count, start=0):
    """Outputs of splitmix64 with state `seed`, number start .. start + count - 1."""
    with np.errstate(over='ignore'):
        index = np.arange(start + 1, start + count + 1, dtype=np.uint64)
        z = np.uint64(seed & 0xFFFFFFFFFFFFFFFF) + index * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def _grid_integers(recipe, count):
    """lo + word mod (hi - lo + 1), as 64-bit words."""
    span = (recipe.hi - recipe.lo + 1) & 0xFFFFFFFFFFFFFFFF
    w = words(recipe.seed, count)
    if span != 0:
        w = w % np.uint64(span)
    return w + np.uint64(recipe.lo & 0xFFFFFFFFFFFFFFFF)


def edge_bits(dtype):
    """The bit patterns that the kind 'edge' goes through, in order."""
    if dtype in FLOAT_FORMATS:
        exponent_bits, mantissa_bits = FLOAT_FORMATS[dtype]
        bias = (1 << (exponent_bits - 1)) - 1
        inf = ((1 << exponent_bits) - 1) << mantissa_bits
        sign = 1 << (exponent_bits + mantissa_bits)

        def power(e, halves=0):  # 2**e * (1 + halves / 4)
            return ((e + bias) << mantissa_bits) | (halves << (mantissa_bits - 2))

        magnitudes = [
            0, inf, power(0), power(-1), power(0, 2), power(1, 1), power(1, 3),  # 0 inf 1 .5 1.5 2.5 3.5
            1, (1 << mantissa_bits) - 1, 1 << mantissa_bits,  # smallest and largest subnormal, smallest normal
            inf - 1, power(0) + 1, power(0) - 1, power(2), power(3, 1)]  # largest, neighbours of 1, 4, 10
        bits = [b | s for b in magnitudes for s in (0, sign)]
        return bits + [inf | (1 << (mantissa_bits - 1))]  # quiet NaN
    width = numpy_dtype(dtype).itemsize * 8
    if dtype == 'bool':
        return [0, 1]
    top = 1 << (width - 1)
    return [0, 1, 2 * top - 1, top, top - 1, top + 1, 2, 2 * top - 2, 3, 7, 2 * top - 7, 100, top // 2]


def _bits_type(dtype):
    return {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}[numpy_dtype(dtype).itemsize]


def _from_words(recipe, w):
    """64-bit two's complement grid integers to elements; both conversions are exact for sensible recipes."""
    dtype = recipe.dtype
    if dtype in FLOAT_FORMATS:
        value = w.astype(np.int64).astype(np.float64) * 2.0**recipe.shift
        return value if dtype == 'float64' else value.astype(np.float32).astype(numpy_dtype(dtype))
    if dtype == 'bool':
        return (w & np.uint64(1)).astype(np.bool_)
    return w.astype(_bits_type(dtype)).view(numpy_dtype(dtype))


def _permutation(seed, count):
    order = list(range(count))
    for i, word in zip(range(count - 1, 0, -1), words(seed, max(count - 1, 0))):
        j = int(word) % (i + 1)
        order[i], order[j] = order[j], order[i]
    return order


def make(recipe):
    """The recipe's tensor as a numpy array."""
    count = int(np.prod(recipe.shape, dtype=np.int64))
    if recipe.dtype == 'string':
        flat = np.empty(count, dtype=object)
        for i, length in enumerate(_grid_integers(recipe, count)):
            letters = words(recipe.seed + 1 + i, int(length))
            flat[i] = bytes(ALPHABET[int(word) % len(ALPHABET)] for word in letters)
        return flat.reshape(recipe.shape)
    if recipe.dtype in ('complex64', 'complex128'):
        part = 'float32' if recipe.dtype == 'complex64' else 'float64'
        pairs = make(dataclasses.replace(recipe, dtype=part, shape=(2 * count,)))
        return pairs.view(numpy_dtype(recipe.dtype)).reshape(recipe.shape)
    if recipe.kind == 'grid':
        flat = _from_words(recipe, _grid_integers(recipe, count))
    elif recipe.kind == 'permutation':
        order = np.array(_permutation(recipe.seed, count), dtype=np.uint64)
        flat = _from_words(recipe, order + np.uint64(recipe.lo & 0xFFFFFFFFFFFFFFFF))
    elif recipe.kind == 'edge':
        # All patterns in order, rotated by the seed, so that two inputs meet in different pairs.
        table = edge_bits(recipe.dtype)
        bits = np.array([table[(i + recipe.seed) % len(table)] for i in range(count)], dtype=np.uint64)
        flat = bits.astype(_bits_type(recipe.dtype)).view(numpy_dtype(recipe.dtype))
    else:
        raise ValueError(f'kind {recipe.kind} of {recipe.dtype}')
    return flat.reshape(recipe.shape)


def _fnv(data):
    state = 0xCBF29CE484222325
    for byte in data:
        state = ((state ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return state


def checksum(array):
    """FNV-1a over the elements' bytes; each string is followed by a zero byte."""
    if array.dtype == object:
        return _fnv(b''.join(bytes(s) + b'\0' for s in array.reshape(-1)))
    return _fnv(np.ascontiguousarray(array).tobytes())


def checksum_recipes():
    """What the recorded checksums cover; inputs_test.cc reads the recipes from the same file."""
    for dtype in DTYPE_NUMBERS:
        if dtype == 'string':
            yield Recipe(dtype, (3, 5), 'strings', 7, 0, 9)
            continue
        yield Recipe(dtype, (4, 5), 'grid', 1, -8, 8)
        yield Recipe(dtype, (7,), 'grid', 2, 0, 100, -3)
        yield Recipe(dtype, (3, 3), 'permutation', 3, -4, 0)
        yield Recipe(dtype, (40,), 'edge', 5)
        yield Recipe(dtype, (9,), 'grid', 6, -2**63, 2**63 - 1, -50)
        yield Recipe(dtype, (0, 2), 'grid', 6)
        yield Recipe(dtype, (), 'grid', 8, 3, 7)


def main():
    for recipe in checksum_recipes():
        dims = ','.join(map(str, recipe.shape)) or '-'
        print(recipe.dtype, dims, recipe.kind, recipe.seed, recipe.lo, recipe.hi, recipe.shift,
              f'{checksum(make(recipe)):016x}')


if __name__ == '__main__':
    main()
