"""Shapes as values, other shapes for the same elements, joining and cutting."""
from cases_dsl import *

SHAPES = ((3, 4), (), (0,), (2, 0, 3), (1, 1, 2, 1, 1, 3, 1, 1))
EVERY = ALL_PLAIN + QUANTIZED


def shapes():
    for op in ('Shape', 'Size'):
        for t in EVERY:
            yield Case(op, [rand(t, (2, 3))])
        for out in INDEX:
            for shape in SHAPES:
                yield Case(op, [rand('float32', shape)], dict(out_type=out))
            yield Case(op, [fed(rand('float32', (2, 3)))], dict(out_type=out))
            yield Case(op, [fed(rand('float32', (2, 3)), (None, 3))], dict(out_type=out))
    for t in EVERY:
        yield Case('Rank', [rand(t, (2, 3))])
        yield Case('ShapeN', [[rand(t, (2, 3)), rand(t, ())]])
    for shape in SHAPES:
        yield Case('Rank', [rand('float32', shape)])
        yield Case('Rank', [fed(rand('float32', shape))])
    for out in INDEX:
        yield Case('ShapeN', [[rand('float32', shape) for shape in SHAPES]], dict(out_type=out))
        yield Case('ShapeN', [[fed(rand('float32', (2, 3))), fed(rand('float32', (4, 3)), (None, 3))]], dict(out_type=out))

    def of_shape(g):
        x = g.feed(rand('float32', (2, 3, 4), seed=1), shape=(None, 3, 4))
        s = tf.raw_ops.Shape(input=x)
        n = tf.raw_ops.StridedSlice(input=s, begin=[0], end=[1], strides=[1], shrink_axis_mask=1)
        flat = tf.raw_ops.Pack(values=[n, tf.constant(-1)])
        return [tf.raw_ops.Reshape(tensor=x, shape=flat), tf.raw_ops.Size(input=x), tf.raw_ops.Fill(dims=s, value=2.0)]
    yield GraphCase('shapes made from shapes', of_shape)


def reshapes():
    for t in EVERY:
        yield Case('Reshape', [rand(t, (2, 3)), const(i32([3, 2]))])
        yield Case('ExpandDims', [rand(t, (2, 3)), const(i32(1))])
        yield Case('Squeeze', [rand(t, (1, 2, 1, 3))])
        yield Case('EnsureShape', [rand(t, (2, 3))], dict(shape=(2, None)))
    for make_shape in (i32, i64):
        for source, target in (((2, 3), [-1]), ((2, 3), [3, -1]), ((2, 3), [1, 6, 1]), ((), []), ((), [1, 1]), ((1, 1), []),
                               ((0,), [0, 5]), ((2, 0), [0]), ((0, 3), [-1, 3]), ((2, 0, 3), [3, -1, 2]), ((6,), [-1, 1, 1, 2, 1, 3]),
                               ((0,), [0, -1]), ((0, 3), [0, -1]), ((0, 3), [0, -1, 2]), ((0, 3), [3, -1, 0]), ((0, 3), [-1]),
                               ((2, 12), [2, 2, 1, 3, 1, 2, 1, 1])):
            yield Case('Reshape', [rand('float32', source), const(make_shape(target, (len(target),)))])
            yield Case('Reshape', [rand('float32', source), make_shape(target, (len(target),))])
        yield Case('Reshape', [fed(rand('float32', (2, 3))), fed(make_shape([3, -1]))])
        yield Case('Reshape', [fed(rand('float32', (2, 3)), (None, 3)), make_shape([-1, 1, 3])])
        for axis in (0, 1, 2, -1, -2, -3):
            yield Case('ExpandDims', [rand('float32', (2, 3)), const(make_shape(axis))])
            yield Case('ExpandDims', [rand('float32', (2, 3)), make_shape(axis)])
        yield Case('ExpandDims', [rand('float32', ()), const(make_shape(0))])
        yield Case('ExpandDims', [rand('float32', ()), const(make_shape(-1))])
        yield Case('ExpandDims', [rand('float32', (0, 2)), const(make_shape([1]))])
        yield Case('ExpandDims', [fed(rand('float32', (0, 2))), fed(make_shape(1))])
        for axis in (3, -4, 2**31 - 1, -2**31):
            yield Case('ExpandDims', [rand('float32', (2, 3)), make_shape(axis)], error=True)
        yield Case('ExpandDims', [rand('float32', (2, 3)), make_shape([0, 1])], error=True)
        yield Case('ExpandDims', [rand('float32', (2, 3)), make_shape([], (0,))], error=True)
        for source, target in (((2, 3), [5]), ((2, 3), [-1, -1]), ((2, 3), [4, -1]), ((2, 3), [-2, 3]), ((2, 3), []),
                               ((2, 3), [2**31 - 1, 2**31 - 1, 2**31 - 1]), ((0,), [1]), ((6,), [-1, 0])):
            yield Case('Reshape', [rand('float32', source), make_shape(target, (len(target),))], error=True)
        for size in (4, 8):
            def counted(g, make_shape=make_shape, size=size):
                places = tf.raw_ops.Where(condition=g.feed(boolean([True] * 6)))
                return [tf.raw_ops.Reshape(tensor=places, shape=g.const(make_shape([size])))]
            yield GraphCase(f'Reshape of 6 places to {size}, {make_shape.__name__}', counted, error=True)
        yield Case('Reshape', [rand('float32', (2, 3)), make_shape([[2, 3]])], error=True)
        yield Case('Reshape', [rand('float32', (6,)), make_shape(6)], error=True)
    yield Case('ExpandDims', [rand('float32', (2, 3)), i64(-2**63)], error=True)
    yield Case('Reshape', [rand('float32', (2, 3)), i64([2**62, 2**62])], error=True)

    for shape, dims in (((1, 2, 1, 3), [0]), ((1, 2, 1, 3), [2]), ((1, 2, 1, 3), [-2, 0]), ((1, 1), []), ((2, 3), []), ((1,), [-1]), ((), []),
                        ((1, 0, 1), [0]), ((1, 0, 1), []), ((1, 2, 1, 3), [0, 0]), ((1,) * 8, [1, 3, 5, 7])):
        yield Case('Squeeze', [rand('float32', shape)], dict(squeeze_dims=dims))
        yield Case('Squeeze', [fed(rand('float32', shape))], dict(squeeze_dims=dims))
        yield Case('Squeeze', [fed(rand('float32', shape), (None,) * len(shape))], dict(squeeze_dims=dims))
    for shape, dims in (((1, 2), [1]), ((1, 2), [2]), ((1, 2), [-3]), ((), [0]), ((0,), [0]), ((1,), [2**40])):
        yield Case('Squeeze', [rand('float32', shape)], dict(squeeze_dims=dims), error=True)

    for shape in ((2, 3), (None, 3), (None, None)):
        yield Case('EnsureShape', [rand('float32', (2, 3))], dict(shape=shape))
        yield Case('EnsureShape', [fed(rand('float32', (2, 3)))], dict(shape=shape))
    yield Case('EnsureShape', [rand('float32', (2, 3), seed=1)], dict(shape=None), expect=lambda: [make(rand('float32', (2, 3), seed=1))])
    yield Case('EnsureShape', [rand('float32', ())], dict(shape=()))
    yield Case('EnsureShape', [rand('float32', (0, 2))], dict(shape=(0, None)))
    for shape in ((3, 2), (6,), (2, 3, 1), (), (0, 3)):
        yield Case('EnsureShape', [rand('float32', (2, 3))], dict(shape=shape), error=True)
        yield Case('EnsureShape', [fed(rand('float32', (2, 3)))], dict(shape=shape), error=True)

    for t in kernel_dtypes('QuantizedReshape'):
        for make_shape in (i32, i64):
            yield Case('QuantizedReshape', [rand(t, (2, 6)), make_shape([3, -1]), f32(-1), f32(2.5)])
        yield Case('QuantizedReshape', [rand(t, (0, 6)), const(i32([0])), f32(-1), f32(2.5)])
        yield Case('QuantizedReshape', [rand(t, ()), const(i32([1, 1])), f32(0), f32(1)])
    yield Case('QuantizedReshape', [rand('quint8', (6,)), i32([4]), f32(0), f32(1)], error=True)
    yield Case('QuantizedReshape', [rand('quint8', (6,)), i32([6]), f32([0, 1]), f32(1)], error=True)


def joins():
    for t in kernel_dtypes('ConcatV2'):
        for axis in (0, -1):
            shapes = ((2, 3), (1, 3), (0, 3)) if axis == 0 else ((2, 3), (2, 1), (2, 4))
            yield Case('ConcatV2', [[rand(t, s, seed=i) for i, s in enumerate(shapes)], const(i32(axis))])
            yield Case('Concat', [const(i32(axis)), [rand(t, s, seed=i) for i, s in enumerate(shapes)]])
    for make_axis in (i32, i64):
        for shape in ((3,), (2, 3), (2, 0, 3), (2, 1, 3, 2), (1, 2, 1, 2, 1, 2, 1, 2)):
            for axis in sorted({0, len(shape) - 1, -1, -len(shape), len(shape) // 2}):
                wider = tuple(d + (i == axis % len(shape)) for i, d in enumerate(shape))
                yield Case('ConcatV2', [[rand('float32', shape), rand('float32', wider), rand('float32', shape)], make_axis(axis)])
    yield Case('ConcatV2', [[fed(rand('float32', (2, 3))), fed(rand('float32', (1, 3)), (None, 3))], fed(i32(0))])
    yield Case('ConcatV2', [[fed(rand('float32', (2, 3)), (2, None)), fed(rand('float32', (2, 1)), (None, None))], const(i32(1))])
    yield Case('ConcatV2', [[rand('float32', (2, 3)), 'in0', 'in0'], const(i32(1))])
    yield Case('ConcatV2', [[rand('float32', (5, 33)), rand('float32', (5, 17)), rand('float32', (5, 1))], const(i32(1))])
    yield Case('ConcatV2', [[rand('int8', (1, 2))] * 30, const(i32(0))])
    for axis in (2, -3, 2**31 - 1, -2**31):
        yield Case('ConcatV2', [[rand('float32', (2, 3)), rand('float32', (2, 3))], i32(axis)], error=True)
        yield Case('Concat', [i32(axis), [rand('float32', (2, 3)), rand('float32', (2, 3))]], error=True)
    for a, b, axis in (((2, 3), (2, 4), 0), ((2, 3), (3,), 0), ((), (), 0), ((0, 3), (1, 2), 0), ((2,), (), 0), ((2, 3), (2, 3, 1), 0)):
        yield Case('ConcatV2', [[rand('float32', a), rand('float32', b)], i32(axis)], error=True)
        yield Case('Concat', [i32(axis), [rand('float32', a), rand('float32', b)]], error=True)
    yield Case('ConcatV2', [[rand('float32', (2,)), rand('float32', (2,))], i32([0, 0])], error=True)
    yield Case('ConcatV2', [[rand('float32', (2,)), rand('float32', (2,))], i32([], (0,))], error=True)
    yield Case('ConcatV2', [[rand('float32', (2,)), rand('float32', (2,))], i32([0])], error=True)
    yield Case('ConcatV2', [[rand('float32', (2,))], i32(0)], error=True)

    for t in kernel_dtypes('Pack'):
        if t in ('variant', 'resource'):
            continue
        for axis in (0, 1, -1):
            yield Case('Pack', [[rand(t, (2, 3), seed=1), rand(t, (2, 3), seed=2)]], dict(axis=axis))
        yield Case('Pack', [[rand(t, ()), rand(t, ()), rand(t, ())]])
    for axis in (0, 1, 2, 3, -1, -2, -3, -4):
        yield Case('Pack', [[rand('float32', (2, 1, 3), seed=i) for i in range(3)]], dict(axis=axis))
        yield Case('Pack', [[rand('float32', (2, 1, 3))]], dict(axis=axis))
    yield Case('Pack', [[rand('float32', (0, 2)), rand('float32', (0, 2))]], dict(axis=1))
    yield Case('Pack', [[rand('float32', (1, 2, 1, 2, 1, 2, 1)), rand('float32', (1, 2, 1, 2, 1, 2, 1))]], dict(axis=4))
    yield Case('Pack', [[fed(rand('float32', (2, 3))), fed(rand('float32', (2, 3)), (None, 3))]], dict(axis=1))
    yield Case('Pack', [[const(i32(3)), i32(4), const(i32(5))]])
    for shapes, axis in ((((2,), (3,)), 0), (((2,), ()), 0), (((2,), (2,)), 2), (((2,), (2,)), -3), (((), ()), 1), (((2,), (1,)), 0)):
        yield Case('Pack', [[rand('float32', s) for s in shapes]], dict(axis=axis), error=True)

    for t in kernel_dtypes('ParallelConcat'):
        yield Case('ParallelConcat', [[rand(t, (1, 3), seed=1), rand(t, (1, 3), seed=2)]], dict(shape=(2, 3)))
    yield Case('ParallelConcat', [[rand('float32', (1,))]], dict(shape=(1,)))
    yield Case('ParallelConcat', [[rand('float32', (1, 0)), rand('float32', (1, 0))]], dict(shape=(2, 0)))
    for shapes, out in ((((1, 3), (1, 2)), (2, 3)), (((2, 3), (1, 3)), (3, 3)), (((), ()), (2,)),
                        (((1, 3), (1, 3)), (2, None)), (((1, 3), (1, 3)), ()), (((1, 3), (1, 3)), None)):
        yield Case('ParallelConcat', [[rand('float32', s) for s in shapes]], dict(shape=out), error=True)

    for make_shape in (i32, i64):
        for axis in (0, 1, -1, -3):
            vectors = [[2, 5, 7], [2, 5, 7], [2, 5, 7]]
            for i, v in enumerate(vectors):
                v[axis] = i + 3
            yield Case('ConcatOffset', [i32(axis), [make_shape(v) for v in vectors]])
        yield Case('ConcatOffset', [const(i32(0)), [const(make_shape([4])), const(make_shape([0]))]])
        for axis, vectors in ((1, ([1], [1])), (0, ([1, 2], [1, 3])), (0, ([1, 2], [1])), (-3, ([1, 2], [1, 2]))):
            yield Case('ConcatOffset', [i32(axis), [make_shape(v) for v in vectors]], error=True)
        yield Case('ConcatOffset', [i32([0, 1]), [make_shape([1, 2]), make_shape([1, 2])]], error=True)
        yield Case('ConcatOffset', [i32(0), [make_shape([[1]]), make_shape([[1]])]], error=True)


def cuts():
    for t in kernel_dtypes('Split'):
        if t in ('variant', 'resource'):
            continue
        for axis in (0, 1, -1):
            yield Case('Split', [const(i32(axis)), rand(t, (4, 6))], dict(num_split=2))
        yield Case('SplitV', [rand(t, (2, 6)), const(i64([1, 3, 2])), const(i32(1))], dict(num_split=3))
    for shape in ((6,), (2, 6), (6, 0), (6, 1, 2), (1, 2, 1, 6, 1, 2, 1, 2)):
        axis = shape.index(6)
        for num in (1, 2, 3, 6):
            yield Case('Split', [i32(axis), rand('float32', shape)], dict(num_split=num))
            yield Case('Split', [i32(axis - len(shape)), fed(rand('float32', shape))], dict(num_split=num))
        for sizes in ([6], [1, 5], [0, 6, 0], [2, -1, 1], [3, -1, 3], [1, 1, 1, 1, 1, 1]):
            for index in ('int8', 'int32', 'int64'):
                yield Case('SplitV', [rand('float32', shape), lit(index, sizes), i32(axis)], dict(num_split=len(sizes)))
    yield Case('SplitV', [fed(rand('float32', (2, 6))), fed(i32([4, -1])), fed(i32(-1))], dict(num_split=2))
    yield Case('Split', [fed(i32(-1)), fed(rand('float32', (2, 6)))], dict(num_split=3))
    yield Case('Split', [const(i32(0)), rand('float32', (0, 3))], dict(num_split=2))
    yield Case('Split', [const(i32(1)), rand('float32', (3, 120))], dict(num_split=3))
    for axis, shape, num in ((1, (6,), 2), (-2, (6,), 2), (0, (6,), 4), (0, (), 1), (2**31 - 1, (6,), 2), (-2**31, (6,), 2), (0, (6,), 7)):
        yield Case('Split', [i32(axis), rand('float32', shape)], dict(num_split=num), error=True)
    yield Case('Split', [i32([0]), rand('float32', (6,))], dict(num_split=2), error=True)
    yield Case('Split', [i32([0, 0]), rand('float32', (6,))], dict(num_split=2), error=True)
    for sizes, axis in (([1, 2], 0), ([7], 0), ([-1, -1], 0), ([-2, 8], 0), ([7, -1], 0), ([3, 3], 1), ([3, 3], -2), ([2, 2, 2], 5)):
        yield Case('SplitV', [rand('float32', (6,)), i64(sizes), i32(axis)], dict(num_split=len(sizes)), error=True)
    yield Case('SplitV', [rand('float32', (2, 3)), i64([1, 2]), i32([[1]])], dict(num_split=2))  # one element is a scalar
    yield Case('SplitV', [rand('float32', (2, 3)), i64([1, 2]), i32([1, 1])], dict(num_split=2), error=True)
    yield Case('SplitV', [rand('float32', (6,)), i64([2**62, 2**62, 2**62]), i32(0)], dict(num_split=3), error=True)
    yield Case('SplitV', [rand('float32', (6,)), i64([-1]), i32(0)], dict(num_split=1), error=True)
    for shape, sizes, axis in (((0, 4), [-1, 2], 1), ((0, 4), [1, 3], 1), ((0, 4), [0, 0], 0), ((4, 0), [1, 3], 0)):
        yield Case('SplitV', [rand('float32', shape), i64(sizes), i32(axis)], dict(num_split=2))
    for shape, sizes, axis in (((0, 4), [-1, 5], 1), ((0, 4), [1, 2], 1), ((0, 4), [-1, 2], 0), ((0,), [1, 2], 0)):
        yield Case('SplitV', [rand('float32', shape), i64(sizes), i32(axis)], dict(num_split=2), error=True)
    yield Case('SplitV', [rand('float32', (6,)), i64([3, 3]), i32(0)], dict(num_split=3), error=True)
    yield Case('SplitV', [rand('float32', (6,)), i64([[3, 3]]), i32(0)], dict(num_split=2), error=True)
    yield Case('SplitV', [rand('float32', ()), i64([1]), i32(0)], dict(num_split=1), error=True)

    for t in kernel_dtypes('Unpack'):
        if t in ('variant', 'resource'):
            continue
        yield Case('Unpack', [rand(t, (3, 2))], dict(num=3))
        yield Case('Unpack', [rand(t, (3, 2))], dict(num=2, axis=-1))
    for axis in (0, 1, 2, -1, -2, -3):
        yield Case('Unpack', [rand('float32', (2, 3, 4))], dict(num=(2, 3, 4)[axis], axis=axis))
        yield Case('Unpack', [fed(rand('float32', (2, 3, 4)))], dict(num=(2, 3, 4)[axis], axis=axis))
    yield Case('Unpack', [rand('float32', (0, 3))], dict(num=3, axis=1))
    yield Case('Unpack', [rand('float32', (3,))], dict(num=3))
    yield Case('Unpack', [rand('float32', (1, 2, 1, 2, 1, 2, 1, 2))], dict(num=2, axis=5))
    for shape, num, axis in (((3,), 2, 0), ((3,), 3, 1), ((3,), 3, -2), ((), 1, 0), ((3, 2), 3, 1), ((3,), 0, 0)):
        yield Case('Unpack', [rand('float32', shape)], dict(num=num, axis=axis), error=True)


def copies():
    for op in ('Copy', 'CopyHost'):
        for spec in ('DebugIdentity;file:///tmp/x;0', 'DebugIdentity', 'a;b;c;d'):
            yield Case(op, [rand('float32', (2,))], dict(debug_ops_spec=[spec]), error=spec.count(';') != 2)
    for op in ('DeepCopy', 'GuaranteeConst', 'Copy', 'CopyHost'):
        for t in EVERY:
            x = rand(t, (2, 3), seed=5)
            yield Case(op, [x], exact=True, expect=(lambda x=x: [literal(x)]) if op == 'DeepCopy' and t in QUANTIZED else None)
        yield Case(op, [rand('float32', ())], exact=True)
        yield Case(op, [fed(rand('float32', (0, 2)))], exact=True)
    for t in EVERY:
        yield Case('HostConst', [], dict(dtype=t, value=rand(t, (2, 3), seed=7)), name=f'HostConst {t}', exact=True)
    yield Case('HostConst', [], dict(dtype='float32', value=f32([])), name='HostConst empty')
    yield Case('HostConst', [], dict(dtype='float32', value=i32([1])), name='HostConst of another dtype', error=True)


def cases():
    yield from shapes()
    yield from reshapes()
    yield from joins()
    yield from cuts()
    yield from copies()
