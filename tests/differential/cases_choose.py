"""Where, largest elements, searches in sorted rows."""
from draw import *
from cases_dsl import kernel_dtypes


def case(draw):
    op = draw.one_of('Where', 'TopK', 'TopKV2', 'LowerBound', 'UpperBound', 'InTopK', 'InTopKV2', 'NthElement')
    if op == 'Where':
        t = draw.one_of(*kernel_dtypes(op))
        return Case(op, [draw.tensor(t, draw.shape(0, 8, 3), *(() if t in ('bool', *FLOATS, *COMPLEX) else (0, 1)), edges=0.3)])
    t = draw.one_of(*kernel_dtypes(op))
    if op in ('TopK', 'TopKV2'):
        shape = draw.shape(0, 3) + (draw.randint(0, 30),)
        k = draw.randint(0, shape[-1] + draw.chance(0.04))
        attrs = dict(sorted=draw.chance(0.8) or k > 1)
        x = draw.tensor(t, shape, edges=0.2)
        if draw.chance(0.3) and t in FLOATS:
            x = Literal(t, np.round(x.array.astype(np.float64)).astype(x.array.dtype))
        if op == 'TopK':
            return Case(op, [x], dict(attrs, k=k))
        return Case(op, [x, lit(draw.one_of('int16', 'int32', 'int64'), k, ())], dict(attrs, index_type=draw.one_of('int16', 'int32', 'int64')))
    if op in ('LowerBound', 'UpperBound'):
        rows = draw.randint(1, 3)
        x = draw.tensor(t, (rows, draw.randint(0, 9)))
        x = Literal(t, np.sort(x.array, axis=-1))
        return Case(op, [x, draw.tensor(t, (rows + draw.chance(0.03), draw.randint(0, 6)))], dict(out_type=draw.one_of('int32', 'int64')))
    if op in ('InTopK', 'InTopKV2'):
        rows, classes = draw.randint(0, 5), draw.randint(1, 7)
        predictions = draw.tensor('float32', (rows, classes), edges=0.2)
        targets = draw.ints(t, (rows,), 0, classes - 1 + draw.chance(0.1))
        k = draw.randint(0, classes + 1)
        return Case(op, [predictions, targets], dict(k=k)) if op == 'InTopK' else Case(op, [predictions, targets, lit(t, k, ())])
    shape = draw.shape(0, 2) + (draw.randint(1, 9),)
    return Case(op, [draw.tensor(t, shape), lit('int32', draw.randint(0, shape[-1] - 1 + draw.chance(0.04)), ())], dict(reverse=draw.chance(0.4)))
