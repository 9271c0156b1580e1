"""Singular values and least squares."""
from cases_dsl import *
from cases.linalg import COMPLEX, FOUR, OLD, TIGHT, any_matrix, numbers, special


def singular_values():
    for t in FOUR:
        # A column of u and its column of v may take any phase together: it is what rounding left.
        tight = {'complex64': dict(rtol=1e-3, atol=1e-3), 'complex128': dict(rtol=1e-6, atol=1e-6)}.get(t, TIGHT[t])
        for full in (False, True):
            for shape in ((1, 1), (2, 2), (3, 3), (2, 5, 3), (3, 5), (1, 4), (4, 1), (9, 8), (0, 3), (3, 0), (0, 2, 3), (2, 2, 0, 0)):
                yield Case('Svd', [any_matrix(t, shape)], dict(full_matrices=full), **tight)
            yield Case('BatchSvd', [any_matrix(t, (2, 3, 2))], dict(full_matrices=full), **tight, **OLD)
        # TensorFlow leaves the other outputs unset; from 16 columns on it finds other signs.
        yield Case('Svd', [any_matrix(t, (2, 4, 3))], dict(compute_uv=False), fetch=[0], **tight)
        yield Case('Svd', [any_matrix(t, (24, 20))], fetch=[0], **tight)
        yield Case('Svd', [any_matrix(t, (17, 40))], dict(compute_uv=False), fetch=[0], **tight)
        yield Case('Svd', [fed(any_matrix(t, (3, 2)))], **tight)
        for x in special(t):
            if t not in COMPLEX or np.isfinite(x.array).all():
                yield Case('Svd', [x], **tight)

        def again(g, t=t):
            x = g.const(any_matrix(t, (24, 20)))
            s, u, v = tf.raw_ops.Svd(input=x)
            return [tf.matmul(u * s[None, :], v, adjoint_b=True), tf.matmul(u, u, adjoint_a=True)]
        yield GraphCase(f'the factors of a large {t} make it', again, rtol=1e-4, atol=1e-4)
    for shape in ((3,), ()):
        yield Case('Svd', [rand('float32', shape)], error=True)


def least_squares():
    for t in FOUR:
        loose = dict(rtol=1e-3, atol=1e-4) if t in ('float32', 'complex64') else dict(rtol=1e-9, atol=1e-10)
        for fast in (True, False):
            for r in (0.0, 0.5):
                for m, n in ((1, 1), (3, 3), (5, 3), (3, 5), (12, 4)):
                    for batch in ((), (2,)):
                        x = numbers(5, batch + (m, n), t)
                        x[..., np.arange(min(m, n)), np.arange(min(m, n))] += 3
                        yield Case('MatrixSolveLs', [lit(t, x), any_matrix(t, batch + (m, 2), 2), const(lit('float64', r))], dict(fast=fast), **loose)
            for shape in ((2, 0), (3, 2)):
                yield Case('MatrixSolveLs', [any_matrix(t, shape), any_matrix(t, (shape[0], 0 if shape[1] else 1)), lit('float64', 0.0)], dict(fast=fast))
            yield Case('MatrixSolveLs', [lit(t, [[1, 1], [1, 1], [1, 1]]), any_matrix(t, (3, 1)), lit('float64', 0.0)], dict(fast=fast), error=fast,
                       **({} if fast else loose))
            yield Case('MatrixSolveLs', [lit(t, [[1, 1, 1], [1, 1, 1]]), any_matrix(t, (2, 1)), lit('float64', 0.0)], dict(fast=fast), error=fast,
                       **({} if fast else loose))
            if t[0] == 'f':
                x = numbers(5, (2, 4, 3), t)
                yield Case('BatchMatrixSolveLs', [lit(t, x), any_matrix(t, (2, 4, 2), 2), lit('float64', 0.25)], dict(fast=fast), **loose, **OLD)
    for a, b, r in (((3, 2), (2, 1), 0.0), ((3, 2), (3, 1), -1.0), ((3, 2), (3, 1), [0.0]), ((3,), (3, 1), 0.0), ((3, 2), (3,), 0.0), ((2, 3, 2), (3, 1), 0.0)):
        yield Case('MatrixSolveLs', [rand('float32', a), rand('float32', b), lit('float64', r)], error=True)


def cases():
    yield from singular_values()
    yield from least_squares()
