"""Sparse matrices in CSR form, which are variants: made, taken apart, transposed and multiplied."""
from cases_dsl import *

raw = tf.raw_ops
TYPES = ['float32', 'float64', 'complex64', 'complex128']
INDEX = [[0, 1], [1, 0], [1, 2], [3, 1]]
BATCH = [[0, 0, 1], [0, 2, 0], [2, 1, 0], [2, 1, 1], [2, 2, 1]]


def matrix(g, t, index=INDEX, dims=(4, 3), seed=1):
    value = rand(t, (len(index),), seed=seed) if len(index) else lit(t, [], (0,))
    return raw.SparseTensorToCSRSparseMatrix(indices=g.feed(i64(np.array(index, np.int64).reshape(len(index), len(dims)))), values=g.feed(value), dense_shape=g.feed(i64(dims)))


def parts(m, t):
    return list(raw.CSRSparseMatrixToSparseTensor(sparse_matrix=m, type=t))


def cases():
    for t in TYPES:
        for name, index, dims in [('one', INDEX, (4, 3)), ('batch', BATCH, (3, 3, 2)), ('none', [], (4, 3)), ('no rows', [], (0, 3)), ('repeated, columns in any order', [[0, 2], [0, 0], [1, 1], [1, 1]], (2, 3))]:
            make = lambda g, t=t, index=index, dims=dims: matrix(g, t, index, dims)
            yield GraphCase(f'CSR {t} {name} to parts and dense', lambda g, make=make, t=t: [*parts(make(g), t), raw.CSRSparseMatrixToDense(sparse_input=make(g), type=t), raw.SparseMatrixNNZ(sparse_matrix=make(g))])
            b = len(dims) == 3
            yield GraphCase(f'CSR {t} {name} components', lambda g, make=make, t=t, b=b: [x for i in range(3 if b else 1) for x in raw.CSRSparseMatrixComponents(csr_sparse_matrix=make(g), index=g.feed(i32(i)), type=t)])
            if 'any' not in name:
                for conjugate in (False, True) if 'complex' in t else (False,):
                    yield GraphCase(f'SparseMatrixTranspose {t} {name} {conjugate}', lambda g, make=make, t=t, k=conjugate: parts(raw.SparseMatrixTranspose(input=make(g), conjugate=k, type=t), t))
        yield GraphCase(f'DenseToCSRSparseMatrix {t}', lambda g, t=t: parts(raw.DenseToCSRSparseMatrix(dense_input=g.feed(rand(t, (4, 3), seed=1)), indices=g.feed(i64(INDEX))), t))
        yield GraphCase(f'DenseToCSRSparseMatrix {t} batch', lambda g, t=t: parts(raw.DenseToCSRSparseMatrix(dense_input=g.feed(rand(t, (3, 3, 2), seed=1)), indices=g.feed(i64(BATCH))), t))
        yield from products(t)
        yield from factors(t)
    yield from refused()


def products(t):
    for how in ([], ['transpose_a'], ['adjoint_a'], ['transpose_b'], ['adjoint_b'], ['transpose_output'], ['adjoint_a', 'transpose_b', 'conjugate_output'], ['conjugate_output', 'transpose_output']):
        if 'complex' not in t and any('adjoint' in k or 'conjugate' in k for k in how):
            continue
        flags = {k: True for k in how}
        turned, other = any(k in flags for k in ('transpose_a', 'adjoint_a')), any(k in flags for k in ('transpose_b', 'adjoint_b'))
        inner = 4 if turned else 3
        yield GraphCase(f'SparseMatrixMatMul {t} {how}', lambda g, t=t, f=flags, s=(5, inner) if other else (inner, 5): [raw.SparseMatrixMatMul(a=matrix(g, t), b=g.feed(rand(t, s, seed=2)), **f)])
        inner = 3 if turned else 2
        yield GraphCase(f'SparseMatrixMatMul {t} {how} batch', lambda g, t=t, f=flags, s=(3, 2, inner) if other else (3, inner, 2): [raw.SparseMatrixMatMul(a=matrix(g, t, BATCH, (3, 3, 2)), b=g.feed(rand(t, s, seed=2)), **f)])
    for how in (['transpose_a'], ['transpose_b'], ['adjoint_a'], ['adjoint_b'], []):
        if 'complex' not in t and any('adjoint' in k for k in how):
            continue
        flags = {k: True for k in how}
        other = ([[0, 1], [1, 0], [2, 1], [2, 3]], (3, 4)) if not how else (INDEX, (4, 3))
        yield GraphCase(f'SparseMatrixSparseMatMul {t} {how}', lambda g, t=t, f=flags, o=other: parts(raw.SparseMatrixSparseMatMul(a=matrix(g, t), b=matrix(g, t, *o, seed=3), type=t, **f), t))
    yield GraphCase(f'SparseMatrixSparseMatMul {t} batch', lambda g, t=t: parts(raw.SparseMatrixSparseMatMul(a=matrix(g, t, BATCH, (3, 3, 2)), b=matrix(g, t, BATCH, (3, 3, 2), seed=3), transpose_b=True, type=t), t))

    def cancels(g):
        make = lambda values: raw.SparseTensorToCSRSparseMatrix(indices=i64([[0, 0], [0, 1]]).array if values[1] < 0 else i64([[0, 0], [1, 0]]).array, values=g.feed(lit(t, values)), dense_shape=i64([2, 2]).array)
        return parts(raw.SparseMatrixSparseMatMul(a=make([1, -1]), b=make([1, 1]), type=t), t)
    yield GraphCase(f'SparseMatrixSparseMatMul {t} cancels', cancels)


def refused():
    t = 'float32'
    made = lambda index, dims: lambda g: parts(matrix(g, t, index, dims), t)
    for name, index, dims in [('column', [[0, 3]], (4, 3)), ('row', [[4, 0]], (4, 3)), ('negative', [[-1, 0]], (4, 3)), ('dim', [], (-1, 3))]:
        yield GraphCase(f'CSR refused: {name}', made(index, dims), error=True)
    yield GraphCase('CSR refused: dense index', lambda g: parts(raw.DenseToCSRSparseMatrix(dense_input=g.feed(rand(t, (2, 3), seed=1)), indices=g.feed(i64([[0, 9]]))), t), error=True)
    yield GraphCase('CSR refused: another type', lambda g: [raw.CSRSparseMatrixToDense(sparse_input=matrix(g, t), type='float64')], error=True)
    for index in (-1, 1):
        yield GraphCase(f'CSR refused: component {index}', lambda g, i=index: list(raw.CSRSparseMatrixComponents(csr_sparse_matrix=matrix(g, t), index=g.feed(i32(i)), type=t)), error=True)
    dense = lambda shape, **k: lambda g: [raw.SparseMatrixMatMul(a=matrix(g, t), b=g.feed(rand(t, shape, seed=2)), **k)]
    for shape, k in [((4, 2), {}),  ((3, 2), dict(transpose_a=True))]:
        yield GraphCase(f'SparseMatrixMatMul refused: {shape} {k}', dense(shape, **k), error=True)
    yield GraphCase('SparseMatrixSparseMatMul refused: sizes', lambda g: parts(raw.SparseMatrixSparseMatMul(a=matrix(g, t), b=matrix(g, t), type=t), t), error=True)
    yield GraphCase('SparseMatrixSparseMatMul refused: types', lambda g: parts(raw.SparseMatrixSparseMatMul(a=matrix(g, t), b=matrix(g, 'float64'), transpose_b=True, type=t), t), error=True)


def positive(g, t, batch=None, n=4, upper=True, dims=None):
    """A sparse matrix that is positive definite; of its upper triangle only the lower one's mirror."""
    index, values = [], []
    for b in range(batch or 1):
        for i, j, v in [(0, 0, 4), (1, 0, 1 - 0.5j), (1, 1, 5 + b), (2, 1, -1.5), (2, 2, 6), (3, 0, 2j), (3, 3, 7), (4, 2, 1), (4, 4, 3)]:
            if i >= n:
                continue
            for r, c, w in {(i, j, v), (j, i, np.conj(v))} if upper else {(i, j, v)}:
                index.append([b, r, c] if batch else [r, c])
                values.append(w if 'complex' in t else np.real(w) + np.imag(w))
    order = sorted(range(len(index)), key=lambda k: index[k])
    dims = dims or ([batch, n, n] if batch else [n, n])
    return raw.SparseTensorToCSRSparseMatrix(indices=g.feed(i64([index[k] for k in order])), values=g.feed(lit(t, [values[k] for k in order])), dense_shape=g.feed(i64(dims)))


def factors(t):
    factor = lambda m, order, g: parts(raw.SparseMatrixSparseCholesky(input=m, permutation=g.feed(i32(order)), type=t), t)
    for order in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 3, 1, 4]):
        for upper in (True, False):
            yield GraphCase(f'SparseMatrixSparseCholesky {t} {order} {upper}', lambda g, o=order, u=upper: factor(positive(g, t, n=5, upper=u), o, g))
    yield GraphCase(f'SparseMatrixSparseCholesky {t} batch', lambda g: factor(positive(g, t, 2), [[2, 0, 3, 1], [0, 1, 2, 3]], g))
    for name, dims, order in [('another length', None, [0, 1, 2]), ('another rank', None, [[0, 1, 2, 3]]), ('not square', [4, 5], [0, 1, 2, 3])]:
        yield GraphCase(f'SparseMatrixSparseCholesky {t} refused: {name}', lambda g, d=dims, o=order: factor(positive(g, t, dims=d), o, g), error=True)
    yield GraphCase(f'SparseMatrixSparseCholesky {t} refused: not positive', lambda g: factor(matrix(g, t, [[0, 0], [1, 0], [1, 1]], (2, 2), seed=5), [0, 1], g), error=True)
