"""Reductions, arg-reductions, running totals and histograms."""
import numpy as np

from cases_dsl import *

REDUCTIONS = ['Sum', 'Mean', 'Prod', 'Max', 'Min', 'EuclideanNorm']
NONE = lit('int32', np.zeros(0, np.int32))


def axes_of(rank):
    """Axis lists that make every kind of group: none, each end, the middle, alternating, all."""
    lists = [[], [0], [-1], list(range(rank))]
    if rank >= 3:
        lists += [[1], [0, 2], [0, rank - 1]]
    if rank >= 5:
        lists += [[0, 2, 4], [1, 3], [3, 0]]
    return lists


def reductions():
    for op in REDUCTIONS:
        for t in kernel_dtypes(op):
            yield Case(op, [rand(t, (3, 4)), const(i32([1]))])
            yield Case(op, [rand(t, (3, 4)), const(i32([0]))], dict(keep_dims=True))
            yield Case(op, [rand(t, (2, 3, 5)), const(i64([0, -1]))])
            yield Case(op, [rand(t, (2, 0, 3)), const(i32([1]))])
            yield Case(op, [rand(t, (2, 3, 2)), const(NONE)])
            # Sums that overflow in TensorFlow's half arithmetic depend on its order of summation.
            if t in INTS and op != 'EuclideanNorm':
                yield Case(op, [full_range(t, (4, 7)), const(i32([1]))])
        yield Case(op, [rand('float32', ()), const(NONE)])
        yield Case(op, [rand('float32', (7,)), const(i32(0))])
        yield Case(op, [rand('float32', (0, 3)), const(i32([1]))])
        for shape in [(129,), (3, 70), (70, 3), (2, 3, 65), (5, 1, 2, 3), (2, 3, 2, 3, 2), (2, 1, 2, 2, 1, 2, 2), (2,) * 8]:
            for axes in axes_of(len(shape)):
                yield Case(op, [rand('float32', shape, 0.5, 1.5), i32(axes) if axes else NONE], dict(keep_dims=len(axes) == 2))
        for t in ('float64', 'int32', 'bfloat16'):
            for axes in ([0, 2, 4], [1, 3]):
                yield Case(op, [rand(t, (2, 3, 2, 3, 2), 0, 1), const(i32(axes))])
        for axes in ([2], [-3], [0, 0], [1, -1]):
            yield Case(op, [rand('float32', (2, 3)), const(i32(axes))], error=True)
        yield Case(op, [rand('float32', ()), const(i32([0]))], error=True)
        yield Case(op, [fed(rand('float32', (2, 3))), fed(i32([1]))], dict(keep_dims=True))
        yield Case(op, [fed(rand('float32', (2, 3)), (None, 3)), fed(i64([0]), (None,))])
    for op in ('Sum', 'Max', 'Min', 'Mean', 'Prod'):
        for t in FLOATS:
            if op in ('Max', 'Min'):
                yield Case(op, [edge(t, (7, 9)), const(i32([1]))])
                yield Case(op, [edge(t, (7, 9)), const(i32([0]))])
                # On one side of 0, so that a 0 that was never an element shows.
                yield Case(op, [rand(t, (3, 7), *((-2, -1) if op == 'Max' else (1, 2))), const(i32([1]))])
                yield Case(op, [rand(t, (7, 3), *((-2, -1) if op == 'Max' else (1, 2))), const(i32([0]))])
            yield Case(op, [lit(t, [[1, np.nan, 3], [np.inf, 1, 2], [-np.inf, 0, np.inf], [-np.inf, -1, 2]]), const(i32([1]))])
            yield Case(op, [lit(t, [[1, np.nan, 3], [np.inf, 1, 2], [-np.inf, 0, np.inf], [-np.inf, -1, 2]]), const(i32([0]))])
    for op in ('Sum', 'Max', 'Any'):
        yield Case(op, [rand('bool' if op == 'Any' else 'float32', (3, 2)), i32([[0]])], error=True)
    for op in ('All', 'Any'):
        for shape in [(), (5,), (3, 4), (2, 0), (2, 3, 2, 2, 3)]:
            for axes in axes_of(len(shape))[:7]:
                if shape or not axes:
                    yield Case(op, [rand('bool', shape), const(i32(axes) if axes else NONE)], dict(keep_dims=axes == [-1]))
        yield Case(op, [boolean([[True, True], [False, False], [True, False]]), i64([-1])])
        yield Case(op, [boolean([[True], [False]]), const(i32([2]))], error=True)
    yield Case('Mean', [lit('int8', [100, 100, 100, -3]), const(i32([0]))])
    yield Case('Mean', [lit('int32', [2**31 - 1] * 5), const(i32([0]))])
    yield Case('Mean', [lit('int64', [2**62] * 5), const(i32([0]))])
    yield Case('Mean', [lit('uint64', [2**63] * 5), const(i32([0]))])
    yield Case('Mean', [lit('int32', [-7, 2]), const(i32([0]))])
    yield Case('Mean', [lit('float16', [60000, 60000, 60000]), const(i32([0]))])
    for t in SIGNED_INTS:
        yield Case('EuclideanNorm', [lit(t, [3, 4, 100, 100]), const(i32([0]))])
        yield Case('EuclideanNorm', [lit(t, [-3, -4]), const(NONE)])
    yield Case('EuclideanNorm', [lit('int8', [8, 8]), const(i32([0]))])
    yield Case('EuclideanNorm', [lit('int64', [2**31, 2**31]), const(i32([0]))])
    yield Case('EuclideanNorm', [lit('float16', [300, 300]), const(i32([0]))])
    yield Case('EuclideanNorm', [lit('float32', [1e30, 1e30]), const(i32([0]))])
    for t in ('float16', 'bfloat16'):
        yield Case('Sum', [rand(t, (200,), 0, 2), const(i32([0]))])
        yield Case('Mean', [rand(t, (100, 2), 0, 2), const(i32([0]))])
        yield Case('Prod', [rand(t, (2, 30), 0.75, 1.25), const(i32([1]))])
    # Enough rows and columns for several pieces of work.
    yield Case('Sum', [rand('float32', (300, 130), seed=1), const(i32([0]))])
    yield Case('Sum', [rand('int32', (300, 130), seed=1), const(i32([0]))])
    yield Case('Max', [rand('float64', (2, 70000), seed=2), const(i32([1]))])
    yield Case('Mean', [rand('float32', (1, 20000, 3), seed=2), const(i32([1]))])
    yield Case('Sum', [rand('float32', (40, 3, 50, 4), seed=3), const(i32([0, 2]))])


def arg_reductions():
    for op in ('ArgMax', 'ArgMin'):
        for t in kernel_dtypes(op):
            yield Case(op, [rand(t, (3, 5)), const(i32(1))])
            yield Case(op, [rand(t, (4, 3)), const(i32(0))], dict(output_type='int32'))
            yield Case(op, [rand(t, (2, 4, 3)), const(i64(-2))])
        for t in FLOATS:
            yield Case(op, [lit(t, [[1, np.nan, 3], [np.nan, 1, 2], [1, 2, np.nan], [np.nan] * 3, [-np.inf] * 3, [np.inf] * 3]),
                            const(i32(1))])
            yield Case(op, [lit(t, [[0, -1, np.inf], [-0.0, 3, -np.inf], [2, np.nan, np.inf], [2, 3, 5]]), const(i32(0))])
        for dim in range(-7, 7):
            yield Case(op, [rand('float32', (2, 1, 2, 3, 1, 2, 2)), const(i32(dim))])
        yield Case(op, [rand('float32', (5,)), i32(0)])
        yield Case(op, [rand('float32', (0, 3)), i32(1)])
        yield Case(op, [rand('float32', (2, 100), seed=4), const(i32(0))])
        yield Case(op, [rand('int16', (2, 500), -300, 300, seed=4), const(i32(1))])
        for dim, shape in [(2, (2, 3)), (-3, (2, 3)), (0, ()), (1, (2, 0))]:
            yield Case(op, [rand('float32', shape), const(i32(dim))], error=True)
        yield Case(op, [rand('float32', (2, 3)), const(i32([0]))], error=True)
        yield Case(op, [fed(rand('float32', (2, 3))), fed(i32(1), ())])
    for t in ('int16', 'uint16', 'int32', 'int64'):
        yield Case('ArgMax', [rand('float32', (3, 5)), const(i32(1))], dict(output_type=t))
    # TensorFlow reads four bytes of an int16 axis.
    yield Case('ArgMax', [f32([[1, 3, 2], [5, 4, 5]]), lit('int16', 1)], dict(output_type='int16'),
               expect=lambda: [np.array([1, 0], np.int16)])
    yield Case('CumulativeLogsumexp', [f32([np.inf, np.inf, 1]), const(i32(0))])
    yield Case('CumulativeLogsumexp', [f32([np.nan, 1, 2, np.nan]), const(i32(0))])
    yield Case('ArgMax', [permutation('int32', (66000,), seed=5), const(i32(0))], dict(output_type='int16'))


def running_totals():
    for op in ('Cumsum', 'Cumprod', 'CumulativeLogsumexp'):
        for t in kernel_dtypes(op):
            for exclusive in (False, True):
                for reverse in (False, True):
                    yield Case(op, [rand(t, (2, 5)), const(i32(1))], dict(exclusive=exclusive, reverse=reverse))
            yield Case(op, [rand(t, (4, 3)), const(i64(0))])
            yield Case(op, [rand(t, (2, 3, 2)), const(i32(-2))], dict(exclusive=True))
            if t in INTS:
                yield Case(op, [full_range(t, (2, 9)), const(i32(1))])
            yield Case(op, [rand(t, (70, 2), 1, 3) if t in INTS else rand(t, (70, 2), 0.5, 1.5), const(i32(0))])
        yield Case(op, [rand('float32', (0, 3)), i32(0)])
        yield Case(op, [rand('float32', (2, 1, 2, 2, 1, 2, 3)), i32(3)])
        yield Case(op, [rand('float32', (3, 100), seed=1), const(i32(0))])
        for t in ('float32', 'float64'):
            yield Case(op, [lit(t, [[-np.inf, -np.inf, 1, 2], [np.inf, 1, -np.inf, 3], [1, np.nan, 3, 4]]), const(i32(1))])
        yield Case(op, [rand('float32', (2, 3)), const(i32(2))], error=True)
        yield Case(op, [rand('float32', ()), const(i32(0))], error=True)
        yield Case(op, [rand('float32', (2,)), const(i32([0]))], error=True)
    yield Case('CumulativeLogsumexp', [rand('float32', (2, 9), -100, 100), const(i32(1))])


def histograms():
    for t in kernel_dtypes('HistogramFixedWidth'):
        for out in ('int32', 'int64'):
            yield Case('HistogramFixedWidth', [rand(t, (40,)), lit(t, [-2, 3]), const(i32(5))], dict(dtype=out))
        yield Case('HistogramFixedWidth', [rand(t, (5, 7)), const(lit(t, [0, 10])), i32(3)])
        yield Case('HistogramFixedWidth', [rand(t, (0,)), lit(t, [0, 10]), const(i32(3))])
        yield Case('HistogramFixedWidth', [rand(t, ()), lit(t, [0, 10]), const(i32(1))])
        yield Case('HistogramFixedWidth', [rand(t, (3,)), lit(t, [10, 0]), const(i32(3))], error=True)
        yield Case('HistogramFixedWidth', [rand(t, (3,)), lit(t, [1, 1]), const(i32(3))], error=True)
        yield Case('HistogramFixedWidth', [rand(t, (3,)), lit(t, [0, 1]), const(i32(0))], error=True)
    for lo, hi, bins in [(0, 1, 10), (0, 0.7, 7), (-1, 1, 100), (0, 3, 30)]:
        tenths = np.arange(-120, 121) / 100.0
        yield Case('HistogramFixedWidth', [f32(tenths), f32([lo, hi]), const(i32(bins))], name=f'tenths {lo} {hi} {bins} float32')
        yield Case('HistogramFixedWidth', [lit('float64', tenths), lit('float64', [lo, hi]), const(i32(bins))],
                   name=f'tenths {lo} {hi} {bins} float64')
    # Numbers next to the ends of bins, where the rounding of the bins' width decides; and widths that would overflow.
    for t in kernel_dtypes('HistogramFixedWidth'):
        for lo, hi, bins in ((4, 7, 3), (-5, 7, 11), (1, 10, 9), (-29, -2, 9), (3, 25, 11)):
            yield Case('HistogramFixedWidth', [lit(t, list(range(lo - 1, hi + 2))), lit(t, [lo, hi]), const(i32(bins))])
    yield Case('HistogramFixedWidth', [f32([3e38, -3e38, 0]), f32([-3e38, 3e38]), const(i32(4))])
    yield Case('HistogramFixedWidth', [lit('float64', [1.7e308, -1.7e308, 0]), lit('float64', [-1.7e308, 1.7e308]), const(i32(4))])
    yield Case('HistogramFixedWidth', [i32([2**31 - 1, -2**31, 0]), i32([-2**31, 2**31 - 1]), const(i32(4))])
    yield Case('HistogramFixedWidth', [f32([1, np.nan]), f32([0, 2]), const(i32(1))])  # one bin takes everything
    yield Case('HistogramFixedWidth', [f32([np.inf, -np.inf, 1]), f32([0, 2]), const(i32(4))])
    yield Case('HistogramFixedWidth', [f32([1, np.nan]), f32([0, 2]), const(i32(4))], error=True)
    yield Case('HistogramFixedWidth', [f32([1]), f32([0, 1, 2]), const(i32(4))], error=True)
    for t in kernel_dtypes('Bincount'):
        yield Case('Bincount', [rand('int32', (12,), 0, 6), const(i32(5)), rand(t, (12,))])
        yield Case('Bincount', [rand('int32', (12,), 0, 6), const(i32(5)), rand(t, (0,))])
    yield Case('Bincount', [rand('int32', (2, 3), 0, 6), i32(8), rand('float32', (2, 3))])
    yield Case('Bincount', [rand('int32', (0,)), i32(2), rand('float32', (0,))])
    yield Case('Bincount', [rand('int32', (3,), 0, 6), i32(0), rand('float32', (3,))])
    yield Case('Bincount', [i32([1, -1]), const(i32(3)), rand('float32', (0,))], error=True)
    yield Case('Bincount', [i32([1, 1]), const(i32(-3)), rand('float32', (0,))], error=True)
    yield Case('Bincount', [i32([1, 1]), const(i32(3)), rand('float32', (3,))], error=True)
    for t in kernel_dtypes('DenseBincount'):
        for index in INDEX:
            for shape in [(), (6,), (2, 5)]:
                for binary in (False, True):
                    yield Case('DenseBincount', [rand(index, shape, 0, 4), const(lit(index, 4)), rand(t, shape)],
                               dict(binary_output=binary))
                    yield Case('DenseBincount', [rand(index, shape, 0, 4), const(lit(index, 4)), rand(t, (0,))],
                               dict(binary_output=binary))
    yield Case('DenseBincount', [rand('int32', (2, 0), 0, 4), const(i32(3)), rand('float32', (0,))])
    yield Case('DenseBincount', [rand('int32', (1, 1, 1), 0, 4), const(i32(3)), rand('float32', (0,))], error=True)
    yield Case('DenseBincount', [i32([0, -1]), const(i32(3)), rand('float32', (0,))], error=True)
    yield Case('DenseBincount', [i32([[0, 1]]), const(i32(3)), rand('float32', (2,))], error=True)


def cases():
    yield from reductions()
    yield from arg_reductions()
    yield from running_totals()
    yield from histograms()
