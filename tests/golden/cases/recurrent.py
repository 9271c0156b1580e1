"""The blocks of LSTM and GRU cells, and their gradients."""
from cases_dsl import *


def weights(t, inputs, cells, seed):
    small = dict(lo=-1, hi=1)
    return [rand(t, (inputs + cells, 4 * cells), **small, seed=seed)] + [
        rand(t, (cells,), seed=seed + i) for i in (1, 2, 3)] + [rand(t, (4 * cells,), seed=seed + 4)]


def states(t, batch, cells):
    return [rand(t, (batch, cells), seed=31), rand(t, (batch, cells), -1, 1, seed=32)]


SIZES = [(2, 3, 4), (1, 1, 1), (3, 5, 2), (4, 2, 7)]
ATTRS = [dict(), dict(use_peephole=True), dict(forget_bias=0.0, cell_clip=0.5), dict(forget_bias=-2.5, cell_clip=-1.0),
         dict(use_peephole=True, cell_clip=0.25), dict(cell_clip=0.0, use_peephole=True)]


def cell():
    op = 'LSTMBlockCell'
    for t in kernel_dtypes(op):
        for batch, inputs, cells in SIZES:
            for attrs in ATTRS:
                yield Case(op, [rand(t, (batch, inputs))] + states(t, batch, cells) + weights(t, inputs, cells, 5), attrs)
        x, s, w = rand(t, (2, 3)), states(t, 2, 4), weights(t, 3, 4, 7)
        yield Case(op, [x] + s + [const(v) for v in w], dict(use_peephole=True))
        yield Case(op, [fed(v, None) for v in [x] + s + w])
        yield Case(op, [x] + s + [w[0], rand(t, (1,)), rand(t, (0,)), rand(t, (9,)), w[4]])  # not read
        yield Case(op, [rand(t, (2, 0))] + s + weights(t, 0, 4, 8))
    for seed in (41, 51):  # long sums, which TensorFlow rounds after each term
        yield Case(op, [rand('float16', (3, 200), seed=seed + 9)] + states('float16', 3, 5) + weights('float16', 200, 5, seed), dict(cell_clip=-1.0))
    yield Case(op, [edge('float32', (2, 3))] + s_of('float32') + weights('float32', 3, 4, 7))
    t = 'float32'
    good = [rand(t, (2, 3))] + s_of(t) + weights(t, 3, 4, 7)
    for i, shape in ((0, (2, 4)), (0, (3, 3)), (0, (6,)), (1, (2, 5)), (1, (8,)), (2, (2, 5)), (2, (1, 4)), (3, (7, 15)), (3, (6, 16)),
                     (4, (4, 1)), (5, ()), (6, (1, 4)), (7, (15,)), (7, (16, 1))):
        yield Case(op, good[:i] + [rand(t, shape)] + good[i + 1:], error=True)
    yield Case(op, [rand(t, (0, 3)), rand(t, (0, 4)), rand(t, (0, 4))] + weights(t, 3, 4, 7), error=True)


def s_of(t):
    return states(t, 2, 4)


def block():
    for op in ('BlockLSTM', 'BlockLSTMV2'):
        for t in kernel_dtypes(op):
            for batch, inputs, cells in SIZES:
                for attrs in ATTRS:
                    attrs = {k: v for k, v in attrs.items() if op == 'BlockLSTM' or k != 'forget_bias'}
                    yield Case(op, [i64(3), rand(t, (3, batch, inputs))] + states(t, batch, cells) + weights(t, inputs, cells, 5), attrs)
            x, s, w = rand(t, (4, 2, 3)), states(t, 2, 4), weights(t, 3, 4, 7)
            for steps in (0, 1, 3):  # TensorFlow leaves the other outputs of later steps undefined
                yield Case(op, [i64(steps), x] + s + w, dict(use_peephole=True), fetch=[1, 6])
            yield Case(op, [const(i64(4)), x] + s + [const(v) for v in w])
            yield Case(op, [fed(v, None) for v in [i64(4), x] + s + w])
            yield Case(op, [i64(0), rand(t, (0, 2, 3))] + s + w)
        t = 'float32'
        good = [i64(4), rand(t, (4, 2, 3))] + s_of(t) + weights(t, 3, 4, 7)
        for i, bad in ((0, i64([4])), (1, rand(t, (2, 3))), (1, rand(t, (4, 2, 4))), (2, rand(t, (3, 4))),
                       (2, rand(t, (8,))), (3, rand(t, (2, 5))), (4, rand(t, (7, 12))), (5, rand(t, (3,))), (6, rand(t, (5,))),
                       (7, rand(t, (4, 1))), (8, rand(t, (12,)))):
            yield Case(op, good[:i] + [bad] + good[i + 1:], error=True)


def cell_grad():
    op = 'LSTMBlockCellGrad'
    for t in kernel_dtypes(op):
        for batch, inputs, cells in SIZES:
            for peephole in (False, True):
                rows = [rand(t, (batch, cells), 0 if i in (0, 2, 3) else -1, 1, seed=50 + i) for i in range(8)]
                yield Case(op, [rand(t, (batch, inputs))] + states(t, batch, cells) + weights(t, inputs, cells, 5) + rows,
                           dict(use_peephole=peephole))
    t = 'float32'
    good = [rand(t, (2, 3))] + s_of(t) + weights(t, 3, 4, 7) + [rand(t, (2, 4), seed=60 + i) for i in range(8)]
    yield Case(op, [fed(v, None) for v in good], dict(use_peephole=True))
    for i, shape in ((1, (2, 5)), (2, (3, 4)), (3, (8, 16)), (7, (12,)), (8, (3, 4)), (9, (2, 3)), (10, (2, 3)), (11, (1, 4)), (12, (2, 1)),
                     (13, (1, 4)), (14, (2, 3)), (15, (3, 4))):
        yield Case(op, good[:i] + [rand(t, shape)] + good[i + 1:], dict(use_peephole=False), error=True)


def block_grad():
    for op in ('BlockLSTMGrad', 'BlockLSTMGradV2'):
        for t in kernel_dtypes(op):
            for batch, inputs, cells in SIZES:
                for peephole in (False, True):
                    rows = [rand(t, (3, batch, cells), 0 if i in (0, 2, 3) else -1, 1, seed=50 + i) for i in range(9)]
                    yield Case(op, [i64(3), rand(t, (3, batch, inputs))] + states(t, batch, cells) + weights(t, inputs, cells, 5) + rows,
                               dict(use_peephole=peephole))
            rows = [rand(t, (4, 2, 4), 0 if i in (0, 2, 3) else -1, 1, seed=70 + i) for i in range(9)]
            given = [rand(t, (4, 2, 3))] + states(t, 2, 4) + weights(t, 3, 4, 7) + rows
            for steps in (0, 1, 3):
                yield Case(op, [i64(steps)] + given, dict(use_peephole=True))
            yield Case(op, [fed(v, None) for v in [i64(4)] + given], dict(use_peephole=False))
        t = 'float32'
        good = [i64(4), rand(t, (4, 2, 3))] + s_of(t) + weights(t, 3, 4, 7) + [rand(t, (4, 2, 4), seed=60 + i) for i in range(9)]
        for i, bad in ((0, i64([4])), (1, rand(t, (2, 3))), (2, rand(t, (8,))), (3, rand(t, (8,))),
                       (4, rand(t, (8, 16))), (4, rand(t, (7, 15))), (8, rand(t, (12,)))):
            yield Case(op, good[:i] + [bad] + good[i + 1:], dict(use_peephole=False), error=True)


def gru():
    op, t = 'GRUBlockCell', 'float32'

    def given(batch, inputs, cells):
        return [rand(t, (batch, inputs)), rand(t, (batch, cells), seed=2), rand(t, (inputs + cells, 2 * cells), -1, 1, seed=3),
                rand(t, (inputs + cells, cells), -1, 1, seed=4), rand(t, (2 * cells,), seed=5), rand(t, (cells,), seed=6)]

    def rows(batch, cells):
        return [rand(t, (batch, cells), 0 if i < 2 else -1, 1, seed=10 + i) for i in range(4)]

    for sizes in SIZES + [(2, 0, 3)]:
        yield Case(op, given(*sizes))
        yield Case(op + 'Grad', given(*sizes) + rows(sizes[0], sizes[2]))
    good = given(2, 3, 4)
    yield Case(op, [edge(t, (2, 3))] + good[1:])
    yield Case(op, [fed(v, None) for v in good])
    yield Case(op, good[:2] + [const(v) for v in good[2:]])
    yield Case(op + 'Grad', [fed(v, None) for v in good + rows(2, 4)])
    yield Case(op + 'Grad', good[:2] + [const(v) for v in good[2:]] + rows(2, 4))
    for i, shape in ((0, (6,)), (1, (3, 4)), (1, (2, 5)), (2, (7, 7)), (2, (8, 8)), (3, (7, 5)), (3, (6, 4)), (4, (7,)), (5, (5,))):
        yield Case(op, good[:i] + [rand(t, shape)] + good[i + 1:], error=True)
        yield Case(op + 'Grad', good[:i] + [rand(t, shape)] + good[i + 1:] + rows(2, 4), error=True)
    for i in range(4):
        bad = rows(2, 4)
        bad[i] = rand(t, (2, 5))
        yield Case(op + 'Grad', good + bad, error=True)


def cases():
    yield from cell()
    yield from block()
    yield from cell_grad()
    yield from block_grad()
    yield from gru()
