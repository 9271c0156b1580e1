"""Rows of products, decompositions, solvers, transforms and special shapes of linear algebra."""
from rows import *


@row('MatMul', 'BatchMatMul', 'BatchMatMulV2', 'BatchMatMulV3', 'SparseMatMul')
def matmul(draw, op):
    m, k, n = (draw.one_of(1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 31, 33, 64, 0 if draw.chance(0.2) else 6) for _ in range(3))
    a, b = ((), ()) if op in ('MatMul', 'SparseMatMul') else two_sides(draw, 0, 3) if op != 'BatchMatMul' else (lambda s: (s, s))(sizes(draw, 0, 3, 12))
    if np.prod(a or (1,)) * m * k > 9000 or np.prod(b or (1,)) * k * n > 9000 or len(a) > 3:
        a, b = (2,), (2,)
        if op in ('MatMul', 'SparseMatMul'):
            a = b = ()
    ta, tb = draw.chance(0.5), draw.chance(0.5)
    left, right = a + ((k, m) if ta else (m, k)), b + ((n, k) if tb else (k, n))
    if op == 'SparseMatMul':
        t, u = draw.one_of('float32', 'bfloat16'), draw.one_of('float32', 'bfloat16')
        return Case(op, [elements(draw, t, left, 'ties'), elements(draw, u, right, 'ties')],
                    dict(transpose_a=ta, transpose_b=tb, a_is_sparse=draw.chance(0.5), b_is_sparse=draw.chance(0.5)))
    if op == 'BatchMatMulV3':
        t = draw.one_of('float32', 'bfloat16', 'int8', 'uint8', 'complex64', 'float64', 'float16', 'int32')
        out = {'int8': 'int32', 'uint8': 'int32', 'bfloat16': draw.one_of('float32', 'bfloat16')}.get(t, t)
        return Case(op, [elements(draw, t, left, 'plain'), elements(draw, t, right, 'plain')], dict(Tout=out, adj_x=ta, adj_y=tb))
    t = dtype(draw, op)
    attrs = dict(transpose_a=ta, transpose_b=tb) if op == 'MatMul' else dict(adj_x=ta, adj_y=tb)
    return Case(op, [elements(draw, t, left, 'plain'), elements(draw, t, right, 'plain')], attrs)


@row('Einsum')
def einsum(draw, op):
    t = dtype(draw, op, but=('string', 'bool'))
    letters = 'abcdefg'
    size = {x: draw.randint(1, 5) for x in letters}
    ellipsis = sizes(draw, 1, 2, 9) if draw.chance(0.3) else None
    parts = []
    for _ in range(draw.randint(1, 2)):
        own = [draw.choice(letters) for _ in range(draw.randint(0, 4))]
        if draw.chance(0.7):
            own = list(dict.fromkeys(own))
        at = draw.randint(0, len(own)) if ellipsis is not None else None
        parts.append((own, at))
    every = sorted(set(x for own, _ in parts for x in own))
    out = draw.sample(every, draw.randint(0, len(every)))
    if len(parts) == 1 and any(own.count(x) > 1 for own, _ in parts for x in own):
        pass
    words, inputs = [], []
    for own, at in parts:
        shape = [size[x] for x in own]
        word = ''.join(own)
        if at is not None:
            word = word[:at] + '...' + word[at:]
            shape[at:at] = ellipsis
        words.append(word)
        inputs.append(elements(draw, t, shape, 'plain'))
    at = draw.randint(0, len(out)) if ellipsis is not None else 0
    result = ''.join(out)
    if ellipsis is not None:
        result = result[:at] + '...' + result[at:]
    return Case(op, [inputs], dict(equation=','.join(words) + '->' + result))


def square(draw, t, n, batch, kind='any'):
    """A well-conditioned matrix; kind 'positive' is symmetric and positive definite, 'symmetric' has separate eigenvalues."""
    wide = np.complex128 if t in COMPLEX else np.float64
    a = draw.numpy.uniform(-1, 1, batch + (n, n)).astype(wide)
    if t in COMPLEX:
        a = a + 1j * draw.numpy.uniform(-1, 1, batch + (n, n))
    adjoint = np.conj(np.swapaxes(a, -1, -2))
    if kind == 'positive':
        return lit(t, a @ adjoint + n * np.eye(n))
    if kind == 'symmetric':
        q = np.linalg.qr(a)[0] if n else a
        return lit(t, q @ (np.arange(1, n + 1)[:, None] * np.conj(np.swapaxes(q, -1, -2))))
    return lit(t, a + 2 * n * np.eye(n) * (1 if draw.chance(0.6) else -1))


@row('Cholesky', 'CholeskyGrad', 'MatrixInverse', 'MatrixDeterminant', 'LogMatrixDeterminant', 'MatrixSquareRoot', 'MatrixLogarithm', 'MatrixExponential',
     'Lu', 'MatrixSolve', 'MatrixSolveLs', 'MatrixTriangularSolve', 'BatchCholesky', 'BatchMatrixInverse', 'BatchMatrixDeterminant', 'BatchMatrixSolve',
     'BatchMatrixTriangularSolve', 'SelfAdjointEigV2', 'Qr', 'Svd', 'Eig', 'BatchSvd', 'BatchSelfAdjointEigV2')
def linalg(draw, op):
    t = dtype(draw, op)
    n = draw.one_of(1, 2, 3, 4, 5, 8, 9)
    batch = sizes(draw, 0, 2, 6)
    adjoint = draw.chance(0.5)
    name = op.removeprefix('Batch')
    if name == 'Cholesky':
        return Case(op, [square(draw, t, n, batch, 'positive')])
    if name == 'CholeskyGrad':
        return Case(op, [lit(t, np.tril(square(draw, t, n, batch).array)), square(draw, t, n, batch)])
    if name in ('MatrixInverse', 'MatrixDeterminant', 'LogMatrixDeterminant', 'Lu'):
        x = square(draw, t, n, batch)
        return Case(op, [x], dict(adjoint=adjoint) if name == 'MatrixInverse' else dict(output_idx_type=draw.one_of('int32', 'int64')) if name == 'Lu' else {})
    if name in ('MatrixSquareRoot', 'MatrixLogarithm', 'MatrixExponential'):
        x = square(draw, t, n, batch, 'positive').array
        return Case(op, [lit(t, x / n)])
    if name == 'MatrixSolve':
        k = draw.randint(0, 4)
        return Case(op, [square(draw, t, n, batch), elements(draw, t, batch + (n, k), 'plain')], dict(adjoint=adjoint))
    if name == 'MatrixTriangularSolve':
        rhs = batch if op.startswith('Batch') or draw.chance(0.6) else tuple(1 if draw.chance(0.5) else d for d in batch)
        return Case(op, [square(draw, t, n, batch), elements(draw, t, rhs + (n, draw.randint(1, 4)), 'plain')], dict(lower=draw.chance(0.5), adjoint=adjoint))
    if name == 'MatrixSolveLs':
        m = draw.randint(1, 6)
        a = elements(draw, t, batch + (m, n), 'plain')
        return Case(op, [a, elements(draw, t, batch + (m, 2), 'plain'), scalar(draw, 'float64', 0.3)], dict(fast=True), rtol=2e-3, atol=2e-3)
    if name == 'SelfAdjointEigV2':
        return Case(op, [square(draw, t, n, batch, 'symmetric')], dict(compute_v=False))
    if name == 'Eig':
        return Case(op, [square(draw, t, n, batch, 'symmetric')], dict(Tout={'float32': 'complex64', 'float64': 'complex128'}.get(t, t), compute_v=False),
                    rtol=1e-3, atol=1e-3)
    if name == 'Qr':
        return Case(op, [elements(draw, t, batch + (draw.randint(1, 6), draw.randint(1, 6)), 'plain')], dict(full_matrices=draw.chance(0.3)), fetch=None, rtol=1e-3, atol=1e-3)
    return Case(op, [elements(draw, t, batch + (draw.randint(1, 6), draw.randint(1, 6)), 'plain')],
                dict(compute_uv=False, full_matrices=draw.chance(0.3)), fetch=[0])


@row('BandedTriangularSolve')
def banded(draw, op):
    t, n, bands = dtype(draw, op), draw.randint(1, 7), draw.randint(1, 3)
    bands = min(bands, n)
    batch = sizes(draw, 0, 2, 5)
    lower = draw.chance(0.5)
    a = elements(draw, t, batch + (bands, n), 'plain').array
    a[..., 0 if lower else bands - 1, :] = 3
    a[..., (-1 if not lower else 0), :] += 0
    return Case(op, [Literal(t, a), elements(draw, t, batch + (n, draw.randint(1, 3)), 'plain')], dict(lower=lower, adjoint=draw.chance(0.4)))


@row('TridiagonalSolve', 'TridiagonalMatMul')
def tridiagonal(draw, op):
    t, n, batch, k = dtype(draw, op), draw.randint(1, 7), sizes(draw, 0, 2, 6), draw.randint(1, 3)
    rhs = elements(draw, t, batch + (n, k), 'plain')
    if op == 'TridiagonalMatMul':
        return Case(op, [elements(draw, t, batch + (1, n), 'plain') for _ in range(3)] + [rhs])
    d = elements(draw, t, batch + (3, n), 'unit').array
    d[..., 1, :] += 4
    return Case(op, [Literal(t, d), rhs], dict(partial_pivoting=draw.chance(0.5), perturb_singular=False))


@row('Cross')
def cross(draw, op):
    t, shape = dtype(draw, op), sizes(draw, 0, 4, 200) + (3,)
    return Case(op, [elements(draw, t, shape, 'plain'), elements(draw, t, shape, 'plain')])


@row('FFT', 'FFT2D', 'FFT3D', 'IFFT', 'IFFT2D', 'IFFT3D', 'RFFT', 'RFFT2D', 'RFFT3D', 'IRFFT', 'IRFFT2D', 'IRFFT3D')
def fft(draw, op):
    rank = int(op[-2]) if op.endswith('D') else 1
    size = [draw.one_of(1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 30) if rank == 1 or draw.chance(0.5) else draw.randint(1, 5) for _ in range(rank)]
    if rank == 1 and draw.chance(0.3):
        size = [draw.one_of(64, 100, 127, 128, 255)]
    batch = sizes(draw, 0, 2, 4)
    real = 'R' in op
    if not real:
        return Case(op, [elements(draw, draw.one_of('complex64', 'complex128'), batch + tuple(size), 'plain')])
    t = draw.one_of('float32', 'float64')
    u = 'complex64' if t == 'float32' else 'complex128'
    length = lit('int32', [max(1, s + draw.one_of(0, 0, 1, -1, 3)) for s in size])
    if op.startswith('I'):
        return Case(op, [elements(draw, u, batch + tuple(size), 'plain'), length], dict(Treal=t))
    return Case(op, [elements(draw, t, batch + tuple(size), 'plain'), length], dict(Tcomplex=u))


@row('AudioSpectrogram', 'Mfcc', 'EncodeWav')
def audio(draw, op):
    if op == 'AudioSpectrogram':
        return Case(op, [elements(draw, 'float32', (draw.randint(1, 200), draw.randint(1, 3)), 'unit')],
                    dict(window_size=draw.randint(2, 70), stride=draw.randint(1, 40), magnitude_squared=draw.chance(0.5)))
    if op == 'EncodeWav':
        return Case(op, [elements(draw, 'float32', (draw.randint(0, 50), draw.randint(1, 3)), draw.one_of('unit', 'ties', 'edges')), lit('int32', draw.randint(1, 48000), ())])
    return Case(op, [floats(draw, 'float32', (draw.randint(1, 2), draw.randint(1, 4), draw.one_of(9, 33, 65, 129)), 0.0, 3), lit('int32', draw.one_of(8000, 16000), ())],
                dict(upper_frequency_limit=draw.one_of(3500.0, 3900.0), lower_frequency_limit=draw.one_of(20.0, 100.0), filterbank_channel_count=draw.randint(3, 20),
                     dct_coefficient_count=draw.randint(1, 13)))


@row('BlockLSTM', 'BlockLSTMV2', 'LSTMBlockCell', 'GRUBlockCell')
def recurrent(draw, op):
    t = dtype(draw, op)
    b, i, h, s = draw.randint(1, 4), draw.randint(1, 9), draw.randint(1, 9), draw.randint(1, 5)

    def v(*shape):
        return elements(draw, t, shape, draw.one_of('plain', 'unit'))
    if op == 'GRUBlockCell':
        return Case(op, [v(b, i), v(b, h), v(i + h, 2 * h), v(i + h, h), v(2 * h), v(h)])
    attrs = dict(cell_clip=draw.one_of(0.0, 1.0, -1.0), use_peephole=draw.chance(0.5))
    if op == 'LSTMBlockCell' or op == 'BlockLSTM':
        attrs['forget_bias'] = draw.one_of(1.0, 0.0, 0.5)
    rest = [v(b, h), v(b, h), v(i + h, 4 * h), v(h), v(h), v(h), v(4 * h)]
    if op == 'LSTMBlockCell':
        return Case(op, [v(b, i)] + rest, attrs)
    return Case(op, [lit('int64', s, ()), v(s, b, i)] + rest, attrs)


@row('CTCGreedyDecoder', 'CTCLoss', 'CTCLossV2')
def ctc(draw, op):
    t = dtype(draw, op) if op != 'CTCLossV2' else 'float32'
    steps, batch, classes = draw.randint(3, 9), draw.randint(1, 3), draw.randint(2, 5)
    x = elements(draw, t, (steps, batch, classes), 'plain')
    lengths = draw.ints('int32', (batch,), 3, steps)
    if op == 'CTCGreedyDecoder':
        return Case(op, [x, lengths], dict(merge_repeated=draw.chance(0.5), blank_index=draw.one_of(-1, 0, classes - 1)))
    places, labels = [], []
    for row_ in range(batch):
        for at in range(draw.randint(1, 2)):
            places.append([row_, at])
            labels.append(draw.randint(1 if op.endswith('V2') else 0, classes - 1 if op.endswith('V2') else classes - 2))
    return Case(op, [x, lit('int64', places), lit('int32', labels), lengths], dict(preprocess_collapse_repeated=draw.chance(0.3), ctc_merge_repeated=draw.chance(0.8),
                                                                                ignore_longer_outputs_than_inputs=draw.chance(0.3)))
