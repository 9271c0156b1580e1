"""Linear algebra and Fourier transforms."""
from draw import *
from cases_dsl import kernel_dtypes


def matrix(draw, t, *shape):
    return draw.tensor(t, shape)


def definite(draw, t, batch, n):
    a = draw.tensor(t, (*batch, n, n)).array
    return lit(t, a @ np.conj(np.swapaxes(a, -1, -2)) + 2 * np.eye(n, dtype=a.dtype))


def conditioned(draw, t, batch, n):
    return lit(t, draw.tensor(t, (*batch, n, n)).array + 3 * np.eye(n, dtype=numpy_dtype(t)))


def case(draw):
    batch = draw.one_of((), (), (2,), (1, 3), (0,))
    n, m, k = draw.randint(0 if draw.chance(0.05) else 1, 5), draw.randint(1, 5), draw.randint(1, 4)
    loose = dict(rtol=1e-3, atol=1e-3)
    way = draw.randrange(22)
    if way == 0:
        return Case('Cholesky', [definite(draw, draw.one_of(*kernel_dtypes('Cholesky')), batch, n)], **loose)
    if way == 1:
        t = draw.one_of(*kernel_dtypes('MatrixInverse'))
        return Case('MatrixInverse', [conditioned(draw, t, batch, n)], dict(adjoint=draw.chance(0.5)), **loose)
    if way == 2:
        t = draw.one_of(*kernel_dtypes('MatrixSolve'))
        return Case('MatrixSolve', [conditioned(draw, t, batch, n), matrix(draw, t, *batch, n, k)], dict(adjoint=draw.chance(0.5)), **loose)
    if way == 3:
        t = draw.one_of(*kernel_dtypes('MatrixTriangularSolve'))
        other = draw.one_of(batch, batch[1:], (1,) * len(batch))
        return Case('MatrixTriangularSolve', [conditioned(draw, t, batch, n), matrix(draw, t, *other, n, k)], dict(lower=draw.chance(0.5), adjoint=draw.chance(0.5)), **loose)
    if way == 4:
        return Case('MatrixDeterminant', [matrix(draw, draw.one_of(*kernel_dtypes('MatrixDeterminant')), *batch, n, n)], **loose)
    if way == 5:
        return Case('LogMatrixDeterminant', [conditioned(draw, draw.one_of(*kernel_dtypes('LogMatrixDeterminant')), batch, n)], **loose)
    if way == 6:
        t = draw.one_of('float32', 'float64', 'complex64', 'complex128')
        return Case('SelfAdjointEigV2', [definite(draw, t, batch, n)], dict(compute_v=False), fetch=[0], **loose)
    if way == 7:
        t = draw.one_of(*kernel_dtypes('Svd'))
        return Case('Svd', [matrix(draw, t, *batch, n, m)], dict(compute_uv=False), fetch=[0], **loose)
    if way == 8:
        t = draw.one_of(*kernel_dtypes('MatrixSolveLs'))
        return Case('MatrixSolveLs', [matrix(draw, t, *batch, max(n, m), min(n, m)), matrix(draw, t, *batch, max(n, m), k), lit('float64', draw.one_of(0.0, 0.5, 1.0), ())],
                    dict(fast=draw.chance(0.5)), rtol=1e-2, atol=1e-2)
    if way == 9:
        t = draw.one_of(*kernel_dtypes('MatrixExponential')) if kernel_dtypes('MatrixExponential') else 'float32'
        return Case('MatrixExponential', [matrix(draw, t, *batch, n, n)], producer=26, **loose)
    if way == 10:
        t = draw.one_of(*kernel_dtypes('MatrixSquareRoot'))
        return Case('MatrixSquareRoot', [definite(draw, t, batch, n)], **loose)
    if way == 11:
        t = draw.one_of('complex64', 'complex128')
        return Case('MatrixLogarithm', [definite(draw, t, batch, n)], **loose)
    if way == 12:
        t = draw.one_of(*kernel_dtypes('Lu'))
        return Case('Lu', [conditioned(draw, t, batch, n)], dict(output_idx_type=draw.one_of('int32', 'int64')), **loose)
    if way == 13:
        t = draw.one_of(*kernel_dtypes('Qr'))
        return Case('Qr', [matrix(draw, t, *batch, n, m)], dict(full_matrices=draw.chance(0.5)), fetch=[1], **loose)
    if way == 14:
        t = draw.one_of(*kernel_dtypes('TridiagonalSolve'))
        d = draw.tensor(t, (*batch, 3, n)).array
        d[..., 1, :] += 5
        return Case('TridiagonalSolve', [lit(t, d), matrix(draw, t, *batch, n, k)], dict(partial_pivoting=draw.chance(0.6)), **loose)
    if way == 15:
        t = draw.one_of(*kernel_dtypes('TridiagonalMatMul'))
        return Case('TridiagonalMatMul', [matrix(draw, t, *batch, 1, n), matrix(draw, t, *batch, 1, n), matrix(draw, t, *batch, 1, n), matrix(draw, t, *batch, n, k)])
    if way == 16:
        t = draw.one_of(*kernel_dtypes('BandedTriangularSolve'))
        bands = draw.randint(1, max(1, n))
        b = draw.tensor(t, (*batch, bands, n)).array
        lower = draw.chance(0.5)
        b[..., 0 if lower else -1, :] += 4
        return Case('BandedTriangularSolve', [lit(t, b), matrix(draw, t, *draw.one_of(batch, batch[1:]), n, k)], dict(lower=lower, adjoint=draw.chance(0.5)), **loose)
    if way == 17:
        return Case('CholeskyGrad', [lit(t := draw.one_of('float32', 'float64'), np.linalg.cholesky(definite(draw, t, (), n).array)), matrix(draw, t, n, n)], **loose)
    if way == 18:
        op = draw.one_of('FFT', 'IFFT', 'FFT2D', 'IFFT2D', 'FFT3D', 'IFFT3D')
        t = draw.one_of('complex64', 'complex128')
        d = int(op[-2]) if op[-1] == 'D' else 1
        return Case(op, [matrix(draw, t, *batch, *(draw.randint(1, 6 if d > 1 else 40) for _ in range(d)))])
    if way == 19:
        op = draw.one_of('RFFT', 'RFFT2D', 'RFFT3D')
        t = draw.one_of('float32', 'float64')
        d = int(op[-2]) if op[-1] == 'D' else 1
        x = [draw.randint(1, 7 if d > 1 else 40) for _ in range(d)]
        return Case(op, [matrix(draw, t, *batch, *x), lit('int32', [max(0, s + draw.one_of(0, 0, -1, 1, 3)) for s in x])], dict(Tcomplex='complex64' if t == 'float32' else 'complex128'))
    if way == 20:
        op = draw.one_of('IRFFT', 'IRFFT2D', 'IRFFT3D')
        t = draw.one_of('complex64', 'complex128')
        d = int(op[-2]) if op[-1] == 'D' else 1
        x = [draw.randint(1, 7 if d > 1 else 40) for _ in range(d)]
        lengths = x[:-1] + [max(1, 2 * (x[-1] - 1) + draw.one_of(0, 1, -2))]
        return Case(op, [matrix(draw, t, *batch, *x), lit('int32', lengths)], dict(Treal='float32' if t == 'complex64' else 'float64'))
    op = draw.one_of('FFTND', 'IFFTND', 'RFFTND', 'IRFFTND')
    x = draw.shape(1, 4, 5, 0)
    axes = draw.sample(range(len(x)), draw.randint(1, min(3, len(x))))
    real = op == 'RFFTND'
    t = draw.one_of('float32', 'float64') if real else draw.one_of('complex64', 'complex128')
    attrs = {}
    if real:
        attrs['Tcomplex'] = 'complex64' if t == 'float32' else 'complex128'
    if op == 'IRFFTND':
        attrs['Treal'] = 'float32' if t == 'complex64' else 'float64'
    lengths = [x[a] for a in axes]
    if op == 'IRFFTND':
        lengths[-1] = max(1, 2 * (lengths[-1] - 1))
    return Case(op, [matrix(draw, t, *x), lit('int32', lengths), lit('int32', axes)], attrs)
