"""Ragged tensors: ranges, picked rows, conversion to sparse and dense ones and to variants."""
import numpy as np

from cases_dsl import *

OUTER, INNER = [0, 2, 2, 3], [0, 1, 4, 6]      # [[v, vvv], [], [vv]]


def ranges():
    op = 'RaggedRange'
    for t in kernel_dtypes(op, Tsplits='int64'):
        for splits in INDEX:
            attrs = dict(Tsplits=splits)
            yield Case(op, [lit(t, [0, 5, 8, 3]), lit(t, [5, 5, 3, 4]), lit(t, [2, 1, -2, 9])], attrs)
            yield Case(op, [lit(t, 0), lit(t, [3, 0, -2, 5]), lit(t, 1)], attrs)
            yield Case(op, [lit(t, 7), lit(t, 1), lit(t, -2)], attrs)
        yield Case(op, [lit(t, []), lit(t, []), lit(t, [])])
        yield Case(op, [lit(t, 0), lit(t, [5, 6]), lit(t, [1, 0])], error=True)
        yield Case(op, [lit(t, [0, 1]), lit(t, [5, 6, 7]), lit(t, 1)], error=True)
        yield Case(op, [lit(t, [[0, 1]]), lit(t, 5), lit(t, 1)], error=True)
    for t in ('float32', 'float64'):
        yield Case(op, [lit(t, [0.1, -1.5]), lit(t, [1, 2]), lit(t, [0.1, 0.7])])
        yield Case(op, [lit(t, 0), lit(t, np.inf), lit(t, 1)], error=True)
    yield Case(op, [fed(i32([0, 3])), fed(i32(5)), fed(i32(2))])


def picked():
    op = 'RaggedGather'
    for t in kernel_dtypes(op, 'Tvalues', Tindices='int32', Tsplits='int64'):
        yield Case(op, [[i64(OUTER), i64(INNER)], rand(t, (6,)), i32([2, 0, 0])], dict(OUTPUT_RAGGED_RANK=2))
    for splits in INDEX:
        for index in INDEX:
            one, two = [lit(splits, INNER)], [lit(splits, OUTER), lit(splits, INNER)]
            yield Case(op, [one, rand('float32', (6, 2)), lit(index, [2, 1, 2])], dict(OUTPUT_RAGGED_RANK=1))
            yield Case(op, [two, rand('float32', (6,)), lit(index, [[2, 1], [0, 0]])], dict(OUTPUT_RAGGED_RANK=3))
            yield Case(op, [two, rand('float32', (6,)), lit(index, 0)], dict(OUTPUT_RAGGED_RANK=1))
            yield Case(op, [one, rand('float32', (6,)), lit(index, 1)], dict(OUTPUT_RAGGED_RANK=0))
    yield Case(op, [[i64([0, 0, 0])], rand('float32', (0, 2)), i32([1, 0])], dict(OUTPUT_RAGGED_RANK=1))
    yield Case(op, [[i64(INNER)], rand('float32', (6,)), lit('int32', [])], dict(OUTPUT_RAGGED_RANK=1))
    yield Case(op, [[i64(INNER)], rand('float32', (6, 0)), i32([1])], dict(OUTPUT_RAGGED_RANK=1))
    yield Case(op, [[i64([1, 2, 4])], rand('float32', (6,)), i32([1, 0])], dict(OUTPUT_RAGGED_RANK=1))
    yield Case(op, [[i64(INNER)], rand('float32', (6,)), lit('int32', np.zeros((2, 0), np.int32))], dict(OUTPUT_RAGGED_RANK=2))
    for n, (splits, values, index, rank) in enumerate([(INNER, (6,), [3], 1), (INNER, (6,), [-1], 1), (INNER, (5,), [0], 1), ([0, 4, 1, 6], (6,), [0], 1), ([-1, 1, 6], (6,), [0], 1),
                                                       (INNER, (6,), [0], 2), (INNER, (), [0], 1), ([], (6,), [0], 1)]):
        yield Case(op, [[lit('int64', splits)], rand('float32', values), i32(index)], dict(OUTPUT_RAGGED_RANK=rank), name=f'{op} bad {n}', error=True)


def sparse():
    op = 'RaggedTensorToSparse'
    for t in ALL_PLAIN:
        yield Case(op, [[i64(OUTER), i64(INNER)], rand(t, (6,))])
    for splits in INDEX:
        yield Case(op, [[lit(splits, INNER)], rand('float32', (6, 2))])
        yield Case(op, [[lit(splits, [0, 2, 2, 3]), lit(splits, OUTER), lit(splits, INNER)], rand('float32', (6, 1, 2))])
    yield Case(op, [[i64([0, 0, 0])], rand('float32', (0,))])
    yield Case(op, [[i64([0])], rand('float32', (0,))])
    yield Case(op, [[i64([0, 0]), i64([0])], rand('float32', (0, 2))])
    yield Case(op, [[i64([0, 0, 3, 3, 3, 4])], rand('float32', (4,))])
    for n, (splits, values) in enumerate([([INNER], (5,)), ([INNER], (7,)), ([[1, 6]], (6,)), ([[0, 4, 2, 6]], (6,)), ([[]], (6,)), ([OUTER, [0, 1, 6]], (6,)), ([[[0, 6]]], (6,))]):
        yield Case(op, [[lit('int64', s) for s in splits], rand('float32', values)], name=f'{op} bad {n}', error=True)


def dense():
    op = 'RaggedTensorToTensor'
    free, splits, rows = i64([-1, -1]), dict(row_partition_types=['ROW_SPLITS']), dict(row_partition_types=['FIRST_DIM_SIZE', 'VALUE_ROWIDS'])
    for t in ALL_PLAIN + QUANTIZED:
        for index in INDEX:
            yield Case(op, [i64([-1, -1, 2]), rand(t, (3, 2)), rand(t, (), seed=3), [lit(index, [0, 2, 2, 3])]], splits)
        yield Case(op, [i64([-1, -1, 2]), rand(t, (3, 2)), rand(t, (2,), seed=3), [lit(index, [0, 2, 2, 3])]], splits)
    v, none, pad = rand('float32', (6,), seed=1), rand('float32', (0,)), f32(-1)
    for shape in ([-1, -1], [2, -1], [-1, 2], [5, 6], [0, -1], [-1, 0], [2, 1]):
        yield Case(op, [i64(shape), v, pad, [i64([0, 2, 2, 6])]], splits)
        yield Case(op, [const(i32(shape)), v, pad, [i64(4), i64([0, 0, 1, 3, 3, 3])]], rows)
    yield Case(op, [const(i64(-1)), v, pad, [i64([0, 2, 2, 6])]], splits)
    yield Case(op, [fed(free), fed(v), fed(pad), [fed(i64([0, 2, 2, 6]))]], splits)
    yield Case(op, [free, v, pad, [i64([0, 2, 2, 5])]], splits)             # fewer than there are values
    yield Case(op, [free, v, pad, [i64(4), i64([0, 0, 1, 3])]], rows)
    for shape in ([-1, -1], [2, 3], [4, 2]):
        yield Case(op, [i64(shape), none, pad, [i64([0, 0, 0])]], splits)
        yield Case(op, [i64(shape), none, pad, [i64(2), lit('int64', [])]], rows)
    yield Case(op, [free, none, pad, [i64([0])]], splits)
    yield Case(op, [i64([-1]), v, pad, [i64(6)]], dict(row_partition_types=['FIRST_DIM_SIZE']), error=True)
    yield Case(op, [free, v, pad, [i64(3), i64([0, 2, 2, 6])]], dict(row_partition_types=['FIRST_DIM_SIZE', 'ROW_SPLITS']), error=True)
    three = rand('float32', (2, 3, 2), seed=2)
    for otherwise in (f32([[1, 2]]), f32([3]), f32([[3], [4], [5]]), f32([[1, 2], [3, 4], [5, 6]])):
        yield Case(op, [i64([3, 3, 3, 2]), three, otherwise, [i64([0, 0, 2])]], splits)
    yield Case(op, [i64([-1, -1, 0]), rand('float32', (3, 0)), pad, [i64([0, 1, 3])]], splits)
    kinds = {'S': 'ROW_SPLITS', 'V': 'VALUE_ROWIDS', 'F': 'FIRST_DIM_SIZE'}
    for parts, names in [(([0, 2, 3], [0, 1, 2, 6]), 'SS'), ((2, [0, 0, 1], [0, 1, 2, 6]), 'FVS'), (([0, 2, 3], [0, 0, 1, 2, 2, 2]), 'SV'), ((2, [0, 0, 1], [0, 0, 1, 2, 2, 2]), 'FVV'), (([0, 2, 4], [0, 1, 2, 6]), 'SS')]:
        attrs = dict(row_partition_types=[kinds[k] for k in names])
        for shape in ([-1, -1, -1], [3, 1, 2], [2, 3, 5]):
            yield Case(op, [i64(shape), v, pad, [i64(p) for p in parts]], attrs)
    bad = [([-1, -1], (6,), pad, [[]], 'S'), ([-1, -1], (6,), pad, [[0, 4, 2, 6]], 'S'), ([-1, -1], (6,), pad, [[1, 2, 6]], 'S'), ([-1, -1], (6,), pad, [[-1, 2, 6]], 'S'), ([-1, -1], (6,), pad, [3, [0, 0, 3]], 'FV'),
           ([-1, -1], (6,), pad, [3, [-1, 0, 2]], 'FV'), ([-1, -1], (6,), pad, [-2, [0, 0]], 'FV'), ([-1, -1, -1], (6,), pad, [[0, 6]], 'S'), ([-2, -1], (6,), pad, [[0, 6]], 'S'), (3, (6,), pad, [[0, 6]], 'S'),
           ([-1, -1, 3], (6, 2), pad, [[0, 6]], 'S'), ([-1, -1, 2], (6, 2), f32([1, 2, 3]), [[0, 6]], 'S'), ([-1, -1, 2], (6, 2), f32([[1, 2]]), [[0, 6]], 'S'), ([-1, -1], (), pad, [[0, 6]], 'S'),
           ([-1, -1, -1], (6,), pad, [[0, 2], [0, 1, 2, 6]], 'SS'), ([-1, -1], (6,), pad, [[0, 0, 1]], 'V'), ([[-1, -1]], (6,), pad, [[0, 6]], 'S')]
    for n, (shape, values, otherwise, parts, names) in enumerate(bad):
        yield Case(op, [i64(shape), rand('float32', values), otherwise, [lit('int64', p) for p in parts]], dict(row_partition_types=[kinds[k] for k in names]), name=f'{op} bad {n}', error=True)
    for n, names in enumerate((['ROW_LENGTHS'], ['ROWS'], ['ROW_SPLITS', 'ROW_SPLITS'])):
        yield Case(op, [free, v, pad, [i64([0, 6])]], dict(row_partition_types=names), name=f'{op} bad types {n}', error=True)


def variants():
    raw = tf.raw_ops

    def there(g, splits, values, batch, index='int64'):
        return raw.RaggedTensorToVariant(rt_nested_splits=[g.feed(lit(index, s)) for s in splits], rt_dense_values=g.feed(values), batched_input=batch)

    def back(x, was, out, t='float32', index='int64'):
        got = raw.RaggedTensorFromVariant(encoded_ragged=x, input_ragged_rank=was, output_ragged_rank=out, Tvalues=tf.as_dtype(t), Tsplits=tf.as_dtype(index))
        return [*got.output_nested_splits, got.output_dense_values]

    for t in ALL_PLAIN + QUANTIZED:
        for index in INDEX:
            def build(g, t=t, index=index):
                rows = there(g, [OUTER, INNER], rand(t, (6, 2), seed=1), True, index)
                whole = there(g, [OUTER, INNER], rand(t, (6, 2), seed=2), False, index)
                slope = raw.RaggedTensorToVariantGradient(encoded_ragged_grad=rows, row_splits=g.feed(lit(index, [0, 4, 4, 6])), dense_values_shape=g.feed(i32([6, 2])), Tvalues=tf.as_dtype(t))
                return [*back(rows, 1, 2, t, index), *back(whole, 2, 2, t, index), *back(rows[0], -1, 1, t, index), slope]
            yield GraphCase(f'ragged variants {t} {index}', build)

    def shapes(g):
        one = there(g, [[0, 2, 2, 3, 6]], rand('float32', (6,), seed=1), True)
        two = tf.reshape(one, (2, 2))
        rows = there(g, [], rand('float32', (3, 2), seed=2), True)
        return [*back(one, 0, 1), *back(two, 0, 2), *back(two, -1, 2), *back(two[:0], -1, 2), *back(one[:0], 0, 1), *back(one[:0], 2, 3), *back(rows, 0, 1), *back(rows[1], 0, 0),
                *back(there(g, [], rand('float32', (3, 2), seed=3), False), 0, 0), *back(there(g, [[0]], rand('float32', (0, 2), seed=5), True), 0, 1),
                *back(tf.reshape(tf.stack([there(g, [OUTER, INNER], rand('float32', (6,), seed=4), False)] * 4), (2, 1, 2)), -1, 5)]
    yield GraphCase('ragged variants of other shapes', shapes)

    def deep(g):
        rows = there(g, [[0, 1, 3], OUTER, INNER], rand('float32', (6,), seed=1), True)
        return [*back(rows, 2, 3), *back(rows[1], 2, 2)]
    yield GraphCase('ragged variants of three splits', deep)

    def slope(g, x, splits, shape, t='float32'):
        return raw.RaggedTensorToVariantGradient(encoded_ragged_grad=x, row_splits=g.feed(lit('int64', splits)), dense_values_shape=g.feed(i32(shape)), Tvalues=tf.as_dtype(t))

    def slopes(g):
        rows = there(g, [OUTER], rand('float32', (3, 2), seed=1), True)
        return [slope(g, rows, OUTER, [3, 2]), slope(g, rows, OUTER, [6]), slope(g, rows, OUTER, [2, 3]), slope(g, rows[0], OUTER, [2, 2]), slope(g, rows[:0], OUTER, [0, 2])]
    yield GraphCase('gradients of ragged variants', slopes)

    def wrong(name, build):
        return GraphCase(f'ragged variants bad {name}', build, error=True)
    for n, s in enumerate([[[0, 2, 7]], [[1, 2, 6]], [[0, 4, 2, 6]], [[]], [[0]], [[0, 2, 3]], [[0, 2, 4], [0, 1, 2, 6]], [[0, 2, 3], [0, 1, 2, 7]], [[0, 2, 3], [0, 3, 2, 6]]]):
        for batch in (True, False):
            if s != [[]] or not batch:
                yield wrong(f'splits {n} {batch}', lambda g, s=s, batch=batch: back(there(g, s, rand('float32', (6,), seed=1), batch), -1, len(s)))
    whole = lambda g: there(g, [OUTER], rand('float32', (3,), seed=1), False)
    yield wrong('dtype', lambda g: back(whole(g), 1, 1, 'int32'))
    yield wrong('index', lambda g: back(whole(g), 1, 1, index='int32'))
    yield wrong('rank', lambda g: back(tf.reshape(whole(g), [1]), 2, 3))
    yield wrong('list', lambda g: back(raw.TensorListFromTensor(tensor=g.feed(f32([1])), element_shape=np.int32([])), 1, 1))
    yield wrong('slope dtype', lambda g: [slope(g, tf.reshape(whole(g), [1]), [0, 3], [3], 'int32')])


def filled(op='RaggedFillEmptyRows'):
    def default(t):
        return lit(t, b'none' if t == 'string' else 1, ())
    for t in kernel_dtypes(op):
        if t in ('resource', 'variant'):
            continue
        yield Case(op, [i64([0, 0, 2]), rand(t, (3,)), i64(4), default(t)])
    nine = i32(9)
    for rows, count in (([2, 0, 2], 4), ([1, 0], 2), ([0, 1], 2), ([], 3)):
        yield Case(op, [i64(rows), i32(range(len(rows))), i64(count), nine])
    yield Case(op, [i64([]), i32([]), i64(0), nine], fetch=[1, 2, 3])
    yield Case(op, [fed(i64([1])), fed(i32([5])), fed(i64(3)), fed(nine)])
    yield Case(op, [i64([1]), i32([5]), const(i64(3)), nine])
    for rows, count in (([0], 0), ([], -1), ([4], 4), ([-1], 4)):
        yield Case(op, [i64(rows), i32([1] * len(rows)), i64(count), nine], error=True)
    for parts in ([i64([0, 1]), i32([1]), i64(4), nine], [i64([0]), i32([1]), i64([4]), nine], [i64([0]), i32([1]), i64(4), i32([9])], [i64([[0]]), i32([1]), i64(4), nine]):
        yield Case(op, parts, error=True)
    op = 'RaggedFillEmptyRowsGrad'
    for t in kernel_dtypes(op):
        yield Case(op, [i64([0, 3]), rand(t, (5,))])
    yield Case(op, [i64([]), f32([1, 2])])
    yield Case(op, [i64([]), f32([])])
    for at in (4, -1):
        yield Case(op, [i64([0, at]), f32([1, 2, 4, 8])], error=True)


def cases():
    for family in (ranges, picked, sparse, dense, variants):
        yield from family()
    yield from filled()
