"""Rows (cases_rows.py, cases_second.py) made illegal: another rank, dim, dtype, attribute or index. `sweep.py generate:illegal
--words` and `driver.py illegal -v` show what the engine says.

A good answer names the operator, what was found and what was wanted; where TensorFlow refuses, so must the engine.
"""
import cases_rows
import cases_second
from rows import *
from cases_dsl import ALL_PLAIN, literal

INTEGERS = [-1, 0, -2, 7, 1 << 31, (1 << 63) - 1, -(1 << 63)]


def other_shape(draw, shape):
    shape = list(shape)
    way = draw.randrange(4)
    if way == 0 or not shape:
        shape.insert(draw.randint(0, len(shape)), draw.one_of(1, 2, 3))
    elif way == 1:
        shape.pop(draw.randrange(len(shape)))
    elif way == 2:
        shape[draw.randrange(len(shape))] += draw.one_of(1, 2)
    else:
        shape[draw.randrange(len(shape))] = 0
    return shape


def resized(value, shape):
    count = int(np.prod(shape))
    flat = value.array.reshape(-1)
    flat = np.resize(flat, count) if flat.size else np.zeros(count, value.array.dtype) if value.dtype != 'string' else np.array([b''] * count + [None], object)[:-1]
    return Literal(value.dtype, flat.reshape(shape))


def case(draw):
    for _ in range(50):
        drawn = draw.one_of(cases_rows, cases_rows, cases_second).case(draw)
        if not isinstance(drawn, Case) or not drawn.inputs:
            continue
        places = [(i, None) for i, v in enumerate(drawn.inputs) if not isinstance(v, list)]
        places += [(i, j) for i, v in enumerate(drawn.inputs) if isinstance(v, list) for j in range(len(v))]
        spec = op_def_registry.get(drawn.op)
        if spec is None:  # an operator of a library beside TensorFlow
            continue
        attributes = [a for a in spec.attr if a.type in ('int', 'string', 'list(int)', 'float', 'shape', 'type') and a.name in drawn.attrs]
        way = draw.one_of('shape', 'shape', 'dtype', 'value', 'value', 'attribute', 'attribute')
        if way == 'attribute' and attributes:
            a = draw.choice(attributes)
            old = drawn.attrs[a.name]
            if a.type == 'int':
                new = draw.choice(INTEGERS)
            elif a.type == 'float':
                new = draw.one_of(-1.0, float('nan'), 0.0, float('inf'))
            elif a.type == 'string':
                new = draw.one_of('', 'nonsense', 'SAME', '\0')
            elif a.type == 'list(int)':
                new = list(old)
                if new and draw.chance(0.6):
                    new[draw.randrange(len(new))] = draw.choice(INTEGERS)
                else:
                    new = new[:-1] if draw.chance(0.5) else new + [1]
            elif a.type == 'type':
                new = draw.choice(ALL_PLAIN)
            else:
                new = draw.one_of(None, (3, 5), ())
            drawn.attrs[a.name] = new
            what = f'{a.name} {old!r:.40} -> {new!r}'
        elif places:
            i, j = draw.choice(places)
            old = literal(drawn.inputs[i] if j is None else drawn.inputs[i][j])
            if way == 'shape':
                new = resized(old, other_shape(draw, old.array.shape))
            elif way == 'dtype':
                new = elements(draw, draw.choice(ALL_PLAIN), old.array.shape, 'plain')
            elif old.dtype in ('int32', 'int64', 'int16') and old.array.size:
                flat = old.array.copy().reshape(-1)
                info = np.iinfo(old.array.dtype)
                flat[draw.randrange(flat.size)] = draw.one_of(-1, -100, 1000, info.max, info.min)
                new = Literal(old.dtype, flat.reshape(old.array.shape))
            elif old.dtype in FLOATS and old.array.size:
                flat = old.array.copy().reshape(-1)
                flat[draw.randrange(flat.size)] = draw.one_of(np.nan, -1, np.inf)
                new = Literal(old.dtype, flat.reshape(old.array.shape))
            else:
                continue
            what = f'input {i} {"" if j is None else j} {old.dtype}{list(old.array.shape)} {way} -> {new.dtype}{list(new.array.shape)} {new.array.reshape(-1)[:6].tolist() if way == "value" else ""}'
            if j is None:
                drawn.inputs[i] = new
            else:
                drawn.inputs[i] = [new if k == j else v for k, v in enumerate(drawn.inputs[i])]
        else:
            continue
        drawn.name = f'{drawn.op}: {what}'[:300]
        return drawn
    raise ValueError('nothing to make illegal')
