"""Records: lines of comma separated values, compressed bytes, tensors as messages."""
import gzip
import zlib

from cases_dsl import *

NONE = {'float32': f32([]), 'float64': lit('float64', []), 'int32': i32([]), 'int64': i64([]), 'string': text([])}
DEFAULT = {'float32': f32([1.5]), 'float64': lit('float64', [2.5]), 'int32': i32([7]), 'int64': i64([-7]), 'string': text([b'none'])}


def csv(records, defaults, attrs=None, **more):
    records = text(records) if isinstance(records, (bytes, list)) else records
    return Case('DecodeCSV', [records, [DEFAULT[d] if isinstance(d, str) else d for d in defaults]], attrs or {}, **more)


def lines():
    everything = ['int32', 'int64', 'float32', 'float64', 'string']
    yield csv([b'1,2,2.5,1e-3,abc', b',,,,', b' 1 ,+2 ,inf,nan,"a,b"', b'"1","2","3","4","5"', b'"","","","",""', b'-1,-2,0x1F,-inf,a""b'[:-4] + b'x'], everything, exact=True)
    for d in everything:
        yield csv([b'1', b'"2"', b'NA', b'""', b'\n3'], [d], dict(na_value='NA'))
        yield csv([b'1,2', b'3,'], [d, d])
        yield csv([b'1,2', b',3'], [NONE[d], d], error=True)
        if d != 'string':
            yield csv([b'1', b'x'], [d], error=True)
            yield csv([b'1 2'], [d], error=True)
    for number, d in ((b'99999999999', 'int32'), (b'1e5', 'int64'), (b'1.0', 'int32'), (b'9223372036854775808', 'int64')):
        yield csv([number], [d], error=True)
    two = ['string', 'string']
    for record in (b'"a,b","c""d"', b'"a\nb",c', b'\xff,\0', b'"",""""', b'a,', b',', b'\n\r\na,\n\rb', b'"a","b"', b'\xef\xbb\xbfa,b', b' a , b ', b'"a\r\n","\n"', b'a, b c'):
        yield csv([record], two)
    for record in (b'', b'a', b'a,b,c', b'"a', b'a"b,c', b'"a"b,c', b'"a" ,b', b' "a",b', b'a\nb,c', b'a,b\n', b'a,b\r\n', b'a,"b', b'"a"",b', b'a,"b""', b'"a"\n', b'a\r,b', b'a,"', b'"', b',,', b'"a","b",'):
        yield csv([record], two, error=True)
    for record in (b'"a",b', b'a"b"c,d', b'","'):
        yield csv([record], two, dict(use_quote_delim=False))
    for delimiter, record in (('\t', b'a\tb'), (' ', b'a b'), (';', b'"a;b";c')):
        yield csv([record], two, dict(field_delim=delimiter))
    for delimiter in ('', ',,', '"', '\n'):
        yield csv([b'a,b'], two, dict(field_delim=delimiter), error=True)
    for columns, record in (([0, 2], b'1,2,3'), ([1, 2], b'1,2,3'), ([0, 1], b'1,2,3'), ([0, 3], b'1,2,3,'), ([0, 1], b'1,2,"'), ([1, 3], b'x,1,"a""b",2,y')):
        yield csv([record], ['int32', 'int32'], dict(select_cols=columns))
    for columns in ([2, 0], [0, 3], [-1, 0], [1, 1], [1], [0, 1, 2]):
        yield csv([b'1,2,3'], ['int32', 'int32'], dict(select_cols=columns), error=True)
    yield csv(b'1,2', [i32(3), 'string'])
    yield csv(text([[b'1,2'], [b'3,4']]), ['int32', 'string'])
    yield csv(rand('string', (0,)), ['int32', 'string'])
    yield csv(fed(text([b'1,2'])), ['int32', fed(f32([1]))])
    yield csv([b'1,2'], [i32([1, 2]), 'int32'], error=True)
    yield csv([b'1,2'], [i32([[1]]), 'int32'], error=True)


def compressed():
    plain = [b'', b'a', b'hello hello hello', bytes(range(256)) * 3, b'\0' * 5000]
    pack = {'ZLIB': zlib.compress, 'GZIP': lambda x: gzip.compress(x, mtime=0), '': lambda x: x}
    for kind, squeeze in pack.items():
        yield Case('DecodeCompressed', [text([squeeze(x) for x in plain])], dict(compression_type=kind), name=f'DecodeCompressed {kind}')
        for shape in ((), (0,), (2, 2)):
            count = int(np.prod(shape))
            yield Case('DecodeCompressed', [text(squeeze(b'one')) if shape == () else text([squeeze(x) for x in plain[:count]], shape)], dict(compression_type=kind), name=f'DecodeCompressed {kind} {shape}')
        if kind:
            whole = squeeze(b'hello hello hello, hello')
            cuts = [whole[:k] for k in (len(whole) - 1, len(whole) - 5, 14)] + [whole + whole, b'']
            yield Case('DecodeCompressed', [text(cuts)], dict(compression_type=kind), name=f'DecodeCompressed {kind} cut and joined')
            for bad in (b'xxxx', whole[:-9] + b'abcdefghi', pack['GZIP' if kind == 'ZLIB' else 'ZLIB'](b'a')):
                yield Case('DecodeCompressed', [text([bad])], dict(compression_type=kind), error=True)
    yield Case('DecodeCompressed', [text([zlib.compress(b'x') + b'more'])], dict(compression_type='ZLIB'))
    for kind in ('zlib', 'NONE', 'x'):
        yield Case('DecodeCompressed', [text([b'a'])], dict(compression_type=kind), error=True)


def messages():
    for t in kernel_dtypes('SerializeTensor'):
        for shape in ((), (3,), (2, 1, 2), (0, 3)):
            yield Case('SerializeTensor', [rand(t, shape)])
    for t in [d for d in kernel_dtypes('ParseTensor', 'out_type') if d not in QUANTIZED]:
        for shape in ((), (3,), (2, 1, 2), (0, 3)):
            value = np.array(make(dataclasses_replace(rand(t, shape))))
            proto = tf.make_tensor_proto(value, dtype=t)
            yield Case('ParseTensor', [text(proto.SerializeToString())], dict(out_type=t), exact=True, name=f'ParseTensor {t} {shape}')
        # Lists that are short, too long or empty.
        for count in (0, 1, 2, 5):
            proto = typed(t, count)
            yield Case('ParseTensor', [text(proto.SerializeToString())], dict(out_type=t), exact=True, name=f'ParseTensor {t} {count} of 4')
    for t in QUANTIZED:
        for count in (0, 1, 4):
            yield Case('ParseTensor', [text(typed(t, count).SerializeToString())], dict(out_type=t), name=f'ParseTensor {t} {count} of 4')
    good = tf.make_tensor_proto(np.array([1., 2.], np.float32)).SerializeToString()
    yield Case('ParseTensor', [text(good)], dict(out_type='int32'), error=True)
    yield Case('ParseTensor', [text([good])], dict(out_type='float32'), error=True)
    for bad in (b'\xff', b'', good[:-1], good[:2] + b'\x12\x04\x12\x02\x08\x03' + good[8:], b'\x08\x01\x12\x0d\x12\x0b\x08' + b'\xff' * 9 + b'\x01'):
        yield Case('ParseTensor', [text(bad)], dict(out_type='float32'), error=True)
    yield Case('ParseTensor', [text(b'\x08\x01\x12\x02\x18\x01')], dict(out_type='float32'))  # of unknown rank


def dataclasses_replace(recipe):
    import dataclasses
    return dataclasses.replace(recipe, seed=3)


def typed(t, count):
    """A TensorProto of shape [2, 2] with `count` elements in the list of its type."""
    proto = tf.compat.v1.make_tensor_proto(0, dtype='int32').__class__()
    proto.dtype = DTYPE_NUMBERS[t]
    for size in (2, 2):
        proto.tensor_shape.dim.add().size = size
    for i in range(1, count + 1):
        if t == 'string':
            proto.string_val.append(b'%d' % i)
        elif t in ('complex64', 'complex128'):
            getattr(proto, 'scomplex_val' if t == 'complex64' else 'dcomplex_val').extend([i, -i])
        elif t in ('float16', 'bfloat16'):
            proto.half_val.append(0x3C00 + i)
        else:
            name = {'float32': 'float_val', 'float64': 'double_val', 'int64': 'int64_val', 'bool': 'bool_val', 'uint32': 'uint32_val', 'uint64': 'uint64_val'}.get(t, 'int_val')
            getattr(proto, name).append(i % 2 if t == 'bool' else i if t[0] in 'uq' else -i)
    return proto


def cases():
    for part in (lines, compressed, messages):
        yield from part()
