"""What is found by comparing elements: Where, Unique, ListDiff, TopK, NthElement, InTopK."""
import numpy as np

from cases_dsl import *


def empty(t, *shape):
    return lit(t, np.zeros(shape, numpy_dtype(t)))


def wheres():
    # TensorFlow's kernel for float16 only says that there is none.
    yield Case('Where', [lit('float16', [0, 1, -0.0, np.nan])], expect=lambda: [i64([[1], [3]])])
    for t in kernel_dtypes('Where'):
        if t == 'float16':
            continue
        few = boolean([[1, 0, 1], [0, 0, 1]]) if t == 'bool' else rand(t, (3, 4), 0, 0.0625 if t in FLOATS + COMPLEX else 1)
        yield Case('Where', [few])
        yield Case('Where', [rand(t, (7,), 0, 1)])
    yield Case('Where', [f32([0, -0.0, np.nan, np.inf, 1])])
    yield Case('Where', [edge('bfloat16', (31,))])
    yield Case('Where', [edge('float32', (31,))])
    yield Case('Where', [boolean(np.zeros((2, 2)))])
    yield Case('Where', [empty('bool', 0, 3)])
    yield Case('Where', [empty('float32', 2, 0, 3)])
    for rank in range(1, 9):
        yield Case('Where', [rand('bool', (2,) * rank)])
    yield Case('Where', [fed(boolean([[True, False]]))])
    yield Case('Where', [const(boolean([[True, False]]))])
    yield Case('Where', [boolean(True)], error=True)


def uniques():
    ops = {'Unique': [], 'UniqueWithCounts': [], 'UniqueV2': [empty('int64', 0)], 'UniqueWithCountsV2': [empty('int64', 0)]}
    for op, rest in ops.items():
        for t in kernel_dtypes(op):
            for out in INDEX:
                yield Case(op, [rand(t, (20,), 0, 3)] + rest, dict(out_idx=out))
                yield Case(op, [rand(t, (1,))] + rest, dict(out_idx=out))
            yield Case(op, [empty(t, 0)] + rest)
        for t in FLOATS:
            yield Case(op, [lit(t, [np.nan, 1, np.nan, 0, -0.0, np.inf, 1, -0.0, np.inf, -np.inf])] + rest)
        yield Case(op, [permutation('int32', (60,))] + rest)
        yield Case(op, [text([b'b', b'a', b'b', b'', b'a\x00', b'a', b'\xff', b''])] + rest)
        yield Case(op, [fed(i32([3, 1, 3]))] + rest)
        yield Case(op, [const(i32([3, 1, 3]))] + rest)
        yield Case(op, [i32([[3, 1, 3]])] + rest, error=True)
    for op in ('UniqueV2', 'UniqueWithCountsV2'):
        for t in kernel_dtypes(op):
            for axis in (0, 1, -1):
                for index in INDEX:
                    yield Case(op, [rand(t, (3, 4), 0, 0.03125 if t in FLOATS else 1), const(lit(index, [axis]))])
            yield Case(op, [rand(t, (2, 4, 2), 0, 0.03125 if t in FLOATS else 1), i32([1])], dict(out_idx='int64'))
        yield Case(op, [f32([[np.nan, 1], [np.nan, 1], [0, 1], [-0.0, 1]]), i32([0])])
        yield Case(op, [empty('float32', 3, 0), i32([0])])
        yield Case(op, [empty('float32', 0, 3), i32([0])])
        yield Case(op, [fed(i32([[3, 1, 3]])), fed(i32([1]))])
        for axis in ([2], [-3], [0, 1], 0):
            yield Case(op, [i32([[3, 1, 3]]), i32(axis)], error=True)
        yield Case(op, [i32(3), i32([0])], error=True)
    for t in kernel_dtypes('ListDiff'):
        for out in INDEX:
            yield Case('ListDiff', [rand(t, (12,), 0, 4), rand(t, (3,), 0, 4)], dict(out_idx=out))
    yield Case('ListDiff', [i32([1, 2, 3, 4, 5, 6, 1]), i32([3, 5])])
    yield Case('ListDiff', [i32([1, 2]), empty('int32', 0)])
    yield Case('ListDiff', [empty('int32', 0), i32([1, 2])])
    yield Case('ListDiff', [text([b'x', b'', b'yy']), text([b'', b'y'])])
    for t in FLOATS:
        yield Case('ListDiff', [lit(t, [np.nan, 0, -0.0, 1, np.inf]), lit(t, [np.nan, 0, np.inf])])
    yield Case('ListDiff', [i32([[1]]), i32([1])], error=True)
    yield Case('ListDiff', [i32([1]), i32(1)], error=True)


def tops():
    for t in kernel_dtypes('TopKV2'):
        for sorted_ in (True, False):
            yield Case('TopKV2', [rand(t, (3, 9)), const(i32(4))], dict(sorted=sorted_))
            yield Case('TopKV2', [permutation(t, (11,)), i32(5)], dict(sorted=sorted_))
            yield Case('TopKV2', [rand(t, (2, 5)), const(i32(5))], dict(sorted=sorted_))
            yield Case('TopKV2', [rand(t, (2, 5)), const(i32(1))], dict(sorted=sorted_))
        # TensorFlow cannot choose among its kernels of TopK any more.
        x = rand(t, (2, 5), seed=6)
        yield Case('TopK', [x], dict(k=3), producer=6, expect=lambda x=x: tf_run('TopKV2', [x, i32(3)]))
    for k in ('int16', 'int32', 'int64'):
        for out in ('int16', 'int32', 'int64'):
            yield Case('TopKV2', [rand('float32', (2, 5)), lit(k, 2)], dict(index_type=out))
    for sorted_ in (True, False):
        for n in (1, 2, 3, 17, 60, 199):
            for k in sorted({0, 1, 2, n // 2, n - 1, n}):
                if 0 <= k <= n:
                    yield Case('TopKV2', [rand('float32', (2, n), seed=n), const(i32(k))], dict(sorted=sorted_))
                    yield Case('TopKV2', [permutation('int32', (n,), seed=n), const(i32(k))], dict(sorted=sorted_))
        for n in (3, 8, 16):
            values = np.arange(n, dtype=np.float32) * 7 % 5
            values[::3] = np.nan
            for k in range(2, n + 1):
                yield Case('TopKV2', [f32(values), const(i32(k))], dict(sorted=sorted_), name=f'TopKV2 NaN {n} {k} {sorted_}')
    for t in FLOATS:
        yield Case('TopKV2', [lit(t, [[0, -0.0, 1, np.inf, -np.inf, 1, np.inf]]), const(i32(4))])
    yield Case('TopKV2', [rand('float32', (2, 2, 3, 4)), i32(2)])
    yield Case('TopKV2', [empty('float32', 0, 3), i32(2)])
    yield Case('TopKV2', [empty('float32', 2, 0), i32(0)])
    yield Case('TopKV2', [fed(rand('float32', (2, 3))), fed(i32(2), ())])
    yield Case('TopKV2', [f32([1, 5]), i32(3)], error=True)
    yield Case('TopKV2', [f32([1, 5]), i32(-1)], error=True)
    yield Case('TopKV2', [f32(1), i32(0)], error=True)
    yield Case('TopKV2', [f32([1, 5]), i32([1])], error=True)
    yield Case('TopK', [f32([1, 5])], dict(k=3), producer=6, error=True)

    for t in kernel_dtypes('NthElement'):
        for n in (0, 3, 6):
            for reverse in (False, True):
                yield Case('NthElement', [rand(t, (3, 7)), const(i32(n))], dict(reverse=reverse))
    yield Case('NthElement', [rand('float32', (2, 3, 5)), i32(2)])
    yield Case('NthElement', [rand('float32', (5,)), i32(2)])
    yield Case('NthElement', [empty('float32', 0, 3), i32(0)])
    yield Case('NthElement', [fed(rand('float32', (5,))), fed(i32(2), ())])
    for n in (-1, 5):
        yield Case('NthElement', [rand('float32', (2, 5)), i32(n)], error=True)
    yield Case('NthElement', [f32(1), i32(0)], error=True)
    yield Case('NthElement', [empty('float32', 2, 0), i32(0)], error=True)

    odd = f32([[.1, np.nan, .5], [.3, .3, np.nan], [np.inf, .3, np.inf], [.1, -np.inf, .2], [.3, .3, .3], [.1, .9, .5]])
    for t in INDEX:
        for k in (-1, 0, 1, 2, 3, 100):
            targets = lit(t, [2, 2, 0, 0, 1, 2])
            yield Case('InTopK', [odd, targets], dict(k=k))
            yield Case('InTopKV2', [odd, targets, lit(t, k)])
            yield Case('InTopK', [rand('float32', (6, 5), seed=1), rand(t, (6,), 0, 4, seed=2)], dict(k=k))
        yield Case('InTopKV2', [odd, lit(t, [3, -1, 0, 1, 2, 2**31 - 1]), lit(t, 2)])
    yield Case('InTopK', [empty('float32', 0, 3), empty('int32', 0)], dict(k=1))
    yield Case('InTopK', [empty('float32', 2, 0), i32([0, 0])], dict(k=1))
    yield Case('InTopK', [f32([[1, 2]]), i32([1, 1])], dict(k=1), error=True)
    yield Case('InTopK', [f32([1, 2]), i32([1, 1])], dict(k=1), error=True)


def cases():
    yield from wheres()
    yield from uniques()
    yield from tops()
