"""Gathers, scatters, partitions and stitches."""
import numpy as np

from cases_dsl import *


def empty(t, *shape):
    return lit(t, np.zeros(shape, numpy_dtype(t)))


def gathers():
    for t in kernel_dtypes('GatherV2', 'Tparams'):
        for index in INDEX:
            yield Case('Gather', [rand(t, (4, 3)), lit(index, [[3, 0], [1, 1]])])
            yield Case('GatherV2', [rand(t, (4, 3)), const(lit(index, [2, 0])), const(i32(1))])
        yield Case('GatherV2', [rand(t, (4,)), lit('int16', [3, 3, 0]), const(i64(0))])
        yield Case('GatherV2', [rand(t, (2, 3, 2)), const(i32([[1], [2]])), const(i32(1))], dict(batch_dims=1))
    params = rand('float32', (2, 3, 4), seed=1)
    for axis in range(-3, 3):
        for indices in (i32(1), i32([1, 0]), i32([[0], [1]]), empty('int32', 0), empty('int32', 2, 0)):
            yield Case('GatherV2', [params, indices, const(i32(axis))])
    yield Case('GatherV2', [params, i32([1, 0]), i64(2)])
    yield Case('Gather', [params, const(i32(1))], dict(validate_indices=False))
    for batch, axis, shape in [(1, 1, (2, 5)), (1, 2, (2, 5)), (2, 2, (2, 3, 2)), (-1, 2, (2, 3, 2)), (-2, 1, (2, 2, 3)),
                               (1, -1, (2,)), (2, 2, (2, 3)), (0, 2, (2, 2)), (1, 2, (2, 0))]:
        yield Case('GatherV2', [params, rand('int32', shape, 0, 2), const(i32(axis))], dict(batch_dims=batch))
    yield Case('GatherV2', [rand('float32', (2, 2, 3, 2, 4)), rand('int64', (2, 2, 2), 0, 1), const(i32(3))], dict(batch_dims=2))
    yield Case('GatherV2', [rand('float32', (1,) * 8), i32([0, 0]), const(i32(-2))])
    yield Case('GatherV2', [empty('float32', 0, 2), empty('int32', 0), i32(0)])
    yield Case('GatherV2', [empty('float32', 3, 0), i32([5]), i32(0)])
    yield Case('GatherV2', [fed(params), fed(i32([1, 2])), fed(i32(1), ())])
    yield Case('GatherV2', [fed(params, (2, None, 4)), fed(i32([1, 2]), (None,)), const(i32(1))])
    yield Case('GatherV2', [rand('float32', (50, 300), seed=1), rand('int32', (90,), 0, 49, seed=1), const(i32(0))])
    for indices, axis, batch in [(i32([2]), 0, 0), (i32([-1]), 0, 0), (i64([2**40]), 0, 0), (i32([0]), 3, 0), (i32([0]), -4, 0),
                                 (i32([[0], [1]]), 0, 1), (i32([[0], [1], [1]]), 1, 1), (i32([[0], [4]]), 2, 1),
                                 (i32([0, 1]), 1, 2), (i32([[0], [1]]), 1, -3)]:
        yield Case('GatherV2', [params, indices, const(i32(axis))], dict(batch_dims=batch), error=True)
    yield Case('GatherV2', [rand('float32', ()), i32([0]), const(i32(0))], error=True)
    yield Case('GatherV2', [params, i32([0]), const(i32([0]))], error=True)
    yield Case('GatherV2', [empty('float32', 0, 2), i32([0]), i32(0)], error=True)
    yield Case('Gather', [params, i32([2])], error=True)


def gather_nds():
    for t in kernel_dtypes('GatherNd', 'Tparams'):
        for index in INDEX + ['int16']:
            yield Case('GatherNd', [rand(t, (3, 4)), lit(index, [[0, 1], [2, 3]])])
        yield Case('GatherNd', [rand(t, (3, 4)), const(i32([[2], [0]]))])
        yield Case('GatherNd', [rand(t, (3, 4)), const(i32([[2, 0], [3, 0], [0, -1]]))], dict(bad_indices_policy='IGNORE'))
    for t in ('qint16', 'quint16'):  # TensorFlow has no kernel
        yield Case('GatherNd', [lit(t, [5, 6, 7]), i32([[2], [0]])], expect=lambda t=t: [lit(t, [7, 5])])
    params = rand('float32', (2, 3, 4), seed=1)
    for indices in (i32([1]), i32([1, 2]), i32([1, 2, 3]), i32([[[1, 2]], [[0, 0]]]), empty('int32', 2, 0), empty('int32', 0, 2),
                    i32([[[[0, 1, 2]]]]), empty('int32', 0)):
        for policy in ('', 'DEFAULT', 'ERROR', 'IGNORE'):
            yield Case('GatherNd', [params, indices], dict(bad_indices_policy=policy))
    yield Case('GatherNd', [rand('float32', (2, 1, 2, 1, 2, 3, 2)), rand('int32', (4, 6), 0, 0)])
    yield Case('GatherNd', [rand('float32', (2,) * 7), rand('int64', (5, 7), 0, 1)])
    yield Case('GatherNd', [empty('float32', 0, 3), empty('int32', 0, 1)])
    yield Case('GatherNd', [fed(params), fed(i32([[1, 2]]))])
    for indices in (i32([[2]]), i32([[0, 3]]), i32([[-1, 0]]), i32([[0, 0, 0, 0]]), i32(1), i64([[2**33, 0]])):
        yield Case('GatherNd', [params, indices], error=True)
    yield Case('GatherNd', [params, i32([[1]])], dict(bad_indices_policy='FOO'), error=True)
    yield Case('GatherNd', [empty('float32', 0, 3), i32([[0]])], error=True)


def scatters():
    for t in kernel_dtypes('ScatterNd'):
        for index in INDEX:
            yield Case('ScatterNd', [lit(index, [[1], [1], [0]]), rand(t, (3,)), lit(index, [4])])
            yield Case('ScatterNd', [lit(index, [[1, 0], [2, 1], [1, 0]]), rand(t, (3, 2)), const(lit(index, [3, 2, 2]))])
    # TensorFlow's CPU kernel takes no int16 indices.
    yield Case('ScatterNd', [lit('int16', [[1], [0]]), f32([5, 6]), lit('int16', [3])],
               expect=lambda: [np.array([6, 5, 0], np.float32)])
    updates = rand('float32', (2, 2), seed=1)
    for policy in ('', 'DEFAULT', 'ERROR'):
        yield Case('ScatterNd', [i32([[3], [0]]), updates, const(i32([4, 2]))], dict(bad_indices_policy=policy))
        yield Case('ScatterNd', [i32([[4], [0]]), updates, const(i32([4, 2]))], dict(bad_indices_policy=policy), error=True)
    yield Case('ScatterNd', [i32([[4], [0]]), updates, const(i32([4, 2]))], dict(bad_indices_policy='IGNORE'))
    yield Case('ScatterNd', [empty('int32', 0, 1), empty('float32', 0, 2), i32([3, 2])])
    yield Case('ScatterNd', [empty('int32', 0, 1), empty('float32', 0), i32([0])])
    yield Case('ScatterNd', [rand('int32', (2, 3, 2), 0, 1), rand('float32', (2, 3, 4)), i32([2, 2, 4])])
    yield Case('ScatterNd', [rand('int32', (9, 1), 0, 4), rand('float32', (9, 200), seed=1), i32([5, 200])])
    yield Case('ScatterNd', [rand('int32', (6, 5), 0, 1), rand('float32', (6,)), i32([2] * 5)])
    yield Case('ScatterNd', [fed(i32([[3], [0]])), fed(updates), fed(i32([4, 2]))])
    yield Case('ScatterNd', [rand('int32', (40, 1), 0, 1), rand('float16', (40,), 0.5, 1.5), i32([2])])
    for indices, shape in [(i32([[-1], [0]]), [4, 2]), (i32([[0, 0]]), [4, 2]), (i32([[0], [1], [2]]), [4, 2]), (i32([[0], [1]]), [4, 3]),
                           (i32([[0], [1]]), [-4, 2]), (i32(1), [4, 2]), (i32([[0], [1]]), [0, 2]), (empty('int32', 2, 0), [2]),
                           (i32([[0, 0, 0], [0, 0, 0]]), [4, 2])]:
        yield Case('ScatterNd', [indices, updates, i32(shape)], error=True)
    yield Case('ScatterNd', [i32([[0], [1]]), updates, i32([[4, 2]])], error=True)
    for op in ('ScatterNdNonAliasingAdd', 'TensorScatterUpdate', 'TensorScatterAdd', 'TensorScatterSub', 'TensorScatterMax',
               'TensorScatterMin'):
        for t in kernel_dtypes(op):
            for index in INDEX:
                yield Case(op, [rand(t, (4, 2)), lit(index, [[1], [1], [3]]), rand(t, (3, 2))])
            yield Case(op, [rand(t, (3, 2)), const(i32([[2, 1], [0, 0], [2, 1]])), const(rand(t, (3,)))])
        tensor = rand('float32', (4, 2), seed=7)
        yield Case(op, [tensor, lit('int16', [[1]]), f32([[0, 0]])],
                   expect=lambda op=op, tensor=tensor: tf_run(op, [tensor, i32([[1]]), f32([[0, 0]])]))
        yield Case(op, [tensor, i32([[4], [0], [-1]]), rand('float32', (3, 2))], dict(bad_indices_policy='IGNORE'))
        yield Case(op, [tensor, empty('int32', 0, 1), empty('float32', 0, 2)])
        yield Case(op, [empty('float32', 0, 2), empty('int32', 0, 1), empty('float32', 0, 2)])
        yield Case(op, [rand('float32', (2, 2, 3)), rand('int32', (2, 2, 2), 0, 1), rand('float32', (2, 2, 3))])
        yield Case(op, [rand('float32', (2, 2, 3)), rand('int64', (5, 3), 0, 1), rand('float32', (5,))])
        yield Case(op, [fed(tensor), fed(i32([[1]])), fed(f32([[1, 2]]))])
        yield Case(op, [f32([np.nan, 1, 2]), i32([[0], [1], [2]]), f32([5, np.nan, -np.inf])])
        yield Case(op, [tensor, i32([[4]]), f32([[1, 2]])], error=True)
        yield Case(op, [tensor, i32([[-1]]), f32([[1, 2]])], error=True)
        yield Case(op, [tensor, i32([[1]]), f32([1, 2])], error=True)
        yield Case(op, [tensor, i32([[1]]), f32([[1, 2, 3]])], error=True)
        yield Case(op, [tensor, i32([[1]]), f32([[1, 2], [1, 2]])], error=True)
        yield Case(op, [tensor, i32(1), f32([1, 2])], error=True)
        yield Case(op, [empty('float32', 0, 2), i32([[0]]), f32([[1, 2]])], error=True)
        yield Case(op, [tensor, i32([[1]]), f32([[1, 2]])], dict(bad_indices_policy='FOO'), error=True)


def partitions():
    for t in kernel_dtypes('DynamicPartition'):
        yield Case('DynamicPartition', [rand(t, (5, 2)), const(i32([0, 2, 0, 3, 2]))], dict(num_partitions=4))
        yield Case('DynamicPartition', [rand(t, (5,)), i32([0, 1, 0, 1, 1])], dict(num_partitions=2))
    data = rand('float32', (2, 2, 3), seed=1)
    yield Case('DynamicPartition', [data, i32([[0, 1], [1, 1]])], dict(num_partitions=3))
    yield Case('DynamicPartition', [data, i32([1, 0])], dict(num_partitions=2))
    yield Case('DynamicPartition', [data, i32(1)], dict(num_partitions=3))
    yield Case('DynamicPartition', [empty('float32', 2, 0), i32([1, 0])], dict(num_partitions=2))
    yield Case('DynamicPartition', [empty('float32', 0, 2), empty('int32', 0)], dict(num_partitions=2))
    yield Case('DynamicPartition', [fed(data), fed(i32([1, 0]))], dict(num_partitions=2))
    for ids, parts in [([0, 2], 2), ([0, -1], 2), ([0, 1, 1], 2), ([0, 0], 0)]:
        yield Case('DynamicPartition', [data, i32(ids)], dict(num_partitions=parts), error=True)
    for op in ('DynamicStitch', 'ParallelDynamicStitch'):
        yield Case(op, [[i32([0, 2**31 - 1])], [rand('float32', (2, 0))]], name=f'{op} too large', error=True)
        for t in kernel_dtypes(op):
            yield Case(op, [[i32([2, 0]), const(i32([1]))], [rand(t, (2, 3)), rand(t, (1, 3))]])
            yield Case(op, [[i32(3), i32([[2, 1], [0, 4]])], [rand(t, ()), rand(t, (2, 2))]])
        yield Case(op, [[i32([0, 1]), i32([1])], [f32([1, 2]), f32([3])]])
        yield Case(op, [[i32([1, 1, 0, 1])], [f32([1, 2, 3, 4])]])
        yield Case(op, [[empty('int32', 0)], [empty('float32', 0, 2)]])
        yield Case(op, [[i32([0, 1])], [empty('float32', 2, 0)]])
        yield Case(op, [[fed(i32([1, 0])), fed(i32([2]))], [fed(f32([[1], [2]])), fed(f32([[3]]))]])
        # TensorFlow leaves places open that no index names.
        yield Case(op, [[i32([0, 3])], [f32([1, 2])]], expect=lambda: [np.array([1, 0, 0, 2], np.float32)])
        yield Case(op, [[i32([0, -1])], [f32([1, 2])]], error=True)
        yield Case(op, [[i32([0, 1])], [f32([1, 2, 3])]], error=True)
        yield Case(op, [[i32([0]), i32([1])], [f32([[1]]), f32([[1, 2]])]], error=True)
        yield Case(op, [[i32([[0]])], [f32([1])]], error=True)


def cases():
    yield from gathers()
    yield from gather_nds()
    yield from scatters()
    yield from partitions()
