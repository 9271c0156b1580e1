"""Constants in every encoding, identities, placeholders: what every graph is held together with."""
from cases_dsl import *

TYPED_FIELDS = {
    'float32': 'float_val', 'float64': 'double_val', 'int32': 'int_val', 'uint8': 'int_val', 'int16': 'int_val',
    'int8': 'int_val', 'string': 'string_val', 'complex64': 'scomplex_val', 'int64': 'int64_val', 'bool': 'bool_val',
    'qint8': 'int_val', 'quint8': 'int_val', 'qint32': 'int_val', 'bfloat16': 'half_val', 'qint16': 'int_val',
    'quint16': 'int_val', 'uint16': 'int_val', 'complex128': 'dcomplex_val', 'float16': 'half_val', 'uint32': 'uint32_val',
    'uint64': 'uint64_val',
}


def typed_values(t, array):
    """The elements as the repeated field of a TensorProto holds them."""
    flat = array.reshape(-1)
    if t in ('float16', 'bfloat16'):
        return flat.view(np.uint16).tolist()
    if t in COMPLEX:
        return flat.view('float32' if t == 'complex64' else 'float64').tolist()
    return flat.tolist()


def constant(t, shape, values=None, content=None, name=None, **options):
    """A Const with the given TensorProto fields; values: elements of the typed field, content: tensor_content."""
    value = tf.compat.v1.AttrValue()
    value.tensor.dtype = DTYPE_NUMBERS[t]
    value.tensor.tensor_shape.SetInParent()
    for size in shape:
        value.tensor.tensor_shape.dim.add().size = size
    if values is not None:
        getattr(value.tensor, TYPED_FIELDS[t]).extend(values)
    if content is not None:
        value.tensor.tensor_content = content
    return Case('Const', [], dict(dtype=t, value=value), name=f'Const {t}{list(shape)} {name}', exact=True, **options)


def constants():
    for t in TYPED_FIELDS:
        array = make(rand(t, (2, 3), seed=11))
        values = typed_values(t, array)
        per_element = 2 if t in COMPLEX else 1
        yield constant(t, (2, 3), values, name='typed')
        yield constant(t, (2, 3), values[:per_element], name='one value for all')
        yield constant(t, (2, 3), values[:2 * per_element], name='last value repeated')
        yield constant(t, (2, 3), name='no value')
        yield constant(t, (), values[:per_element], name='scalar')
        yield constant(t, (), name='scalar without value')
        yield constant(t, (0,), name='empty')
        yield constant(t, (2, 0, 3), [], name='empty')
        yield constant(t, (1, 1, 2, 1, 1, 3, 1, 1), values, name='rank 8')
        yield constant(t, (2,), values, name='more values than elements')
        if t != 'string':
            yield constant(t, (2, 3), content=array.tobytes(), name='content')
            yield constant(t, (), content=array.reshape(-1)[:1].tobytes(), name='content')
            yield constant(t, (0, 3), content=b'', name='content')
            yield constant(t, (2, 3), values[:per_element], array.tobytes(), name='content beside a value')
            yield constant(t, (2, 3), content=array.tobytes()[:-1], name='content cut', error=True)
            yield constant(t, (2, 3), content=array.tobytes() * 2, name='content too long', error=True)
    for t in FLOATS:
        special = make(edge(t, (31,)))
        yield constant(t, (31,), content=special.tobytes(), name='special values in content')
        if t != 'float32':  # Python's protobuf turns NaN payloads of float fields over
            yield constant(t, (31,), typed_values(t, special), name='special values')
    for t in INTS:
        yield constant(t, (13,), typed_values(t, make(edge(t, (13,)))), name='special values')
    for t in ('int8', 'uint8', 'int16', 'uint16', 'qint8', 'quint16'):
        yield constant(t, (3,), [300, -300, 70000], name='values out of range')
    yield constant('string', (2,), content=b'\x01\x02abb', name='content')
    yield constant('float32', (-1,), [1.0], name='negative size', error=True)
    yield constant('float32', (2, -3), [1.0], name='negative size', error=True)
    wrong = tf.compat.v1.AttrValue()
    wrong.tensor.dtype = DTYPE_NUMBERS['int32']
    wrong.tensor.int_val.append(1)
    yield Case('Const', [], dict(dtype='float32', value=wrong), name='Const of another dtype', error=True)


def identities():
    for op in ('Identity', 'StopGradient', 'PreventGradient', 'Snapshot'):
        for t in kernel_dtypes(op):
            yield Case(op, [rand(t, (2, 3))], exact=True)
            yield Case(op, [const(rand(t, (5,)))], exact=True)
        for shape in ((), (0,), (3, 0, 2), (1, 1, 1, 2, 1, 1, 1, 2)):
            yield Case(op, [rand('float32', shape)], exact=True)
        yield Case(op, [edge('float32', (31,))], exact=True)
        yield Case(op, [fed(rand('int32', (2, 3)))], exact=True)
        yield Case(op, [fed(rand('int32', (2, 3)), (None, 3))], exact=True)
    yield Case('Snapshot', [text([b'a', b''])], expect=lambda: [text([b'a', b''])])
    for t in ALL_PLAIN:
        yield Case('IdentityN', [[rand(t, (2,)), rand('string', (1, 2)), const(rand('int64', ()))]])
    yield Case('IdentityN', [[rand('float32', (0, 2))]])
    yield Case('IdentityN', [[rand('float32', (2,)), 'in0', 'in0']])


def placeholders():
    for t in TYPED_FIELDS:
        def fetched(g, t=t):
            return [g.feed(rand(t, (2, 3), seed=3))]
        yield GraphCase(f'Placeholder fetched {t}', fetched, exact=True)

        def default(g, t=t):
            return [tf.raw_ops.PlaceholderWithDefault(input=g.const(rand(t, (2, 3), seed=4)), shape=[2, 3])]
        yield GraphCase(f'PlaceholderWithDefault {t}', default, exact=True)

        def default_replaced(g, t=t):
            x = tf.raw_ops.PlaceholderWithDefault(input=g.const(rand(t, (2, 3), seed=4)), shape=[None, 3])
            g.override(x, rand(t, (4, 3), seed=5))
            return [tf.raw_ops.Identity(input=x)]
        yield GraphCase(f'PlaceholderWithDefault fed {t}', default_replaced, exact=True)

        def second(g, t=t):
            x = tf.raw_ops.PlaceholderV2(dtype=t, shape=[None, 3])
            g.override(x, rand(t, (1, 3), seed=6))
            return [tf.raw_ops.Identity(input=x)]
        yield GraphCase(f'PlaceholderV2 {t}', second, exact=True, producer=20)

    yield Case('Placeholder', [], dict(dtype='float32', shape=(2,)), error=True)
    yield Case('Placeholder', [], dict(dtype='float32', shape=None), error=True)

    def scalar(g):
        return [tf.raw_ops.Identity(input=g.feed(rand('float32', (), seed=7)))]
    yield GraphCase('Placeholder of a scalar', scalar)


def graphs():
    yield Case('NoOp')
    yield Case('Assert', [boolean(True), [f32([1, 2]), text(b'said')]])
    yield Case('Assert', [const(boolean(True)), [const(i32([1, 2]))]], dict(summarize=1))
    yield Case('Assert', [boolean(False), [f32([1, 2]), text(b'said')]], error=True)
    yield Case('Assert', [boolean([True]), [f32([1, 2])]], error=True)
    yield Case('PrintV2', [text(b'')])

    def control(g):
        x = g.feed(rand('float32', (2,), seed=1))
        with tf.control_dependencies([tf.no_op(), tf.raw_ops.Identity(input=x).op]):
            return [tf.raw_ops.Identity(input=x), tf.raw_ops.Identity(input=g.const(f32([1, 2])))]
    yield GraphCase('control inputs', control)

    def failing_control(g):
        x = g.feed(rand('float32', (2,), seed=1))
        with tf.control_dependencies([tf.compat.v1.placeholder(tf.float32, [1])]):
            return [tf.raw_ops.Identity(input=x)]
    yield GraphCase('control input that fails', failing_control, error=True)

    def unused(g):
        x = g.feed(rand('float32', (2,), seed=1))
        tf.raw_ops.Identity(input=tf.compat.v1.placeholder(tf.float32, [1]))
        return [tf.raw_ops.Identity(input=x)]
    yield GraphCase('what is not needed is not run', unused)

    def inner(g):
        x = tf.raw_ops.Identity(input=tf.compat.v1.placeholder(tf.float32, [2]))
        g.override(x, f32([5, 6]))
        return [tf.raw_ops.StopGradient(input=x), x]
    yield GraphCase('an inner edge is fed', inner)

    def twice(g):
        x = tf.raw_ops.Identity(input=g.feed(rand('int32', (2, 2), seed=2)))
        y = tf.raw_ops.StopGradient(input=x)
        return [y, x, y, tf.raw_ops.Identity(input=y)]
    yield GraphCase('one edge fetched twice', twice)


def asked(op='ToBool'):
    """Whether a tensor counts as true, and which device runs it."""
    plain = [*ALL_PLAIN, *QUANTIZED]
    scalars = ['float32', 'float64', 'int8', 'int16', 'int32', 'int64', 'uint8', 'bool', 'string']
    for t in plain:
        for shape in ((0,), (1,), (2, 2)):
            yield Case(op, [lit(t, np.full(shape, b'' if t == 'string' else 0, dtype=object if t == 'string' else None), shape)])
        for value in ((b'', b'a') if t == 'string' else (0, 1)):
            yield Case(op, [lit(t, value, ())], error=t not in scalars)
    for value in (-0.0, np.nan, -np.inf, 1e-40):
        yield Case(op, [f32(value, ())])
    yield Case(op, [fed(i32(7))])
    yield Case(op, [const(i32(7))])
    for names in (['GPU', 'CPU'], ['CPU', 'CPU'], ['GPU'], ['cpu', 'GPU'], []):
        yield Case('DeviceIndex', [], dict(device_names=names))

    def kept(g):
        v = tf.raw_ops.VarHandleOp(dtype='float32', shape=[2])
        with tf.control_dependencies([tf.raw_ops.AssignVariableOp(resource=v, value=g.feed(f32([1, 2])))]):
            done = tf.raw_ops.DisableCopyOnRead(resource=v)
        with tf.control_dependencies([done]):
            return [tf.raw_ops.ReadVariableOp(resource=v, dtype='float32')]
    yield GraphCase('a variable that is not copied when it is read', kept)


def cases():
    yield from constants()
    yield from identities()
    yield from placeholders()
    yield from graphs()
    yield from asked()
