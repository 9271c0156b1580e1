"""Segment reductions: sorted, unsorted, sparse, and the sparse ones' gradients."""
import numpy as np

from cases_dsl import *


def no(t):
    return lit(t, np.zeros(0, numpy_dtype(t)))


def sorted_segments():
    for op in ('SegmentSum', 'SegmentMean', 'SegmentProd', 'SegmentMax', 'SegmentMin'):
        for t in kernel_dtypes(op):
            for index in INDEX:
                yield Case(op, [rand(t, (7, 3)), const(lit(index, [0, 0, 0, 1, 3, 3, 3]))])
                yield Case(op, [rand(t, (5,)), lit(index, [1, 1, 2, 2, 6])])
            if t in INTS:
                yield Case(op, [full_range(t, (5, 2)), const(i32([0, 0, 1, 1, 1]))])
        for t in ('int8', 'uint8'):
            yield Case(op, [lit(t, np.ones((200, 2))), const(i32([0] * 200))], name=f'{op} 200 rows {t}')
        for t in ('float16', 'bfloat16'):
            yield Case(op, [rand(t, (90, 2), 0.5, 1.5), const(i32([0] * 30 + [1] * 60))])
        yield Case(op, [rand('float32', (2, 3, 4)), const(i32([0, 1]))])
        yield Case(op, [rand('float32', (60, 100), seed=2), const(i32([i // 7 for i in range(60)]))])
        yield Case(op, [rand('float32', (0, 2)), no('int32')])
        yield Case(op, [rand('float32', (2, 0)), i32([0, 1])])
        yield Case(op, [fed(rand('float32', (4, 2))), fed(i32([0, 1, 1, 2]))])
        yield Case(op, [lit('float32', [np.inf, -np.inf, 1, np.inf]), const(i32([0, 0, 1, 1]))])
        yield Case(op, [rand('float32', (3,)), i32([1, 0, 1])], error=True)
        yield Case(op, [rand('float32', (2,)), i32([-1, 0])], error=True)
        yield Case(op, [rand('float32', (3, 2)), i32([0, 1])], error=True)
        yield Case(op, [rand('float32', (2, 2)), i32([[0, 1]])], error=True)
        yield Case(op, [rand('float32', ()), i32([0])], error=True)
    for op in ('SegmentMax', 'SegmentMin'):
        yield Case(op, [lit('float32', [np.nan, 1, 1, np.nan]), const(i32([0, 0, 1, 1]))])


def unsorted_segments():
    for op in ('UnsortedSegmentSum', 'UnsortedSegmentProd', 'UnsortedSegmentMax', 'UnsortedSegmentMin'):
        for t in kernel_dtypes(op):
            for index in INDEX:
                yield Case(op, [rand(t, (5, 3)), const(lit(index, [2, 0, -1, 2, 2])), const(lit(index, 4))])
            yield Case(op, [rand(t, (2, 3, 2)), i32([[0, 1, 0], [1, 4, 0]]), i64(5)])
            if t in INTS:
                yield Case(op, [full_range(t, (5, 2)), const(i32([0, 1, 0, 1, 1])), const(i32(2))])
        for t in ('float16', 'bfloat16'):
            yield Case(op, [rand(t, (90, 2), 0.5, 1.5), const(i32([0, 1, 1] * 30)), const(i32(2))])
        yield Case(op, [rand('float32', (2, 3)), i32(1), const(i32(2))])
        yield Case(op, [rand('float32', (0, 2)), no('int32'), i32(2)])
        yield Case(op, [rand('float32', (2, 0)), i32([0, 1]), i32(2)])
        yield Case(op, [rand('float32', (2,)), i32([-1, -1]), i32(0)])
        yield Case(op, [rand('float32', (2, 0)), i32([0, 9]), i32(1)])
        yield Case(op, [rand('float32', (60, 100), seed=2), const(i32([i * 7 % 11 for i in range(60)])), const(i32(11))])
        yield Case(op, [fed(rand('float32', (4, 2))), fed(i32([0, 1, 1, 2])), fed(i32(3), ())])
        yield Case(op, [rand('float32', (2,)), i32([0, 5]), i32(4)], error=True)
        yield Case(op, [rand('float32', (2,)), i32([0, 0]), i32(-4)], error=True)
        yield Case(op, [rand('float32', (2, 3)), i32([0, 1, 1]), i32(4)], error=True)
        yield Case(op, [rand('float32', (2,)), i32([0, 1]), i32([4])], error=True)
    yield Case('UnsortedSegmentSum', [rand('float32', (3,)), lit('int16', [1, 0, 1]), const(i32(2))])
    for op in ('UnsortedSegmentMax', 'UnsortedSegmentMin'):
        yield Case(op, [lit('float32', [np.nan, 1, 1, np.nan]), const(i32([0, 0, 1, 1])), const(i32(2))])


def sparse_segments():
    for kind in ('Sum', 'Mean', 'SqrtN'):
        op, counted, grad = f'SparseSegment{kind}', f'SparseSegment{kind}WithNumSegments', f'SparseSegment{kind}Grad'
        for t in kernel_dtypes(op):
            for index in INDEX:
                for ids in INDEX:
                    yield Case(op, [rand(t, (5, 3)), const(lit(index, [4, 1, 1, 0, 3])), const(lit(ids, [0, 0, 0, 2, 2]))])
                    yield Case(counted, [rand(t, (5, 2)), lit(index, [4, 1, 1, 0]), lit(ids, [0, 1, 1, 3]), lit(ids, 6)])
        for t in kernel_dtypes(grad):
            for index in INDEX:
                for ids in INDEX:
                    yield Case(grad, [rand(t, (3, 2)), lit(index, [3, 1, 1, 0]), lit(ids, [0, 0, 0, 2]), const(i32(5))])
            yield Case(grad, [rand(t, (3, 2)), i32([3, 1, 1, 0, 3]), i32([2, 0, 0, 2, 1]), i32(4)])
        unique = grad + 'V2'
        for t in kernel_dtypes(unique):
            for index in INDEX:
                for ids in INDEX:
                    yield Case(unique, [rand(t, (3, 2)), lit(index, [3, 1, 1, 0, 3]), lit(ids, [2, 0, 0, 2, 1]), const(i32(5))])
        yield Case(unique, [rand('float32', (3, 2, 70), seed=3), i32([3, 1, 1, 0]), i32([0, 0, 2, 2]), i32(4)])
        yield Case(unique, [rand('float32', (3,)), i32([1, 1]), i32([0, 1]), i32(4)])
        for shape in ((2, 2), (0, 2)):
            yield Case(unique, [rand('float32', shape), no('int32'), no('int32'), i32(4)])
        yield Case(unique, [rand('float32', (2, 0)), i32([1, 0]), i32([0, 1]), i32(4)])
        yield Case(unique, [fed(rand('float32', (2, 2))), fed(i32([3, 1])), fed(i32([0, 1])), fed(i32(4))])
        for index, ids, dim in (([4], [0], 4), ([-1], [0], 4), ([0], [2], 4), ([0], [-1], 4), ([], [], -1), ([0], [0], [4]), ([0, 1], [0], 4), ([[0]], [[0]], 4)):
            yield Case(unique, [rand('float32', (2, 2)), i32(index), i32(ids), i32(dim)], error=True)
        for t in ('float16', 'bfloat16'):
            yield Case(op, [rand(t, (4, 2), 0.5, 1.5), const(i32([0, 1, 2, 3] * 20)), const(i32([0] * 80))])
        data = rand('float32', (4, 2), seed=3)
        yield Case(op, [rand('float32', (4, 2, 70), seed=3), const(i32([3, 1, 1, 0])), const(i32([0, 0, 1, 1]))])
        yield Case(op, [data, no('int32'), no('int32')])
        yield Case(op, [rand('float32', (0, 2)), no('int32'), no('int32')])
        yield Case(op, [fed(data), fed(i32([3, 1])), fed(i32([0, 1]))])
        yield Case(counted, [data, no('int32'), no('int32'), i32(2)])
        yield Case(op, [data, i32([3, 4]), i32([0, 0])], error=True)
        yield Case(op, [data, i32([3, -1]), i32([0, 0])], error=True)
        yield Case(op, [data, i32([3, 1]), i32([1, 0])], error=True)
        yield Case(op, [data, i32([3, 1]), i32([-1, 0])], error=True)
        yield Case(op, [data, i32([3, 1]), i32([0])], error=True)
        yield Case(op, [rand('float32', ()), i32([0]), i32([0])], error=True)
        yield Case(counted, [data, i32([3, 1]), i32([0, 2]), i32(2)], error=True)
        yield Case(counted, [data, i32([3]), i32([0]), i32(-1)], error=True)
        yield Case(grad, [data, i32([4]), i32([0]), i32(4)], error=True)
        yield Case(grad, [data, i32([0]), i32([4]), i32(4)], error=True)
        yield Case(grad, [data, i32([0]), i32([0]), i32(-4)], error=True)
    # The attribute only tells the gradient what to make.
    yield Case('SparseSegmentSum', [rand('float32', (4, 2)), i32([3, 1]), i32([0, 1])], dict(sparse_gradient=True))


def cases():
    yield from sorted_segments()
    yield from unsorted_segments()
    yield from sparse_segments()
