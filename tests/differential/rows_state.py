"""Rows of operators that keep something: optimisers' steps, scatter into variables, tables, lists, stacks, queues.

Each is a small program: what is kept is made, changed, and read back, in one order.
"""
import re

from rows import *
import tensorflow as tf

ops = tf.raw_ops


def feed(g, value):
    """Outside any order: a fed placeholder carries no control input on to what it feeds."""
    with tf.control_dependencies(None):
        return g.feed(value)


APPLY = [name for name in sorted(dir(ops)) if re.match(r'(Resource)?(Sparse)?Apply[A-Z]', name)]
STEPS = dict(lr=0.1, rho=0.9, epsilon=1e-3, momentum=0.8, alpha=0.2, l1=0.02, l2=0.03, l2_shrinkage=0.01, lr_power=-0.5, beta1=0.9, beta2=0.99, beta1_power=0.8, beta2_power=0.95,
             logbase=0.7, sign_decay=0.9, beta=0.9)


@row(*APPLY)
def apply(draw, op):
    spec = op_def_registry.get(op)
    resource, sparse = op.startswith('Resource'), 'Sparse' in op
    t = dtype(draw, op)
    shape = tuple(max(1, d) for d in sizes(draw, 1, 3, 60)) if sparse else sizes(draw, 0, 4, 200)
    rows_ = draw.permuted(shape[0])[:draw.randint(0, shape[0])] if sparse else []
    kind = draw.one_of('int32', 'int64')
    states, given, constants = [], {}, draw.chance(0.5)
    first = None
    for arg in spec.input_arg:
        if arg.is_ref or arg.type == tf.resource.as_datatype_enum:
            states.append((arg.name, lit(t, draw.numpy.uniform(0.1 if first else -1, 1, shape))))
            first = first or arg.name
        elif arg.name in ('grad', 'delta'):
            given[arg.name] = elements(draw, t, ((len(rows_),) + shape[1:]) if sparse else shape, 'plain')
        elif arg.name in ('gradient_accumulator', 'gradient_squared_accumulator'):
            pass
        elif arg.name == 'indices':
            given['indices'] = lit(kind, rows_, (len(rows_),))
        elif arg.name == 'global_step':
            given['global_step'] = lit('int64', draw.randint(1, 5), ())
        else:
            given[arg.name] = lit(t, STEPS.get(arg.name, 0.5) * draw.uniform(0.5, 1), ())
    attrs = {a.name: draw.chance(0.5) for a in spec.attr if a.type == 'bool' and a.name not in ('use_locking',)}

    def net(g):
        kept, writes = {}, []
        for i, (name, value) in enumerate(states):
            if resource:
                kept[name] = ops.VarHandleOp(dtype=tf.as_dtype(t), shape=list(shape), shared_name=f'v{i}')
                writes.append(ops.AssignVariableOp(resource=kept[name], value=feed(g, value)))
            else:
                kept[name] = ops.VariableV2(shape=list(shape), dtype=tf.as_dtype(t), shared_name=f'v{i}')
                writes.append(ops.Assign(ref=kept[name], value=feed(g, value)).op)
        inputs = {k: g.const(v) if constants else feed(g, v) for k, v in given.items()}
        with tf.control_dependencies(writes):
            step = getattr(ops, op)(**{**kept, **inputs, **attrs})
        with tf.control_dependencies([step if resource else step.op]):
            return [ops.ReadVariableOp(resource=h, dtype=tf.as_dtype(t)) if resource else ops.Identity(input=h) for h in kept.values()]
    loose = dict(rtol=5e-3, atol=5e-3) if t == 'float16' else {}
    return GraphCase(f'{op} {t} {shape} {rows_} {attrs}', net, **loose)


SCATTER = [f'{r}Scatter{n}{w}' for r in ('Resource', '') for n in ('', 'Nd') for w in ('Add', 'Sub', 'Mul', 'Div', 'Min', 'Max', 'Update') if not (n and w in ('Mul', 'Div'))]


@row(*SCATTER)
def scatter(draw, op):
    resource, nd = op.startswith('Resource'), 'Nd' in op
    t = draw.one_of('float32', 'float64', 'int32', 'int64', 'float16', 'bfloat16', 'uint8', 'int16', 'complex64')
    if t not in dtypes(op, 'T' if nd or not resource else 'dtype'):
        t = 'float32'
    shape = tuple(max(1, d) for d in sizes(draw, 1, 3, 60))
    kind = draw.one_of('int32', 'int64')
    if nd:
        depth = draw.randint(1, len(shape))
        batch = sizes(draw, 1, 2, 8)
        ids = np.stack([draw.numpy.randint(0, d, batch) for d in shape[:depth]], -1)
        updates = batch + shape[depth:]
    else:
        batch = sizes(draw, 0, 2, 8)
        ids = draw.numpy.randint(0, shape[0], batch)
        updates = () if draw.chance(0.2) else batch + shape[1:]
    start, change = elements(draw, t, shape, 'plain'), elements(draw, t, updates, 'plain')
    if op.endswith('Div'):
        change = Literal(t, np.where(change.array == 0, 1, change.array).astype(change.array.dtype))
    ids = lit(kind, ids)

    def net(g):
        if resource:
            h = ops.VarHandleOp(dtype=tf.as_dtype(t), shape=list(shape), shared_name='v')
            write = ops.AssignVariableOp(resource=h, value=feed(g, start))
        else:
            h = ops.VariableV2(shape=list(shape), dtype=tf.as_dtype(t), shared_name='v')
            write = ops.Assign(ref=h, value=feed(g, start)).op
        with tf.control_dependencies([write]):
            name = ('ref' if nd else 'resource') if resource else 'ref'
            step = getattr(ops, op)(**{name: h}, indices=feed(g, ids), updates=feed(g, change))
        with tf.control_dependencies([step if resource else step.op]):
            return [ops.ReadVariableOp(resource=h, dtype=tf.as_dtype(t)) if resource else ops.Identity(input=h)]
    return GraphCase(f'{op} {t} {shape} {ids.array.shape} {updates}', net)


@row('HashTableV2', 'MutableHashTableV2', 'MutableHashTableOfTensorsV2', 'MutableDenseHashTableV2', 'AnonymousMutableHashTable')
def tables(draw, op):
    pairs = [(tf.int64, tf.float32), (tf.string, tf.int64), (tf.int64, tf.string), (tf.int32, tf.int32), (tf.string, tf.float32), (tf.int64, tf.int64)]
    k, v = draw.choice(pairs)
    if op == 'MutableDenseHashTableV2':
        k, v = draw.one_of((tf.int64, tf.int64), (tf.int64, tf.float32), (tf.string, tf.int64))
    n = draw.randint(1, 6)

    def keys(count, distinct=False):
        if k == tf.string:
            pool = [b'a', b'b', b'c\0', b'dd', b'\xff', b'f', b'g']
            return lit('string', draw.sample(pool, count) if distinct else [draw.choice(pool) for _ in range(count)], (count,))
        return lit(k.name, draw.sample(range(1, 12), count) if distinct else [draw.randint(1, 11) for _ in range(count)], (count,))
    tail = (2,) if op.endswith('OfTensorsV2') or (op == 'MutableDenseHashTableV2' and draw.chance(0.4)) else ()
    first, first_values = keys(n, True), elements(draw, v.name, (n,) + tail, 'plain')
    steps = []
    for _ in range(draw.randint(1, 5)):
        what = draw.one_of('find', 'size', 'find') if op == 'HashTableV2' else draw.one_of('find', 'size', 'insert', 'remove', 'find')
        m = draw.randint(0, 4)
        steps.append((what, keys(m, what in ('insert', 'remove')), elements(draw, v.name, (m,) + tail, 'plain')))
    default = elements(draw, v.name, tail, 'plain')
    empty = lit(k.name, [b'<e>' if k == tf.string else 100], ()) if k == tf.string else lit(k.name, 100, ())
    deleted = lit(k.name, [b'<d>' if k == tf.string else 101], ()) if k == tf.string else lit(k.name, 101, ())

    def net(g):
        if op == 'MutableDenseHashTableV2':
            h = ops.MutableDenseHashTableV2(empty_key=g.const(empty), deleted_key=g.const(deleted), value_dtype=v, value_shape=list(tail), initial_num_buckets=8, shared_name='t')
        elif op == 'HashTableV2':
            h = ops.HashTableV2(key_dtype=k, value_dtype=v, shared_name='t')
        elif op == 'MutableHashTableOfTensorsV2':
            h = ops.MutableHashTableOfTensorsV2(key_dtype=k, value_dtype=v, value_shape=list(tail), shared_name='t')
        elif op == 'AnonymousMutableHashTable':
            h = ops.AnonymousMutableHashTable(key_dtype=k, value_dtype=v)
        else:
            h = ops.MutableHashTableV2(key_dtype=k, value_dtype=v, shared_name='t')
        fill = ops.InitializeTableV2 if op == 'HashTableV2' else ops.LookupTableInsertV2
        last, out = fill(table_handle=h, keys=feed(g, first), values=feed(g, first_values)), []
        for what, key, value in steps:
            with tf.control_dependencies([last]):
                if what == 'find':
                    out.append(ops.LookupTableFindV2(table_handle=h, keys=feed(g, key), default_value=feed(g, default)))
                elif what == 'size':
                    out.append(ops.LookupTableSizeV2(table_handle=h))
                elif what == 'insert':
                    last = ops.LookupTableInsertV2(table_handle=h, keys=feed(g, key), values=feed(g, value))
                    continue
                else:
                    last = ops.LookupTableRemoveV2(table_handle=h, keys=feed(g, key))
                    continue
            last = out[-1].op
        with tf.control_dependencies([last]):
            out.append(ops.LookupTableSizeV2(table_handle=h))
        return out
    return GraphCase(f'{op} {k.name} {v.name} {[s[0] for s in steps]}', net)


@row('TensorListReserve', 'TensorListPushBack', 'TensorListFromTensor', 'TensorListSplit', 'TensorListScatterV2', 'TensorListGather', 'TensorListResize', 'TensorListPopBack',
     'TensorListConcatV2', 'TensorListSetItem', 'TensorListStack', 'TensorListScatterIntoExistingList', 'TensorListPushBackBatch', 'TensorListConcatLists')
def lists(draw, op):
    t = draw.one_of('float32', 'int32', 'string', 'bool', 'float16', 'complex64', 'int64')
    d = tf.as_dtype(t)
    shape = sizes(draw, 0, 2, 6)
    n = draw.randint(1, 5)
    whole = elements(draw, t, (n,) + shape)
    more = [elements(draw, t, shape) for _ in range(3)]
    ids = [draw.randrange(n) for _ in range(draw.randint(1, 4))]
    scattered = [draw.sample(range(n + 2), n)]
    plan = [draw.one_of('push', 'pop', 'set', 'resize', 'get', 'length') for _ in range(draw.randint(0, 4))]
    end = draw.one_of('stack', 'gather', 'concat' if shape else 'stack', 'stack')
    at, size = draw.randrange(n), draw.randint(1, n + 2)
    lengths = [draw.randint(0, 3) for _ in range(2)]

    def net(g):
        element = tf.constant(list(shape), tf.int32)
        out = []
        if op in ('TensorListScatterV2', 'TensorListScatterIntoExistingList'):
            h = ops.TensorListScatterV2(tensor=feed(g, whole), indices=scattered[0], element_shape=element, num_elements=-1)
            if op.endswith('List'):
                h = ops.TensorListScatterIntoExistingList(input_handle=h, tensor=feed(g, more[0])[None], indices=[at])
            return [ops.TensorListStack(input_handle=h, element_shape=element, element_dtype=d), ops.TensorListLength(input_handle=h)]
        if op == 'TensorListSplit' and shape:
            rows_ = elements(draw, t, (sum(lengths),) + shape[1:], 'plain')
            h = ops.TensorListSplit(tensor=feed(g, rows_), element_shape=tf.constant([-1] + list(shape[1:]), tf.int32), lengths=tf.constant(lengths, tf.int64))
            return list(ops.TensorListConcatV2(input_handle=h, element_shape=tf.constant([-1] + list(shape[1:]), tf.int32), leading_dims=tf.constant([], tf.int64), element_dtype=d))
        h = ops.TensorListFromTensor(tensor=feed(g, whole), element_shape=element)
        length = n
        for what in plan:
            if what == 'push':
                h, length = ops.TensorListPushBack(input_handle=h, tensor=feed(g, more[0])), length + 1
            elif what == 'pop' and length > 1:
                h, x = ops.TensorListPopBack(input_handle=h, element_shape=element, element_dtype=d)
                out.append(x)
                length -= 1
            elif what == 'set':
                h = ops.TensorListSetItem(input_handle=h, index=length - 1, item=feed(g, more[1]), resize_if_index_out_of_bounds=True)
            elif what == 'resize':
                h, length = ops.TensorListResize(input_handle=h, size=size), size
            elif what == 'get':
                out.append(ops.TensorListGetItem(input_handle=h, index=length - 1, element_shape=element, element_dtype=d))
            else:
                out.append(ops.TensorListLength(input_handle=h))
        if end == 'gather':
            out.append(ops.TensorListGather(input_handle=h, indices=[min(i, length - 1) for i in ids], element_shape=element, element_dtype=d))
        elif end == 'concat':
            out += list(ops.TensorListConcatV2(input_handle=h, element_shape=element, leading_dims=tf.constant([], tf.int64), element_dtype=d))
        else:
            out.append(ops.TensorListStack(input_handle=h, element_shape=element, element_dtype=d))
        return out
    return GraphCase(f'{op} {t} {shape} {n} {plan} {end}', net)


@row('TensorArrayV3', 'TensorArrayWriteV3', 'TensorArrayGatherV3', 'TensorArrayScatterV3', 'TensorArraySplitV3', 'TensorArrayConcatV3')
def arrays(draw, op):
    t = draw.one_of('float32', 'int32', 'string', 'bool', 'float64', 'int64', 'complex64', 'uint8')
    d = tf.as_dtype(t)
    shape = tuple(max(1, x) for x in sizes(draw, 1, 2, 6))
    n = draw.randint(1, 5)
    whole = elements(draw, t, (n,) + shape)
    order = draw.permuted(n)
    dynamic, clear = draw.chance(0.5), draw.chance(0.3)
    end = draw.one_of('gather', 'concat', 'read')
    lengths = [draw.randint(0, 3) for _ in range(n)]
    rows_ = elements(draw, t, (sum(lengths),) + shape[1:])

    def net(g):
        h, flow = ops.TensorArrayV3(size=n, dtype=d, element_shape=None, dynamic_size=dynamic, clear_after_read=clear, tensor_array_name='a')
        if op == 'TensorArraySplitV3':
            flow = ops.TensorArraySplitV3(handle=h, value=feed(g, rows_), lengths=tf.constant(lengths, tf.int64), flow_in=flow)
            return list(ops.TensorArrayConcatV3(handle=h, flow_in=flow, dtype=d)) + [ops.TensorArraySizeV3(handle=h, flow_in=flow)]
        if op == 'TensorArrayWriteV3':
            x = feed(g, whole)
            for i in order:
                flow = ops.TensorArrayWriteV3(handle=h, index=i, value=x[i], flow_in=flow)
        else:
            flow = ops.TensorArrayScatterV3(handle=h, indices=order, value=feed(g, whole), flow_in=flow)
        if end == 'gather':
            return [ops.TensorArrayGatherV3(handle=h, indices=order[::-1], flow_in=flow, dtype=d)]
        if end == 'concat':
            return list(ops.TensorArrayConcatV3(handle=h, flow_in=flow, dtype=d))
        return [ops.TensorArrayReadV3(handle=h, index=i, flow_in=flow, dtype=d) for i in range(n)]
    return GraphCase(f'{op} {t} {shape} {n} {end}', net)


@row('FIFOQueueV2', 'PaddingFIFOQueueV2', 'PriorityQueueV2', 'StackV2', 'MapStage', 'Stage', 'OrderedMapStage')
def queues(draw, op):
    t = draw.one_of('float32', 'int32', 'string', 'bool', 'int64')
    d = tf.as_dtype(t)
    n = draw.randint(1, 5)
    shapes = [(draw.randint(0, 3),) if op == 'PaddingFIFOQueueV2' else (2,) for _ in range(n)]
    values = [elements(draw, t, s) for s in shapes]
    keys = draw.sample(range(20), n)
    take = draw.randint(1, n)

    def net(g):
        if op == 'StackV2':
            h, last, out = ops.StackV2(max_size=n, elem_type=d, stack_name='s'), [], []
            for v in values:
                with tf.control_dependencies(last):
                    last = [ops.StackPushV2(handle=h, elem=feed(g, v)).op]
            for _ in range(take):
                with tf.control_dependencies(last):
                    out.append(ops.StackPopV2(handle=h, elem_type=d))
                last = [out[-1].op]
            return out
        last, out = [], []
        if 'Stage' in op:
            for key, v in zip(keys, values):
                with tf.control_dependencies(last):
                    if op == 'Stage':
                        last = [ops.Stage(values=[feed(g, v)], shared_name='s')]
                    else:
                        last = [getattr(ops, op)(key=tf.constant(key, tf.int64), indices=[0], values=[feed(g, v)], dtypes=[d], shared_name='s')]
            for i in range(take):
                with tf.control_dependencies(last):
                    if op == 'Stage':
                        out.append(ops.Unstage(dtypes=[d], shared_name='s')[0])
                    elif op == 'OrderedMapStage':
                        key, value = ops.OrderedMapUnstageNoKey(indices=[0], dtypes=[d], shared_name='s')
                        out += [key, value[0]]
                    else:
                        out.append(ops.MapUnstage(key=tf.constant(keys[i], tf.int64), indices=[0], dtypes=[d], shared_name='s')[0])
                last = [out[-1].op]
            return out
        if op == 'PriorityQueueV2':
            h = ops.PriorityQueueV2(component_types=[d], shapes=[[2]], shared_name='q')
        elif op == 'PaddingFIFOQueueV2':
            h = ops.PaddingFIFOQueueV2(component_types=[d], shapes=[[None]], shared_name='q')
        else:
            h = ops.FIFOQueueV2(component_types=[d], shapes=[[2]], shared_name='q')
        for key, v in zip(keys, values):
            with tf.control_dependencies(last):
                parts = [tf.constant(key, tf.int64), feed(g, v)] if op == 'PriorityQueueV2' else [feed(g, v)]
                last = [ops.QueueEnqueueV2(handle=h, components=parts)]
        with tf.control_dependencies(last):
            kinds = [tf.int64, d] if op == 'PriorityQueueV2' else [d]
            if draw_many:
                out += ops.QueueDequeueManyV2(handle=h, n=take, component_types=kinds)
            else:
                out += ops.QueueDequeueV2(handle=h, component_types=kinds)
        with tf.control_dependencies([out[-1].op]):
            out.append(ops.QueueSizeV2(handle=h))
        return out
    draw_many = draw.chance(0.6)
    return GraphCase(f'{op} {t} {n} {take} {draw_many}', net)


@row('Barrier')
def barrier(draw, op):
    n = draw.randint(1, 4)
    keys = [f'k{i}'.encode() for i in draw.permuted(n)]
    a, b = elements(draw, 'float32', (n, 2), 'plain'), draw.ints('int64', (n,), 0, 9)
    take = draw.randint(1, n)

    def net(g):
        h = ops.Barrier(component_types=[tf.float32, tf.int64], shapes=[[2], []], shared_name='b')
        first = ops.BarrierInsertMany(handle=h, keys=keys, values=feed(g, a), component_index=0)
        with tf.control_dependencies([first]):
            second = ops.BarrierInsertMany(handle=h, keys=keys, values=feed(g, b), component_index=1)
        with tf.control_dependencies([second]):
            taken = ops.BarrierTakeMany(handle=h, num_elements=take, component_types=[tf.float32, tf.int64])
        with tf.control_dependencies([taken.indices.op]):
            return [taken.indices, taken.keys, *taken.values, ops.BarrierReadySize(handle=h), ops.BarrierIncompleteSize(handle=h)]
    return GraphCase(f'Barrier {n} {take}', net)
