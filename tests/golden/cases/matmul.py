"""Matrix products: single, batched, sparse, fused, and Einsum."""
from cases import conv
from cases_dsl import *


def const_or_fed(x, y):
    yield [x, y]
    yield [x, const(y)]


def plain():
    for t in kernel_dtypes('MatMul'):
        for ta in (False, True):
            for tb in (False, True):
                a, b = rand(t, (3, 4)[::-1] if ta else (3, 4), seed=1), rand(t, (4, 5)[::-1] if tb else (4, 5), seed=2)
                for inputs in const_or_fed(a, b):
                    yield Case('MatMul', inputs, dict(transpose_a=ta, transpose_b=tb))
        yield Case('MatMul', [rand(t, (2, 0)), rand(t, (0, 3))])
        yield Case('MatMul', [rand(t, (0, 2)), const(rand(t, (2, 3)))])
        yield Case('MatMul', [rand(t, (2, 3)), const(rand(t, (3, 0)))])
        yield Case('MatMul', [rand(t, (1, 40)), const(rand(t, (40, 1)))])
        if t in ('int32', 'int64'):
            yield Case('MatMul', [full_range(t, (2, 3)), full_range(t, (3, 2))])
    t = 'float32'
    for m, k, n in ((1, 1, 1), (1, 33, 17), (7, 9, 16), (6, 64, 15), (17, 3, 33), (2, 200, 5)):
        for inputs in const_or_fed(rand(t, (m, k), seed=1), rand(t, (k, n), seed=2)):
            yield Case('MatMul', inputs)
            yield Case('MatMul', [rand(t, (k, m), seed=3), inputs[1]], dict(transpose_a=True))
    yield Case('MatMul', [fed(rand(t, (2, 3)), None), fed(rand(t, (3, 2)), (None, None))])
    yield Case('MatMul', [fed(rand(t, (2, 3)), (None, 3)), const(rand(t, (3, 2)))])
    yield Case('MatMul', [f32([[0, 1]]), f32([[np.nan], [1]])])
    yield Case('MatMul', [f32([[np.inf, 1]]), f32([[0], [1]])])
    for a, b in (((2, 2), (3, 3)), ((1, 2, 2), (2, 2)), ((2,), (2, 2)), ((), (2, 2))):
        yield Case('MatMul', [rand(t, a), rand(t, b)], error=True)

    for t in FLOATS[:1] + FLOATS[2:]:
        a, b = rand(t, (3, 4), seed=1), rand(t, (4, 5), seed=2)
        for tail in conv.TAILS if t == 'float32' else [['BiasAdd', 'Add', 'Relu'], ['BiasAdd', 'GeluApproximate']]:
            yield from conv.fused_cases('_FusedMatMul', 'MatMul', [a, const(b)], {}, [tail], t)
        yield from conv.fused_cases('_FusedMatMul', 'MatMul', [a, b], {}, [['BiasAdd', 'Add', 'Relu']], t)
    yield from conv.fused_cases('_FusedMatMul', 'MatMul', [rand('float32', (4, 3), seed=1), const(rand('float32', (4, 5), seed=2))],
                                dict(transpose_a=True), [['BiasAdd', 'Relu']], 'float32')


def batched():
    for op in ('BatchMatMul', 'BatchMatMulV2'):
        for t in kernel_dtypes(op):
            for ax in (False, True):
                for ay in (False, True):
                    x, y = rand(t, (2, 4, 3) if ax else (2, 3, 4), seed=1), rand(t, (2, 5, 4) if ay else (2, 4, 5), seed=2)
                    yield Case(op, [x, y], dict(adj_x=ax, adj_y=ay))
                    yield Case(op, [rand(t, (4, 3) if ax else (3, 4)), const(rand(t, (5, 4) if ay else (4, 5)))], dict(adj_x=ax, adj_y=ay))
            yield Case(op, [rand(t, (2, 2, 0)), rand(t, (2, 0, 3))])
            yield Case(op, [rand(t, (0, 2, 2)), rand(t, (0, 2, 3))])
            if t in ('int16', 'int32', 'int64'):
                yield Case(op, [full_range(t, (2, 2, 3)), full_range(t, (2, 3, 2))])
        yield Case(op, [fed(rand('float32', (2, 2, 3)), None), rand('float32', (2, 3, 2))])
        for x, y in (((2, 2, 3), (2, 2, 3)), ((2, 2, 2), (3, 2, 2)), ((2,), (2, 2)), ((2, 2), (2,))):
            yield Case(op, [rand('float32', x), rand('float32', y)], error=True)
    yield Case('BatchMatMul', [rand('float32', (1, 2, 2)), rand('float32', (2, 2, 2))], error=True)
    yield Case('BatchMatMul', [rand('float32', (1, 2, 2)), rand('float32', (2, 2))], error=True)
    for t in kernel_dtypes('BatchMatMulV2'):
        for x, y in (((2, 1, 2, 3), (4, 3, 2)), ((2, 3, 4), (4, 5)), ((2, 3, 4), (1, 1, 4, 5)), ((3, 4), (2, 4, 5)), ((1, 3, 4), (2, 4, 5)),
                     ((2, 1, 1, 2, 2), (1, 3, 2, 2, 2)), ((0, 2, 2), (1, 2, 2))):
            yield Case('BatchMatMulV2', [rand(t, x), rand(t, y)])
        yield Case('BatchMatMulV2', [rand(t, (2, 2, 3, 4)), const(rand(t, (5, 4)))], dict(adj_y=True))
        yield Case('BatchMatMulV2', [rand(t, (2, 4, 3)), const(rand(t, (4, 5)))], dict(adj_x=True))
    v3 = 'BatchMatMulV3'
    for t in kernel_dtypes('BatchMatMulV2'):
        expect = None
        if t == 'float16':
            expect = lambda: tf_run('BatchMatMulV2', [rand('float16', (2, 2, 3), seed=1), rand('float16', (3, 2), seed=2)])
        yield Case(v3, [rand(t, (2, 2, 3), seed=1), rand(t, (3, 2), seed=2)], dict(Tout=t), expect=expect)
    for x in ('int8', 'uint8', 'bfloat16'):
        for y in ('int8', 'uint8', 'bfloat16'):
            out = 'int32' if 'bfloat16' not in (x, y) else 'bfloat16'
            yield Case(v3, [rand(x, (2, 3, 4), -128, 127), const(rand(y, (4, 2), -128, 127))], dict(Tout=out))
            yield Case(v3, [rand(x, (2, 4, 3), -128, 127), rand(y, (2, 2, 4), -128, 127)], dict(Tout=out, adj_x=True, adj_y=True))


def sparse():
    for ta in ('float32', 'bfloat16'):
        for tb in ('float32', 'bfloat16'):
            for flags in range(16):
                k = dict(transpose_a=bool(flags & 1), transpose_b=bool(flags & 2), a_is_sparse=bool(flags & 4), b_is_sparse=bool(flags & 8))
                yield Case('SparseMatMul', [rand(ta, (4, 3) if flags & 1 else (3, 4), 0, 0.1), rand(tb, (5, 4) if flags & 2 else (4, 5))], k)
    yield Case('SparseMatMul', [f32([[0, 1]]), f32([[np.nan], [1]])], dict(a_is_sparse=True))
    yield Case('SparseMatMul', [rand('float32', (2, 0)), rand('float32', (0, 2))])
    yield Case('SparseMatMul', [rand('float32', (0, 2)), rand('float32', (2, 2))])
    yield Case('SparseMatMul', [rand('float32', (2, 2)), rand('float32', (3, 2))], error=True)
    yield Case('SparseMatMul', [rand('float32', (2, 2, 1)), rand('float32', (2, 2))], error=True)


EQUATIONS = [('ij,jk->ik', (2, 3), (3, 4)), ('ij,jk->ki', (2, 3), (3, 4)), ('ji,kj->ik', (3, 2), (4, 3)), ('ij->ji', (2, 3)), ('ii->i', (3, 3)),
             ('ii->', (3, 3)), ('i->ii', (3,)), ('ij->', (2, 3)), ('->', ()), (',->', (), ()), (',ij->ij', (), (2, 3)), ('ij->iij', (2, 2)),
             ('...ij,...jk->...ik', (2, 1, 2, 3), (4, 3, 2)), ('...ij->...', (2, 2, 3)), ('i...,j...->ij...', (2, 3), (2, 1)),
             ('ij,ij->ij', (2, 3), (2, 3)), ('ij,ij->', (2, 3), (2, 3)), ('ii,ij->ij', (2, 2), (2, 3)), ('iij->j', (2, 2, 3)),
             ('ij->jj', (2, 3)), ('ij,kl->ikjl', (2, 1), (1, 2)), ('...->...', (2, 3)), ('...,...->...', (2, 3), (3,)),
             ('ij,jk->ik', (0, 3), (3, 2)), ('ij,jk->ik', (2, 0), (0, 2)), ('ijk->ik', (2, 0, 2)), ('ij,...->...ij', (2, 2), (3,)),
             ('...i->i...', (2, 3)), ('Ij,jK->IK', (2, 3), (3, 2)), ('abcdefghij->jihgfedcba', (1, 2, 1, 2, 1, 1, 1, 2, 1, 1)),
             ('...i,...i->...', (2, 1, 3), (4, 3)), ('...ii->...', (2, 3, 3)), ('...a->...aa', (2, 2)), ('ab,ab->aab', (2, 2), (2, 2)),
             ('i,j->iijj', (2,), (2,)), ('ij,k->k', (2, 2), (2,)), ('i...j,j->i...', (2, 3, 2), (2,)), ('abc,abd->acd', (2, 3, 2), (2, 3, 4)),
             ('btnh,bsnh->bnts', (2, 3, 2, 4), (2, 2, 2, 4)), ('bnts,bsnh->btnh', (2, 2, 3, 2), (2, 2, 2, 4)), ('abc,cde->abde', (2, 3, 4), (4, 2, 3)),
             ('abc,de->abcde', (2, 1, 2), (2, 2)), ('bi,bi->b', (3, 7), (3, 7)), ('ijk,ik->j', (2, 3, 4), (2, 4)), ('a b,bc->ac ', (2, 3, 2), (2, 2)),
             ('ijkl->ljik', (2, 3, 2, 2)), ('iijj->ij', (2, 2, 3, 3)), ('ij,ji->', (2, 3), (3, 2)), ('i...,...->...i', (2, 1, 3), (4, 1))]


def einsum():
    for t in kernel_dtypes('Einsum'):
        for equation, *shapes in EQUATIONS if t in ('float32', 'complex64', 'int32') else EQUATIONS[:17] + EQUATIONS[-12:-8]:
            yield Case('Einsum', [[rand(t, s) for s in shapes]], dict(equation=equation))
    t = 'float32'
    for equation, *shapes in EQUATIONS[-12:]:
        yield Case('Einsum', [[const(rand(t, shapes[0])), fed(rand(t, shapes[-1]), None)][:len(shapes)]], dict(equation=equation))
    yield Case('Einsum', [[rand(t, (9, 20)), const(rand(t, (20, 33)))]], dict(equation='ij,jk->ik'))
    yield Case('Einsum', [[rand(t, (2, 9, 20)), const(rand(t, (20, 3, 5)))]], dict(equation='btd,dnh->btnh'))
    for equation, *shapes in [('...ij->ij', (2, 2, 3)), ('ij,jk', (2, 3), (3, 2)), ('ij , jk -> ik', (2, 3), (3, 2)), ('ij,jk->ik', (2, 3), (2, 2)),
                              ('ij,jk->ik', (2, 1), (3, 2)), ('iij->j', (2, 3, 3)), ('ij->i->j', (2, 2)), ('......ij->ij', (2, 2)),
                              ('ij->i', (2, 2, 2)), ('', ()), ('ij->i,j', (2, 2)), ('ij,jk->il', (2, 3), (3, 2)), ('i..j->ij', (2, 2)),
                              ('ij->ij', (2, 2), (2, 2)), ('ij,jk->ik', (2, 2)), ('...ij->i...j...', (2, 2, 2))]:
        yield Case('Einsum', [[rand(t, s) for s in shapes]], dict(equation=equation), error=True)
    yield Case('Einsum', [[rand(t, (2, 2)), rand(t, (2, 2)), rand(t, (2, 2))]], dict(equation='ij,jk,kl->il'), error=True)


def steps():
    """Recurrent networks written step by step: what every step multiplies can be multiplied for all at once."""
    def recurrent(fed_first, bias):
        def build(g):
            w = g.const(rand('float32', (136, 128), -0.0625, 0.0625, seed=1))
            b = g.const(rand('float32', (128,), seed=2))
            h = g.feed(rand('float32', (1, 128), seed=3))
            found = []
            for t in range(5):
                x = g.feed(rand('float32', (1, 8), seed=10 + t))
                joined = tf.raw_ops.ConcatV2(values=[x, h] if fed_first else [h, x], axis=g.const(i32(1)))
                z = tf.raw_ops.MatMul(a=joined, b=w)
                h = tf.raw_ops.Tanh(x=tf.raw_ops.BiasAdd(value=z, bias=b) if bias else z)
                found.append(tf.raw_ops.Max(input=h, axis=g.const(i32([1]))))
            return [h, tf.raw_ops.Pack(values=found)]
        return build
    for fed_first in (True, False):
        for bias in (True, False):
            yield GraphCase(f'five steps, fed {"first" if fed_first else "last"}{", bias" if bias else ""}', recurrent(fed_first, bias))

    def independent(g):
        w = g.const(rand('float32', (128, 128), -0.0625, 0.0625, seed=1))
        rows = [g.feed(rand('float32', (2, 128), -0.25, 0.25, seed=10 + t)) for t in range(4)]
        return [tf.raw_ops.AddN(inputs=[tf.raw_ops.MatMul(a=x, b=w) for x in rows])]
    yield GraphCase('four products with one matrix', independent)


def cases():
    yield from plain()
    yield from batched()
    yield from sparse()
    yield from einsum()
    yield from steps()
