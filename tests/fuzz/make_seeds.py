"""Writes seeds/graphdef/ and seeds/run/: small graphs, each with the one defect that its name tells; and seeds/wire/, bytes by
hand. Needs TensorFlow's protobuf classes.

  python tests/fuzz/make_seeds.py
"""
import os

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
from tensorflow.core.framework import graph_pb2  # noqa: E402

FLOAT, INT32, STRING, INT64 = 1, 3, 7, 9
SEEDS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'seeds')


class Graph:
    def __init__(self):
        self.proto = graph_pb2.GraphDef()
        self.proto.versions.producer = 1000

    def node(self, name, op, *inputs, **types):
        node = self.proto.node.add(name=name, op=op, input=inputs)
        for key, value in types.items():
            node.attr[key].type = value
        return node

    def const(self, name, dtype, dims, values=(), content=None):
        node = self.node(name, 'Const', dtype=dtype)
        tensor = node.attr['value'].tensor
        tensor.dtype = dtype
        tensor.tensor_shape.SetInParent()
        for size in dims:
            tensor.tensor_shape.dim.add().size = size
        field = {FLOAT: 'float_val', INT32: 'int_val', INT64: 'int64_val', STRING: 'string_val'}[dtype]
        getattr(tensor, field).extend(values)
        if content is not None:
            tensor.tensor_content = content
        return node

    def placeholder(self, name, dtype, dims):
        node = self.node(name, 'Placeholder', dtype=dtype)
        node.attr['shape'].shape.SetInParent()
        for size in dims:
            node.attr['shape'].shape.dim.add().size = size

    def bytes(self):
        return self.proto.SerializeToString(deterministic=True)


def seeds():
    def graph(build):
        g = Graph()
        build(g)
        return g.bytes()

    def relu(g):
        g.placeholder('x', FLOAT, [2, 3])
        g.node('y', 'Relu', 'x', T=FLOAT)

    good = graph(relu)
    yield 'good', good
    yield 'empty', b''
    yield 'cut_in_a_node', good[:len(good) // 2]
    yield 'endless_varint', b'\x0a' + b'\xff' * 20
    yield 'length_past_the_end', b'\x0a\x7f\x0a\x01x'
    yield 'groups_in_groups', b'\x0b' * 2000
    yield 'field_zero', b'\x02\x01x' + good

    def self_loop(g):
        g.node('x', 'Identity', 'x', T=FLOAT)
    yield 'self_loop', graph(self_loop)

    def cycle(g):
        for name, before in (('a', 'c'), ('b', 'a'), ('c', 'b')):
            g.node(name, 'Identity', before, T=FLOAT)
    yield 'cycle', graph(cycle)

    def control_cycle(g):
        g.node('a', 'NoOp', '^b')
        g.node('b', 'NoOp', '^a')
    yield 'control_cycle', graph(control_cycle)

    def dangling(g):
        g.node('y', 'Relu', 'nobody', T=FLOAT)
    yield 'dangling_input', graph(dangling)

    def slot(g):
        g.placeholder('x', FLOAT, [2])
        g.node('y', 'Relu', 'x:2147483647', T=FLOAT)
        g.node('z', 'Relu', 'x:-1', T=FLOAT)
    yield 'output_that_cannot_exist', graph(slot)

    def twice(g):
        g.placeholder('x', FLOAT, [2])
        g.placeholder('x', FLOAT, [3])
    yield 'name_twice', graph(twice)

    def splat(g):
        g.const('x', FLOAT, [1 << 30], [1.0])
        g.node('y', 'Relu', 'x', T=FLOAT)
    yield 'splat_of_4_gib', graph(splat)

    def wraps(g):
        g.const('x', FLOAT, [1 << 32, 1 << 32, 1 << 10], [1.0])
        g.node('y', 'Relu', 'x', T=FLOAT)
    yield 'shape_that_wraps', graph(wraps)

    def negative(g):
        g.const('x', FLOAT, [-5, 3], [1.0])
        g.node('y', 'Relu', 'x', T=FLOAT)
    yield 'negative_size', graph(negative)

    def many_dims(g):
        g.const('x', FLOAT, [1] * 300, [1.0])
        g.node('y', 'Relu', 'x', T=FLOAT)
    yield 'rank_300', graph(many_dims)

    def fill(g):
        g.const('dims', INT64, [2], [1 << 31, 1 << 31])
        g.const('value', FLOAT, [], [1.0])
        node = g.node('y', 'Fill', 'dims', 'value', T=FLOAT)
        node.attr['index_type'].type = INT64
    yield 'fill_of_2_to_62', graph(fill)

    def tile(g):
        g.const('x', FLOAT, [8], [1.0])
        g.const('multiples', INT64, [1], [(1 << 62) - 1])
        node = g.node('y', 'Tile', 'x', 'multiples', T=FLOAT)
        node.attr['Tmultiples'].type = INT64
    yield 'tile_that_wraps', graph(tile)

    def doubling(g):
        g.const('x0', STRING, [1], [b'x' * 64])
        for i in range(40):
            node = g.node(f'x{i + 1}', 'StringJoin', f'x{i}', f'x{i}')
            node.attr['N'].i = 2
    yield 'string_that_doubles_40_times', graph(doubling)

    def growing(g):
        g.const('axis', INT32, [], [0])
        g.const('x0', FLOAT, [64], [1.0])
        for i in range(40):
            node = g.node(f'x{i + 1}', 'ConcatV2', f'x{i}', f'x{i}', 'axis', T=FLOAT)
            node.attr['N'].i = 2
            node.attr['Tidx'].type = INT32
    yield 'tensor_that_doubles_40_times', graph(growing)

    def reshape(g):
        g.placeholder('x', FLOAT, [2, 3])
        g.const('shape', INT64, [2], [-9223372036854775808, 9223372036854775807])
        node = g.node('y', 'Reshape', 'x', 'shape', T=FLOAT)
        node.attr['Tshape'].type = INT64
    yield 'reshape_to_the_largest_numbers', graph(reshape)

    def long_chain(g):
        g.placeholder('x0', FLOAT, [2])
        for i in range(1000):
            g.node(f'x{i + 1}', 'Relu', f'x{i}', T=FLOAT)
    yield 'chain_of_1000', graph(long_chain)

    def unknown(g):
        g.placeholder('x', FLOAT, [2])
        g.node('y', 'NoSuchOperator', 'x', T=FLOAT)
    yield 'unknown_operator', graph(unknown)

    def recursion(g):
        for name, other in (('f', 'g'), ('g', 'f')):
            function = g.proto.library.function.add()
            function.signature.name = name
            function.signature.input_arg.add(name='x', type=FLOAT)
            function.signature.output_arg.add(name='y', type=FLOAT)
            function.node_def.add(name='call', op=other, input=['x'])
            function.node_def.add(name='call2', op=other, input=['call:y:0'])
            function.ret['y'] = 'call2:y:0'
        g.placeholder('x', FLOAT, [2])
        g.node('y', 'f', 'x')
    yield 'functions_that_call_each_other', graph(recursion)

    def nested_loop(g):
        g.placeholder('x', FLOAT, [2])
        enter = g.node('enter', 'Enter', 'x', T=FLOAT)
        enter.attr['frame_name'].s = b'loop'
        g.node('merge', 'Merge', 'enter', 'next', T=FLOAT).attr['N'].i = 2
        g.node('next', 'NextIteration', 'merge', T=FLOAT)
        g.node('exit', 'Exit', 'merge', T=FLOAT)
    yield 'loop_without_end', graph(nested_loop)


def wire_seeds():
    """Every wire type, whole and broken."""
    yield 'every_type', b'\x08\x96\x01' + b'\x11' + b'12345678' + b'\x1a\x03abc' + b'\x23\x08\x01\x24' + b'\x2d1234'
    yield 'message_in_message', b'\x0a\x06\x0a\x04\x0a\x02\x08\x01'
    yield 'largest_number', b'\x08' + b'\xff' * 9 + b'\x01'
    yield 'number_of_65_bits', b'\x08' + b'\xff' * 9 + b'\x02'
    yield 'field_0', b'\x02\x01x'
    yield 'largest_field', b'\xf8\xff\xff\xff\x0f\x01'
    yield 'field_too_large', b'\x80\x80\x80\x80\x10\x01'
    yield 'wire_type_7', b'\x0f'
    yield 'groups_100_deep', b'\x0b' * 100 + b'\x0c' * 100
    yield 'groups_101_deep', b'\x0b' * 101 + b'\x0c' * 101
    yield 'group_ends_as_another', b'\x0b\x14'
    yield 'length_of_2_to_64', b'\x0a' + b'\xff' * 9 + b'\x01' + b'abc'


def write(folder, name, data):
    os.makedirs(os.path.join(SEEDS, folder), exist_ok=True)
    with open(os.path.join(SEEDS, folder, name), 'wb') as file:
        file.write(data)


def main():
    for name, data in seeds():
        write('graphdef', name + '.pb', data)
        write('run', name + '.pb', data)
    for name, data in wire_seeds():
        write('wire', name, data)


if __name__ == '__main__':
    main()
