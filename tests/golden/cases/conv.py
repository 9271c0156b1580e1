"""Convolutions: dense, depthwise, three-dimensional, fused, their gradients, and grey-scale dilation."""
from cases_dsl import *


def nhwc(x):
    return np.moveaxis(x, 1, -1)


def nchw(x):
    return np.moveaxis(x, -1, 1)


def first(attrs, rank):
    """The attributes of a channels-last case for channels first."""
    out = dict(attrs, data_format='NCHW' if rank == 4 else 'NCDHW')
    for key in ('strides', 'dilations', 'ksize'):
        if key in out:
            out[key] = [out[key][0], out[key][-1]] + list(out[key][1:-1])
    if 'explicit_paddings' in out:
        pads = out['explicit_paddings']
        out['explicit_paddings'] = pads[:2] + pads[-2:] + pads[2:-2]
    return out


def channels_first(op, x, f, attrs):
    """A case in NCHW or NCDHW, whose result TensorFlow's CPU kernel gives only for the other layout."""
    x, f = literal(x), literal(f)
    return Case(op, [Literal(x.dtype, nchw(x.array)), f], first(attrs, x.array.ndim),
                expect=lambda: [nchw(tf_run(op, [x, f], attrs)[0])])


def conv2d():
    s1, s2 = [1, 1, 1, 1], [1, 2, 2, 1]
    for t in kernel_dtypes('Conv2D'):
        x, f = rand(t, (2, 5, 6, 3), seed=1), rand(t, (3, 3, 3, 4), seed=2)
        for padding in ('SAME', 'VALID'):
            for strides in (s1, s2, [1, 1, 3, 1]):
                yield Case('Conv2D', [x, const(f)], dict(strides=strides, padding=padding))
        yield Case('Conv2D', [x, f], dict(strides=s2, padding='SAME'))
        yield Case('Conv2D', [x, const(f)], dict(strides=s1, padding='SAME', dilations=[1, 2, 3, 1]))
        yield Case('Conv2D', [x, const(f)], dict(strides=s2, padding='EXPLICIT', explicit_paddings=[0, 0, 2, 1, 0, 3, 0, 0]))
        yield Case('Conv2D', [x, const(rand(t, (1, 1, 3, 5)))], dict(strides=s1, padding='VALID'))
        yield Case('Conv2D', [rand(t, (1, 4, 4, 4)), const(rand(t, (3, 2, 2, 6)))], dict(strides=s1, padding='SAME'))
        yield Case('Conv2D', [rand(t, (0, 4, 4, 2)), const(rand(t, (3, 3, 2, 2)))], dict(strides=s1, padding='SAME'))
        yield channels_first('Conv2D', x, f, dict(strides=s2, padding='SAME'))
        yield channels_first('Conv2D', x, f, dict(strides=s1, padding='EXPLICIT', explicit_paddings=[0, 0, 2, 1, 0, 3, 0, 0]))
    t = 'float32'
    for shape, filter_shape in [((1, 8, 8, 1), (5, 5, 1, 17)), ((1, 9, 7, 16), (3, 3, 16, 8)), ((1, 1, 1, 20), (3, 3, 20, 2)),
                                ((1, 12, 12, 3), (7, 7, 3, 2)), ((3, 4, 4, 5), (4, 4, 5, 33)), ((1, 4, 4, 8), (3, 3, 1, 8)),
                                ((1, 3, 3, 6), (2, 2, 3, 4))]:
        for strides in (s1, s2):
            yield Case('Conv2D', [rand(t, shape), const(rand(t, filter_shape))], dict(strides=strides, padding='SAME'))
    yield Case('Conv2D', [rand(t, (1, 0, 4, 2)), rand(t, (3, 3, 2, 2))], dict(strides=s1, padding='SAME'))
    yield Case('Conv2D', [fed(rand(t, (1, 1, 4, 2)), None), rand(t, (3, 3, 2, 2))], dict(strides=[1, 3, 1, 1], padding='VALID'))
    yield Case('Conv2D', [rand(t, (1, 4, 4, 2)), rand(t, (3, 3, 2, 0))], dict(strides=s1, padding='VALID'))
    yield Case('Conv2D', [rand(t, (1, 1, 1, 1)), rand(t, (2, 2, 1, 1))],
               dict(strides=s1, padding='EXPLICIT', explicit_paddings=[0, 0, 5, 5, 5, 5, 0, 0]))
    yield Case('Conv2D', [rand(t, (1, 4, 4, 2)), rand(t, (3, 3, 2, 2))], dict(strides=s1, padding='SAME', dilations=[1, 1, 100000, 1]))
    yield Case('Conv2D', [fed(rand(t, (2, 5, 6, 3)), None), const(rand(t, (3, 3, 3, 4)))], dict(strides=s1, padding='SAME'))
    yield Case('Conv2D', [fed(rand(t, (2, 5, 6, 3)), (None, None, 6, None)), const(rand(t, (3, 3, 3, 4)))],
               dict(strides=s1, padding='SAME'))
    yield Case('Conv2D', [edge(t, (1, 5, 6, 1)), const(rand(t, (1, 1, 1, 1)))], dict(strides=s1, padding='SAME'))
    # What TensorFlow refuses.
    x, f = rand(t, (1, 4, 4, 4)), rand(t, (3, 3, 4, 2))
    for bad in (dict(strides=[1, 0, 1, 1]), dict(strides=[1, -1, 1, 1]), dict(strides=[1, 1, 1]), dict(strides=[2, 1, 1, 1]),
                dict(strides=[1, 1, 1, 2]), dict(dilations=[1, 0, 1, 1]), dict(dilations=[1, -2, 1, 1]),
                dict(dilations=[2, 1, 1, 1]), dict(explicit_paddings=[0, 0, 1, 1, 1, 1, 0, 0]),
                dict(padding='EXPLICIT'), dict(padding='EXPLICIT', explicit_paddings=[0, 0, -1, 1, 1, 1, 0, 0]),
                dict(padding='EXPLICIT', explicit_paddings=[1, 0, 1, 1, 1, 1, 0, 0])):
        yield Case('Conv2D', [x, f], dict(dict(strides=s1, padding='SAME'), **bad), error=True)
    for shape, filter_shape in [((1, 4, 4, 4), (3, 3, 3, 2)), ((1, 4, 4, 4), (3, 3, 2, 3)), ((1, 4, 4, 0), (3, 3, 0, 2)),
                                ((1, 4, 4, 2), (0, 3, 2, 2)), ((4, 4, 4), (3, 3, 4, 2)), ((1, 4, 4, 4), (3, 4, 2))]:
        yield Case('Conv2D', [rand(t, shape), rand(t, filter_shape)], dict(strides=s1, padding='SAME'), error=True)
    for shape in ((2, 3, 4, 4, 4), (2, 1, 3, 4, 4, 4)):  # one batch dim, no more
        yield Case('Conv2D', [fed(rand(t, shape), None), f], dict(strides=s1, padding='SAME'), error=True)
    yield Case('Conv2D', [rand(t, (1, 1, 2, 1)), rand(t, (3, 3, 1, 1))], dict(strides=s1, padding='VALID'), error=True)


def conv_any():
    for t in kernel_dtypes('Conv'):
        x, f = rand(t, (2, 5, 6, 3)), rand(t, (3, 3, 3, 4))
        yield Case('Conv', [x, const(f)], dict(strides=[1, 1, 2, 1], padding='SAME'))
        yield Case('Conv', [x, f], dict(strides=[1, 1, 1, 1], padding='VALID', dilations=[1, 2, 1, 1]))
    t = 'float32'
    f, s = const(rand(t, (3, 2, 2, 4), seed=9)), [1, 1, 1, 1]
    yield Case('Conv', [rand(t, (2, 3, 4, 4, 2)), f], dict(strides=s, padding='SAME', batch_dims=2))
    yield Case('Conv', [rand(t, (4, 4, 2)), f], dict(strides=s, padding='SAME', batch_dims=0))
    yield Case('Conv', [rand(t, (1, 4, 4, 2)), f], dict(strides=s, padding='EXPLICIT', explicit_paddings=[0, 0, 2, 1, 0, 3, 0, 0]))
    yield Case('Conv', [rand(t, (2, 3, 4, 4, 2)), const(rand(t, (2, 3, 3, 2, 4)))], dict(strides=[1, 1, 2, 1, 1], padding='SAME'))
    yield Case('Conv', [fed(rand(t, (2, 4, 4, 2)), None), f], dict(strides=s, padding='SAME'))
    x = rand(t, (1, 5, 4, 2), seed=1)
    yield Case('Conv', [Literal(t, nchw(make(x))), f], dict(strides=[1, 1, 2, 1], padding='SAME', data_format='CHANNELS_FIRST'),
               expect=lambda: [nchw(tf_run('Conv', [x, f], dict(strides=[1, 2, 1, 1], padding='SAME'))[0])])
    g = rand(t, (1, 4, 4, 4), seed=2)
    yield Case('Conv', [g, f], dict(strides=s, padding='SAME', groups=2),
               expect=lambda: tf_run('Conv2D', [g, f], dict(strides=s, padding='SAME')))
    yield Case('Conv', [rand(t, (1, 4, 4, 4)), f], dict(strides=s, padding='SAME'), error=True)
    yield Case('Conv', [rand(t, (4, 2)), f], dict(strides=s, padding='SAME'), error=True)
    yield Case('Conv', [rand(t, (1, 4, 4, 2)), f], dict(strides=[2, 2], padding='SAME'), error=True)


def depthwise():
    s1, s2 = [1, 1, 1, 1], [1, 2, 2, 1]
    op = 'DepthwiseConv2dNative'
    for t in kernel_dtypes(op):
        x = rand(t, (2, 5, 6, 3), seed=1)
        for f in (rand(t, (3, 3, 3, 1), seed=2), rand(t, (3, 2, 3, 2), seed=3)):
            for padding in ('SAME', 'VALID'):
                for strides in (s1, s2):
                    yield Case(op, [x, const(f)], dict(strides=strides, padding=padding))
        yield Case(op, [x, f], dict(strides=s1, padding='EXPLICIT', explicit_paddings=[0, 0, 2, 1, 0, 3, 0, 0]))
        yield channels_first(op, x, f, dict(strides=s2, padding='SAME'))
        # Dilations: as many dense convolutions with groups.
        yield Case(op, [x, f], dict(strides=s1, padding='SAME', dilations=[1, 2, 2, 1]),
                   expect=lambda x=x, f=f, t=t: tf_run('Conv2D', [x, Literal(t, make(f).reshape(3, 2, 1, 6))],
                                                       dict(strides=s1, padding='SAME', dilations=[1, 2, 2, 1])))
    t = 'float32'
    for c, m in ((1, 1), (4, 1), (8, 1), (16, 1), (19, 1), (1, 8), (5, 3), (16, 2)):
        yield Case(op, [rand(t, (1, 4, 5, c)), const(rand(t, (3, 3, c, m)))], dict(strides=s1, padding='SAME'))
    yield Case(op, [rand(t, (0, 5, 6, 3)), const(rand(t, (3, 3, 3, 1)))], dict(strides=s1, padding='SAME'))
    yield Case(op, [rand(t, (1, 5, 6, 0)), const(rand(t, (3, 3, 0, 1)))], dict(strides=s1, padding='SAME'))
    yield Case(op, [rand(t, (1, 5, 6, 2)), const(rand(t, (3, 3, 2, 0)))], dict(strides=s1, padding='SAME'))
    yield Case(op, [rand(t, (1, 4, 4, 2)), const(rand(t, (0, 3, 2, 2)))], dict(strides=s1, padding='SAME'))
    yield Case(op, [fed(rand(t, (1, 4, 4, 2)), None), const(rand(t, (3, 3, 2, 2)))], dict(strides=s1, padding='SAME'))
    yield Case(op, [rand(t, (1, 4, 4, 2)), rand(t, (3, 3, 3, 1))], dict(strides=s1, padding='SAME'), error=True)
    yield Case(op, [rand(t, (1, 4, 4, 2)), rand(t, (3, 3, 2, 1))], dict(strides=[1, 0, 0, 1], padding='SAME'), error=True)
    yield Case(op, [rand(t, (1, 3, 4, 2)), rand(t, (5, 5, 2, 1))], dict(strides=s1, padding='VALID'), error=True)


def conv3d():
    s1, s2 = [1] * 5, [1, 2, 2, 2, 1]
    for t in kernel_dtypes('Conv3D'):
        x, f = rand(t, (2, 3, 4, 4, 2), seed=1), rand(t, (2, 3, 3, 2, 3), seed=2)
        for padding in ('SAME', 'VALID'):
            for strides in (s1, s2):
                yield Case('Conv3D', [x, const(f)], dict(strides=strides, padding=padding))
        yield Case('Conv3D', [x, f], dict(strides=[1, 1, 2, 3, 1], padding='SAME'))
        yield channels_first('Conv3D', x, f, dict(strides=s2, padding='SAME'))
        yield Case('Conv3D', [rand(t, (0, 3, 4, 4, 2)), f], dict(strides=s1, padding='SAME'))
    t = 'float32'
    x, f, k = rand(t, (1, 4, 1, 1, 2), seed=3), rand(t, (2, 1, 1, 2, 3), seed=4), dict(strides=s1, padding='SAME')
    yield Case('Conv3D', [x, const(f)], dict(k, dilations=[1, 3, 1, 1, 1]),   # as a flat one
               expect=lambda: [tf_run('Conv2D', [Literal(t, make(x).reshape(1, 4, 1, 2)), Literal(t, make(f).reshape(2, 1, 2, 3))],
                                      dict(strides=[1] * 4, padding='SAME', dilations=[1, 3, 1, 1]))[0].reshape(1, 4, 1, 1, 3)])
    yield Case('Conv3D', [fed(rand(t, (1, 3, 3, 3, 2)), None), const(rand(t, (2, 2, 2, 2, 3)))], k)
    for shape, filter_shape in [((1, 3, 4, 4, 0), (2, 3, 3, 0, 3)), ((1, 3, 4, 4, 2), (0, 3, 3, 2, 3)), ((1, 3, 4, 2), (2, 3, 3, 2, 3))]:
        yield Case('Conv3D', [rand(t, shape), rand(t, filter_shape)], k, error=True)
    for size, stride in (((1, 1, 1), (3, 5, 7)), ((1, 2, 2), (2, 5, 5)), ((1, 1, 1), (4, 4, 4)), ((2, 2, 1), (1, 6, 5))):  # strides leave pixels over
        for last in (3, 16):
            yield Case('Conv3D', [rand(t, (2, 5, 7, 8, 3)), const(rand(t, (*size, 3, last)))], dict(strides=[1, *stride, 1], padding='SAME'))
    yield Case('Conv3D', [rand(t, (1, 1, 3, 3, 2)), rand(t, (3, 3, 3, 2, 3))], dict(strides=s1, padding='VALID'), error=True)
    yield Case('Conv3D', [rand(t, (1, 3, 3, 3, 2)), rand(t, (2, 3, 3, 2, 3))], dict(strides=[1, 0, 1, 1, 1], padding='VALID'), error=True)


def backprop():
    s1, s2 = [1, 1, 1, 1], [1, 2, 2, 1]
    for t in kernel_dtypes('Conv2DBackpropInput'):
        f = rand(t, (3, 3, 3, 4), seed=1)
        for sizes, grad, attrs in [((2, 5, 6, 3), (2, 5, 6, 4), dict(strides=s1, padding='SAME')),
                                   ((2, 5, 6, 3), (2, 3, 4, 4), dict(strides=s1, padding='VALID')),
                                   ((1, 5, 6, 3), (1, 3, 3, 4), dict(strides=s2, padding='SAME')),
                                   ((1, 6, 6, 3), (1, 2, 2, 4), dict(strides=s2, padding='VALID')),
                                   ((1, 5, 6, 3), (1, 6, 3, 4), dict(strides=[1, 1, 3, 1], padding='EXPLICIT',
                                                                     explicit_paddings=[0, 0, 2, 1, 0, 3, 0, 0]))]:
            g = rand(t, grad, seed=2)
            yield Case('Conv2DBackpropInput', [const(i32(sizes)), const(f), g], attrs)
            if t != 'int32':
                yield Case('Conv2DBackpropFilter', [rand(t, sizes), const(i32([3, 3, 3, 4])), g], attrs)
            yield Case('Conv2DBackpropInputV2', [rand(t, sizes, seed=3), f, g], attrs,
                       expect=lambda sizes=sizes, f=f, g=g, attrs=attrs: tf_run('Conv2DBackpropInput', [i32(sizes), f, g], attrs))
            if t != 'int32':
                x = rand(t, sizes, seed=3)
                yield Case('Conv2DBackpropFilterV2', [x, f, g], attrs,
                           expect=lambda x=x, g=g, attrs=attrs: tf_run('Conv2DBackpropFilter', [x, i32([3, 3, 3, 4]), g], attrs))
        g = rand(t, (2, 3, 3, 4), seed=2)
        yield Case('Conv2DBackpropInput', [i32([5, 6]), f, g], dict(strides=s2, padding='SAME'))
        yield Case('Conv2DBackpropInput', [i32([2, 3, 5, 6]), f, Literal(t, nchw(make(g)))],
                   first(dict(strides=s2, padding='SAME'), 4),
                   expect=lambda f=f, g=g: [nchw(tf_run('Conv2DBackpropInput', [i32([2, 5, 6, 3]), f, g], dict(strides=s2, padding='SAME'))[0])])
        if t != 'int32':
            x = rand(t, (2, 5, 6, 3), seed=3)
            yield Case('Conv2DBackpropFilter', [Literal(t, nchw(make(x))), i32([3, 3, 3, 4]), Literal(t, nchw(make(g)))],
                       first(dict(strides=s2, padding='SAME'), 4),
                       expect=lambda x=x, g=g: tf_run('Conv2DBackpropFilter', [x, i32([3, 3, 3, 4]), g], dict(strides=s2, padding='SAME')))
    t = 'float32'
    k = dict(strides=s1, padding='SAME')
    yield Case('Conv2DBackpropInput', [i32([0, 4, 4, 2]), rand(t, (3, 3, 2, 3)), rand(t, (0, 4, 4, 3))], k)
    yield Case('Conv2DBackpropInput', [i32([1, 4, 4, 2]), rand(t, (3, 3, 2, 0)), rand(t, (1, 4, 4, 0))], k)
    yield Case('Conv2DBackpropFilter', [rand(t, (0, 4, 4, 2)), i32([3, 3, 2, 3]), rand(t, (0, 4, 4, 3))], k)
    yield Case('Conv2DBackpropInput', [const(i32([1, 9, 9, 17])), const(rand(t, (4, 4, 17, 20))), rand(t, (1, 5, 5, 20))],
               dict(strides=s2, padding='SAME'))
    yield Case('Conv2DBackpropInput', [const(i32([1, 8, 8, 2])), const(rand(t, (2, 2, 2, 3))), rand(t, (1, 2, 2, 3))],
               dict(strides=[1, 4, 4, 1], padding='SAME'))
    for sizes, f, g in [([1, -1, 4, 2], (3, 3, 2, 3), (1, 4, 4, 3)), ([1, 5, 4, 2], (3, 3, 2, 3), (1, 4, 4, 3)),
                        ([2, 4, 4, 2], (3, 3, 2, 3), (1, 4, 4, 3)), ([4, 4, 2], (3, 3, 2, 3), (1, 4, 4, 3)),
                        ([1, 4, 4, 3], (3, 3, 2, 3), (1, 4, 4, 3)), ([1, 4, 4, 2], (3, 3, 2, 3), (1, 4, 4, 4)),
                        ([1, 4, 4, 2], (3, 3, 2, 3), (4, 4, 3))]:
        yield Case('Conv2DBackpropInput', [i32(sizes), rand(t, f), rand(t, g)], k, error=True)
    for x, sizes, g in [((1, 4, 4, 2), [3, 3, 2], (1, 4, 4, 3)), ((1, 4, 4, 2), [3, 3, 2, -3], (1, 4, 4, 3)),
                        ((1, 4, 4, 2), [3, 3, 3, 3], (1, 4, 4, 3)), ((1, 4, 4, 2), [3, 3, 2, 4], (1, 4, 4, 3))]:
        yield Case('Conv2DBackpropFilter', [rand(t, x), i32(sizes), rand(t, g)], k, error=True)

    for t in kernel_dtypes('DepthwiseConv2dNativeBackpropInput'):
        for m in (1, 2):
            for sizes, grad, attrs in [((2, 5, 6, 3), (2, 5, 6, 3 * m), dict(strides=s1, padding='SAME')),
                                       ((2, 5, 6, 3), (2, 2, 2, 3 * m), dict(strides=s2, padding='VALID')),
                                       ((1, 5, 6, 3), (1, 6, 7, 3 * m), dict(strides=s1, padding='EXPLICIT',
                                                                             explicit_paddings=[0, 0, 2, 1, 0, 3, 0, 0]))]:
                f, g, x = rand(t, (3, 3, 3, m), seed=1), rand(t, grad, seed=2), rand(t, sizes, seed=3)
                yield Case('DepthwiseConv2dNativeBackpropInput', [const(i32(sizes)), const(f), g], attrs)
                yield Case('DepthwiseConv2dNativeBackpropFilter', [x, i32([3, 3, 3, m]), g], attrs)
            for dilations in ([1, 2, 2, 1], [1, 1, 2, 1]):  # of which TensorFlow takes no notice
                for padding, height, width in (('SAME', 5, 6), ('VALID', 3, 4)):
                    k, x = dict(strides=s1, padding=padding, dilations=dilations), rand(t, (1, 5, 6, 3), seed=3)
                    f, g = rand(t, (3, 3, 3, m), seed=1), rand(t, (1, height, width, 3 * m), seed=2)
                    yield Case('DepthwiseConv2dNativeBackpropInput', [const(i32([1, 5, 6, 3])), f, g], k)
                    yield Case('DepthwiseConv2dNativeBackpropFilter', [x, const(i32([3, 3, 3, m])), g], k)

    for t in kernel_dtypes('Conv3DBackpropInputV2'):
        f = rand(t, (2, 3, 3, 2, 3), seed=1)
        for sizes, grad, attrs in [((2, 3, 4, 4, 2), (2, 3, 4, 4, 3), dict(strides=[1] * 5, padding='SAME')),
                                   ((1, 3, 4, 5, 2), (1, 1, 1, 2, 3), dict(strides=[1, 2, 2, 2, 1], padding='VALID'))]:
            g, x = rand(t, grad, seed=2), rand(t, sizes, seed=3)
            yield Case('Conv3DBackpropInputV2', [const(i32(sizes)), const(f), g], attrs)
            yield Case('Conv3DBackpropInputV2', [i64(sizes), f, g], attrs)
            yield Case('Conv3DBackpropFilterV2', [x, i32([2, 3, 3, 2, 3]), g], attrs)
            yield Case('Conv3DBackpropInputV2', [i32(sizes[:1] + sizes[-1:] + sizes[1:-1]), f, Literal(t, nchw(make(g)))], first(attrs, 5),
                       expect=lambda sizes=sizes, f=f, g=g, attrs=attrs: [nchw(tf_run('Conv3DBackpropInputV2', [i32(sizes), f, g], attrs)[0])])
            if t in kernel_dtypes('Conv3DBackpropInput'):
                yield Case('Conv3DBackpropInput', [x, f, g], attrs, producer=9)
                yield Case('Conv3DBackpropFilter', [x, f, g], attrs, producer=9)


def dilation():
    for t in kernel_dtypes('Dilation2D'):
        for x, f, g, attrs in [((2, 4, 5, 3), (3, 2, 3), (2, 4, 5, 3), dict(strides=[1] * 4, rates=[1] * 4, padding='SAME')),
                               ((1, 5, 6, 2), (2, 2, 2), (1, 3, 2, 2), dict(strides=[1, 2, 3, 1], rates=[1, 2, 3, 1], padding='SAME')),
                               ((1, 5, 6, 2), (2, 3, 2), (1, 4, 2, 2), dict(strides=[1] * 4, rates=[1, 1, 2, 1], padding='VALID'))]:
            x, f, g = permutation(t, x, seed=1), rand(t, f, seed=2), rand(t, g, seed=3)
            yield Case('Dilation2D', [x, const(f)], attrs)
            yield Case('Dilation2DBackpropInput', [x, f, g], attrs)
            yield Case('Dilation2DBackpropFilter', [x, f, g], attrs)
        if t in ('float16', 'bfloat16'):  # sums that only rounding makes equal: the first tap counts
            draw = np.random.RandomState(5)
            x, f, g = (lit(t, draw.uniform(-3, 3, shape)) for shape in ((1, 9, 8, 3), (3, 2, 3), (1, 9, 8, 3)))
            for op in ('Dilation2DBackpropInput', 'Dilation2DBackpropFilter'):
                yield Case(op, [x, f, g], dict(strides=[1, 1, 1, 1], rates=[1, 1, 1, 1], padding='SAME'))
        yield Case('Dilation2D', [full_range(t, (1, 3, 3, 1)), full_range(t, (2, 2, 1))], dict(strides=[1] * 4, rates=[1] * 4, padding='SAME'))
    t, k = 'float32', dict(strides=[1] * 4, rates=[1] * 4, padding='SAME')
    for t in FLOATS:
        yield Case('Dilation2D', [edge(t, (1, 5, 6, 1)), rand(t, (2, 1, 1))], k)
    yield Case('Dilation2D', [rand('float32', (1, 5, 5, 2)), rand('float32', (0, 2, 2))], k)
    yield Case('Dilation2D', [rand('float32', (0, 5, 5, 2)), rand('float32', (2, 2, 2))], k)
    for x, f, attrs in [((1, 5, 5, 2), (2, 2, 3), {}), ((1, 5, 5), (2, 2, 2), {}), ((1, 5, 5, 2), (2, 2, 2, 1), {}),
                        ((1, 5, 5, 2), (2, 2, 2), dict(rates=[2, 1, 1, 1])),
                        ((1, 5, 5, 2), (2, 2, 2), dict(strides=[1, 0, 1, 1])), ((1, 5, 5, 2), (2, 2, 2), dict(strides=[1, 1, 1]))]:
        yield Case('Dilation2D', [rand('float32', x), rand('float32', f)], dict(k, **attrs), error=True)


def fused_image():
    for t in kernel_dtypes('FusedPadConv2D'):
        f = const(rand(t, (3, 2, 2, 3)))
        for mode, pads in (('REFLECT', [[0, 0], [1, 2], [0, 3], [0, 0]]), ('SYMMETRIC', [[0, 0], [4, 0], [1, 5], [0, 0]])):
            for strides, padding in (([1] * 4, 'VALID'), ([1, 2, 2, 1], 'SAME')):
                yield Case('FusedPadConv2D', [rand(t, (1, 4, 5, 2)), const(i32(pads)), f], dict(mode=mode, strides=strides, padding=padding))
                if t == 'bfloat16':
                    continue
                for align in (False, True):
                    yield Case('FusedResizeAndPadConv2D', [rand(t, (1, 3, 4, 2)), const(i32([4, 7])), const(i32(pads)), f],
                               dict(mode=mode, strides=strides, padding=padding, resize_align_corners=align))
    t, k = 'float32', dict(mode='REFLECT', strides=[1] * 4, padding='SAME')
    pads = i32([[0, 0], [1, 2], [0, 3], [0, 0]])
    yield Case('FusedPadConv2D', [rand(t, (1, 4, 4, 2)), pads, rand(t, (3, 3, 2, 3))], k)
    yield Case('FusedResizeAndPadConv2D', [rand(t, (1, 5, 1, 2)), i32([4, 4]), pads, rand(t, (3, 3, 2, 3))], k)
    # The first image of a batch gives every result; windows that leave rows over lie in the middle.
    yield Case('FusedPadConv2D', [rand(t, (2, 4, 4, 2)), pads, rand(t, (3, 3, 2, 3))], k)
    yield Case('FusedResizeAndPadConv2D', [rand(t, (3, 4, 4, 2)), i32([5, 3]), i32([[0, 0], [1, 2], [0, 1], [0, 0]]), const(rand(t, (3, 3, 2, 3)))], k)
    for padding in ('SAME', 'VALID'):
        for strides in ([1, 5, 1, 1], [1, 4, 5, 1], [1, 3, 3, 1], [1, 2, 4, 1]):
            yield Case('FusedPadConv2D', [rand(t, (1, 7, 8, 1)), pads, const(rand(t, (2, 1, 1, 3)))], dict(k, strides=strides, padding=padding))
    yield Case('FusedPadConv2D', [rand(t, (1, 6, 6, 2)), pads, const(rand(t, (9, 1, 2, 3)))], dict(k, padding='VALID'))
    for x, f in (((0, 4, 4, 2), (3, 3, 2, 3)), ((1, 4, 4, 2), (9, 3, 2, 3)), ((1, 4, 4, 2), (3, 3, 2, 0))):
        yield Case('FusedPadConv2D', [rand(t, x), pads, rand(t, f)], dict(k, padding='VALID'), error=True)
    for p in ([[0, 0], [4, 0], [0, 0], [0, 0]], [[0, 0], [-1, 0], [0, 0], [0, 0]], [[0, 0], [0, 0], [0, 0], [0, 1]], [[0, 0], [0, 0], [0, 0]]):
        yield Case('FusedPadConv2D', [rand(t, (1, 4, 4, 2)), i32(p), rand(t, (3, 3, 2, 3))], k, error=True)
    yield Case('FusedPadConv2D', [rand(t, (1, 4, 4, 4)), pads, rand(t, (3, 3, 2, 4))], k, error=True)
    for size in ([0, 4], [4, -1], [4, 4, 4], [4]):
        yield Case('FusedResizeAndPadConv2D', [rand(t, (1, 4, 4, 2)), i32(size), pads, rand(t, (3, 3, 2, 3))], k, error=True)


ACTIVATIONS = {
    'Relu': lambda x: np.maximum(x, 0), 'Relu6': lambda x: np.clip(x, 0, 6), 'LeakyRelu': lambda x: np.where(x < 0, x * 0.3, x),
    'Elu': lambda x: np.where(x < 0, np.expm1(x), x), 'Tanh': np.tanh, 'Sigmoid': lambda x: 1 / (1 + np.exp(-x)),
    'Swish': lambda x: x / (1 + np.exp(-x)),
    'GeluApproximate': lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    'GeluExact': lambda x: tf.nn.gelu(x).numpy(),
}
TAILS = ([['BiasAdd'], ['FusedBatchNorm'], ['Add'], ['BiasAdd', 'Add'], ['BiasAdd', 'Add', 'Relu'], ['FusedBatchNorm', 'Relu6'],
          ['FusedBatchNorm', 'Add', 'LeakyRelu'], ['FusedBatchNorm', 'Elu'], ['Relu']] + [['BiasAdd', a] for a in ACTIVATIONS])


def fused_cases(op, plain_op, inputs, attrs, tails, t, axis=-1):
    """A fused operator against its plain one and the tail in double precision; `axis`: the channels of the output."""
    fused_attrs = dict(attrs)
    if axis == 1:
        inputs = [Literal(t, nchw(make(inputs[0])))] + inputs[1:]
        fused_attrs = first(attrs, len(inputs[0].array.shape))
    plain = lambda: tf_run(plain_op, original, attrs)[0]
    original = [Literal(t, nhwc(inputs[0].array)) if axis == 1 else inputs[0]] + inputs[1:]
    shape = plain().shape
    n = shape[-1]
    for tail in tails:
        args, bias, norm, add = [], None, None, None
        if 'BiasAdd' in tail:
            args += [rand(t, (n,), seed=11)]
        if 'FusedBatchNorm' in tail:
            args += [rand(t, (n,), seed=12), rand(t, (n,), seed=13), rand(t, (n,), seed=14), rand(t, (n,), 0.5, 2, seed=15)]
        if 'Add' in tail:
            side = make(rand(t, shape, seed=16))
            args += [Literal(t, nchw(side) if axis == 1 else side)]

        def expect(tail=tail, args=args):
            y = plain().astype(np.float64)
            a = [literal(x).array.astype(np.float64) for x in args]
            if 'BiasAdd' in tail:
                y = y + a[0]
            if 'FusedBatchNorm' in tail:
                y = (y - a[2]) * a[0] / np.sqrt(a[3] + 0.001) + a[1]
            if 'Add' in tail:
                y = y + (nhwc(a[-1]) if axis == 1 else a[-1])
            if tail[-1] in ACTIVATIONS:
                y = ACTIVATIONS[tail[-1]](y)
            return [(nchw(y) if axis == 1 else y).astype(numpy_dtype(t))]

        more = dict(fused_ops=tail, num_args=len(args), epsilon=0.001, leakyrelu_alpha=0.3)
        yield Case(op, inputs + ([args] if op != '_FusedConv2D' else [args, []]), dict(fused_attrs, **more), expect=expect)


def fused():
    for t in FLOATS:
        tails = TAILS if t in ('float32', 'float64') else [['BiasAdd', 'Add', 'Relu'], ['FusedBatchNorm', 'Elu']]
        x, f = rand(t, (1, 4, 5, 3), seed=1), const(rand(t, (3, 3, 3, 4), seed=2))
        k = dict(strides=[1, 2, 2, 1], padding='SAME')
        yield from fused_cases('_FusedConv2D', 'Conv2D', [x, f], k, tails, t)
        yield from fused_cases('_FusedConv2D', 'Conv2D', [x, f], k, TAILS[3:5], t, axis=1)
        d = const(rand(t, (3, 3, 3, 2), seed=3))
        yield from fused_cases('_FusedDepthwiseConv2dNative', 'DepthwiseConv2dNative', [x, d], k, tails, t)
        yield from fused_cases('_FusedDepthwiseConv2dNative', 'DepthwiseConv2dNative', [x, d], k, TAILS[3:5], t, axis=1)
        if t != 'float64':
            x, f = rand(t, (1, 3, 3, 4, 2), seed=1), const(rand(t, (2, 3, 3, 2, 3), seed=2))
            yield from fused_cases('_FusedConv3D', 'Conv3D', [x, f], dict(strides=[1] * 5, padding='SAME'), tails, t)


def found_shapes():
    """Constant filters, packed before, for inputs whose shapes only the run tells."""
    def chosen(g):
        x = g.feed(rand('float32', (6, 5, 4, 3), seed=1))
        rows = tf.raw_ops.Where(condition=g.feed(boolean([1, 0, 1, 1, 0, 0])))
        return tf.raw_ops.GatherNd(params=x, indices=rows)

    def conv(g):
        x, f, d = chosen(g), g.const(rand('float32', (3, 3, 3, 4), seed=2)), g.const(rand('float32', (3, 3, 3, 1), seed=3))
        y = tf.raw_ops.Conv2D(input=x, filter=f, strides=[1, 1, 2, 1], padding='SAME')
        return [y, tf.raw_ops.Relu(features=tf.raw_ops.BiasAdd(value=y, bias=g.const(rand('float32', (4,), seed=4)))),
                tf.raw_ops.DepthwiseConv2dNative(input=x, filter=d, strides=[1, 1, 1, 1], padding='VALID')]

    def products(g):
        x = tf.raw_ops.Reshape(tensor=chosen(g), shape=g.const(i32([-1, 3])))
        return [tf.raw_ops.MatMul(a=x, b=g.const(rand('float32', (3, 5), seed=5))),
                tf.raw_ops.BatchMatMulV2(x=x, y=g.const(rand('float32', (3, 2), seed=6)))]

    yield GraphCase('convolutions of images that are chosen', conv)
    yield GraphCase('products of rows that are chosen', products)


def cases():
    yield from found_shapes()
    yield from conv2d()
    yield from conv_any()
    yield from depthwise()
    yield from conv3d()
    yield from backprop()
    yield from dilation()
    yield from fused_image()
    yield from fused()
