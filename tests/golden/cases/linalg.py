"""Linear algebra: factors, solutions, determinants, eigenvalues."""
from cases_dsl import *

OLD = dict(producer=10)  # GraphDefs that may still have the withdrawn names
# Float rounding of TensorFlow's own steps, for matrices whose condition is some ten.
TIGHT = {'float16': dict(rtol=4e-3, atol=4e-3), 'float32': dict(rtol=2e-5, atol=1e-5), 'float64': dict(rtol=1e-11, atol=1e-12),
         'complex64': dict(rtol=2e-5, atol=1e-5), 'complex128': dict(rtol=1e-11, atol=1e-12)}
FOUR = ['float32', 'float64'] + COMPLEX


def numbers(seed, shape, t):
    """Multiples of 1/8 in [-2, 2]."""
    draw = np.random.RandomState(seed)
    x = draw.randint(-16, 17, shape) / 8
    if t in COMPLEX:
        x = x + 1j * draw.randint(-16, 17, shape) / 8
    return x


def any_matrix(t, shape, seed=1):
    return lit(t, numbers(seed, shape, t))


def regular(t, shape, seed=1):
    """Square, far from singular, with pivots that are not on the diagonal."""
    n = shape[-1]
    x = numbers(seed, shape, t) / 2
    x[..., np.arange(n), (np.arange(n) + 1) % n] += 4 if n > 1 else 3
    return lit(t, x)


def definite(t, shape, seed=1):
    x = numbers(seed, shape, t)
    return lit(t, x @ x.conj().swapaxes(-1, -2) + 2 * np.eye(shape[-1]))


def hermitian(t, shape, seed=1):
    x = numbers(seed, shape, t)
    return lit(t, x + x.conj().swapaxes(-1, -2))


def triangle(t, shape, seed=1):
    x = numbers(seed, shape, t)
    x[..., np.arange(shape[-1]), np.arange(shape[-1])] += 4
    return lit(t, x)


def special(t):
    """Matrices that end a factorization early or spread NaN."""
    for rows in ([[1, 2], [2, 4]], [[1, np.nan], [np.nan, 2]], [[1, np.inf], [0, 1]], [[0, 0], [0, 0]], [[0, 1], [-1, 0]],
                 [[-1, 0], [0, -1]], [[0, 1], [0, 0]], [[-3]], [[0]]):
        yield lit(t, rows)


def not_square(op, *rest):
    for shape in ((2, 3), (3,), (), (0, 3)):
        yield Case(op, [rand('float32', shape), *rest], error=True)


SQUARES = ((1, 1), (2, 2), (3, 3), (5, 5), (2, 1, 4, 4), (12, 12), (0, 0), (2, 0, 0), (0, 3, 3))


def cholesky():
    for t in FOUR:
        for shape in SQUARES:
            yield Case('Cholesky', [definite(t, shape)], **TIGHT[t])
        yield Case('Cholesky', [fed(definite(t, (2, 3, 3)))], **TIGHT[t])
        # What stands above the diagonal of a matrix that is not positive definite is unset too.
        for rows in ([[1, np.nan], [np.nan, 2]], [[1, np.inf], [0, 1]], [[-3]], [[0]], [[[4]], [[-1]], [[9]]]):
            yield Case('Cholesky', [lit(t, rows)])
    for t in ('float32', 'float64'):
        yield Case('BatchCholesky', [definite(t, (2, 3, 3))], **TIGHT[t], **OLD)
        for op, options in (('CholeskyGrad', {}), ('BatchCholeskyGrad', OLD)):
            for shape in ((1, 1), (3, 3), (2, 4, 4), (0, 0), (0, 2, 2)):
                yield Case(op, [triangle(t, shape), any_matrix(t, shape, 2)], **TIGHT[t], **options)
        yield Case('CholeskyGrad', [triangle(t, (20, 20)), any_matrix(t, (20, 20), 2)], rtol=1e-4, atol=1e-4)
    yield from not_square('Cholesky')
    yield Case('CholeskyGrad', [rand('float32', (2, 2)), rand('float32', (3, 3))], error=True)
    yield Case('CholeskyGrad', [rand('float32', (2, 3)), rand('float32', (2, 3))], error=True)
    yield Case('CholeskyGrad', [rand('float32', (2, 2, 2)), rand('float32', (2, 2))], error=True)


def elimination():
    for t in FOUR:
        tight = TIGHT[t]
        for shape in SQUARES:
            yield Case('MatrixInverse', [regular(t, shape)], **tight)
            yield Case('MatrixDeterminant', [regular(t, shape)], **tight)
            yield Case('LogMatrixDeterminant', [regular(t, shape)], **tight)
            yield Case('Lu', [regular(t, shape)], **tight)
            yield Case('MatrixSolve', [regular(t, shape), any_matrix(t, shape[:-1] + (3,), 2)], **tight)
        for op in ('MatrixInverse', 'MatrixSolve'):
            rhs = [any_matrix(t, (2, 4, 1), 2)] if op == 'MatrixSolve' else []
            yield Case(op, [regular(t, (2, 4, 4))] + rhs, dict(adjoint=True), **tight)
            yield Case(op, [fed(regular(t, (2, 4, 4)))] + [fed(x) for x in rhs], **tight)
        yield Case('MatrixSolve', [regular(t, (3, 3)), any_matrix(t, (3, 0))])
        yield Case('Lu', [regular(t, (2, 4, 4))], dict(output_idx_type='int64'), **tight)
        yield Case('BatchMatrixDeterminant', [regular(t, (2, 3, 3))], **tight, **OLD)
        for x in special(t):
            yield Case('MatrixDeterminant', [x], **tight)
            yield Case('LogMatrixDeterminant', [x], **tight)
        for x in (lit(t, [[1, 2], [2, 4]]), lit(t, [[[1, 0], [0, 1]], [[0, 1], [0, 0]]]), lit(t, [[0]])):
            yield Case('MatrixInverse', [x], error=True)
            yield Case('Lu', [x], error=True)
            yield Case('MatrixSolve', [x, x], error=True)
    for t in ('float32', 'float64'):
        yield Case('MatrixInverse', [lit(t, [[1, np.nan], [np.nan, 2]])])
        for adjoint in (False, True):
            yield Case('BatchMatrixInverse', [regular(t, (2, 3, 3))], dict(adjoint=adjoint), **TIGHT[t], **OLD)
            yield Case('BatchMatrixSolve', [regular(t, (2, 3, 3)), any_matrix(t, (2, 3, 2), 2)], dict(adjoint=adjoint), **TIGHT[t], **OLD)
    for shape in ((1, 1), (3, 3), (2, 4, 4), (0, 0)):
        yield Case('MatrixInverse', [regular('float16', shape)], **TIGHT['float16'])
    yield Case('MatrixInverse', [lit('float16', [[1, 2], [2, 4]])], error=True)
    for op in ('MatrixDeterminant', 'LogMatrixDeterminant'):
        for t in ('float32', 'float64'):
            yield Case(op, [lit(t, [[[np.inf, 0], [0, -2]], [[3, 0], [0, -np.inf]], [[np.nan, 0], [0, 1]]])])
    for op in ('MatrixInverse', 'MatrixDeterminant', 'LogMatrixDeterminant', 'Lu'):
        yield from not_square(op)
    yield from not_square('MatrixSolve', rand('float32', (2, 1)))
    for a, b in (((2, 2), (3, 1)), ((2, 2), (2,)), ((2, 2), (1, 2, 1)), ((2, 2, 2), (2, 1)), ((2, 2, 2), (3, 2, 1))):
        yield Case('MatrixSolve', [regular('float32', a), rand('float32', b)], error=True)


def substitution():
    for t in FOUR:
        tight = TIGHT[t]
        for lower in (True, False):
            for adjoint in (True, False):
                attrs = dict(lower=lower, adjoint=adjoint)
                for a, b in (((3, 3), (3, 2)), ((2, 4, 4), (2, 4, 1)), ((4, 4), (2, 3, 4, 2)), ((2, 1, 3, 3), (2, 3, 1))):
                    yield Case('MatrixTriangularSolve', [triangle(t, a), any_matrix(t, b, 2)], attrs, **tight)
                if t[0] == 'f':
                    yield Case('BatchMatrixTriangularSolve', [triangle(t, (2, 3, 3)), any_matrix(t, (2, 3, 2), 2)], attrs, **tight, **OLD)
                for bands, n in ((1, 3), (2, 4), (3, 5), (3, 3)):
                    x = numbers(3, (bands, n), t)
                    x[0 if lower else -1] += 4
                    yield Case('BandedTriangularSolve', [lit(t, x), any_matrix(t, (n, 2), 2)], attrs, **tight)
                    yield Case('BandedTriangularSolve', [lit(t, x[None]), any_matrix(t, (2, n, 1), 2)], attrs, **tight)
        yield Case('MatrixTriangularSolve', [any_matrix(t, (0, 0)), any_matrix(t, (0, 1))])
        yield Case('MatrixTriangularSolve', [triangle(t, (3, 3)), any_matrix(t, (3, 0))])
        yield Case('MatrixTriangularSolve', [triangle(t, (20, 20)), any_matrix(t, (20, 2), 2)], **tight)
        yield Case('MatrixTriangularSolve', [fed(triangle(t, (3, 3))), fed(any_matrix(t, (3, 2)))], **tight)
        yield Case('BandedTriangularSolve', [lit(t, [[1, 0, 1]]), any_matrix(t, (3, 1))], error=True)
    yield Case('MatrixTriangularSolve', [f32([[0, 1], [1, 1]]), f32([[1], [1]])])
    yield Case('MatrixTriangularSolve', [f32([[1, np.nan], [np.nan, 2]]), f32([[1], [1]])])
    for a, b in (((2, 3), (2, 1)), ((2, 2), (3, 1)), ((2,), (2, 1)), ((2, 2), (2,)), ((2, 2, 2), (3, 2, 1))):
        yield Case('MatrixTriangularSolve', [triangle('float32', a) if a == (2, 2) else rand('float32', a), rand('float32', b)], error=True)
    for a, b in (((2, 3), (2, 1)), ((3,), (3, 1)), ((1, 3), (3,)), ((0, 3), (3, 1)), ((1, 0), (0, 1)), ((2, 1, 3), (3, 3, 1)), ((4, 3), (3, 1))):
        yield Case('BandedTriangularSolve', [rand('float32', a, 1, 2), rand('float32', b)], error=True)


def tridiagonal():
    for t in FOUR:
        tight = TIGHT[t]
        for batch in ((), (2,), (2, 3), (0,)):
            for n in (1, 2, 5):
                row = batch + (1, n)
                yield Case('TridiagonalMatMul', [any_matrix(t, row, 1), any_matrix(t, row, 2), any_matrix(t, row, 3), any_matrix(t, batch + (n, 2), 4)], **tight)
                for pivoting in (True, False):
                    x = numbers(n, batch + (3, n), t)
                    x[..., 1, :] += 1 if pivoting else 5
                    yield Case('TridiagonalSolve', [lit(t, x), any_matrix(t, batch + (n, 2), 4)], dict(partial_pivoting=pivoting),
                               **(dict(rtol=2e-4, atol=2e-4) if t in ('float32', 'complex64') else tight))
        yield Case('TridiagonalSolve', [any_matrix(t, (3, 0)), any_matrix(t, (0, 2))])
        yield Case('TridiagonalSolve', [any_matrix(t, (3, 3)), any_matrix(t, (3, 0))])
        for pivoting in (True, False):
            for x in ([[0, 0], [0, 0], [0, 0]], [[0, 0, 0], [0, 1, 1], [0, 0, 0]], [[2, 0, 0], [0, 1, 1], [0, 3, 0]], [[1, 0], [1, 1], [0, 1]], [[0], [0], [0]]):
                yield Case('TridiagonalSolve', [lit(t, x), any_matrix(t, (len(x[0]), 2), 4)], dict(partial_pivoting=pivoting), **tight)
        # A perturbed pivot: of 0, below the least normal number, beside a greater row, beside nothing to eliminate, at the end.
        tiny = 1e-40 if t in ('float32', 'complex64') else 1e-310
        for n, x in enumerate(([[0], [0], [0]], [[0], [0.25], [0]], [[0], [-3], [0]], [[1, 0], [1, 1], [0, 1]], [[0, 0, 0], [0, 1, 1], [0, 0, 0]],
                               [[2, 0, 0], [0, 1, 1], [0, 3, 0]], [[1, 2, 3, 0], [1, 0.5, 0, -1], [0, 8, 0.5, 2]], [[0, 0], [0, 0], [0, 0]],
                               [[0], [tiny], [0]], [[1, 1, 1, 0], [-2, 4, -0.125, 2], [0, 1, 1, 0]])):
            for scale in (1, 2.0**-40):
                yield Case('TridiagonalSolve', [lit(t, np.array(x) * scale), any_matrix(t, (len(x[0]), 2), n)], dict(perturb_singular=True), **tight)
            yield Case('TridiagonalSolve', [lit(t, x), grid(t, (len(x[0]), 2), 0, 3, -140, seed=n)], dict(perturb_singular=True), **tight)
        yield Case('TridiagonalSolve', [any_matrix(t, (2, 3, 5), 1), any_matrix(t, (2, 5, 3), 2)], dict(perturb_singular=True), **tight)
        great = 1e8 if t in ('float32', 'complex64') else 1e17  # beside it the pivot is small, though the element below is smaller
        yield Case('TridiagonalSolve', [lit(t, [[great, 0], [1, 1], [0, 0.5]]), lit(t, [[great], [2.5]])], dict(perturb_singular=True), **tight)
        yield Case('TridiagonalSolve', [any_matrix(t, (3, 0)), any_matrix(t, (0, 2))], dict(perturb_singular=True))
    yield Case('TridiagonalSolve', [rand('float32', (3, 2)), rand('float32', (2, 1))], dict(partial_pivoting=False, perturb_singular=True), error=True)
    for a, b in (((2, 3), (3, 1)), ((3, 3), (2, 1)), ((3,), (3, 1)), ((3, 3), (3,)), ((2, 3, 3), (3, 1)), ((2, 3, 3), (3, 3, 1))):
        yield Case('TridiagonalSolve', [rand('float32', a), rand('float32', b)], error=True)
    for shape in ((2, 3), (1, 2), (3,), (1, 1, 3)):
        for at in range(3):
            rows = [rand('float32', shape if i == at else (1, 3)) for i in range(3)]
            yield Case('TridiagonalMatMul', rows + [rand('float32', (3, 2))], error=True)


def orthogonal():
    for t in FOUR + ['float16']:
        for full in (False, True):
            for shape in ((1, 1), (3, 3), (2, 4, 2), (2, 4), (1, 5), (5, 1), (12, 9), (0, 3), (3, 0), (0, 2, 3), (2, 2, 0, 0)):
                if t == 'float16' and shape[0] == 12:
                    continue
                yield Case('Qr', [any_matrix(t, shape)], dict(full_matrices=full), **TIGHT[t])
        yield Case('Qr', [fed(any_matrix(t, (3, 2)))], **TIGHT[t])
        for x in ([[0, 0], [0, 0]], [[0, 1], [-1, 0]], [[-1, 0], [0, -1]], [[0, 1], [0, 0]], [[1, np.nan], [np.nan, 2]]):
            yield Case('Qr', [lit(t, x)], **TIGHT[t])
    for shape in ((3,), ()):
        yield Case('Qr', [rand('float32', shape)], error=True)


def self_adjoint():
    for t in FOUR:
        tight = TIGHT[t]
        for shape in SQUARES:
            yield Case('SelfAdjointEigV2', [hermitian(t, shape)], **tight)
        # TensorFlow leaves the second output unset.
        yield Case('SelfAdjointEigV2', [hermitian(t, (2, 4, 4))], dict(compute_v=False), fetch=[0], **tight)
        yield Case('SelfAdjointEigV2', [fed(hermitian(t, (3, 3)))], **tight)
        for n in (3, 6):  # only the lower triangle counts, and no imaginary parts on the diagonal
            yield Case('SelfAdjointEigV2', [any_matrix(t, (n, n))], **tight)
        for x in (np.inf, np.nan):
            yield Case('SelfAdjointEigV2', [lit(t, [[complex(-1, x) if t in COMPLEX else x]])])
        for x in special(t):
            broken = np.isnan(x.array).any()
            yield Case('SelfAdjointEigV2', [x], error=bool(broken), **(dict() if broken else tight))
    for t in ('float32', 'float64'):
        yield Case('BatchSelfAdjointEigV2', [hermitian(t, (2, 3, 3))], **TIGHT[t], **OLD)
        for op in ('SelfAdjointEig', 'BatchSelfAdjointEig'):
            for shape in ((1, 1), (2, 3, 3), (0, 0), (0, 2, 2)):
                yield Case(op, [hermitian(t, shape)], **TIGHT[t], **OLD)
    yield from not_square('SelfAdjointEigV2')


def cases():
    yield from cholesky()
    yield from elimination()
    yield from substitution()
    yield from tridiagonal()
    yield from orthogonal()
    yield from self_adjoint()
