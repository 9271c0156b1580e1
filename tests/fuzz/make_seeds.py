"""Writes the seeds that are made rather than found: graphdef/ and run/, small graphs, each with the one defect that its name
tells; saved_model/, checkpoint/, package/, records/ and text/, the same of other formats; wire/ and structured/, bytes by hand. Needs
TensorFlow's protobuf classes.

  python tests/fuzz/make_seeds.py
"""
import os

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import gzip  # noqa: E402
import random  # noqa: E402
import struct  # noqa: E402
import zlib  # noqa: E402

from google.protobuf import text_format  # noqa: E402
from tensorflow.core.framework import graph_pb2  # noqa: E402
from tensorflow.core.protobuf import saved_model_pb2  # noqa: E402
from tensorflow.core.util import memmapped_file_system_pb2  # noqa: E402

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


def saved_model(*tag_sets):
    model = saved_model_pb2.SavedModel(saved_model_schema_version=1)
    for tags in tag_sets:
        meta = model.meta_graphs.add()
        meta.meta_info_def.tags.extend(tags)
        meta.meta_info_def.tensorflow_version = '2.21'
        meta.graph_def.node.add(name='x', op='Placeholder').attr['dtype'].type = FLOAT
        meta.graph_def.versions.producer = 1000
        signature = meta.signature_def['serving_default']
        signature.inputs['x'].name = 'x:0'
        signature.inputs['x'].dtype = FLOAT
        signature.outputs['y'].name = 'x:0'
        signature.method_name = 'tensorflow/serving/predict'
        meta.saver_def.restore_op_name = 'save/restore_all'
        meta.collection_def['saved_model_main_op'].node_list.value.append('x')
    return model


def saved_model_protos():
    yield 'good', saved_model(['serve'])
    yield 'three_graphs', saved_model(['serve'], ['serve', 'gpu'], [])
    yield 'two_graphs_with_the_same_tags', saved_model(['serve'], ['serve'])
    yield 'no_graph', saved_model()
    later = saved_model(['serve'])
    later.saved_model_schema_version = 2
    yield 'schema_2', later
    several = saved_model(['serve'])
    inputs = several.meta_graphs[0].signature_def['serving_default'].inputs
    inputs['sparse'].coo_sparse.values_tensor_name = 'v:0'
    for name in ('flat', 'splits'):
        inputs['ragged'].composite_tensor.components.add(name=name + ':0', dtype=INT64)
    yield 'sparse_and_ragged_inputs', several
    bomb = saved_model(['serve'])
    value = bomb.meta_graphs[0].signature_def['serving_default'].defaults['x']
    value.dtype = FLOAT
    value.tensor_shape.dim.add().size = 1 << 40
    value.float_val.append(1)
    yield 'default_of_4_tib', bomb
    outside = saved_model(['serve'])
    asset = outside.meta_graphs[0].asset_file_def.add(filename='../../secret')
    asset.tensor_info.name = 'words:0'
    yield 'asset_outside', outside
    objects = saved_model(['serve'])
    for i in range(50):
        node = objects.meta_graphs[0].object_graph_def.nodes.add()
        node.children.add(node_id=(i + 1) % 50, local_name='next')
        node.children.add(node_id=i - 5, local_name='back')
        node.variable.dtype = FLOAT
    yield 'objects_in_a_ring', objects
    twice = saved_model(['serve'])
    twice.meta_graphs[0].collection_def['saved_model_main_op'].node_list.value.append('second')
    yield 'two_main_ops', twice


def checkpoint(index, data=b''):
    return struct.pack('<I', len(index)) + index + data


def checkpoint_seeds():
    formats = os.path.join(os.path.dirname(SEEDS), '..', 'formats', 'data')

    def read(*path):
        with open(os.path.join(formats, *path), 'rb') as file:
            return file.read()
    for folder in ('partitioned', 'objects', 'every_dtype'):
        stem = 'model-1' if folder == 'objects' else 'model'
        index, data = read(folder, stem + '.index'), read(folder, stem + '.data-00000-of-00001')
        yield folder, checkpoint(index, data)
        yield folder + '_cut', checkpoint(index, data[:len(data) // 2])
    yield 'version_1', checkpoint(read('version1', 'model'))
    yield 'index_cut', checkpoint(read('partitioned', 'model.index')[:-20])
    yield 'state', checkpoint(b'model_checkpoint_path: "model-2"\nall_model_checkpoint_paths: "../model-1"\n')
    yield 'empty', checkpoint(b'')


def package(regions, elements, trailer=None):
    directory = memmapped_file_system_pb2.MemmappedFileSystemDirectory()
    for name, offset, length in elements:
        directory.element.add(name='memmapped_package://' + name, offset=offset, length=length)
    return regions + directory.SerializeToString() + struct.pack('<Q', len(regions) if trailer is None else trailer)


def package_seeds():
    g = Graph()
    node = g.node('w', 'ImmutableConst', dtype=FLOAT)
    node.attr['shape'].shape.dim.add().size = 2
    node.attr['memory_region_name'].s = b'memmapped_package://w'
    graph = g.bytes()
    regions = struct.pack('<ff', 1, 2) + bytes(56) + graph
    whole = [('w', 0, 8), ('.', 64, len(graph))]
    yield 'good', package(regions, whole)
    yield 'without_lengths', package(regions, [(name, offset, 0) for name, offset, _ in whole])
    yield 'offsets_that_fall', package(regions, whole[::-1])
    yield 'region_into_the_next', package(regions, [('w', 0, 65), whole[1]])
    yield 'next_behind_the_end', package(regions, [('w', 0, 0), ('.', 1 << 40, 0)])
    yield 'name_twice', package(regions, [('w', 0, 4), ('w', 4, 4), whole[1]])
    yield 'no_graph', package(regions, whole[:1])
    yield 'path_as_a_name', package(regions, [('../../etc/passwd', 0, 8), whole[1]])
    yield 'directory_behind_the_end', package(regions, whole, 1 << 40)
    node.attr['shape'].shape.dim[0].size = 1 << 62
    larger = g.bytes()
    yield 'constant_larger_than_its_region', package(regions[:64] + larger, [('w', 0, 8), ('.', 64, len(larger))])


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def pack(parts):
    """A pack of these regions, (name, content) in their order; that of the checksums is filled in."""
    sums_size = 24 + 12 * (len(parts) - 1) + 4
    data, elements, entries = b'', [], []
    for name, content in parts:
        if name != '.':
            data += bytes(-len(data) % 64)
        content = bytes(sums_size) if name == 'rivulet/checksums' else content
        elements.append((name, len(data), len(content)))
        if name != 'rivulet/checksums':
            entries.append(struct.pack('<QI', len(content), crc32c(content)))
        data += content
    whole = package(data, elements)
    directory = whole[len(data):-8]
    sums = b'RVCS' + struct.pack('<IQII', 1, len(directory), crc32c(directory), len(entries)) + b''.join(entries)
    sums += struct.pack('<I', crc32c(sums))
    at, = (offset for name, offset, _ in elements if name == 'rivulet/checksums')
    return whole[:at] + sums + whole[at + len(sums):]


def pack_seeds():
    g = Graph()
    node = g.node('w', 'ImmutableConst', dtype=FLOAT)
    node.attr['shape'].shape.dim.add().size = 2
    node.attr['memory_region_name'].s = b'memmapped_package://w'
    parts = [('rivulet/signature', b'\x89RVLT\r\n\x1a\n'), ('w', struct.pack('<ff', 1, 2)),
             ('rivulet/packed/w/0123456789abcdef', struct.pack('<16f', 1, 2, *[0] * 14)),
             ('rivulet/metadata', b'{"rivulet_pack": 1, "labels": ["a"]}'), ('rivulet/checksums', b''), ('.', g.bytes())]
    whole = pack(parts)
    yield 'pack', whole
    yield 'pack_cut', whole[:-20]
    yield 'pack_with_other_weights', whole.replace(struct.pack('<ff', 1, 2), struct.pack('<ff', 1, 3), 1)
    yield 'pack_without_signature', pack(parts[1:])
    yield 'pack_without_metadata', pack(parts[:3] + parts[4:])


def structured_seeds():
    """Bytes that build graphs of every kind; what they build is told by fuzz_structured.cc."""
    for seed in range(8):
        yield f'drawn_{seed}', random.Random(seed).randbytes(200)
    yield 'nothing', b''
    yield 'branches', bytes([0, 1, 2, 3, 4, 5, 6, 7, 1, 1] + [8, 3] * 30 + [0, 40, 41, 2] * 8)


def text_seeds():
    model = saved_model(['serve'])
    yield 'saved_model.pbtxt', text_format.MessageToString(model).encode()
    yield 'meta_graph.pbtxt', text_format.MessageToString(model.meta_graphs[0]).encode()
    yield 'checkpoint_state', b'model_checkpoint_path: "m"\nall_model_checkpoint_timestamps: 1.5e9\n'
    yield 'opaque_lists', b'node { name: "n" experimental_debug_info { a: [1, "x", { b: <> }] [t.co/x]: { c: inf } } }'


def write(folder, name, data):
    os.makedirs(os.path.join(SEEDS, folder), exist_ok=True)
    with open(os.path.join(SEEDS, folder, name), 'wb') as file:
        file.write(data)


def masked_crc(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def tf_record(data, length=None):
    head = struct.pack('<Q', len(data) if length is None else length)
    return head + struct.pack('<I', masked_crc(head)) + data + struct.pack('<I', masked_crc(data))


def record_seeds():
    """Eight bytes of how the file is read (fuzz_records.cc), then the file."""
    def form(kind, compression=0, lines=0, header=0, record=1, footer=0, hop=0):
        return bytes([kind, compression, lines, header, record - 1, footer, hop, 0])
    whole, identity, lines, fixed, records = range(5)
    three = tf_record(b'') + tf_record(b'one') + tf_record(bytes(range(200)))
    text = b'head\r\n\na\rb\r\nlast'
    yield 'whole', form(whole) + text
    yield 'identity', form(identity)
    yield 'lines', form(lines, lines=1) + text
    yield 'lines_fewer_than_the_header', form(lines, lines=9) + text
    yield 'lines_then_a_header_beyond_the_end', form(lines, lines=4, header=250) + text
    yield 'fixed', form(fixed, header=2, record=3, footer=1) + b'..abcdefghi!'
    yield 'fixed_header_beyond_the_end', form(fixed, header=20, record=3) + b'short'
    yield 'fixed_hops_over', form(fixed, record=2, hop=5) + b'ab...cd...e'
    yield 'fixed_hops_back', form(fixed, record=4, hop=1) + b'abcdef'
    yield 'records', form(records) + three
    yield 'records_cut', form(records) + three[:-1]
    yield 'records_cut_length', form(records) + tf_record(b'one') + b'\x01\0\0'
    yield 'records_damaged', form(records) + three[:20] + b'?' + three[21:]
    yield 'records_longer_than_all', form(records) + tf_record(b'one', length=2**63 + 5)
    yield 'records_length_of_all_ones', form(records) + tf_record(b'one', length=2**64 - 1)
    yield 'zlib', form(records, compression=1) + zlib.compress(three)
    yield 'zlib_cut', form(lines, compression=1) + zlib.compress(text * 20)[:-9]
    yield 'gzip', form(records, compression=3) + gzip.compress(three, mtime=0)
    yield 'gzip_of_two', form(lines, compression=3) + gzip.compress(text, mtime=0) + gzip.compress(b'more', mtime=0)
    yield 'gzip_becomes_large', form(fixed, compression=3, record=256) + gzip.compress(bytes(1 << 24), mtime=0)
    yield 'no_gzip', form(records, compression=3) + three


def main():
    for name, data in seeds():
        write('graphdef', name + '.pb', data)
        write('run', name + '.pb', data)
    for folder, made in (('wire', wire_seeds()), ('checkpoint', checkpoint_seeds()), ('package', package_seeds()), ('package', pack_seeds()),
                         ('records', record_seeds()),
                         ('structured', structured_seeds()), ('text', text_seeds())):
        for name, data in made:
            write(folder, name, data)
    for name, proto in saved_model_protos():
        write('saved_model', name, proto.SerializeToString(deterministic=True))


if __name__ == '__main__':
    main()
