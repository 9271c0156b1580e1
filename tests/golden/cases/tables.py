"""Hash tables of both kinds of handles: what is put in is found, counted, exported, removed."""
from cases_dsl import *

raw = tf.raw_ops

FIXED = [('int32', t) for t in ('float32', 'float64', 'int32', 'string')] + \
        [('int64', t) for t in ('float32', 'float64', 'int32', 'int64', 'string')] + \
        [('string', t) for t in ('bool', 'float32', 'float64', 'int32', 'int64', 'string')]
MUTABLE = [pair for pair in FIXED if pair not in (('int32', 'string'), ('string', 'string'))]
DENSE = [pair for pair in MUTABLE if pair != ('int64', 'string')] + [('int64', 'bool')]


def keys_of(t, *numbers):
    return lit(t, [b'key%d' % n * (1 + abs(n) % 5) for n in numbers] if t == 'string' else list(numbers))


def values_of(t, count, shape=()):
    return rand(t, (count, *shape), seed=7)


def default_of(t, shape=()):
    return lit(t, np.full(shape, b'none' if t == 'string' else 0 if t == 'bool' else -1, dtype=object if t == 'string' else None), shape)


def feed(g, value, *shape):
    """A placeholder that waits for nothing: a fed node would not pass a control edge on."""
    with tf.control_dependencies(None):
        return g.feed(value, *shape)


def after(*nodes):
    return tf.control_dependencies(list(nodes))


def contents(g, h, key, value, probes, suffix, shape=(), export=True):
    """Finds, size and, where its order is defined, the export."""
    find = getattr(raw, 'LookupTableFind' + suffix)
    results = [find(table_handle=h, keys=feed(g, keys_of(key, *probes)), default_value=feed(g, default_of(value, shape))),
               getattr(raw, 'LookupTableSize' + suffix)(table_handle=h)]
    if export:
        results += list(getattr(raw, 'LookupTableExport' + suffix)(table_handle=h, Tkeys=key, Tvalues=value))
    return results


def fixed():
    for suffix in ('', 'V2'):
        make, initialize = getattr(raw, 'HashTable' + suffix), getattr(raw, 'InitializeTable' + suffix)
        for key, value in FIXED:
            def build(g, key=key, value=value, make=make, initialize=initialize, suffix=suffix):
                h = make(key_dtype=key, value_dtype=value)
                with after(initialize(table_handle=h, keys=feed(g, keys_of(key, 3, 5, 8)), values=feed(g, values_of(value, 3)))):
                    return contents(g, h, key, value, (8, 4, 3, 3), suffix, export=False)
            yield GraphCase(f'HashTable{suffix} {key} to {value}', build, exact=True)

            def exported(g, key=key, value=value, make=make, initialize=initialize, suffix=suffix):
                h = make(key_dtype=key, value_dtype=value)
                with after(initialize(table_handle=h, keys=feed(g, keys_of(key, 3)), values=feed(g, values_of(value, 1)))):
                    return contents(g, h, key, value, (3,), suffix)
            yield GraphCase(f'HashTable{suffix} {key} to {value}, exported', exported, exact=True)

    def table(g, **options):
        return raw.HashTableV2(key_dtype='string', value_dtype='int64', **options)

    def initialized(g, h, keys, values):
        return raw.InitializeTableV2(table_handle=h, keys=feed(g, text(keys)), values=feed(g, i64(values)))

    def found(g, h, keys, default=i64(-1)):
        return raw.LookupTableFindV2(table_handle=h, keys=feed(g, text(keys)), default_value=feed(g, default))

    for keys in ([], [[b'a'], [b'c']], b'b'):
        def shaped(g, keys=keys):
            h = table(g)
            with after(initialized(g, h, [b'a', b'b'], [1, 2])):
                return [found(g, h, keys)]
        yield GraphCase(f'keys of shape {np.array(keys).shape}', shaped)

    def one_default_each(g):
        h = table(g)
        with after(initialized(g, h, [b'a', b'b'], [1, 2])):
            return [found(g, h, [b'x', b'a', b'y'], i64([-1, -2, -3]))]
    yield GraphCase('a fixed table uses the first default', one_default_each)

    def twice(count):
        def build(g):
            h = table(g)
            with after(initialized(g, h, [b'a', b'b'], [1, 2])):
                again = initialized(g, h, [b'x', b'y', b'z'][:count], [7, 8, 9][:count])
            with after(again):
                return [found(g, h, [b'a', b'x'])]
        return build
    yield GraphCase('initialised twice with as many entries', twice(2))
    yield GraphCase('initialised twice with more entries', twice(3), error=True)
    yield GraphCase('initialised twice with fewer entries', twice(1), error=True)

    for name, values, error in (('the same value', [1, 1, 2], False), ('another value', [1, 2, 2], True)):
        def repeated(g, values=values):
            h = table(g)
            with after(initialized(g, h, [b'a', b'a', b'b'], values)):
                return [found(g, h, [b'b', b'a']), raw.LookupTableSizeV2(table_handle=h)]
        yield GraphCase(f'a key given twice with {name}', repeated, error=error)

    def shared(g):
        h, same, other = table(g, shared_name='t'), table(g, shared_name='t'), table(g)
        by_node = table(g, use_node_name_sharing=True, name='t')
        with after(initialized(g, h, [b'a'], [1])):
            return [raw.LookupTableSizeV2(table_handle=x) for x in (same, other, by_node)]
    yield GraphCase('tables of one name are one table', shared)

    def clash(g):
        return [raw.LookupTableSizeV2(table_handle=table(g, shared_name='t')),
                raw.LookupTableSizeV2(table_handle=raw.HashTableV2(key_dtype='string', value_dtype='float32', shared_name='t'))]
    yield GraphCase('one name for tables of two types', clash, error=True)

    errors = {
        'not initialised': lambda g, h: found(g, h, [b'a']),
        'initialised with nothing': lambda g, h: initialized(g, h, [], []),
        'keys of another type': lambda g, h: raw.InitializeTableV2(table_handle=h, keys=feed(g, i64([1])), values=feed(g, i64([1]))),
        'values of another type': lambda g, h: raw.InitializeTableV2(table_handle=h, keys=feed(g, text([b'a'])), values=feed(g, i32([1]))),
        'fewer values': lambda g, h: raw.InitializeTableV2(table_handle=h, keys=feed(g, text([b'a', b'b']), (None,)), values=feed(g, i64([1]), (None,))),
        'keys of rank 2': lambda g, h: raw.InitializeTableV2(table_handle=h, keys=feed(g, text([[b'a']]), None), values=feed(g, i64([[1]]), None)),
        'inserted into': lambda g, h: raw.LookupTableInsertV2(table_handle=h, keys=feed(g, text([b'a'])), values=feed(g, i64([1]))),
        'removed from': lambda g, h: raw.LookupTableRemoveV2(table_handle=h, keys=feed(g, text([b'a']))),
    }
    for name, act in errors.items():
        def refused(g, act=act):
            done = act(g, table(g))
            if isinstance(done, tf.Tensor):
                return [done]
            with after(done):
                return [feed(g, i32(1)) + 1]
        yield GraphCase(f'a fixed table {name}', refused, error=True)

    def empty(g):
        return [raw.LookupTableSizeV2(table_handle=table(g))]
    yield GraphCase('the size before initialisation', empty)


def changing():
    for op, shape, pairs in (('MutableHashTable', (), MUTABLE), ('MutableHashTableOfTensors', (2,), MUTABLE)):
        for suffix in ('', 'V2'):
            for key, value in pairs:
                def build(g, op=op, shape=shape, key=key, value=value, suffix=suffix):
                    extra = {'value_shape': list(shape)} if shape else {}
                    h = getattr(raw, op + suffix)(key_dtype=key, value_dtype=value, **extra)
                    insert = getattr(raw, 'LookupTableInsert' + suffix)
                    put = insert(table_handle=h, keys=feed(g, keys_of(key, *range(20), 3)), values=feed(g, values_of(value, 21, shape)))
                    with after(put):
                        return contents(g, h, key, value, (3, 99, 0), suffix, shape)
                yield GraphCase(f'{op}{suffix} {key} to {value}', build, exact=True)

                def imported(g, op=op, shape=shape, key=key, value=value, suffix=suffix):
                    extra = {'value_shape': list(shape)} if shape else {}
                    h = getattr(raw, op + suffix)(key_dtype=key, value_dtype=value, **extra)
                    put = getattr(raw, 'LookupTableInsert' + suffix)(table_handle=h, keys=feed(g, keys_of(key, 1, 2, 3)), values=feed(g, values_of(value, 3, shape)))
                    with after(put):
                        new = getattr(raw, 'LookupTableImport' + suffix)(table_handle=h, keys=feed(g, keys_of(key, 4, 5)), values=feed(g, values_of(value, 2, shape)))
                    with after(new):
                        return contents(g, h, key, value, (1, 4), suffix, shape)
                yield GraphCase(f'{op}{suffix} {key} to {value}, imported', imported, exact=True)

    def mutable(g):
        return raw.MutableHashTableV2(key_dtype='int64', value_dtype='float32')

    def put(g, h, keys, values):
        return raw.LookupTableInsertV2(table_handle=h, keys=feed(g, i64(keys)), values=feed(g, f32(values)))

    for key in ('int32', 'int64', 'string'):
        def removed(g, key=key):
            h = raw.MutableHashTableV2(key_dtype=key, value_dtype='float32')
            with after(raw.LookupTableInsertV2(table_handle=h, keys=feed(g, keys_of(key, *range(40))), values=feed(g, rand('float32', (40,), seed=1)))):
                gone = raw.LookupTableRemoveV2(table_handle=h, keys=feed(g, keys_of(key, 39, 3, 14, 0, 100, 3)))
            with after(gone):
                again = raw.LookupTableInsertV2(table_handle=h, keys=feed(g, keys_of(key, 3, 50, 51)), values=feed(g, f32([1, 2, 3])))
            with after(again):
                return contents(g, h, key, 'float32', (3, 14, 50), 'V2')
        yield GraphCase(f'keys of {key} removed and put again', removed)

    def negative(g):
        h = mutable(g)
        with after(put(g, h, [-1, -2**63, 2**63 - 1, 0], [1, 2, 3, 4])):
            return contents(g, h, 'int64', 'float32', (-1, 0, 7), 'V2')
    yield GraphCase('keys below zero', negative)

    def defaults(shape):
        def build(g):
            h = mutable(g)
            with after(put(g, h, [1, 2], [10, 20])):
                return [raw.LookupTableFindV2(table_handle=h, keys=feed(g, i64([1, 5, 6])), default_value=feed(g, f32(np.arange(np.prod(shape, dtype=int)), shape)))]
        return build
    yield GraphCase('a default for each key', defaults((3,)))
    yield GraphCase('defaults for some keys', defaults((2,)), error=True)
    yield GraphCase('one default in a vector', defaults((1,)), error=True)

    def shaped(g):
        h = mutable(g)
        with after(put(g, h, [[1, 2], [3, 4]], [[1, 2], [3, 4]]), put(g, h, 5, 6)):
            return [raw.LookupTableSizeV2(table_handle=h)]
    yield GraphCase('keys of any shape are put', shaped)

    errors = {
        'given fewer values': lambda g, h: put(g, h, [1, 2], [1]),
        'given keys of another type': lambda g, h: raw.LookupTableInsertV2(table_handle=h, keys=feed(g, i32([1])), values=feed(g, f32([1]))),
        'initialised': lambda g, h: raw.InitializeTableV2(table_handle=h, keys=feed(g, i64([1])), values=feed(g, f32([1]))),
    }
    for name, act in errors.items():
        def refused(g, act=act):
            with after(act(g, mutable(g))):
                return [feed(g, i32(1)) + 1]
        yield GraphCase(f'a mutable table {name}', refused, error=True)


def dense():
    def table(g, key, value, empty, deleted, shape=(), buckets=4, load=0.8):
        return raw.MutableDenseHashTableV2(empty_key=feed(g, empty), deleted_key=feed(g, deleted), value_dtype=value, value_shape=list(shape),
                                           initial_num_buckets=buckets, max_load_factor=load)

    for key, value in DENSE:
        for shape in ((), (2,)):
            def build(g, key=key, value=value, shape=shape):
                empty, deleted = (lit(key, keys_of(key, n).array[0]) for n in (1000, 1001))
                h = table(g, key, value, empty, deleted, shape)
                with after(raw.LookupTableInsertV2(table_handle=h, keys=feed(g, keys_of(key, 1, 5, 9, 13, 6, -3)), values=feed(g, values_of(value, 6, shape)))):
                    gone = raw.LookupTableRemoveV2(table_handle=h, keys=feed(g, keys_of(key, 5, 77)))
                with after(gone):
                    return contents(g, h, key, value, (13, 5, 1), 'V2', shape)
            yield GraphCase(f'MutableDenseHashTable {key} to {value}{list(shape)}', build, exact=True)

    for key in ('int32', 'int64', 'string'):
        def vectors(g, key=key):
            pairs = lambda *rows: lit(key, np.array([[keys_of(key, n).array[0] for n in row] for row in rows], dtype=object if key == 'string' else None))
            h = table(g, key, 'float32', lit(key, pairs((0, 0)).array[0]), lit(key, pairs((-1, 0)).array[0]), (3,), 8)
            with after(raw.LookupTableInsertV2(table_handle=h, keys=feed(g, pairs((1, 2), (3, 4), (1, -2))), values=feed(g, rand('float32', (3, 3), seed=3)))):
                return [raw.LookupTableFindV2(table_handle=h, keys=feed(g, pairs((3, 4), (4, 3))), default_value=feed(g, f32([1, 2, 3]))),
                        raw.LookupTableSizeV2(table_handle=h), *raw.LookupTableExportV2(table_handle=h, Tkeys=key, Tvalues='float32')]
        yield GraphCase(f'MutableDenseHashTable of vectors of {key}', vectors)

    def collided(g):
        h = table(g, 'int64', 'int64', i64(0), i64(-1), buckets=16)
        with after(raw.LookupTableInsertV2(table_handle=h, keys=feed(g, i64([1, 17, 33, 49, 65])), values=feed(g, i64([1, 2, 3, 4, 5])))):
            return list(raw.LookupTableExportV2(table_handle=h, Tkeys='int64', Tvalues='int64'))
    yield GraphCase('MutableDenseHashTable of keys for one bucket', collided)

    def made(**options):
        def build(g):
            arguments = dict(empty=i64(0), deleted=i64(-1))
            arguments.update(options)
            return [raw.LookupTableSizeV2(table_handle=table(g, 'int64', 'int64', **arguments))]
        return build
    yield GraphCase('a dense table of 3 buckets', made(buckets=3), error=True)
    yield GraphCase('a dense table of 2 buckets', made(buckets=2), error=True)
    yield GraphCase('a dense table that may be full', made(load=1.0), error=True)
    yield GraphCase('a dense table that must be empty', made(load=0.0), error=True)
    yield GraphCase('a dense table of one mark', made(deleted=i64(0)), error=True)
    yield GraphCase('a dense table of marks of two shapes', made(deleted=i64([0, 1]), empty=i64([0])), error=True)
    yield GraphCase('a dense table of matrices', made(shape=(2, 2)), error=True)

    for name, number in (('empty', 0), ('deleted', -1)):
        def marked(g, number=number):
            h = table(g, 'int64', 'int64', i64(0), i64(-1))
            return [raw.LookupTableFindV2(table_handle=h, keys=feed(g, i64([number])), default_value=feed(g, i64(5)))]
        yield GraphCase(f'the {name} key is looked for', marked, error=True)

    def imported(g):
        h = table(g, 'int64', 'int64', i64(0), i64(-1))
        with after(raw.LookupTableImportV2(table_handle=h, keys=feed(g, i64([[0], [1], [2], [-1]]), None), values=feed(g, i64([[0], [10], [20], [5]]), None))):
            return [raw.LookupTableSizeV2(table_handle=h), raw.LookupTableFindV2(table_handle=h, keys=feed(g, i64([1, 2, 3])), default_value=feed(g, i64(7))),
                    *raw.LookupTableExportV2(table_handle=h, Tkeys='int64', Tvalues='int64')]
    yield GraphCase('buckets imported', imported)

    def destroyed(g):
        h = raw.MutableHashTableV2(key_dtype='int64', value_dtype='int64', shared_name='t')
        with after(raw.LookupTableInsertV2(table_handle=h, keys=feed(g, i64([1])), values=feed(g, i64([1])))):
            with after(raw.DestroyResourceOp(resource=h)):
                return [feed(g, i32(1)) + 1]
    yield GraphCase('a table is destroyed', destroyed)


def anonymous():
    """Tables without a name, a new one in each execution."""
    kinds = {'AnonymousHashTable': (FIXED, ()), 'AnonymousMutableHashTable': (MUTABLE, ()), 'AnonymousMutableHashTableOfTensors': (MUTABLE, (2,)),
             'AnonymousMutableDenseHashTable': (DENSE, (2,))}

    def table(g, op, key, value, shape):
        extra = {'value_shape': list(shape)} if shape else {}
        if 'Dense' in op:
            empty, deleted = (lit(key, keys_of(key, n).array[0]) for n in (1000, 1001))
            return getattr(raw, op)(empty_key=feed(g, empty), deleted_key=feed(g, deleted), value_dtype=value, initial_num_buckets=8, **extra)
        return getattr(raw, op)(key_dtype=key, value_dtype=value, **extra)

    for op, (pairs, shape) in kinds.items():
        for key, value in pairs:
            def build(g, op=op, key=key, value=value, shape=shape):
                h, other = table(g, op, key, value, shape), table(g, op, key, value, shape)
                put = raw.InitializeTableV2 if op == 'AnonymousHashTable' else raw.LookupTableInsertV2
                with after(put(table_handle=h, keys=feed(g, keys_of(key, 3, 5, 8)), values=feed(g, values_of(value, 3, shape)))):
                    return contents(g, h, key, value, (8, 4, 3), 'V2', shape, export='Mutable' in op) + [raw.LookupTableSizeV2(table_handle=other)]
            yield GraphCase(f'{op} {key} to {value}', build, exact=True)

    def empty(g):
        h = raw.AnonymousHashTable(key_dtype='int64', value_dtype='int64')
        return [raw.LookupTableFindV2(table_handle=h, keys=feed(g, i64([1])), default_value=feed(g, i64(5)))]
    yield GraphCase('an anonymous table that is asked before it was initialised', empty, error=True)

    def marks(g):
        h = raw.AnonymousMutableDenseHashTable(empty_key=feed(g, i64(3)), deleted_key=feed(g, i64(3)), value_dtype='int64')
        return [raw.LookupTableSizeV2(table_handle=h)]
    yield GraphCase('an anonymous dense table of one mark', marks, error=True)


def cases():
    yield from fixed()
    yield from changing()
    yield from dense()
    yield from anonymous()
