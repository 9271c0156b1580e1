"""Networks that move, choose, count, and reduce."""
from draw import *
import tensorflow as tf

NUMBERS = ('float32', 'float32', 'int32', 'int64', 'float64', 'float16', 'bfloat16', 'uint8', 'int8', 'int16')


def slices(draw):
    x = draw.tensor(draw.one_of(*NUMBERS, 'bool', 'string', 'complex64'), draw.shape(1, 5, 5, 0))
    spec, used = [], 0
    rank = x.array.ndim
    ellipsis = draw.chance(0.3)
    for axis in range(draw.randint(1, rank)):
        if draw.chance(0.15):
            spec.append(tf.newaxis)
        if ellipsis and draw.chance(0.3):
            spec.append(...)
            ellipsis = False
            break
        d = x.array.shape[axis]
        if draw.chance(0.25):
            spec.append(draw.randint(-d, d - 1))
        else:
            ends = [draw.one_of(None, draw.randint(-d - 1, d + 1)) for _ in range(2)]
            spec.append(slice(*ends, draw.one_of(None, 1, 1, 2, -1, -2)))
        used += 1
    dynamic = draw.chance(0.3)

    def net(x):
        if dynamic:
            fit = [slice(*(tf.constant(v) if v is not None and i < 2 else v for i, v in enumerate((s.start, s.stop, s.step)))) if isinstance(s, slice) else s
                   for s in spec]
            return x[tuple(fit)]
        return x[tuple(spec)]
    return net, [x]


slices.ranked = True


def einsums(draw):
    equation, shapes = draw.one_of(('ij,jk->ik', 'ij jk'), ('bij,bjk->bik', 'bij bjk'), ('bij,bkj->bik', 'bij bkj'), ('i,j->ij', 'i j'),
                                   ('ij->ji', 'ij'), ('ij->', 'ij'), ('ii->i', 'ii'), ('bii->b', 'bii'), ('ijk,ik->ij', 'ijk ik'),
                                   ('...ij,...jk->...ik', 'abij abjk'), ('...ij,jk->...ik', 'abij jk'), ('bhqd,bhkd->bhqk', 'bhqd bhkd'),
                                   ('ij,ij->i', 'ij ij'), ('ijkl,lm->ijkm', 'ijkl lm'), ('i...->...', 'iab'), ('ab,cd->acbd', 'ab cd'),
                                   ('ij,jk,kl->il', 'ij jk kl'), ('abc,bad->dc', 'abc bad'), ('b...k,k->b...', 'bijk k'))
    sizes = {letter: draw.randint(1, 4) for letter in 'abcdefhijklmqk'}
    dtype = draw.one_of('float32', 'float32', 'float64', 'int32', 'complex64', 'float16')
    values = [draw.tensor(dtype, [sizes[c] for c in s]) for s in shapes.split()]
    return lambda *xs: tf.einsum(equation, *xs), values


def chosen(draw):
    x = draw.shape(0, 4, 4)
    dtype = draw.one_of(*NUMBERS)
    values = [draw.tensor('bool', draw.broadcastable(x)), draw.tensor(dtype, draw.broadcastable(x)), draw.tensor(dtype, x)]
    way = draw.randrange(5)

    def net(c, a, b):
        if way == 0:
            return tf.where(c, a, b)
        if way == 1:
            return tf.where(c), tf.where(b)
        if way == 2:
            return tf.boolean_mask(b, tf.cast(b, tf.bool))
        if way == 3:
            return tf.math.count_nonzero(b), tf.reduce_any(c), tf.reduce_all(c, axis=-1) if c.shape.rank else c
        return tf.cast(tf.logical_and(c, tf.logical_not(c)), tf.int32), tf.maximum(a, b), tf.minimum(a, b)
    return net, values


chosen.static = True


def picked(draw):
    x = draw.shape(2, 4, 4, 0)
    dtype = draw.one_of(*NUMBERS, 'string', 'bool')
    way = draw.randrange(9)
    index = draw.tensor(draw.one_of('int32', 'int64'), (x[0], draw.randint(1, 3)), 0, x[1] - 1)
    first = draw.tensor('int32', (draw.randint(1, 4), 1), 0, x[0] - 1)

    def net(x, index, first):
        if way == 0:
            return tf.gather(x, index, axis=1)
        if way == 1:
            return tf.gather(x, index, axis=1, batch_dims=1)
        if way == 2:
            return tf.gather_nd(x, first), tf.gather_nd(x, tf.cast(index, tf.int32)[..., :1], batch_dims=1)
        if way == 3 and x.dtype not in (tf.string, tf.bool):
            return tf.scatter_nd(first, tf.gather_nd(x, first), tf.shape(x))
        if way == 4:
            return tf.tensor_scatter_nd_update(x, first[:1], x[-1:])
        if way == 5:
            return tf.nn.embedding_lookup(x, first), tf.one_hot(first, 5, dtype=tf.float32), tf.one_hot(index, 3, on_value='a', off_value='b', axis=0, dtype=tf.string)
        if way == 6:
            return tf.dynamic_stitch(tf.dynamic_partition(tf.range(x.shape[0] or 1), tf.range(x.shape[0] or 1) % 2, 2),
                                     tf.dynamic_partition(x, tf.range(tf.shape(x)[0]) % 2, 2))
        if way == 7:
            return tf.reverse_sequence(x, tf.minimum(tf.range(1, tf.shape(x)[0] + 1), tf.shape(x)[1]), seq_axis=1, batch_axis=0)
        return tf.experimental.numpy.take_along_axis(x, tf.cast(index, tf.int64), 1) if x.shape.rank == 2 else x
    return net, [draw.tensor(dtype, x), index, first]


picked.static = True


def moved(draw):
    x = draw.shape(2, 5, 4, 0.05)
    dtype = draw.one_of(*NUMBERS, 'string', 'bool', 'complex64', 'uint16', 'uint32', 'uint64')
    way, axis, order = draw.randrange(16), draw.randrange(len(x)), draw.permuted(len(x))
    pads = [[draw.randint(0, 2), draw.randint(0, 2)] for _ in x]
    reps = [draw.randint(0 if draw.chance(0.1) else 1, 3) for _ in x]
    count = draw.randint(1, 3)

    def net(x):
        if dtype in ('string', 'bool') and way in (2, 3, 13, 14):
            return tf.transpose(x, order)
        return [lambda: tf.transpose(x, order), lambda: tf.reshape(x, [-1, count] if (x.shape.num_elements() or 0) % count == 0 else [-1]),
                lambda: tf.pad(x, pads, constant_values=3), lambda: tf.pad(x, [[min(p, d - 1) if d else 0 for p in ps] for ps, d in zip(pads, x.shape)], 'REFLECT'),
                lambda: tf.tile(x, reps), lambda: tf.unstack(x, axis=axis) or [x], lambda: tf.split(x, x.shape[axis] or 1, axis) if x.shape[axis] else [x],
                lambda: tf.concat([x, x, x[:0]], axis if axis == 0 else 0), lambda: tf.stack([x, x], axis - len(x.shape)), lambda: tf.roll(x, [1, -2], [axis, 0]),
                lambda: tf.reverse(x, [axis]), lambda: tf.repeat(x, count, axis), lambda: tf.expand_dims(tf.squeeze(x), axis - 1 if tf.squeeze(x).shape.rank else 0),
                lambda: tf.linalg.band_part(x, 1, -1) if len(x.shape) < 5 else x, lambda: tf.meshgrid(x[:, 0] if x.shape.rank == 2 else tf.reshape(x, [-1]), tf.cast(tf.range(3), x.dtype), indexing='ij'),
                lambda: tf.split(x, [x.shape[axis] - 1, 1] if x.shape[axis] else [0], axis)][way]()
    return net, [draw.tensor(dtype, x)]


moved.static = True


def reduced(draw):
    x = draw.shape(1, 5, 4)
    dtype = draw.one_of(*NUMBERS)
    axes = draw.sample(range(len(x)), draw.randint(0, len(x)))
    axis = draw.one_of(None, [a - len(x) * draw.chance(0.3) for a in axes], draw.randrange(len(x)))
    keep, way = draw.chance(0.5), draw.randrange(12)

    def net(x):
        f = x if x.dtype.is_floating else tf.cast(x, tf.float32)
        single = axis if isinstance(axis, int) else 0
        return [lambda: tf.reduce_sum(x, axis, keep), lambda: tf.reduce_mean(f, axis, keep), lambda: tf.reduce_max(x, axis, keep),
                lambda: tf.reduce_min(x, axis, keep), lambda: tf.reduce_prod(x, axis, keep), lambda: tf.reduce_logsumexp(f, axis, keep),
                lambda: tf.argmax(x, single, tf.int32), lambda: tf.argmin(x, single), lambda: tf.math.reduce_euclidean_norm(f, axis, keep),
                lambda: tf.cumsum(x, single, exclusive=keep, reverse=not keep), lambda: tf.math.cumulative_logsumexp(f, single, keep) if f.dtype in (tf.float32, tf.float64) else f,
                lambda: tf.math.reduce_variance(f, axis, keep)][way]()
    return net, [draw.tensor(dtype, x)]


reduced.ranked = True


def elementwise(draw):
    dtype = draw.one_of('float32', 'float32', 'float64', 'float16', 'bfloat16', 'int32', 'int64')
    x = draw.shape(0, 4, 5)
    a, b = draw.tensor(dtype, x, edges=0.1, huge=False), draw.tensor(dtype, draw.broadcastable(x), 1, 5)
    whole = dtype.startswith('int')
    both = [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a // b, lambda a, b: a % b, tf.math.squared_difference, tf.maximum,
            lambda a, b: tf.cast(a > b, a.dtype), lambda a, b: a / b, lambda a, b: tf.math.truediv(a, b), lambda a, b: tf.cast(tf.equal(a, b), a.dtype)]
    one = [tf.abs, tf.negative, tf.sign, tf.square, tf.identity, lambda a: tf.cast(tf.cast(a, tf.float32), a.dtype)]
    if not whole:
        both += [tf.pow, tf.math.atan2, tf.math.divide_no_nan, tf.math.xlogy]
        one += [tf.floor, tf.math.ceil, tf.round, tf.math.rint, tf.exp, tf.sqrt, tf.math.rsqrt, tf.math.log1p, tf.math.expm1, tf.sin, tf.cos,
                tf.math.tan, tf.math.erf, tf.sigmoid, tf.math.log_sigmoid, tf.math.sinh, tf.math.asinh, tf.math.atan, tf.math.reciprocal_no_nan, tf.math.lgamma]
    f, g, h = draw.choice(both), draw.choice(one), draw.choice(one)

    def net(a, b):
        y = f(g(a), b)
        return h(y) if y.dtype == a.dtype else y
    return net, [a, b]


def counted(draw):
    n = draw.randint(0 if draw.chance(0.1) else 1, 9)
    x = draw.tensor(draw.one_of('float32', 'int32', 'int64', 'float64'), (draw.randint(1, 3), n), -3 if draw.chance(0.5) else 0, 5)
    k, way, flag = draw.randint(0, max(n, 0)), draw.randrange(14), draw.chance(0.5)

    def net(x):
        flat = tf.reshape(x, [-1])
        whole = tf.cast(tf.abs(flat), tf.int32)
        if way == 0:
            values, indices = tf.nn.top_k(x, k, sorted=True)
            return values, indices
        return [lambda: tf.sort(x, direction='DESCENDING' if flag else 'ASCENDING'), lambda: tf.argsort(x, stable=True, direction='DESCENDING' if flag else 'ASCENDING'),
                lambda: tf.sort(tf.nn.top_k(x, k, sorted=False).values), lambda: tf.unique(flat), lambda: tf.unique_with_counts(flat, tf.int64), lambda: tf.searchsorted(tf.sort(x), x, 'right' if flag else 'left'),
                lambda: tf.math.bincount(whole, minlength=3, maxlength=5 if flag else None), lambda: tf.histogram_fixed_width(tf.cast(x, tf.float32), [0.0, 4.0], 5),
                lambda: tf.nn.in_top_k([0] * 1, tf.cast(x, tf.float32)[:1], 1) if n else x, lambda: tf.raw_ops.UniqueV2(x=x, axis=[1 if flag else 0]),
                lambda: tf.math.segment_sum(flat, tf.sort(whole)) if not flag else tf.math.unsorted_segment_mean(tf.cast(flat, tf.float32), whole, 7), lambda: tf.sequence_mask(whole, 6), lambda: tf.sets.intersection(tf.cast(x, tf.int32), tf.cast(x[:, ::2], tf.int32)).values if not flag else tf.sets.difference(tf.cast(x, tf.int32), tf.cast(x[:, ::2], tf.int32)).values, ][way - 1]()
    return net, [x]


counted.static = True


def boxes(draw):
    n = draw.randint(1, 12)
    corners = np.sort(draw.numpy.uniform(0, 1, (n, 2, 2)), axis=1).reshape(n, 4).astype(np.float32)
    scores = draw.permuted(n)
    scores = (np.array(scores) / n).astype(np.float32)
    limit, iou, low, way = draw.randint(1, 8), draw.uniform(0.1, 0.9), draw.uniform(0, 0.5), draw.randrange(5)
    pad, clip = draw.chance(0.5), draw.chance(0.5)

    def net(b, s):
        if way == 0:
            return tf.gather(b, tf.image.non_max_suppression(b, s, limit, iou, low))
        if way == 1:
            return tf.image.non_max_suppression_padded(b, s, limit, iou, low, pad_to_max_output_size=True)
        if way == 2:
            return tf.image.non_max_suppression_with_scores(b, s, limit, iou, low, soft_nms_sigma=0.5 if pad else 0.0)
        if way == 3:
            return tf.image.combined_non_max_suppression(b[None, :, None], tf.stack([s, 1 - s], -1)[None], limit, 2 * limit, iou, low, pad, clip)
        return tf.compat.v1.image.non_max_suppression_padded(b, s, limit, iou, low, pad_to_max_output_size=pad)
    return net, [lit('float32', corners), lit('float32', scores)]


boxes.static = True


def linear(draw):
    n, batch = draw.randint(1, 4), draw.one_of((), (2,), (2, 1))
    dtype = draw.one_of('float32', 'float64')
    x = draw.tensor(dtype, (*batch, n, n))
    way = draw.randrange(12)

    def net(x):
        spd = tf.matmul(x, x, transpose_b=True) + tf.eye(n, dtype=x.dtype)
        return [lambda: tf.linalg.inv(spd), lambda: tf.linalg.det(x), lambda: tf.linalg.cholesky(spd), lambda: tf.linalg.solve(spd, x),
                lambda: tf.linalg.triangular_solve(tf.linalg.cholesky(spd), x), lambda: tf.linalg.eigvalsh(spd), lambda: tf.linalg.svd(x, compute_uv=False),
                lambda: tf.linalg.lstsq(spd, x, fast=False), lambda: tf.linalg.slogdet(spd), lambda: tf.linalg.expm(x * 0.3), lambda: tf.linalg.diag(tf.linalg.diag_part(x)) + tf.linalg.trace(x)[..., None, None],
                lambda: tf.linalg.pinv(spd)][way]()
    return net, [x]


linear.static = True
linear.rtol, linear.atol = 1e-3, 1e-3


def signals(draw):
    x = draw.tensor('float32', (draw.randint(1, 2), draw.one_of(32, 50, 64, 100)))
    way, frame, step = draw.randrange(9), draw.randint(8, 16), draw.randint(3, 8)

    def net(x):
        stft = tf.signal.stft(x, frame, step, pad_end=way % 2 == 0)
        return [lambda: tf.abs(stft), lambda: tf.signal.inverse_stft(stft, frame, step), lambda: tf.signal.rfft(x), lambda: tf.signal.irfft(tf.signal.rfft(x)),
                lambda: tf.signal.fft2d(tf.cast(x, tf.complex64)), lambda: tf.signal.dct(x), lambda: tf.signal.frame(x, frame, step, pad_end=True),
                lambda: tf.signal.mfccs_from_log_mel_spectrograms(tf.math.log(tf.matmul(tf.abs(stft), tf.signal.linear_to_mel_weight_matrix(5, stft.shape[-1], 8000)) + 1e-3)),
                lambda: tf.raw_ops.AudioSpectrogram(input=tf.transpose(x), window_size=16, stride=8)][way]()
    return net, [x]


signals.static = True
NETS = [slices, slices, einsums, chosen, picked, moved, moved, reduced, elementwise, elementwise, counted, counted, boxes, linear, signals]
