"""Rows of gradients that need what their forward operators gave, of samplers and of trees that need no older TensorFlow."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'golden', 'cases'))

import gather_tree
from rows import *
from rows_state import feed
import tensorflow as tf

ops = tf.raw_ops


@row('LSTMBlockCellGrad', 'GRUBlockCellGrad', 'BlockLSTMGrad', 'BlockLSTMGradV2')
def cells_back(draw, op):
    t = draw.one_of('float32', 'float32', 'float16')
    b, n, k, steps = draw.randint(1, 4), draw.randint(1, 5), draw.one_of(1, 3, 8, 17), draw.randint(1, 4)
    unit = lambda *shape: floats(draw, t, shape)
    if op == 'GRUBlockCellGrad':
        t = 'float32'
        return Case(op, [unit(b, n), unit(b, k), unit(n + k, 2 * k), unit(n + k, k), unit(2 * k), unit(k), unit(b, k), unit(b, k), unit(b, k), unit(b, k)])
    peephole = draw.chance(0.5)
    if op == 'LSTMBlockCellGrad':
        return Case(op, [unit(b, n), unit(b, k), unit(b, k), unit(n + k, 4 * k), unit(k), unit(k), unit(k), unit(4 * k)] + [unit(b, k) for _ in range(8)], dict(use_peephole=peephole))
    return Case(op, [lit('int64', draw.randint(0, steps), ()) if draw.chance(0.3) else lit('int64', steps, ()), unit(steps, b, n), unit(b, k), unit(b, k), unit(n + k, 4 * k),
                     unit(k), unit(k), unit(k), unit(4 * k)] + [unit(steps, b, k) for _ in range(9)], dict(use_peephole=peephole))


@row('FractionalAvgPoolGrad', 'FractionalMaxPoolGrad')
def fractional_back(draw, op):
    t = draw.one_of('float32', 'float64', 'int32', 'int64')
    n, c = draw.randint(1, 2), draw.randint(1, 4)
    overlapping = draw.chance(0.5)

    def cuts():
        out, at = [0], 0
        for _ in range(draw.randint(1, 4)):
            at += draw.randint(1, 3)
            out.append(at)
        return out
    rows_, cols = cuts(), cuts()
    size = (n, rows_[-1], cols[-1], c)
    small = (n, len(rows_) - 1, len(cols) - 1, c)
    given = elements(draw, t, small, 'plain')
    cut = [lit('int64', rows_), lit('int64', cols)]
    if op == 'FractionalAvgPoolGrad':
        return Case(op, [lit('int64', size), given, *cut], dict(overlapping=overlapping))
    x = draw.numpy.permutation(int(np.prod(size))).reshape(size)
    pooled = np.zeros(small)
    extra = 1 if overlapping else 0
    for i in range(small[1]):
        for j in range(small[2]):
            block = x[:, rows_[i]:min(rows_[i + 1] + extra, size[1]), cols[j]:min(cols[j + 1] + extra, size[2])]
            pooled[:, i, j] = block.max((1, 2))
    return Case(op, [lit(t, x), lit(t, pooled), given, *cut], dict(overlapping=overlapping))


@row('RandomGammaGrad')
def gamma_back(draw, op):
    t, (a, b) = draw.one_of('float32', 'float64'), two_sides(draw, 0, 3)
    return Case(op, [floats(draw, t, a, 0.05, draw.one_of(2, 60)), floats(draw, t, b, 0.01, draw.one_of(3, 60))])


@row('TileGrad')
def tile_back(draw, op):
    shape = tuple(max(1, d) for d in sizes(draw, 0, 5, 60))
    times = [draw.randint(1, 3) for _ in shape]
    t = draw.one_of('float32', 'int32', 'float64', 'complex64', 'int64', 'int16', 'float16')
    return Case(op, [elements(draw, t, [s * m for s, m in zip(shape, times)], 'plain'), lit('int32', times, (len(times),))])


@row('SparseAddGrad', 'SparseSliceGrad', 'SparseFillEmptyRowsGrad', 'RaggedFillEmptyRowsGrad')
def sparse_back(draw, op):
    t = draw.one_of('float32', 'float64', 'int32', 'int64', 'complex64', 'uint8', 'float16')
    rank = draw.randint(1, 3)
    shape = [draw.randint(1, 4) for _ in range(rank)]
    count = int(np.prod(shape))

    def cells(k):
        at = sorted(draw.sample(range(count), k))
        return np.stack(np.unravel_index(at, shape), -1).reshape(k, rank) if k else np.zeros((0, rank), np.int64)
    if op.endswith('EmptyRowsGrad'):
        n, m = draw.randint(0, 5), draw.randint(0, 4)
        kind = t if t in dtypes(op) else 'float32'
        return Case(op, [lit('int64', draw.sample(range(n + m), n), (n,)), elements(draw, kind, (n + m,), 'plain')])
    if t not in dtypes(op):
        t = 'float32'
    if op == 'SparseAddGrad':
        a, b = cells(draw.randint(0, count)), cells(draw.randint(0, count))
        both = np.array(sorted({tuple(r) for r in a} | {tuple(r) for r in b}), np.int64).reshape(-1, rank)
        return Case(op, [elements(draw, t, (len(both),), 'plain'), lit('int64', a, a.shape), lit('int64', b, b.shape), lit('int64', both, both.shape)])
    a = cells(draw.randint(0, count))
    start = [draw.randint(0, d - 1) for d in shape]
    size = [draw.randint(1, d - s) for d, s in zip(shape, start)]
    inside = np.array([r - start for r in a if all(s <= x < s + z for x, s, z in zip(r, start, size))], np.int64).reshape(-1, rank)
    return Case(op, [elements(draw, t, (len(inside),), 'plain'), lit('int64', a, a.shape), lit('int64', start), lit('int64', inside, inside.shape)])


@row('GatherTree', 'Addons>GatherTree')
def beams(draw, op):
    """TensorFlow's own package has neither name; the golden cases' slow reference says what to expect."""
    steps, b, k, end = draw.randint(1, 5), draw.randint(1, 3), draw.randint(1, 4), draw.randint(0, 5)
    values = [draw.ints('int32', (steps, b, k), 0, 5), draw.ints('int32', (steps, b, k), 0, k - 1), draw.ints('int32', (b,), 0, steps + 1), lit('int32', end, ())]
    return Case(op, values, expect=lambda: [gather_tree.traced(*(v.array for v in values))])


@row('KMC2ChainInitialization', 'KmeansPlusPlusInitialization', 'NearestNeighbors')
def means(draw, op):
    n, d = draw.randint(1, 9), draw.randint(1, 5)
    points = floats(draw, 'float32', (n, d), -5, 5)
    if op == 'KMC2ChainInitialization':
        return Case(op, [lit('float32', draw.numpy.uniform(0, 9, (n,))), lit('int64', draw.randint(0, 99), ())])
    if op == 'NearestNeighbors':
        centers = floats(draw, 'float32', (draw.randint(1, 300) if draw.chance(0.3) else draw.randint(1, 9), d), -5, 5)
        return Case(op, [points, centers, lit('int64', draw.randint(1, 12), ())])
    return Case(op, [points, lit('int64', draw.randint(1, n), ()), lit('int64', draw.randint(1, 99), ()), lit('int64', draw.randint(0, 3), ())])


@row('IsotonicRegression')
def isotonic(draw, op):
    t = draw.one_of('float32', 'float64', 'float16', 'bfloat16', 'int32', 'int16')
    return Case(op, [elements(draw, t, (draw.randint(1, 4), draw.randint(1, 40)), draw.one_of('plain', 'ties'))], dict(output_dtype=t if t in FLOATS else draw.one_of('float32', 'float64')))


@row('CompareAndBitpack')
def bits(draw, op):
    t = draw.one_of('float32', 'float64', 'float16', 'bool', 'int8', 'int16', 'int32', 'int64')
    x = elements(draw, t, sizes(draw, 0, 3, 60) + (8 * draw.randint(1, 9),), draw.one_of('plain', 'ties', 'edges'))
    return Case(op, [x, elements(draw, t, (), 'plain')])


@row('Fingerprint')
def fingerprint(draw, op):
    t = draw.one_of('float32', 'uint8', 'string', 'int64', 'complex64', 'bool', 'float16')
    shape = sizes(draw, 1, 3, 60) if t != 'string' else tuple(max(1, d) for d in sizes(draw, 2, 3, 60))
    return Case(op, [elements(draw, t, shape), lit('string', b'farmhash64', ())])


@row('BatchCholeskyGrad', 'SelfAdjointEig', 'BatchSelfAdjointEig', 'BatchMatrixSolveLs')
def old_algebra(draw, op):
    t, n = draw.one_of('float32', 'float64'), draw.randint(1, 6)
    batch = () if op == 'SelfAdjointEig' else sizes(draw, 0, 2, 4)
    a = draw.numpy.uniform(-1, 1, batch + (n, n))
    if op == 'BatchCholeskyGrad':
        low = np.tril(a)
        low[..., range(n), range(n)] = draw.numpy.uniform(1, 2, batch + (n,))
        return Case(op, [lit(t, low), floats(draw, t, batch + (n, n))])
    if op == 'BatchMatrixSolveLs':
        m = draw.randint(n, n + 4)
        return Case(op, [floats(draw, t, batch + (m, n)), floats(draw, t, batch + (m, draw.randint(1, 4))), lit('float64', draw.one_of(0.0, 0.5), ())], dict(fast=draw.chance(0.7)))

    def net(g):
        e = getattr(ops, op)(input=feed(g, lit(t, a + np.swapaxes(a, -1, -2))))
        return [e[..., 0, :], tf.abs(e[..., 1:, :])]  # the sign of a vector is nobody's
    return GraphCase(f'{op} {t} {batch} {n}', net, rtol=1e-3, atol=1e-3, producer=10)


@row('_SwitchN', 'Switch', 'Merge', 'RefSwitch', 'RefMerge', 'RefSelect', 'ToBool', 'LoopCond', 'ControlTrigger', 'IdentityN', 'Enter', 'Exit', 'NextIteration')
def plumbing(draw, op):
    t = draw.choice(ALL)
    x, y = elements(draw, t, sizes(draw, 0, 3, 60)), elements(draw, t, sizes(draw, 0, 2, 20))
    if op == 'ToBool':
        return Case(op, [elements(draw, draw.choice(ALL), sizes(draw, 0, 2, 20))])
    if op == 'IdentityN':
        return Case(op, [[elements(draw, draw.choice(ALL), sizes(draw, 0, 3, 60)) for _ in range(draw.randint(1, 4))]])
    n, p, times = draw.randint(1, 4), draw.chance(0.5), draw.randint(0, 4)
    at = draw.randrange(n)

    def net(g):
        a, b = feed(g, x), feed(g, y)
        if op == '_SwitchN':
            outs = tf.raw_ops._SwitchN if hasattr(tf.raw_ops, '_SwitchN') else None
            if outs is None:
                graph = tf.compat.v1.get_default_graph()
                outs = lambda **k: graph.create_op('_SwitchN', [k['data'], k['output_index']], [k['data'].dtype] * n, attrs=dict(
                    num_outs=tf.compat.v1.AttrValue(i=n), T=tf.compat.v1.AttrValue(type=k['data'].dtype.as_datatype_enum))).outputs
            branches = outs(data=a, output_index=feed(g, lit('int32', at, ())))
            return list(ops.Merge(inputs=[tf.identity(v) for v in branches]))
        if op == 'ControlTrigger':
            with tf.control_dependencies([a]):
                trigger = ops.ControlTrigger()
            with tf.control_dependencies([trigger]):
                return [tf.identity(b)]
        if op in ('Enter', 'Exit', 'NextIteration', 'LoopCond'):
            i = ops.Enter(data=tf.constant(0), frame_name='f', is_constant=False, parallel_iterations=draw_parallel)
            v = ops.Enter(data=a, frame_name='f', parallel_iterations=draw_parallel)
            w = ops.Enter(data=b, frame_name='f', is_constant=True, parallel_iterations=draw_parallel)
            mi, mv = ops.Merge(inputs=[i, i])[0], ops.Merge(inputs=[v, v])[0]
            go = ops.LoopCond(input=ops.Less(x=mi, y=ops.Enter(data=tf.constant(times), frame_name='f', is_constant=True, parallel_iterations=draw_parallel)))
            fi, ti = ops.Switch(data=mi, pred=go)
            fv, tv = ops.Switch(data=mv, pred=go)
            with tf.control_dependencies([tv]):
                step = ti + tf.constant(1)
                keep = tf.identity(w)
            with tf.control_dependencies([keep]):
                back = tf.identity(tv)
            for merge, value in ((mi, step), (mv, back)):
                merge.op._update_input(1, ops.NextIteration(data=value))
            return [ops.Exit(data=fi), ops.Exit(data=fv)]
        pred = feed(g, lit('bool', p, ()))
        if op.startswith('Ref'):
            ref = ops.VariableV2(shape=list(x.array.shape), dtype=tf.as_dtype(t), shared_name='v')
            with tf.control_dependencies([ops.Assign(ref=ref, value=a)]):
                ref2 = ops.RefIdentity(input=ref)
            if op == 'RefSelect':
                other = ops.VariableV2(shape=list(x.array.shape), dtype=tf.as_dtype(t), shared_name='w')
                kept = ops.Assign(ref=other, value=a)
                return [tf.identity(ops.RefSelect(index=feed(g, lit('int32', at % 2, ())), inputs=[ref2, kept]))]
            no, yes = ops.RefSwitch(data=ref2, pred=pred)
            out, which = ops.RefMerge(inputs=[no, yes])
            return [tf.identity(out), which]
        no, yes = ops.Switch(data=a, pred=pred)
        return list(ops.Merge(inputs=[tf.identity(no), tf.identity(yes)]))
    draw_parallel = draw.one_of(1, 10)
    return GraphCase(f'{op} {t} {x.array.shape} {n} {at} {p} {times}', net)


ALL = ('float32', 'float64', 'float16', 'bfloat16', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'bool', 'string', 'complex64', 'complex128')
