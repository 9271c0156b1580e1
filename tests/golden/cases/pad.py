"""Padding, mirrored padding, blocks of places to batch and to channels, patches."""
from cases_dsl import *


def pads():
    for op in ('Pad', 'PadV2'):
        def pad(x, paddings, value=1, **options):
            t = (x.value if isinstance(x, Fed) else x).dtype
            filler = [lit(t, b'ab' if t == 'string' else bool(value) if t == 'bool' else value)] if op == 'PadV2' else []
            return Case(op, [x, paddings] + filler, **options)

        for t in kernel_dtypes(op):
            yield pad(rand(t, (2, 3)), const(i32([[1, 0], [2, 1]])))
            yield pad(rand(t, (2, 0)), const(i64([[1, 0], [2, 1]])))
        for index in (i32, i64):
            for shape, paddings in (((3,), [[0, 0]]), ((3,), [[4, 0]]), ((3,), [[0, 2]]), ((2, 1, 3), [[0, 0], [1, 2], [0, 0]]), ((), []),
                                    ((1, 2, 2, 3), [[0, 0], [1, 1], [2, 1], [0, 0]]), ((0,), [[0, 0]]), ((2, 0, 1), [[0, 0], [0, 0], [1, 1]]),
                                    ((1, 2, 1, 2, 1), [[0, 1], [0, 0], [1, 0], [0, 0], [1, 1]]),
                                    ((1, 1, 2, 1, 1, 2, 1, 1), [[0, 1], [0, 0], [0, 1], [0, 0], [1, 0], [0, 0], [0, 0], [1, 0]])):
                p = index(paddings, (len(shape), 2))
                x = rand('float32', shape, seed=2)
                for value, q in ((1, const(p)), (-2.5, p)):
                    expect = lambda x=x, w=paddings, v=value if op == 'PadV2' else 0: [np.pad(make(x), w, constant_values=v)]
                    yield pad(x, q, value=value, expect=expect if len(shape) == 8 else None)
            yield pad(fed(rand('float32', (2, 3))), fed(index([[1, 0], [0, 2]])))
            yield pad(fed(rand('float32', (2, 3)), (None, 3)), const(index([[1, 0], [0, 2]])))
            for shape, paddings in (((3,), [[-1, 0]]), ((3,), [[0, -4]]), ((3,), [[0, 0], [0, 0]]), ((2, 3), [[1, 1]]), ((3,), [[1, 1, 1]]), ((3,), [1, 1]),
                                    ((3,), [[1]]), ((), [[0, 0]]), ((3,), [[-2**31, 0]])):
                yield pad(rand('float32', shape), index(paddings), error=True)
        yield pad(rand('float32', (3,)), i64([[2**62, 2**62]]), error=True)
        yield pad(rand('float32', (30, 40)), const(i32([[1, 2], [3, 4]])))
    yield Case('PadV2', [rand('float32', (3,)), i32([[1, 1]]), f32([1])], error=True)
    yield Case('PadV2', [rand('float32', (3,)), i32([[1, 1]]), f32([1, 2])], error=True)
    yield Case('PadV2', [rand('float32', (3,)), i32([[1, 1]]), f32([], (0,))], error=True)


def mirrors():
    for mode in ('REFLECT', 'SYMMETRIC'):
        for t in kernel_dtypes('MirrorPad'):
            yield Case('MirrorPad', [rand(t, (3, 4)), const(i32([[2, 1], [0, 3]]))], dict(mode=mode))
        for t in kernel_dtypes('MirrorPadGrad'):
            yield Case('MirrorPadGrad', [rand(t, (6, 7)), const(i32([[2, 1], [0, 3]]))], dict(mode=mode))
        for index in (i32, i64):
            for shape, paddings in (((4,), [[3, 3]]), ((4,), [[0, 0]]), ((4,), [[2, 0]]), ((4,), [[0, 1]]), ((3, 1, 4), [[0, 2], [0, 0], [3, 0]]),
                                    ((1, 3, 4, 2), [[0, 0], [2, 1], [1, 2], [0, 0]]), ((2, 2, 2, 2, 2), [[1, 1], [0, 1], [1, 0], [0, 0], [1, 1]]),
                                    ((), []), ((2, 1, 3), [[1, 1], [0, 0], [2, 2]])):
                p = index(paddings, (len(shape), 2))
                padded = tuple(d + sum(q) for d, q in zip(shape, paddings))
                yield Case('MirrorPad', [rand('float32', shape), const(p)], dict(mode=mode))
                yield Case('MirrorPad', [rand('float32', shape), p], dict(mode=mode))
                yield Case('MirrorPadGrad', [rand('float32', padded), const(p)], dict(mode=mode))
                yield Case('MirrorPadGrad', [rand('float32', padded), p], dict(mode=mode))
            yield Case('MirrorPad', [fed(rand('float32', (2, 3))), fed(index([[1, 0], [0, 2]]))], dict(mode=mode))
            yield Case('MirrorPad', [fed(rand('float32', (2, 3)), (None, 3)), const(index([[1, 0], [0, 2]]))], dict(mode=mode))
            yield Case('MirrorPadGrad', [fed(rand('float32', (3, 5))), fed(index([[1, 0], [0, 2]]))], dict(mode=mode))
            for shape, paddings in (((3,), [[4, 0]]), ((3,), [[0, 4]]), ((3,), [[-1, 0]]), ((3,), [[0, -1]]), ((3,), [[1, 1], [0, 0]]), ((3,), [1, 1]),
                                    ((0,), [[1, 0]]), ((3,), [[2**31 - 1, 0]])):
                yield Case('MirrorPad', [rand('float32', shape), index(paddings)], dict(mode=mode), error=True)
                yield Case('MirrorPadGrad', [rand('float32', shape), index(paddings)], dict(mode=mode), error=True)
        if mode == 'SYMMETRIC':
            yield Case('MirrorPad', [rand('float32', (2, 0, 3)), const(i32([[1, 1], [0, 0], [2, 2]]))], dict(mode=mode))
            yield Case('MirrorPad', [rand('float32', (0,)), const(i32([[0, 0]]))], dict(mode=mode))
        yield Case('MirrorPad', [rand('float32', (3,)), i64([[2**62, 2**62]])], dict(mode=mode), error=True)
    yield Case('MirrorPad', [rand('float32', (3,)), const(i32([[3, 3]]))], dict(mode='SYMMETRIC'))
    yield Case('MirrorPad', [rand('float32', (3,)), i32([[3, 0]])], dict(mode='REFLECT'), error=True)
    yield Case('MirrorPad', [rand('float32', (3,)), i32([[1, 0]])], dict(mode='EDGE'), error=True)
    yield Case('MirrorPadGrad', [rand('float32', (5,)), i32([[2, 2]])], dict(mode='REFLECT'), error=True)
    yield Case('MirrorPadGrad', [rand('float32', (5,)), i32([[2, 2]])], dict(mode='SYMMETRIC'), error=True)


def batches():
    for t in kernel_dtypes('SpaceToBatchND'):
        yield Case('SpaceToBatchND', [rand(t, (2, 4, 3, 2)), const(i32([2, 3])), const(i32([[1, 1], [0, 3]]))])
        yield Case('BatchToSpaceND', [rand(t, (12, 2, 3, 2)), const(i32([2, 3])), const(i32([[1, 0], [2, 3]]))])
        yield Case('SpaceToBatch', [rand(t, (2, 4, 3, 2)), const(i32([[1, 1], [0, 1]]))], dict(block_size=2))
        yield Case('BatchToSpace', [rand(t, (8, 2, 3, 2)), const(i32([[1, 0], [2, 3]]))], dict(block_size=2))
    for index in (i32, i64):
        for shape, block, paddings in (((1, 4), [2], [[0, 0]]), ((3, 5), [3], [[1, 0]]), ((1, 4, 4), [2, 2], [[0, 0], [0, 0]]), ((2, 3), [1], [[1, 2]]),
                                       ((1, 2, 4, 1, 3), [2, 2, 1], [[0, 0], [2, 0], [1, 2]]), ((2, 3, 2), [], []), ((2, 3, 2), [1, 1], [[0, 0], [0, 0]]),
                                       ((1, 2, 2, 2, 2, 1), [2, 1, 2, 2], [[0, 0], [1, 0], [0, 2], [2, 2]]), ((0, 4, 2), [2], [[0, 0]]),
                                       ((1, 0, 2), [2], [[0, 0]]), ((1, 0, 2), [2], [[1, 1]]), ((1, 4, 0), [2], [[0, 0]]), ((1, 2), [4], [[1, 5]]),
                                       ((1, 1, 1, 2, 1, 3), [1, 1, 2], [[0, 0], [0, 0], [0, 0]]), ((1, 3, 2), [5], [[6, 1]])):
            m = len(block)
            b, p = index(block, (m,)), index(paddings, (m, 2))
            yield Case('SpaceToBatchND', [rand('float32', shape), const(b), const(p)])
            yield Case('SpaceToBatchND', [rand('float32', shape), b, p])
            padded = [d + sum(q) for d, q in zip(shape[1:], paddings)]
            batched = (shape[0] * int(np.prod(block, dtype=int)),) + tuple(d // k for d, k in zip(padded, block)) + tuple(shape[1 + m:])
            yield Case('BatchToSpaceND', [rand('float32', batched), const(b), const(p)])
            yield Case('BatchToSpaceND', [rand('float32', batched), b, p])
        x = rand('float32', (4, 2, 2, 1))
        yield Case('BatchToSpaceND', [x, const(index([2, 2])), const(index([[2, 2], [0, 0]]))])
        yield Case('BatchToSpaceND', [x, const(index([2, 2])), const(index([[3, 0], [0, 3]]))])
        yield Case('SpaceToBatchND', [fed(x), fed(index([2, 2]), (2,)), fed(index([[0, 0], [0, 0]]))])
        yield Case('SpaceToBatchND', [fed(x, (None, None, 2, 1)), const(index([2, 2])), const(index([[0, 0], [0, 0]]))])
        yield Case('BatchToSpaceND', [fed(x), fed(index([2, 2]), (2,)), fed(index([[0, 1], [0, 0]]))])
        for paddings in ([[0, 0], [0, 0]], [[1, 1], [2, 0]]):
            for block in (2, 3):
                yield Case('SpaceToBatch', [rand('float32', (1, 6, 6, 2)), index(paddings)], dict(block_size=2))
                yield Case('BatchToSpace', [rand('float32', (block * block, 3, 2, 2)), index(paddings)], dict(block_size=block))
        for shape, block, paddings in (((1, 3), [2], [[0, 0]]), ((1, 4), [0], [[0, 0]]), ((1, 4), [-1], [[0, 0]]), ((1, 4), [2], [[-1, 1]]), ((4,), [2], [[0, 0]]),
                                       ((), [2], [[0, 0]]), ((1, 4), [2, 2], [[0, 0], [0, 0]]), ((1, 4), [2], [[0, 0], [0, 0]]), ((1, 4), [2], [0, 0]),
                                       ((1, 4), [[2]], [[0, 0]]), ((1, 4), [2**31 - 1], [[0, 0]])):
            yield Case('SpaceToBatchND', [rand('float32', shape), index(block), index(paddings)], error=True)
        for shape, block, crops in (((3, 2), [2], [[0, 0]]), ((4, 2), [2], [[-1, 0]]), ((4, 2), [2], [[3, 2]]), ((4, 2), [0], [[0, 0]]), ((4, 2), [-2], [[0, 0]]),
                                    ((4,), [2], [[0, 0]]), ((4, 2), [2], [[0, 0], [0, 0]]), ((4, 2), [2**31 - 1], [[0, 0]])):
            yield Case('BatchToSpaceND', [rand('float32', shape), index(block), index(crops)], error=True)
        yield Case('SpaceToBatch', [rand('float32', (1, 3, 4, 1)), index([[0, 0], [0, 0]])], dict(block_size=2), error=True)
        yield Case('SpaceToBatch', [rand('float32', (1, 4, 4)), index([[0, 0], [0, 0]])], dict(block_size=2), error=True)
        yield Case('SpaceToBatch', [rand('float32', (1, 4, 4, 1)), index([[0, 0], [0, 0]])], dict(block_size=1), error=True)
        yield Case('SpaceToBatch', [rand('float32', (1, 4, 4, 1)), index([[0, 0]])], dict(block_size=2), error=True)
        yield Case('BatchToSpace', [rand('float32', (3, 4, 4, 1)), index([[0, 0], [0, 0]])], dict(block_size=2), error=True)
        yield Case('BatchToSpace', [rand('float32', (4, 2, 2, 1)), index([[5, 0], [0, 0]])], dict(block_size=2), error=True)


def depths():
    for op in ('SpaceToDepth', 'DepthToSpace'):
        for t in kernel_dtypes('SpaceToDepth'):
            if t in ('variant', 'resource'):
                continue
            shape = (2, 4, 6, 3) if op == 'SpaceToDepth' else (2, 2, 3, 12)
            x = rand(t, shape, seed=3)
            attrs = dict(block_size=2)
            plain = 'int8' if t == 'qint8' else t
            y = rand(plain, shape, seed=3) if t != 'qint8' else Literal('int8', make(x))
            last = lambda y=y, t=t: Literal(t, tf_run(op, [y], attrs)[0])
            first = lambda y=y, t=t: Literal(t, np.moveaxis(tf_run(op, [y], attrs)[0], -1, 1))
            yield Case(op, [x], attrs, expect=(lambda last=last: [last()]) if t == 'qint8' else None)
            yield Case(op, [Literal(t, np.moveaxis(make(x), -1, 1))], dict(block_size=2, data_format='NCHW'), expect=lambda first=first: [first()])
        for n, h, w, c, b in ((1, 2, 2, 1, 2), (1, 1, 1, 1, 3), (2, 3, 1, 2, 2), (3, 1, 2, 1, 4), (0, 2, 2, 1, 2), (1, 0, 2, 1, 2), (1, 2, 2, 0, 2), (1, 5, 7, 1, 2)):
            shape = (n, h * b, w * b, c) if op == 'SpaceToDepth' else (n, h, w, c * b * b)
            x = rand('float32', shape, seed=4)
            yield Case(op, [x], dict(block_size=b))
            yield Case(op, [fed(x)], dict(block_size=b))
            yield Case(op, [fed(x, (None,) * 4)], dict(block_size=b))
            yield Case(op, [np.moveaxis(make(x), -1, 1)], dict(block_size=b, data_format='NCHW'),
                       expect=lambda x=x, b=b: [np.moveaxis(tf_run(op, [x], dict(block_size=b))[0], -1, 1)])

            def vectors(array):  # channels last -> [n, c / 4, h, w, 4]
                m, hh, ww, cc = array.shape
                return np.transpose(array.reshape(m, hh, ww, cc // 4, 4), (0, 3, 1, 2, 4))

            wide = rand('int8', shape[:3] + (4 * shape[3],), seed=5)
            yield Case(op, [Literal('qint8', vectors(make(wide)))], dict(block_size=b, data_format='NCHW_VECT_C'),
                       expect=lambda wide=wide, b=b, vectors=vectors: [Literal('qint8', vectors(tf_run(op, [wide], dict(block_size=b))[0]))])
        for shape, b, layout in (((1, 3, 3, 1), 2, 'NHWC'), ((2, 2, 4), 2, 'NHWC'), ((1, 4, 4, 1), 1, 'NHWC'), ((1, 4, 4, 1), 0, 'NHWC'),
                                 ((1, 4, 4, 1), -2, 'NHWC'), ((1, 3, 3, 3), 2, 'NCHW'), ((1, 4, 4, 4), 2, 'NCHW_VECT_C'), ((1, 4, 4, 4), 2, 'nhwc'),
                                 ((1, 2, 2, 1), 2**31, 'NHWC')):
            yield Case(op, [rand('float32', shape)], dict(block_size=b, data_format=layout), error=True)


def patches():
    s1 = [1, 1, 1, 1]
    for t in kernel_dtypes('ExtractImagePatches'):
        yield Case('ExtractImagePatches', [rand(t, (2, 5, 6, 2))], dict(ksizes=[1, 3, 2, 1], strides=[1, 2, 2, 1], rates=s1, padding='SAME'))
        yield Case('ExtractImagePatches', [rand(t, (1, 5, 6, 1))], dict(ksizes=[1, 2, 2, 1], strides=[1, 2, 3, 1], rates=[1, 2, 3, 1], padding='VALID'))
    for shape in ((1, 4, 4, 1), (2, 3, 7, 3), (1, 1, 1, 2), (0, 4, 4, 1), (1, 4, 4, 0), (1, 0, 4, 1)):
        for size in ([1, 1, 1, 1], [1, 3, 3, 1], [1, 2, 4, 1], [1, 5, 1, 1]):
            for strides, rates in ((s1, s1), ([1, 2, 3, 1], s1), ([1, 5, 1, 1], [1, 1, 2, 1]), ([1, 9, 9, 1], [1, 3, 1, 1])):
                for padding in ('SAME', 'VALID'):
                    fits = padding == 'SAME' or all(d >= (k - 1) * r + 1 for d, k, r in zip(shape[1:3], size[1:3], rates[1:3]))
                    if fits and 0 not in shape[1:3]:
                        yield Case('ExtractImagePatches', [rand('float32', shape)], dict(ksizes=size, strides=strides, rates=rates, padding=padding))
    yield Case('ExtractImagePatches', [fed(rand('float32', (1, 4, 4, 1)))], dict(ksizes=[1, 2, 2, 1], strides=s1, rates=s1, padding='SAME'))
    good = dict(ksizes=[1, 2, 2, 1], strides=s1, rates=s1, padding='SAME')
    for bad in (dict(ksizes=[2, 2, 2, 1]), dict(ksizes=[1, 2, 2, 2]), dict(ksizes=[1, 0, 2, 1]), dict(ksizes=[1, -1, 2, 1]), dict(strides=[1, 0, 1, 1]),
                dict(strides=[2, 1, 1, 1]), dict(rates=[1, 0, 1, 1]), dict(rates=[1, 1, 1, 2]), dict(ksizes=[1, 2, 2]), dict(ksizes=[1, 2, 2, 1, 1]),
                dict(padding='FULL'), dict(strides=[1, 2**40, 1, 1])):
        yield Case('ExtractImagePatches', [rand('float32', (1, 4, 4, 1))], {**good, **bad}, error=True)
    yield Case('ExtractImagePatches', [rand('float32', (4, 4, 1))], good, error=True)

    for t in kernel_dtypes('ExtractVolumePatches'):
        yield Case('ExtractVolumePatches', [rand(t, (1, 3, 3, 4, 2))], dict(ksizes=[1, 2, 3, 2, 1], strides=[1, 1, 2, 2, 1], padding='SAME'))
    for shape in ((1, 2, 3, 4, 1), (2, 3, 3, 3, 2), (0, 3, 3, 3, 1)):
        for size, strides in (([1, 2, 2, 2, 1], [1, 1, 1, 1, 1]), ([1, 1, 3, 2, 1], [1, 2, 2, 1, 1]), ([1, 1, 1, 1, 1], [1, 3, 1, 2, 1])):
            for padding in ('SAME', 'VALID'):
                yield Case('ExtractVolumePatches', [rand('float32', shape)], dict(ksizes=size, strides=strides, padding=padding))
    good = dict(ksizes=[1, 2, 2, 2, 1], strides=[1, 1, 1, 1, 1], padding='SAME')
    for bad in (dict(ksizes=[2, 2, 2, 2, 1]), dict(ksizes=[1, 0, 2, 2, 1]), dict(strides=[1, 1, 0, 1, 1]), dict(strides=[1, 1, 1, 1, 2]), dict(ksizes=[1, 2, 2, 1])):
        yield Case('ExtractVolumePatches', [rand('float32', (1, 3, 3, 3, 1))], {**good, **bad}, error=True)


def cases():
    yield from pads()
    yield from mirrors()
    yield from batches()
    yield from depths()
    yield from patches()
