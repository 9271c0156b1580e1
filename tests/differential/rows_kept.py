"""Rows of what a session keeps: variables of both kinds, accumulators, barriers, tables, maps of sparse tensors.

Each is a program of random steps in one order; what TensorFlow refuses on the way, the engine has to refuse.
"""
from rows import *
from rows_state import feed
import tensorflow as tf

ops = tf.raw_ops


class Program:
    """Steps that wait for one another, and what they gave."""

    def __init__(self, g):
        self.g, self.last, self.out = g, [], []

    def do(self, op, keep=True, **inputs):
        given = {k: feed(self.g, v) if isinstance(v, Literal) else v for k, v in inputs.items()}
        with tf.control_dependencies(self.last):
            result = getattr(ops, op)(**given)
        tensors = [] if isinstance(result, tf.Operation) else [t for t in tf.nest.flatten(result)]
        self.last = [result] if isinstance(result, tf.Operation) else [tensors[0].op]
        if keep:
            self.see([t for t in tensors if t.dtype not in (tf.resource, tf.variant)])
        return result

    def see(self, tensors):
        """What a reference is now: TensorFlow's Identity would show later steps too."""
        self.out += [ops.Pack(values=[t, t]) if t.dtype._is_ref_dtype else t for t in tensors]
        if any(t.dtype._is_ref_dtype for t in tensors):
            self.last = [self.out[-1].op]

    def end(self):
        with tf.control_dependencies(self.last):
            return self.out + [tf.identity(tf.constant(1))]


KEPT = ('float32', 'float64', 'float16', 'bfloat16', 'int32', 'int64', 'uint8', 'int16', 'bool', 'string', 'complex64', 'uint64')


@row('VarHandleOp', 'AssignVariableOp', 'AssignAddVariableOp', 'AssignSubVariableOp', 'ReadVariableOp', 'VariableShape', 'VarIsInitializedOp', 'ResourceGather', 'ResourceGatherNd',
     'ResourceStridedSliceAssign', 'DestroyResourceOp', 'ResourceCountUpTo', 'DisableCopyOnRead')
def resources(draw, op):
    t = draw.one_of('int32', 'int64') if op == 'ResourceCountUpTo' else draw.one_of(*KEPT)
    d = tf.as_dtype(t)
    shape = () if op == 'ResourceCountUpTo' else sizes(draw, 1, 3, 60)
    shape = tuple(max(1, x) for x in shape)
    known = draw.one_of(shape, shape, None, tuple(None for _ in shape))
    first = elements(draw, t, shape, 'plain') if op != 'ResourceCountUpTo' else lit(t, draw.randint(0, 3), ())
    steps = []
    for _ in range(draw.randint(2, 6)):
        what = draw.one_of(op, op, 'AssignVariableOp', 'AssignAddVariableOp', 'AssignSubVariableOp', 'ReadVariableOp', 'VariableShape', 'VarIsInitializedOp')
        if t in ('bool', 'string') and what in ('AssignAddVariableOp', 'AssignSubVariableOp'):
            what = 'AssignVariableOp'
        if what in ('DestroyResourceOp', 'VarHandleOp'):
            what = draw.one_of('DestroyResourceOp', 'VarIsInitializedOp', 'AssignVariableOp') if draw.chance(0.5) else 'ReadVariableOp'
        value = elements(draw, t, shape if known != shape or not draw.chance(0.05) else shape + (1,), 'plain')
        if what == 'ResourceGather':
            batch = draw.one_of(0, 0, 1) if len(shape) > 1 else 0
            ids = shape[:batch] + sizes(draw, 0, 2, 6)
            steps.append((what, dict(indices=lit(draw.one_of('int32', 'int64'), draw.numpy.randint(0, shape[batch], ids)), batch_dims=batch, dtype=d, validate_indices=draw.chance(0.8))))
        elif what == 'ResourceGatherNd':
            depth = draw.randint(1, len(shape))
            batch = sizes(draw, 0, 2, 6)
            ids = np.stack([draw.numpy.randint(0, n, batch) for n in shape[:depth]], -1)
            steps.append((what, dict(indices=lit(draw.one_of('int32', 'int64'), ids), dtype=d)))
        elif what == 'ResourceStridedSliceAssign':
            n, k = shape[0], draw.one_of(1, 2, -1)
            begin, end = (draw.randint(0, n - 1), n) if k > 0 else (n - 1, draw.randint(0, n) - n - 1)
            count = len(range(n)[slice(begin, end if k > 0 else (end if end >= -n else None), k)])
            i = draw.one_of('int32', 'int64')
            values = elements(draw, t, (count,) + shape[1:] if draw.chance(0.7) else (1,), 'plain')
            steps.append((what, dict(begin=lit(i, [begin]), end=lit(i, [end]), strides=lit(i, [k]), value=values)))
        elif what == 'ResourceCountUpTo':
            steps.append((what, dict(limit=draw.randint(2, 8), T=d)))
        elif what in ('ReadVariableOp',):
            steps.append((what, dict(dtype=d)))
        elif what == 'VariableShape':
            steps.append((what, dict(out_type=draw.one_of(tf.int32, tf.int64))))
        elif what == 'DestroyResourceOp':
            steps.append((what, dict(ignore_lookup_error=draw.chance(0.8))))
        elif what in ('VarIsInitializedOp', 'DisableCopyOnRead'):
            steps.append((what, {}))
        else:
            steps.append((what, dict(value=value)))
    start = draw.chance(0.9)

    def net(g):
        h, p = ops.VarHandleOp(dtype=d, shape=known, shared_name='v'), Program(g)
        if start:
            p.do('AssignVariableOp', resource=h, value=first)
        for what, given in steps:
            name = 'ref' if what == 'ResourceStridedSliceAssign' else 'input' if what == 'VariableShape' else 'resource'
            p.do(what, **{name: h}, **given)
        if start and steps[-1][0] != 'DestroyResourceOp':
            p.do('ReadVariableOp', resource=h, dtype=d)
        return p.end()
    return GraphCase(f'{op} {t} {shape} {known} {[s[0] for s in steps]} {start}', net)


@row('Variable', 'VariableV2', 'Assign', 'AssignAdd', 'AssignSub', 'CountUpTo', 'IsVariableInitialized', 'StridedSliceAssign', 'RefIdentity', 'TemporaryVariable', 'DestroyTemporaryVariable')
def references(draw, op):
    t = draw.one_of('int32', 'int64') if op == 'CountUpTo' else draw.one_of(*KEPT)
    d = tf.as_dtype(t)
    shape = () if op == 'CountUpTo' else tuple(max(1, x) for x in sizes(draw, 1, 3, 60))
    first = elements(draw, t, shape, 'plain') if op != 'CountUpTo' else lit(t, draw.randint(0, 3), ())
    steps = []
    for _ in range(draw.randint(1, 5)):
        what = draw.one_of(op, op, 'Assign', 'AssignAdd', 'AssignSub', 'IsVariableInitialized', 'Identity')
        if what in ('Variable', 'VariableV2', 'TemporaryVariable', 'DestroyTemporaryVariable') or (t in ('bool', 'string') and what in ('AssignAdd', 'AssignSub')):
            what = 'Identity'
        if what in ('Assign', 'AssignAdd', 'AssignSub'):
            extra = dict(validate_shape=draw.chance(0.8), use_locking=draw.chance(0.5)) if what == 'Assign' else dict(use_locking=draw.chance(0.5))
            steps.append((what, dict(value=elements(draw, t, shape, 'plain'), **extra)))
        elif what == 'CountUpTo':
            steps.append((what, dict(limit=draw.randint(2, 8))))
        elif what == 'StridedSliceAssign':
            n = shape[0]
            begin = draw.randint(0, n - 1)
            steps.append((what, dict(begin=lit('int32', [begin]), end=lit('int32', [n]), strides=lit('int32', [draw.one_of(1, 1, n)]), value=elements(draw, t, (1,), 'plain'))))
        else:
            steps.append((what, {}))
    temporary = 'Temporary' in op

    def net(g):
        if temporary:
            h = ops.TemporaryVariable(shape=list(shape), dtype=d, var_name='t')
        elif op == 'Variable':
            h = ops.Variable(shape=list(shape), dtype=d, shared_name='v')
        else:
            h = ops.VariableV2(shape=list(shape), dtype=d, shared_name='v')
        p = Program(g)
        assigned = p.do('Assign', ref=h, value=first)
        if temporary:
            return [ops.DestroyTemporaryVariable(ref=assigned, var_name='t')]
        for what, given in steps:
            if what == 'Identity':
                with tf.control_dependencies(p.last):
                    p.see([h])
            else:
                p.do(what, **{'input' if what == 'RefIdentity' else 'ref': h}, **given)
        with tf.control_dependencies(p.last):
            p.see([h])
        return p.end()
    return GraphCase(f'{op} {t} {shape} {[s[0] for s in steps]}', net)


@row('ConditionalAccumulator', 'AccumulatorApplyGradient', 'AccumulatorTakeGradient', 'AccumulatorNumAccumulated', 'AccumulatorSetGlobalStep', 'ResourceConditionalAccumulator',
     'ResourceAccumulatorApplyGradient', 'ResourceAccumulatorTakeGradient', 'ResourceAccumulatorNumAccumulated', 'ResourceAccumulatorSetGlobalStep')
def accumulators(draw, op):
    form = 'Resource' if op.startswith('Resource') else ''
    t = draw.one_of('float32', 'float64', 'float16')
    d, shape = tf.as_dtype(t), sizes(draw, 0, 2, 12)
    known = draw.one_of(shape, shape, tuple(None for _ in shape), None)
    reduction, steps, held, step = draw.one_of('MEAN', 'SUM'), [], 0, 0
    for _ in range(draw.randint(2, 8)):
        what = draw.one_of('ApplyGradient', 'ApplyGradient', 'ApplyGradient', 'TakeGradient', 'NumAccumulated', 'SetGlobalStep')
        if what == 'ApplyGradient':
            local = draw.one_of(step, step, step + 1, step - 1)
            held += local >= step
            steps.append((what, dict(local_step=lit('int64', local, ()), gradient=elements(draw, t, shape if draw.chance(0.97) else shape + (1,), 'plain'))))
        elif what == 'TakeGradient':
            if not held and not draw.chance(0.05):
                continue
            steps.append((what, dict(num_required=lit('int32', draw.randint(1, max(1, held)), ()), dtype=d)))
            held, step = 0, step + 1
        elif what == 'SetGlobalStep':
            step = draw.one_of(step, step + 1, step + 5)
            steps.append((what, dict(new_global_step=lit('int64', step, ()))))
        else:
            steps.append((what, {}))

    def net(g):
        h, p = getattr(ops, form + 'ConditionalAccumulator')(dtype=d, shape=known, reduction_type=reduction, shared_name='a'), Program(g)
        for what, given in steps:
            p.do(f'{form}Accumulator{what}', handle=h, **given)
        return p.end()
    return GraphCase(f'{op} {t} {shape} {known} {reduction} {[s[0] for s in steps]}', net)


@row('SparseConditionalAccumulator', 'SparseAccumulatorApplyGradient', 'SparseAccumulatorTakeGradient')
def sparse_accumulators(draw, op):
    t = draw.one_of('float32', 'float64', 'float16')
    d, tail = tf.as_dtype(t), sizes(draw, 0, 2, 6)
    n = draw.randint(1, 6)
    known = draw.one_of((n,) + tail, None, (None,) + tail)
    reduction, steps, held, step = draw.one_of('MEAN', 'SUM'), [], 0, 0
    for _ in range(draw.randint(2, 7)):
        if draw.chance(0.7) or not held:
            ids = sorted(draw.sample(range(n), draw.randint(1, n)))
            if draw.chance(0.05):
                ids[-1] = n + 1
            has = draw.chance(0.5)
            given = [n, *tail] if has and draw.chance(0.95) else [n + 1, *tail] if has else []
            local = draw.one_of(step, step, step + 1, step - 1)
            held += local >= step
            steps.append(('SparseAccumulatorApplyGradient', dict(local_step=lit('int64', local, ()), gradient_indices=lit('int64', ids), gradient_values=elements(draw, t, (len(ids),) + tail, 'plain'),
                                                                 gradient_shape=lit('int64', given, (len(given),)), has_known_shape=has)))
        else:
            steps.append(('SparseAccumulatorTakeGradient', dict(num_required=lit('int32', draw.randint(1, held), ()), dtype=d)))
            held, step = 0, step + 1

    def net(g):
        h, p = ops.SparseConditionalAccumulator(dtype=d, shape=known, reduction_type=reduction, shared_name='a'), Program(g)
        for what, given in steps:
            p.do(what, handle=h, **given)
        p.do('AccumulatorNumAccumulated', handle=h)
        return p.end()
    return GraphCase(f'{op} {t} {n} {tail} {known} {reduction} {[s[0] for s in steps]}', net)


@row('BarrierClose', 'BarrierIncompleteSize', 'BarrierInsertMany', 'BarrierReadySize', 'BarrierTakeMany')
def barriers(draw, op):
    types = [draw.one_of(*KEPT) for _ in range(draw.randint(1, 3))]
    shapes = [sizes(draw, 0, 2, 6) for _ in types]
    pool, put, steps, closed = [b'a', b'b', b'c', b'd', b'\0'], [{} for _ in types], [], False
    for _ in range(draw.randint(3, 9)):
        what = draw.one_of('put', 'put', 'put', 'put', 'take', 'size', 'close' if draw.chance(0.3) else 'size')
        if what == 'put':
            at = draw.randrange(len(types))
            free = [k for k in pool if k not in put[at]]
            if not free:
                continue
            keys = draw.sample(free, draw.randint(1, len(free)))
            put[at].update(dict.fromkeys(keys))
            steps.append(('BarrierInsertMany', dict(keys=lit('string', keys, (len(keys),)), values=elements(draw, types[at], (len(keys),) + shapes[at], 'plain'), component_index=at)))
        elif what == 'take':
            ready = [k for k in pool if all(k in p for p in put)]
            small = draw.chance(0.3) and closed
            if not ready and not closed:
                continue
            n = draw.randint(1, max(1, len(ready))) if not closed else draw.randint(1, 4)
            steps.append(('BarrierTakeMany', dict(num_elements=lit('int32', n, ()), allow_small_batch=small, component_types=[tf.as_dtype(t) for t in types])))
            for p in put:  # those taken are not known, as their order is not drawn here
                p.update(dict.fromkeys(pool))
            if not closed:
                break
        elif what == 'size':
            steps += [('BarrierReadySize', {}), ('BarrierIncompleteSize', {})]
        elif not closed or draw.chance(0.1):
            steps.append(('BarrierClose', dict(cancel_pending_enqueues=draw.chance(0.5))))
            closed = True

    def net(g):
        h, p = ops.Barrier(component_types=[tf.as_dtype(t) for t in types], shapes=[list(s) for s in shapes], shared_name='b'), Program(g)
        for what, given in steps:
            p.do(what, handle=h, **given)
        p.do('BarrierReadySize', handle=h)
        p.do('BarrierIncompleteSize', handle=h)
        return p.end()
    return GraphCase(f'{op} {types} {shapes} {[s[0] for s in steps]}', net)


@row('AddSparseToTensorsMap', 'AddManySparseToTensorsMap', 'TakeManySparseFromTensorsMap')
def sparse_maps(draw, op):
    t = draw.one_of(*KEPT)
    d, many = tf.as_dtype(t), op == 'AddManySparseToTensorsMap' or draw.chance(0.4)
    rank = draw.randint(2 if many else 1, 3)
    sparse = []
    for _ in range(1 if many else draw.randint(1, 4)):
        shape = [draw.randint(1, 4) for _ in range(rank)]
        cells = sorted(draw.sample(range(int(np.prod(shape))), draw.randint(0, int(np.prod(shape)))))
        ids = np.stack(np.unravel_index(cells, shape), -1) if cells else np.zeros((0, rank))
        sparse.append((lit('int64', ids, (len(cells), rank)), elements(draw, t, (len(cells),), 'plain'), lit('int64', shape)))
    back = draw.permuted(len(sparse))

    def net(g):
        p = Program(g)
        if many:
            i, v, s = sparse[0]
            handles = p.do('AddManySparseToTensorsMap', False, sparse_indices=i, sparse_values=v, sparse_shape=s, shared_name='m')
            source = p.last[0]
        else:
            made = []
            for i, v, s in sparse:
                made.append(p.do('AddSparseToTensorsMap', False, sparse_indices=i, sparse_values=v, sparse_shape=s, shared_name='m'))
                source = p.last[0]
            handles = tf.stack([made[k] for k in back])
        with tf.control_dependencies(p.last):
            return list(ops.TakeManySparseFromTensorsMap(sparse_handles=handles, dtype=d, shared_name='m'))
    return GraphCase(f'{op} {t} {many} {[s[2].array.tolist() for s in sparse]} {back}', net)
