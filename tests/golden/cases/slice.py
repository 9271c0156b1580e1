"""Slices: by begin and size, by ranges with strides and masks, their gradients and updates."""
from cases_dsl import *

PLAIN = [t for t in kernel_dtypes('StridedSlice') if t not in ('variant', 'resource')]


def bits(*places):
    return sum(1 << place for place in places)


def slices():
    for t in kernel_dtypes('Slice'):
        yield Case('Slice', [rand(t, (4, 5)), const(i32([1, 2])), const(i32([2, -1]))])
        yield Case('Slice', [rand(t, (4, 5)), i64([0, 1]), i64([4, 3])])
    for index in (i32, i64):
        for shape, begin, size in (((6,), [0], [6]), ((6,), [6], [0]), ((6,), [6], [-1]), ((6,), [2], [-1]), ((), [], []), ((0, 3), [0, 1], [0, 2]),
                                   ((2, 3, 4), [1, 0, 2], [1, 3, 2]), ((2, 3, 4), [0, 1, 0], [2, 2, 4]), ((2, 3, 4), [0, 0, 0], [0, 3, 4]),
                                   ((2, 2, 2, 2, 2, 2, 2, 2), [0, 1, 0, 1, 0, 1, 0, 0], [2, 1, -1, 1, 1, -1, 2, 1])):
            n = len(begin)
            yield Case('Slice', [rand('float32', shape), const(index(begin, (n,))), const(index(size, (n,)))])
            yield Case('Slice', [rand('float32', shape), index(begin, (n,)), const(index(size, (n,)))])
            yield Case('Slice', [rand('float32', shape), const(index(begin, (n,))), index(size, (n,))])
            yield Case('Slice', [fed(rand('float32', shape)), fed(index(begin, (n,))), fed(index(size, (n,)))])
        yield Case('Slice', [fed(rand('float32', (4, 3)), (None, 3)), const(index([1, 0])), const(index([-1, 2]))])
        for shape, begin, size in (((6,), [7], [0]), ((6,), [-1], [1]), ((6,), [5], [2]), ((6,), [0], [-2]), ((6,), [0], [7]), ((6,), [0, 0], [1, 1]),
                                   ((2, 3), [0], [1]), ((6,), [2**31 - 1], [2**31 - 1]), ((6,), [0], [-2**31]), ((0,), [0], [1]), ((), [0], [0])):
            yield Case('Slice', [rand('float32', shape), index(begin), index(size)], error=True)
            yield Case('Slice', [rand('float32', shape), index(begin), const(index(size))], error=True)
        yield Case('Slice', [rand('float32', (6,)), index(0), index(1)], error=True)
        yield Case('Slice', [rand('float32', (6,)), index([[0]]), index([[1]])], error=True)
    yield Case('Slice', [rand('float32', (6,)), i64([2**62]), i64([2**62])], error=True)
    yield Case('Slice', [rand('float32', (6,)), i64([3]), i64([2**63 - 1])], error=True)
    yield Case('Slice', [rand('float32', (20, 70)), const(i32([3, 5])), const(i32([4, 40]))])


# shape, begin, end, strides, masks
RANGES = [
    ((7,), [1], [5], [1], {}), ((7,), [1], [6], [2], {}), ((7,), [5], [1], [-1], {}), ((7,), [6], [0], [-3], {}), ((7,), [-3], [-1], [1], {}),
    ((7,), [-1], [-8], [-2], {}), ((7,), [0], [100], [3], {}), ((7,), [-100], [100], [1], {}), ((7,), [100], [-100], [-1], {}), ((7,), [5], [2], [1], {}),
    ((7,), [2], [5], [-1], {}), ((7,), [3], [3], [1], {}), ((7,), [0], [7], [100], {}), ((7,), [6], [-8], [-100], {}),
    ((7,), [2], [5], [1], dict(begin_mask=1)), ((7,), [2], [5], [1], dict(end_mask=1)), ((7,), [2], [5], [-1], dict(begin_mask=1, end_mask=1)),
    ((7,), [2], [5], [-2], dict(begin_mask=1)), ((7,), [5], [9], [-2], dict(end_mask=1)), ((7,), [3], [0], [1], dict(shrink_axis_mask=1)),
    ((7,), [-1], [0], [1], dict(shrink_axis_mask=1)), ((7,), [3], [0], [1], dict(shrink_axis_mask=1, begin_mask=1)),
    ((7,), [3], [0], [2], dict(shrink_axis_mask=1)), ((7,), [0], [0], [1], dict(new_axis_mask=1)), ((7,), [0], [0], [1], dict(ellipsis_mask=1)),
    ((7,), [0], [0], [0], dict(new_axis_mask=1)), ((7,), [0], [0], [0], dict(ellipsis_mask=1)),
    ((7,), [0, 1], [0, 3], [1, 1], dict(new_axis_mask=1)), ((7,), [1, 0], [3, 0], [1, 1], dict(new_axis_mask=2)),
    ((7,), [2], [3], [1], dict(new_axis_mask=1, shrink_axis_mask=1)), ((7,), [2], [3], [1], dict(ellipsis_mask=1, shrink_axis_mask=1)),
    ((7,), [2], [3], [1], dict(ellipsis_mask=1, new_axis_mask=1)), ((7,), [], [], [], {}), ((), [], [], [], {}),
    ((), [0], [0], [1], dict(new_axis_mask=1)), ((), [0], [0], [1], dict(ellipsis_mask=1)), ((), [0, 0], [0, 0], [1, 1], dict(new_axis_mask=3)),
    ((0,), [0], [1], [1], {}), ((0,), [0], [0], [-1], dict(begin_mask=1, end_mask=1)), ((0, 3), [0, 1], [0, 2], [1, 1], {}),
    ((3, 4), [1, 1], [3, 4], [1, 2], {}), ((3, 4), [1], [2], [1], {}), ((3, 4), [1, 0], [2, 4], [1, 1], dict(shrink_axis_mask=1)),
    ((3, 4), [0, 2], [3, 3], [1, 1], dict(shrink_axis_mask=2)), ((3, 4), [1, 2], [0, 0], [1, 1], dict(shrink_axis_mask=3)),
    ((3, 4), [0, -1], [0, 0], [1, 1], dict(ellipsis_mask=1, shrink_axis_mask=2)), ((3, 4), [-1, 0], [0, 0], [-1, 1], dict(ellipsis_mask=2, end_mask=1)),
    ((3, 4), [0, 0, 1], [0, 0, 3], [1, 1, 1], dict(ellipsis_mask=1, new_axis_mask=2)),
    ((3, 4), [0, 0, 1], [0, 0, 3], [1, 1, 1], dict(new_axis_mask=1, ellipsis_mask=2)),
    ((3, 4), [2, 0, 1], [0, 0, 3], [-1, 1, 1], dict(ellipsis_mask=2)), ((3, 4), [0, 3], [3, 0], [1, -1], {}), ((3, 4), [2, 3], [-4, -5], [-1, -1], {}),
    ((2, 3, 4), [0, 1], [0, 2], [1, 1], dict(ellipsis_mask=1)), ((2, 3, 4), [1, 0, 2], [0, 0, 4], [1, 1, 1], dict(ellipsis_mask=2, shrink_axis_mask=1)),
    ((2, 3, 4), [0, 0, 1, 0], [0, 0, 3, 0], [1, 1, 1, 1], dict(ellipsis_mask=2, new_axis_mask=9)),
    ((2, 3, 4), [0, 0, 0], [2, 3, 4], [1, 1, 1], dict(begin_mask=7, end_mask=7)), ((2, 3, 4), [1, 2, 3], [0, 0, 0], [-1, -1, -1], dict(end_mask=7)),
    ((2, 3, 4), [0, 2, 0], [2, 0, 4], [1, -1, 1], dict(end_mask=2)), ((2, 3, 4), [0, 2, 3], [2, 9, -9], [1, 1, -3], dict(begin_mask=5)),
    ((2, 2, 2, 2, 2, 2, 2, 2), [0, 1, 0, 1, 0, 1, 0, 0], [2, 2, 1, 0, 2, 2, 1, 2], [1, 1, 1, -1, 1, 1, 1, 2], {}),
    ((2, 1, 2), [0, 0, 0, 0, 0, 0], [2, 0, 1, 0, 2, 0], [1] * 6, dict(new_axis_mask=bits(1, 3, 5))),
]
BAD_RANGES = [
    ((7,), [0], [3], [0], {}), ((7,), [7], [8], [1], dict(shrink_axis_mask=1)), ((7,), [-8], [0], [1], dict(shrink_axis_mask=1)),
    ((7,), [3], [2], [-1], dict(shrink_axis_mask=1)), ((7,), [0, 0], [1, 1], [1, 1], {}), ((7,), [0], [1], [1, 1], {}), ((7,), [0], [1, 1], [1], {}),
    ((3, 4), [0, 0], [1, 1], [1, 1], dict(ellipsis_mask=3)), ((), [0], [1], [1], {}), ((0,), [0], [1], [1], dict(shrink_axis_mask=1)),
    ((3, 4), [0, 0, 0, 0], [1, 1, 1, 1], [1] * 4, dict(ellipsis_mask=1)), ((7,), [2**31 - 1], [0], [1], dict(shrink_axis_mask=1)),
    ((7,), [-2**31], [0], [1], dict(shrink_axis_mask=1)), ((7,), [0] * 33, [1] * 33, [1] * 33, dict(new_axis_mask=2**31 - 2)),
]


def ranges():
    for t in PLAIN:
        yield Case('StridedSlice', [rand(t, (4, 5)), const(i32([1, 0])), const(i32([3, 5])), const(i32([1, 2]))])
        yield Case('StridedSlice', [rand(t, (4, 5)), const(i32([3, 1])), const(i32([0, 5])), const(i32([-1, 1]))], dict(end_mask=1))
    x = 'float32'
    for n, (shape, begin, end, strides, masks) in enumerate(RANGES):
        count = (len(begin),)
        for index in (('int32', 'int64', 'int16') if n % 5 == 0 else (('int32', 'int64')[n % 2],)):
            b, e, s = lit(index, begin, count), lit(index, end, count), lit(index, strides, count)
            yield Case('StridedSlice', [rand(x, shape), const(b), const(e), const(s)], masks)
            yield Case('StridedSlice', [rand(x, shape), b, e, const(s)], masks)
            yield Case('StridedSlice', [fed(rand(x, shape)), fed(b), fed(e), fed(s)], masks)
            yield Case('StridedSlice', [fed(rand(x, shape), (None,) * len(shape)), const(b), const(e), const(s)], masks)
    for shape, begin, end, strides, masks in BAD_RANGES:
        b, e, s = i32(begin), i32(end), i32(strides)
        yield Case('StridedSlice', [rand(x, shape), const(b), const(e), const(s)], masks, error=True)
        yield Case('StridedSlice', [rand(x, shape), b, e, s], masks, error=True)
    big = 2**63 - 1
    for begin, end, stride in ((-big - 1, big, 1), (big, -big - 1, -1), (0, 7, big), (6, -8, -big - 1), (-big - 1, big, big), (big, -big - 1, -big - 1),
                               (big, big, 1), (-big - 1, -big - 1, 1)):
        yield Case('StridedSlice', [rand(x, (7,)), i64([begin]), i64([end]), i64([stride])])
    yield Case('StridedSlice', [rand(x, (7,)), i64([-big - 1]), i64([0]), i64([1])], dict(shrink_axis_mask=1), error=True)
    yield Case('StridedSlice', [rand(x, (7,)), i32([[0]]), i32([[1]]), i32([[1]])], error=True)
    yield Case('StridedSlice', [rand(x, (7,)), i32(0), i32(1), i32(1)], error=True)
    yield Case('StridedSlice', [rand(x, (9, 33, 3)), const(i32([1, 2, 0])), const(i32([8, 30, 3])), const(i32([3, 5, 1]))])


def gradients_and_updates():
    def result_shape(shape, begin, end, strides, masks):
        t = tf.raw_ops.StridedSlice(input=np.zeros(shape), begin=np.array(begin, 'int32'), end=np.array(end, 'int32'),
                                    strides=np.array(strides, 'int32'), **masks)
        return tuple(t.shape)

    for t in PLAIN:
        b, e, s = const(i32([3, 1])), const(i32([0, 5])), const(i32([-1, 2]))
        yield Case('StridedSliceGrad', [const(i32([4, 5])), b, e, s, rand(t, (3, 2))])
        if t not in QUANTIZED:
            yield Case('TensorStridedSliceUpdate', [rand(t, (4, 5)), b, e, s, rand(t, (3, 2))])
    x = 'float32'
    for n, (shape, begin, end, strides, masks) in enumerate(RANGES):
        count = (len(begin),)
        index = ('int32', 'int64')[n % 2]
        b, e, s = lit(index, begin, count), lit(index, end, count), lit(index, strides, count)
        out = result_shape(shape, begin, end, strides, masks)
        whole = lit(index, shape, (len(shape),))
        yield Case('StridedSliceGrad', [const(whole), const(b), const(e), const(s), rand(x, out)], masks)
        yield Case('StridedSliceGrad', [whole, b, e, s, rand(x, out)], masks)
        if n % 3 == 0:
            yield Case('StridedSliceGrad', [fed(whole), fed(b), fed(e), fed(s), fed(rand(x, out))], masks)
        if 0 not in shape:
            yield Case('TensorStridedSliceUpdate', [rand(x, shape), const(b), const(e), const(s), rand(x, out)], masks)
            yield Case('TensorStridedSliceUpdate', [fed(rand(x, shape)), fed(b), fed(e), fed(s), fed(rand(x, out))], masks)
    for shape, begin, end, strides, masks in BAD_RANGES:
        b, e, s = i32(begin), i32(end), i32(strides)
        yield Case('StridedSliceGrad', [i32(shape, (len(shape),)), b, e, s, rand(x, (1,))], masks, error=True)
        yield Case('TensorStridedSliceUpdate', [rand(x, shape), b, e, s, rand(x, (1,))], masks, error=True)
    # An empty slice takes any value.
    for value in ((3, 2), (2, 3, 2), (7,), ()):
        yield Case('TensorStridedSliceUpdate', [rand(x, (4, 5)), i32([3, 1]), i32([3, 5]), i32([1, 2]), rand(x, value)])
    one = i32([1])
    for value in ((), (1,)):
        yield Case('TensorStridedSliceUpdate', [rand(x, (7,)), one, i32([3]), one, rand(x, value)])
    update = 'TensorStridedSliceUpdate'
    for value in ((2, 3), (3,), (1, 3), (2, 1), (1,), (1, 1), (), (1, 2, 3)):
        yield Case(update, [rand(x, (2, 5)), i32([0, 1]), i32([2, 4]), i32([1, 1]), rand(x, value)])
    for value in ((2,), (3, 1), (0, 3), (2, 2, 3)):
        yield Case(update, [rand(x, (2, 5)), i32([0, 1]), i32([2, 4]), i32([1, 1]), rand(x, value)], error=True)
    for value in ((1, 2, 3), (2, 3), (3,), (1, 1, 3), (1, 2, 1), (2, 1)):
        yield Case(update, [rand(x, (2, 5)), i32([0, 0, 1]), i32([0, 2, 4]), i32([1, 1, 1]), rand(x, value)], dict(new_axis_mask=1))
    for value in ((3,), (1,), ()):
        yield Case(update, [rand(x, (2, 5)), i32([1, 1]), i32([0, 4]), i32([1, 1]), rand(x, value)], dict(shrink_axis_mask=1))
    for dy in ((3,), (2, 1), (0,)):
        yield Case('StridedSliceGrad', [i32([7]), one, i32([3]), one, rand(x, dy)], error=True)
        yield Case('TensorStridedSliceUpdate', [rand(x, (7,)), one, i32([3]), one, rand(x, dy)], error=True)
    yield Case('StridedSliceGrad', [i32([-7]), one, i32([3]), one, rand(x, (2,))], error=True)
    yield Case('StridedSliceGrad', [i32([[7]]), one, i32([3]), one, rand(x, (2,))], error=True)


def cases():
    yield from slices()
    yield from ranges()
    yield from gradients_and_updates()
