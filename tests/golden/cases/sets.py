"""Sets in the last dim: sizes, unions, intersections, differences, of dense and sparse tensors."""
from cases_dsl import *

OPERATIONS = ['a-b', 'b-a', 'intersection', 'union']


def sparse(t, at, values, shape):
    """Indices, values and shape of a sparse tensor."""
    return [lit('int64', np.array(at, np.int64).reshape(len(at), len(shape))), values if not isinstance(values, list) else lit(t, values), i64(shape)]


# Four of the six places have a set.
AT = [(0, 0, 0), (0, 0, 1), (0, 0, 3), (0, 2, 2), (1, 0, 0), (1, 0, 1), (1, 2, 0), (1, 2, 1), (1, 2, 3)]
OTHER = [(0, 0, 0), (0, 1, 1), (0, 1, 2), (1, 0, 0), (1, 0, 2), (1, 1, 0)]


def sizes(op='SetSize'):
    for t in kernel_dtypes(op):
        for check in (True, False):
            yield Case(op, sparse(t, AT, rand(t, (9,), 0, 3, seed=1), (2, 3, 4)), dict(validate_indices=check))
    loose = dict(validate_indices=False)
    yield Case(op, sparse('int32', [(1, 0), (0, 0), (0, 1), (1, 2)], [5, 5, 6, 7], (2, 3)), loose)
    yield Case(op, sparse('int32', [], [], (2, 3)))
    yield Case(op, sparse('int32', [], [], (0, 3)))
    yield Case(op, sparse('int32', [], [], (2, 0)))
    yield Case(op, [const(x) for x in sparse('int32', [(0, 0), (1, 2)], [5, 5], (2, 3))])
    yield Case(op, [fed(x) for x in sparse('int32', [(0, 0), (1, 2)], [5, 5], (2, 3))])
    yield from refused(op, [])


def refused(op, before, **attrs):
    good = ([(0, 0), (1, 2)], [5, 5], (2, 3))
    bad = [([(1, 2), (0, 0)], *good[1:]), ([(0, 0), (0, 0)], *good[1:]), ([(0, 0), (2, 0)], *good[1:]), ([(0, -1), (1, 0)], *good[1:]), ([(0,), (1,)], [5, 5], (2,)), (good[0], good[1], (2, -3)),
           (good[0], [5], (2, 3)), (good[0], [5, 5, 5], (2, 3))]
    for n, (at, values, shape) in enumerate(bad):
        yield Case(op, [*before, *sparse('int32', at, values, shape)], attrs, name=f'{op} bad {n}', error=True)
    for n, parts in enumerate([[i64([0, 0]), i32([5, 5]), i64([2, 3])], [i64([[0, 0]]), i32([[5]]), i64([2, 3])], [i64([[0, 0]]), i32([5]), i64([[2, 3]])], [i64([[0, 0]]), i32([5]), i64([2, 3, 4])]]):
        yield Case(op, [*before, *parts], attrs, name=f'{op} bad parts {n}', error=True)


def dense(op='DenseToDenseSetOperation'):
    for t in kernel_dtypes(op):
        for operation in OPERATIONS:
            yield Case(op, [rand(t, (2, 2, 5), 0, 4, seed=1), rand(t, (2, 2, 3), 0, 4, seed=2)], dict(set_operation=operation))
    both = dict(set_operation='Union', validate_indices=False)
    yield Case(op, [i32([[3, 1, 3]]), i32([[2, 2]])], both)
    yield Case(op, [text([[b'b', b'a\xff', b'a', b'']]), text([[b'\xff', b'a\0']])], both)
    for a, b in [((2, 0), (2, 3)), ((2, 3), (2, 0)), ((2, 0), (2, 0)), ((0, 3), (0, 2)), ((2, 0, 3), (2, 0, 2))]:
        yield Case(op, [rand('int32', a), rand('int32', b)], both)
    yield Case(op, [fed(i32([[3, 1, 3]])), fed(i32([[2, 2]]))], both)
    for a, b, operation in [((3,), (3,), 'union'), ((2, 3), (3, 3), 'union'), ((2, 3), (2, 1, 3), 'union'), ((2, 3), (2, 3), 'a+b'), ((2, 3), (2, 3), '')]:
        yield Case(op, [rand('int32', a), rand('int32', b)], dict(set_operation=operation), error=True)


def dense_sparse(op='DenseToSparseSetOperation'):
    for t in kernel_dtypes(op):
        for operation in OPERATIONS:
            yield Case(op, [rand(t, (2, 3, 3), 0, 4, seed=1), *sparse(t, AT, rand(t, (9,), 0, 4, seed=2), (2, 3, 4))], dict(set_operation=operation))
    both, loose = dict(set_operation='union'), dict(set_operation='UNION', validate_indices=False)
    ones = i32([[1, 2], [1, 2], [1, 2]])
    yield Case(op, [ones, *sparse('int32', [(1, 0), (0, 0), (2, 0)], [7, 8, 9], (3, 3))], loose)
    yield Case(op, [ones, *sparse('int32', [(1, 0), (1, 1), (0, 0)], [7, 8, 9], (3, 3))], loose)
    yield Case(op, [ones, *sparse('int32', [], [], (3, 3))], both)
    yield Case(op, [ones, *sparse('int32', [], [], (3, 0))], both)
    yield Case(op, [rand('int32', (3, 0)), *sparse('int32', [(0, 1), (2, 0), (2, 1)], [7, 8, 9], (3, 3))], both)
    yield Case(op, [rand('int32', (3, 0)), *sparse('int32', [(1, 1), (0, 0), (2, 1)], [7, 8, 9], (3, 3))], loose)
    yield Case(op, [rand('int32', (0, 3)), *sparse('int32', [], [], (0, 2))], both)
    yield Case(op, [fed(ones), *[fed(x) for x in sparse('int32', [(1, 0)], [7], (3, 3))]], both)
    yield from refused(op, [rand('int32', (2, 2))], **both)
    for shape in [(3, 2), (2, 3, 3), (2,)]:
        yield Case(op, [rand('int32', shape), *sparse('int32', [(0, 0), (1, 2)], [5, 5], (2, 3))], both, error=True)
    yield Case(op, [ones, *sparse('int32', [(1, 0)], [7], (3, 3))], dict(set_operation='b'), error=True)


def sparse_sparse(op='SparseToSparseSetOperation'):
    for t in kernel_dtypes(op):
        for operation in OPERATIONS:
            yield Case(op, [*sparse(t, AT, rand(t, (9,), 0, 4, seed=1), (2, 3, 4)), *sparse(t, OTHER, rand(t, (6,), 0, 4, seed=2), (2, 3, 3))], dict(set_operation=operation))
    both, loose = dict(set_operation='union'), dict(set_operation='union', validate_indices=False)
    one = sparse('int32', [(0, 0), (2, 1)], [5, 6], (3, 2))
    for other in [([], [], (3, 4)), ([], [], (3, 0)), ([(1, 0)], [5], (3, 1))]:
        yield Case(op, [*one, *sparse('int32', *other)], both)
        yield Case(op, [*sparse('int32', *other), *one], both)
    yield Case(op, [*sparse('int32', [(2, 0), (2, 1), (0, 0), (0, 1)], [4, 3, 8, 9], (3, 3)), *sparse('int32', [(1, 0), (2, 0), (0, 0)], [7, 8, 9], (3, 3))], loose)
    yield Case(op, [fed(x) for x in [*one, *one]], both)
    first = sparse('int32', [(0, 0), (1, 1)], [5, 6], (2, 2))
    yield from refused(op, first, **both)
    for shape in [(2, 3, 2), (4, 2)]:
        yield Case(op, [*one, *sparse('int32', [(0,) * len(shape)], [5], shape)], both, error=True)


def cases():
    for family in (sizes, dense, dense_sparse, sparse_sparse):
        yield from family()
