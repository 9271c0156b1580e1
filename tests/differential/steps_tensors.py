"""Steps that move, join, cut, add up and compare tensors."""
from draw import *

import tensorflow as tf

raw = tf.raw_ops
FLOAT = ('float32', 'float64', 'float16', 'bfloat16')
ANY = FLOAT + ('int32', 'int64', 'bool')
NUMBERS = FLOAT + ('int32', 'int64')
UNARY = ['Abs', 'Neg', 'Square', 'Exp', 'Sign', 'Floor', 'Ceil', 'Rint', 'Round', 'Cos', 'Sin', 'Atan', 'Expm1', 'Erf', 'Softplus', 'IsNan', 'Reciprocal', 'Sqrt', 'Rsqrt', 'Log1p']
BINARY = ['AddV2', 'Sub', 'Mul', 'Maximum', 'Minimum', 'SquaredDifference', 'RealDiv', 'Pow', 'FloorMod', 'FloorDiv', 'Atan2', 'DivNoNan', 'MulNoNan', 'Xlogy']
COMPARE = ['Less', 'LessEqual', 'Greater', 'Equal', 'NotEqual']
REDUCE = ['Sum', 'Mean', 'Max', 'Min', 'Prod', 'All', 'Any', 'EuclideanNorm', 'ArgMax', 'ArgMin', 'logsumexp']


def unary(draw, r):
    i = r.of(draw, FLOAT)
    name = draw.choice(UNARY)
    if i is None:
        return None

    def build(x):
        if name == 'Softplus':
            return raw.Softplus(features=x)
        if name in ('Sqrt', 'Rsqrt', 'Log1p', 'Reciprocal'):
            x = tf.abs(x) + tf.cast(0.25, x.dtype)
        if name == 'Exp':
            x = tf.minimum(x, tf.cast(4, x.dtype))
        return getattr(raw, name)(x=x)
    return [i], build


def binary(draw, r):
    i = r.of(draw, NUMBERS)
    if i is None:
        return None
    t, shape, name, way = r.dtype(i), r.shape(i), draw.choice(BINARY[:7] if draw.chance(0.6) else BINARY), draw.random()
    if t.startswith('int') and name in ('RealDiv', 'Atan2', 'DivNoNan', 'MulNoNan', 'Xlogy', 'Pow'):
        name = 'AddV2'
    first = draw.chance(0.3)
    j = r.of(draw, (t,))
    if way < 0.5 and j is not None:
        return ([j, i] if first else [i, j]), lambda x, y: getattr(raw, name)(x=x, y=away(name, y)) if name != 'Pow' else raw.Pow(x=tf.abs(x) + tf.cast(0.1, x.dtype), y=y)
    other = draw.broadcastable(shape) if draw.chance(0.7) else ()
    value = draw.tensor(t, other).array

    def build(x):
        c = tf.constant(value, x.dtype)
        a, b = (c, x) if first else (x, c)
        return raw.Pow(x=tf.abs(a) + tf.cast(0.1, x.dtype), y=b) if name == 'Pow' else getattr(raw, name)(x=a, y=away(name, b))
    return [i], build


def away(name, y):
    """A divisor away from 0."""
    if name in ('RealDiv', 'FloorMod', 'FloorDiv') and y.dtype.is_floating:
        return tf.where(tf.abs(y) < tf.cast(0.2, y.dtype), tf.ones_like(y), y)
    return tf.where(tf.equal(y, 0), tf.ones_like(y), y) if name in ('FloorMod', 'FloorDiv') else y


def chosen(draw, r):
    i = r.of(draw, NUMBERS)
    if i is None:
        return None
    name, way, limit = draw.choice(COMPARE), draw.randrange(4), draw.one_of(0, 1, -1)

    def build(x):
        c = tf.cast(limit, x.dtype)
        mask = getattr(raw, name)(x=x, y=c)
        if way == 0:
            return tf.cast(mask, x.dtype)
        if way == 1:
            return raw.SelectV2(condition=mask, t=x, e=tf.zeros([], x.dtype))
        if way == 2:
            return tf.where(tf.logical_and(mask, tf.logical_not(raw.Equal(x=x, y=tf.cast(2, x.dtype)))), x, -x)
        return mask
    return [i], build


def cast(draw, r):
    i = r.of(draw, ANY)
    if i is None:
        return None
    to = draw.choice(['float32', 'float32', 'float16', 'int32', 'float64', 'bool', 'int64', 'bfloat16'])
    return [i], lambda x: tf.cast(tf.clip_by_value(x, tf.cast(-100, x.dtype), tf.cast(100, x.dtype)) if x.dtype != tf.bool else x, to)


def reduced(draw, r):
    i = r.of(draw, ANY, 1)
    if i is None:
        return None
    shape, name, keep = r.shape(i), draw.choice(REDUCE), draw.chance(0.5)
    axes = sorted(draw.sample(range(len(shape)), draw.randint(0 if draw.chance(0.1) else 1, len(shape))))
    axes = [a - len(shape) if draw.chance(0.4) else a for a in axes]
    if r.dtype(i) == 'bool':
        name = draw.one_of('All', 'Any')
    elif name in ('All', 'Any') or (name in ('EuclideanNorm', 'logsumexp', 'Mean') and r.dtype(i).startswith('int')):
        name = 'Sum'
    wide = draw.one_of('int32', 'int64')

    def build(x):
        if name.startswith('Arg'):
            return getattr(raw, name)(input=x, dimension=axes[0] if axes else 0, output_type=wide)
        if name == 'logsumexp':
            return tf.reduce_logsumexp(x, axes, keepdims=keep)
        axis = tf.constant(axes, wide) if len(axes) != 1 or keep else tf.constant(axes[0], wide)
        return getattr(raw, name)(input=x, axis=axis, keep_dims=keep)
    return [i], build


def running(draw, r):
    i = r.of(draw, NUMBERS, 1)
    if i is None:
        return None
    axis, op, e, b = draw.randrange(-len(r.shape(i)), len(r.shape(i))), draw.one_of('Cumsum', 'Cumprod', 'Cumsum', 'CumulativeLogsumexp'), draw.chance(0.4), draw.chance(0.4)
    if r.dtype(i) not in ('float32', 'float64'):
        op = 'Cumsum'
    return [i], lambda x: getattr(raw, op)(x=x, axis=axis, exclusive=e, reverse=b)


def turned(draw, r):
    i = r.of(draw, ANY, 2)
    if i is None:
        return None
    order, wide = draw.permuted(len(r.shape(i))), draw.one_of('int32', 'int64')
    if draw.chance(0.3) and len(order) == 4:
        order = draw.one_of([0, 3, 1, 2], [0, 2, 3, 1])
    back, between = draw.chance(0.3), draw.one_of('Relu', 'Neg', 'add', 'none')
    inverse = [order.index(k) for k in range(len(order))]

    def build(x):
        y = raw.Transpose(x=x, perm=tf.constant(order, wide))
        if back and y.dtype.is_floating:
            y = tf.nn.relu(y) if between == 'Relu' else -y if between == 'Neg' else y + tf.cast(1, y.dtype) if between == 'add' else y
        return raw.Transpose(x=y, perm=inverse) if back else y
    return [i], build


def channels_first(draw, r):
    """What a converter from another framework leaves."""
    i = r.of(draw, ('float32',), 4, 4)
    if i is None:
        return None
    shape = r.shape(i)
    w = draw.numpy.uniform(-1, 1, (3, 3, shape[3], 4)).astype(np.float32)
    bias, pad, joined = draw.one_of('none', 'reshaped', 'add'), draw.one_of('SAME', 'pad'), draw.chance(0.3)

    def build(x):
        first = raw.Transpose(x=x, perm=[0, 3, 1, 2])
        if pad == 'pad':
            first = raw.Pad(input=first, paddings=[[0, 0], [0, 0], [1, 1], [1, 1]])
        y = raw.Conv2D(input=raw.Transpose(x=first, perm=[0, 2, 3, 1]), filter=tf.constant(w), strides=[1, 1, 1, 1], padding='SAME' if pad == 'SAME' else 'VALID')
        y = raw.Transpose(x=y, perm=[0, 3, 1, 2])
        if bias == 'reshaped':
            y = y + tf.reshape(tf.constant([0.5, -1, 2, 3.]), [1, 4, 1, 1])
        if bias == 'add':
            y = tf.nn.relu(y + tf.constant([[[0.5]], [[-1]], [[2]], [[3.]]]))
        return tf.concat([y, y * 2, first[:, :1, :shape[1], :shape[2]]], 1) if joined else y
    return [i], build


def reshaped(draw, r):
    i = r.of(draw, ANY)
    if i is None:
        return None
    shape = list(r.shape(i))
    way = draw.randrange(5)
    if way == 0 or not shape:
        new = [1, *shape] if draw.chance(0.5) else [*shape, 1]
    elif way == 1:
        k = draw.randrange(len(shape))
        new = shape[:k] + [int(np.prod(shape[k:]))]
    elif way == 2 and len(shape) > 1:
        k = draw.randrange(len(shape) - 1)
        new = shape[:k] + [shape[k] * shape[k + 1]] + shape[k + 2:]
    elif way == 3:
        k = draw.randrange(len(shape))
        f = draw.choice([f for f in (1, 2, 3, 4) if shape[k] % f == 0])
        new = shape[:k] + [f, shape[k] // f] + shape[k + 1:]
    else:
        axis = draw.randrange(-len(shape) - 1, len(shape) + 1)
        return [i], lambda x: raw.ExpandDims(input=x, axis=axis)
    if new and 0 not in new and draw.chance(0.4):
        new[draw.randrange(len(new))] = -1
    dynamic = draw.chance(0.15)
    if dynamic and shape and -1 not in new:
        return [i], lambda x: tf.reshape(x, tf.concat([tf.shape(x)[:1], [-1]], 0)) if 0 not in shape else tf.reshape(x, new)
    return [i], lambda x: raw.Reshape(tensor=x, shape=tf.constant(new, tf.int64 if way % 2 else tf.int32))


def squeezed(draw, r):
    i = r.of(draw, ANY, 1, where=lambda t: 1 in t.shape.as_list())
    if i is None:
        return None
    ones = [k for k, d in enumerate(r.shape(i)) if d == 1]
    axes = draw.sample(ones, draw.randint(0, len(ones)))
    return [i], lambda x: raw.Squeeze(input=x, axis=[a - len(r.shape(i)) if a % 2 else a for a in axes])


def padded(draw, r):
    i = r.of(draw, ANY, 1)
    if i is None:
        return None
    shape, t, wide = r.shape(i), r.dtype(i), draw.one_of('int32', 'int64')
    way = draw.one_of('Pad', 'Pad', 'PadV2', 'REFLECT', 'SYMMETRIC')
    if way == 'REFLECT' and any(d < 2 for d in shape) or way == 'SYMMETRIC' and 0 in shape:
        way = 'Pad'
    most = min([2, *[d - 1 if way == 'REFLECT' else d for d in shape]]) if way in ('REFLECT', 'SYMMETRIC') else 2
    pads = [[draw.randint(0, most), draw.randint(0, most)] if draw.chance(0.6) else [0, 0] for _ in shape]
    if len(shape) == 4 and draw.chance(0.6):
        pads[0] = pads[3] = [0, 0]

    def build(x):
        p = tf.constant(pads, wide)
        if way == 'Pad':
            return raw.Pad(input=x, paddings=p)
        if way == 'PadV2':
            return raw.PadV2(input=x, paddings=p, constant_values=tf.cast(1, x.dtype))
        return raw.MirrorPad(input=x, paddings=p, mode=way)
    return [i], build


def sliced(draw, r):
    i = r.of(draw, ANY, 1)
    if i is None:
        return None
    shape = r.shape(i)
    if draw.chance(0.3):
        begin = [draw.randint(0, d) for d in shape]
        size = [-1 if draw.chance(0.3) else draw.randint(0 if draw.chance(0.1) else min(1, d - b), d - b) for b, d in zip(begin, shape)]
        wide = draw.one_of('int32', 'int64')
        return [i], lambda x: raw.Slice(input=x, begin=tf.constant(begin, wide), size=tf.constant(size, wide))
    n = draw.randint(1, len(shape))
    masks = dict(begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=0)
    begin, end, step, used = [], [], [], 0
    for k in range(n):
        d = shape[used] if used < len(shape) else 1
        kind = draw.choices(['range', 'shrink', 'new', 'ellipsis', 'back'], [6, 2, 1, 1, 2])[0]
        if kind == 'ellipsis' and masks['ellipsis_mask'] == 0:
            masks['ellipsis_mask'] |= 1 << k
            used = max(used, len(shape) - (n - 1 - k))
            begin, end, step = begin + [0], end + [0], step + [1]
            continue
        used += kind != 'new'
        if kind == 'new':
            masks['new_axis_mask'] |= 1 << k
        if kind == 'shrink' and d > 0:
            masks['shrink_axis_mask'] |= 1 << k
            b = draw.randrange(-d, d)
            begin, end, step = begin + [b], end + [b + 1], step + [1]
            continue
        if draw.chance(0.3):
            masks['begin_mask'] |= 1 << k
        if draw.chance(0.3):
            masks['end_mask'] |= 1 << k
        lo, hi = sorted(draw.randint(-d - 1, d + 1) for _ in range(2))
        back = kind == 'back'
        begin, end, step = begin + [hi if back else lo], end + [lo if back else hi], step + [draw.choice([-1, -2]) if back else draw.choice([1, 1, 2, 3])]
    return [i], lambda x: raw.StridedSlice(input=x, begin=begin, end=end, strides=step, **masks)


def joined(draw, r):
    i = r.of(draw, ANY, 1)
    if i is None:
        return None
    shape, t = r.shape(i), r.dtype(i)
    axis = draw.randrange(-len(shape), len(shape))
    same = [j for j in range(len(r.tensors)) if r.dtype(j) == t and len(r.shape(j)) == len(shape) and all(a == b or k == axis % len(shape) for k, (a, b) in enumerate(zip(shape, r.shape(j))))]
    others = [draw.choice(same) for _ in range(draw.randint(0, 2))]
    constant = draw.tensor(t, shape).array if draw.chance(0.3) else None
    if draw.chance(0.3):
        equal = [j for j in same if r.shape(j) == shape]
        return [i, *(draw.choice(equal) for _ in range(draw.randint(0, 2)))], lambda *x: raw.Pack(values=list(x), axis=axis)
    return [i, *others], lambda *x: raw.ConcatV2(values=[*x, *([tf.constant(constant, x[0].dtype)] if constant is not None or len(x) < 2 and constant is not None else [x[0]] if len(x) < 2 else [])], axis=axis)


def parted(draw, r):
    i = r.of(draw, ANY, 1)
    if i is None:
        return None
    shape = r.shape(i)
    axis = draw.randrange(-len(shape), len(shape))
    d = shape[axis]
    way = draw.one_of('Split', 'SplitV', 'Unpack', 'TopKV2')
    if way == 'Unpack' and 0 < d < 6:
        return [i], lambda x: raw.Unpack(value=x, num=d, axis=axis)
    if way == 'TopKV2' and r.dtype(i) != 'bool':
        k = draw.randint(0, shape[-1])
        return [i], lambda x: list(raw.TopKV2(input=x, k=k, sorted=True))
    if way == 'SplitV' and d > 0:
        cut = draw.randint(0, d)
        sizes = [cut, -1] if draw.chance(0.3) else [cut, d - cut]
        return [i], lambda x: raw.SplitV(value=x, size_splits=tf.constant(sizes, draw.one_of('int32', 'int64') if False else tf.int64), axis=axis, num_split=2)
    n = draw.choice([n for n in (1, 2, 3, 4) if d % n == 0])
    return [i], lambda x: raw.Split(axis=axis, value=x, num_split=n)


def picked(draw, r):
    i = r.of(draw, ANY, 1)
    if i is None:
        return None
    shape = r.shape(i)
    batch = draw.chance(0.2) and len(shape) > 1
    axis = draw.randrange(1, len(shape)) if batch else draw.randrange(-len(shape), len(shape))
    d = shape[axis]
    if d == 0:
        return None
    index = draw.numpy.randint(0, d, size=((shape[0],) if batch else ()) + draw.one_of((), (3,), (2, 2), (0,)))
    wide, way = draw.one_of('int32', 'int64'), draw.random()
    if way < 0.15:
        rows = draw.numpy.randint(0, min(shape) or 1, size=(3, draw.randint(1, len(shape))))
        return ([i], lambda x: raw.GatherNd(params=x, indices=tf.constant(rows, wide))) if 0 not in shape else None
    if way < 0.25:
        return [i], lambda x: raw.ReverseV2(tensor=x, axis=tf.constant([axis], wide))
    if way < 0.35:
        return [i], lambda x: raw.Tile(input=x, multiples=tf.constant([2 if k == axis % len(shape) else 1 for k in range(len(shape))], wide))
    if way < 0.45:
        return [i], lambda x: raw.Roll(input=x, shift=tf.constant([2, -1]), axis=tf.constant([axis, 0], wide))
    if way < 0.55:
        return [i], lambda x: raw.BroadcastTo(input=x, shape=tf.constant([2, *shape], wide))
    return [i], lambda x: raw.GatherV2(params=x, indices=tf.constant(index, wide), axis=axis, batch_dims=1 if batch else 0)


def contracted(draw, r):
    i = r.of(draw, ('float32', 'float64', 'float16'), 1, 4)
    j = r.of(draw, (r.dtype(i),), 1, 4) if i is not None else None
    if j is None:
        return None
    letters = iter('abcdefgh')
    names, used = {}, {}
    left = ''
    for d in r.shape(i):
        c = next(letters)
        left += c
        used.setdefault(d, []).append(c)
    right = ''
    for d in r.shape(j):
        free = [c for c in used.get(d, []) if c not in right]
        right += draw.choice(free) if free and draw.chance(0.7) else next(letters, 'z')
    if 'z' in right:
        return None
    every = sorted(set(left + right))
    out = draw.sample(every, draw.randint(0, min(4, len(every))))
    return [i, j], lambda x, y: raw.Einsum(inputs=[x, y], equation=f'{left},{right}->{"".join(out)}')


STEPS = ([unary] * 3 + [binary] * 6 + [chosen] * 2 + [cast] + [reduced] * 3 + [running] + [turned] * 3 + [channels_first] + [reshaped] * 3 + [squeezed] * 2 +
         [padded] * 3 + [sliced] * 3 + [joined] * 3 + [parted] * 2 + [picked] * 2 + [contracted])
