"""A second tester's rows: recurrent cells, CTC, products, decompositions, transforms, sound."""
from second import *


@tests('LSTMBlockCell', 'LSTMBlockCellGrad', 'BlockLSTM', 'BlockLSTMV2', 'BlockLSTMGrad', 'BlockLSTMGradV2', 'GRUBlockCell', 'GRUBlockCellGrad')
def cells(draw, op):
    t = a_type(draw, op)
    b, i, h, steps = draw.randint(1, 3), draw.randint(1, 6), draw.randint(1, 10), draw.randint(1, 4)

    def v(*shape):
        return uniform(draw, t, shape, -1, 1)
    if op == 'GRUBlockCell':
        return Case(op, [v(b, i), v(b, h), v(i + h, 2 * h), v(i + h, h), v(2 * h), v(h)])
    if op == 'GRUBlockCellGrad':
        gates = [uniform(draw, t, (b, h), 0.05, 0.95) for _ in range(2)]
        return Case(op, [v(b, i), v(b, h), v(i + h, 2 * h), v(i + h, h), v(2 * h), v(h), *gates, v(b, h), v(b, h)])
    peephole, clip = draw.chance(0.5), draw.one_of(0.0, -1.0, 0.3, 3.0)
    weights = [v(i + h, 4 * h), v(h), v(h), v(h), v(4 * h)]
    states = [v(b, h), v(b, h)]
    seven = [uniform(draw, t, (b, h), 0.05, 0.95) for _ in range(7)]
    if op == 'LSTMBlockCell':
        return Case(op, [v(b, i)] + states + weights, dict(use_peephole=peephole, cell_clip=clip, forget_bias=draw.one_of(0.0, 1.0, -2.0)))
    if op == 'LSTMBlockCellGrad':
        return Case(op, [v(b, i)] + states + weights + seven[:5] + [seven[5]] + [v(b, h), v(b, h)], dict(use_peephole=peephole))
    length = lit('int64', draw.randint(1, steps), ())
    attrs = dict(use_peephole=peephole)
    x = v(steps, b, i)
    if 'Grad' in op:
        attrs_f = dict(use_peephole=peephole, cell_clip=-1.0)
        forward = getattr(ops, 'BlockLSTM' if op == 'BlockLSTMGrad' else 'BlockLSTMV2')
        wide = [tf.cast(a.array, tf.float32) for a in [x] + states + weights]
        names = ('x', 'cs_prev', 'h_prev', 'w', 'wci', 'wcf', 'wco', 'b')
        out = forward(seq_len_max=np.int64(steps), **dict(zip(names, wide)), **attrs_f)
        seven = [Literal(t, tf.cast(a, tf.as_dtype(t)).numpy()) for a in out]
        return Case(op, [lit('int64', steps, ()), x] + states + weights + seven + [v(steps, b, h), v(steps, b, h)], attrs)
    attrs['cell_clip'] = clip
    if op == 'BlockLSTM':
        attrs['forget_bias'] = draw.one_of(0.0, 1.0)
    length = lit('int64', steps, ())
    return Case(op, [length, x] + states + weights, attrs)


@tests('CTCLoss', 'CTCLossV2', 'CTCGreedyDecoder', 'CTCBeamSearchDecoder')
def ctc(draw, op):
    t = a_type(draw, op) if has(op, 'T') else 'float32'
    steps, batch, classes = draw.randint(2, 8), draw.randint(1, 3), draw.randint(2, 6)
    x = uniform(draw, t, (steps, batch, classes), -3, 3)
    lengths = ids(draw, (batch,), 1, steps, 'int32')
    if op == 'CTCGreedyDecoder':
        return Case(op, [x, lengths], dict(merge_repeated=draw.chance(0.5), blank_index=draw.randint(-classes, classes - 1)))
    if op == 'CTCBeamSearchDecoder':
        width = draw.randint(1, 6)
        return Case(op, [x, lengths], dict(beam_width=width, top_paths=draw.randint(1, min(width, 3)), merge_repeated=draw.chance(0.5)))
    places, labels = [], []
    blank = 0 if op == 'CTCLossV2' else classes - 1
    for b in range(batch):
        for at in range(draw.randint(1, 3)):
            places.append([b, at])
            labels.append(draw.choice([k for k in range(classes) if k != blank]))
    return Case(op, [x, lit('int64', places), lit('int32', labels), lengths], fill(draw, op))


@tests('MatMul', 'BatchMatMul', 'BatchMatMulV2', 'BatchMatMulV3', 'SparseMatMul', 'Einsum', 'Betainc', 'Cross')
def products(draw, op):
    if op == 'Betainc':
        t, s = a_type(draw, op), dims(draw, 0, 5, 60)
        return Case(op, [uniform(draw, t, s if draw.chance(0.7) else (), 0.1, 9), uniform(draw, t, s, 0.1, 9), uniform(draw, t, s, -0.1, 1.1)])
    if op == 'Cross':
        t, s = a_type(draw, op), dims(draw, 0, 6, 100) + (3,)
        return Case(op, [numbers(draw, t, s), numbers(draw, t, s)])
    m, k, n = (draw.one_of(0, 1, 2, 3, 5, 10, 20, 40) for _ in range(3))
    if op == 'Einsum':
        t = a_type(draw, op, but=('bool', 'string', 'resource', 'variant'))
        form, shapes = draw.one_of(('ab,bc->ac', ((m, k), (k, n))), ('...ij,...jk->...ik', ((2, 1, m, k), (3, k, n))), ('ii->i', ((k, k),)), ('abc->cab', ((m, 2, n),)),
                                   ('ab,ab->', ((m, k), (m, k))), ('a,b->ab', ((m,), (n,))), ('...->...', ((2, 3),)), ('b...,b...->b', ((m, 3), (m, 3))), (',a->a', ((), (n,))),
                                   ('aab->b', ((3, 3, n),)), ('ij,kj->ki', ((m, k), (n, k))))
        return Case(op, [[numbers(draw, t, s, 'calm') for s in shapes]], dict(equation=form))
    lead, other = ((), ())
    if op.startswith('Batch'):
        lead = dims(draw, 0, 4, 6, 0.03)
        other = lead if op == 'BatchMatMul' else lead[draw.randint(0, len(lead)):] if draw.chance(0.5) else tuple(1 if draw.chance(0.4) else d for d in lead)
    ta, tb = draw.chance(0.5), draw.chance(0.5)
    t = a_type(draw, op, 'Ta') if has(op, 'Ta') else a_type(draw, op)
    u, extra = t, {}
    if op == 'SparseMatMul':
        u = a_type(draw, op, 'Tb')
        extra = dict(a_is_sparse=draw.chance(0.5), b_is_sparse=draw.chance(0.5))
    if op == 'BatchMatMulV3':
        extra = dict(Tout='int32' if t in ('int8', 'uint8') else t)
    names = ('transpose_a', 'transpose_b') if 'Batch' not in op else ('adj_x', 'adj_y')
    return Case(op, [numbers(draw, t, lead + ((k, m) if ta else (m, k)), 'calm'), numbers(draw, u, other + ((n, k) if tb else (k, n)), 'calm')],
                fill(draw, op, **{names[0]: ta, names[1]: tb}, **extra))


@tests('Cholesky', 'CholeskyGrad', 'MatrixInverse', 'MatrixDeterminant', 'LogMatrixDeterminant', 'MatrixSolve', 'MatrixTriangularSolve', 'MatrixSolveLs', 'MatrixExponential',
       'MatrixLogarithm', 'MatrixSquareRoot', 'Lu', 'Qr', 'Svd', 'SelfAdjointEigV2', 'Eig', 'BandedTriangularSolve', 'TridiagonalSolve', 'TridiagonalMatMul', 'BatchCholesky',
       'BatchCholeskyGrad', 'BatchMatrixInverse', 'BatchMatrixDeterminant', 'BatchMatrixSolve', 'BatchMatrixSolveLs', 'BatchMatrixTriangularSolve',
       'BatchSelfAdjointEigV2', 'BatchSvd')
def algebra(draw, op):
    t = a_type(draw, op)
    name = op.removeprefix('Batch') if op not in ('BandedTriangularSolve',) else op
    n, lead, rng = draw.randint(0 if draw.chance(0.2) else 1, 6), dims(draw, 0, 3, 6), draw.numpy
    wide = (lambda *s: rng.randn(*s) + 1j * rng.randn(*s)) if t in COMPLEX else (lambda *s: rng.randn(*s))
    a = wide(*lead, n, n)
    herm = a @ np.conj(np.swapaxes(a, -1, -2)) + np.eye(n) * (n + 1)
    plain = a + 3 * np.eye(n)
    rhs = wide(*lead, n, draw.randint(0 if draw.chance(0.2) else 1, 3))
    flags = fill(draw, op)
    if name == 'Cholesky':
        return Case(op, [lit(t, herm)])
    if name == 'CholeskyGrad':
        return Case(op, [lit(t, np.linalg.cholesky(herm)), lit(t, plain)])
    if name in ('MatrixDeterminant', 'LogMatrixDeterminant'):
        return Case(op, [lit(t, plain)])
    if name == 'MatrixInverse':
        return Case(op, [lit(t, plain)], flags)
    if name in ('MatrixExponential', 'MatrixLogarithm', 'MatrixSquareRoot'):
        return Case(op, [lit(t, herm / (n + 1))])
    if name == 'MatrixSolve':
        return Case(op, [lit(t, plain), lit(t, rhs)], flags)
    if name == 'MatrixTriangularSolve':
        other = rhs if op != name or draw.chance(0.6) else wide(*lead[len(lead) // 2:], n, 2)
        return Case(op, [lit(t, plain), lit(t, other)], flags)
    if name == 'MatrixSolveLs':
        m = draw.randint(max(1, n), n + 3)
        return Case(op, [lit(t, wide(*lead, m, n)), lit(t, wide(*lead, m, 2)), one('float64', draw.one_of(0.0, 0.1, 2.0))], dict(fast=True), rtol=1e-3, atol=1e-3)
    if name == 'Lu':
        return Case(op, [lit(t, plain)], dict(output_idx_type=draw.one_of('int32', 'int64')))
    if name == 'Qr':
        return Case(op, [lit(t, wide(*lead, draw.randint(1, 5), draw.randint(1, 5)))], flags, rtol=1e-3, atol=1e-3)
    if name == 'Svd':
        return Case(op, [lit(t, wide(*lead, draw.randint(1, 5), draw.randint(1, 5)))], dict(flags, compute_uv=False), fetch=[0])
    if name == 'SelfAdjointEigV2':
        return Case(op, [lit(t, herm)], dict(compute_v=False), fetch=[0])
    if name == 'Eig':
        return Case(op, [lit(t, herm)], dict(compute_v=False, Tout={'float32': 'complex64', 'float64': 'complex128'}.get(t, t)), fetch=[0], rtol=1e-3, atol=1e-3)
    if name == 'TridiagonalMatMul':
        return Case(op, [lit(t, wide(*lead, 1, n)) for _ in range(3)] + [lit(t, rhs)])
    if name == 'TridiagonalSolve':
        d = wide(*lead, 3, n)
        d[..., 1, :] += 5
        return Case(op, [lit(t, d), lit(t, rhs)], dict(partial_pivoting=draw.chance(0.5), perturb_singular=False))
    bands = draw.randint(1, max(n, 1))
    d = wide(*lead, bands, n)
    d[..., 0, :] += 4
    d[..., -1, :] += 4
    return Case('BandedTriangularSolve', [lit(t, d), lit(t, rhs)], dict(lower=draw.chance(0.5), adjoint=draw.chance(0.5)))


@tests('FFT', 'FFT2D', 'FFT3D', 'FFTND', 'IFFT', 'IFFT2D', 'IFFT3D', 'IFFTND', 'RFFT', 'RFFT2D', 'RFFT3D', 'RFFTND', 'IRFFT', 'IRFFT2D', 'IRFFT3D', 'IRFFTND')
def spectrum(draw, op):
    lead = dims(draw, 0, 3, 6)
    real, back = 'R' in op, op[0] == 'I'
    rank = int(op[-2]) if op.endswith(('2D', '3D')) else 1 if not op.endswith('ND') else draw.randint(1, min(3, len(lead) + 1))
    size = [draw.one_of(1, 2, 3, 5, 6, 7, 11, 16, 18) if rank < 3 else draw.randint(1, 5) for _ in range(rank)]
    if rank == 1 and draw.chance(0.2):
        size = [draw.one_of(97, 101, 120, 210)]
    t = draw.one_of('float32', 'float64')
    u = {'float32': 'complex64', 'float64': 'complex128'}[t]
    asked = lit('int32', [max(1, s + draw.one_of(0, 0, -1, 2)) for s in size])
    x = numbers(draw, t if real and not back else u, lead + tuple(size), 'calm')
    attrs = {} if not real else dict(Treal=t) if back else dict(Tcomplex=u)
    if op.endswith('ND'):
        axes = lit('int32', sorted(draw.sample(range(len(lead) + rank), rank)))
        shape = lead + tuple(size)
        asked = lit('int32', [max(1, shape[a] + draw.one_of(0, -1, 1)) for a in axes.array])
        return Case(op, [x, asked, axes], attrs)
    return Case(op, [x, asked] if real else [x], attrs)


@tests('AudioSpectrogram', 'Mfcc', 'EncodeWav', 'DecodeWav', 'AudioMicrofrontend')
def sound(draw, op):
    if op == 'AudioSpectrogram':
        return Case(op, [uniform(draw, 'float32', (draw.randint(0, 120), draw.randint(1, 2)), -1, 1)], dict(window_size=draw.one_of(2, 3, 16, 33, 64), stride=draw.randint(1, 50),
                                                                                                      magnitude_squared=draw.chance(0.5)))
    if op == 'Mfcc':
        return Case(op, [uniform(draw, 'float32', (1, draw.randint(1, 3), draw.one_of(17, 65, 257)), 0, 9), one('int32', draw.one_of(8000, 16000, 44100))],
                    dict(upper_frequency_limit=draw.one_of(3000.0, 4000.0), lower_frequency_limit=draw.one_of(0.5, 20.0, 300.0), filterbank_channel_count=draw.randint(1, 40),
                         dct_coefficient_count=draw.randint(1, 13)))
    if op == 'EncodeWav':
        return Case(op, [uniform(draw, 'float32', (draw.randint(0, 30), draw.randint(1, 4)), -1.4, 1.4), one('int32', draw.one_of(1, 8000, 96000))])
    if op == 'DecodeWav':
        wave = tf.audio.encode_wav(draw.numpy.uniform(-1, 1, (draw.randint(1, 20), draw.randint(1, 3))).astype(np.float32), 8000).numpy()
        return Case(op, [lit('string', [wave], ())], dict(desired_channels=draw.one_of(-1, 1, 2, 3), desired_samples=draw.one_of(-1, 1, 7, 50)))
    return Case(op, [numbers(draw, 'int16', (draw.one_of(0, 200, 800, 1700),), draw.one_of('vast', 'calm', 'small'))],
                fill(draw, op, sample_rate=draw.one_of(8000, 16000), window_size=draw.one_of(25, 30), window_step=draw.one_of(10, 20), num_channels=draw.one_of(8, 32, 40),
                     upper_band_limit=draw.one_of(3800.0, 7500.0), lower_band_limit=draw.one_of(20.0, 125.0), smoothing_bits=draw.one_of(8, 10),
                     even_smoothing=0.025, odd_smoothing=0.06, min_signal_remaining=draw.one_of(0.05, 0.3), pcan_strength=0.95, pcan_offset=80.0, gain_bits=21,
                     scale_shift=draw.one_of(4, 6), left_context=draw.randint(0, 2), right_context=draw.randint(0, 2), frame_stride=draw.randint(1, 3),
                     out_scale=draw.one_of(1, 4), out_type=draw.one_of('uint16', 'float32')))
