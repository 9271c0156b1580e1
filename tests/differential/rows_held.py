"""Rows of what variants and resources hold: maps of tensors, optionals, tables, locks, queues and stages, arrays of the old kinds."""
from rows import *
from rows_kept import KEPT, Program
from rows_state import feed
import tensorflow as tf

ops = tf.raw_ops


@row('EmptyTensorMap', 'TensorMapInsert', 'TensorMapLookup', 'TensorMapErase', 'TensorMapHasKey', 'TensorMapSize', 'TensorMapStackKeys', 'AddN', 'ZerosLike')
def maps(draw, op):
    k, t = draw.one_of('int32', 'int64', 'string', 'float32', 'bool', 'complex64', 'uint8'), draw.one_of(*KEPT)
    shape, key_shape = sizes(draw, 0, 2, 12), sizes(draw, 0, 1, 3)
    pool = [elements(draw, k, key_shape, 'plain') for _ in range(4)]
    steps = [(draw.one_of('insert', 'insert', 'insert', 'erase', 'lookup', 'has', 'size', 'add', 'zeros'), draw.randrange(4), elements(draw, t, shape, 'plain')) for _ in range(draw.randint(2, 8))]
    numeric = t not in ('bool', 'string')

    def net(g):
        keys = [feed(g, key) for key in pool]
        made, m, out, known = ops.EmptyTensorMap(), None, [], set()
        m = made
        for what, at, value in steps:
            name = pool[at].array.tobytes() if k != 'string' else repr(pool[at].array.tolist())
            if what == 'insert':
                made, m = m, ops.TensorMapInsert(input_handle=m, key=keys[at], value=feed(g, value))
                known.add(name)
            elif what == 'erase' and (name in known or at == 3):
                m = ops.TensorMapErase(input_handle=m, key=keys[at], value_dtype=tf.as_dtype(t))
                known.discard(name)
            elif what == 'lookup' and (name in known or at == 3):
                out.append(ops.TensorMapLookup(input_handle=m, key=keys[at], value_dtype=tf.as_dtype(t)))
            elif what == 'has':
                out.append(ops.TensorMapHasKey(input_handle=m, key=keys[at]))
            elif what == 'add' and numeric:
                m = ops.AddN(inputs=[m, made, m] if at else [m, made])
                known = set()
            elif what == 'zeros' and numeric:
                z = ops.ZerosLike(x=m)
                out.append(ops.TensorMapSize(input_handle=z))
            out.append(ops.TensorMapSize(input_handle=m))
        for key in keys:
            out.append(ops.TensorMapHasKey(input_handle=m, key=key))
        if known:
            stacked = ops.TensorMapStackKeys(input_handle=m, key_dtype=tf.as_dtype(k))
            out.append(tf.shape(stacked))
            if len(known) == 1 and all(step[0] != 'add' for step in steps):
                out.append(stacked)
        return out
    return GraphCase(f'{op} {k} {key_shape} {t} {shape} {[s[:2] for s in steps]}', net)


@row('AddN', 'ZerosLike')
def lists_added(draw, op):
    t = draw.one_of('float32', 'int32', 'float64', 'float16', 'bfloat16', 'complex64', 'int64', 'uint8')
    n, shape = draw.randint(1, 4), sizes(draw, 0, 2, 12)
    values = [elements(draw, t, (n,) + shape, 'plain') for _ in range(draw.randint(2, 4))]
    holes = draw.chance(0.4)

    def net(g):
        element = tf.constant(list(shape), tf.int32)
        lists = [ops.TensorListFromTensor(tensor=feed(g, v), element_shape=element) for v in values]
        if holes:
            empty = ops.TensorListReserve(element_shape=element, num_elements=n, element_dtype=tf.as_dtype(t))
            lists.append(ops.TensorListSetItem(input_handle=empty, index=0, item=feed(g, values[0])[0]))
        h = ops.AddN(inputs=lists) if op == 'AddN' else ops.ZerosLike(x=lists[-1])
        return [ops.TensorListStack(input_handle=h, element_shape=element, element_dtype=tf.as_dtype(t)), ops.TensorListLength(input_handle=h)]
    return GraphCase(f'{op} of lists {t} {n} {shape} {len(values)} {holes}', net)


@row('OptionalFromValue', 'OptionalGetValue', 'OptionalHasValue', 'OptionalNone')
def optionals(draw, op):
    parts = [elements(draw, draw.one_of(*KEPT), sizes(draw, 0, 3, 20)) for _ in range(draw.randint(1, 4))]
    shapes = [draw.one_of(None, p.array.shape, tuple(None for _ in p.array.shape)) for p in parts]
    none = draw.chance(0.15)

    def net(g):
        x = ops.OptionalNone() if none else ops.OptionalFromValue(components=[feed(g, p) for p in parts])
        out = [ops.OptionalHasValue(optional=x)]
        if not none or op == 'OptionalGetValue':
            out += ops.OptionalGetValue(optional=x, output_types=[tf.as_dtype(p.dtype) for p in parts], output_shapes=shapes)
        return out
    return GraphCase(f'{op} {[(p.dtype, p.array.shape) for p in parts]} {shapes} {none}', net)


@row('MutexV2', 'MutexLock', 'ConsumeMutexLock')
def mutexes(draw, op):
    x, n = elements(draw, draw.one_of(*KEPT), sizes(draw, 0, 2, 12)), draw.randint(1, 4)

    def net(g):
        m, p = ops.MutexV2(shared_name='m'), Program(g)
        for _ in range(n):
            lock = p.do('MutexLock', mutex=m)
            with tf.control_dependencies([lock]):
                p.out.append(tf.identity(feed(g, x)))
            p.last = [p.out[-1].op]
            p.do('ConsumeMutexLock', mutex_lock=lock)
        return p.end()
    return GraphCase(f'{op} {n}', net)


PAIRS = [('int64', 'float32'), ('string', 'int64'), ('int64', 'string'), ('int32', 'int32'), ('string', 'float32'), ('int64', 'int64'), ('string', 'bool'), ('int64', 'bool'), ('string', 'string'), ('int32', 'float64'),
         ('string', 'float64'), ('int64', 'float64'), ('int64', 'int32'), ('string', 'int32')]
TABLES = ('HashTable', 'MutableHashTable', 'MutableHashTableOfTensors', 'AnonymousHashTable', 'AnonymousMutableDenseHashTable', 'AnonymousMutableHashTableOfTensors')


@row(*TABLES, 'InitializeTable', 'LookupTableFind', 'LookupTableImport', 'LookupTableExport', 'LookupTableInsert', 'LookupTableSize', 'LookupTableExportV2', 'LookupTableImportV2', 'LookupTableRemoveV2',
     'LookupTableFindV2', 'LookupTableInsertV2', 'LookupTableSizeV2', 'InitializeTableV2')
def tables(draw, op):
    anew = op.endswith('V2')
    kind = op if op in TABLES else draw.one_of('MutableHashTable', 'MutableHashTableOfTensors', 'HashTable')
    if op.startswith('InitializeTable'):
        kind = 'HashTable'
    if 'Import' in op or 'Insert' in op or 'Remove' in op or 'Export' in op:
        kind = draw.one_of('MutableHashTable', 'MutableHashTableOfTensors') if 'Anonymous' not in kind else kind
    fixed, resource = kind in ('HashTable', 'AnonymousHashTable'), anew or 'Anonymous' in kind
    k, v = draw.choice(PAIRS)
    if 'Dense' in kind:
        k, v = draw.one_of(('int64', 'int64'), ('int64', 'float32'), ('string', 'int64'), ('int64', 'bool'), ('int32', 'float32'))
    tail = sizes(draw, 0, 2, 4) if 'OfTensors' in kind else draw.one_of((), (2,)) if 'Dense' in kind else ()
    words = [b'a', b'b', b'c\0', b'dd', b'\xff', b'f', b'g']

    def keys(count, distinct):
        from_ = words if k == 'string' else range(1, 12)
        got = draw.sample(from_, count) if distinct else [draw.choice(from_) for _ in range(count)]
        return lit(k, got, (count,))
    whats = ['Find', 'Size', 'Find', 'Export'] if fixed else ['Find', 'Size', 'Insert', 'Find', 'Export', 'Import'] + (['Remove'] if resource else [])
    steps = [(draw.choice(whats), m, keys(m, True)) for m in [draw.randint(0, 4) for _ in range(draw.randint(1, 6))]]
    steps = [(w, key if w != 'Find' or draw.chance(0.5) else keys(m, False), elements(draw, v, (m,) + tail, 'plain')) for w, m, key in steps]
    n = draw.randint(1, 5)
    first, values = keys(n, True), elements(draw, v, (n,) + tail, 'plain')
    default = elements(draw, v, tail, 'plain')
    ends = [lit(k, b'<e>' if k == 'string' else 100, ()), lit(k, b'<d>' if k == 'string' else 101, ())]
    V2 = 'V2' if resource else ''
    name = 'table_handle'

    def net(g):
        types, more = dict(key_dtype=tf.as_dtype(k), value_dtype=tf.as_dtype(v)), {} if 'Anonymous' in kind else dict(shared_name='t')
        if 'Dense' in kind:
            h = ops.AnonymousMutableDenseHashTable(empty_key=g.const(ends[0]), deleted_key=g.const(ends[1]), value_dtype=tf.as_dtype(v), value_shape=list(tail), initial_num_buckets=8)
        else:
            if 'OfTensors' in kind:
                more['value_shape'] = list(tail)
            h = getattr(ops, kind + (V2 if 'Anonymous' not in kind else ''))(**types, **more)
        p = Program(g)
        p.do(('InitializeTable' if fixed else 'LookupTableInsert') + V2, **{name: h}, keys=first, values=values)
        for what, key, value in steps:
            full = f'LookupTable{what}{V2}'
            if what == 'Find':
                p.do(full, **{name: h}, keys=key, default_value=default)
            elif what == 'Size':
                p.do(full, **{name: h})
            elif what == 'Export':
                with tf.control_dependencies(p.last):
                    ek, ev = getattr(ops, full)(**{name: h}, Tkeys=tf.as_dtype(k), Tvalues=tf.as_dtype(v))
                    if k != 'string':  # in no order
                        order = tf.argsort(ek)
                        p.out += [tf.gather(ek, order), tf.gather(ev, order)]
                    else:
                        p.out += [tf.shape(ek), tf.shape(ev)]
                p.last = [p.out[-1].op, p.out[-2].op]
            elif what == 'Remove':
                p.do(full, **{name: h}, keys=key)
            else:
                p.do(full, **{name: h}, keys=key, values=value)
        p.do('LookupTableSize' + V2, **{name: h})
        return p.end()
    return GraphCase(f'{op} {kind} {k} {v} {tail} {[s[0] for s in steps]}', net)


QUEUES = ('FIFOQueue', 'RandomShuffleQueue', 'PaddingFIFOQueue', 'PriorityQueue')


@row(*QUEUES, 'RandomShuffleQueueV2', 'QueueEnqueue', 'QueueEnqueueV2', 'QueueEnqueueMany', 'QueueEnqueueManyV2', 'QueueDequeue', 'QueueDequeueV2', 'QueueDequeueMany', 'QueueDequeueManyV2',
     'QueueDequeueUpTo', 'QueueDequeueUpToV2', 'QueueClose', 'QueueCloseV2', 'QueueSize', 'QueueSizeV2', 'QueueIsClosed', 'QueueIsClosedV2')
def queues(draw, op):
    v = 'V2' if op.endswith('V2') else ''
    kind = op[:-len(v)] if v else op
    kind = kind if kind in QUEUES else draw.one_of('FIFOQueue', 'FIFOQueue', 'PaddingFIFOQueue', 'PriorityQueue')
    types = [draw.one_of(*KEPT) for _ in range(draw.randint(1, 3))]
    shapes = [sizes(draw, 0, 2, 6) for _ in types]
    if kind == 'PriorityQueue':
        types, shapes = types[:2], shapes[:2]
    loose = kind == 'PaddingFIFOQueue' and draw.chance(0.6)
    kinds = (['int64'] if kind == 'PriorityQueue' else []) + types
    steps, held, closed = [], 0, False

    def parts(n):
        some = [elements(draw, 'int64', (n,) if n is not None else (), 'plain')] if kind == 'PriorityQueue' else []
        for t, s in zip(types, shapes):
            s = tuple(draw.randint(0, 3) for _ in s) if loose else s
            some.append(elements(draw, t, s if n is None else (n,) + s, 'plain'))
        return some
    for _ in range(draw.randint(3, 10)):
        what = draw.one_of('Enqueue', 'EnqueueMany', 'Enqueue', 'Dequeue', 'DequeueMany', 'DequeueUpTo', 'Size', 'IsClosed', 'Close' if draw.chance(0.4) else 'Size')
        if what == 'Enqueue' and (not closed or draw.chance(0.05)):
            steps.append((what, dict(components=parts(None))))
            held += 1
        elif what == 'EnqueueMany' and not closed:
            n = draw.randint(0, 4)
            steps.append((what, dict(components=parts(n))))
            held += n
        elif what == 'Dequeue' and (held or closed and draw.chance(0.1)):
            steps.append((what, {}))
            held -= 1
        elif what == 'DequeueMany' and held:
            n = draw.randint(0, held)
            steps.append((what, dict(n=lit('int32', n, ()))))
            held -= n
        elif what == 'DequeueUpTo' and (held or closed) and kind != 'PriorityQueue':
            n = draw.randint(0, held + (2 if closed else 0))
            steps.append((what, dict(n=lit('int32', n, ()))))
            held = max(0, held - n)
        elif what in ('Size', 'IsClosed'):
            steps.append((what, {}))
        elif what == 'Close' and not closed:
            steps.append((what, dict(cancel_pending_enqueues=draw.chance(0.5))))
            closed = True
    seeds = dict(seed=draw.randint(1, 99), seed2=draw.randint(0, 99), min_after_dequeue=0) if kind == 'RandomShuffleQueue' else {}
    declared = [[None if loose else d for d in s] for s in shapes]
    if kind not in ('PriorityQueue', 'PaddingFIFOQueue') and draw.chance(0.3):
        if not any(s[0] in ('EnqueueMany', 'DequeueMany', 'DequeueUpTo') for s in steps):
            declared = []

    def net(g):
        given = dict(component_types=[tf.as_dtype(t) for t in types], shapes=declared, shared_name='q', **seeds)
        h, p = getattr(ops, kind + v)(**given), Program(g)
        for what, inputs in steps:
            some = {k: [feed(g, x) for x in value] if isinstance(value, list) else value for k, value in inputs.items()}
            if what.startswith('Dequeue'):
                some['component_types'] = [tf.as_dtype(t) for t in kinds]
            p.do(f'Queue{what}{v}', handle=h, **some)
        p.do('QueueSize' + v, handle=h)
        return p.end()
    return GraphCase(f'{op} {kind} {types} {declared} {[s[0] for s in steps]}', net)


@row('Unstage', 'StagePeek', 'StageSize', 'StageClear', 'MapUnstage', 'MapUnstageNoKey', 'MapPeek', 'MapSize', 'MapIncompleteSize', 'MapClear', 'OrderedMapUnstage', 'OrderedMapUnstageNoKey', 'OrderedMapPeek',
     'OrderedMapSize', 'OrderedMapIncompleteSize', 'OrderedMapClear')
def stages(draw, op):
    prefix = 'OrderedMap' if op.startswith('Ordered') else 'Map' if op.startswith('Map') else ''
    types = [draw.one_of(*KEPT) for _ in range(draw.randint(1, 3))]
    shapes = [sizes(draw, 0, 2, 6) for _ in types]
    steps, held, pool = [], [], draw.sample(range(-5, 20), 9)
    for _ in range(draw.randint(3, 9)):
        what = draw.one_of('put', 'put', 'put', 'take', 'take', 'peek', 'Size', 'IncompleteSize' if prefix else 'Size', 'Clear' if draw.chance(0.2) else 'Size')
        if what == 'put' and pool:
            key = pool.pop()
            values = [elements(draw, t, s, 'plain') for t, s in zip(types, shapes)]
            if prefix and len(types) > 1 and draw.chance(0.3):  # in two parts
                cut = draw.randint(1, len(types) - 1)
                order = draw.permuted(len(types))
                steps += [('put', key, (order[:cut], [values[i] for i in order[:cut]])), ('put', key, (order[cut:], [values[i] for i in order[cut:]]))]
            else:
                steps.append(('put', key, (list(range(len(types))), values)))
            held.append(key)
        elif what == 'take' and held:
            if not prefix:
                steps.append(('Unstage', None, None))
                held.pop(0)
            elif prefix == 'OrderedMap' and draw.chance(0.4):
                steps.append(('UnstageNoKey', None, None))
                held.remove(min(held))
            elif prefix == 'Map' and len(held) == 1 and draw.chance(0.4):
                steps.append(('UnstageNoKey', None, None))
                held.pop()
            else:
                key = draw.choice(held)
                steps.append(('Unstage', key, None))
                held.remove(key)
        elif what == 'peek' and held:
            steps.append(('Peek', draw.choice(held) if prefix else draw.randrange(len(held)), None))
        elif what in ('Size', 'IncompleteSize', 'Clear'):
            steps.append((what, None, None))
            if what == 'Clear':
                held = []

    def net(g):
        p, dt = Program(g), [tf.as_dtype(t) for t in types]
        base = 'Stage' if not prefix else prefix
        for what, key, value in steps:
            given = dict(dtypes=dt, shared_name='s')
            key = feed(g, lit('int64', key, ())) if prefix and key is not None else key
            if what == 'put':
                indices, values = value
                values = [feed(g, x) for x in values]
                if prefix:
                    p.do(prefix + 'Stage', key=key, indices=indices, values=values, **given)
                else:
                    p.do('Stage', values=values, shared_name='s')
            elif what == 'Unstage':
                p.do(prefix + 'Unstage', **(dict(key=key, indices=list(range(len(types)))) if prefix else {}), **given)
            elif what == 'UnstageNoKey':
                p.do(prefix + what, indices=list(range(len(types))), **given)
            elif what == 'Peek':
                p.do(base + 'Peek', **(dict(key=key, indices=list(range(len(types)))) if prefix else dict(index=key)), **given)
            else:
                p.do(base + what, **given)
        return p.end()
    return GraphCase(f'{op} {types} {shapes} {[(s[0], s[1]) for s in steps]}', net)
