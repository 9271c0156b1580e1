"""A second tester's rows: optimisers, variables, tables, queues, staging, accumulators. Each row is a small program in one order."""
import re

from second import *

APPLY = [n for n in sorted(dir(ops)) if re.match(r'(Resource)?(Sparse)?Apply[A-Z]', n)]


def fed_(g, value):
    with tf.control_dependencies(None):
        return g.feed(value)


@tests(*APPLY)
def steps(draw, op):
    spec, t = op_def_registry.get(op), a_type(draw, op)
    resource, sparse = op.startswith('Resource'), 'Sparse' in op
    shape = tuple(draw.randint(1, 5) for _ in range(draw.randint(1, 3))) if sparse else dims(draw, 0, 5, 80)
    rows_ = [draw.randrange(shape[0]) for _ in range(draw.randint(0, 5))] if sparse else []  # doubles, too
    states, given = [], {}
    for arg in spec.input_arg:
        if arg.is_ref or arg.type == tf.resource.as_datatype_enum:
            first = not states
            states.append((arg.name, uniform(draw, t, shape, -1, 1) if first else uniform(draw, t, shape, 0.1, 2)))
        elif arg.name in ('grad', 'delta'):
            given[arg.name] = numbers(draw, t, (len(rows_),) + shape[1:] if sparse else shape, draw.one_of('calm', 'small', 'calm', 'hot' if t in ('float32', 'float64') else 'calm'))
        elif arg.name == 'indices':
            given[arg.name] = lit(draw.one_of('int32', 'int64'), rows_, (len(rows_),))
        elif arg.name == 'global_step':
            given[arg.name] = one('int64', draw.randint(1, 9))
        else:
            value = {'lr': (0.001, 1), 'alpha': (0.01, 1), 'l1': (0, 0.3), 'l2': (0, 0.3), 'l2_shrinkage': (0, 0.2), 'lr_power': (-0.9, -0.1), 'epsilon': (1e-6, 0.1)}.get(arg.name, (0.1, 0.99))
            v = draw.uniform(*value)
            if arg.name == 'lr_power' and draw.chance(0.4):
                v = -0.5
            if arg.name in ('l1', 'l2', 'lr') and draw.chance(0.2):
                v = 0.0 if arg.name != 'lr' or 'Ftrl' not in op and 'Proximal' not in op and 'DA' not in op else 0.1
            given[arg.name] = lit(t, v, ())
    attrs = fill(draw, op, use_locking=draw.chance(0.3))
    attrs['use_locking'] = draw.chance(0.3)
    twice = draw.chance(0.4)

    def net(g):
        kept, writes = {}, []
        for i, (name, value) in enumerate(states):
            if resource:
                kept[name] = ops.VarHandleOp(dtype=tf.as_dtype(t), shape=list(shape), shared_name=f'v{i}')
                writes.append(ops.AssignVariableOp(resource=kept[name], value=fed_(g, value)))
            else:
                kept[name] = ops.VariableV2(shape=list(shape), dtype=tf.as_dtype(t), shared_name=f'v{i}')
                writes.append(ops.Assign(ref=kept[name], value=fed_(g, value)).op)
        inputs = {k: fed_(g, v) for k, v in given.items()}
        for _ in range(2 if twice else 1):
            with tf.control_dependencies(writes):
                step = getattr(ops, op)(**{**kept, **inputs, **attrs})
            writes = [step if resource else step.op]
        with tf.control_dependencies(writes):
            return [ops.ReadVariableOp(resource=h, dtype=tf.as_dtype(t)) if resource else ops.Identity(input=h) for h in kept.values()]
    return GraphCase(f'{op} {t} {shape} {rows_} {attrs} {twice} ' + ' '.join(f'{k}={v.array}' for k, v in given.items() if v.array.ndim == 0), net,
                     **(dict(rtol=5e-3, atol=5e-3) if t == 'float16' else {}))


@tests('VarHandleOp', 'AssignVariableOp', 'AssignAddVariableOp', 'AssignSubVariableOp', 'ResourceGather', 'ResourceGatherNd', 'VariableShape', 'ResourceStridedSliceAssign', 'StridedSliceAssign',
       'ResourceScatterNdUpdate', 'ScatterNdUpdate', 'ResourceScatterUpdate', 'ScatterUpdate')
def variables(draw, op):
    t = a_type(draw, op, 'T' if has(op, 'T') else 'dtype', but=('resource', 'variant', 'string') if 'Add' in op or 'Sub' in op else ('resource', 'variant'))
    ref = not (op.startswith('Resource') or op in ('VarHandleOp', 'VariableShape') or 'Variable' in op)
    shape = tuple(draw.randint(1, 5) for _ in range(draw.randint(1, 4)))
    start = numbers(draw, t, shape)
    k = draw.one_of('int32', 'int64')
    lead = dims(draw, 0, 2, 6)
    masks = dict(begin_mask=draw.getrandbits(len(shape)), end_mask=draw.getrandbits(len(shape)), shrink_axis_mask=0 if draw.chance(0.5) else 1)
    begin, end = [draw.randint(-d, d - 1) for d in shape], [draw.randint(-d, d) for d in shape]
    stride = [draw.one_of(1, 1, 2, -1) for _ in shape]
    probe = np.zeros(shape, np.int8)
    if masks['shrink_axis_mask']:
        stride[0] = 1
    cut = tuple(slice(None if masks['begin_mask'] >> i & 1 else b, None if masks['end_mask'] >> i & 1 else e, s) if not (masks['shrink_axis_mask'] >> i & 1) else (b if not masks['begin_mask'] >> i & 1 else 0)
                for i, (b, e, s) in enumerate(zip(begin, end, stride)))
    sliced = numbers(draw, t, probe[cut].shape)
    depth = draw.randint(1, len(shape))
    at = lit(k, np.stack([draw.numpy.randint(0, d, lead) for d in shape[:depth]], -1))
    flat = ids(draw, lead, 0, shape[0] - 1, k)
    extra = numbers(draw, t, shape)

    def net(g):
        d = tf.as_dtype(t)
        if ref:
            h = ops.VariableV2(shape=list(shape), dtype=d, shared_name='v')
            last = ops.Assign(ref=h, value=fed_(g, start)).op
        else:
            h = ops.VarHandleOp(dtype=d, shape=list(shape) if draw.chance(0.5) else None, shared_name='v')
            last = ops.AssignVariableOp(resource=h, value=fed_(g, start))
        with tf.control_dependencies([last]):
            if op in ('AssignAddVariableOp', 'AssignSubVariableOp'):
                last = getattr(ops, op)(resource=h, value=fed_(g, extra))
            elif op == 'ResourceGather':
                return [ops.ResourceGather(resource=h, indices=fed_(g, flat), dtype=d)]
            elif op == 'ResourceGatherNd':
                return [ops.ResourceGatherNd(resource=h, indices=fed_(g, at), dtype=d)]
            elif op == 'VariableShape':
                return [ops.VariableShape(input=h, out_type=tf.as_dtype(k))]
            elif op.endswith('StridedSliceAssign'):
                args = dict(begin=fed_(g, lit(k, begin)), end=fed_(g, lit(k, end)), strides=fed_(g, lit(k, stride)), value=fed_(g, sliced), **masks)
                last = getattr(ops, op)(ref=h, **args)
            elif 'Nd' in op:
                last = getattr(ops, op)(ref=h, indices=fed_(g, at), updates=fed_(g, numbers(draw, t, lead + shape[depth:])))
            elif 'Scatter' in op:
                last = getattr(ops, op)(**{'ref' if ref else 'resource': h}, indices=fed_(g, flat), updates=fed_(g, numbers(draw, t, lead + shape[1:])))
        with tf.control_dependencies([getattr(last, 'op', last)]):
            return [ops.Identity(input=h) if ref else ops.ReadVariableOp(resource=h, dtype=d)]
    return GraphCase(f'{op} {t} {shape} {lead} {begin} {end} {stride} {masks}', net)


@tests('QueueEnqueueV2', 'QueueEnqueueManyV2', 'QueueDequeueV2', 'QueueDequeueManyV2', 'QueueDequeueUpToV2', 'QueueSizeV2', 'QueueIsClosedV2', 'QueueCloseV2', 'FIFOQueueV2', 'PaddingFIFOQueueV2', 'PriorityQueueV2',
       'Stage', 'MapStage', 'OrderedMapStage')
def queues(draw, op):
    kinds = [draw.one_of('float32', 'int64', 'string', 'bool', 'float16', 'complex64', 'uint8') for _ in range(draw.randint(1, 3))]
    shapes = [dims(draw, 0, 2, 6, 0) for _ in kinds]
    n = draw.randint(1, 4)
    items = [[numbers(draw, t, s) for t, s in zip(kinds, shapes)] for _ in range(n)]
    which = draw.one_of('FIFOQueueV2', 'PaddingFIFOQueueV2', 'PriorityQueueV2', 'FIFOQueueV2') if op.startswith('Queue') else op
    declared = draw.chance(0.7) or which == 'PriorityQueueV2'
    many = draw.chance(0.5)
    end = draw.one_of('one', 'many', 'upto', 'size')
    types = [tf.as_dtype(t) for t in kinds]
    keys = [draw.randint(-5, 5) for _ in range(n)]
    count = draw.randint(1, n)

    def net(g):
        if op in ('Stage', 'MapStage', 'OrderedMapStage'):
            last = []
            box = dict(dtypes=types, shared_name='s', capacity=draw.one_of(0, 9), memory_limit=0)
            for i, item in enumerate(items):
                with tf.control_dependencies(last):
                    values = [fed_(g, v) for v in item]
                    if op == 'Stage':
                        last = [ops.Stage(values=values, capacity=9, shared_name='s')]
                    else:
                        last = [getattr(ops, op)(key=fed_(g, one('int64', i)), indices=list(range(len(types))), values=values, dtypes=types, shared_name='s', capacity=9)]
            with tf.control_dependencies(last):
                if op == 'Stage':
                    out = ops.Unstage(dtypes=types, capacity=9, shared_name='s')
                elif op == 'MapStage' or draw.chance(0.5):
                    out = getattr(ops, op.replace('Stage', 'Unstage'))(key=fed_(g, one('int64', count - 1)), indices=list(range(len(types))), dtypes=types, shared_name='s', capacity=9)
                else:
                    key, out = ops.OrderedMapUnstageNoKey(indices=list(range(len(types))), dtypes=types, shared_name='s', capacity=9)
                    out = [key, *out]
            return list(out)
        first = [tf.int64] if which == 'PriorityQueueV2' else []
        make = dict(shapes=[list(s) for s in shapes] if declared or which == 'PaddingFIFOQueueV2' else [], capacity=draw.one_of(-1, 20) if which != 'PriorityQueueV2' else 20, shared_name='q')
        if which == 'PriorityQueueV2':
            q = ops.PriorityQueueV2(component_types=types, **make)
        else:
            q = getattr(ops, which)(component_types=types, **make)
        last = []
        if many and declared:
            columns = [fed_(g, Literal(t, np.stack([item[i].array for item in items]).astype(items[0][i].array.dtype))) for i, t in enumerate(kinds)]
            last = [ops.QueueEnqueueManyV2(handle=q, components=([fed_(g, lit('int64', keys))] if first else []) + columns)]
        else:
            for key, item in zip(keys, items):
                with tf.control_dependencies(last):
                    last = [ops.QueueEnqueueV2(handle=q, components=([fed_(g, one('int64', key))] if first else []) + [fed_(g, v) for v in item])]
        with tf.control_dependencies(last):
            if op in ('QueueCloseV2', 'QueueIsClosedV2'):
                with tf.control_dependencies([ops.QueueCloseV2(handle=q, cancel_pending_enqueues=draw.chance(0.5))]):
                    return [ops.QueueIsClosedV2(handle=q), ops.QueueSizeV2(handle=q)]
            if end == 'size':
                return [ops.QueueSizeV2(handle=q)]
            all_types = first + types
            if end == 'one' or not (declared or which == 'PaddingFIFOQueueV2'):
                out = ops.QueueDequeueV2(handle=q, component_types=all_types)
            elif end == 'many':
                out = ops.QueueDequeueManyV2(handle=q, n=count, component_types=all_types)
            else:
                with tf.control_dependencies([ops.QueueCloseV2(handle=q)]):
                    out = ops.QueueDequeueUpToV2(handle=q, n=n + 2 if which != 'PriorityQueueV2' else n, component_types=all_types)
            return list(out)
    return GraphCase(f'{op} {which} {kinds} {shapes} {n} {declared} {many} {end} {keys}', net)


@tests('MutableHashTableV2', 'MutableDenseHashTableV2', 'HashTableV2', 'LookupTableFindV2', 'LookupTableInsertV2', 'LookupTableRemoveV2', 'LookupTableExportV2', 'LookupTableImportV2', 'MutableHashTableOfTensorsV2')
def tables(draw, op):
    which = op if op.endswith('TableV2') or 'OfTensors' in op else draw.one_of('MutableHashTableV2', 'MutableDenseHashTableV2', 'MutableHashTableOfTensorsV2')
    k, v = draw.one_of(('int64', 'float32'), ('int64', 'int64'), ('string', 'int64'), ('string', 'float32'), ('int32', 'int32') if 'Dense' not in which else ('int64', 'bool'), ('int64', 'float64'),
                       ('string', 'bool') if 'Dense' not in which and 'HashTableV2' == which else ('string', 'int64'), ('int64', 'string') if 'Dense' not in which else ('int64', 'int64'))
    tail = (2,) if 'OfTensors' in which or which == 'MutableDenseHashTableV2' and draw.chance(0.3) else ()
    n = draw.randint(1, 6)
    pool = [b'k%d' % i for i in range(9)] if k == 'string' else list(range(-4, 9))
    key = lambda c, distinct: lit(k, draw.sample(pool, c) if distinct else [draw.choice(pool) for _ in range(c)], (c,))
    first = key(n, which == 'HashTableV2')
    values = numbers(draw, v, (n,) + tail, 'calm')
    if len(set(map(str, first.array))) < n and which != 'HashTableV2':
        first = key(n, True)
    ask = key(draw.randint(0, 6), False)
    gone = key(draw.randint(0, 3), True)
    default = numbers(draw, v, tail, 'calm')

    def net(g):
        kt, vt = tf.as_dtype(k), tf.as_dtype(v)
        if which == 'MutableDenseHashTableV2':
            blank = (lambda s: one('string', s)) if k == 'string' else (lambda s: one(k, 100 + len(s)))
            h = ops.MutableDenseHashTableV2(empty_key=g.const(blank(b'')), deleted_key=g.const(blank(b'x')), value_dtype=vt, value_shape=list(tail), initial_num_buckets=draw.one_of(2, 8, 64), max_load_factor=draw.one_of(0.8, 0.3), shared_name='t')
        elif 'OfTensors' in which:
            h = ops.MutableHashTableOfTensorsV2(key_dtype=kt, value_dtype=vt, value_shape=list(tail), shared_name='t')
        else:
            h = getattr(ops, which)(key_dtype=kt, value_dtype=vt, shared_name='t')
        put = ops.InitializeTableV2 if which == 'HashTableV2' else draw.one_of(ops.LookupTableInsertV2, ops.LookupTableImportV2)
        last = put(table_handle=h, keys=fed_(g, first), values=fed_(g, values))
        if which != 'HashTableV2' and draw.chance(0.5):
            with tf.control_dependencies([last]):
                last = ops.LookupTableRemoveV2(table_handle=h, keys=fed_(g, gone))
        with tf.control_dependencies([last]):
            return [ops.LookupTableFindV2(table_handle=h, keys=fed_(g, ask), default_value=fed_(g, default)), ops.LookupTableSizeV2(table_handle=h)]
    return GraphCase(f'{op} {which} {k} {v} {tail} {first.array.tolist()} {gone.array.tolist()} {ask.array.tolist()}', net)
