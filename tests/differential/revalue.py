"""Elements of a tensor changed at random: another dtype, another shape, other values."""
import draw as _draw  # noqa: F401  (finds the golden cases' modules)
import inputs
import numpy as np
from cases_dsl import COMPLEX, FLOATS
from inputs import numpy_dtype


def recast(draw, array, old, new):
    """The elements in another dtype."""
    if old == new:
        return array
    if new == 'string':
        return draw.tensor('string', array.shape).array
    if old == 'string':
        return draw.tensor(new, array.shape).array
    with np.errstate(all='ignore'):
        if old in COMPLEX:
            array = array.real
        if new in COMPLEX:
            return array.astype(np.float64).astype(numpy_dtype(new))
        if new == 'bool':
            return array.astype(np.float64) > 0
        wide = array.astype(np.float64)
        if new not in FLOATS:
            info = np.iinfo(numpy_dtype(new))
            wide = np.clip(np.nan_to_num(wide), max(float(info.min), -2.0**62), min(float(info.max), 2.0**62 - 1024))
            if info.min == 0:
                wide = np.abs(wide)
        return wide.astype(numpy_dtype(new))


def resampled(draw, value, shape):
    """Elements of another shape that come from the same set."""
    count = int(np.prod(shape, dtype=np.int64))
    flat = value.array.reshape(-1)
    if flat.size == 0:
        return draw.tensor(value.dtype, shape).array
    if count == flat.size:
        return flat.reshape(shape)
    if value.dtype in FLOATS and draw.chance(0.5):
        return draw.tensor(value.dtype, shape).array
    picked = flat[:count] if count <= flat.size else np.concatenate([flat, flat[draw.numpy.randint(0, flat.size, count - flat.size)]])
    return picked.reshape(shape)


def revalued(draw, value):
    """Other elements of the same shape."""
    array, dtype = value.array, value.dtype
    if array.size == 0:
        return array
    way = draw.randrange(8)
    flat = array.reshape(-1).copy()
    if way == 0:
        draw.numpy.shuffle(flat)
    elif way == 1:
        flat = flat[draw.numpy.randint(0, flat.size, flat.size)]
    elif way == 2 and dtype != 'string':
        flat = draw.tensor(dtype, (flat.size,), edges=1.0).array if draw.chance(0.4) else sprinkled(draw, dtype, flat)
    elif way in (3, 4) and dtype in FLOATS:
        finite = flat[np.isfinite(flat.astype(np.float64))].astype(np.float64)
        low, high = (finite.min(), finite.max()) if finite.size else (-1, 1)
        if draw.chance(0.2):
            low, high = low * 10, high * 10
        flat = draw.numpy.uniform(max(low, -1e300), min(high, 1e300), flat.size).astype(numpy_dtype(dtype))
    elif way in (3, 4, 5) and dtype not in FLOATS and dtype not in COMPLEX and dtype not in ('string', 'bool'):
        low, high = int(flat.min()), int(flat.max())
        if draw.chance(0.3):
            low, high = low - 1, high + 1
        info = np.iinfo(numpy_dtype(dtype))
        low, high = max(low, info.min, -2**62), min(high, info.max, 2**62)
        if low <= high:
            flat = draw.numpy.randint(low, high + 1, flat.size, dtype=np.int64).astype(numpy_dtype(dtype))
    elif dtype == 'string':
        at = draw.randrange(flat.size)
        text = bytes(flat[at])
        cut = draw.randint(0, len(text))
        other = bytes(flat[draw.randrange(flat.size)])
        flat[at] = draw.one_of(b'', text[:cut], text[cut:], text + text, text[:cut] + other, b' ' + text + b' ',
                               text[:cut] + bytes([draw.randrange(256)]) + text[cut:], text.upper(),
                               text[:cut] + '\u00e9\u20ac\U0001f600'.encode() + text[cut:], b'-1', b'0', b'1.5', b'\xff')
    elif dtype == 'bool':
        flat = ~flat
    else:
        at = draw.randrange(flat.size)
        with np.errstate(all='ignore'):
            flat[at:at + 1] = draw.one_of(flat[at:at + 1] + 1, flat[at:at + 1] - 1, -flat[at:at + 1], flat[at:at + 1] * 0,
                                          flat[at:at + 1] * 2).astype(flat.dtype)
    return np.asarray(flat).reshape(array.shape)


def sprinkled(draw, dtype, flat):
    """Some elements become infinities, NaN, the largest, the smallest."""
    if dtype in COMPLEX:
        parts = flat.view(np.float32 if dtype == 'complex64' else np.float64).copy()
        parts[draw.randrange(parts.size)] = draw.one_of(np.inf, -np.inf, np.nan, 0, -0.0, 1e30)
        return parts.view(flat.dtype)
    bits = inputs.edge_bits(dtype)
    unsigned = np.dtype(f'u{flat.dtype.itemsize}')
    flat = flat.copy()
    for _ in range(draw.randint(1, max(1, flat.size // 4))):
        flat[draw.randrange(flat.size)] = np.array(draw.choice(bits), np.uint64).astype(unsigned).view(flat.dtype)
    return flat
