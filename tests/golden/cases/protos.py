"""Fields of protobuf messages as tensors and back: every type of field, by described types and known ones."""
import struct

from google.protobuf import descriptor_pb2

from cases_dsl import *

TYPES = dict(double=1, float=2, int64=3, uint64=4, int32=5, fixed64=6, fixed32=7, bool=8, string=9, bytes=12, uint32=13, sfixed32=15,
             sfixed64=16, sint32=17, sint64=18)
DTYPES = dict(double=['float64'], float=['float32', 'float64'], int64=['int64'], uint64=['uint64'], int32=['int32', 'int64'], fixed64=['uint64'],
              fixed32=['uint32', 'uint64'], bool=['bool'], string=['string'], bytes=['string'], uint32=['uint32', 'uint64'], sfixed32=['int32', 'int64'],
              sfixed64=['int64'], sint32=['int32', 'int64'], sint64=['int64'])
DEFAULTS = dict(double='2.5', float='-inf', int64='-9223372036854775808', uint64='18446744073709551615', int32='-7', fixed64='5', fixed32='4294967295', bool='true',
                string='say "hi"', bytes='\\001\\000\\xffx', uint32='4000000000', sfixed32='-1', sfixed64='-2', sint32='-3', sint64='-4')
FIXED = dict(double='<d', float='<f', fixed64='<Q', fixed32='<I', sfixed32='<i', sfixed64='<q')


def described():
    """Message p.M has o_T, r_T, p_T: optional, repeated, packed of each type T; p.T the same of proto3."""
    files = descriptor_pb2.FileDescriptorSet()
    old = files.file.add(name='a.proto', package='p', syntax='proto2')
    m = old.message_type.add(name='M')
    for i, (name, kind) in enumerate(TYPES.items()):
        m.field.add(name='o_' + name, number=i + 1, type=kind, label=1, default_value=DEFAULTS[name])
        m.field.add(name='r_' + name, number=i + 21, type=kind, label=3)
        if name not in ('string', 'bytes'):
            m.field.add(name='p_' + name, number=i + 41, type=kind, label=3).options.packed = True
    group = m.nested_type.add(name='Group')
    group.field.add(name='x', number=1, type=5, label=1)
    m.field.add(name='group', number=61, type=10, label=1, type_name='.p.M.Group')
    m.field.add(name='groups', number=64, type=10, label=3, type_name='.p.M.Group')
    enum = m.enum_type.add(name='E')
    enum.value.add(name='A', number=3)
    enum.value.add(name='B', number=-1)
    m.field.add(name='e', number=62, type=14, label=1, type_name='.p.M.E', default_value='B')
    m.field.add(name='es', number=65, type=14, label=3, type_name='.p.M.E')
    m.field.add(name='sub', number=63, type=11, label=3, type_name='.p.M')
    m.field.add(name='one', number=2000, type=11, label=1, type_name='M')
    m.oneof_decl.add(name='choice')
    m.field.add(name='c_int', number=70, type=5, label=1, oneof_index=0)
    m.field.add(name='c_text', number=71, type=9, label=1, oneof_index=0)
    m.field.add(name='c_sub', number=72, type=11, label=1, oneof_index=0, type_name='.p.M')
    m.extension_range.add(start=100, end=200)
    old.extension.add(name='more', extendee='.p.M', number=100, type=5, label=3)
    need = old.message_type.add(name='Need')
    need.field.add(name='must', number=1, type=5, label=2)
    need.field.add(name='may', number=2, type=11, label=1, type_name='.p.Need')
    new = files.file.add(name='b.proto', package='p', syntax='proto3')
    t = new.message_type.add(name='T')
    for i, (name, kind) in enumerate(TYPES.items()):
        t.field.add(name='o_' + name, number=i + 1, type=kind, label=1)
        t.field.add(name='r_' + name, number=i + 21, type=kind, label=3)
    t.oneof_decl.add(name='_may')
    t.field.add(name='may', number=60, type=5, label=1, proto3_optional=True, oneof_index=0)
    entry = t.nested_type.add(name='MapEntry')
    entry.options.map_entry = True
    entry.field.add(name='key', number=1, type=9, label=1)
    entry.field.add(name='value', number=2, type=5, label=1)
    t.field.add(name='map', number=61, type=11, label=3, type_name='.p.T.MapEntry')
    enum = new.enum_type.add(name='E')
    enum.value.add(name='ZERO', number=0)
    enum.value.add(name='ONE', number=1)
    t.field.add(name='e', number=62, type=14, label=1, type_name='.p.E')
    return files


FILES = described()


def source(files):
    return b'bytes://' + files.SerializeToString(deterministic=True)


SOURCE = source(FILES)
NUMBERS = {f.name: f.number for f in list(FILES.file[0].message_type[0].field) + list(FILES.file[1].message_type[0].field)}


def varint(value):
    value &= 2**64 - 1
    out = b''
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def tag(number, wire):
    return varint((number if isinstance(number, int) else NUMBERS[number]) << 3 | wire)


def lengthy(number, data):
    return tag(number, 2) + varint(len(data)) + data


def number(kind, value):
    if kind in FIXED:
        return struct.pack(FIXED[kind], value)
    if kind == 'sint32':
        return varint((value << 1 ^ value >> 31) & 2**32 - 1)
    if kind == 'sint64':
        return varint(value << 1 ^ value >> 63)
    return varint(value)


def wire_of(kind):
    return 2 if kind in ('string', 'bytes') else 1 if kind in ('double', 'fixed64', 'sfixed64') else 5 if kind in FIXED else 0


def put(name, kind, values):
    """Each with its tag."""
    if wire_of(kind) == 2:
        return b''.join(lengthy(name, v) for v in values)
    return b''.join(tag(name, wire_of(kind)) + number(kind, v) for v in values)


def packed(name, kind, values):
    return lengthy(name, b''.join(number(kind, v) for v in values))


def values_of(kind):
    return dict(double=[1.5, -0.0, 1e300], float=[1.5, float('inf'), -2.25], bool=[1, 0, 1], string=[b'abc', b'', 'ü'.encode()], bytes=[b'\xff\x00', b'', b'z'],
                uint64=[2**64 - 1, 0, 300], fixed64=[2**64 - 1, 0, 300], uint32=[2**32 - 1, 0, 300], fixed32=[2**32 - 1, 0, 300]).get(
                    kind, [-5, 2**31 - 1, -2**31] if kind.endswith('32') else [-5, 2**63 - 1, -2**63])


def decode(messages, names, types, message='p.M', src=SOURCE, **more):
    attrs = {k: more.pop(k) for k in ('message_format', 'sanitize') if k in more}
    value = messages if not isinstance(messages, list) else text(messages, (len(messages),))
    return Case('DecodeProtoV2', [value], dict(message_type=message, field_names=names, output_types=types, descriptor_source=src, **attrs), **more)


def encode(sizes, values, names, message='p.M', src=SOURCE, **more):
    return Case('EncodeProto', [i32(sizes) if isinstance(sizes, list) else sizes, values], dict(message_type=message, field_names=names, descriptor_source=src), **more)


def decoded():
    for kind in TYPES:
        v = values_of(kind)
        for dtype in DTYPES[kind]:
            names, types = [f'o_{kind}', f'r_{kind}'], [dtype, dtype]
            messages = [put(names[0], kind, v[:1]) + put(names[1], kind, v), b'', put(names[0], kind, v)]
            if wire_of(kind) != 2:
                names, types = names + [f'p_{kind}'], types + [dtype]
                messages.append(packed(names[1], kind, v[:2]) + packed(names[2], kind, v) + put(names[2], kind, v[:1]))
            yield decode(messages, names, types, name=f'DecodeProtoV2 {kind} {dtype}')
            yield decode(messages, names, types, name=f'DecodeProtoV2 {kind} {dtype} sanitize', sanitize=True)
            yield decode([put(f'o_{kind}', kind, [v[0]]) + put(f'r_{kind}', kind, v), put(f'o_{kind}', kind, [0 if wire_of(kind) != 2 else b'']), b''], [f'r_{kind}', f'o_{kind}'],
                         [dtype, dtype], 'p.T', name=f'DecodeProtoV2 {kind} {dtype} proto3', sanitize=True)
    inner = put('o_int32', 'int32', [4])
    group = tag('group', 3) + inner + tag('group', 4)
    groups = tag('groups', 3) + b'\x08\x07' + tag('groups', 4)
    for sanitize in (False, True):
        def case(messages, names, types, name, **more):
            return decode(messages, names, types, name=f'DecodeProtoV2 {name}{" sanitize" * sanitize}', sanitize=sanitize, **more)
        yield case([lengthy('sub', inner) + lengthy('sub', b'') + lengthy('one', inner), b''], ['sub', 'one'], ['string', 'string'], 'messages')
        yield case([lengthy('one', inner) + lengthy('one', put('o_int64', 'int64', [9]) + put('o_int32', 'int32', [5]))], ['one'], ['string'], 'a message in two parts')
        yield case([group + groups + groups, group + group], ['group', 'groups'], ['string', 'string'], 'groups')
        yield case([tag('e', 0) + varint(3) + tag('es', 0) + varint(-1) + tag('es', 0) + varint(77), tag('e', 0) + varint(77), b''], ['e', 'es'], ['int32', 'int32'], 'enums')
        yield case([put(100, 'int32', [1, 2])], ['p.more'], ['int32'], 'extension')
        yield case([put(3000, 'int32', [1]) + lengthy(3001, b'x') + put(3002, 'fixed64', [1]) + put(3003, 'float', [1.0]) + inner + tag(3004, 3) + b'\x08\x01' + tag(3004, 4)], ['o_int32'], ['int32'], 'unknown fields')
        yield case([lengthy('one', put(3000, 'int32', [300]) + lengthy(3001, b'x') + put(3002, 'fixed64', [1]) + put('o_int32', 'int32', [-1]) + put(3003, 'float', [1.0]) + tag(3004, 3) + b'\x08\x01' + tag(3004, 4))],
                   ['one'], ['string'], 'unknown fields inside')
        yield case([put('c_int', 'int32', [1]) + put('c_text', 'string', [b'x']), put('c_text', 'string', [b'x']) + put('c_int', 'int32', [0])], ['c_int', 'c_text'], ['int32', 'string'], 'oneof')
        yield case([put('o_string', 'string', [b'\xff'])], ['o_string'], ['string'], 'no UTF-8')
        yield case([put('o_string', 'string', [b'\xff'])], ['o_string'], ['string'], 'no UTF-8, proto3', message='p.T', error=sanitize)
        yield case([put('may', 'int32', [0]), b''], ['may'], ['int32'], 'optional of proto3', message='p.T')
        yield case([lengthy('map', b'\x0a\x01a\x10\x05') + lengthy('map', b'')], ['map'], ['string'], 'map', message='p.T')
        yield case([put(62, 'int32', [1]), put(62, 'int32', [9])], ['e'], ['int32'], 'open enum', message='p.T')
        yield case([put('o_int32', 'uint32', [5]), put(1, 'int32', [5])], ['must'], ['int32'], 'required', message='p.Need', error=sanitize)
        yield case([put(1, 'int32', [5]) + lengthy(2, b'')], ['must'], ['int32'], 'required inside', message='p.Need', error=sanitize)
        yield case([packed('o_int32', 'int32', [6, 7]), packed('o_int32', 'int32', [])], ['o_int32'], ['int32'], 'packed list of a single field')
        yield case([lengthy('one', packed('r_int32', 'int32', [6, -7]) + put('p_sint64', 'sint64', [1, -1]))], ['one'], ['string'], 'lists inside')
        yield case([tag('o_int32', 5) + b'abcd', tag('o_string', 0) + b'\x05' + inner], ['o_int32', 'o_string'], ['int32', 'string'], 'wrong wire type')
        for bad, what in ((tag('o_int32', 0), 'no value'), (b'\x00', 'tag 0'), (tag('o_int32', 4), 'end of no group'), (b'\x0f', 'wire type 7'), (tag('o_int32', 0) + b'\xff' * 10 + b'\x01', 'long varint'),
                          (lengthy('o_string', b'abc')[:-1], 'text cut'), (lengthy('p_int32', b'\x80'), 'packed cut'), (lengthy('p_float', b'abc'), 'packed fixed cut'), (tag('group', 3) + b'\x08\x01', 'open group'),
                          (tag('group', 3) + tag(5, 4), 'other end of group'), (tag(3000, 2) + b'\x05ab', 'unknown cut')):
            yield case([b'', bad], ['o_int32', 'o_string', 'p_int32', 'p_float', 'group'], ['int32', 'string', 'int32', 'float32', 'string'], what, error=True)
    yield decode(text([[inner], [b'']]), ['o_int32'], ['int32'], name='DecodeProtoV2 matrix')
    yield decode(text(inner), ['o_int32', 'r_int32'], ['int32', 'int64'], name='DecodeProtoV2 scalar')
    yield decode(fed(text([inner, b''])), ['r_int32', 'o_int32'], ['int32', 'int64'], name='DecodeProtoV2 unknown shape')
    yield decode([inner], ['o_int32', 'o_int32'], ['int32', 'int64'], name='DecodeProtoV2 a field twice')
    yield decode(text([], (0,)), ['o_int32'], ['int32'], name='DecodeProtoV2 no message', error=True)


def texts():
    def case(written, names, types, name, **more):
        return decode([written.encode()], names, types, name=f'DecodeProtoV2 text {name}', message_format='text', **more)
    for kind, written in dict(double='-1.5e3', float='.5f', int64='-0x10', uint64='017', int32='-2147483648', fixed64='18446744073709551615', fixed32='0', bool='t', string='"a\\n\\x41" \'\\101"\'',
                              bytes='"\\377\\u00fc\\U0001F600"', uint32='4294967295', sfixed32='-1', sfixed64='9223372036854775807', sint32='-5', sint64='-9223372036854775808').items():
        yield case(f'o_{kind}: {written} r_{kind}: {written}, r_{kind}: [{written}, {written}];', [f'o_{kind}', f'r_{kind}'], [DTYPES[kind][0]] * 2, kind)
    yield case('r_double: [inf, -inf, nan, Infinity, 1, 1e400, -0, 5F, 1.] r_float: [3.4028236e38, 1e39, -1e39, 1e-50, 0.1]', ['r_double', 'r_float'], ['float64', 'float32'], 'reals')
    yield case('r_bool: [true, false, True, False, t, f, 0, 1]', ['r_bool'], ['bool'], 'bools')
    yield case('# words\n sub { o_int32: -3 sub < o_bool: true > } sub: { } Group { x: 1 } groups { x: 2 } groups: [{ x: 3 }]', ['sub', 'group', 'groups'], ['string'] * 3, 'messages')
    yield case('e: A es: [A, B, -1, 3]', ['e', 'es'], ['int32', 'int32'], 'enums')
    yield case('e: 7', ['e'], ['int32'], 'open enum', message='p.T')
    yield case('map { key: "a" value: 1 }', ['map'], ['string'], 'map', message='p.T')
    yield case('[p.more]: 5 [p.more]: [6, 7]', ['p.more'], ['int32'], 'extension')
    yield case('', ['o_int32'], ['int32'], 'nothing')
    yield case('o_int32: 0 r_int32: [] may: 0', ['o_int32', 'r_int32', 'may'], ['int32', 'int32', 'int32'], 'zeros of proto3', message='p.T')
    yield case('must: 1 may { must: 2 }', ['may'], ['string'], 'required', message='p.Need')
    yield case('group { x: 1 }', ['group'], ['string'], 'group by the name of its field')
    for bad in ('e: 7', 'GROUP {}', 'Groups {}', 'e: C', 'x: 1', 'o_int32: 2147483648', 'o_int32: 1.5', 'o_uint32: -1', 'o_int32: 1 o_int32: 2', 'o_int32 1', 'o_int32: "1"', 'o_string: 1', 'o_string: "a', 'o_string: "\\q"', 'sub {', 'sub }', 'sub {o_int32: 1>',
                'o_bool: 2', 'o_bool: yes', 'c_int: 1 c_text: "x"', 'r_int32: [1', 'r_int32: [1 2]', 'o_int32: [1]', '[p.less]: 1', 'one {} one {}', 'o_double: 0x10', 'o_float: x', 'o_int32: 08', '!', 'o_int32:', 'o_string: "a\nb"'):
        yield case(bad, ['o_int32'], ['int32'], repr(bad), error=True)
    yield case('may { must: 2 }', ['may'], ['string'], 'required is missing', message='p.Need', error=True)


def encoded():
    for kind in TYPES:
        v = values_of(kind)
        for dtype in DTYPES[kind]:
            values = lit(dtype, [v, v[::-1]], (2, 3))
            yield encode([[2, 0, 3][:2 + (wire_of(kind) != 2)], [3, 1, 1][:2 + (wire_of(kind) != 2)]], [values] * (2 + (wire_of(kind) != 2)), [f'r_{kind}', f'o_{kind}', f'p_{kind}'][:2 + (wire_of(kind) != 2)],
                         name=f'EncodeProto {kind} {dtype}')
            yield encode([[3, 1], [0, 0]], [values, values], [f'r_{kind}', f'o_{kind}'], 'p.T', name=f'EncodeProto {kind} {dtype} proto3')
    for wide, narrow in (('int64', 'int32'), ('int64', 'sint32'), ('int64', 'sfixed32'), ('uint64', 'uint32'), ('uint64', 'fixed32')):
        yield encode([[2]], [lit(wide, [[2**33 + 5, 2**32 - 1]])], [f'p_{narrow}'], name=f'EncodeProto {narrow} too large')
    yield encode([[1, 2, 1]], [text([[b'\x08\x07']]), text([[b'a', b'\xff']]), text([[b'not a message']])], ['group', 'sub', 'one'], name='EncodeProto messages')
    yield encode([[1, 2]], [i32([[3]]), i32([[-1, 77]])], ['e', 'es'], name='EncodeProto enums')
    yield encode([[[1]], [[0]]], [i32([[[5]], [[6]]])], ['o_int32'], name='EncodeProto rank 3')
    yield encode(rand('int32', (0, 1)), [rand('int32', (0, 4))], ['o_int32'], name='EncodeProto no message')
    yield encode([[0]], [rand('int32', (1, 0))], ['p_int32'], name='EncodeProto no value')
    yield encode([[-1]], [i32([[4]])], ['o_int32'], name='EncodeProto negative size')
    yield encode([[1, 1, 1]], [i32([[1]]), i32([[2]]), i32([[3]])], ['o_sint32', 'o_int32', 'o_int32'], name='EncodeProto order')
    yield Case('EncodeProto', [fed(i32([[1]])), [fed(i32([[7]]))]], dict(message_type='p.M', field_names=['o_int32'], descriptor_source=SOURCE), name='EncodeProto unknown shapes')
    for sizes, values, names, what in (([[2]], [i32([[1]])], ['o_int32'], 'too few values'), ([[1]], [f32([[1]])], ['o_int32'], 'type'), ([[1]], [i32([[1]])], ['x'], 'field'), ([1], [i32([1])], ['o_int32'], 'vector'),
                                       ([[1], [1]], [i32([[1]])], ['o_int32'], 'prefix'), ([[1, 1]], [i32([[1]])], ['o_int32'], 'sizes'), ([[1, 1]], [i32([[1]]), i32([[1], [2]])], ['o_int32', 'o_sint32'], 'prefixes'),
                                       ([[1]], [i32([[1]])], ['o_int32', 'o_sint32'], 'names'), ([[1]], [i32([[1]])], ['p.more'], 'extension')):
        yield encode(sizes, values, names, name=f'EncodeProto bad {what}', error=True)
    yield encode([[1]], [i32([[1]])], ['o_int32'], 'p.X', name='EncodeProto bad message', error=True)


def sources():
    example = tf.train.Example(features=tf.train.Features(feature={'a': tf.train.Feature(int64_list=tf.train.Int64List(value=[1, -2]))}))
    tensor = tf.make_tensor_proto([[1.5, 2.5]], dtype='float32')
    for src in (b'local://', b''):
        at = repr(src)
        yield decode([example.SerializeToString(), b''], ['features'], ['string'], 'tensorflow.Example', src, name=f'DecodeProtoV2 Example {at}')
        yield decode([example.features.SerializeToString()], ['feature'], ['string'], 'tensorflow.Features', src, name=f'DecodeProtoV2 Features {at}', sanitize=True)
        yield decode([example.features.feature['a'].SerializeToString()], ['bytes_list', 'float_list', 'int64_list'], ['string'] * 3, 'tensorflow.Feature', src, name=f'DecodeProtoV2 Feature {at}')
        yield decode([b'\x0a\x02\x05\x06'], ['value'], ['int64'], 'tensorflow.Int64List', src, name=f'DecodeProtoV2 Int64List {at}')
        yield encode([[3]], [lit('float32', [[1, 2, 3]])], ['value'], 'tensorflow.FloatList', src, name=f'EncodeProto FloatList {at}')
        yield encode([[1, 2]], [i32([[1]]), f32([[1.5, 2.5]])], ['dtype', 'float_val'], 'tensorflow.TensorProto', src, name=f'EncodeProto TensorProto {at}')
        yield decode([tensor.SerializeToString()], ['dtype', 'tensor_shape', 'tensor_content', 'version_number'], ['int32', 'string', 'string', 'int32'], 'tensorflow.TensorProto', src, name=f'DecodeProtoV2 TensorProto {at}', sanitize=True)
        yield decode([b'x'], ['features'], ['string'], 'tensorflow.Nothing', src, name=f'DecodeProtoV2 no message {at}', error=True)
    yield decode([str(tensor).encode()], ['dtype', 'tensor_shape', 'tensor_content'], ['int32', 'string', 'string'], 'tensorflow.TensorProto', b'local://', name='DecodeProtoV2 TensorProto as text', message_format='text')
    yield decode([b'dtype: DT_QUINT16_REF float_val: [1, 2] variant_val { type_name: "t" tensors { dtype: DT_HALF half_val: 5 } } resource_handle_val { name: "n" dtypes_and_shapes { dtype: DT_BOOL shape { unknown_rank: true } } }'],
                 ['dtype', 'float_val', 'variant_val', 'resource_handle_val'], ['int32', 'float32', 'string', 'string'], 'tensorflow.TensorProto', b'local://', name='DecodeProtoV2 TensorProto of objects', message_format='text')
    yield decode([b'value { tag: "a" simple_value: 1.5 metadata { data_class: DATA_CLASS_SCALAR plugin_data { plugin_name: "p" } } } value { tag: "b" histo { bucket: [1, 2] bucket_limit: 3 } }'], ['value'], ['string'], 'tensorflow.Summary',
                 b'local://', name='DecodeProtoV2 Summary as text', message_format='text')
    yield decode([b'feature_lists { feature_list { key: "k" value { feature { bytes_list { value: "x" } } feature { float_list { value: 1 value: 2 } } } } } context { feature { key: "c" value { int64_list { value: [1, 2] } } } }'],
                 ['context', 'feature_lists'], ['string', 'string'], 'tensorflow.SequenceExample', b'local://', name='DecodeProtoV2 SequenceExample as text', message_format='text')
    inner = [b'']
    yield decode(inner, ['o_int32'], ['float32'], name='DecodeProtoV2 bad type', error=True)
    yield decode(inner, ['o_int32'], ['float32', 'int32'], name='DecodeProtoV2 bad count', error=True)
    yield decode(inner, ['x'], ['int32'], name='DecodeProtoV2 bad field', error=True)
    yield decode(inner, ['o_int32'], ['int32'], '.p.M', name='DecodeProtoV2 bad message', error=True)
    yield decode(inner, ['o_int32'], ['int32'], name='DecodeProtoV2 bad format', message_format='xml', error=True)
    for src in (b'bytes://', b'bytes://\x0a\x05', b'/no/file', b'b.proto'):
        yield decode(inner, ['o_int32'], ['int32'], src=src, name=f'DecodeProtoV2 source {src}', error=True)

    def broken(change):
        files = descriptor_pb2.FileDescriptorSet()
        file = files.file.add(name='a.proto', package='p', syntax='proto2')
        file.message_type.add(name='M').field.add(name='o_int32', number=1, type=5, label=1)
        change(file, file.message_type[0])
        return source(files)
    for what, change in dict(
            twice=lambda f, m: f.message_type.add(name='M'), number=lambda f, m: m.field.add(name='b', number=1, type=5, label=1), name=lambda f, m: m.field.add(name='o_int32', number=2, type=5, label=1),
            zero=lambda f, m: m.field.add(name='b', number=0, type=5, label=1), large=lambda f, m: m.field.add(name='b', number=2**29, type=5, label=1), type=lambda f, m: m.field.add(name='b', number=2, type=11, label=1, type_name='.p.X'),
            default=lambda f, m: m.field.add(name='b', number=2, type=5, label=1, default_value='x'), imported=lambda f, m: f.dependency.append('x.proto'), enum=lambda f, m: f.enum_type.add(name='E'),
            syntax=lambda f, m: setattr(f, 'syntax', 'proto9'), none=lambda f, m: m.field.add(number=2, type=5, label=1)).items():
        yield decode(inner, ['o_int32'], ['int32'], src=broken(change), name=f'DecodeProtoV2 source with bad {what}', error=True)
    yield decode([b'\x08\x05'], ['o_int32'], ['int32'], src=broken(lambda f, m: m.field.add(name='b', number=2, label=1, type_name='M')), name='DecodeProtoV2 a type by name alone')


def cases():
    for part in (decoded, texts, encoded, sources):
        yield from part()
