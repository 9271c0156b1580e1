"""Graphs of any number of nodes, in some shapes that make careless code slow. Written byte by byte: no TensorFlow.

A kind is a function of about how many nodes there shall be; it returns the bytes of a GraphDef. Every graph has one
placeholder 'x', float32 [1, 8] unless its function says otherwise, and one output 'y'.
"""
import struct

FLOAT, INT32 = 1, 3


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, value):
    """A number, or bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def shape_of(dims):
    return b''.join(field(2, field(1, dim)) for dim in dims)


def tensor(dtype, dims, content):
    return field(8, field(1, dtype) + field(2, shape_of(dims)) + field(4, content))


def kind_of(dtype):
    return field(6, dtype)


def shape(dims):
    return field(7, shape_of(dims))


def integer(value):
    return field(3, value)


def text(value):
    return field(2, value)


def integers(values):
    return field(1, field(3, b''.join(varint(v) for v in values)))


def attrs_of(attrs):
    return b''.join(field(5, field(1, key) + field(2, value)) for key, value in attrs.items())


def node(name, op, inputs=(), **attrs):
    body = field(1, name) + field(2, op) + b''.join(field(3, i) for i in inputs) + attrs_of(attrs)
    return field(1, body)


def floats(name, dims, value):
    count = 1
    for dim in dims:
        count *= dim
    return node(name, 'Const', dtype=kind_of(FLOAT), value=tensor(FLOAT, dims, struct.pack('<f', value) * count))


def ints(name, dims, values):
    return node(name, 'Const', dtype=kind_of(INT32), value=tensor(INT32, dims, struct.pack(f'<{len(values)}i', *values)))


def placeholder(dims=(1, 8)):
    return node('x', 'Placeholder', dtype=kind_of(FLOAT), shape=shape(dims))


def unary(name, op, source):
    return node(name, op, [source], T=kind_of(FLOAT))


def binary(name, op, a, b):
    return node(name, op, [a, b], T=kind_of(FLOAT))


def last(source):
    return unary('y', 'Tanh', source)


def add_n(name, inputs):
    return node(name, 'AddN', inputs, T=kind_of(FLOAT), N=integer(len(inputs)))


def chain(n):
    """Element-wise operators one after the other."""
    nodes, source = [placeholder()], 'x'
    for i in range(n):
        nodes.append(unary(f'n{i}', ('Relu', 'Sigmoid', 'Neg')[i % 3], source))
        source = f'n{i}'
    return b''.join(nodes) + last(source)


def identities(n):
    """Nothing but names for one value, and control edges."""
    nodes, source = [placeholder()], 'x'
    for i in range(n):
        nodes.append(node(f'n{i}', 'Identity', [source, '^x'], T=kind_of(FLOAT)))
        source = f'n{i}'
    return b''.join(nodes) + last(source)


def fan_out(n):
    """One value read by all, all summed up by one operator."""
    nodes = [placeholder()] + [unary(f'n{i}', ('Tanh', 'Neg')[i % 2], 'x') for i in range(n)]
    return b''.join(nodes) + add_n('sum', [f'n{i}' for i in range(n)]) + last('sum')


def shared_constant(n):
    """One constant that every operator of a chain reads."""
    nodes, source = [placeholder(), floats('c', (8,), 0.5)], 'x'
    for i in range(n):
        nodes.append(binary(f'n{i}', ('Mul', 'Add', 'Maximum')[i % 3], source, 'c'))
        source = f'n{i}'
    return b''.join(nodes) + last(source)


def shared_weights(n):
    """One matrix and one bias that every layer reads."""
    nodes, source = [placeholder(), floats('w', (8, 8), 0.125), floats('b', (8,), 0.5)], 'x'
    for i in range(n // 3):
        nodes.append(node(f'm{i}', 'MatMul', [source, 'w'], T=kind_of(FLOAT)))
        nodes.append(node(f'b{i}', 'BiasAdd', [f'm{i}', 'b'], T=kind_of(FLOAT)))
        nodes.append(unary(f'r{i}', 'Relu', f'b{i}'))
        source = f'r{i}'
    return b''.join(nodes) + last(source)


def folded(n):
    """Constants of which constants are made, all summed up with the input."""
    nodes, names = [placeholder()], []
    for i in range(n // 4):
        nodes += [floats(f'a{i}', (8,), 1.0 + i % 7), floats(f'b{i}', (8,), 0.5)]
        nodes += [binary(f'c{i}', 'Mul', f'a{i}', f'b{i}'), binary(f'd{i}', 'Add', names[-1] if names else 'x', f'c{i}')]
        names.append(f'd{i}')
    return b''.join(nodes) + last(names[-1])


def folded_chain(n):
    """A long chain of constants alone."""
    nodes, source = [placeholder(), floats('c', (8,), 0.5)], 'c'
    for i in range(n):
        nodes.append(unary(f'n{i}', ('Neg', 'Tanh')[i % 2], source))
        source = f'n{i}'
    return b''.join(nodes) + binary('sum', 'Add', 'x', source) + last('sum')


def convolutions(n):
    """Layers of a network: convolution, batch norm, rectifier, every other one with a way around it. x is [1, 4, 4, 4]."""
    nodes, source = [placeholder((1, 4, 4, 4))], 'x'
    for i in range(n // 9):
        nodes += [floats(f'w{i}', (1, 1, 4, 4), 0.25)]
        nodes += [floats(f'{part}{i}', (4,), value) for part, value in zip('smvo', (1, 0.1, 0.9, 0.2))]
        nodes += [node(f'c{i}', 'Conv2D', [source, f'w{i}'], T=kind_of(FLOAT), strides=integers([1, 1, 1, 1]), padding=text('SAME')),
                  node(f'f{i}', 'FusedBatchNorm', [f'c{i}'] + [f'{part}{i}' for part in 'somv'], T=kind_of(FLOAT),
                       is_training=field(5, 0)),
                  binary(f'a{i}', 'Add', f'f{i}', source), unary(f'r{i}', 'Relu', f'a{i}')]
        source = f'r{i}'
    return b''.join(nodes) + last(source)


def dense_connections(n):
    """Operators that each read the last eight results."""
    nodes, names = [placeholder()], ['x']
    for i in range(n):
        nodes.append(add_n(f'n{i}', names[-8:]))
        names.append(f'n{i}')
    return b''.join(nodes) + last(names[-1])


def pieces(n):
    """One value cut into many, each changed, and all put together again. x is [n / 2, 4]."""
    count = max(n // 2, 1)
    nodes = [placeholder((count, 4)), node('cut', 'Unpack', ['x'], T=kind_of(FLOAT), num=integer(count), axis=integer(0))]
    nodes += [unary(f'n{i}', 'Tanh', f'cut:{i}') for i in range(count)]
    nodes.append(node('all', 'Pack', [f'n{i}' for i in range(count)], T=kind_of(FLOAT), N=integer(count), axis=integer(0)))
    return b''.join(nodes) + last('all')


def shapes(n):
    """Reshapes and transposes that cancel."""
    nodes = [placeholder((2, 4)), ints('turn', (2,), [1, 0]), ints('flat', (2,), [2, 4])]
    source = 'x'
    for i in range(n // 4):
        attrs = dict(T=kind_of(FLOAT), Tperm=kind_of(INT32))
        nodes += [node(f't{i}', 'Transpose', [source, 'turn'], **attrs), node(f'u{i}', 'Transpose', [f't{i}', 'turn'], **attrs),
                  node(f's{i}', 'Reshape', [f'u{i}', 'flat'], T=kind_of(FLOAT), Tshape=kind_of(INT32)),
                  unary(f'n{i}', 'Tanh', f's{i}')]
        source = f'n{i}'
    return b''.join(nodes) + last(source)


def control(n):
    """One operator that waits for all."""
    nodes = [placeholder()] + [unary(f'n{i}', 'Tanh', 'x') for i in range(n)]
    nodes.append(node('wait', 'NoOp', [f'^n{i}' for i in range(n)]))
    return b''.join(nodes) + node('y', 'Identity', ['x', '^wait'], T=kind_of(FLOAT))


def function(name, body, result):
    signature = (field(1, name) + field(2, field(1, 'a') + field(3, FLOAT)) + field(3, field(1, 'r') + field(3, FLOAT)))
    nodes = b''.join(field(3, each) for each in body)
    return field(1, field(1, signature) + nodes + field(4, field(1, 'r') + field(2, result)))


def call(name, of, source):
    listed = field(1, field(6, varint(FLOAT)))
    body = field(1, name) + field(2, 'PartitionedCall') + field(3, source)
    return body + attrs_of(dict(Tin=listed, Tout=listed, f=field(10, field(1, of))))


def deep_functions(n):
    """Every function calls the next."""
    depth = min(max(n // 2, 1), 60)
    library, width = [], max(n // (2 * depth), 1)
    for i in range(depth):
        body, source = [], 'a'
        for j in range(width):
            body.append(field(1, f't{j}') + field(2, 'Tanh') + field(3, source) + attrs_of(dict(T=kind_of(FLOAT))))
            source = f't{j}:y:0'
        if i + 1 < depth:
            body.append(call('next', f'f{i + 1}', source))
            source = 'next:output:0'
        library.append(function(f'f{i}', body, source))
    return placeholder() + field(1, call('called', 'f0', 'x')) + last('called') + field(2, b''.join(library))


def many_functions(n):
    """As many functions as calls, one after the other."""
    nodes, library, source = [placeholder()], [], 'x'
    for i in range(max(n // 2, 1)):
        body = [field(1, 't') + field(2, 'Tanh') + field(3, 'a') + attrs_of(dict(T=kind_of(FLOAT)))]
        library.append(function(f'f{i}', body, 't:y:0'))
        nodes.append(field(1, call(f'n{i}', f'f{i}', source)))
        source = f'n{i}'
    return b''.join(nodes) + last(source) + field(2, b''.join(library))


def one_function(n):
    """One function, called again and again."""
    body = [field(1, 't') + field(2, 'Tanh') + field(3, 'a') + attrs_of(dict(T=kind_of(FLOAT)))]
    nodes, source = [placeholder()], 'x'
    for i in range(n):
        nodes.append(field(1, call(f'n{i}', 'f', source)))
        source = f'n{i}'
    return b''.join(nodes) + last(source) + field(2, function('f', body, 't:y:0'))


def through_functions(n):
    """Calls of a function that gives back what it is given; every one's result is read."""
    nodes, source = [placeholder()], 'x'
    for i in range(n):
        nodes.append(field(1, call(f'n{i}', 'f', source)))
        source = f'n{i}'
    return b''.join(nodes) + add_n('sum', [f'n{i}' for i in range(n)]) + last('sum') + field(2, function('f', [], 'a'))


def conditions(n):
    """Ifs, each of which chooses between two functions."""
    library = [function(f'do_{op}', [field(1, 't') + field(2, op) + field(3, 'a') + attrs_of(dict(T=kind_of(FLOAT)))], 't:y:0')
               for op in ('Tanh', 'Exp')]
    listed = field(1, field(6, varint(FLOAT)))
    nodes = [placeholder(),
             node('corner', 'Slice', ['x', 'start', 'length'], T=kind_of(FLOAT), Index=kind_of(INT32)),
             ints('start', (2,), [0, 0]), ints('length', (2,), [1, 1]), ints('none', (0,), []),
             node('number', 'Reshape', ['corner', 'none'], T=kind_of(FLOAT), Tshape=kind_of(INT32))]
    source = 'x'
    for i in range(n):
        nodes.append(node(f'n{i}', 'StatelessIf', ['number', source], Tcond=kind_of(FLOAT), Tin=listed, Tout=listed,
                          then_branch=field(10, field(1, 'do_Tanh')), else_branch=field(10, field(1, 'do_Exp'))))
        source = f'n{i}'
    return b''.join(nodes) + last(source) + field(2, b''.join(library))


def filled(name, dims, value):
    """A constant that is kept as one number."""
    one = field(5, struct.pack('<f', value))
    return node(name, 'Const', dtype=kind_of(FLOAT), value=field(8, field(1, FLOAT) + field(2, shape_of(dims)) + one))


def mobile_network():
    """A network of MobileNet v1's layers for pictures of any number and size: x is of any shape, [batch, height, width, 3]."""
    nodes = [node('x', 'Placeholder', dtype=kind_of(FLOAT), shape=field(7, field(3, 1)))]
    source, channels = 'x', 3

    def layer(op, name, filter_dims, stride, source, out):
        strides = integers([1, stride, stride, 1])
        nodes.extend([filled(f'{name}/w', filter_dims, 0.01), filled(f'{name}/b', (out,), 0.1),
                      node(f'{name}/c', op, [source, f'{name}/w'], T=kind_of(FLOAT), strides=strides, padding=text('SAME')),
                      node(f'{name}/a', 'BiasAdd', [f'{name}/c', f'{name}/b'], T=kind_of(FLOAT)),
                      unary(f'{name}/r', 'Relu6', f'{name}/a')])
        return f'{name}/r'

    source = layer('Conv2D', 'first', (3, 3, 3, 32), 2, source, 32)
    channels = 32
    blocks = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + [(512, 1)] * 5 + [(1024, 2), (1024, 1)]
    for i, (out, stride) in enumerate(blocks):
        source = layer('DepthwiseConv2dNative', f'd{i}', (3, 3, channels, 1), stride, source, channels)
        source = layer('Conv2D', f'p{i}', (1, 1, channels, out), 1, source, out)
        channels = out
    nodes += [ints('plane', (2,), [1, 2]), node('mean', 'Mean', [source, 'plane'], T=kind_of(FLOAT), Tidx=kind_of(INT32)),
              filled('dense', (channels, 1000), 0.01), node('y', 'MatMul', ['mean', 'dense'], T=kind_of(FLOAT))]
    return b''.join(nodes)


KINDS = {each.__name__: each for each in (
    chain, identities, fan_out, shared_constant, shared_weights, folded, folded_chain, convolutions, dense_connections, pieces,
    shapes, control, deep_functions, many_functions, one_function, through_functions, conditions)}
