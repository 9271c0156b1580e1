"""Gather, scatter, partition, stitch, unique, differences of lists."""
from draw import *
from cases_dsl import INTS, kernel_dtypes

SCATTERS = ['TensorScatterUpdate', 'TensorScatterAdd', 'TensorScatterSub', 'TensorScatterMax', 'TensorScatterMin', 'ScatterNd',
            'ScatterNdNonAliasingAdd']


def index(draw, t, shape, size):
    """Indices of an axis of `size`; now and then one that is out of range."""
    x = draw.ints(t, shape, 0, max(0, size - 1))
    if x.array.size and draw.chance(0.05):
        flat = x.array.reshape(-1).copy()
        flat[draw.randrange(flat.size)] = draw.one_of(-1, size, 1000, np.iinfo(x.array.dtype).min)
        x = Literal(t, flat.reshape(shape))
    return x


def case(draw):
    ti = draw.one_of('int32', 'int64')
    kind = draw.random()
    if kind < 0.1:
        t = draw.one_of(*kernel_dtypes('Gather', 'Tparams'))
        shape = draw.shape(1, 5)
        return Case('Gather', [draw.tensor(t, shape), index(draw, ti, draw.shape(0, 3), shape[0])],
                    dict(validate_indices=draw.chance(0.5)))
    if kind < 0.3:
        t = draw.one_of(*kernel_dtypes('GatherV2', 'Tparams'))
        shape = draw.shape(1, 5)
        axis = draw.randint(-len(shape), len(shape) - 1)
        positive = axis % len(shape)
        batch = draw.randint(0, positive) if draw.chance(0.4) else 0
        tail = draw.shape(0, 2)
        indices = index(draw, ti if draw.chance(0.9) else 'int16', shape[:batch] + tail, shape[positive])
        return Case('GatherV2', [draw.tensor(t, shape), indices, lit(draw.one_of('int32', 'int64'), axis, ())],
                    dict(batch_dims=batch - (len(indices.array.shape) if draw.chance(0.2) and batch and tail else 0)))
    if kind < 0.45:
        t = draw.one_of(*kernel_dtypes('GatherNd', 'Tparams'))
        shape = draw.shape(1, 6, 4)
        depth = draw.randint(0, min(len(shape), 7))
        rows = draw.shape(0, 3, 4)
        columns = [index(draw, ti, rows, d).array for d in shape[:depth]]
        indices = np.stack(columns, -1) if columns else np.zeros(rows + (0,))
        return Case('GatherNd', [draw.tensor(t, shape), lit(ti, indices, rows + (depth,))],
                    dict(bad_indices_policy=draw.one_of('', 'DEFAULT', 'ERROR', 'IGNORE')) if draw.chance(0.2) else {})
    if kind < 0.7:
        op = draw.one_of(*SCATTERS)
        t = draw.one_of(*kernel_dtypes(op))
        shape = draw.shape(1, 5, 4)
        depth = draw.randint(0 if draw.chance(0.1) else 1, len(shape))
        rows = draw.shape(0 if draw.chance(0.1) else 1, 2, 4)
        columns = [index(draw, ti, rows, d).array for d in shape[:depth]]
        indices = np.stack(columns, -1) if columns else np.zeros(rows + (0,))
        updates = rows + shape[depth:]
        if draw.chance(0.04):
            updates = updates + (2,)
        updates = draw.tensor(t, updates)
        if op == 'ScatterNd':
            return Case(op, [lit(ti, indices, rows + (depth,)), updates, lit(ti, shape)])
        return Case(op, [draw.tensor(t, shape), lit(ti, indices, rows + (depth,)), updates])
    if kind < 0.78:
        t = draw.one_of(*kernel_dtypes('DynamicPartition'))
        shape = draw.shape(0, 4)
        count = draw.randint(1, 4)
        split = draw.randint(0, len(shape))
        return Case('DynamicPartition', [draw.tensor(t, shape), index(draw, 'int32', shape[:split], count)], dict(num_partitions=count))
    if kind < 0.86:
        op = draw.one_of('DynamicStitch', 'ParallelDynamicStitch')
        t = draw.one_of(*kernel_dtypes(op))
        tail = draw.shape(0, 2)
        rows = [draw.shape(0, 2, 3) for _ in range(draw.randint(1, 4))]
        total = sum(int(np.prod(r)) for r in rows)
        order = draw.permuted(max(total, 1)) if op != 'DynamicStitch' or draw.chance(0.6) else [draw.randint(0, 6) for _ in range(total)]
        indices, at = [], 0
        for r in rows:
            n = int(np.prod(r))
            indices.append(lit('int32', order[at:at + n], r))
            at += n
        return Case(op, [indices, [draw.tensor(t, r + tail) for r in rows]])
    if kind < 0.95:
        op = draw.one_of('Unique', 'UniqueWithCounts', 'UniqueV2', 'UniqueWithCountsV2')
        t = draw.one_of(*kernel_dtypes(op))
        out = draw.one_of('int32', 'int64')
        small = dict(low=0, high=3) if t not in ('string', 'bool') else {}
        if op.endswith('V2'):
            shape = draw.shape(1, 3, 5)
            whole = draw.chance(0.3)
            axis = lit(draw.one_of('int32', 'int64'), [] if whole else [draw.randint(-len(shape), len(shape) - 1)], (0,) if whole else (1,))
            values = draw.tensor(t, shape, **(dict(low=0, high=1) if small else {}))
            if t in FLOATS:
                values = Literal(t, np.round(values.array.astype(np.float64)).astype(values.array.dtype))
            return Case(op, [values, axis], dict(out_idx=out))
        values = draw.tensor(t, (draw.randint(0, 12),) if draw.chance(0.95) else (2, 2), **small)
        if t in FLOATS:
            values = Literal(t, np.round(values.array.astype(np.float64)).astype(values.array.dtype))
        return Case(op, [values], dict(out_idx=out))
    t = draw.one_of(*kernel_dtypes('ListDiff'))
    if t in FLOATS:
        x, y = (Literal(t, np.round(draw.tensor(t, (draw.randint(0, 9),)).array.astype(np.float64)).astype(numpy_dtype(t))) for _ in 'xy')
    else:
        x, y = (draw.tensor(t, (draw.randint(0, 9),)) for _ in 'xy')
    return Case('ListDiff', [x, y], dict(out_idx=draw.one_of('int32', 'int64')))
