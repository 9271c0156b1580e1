"""Sparse tensors as strings, as variants and as numbers of a map in the session."""
from cases_dsl import *

raw = tf.raw_ops
AT = [(0, 0, 3), (0, 2, 0), (2, 0, 0), (2, 1, 1), (2, 1, 3)]
SHAPE = (4, 3, 5)


def parts(t, at=AT, values=None, shape=SHAPE):
    return [lit('int64', np.array(at, np.int64).reshape(len(at), len(shape))), rand(t, (len(at),), seed=1) if values is None else values, i64(shape)]


def fed_parts(g, *args, **more):
    with tf.control_dependencies(None):  # what is fed waits for nothing, and neither would what takes it
        return dict(zip(('sparse_indices', 'sparse_values', 'sparse_shape'), [g.feed(x) for x in parts(*args, **more)]))


def message(x):
    return tf.io.serialize_tensor(tf.constant(make(x) if isinstance(x, Recipe) else literal(x).array))


def serialized(*rows):
    """The strings of [indices, values, shape] each, made by TensorFlow."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        return text(session.run([[message(x) for x in row] for row in rows]))


def strings():
    for op, types in (('SerializeSparse', ALL_PLAIN + QUANTIZED), ('SerializeManySparse', kernel_dtypes('SerializeManySparse'))):
        for t in types:
            if t not in ('resource', 'variant'):
                yield Case(op, parts(t))
        for at, shape in [([], (3, 2)), ([(0, 1), (2, 0)], (3, 2)), ([], (0, 2)), ([(200, 1)], (300, 2))]:
            yield Case(op, parts('float32', at, shape=shape))
        yield Case(op, [fed(x) for x in parts('float32')])
        yield Case(op, [const(x) for x in parts('float32')])
    yield Case('SerializeSparse', parts('float32', [(1,)], shape=(3,)))
    yield Case('SerializeSparse', [i64([[0, 0]]), f32([1, 2, 3]), i64([1])])       # parts that do not go together
    for op in ('SerializeSparse', 'SerializeManySparse'):
        for n, bad in enumerate([[i64([0]), f32([1]), i64([1])], [i64([[0, 0]]), f32([[1]]), i64([1, 1])], [i64([[0, 0]]), f32([1]), i64([[1, 1]])]]):
            yield Case(op, bad, name=f'{op} bad parts {n}', error=True)
    for n, (at, shape) in enumerate([([(1, 0), (0, 0)], (2, 2)), ([(0, 0), (0, 0)], (2, 2)), ([(2, 0)], (2, 2)), ([(0, -1)], (2, 2)), ([(0,)], (2,)), ([(0, 0)], (-2, 2))]):
        yield Case('SerializeManySparse', parts('float32', at, shape=shape), name=f'SerializeManySparse bad {n}', error=True)


def back():
    """Strings to tensors."""
    for op in ('DeserializeSparse', 'DeserializeManySparse'):
        for t in ALL_PLAIN:
            rows = serialized(parts(t, AT[:2]), parts(t, [], lit(t, []), (1, 9, 2)), parts(t, AT[3:]))
            yield Case(op, [rows], dict(dtype=t))
        for t in ('qint8', 'quint8', 'qint32'):
            def quantized(g, t=t, op=op):
                one = fed_parts(g, t)
                row = raw.SerializeSparse(**one)
                return getattr(raw, op)(serialized_sparse=tf.stack([row, row]), dtype=tf.as_dtype(t))
            yield GraphCase(f'{op} {t}', quantized)
        rows = serialized(parts('float32', [(1,)], shape=(3,)), parts('float32', [(0,), (6,)], shape=(7,)))
        yield Case(op, [rows], dict(dtype='float32'))
        yield Case(op, [fed(rows)], dict(dtype='float32'))
        yield Case(op, [serialized(parts('float32', [], shape=(3,)))], dict(dtype='float32'))
        good = parts('float32', [(1, 0)], shape=(3, 2))
        bad = {'dtype': ([good], 'int32'), 'ranks': ([good, parts('float32', [(1,)], shape=(3,))], 'float32'), 'more values': ([[good[0], f32([1, 2]), good[2]]], 'float32'),
               'shape': ([[good[0], good[1], i64([1])]], 'float32'), 'vector of indices': ([[i64([1]), good[1], good[2]]], 'float32'), 'matrix of values': ([[good[0], f32([[1]]), good[2]]], 'float32'),
               'matrix of shape': ([[good[0], good[1], i64([[3, 2]])]], 'float32')}
        for name, (rows, t) in bad.items():
            yield Case(op, [serialized(*rows)], dict(dtype=t), name=f'{op} bad {name}', error=True)
        for x in (text([[b'', b'', b'']]), text([[b'\xff', b'\xff', b'\xff']]), text([[b'a', b'b']]), lit('string', np.empty((0, 3), object)), text(b'a')):
            yield Case(op, [x], dict(dtype='float32'), error=True)
    one = serialized(parts('float32'))
    yield Case('DeserializeSparse', [text(one.array[0])], dict(dtype='float32'))
    yield Case('DeserializeSparse', [text(serialized([i64([[7, -9]]), f32([1]), i64([2, 2])]).array[0])], dict(dtype='float32'))
    four = serialized(*[parts('float32', [(k, 0), (k, 1)], shape=(4, 2)) for k in range(4)])
    yield Case('DeserializeSparse', [text(four.array.reshape(2, 2, 3))], dict(dtype='float32'))
    yield Case('DeserializeSparse', [text(four.array.reshape(1, 4, 1, 3))], dict(dtype='float32'))
    yield Case('DeserializeSparse', [text(one.array[0])], dict(dtype='int32'), error=True)
    yield Case('DeserializeManySparse', [text(one.array[0])], dict(dtype='float32'), error=True)
    yield Case('DeserializeManySparse', [text(four.array.reshape(2, 2, 3))], dict(dtype='float32'), error=True)


def variants():
    def again(rows, t):
        return raw.DeserializeSparse(serialized_sparse=rows, dtype=tf.as_dtype(t))

    for t in ALL_PLAIN:
        def build(g, t=t):
            one = raw.SerializeSparse(**fed_parts(g, t), out_type=tf.variant)
            many = raw.SerializeManySparse(**fed_parts(g, t), out_type=tf.variant)
            return [*again(one, t), *again(many, t), *again(tf.stack([one, one]), t)]
        yield GraphCase(f'sparse variants {t}', build)
    for t in QUANTIZED:
        yield GraphCase(f'sparse variants {t}', lambda g, t=t: again(raw.SerializeSparse(**fed_parts(g, t), out_type=tf.variant), t))

    def shaped(g):
        rows = raw.SerializeManySparse(**fed_parts(g, 'float32'), out_type=tf.variant)
        return [*again(tf.reshape(rows, (2, 2, 3)), 'float32'), *again(rows[1:3], 'float32'), *again(rows[2], 'float32')]
    yield GraphCase('sparse variants reshaped', shaped)

    def held(g):
        """Variants as values of a sparse tensor, and in both other forms."""
        one = raw.SerializeSparse(**fed_parts(g, 'float32'), out_type=tf.variant)
        at, shape = g.feed(i64([[0, 0], [0, 1], [1, 0]])), g.feed(i64([2, 2]))
        rows = raw.SerializeManySparse(sparse_indices=at, sparse_values=one, sparse_shape=shape, out_type=tf.variant)
        back = again(rows, 'variant')
        number = raw.AddSparseToTensorsMap(sparse_indices=at, sparse_values=back.sparse_values, sparse_shape=shape, shared_name='v')
        taken = raw.TakeManySparseFromTensorsMap(sparse_handles=tf.reshape(number, [1]), dtype=tf.variant, shared_name='v')
        return [back.sparse_indices, *again(taken.sparse_values, 'float32')]
    yield GraphCase('variants in sparse variants', held)

    def wrong(name, make_rows, t='float32'):
        yield GraphCase(f'sparse variants bad {name}', lambda g: list(again(make_rows(g), t)), error=True)

    def as_variants(g, *three):
        return raw.SerializeSparse(sparse_indices=g.feed(three[0]), sparse_values=g.feed(three[1]), sparse_shape=g.feed(three[2]), out_type=tf.variant)
    yield from wrong('dtype', lambda g: as_variants(g, *parts('float32')), 'int32')
    yield from wrong('ranks', lambda g: tf.stack([as_variants(g, *parts('float32')), as_variants(g, *parts('float32', [(1,)], shape=(3,)))]))
    yield from wrong('more values', lambda g: as_variants(g, i64([[0, 0]]), f32([1, 2]), i64([1, 1])))
    yield from wrong('shape', lambda g: as_variants(g, i64([[0, 0]]), f32([1]), i64([1])))
    yield from wrong('list', lambda g: tf.stack([raw.TensorListFromTensor(tensor=g.feed(f32([1])), element_shape=np.int32([]))] * 3))


def kept():
    def take(numbers, t, **more):
        return raw.TakeManySparseFromTensorsMap(sparse_handles=numbers, dtype=tf.as_dtype(t), **more)

    for t in ALL_PLAIN:
        def build(g, t=t):
            add = raw.AddSparseToTensorsMap(**fed_parts(g, t), shared_name='m', container='c')
            with tf.control_dependencies([add]):
                many = raw.AddManySparseToTensorsMap(**fed_parts(g, t, [(1, 0), (3, 2), (3, 3)], shape=(4, 6)), shared_name='m', container='c')
            with tf.control_dependencies([many]):
                last = raw.AddSparseToTensorsMap(**fed_parts(g, t, [], shape=(9, 1, 1)), shared_name='m', container='c')
            one = take(tf.stack([last, add]), t, shared_name='m', container='c')
            return [add, many, last, *one, *take(tf.gather(many, [3, 0, 1]), t, shared_name='m', container='c')]
        yield GraphCase(f'sparse tensors kept {t}', build)

    def one_each(g):
        a = raw.AddSparseToTensorsMap(**fed_parts(g, 'float32'), name='first')
        b = raw.AddManySparseToTensorsMap(**fed_parts(g, 'float32'), name='second')
        return [a, b, *take(b, 'float32', shared_name='second'), *take(tf.reshape(a, [1]), 'float32', shared_name='first')]
    yield GraphCase('sparse tensors kept by the names of nodes', one_each)
    for t in QUANTIZED:
        yield GraphCase(f'sparse tensor kept {t}', lambda g, t=t: [raw.AddSparseToTensorsMap(**fed_parts(g, t))])
    yield GraphCase('sparse tensors kept none', lambda g: [raw.AddManySparseToTensorsMap(**fed_parts(g, 'float32', [], shape=(0, 2)))])

    def wrong(name, build):
        yield GraphCase(f'sparse tensors kept bad {name}', build, error=True)

    def added(g, *args, **more):
        return tf.reshape(raw.AddSparseToTensorsMap(**fed_parts(g, *args, **more), shared_name='m'), [1])
    yield from wrong('dtype', lambda g: list(take(added(g, 'float32'), 'int32', shared_name='m')))
    yield from wrong('number', lambda g: list(take(added(g, 'float32') + 1, 'float32', shared_name='m')))
    yield from wrong('twice', lambda g: list(take(tf.tile(added(g, 'float32'), [2]), 'float32', shared_name='m')))
    yield from wrong('name', lambda g: list(take(added(g, 'float32'), 'float32', shared_name='n')))
    yield from wrong('own name', lambda g: list(take(added(g, 'float32'), 'float32')))
    yield from wrong('none', lambda g: list(take(added(g, 'float32')[:0], 'float32', shared_name='m')))
    yield from wrong('ranks', lambda g: list(take(tf.concat([added(g, 'float32'), added(g, 'float32', [(1,)], shape=(3,))], 0), 'float32', shared_name='m')))
    yield from wrong('more values', lambda g: [added(g, 'float32', [(0, 0)], f32([1, 2]), (1, 1))])
    yield from wrong('negative dim', lambda g: [added(g, 'float32', [(0, 0)], f32([1]), (1, -1))])
    for n, (at, shape) in enumerate([([(1, 0), (0, 0)], (2, 2)), ([(2, 0)], (2, 2)), ([(0,)], (2,)), ([(0, 0)], (-2, 2))]):
        yield from wrong(f'many {n}', lambda g, at=at, shape=shape: [raw.AddManySparseToTensorsMap(**fed_parts(g, 'float32', at, shape=shape))])


def cases():
    for family in (strings, back, variants, kept):
        yield from family()
