"""Segment operators: sorted, unsorted, sparse, and their gradients."""
from draw import *
from cases_dsl import kernel_dtypes

SORTED = ['SegmentSum', 'SegmentMean', 'SegmentProd', 'SegmentMax', 'SegmentMin']
UNSORTED = ['UnsortedSegmentSum', 'UnsortedSegmentProd', 'UnsortedSegmentMax', 'UnsortedSegmentMin']
SPARSE = ['SparseSegmentSum', 'SparseSegmentMean', 'SparseSegmentSqrtN', 'SparseSegmentSumWithNumSegments',
          'SparseSegmentMeanWithNumSegments', 'SparseSegmentSqrtNWithNumSegments']
GRADIENTS = ['SparseSegmentSumGrad', 'SparseSegmentMeanGrad', 'SparseSegmentSqrtNGrad']


def ascending(draw, t, n, gaps):
    """Segment numbers; now and then out of order or negative."""
    ids, at = [], 0 if draw.chance(0.8) else draw.randint(0, 2)
    for _ in range(n):
        ids.append(at)
        at += draw.one_of(0, 0, 1) if not gaps else draw.one_of(0, 1, 2)
    if ids and draw.chance(0.05):
        ids[draw.randrange(n)] = draw.one_of(-1, 0, 50)
    return lit(t, ids, (n,))


def case(draw):
    kind = draw.random()
    ti = draw.one_of('int32', 'int64')
    if kind < 0.35:
        op = draw.one_of(*SORTED)
        t = draw.one_of(*kernel_dtypes(op))
        shape = draw.shape(1, 4, 9)
        return Case(op, [draw.tensor(t, shape), ascending(draw, ti, shape[0], draw.chance(0.4))])
    if kind < 0.6:
        op = draw.one_of(*UNSORTED)
        t = draw.one_of(*kernel_dtypes(op))
        shape = draw.shape(0, 4)
        ids = shape[:draw.randint(0, len(shape))]
        count = draw.randint(1, 5)
        return Case(op, [draw.tensor(t, shape), draw.tensor(ti, ids, -1 if draw.chance(0.3) else 0, count - 1 + draw.chance(0.05)),
                         lit(draw.one_of('int32', 'int64'), count, ())])
    if kind < 0.85:
        op = draw.one_of(*SPARSE)
        t = draw.one_of(*kernel_dtypes(op))
        shape = draw.shape(1, 3, 6, 0.01)
        n = draw.randint(0, 7)
        ids = ascending(draw, draw.one_of('int32', 'int64'), n, draw.chance(0.3))
        inputs = [draw.tensor(t, shape), draw.tensor(ti, (n,), 0, max(0, shape[0] - 1 + draw.chance(0.04))), ids]
        if op.endswith('Segments'):
            inputs.append(lit(draw.one_of('int32', 'int64'), int(ids.array.max(initial=0)) + draw.randint(0, 3), ()))
        return Case(op, inputs)
    op = draw.one_of(*GRADIENTS)
    t = draw.one_of(*kernel_dtypes(op))
    segments, n, rows = draw.randint(1, 4), draw.randint(1, 7), draw.randint(1, 6)  # TensorFlow leaves rubbish where n is 0
    shape = (segments,) + draw.shape(0, 2)
    ids = np.sort(draw.numpy.randint(0, segments, n))
    return Case(op, [draw.tensor(t, shape), draw.tensor(ti, (n,), 0, rows - 1), lit(draw.one_of('int32', 'int64'), ids, (n,)),
                     lit('int32', rows, ())])
