"""Order, search, counts, and special functions of several arguments."""
from draw import *
from cases_dsl import kernel_dtypes


def ordered(draw, t, shape):
    value = draw.tensor(t, shape).array
    return lit(t, np.sort(value, axis=-1))


def case(draw):
    way = draw.randrange(20)
    if way == 0:
        t = draw.one_of(*kernel_dtypes('TopKV2'))
        x = draw.shape(1, 4, 8, 0.02)
        return Case('TopKV2', [draw.tensor(t, x, edges=0.2), lit(draw.one_of('int16', 'int32', 'int64'), draw.randint(0, x[-1]), ())],
                    dict(sorted=True, index_type=draw.one_of('int16', 'int32', 'int64')))
    if way == 1:
        op = draw.one_of('Unique', 'UniqueWithCounts')
        t = draw.one_of(*kernel_dtypes(op))
        return Case(op, [draw.tensor(t, (draw.randint(0, 9),), 0, 3)], dict(out_idx=draw.one_of('int32', 'int64')))
    if way == 2:
        op = draw.one_of('UniqueV2', 'UniqueWithCountsV2')
        t = draw.one_of(*kernel_dtypes(op))
        x = draw.shape(1, 3, 4, 0.02)
        axis = draw.randrange(len(x))
        ax = lit(draw.one_of('int32', 'int64'), [axis - len(x) * draw.chance(0.3)] if len(x) > 1 or draw.chance(0.5) else [], None)
        return Case(op, [draw.tensor(t, x, 0, 1), ax], dict(out_idx=draw.one_of('int32', 'int64')))
    if way == 3:
        op = draw.one_of('LowerBound', 'UpperBound')
        t = draw.one_of(*kernel_dtypes(op))
        rows = draw.randint(1, 3)
        return Case(op, [ordered(draw, t, (rows, draw.dim(6))), draw.tensor(t, (rows, draw.dim(5)))], dict(out_type=draw.one_of('int32', 'int64')))
    if way == 4:
        t = draw.one_of(*kernel_dtypes('Bucketize'))
        return Case('Bucketize', [draw.tensor(t, draw.shape(0, 3), edges=0.2)], dict(boundaries=sorted(draw.uniform(-2, 4) for _ in range(draw.randint(0, 5)))))
    if way == 5:
        t = draw.one_of(*kernel_dtypes('HistogramFixedWidth'))
        low = draw.randint(-3, 2)
        return Case('HistogramFixedWidth', [draw.tensor(t, draw.shape(0, 3), edges=0.1), lit(t, [low, low + draw.randint(1, 6)]), lit('int32', draw.randint(1, 7), ())], dict(dtype=draw.one_of('int32', 'int64')))
    if way == 6:
        t = draw.one_of(*kernel_dtypes('ListDiff'))
        return Case('ListDiff', [draw.tensor(t, (draw.randint(0, 8),), 0, 5), draw.tensor(t, (draw.randint(0, 5),), 0, 5)], dict(out_idx=draw.one_of('int32', 'int64')))
    if way == 7:
        t = draw.one_of(*kernel_dtypes('NthElement'))
        x = draw.shape(1, 3, 7, 0)
        return Case('NthElement', [draw.tensor(t, x), lit('int32', draw.randint(0, x[-1] - 1 + draw.chance(0.05)), ())], dict(reverse=draw.chance(0.5)))
    if way == 8:
        t = draw.one_of(*kernel_dtypes('Where'))
        return Case('Where', [draw.tensor(t, draw.shape(1, 5), 0 if t not in FLOATS else None, 1 if t not in FLOATS else None, edges=0.3)])
    if way == 9:
        t = draw.one_of(*kernel_dtypes('Bincount'))
        n = draw.shape(0, 2)
        return Case('Bincount', [draw.tensor('int32', n, 0, 6), lit('int32', draw.randint(0, 8), ()), draw.tensor(t, draw.one_of(n, (0,)))])
    if way == 10:
        op = draw.one_of('Zeta', 'Polygamma', 'Igamma', 'Igammac', 'IgammaGradA')
        t = draw.one_of(*kernel_dtypes(op))
        x = draw.shape(0, 3)
        low = 1.1 if op == 'Zeta' else 0.1
        a = draw.ints('int32', x, 0, 4).array.astype(numpy_dtype(t)) if op == 'Polygamma' else draw.tensor(t, x, low, 12).array
        return Case(op, [lit(t, a), draw.tensor(t, draw.broadcastable(x), 0.1, 12)])
    if way == 11:
        t = draw.one_of(*kernel_dtypes('Betainc'))
        x = draw.shape(0, 3)
        return Case('Betainc', [draw.tensor(t, x, 0.1, 8), draw.tensor(t, draw.one_of(x, ()), 0.1, 8), draw.tensor(t, x, 0, 1)])
    if way == 12:
        op = draw.one_of('Cumsum', 'Cumprod', 'CumulativeLogsumexp')
        t = draw.one_of(*kernel_dtypes(op))
        x = draw.shape(1, 4, 6)
        return Case(op, [draw.tensor(t, x), lit(draw.one_of('int32', 'int64'), draw.randrange(len(x)) - len(x) * draw.chance(0.3), ())], dict(exclusive=draw.chance(0.5), reverse=draw.chance(0.5)))
    if way == 13:
        op = draw.one_of('ArgMax', 'ArgMin')
        t = draw.one_of(*kernel_dtypes(op))
        x = draw.shape(1, 5, 5, 0)
        return Case(op, [draw.tensor(t, x, 0 if t not in FLOATS else None, 2 if t not in FLOATS else None, edges=0.2), lit(draw.one_of('int32', 'int64'), draw.randrange(len(x)) - len(x) * draw.chance(0.3), ())],
                    dict(output_type=draw.one_of('int32', 'int64')))
    if way == 14:
        t = draw.one_of(*kernel_dtypes('Cross'))
        x = draw.shape(0, 3, 4) + (3,)
        return Case('Cross', [draw.tensor(t, x), draw.tensor(t, x)])
    if way == 15:
        t = draw.one_of(*kernel_dtypes('Range', 'Tidx'))
        a, b = sorted((draw.randint(0, 9), draw.randint(0, 9)))
        return Case('Range', [lit(t, a, ()), lit(t, b, ()), lit(t, draw.one_of(1, 2, 3), ())])
    if way == 16:
        t = draw.one_of(*kernel_dtypes('LinSpace'))
        return Case('LinSpace', [draw.tensor(t, ()), draw.tensor(t, ()), lit(draw.one_of('int32', 'int64'), draw.randint(1, 9), ())])
    if way == 17:
        t = draw.one_of('int32', 'int64')
        x = [draw.randint(1, 5) for _ in range(draw.randint(1, 4))]
        total = int(np.prod(x))
        return Case('UnravelIndex', [draw.tensor(t, draw.one_of((), (4,)), 0, total - 1), lit(t, x)])
    if way == 18:
        t = draw.one_of('int32', 'int64')
        n = draw.randint(1, 7)
        if draw.chance(0.5):
            return Case('InvertPermutation', [lit(t, draw.permuted(n), (n,))])
        op = draw.one_of('DataFormatDimMap', 'DataFormatVecPermute')
        formats = draw.sample(['NHWC', 'NCHW', 'HWNC', 'CHWN'], 2)
        if op == 'DataFormatDimMap':
            return Case(op, [draw.tensor(t, draw.shape(0, 2), -4, 3)], dict(src_format=formats[0], dst_format=formats[1]))
        return Case(op, [draw.tensor(t, draw.one_of((4,), (4, 2), (2,), (2, 2)))], dict(src_format=formats[0], dst_format=formats[1]))
    op = draw.one_of('PopulationCount', 'Invert')
    t = draw.one_of(*kernel_dtypes(op))
    return Case(op, [draw.tensor(t, draw.shape(0, 3), edges=0.5)])
