"""Maximum and average pooling in two and three dimensions, with arguments, and their gradients."""
from cases_dsl import *


def nchw(x):
    return np.moveaxis(x, -1, 1)


def first(attrs):
    """The attributes of a channels-last case for channels first."""
    k = attrs['ksize']
    out = dict(attrs, data_format='NCHW' if len(k) == 4 else 'NCDHW')
    for key in ('strides', 'ksize'):
        out[key] = [out[key][0], out[key][-1]] + list(out[key][1:-1])
    return out


def turned(op, x, attrs):
    return Case(op, [Literal(x.dtype, nchw(make(x)))], first(attrs), expect=lambda: [nchw(tf_run(op, [x], attrs)[0])])


WINDOWS = [dict(ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding='SAME'), dict(ksize=[1, 3, 2, 1], strides=[1, 1, 2, 1], padding='SAME'),
           dict(ksize=[1, 3, 3, 1], strides=[1, 2, 1, 1], padding='VALID'), dict(ksize=[1, 1, 1, 1], strides=[1, 2, 3, 1], padding='VALID'),
           dict(ksize=[1, 5, 6, 1], strides=[1, 1, 1, 1], padding='VALID')]
WINDOWS3 = [dict(ksize=[1, 2, 2, 2, 1], strides=[1, 2, 2, 2, 1], padding='SAME'), dict(ksize=[1, 2, 3, 1, 1], strides=[1, 1, 2, 1, 1], padding='VALID')]
MORE = ([dict(ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding=p) for p in ('SAME', 'VALID')] +
        [dict(ksize=[1, 500, 2, 1], strides=[1, 1, 1, 1], padding='SAME'), dict(ksize=[1, 4, 1, 1], strides=[1, 1, 1, 1], padding='VALID')])
BAD = [dict(ksize=[1, 0, 2, 1]), dict(ksize=[1, -1, 2, 1]), dict(strides=[1, 0, 1, 1]), dict(strides=[1, -2, 1, 1]), dict(ksize=[1, 2, 2]),
       dict(strides=[1, 2, 2]), dict(ksize=[2, 1, 1, 1]), dict(strides=[2, 1, 1, 1]), dict(ksize=[1, 8, 1, 1], padding='VALID')]


def pools():
    for op in ('MaxPool', 'AvgPool'):
        for t in kernel_dtypes(op):
            x = rand(t, (2, 5, 6, 3), seed=1)
            for attrs in WINDOWS:
                yield Case(op, [x], attrs)
            yield turned(op, x, WINDOWS[1])
            yield Case(op, [rand(t, (0, 5, 6, 3))], WINDOWS[0])
            if t in FLOATS:
                yield Case(op, [edge(t, (1, 5, 6, 1))], dict(ksize=[1, 1, 2, 1], strides=[1, 1, 2, 1], padding='SAME'))
        for c in (1, 4, 8, 15, 16, 17, 33):
            yield Case(op, [rand('float32', (1, 4, 3, c))], dict(ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding='SAME'))
        x = rand('float32', (1, 4, 4, 1))
        for attrs in MORE:
            yield Case(op, [x], attrs)
            yield Case(op, [fed(x, None)], attrs)
        yield Case(op, [rand('float32', (1, 0, 4, 1))], MORE[0])
        yield Case(op, [rand('float32', (1, 4, 4, 0))], MORE[0])
        for bad in BAD:
            yield Case(op, [x], dict(MORE[0], **bad), error=True)
        yield Case(op, [rand('float32', (4, 4, 1))], MORE[0], error=True)
    for t in kernel_dtypes('MaxPool'):
        x = rand(t, (2, 4, 4, 6), seed=2)
        yield Case('MaxPool', [x], dict(ksize=[1, 1, 1, 3], strides=[1, 1, 1, 3], padding='VALID'))
        yield Case('MaxPool', [x], dict(ksize=[1, 2, 3, 1], strides=[1, 2, 2, 1], padding='EXPLICIT', explicit_paddings=[0, 0, 1, 0, 2, 1, 0, 0]))
        yield Case('MaxPoolV2', [x, const(i32([1, 2, 2, 1])), const(i32([1, 1, 2, 1]))], dict(padding='SAME'))
        yield Case('MaxPoolV2', [x, i32([1, 2, 2, 1]), i32([1, 1, 2, 1])], dict(padding='VALID'))
    x = rand('float32', (1, 4, 4, 4))
    for bad in (dict(ksize=[1, 1, 1, 2], strides=[1, 1, 1, 1]), dict(ksize=[1, 1, 1, 3], strides=[1, 1, 1, 3]),
                dict(ksize=[1, 2, 1, 2], strides=[1, 1, 1, 2]), dict(padding='EXPLICIT', explicit_paddings=[0, 0, 2, 0, 0, 0, 0, 0]),
                dict(padding='EXPLICIT', explicit_paddings=[0, 0, -1, 0, 0, 0, 0, 0])):
        yield Case('MaxPool', [x], dict(MORE[0], **bad), error=True)
    for k, s in (([2, 2], [1, 1, 1, 1]), ([1, 2, 2, 1], [1, 0, 1, 1]), ([1, 0, 2, 1], [1, 1, 1, 1]), ([2, 1, 1, 1], [1, 1, 1, 1])):
        yield Case('MaxPoolV2', [x, i32(k), i32(s)], dict(padding='SAME'), error=True)
    yield Case('AvgPool', [x], dict(ksize=[1, 1, 1, 2], strides=[1, 1, 1, 2], padding='SAME'), error=True)
    for op in ('MaxPool3D', 'AvgPool3D'):
        for t in FLOATS if op == 'AvgPool3D' else FLOATS[:1] + FLOATS[2:]:
            x = rand(t, (2, 3, 4, 4, 2), seed=3)
            for attrs in WINDOWS3:
                if t in kernel_dtypes(op):
                    yield Case(op, [x], attrs)
                    yield turned(op, x, attrs)
                else:
                    yield Case(op, [x], attrs, expect=lambda op=op, t=t, x=x, attrs=attrs: [
                        tf_run(op, [Literal('float32', make(x).astype(np.float32))], attrs)[0].astype(numpy_dtype(t))])
        for k, s in (((1, 1, 1), (3, 5, 7)), ((1, 2, 2), (2, 5, 5)), ((1, 1, 1), (4, 4, 4)), ((2, 2, 1), (1, 6, 5))):  # strides leave pixels over
            yield Case(op, [rand('float32', (2, 5, 7, 8, 3))], dict(ksize=[1, *k, 1], strides=[1, *s, 1], padding='SAME'))
        yield Case(op, [rand('float32', (0, 3, 4, 4, 2))], WINDOWS3[0])
        x = rand('float32', (1, 3, 4, 4, 2))
        yield Case(op, [fed(x, None)], WINDOWS3[0])
        for bad in (dict(ksize=[1, 2, 2, 2]), dict(ksize=[1, 0, 2, 2, 1]), dict(strides=[1, 2, 0, 2, 1]), dict(ksize=[1, 2, 2, 2, 2]),
                    dict(strides=[2, 1, 1, 1, 1])):
            yield Case(op, [x], dict(WINDOWS3[0], **bad), error=True)
        yield Case(op, [rand('float32', (1, 4, 4, 2))], WINDOWS3[0], error=True)


def argmax():
    op = 'MaxPoolWithArgmax'
    for t in kernel_dtypes(op):
        for targmax in INDEX:
            for batch in (False, True):
                yield Case(op, [rand(t, (2, 5, 6, 3))], dict(WINDOWS[0], Targmax=targmax, include_batch_in_index=batch))
        for attrs in WINDOWS:
            yield Case(op, [permutation(t, (2, 5, 6, 3))], attrs)
        for batch in (False, True):
            index = lambda batch=batch: [tf_run(op, [rand(t, (2, 5, 6, 3), seed=1)], dict(WINDOWS[2], include_batch_in_index=batch))[1]]
            a = index()[0]
            for targmax in INDEX:
                attrs = dict(WINDOWS[2], include_batch_in_index=batch)
                inputs = [rand(t, (2, 5, 6, 3), seed=1), rand(t, (2, 2, 4, 3), seed=2)]
                if targmax == 'int64':
                    yield Case('MaxPoolGradWithArgmax', inputs + [i64(a)], attrs)
                else:
                    yield Case('MaxPoolGradWithArgmax', inputs + [i32(a)], attrs, expect=lambda t=t, a=a, attrs=attrs, inputs=inputs: tf_run(
                        'MaxPoolGradWithArgmax', inputs + [i64(a)], attrs))
    for t in FLOATS:
        yield Case(op, [edge(t, (1, 5, 6, 1))], dict(ksize=[1, 2, 2, 1], strides=[1, 1, 1, 1], padding='SAME'))
    yield Case(op, [fed(rand('float32', (2, 5, 6, 3)), None)], WINDOWS[0])
    yield Case(op, [rand('float32', (5, 6, 3))], WINDOWS[0], error=True)
    yield Case(op, [rand('float32', (0, 6, 3, 2))], WINDOWS[0], error=True)
    # A window over channels is checked, and then every channel is pooled by itself; the gradient counts the windows.
    channels, grad = dict(ksize=[1, 1, 1, 2], strides=[1, 1, 1, 2], padding='VALID'), 'MaxPoolGradWithArgmax'
    x = rand('float32', (1, 2, 3, 4))
    yield Case(op, [fed(x, None)], channels)
    yield Case(op, [fed(x, None)], dict(channels, strides=[1, 2, 2, 2]))
    for bad in (dict(strides=[1, 1, 1, 1]), dict(ksize=[1, 1, 1, 3], strides=[1, 1, 1, 3]), dict(ksize=[1, 2, 1, 2])):
        yield Case(op, [x], dict(channels, **bad), error=True)
    for strides in ([1, 1, 1, 2], [1, 2, 2, 2]):
        yield Case(grad, [x, rand('float32', (1, 2, 3, 2)), i64(np.arange(12).reshape(1, 2, 3, 2))], dict(channels, strides=strides))
    yield Case(grad, [x, rand('float32', (1, 2, 3, 4)), i64(np.arange(24).reshape(1, 2, 3, 4))], channels, error=True)


def gradients():
    for t in kernel_dtypes('MaxPoolGrad'):
        x = rand(t, (2, 5, 6, 3), seed=1)
        for attrs in WINDOWS[:4]:
            y = Literal(t, tf_run('MaxPoolWithArgmax', [x], attrs)[0])
            g = rand(t, y.array.shape, seed=2)
            yield Case('MaxPoolGrad', [x, y, g], attrs)
            yield Case('MaxPoolGradGrad', [x, y, rand(t, (2, 5, 6, 3), seed=3)], attrs)
        attrs, window = dict(padding=attrs['padding']), [const(i32(attrs['ksize'])), const(i32(attrs['strides']))]
        yield Case('MaxPoolGradV2', [x, y, g] + window, attrs)
        yield Case('MaxPoolGradGradV2', [x, y, rand(t, (2, 5, 6, 3), seed=3)] + window, attrs)
        yield Case('MaxPoolGradV2', [x, y, g] + [i32([1, 1, 1, 1]), i32([1, 2, 3, 1])], attrs)
    for bad in ((1, (2, 2, 2, 3)), (2, (2, 2, 2, 2)), (2, (2, 2, 3, 3))):  # found only when the window is known
        given = [rand('float32', (2, 4, 4, 3), seed=1), rand('float32', (2, 2, 2, 3), seed=2), rand('float32', (2, 2, 2, 3), seed=3)]
        given[bad[0]] = rand('float32', (2, 3, 2, 3) if bad[0] == 1 else bad[1], seed=4)
        yield Case('MaxPoolGradV2', given + [i32([1, 2, 2, 1]), i32([1, 2, 2, 1])], dict(padding='SAME'), error=True)
    none = rand('float32', (1, 0, 4, 3), seed=1)
    yield Case('MaxPoolGradV2', [none, *given[1:], i32([1, 2, 2, 1]), i32([1, 2, 2, 1])], dict(padding='SAME'), error=True)
    for strides in ([1, 1, 1, 2], [1, 2, 2, 3]):  # windows of one channel take no notice of the channels' stride
        k, x = dict(ksize=[1, 2, 2, 1], strides=strides, padding='SAME'), rand('float32', (2, 4, 4, 6), seed=1)
        g = rand('float32', (2, 4 // strides[1], 4 // strides[1], 6), seed=2)
        yield Case('AvgPoolGrad', [const(i32([2, 4, 4, 6])), g], k)
        if strides[1] == 1:
            yield from (Case(op, [x], k) for op in ('AvgPool', 'MaxPool'))
    for t in ('float16', 'bfloat16'):  # many places, added up in the type itself
        x = rand(t, (1, 20, 21, 3), 0, 4, seed=1)
        for k in (dict(ksize=[1, 20, 20, 1], strides=[1, 1, 1, 1], padding='VALID'), dict(ksize=[1, 20, 21, 1], strides=[1, 8, 8, 1], padding='SAME')):
            y = tf_run('AvgPool', [x], k)[0]
            yield Case('AvgPool', [x], k)
            yield Case('AvgPoolGrad', [const(i32([1, 20, 21, 3])), rand(t, y.shape, 0, 4)], k)
    yield Case('AvgPool', [lit('float16', np.full((1, 2, 2, 2), -60000))], dict(ksize=[1, 2, 2, 1], strides=[1, 1, 1, 1], padding='VALID'))
    for t in ('float32', 'bfloat16'):  # SAME with pixels left over
        x, k = rand(t, (1, 7, 8, 7, 2), seed=1), dict(ksize=[1, 2, 1, 3, 1], strides=[1, 3, 3, 3, 1], padding='SAME')
        g = rand(t, (1, 3, 3, 3, 2), seed=2)
        yield Case('AvgPool3DGrad', [const(i32([1, 7, 8, 7, 2])), g], k)
        if t == 'float32':
            yield Case('MaxPool3DGrad', [x, Literal(t, tf_run('MaxPool3D', [x], k)[0]), g], k)
            yield Case('MaxPool3DGradGrad', [x, Literal(t, tf_run('MaxPool3D', [x], k)[0]), x], k)
    t, x, k = 'float32', rand('float32', (1, 4, 4, 2), seed=1), dict(ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding='EXPLICIT',
                                                                    explicit_paddings=[0, 0, 1, 1, 1, 1, 0, 0])
    y = f32(tf_run('MaxPool', [x], k)[0])
    yield Case('MaxPoolGrad', [x, y, rand(t, y.array.shape)], k)
    k = MORE[0]
    y = f32(tf_run('MaxPool', [x], k)[0])
    g = rand(t, y.array.shape, seed=2)
    yield Case('MaxPoolGrad', [f32(nchw(make(x))), f32(nchw(y.array)), f32(nchw(make(g)))], first(k),
               expect=lambda x=x, y=y, g=g, k=k: [nchw(tf_run('MaxPoolGrad', [x, y, g], k)[0])])
    yield Case('MaxPoolGrad', [x, y, rand(t, (1, 1, 2, 2))], k, error=True)
    yield Case('MaxPoolGrad', [x, rand(t, (1, 1, 2, 2)), g], k, error=True)

    for t in kernel_dtypes('AvgPoolGrad'):
        for shape, grad, attrs in [((2, 5, 6, 3), (2, 3, 3, 3), WINDOWS[0]), ((2, 5, 6, 3), (2, 5, 3, 3), WINDOWS[1]),
                                   ((2, 5, 6, 3), (2, 2, 4, 3), WINDOWS[2]), ((2, 5, 6, 3), (2, 3, 2, 3), WINDOWS[3])]:
            yield Case('AvgPoolGrad', [const(i32(shape)), rand(t, grad)], attrs)
        g = rand(t, (2, 3, 3, 3), seed=2)
        yield Case('AvgPoolGrad', [i32([2, 3, 5, 6]), Literal(t, nchw(make(g)))], first(WINDOWS[0]),
                   expect=lambda g=g: [nchw(tf_run('AvgPoolGrad', [i32([2, 5, 6, 3]), g], WINDOWS[0])[0])])
    for shape in ([2, 5, 6], [2, -5, 6, 3]):
        yield Case('AvgPoolGrad', [i32(shape), rand('float32', (2, 3, 3, 3))], WINDOWS[0], error=True)

    for t in FLOATS:
        x = rand(t, (1, 3, 4, 4, 2), seed=1)
        for attrs in WINDOWS3:
            floats = Literal('float32', make(x).astype(np.float32))
            y = Literal(t, tf_run('MaxPool3D', [floats], attrs)[0].astype(numpy_dtype(t)))
            g = rand(t, y.array.shape, seed=2)
            wide = [Literal('float32', v.astype(np.float32)) for v in (make(x), y.array, make(g))]
            back = lambda outs, t=t: [outs[0].astype(numpy_dtype(t))]
            has = t in kernel_dtypes('MaxPool3DGrad')
            if t != 'float64':
                yield Case('MaxPool3DGrad', [x, y, g], attrs,
                           expect=None if has else lambda wide=wide, attrs=attrs, back=back: back(tf_run('MaxPool3DGrad', wide, attrs)))
            yield Case('AvgPool3DGrad', [const(i32([1, 3, 4, 4, 2])), g], attrs,
                       expect=None if t in kernel_dtypes('AvgPool3DGrad') else lambda wide=wide, attrs=attrs, back=back: back(
                           tf_run('AvgPool3DGrad', [i32([1, 3, 4, 4, 2]), wide[2]], attrs)))
    for t in kernel_dtypes('MaxPoolGradGrad'):
        x = rand(t, (1, 3, 4, 4, 2), seed=1)
        wide = Literal('float32', make(x).astype(np.float32))
        y = Literal(t, tf_run('MaxPool3D', [wide], WINDOWS3[0])[0].astype(numpy_dtype(t)))
        g = rand(t, (1, 3, 4, 4, 2), seed=2)
        yield Case('MaxPool3DGradGrad', [x, y, g], WINDOWS3[0],
                   expect=None if t in kernel_dtypes('MaxPool3DGradGrad') else lambda t=t, y=y, g=g, wide=wide: [tf_run(
                       'MaxPool3DGradGrad', [wide] + [Literal('float32', literal(v).array.astype(np.float32)) for v in (y, g)],
                       WINDOWS3[0])[0].astype(numpy_dtype(t))])


def fractional():
    seeds = dict(seed=7, seed2=11, deterministic=True)
    for op in ('FractionalMaxPool', 'FractionalAvgPool'):
        for t in kernel_dtypes(op):
            for ratio in ((1.5, 1.25), (2.6, 1.0), (3.0, 2.0)):
                for overlapping in (False, True):
                    k = dict(pooling_ratio=[1.0, *ratio, 1.0], overlapping=overlapping)
                    x = rand(t, (2, 9, 8, 3), -99, 99, seed=1) if t in INTS else rand(t, (2, 9, 8, 3), seed=1)
                    for pseudo_random in (False, True):
                        yield Case(op, [x], dict(k, pseudo_random=pseudo_random, **seeds))
                    y, rows, columns = tf_run(op, [x], dict(k, **seeds))
                    g = rand(t, y.shape, seed=2)
                    given = [x, Literal(t, y), g] if op == 'FractionalMaxPool' else [const(i64([2, 9, 8, 3])), g]
                    yield Case(op + 'Grad', [*given, i64(rows), i64(columns)], dict(overlapping=overlapping))
        yield Case(op, [fed(rand('float32', (1, 7, 7, 1)), None)], dict(pooling_ratio=[1.0, 1.4, 2.2, 1.0], **seeds))
        for ratio in ([1.0, 0.5, 1.0, 1.0], [1.0, 8.0, 1.0, 1.0], [1.0, 1.0, 1.0], [2.0, 1.0, 1.0, 2.0]):
            yield Case(op, [rand('float32', (2, 7, 7, 2))], dict(pooling_ratio=ratio, **seeds), error=True)
        for given in (dict(seed=7), dict(seed2=11)):
            yield Case(op, [rand('float32', (2, 7, 7, 2))], dict(pooling_ratio=[1.0, 2.0, 2.0, 1.0], **given), error=True)
        yield Case(op, [rand('float32', (0, 7, 7, 2))], dict(pooling_ratio=[1.0, 2.0, 2.0, 1.0], **seeds), error=True)
        yield Case(op, [rand('float32', (7, 7, 2))], dict(pooling_ratio=[1.0, 2.0, 2.0, 1.0], **seeds), error=True)


def cases():
    yield from pools()
    yield from argmax()
    yield from gradients()
    yield from fractional()
