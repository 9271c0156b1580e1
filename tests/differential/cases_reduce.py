"""Reductions over axes, arg-reductions, cumulative operators, counting."""
from draw import *
from cases_dsl import INTS, kernel_dtypes

REDUCTIONS = ['Sum', 'Prod', 'Max', 'Min', 'Mean', 'EuclideanNorm', 'Any', 'All']


def axes(draw, rank):
    chosen = draw.permuted(rank)[:draw.randint(0, rank)]
    chosen = [a - rank if draw.chance(0.3) else a for a in chosen]
    if draw.chance(0.04) and rank:
        chosen.append(draw.one_of(rank, -rank - 1, chosen[0] if chosen else 0))
    return chosen


def case(draw):
    kind = draw.random()
    t_axis = draw.one_of('int32', 'int64')
    if kind < 0.6:
        op = draw.one_of(*REDUCTIONS)
        t = 'bool' if op in ('Any', 'All') else draw.one_of(*kernel_dtypes(op))
        shape = draw.shape(0, 8, 4) if draw.chance(0.6) else draw.shape(1, 3, 40)
        chosen = axes(draw, len(shape))
        scalar = len(chosen) == 1 and draw.chance(0.5)
        indices = lit(t_axis, chosen[0] if scalar else chosen, () if scalar else (len(chosen),))
        x = draw.tensor(t, shape, edges=0.15) if op != 'Prod' else draw.tensor(t, shape, -1.5 if t in FLOATS else None, None)
        return Case(op, [x, indices], dict(keep_dims=draw.chance(0.4)))
    if kind < 0.75:
        op = draw.one_of('ArgMax', 'ArgMin')
        t = draw.one_of(*kernel_dtypes(op))
        shape = draw.shape(1, 6, 5) if draw.chance(0.9) else draw.shape(0, 2)
        rank = len(shape)
        dimension = lit(draw.one_of('int32', 'int64'), draw.randint(-rank - (draw.chance(0.05)), max(rank - 1, 0) + draw.chance(0.05)), ())
        attrs = dict(output_type=draw.one_of('int32', 'int64') if draw.chance(0.95) else draw.one_of('int16', 'uint16'))
        return Case(op, [draw.tensor(t, shape, edges=0.3), dimension], attrs)
    if kind < 0.88:
        op = draw.one_of('Cumsum', 'Cumprod', 'CumulativeLogsumexp')
        t = draw.one_of(*kernel_dtypes(op))
        shape = draw.shape(0 if draw.chance(0.1) else 1, 6, 5)
        axis = lit(t_axis, draw.randint(-len(shape) - draw.chance(0.05), max(0, len(shape) - 1)), ())
        return Case(op, [draw.tensor(t, shape), axis], dict(exclusive=draw.chance(0.4), reverse=draw.chance(0.4)))
    op = draw.one_of('Bincount', 'DenseBincount', 'HistogramFixedWidth', 'L2Loss', 'AddN', 'AccumulateNV2')
    if op == 'L2Loss':
        return Case(op, [draw.tensor(draw.one_of(*kernel_dtypes(op)), draw.shape(0, 6), edges=0.1)])
    if op in ('AddN', 'AccumulateNV2'):
        t = draw.one_of(*kernel_dtypes('AddN'))
        shape = draw.shape(0, 5)
        parts = [draw.tensor(t, shape) for _ in range(draw.randint(1, 6))]
        return Case(op, [parts], dict(shape=shape) if op == 'AccumulateNV2' else {})
    if op == 'HistogramFixedWidth':
        t = draw.one_of(*kernel_dtypes(op))
        out = draw.one_of('int32', 'int64')
        return Case(op, [draw.tensor(t, draw.shape(0, 3, 9), -3, 9), lit(t, [-1, 5]), lit('int32', draw.randint(1, 9), ())], dict(dtype=out))
    t = draw.one_of(*kernel_dtypes(op))
    weights = draw.chance(0.5)
    if op == 'Bincount':
        shape = draw.shape(1, 2, 12)
        return Case(op, [draw.tensor('int32', shape, 0, 8), lit('int32', draw.randint(0, 9), ()),
                         draw.tensor(t, shape if weights else (0,))])
    index = draw.one_of('int32', 'int64')
    shape = draw.shape(1, 2, 9, 0)
    return Case(op, [draw.tensor(index, shape, -1 if draw.chance(0.05) else 0, 8), lit(index, draw.randint(0, 9), ()),
                     draw.tensor(t, shape if weights else (0,))], dict(binary_output=draw.chance(0.4)))
