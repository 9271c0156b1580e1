"""Eigenvalues of any matrix; exponentials, square roots and logarithms."""
from cases_dsl import *
from cases.linalg import COMPLEX, FOUR, TIGHT, any_matrix, definite, not_square, numbers

SHAPES = ((1, 1), (2, 2), (3, 3), (5, 5), (2, 1, 4, 4), (10, 10), (0, 0), (2, 0, 0), (0, 3, 3))


def small(t, shape, seed=1):
    return lit(t, numbers(seed, shape, t) / 2)


def near_positive(t, shape, seed=1):
    """Eigenvalues to the right of the imaginary axis, not symmetric."""
    x = numbers(seed, shape, t) / 2
    return lit(t, x @ x.conj().swapaxes(-1, -2) + np.triu(numbers(seed + 1, shape, t), 1) / 8 + np.eye(shape[-1]))


def eigenvalues():
    for t in FOUR:
        to = 'complex128' if t in ('float64', 'complex128') else 'complex64'
        loose = dict(rtol=1e-3, atol=2e-4) if to == 'complex64' else dict(rtol=1e-9, atol=1e-9)
        for shape in SHAPES:
            # The phase of a pair's vectors depends on how many steps were taken in the end.
            yield Case('Eig', [any_matrix(t, shape)], dict(Tout=to), fetch=[0] if t not in COMPLEX and max(shape) > 3 else None, **loose)
        yield Case('Eig', [fed(definite(t, (2, 1, 1)))], dict(Tout=to), **loose)
        # TensorFlow leaves the second output unset.
        yield Case('Eig', [any_matrix(t, (2, 3, 3))], dict(Tout=to, compute_v=False), fetch=[0], **loose)
        for rows in ([[1, 0], [0, 1]], [[2, 1], [0, 3]]):
            yield Case('Eig', [lit(t, rows)], dict(Tout=to), **loose)
        for number, x in enumerate((any_matrix(t, (3, 3), 3), any_matrix(t, (2, 6, 6), 4), definite(t, (4, 4)), lit(t, [[0, 1], [-1, 0]]),
                                    lit(t, [[0, 0, 1], [1, 0, 0], [0, 1, 0]]), any_matrix(t, (20, 20), 5))):
            def in_any_order(g, x=x, to=to):
                a = g.const(x)
                e, v = tf.raw_ops.Eig(input=a, Tout=to)
                wide = tf.cast(a, to)
                return [tf.matmul(wide, v) - v * e[..., None, :], tf.sort(tf.math.real(e)), tf.sort(tf.math.imag(e)),
                        tf.reduce_sum(tf.math.real(v * tf.math.conj(v)), -2)]
            yield GraphCase(f'eigenvalues of {t} in any order {number}', in_any_order, **loose)
        if t == 'float64':  # pairs, values of one modulus, blocks that come apart at once, sizes from 1e-150 to 1e150
            turned = np.kron(np.diag([1.0, 2, -3]), [[0.5, 2], [-1, 0.5]]) + np.triu(numbers(7, (6, 6), t), 2) / 4
            for x in (turned, turned[::-1], np.roll(np.eye(5), 1, 0), numbers(8, (3, 7, 7), t), numbers(9, (16, 16), t), numbers(10, (4, 4), t) * 1e-150,
                      numbers(11, (4, 4), t) * 1e150, np.triu(numbers(12, (5, 5), t)), np.tril(numbers(12, (5, 5), t)), np.zeros((3, 3))):
                yield Case('Eig', [lit(t, x)], dict(Tout=to), fetch=[0] if x.shape[-1] > 3 else None, **loose)
        yield Case('Eig', [lit(t, [[1, np.nan], [np.nan, 2]])], dict(Tout=to), error=True)
        yield Case('Eig', [any_matrix(t, (2, 2))], dict(Tout='complex64' if to == 'complex128' else 'complex128'), error=True)
    for shape in ((2, 3), (3,), (), (0, 3)):
        yield Case('Eig', [rand('float32', shape)], dict(Tout='complex64'), error=True)


def functions():
    for t in FOUR:
        # TensorFlow computes float32 and complex64 in themselves.
        loose = dict(rtol=1e-3, atol=1e-4) if t in ('float32', 'complex64') else dict(rtol=1e-9, atol=1e-10)
        for shape in SHAPES:
            yield Case('MatrixExponential', [small(t, shape)], producer=26, **loose)
            yield Case('MatrixSquareRoot', [near_positive(t, shape)], **loose)
            if t in COMPLEX:
                yield Case('MatrixLogarithm', [near_positive(t, shape)], **loose)
        for rows in ([[0, 1], [-1, 0]], [[0, 0], [0, 0]], [[0, 1], [0, 0]], [[-5]], [[3, -7], [2, 9]]):
            yield Case('MatrixExponential', [lit(t, rows)], producer=26, **loose)
        for rows in ([[0, 1], [-1, 0]], [[4, 0], [0, 9]], [[9, 5], [0, 9]], [[1, 2], [-3, 4]]):
            yield Case('MatrixSquareRoot', [lit(t, rows)], **loose)
            if t in COMPLEX:
                yield Case('MatrixLogarithm', [lit(t, rows)], **loose)
        if t not in COMPLEX:
            yield Case('MatrixSquareRoot', [lit(t, [[-1, 0], [0, -1]])])
            yield Case('MatrixSquareRoot', [lit(t, [[1, 2, 3], [4, 5, 6], [7, 8, 10]])])
            yield Case('MatrixSquareRoot', [lit(t, [[1, np.nan], [np.nan, 2]])])
    yield from not_square('MatrixSquareRoot')
    for shape in ((2, 3), (3,), ()):
        yield Case('MatrixLogarithm', [rand('complex64', shape)], error=True)
        yield Case('MatrixExponential', [rand('float32', shape)], producer=26, error=True)


def cases():
    yield from eigenvalues()
    yield from functions()
